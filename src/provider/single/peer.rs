//! Taking over `microsoftdefender_indicator` of the provider `folio-sec/microsoftdefender`: a `moved` block turns it into an
//! `mde_indicator`, without asking the service. The state is read leniently, since another version of that provider may have
//! written it; the refresh that follows knows better.

use super::{ID, RECORD, SingleIndicator};
use crate::indicator::Field;
use crate::provider::object::Kind;
use crate::tf::{Diagnostic, Diagnostics, MoveSource, Moved};
use serde_json::{Map, Value as Json};

/// The resource type that can be taken over.
const TYPE_NAME: &str = "microsoftdefender_indicator";
/// The name of its provider, without host and namespace: Terraform and OpenTofu have registries of their own, and older hosts
/// send this name only.
const PROVIDER: &str = "microsoftdefender";
/// The version of its schema that is known.
const VERSION: i64 = 0;

/// The attributes that mean what a field means, with the value that stands for a field that is left out. Its provider writes
/// defaults into the state that its configurations leave out, and so will those of this one.
fn attributes() -> [(Field, &'static str, Json); 12] {
    let (none, no_groups) = (Json::Null, Json::Array(Vec::new()));
    [
        (Field::Value, "indicator_value", none.clone()),
        (Field::Type, "indicator_type", none.clone()),
        (Field::Action, "action", none.clone()),
        (Field::Title, "title", none.clone()),
        (Field::Description, "description", "".into()),
        (Field::Application, "application", "".into()),
        (Field::Severity, "severity", "Informational".into()),
        (Field::ExpirationTime, "expiration_time", "".into()),
        (Field::RecommendedActions, "recommended_actions", "".into()),
        (Field::EducateUrl, "educate_url", "".into()),
        (Field::RbacGroupNames, "rbac_group_names", no_groups),
        (Field::GenerateAlert, "generate_alert", false.into()),
    ]
}

/// The state of an `mde_indicator` from that of the other type.
///
/// # Errors
/// If it is of yet another type, or lacks what tells an indicator apart.
pub fn take_over(source: &MoveSource) -> Result<Moved, Diagnostic> {
    if source.type_name != TYPE_NAME || source.provider_name() != PROVIDER {
        return Err(unknown_source(&source.type_name));
    }
    let text = |name: &str| {
        source
            .state
            .get(name)
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty())
    };
    let needed = ["id", "indicator_value", "indicator_type", "action"];
    if let Some(missing) = needed.into_iter().find(|name| text(name).is_none()) {
        return Err(unusable_source(missing));
    }
    let mut state = Map::new();
    for (field, name, default) in attributes() {
        let value = source.state.get(name).filter(|value| **value != default);
        state.insert(field.name().to_owned(), value.cloned().unwrap_or_default());
    }
    let id = text("id").unwrap_or_default();
    state.insert(ID.to_owned(), id.into());
    state.insert(RECORD.to_owned(), serde_json::json!({ "ids": id }).to_string().into());
    let is_newer = source.version > VERSION;
    let warning = is_newer.then(|| newer_source(source.version));
    Ok(Moved {
        state: state.into(),
        diagnostics: warning.into_iter().collect::<Diagnostics>(),
    })
}

/// The source is of no type that is known here.
pub(in crate::provider) fn unknown_source(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "The resource cannot be moved to this type",
        format!(
            "A `moved` block can turn only `{TYPE_NAME}` of the provider `folio-sec/{PROVIDER}` into `{}`, and the source is of \
             type {}.\n\nRemove the old resource from the state with a `removed` block that has `destroy = false`, and import the \
             indicator.",
            SingleIndicator::TYPE_NAME,
            crate::feed::shown(type_name)
        ),
    )
}

/// The source lacks an attribute.
pub(in crate::provider) fn unusable_source(missing: &str) -> Diagnostic {
    Diagnostic::error(
        "The moved resource cannot be read",
        format!(
            "The state of the `{TYPE_NAME}` has no `{missing}`. Remove it from the state with a `removed` block that has `destroy = \
             false`, and import the indicator."
        ),
    )
}

/// The source was written by a version that is not known here.
pub(in crate::provider) fn newer_source(version: i64) -> Diagnostic {
    Diagnostic::warning(
        "The moved resource may be incomplete",
        format!(
            "Version {version} of the schema of `{TYPE_NAME}` wrote the state of the moved resource; version {VERSION} is known. \
             The refresh reads all fields from the tenant. Check the plan."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn source(provider: &str, state: Json) -> MoveSource {
        MoveSource {
            provider: provider.to_owned(),
            type_name: TYPE_NAME.to_owned(),
            version: 0,
            state,
        }
    }

    fn stored() -> Json {
        json!({
            "id": "901", "indicator_value": "evil.example", "indicator_type": "DomainName", "action": "Block", "title": "C2",
            "description": "case 7", "severity": "Informational", "generate_alert": false, "rbac_group_names": [],
            "application": null, "expiration_time": "2041-01-01T00:00:00Z", "external_id": "x", "source_type": "AadApp",
            "something_new": { "deep": [1] }
        })
    }

    #[test]
    fn defaults_are_left_out_and_the_rest_is_kept() {
        let moved = take_over(&source("registry.terraform.io/folio-sec/microsoftdefender", stored())).unwrap();
        let told: Map<String, Json> = moved.state.as_object().unwrap().clone();
        let told: Json = told
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect::<Map<_, _>>()
            .into();
        assert_eq!(
            told,
            json!({
                "id": "901", "record": "{\"ids\":\"901\"}", "value": "evil.example", "type": "DomainName", "action": "Block",
                "title": "C2", "description": "case 7", "expiration_time": "2041-01-01T00:00:00Z"
            })
        );
        assert_eq!(moved.diagnostics.into_iter().count(), 0);
    }

    #[test]
    fn both_forms_of_the_address_are_known_and_others_are_not() {
        for provider in [
            "registry.terraform.io/folio-sec/microsoftdefender",
            "registry.opentofu.org/folio-sec/microsoftdefender",
            "microsoftdefender",
        ] {
            assert!(take_over(&source(provider, stored())).is_ok(), "{provider}");
        }
        for provider in ["registry.terraform.io/folio-sec/other", "folio-sec", ""] {
            let refused = take_over(&source(provider, stored())).unwrap_err();
            assert_eq!(refused.summary, "The resource cannot be moved to this type");
        }
    }

    #[test]
    fn what_tells_the_indicator_apart_must_be_there() {
        for name in ["id", "indicator_value", "indicator_type", "action"] {
            for value in [Json::Null, "".into()] {
                let mut state = stored();
                state[name] = value;
                let refused = take_over(&source(PROVIDER, state)).unwrap_err();
                assert!(refused.detail.contains(&format!("no `{name}`")), "{}", refused.detail);
            }
        }
        for state in [Json::Null, json!([]), json!("x")] {
            assert!(take_over(&source(PROVIDER, state)).is_err());
        }
    }

    #[test]
    fn another_version_is_tried_with_a_warning() {
        let newer = MoveSource {
            version: 3,
            ..source(PROVIDER, stored())
        };
        let moved = take_over(&newer).unwrap();
        let told: Vec<String> = moved.diagnostics.into_iter().map(|told| told.detail).collect();
        assert!(told.len() == 1 && told[0].starts_with("Version 3 "), "{told:?}");
    }
}
