//! Sets that own a stated scope: what is in it and not in the list is shown, and the next apply deletes it. Nothing else.

use crate::support::blocks::{set, single};
use crate::support::{Host, Tenant};
use serde_json::{Value as Json, json};

const SET: &str = "mde_indicator_set.c2";

fn list(values: &[&str], exclusive: Json) -> Json {
    let values: Json = values
        .iter()
        .map(|value| ((*value).to_owned(), Json::Null))
        .collect::<serde_json::Map<_, _>>()
        .into();
    set(json!({ "application": "gitops", "values": values, "exclusive": exclusive }))
}

fn labelled() -> Json {
    json!({ "application": "gitops" })
}

/// A set of one row that is exclusive about its label.
async fn applied(tenant: &Tenant) -> Host {
    let mut host = Host::new(tenant);
    host.configure(&[(SET, list(&["a.example"], labelled()))])
        .apply()
        .await
        .ok();
    host
}

/// A row of somebody else with a label.
fn stray(tenant: &Tenant, value: &str, label: &str) {
    tenant.add_foreign("DomainName", value, "Block");
    tenant.edit(value, |row| row["application"] = label.into());
}

#[tokio::test]
async fn an_exclusive_set_shows_what_is_not_in_its_list_before_it_deletes_it() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let other = single("own.example", json!({ "application": "gitops" }));
    let resources = [(SET, list(&["a.example"], labelled())), ("mde_indicator.own", other)];
    host.configure(&resources);
    host.apply().await.ok();
    tenant.add_foreign("DomainName", "foreign.example", "Block");
    stray(&tenant, "stray.example", "gitops");

    let run = host.plan().await.ok();
    assert_eq!(run.changed, [SET]);
    assert!(
        run.warnings.iter().any(|warning| warning.contains("stray.example")),
        "{:#?}",
        run.warnings
    );
    assert!(
        !run.warnings
            .iter()
            .any(|warning| warning.contains("foreign.example") || warning.contains("own.example"))
    );
    assert!(tenant.row("stray.example").is_some(), "a plan deletes nothing");

    host.apply().await.ok();
    assert!(tenant.row("stray.example").is_none());
    assert!(tenant.row("foreign.example").is_some() && tenant.row("own.example").is_some());
    host.plan().await.clean();
}

#[tokio::test]
async fn what_is_no_longer_in_the_scope_is_left_alone() {
    for exclusive in [
        Json::Null,
        json!({ "application": "other" }),
        json!({ "application": "gitops", "created_by_this_application": true }),
    ] {
        let tenant = Tenant::start().await;
        let mut host = applied(&tenant).await;
        stray(&tenant, "stray.example", "gitops");
        let run = host.plan().await.ok();
        assert!(run.warnings[0].contains("stray.example"), "{:#?}", run.warnings);
        // The user sees it, and decides to keep it.
        host.configure(&[(SET, list(&["a.example"], exclusive.clone()))])
            .apply()
            .await
            .ok();
        assert!(tenant.row("stray.example").is_some(), "{exclusive}");
        host.plan().await.clean();
        assert_eq!(tenant.batch_deletes(), 0);
    }
}

#[tokio::test]
async fn a_row_of_the_scope_can_come_into_the_list() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant).await;
    stray(&tenant, "stray.example", "gitops");
    stray(&tenant, "other.example", "gitops");
    let id = tenant.row("stray.example").unwrap()["id"].clone();
    host.configure(&[(SET, list(&["a.example", "stray.example"], labelled()))]);
    host.apply().await.ok();
    let row = tenant.row("stray.example").unwrap();
    assert_eq!((&row["id"], &row["title"]), (&id, &json!("list")));
    assert!(tenant.row("other.example").is_none());
    host.plan().await.clean();
}

#[tokio::test]
async fn what_a_killed_run_wrote_is_no_stranger() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant).await;
    let state = host.state.clone();
    host.configure(&[(SET, list(&["a.example", "b.example", "c.example"], labelled()))])
        .apply()
        .await
        .ok();
    // The provider wrote, and nobody noted it.
    host.state = state;
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    assert_eq!(tenant.values().len(), 3);
    host.plan().await.clean();
}

#[tokio::test]
async fn what_another_resource_wants_or_holds_is_not_deleted() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let block = list(&["a.example"], labelled());
    host.configure(&[(SET, block.clone())]).apply().await.ok();
    stray(&tenant, "stray.example", "gitops");
    let new = single("stray.example", json!({ "application": "gitops" }));
    let run = host
        .configure(&[(SET, block.clone()), ("mde_indicator.new", new)])
        .apply()
        .await;
    let said = run.errors.join("\n");
    assert!(
        said.contains("An exclusive set would delete another resource's indicators"),
        "{said}"
    );
    assert!(tenant.row("stray.example").is_some());
}

#[tokio::test]
async fn extra_rows_count_as_deletions() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant).provider(json!({ "max_deletions": 1 }));
    host.configure(&[(SET, list(&["a.example", "b.example"], labelled()))])
        .apply()
        .await
        .ok();
    stray(&tenant, "one.example", "gitops");
    host.plan().await.ok();
    let run = host.configure(&[(SET, list(&["a.example"], labelled()))]).apply().await;
    assert!(
        run.errors[0].contains("deletes 2 indicators so far"),
        "{:#?}",
        run.errors
    );
    assert_eq!(tenant.values().len(), 3);
}
