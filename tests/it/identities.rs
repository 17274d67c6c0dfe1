//! The identity of `mde_indicator` in every answer, and imports by it. What every answer must have is checked by the host in
//! process, in all tests.

use crate::support::blocks::single;
use crate::support::{Host, Tenant, plain};
use mde::simulator::{Fault, FaultKind, SignIn};
use serde_json::{Value as Json, json};

const ONE: &str = "mde_indicator.one";

/// What the simulator's environment says.
fn tenant_id(tenant: &Tenant) -> String {
    let environment = tenant.environment();
    let (_, id) = environment.iter().find(|(name, _)| name == "ARM_TENANT_ID").unwrap();
    id.to_ascii_lowercase()
}

fn identity(tenant: &Tenant, value: &str, kind: &str, action: &str) -> Json {
    json!({ "value": value, "type": kind, "action": action, "tenant_id": tenant_id(tenant) })
}

/// The stored identity.
fn stored(host: &Host) -> Json {
    plain(&host.state[ONE].identity)
}

#[tokio::test]
async fn a_state_of_an_older_host_gets_its_identity_with_the_next_apply() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(ONE, single("EVIL.example", json!({})))]);
    host.without_identities().apply().await.ok();
    assert_eq!(stored(&host), Json::Null);
    host.with_identities().plan().await.clean();
    assert_eq!(stored(&host), Json::Null, "a plan stores nothing");
    // What `-refresh-only` finds: the identity and nothing else.
    let mut calls = host.walk(&mut Default::default()).await.unwrap();
    let fresh = calls.read(ONE, &host.state[ONE]).await;
    assert_eq!(fresh.value, host.state[ONE].value);
    assert_eq!(
        plain(&fresh.identity),
        identity(&tenant, "evil.example", "DomainName", "Block")
    );
    host.apply().await.clean();
    assert_eq!(stored(&host), identity(&tenant, "evil.example", "DomainName", "Block"));
    // It is the same again and again, so that nothing ever differs because of it.
    let before = stored(&host);
    host.apply().await.clean();
    assert_eq!(stored(&host), before);
}

#[tokio::test]
async fn an_identity_that_is_not_known_in_the_plan_comes_with_the_apply() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    for unknown in ["value", "action", "type"] {
        let mut block = single("evil.example", json!({ "type": "DomainName" }));
        block[unknown] = "<unknown>".into();
        let run = host.configure(&[(ONE, block)]).plan().await.ok();
        assert!(run.identities[ONE].is_null(), "{unknown}");
    }
    let run = host
        .configure(&[(ONE, single("evil.example", json!({ "title": "<unknown>" })))])
        .plan()
        .await
        .ok();
    let known = identity(&tenant, "evil.example", "DomainName", "Block");
    assert_eq!(plain(&run.identities[ONE]), known, "the title is no part of it");
    host.configure(&[(ONE, single("evil.example", json!({})))])
        .apply()
        .await
        .ok();
    assert_eq!(stored(&host), known);
}

#[tokio::test]
async fn the_identity_changes_with_the_action_in_place() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(ONE, single("evil.example", json!({})))])
        .apply()
        .await
        .ok();
    host.configure(&[(ONE, single("evil.example", json!({ "action": "Warn" })))]);
    let allowed = identity(&tenant, "evil.example", "DomainName", "Warn");
    let run = host.plan().await.ok();
    assert_eq!(plain(&run.identities[ONE]), allowed);
    assert_eq!(stored(&host)["action"], "Block");
    host.apply().await.ok();
    assert_eq!(stored(&host), allowed);
}

#[tokio::test]
async fn an_object_keeps_its_identity_when_a_change_of_it_fails() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(ONE, single("evil.example", json!({})))])
        .apply()
        .await
        .ok();
    let blocked = stored(&host);
    let refusal = FaultKind::FailItems {
        values: vec!["evil.example".into()],
        reason: "refused".into(),
    };
    tenant.fault(Fault {
        times: 100,
        ..Fault::new(refusal)
    });
    host.configure(&[(ONE, single("evil.example", json!({ "action": "Warn" })))]);
    let run = host.apply().await;
    assert!(!run.errors.is_empty());
    assert_eq!(stored(&host), blocked, "nothing was written, so it is what it was");
    // A deletion that fails leaves the object, and with it the identity.
    let refusal = FaultKind::Status {
        code: 403,
        message: None,
        retry_after: None,
    };
    let fault = Fault::new(refusal).on("POST", "BatchDelete");
    tenant.fault(Fault { times: 100, ..fault });
    assert!(!host.destroy().await.errors.is_empty());
    assert_eq!(stored(&host), blocked);
}

/// A row of this application that an interrupted run has left, which the service then refuses to change.
#[tokio::test]
async fn a_creation_that_ends_half_way_has_the_identity_of_what_is_there() {
    let tenant = Tenant::start().await;
    let environment = tenant.environment();
    let (_, application) = environment.iter().find(|(name, _)| name == "ARM_CLIENT_ID").unwrap();
    tenant.portal(|rows| {
        rows.push(json!({
            "indicatorType": "DomainName", "indicatorValue": "evil.example", "action": "Block", "title": "list",
            "description": "d", "severity": "High", "createdBy": application, "createdBySource": "PublicApi"
        }));
    });
    let refusal = FaultKind::FailItems {
        values: vec!["evil.example".into()],
        reason: "refused".into(),
    };
    tenant.fault(Fault::new(refusal).on("POST", "/import").times(1000));
    let mut host = Host::new(&tenant);
    host.configure(&[(ONE, single("EVIL.example", json!({})))]);
    let run = host.apply().await;
    assert!(!run.errors.is_empty());
    assert!(host.state[ONE].tainted);
    let expected = identity(&tenant, "evil.example", "DomainName", "Block");
    assert_eq!(stored(&host), expected);
    tenant.simulator.clear_faults();
    tenant.pass_time();
    host.apply().await.ok();
    assert_eq!((stored(&host), tenant.values().len()), (expected, 1));
    host.plan().await.clean();
}

#[tokio::test]
async fn an_indicator_is_imported_by_any_spelling_of_its_identity() {
    const HASH: &str = "aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00";
    let tenant = Tenant::start().await;
    tenant.add_foreign("FileSha256", HASH, "Block");
    tenant.add_foreign("DomainName", "evil.example", "Block");
    tenant.add_foreign("DomainName", "evil.example", "Allowed");
    let mut host = Host::new(&tenant);
    let upper = tenant_id(&tenant).to_ascii_uppercase();
    for (by, value, action) in [
        (
            json!({ "value": HASH.to_ascii_uppercase(), "type": "FileSha256", "action": "Block" }),
            HASH,
            "Block",
        ),
        (
            json!({ "value": HASH, "type": "FileSha256", "action": "Block", "tenant_id": null }),
            HASH,
            "Block",
        ),
        (
            json!({ "value": "EVIL.example.", "type": "DomainName", "action": "Allowed", "tenant_id": upper }),
            "evil.example",
            "Allowed",
        ),
        // What an answer holds can be given back.
        (
            identity(&tenant, "evil.example", "DomainName", "Block"),
            "evil.example",
            "Block",
        ),
    ] {
        host.state.clear();
        host.import_by(ONE, &by).await.ok();
        let state = &host.state[ONE].value;
        let row = |row: &Json| row["indicatorValue"] == value && row["action"] == action;
        let row = tenant.simulator.rows().into_iter().find(row).unwrap();
        assert_eq!(state.get("id").as_str(), row["id"].as_str(), "{by}");
        assert_eq!(
            stored(&host),
            identity(&tenant, value, row["indicatorType"].as_str().unwrap(), action)
        );
        host.configure(&[(
            ONE,
            json!({ "value": value, "action": action, "title": "made in the portal", "description": "by hand" }),
        )]);
        host.plan().await.clean();
    }
}

#[tokio::test]
async fn an_identity_that_names_no_indicator_is_refused_in_words() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "evil.example", "Block");
    let mut host = Host::new(&tenant);
    let evil = json!({ "value": "evil.example", "type": "DomainName", "action": "Block" });
    let with = |name: &str, value: Json| {
        let mut identity = evil.clone();
        identity[name] = value;
        identity
    };
    for (by, words) in [
        (
            with("value", Json::Null),
            "The import identity is incomplete\n`value` is null or empty.",
        ),
        (
            with("type", "".into()),
            "The import identity is incomplete\n`type` is null or empty.",
        ),
        (
            with("action", Json::Null),
            "The import identity is incomplete\n`action` is null or empty.",
        ),
        (with("type", "domain".into()), "Write `DomainName`."),
        (with("action", "block".into()), "Write `Block`."),
        (
            with("action", "Warn".into()),
            "No such indicator\nNone of the 1 indicators",
        ),
        (
            with("value", "none.example".into()),
            "has the value `none.example`, the type DomainName and the action Block.",
        ),
        (
            with("tenant_id", "contoso.example".into()),
            "`tenant_id` is `contoso.example`, but the provider block is for",
        ),
    ] {
        let run = host.import_by(ONE, &by).await;
        let [error] = run.errors.as_slice() else {
            panic!("{by}: {:?}", run.errors);
        };
        assert!(error.contains(words), "{by}: {error}");
    }
    assert!(host.state.is_empty());
}

#[tokio::test]
async fn two_indicators_of_one_identity_are_told_apart_by_id_only() {
    let tenant = Tenant::with(|options| {
        options.scope_in_identity = mde::simulator::Part::Included;
        options.rbac_groups = vec!["Clients".into(), "Servers".into()];
    })
    .await;
    tenant.portal(|rows| {
        for group in ["Clients", "Servers"] {
            rows.push(json!({
                "indicatorType": "DomainName", "indicatorValue": "evil.example", "action": "Block", "title": "t",
                "description": "d", "rbacGroupNames": [group]
            }));
        }
    });
    let mut host = Host::new(&tenant);
    let by = json!({ "value": "evil.example", "type": "DomainName", "action": "Block" });
    let run = host.import_by(ONE, &by).await;
    assert!(
        run.errors[0].starts_with("Several indicators have this identity\n2 indicators"),
        "{:?}",
        run.errors
    );
    assert!(run.errors[0].contains("by its id"), "{:?}", run.errors);
    let id = tenant.row("evil.example").unwrap()["id"].as_str().unwrap().to_owned();
    host.import(ONE, &id).await.ok();
    assert_eq!(stored(&host)["value"], "evil.example");
}

#[tokio::test]
async fn the_tenant_is_that_of_the_token_where_the_configuration_names_none() {
    let tenant = Tenant::start().await;
    let variables = tenant.simulator.environment_for(SignIn::ManagedIdentity);
    assert!(variables.iter().all(|(name, _)| name != "ARM_TENANT_ID"));
    let mut host = Host::new(&tenant).with_environment(variables);
    host.configure(&[(ONE, single("evil.example", json!({})))]);
    let known = identity(&tenant, "evil.example", "DomainName", "Block");
    let run = host.plan().await.ok();
    assert_eq!(plain(&run.identities[ONE]), known);
    host.apply().await.ok();
    assert_eq!(stored(&host), known);
    host.plan().await.clean();

    let mut other = known.clone();
    other["tenant_id"] = "ffff0000-1111-4aaa-8222-bbbb3333cccc".into();
    host.state.clear();
    let run = host.import_by(ONE, &other).await;
    assert!(run.errors[0].contains("is of another tenant"), "{:?}", run.errors);
    host.import_by(ONE, &known).await.ok();
}
