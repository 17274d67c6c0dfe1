//! Answers of the service that say less than they should, or something else: what the state makes of them.

use crate::support::blocks::{domains, set, single};
use crate::support::{Held, Host, Tenant};
use mde::simulator::{Fault, FaultKind};
use serde_json::json;

const SET: &str = "mde_indicator_set.a";
const SINGLE: &str = "mde_indicator.a";

/// A tenant with rows of somebody else at the front of the listing, which has a few pages.
async fn crowded_tenant() -> Tenant {
    let tenant = Tenant::with(|options| options.page_size = 20).await;
    let foreign = |number: usize| json!({ "indicatorType": "DomainName", "indicatorValue": format!("f{number}.example"), "action": "Allowed" });
    tenant.simulator.put_rows((0..30).map(foreign).collect()).unwrap();
    tenant
}

/// From now on the first two rows of the tenant go before each later page, so that one row behind them is on no page.
fn keep_moving(tenant: &Tenant) {
    tenant.fault(
        Fault::new(FaultKind::MoveRows { remove: 2, add: 0 })
            .on("GET", "/indicators")
            .times(100),
    );
}

#[tokio::test]
async fn rows_that_never_hold_still_are_not_taken_for_deleted() {
    let tenant = crowded_tenant().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(SET, set(json!({ "indicators": domains(0..20) })))]);
    host.apply().await.ok();
    keep_moving(&tenant);
    tenant.simulator.clear_calls();
    let run = host.plan().await.clean();
    assert_eq!(tenant.lists(), 9, "three passes of three pages");
    assert_eq!(run.warnings, [""; 0], "each row was on a page of some pass");
}

#[tokio::test]
async fn a_row_that_an_incomplete_listing_lacks_stays_in_the_state_with_one_warning() {
    let tenant = crowded_tenant().await;
    let mut host = Host::new(&tenant);
    let list = set(json!({ "indicators": domains(0..20) }));
    host.configure(&[(SET, list), (SINGLE, single("one.example", json!({})))]);
    host.apply().await.ok();
    tenant.remove(&["d3.example", "d4.example", "one.example"]);
    tenant.edit("d5.example", |row| row["severity"] = "High".into());
    keep_moving(&tenant);
    let run = host.plan().await.ok();
    assert_eq!(run.changed, [SET], "only the row that is there and says something else");
    let told = |words: &[&str]| {
        let says = |warning: &&String| words.iter().all(|word| warning.contains(word));
        run.warnings.iter().filter(says).count()
    };
    assert_eq!(
        told(&["list: 2 indicators", "could not be checked"]),
        1,
        "{:?}",
        run.warnings
    );
    assert_eq!(
        told(&["one.example: 1 indicator", "could not be checked"]),
        1,
        "{:?}",
        run.warnings
    );
    assert_eq!(told(&["d5.example", "severity"]), 1, "{:?}", run.warnings);
    assert_eq!(run.warnings.len(), 3, "{:?}", run.warnings);
    assert!(Held::of(&run.refreshed[SET]).id("d3.example").is_some());
    assert_eq!(run.refreshed[SINGLE].get("id"), host.state[SINGLE].value.get("id"));

    tenant.simulator.clear_faults();
    let mut changed = host.plan().await.ok().changed;
    changed.sort();
    assert_eq!(changed, [SINGLE, SET], "what is certain is told");
    host.apply().await.ok();
    host.plan().await.clean();
}

#[tokio::test]
async fn nothing_is_created_where_a_row_may_have_been_missed() {
    let tenant = crowded_tenant().await;
    let mut host = Host::new(&tenant);
    let list = |range| set(json!({ "indicators": domains(range) }));
    host.configure(&[(SET, list(0..20))]).apply().await.ok();
    keep_moving(&tenant);
    let run = host.configure(&[(SET, list(0..22))]).plan().await;
    assert!(run.errors[0].contains("listed completely"), "{:#?}", run.errors);

    // It begins after the plan, which reads one later page.
    tenant.simulator.clear_faults();
    tenant.simulator.clear_calls();
    let trouble = Fault::new(FaultKind::MoveRows { remove: 2, add: 0 }).on("GET", "/indicators");
    tenant.fault(trouble.after(1).times(100));
    let state = host.state.clone();
    let run = host.apply().await;
    assert!(run.errors[0].contains("listed completely"), "{:#?}", run.errors);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    assert_eq!(host.state[SET].value, state[SET].value);
    tenant.simulator.clear_faults();
    host.apply().await.ok();
    host.plan().await.clean();
}

#[tokio::test]
async fn a_long_wait_for_the_service_is_told_when_it_is_over() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(SET, set(json!({ "indicators": domains(0..3) })))]);
    host.apply().await.ok();
    let busy = FaultKind::Status {
        code: 429,
        message: Some("You can send requests again in 57 seconds.".to_owned()),
        retry_after: None,
    };
    tenant.fault(Fault::new(busy).on("GET", "/indicators"));
    let run = host.plan().await.clean();
    assert_eq!(run.warnings.len(), 1, "{:?}", run.warnings);
    let words = ["The run waited 58 s to list the indicators", "others have used them up"];
    assert!(
        words.iter().all(|words| run.warnings[0].contains(words)),
        "{:?}",
        run.warnings
    );
    assert_eq!(host.plan().await.clean().warnings, [""; 0]);
}

#[tokio::test]
async fn a_listing_that_fails_is_asked_for_once_and_told_for_each_object() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let names: Vec<String> = (0..20).map(|number| format!("mde_indicator.i{number}")).collect();
    let singles: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), single(&format!("{}.example", &name[14..]), json!({}))))
        .collect();
    host.configure(&singles).apply().await.ok();
    let refused = FaultKind::Status {
        code: 403,
        message: Some("Missing application roles.".to_owned()),
        retry_after: None,
    };
    tenant.fault(Fault::new(refused).on("GET", "/indicators").times(100));
    tenant.simulator.clear_calls();
    let run = host.plan().await;
    assert_eq!((tenant.lists(), run.errors.len()), (1, 20), "{:?}", run.errors);
    tenant.simulator.clear_faults();
    host.plan().await.clean();
}

#[tokio::test]
async fn an_expiry_at_the_end_of_the_year_9999_is_never() {
    let never = "9999-12-31T23:59:59Z";
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = set(json!({ "indicators": domains(0..3), "expiration_time": never }));
    host.configure(&[(SET, list)]).apply().await.ok();
    let sent = tenant.row("d0.example").unwrap()["expirationTime"].clone();
    assert_eq!(sent, "9999-12-30T22:00:00Z", "what can be told in every time zone");
    let kept = host.state[SET]
        .value
        .get("expiration_time")
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(kept, never);
    let run = host.plan().await.clean();
    assert_eq!(run.warnings, [""; 0]);
}

#[tokio::test]
async fn a_retired_action_is_sent_with_its_alert_and_the_plan_is_clean() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = set(json!({ "action": "AlertAndBlock", "indicators": domains(0..2) }));
    host.configure(&[(SET, list)]).apply().await.ok();
    assert_eq!(tenant.row("d0.example").unwrap()["generateAlert"], true);
    // What the service stores for the retired name is not known; it may be this, and may become it later.
    tenant.edit("d0.example", |row| row["action"] = "Block".into());
    tenant.edit("d1.example", |row| row["action"] = "BlockAndRemediate".into());
    host.plan().await.clean();
}
