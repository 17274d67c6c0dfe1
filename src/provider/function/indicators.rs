//! `provider::mde::indicators`: any map or list of objects, as exactly the type of the `indicators` attribute.

use crate::indicator::Field;
use crate::provider::set::element_type;
use crate::tf::{Function, FunctionError, Number, Object, ObjectType, Parameter, Value, ValueType};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How many problems one error names before it only counts the rest.
const NAMED: usize = 50;

/// The least likeness of a misspelled field to the right one, from 0 to 1.
const LIKENESS: f32 = 0.7;

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
            Value::Map(map) => map.iter().for_each(|(key, row)| collected.add(Some(key), key, row)),
            Value::Object(object) => object.iter().for_each(|(key, row)| collected.add(Some(key), key, row)),
            Value::List(list) => {
                for (index, row) in list.iter().enumerate() {
                    collected.add(None, &format!("row {}", index + 1), row);
                }
            }
            Value::Unknown => return Ok(Value::Unknown),
            _ => return Err(FunctionError::new("it must be a map or a list of objects").at(0)),
        }
        collected.finish()
    }
}

#[derive(Default)]
struct Collected {
    rows: BTreeMap<String, Value>,
    /// Where each row was read from.
    places: HashMap<String, String>,
    /// Whether the value of some row is not known yet, so that the keys are not.
    keys_unknown: bool,
    problems: Problems,
}

impl Collected {
    fn add(&mut self, key: Option<&str>, place: &str, row: &Value) {
        let row = row.untyped();
        if row.is_unknown() {
            match key {
                Some(key) => drop(self.rows.insert(key.to_owned(), Value::Unknown)),
                None => self.keys_unknown = true,
            }
            return;
        }
        let Some(element) = self.element(place, row) else {
            return;
        };
        let value = Field::Value.name();
        let named = element.get(value).unwrap_or(&Value::Null);
        let (key, element) = match (key, named) {
            (Some(key), _) => (key.to_owned(), element),
            (None, Value::Unknown) => {
                self.keys_unknown = true;
                return;
            }
            (None, named) => match named.as_str().map(str::to_owned) {
                // The key says it already; every field that is written costs the host time.
                Some(text) => (text, element.with(value, Value::Null)),
                None => {
                    let text = "`value` is missing; in a list each object must name it".to_owned();
                    self.problems.add(place, text);
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
                let text = format!("`{}` is in {other} already, with another `{fields}`", first.key());
                self.problems.add(place, text);
            }
        }
    }

    /// The row as an element; what is wrong with its fields is noted.
    fn element(&mut self, place: &str, row: &Value) -> Option<Object> {
        let fields: Vec<(&str, &Value)> = match row {
            Value::Object(object) => object.iter().collect(),
            Value::Map(map) => map.iter().map(|(name, value)| (name.as_str(), value)).collect(),
            Value::Null => Vec::new(),
            _ => {
                let text = "this is not an object with the fields of an indicator".to_owned();
                self.problems.add(place, text);
                return None;
            }
        };
        let mut element = Object::null(element_type().clone());
        // Groups first: fields of a group that stand at the top of the object are added to it.
        let (groups, plain): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(name, _)| is_group(name));
        for (name, value) in groups.into_iter().chain(plain) {
            if let Err(text) = put(&mut element, name, value) {
                self.problems.add(place, text);
            }
        }
        Some(element)
    }

    fn finish(self) -> Result<Value, FunctionError> {
        match self.problems.into_text() {
            Some(text) => Err(FunctionError::new(text).at(0)),
            None if self.keys_unknown => Ok(Value::Unknown),
            None => Ok(Value::Map(self.rows)),
        }
    }
}

/// What is wrong, each thing once with the first place and the number of all.
#[derive(Default)]
struct Problems {
    order: Vec<String>,
    places: HashMap<String, (String, usize)>,
}

impl Problems {
    fn add(&mut self, place: &str, text: String) {
        let known = self.places.get_mut(&text);
        if let Some((_, count)) = known {
            *count += 1;
            return;
        }
        self.order.push(text.clone());
        self.places.insert(text, (place.to_owned(), 1));
    }

    fn into_text(self) -> Option<String> {
        let mut lines: Vec<String> = self
            .order
            .iter()
            .take(NAMED)
            .filter_map(|text| self.places.get(text).map(|(place, count)| (text, place, count)))
            .map(|(text, place, count)| match count {
                1 => format!("{place}: {text}"),
                _ => format!("{place} and {} more: {text}", count - 1),
            })
            .collect();
        if self.order.len() > NAMED {
            lines.push(format!("and {} more problems", self.order.len() - NAMED));
        }
        match lines.as_slice() {
            [] => None,
            [line] => Some(line.clone()),
            _ => Some(format!("{} problems:\n- {}", self.order.len(), lines.join("\n- "))),
        }
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

fn is_group(name: &str) -> bool {
    matches!(element_type().attribute(name), Some(ValueType::Object(_)))
}

/// Puts a field where the element has it, at its top or in a group.
fn put(element: &mut Object, name: &str, value: &Value) -> Result<(), String> {
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
            .map(|part| convert(name, &part.trim().into(), item))
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

#[cfg(test)]
mod tests;
