//! The JSON Schema of a list of indicators, so that editors complete and check lists in JSON and YAML.

use crate::indicator::{Action, CertificateFact, Field, FieldKind, IndicatorType, Severity};
use serde_json::{Map, Value as Json, json};

/// The schema, as text.
pub fn text() -> String {
    let members: Map<String, Json> = Field::ALL
        .iter()
        .map(|field| (field.name().to_owned(), member(*field)))
        .collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Indicators of an mde_indicator_set",
        "description": "Rows by key. The key is the value of the indicator, unless the row has a `value` of its own.",
        "type": "object",
        "additionalProperties": {
            "type": ["object", "null"],
            "description": "One indicator. What the row leaves out, the set gives.",
            "additionalProperties": false,
            "properties": members,
        },
    });
    // A schema without numbers that JSON does not have always has a text.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

fn member(field: Field) -> Json {
    let mut member = match field.kind() {
        FieldKind::Text => json!({ "type": ["string", "null"] }),
        FieldKind::Flag => json!({ "type": ["boolean", "null"] }),
        FieldKind::Whole => json!({ "type": ["integer", "null"] }),
        FieldKind::Texts => json!({ "type": ["array", "null"], "items": { "type": "string" } }),
        FieldKind::Wholes => json!({ "type": ["array", "null"], "items": { "type": "integer" } }),
        FieldKind::Certificate => {
            let facts: Map<String, Json> = CertificateFact::ALL
                .iter()
                .map(|fact| {
                    (
                        fact.name().to_owned(),
                        json!({ "type": ["string", "null"], "description": fact.description() }),
                    )
                })
                .collect();
            json!({ "type": ["object", "null"], "additionalProperties": false, "properties": facts })
        }
    };
    if let Some(object) = member.as_object_mut() {
        object.insert("description".into(), field.description().into());
        if let Some(names) = names(field) {
            object.insert(
                "enum".into(),
                names.into_iter().map(Json::from).chain([Json::Null]).collect(),
            );
        }
        match field {
            Field::ExpirationTime => drop(object.insert("format".into(), "date-time".into())),
            Field::Lifetime => drop(object.insert("pattern".into(), "^[0-9]+[dh]$".into())),
            _ => {}
        }
    }
    member
}

/// The names that a field can have.
fn names(field: Field) -> Option<Vec<String>> {
    match field {
        Field::Type => Some(IndicatorType::WRITABLE.iter().map(ToString::to_string).collect()),
        Field::Action => Some(Action::WRITABLE.iter().map(ToString::to_string).collect()),
        Field::Severity => Some(Severity::WRITABLE.iter().map(ToString::to_string).collect()),
        Field::Category => Some(crate::indicator::Category::names().map(str::to_owned).collect()),
        _ => None,
    }
}
