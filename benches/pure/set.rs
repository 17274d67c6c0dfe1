//! A whole set: what validating and planning it costs beside the codec.

use super::at_every_size;
use super::data::Row;
use super::time::PerIndicator;
use criterion::Criterion;
use mde::provider::MdeProvider;
use mde::tf::server::Server;
use mde::tf::{Object, ObjectType, PlanRequest, Typed, Value, ValueType};
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const SET: &str = "mde_indicator_set";

/// How the list is written.
#[derive(Clone, Copy)]
pub enum Form {
    /// One JSON text, as the provider's functions make it.
    Text,
    /// An object, as the host's language makes it.
    Object,
}

pub const FORMS: [(Form, &str); 2] = [(Form::Text, "text"), (Form::Object, "object")];

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    let server = server();
    let set = server.resource(SET).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let plan = |request: PlanRequest| runtime.block_on(set.plan(request));

    for (form, name) in FORMS {
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
    at_every_size(
        criterion,
        "plan without changes, text in the state and object in the configuration",
        |rows| request(held(Form::Text, rows), configured(Form::Object, rows)),
        plan,
    );
}

pub fn server() -> Server<MdeProvider> {
    Server::new(MdeProvider::default())
}

pub fn set_type() -> ValueType {
    server().resource(SET).unwrap().value_type().clone()
}

fn request(prior: Value, config: Value) -> PlanRequest {
    let object = config.as_object().unwrap().clone();
    let computed = ["record", "counts"].into_iter();
    let proposed = computed.fold(object, |object, name| object.with(name, prior.get(name).clone()));
    PlanRequest {
        prior,
        proposed: proposed.into(),
        config,
        private: Vec::new(),
    }
}

fn configured(form: Form, rows: &[Row]) -> Value {
    let ValueType::Object(object_type) = set_type() else {
        panic!()
    };
    let (value_type, value) = match form {
        Form::Text => (ValueType::String, text(rows).into()),
        Form::Object => object(rows),
    };
    Object::null(object_type)
        .with("action", "Block")
        .with("title", "C2")
        .with("indicators", Value::Typed(Box::new(Typed { value_type, value })))
        .into()
}

/// The state of a set with these rows.
pub fn held(form: Form, rows: &[Row]) -> Value {
    let ids: Vec<String> = (5_000_000..).take(rows.len()).map(|id: usize| id.to_string()).collect();
    let record = json!({ "ids": ids.join(" ") }).to_string();
    let count = i64::try_from(rows.len()).unwrap();
    configured(form, rows)
        .as_object()
        .unwrap()
        .clone()
        .with("record", record)
        .with("counts", BTreeMap::from([("Block".to_owned(), Value::from(count))]))
        .into()
}

fn text(rows: &[Row]) -> String {
    let row = |row: &Row| (row.value.clone(), json!(BTreeMap::from(row.fields())));
    serde_json::Value::from(rows.iter().map(row).collect::<Map<_, _>>()).to_string()
}

fn object(rows: &[Row]) -> (ValueType, Value) {
    let fields = rows.iter().take(1).flat_map(Row::fields);
    let row_type = Arc::new(ObjectType::new(fields.map(|(name, _)| (name, ValueType::String))));
    let types = rows
        .iter()
        .map(|row| (row.value.as_str(), ValueType::Object(row_type.clone())));
    let list_type = Arc::new(ObjectType::new(types));
    let list = rows.iter().fold(Object::null(list_type.clone()), |list, row| {
        let with = |object: Object, (name, text)| object.with(name, text);
        let fields = row.fields().into_iter().fold(Object::null(row_type.clone()), with);
        list.with(&row.value, fields)
    });
    (ValueType::Object(list_type), list.into())
}
