//! The attribute `indicators` of a set: an object, a map, or one JSON text of the same shape.
//!
//! All three say the same thing, and a state keeps the form, the order and the spelling that it has: only rows that changed
//! are written anew.

mod text;
mod value;

pub use crate::feed::write::{Entry as Addition, key_of};
pub use value::content;

use crate::indicator::{Field, FieldKind, FieldValue};
use crate::tf::{Typed, Value, ValueType};
use std::collections::HashMap;
use std::sync::Arc;

/// What a list says, with the rows sorted by the bytes of their keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading<T> {
    /// What was made of the rows.
    pub rows: Vec<T>,
    /// Whether there may be rows that are decided only during apply.
    pub incomplete: bool,
    /// What is wrong with the list as a whole.
    pub faults: Vec<String>,
}

/// A list as it is written.
pub type List = Reading<ListRow>;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRow {
    /// Its key.
    pub key: Arc<str>,
    /// The fields that it writes; null ones are left out.
    pub fields: Vec<(Field, Content)>,
    /// What is wrong with its form, each with the field if one is to blame.
    pub faults: Vec<(Option<Field>, String)>,
}

impl ListRow {
    /// A row that says nothing.
    fn new(key: Arc<str>) -> Self {
        Self {
            key,
            fields: Vec::new(),
            faults: Vec::new(),
        }
    }
}

/// What stands in a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A value.
    Known(FieldValue),
    /// Something that is decided only during apply.
    Unknown,
}

/// How a row of a list changes.
#[derive(Debug, Clone, PartialEq)]
pub enum RowEdit {
    /// It goes.
    Drop,
    /// These fields get other values; `None` takes the field out.
    Set(Vec<(Field, Option<FieldValue>)>),
}

/// Reads a list of a configuration, a plan or a state. `make` is given the rows one after the other, so that a long list is
/// not held twice; `key` tells the key of what it has made.
pub fn read<T>(value: &Value, mut make: impl FnMut(ListRow) -> T, key: impl Fn(&T) -> &str) -> Reading<T> {
    let mut list = match value.untyped() {
        Value::Unknown => Reading {
            incomplete: true,
            ..Reading::empty()
        },
        Value::Null => Reading::empty(),
        Value::String(text) => text::read(text, make),
        Value::Object(_) | Value::Map(_) => Reading {
            rows: value::rows(value.untyped()).map(&mut make).collect(),
            ..Reading::empty()
        },
        Value::List(_) => Reading::faulty(LISTS.to_owned()),
        Value::Bool(_) | Value::Number(_) | Value::Typed(_) => {
            Reading::faulty(format!("it is {}. {SHAPE}", value::kind_of(value)))
        }
    };
    // Objects come sorted; texts mostly do.
    if !list.rows.is_sorted_by(|one, other| key(one) <= key(other)) {
        list.rows.sort_by(|one, other| key(one).cmp(key(other)));
    }
    list
}

impl<T> Reading<T> {
    const fn empty() -> Self {
        Self {
            rows: Vec::new(),
            incomplete: false,
            faults: Vec::new(),
        }
    }

    fn faulty(fault: String) -> Self {
        Self {
            faults: vec![fault],
            ..Self::empty()
        }
    }
}

impl List {
    /// Reads a list as it is written.
    pub fn read(value: &Value) -> Self {
        read(value, |row| row, |row| &row.key)
    }
}

/// What a list looks like.
const SHAPE: &str = "Write an object of rows by key, such as `{ \"evil.example\" = { description = \"case 42\" } }`, \
                     or JSON text of the same shape, as `provider::mde::parse_csv(file(\"...\"))` and `jsonencode({ \
                     ... })` return it";

/// What to write in place of a list or a set.
const LISTS: &str = "it is a list, but rows need keys. Write `{ for row in LIST : row.value => row }`, or for a list \
                     of bare values `{ for value in LIST : value => null }`";

/// The list with rows changed, dropped and added; with nothing to change, the very same value.
pub fn edit(value: &Value, edits: &HashMap<&str, RowEdit>, additions: &[Addition]) -> Value {
    if edits.is_empty() && additions.is_empty() {
        return value.clone();
    }
    match value.untyped() {
        Value::String(text) => typed(ValueType::String, text::edit(text, edits, additions).into()),
        Value::Object(_) | Value::Map(_) => value::edit(value, edits, additions),
        _ => typed(ValueType::String, text::write(additions).into()),
    }
}

/// A list of these rows as a value of the attribute.
pub fn text_of(rows: &[Addition]) -> Value {
    typed(ValueType::String, write(rows).into())
}

/// A list of these rows as a text.
pub fn write(rows: &[Addition]) -> String {
    text::write(rows)
}

/// The fields in which two rows differ.
pub fn differing(one: &[(Field, FieldValue)], other: &[(Field, FieldValue)]) -> Vec<Field> {
    let value = |row: &[(Field, FieldValue)], wanted: Field| {
        row.iter()
            .find(|(field, _)| *field == wanted)
            .map(|(_, value)| value.clone())
    };
    let differs = |field: &Field| value(one, *field) != value(other, *field);
    Field::ALL.iter().copied().filter(differs).collect()
}

fn typed(value_type: ValueType, value: Value) -> Value {
    Value::Typed(Box::new(Typed { value_type, value }))
}

/// What is wrong with a field of this kind.
fn wrong_kind(field: Field, kind: FieldKind, found: &str) -> String {
    format!("`{field}` is {found}, not {}", kind.expected())
}

/// What is wrong with a field that does not exist.
fn unknown_field(name: &str) -> String {
    let name = crate::feed::shown(name);
    match Field::nearest(name.trim_matches('`')) {
        Some(nearest) => format!("{name} is not a field of an indicator; did you mean `{nearest}`?"),
        None => format!("{name} is not a field of an indicator"),
    }
}

/// The value of a field from the text of a table's cell or of a file in which everything is text.
fn from_text(kind: FieldKind, text: String) -> Result<FieldValue, String> {
    match kind {
        FieldKind::Text => Ok(FieldValue::Text(text)),
        FieldKind::Flag => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(FieldValue::Flag(true)),
            "false" => Ok(FieldValue::Flag(false)),
            _ => Err(text),
        },
        FieldKind::Whole => text.trim().parse().map(FieldValue::Whole).map_err(|_| text),
        FieldKind::Texts | FieldKind::Wholes | FieldKind::Certificate => Err(text),
    }
}

#[cfg(test)]
mod tests;
