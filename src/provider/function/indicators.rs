//! `provider::mde::indicators`: any map or list of objects, as exactly the type of the `indicators` attribute.

use super::collected::Collected;
use super::element::{blank, is_group, put};
use crate::indicator::Field;
use crate::provider::set::element_type;
use crate::tf::{Function, FunctionError, Object, Parameter, Value, ValueType};

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
         Terraform converts a map of objects that is not of exactly this type by comparing all pairs of elements, so that \
         four times the rows take sixteen times as long; the value of this function needs no conversion."
            .into()
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::new(
                "rows",
                ValueType::Dynamic,
                "A map or list of objects with the fields of an indicator.",
            )
            .allow_unknown(),
        ]
    }

    fn returns(&self) -> ValueType {
        ValueType::map(ValueType::Object(element_type().clone()))
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let rows = arguments.first().map_or(&Value::Null, Value::untyped);
        let mut collected = Collected::default();
        match rows {
            Value::Map(map) => map.iter().for_each(|(key, row)| keyed(&mut collected, key, row)),
            Value::Object(object) => object.iter().for_each(|(key, row)| keyed(&mut collected, key, row)),
            Value::List(list) => {
                for (index, row) in list.iter().enumerate() {
                    listed(&mut collected, index + 1, row);
                }
            }
            Value::Unknown => return Ok(Value::Unknown),
            _ => return Err(FunctionError::new("it must be a map or a list of objects").at(0)),
        }
        collected.finish()
    }
}

/// Takes in a row that has its key already; keys differ, so there is no other with it.
fn keyed(collected: &mut Collected, key: &str, row: &Value) {
    let row = row.untyped();
    let element = if row.is_unknown() {
        Some(Value::Unknown)
    } else {
        element(collected, key, row).map(Value::from)
    };
    if let Some(element) = element {
        let _ = collected.insert(key.to_owned(), 0, element);
    }
}

/// Takes in a row of a list, whose value is its key.
fn listed(collected: &mut Collected, number: usize, row: &Value) {
    let row = row.untyped();
    if row.is_unknown() {
        return collected.keys_are_unknown();
    }
    let place = format!("row {number}");
    let Some(element) = element(collected, &place, row) else {
        return;
    };
    let value = Field::Value.name();
    let key = match element.get(value) {
        Some(Value::Unknown) => return collected.keys_are_unknown(),
        named => named.and_then(Value::as_str).map(str::to_owned),
    };
    let Some(key) = key else {
        let text = "`value` is missing; in a list each object must name it".to_owned();
        return collected.problems.add(&place, None, text);
    };
    // The key says it already; every field that is written costs the host time.
    let element = element.with(value, Value::Null);
    if let Err(conflict) = collected.insert(key.clone(), number, element.into()) {
        let (first, fields) = (conflict.first, conflict.fields.join("`, `"));
        let text = format!("`{key}` is in row {first} already, with another `{fields}`");
        collected.problems.add(&place, None, text);
    }
}

/// The row as an element; what is wrong with its fields is noted.
fn element(collected: &mut Collected, place: &str, row: &Value) -> Option<Object> {
    let fields: Vec<(&str, &Value)> = match row {
        Value::Object(object) => object.iter().collect(),
        Value::Map(map) => map.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        Value::Null => Vec::new(),
        _ => {
            let text = "this is not an object with the fields of an indicator".to_owned();
            collected.problems.add(place, None, text);
            return None;
        }
    };
    let mut element = blank();
    // Groups first: fields of a group that stand at the top of the object are added to it.
    let (groups, plain): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, _)| is_group(name));
    for (name, value) in groups.into_iter().chain(plain) {
        if let Err(text) = put(&mut element, name, value) {
            collected.problems.add(place, None, text);
        }
    }
    Some(element)
}

#[cfg(test)]
mod tests;
