//! A full tenant: what goes makes room for what comes, with no more of the protection taken away early than must be.

use crate::support::blocks::{domains, set};
use crate::support::{Host, Tenant};
use serde_json::{Value as Json, json};
use std::ops::Range;

const SET: &str = "mde_indicator_set.a";
/// As many rows as a tenant can hold.
const FULL: usize = 15_000;
const OWN: usize = 1_000;

fn list(range: Range<usize>) -> Json {
    set(json!({ "indicators": domains(range) }))
}

/// A tenant with so many rows of others, and a set of [`OWN`] rows.
async fn filled(others: usize, freed_after: u64) -> (Tenant, Host) {
    let tenant = Tenant::with(|options| options.freed_capacity_delay_seconds = freed_after).await;
    tenant.portal(|rows| {
        rows.extend((0..others).map(|number| {
            json!({
                "indicatorType": "FileSha256", "indicatorValue": format!("{number:064x}"), "action": "Block",
                "title": "made in the portal", "description": "by hand", "createdBy": "eve@contoso.example"
            })
        }));
    });
    let mut host = Host::new(&tenant);
    host.configure(&[(SET, list(0..OWN))]).apply().await.ok();
    assert_eq!(tenant.simulator.rows().len(), others + OWN);
    tenant.simulator.clear_calls();
    tenant.pass_time();
    (tenant, host)
}

/// Imports and batch deletes in their order, each with its number of items.
fn order(tenant: &Tenant) -> Vec<(&'static str, usize)> {
    let calls = tenant.simulator.calls();
    let writes = calls.iter().filter(|call| call.method == "POST");
    writes
        .filter_map(|call| match call.path.rsplit('/').next() {
            Some("import") => Some(("import", call.items)),
            Some("BatchDelete") => Some(("delete", call.items)),
            _ => None,
        })
        .collect()
}

#[tokio::test]
pub async fn in_a_full_tenant_five_hundred_rows_make_way_for_as_many() {
    let (tenant, mut host) = filled(FULL - OWN, 0).await;
    host.configure(&[(SET, list(500..OWN + 500))]).apply().await.ok();
    assert_eq!(order(&tenant), [("delete", 500), ("import", 500)]);
    assert_eq!(tenant.throttled(), 0);
    assert_eq!(tenant.simulator.rows().len(), FULL);
    host.plan().await.clean();
}

#[tokio::test]
async fn only_as_many_go_first_as_the_room_needs() {
    let (tenant, mut host) = filled(FULL - OWN - 200, 0).await;
    host.configure(&[(SET, list(500..OWN + 500))]).apply().await.ok();
    assert_eq!(order(&tenant), [("delete", 300), ("import", 500), ("delete", 200)]);
    host.plan().await.clean();
}

#[tokio::test]
async fn with_room_enough_nothing_goes_before_its_time() {
    let (tenant, mut host) = filled(100, 0).await;
    host.configure(&[(SET, list(500..OWN + 500))]).apply().await.ok();
    assert_eq!(order(&tenant), [("import", 500), ("delete", 500)]);
    host.plan().await.clean();
}

#[tokio::test]
pub async fn room_that_shows_late_is_waited_for() {
    let (tenant, mut host) = filled(FULL - OWN, 20).await;
    let before = host.clock.skipped();
    host.configure(&[(SET, list(500..OWN + 500))]).apply().await.ok();
    assert!((host.clock.skipped() - before).as_secs() >= 20);
    assert_eq!(order(&tenant)[0], ("delete", 500));
    assert_eq!(tenant.throttled(), 0);
    assert_eq!(tenant.simulator.rows().len(), FULL);
    host.plan().await.clean();
}

#[tokio::test]
async fn the_plan_says_no_to_what_does_not_fit() {
    let (tenant, mut host) = filled(FULL - OWN, 0).await;
    let run = host.configure(&[(SET, list(499..OWN + 500))]).apply().await;
    assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
    // 14,000 of others and 1,001 that are wanted.
    for words in ["capacity", "15000", "14000", "1001"] {
        assert!(run.errors[0].contains(words), "{words} is not in {}", run.errors[0]);
    }
    assert_eq!(order(&tenant), []);
}
