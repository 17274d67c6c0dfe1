//! When a part of a write fails: the good ones are kept, the state is what the service accepted, and the next apply does
//! what is missing and nothing else.

use crate::support::blocks::{domain, domains, merged, rows, set, single};
use crate::support::{Host, Tenant};
use mde::simulator::{Fault, FaultKind};
use mde::tf::Value;
use serde_json::{Value as Json, json};
use std::time::Duration;

const SET: &str = "mde_indicator_set.a";
const FOR_EVER: u32 = u32::MAX;

/// The keys that the state of the set has, sorted.
fn keys(host: &Host) -> Vec<String> {
    host.held(SET).keys()
}

fn fail(values: &[&str], reason: &str) -> Fault {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    let reason = reason.to_owned();
    Fault::new(FaultKind::FailItems { values, reason }).times(FOR_EVER)
}

fn refuse(values: &[&str], message: &str) -> Fault {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    let message = message.to_owned();
    Fault::new(FaultKind::RefuseCall { values, message }).times(FOR_EVER)
}

#[track_caller]
fn assert_said(errors: &[String], words: &[&str]) {
    let all = errors.join("\n");
    for word in words {
        assert!(all.contains(word), "{word:?} is not in {all}");
    }
}

/// A set whose creation failed in part, and that is good now: it is replaced without a delete of anything that is right
/// and without an import of anything that is there.
async fn assert_replaced_gently(tenant: &Tenant, host: &mut Host, missing: usize) {
    assert!(host.state[SET].tainted);
    tenant.simulator.clear_calls();
    let before = tenant.simulator.rows();
    host.apply().await.ok();
    tenant.expect_calls((1, missing), (0, 0), 4);
    assert!(!host.state[SET].tainted);
    let after = tenant.simulator.rows();
    assert!(before.iter().all(|row| after.contains(row)), "a good row was touched");
    host.plan().await.clean();
}

#[tokio::test]
async fn a_past_expiry_does_not_sink_the_call() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let expiry = (jiff::Timestamp::now() + Duration::from_secs(3600)).to_string();
    // The service's clock is ahead, so that what is not past here is past there.
    tenant.simulator.advance(Duration::from_secs(7200));
    let list = |expiry: &str| {
        let late = json!({ "late.example": { "expiration_time": expiry } });
        set(json!({ "indicators": merged(domains(0..6), late) }))
    };
    let run = host.configure(&[(SET, list(&expiry))]).apply().await;
    assert_said(
        &run.errors,
        &[
            "late.example",
            "Indicator late.example is inactive. (Expiration time should be set to a future date time)",
        ],
    );
    assert_eq!(tenant.values().len(), 6);
    assert_eq!(keys(&host), (0..6).map(domain).collect::<Vec<_>>());
    tenant.expect_calls((2, 13), (0, 0), 2);
    host.configure(&[(SET, list("2040-01-01T00:00:00Z"))]);
    assert_replaced_gently(&tenant, &mut host, 1).await;
}

#[tokio::test]
async fn an_item_that_the_refusal_names_is_left_out() {
    let tenant = Tenant::start().await;
    tenant.fault(refuse(
        &["d3.example", "d11.example"],
        "The value {value} is not welcome here",
    ));
    let mut host = Host::new(&tenant);
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..16) })))])
        .apply()
        .await;
    assert_said(
        &run.errors,
        &[
            "The value d3.example is not welcome here",
            "The value d11.example is not welcome here",
        ],
    );
    assert_eq!(keys(&host).len(), 14);
    assert_eq!(keys(&host), tenant.values());
    assert_eq!(
        tenant.imports(),
        3,
        "one call for each bad item, and one for the others"
    );
}

#[tokio::test]
async fn an_item_that_the_refusal_does_not_name_is_found_by_halving() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    // Without a title the service refuses the call and does not say whose title it misses.
    let titled = |bad: &str| {
        let mut list = rows(
            &(0..32)
                .map(domain)
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>(),
            json!({ "title": "t" }),
        );
        list[bad]["title"] = Json::Null;
        merged(set(json!({ "indicators": list })), json!({ "title": null }))
    };
    let run = host.configure(&[(SET, titled("d20.example"))]).apply().await;
    assert_said(&run.errors, &["Parameter title is missing", "d20.example"]);
    assert!(!run.errors.join("\n").contains("d21.example"));
    assert_eq!(keys(&host).len(), 31);
    assert!(tenant.imports() <= 11, "{} calls", tenant.imports());
    assert_eq!(tenant.throttled(), 0);
}

#[tokio::test]
async fn failed_items_of_a_creation_are_told_and_the_replacement_adds_only_them() {
    let tenant = Tenant::start().await;
    tenant.fault(fail(&["d1.example", "d2.example"], "Something about this one").times(1));
    let mut host = Host::new(&tenant);
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..5) })))])
        .apply()
        .await;
    assert_said(&run.errors, &["Something about this one", "d1.example", "d2.example"]);
    assert_said(&run.warnings, &["untaint"]);
    assert_eq!(keys(&host), tenant.values());
    assert_eq!(keys(&host).len(), 3);
    assert_replaced_gently(&tenant, &mut host, 2).await;
    assert_eq!(keys(&host).len(), 5);
}

#[tokio::test]
async fn after_untaint_the_missing_rows_are_added_by_an_update() {
    let tenant = Tenant::start().await;
    tenant.fault(fail(&["d1.example"], "not now").times(1));
    let mut host = Host::new(&tenant);
    host.configure(&[(SET, set(json!({ "indicators": domains(0..5) })))])
        .apply()
        .await;
    host.untaint(SET);
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    tenant.expect_calls((1, 1), (0, 0), 4);
    host.plan().await.clean();
    assert_eq!(keys(&host).len(), 5);
}

#[tokio::test]
async fn a_tainted_set_that_changes_is_replaced_without_a_gap() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(SET, set(json!({ "indicators": domains(0..10) })))])
        .apply()
        .await
        .ok();
    host.taint(SET);
    // Two rows go, three come, one changes, seven stay.
    let mut list = set(json!({ "indicators": domains(2..13) }));
    list["indicators"]["d5.example"] = json!({ "description": "described" });
    tenant.simulator.clear_calls();
    let stays: Vec<Json> = (6..10).map(|number| tenant.row(&domain(number)).unwrap()).collect();
    host.configure(&[(SET, list)]).apply().await.ok();
    tenant.expect_calls((1, 4), (1, 2), 4);
    assert!(stays.iter().all(|row| tenant.simulator.rows().contains(row)));
    assert_eq!(tenant.row("d5.example").unwrap()["description"], "described");
    assert_eq!(tenant.values().len(), 11);
    host.plan().await.clean();
}

#[tokio::test]
async fn a_tenant_without_room_takes_what_it_can() {
    let tenant = Tenant::with(|options| options.capacity = 5).await;
    let mut host = Host::new(&tenant);
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..8) })))])
        .apply()
        .await;
    assert_said(&run.errors, &["Max capacity exceeded. Current Total: 5, Limit: 5"]);
    assert_eq!(keys(&host), tenant.values());
    assert_eq!(
        host.clock.skipped().as_secs(),
        0,
        "no room was coming, so there was nothing to wait for"
    );
    host.configure(&[(SET, set(json!({ "indicators": domains(0..4) })))])
        .apply()
        .await
        .ok();
    assert_eq!(tenant.values().len(), 4);
    host.plan().await.clean();
}

#[tokio::test]
async fn an_update_that_fails_in_part_keeps_the_rest_and_is_not_tainted() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = |severity: &str, count| {
        let own = rows(&["a.example", "b.example"], json!({ "severity": severity }));
        set(json!({ "indicators": merged(own, domains(0..count)) }))
    };
    host.configure(&[(SET, list("Low", 2))]).apply().await.ok();
    tenant.fault(fail(&["b.example", "d2.example"], "no").times(1));
    tenant.simulator.clear_calls();
    let run = host.configure(&[(SET, list("High", 4))]).apply().await;
    assert_said(&run.errors, &["b.example", "d2.example"]);
    assert!(!host.state[SET].tainted);
    let held = host.held(SET);
    assert_eq!(held.rows()["a.example"], json!({ "severity": "High" }));
    assert_eq!(held.rows()["b.example"], json!({ "severity": "Low" }));
    assert_eq!(keys(&host), tenant.values());
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    tenant.expect_calls((1, 2), (0, 0), 4);
    host.plan().await.clean();
}

#[tokio::test]
async fn an_action_that_is_not_accepted_leaves_the_old_row_and_its_id() {
    for row in [Json::Null, json!({})] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        let list = |action: &str| {
            let values = ["d0.example", "d1.example", "d2.example"];
            set(json!({ "action": action, "indicators": rows(&values, row.clone()) }))
        };
        host.configure(&[(SET, list("Block"))]).apply().await.ok();
        let old = tenant.row("d1.example").unwrap()["id"].clone();
        tenant.fault(fail(&["d1.example"], "no").times(1));
        let run = host.configure(&[(SET, list("Allowed"))]).apply().await;
        assert_said(&run.errors, &["d1.example"]);
        assert_eq!(
            tenant.held(),
            [
                ("d0.example".into(), "Allowed".into()),
                ("d1.example".into(), "Block".into()),
                ("d2.example".into(), "Allowed".into())
            ]
        );
        assert_eq!(host.held(SET).id("d1.example").as_deref(), old.as_str());
        assert_eq!(host.held(SET).rows()["d1.example"]["action"], "Block");
        tenant.simulator.clear_calls();
        host.apply().await.ok();
        tenant.expect_calls((1, 1), (1, 1), 4);
        host.plan().await.clean();
        assert_eq!(
            tenant.held().iter().filter(|(_, action)| action == "Allowed").count(),
            3
        );
        assert_eq!(tenant.held().len(), 3);
    }
}

#[tokio::test]
async fn rows_that_cannot_be_deleted_stay_in_the_state() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(SET, set(json!({ "indicators": domains(0..6) })))])
        .apply()
        .await
        .ok();
    let id = tenant.row("d4.example").unwrap()["id"].as_str().unwrap().to_owned();
    tenant.fault(refuse(&[&id], "Indicator {value} cannot be deleted").times(4));
    tenant.simulator.clear_calls();
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..3) })))])
        .apply()
        .await;
    assert_said(&run.errors, &["d4.example", "cannot be deleted"]);
    assert_eq!(
        tenant.values(),
        ["d0.example", "d1.example", "d2.example", "d4.example"]
    );
    assert_eq!(keys(&host), tenant.values());
    let run = host.destroy().await;
    assert_said(&run.errors, &["d4.example"]);
    assert_eq!(keys(&host), ["d4.example"]);
    host.destroy().await.ok();
    assert!(host.state.is_empty());
    assert!(tenant.values().is_empty());
}

#[tokio::test]
async fn a_single_that_is_refused_leaves_no_state_and_a_refused_change_the_old_one() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let address = "mde_indicator.a";
    tenant.fault(fail(&["a.example"], "Not this one").times(1));
    let run = host
        .configure(&[(address, single("a.example", json!({})))])
        .apply()
        .await;
    assert_said(&run.errors, &["Not this one", "a.example"]);
    assert!(host.state.is_empty());
    host.apply().await.ok();
    for change in [json!({ "severity": "High" }), json!({ "action": "Allowed" })] {
        let id = host.state[address].value.get("id").clone();
        tenant.fault(fail(&["a.example"], "Not so").times(1));
        let run = host.configure(&[(address, single("a.example", change))]).apply().await;
        assert_said(&run.errors, &["Not so"]);
        assert_eq!(host.state[address].value.get("id"), &id);
        assert_eq!(host.state[address].value.get("action").as_str(), Some("Block"));
        assert_eq!(host.state[address].value.get("severity"), &Value::Null);
        assert!(!host.state[address].tainted);
        host.apply().await.ok();
        host.plan().await.clean();
        host.configure(&[(address, single("a.example", json!({})))])
            .apply()
            .await
            .ok();
    }
}
