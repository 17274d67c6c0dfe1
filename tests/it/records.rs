//! Whatever could not be done, the state has every row that stands in the tenant, and the next run ends it.

use crate::support::blocks::{domains, set, single};
use crate::support::{Host, Tenant};
use mde::simulator::{Fault, FaultKind, Part};
use serde_json::{Value as Json, json};

const SET: &str = "mde_indicator_set.a";
const ONE: &str = "mde_indicator.one";

/// Every batch delete is refused.
fn no_delete() -> Fault {
    let kind = FaultKind::Status {
        code: 403,
        message: Some("not yours to delete".into()),
        retry_after: None,
    };
    Fault::new(kind).on("POST", "/BatchDelete").times(u32::MAX)
}

/// Every id that the state of the set has, sorted.
fn state_ids(host: &Host) -> Vec<String> {
    host.held(SET).all()
}

/// Every id that the tenant has, sorted.
fn tenant_ids(tenant: &Tenant) -> Vec<String> {
    let rows = tenant.simulator.rows();
    let mut ids: Vec<String> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// A tenant with two device groups, which are part of what identifies an indicator or are not.
async fn grouped_tenant(part: Part) -> Tenant {
    Tenant::with(|options| {
        options.scope_in_identity = part;
        options.rbac_groups = vec!["A".into(), "B".into()];
    })
    .await
}

async fn applied(tenant: &Tenant, block: Json) -> Host {
    let mut host = Host::new(tenant);
    host.configure(&[(SET, block)]).apply().await.ok();
    host
}

#[tokio::test]
async fn a_replacement_whose_first_half_fails_forgets_nothing() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant, set(json!({ "indicators": domains(0..6) }))).await;
    host.taint(SET);
    tenant.fault(no_delete());
    let before = tenant.rows();
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..4) })))])
        .apply()
        .await;
    assert!(run.errors[0].contains("not yours to delete"), "{:#?}", run.errors);
    assert_eq!(tenant.rows(), before);
    assert_eq!(state_ids(&host), tenant_ids(&tenant));

    tenant.simulator.clear_faults();
    host.apply().await.ok();
    assert_eq!(tenant.values().len(), 4);
    assert_eq!(state_ids(&host), tenant_ids(&tenant));
    let after = tenant.rows();
    assert!(
        after.iter().all(|(name, row)| before[name] == *row),
        "a good row was touched"
    );
    host.plan().await.clean();
}

#[tokio::test]
async fn a_replacement_that_cannot_look_at_the_tenant_loses_nothing() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant, set(json!({ "indicators": domains(0..6) }))).await;
    host.taint(SET);
    let trouble = FaultKind::Status {
        code: 403,
        message: Some("not today".into()),
        retry_after: None,
    };
    let before = tenant.rows();
    // The plan looks once; what follows is the apply.
    tenant.fault(Fault::new(trouble).on("GET", "/indicators").after(1).times(u32::MAX));
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..4) })))])
        .apply()
        .await;
    assert!(run.errors[0].contains("not today"), "{:#?}", run.errors);
    let left = tenant.rows();
    tenant.simulator.clear_faults();
    host.apply().await.ok();
    assert_eq!(state_ids(&host), tenant_ids(&tenant));
    let after = tenant.rows();
    assert_eq!(after.len(), 4);
    for rows in [&left, &after] {
        let kept = |number: usize| format!("d{number}.example Block");
        assert!(
            (0..4).all(|number| rows[&kept(number)] == before[&kept(number)]),
            "a good row was touched"
        );
    }
    host.plan().await.clean();
}

#[tokio::test]
async fn the_limit_of_removals_holds_for_a_failed_creation_too() {
    let tenant = Tenant::start().await;
    let host = applied(&tenant, set(json!({ "indicators": domains(0..6) }))).await;
    let mut host = host.provider(json!({ "max_removals": 3 }));
    host.taint(SET);
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..1) })))])
        .apply()
        .await;
    assert!(run.errors[0].contains("max_removals"), "{:#?}", run.errors);
    assert_eq!(tenant.values().len(), 6);
    assert_eq!(state_ids(&host), tenant_ids(&tenant));
    host.configure(&[(SET, set(json!({ "indicators": domains(0..3) })))])
        .apply()
        .await
        .ok();
    assert_eq!(tenant.values().len(), 3);
    host.plan().await.clean();
}

#[tokio::test]
async fn an_old_row_that_cannot_be_deleted_and_its_successor_are_both_remembered() {
    let plain = |action: &str| set(json!({ "action": action, "indicators": domains(0..3) }));
    let own = |action: &str| {
        set(
            json!({ "action": action, "indicators": { "x": { "value": "d0.example", "title": "own" }, "d1.example": {} } }),
        )
    };
    let lists: [&dyn Fn(&str) -> Json; 2] = [&plain, &own];
    for list in lists {
        for heals in [true, false] {
            let tenant = Tenant::start().await;
            let mut host = applied(&tenant, list("Allowed")).await;
            let count = tenant.values().len();
            tenant.fault(no_delete());
            let old = tenant.row("d0.example").unwrap()["id"].as_str().unwrap().to_owned();
            let run = host.configure(&[(SET, list("Block"))]).apply().await;
            assert!(run.errors[0].contains("not yours to delete"), "{:#?}", run.errors);
            assert_eq!(tenant.values().len(), 2 * count);
            assert_eq!(state_ids(&host), tenant_ids(&tenant), "a row is in no state");
            // Its key is taken by the new one.
            let key = host.held(SET).ids().into_iter().find(|(_, id)| *id == old).unwrap().0;
            assert!(key.ends_with(&format!(" Allowed {old}")), "{key}");
            assert_eq!(host.held(SET).rows()[&key]["action"], "Allowed");
            tenant.simulator.clear_faults();
            if heals {
                tenant.simulator.clear_calls();
                host.apply().await.ok();
                assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 1));
                assert!(tenant.held().iter().all(|(_, action)| action == "Block"));
                assert_eq!(tenant.values().len(), count);
                host.plan().await.clean();
            }
            host.destroy().await.ok();
            assert!(tenant.values().is_empty(), "{:?}", tenant.held());
        }
    }
}

#[tokio::test]
async fn a_single_indicator_remembers_both_rows_as_well() {
    for then in ["Block", "Allowed", "Warn", "nothing"] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        let one = |action: &str| single("a.example", json!({ "action": action }));
        host.configure(&[(ONE, one("Allowed"))]).apply().await.ok();
        tenant.fault(no_delete());
        let run = host.configure(&[(ONE, one("Block"))]).apply().await;
        assert!(run.errors[0].contains("not yours to delete"), "{:#?}", run.errors);
        assert_eq!(tenant.values().len(), 2);
        let held = host.held(ONE);
        assert_eq!(held.all(), tenant_ids(&tenant));
        let [other] = held.others() else { panic!("{held:?}") };
        assert_eq!(
            (&other["value"], &other["action"]),
            (&json!("a.example"), &json!("Allowed"))
        );
        // What stands beside its own row keeps no later run from being told of it.
        assert_eq!(host.plan().await.ok().changed, [ONE]);
        tenant.simulator.clear_faults();
        if then == "nothing" {
            host.destroy().await.ok();
            assert!(tenant.values().is_empty(), "{:?}", tenant.held());
            continue;
        }
        let run = host.configure(&[(ONE, one(then))]).apply().await.ok();
        let told = run.warnings.join("\n").to_lowercase();
        assert!(!told.contains("take over") && !told.contains("taken over"), "{told}");
        assert_eq!(tenant.held(), [("a.example".to_owned(), then.to_owned())]);
        host.plan().await.clean();
        host.destroy().await.ok();
        assert!(tenant.values().is_empty());
    }
}

#[tokio::test]
async fn two_rows_that_the_service_keeps_as_one_are_an_error() {
    let group = |name: &str| json!({ "value": "a.example", "rbac_group_names": [name] });
    for part in [Part::Ignored, Part::Included] {
        let tenant = grouped_tenant(part).await;
        let mut host = applied(&tenant, set(json!({ "indicators": { "a": group("A") } }))).await;
        let run = host
            .configure(&[(SET, set(json!({ "indicators": { "a": group("A"), "b": group("B") } })))])
            .apply()
            .await;
        if part == Part::Included {
            run.ok();
            assert_eq!(tenant.values().len(), 2);
            host.plan().await.clean();
        } else {
            assert!(
                run.errors[0].contains("two indicators share one id"),
                "{:#?}",
                run.errors
            );
        }

        let tenant = grouped_tenant(part).await;
        let mut host = Host::new(&tenant);
        let one = |name: &str| single("a.example", json!({ "rbac_group_names": [name] }));
        let run = host
            .configure(&[("mde_indicator.a", one("A")), ("mde_indicator.b", one("B"))])
            .apply()
            .await;
        if part == Part::Included {
            run.ok();
            host.plan().await.clean();
        } else {
            assert!(
                run.errors[0].contains("two indicators share one id"),
                "{:#?}",
                run.errors
            );
        }
    }
}

#[tokio::test]
async fn a_replacement_lets_the_other_scope_of_a_value_go() {
    let tenant = grouped_tenant(Part::Included).await;
    let group = |name: &str| json!({ "value": "a.example", "rbac_group_names": [name] });
    let both = set(json!({ "indicators": { "a": group("A"), "b": group("B") } }));
    let mut host = applied(&tenant, both).await;
    host.taint(SET);
    host.configure(&[(SET, set(json!({ "indicators": { "a": group("A") } })))])
        .apply()
        .await
        .ok();
    assert_eq!(tenant.simulator.rows().len(), 1);
    assert_eq!(state_ids(&host), tenant_ids(&tenant));
    host.plan().await.clean();
}

/// Every row that leaves an object counts, whether another one wants it or not, and whichever object is shown first.
#[tokio::test]
async fn removals_are_a_sum_over_the_run() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant).provider(json!({ "max_removals": 2 }));
    let lists = |first: Json, second: Json| {
        [
            ("mde_indicator_set.a", set(json!({ "indicators": first }))),
            ("mde_indicator_set.b", set(json!({ "indicators": second }))),
        ]
    };
    host.configure(&lists(domains(0..6), domains(6..10))).apply().await.ok();
    for (first, second, refused) in [
        // They move.
        (0..3, 3..10, true),
        (0..9, 9..10, true),
        (0..4, 4..10, false),
        (0..8, 8..10, false),
        // They go.
        (0..5, 8..10, true),
        (0..4, 7..10, true),
        (0..5, 7..10, false),
        (0..6, 8..10, false),
    ] {
        let context = format!("{first:?} {second:?}");
        for turned in [false, true] {
            let mut lists = lists(domains(first.clone()), domains(second.clone()));
            if turned {
                lists.reverse();
            }
            let run = host.configure(&lists).plan().await;
            assert_eq!(run.errors.is_empty(), !refused, "{context}: {:#?}", run.errors);
            assert!(
                run.errors.iter().all(|error| error.contains("max_removals")),
                "{:#?}",
                run.errors
            );
        }
    }
    // An object that goes altogether counts with all its rows.
    let [first, _] = lists(domains(0..6), Json::Null);
    let run = host.configure(&[first]).plan().await;
    assert!(run.errors[0].contains("max_removals"), "{:#?}", run.errors);
    assert_eq!(tenant.values().len(), 10);
}

/// A block that does not block any more protects as little as one that is gone.
#[tokio::test]
async fn weakened_rows_count_as_removals() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant).provider(json!({ "max_removals": 2 }));
    let list = |actions: [&str; 3]| {
        let row = |(number, action): (usize, &&str)| (format!("d{number}.example"), json!({ "action": action }));
        let rows: serde_json::Map<_, _> = actions.iter().enumerate().map(row).collect();
        set(json!({ "indicators": rows }))
    };
    host.configure(&[(SET, list(["Block", "Block", "Block"]))])
        .apply()
        .await
        .ok();
    for weaker in ["Allowed", "Warn"] {
        let run = host.configure(&[(SET, list([weaker, weaker, weaker]))]).plan().await;
        assert!(run.errors[0].contains("max_removals"), "{:#?}", run.errors);
    }
    host.configure(&[(SET, list(["Allowed", "Block", "Warn"]))])
        .apply()
        .await
        .ok();
    // The other way round nothing is lost.
    host.configure(&[(SET, list(["Block", "Block", "Block"]))])
        .apply()
        .await
        .ok();
    host.plan().await.clean();
}

#[tokio::test]
async fn room_that_another_set_makes_counts_in_any_order() {
    for (shrinks, grows) in [
        ("mde_indicator_set.a", "mde_indicator_set.b"),
        ("mde_indicator_set.b", "mde_indicator_set.a"),
    ] {
        let tenant = Tenant::with(|options| options.capacity = 10).await;
        let mut host = Host::new(&tenant).provider(json!({ "capacity": 10 }));
        let list = |range| set(json!({ "indicators": domains(range) }));
        host.configure(&[(shrinks, list(0..8)), (grows, list(8..10))])
            .apply()
            .await
            .ok();
        let run = host
            .configure(&[(shrinks, list(0..4)), (grows, list(8..14))])
            .plan()
            .await
            .ok();
        assert_eq!(run.changed.len(), 2);
        // An object that goes altogether makes room as well.
        let run = host.configure(&[(grows, list(8..16))]).plan().await.ok();
        assert_eq!(run.changed.len(), 2);
        let run = host
            .configure(&[(shrinks, list(0..8)), (grows, list(8..14))])
            .plan()
            .await;
        assert!(run.errors[0].contains("capacity"), "{:#?}", run.errors);
    }
}
