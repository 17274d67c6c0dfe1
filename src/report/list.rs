//! The rows of a resource as a plan shows them, each with all that it says in effect: what the row itself writes, else
//! what its set gives it, else the service's default.

use crate::indicator::{
    Action, CertificateFact, CertificateInfo, Field, FieldKind, FieldSet, FieldValue, Indicator, IndicatorType,
    detect_type,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The attribute with the rows of a set.
const INDICATORS: &str = "indicators";

/// What a resource holds.
#[derive(Debug, Default)]
pub struct List {
    /// What the resource gives to every row.
    pub defaults: Row,
    /// The rows, in the order of their keys.
    pub rows: Vec<Row>,
    /// Whether the rows are known only after apply.
    pub is_unknown: bool,
    /// Whether the whole list is sensitive.
    pub is_sensitive: bool,
    /// Whether the resource owns all rows of a scope.
    pub is_exclusive: bool,
    /// Why the rows cannot be read, if they cannot.
    pub fault: Option<String>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its key.
    pub key: String,
    /// What it says in effect.
    pub indicator: Indicator,
    /// Fields that the row itself writes.
    pub own: FieldSet,
    /// Fields that are known only after apply.
    pub unknown: FieldSet,
    /// Fields that are sensitive.
    pub sensitive: FieldSet,
    /// Whether not even its key may be shown, since the whole list is sensitive.
    pub is_hidden: bool,
    /// What stands in it that this version does not know, as JSON, by name.
    pub others: BTreeMap<String, String>,
}

impl Default for Row {
    fn default() -> Self {
        Self {
            key: String::new(),
            indicator: Indicator::blank(),
            own: FieldSet::EMPTY,
            unknown: FieldSet::EMPTY,
            sensitive: FieldSet::EMPTY,
            is_hidden: false,
            others: BTreeMap::new(),
        }
    }
}

impl Row {
    /// Whether its value must not be shown.
    pub fn hides_value(&self) -> bool {
        self.sensitive.contains(Field::Value)
    }
}

/// A value of a plan with the marks of its parts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marked<'a> {
    /// The value.
    pub value: Option<&'a RawValue>,
    /// `true` where it is known only after apply.
    pub unknown: Option<&'a RawValue>,
    /// `true` where it is sensitive.
    pub sensitive: Option<&'a RawValue>,
}

/// `true` at parts of a value.
#[derive(Debug, Clone, Copy)]
struct Marks<'a>(Option<&'a Json>);

impl<'a> Marks<'a> {
    /// Whether all of it is marked.
    fn whole(self) -> bool {
        matches!(self.0, Some(Json::Bool(true)))
    }

    /// Whether anything of it is marked.
    fn any(self) -> bool {
        match self.0 {
            Some(Json::Bool(marked)) => *marked,
            Some(Json::Object(parts)) => parts.values().any(|part| Marks(Some(part)).any()),
            Some(Json::Array(parts)) => parts.iter().any(|part| Marks(Some(part)).any()),
            _ => false,
        }
    }

    /// The marks of a part; what is marked as a whole is marked in each.
    fn at(self, name: &str) -> Self {
        match self.0 {
            Some(Json::Object(parts)) => Self(parts.get(name)),
            whole @ Some(Json::Bool(true)) => Self(whole),
            _ => Self(None),
        }
    }

    /// The names of its parts.
    fn names(self) -> impl Iterator<Item = &'a str> {
        let parts = match self.0 {
            Some(Json::Object(parts)) => Some(parts),
            _ => None,
        };
        parts.into_iter().flat_map(|parts| parts.keys().map(String::as_str))
    }
}

/// A value with the marks of its parts, read.
struct Read {
    value: Map<String, Json>,
    unknown: Json,
    sensitive: Json,
}

impl Read {
    /// `None` where there is no resource.
    fn new(marked: Marked<'_>) -> Option<Self> {
        let parse = |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
        let value = match parse(marked.value) {
            Some(Json::Object(value)) => value,
            _ => return None,
        };
        Some(Self {
            value,
            unknown: parse(marked.unknown).unwrap_or_default(),
            sensitive: parse(marked.sensitive).unwrap_or_default(),
        })
    }

    fn unknown(&self) -> Marks<'_> {
        Marks(Some(&self.unknown))
    }

    fn sensitive(&self) -> Marks<'_> {
        Marks(Some(&self.sensitive))
    }
}

impl List {
    /// Reads what a set holds; `None` where there is none.
    pub fn of_set(marked: Marked<'_>) -> Option<Self> {
        let read = Read::new(marked)?;
        let mut defaults = Row::default();
        let (unknown, sensitive) = (read.unknown(), read.sensitive());
        defaults.take_all(&read.value, Field::defaults(), unknown, sensitive);
        let mut list = Self {
            is_unknown: unknown.at(INDICATORS).whole(),
            is_sensitive: sensitive.at(INDICATORS).whole(),
            is_exclusive: matches!(read.value.get("exclusive"), Some(Json::Object(_))),
            ..Self::default()
        };
        let text;
        let rows = match read.value.get(INDICATORS) {
            Some(Json::String(written)) => match serde_json::from_str::<Map<String, Json>>(written) {
                Ok(rows) => {
                    text = rows;
                    Some(&text)
                }
                // What the text is was refused before any plan was made.
                Err(error) => {
                    list.fault = Some(error.to_string());
                    None
                }
            },
            Some(Json::Object(rows)) => Some(rows),
            _ => None,
        };
        let (unknown, sensitive) = (unknown.at(INDICATORS), sensitive.at(INDICATORS));
        let known = rows.into_iter().flatten().map(|(key, row)| (key.as_str(), Some(row)));
        let is_new = |key: &&str| unknown.at(key).any() && rows.is_none_or(|rows| !rows.contains_key(*key));
        let not_known = unknown.names().filter(is_new).map(|key| (key, None));
        for (key, row) in known.chain(not_known) {
            let mut row = defaults.row(key, row, unknown.at(key), sensitive.at(key));
            if list.is_sensitive {
                row.sensitive.insert(Field::Value);
                row.is_hidden = true;
            }
            list.rows.push(row);
        }
        list.rows.sort_by(|one, other| one.key.cmp(&other.key));
        list.defaults = defaults;
        Some(list)
    }

    /// Reads what a single indicator says; `None` where there is none.
    pub fn of_single(marked: Marked<'_>) -> Option<Self> {
        let read = Read::new(marked)?;
        let mut row = Row::default();
        row.take_all(
            &read.value,
            Field::ALL.iter().copied(),
            read.unknown(),
            read.sensitive(),
        );
        row.key.clone_from(&row.indicator.value);
        Some(Self {
            rows: vec![row.finish()],
            ..Self::default()
        })
    }
}

impl Row {
    /// A row of this key with these as the defaults of its set.
    fn row(&self, key: &str, fields: Option<&Json>, unknown: Marks<'_>, sensitive: Marks<'_>) -> Self {
        let mut row = Self {
            key: key.to_owned(),
            indicator: self.indicator.clone(),
            own: FieldSet::EMPTY,
            unknown: self.unknown,
            sensitive: self.sensitive,
            is_hidden: false,
            others: BTreeMap::new(),
        };
        row.indicator.value = key.to_owned();
        if unknown.whole() {
            row.unknown = Field::ALL.iter().copied().collect();
        }
        let nothing = Map::new();
        let fields = fields.and_then(Json::as_object).unwrap_or(&nothing);
        row.take_all(fields, Field::ALL.iter().copied(), unknown, sensitive);
        for (name, value) in fields {
            if Field::from_name(name).is_none() && !value.is_null() {
                row.other(name, value, sensitive.at(name).any());
            }
        }
        row.finish()
    }

    /// Takes in what an object says of these fields.
    fn take_all(
        &mut self,
        object: &Map<String, Json>,
        fields: impl Iterator<Item = Field>,
        unknown: Marks<'_>,
        sensitive: Marks<'_>,
    ) {
        for field in fields {
            let name = field.name();
            let (unknown, sensitive) = (unknown.at(name).any(), sensitive.at(name).any());
            let value = object.get(name).filter(|value| !is_left_out(value));
            if value.is_none() && !unknown {
                continue;
            }
            self.own.insert(field);
            self.unknown.remove(field);
            self.sensitive.remove(field);
            // Each of the two stands in place of the other.
            let other = match field {
                Field::ExpirationTime => Some(Field::Lifetime),
                Field::Lifetime => Some(Field::ExpirationTime),
                _ => None,
            };
            if let Some(other) = other.filter(|other| !self.own.contains(*other)) {
                self.unknown.remove(other);
                other.copy(&Indicator::blank(), &mut self.indicator);
            }
            if sensitive {
                self.sensitive.insert(field);
            }
            match value.filter(|_| !unknown) {
                None => self.unknown.insert(field),
                Some(value) => self.take(field, value, sensitive),
            }
        }
    }

    fn take(&mut self, field: Field, value: &Json, is_sensitive: bool) {
        // Names that are new to this version are put in all the same.
        let is_name = matches!(field, Field::Type | Field::Action | Field::Severity);
        let is_taken = content(field.kind(), value)
            .is_some_and(|content| field.set(content, &mut self.indicator).is_ok() || is_name);
        if !is_taken {
            self.other(field.name(), value, is_sensitive);
        }
    }

    fn other(&mut self, name: &str, value: &Json, is_sensitive: bool) {
        let shown = if is_sensitive {
            super::SENSITIVE.to_owned()
        } else {
            value.to_string()
        };
        self.others.insert(name.to_owned(), shown);
    }

    /// Completes it: the type is told from the value where nobody wrote it.
    fn finish(mut self) -> Self {
        let is_unnamed = matches!(&self.indicator.indicator_type, IndicatorType::Other(name) if name.is_empty());
        if is_unnamed && !self.unknown.contains(Field::Type) {
            if self.unknown.contains(Field::Value) {
                self.unknown.insert(Field::Type);
            } else if let Some(kind) = detect_type(&self.indicator.value) {
                self.indicator.indicator_type = kind;
            }
        }
        self
    }

    /// What Defender does on a match, if that is known and may be shown.
    pub fn action(&self) -> Option<&Action> {
        let is_hidden = self.unknown.contains(Field::Action) || self.sensitive.contains(Field::Action);
        (!is_hidden).then_some(&self.indicator.action)
    }

    /// What kind of value it has, if that is known and may be shown.
    pub fn kind(&self) -> Option<&IndicatorType> {
        let is_hidden = self.unknown.contains(Field::Type)
            || self.sensitive.contains(Field::Type)
            || self.hides_value() && !self.own.contains(Field::Type);
        (!is_hidden).then_some(&self.indicator.indicator_type)
    }
}

/// Whether a value is how a field is left out: where everything is text, an empty one says so.
fn is_left_out(value: &Json) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// The value of a field of this kind; `None` if it is of another kind. Where everything is text, flags and numbers are.
fn content(kind: FieldKind, value: &Json) -> Option<FieldValue> {
    let whole = |value: &Json| match value {
        Json::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    match (kind, value) {
        (FieldKind::Text, Json::String(text)) => Some(FieldValue::Text(text.clone())),
        (FieldKind::Text, Json::Bool(_) | Json::Number(_)) => Some(FieldValue::Text(value.to_string())),
        (FieldKind::Flag, Json::Bool(flag)) => Some(FieldValue::Flag(*flag)),
        (FieldKind::Flag, Json::String(text)) => text.to_ascii_lowercase().parse().ok().map(FieldValue::Flag),
        (FieldKind::Whole, Json::String(_) | Json::Number(_)) => whole(value).map(FieldValue::Whole),
        (FieldKind::Texts, Json::Array(items)) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(FieldValue::Texts)
        }
        (FieldKind::Wholes, Json::Array(items)) => {
            items.iter().map(whole).collect::<Option<_>>().map(FieldValue::Wholes)
        }
        (FieldKind::Certificate, Json::Object(facts)) => {
            let mut certificate = CertificateInfo::default();
            for (name, fact) in facts {
                *CertificateFact::from_name(name)?.place(&mut certificate) = match fact {
                    Json::Null => None,
                    fact => Some(fact.as_str()?.to_owned()),
                };
            }
            Some(FieldValue::Certificate(certificate))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
