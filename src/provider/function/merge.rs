//! `provider::mde::merge`: several lists as one.

use super::problems::Problems;
use crate::feed::shown;
use crate::indicator::{Field, FieldValue};
use crate::provider::list::{self, Addition, Content, List};
use crate::tf::{Function, FunctionError, Parameter, Value, ValueType};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The function `merge`.
pub struct Merge;

impl Function for Merge {
    fn name(&self) -> &'static str {
        "merge"
    }

    fn summary(&self) -> String {
        "Merges several lists of indicators into one".into()
    }

    fn description(&self) -> String {
        "Takes any number of lists, each as JSON text like that of `parse_csv` and `jsonencode`. Returns one JSON \
         text with the rows of all lists, for `indicators` of `mde_indicator_set`. The order of the lists does not \
         matter.\n\nA key that occurs in several lists with the same row becomes one row. A key with different rows \
         is an error that names the key, the lists and the fields."
            .into()
    }

    fn parameters(&self) -> Vec<Parameter> {
        Vec::new()
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter::new(
            "lists",
            ValueType::String,
            "The lists, each as JSON text.",
        ))
    }

    fn returns(&self) -> ValueType {
        ValueType::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let mut rows: BTreeMap<String, (usize, Vec<(Field, FieldValue)>)> = BTreeMap::new();
        let mut problems = Problems::default();
        for (position, argument) in arguments.iter().enumerate() {
            let place = format!("list {}", position + 1);
            let list = List::read(argument);
            list.faults
                .iter()
                .for_each(|fault| problems.add(&place, None, fault.clone()));
            for row in &list.rows {
                for (_, fault) in &row.faults {
                    problems.add(&format!("{place}, row {}", shown(&row.key)), None, fault.clone());
                }
                let fields = canonical(&row.fields);
                match rows.entry(row.key.to_string()) {
                    Entry::Vacant(vacant) => drop(vacant.insert((position, fields))),
                    Entry::Occupied(first) => {
                        let (other, known) = first.get();
                        let differing: Vec<&str> =
                            list::differing(known, &fields).into_iter().map(Field::name).collect();
                        if !differing.is_empty() {
                            let text = format!(
                                "{} is already in list {} with a different `{}`; keep one of the two rows",
                                shown(first.key()),
                                other + 1,
                                differing.join("`, `")
                            );
                            problems.add(&place, None, text);
                        }
                    }
                }
            }
        }
        match problems.into_text() {
            Some(text) => Err(FunctionError::new(text)),
            None => {
                let rows: Vec<Addition> = rows.into_iter().map(|(key, (_, fields))| (key, fields)).collect();
                Ok(list::write(&rows).into())
            }
        }
    }
}

/// The fields in the order of their table.
fn canonical(fields: &[(Field, Content)]) -> Vec<(Field, FieldValue)> {
    let mut known: Vec<(Field, FieldValue)> = fields
        .iter()
        .filter_map(|(field, content)| match content {
            Content::Known(value) => Some((*field, value.clone())),
            Content::Unknown => None,
        })
        .collect();
    known.sort_by_key(|(field, _)| *field);
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(lists: &[&str]) -> Result<String, String> {
        let arguments = lists.iter().map(|list| Value::from(*list)).collect();
        Merge
            .call(arguments)
            .map(|value| value.as_str().unwrap().to_owned())
            .map_err(|error| error.text)
    }

    #[test]
    fn lists_are_joined_in_any_order() {
        let one = r#"{"b.example": {"title": "t", "severity": "High"}, "a.example": null}"#;
        let other = r#"{"c.example": {}, "b.example": {"severity": "High", "title": "t"}}"#;
        let expected = r#"{"a.example":null,"b.example":{"severity":"High","title":"t"},"c.example":null}"#;
        assert_eq!(merged(&[one, other]).unwrap(), expected);
        assert_eq!(merged(&[other, one]).unwrap(), expected);
        assert_eq!(merged(&[]).unwrap(), "{}");
        assert_eq!(merged(&[expected]).unwrap(), expected);
    }

    #[test]
    fn conflicts_and_faults_are_told_at_once() {
        let told = merged(&[
            r#"{"a": {"title": "x", "severity": "Low"}, "b": {"acton": "Block"}}"#,
            r#"{"a": {"title": "y"}}"#,
            "[]",
        ])
        .unwrap_err();
        for part in [
            "list 2: `a` is already in list 1 with a different `severity`, `title`; keep one of the two rows",
            "list 1, row `b`: `acton` is not a field of an indicator; did you mean `action`?",
            "list 3: it is a list",
        ] {
            assert!(told.contains(part), "{part}\n{told}");
        }
    }
}
