//! The identity of an indicator: what the service tells indicators apart by, and the tenant. Not the service's id, which nobody
//! can write by hand or know in a plan, and which changes when an indicator is made anew.

use crate::indicator::rules::{parse_action, parse_type};
use crate::indicator::{Field, Identity, Indicator, IndicatorType, Row, canonical, detect_type};
use crate::provider::diagnostics::{self, describe};
use crate::provider::words::{bullets, named};
use crate::tenant::{Problem, Tenant, Unread};
use crate::tf::{Diagnostic, Diagnostics, IdentityAttribute, IdentitySchema, Object, ObjectType, Value};
use std::sync::{Arc, LazyLock};

/// The attribute with the tenant.
const TENANT: &str = "tenant_id";

/// The description. Version and attributes must never change: hosts store identities beside objects that had none before, as
/// version 0.
pub fn schema() -> IdentitySchema {
    let required = |field: Field, text: &str| IdentityAttribute::required(field.name(), text);
    IdentitySchema::new(vec![
        required(Field::Value, "Value of the indicator, in any equivalent spelling."),
        required(Field::Type, "Type of the indicator, such as `DomainName`."),
        required(Field::Action, "Action of the indicator, such as `Block`."),
        IdentityAttribute::optional(
            TENANT,
            "Directory (tenant) id, as the provider block has it, or else as the access token has it. An import fails if it is \
             another tenant.",
        ),
    ])
}

fn object_type() -> Arc<ObjectType> {
    static TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| schema().object_type());
    TYPE.clone()
}

/// The tenant in the spelling of identities: the one of the configuration, which may be a domain, or else the one that the token
/// is for. Every operation comes after the provider has signed in, so that this asks nobody, and all walks of a run say the same.
fn tenant_id(tenant: &Tenant) -> Option<String> {
    let of_token = || tenant.client.principal().tenant_id.clone();
    let configured = tenant.client.tenant_id().map(str::to_owned);
    Some(configured.or_else(of_token)?.to_ascii_lowercase())
}

/// Whether the tenant is the one that an identity names, by the domain of the configuration or by the id.
fn is_tenant(tenant: &Tenant, named: &str) -> bool {
    let principal = tenant.client.principal();
    let mut known = [tenant.client.tenant_id(), principal.tenant_id.as_deref()]
        .into_iter()
        .flatten();
    known.any(|own| own.eq_ignore_ascii_case(named))
}

/// The identity of the object with this value; null if a part of it is not known. The value stands in its canonical spelling,
/// so that every spelling of one indicator has one identity.
pub fn of(tenant: Option<&Tenant>, value: &Value) -> Value {
    let text = |field: Field| value.get(field.name()).as_str().filter(|text| !text.is_empty());
    let (Some(wanted), Some(action)) = (text(Field::Value), text(Field::Action)) else {
        return Value::Null;
    };
    let kind = match (value.get(Field::Type.name()), text(Field::Type)) {
        (_, Some(name)) => Some(IndicatorType::from_service(name)),
        (Value::Null, None) => detect_type(wanted),
        _ => None,
    };
    let Some(kind) = kind else { return Value::Null };
    Object::null(object_type())
        .with(Field::Value.name(), canonical(&kind, wanted))
        .with(Field::Type.name(), kind.as_str())
        .with(Field::Action.name(), action)
        .with(TENANT, tenant.and_then(tenant_id))
        .into()
}

/// Finds the row that an identity names.
///
/// # Errors
/// What is wrong with the identity, or why no single row is meant.
pub async fn find(tenant: &Tenant, identity: &Value) -> Result<Row, Diagnostics> {
    let wanted = read(identity)?;
    let given = identity.get(TENANT).as_str().filter(|text| !text.is_empty());
    if let (Some(given), Some(own)) = (given, tenant_id(tenant))
        && !is_tenant(tenant, given)
    {
        return Err(other_tenant(given, &own).into());
    }
    let listing = tenant.client.listing().await.map_err(|error| {
        let unread = Unread::NothingImported;
        diagnostics::all("", vec![Problem::Unlisted { error, unread }])
    })?;
    // A retired action may be stored under the name of its successor.
    let exact: Vec<&Row> = listing.find(&wanted.identity()).collect();
    let rows = if exact.is_empty() {
        listing.standing_for(&wanted).collect()
    } else {
        exact
    };
    match rows.as_slice() {
        [row] => Ok((*row).clone()),
        [] => Err(no_such(listing.len(), &wanted.identity()).into()),
        several => Err(ambiguous(&wanted.identity(), several).into()),
    }
}

/// The indicator that an identity names.
fn read(identity: &Value) -> Result<Indicator, Diagnostics> {
    let text = |field: Field| {
        let text = identity.get(field.name()).as_str().filter(|text| !text.is_empty());
        text.ok_or_else(|| Diagnostics::from(incomplete(field)))
    };
    let mut wanted = Indicator::blank();
    wanted.value = text(Field::Value)?.to_owned();
    let invalid = |field: Field, rule: String, remedy: String| Diagnostics::from(invalid(field, &rule, &remedy));
    wanted.indicator_type =
        parse_type(text(Field::Type)?).map_err(|finding| invalid(Field::Type, finding.rule, finding.remedy))?;
    wanted.action =
        parse_action(text(Field::Action)?).map_err(|finding| invalid(Field::Action, finding.rule, finding.remedy))?;
    Ok(wanted)
}

/// The identity leaves a part out.
pub(in crate::provider) fn incomplete(field: Field) -> Diagnostic {
    Diagnostic::error(
        "The import identity is incomplete",
        format!(
            "`{field}` is null or empty. The identity of an indicator has `value`, `type` and `action`, such as `{{ value = \
             \"evil.example\", type = \"DomainName\", action = \"Block\" }}`. Its `{TENANT}` is optional."
        ),
    )
}

/// A part of the identity can name no indicator.
pub(in crate::provider) fn invalid(field: Field, rule: &str, remedy: &str) -> Diagnostic {
    Diagnostic::error("The import identity is invalid", format!("`{field}`: {rule}. {remedy}"))
}

/// The identity names another tenant than the provider block.
pub(in crate::provider) fn other_tenant(given: &str, own: &str) -> Diagnostic {
    Diagnostic::error(
        "The import identity is of another tenant",
        format!(
            "`{TENANT}` is {}, but the provider block is for the tenant {}. Nothing was imported.\n\nUse the provider block of \
             that tenant, or leave `{TENANT}` out.",
            crate::feed::shown(given),
            crate::feed::shown(own)
        ),
    )
}

/// None of `count` rows has the identity.
pub(in crate::provider) fn no_such(count: usize, identity: &Identity) -> Diagnostic {
    Diagnostic::error(
        "No such indicator",
        format!(
            "None of the {count} indicators that this application can see has the value {}, the type {} and the action {}. An \
             application with the permission Ti.ReadWrite sees only its own indicators; Ti.ReadWrite.All sees all.",
            crate::feed::shown(identity.value()),
            identity.indicator_type(),
            identity.action()
        ),
    )
}

/// Several rows have the identity: they are for different device groups.
pub(in crate::provider) fn ambiguous(identity: &Identity, rows: &[&Row]) -> Diagnostic {
    Diagnostic::error(
        "Several indicators have this identity",
        format!(
            "{} indicators have the value {}, the type {} and the action {}:\n{}\n\nImport the intended indicator by its id.",
            rows.len(),
            crate::feed::shown(identity.value()),
            identity.indicator_type(),
            identity.action(),
            named(&bullets(&rows.iter().map(|row| describe(row)).collect::<Vec<_>>()))
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::object::Kind;
    use crate::provider::single::SingleIndicator;

    fn object(fields: &[(&str, Value)]) -> Value {
        let mut object = Object::null(SingleIndicator::object_type().clone());
        for (name, value) in fields {
            object.set(name, value.clone());
        }
        object.into()
    }

    #[test]
    fn every_spelling_of_an_indicator_has_one_identity() {
        let of = |value: &str, kind: Value| {
            let identity = of(
                None,
                &object(&[("value", value.into()), ("type", kind), ("action", "Block".into())]),
            );
            let text = |name: &str| identity.get(name).as_str().unwrap_or("none").to_owned();
            [text("value"), text("type"), text("action"), text(TENANT)]
        };
        let domain = ["evil.example", "DomainName", "Block", "none"].map(str::to_owned);
        assert_eq!(of("evil.example", Value::Null), domain);
        assert_eq!(of("EVIL.example.", "DomainName".into()), domain);
        assert_eq!(
            of("D41D8CD98F00B204E9800998ECF8427E", Value::Null)[0],
            "d41d8cd98f00b204e9800998ecf8427e"
        );
        // What nobody could write, but the service lists, has an identity as well.
        assert_eq!(
            of("Games", "WebCategory".into())[..2],
            ["Games".to_owned(), "WebCategory".to_owned()]
        );
    }

    #[test]
    fn half_an_identity_is_none() {
        let (value, action) = (("value", Value::from("evil.example")), ("action", Value::from("Block")));
        for fields in [
            vec![value.clone(), ("action", Value::Unknown)],
            vec![("value", Value::Unknown), action.clone()],
            vec![value.clone(), action.clone(), ("type", Value::Unknown)],
            vec![value.clone()],
            vec![("value", "no value at all".into()), action.clone()],
        ] {
            assert_eq!(of(None, &object(&fields)), Value::Null, "{fields:?}");
        }
        assert_eq!(of(None, &Value::Null), Value::Null);
        assert!(!of(None, &object(&[value, action])).is_null());
    }
}
