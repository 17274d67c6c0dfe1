//! What newer hosts do otherwise: they send the private data of the saved plan, plan before they read, and allow more.

use crate::support::blocks::{domain, domains, set, single};
use crate::support::{Host, Tenant};
use mde::simulator::{Fault, FaultKind};
use serde_json::{Value as Json, json};

const SET: &str = "mde_indicator_set.a";
const ONE: &str = "mde_indicator.one";

fn blocks(rows: std::ops::Range<usize>, more: Json) -> [(&'static str, Json); 2] {
    [
        (SET, set(json!({ "indicators": domains(rows) }))),
        (ONE, single("one.example", more)),
    ]
}

#[tokio::test]
async fn a_plan_that_changes_nothing_reads_nothing_where_the_host_allows_it() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.with_minimal_refresh().configure(&blocks(0..3, json!({})));
    host.apply().await.ok();
    tenant.simulator.clear_calls();
    host.plan().await.clean();
    host.apply().await.clean();
    // A change in the tenant is not seen, which the docs say of such runs.
    tenant.remove(&[&domain(0)]);
    host.plan().await.clean();
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
}

#[tokio::test]
async fn changes_are_planned_before_and_after_the_refresh_and_carried_out_once() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.with_minimal_refresh().configure(&blocks(0..3, json!({})));
    host.apply().await.ok();
    tenant.pass_time();
    tenant.simulator.clear_calls();
    // Drift comes to light with a change.
    tenant.remove(&[&domain(1)]);
    host.configure(&blocks(0..4, json!({ "severity": "High" })));
    host.apply().await.ok();
    assert_eq!(tenant.values().len(), 5);
    host.plan().await.clean();
    host.configure(&blocks(2..4, json!({ "action": "Warn" })))
        .apply()
        .await
        .ok();
    assert_eq!(tenant.values(), [domain(2), domain(3), "one.example".into()]);
    assert_eq!(tenant.row("one.example").unwrap()["action"], "Warn");
    host.plan().await.clean();
}

#[tokio::test]
async fn a_replacement_is_planned_twice_before_the_refresh_and_twice_after_it() {
    for reads_late in [false, true] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        host.configure(&blocks(0..3, json!({}))).apply().await.ok();
        if reads_late {
            host.with_minimal_refresh();
        }
        let before = tenant.rows();
        host.replacing(&[SET, ONE]);
        let run = host.apply().await.ok();
        assert_eq!(run.changed.len(), 2);
        assert_eq!(tenant.rows(), before, "nothing good is deleted or written");
        host.replacing(&[]).plan().await.clean();
    }
}

/// The two plans of it have nothing in common that tells that they are of one object, so the second one looks like that of another
/// object that wants the same. It is refused, and nothing is lost.
#[tokio::test]
async fn a_tainted_object_is_planned_with_an_ordinary_refresh_only() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&blocks(0..3, json!({}))).apply().await.ok();
    let before = tenant.rows();
    for address in [SET, ONE] {
        host.with_minimal_refresh().taint(address);
        let run = host.apply().await;
        assert!(
            run.errors[0].contains("another resource manages the same indicator"),
            "{:?}",
            run.errors
        );
        assert_eq!(tenant.rows(), before, "{address}");
        host.with_ordinary_refresh().apply().await.ok();
        assert_eq!(tenant.rows(), before, "{address}");
        host.plan().await.clean();
    }
}

#[tokio::test]
async fn the_private_data_of_the_saved_plan_change_no_answer() {
    for stores in [true, false] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        if !stores {
            host.without_planned_private();
        }
        host.configure(&blocks(0..3, json!({}))).apply().await.ok();
        let tokens = |host: &Host| [SET, ONE].map(|address| host.state[address].private.clone());
        let before = tokens(&host);
        assert_ne!(before[0], before[1]);
        host.configure(&blocks(1..4, json!({ "action": "Warn" })))
            .apply()
            .await
            .ok();
        assert_eq!(tokens(&host), before, "an update keeps the token of its object");
        host.taint(SET);
        host.apply().await.ok();
        assert_ne!(
            tokens(&host)[0],
            before[0],
            "a new object never takes the token of the old one"
        );
        host.plan().await.clean();
    }
}

#[tokio::test]
async fn the_same_answers_come_with_and_without_the_private_data_of_the_saved_plan() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&blocks(0..3, json!({}))).apply().await.ok();
    let mut calls = host.walk(&mut Default::default()).await.unwrap();
    let stored = host.state[SET].clone();
    let schemas = crate::support::Schemas::of(&mde::provider::MdeProvider::default());
    let config = schemas.config(SET, &set(json!({ "indicators": domains(1..9) })));
    let first = calls.plan(SET, &stored.value, &config, stored.private.clone()).await;
    for noted in [Vec::new(), first.private.clone(), b"strange".to_vec()] {
        let again = calls
            .plan_again(SET, &stored.value, &config, stored.private.clone(), noted)
            .await;
        assert_eq!(
            (again.value, again.private),
            (first.value.clone(), first.private.clone())
        );
    }
}

/// With `lifecycle { destroy = false }` the old object of a replacement is forgotten, so the new one meets its rows.
#[tokio::test]
async fn what_a_host_forgets_stays_and_is_taken_over() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&blocks(0..3, json!({}))).apply().await.ok();
    let before = tenant.rows();
    tenant.simulator.clear_calls();
    host.forgetting().replacing(&[SET, ONE]).apply().await.ok();
    host.replacing(&[]).plan().await.clean();
    for address in [SET, ONE] {
        host.taint(address);
    }
    host.apply().await.ok();
    assert_eq!(tenant.rows(), before);
    host.plan().await.clean();
    // What differs is written, and nothing else.
    host.taint(SET);
    host.configure(&blocks(1..4, json!({}))).apply().await.ok();
    assert_eq!((tenant.imported(), tenant.batch_deletes()), (1, 0));
    assert_eq!(
        tenant.values().len(),
        5,
        "a row that the new object does not want stays"
    );
    host.plan().await.clean();
    host.destroy().await.ok();
    assert!(host.state.is_empty());
    assert_eq!((tenant.values().len(), tenant.batch_deletes()), (5, 0));
}

/// A provider block with `for_each`, or two aliases: two processes that know nothing of each other.
#[tokio::test]
async fn two_processes_of_one_tenant_do_not_disturb_each_other() {
    let tenant = Tenant::start().await;
    let (mut one, mut two) = (Host::new(&tenant), Host::new(&tenant));
    one.configure(&[(SET, set(json!({ "indicators": domains(0..3) })))]);
    two.configure(&[(ONE, single("one.example", json!({})))]);
    let (first, second) = futures::join!(one.apply(), two.apply());
    for ended in [first, second] {
        ended.ok();
    }
    assert_eq!(tenant.values().len(), 4);
    for host in [&mut one, &mut two] {
        host.plan().await.clean();
    }
    let (first, second) = futures::join!(one.destroy(), two.destroy());
    for ended in [first, second] {
        ended.ok();
    }
    assert_eq!((tenant.values().len(), tenant.throttled()), (0, 0));
}

/// Terraform 1.16 stores an object whose creation failed twice, and goes on with the others in between.
#[tokio::test]
async fn a_creation_that_fails_in_part_leaves_its_neighbour_alone() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let refusal = FaultKind::FailItems {
        values: vec![domain(7)],
        reason: "The service has a bad day.".into(),
    };
    tenant.fault(Fault::new(refusal).on("POST", "/import").times(1000));
    const OTHER: &str = "mde_indicator_set.b";
    host.configure(&[
        (SET, set(json!({ "indicators": domains(0..3) }))),
        (OTHER, set(json!({ "indicators": domains(5..9) }))),
    ]);
    let run = host.apply().await;
    assert!(
        run.errors.iter().any(|error| error.contains(&domain(7))),
        "{:?}",
        run.errors
    );
    assert_eq!([SET, OTHER].map(|address| host.state[address].tainted), [false, true]);
    let before = tenant.rows();
    assert_eq!(before.len(), 6);
    tenant.simulator.clear_faults();
    tenant.pass_time();
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    assert_eq!((tenant.imported(), tenant.batch_deletes()), (1, 0));
    let after = tenant.rows();
    assert!(before.iter().all(|(name, row)| after.get(name) == Some(row)));
    host.plan().await.clean();
}
