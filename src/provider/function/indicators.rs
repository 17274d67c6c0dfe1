//! `provider::mde::indicators`: any map or list of objects, as exactly the type of the `indicators` attribute.

use crate::indicator::Field;
use crate::provider::set::element_type;
use crate::tf::{Function, FunctionError, Number, Object, ObjectType, Parameter, Value, ValueType};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How many problems one error names before it only counts the rest; the host prints it as one paragraph.
const NAMED: usize = 50;

/// The function `indicators`.
pub struct Indicators;

impl Function for Indicators {
    fn name(&self) -> &'static str {
        "indicators"
    }

    fn summary(&self) -> String {
        "Makes the `indicators` of a set from any map or list of objects".into()
    }

    fn description(&self) -> String {
        "Takes a map of objects, by value or any other key, or a list of objects that each name their `value`, and \
         returns exactly the type of the attribute `indicators` of `mde_indicator_set`. Fields that an object does not \
         have are null. Fields that an element keeps in `details` may stand at the top of the object. A list whose rows \
         came from `csvdecode` has text only: empty cells count as absent, and numbers, `true` and `false` are read from \
         text. The same row twice is one row; two rows of one value that differ are an error, since the service keeps one.\n\n\
         Terraform converts a map of objects that is not of exactly this type by comparing all pairs of elements, which \
         takes half a minute for 15,000; the value of this function needs no conversion."
            .into()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new(
            "rows",
            ValueType::Dynamic,
            "A map or list of objects with the fields of an indicator.",
        )]
    }

    fn returns(&self) -> ValueType {
        ValueType::map(ValueType::Object(element_type().clone()))
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let rows = arguments.first().map_or(&Value::Null, Value::untyped);
        let mut collected = Collected::default();
        match rows {
            Value::Map(map) => map.iter().for_each(|(key, row)| collected.add(Some(key), key, row)),
            Value::Object(object) => object.iter().for_each(|(key, row)| collected.add(Some(key), key, row)),
            Value::List(list) => {
                for (index, row) in list.iter().enumerate() {
                    collected.add(None, &format!("row {}", index + 1), row);
                }
            }
            _ => return Err(FunctionError::new("The argument must be a map or a list of objects.").at(0)),
        }
        collected.finish()
    }
}

#[derive(Default)]
struct Collected {
    rows: BTreeMap<String, Value>,
    /// Where each row was read from.
    places: HashMap<String, String>,
    problems: Vec<String>,
}

impl Collected {
    fn add(&mut self, key: Option<&str>, place: &str, row: &Value) {
        let row = row.untyped();
        let mut element = Object::null(element_type().clone());
        let mut unknown_fields = Vec::new();
        let mut write = |name: &str, value: &Value| {
            if let Err(problem) = put(&mut element, name, value) {
                match problem {
                    Problem::NoSuchField => unknown_fields.push(name.to_owned()),
                    Problem::WrongType(expected) => {
                        self.problems.push(format!("{place}: `{name}` must be {expected}"));
                    }
                }
            }
        };
        match row {
            Value::Object(object) => object.iter().for_each(|(name, value)| write(name, value)),
            Value::Map(map) => map.iter().for_each(|(name, value)| write(name, value)),
            Value::Null => {}
            _ => {
                self.problems
                    .push(format!("{place}: not an object with the fields of an indicator"));
                return;
            }
        }
        if !unknown_fields.is_empty() {
            self.problems.push(format!(
                "{place}: an indicator has no field `{}`",
                unknown_fields.join("`, `")
            ));
        }
        let value = Field::Value.name();
        let key = match key {
            Some(key) => key.to_owned(),
            None => match element.get(value).and_then(Value::as_str) {
                Some(text) => {
                    let text = text.to_owned();
                    // The key says it already; every field that is written costs the host time.
                    element.set(value, Value::Null);
                    text
                }
                None => {
                    self.problems.push(format!(
                        "{place}: `value` is missing; in a list each object must name it"
                    ));
                    return;
                }
            },
        };
        match self.rows.entry(key) {
            Entry::Vacant(vacant) => {
                self.places.insert(vacant.key().clone(), place.to_owned());
                vacant.insert(element.into());
            }
            // A list that says the same thing twice says it.
            Entry::Occupied(first) if *first.get() == Value::from(element.clone()) => {}
            Entry::Occupied(first) => {
                let fields = differing(first.get(), &element);
                let other = self.places.get(first.key()).map(String::as_str).unwrap_or_default();
                let value = first.key();
                self.problems.push(format!(
                    "{place}: `{value}` is in {other} already, with another `{fields}`"
                ));
            }
        }
    }

    fn finish(self) -> Result<Value, FunctionError> {
        if self.problems.is_empty() {
            return Ok(Value::Map(self.rows));
        }
        let mut text = self
            .problems
            .iter()
            .take(NAMED)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("; ");
        if self.problems.len() > NAMED {
            text.push_str(&format!("; and {} more problems", self.problems.len() - NAMED));
        }
        Err(FunctionError::new(text).at(0))
    }
}

/// Names of the fields in which two rows of one value differ.
fn differing(first: &Value, second: &Object) -> String {
    let names: Vec<&str> = second
        .iter()
        .filter(|(name, value)| first.get(name) != *value)
        .map(|(name, _)| name)
        .collect();
    names.join("`, `")
}

enum Problem {
    NoSuchField,
    WrongType(&'static str),
}

/// Puts a field where the element has it, at its top or in a group.
fn put(element: &mut Object, name: &str, value: &Value) -> Result<(), Problem> {
    let object_type = element.object_type().clone();
    if let Some(expected) = object_type.attribute(name) {
        element.set(name, convert(value, expected)?);
        return Ok(());
    }
    let group = object_type.iter().find_map(|(group, kind)| match kind {
        ValueType::Object(fields) => fields.attribute(name).map(|expected| (group, fields, expected)),
        _ => None,
    });
    let Some((group, fields, expected)) = group else {
        return Err(Problem::NoSuchField);
    };
    let converted = convert(value, expected)?;
    if converted.is_null() {
        return Ok(());
    }
    let current = element.get(group).and_then(Value::as_object).cloned();
    let filled = current
        .unwrap_or_else(|| Object::null(fields.clone()))
        .with(name, converted);
    element.set(group, filled.into());
    Ok(())
}

/// The value as the expected type. Text becomes what it spells, and empty text is absent: `csvdecode` knows only text.
fn convert(value: &Value, expected: &ValueType) -> Result<Value, Problem> {
    let value = value.untyped();
    let from_text = value.as_str().map(str::trim);
    match (expected, value) {
        (_, Value::Null) => Ok(Value::Null),
        (_, Value::Unknown) => Ok(Value::Unknown),
        (_, Value::String(text)) if text.trim().is_empty() => Ok(Value::Null),
        (ValueType::String, Value::String(_)) => Ok(value.clone()),
        (ValueType::String, Value::Number(number)) => Ok(Value::from(number.to_string())),
        (ValueType::String, Value::Bool(flag)) => Ok(Value::from(flag.to_string())),
        (ValueType::String, _) => Err(Problem::WrongType("text")),
        (ValueType::Bool, Value::Bool(_)) => Ok(value.clone()),
        (ValueType::Bool, _) => match from_text.map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Ok(true.into()),
            Some("false") => Ok(false.into()),
            _ => Err(Problem::WrongType("true or false")),
        },
        (ValueType::Number, Value::Number(_)) => Ok(value.clone()),
        (ValueType::Number, _) => from_text
            .and_then(|text| text.parse::<i64>().ok())
            .map(|number| Value::Number(Number::Int(number)))
            .ok_or(Problem::WrongType("a whole number")),
        (ValueType::List(item), Value::List(items)) => items
            .iter()
            .map(|entry| convert(entry, item))
            .collect::<Result<_, _>>()
            .map(Value::List),
        // One cell of a table holds a list joined by commas, as the portal's own CSV does.
        (ValueType::List(item), Value::String(text)) => text
            .split(',')
            .map(|part| convert(&part.trim().into(), item))
            .collect::<Result<_, _>>()
            .map(Value::List),
        (ValueType::List(_), _) => Err(Problem::WrongType("a list")),
        (ValueType::Object(fields), Value::Object(object)) => nested(fields, object.iter()),
        (ValueType::Object(fields), Value::Map(map)) => {
            nested(fields, map.iter().map(|(name, value)| (name.as_str(), value)))
        }
        _ => Err(Problem::WrongType("an object")),
    }
}

fn nested<'a>(fields: &Arc<ObjectType>, entries: impl Iterator<Item = (&'a str, &'a Value)>) -> Result<Value, Problem> {
    let mut object = Object::null(fields.clone());
    for (name, value) in entries {
        let Some(expected) = fields.attribute(name) else {
            return Err(Problem::WrongType("an object with the fields of an indicator only"));
        };
        object.set(name, convert(value, expected)?);
    }
    Ok(object.into())
}

#[cfg(test)]
mod tests;
