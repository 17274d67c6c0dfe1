//! A list as one JSON text: an object of rows by key.

use super::{Addition, Content, ListRow, Reading, RowEdit, SHAPE, from_text, unknown_field, wrong_kind};
use crate::feed::write::{push_entry, push_member};
use crate::indicator::{CertificateFact, CertificateInfo, Field, FieldKind, FieldValue};
use foldhash::{HashSet, HashSetExt};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// What some editors write at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a text. A key that stands in it twice is a fault: one of the two rows would be lost.
pub fn read<T>(text: &str, make: impl FnMut(ListRow) -> T) -> Reading<T> {
    let trimmed = text.trim_start_matches(BYTE_ORDER_MARK).trim_start();
    match trimmed.chars().next() {
        Some('{') => {}
        Some('[') => return Reading::faulty(super::LISTS.to_owned()),
        // The text is not repeated: it may be marked as sensitive, which a provider is not told.
        _ => return Reading::faulty(format!("it is a string, but not JSON. {SHAPE}")),
    }
    let mut deserializer = serde_json::Deserializer::from_str(trimmed);
    let rows = deserializer.deserialize_map(Rows(make));
    match rows.and_then(|rows| deserializer.end().map(|()| rows)) {
        Ok((rows, twice)) => Reading {
            rows,
            incomplete: false,
            faults: twice
                .iter()
                .map(|key| {
                    format!(
                        "the key {} occurs twice, so one of the two rows would be lost. Remove one, or \
                                    give it another key and set its `value`",
                        crate::feed::shown(key)
                    )
                })
                .collect(),
        },
        Err(error) => Reading::faulty(format!("it is a string, but not JSON: {error}. {SHAPE}")),
    }
}

/// Reads the object of rows: what is made of them, and the keys that stand in it twice.
struct Rows<F>(F);

impl<'de, T, F: FnMut(ListRow) -> T> Visitor<'de> for Rows<F> {
    type Value = (Vec<T>, Vec<Arc<str>>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of rows by key")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        let mut seen = HashSet::new();
        let mut twice = Vec::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            if !seen.insert(Arc::clone(&key)) {
                twice.push(Arc::clone(&key));
            }
            rows.push((self.0)(entries.next_value_seed(Row(key))?));
        }
        Ok((rows, twice))
    }
}

/// Reads a key.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Arc<str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Arc<str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Arc<str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Arc<str>, E> {
        Ok(key.into())
    }
}

/// Reads the name of a field; what is none is kept as it is written.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Result<Field, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Result<Field, String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Field::from_name(name).ok_or_else(|| name.to_owned()))
    }
}

/// Reads the row of this key.
struct Row(Arc<str>);

impl<'de> DeserializeSeed<'de> for Row {
    type Value = ListRow;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ListRow, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Row {
    fn fault<E>(self, found: &str) -> Result<ListRow, E> {
        let mut row = ListRow::new(self.0);
        row.faults.push((None, not_a_row(found)));
        Ok(row)
    }
}

impl<'de> Visitor<'de> for Row {
    type Value = ListRow;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row")
    }

    fn visit_unit<E: Error>(self) -> Result<ListRow, E> {
        Ok(ListRow::new(self.0))
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<ListRow, E> {
        self.fault("a boolean")
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<ListRow, E> {
        self.fault("a number")
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<ListRow, E> {
        self.fault("a number")
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<ListRow, E> {
        self.fault("a number")
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<ListRow, E> {
        self.fault("a string")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<ListRow, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        self.fault("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ListRow, A::Error> {
        let mut row = ListRow::new(self.0);
        while let Some(name) = fields.next_key_seed(Name)? {
            let json: Json = fields.next_value()?;
            let field = match name {
                Ok(field) => field,
                Err(name) => {
                    row.faults.push((None, unknown_field(&name)));
                    continue;
                }
            };
            if row.fields.iter().any(|(other, _)| *other == field) {
                row.faults
                    .push((Some(field), format!("`{field}` is set twice in the row")));
                continue;
            }
            match content(field.kind(), json) {
                Ok(Some(value)) => row.fields.push((field, Content::Known(value))),
                Ok(None) => {}
                Err(found) => row.faults.push((Some(field), wrong_kind(field, field.kind(), found))),
            }
        }
        Ok(row)
    }
}

/// What is wrong with a row that is no object.
pub(super) fn not_a_row(found: &str) -> String {
    format!(
        "the row is {found}, not an object of fields; write `{{ description = \"...\" }}`, or `null` for a row that \
         sets no fields"
    )
}

/// The value of a field, nothing for null, or what was found in its place.
fn content(kind: FieldKind, json: Json) -> Result<Option<FieldValue>, &'static str> {
    let found = match &json {
        Json::Null => return Ok(None),
        // Where everything is text, this is how a field is left out.
        Json::String(text) if text.is_empty() => return Ok(None),
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    let value = match (kind, json) {
        (_, Json::String(text)) => from_text(kind, text).ok(),
        (FieldKind::Flag, Json::Bool(flag)) => Some(FieldValue::Flag(flag)),
        (FieldKind::Text, Json::Bool(flag)) => Some(FieldValue::Text(flag.to_string())),
        (FieldKind::Whole, Json::Number(number)) => number.as_i64().map(FieldValue::Whole),
        (FieldKind::Text, Json::Number(number)) => Some(FieldValue::Text(number.to_string())),
        (FieldKind::Texts, Json::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Json::String(text) => Some(text),
                _ => None,
            })
            .collect::<Option<_>>()
            .map(FieldValue::Texts),
        (FieldKind::Wholes, Json::Array(items)) => items
            .iter()
            .map(|item| item.as_i64().or_else(|| item.as_str()?.trim().parse().ok()))
            .collect::<Option<_>>()
            .map(FieldValue::Wholes),
        (FieldKind::Certificate, Json::Object(facts)) => certificate(facts),
        _ => None,
    };
    value.map(Some).ok_or(found)
}

fn certificate(facts: serde_json::Map<String, Json>) -> Option<FieldValue> {
    let mut certificate = CertificateInfo::default();
    for (name, fact) in facts {
        let fact = match fact {
            Json::Null => None,
            Json::String(text) => Some(text),
            _ => return None,
        };
        *CertificateFact::from_name(&name)?.place(&mut certificate) = fact;
    }
    Some(FieldValue::Certificate(certificate))
}

/// The text of these rows.
pub fn write(rows: &[Addition]) -> String {
    let mut text = String::from("{");
    for row in rows {
        if text.len() > 1 {
            text.push(',');
        }
        push_entry(&mut text, row);
    }
    text.push('}');
    text
}

fn entry(row: &Addition) -> String {
    let mut text = String::new();
    push_entry(&mut text, row);
    text
}

fn member(field: Field, value: &FieldValue) -> String {
    let mut text = String::new();
    push_member(&mut text, field, value);
    text
}

/// The text with rows changed, dropped and added. Every other byte stays.
pub fn edit(text: &str, edits: &HashMap<&str, RowEdit>, additions: &[Addition]) -> String {
    let list = text.trim_start_matches(BYTE_ORDER_MARK);
    let (Ok(Spans(spans)), Some(brace)) = (serde_json::from_str::<Spans<'_>>(list), text.find('{')) else {
        return text.to_owned();
    };
    let start = brace + 1;
    let mut end = start;
    let mut body = String::with_capacity(text.len());
    let mut separator = "";
    for (position, (key, raw)) in spans.iter().enumerate() {
        let row = raw.get();
        // A raw value is a slice of the text that it was read from.
        let from = row.as_ptr() as usize - text.as_ptr() as usize;
        let gap = &text[end..from];
        end = from + row.len();
        // The first row follows no comma, and its key may hold one.
        let own = match gap.split_once(',') {
            Some((_, own)) if position > 0 => own,
            _ => gap,
        };
        if separator.is_empty() {
            separator = &own[..own.len() - own.trim_start().len()];
        }
        let row = match edits.get(key.as_str()) {
            Some(RowEdit::Drop) => continue,
            Some(RowEdit::Set(fields)) => edit_row(row, fields),
            None => row.to_owned(),
        };
        body.push_str(if body.is_empty() { own } else { gap });
        body.push_str(&row);
    }
    for addition in additions {
        body.push_str(if body.is_empty() { "" } else { "," });
        body.push_str(separator);
        body.push_str(&entry(addition));
    }
    format!("{}{body}{}", &text[..start], &text[end..])
}

/// The row with fields set or taken out.
fn edit_row(row: &str, fields: &[(Field, Option<FieldValue>)]) -> String {
    let Ok(Spans(members)) = serde_json::from_str::<Spans<'_>>(row) else {
        // Null, which says nothing.
        let set: Vec<String> = fields
            .iter()
            .filter_map(|(field, value)| Some(member(*field, value.as_ref()?)))
            .collect();
        return format!("{{{}}}", set.join(","));
    };
    let mut written: Vec<String> = Vec::new();
    for (name, raw) in &members {
        match fields.iter().find(|(field, _)| field.name() == name) {
            Some((field, Some(value))) => written.push(member(*field, value)),
            Some((_, None)) => {}
            None => written.push(format!("{}:{}", Json::from(name.as_str()), raw.get())),
        }
    }
    let added = fields
        .iter()
        .filter(|(field, _)| !members.iter().any(|(name, _)| name == field.name()));
    written.extend(added.filter_map(|(field, value)| Some(member(*field, value.as_ref()?))));
    format!("{{{}}}", written.join(","))
}

/// The entries of an object in their order, each value as it is written.
struct Spans<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Spans<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut spans = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    spans.push(entry);
                }
                Ok(spans)
            }
        }
        deserializer.deserialize_map(InOrder).map(Spans)
    }
}
