//! Values to text.

use std::sync::Arc;

use crate::tf::composed::composed;
use crate::tf::{Number, Object, ObjectType, Step, Value, ValueError, ValueType};

/// Encodes a value of a type, as a host stores it, with text in composed form.
///
/// # Errors
/// If the value is not of the type, or holds an unknown, which JSON has no form for; with the place in the value.
pub fn encode(value_type: &ValueType, value: &Value) -> Result<String, ValueError> {
    let mut text = String::new();
    write_value(&mut text, value_type, value)?;
    Ok(text)
}

fn write_value(text: &mut String, value_type: &ValueType, value: &Value) -> Result<(), ValueError> {
    match (value_type, value) {
        (_, Value::Null) => text.push_str("null"),
        (_, Value::Unknown) => return Err(ValueError::new("the value is not known")),
        (ValueType::Dynamic, Value::Typed(typed)) => {
            text.push_str("{\"value\":");
            write_value(text, &typed.value_type, &typed.value)?;
            text.push_str(",\"type\":");
            text.push_str(&typed.value_type.to_json());
            text.push('}');
        }
        (ValueType::Bool, Value::Bool(value)) => text.push_str(if *value { "true" } else { "false" }),
        (ValueType::String, Value::String(value)) => write_text(text, value),
        (ValueType::Number, Value::Number(number)) => write_number(text, number)?,
        (ValueType::List(element) | ValueType::Set(element), Value::List(elements)) => {
            write_array(text, elements.iter().map(|value| (element.as_ref(), value)))?;
        }
        (ValueType::Tuple(types), Value::List(elements)) if types.len() == elements.len() => {
            write_array(text, types.iter().zip(elements))?;
        }
        (ValueType::Map(element), Value::Map(elements)) => {
            text.push('{');
            for (index, (key, value)) in elements.iter().enumerate() {
                write_key(text, index, key);
                write_value(text, element, value).map_err(|error| error.within(Step::Key(key.clone())))?;
            }
            text.push('}');
        }
        (ValueType::Object(object_type), Value::Object(object)) => write_object(text, object_type, object)?,
        _ => return Err(value.mismatch(value_type)),
    }
    Ok(())
}

fn write_array<'a>(
    text: &mut String,
    elements: impl Iterator<Item = (&'a ValueType, &'a Value)>,
) -> Result<(), ValueError> {
    text.push('[');
    for (index, (value_type, value)) in elements.enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_value(text, value_type, value).map_err(|error| error.within(Step::Index(index)))?;
    }
    text.push(']');
    Ok(())
}

fn write_object(text: &mut String, object_type: &Arc<ObjectType>, object: &Object) -> Result<(), ValueError> {
    object.check_names(object_type)?;
    text.push('{');
    for (index, ((name, value_type), (_, value))) in object_type.iter().zip(object.iter()).enumerate() {
        write_key(text, index, name);
        write_value(text, value_type, value).map_err(|error| error.within(Step::Attribute(name.to_owned())))?;
    }
    text.push('}');
    Ok(())
}

fn write_key(text: &mut String, index: usize, key: &str) {
    if index > 0 {
        text.push(',');
    }
    write_text(text, key);
    text.push(':');
}

fn write_text(text: &mut String, value: &str) {
    text.push_str(&serde_json::Value::from(composed(value)).to_string());
}

fn write_number(text: &mut String, number: &Number) -> Result<(), ValueError> {
    match number.to_decimal() {
        Some(decimal) => {
            text.push_str(&decimal);
            Ok(())
        }
        None => Err(ValueError::new(format!("{number} has no form in JSON"))),
    }
}
