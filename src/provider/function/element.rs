//! Elements of a set's `indicators`, filled in from values of whatever form people write.

use crate::provider::set::element_type;
use crate::tf::{Number, Object, ObjectType, Value, ValueType};
use std::sync::Arc;

/// The least likeness of a misspelled field to the right one, from 0 to 1.
const LIKENESS: f32 = 0.7;

/// An element that says nothing yet.
pub fn blank() -> Object {
    Object::null(element_type().clone())
}

/// Whether an element keeps other fields under this name.
pub fn is_group(name: &str) -> bool {
    matches!(element_type().attribute(name), Some(ValueType::Object(_)))
}

/// Puts a field where the element has it, at its top or in a group.
///
/// # Errors
/// What is wrong, if there is no such field or the value cannot be what the field is.
pub fn put(element: &mut Object, name: &str, value: &Value) -> Result<(), String> {
    let object_type = element.object_type().clone();
    if let Some(expected) = object_type.attribute(name) {
        element.set(name, convert(name, value, expected)?);
        return Ok(());
    }
    let group = object_type.iter().find_map(|(group, kind)| match kind {
        ValueType::Object(fields) => fields.attribute(name).map(|expected| (group, fields, expected)),
        _ => None,
    });
    let (group, fields, expected) = group.ok_or_else(|| no_field("an indicator", name, &object_type))?;
    let converted = convert(name, value, expected)?;
    if converted.is_null() {
        return Ok(());
    }
    let filled = match element.get(group) {
        Some(Value::Object(filled)) => filled.clone(),
        Some(Value::Unknown) => return Err(format!("`{name}` must stand in `{group}`, which is not known yet")),
        _ => Object::null(fields.clone()),
    };
    if filled
        .get(name)
        .is_some_and(|there| !there.is_null() && *there != converted)
    {
        return Err(format!(
            "`{name}` is there twice with different values, once in `{group}`"
        ));
    }
    element.set(group, filled.with(name, converted).into());
    Ok(())
}

/// The error for a field that is not there, with the one that was probably meant.
fn no_field(whole: &str, name: &str, fields: &ObjectType) -> String {
    let wanted = name.to_lowercase().replace([' ', '-'], "_");
    let nested = fields.iter().flat_map(|(_, kind)| match kind {
        ValueType::Object(group) => group.iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    });
    let names: Vec<&str> = fields.iter().map(|(name, _)| name).chain(nested).collect();
    let meant = similar::get_close_matches(wanted.as_str(), &names, 1, LIKENESS);
    match meant.first() {
        Some(meant) => format!("{whole} has no field `{name}`; `{meant}` may be meant"),
        None => format!("{whole} has no field `{name}`"),
    }
}

/// The value as the expected type. Text becomes what it spells, and empty text is absent: `csvdecode` knows only text.
fn convert(name: &str, value: &Value, expected: &ValueType) -> Result<Value, String> {
    let must = |what: &str| format!("`{name}` must be {what}");
    let value = value.untyped();
    let from_text = value.as_str().map(str::trim);
    match (expected, value) {
        (_, Value::Null) => Ok(Value::Null),
        (_, Value::Unknown) => Ok(Value::Unknown),
        (_, Value::String(text)) if text.trim().is_empty() => Ok(Value::Null),
        (ValueType::String, Value::String(_)) => Ok(value.clone()),
        (ValueType::String, Value::Number(number)) => Ok(Value::from(number.to_string())),
        (ValueType::String, Value::Bool(flag)) => Ok(Value::from(flag.to_string())),
        (ValueType::String, _) => Err(must("text")),
        (ValueType::Bool, Value::Bool(_)) => Ok(value.clone()),
        (ValueType::Bool, _) => match from_text.map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Ok(true.into()),
            Some("false") => Ok(false.into()),
            _ => Err(must("true or false")),
        },
        (ValueType::Number, Value::Number(_)) => Ok(value.clone()),
        (ValueType::Number, _) => from_text
            .and_then(|text| text.parse::<i64>().ok())
            .map(|number| Value::Number(Number::Int(number)))
            .ok_or_else(|| must("a whole number")),
        (ValueType::List(item), Value::List(items)) => items
            .iter()
            .map(|entry| convert(name, entry, item))
            .collect::<Result<_, _>>()
            .map(Value::List),
        // One cell of a table holds a list joined by commas, as the portal's own CSV does.
        (ValueType::List(item), Value::String(text)) => text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| convert(name, &part.into(), item))
            .collect::<Result<_, _>>()
            .map(Value::List),
        (ValueType::List(_), _) => Err(must("a list")),
        (ValueType::Object(fields), Value::Object(object)) => nested(name, fields, object.iter()),
        (ValueType::Object(fields), Value::Map(map)) => {
            nested(name, fields, map.iter().map(|(name, value)| (name.as_str(), value)))
        }
        _ => Err(must("an object")),
    }
}

fn nested<'a>(
    group: &str,
    fields: &Arc<ObjectType>,
    entries: impl Iterator<Item = (&'a str, &'a Value)>,
) -> Result<Value, String> {
    let mut object = Object::null(fields.clone());
    for (name, value) in entries {
        let expected = fields
            .attribute(name)
            .ok_or_else(|| no_field(&format!("`{group}`"), name, fields))?;
        object.set(name, convert(name, value, expected)?);
    }
    Ok(object.into())
}

/// Names of the fields in which two elements differ, those of a group by their own names.
pub fn differing(first: &Value, second: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for (name, expected) in element_type().iter() {
        let (one, other) = (first.get(name), second.get(name));
        match expected {
            _ if one == other => {}
            ValueType::Object(fields) => names.extend(
                fields
                    .iter()
                    .map(|(name, _)| name)
                    .filter(|name| one.get(name) != other.get(name))
                    .map(str::to_owned),
            ),
            _ => names.push(name.to_owned()),
        }
    }
    names
}
