//! Blocks of configuration, as JSON.

use serde_json::{Map, Value as Json, json};

/// A set with these attributes on top of an action, a title and a description.
pub fn set(attributes: Json) -> Json {
    merged(
        json!({ "action": "Block", "title": "list", "description": "from a list" }),
        attributes,
    )
}

/// One indicator with these attributes on top of the same ones.
pub fn single(value: &str, attributes: Json) -> Json {
    let base = json!({ "value": value, "action": "Block", "title": "one", "description": "by itself" });
    merged(base, attributes)
}

/// Plain rows: so many domains, none with a description of its own.
pub fn domains(range: std::ops::Range<usize>) -> Json {
    range
        .map(|number| (domain(number), Json::Null))
        .collect::<Map<_, _>>()
        .into()
}

/// The name of a numbered domain.
pub fn domain(number: usize) -> String {
    format!("d{number}.example")
}

/// A map of rows: every value with the same fields.
pub fn rows(values: &[&str], fields: Json) -> Json {
    values
        .iter()
        .map(|value| ((*value).to_owned(), fields.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// `base` with the attributes of `over`; null takes one away.
pub fn merged(mut base: Json, over: Json) -> Json {
    for (name, value) in over.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}
