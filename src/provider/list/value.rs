//! A list as an object or a map of rows by key.

use super::text::not_a_row;
use super::{Addition, Content, ListRow, RowEdit, from_text, typed, unknown_field, wrong_kind};
use crate::indicator::{CertificateFact, CertificateInfo, Field, FieldKind, FieldValue};
use crate::tf::{Number, Object, ObjectType, Value, ValueType};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The rows of an object or a map.
pub fn rows(value: &Value) -> impl Iterator<Item = ListRow> {
    entries(value).into_iter().map(|(key, element)| row(key, element))
}

/// The elements of an object or a map, sorted by key.
fn entries(value: &Value) -> Vec<(&str, &Value)> {
    match value {
        Value::Object(object) => object.iter().collect(),
        Value::Map(map) => map.iter().map(|(key, element)| (key.as_str(), element)).collect(),
        _ => Vec::new(),
    }
}

fn row(key: &str, element: &Value) -> ListRow {
    let mut row = ListRow::new(key.into());
    match element.untyped() {
        Value::Null => {}
        // Only its key is known, and it may have a value of its own.
        Value::Unknown => {
            row.fields = Field::ALL.iter().map(|field| (*field, Content::Unknown)).collect();
        }
        fields @ (Value::Object(_) | Value::Map(_)) => {
            for (name, value) in entries(fields) {
                let Some(field) = Field::from_name(name) else {
                    row.faults.push((None, unknown_field(name)));
                    continue;
                };
                // Where everything is text, an empty one is how a field is left out.
                if value.is_null() || value.as_str() == Some("") {
                    continue;
                }
                if !value.is_wholly_known() {
                    row.fields.push((field, Content::Unknown));
                    continue;
                }
                match content(field.kind(), value.untyped()) {
                    Some(value) => row.fields.push((field, Content::Known(value))),
                    None => row
                        .faults
                        .push((Some(field), wrong_kind(field, field.kind(), kind_of(value)))),
                }
            }
        }
        other => row.faults.push((None, not_a_row(kind_of(other)))),
    }
    row
}

/// What a value is, in words.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value.untyped() {
        Value::Null => "null",
        Value::Unknown => "not known yet",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) | Value::Object(_) | Value::Typed(_) => "an object",
    }
}

/// The value of a field of this kind; `None` if it is of another kind.
pub fn content(kind: FieldKind, value: &Value) -> Option<FieldValue> {
    let whole = |value: &Value| match value.untyped() {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    match (kind, value) {
        (_, Value::String(text)) => from_text(kind, text.to_string()).ok(),
        (FieldKind::Flag, Value::Bool(flag)) => Some(FieldValue::Flag(*flag)),
        (FieldKind::Text, Value::Bool(flag)) => Some(FieldValue::Text(flag.to_string())),
        (FieldKind::Whole, Value::Number(number)) => number.as_i64().map(FieldValue::Whole),
        (FieldKind::Text, Value::Number(number)) => Some(FieldValue::Text(in_digits(number))),
        (FieldKind::Texts, Value::List(items)) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(FieldValue::Texts)
        }
        (FieldKind::Wholes, Value::List(items)) => {
            items.iter().map(whole).collect::<Option<_>>().map(FieldValue::Wholes)
        }
        (FieldKind::Certificate, Value::Object(_) | Value::Map(_)) => {
            let mut certificate = CertificateInfo::default();
            for (name, fact) in entries(value) {
                let fact = match fact.untyped() {
                    Value::Null => None,
                    Value::String(text) => Some(text.to_string()),
                    _ => return None,
                };
                *CertificateFact::from_name(name)?.place(&mut certificate) = fact;
            }
            Some(FieldValue::Certificate(certificate))
        }
        _ => None,
    }
}

fn in_digits(number: &Number) -> String {
    number
        .as_i64()
        .map_or_else(|| format!("{number:?}"), |number| number.to_string())
}

/// The type and the value of a field.
fn of_field(value: &FieldValue) -> (ValueType, Value) {
    match value {
        FieldValue::Text(text) => (ValueType::String, text.as_str().into()),
        FieldValue::Flag(flag) => (ValueType::Bool, (*flag).into()),
        FieldValue::Whole(number) => (ValueType::Number, (*number).into()),
        FieldValue::Texts(texts) => (
            ValueType::Tuple(vec![ValueType::String; texts.len()]),
            Value::List(texts.iter().map(|text| text.as_str().into()).collect()),
        ),
        FieldValue::Wholes(numbers) => (
            ValueType::Tuple(vec![ValueType::Number; numbers.len()]),
            Value::List(numbers.iter().map(|number| (*number).into()).collect()),
        ),
        FieldValue::Certificate(certificate) => {
            let fact = |fact: &CertificateFact| {
                Some((
                    fact.name().to_owned(),
                    (ValueType::String, Value::from(fact.of(certificate)?)),
                ))
            };
            let known = CertificateFact::ALL.iter().filter_map(fact);
            object(known.collect())
        }
    }
}

type Elements = BTreeMap<String, (ValueType, Value)>;

fn object(elements: Elements) -> (ValueType, Value) {
    let object_type = Arc::new(ObjectType::new(
        elements
            .iter()
            .map(|(name, (value_type, _))| (name.clone(), value_type.clone())),
    ));
    let mut object = Object::null(Arc::clone(&object_type));
    for (name, (_, value)) in elements {
        object.set(&name, value);
    }
    (ValueType::Object(object_type), object.into())
}

/// The elements of an object or a map with their types.
fn elements(value_type: &ValueType, value: &Value) -> Elements {
    let entry = |(key, element): (&str, &Value)| {
        let element_type = match value_type {
            ValueType::Object(object_type) => object_type.attribute(key).cloned(),
            ValueType::Map(element) => Some(element.as_ref().clone()),
            _ => None,
        };
        (
            key.to_owned(),
            (element_type.unwrap_or(ValueType::Dynamic), element.clone()),
        )
    };
    entries(value).into_iter().map(entry).collect()
}

/// The list with rows changed, dropped and added. A map stays one as long as its rows stay alike.
pub fn edit(value: &Value, edits: &HashMap<&str, RowEdit>, additions: &[Addition]) -> Value {
    let (value_type, inner) = match value {
        Value::Typed(whole) => (whole.value_type.clone(), whole.value.clone()),
        other => (own_type(other), other.clone()),
    };
    let only_drops = additions.is_empty() && edits.values().all(|edit| *edit == RowEdit::Drop);
    if let (Value::Map(map), true) = (&inner, only_drops) {
        let kept = map.iter().filter(|(key, _)| !edits.contains_key(key.as_str()));
        let kept: BTreeMap<String, Value> = kept.map(|(key, element)| (key.clone(), element.clone())).collect();
        return typed(value_type, Value::Map(kept));
    }
    let mut rows = elements(&value_type, &inner);
    for (key, edit) in edits {
        match edit {
            RowEdit::Drop => drop(rows.remove(*key)),
            RowEdit::Set(fields) => {
                if let Some((row_type, row)) = rows.get_mut(*key) {
                    let (new_type, new) = edit_row(row_type, row, fields);
                    *row_type = new_type;
                    *row = new;
                }
            }
        }
    }
    for (key, fields) in additions {
        let fields: Elements = fields
            .iter()
            .map(|(field, value)| (field.name().to_owned(), of_field(value)))
            .collect();
        rows.insert(key.clone(), object(fields));
    }
    let (value_type, value) = object(rows);
    typed(value_type, value)
}

fn edit_row(row_type: &ValueType, row: &Value, fields: &[(Field, Option<FieldValue>)]) -> (ValueType, Value) {
    let (row_type, row) = match row {
        Value::Typed(whole) => (&whole.value_type, &whole.value),
        other => (row_type, other),
    };
    let mut members = elements(row_type, row);
    for (field, value) in fields {
        match value {
            Some(value) => drop(members.insert(field.name().to_owned(), of_field(value))),
            None => drop(members.remove(field.name())),
        }
    }
    object(members)
}

/// The type of a value that does not carry one.
fn own_type(value: &Value) -> ValueType {
    match value {
        Value::Object(object) => ValueType::Object(object.object_type().clone()),
        _ => ValueType::map(ValueType::Dynamic),
    }
}
