//! The list `mde_indicator`, as `terraform query` reads it.

use crate::support::{Host, Listed, Tenant, plain};
use mde::simulator::{Fault, FaultKind};
use serde_json::{Map, Value as Json, json};

const LIST: &str = "mde_indicator";
const ONE: &str = "mde_indicator.one";

/// A tenant with rows of several types, actions, labels and authors, in no order.
async fn tenant() -> Tenant {
    let tenant = Tenant::start().await;
    let row = |kind: &str, value: &str, action: &str, more: Json| {
        let mut row = json!({
            "indicatorType": kind, "indicatorValue": value, "action": action, "title": "Portal", "description": "by hand"
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    tenant.portal(|rows| {
        rows.extend([
            row(
                "Url",
                "https://b.example/x",
                "Warn",
                json!({ "severity": "High", "application": "gitops" }),
            ),
            row(
                "DomainName",
                "b.example",
                "Block",
                json!({ "severity": "High", "title": "Two" }),
            ),
            row("DomainName", "b.example", "Allowed", json!({})),
            row(
                "DomainName",
                "a.example",
                "Block",
                json!({ "createdBy": "eve@contoso.example" }),
            ),
            // Other products make what nobody can configure.
            row("WebCategory", "Games", "Block", json!({})),
        ]);
    });
    tenant
}

async fn list(host: &Host, config: Json) -> Vec<Listed> {
    let (found, run) = host.list(LIST, config, true, 100).await;
    let run = run.ok();
    assert!(run.warnings.is_empty(), "{:?}", run.warnings);
    found
}

fn names(found: &[Listed]) -> Vec<&str> {
    found.iter().map(|one| one.display_name.as_str()).collect()
}

const ALL: [&str; 4] = [
    "Block DomainName a.example (Portal)",
    "Allowed DomainName b.example (Portal)",
    "Block DomainName b.example (Two)",
    "Warn Url https://b.example/x (Portal)",
];

#[tokio::test]
async fn all_indicators_that_can_be_managed_are_listed_in_order_by_one_call() {
    let tenant = tenant().await;
    let host = Host::new(&tenant);
    let found = list(&host, json!({})).await;
    assert_eq!(names(&found), ALL);
    assert_eq!(tenant.lists(), 2, "the rows, and the proof that there are no more");
    assert_eq!(found[3].identity.get("value").as_str(), Some("https://b.example/x"));
    assert_eq!(found[3].identity.get("action").as_str(), Some("Warn"));
}

#[tokio::test]
async fn filters_choose_what_every_one_of_them_matches() {
    let tenant = tenant().await;
    let host = Host::new(&tenant);
    for (config, expected) in [
        (json!({ "type": "Url" }), vec![ALL[3]]),
        (json!({ "action": "Block" }), vec![ALL[0], ALL[2]]),
        (json!({ "action": "Block", "title": "Two" }), vec![ALL[2]]),
        (json!({ "application": "gitops" }), vec![ALL[3]]),
        (json!({ "application": "GitOps" }), vec![]),
        (json!({ "created_by": "eve@contoso.example" }), vec![ALL[0]]),
        (json!({ "severity": "High" }), vec![ALL[2], ALL[3]]),
        (json!({ "severity": "Informational" }), vec![ALL[0], ALL[1]]),
        (json!({ "value": "B.example." }), vec![ALL[1], ALL[2]]),
        (json!({ "value_contains": "B.EXAMPLE" }), vec![ALL[1], ALL[2], ALL[3]]),
        (json!({ "value_contains": "/x", "severity": "Low" }), vec![]),
    ] {
        assert_eq!(names(&list(&host, config.clone()).await), expected, "{config}");
    }
}

#[tokio::test]
async fn a_filter_that_can_match_nothing_is_an_error_of_validation() {
    let tenant = tenant().await;
    let host = Host::new(&tenant);
    tenant.simulator.clear_calls();
    for (name, value, words) in [
        ("action", "block", "Write `Block`."),
        ("type", "WebCategory", "Use one of `FileSha1`"),
        ("severity", "high", "Write `High`."),
        ("value", "evil[.]example", "Write `evil.example`."),
    ] {
        let mut config = Map::new();
        config.insert(name.to_owned(), value.into());
        let (_, run) = host.list(LIST, config.into(), false, 100).await;
        let [error] = run.errors.as_slice() else {
            panic!("{name}: {:?}", run.errors);
        };
        assert!(
            error.starts_with(&format!("mde_indicator: invalid {name}\n")) && error.contains(words),
            "{error}"
        );
    }
    assert_eq!(tenant.lists(), 0);
}

#[tokio::test]
async fn more_than_the_limit_is_told_before_the_first_result() {
    let tenant = tenant().await;
    let host = Host::new(&tenant);
    for limit in [1, 3] {
        let (found, run) = host.list(LIST, json!({}), false, limit).await;
        assert_eq!(names(&found), ALL[..limit]);
        let warning = format!("mde_indicator: 4 indicators match, and the limit is {limit}\n");
        assert!(run.ok().warnings[0].starts_with(&warning));
    }
    let (found, run) = host.list(LIST, json!({}), false, 4).await;
    assert_eq!((found.len(), run.ok().warnings.len()), (4, 0));
    // A host reads nothing then.
    let (found, run) = host.list(LIST, json!({}), false, 0).await;
    assert_eq!((found.len(), run.ok().warnings.len()), (0, 0));
}

#[tokio::test]
async fn what_is_listed_can_be_imported_and_then_plans_clean() {
    let tenant = tenant().await;
    let before = tenant.simulator.rows();
    let mut host = Host::new(&tenant);
    for one in list(&host, json!({})).await {
        let object = one.object.unwrap();
        host.state.clear();
        host.import_by(ONE, &plain(&one.identity)).await.ok();
        assert_eq!(host.state[ONE].value, object, "the list shows what an import finds");
        let config = host.unconfigured().generate(ONE, &object).await;
        host.configure(&[(ONE, plain(&config))]);
        host.plan().await.clean();
    }
    assert_eq!(tenant.simulator.rows(), before);
}

#[tokio::test]
async fn a_name_is_short_and_shows_nothing_that_a_terminal_obeys() {
    let tenant = Tenant::start().await;
    let long = format!("https://a.example/{}", "x".repeat(700));
    tenant.portal(|rows| {
        rows.push(json!({
            "indicatorType": "Url", "indicatorValue": long, "action": "Block", "title": "\u{1b}[2J\nred\u{202e}", "description": ""
        }));
    });
    let host = Host::new(&tenant);
    let found = list(&host, json!({})).await;
    let name = &found[0].display_name;
    assert!(
        name.chars().count() < 150 && !name.contains(['\u{1b}', '\n', '\u{202e}']),
        "{name}"
    );
    assert_eq!(
        found[0].identity.get("value").as_str(),
        Some(long.as_str()),
        "the identity is the value itself"
    );
}

#[tokio::test]
async fn a_tenant_that_cannot_be_listed_is_an_error() {
    let tenant = tenant().await;
    let host = Host::new(&tenant);
    let refusal = FaultKind::Status {
        code: 403,
        message: None,
        retry_after: None,
    };
    tenant.fault(Fault::new(refusal).on("GET", "/indicators"));
    let (found, run) = host.list(LIST, json!({}), false, 100).await;
    assert!(found.is_empty());
    assert!(
        run.errors[0].starts_with("The tenant's indicators could not be listed\n"),
        "{:?}",
        run.errors
    );
}
