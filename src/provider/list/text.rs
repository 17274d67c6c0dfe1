//! A list as one JSON text: an object of rows by key.

use super::{Addition, Content, List, ListRow, RowEdit, SHAPE, from_text, unknown_field, wrong_kind};
use crate::feed::write::{push_entry, push_member};
use crate::indicator::{CertificateFact, CertificateInfo, Field, FieldKind, FieldValue};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// What some editors write at the beginning of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a text. A key that stands in it twice is a fault: one of the two rows would be lost.
pub fn read(text: &str) -> List {
    let trimmed = text.trim_start_matches(BYTE_ORDER_MARK).trim_start();
    match trimmed.chars().next() {
        Some('{') => {}
        Some('[') => return List::faulty(super::LISTS.to_owned()),
        // The text is not repeated: it may be marked as sensitive, which a provider is not told.
        _ => return List::faulty(format!("it is a string, but not JSON. {SHAPE}")),
    }
    match serde_json::from_str::<Rows>(trimmed) {
        Ok(Rows { rows, twice }) => List {
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
        Err(error) => List::faulty(format!("it is a string, but not JSON: {error}. {SHAPE}")),
    }
}

struct Rows {
    rows: Vec<ListRow>,
    twice: Vec<String>,
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByKey;
        impl<'de> Visitor<'de> for ByKey {
            type Value = Rows;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of rows by key")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Rows, A::Error> {
                let mut rows: Vec<ListRow> = Vec::new();
                while let Some(key) = entries.next_key::<String>()? {
                    let Row(mut row) = entries.next_value()?;
                    row.key = key;
                    rows.push(row);
                }
                let mut seen = HashSet::with_capacity(rows.len());
                let twice = rows
                    .iter()
                    .filter(|row| !seen.insert(row.key.as_str()))
                    .map(|row| row.key.clone())
                    .collect();
                Ok(Rows { rows, twice })
            }
        }
        deserializer.deserialize_map(ByKey)
    }
}

/// A row without its key.
struct Row(ListRow);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowVisitor)
    }
}

struct RowVisitor;

impl RowVisitor {
    fn fault<E>(text: String) -> Result<Row, E> {
        Ok(Row(ListRow {
            faults: vec![(None, text)],
            ..ListRow::default()
        }))
    }
}

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row")
    }

    fn visit_unit<E: Error>(self) -> Result<Row, E> {
        Ok(Row(ListRow::default()))
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<Row, E> {
        Self::fault(not_a_row("a boolean"))
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<Row, E> {
        Self::fault(not_a_row("a number"))
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<Row, E> {
        Self::fault(not_a_row("a number"))
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Row, E> {
        Self::fault(not_a_row("a number"))
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<Row, E> {
        Self::fault(not_a_row("a string"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Row, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Self::fault(not_a_row("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Row, A::Error> {
        let mut row = ListRow::default();
        while let Some(name) = fields.next_key::<std::borrow::Cow<'de, str>>()? {
            let json: Json = fields.next_value()?;
            let Some(field) = Field::from_name(&name) else {
                row.faults.push((None, unknown_field(&name)));
                continue;
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
        Ok(Row(row))
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
