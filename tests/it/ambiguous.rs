//! Calls of which the outcome is not known: the end is right all the same, and no row is there twice.

use crate::support::blocks::{domain, domains, merged, set, single};
use crate::support::{Host, Tenant};
use mde::simulator::{Fault, FaultKind};
use serde_json::{Value as Json, json};

const SET: &str = "mde_indicator_set.a";

/// Everything that can happen to a call without anybody knowing what became of it.
fn troubles() -> Vec<FaultKind> {
    let status = |code| FaultKind::Status {
        code,
        message: None,
        retry_after: None,
    };
    let after = |code| FaultKind::StatusAfter {
        code,
        message: None,
        retry_after: None,
    };
    vec![
        FaultKind::DropBefore {},
        FaultKind::DropAfter {},
        FaultKind::Truncate {},
        status(500),
        status(503),
        after(500),
        after(504),
    ]
}

fn result_troubles() -> Vec<FaultKind> {
    vec![
        FaultKind::ShortResults { missing: 1 },
        FaultKind::ShortResults { missing: 3 },
        FaultKind::ShortResults { missing: 500 },
        FaultKind::ShuffleResults {},
    ]
}

/// A list with the same value under two actions, which no result can tell apart.
fn list(severity: &str, count: usize) -> Json {
    let more = json!({
        "twice.example": {}, "allowed": { "value": "twice.example", "action": "Allowed" },
        "AA5EED00AA5EED00AA5EED00AA5EED00": {},
    });
    set(json!({ "severity": severity, "indicators": merged(domains(0..count), more) }))
}

/// Panics unless the tenant holds each row of the list exactly once, under the id of the state, and the plan is clean.
async fn assert_right(tenant: &Tenant, host: &mut Host, severity: &str, count: usize, context: &str) {
    let rows = tenant.simulator.rows();
    let mut held = tenant.held();
    let mut expected: Vec<(String, String)> = (0..count).map(|number| (domain(number), "Block".into())).collect();
    expected.extend([
        ("AA5EED00AA5EED00AA5EED00AA5EED00".into(), "Block".into()),
        ("twice.example".into(), "Block".into()),
        ("twice.example".into(), "Allowed".into()),
    ]);
    expected.sort();
    held.sort();
    assert_eq!(held, expected, "{context}");
    assert!(rows.iter().all(|row| row["severity"] == severity), "{context}");
    let ids = host.held(SET).ids();
    for (key, id) in &ids {
        let row = rows.iter().find(|row| row["id"] == **id).unwrap();
        let (value, action) = match key.as_str() {
            "allowed" => ("twice.example", "Allowed"),
            key => (key, "Block"),
        };
        assert_eq!(
            (row["indicatorValue"].as_str(), row["action"].as_str()),
            (Some(value), Some(action)),
            "{context}"
        );
    }
    assert_eq!(ids.len(), expected.len(), "{context}");
    host.plan().await.clean();
}

#[tokio::test]
async fn an_import_that_may_or_may_not_have_been_done() {
    for kind in troubles().into_iter().chain(result_troubles()) {
        for times in [1, 2] {
            let context = format!("{kind:?} {times} times");
            let tenant = Tenant::start().await;
            let mut host = Host::new(&tenant);
            let fault = Fault::new(kind.clone()).on("POST", "/import").times(times);
            tenant.fault(fault.clone());
            host.configure(&[(SET, list("Low", 8))]).apply().await.ok();
            assert_right(&tenant, &mut host, "Low", 8, &context).await;
            tenant.fault(fault);
            host.configure(&[(SET, list("High", 9))]).apply().await.ok();
            assert_right(&tenant, &mut host, "High", 9, &context).await;
            assert_eq!(tenant.throttled(), 0);
        }
    }
}

#[tokio::test]
async fn a_delete_that_may_or_may_not_have_been_done() {
    for kind in troubles() {
        let context = format!("{kind:?}");
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        host.configure(&[(SET, list("Low", 9))]).apply().await.ok();
        tenant.fault(Fault::new(kind.clone()).on("POST", "/BatchDelete").times(2));
        host.configure(&[(SET, list("Low", 4))]).apply().await.ok();
        assert_right(&tenant, &mut host, "Low", 4, &context).await;
        tenant.fault(Fault::new(kind).on("POST", "/BatchDelete"));
        host.destroy().await.ok();
        assert!(tenant.values().is_empty(), "{context}");
        let calls = tenant.calls("POST", "/BatchDelete");
        let troubled = calls
            .iter()
            .filter(|call| call.status == 0 || call.status >= 500)
            .count();
        // The third may be a 404 of which half arrived.
        assert!(troubled >= 2, "{context}: {calls:?}");
    }
}

#[tokio::test]
async fn a_listing_that_breaks_off_is_asked_for_again() {
    for kind in troubles() {
        let context = format!("{kind:?}");
        let tenant = Tenant::with(|options| options.page_size = 4).await;
        let mut host = Host::new(&tenant);
        tenant.fault(Fault::new(kind.clone()).on("GET", "/indicators").times(2));
        host.configure(&[(SET, list("Low", 9))]).apply().await.ok();
        for after in 0..3 {
            tenant.fault(Fault::new(kind.clone()).on("GET", "/indicators").after(after));
            assert_right(&tenant, &mut host, "Low", 9, &context).await;
        }
    }
}

#[tokio::test]
async fn rows_that_move_between_pages_are_neither_missed_nor_doubled() {
    for (remove, add) in [(1, 0), (0, 2), (3, 1)] {
        let tenant = Tenant::with(|options| options.page_size = 5).await;
        // Rows of others at the front of the listing: they go while it is read, and everything behind them moves.
        let foreign = |number: usize| json!({ "indicatorType": "DomainName", "indicatorValue": format!("f{number}.example"), "action": "Allowed" });
        tenant.simulator.put_rows((0..6).map(foreign).collect()).unwrap();
        let mut host = Host::new(&tenant);
        host.configure(&[(SET, set(json!({ "indicators": domains(0..20) })))])
            .apply()
            .await
            .ok();
        tenant.fault(Fault::new(FaultKind::MoveRows { remove, add }).on("GET", "/indicators"));
        let run = host.plan().await.clean();
        assert_eq!(run.warnings, [""; 0], "removed {remove}, added {add}");
    }
}

#[tokio::test]
async fn an_import_that_never_answers_is_found_out_by_looking() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    tenant.fault(Fault::new(FaultKind::DropAfter {}).on("POST", "/import").times(8));
    let list = set(json!({ "indicators": domains(0..5) }));
    host.configure(&[(SET, list)]).apply().await.ok();
    host.plan().await.clean();
    assert_eq!(tenant.values().len(), 5);
}

#[tokio::test]
async fn what_nobody_could_find_out_is_taken_over_by_the_next_apply() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    // The import is done, and from then on nothing works: neither asking again nor looking.
    let broken = FaultKind::Status {
        code: 503,
        message: None,
        retry_after: None,
    };
    tenant.fault(Fault::new(FaultKind::DropAfter {}).on("POST", "/import"));
    tenant.fault(Fault::new(broken.clone()).on("POST", "/import").times(1000));
    tenant.fault(Fault::new(broken).on("GET", "/indicators").after(2).times(1000));
    let list = set(json!({ "indicators": domains(0..5) }));
    let run = host.configure(&[(SET, list)]).apply().await;
    assert!(!run.errors.is_empty());
    assert!(host.state.is_empty(), "nothing is known to be there");
    assert_eq!(tenant.values().len(), 5, "and yet it is");
    tenant.simulator.clear_faults();
    tenant.simulator.clear_calls();
    let run = host.apply().await.ok();
    assert!(run.warnings.join("\n").contains("taken over"), "{:?}", run.warnings);
    tenant.expect_calls((0, 0), (0, 0), 4);
    assert_eq!(tenant.values().len(), 5);
    host.plan().await.clean();
}

#[tokio::test]
async fn singles_that_share_a_call_share_its_trouble_and_end_right() {
    for kind in troubles().into_iter().chain(result_troubles()) {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        tenant.fault(Fault::new(kind.clone()).on("POST", "/import"));
        let addresses: Vec<String> = (0..9).map(|number| format!("mde_indicator.r{number}")).collect();
        let block = |number: usize| match number {
            7 => single("d6.example", json!({ "action": "Allowed" })),
            number => single(&domain(number), json!({})),
        };
        let blocks: Vec<(&str, Json)> = addresses
            .iter()
            .enumerate()
            .map(|(number, name)| (name.as_str(), block(number)))
            .collect();
        host.configure(&blocks).apply().await.ok();
        host.plan().await.clean();
        assert_eq!(tenant.held().len(), 9, "{kind:?}");
        tenant.fault(Fault::new(kind.clone()).on("POST", "/BatchDelete"));
        host.destroy().await.ok();
        assert!(tenant.held().is_empty(), "{kind:?}");
    }
}
