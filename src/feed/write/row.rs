//! One row of a file.

use super::json::push_entry;
use crate::indicator::{Field, FieldValue, Indicator, IndicatorType, canonical, instant_text, parse_instant};
use jiff::Timestamp;
use std::cmp::Ordering;

/// One indicator on its way into a file: everything that is to be said of it, value and type among it. Rows are sorted by
/// type, canonical value and action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Type, canonical value and action.
    place: [String; 3],
    fields: Vec<(Field, FieldValue)>,
}

impl Row {
    /// A row of these fields, in any order. Expiries are cut to the second, in UTC; a text or list that says nothing is
    /// left out.
    #[must_use]
    pub fn new(fields: impl IntoIterator<Item = (Field, FieldValue)>) -> Self {
        let fields = fields
            .into_iter()
            .filter(|(field, value)| *field == Field::Value || !says_nothing(value))
            .map(|(field, value)| match (field, value) {
                (Field::ExpirationTime, FieldValue::Text(text)) => (field, FieldValue::Text(to_the_second(text))),
                other => other,
            });
        Self::exact(fields)
    }

    /// A row of exactly these fields, in any order: nothing is cut or left out.
    #[must_use]
    pub fn exact(fields: impl IntoIterator<Item = (Field, FieldValue)>) -> Self {
        let mut fields: Vec<(Field, FieldValue)> = fields.into_iter().collect();
        fields.sort_by_key(|(field, _)| *field);
        let text = |wanted: Field| text_of(&fields, wanted).unwrap_or_default();
        let kind = IndicatorType::from_service(text(Field::Type));
        let place = [
            text(Field::Type).to_owned(),
            canonical(&kind, text(Field::Value)),
            text(Field::Action).to_owned(),
        ];
        Self { place, fields }
    }

    /// The row of an indicator, with everything that it says.
    #[must_use]
    pub fn of(indicator: &Indicator) -> Self {
        Self::new(
            Field::ALL
                .iter()
                .filter_map(|field| Some((*field, field.get(indicator)?))),
        )
    }

    /// Its fields, in the order of the field table.
    #[must_use]
    pub fn fields(&self) -> &[(Field, FieldValue)] {
        &self.fields
    }

    /// What it says of a field.
    #[must_use]
    pub fn get(&self, wanted: Field) -> Option<&FieldValue> {
        let (_, value) = self.fields.iter().find(|(field, _)| *field == wanted)?;
        Some(value)
    }

    /// Its value, as it is written.
    #[must_use]
    pub fn value(&self) -> &str {
        text_of(&self.fields, Field::Value).unwrap_or_default()
    }

    /// Whether both rows are of one value and type.
    #[must_use]
    pub fn is_same_value(&self, other: &Self) -> bool {
        let ([kind, value, _], [other_kind, other_value, _]) = (&self.place, &other.place);
        (kind, value) == (other_kind, other_value)
    }

    /// Its type.
    #[must_use]
    pub fn indicator_type(&self) -> IndicatorType {
        IndicatorType::from_service(text_of(&self.fields, Field::Type).unwrap_or_default())
    }

    /// The name of its action, if it says one.
    #[must_use]
    pub fn action(&self) -> Option<&str> {
        text_of(&self.fields, Field::Action)
    }
}

impl Ord for Row {
    fn cmp(&self, other: &Self) -> Ordering {
        let whole = |row: &Self| {
            let mut text = String::new();
            push_entry(&mut text, &(String::new(), row.fields.clone()));
            text
        };
        self.place
            .cmp(&other.place)
            .then_with(|| whole(self).cmp(&whole(other)))
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn text_of(fields: &[(Field, FieldValue)], wanted: Field) -> Option<&str> {
    fields.iter().find_map(|(field, value)| match value {
        FieldValue::Text(text) if *field == wanted => Some(text.as_str()),
        _ => None,
    })
}

fn says_nothing(value: &FieldValue) -> bool {
    match value {
        FieldValue::Text(text) => text.trim().is_empty(),
        FieldValue::Texts(texts) => texts.is_empty(),
        FieldValue::Wholes(numbers) => numbers.is_empty(),
        FieldValue::Flag(_) | FieldValue::Whole(_) | FieldValue::Certificate(_) => false,
    }
}

/// An instant in UTC without its fraction, so never later; any other text as it is.
fn to_the_second(text: String) -> String {
    let Some(instant) = parse_instant(&text) else {
        return text;
    };
    // The last instant stands for the end of the year 9999, which it is just before.
    match Timestamp::from_second(instant.as_second()) {
        Ok(second) if instant != Timestamp::MAX => instant_text(second),
        _ => instant_text(instant),
    }
}
