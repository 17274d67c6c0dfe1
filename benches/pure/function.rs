//! The function `indicators`, on what Terraform hands over for a CSV and for a JSON list.

use super::at_every_size;
use super::data::Row;
use super::time::PerIndicator;
use criterion::Criterion;
use mde::provider::MdeProvider;
use mde::tf::{Object, ObjectType, Provider, Value, ValueType};
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    let functions = MdeProvider::default().functions();
    let function = functions
        .iter()
        .find(|function| function.name() == "indicators")
        .unwrap();
    let call = |argument: Value| function.call(vec![argument]).unwrap();
    at_every_size(criterion, "function indicators, list of csvdecode", list, call);
    at_every_size(criterion, "function indicators, map of objects", by_value, call);
}

fn list(rows: &[Row]) -> Value {
    let columns = ["value", "severity", "description"].map(|name| (name, ValueType::String));
    let row_type = Arc::new(ObjectType::new(columns));
    let object = |row: &Row| {
        Object::null(row_type.clone())
            .with("value", row.value.as_str())
            .with("severity", row.severity)
            .with("description", row.description.as_str())
    };
    Value::List(rows.iter().map(|row| object(row).into()).collect())
}

fn by_value(rows: &[Row]) -> Value {
    let columns = ["severity", "description"].map(|name| (name, ValueType::String));
    let row_type = Arc::new(ObjectType::new(columns));
    let object = |row: &Row| {
        Object::null(row_type.clone())
            .with("severity", row.severity)
            .with("description", row.description.as_str())
    };
    Value::Map(
        rows.iter()
            .map(|row| (row.value.clone(), object(row).into()))
            .collect::<BTreeMap<_, _>>(),
    )
}
