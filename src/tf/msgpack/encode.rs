//! Values to bytes.

use std::sync::Arc;

use rmp::encode as write;

use crate::tf::composed::composed;
use crate::tf::{Number, Object, ObjectType, Step, Value, ValueError, ValueType};

/// Encodes a value of a type, in the form that hosts themselves use but for whole numbers, with text in composed form.
///
/// # Errors
/// If the value is not of the type, with the place in the value.
pub fn encode(value_type: &ValueType, value: &Value) -> Result<Vec<u8>, ValueError> {
    let mut bytes = Vec::with_capacity(size(value));
    write_value(&mut bytes, value_type, value)?;
    Ok(bytes)
}

/// About how many bytes the value takes, so that a long text is not copied when there is no more room behind it.
fn size(value: &Value) -> usize {
    const EACH: usize = 16;
    EACH + match value {
        Value::Null | Value::Unknown | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::List(elements) => elements.iter().map(size).sum(),
        Value::Map(elements) => elements.iter().map(|(key, value)| key.len() + size(value)).sum(),
        Value::Object(object) => object.iter().map(|(name, value)| name.len() + size(value)).sum(),
        Value::Typed(typed) => EACH + size(&typed.value),
    }
}

fn write_value(bytes: &mut Vec<u8>, value_type: &ValueType, value: &Value) -> Result<(), ValueError> {
    match (value_type, value) {
        (_, Value::Null) => written(write::write_nil(bytes)),
        (_, Value::Unknown) => {
            written(write::write_ext_meta(bytes, 1, 0))?;
            bytes.push(0);
            Ok(())
        }
        (ValueType::Dynamic, Value::Typed(typed)) => {
            written(write::write_array_len(bytes, 2))?;
            written(write::write_bin(bytes, typed.value_type.to_json().as_bytes()))?;
            write_value(bytes, &typed.value_type, &typed.value)
        }
        (ValueType::Bool, Value::Bool(value)) => written(write::write_bool(bytes, *value)),
        (ValueType::String, Value::String(text)) => write_text(bytes, text),
        (ValueType::Number, Value::Number(number)) => write_number(bytes, number),
        (ValueType::List(element) | ValueType::Set(element), Value::List(elements)) => write_array(
            bytes,
            elements.len(),
            elements.iter().map(|value| (element.as_ref(), value)),
        ),
        (ValueType::Tuple(types), Value::List(elements)) if types.len() == elements.len() => {
            write_array(bytes, elements.len(), types.iter().zip(elements))
        }
        (ValueType::Map(element), Value::Map(elements)) => {
            written(write::write_map_len(bytes, length(elements.len())?))?;
            for (key, value) in elements {
                write_text(bytes, key)?;
                write_value(bytes, element, value).map_err(|error| error.within(Step::Key(key.clone())))?;
            }
            Ok(())
        }
        (ValueType::Object(object_type), Value::Object(object)) => write_object(bytes, object_type, object),
        _ => Err(value.mismatch(value_type)),
    }
}

fn write_array<'a>(
    bytes: &mut Vec<u8>,
    count: usize,
    elements: impl Iterator<Item = (&'a ValueType, &'a Value)>,
) -> Result<(), ValueError> {
    written(write::write_array_len(bytes, length(count)?))?;
    for (index, (value_type, value)) in elements.enumerate() {
        write_value(bytes, value_type, value).map_err(|error| error.within(Step::Index(index)))?;
    }
    Ok(())
}

fn write_object(bytes: &mut Vec<u8>, object_type: &Arc<ObjectType>, object: &Object) -> Result<(), ValueError> {
    object.check_names(object_type)?;
    written(write::write_map_len(bytes, length(object_type.len())?))?;
    for ((name, value_type), (_, value)) in object_type.iter().zip(object.iter()) {
        write_text(bytes, name)?;
        write_value(bytes, value_type, value).map_err(|error| error.within(Step::Attribute(name.to_owned())))?;
    }
    Ok(())
}

/// Whole numbers go as text, which hosts read with the precision that they read their state file with. They compare states to
/// the bit: after a number of the short form, `plan -refresh-only -detailed-exitcode` ends with 2 although nothing changed.
fn write_number(bytes: &mut Vec<u8>, number: &Number) -> Result<(), ValueError> {
    match number {
        Number::Int(int) => write_text(bytes, &int.to_string()),
        Number::UInt(uint) => write_text(bytes, &uint.to_string()),
        Number::Float(float) if float.is_nan() => Err(ValueError::new("not a number")),
        Number::Float(float) => written(write::write_f64(bytes, *float)),
        Number::Decimal(text) => match Number::parse(text) {
            Some(_) => write_text(bytes, text),
            None => Err(ValueError::new(format!("{text:?} is not a number"))),
        },
    }
}

fn write_text(bytes: &mut Vec<u8>, text: &str) -> Result<(), ValueError> {
    let text = composed(text);
    length(text.len())?;
    written(write::write_str(bytes, &text))
}

fn length(length: usize) -> Result<u32, ValueError> {
    u32::try_from(length).map_err(|_| ValueError::new(format!("{length} elements are too many")))
}

/// Writing to memory does not fail; the signature of the library allows for it.
fn written<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<(), ValueError> {
    match result {
        Ok(_) => Ok(()),
        Err(error) => Err(ValueError::new(error.to_string())),
    }
}
