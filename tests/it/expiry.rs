//! What has expired as planned is neither sent nor missed, whether the service drops such rows or keeps them listed.

use crate::support::blocks::{merged, set, single};
use crate::support::{Held, Host, Tenant, Workspace};
use jiff::Timestamp;
use mde::simulator::ExpiredRows;
use serde_json::{Value as Json, json};
use std::time::Duration;

const SET: &str = "mde_indicator_set.a";
const HOUR: Duration = Duration::from_secs(60 * 60);
const ANSWERS: [ExpiredRows; 2] = [ExpiredRows::Removed, ExpiredRows::Listed];

async fn tenant(answer: ExpiredRows) -> Tenant {
    Tenant::with(|options| options.expired_rows = answer).await
}

/// An instant so many hours from now.
fn hours(count: u32) -> String {
    (Timestamp::now() + HOUR * count).to_string()
}

fn list(late: &str, more: Json) -> Json {
    let rows = json!({ "late.example": { "expiration_time": late }, "later.example": { "expiration_time": "2199-01-01T00:00:00Z" } });
    set(json!({ "indicators": merged(merged(json!({ "ever.example": null }), rows), more) }))
}

/// Panics unless one warning names the expired row, and nothing else is said.
#[track_caller]
fn assert_told(warnings: &[String], value: &str) {
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert!(
        warnings[0].contains("expired") && warnings[0].contains(value),
        "{warnings:#?}"
    );
}

#[tokio::test]
pub async fn a_row_that_expires_leaves_the_plan_clean_and_can_be_given_a_new_end() {
    for answer in ANSWERS {
        let tenant = tenant(answer).await;
        let mut host = Host::new(&tenant);
        let late = hours(1);
        host.configure(&[(SET, list(&late, json!({})))]).apply().await.ok();
        tenant.simulator.clear_calls();
        host.clock.advance(2 * HOUR);

        let run = host.plan().await.clean();
        assert_told(&run.warnings, "late.example");
        assert_eq!(Held::of(&run.refreshed[SET]).entries()["late.example"], "-");
        host.apply().await.ok();
        assert_eq!(tenant.imports(), 0, "{answer:?}");
        tenant.simulator.clear_calls();

        // A change elsewhere is written alone.
        host.configure(&[(SET, list(&late, json!({ "new.example": {} })))])
            .apply()
            .await
            .ok();
        assert_eq!(
            (tenant.imports(), tenant.imported(), tenant.batch_deletes()),
            (1, 1, 0),
            "{answer:?}"
        );
        host.plan().await.clean();

        // A later expiry is a new beginning.
        let again = list(&hours(9), json!({ "new.example": {} }));
        host.configure(&[(SET, again)]);
        assert_eq!(host.plan().await.ok().changed, [SET]);
        host.apply().await.ok();
        let row = tenant.row("late.example").expect("it is not there again");
        assert_eq!(
            host.held(SET).id("late.example").as_deref(),
            row["id"].as_str(),
            "{answer:?}"
        );
        assert_eq!(
            tenant.values().iter().filter(|value| *value == "late.example").count(),
            1,
            "{answer:?}"
        );
        let run = host.plan().await.clean();
        assert!(run.warnings.is_empty(), "{:#?}", run.warnings);
        host.destroy().await.ok();
        assert!(tenant.values().is_empty(), "{answer:?}: {:?}", tenant.values());
    }
}

#[tokio::test]
async fn a_past_expiry_is_never_sent() {
    for answer in ANSWERS {
        let tenant = tenant(answer).await;
        let mut host = Host::new(&tenant);
        host.configure(&[(SET, list("2001-01-01T00:00:00Z", json!({})))])
            .apply()
            .await
            .ok();
        assert_eq!(tenant.values(), ["ever.example", "later.example"]);
        assert_eq!(host.held(SET).entries()["late.example"], "-");
        assert_told(&host.plan().await.clean().warnings, "late.example");
        host.destroy().await.ok();
        assert!(tenant.values().is_empty());
    }
}

#[tokio::test]
async fn expired_singles_that_were_made_one_after_the_other_stay_as_they_are() {
    for answer in ANSWERS {
        let tenant = tenant(answer).await;
        let mut host = Host::new(&tenant);
        let past = |value: &str| single(value, json!({ "expiration_time": "2001-01-01T00:00:00Z" }));
        let ends = |value: &str| single(value, json!({ "expiration_time": hours(1) }));
        let mut blocks = vec![
            ("mde_indicator.a", past("a.example")),
            ("mde_indicator.b", ends("b.example")),
        ];
        host.configure(&blocks).apply().await.ok();
        assert_eq!(tenant.values(), ["b.example"]);
        host.clock.advance(2 * HOUR);
        blocks.push(("mde_indicator.c", past("c.example")));
        host.configure(&blocks).apply().await.ok();
        tenant.simulator.clear_calls();

        let run = host.plan().await.clean();
        assert!(
            run.warnings.iter().all(|warning| warning.contains("expired")),
            "{:#?}",
            run.warnings
        );
        assert_eq!(run.warnings.len(), 3, "one for each");
        host.apply().await.ok();
        assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0), "{answer:?}");
        host.destroy().await.ok();
        // A row that has expired is over, whether the service goes on listing it or not.
        tenant.remove(&["b.example"]);
        assert!(tenant.values().is_empty(), "{answer:?}: {:?}", tenant.values());
    }
}

#[tokio::test]
async fn what_becomes_an_expired_row_does_not_keep_the_id_of_what_it_was() {
    let past = json!({ "expiration_time": "2001-01-01T00:00:00Z" });
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let (a, b, c) = ("mde_indicator.a", "mde_indicator.b", SET);
    let list = |row: Json| set(json!({ "indicators": { "x": row } }));
    host.configure(&[
        (a, single("moves.example", json!({}))),
        (c, list(json!({ "value": "old.example" }))),
    ])
    .apply()
    .await
    .ok();
    // One row moves to another resource, and what held it now stands for one that has expired.
    host.configure(&[
        (a, single("expired.example", past.clone())),
        (b, single("moves.example", json!({}))),
        (c, list(merged(json!({ "value": "gone.example" }), past))),
    ]);
    host.apply().await.ok();
    assert_eq!(tenant.values(), ["moves.example"]);
    let row = tenant.row("moves.example").unwrap();
    assert_eq!(host.state[b].value.get("id").as_str(), row["id"].as_str());
    assert!(host.state[a].value.get("id").is_null());
    assert_eq!(host.held(c).entries()["x"], "-");
    host.plan().await.clean();
}

#[tokio::test]
async fn an_expired_row_makes_room_for_others() {
    for answer in ANSWERS {
        let tenant = Tenant::with(|options| {
            options.expired_rows = answer;
            options.capacity = 3;
        })
        .await;
        let mut host = Host::new(&tenant).provider(json!({ "capacity": 3 }));
        let late = hours(1);
        host.configure(&[(SET, list(&late, json!({})))]).apply().await.ok();
        host.clock.advance(2 * HOUR);
        host.configure(&[(SET, list(&late, json!({ "new.example": {} })))])
            .apply()
            .await
            .ok();
        assert!(tenant.row("new.example").is_some(), "{answer:?}");
        host.plan().await.clean();
    }
}

#[tokio::test]
async fn terraform_finds_nothing_to_do_about_what_has_expired() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let resources = r#"
resource "mde_indicator_set" "list" {
  action      = "Block"
  title       = "Old and new"
  description = "from a list"
  indicators = {
    "old.example"     = { expiration_time = "2024-01-01T00:00:00Z" }
    "older.example"   = { expiration_time = "2023-01-01T00:00:00+02:00" }
    "current.example" = {}
  }
}

resource "mde_indicator" "one" {
  value           = "single.example"
  action          = "Block"
  title           = "Old"
  description     = "by itself"
  expiration_time = "2024-01-01T00:00:00Z"
}
"#;
    workspace.main(resources);
    workspace.apply().await.expect(0);
    assert_eq!(tenant.values(), ["current.example"]);
    tenant.simulator.clear_calls();
    let ran = workspace.plan().await.expect(0);
    let warnings = ran.warnings();
    assert_eq!(warnings.len(), 2, "{}", ran.output);
    assert!(
        warnings.iter().all(|summary| summary.contains("expired")),
        "{}",
        ran.output
    );
    for value in ["old.example", "older.example", "single.example"] {
        assert!(ran.says(value), "{value} is not in {}", ran.output);
    }
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
}
