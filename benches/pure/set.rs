//! A whole set: what validating and planning it costs beside the codec.

use super::at_every_size;
use super::data::Row;
use super::time::PerIndicator;
use criterion::Criterion;
use mde::provider::MdeProvider;
use mde::tf::server::Server;
use mde::tf::{Object, PlanRequest, Value, ValueType};
use std::collections::BTreeMap;

const SET: &str = "mde_indicator_set";

/// How the list is written.
#[derive(Clone, Copy)]
enum Form {
    /// `indicators`, as the provider's function makes them.
    Indicators,
    /// `values`.
    Values,
}

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    let server = server();
    let set = server.resource(SET).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let plan = |request: PlanRequest| runtime.block_on(set.plan(request));

    for (form, name) in [(Form::Indicators, "indicators"), (Form::Values, "values")] {
        at_every_size(
            criterion,
            &format!("validate a set, {name}"),
            |rows| configured(form, rows),
            |config| {
                let diagnostics = set.validate(&config);
                assert!(diagnostics.is_empty());
            },
        );
        at_every_size(
            criterion,
            &format!("plan the creation, {name}"),
            |rows| request(Value::Null, configured(form, rows)),
            plan,
        );
        at_every_size(
            criterion,
            &format!("plan without changes, {name}"),
            |rows| request(held(form, rows), configured(form, rows)),
            plan,
        );
        at_every_size(
            criterion,
            &format!("plan with every row changed, {name}"),
            |rows| {
                let mut changed = rows.to_vec();
                changed.iter_mut().for_each(|row| row.description.push('!'));
                request(held(form, rows), configured(form, &changed))
            },
            plan,
        );
        at_every_size(
            criterion,
            &format!("plan with every row replaced, {name}"),
            |rows| {
                let mut changed = rows.to_vec();
                changed
                    .iter_mut()
                    .for_each(|row| row.value = format!("x{}.example.org", row.value.replace(':', "-")));
                request(held(form, rows), configured(form, &changed))
            },
            plan,
        );
    }
}

pub fn server() -> Server<MdeProvider> {
    Server::new(MdeProvider::default())
}

pub fn set_type() -> ValueType {
    server().resource(SET).unwrap().value_type().clone()
}

fn request(prior: Value, config: Value) -> PlanRequest {
    let object = config.as_object().unwrap().clone();
    let proposed = object.with("ids", prior.get("ids").clone()).into();
    PlanRequest {
        prior,
        proposed,
        config,
        private: Vec::new(),
    }
}

fn configured(form: Form, rows: &[Row]) -> Value {
    let ValueType::Object(object_type) = set_type() else {
        panic!()
    };
    let set = Object::null(object_type.clone())
        .with("action", "Block")
        .with("title", "C2");
    match form {
        Form::Values => set.with("values", map(rows, |row| Value::from(row.description.as_str()))),
        Form::Indicators => {
            let Some(ValueType::Map(element)) = object_type.attribute("indicators") else {
                panic!()
            };
            let ValueType::Object(element) = element.as_ref() else {
                panic!()
            };
            set.with(
                "indicators",
                map(rows, |row| {
                    Object::null(element.clone())
                        .with("severity", row.severity)
                        .with("description", row.description.as_str())
                        .into()
                }),
            )
        }
    }
    .into()
}

fn held(form: Form, rows: &[Row]) -> Value {
    let ids = rows.iter().zip(5_000_000..);
    let ids = ids.map(|(row, id): (&Row, usize)| (row.value.clone(), Value::from(id.to_string())));
    let ids = Value::Map(ids.collect());
    configured(form, rows)
        .as_object()
        .unwrap()
        .clone()
        .with("ids", ids)
        .into()
}

fn map(rows: &[Row], value: impl Fn(&Row) -> Value) -> Value {
    Value::Map(
        rows.iter()
            .map(|row| (row.value.clone(), value(row)))
            .collect::<BTreeMap<_, _>>(),
    )
}

/// The state of a set that is written with `indicators`.
pub fn state(rows: &[Row]) -> Value {
    held(Form::Indicators, rows)
}
