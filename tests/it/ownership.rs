//! Whose rows are whose: nothing of others is taken over silently, changed or deleted, and nothing of ours is lost or left
//! behind.

use crate::support::blocks::{domains, merged, rows, set, single};
use crate::support::{Held, Host, Run, Tenant};
use mde::simulator::{Fault, FaultKind, Part};
use serde_json::{Value as Json, json};

const A: &str = "mde_indicator_set.a";
const B: &str = "mde_indicator_set.b";

#[track_caller]
fn assert_said(texts: &[String], words: &[&str]) {
    let all = texts.join("\n");
    for word in words {
        assert!(all.contains(word), "{word:?} is not in {all}");
    }
}

/// Panics unless each row of the tenant is in exactly one record, and nothing is to be done.
async fn assert_settled(tenant: &Tenant, host: &mut Host) {
    let mut recorded: Vec<String> = host.state.keys().flat_map(|address| host.held(address).all()).collect();
    recorded.sort();
    assert_eq!(recorded, ids(tenant));
    host.plan().await.clean();
}

/// The ids of the tenant's rows, sorted.
fn ids(tenant: &Tenant) -> Vec<String> {
    let mut ids: Vec<String> = tenant
        .simulator
        .rows()
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

fn id_in(host: &Host, address: &str, key: &str) -> Option<String> {
    host.held(address).id(key)
}

/// Makes a row of this application, as an interrupted run would have left it.
fn leave_own(tenant: &Tenant, change: impl FnOnce(&mut Json)) {
    let environment = tenant.environment();
    let application = &environment.iter().find(|(name, _)| name == "ARM_CLIENT_ID").unwrap().1;
    let mut row = json!({
        "id": "70", "indicatorType": "DomainName", "indicatorValue": "d1.example", "action": "Block", "title": "list",
        "description": "from a list", "createdBy": application, "createdBySource": "PublicApi"
    });
    change(&mut row);
    tenant.portal(|rows| rows.push(row));
}

#[tokio::test]
async fn a_row_of_somebody_else_stops_the_plan_and_is_left_alone() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "D1.example", "Block");
    let before = tenant.simulator.rows();
    let mut host = Host::new(&tenant);
    for resources in [
        vec![(A, set(json!({ "indicators": domains(0..3) })))],
        vec![("mde_indicator.a", single("d1.example", json!({})))],
    ] {
        for _ in 0..2 {
            let run = host.configure(&resources).plan().await;
            assert_said(&run.errors, &["1.example", "eve@contoso.example", "on_existing"]);
            let run = host.apply().await;
            assert!(!run.errors.is_empty());
        }
        assert!(host.state.is_empty());
    }
    assert_eq!(tenant.simulator.rows(), before);
    // The same as an addition to a set that is there.
    host.configure(&[(A, set(json!({ "indicators": domains(2..4) })))])
        .apply()
        .await
        .ok();
    let run = host
        .configure(&[(A, set(json!({ "indicators": domains(1..5) })))])
        .apply()
        .await;
    assert_said(&run.errors, &["1.example", "eve@contoso.example"]);
    assert_eq!(tenant.values().len(), 3);
    host.destroy().await.ok();
    assert_eq!(tenant.simulator.rows(), before);
}

#[tokio::test]
async fn a_row_that_somebody_makes_after_the_plan_is_left_alone_too() {
    let foreign = |value: &str| FaultKind::ForeignWrite {
        row: json!({
            "indicatorType": "DomainName", "indicatorValue": value, "action": "Block", "title": "by hand",
            "createdBy": "eve@contoso.example"
        }),
        delete: false,
    };
    // One is a creation, the other an update.
    for before in [0, 3] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        if before > 0 {
            host.configure(&[(A, set(json!({ "indicators": domains(0..before) })))])
                .apply()
                .await
                .ok();
        }
        tenant.fault(Fault::new(foreign("d4.example")).on("GET", "/indicators").after(1));
        let run = host
            .configure(&[(A, set(json!({ "indicators": domains(0..6) })))])
            .apply()
            .await;
        assert_said(&run.errors, &["d4.example"]);
        assert_eq!(tenant.row("d4.example").unwrap()["title"], "by hand");
        // Whatever of the others was written is in the record, and the stranger's row is not.
        let mut recorded = host.state.get(A).map_or_else(Vec::new, |_| host.held(A).all());
        recorded.push(tenant.row("d4.example").unwrap()["id"].as_str().unwrap().to_owned());
        recorded.sort();
        assert_eq!(recorded, ids(&tenant));

        tenant.remove(&["d4.example"]);
        host.apply().await.ok();
        assert_eq!(tenant.values().len(), 6);
        assert_settled(&tenant, &mut host).await;
    }
}

#[tokio::test]
async fn adopted_rows_are_made_as_configured_and_are_ours_from_then_on() {
    for by_the_provider in [true, false] {
        let tenant = Tenant::start().await;
        tenant.add_foreign("DomainName", "D1.example", "Block");
        tenant.add_foreign("DomainName", "other.example", "Block");
        tenant.edit("D1.example", |row| {
            row["notificationBody"] = "old".into();
            row["severity"] = "High".into();
        });
        let id = tenant.row("D1.example").unwrap()["id"].clone();
        let consent = json!({ "on_existing": "adopt" });
        let (of_provider, of_set) = match by_the_provider {
            true => (consent, json!({})),
            false => (json!({}), consent),
        };
        let mut host = Host::new(&tenant).provider(of_provider);
        let list = |more: Json| {
            merged(
                set(json!({ "indicators": domains(0..3) })),
                merged(of_set.clone(), more),
            )
        };
        let run = host.configure(&[(A, list(json!({})))]).plan().await.ok();
        assert_said(&run.warnings, &["1.example", "eve@contoso.example"]);
        host.apply().await.ok();
        assert_eq!(id_in(&host, A, "d1.example").as_deref(), id.as_str());
        let row = tenant.row("D1.example").unwrap();
        assert_eq!(
            (&row["title"], &row["severity"], &row["notificationBody"]),
            (&json!("list"), &json!("Informational"), &Json::Null)
        );
        host.plan().await.clean();
        // The service goes on spelling it as it did, so that a change makes no second row.
        host.configure(&[(A, list(json!({ "severity": "Low" })))])
            .apply()
            .await
            .ok();
        assert_eq!(tenant.row("D1.example").unwrap()["severity"], "Low");
        assert_eq!(tenant.values().len(), 4);
        host.plan().await.clean();
        host.destroy().await.ok();
        assert_eq!(tenant.values(), ["other.example"]);
    }
}

#[tokio::test]
async fn a_resource_can_be_stricter_than_the_provider() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "d1.example", "Block");
    let mut host = Host::new(&tenant).provider(json!({ "on_existing": "adopt" }));
    for (address, block) in [
        (A, set(json!({ "on_existing": "own", "indicators": domains(0..3) }))),
        ("mde_indicator.a", single("d1.example", json!({ "on_existing": "own" }))),
    ] {
        let run = host.configure(&[(address, block)]).plan().await;
        assert_said(&run.errors, &["d1.example", "eve@contoso.example"]);
    }
}

#[tokio::test]
async fn what_an_interrupted_run_left_is_taken_over_with_a_warning() {
    // Whatever it says: it may be of before a change, or of a change that was interrupted.
    for (differs, imported) in [(false, 2), (true, 3)] {
        let tenant = Tenant::start().await;
        leave_own(&tenant, |row| {
            if differs {
                row["title"] = "as it was before".into();
            }
        });
        let mut host = Host::new(&tenant);
        host.configure(&[(A, set(json!({ "indicators": domains(0..3) })))]);
        let run = host.plan().await.ok();
        assert_said(&run.warnings, &["Taken over", "d1.example"]);
        let run = host.apply().await.ok();
        assert_said(&run.warnings, &["Taken over", "d1.example"]);
        assert_eq!(tenant.imported(), imported);
        assert_eq!(id_in(&host, A, "d1.example").as_deref(), Some("70"));
        assert_eq!(tenant.row("d1.example").unwrap()["title"], "list");
        assert_settled(&tenant, &mut host).await;
    }
}

#[tokio::test]
async fn a_row_that_this_application_wrote_last_is_ours() {
    let tenant = Tenant::start().await;
    leave_own(&tenant, |row| {
        row["lastUpdatedBy"] = row["createdBy"].take();
        row["createdBy"] = "eve@contoso.example".into();
        row["createdBySource"] = "Portal".into();
    });
    let mut host = Host::new(&tenant);
    host.configure(&[("mde_indicator.a", single("d1.example", json!({})))]);
    assert_said(&host.plan().await.ok().warnings, &["Taken over", "d1.example"]);
    host.apply().await.ok();
    assert_eq!(host.state["mde_indicator.a"].value.get("id").as_str(), Some("70"));
    host.plan().await.clean();
}

/// A label tells the lists of one application apart: a row of another one is taken only if that one is said to be ours.
#[tokio::test]
async fn a_row_of_another_label_is_somebody_elses_unless_the_label_is_listed() {
    for wanted in [Json::Null, json!("gitops")] {
        let tenant = Tenant::start().await;
        leave_own(&tenant, |row| row["application"] = "other".into());
        let before = tenant.rows();
        let list = set(json!({ "application": wanted, "indicators": domains(0..3) }));
        let mut host = Host::new(&tenant);
        let run = host.configure(&[(A, list.clone())]).apply().await;
        assert_said(&run.errors, &["d1.example", "other", "applications"]);
        assert_eq!(tenant.rows(), before);

        let mut host = Host::new(&tenant).provider(json!({ "applications": ["other", "gitops"] }));
        let run = host.configure(&[(A, list)]).plan().await.ok();
        assert_said(&run.warnings, &["Taken over", "d1.example"]);
        host.apply().await.ok();
        // The service takes a label only when a row is made.
        let row = tenant.row("d1.example").unwrap();
        assert_eq!(row["application"], wanted);
        assert_ne!(row["id"], "70");
        assert_eq!(tenant.values().len(), 3);
        assert_settled(&tenant, &mut host).await;
    }
}

#[tokio::test]
async fn rows_that_went_meanwhile_do_not_keep_others_from_being_deleted() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(A, set(json!({ "indicators": domains(0..9) })))])
        .apply()
        .await
        .ok();
    for value in ["d3.example", "d5.example"] {
        let row = json!({ "id": tenant.row(value).unwrap()["id"] });
        tenant.fault(Fault::new(FaultKind::ForeignWrite { row, delete: true }).on("POST", "/BatchDelete"));
    }
    tenant.simulator.clear_calls();
    host.configure(&[(A, set(json!({ "indicators": domains(0..1) })))])
        .apply()
        .await
        .ok();
    assert_eq!(tenant.values(), ["d0.example"]);
    // The plan looks, the apply looks, and looks again when the service does not know an id.
    tenant.expect_calls((0, 0), (2, 8 + 6), 6);
    host.plan().await.clean();
}

#[tokio::test]
async fn two_resources_that_claim_one_identity_are_an_error() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let hash = "aa5eed00aa5eed00aa5eed00aa5eed00";
    for (named, one, other) in [
        (
            "d2.example",
            (A, set(json!({ "indicators": domains(0..3) }))),
            (B, set(json!({ "indicators": domains(2..5) }))),
        ),
        (
            &hash[..8],
            (A, set(json!({ "indicators": { hash: null } }))),
            ("mde_indicator.b", single(&hash.to_uppercase(), json!({}))),
        ),
    ] {
        let run = host.configure(&[one, other]).apply().await;
        assert_said(&run.errors, &[named]);
        assert!(tenant.values().is_empty() && host.state.is_empty());
    }
    let run = host
        .configure(&[(A, set(json!({ "indicators": { hash: null, hash.to_uppercase(): {} } })))])
        .validate()
        .await;
    assert_said(&run.errors, &["twice"]);
    // Another action, or another scope, is another indicator.
    let scoped = |group: &str| json!({ "rbac_group_names": [group] });
    host.configure(&[
        ("mde_indicator.a", single("d.example", json!({}))),
        ("mde_indicator.b", single("d.example", json!({ "action": "Allowed" }))),
    ]);
    host.apply().await.ok();
    host.plan().await.clean();
    let tenant = Tenant::with(|options| options.scope_in_identity = Part::Included).await;
    let mut host = Host::new(&tenant);
    host.configure(&[
        ("mde_indicator.a", single("d.example", scoped("A"))),
        ("mde_indicator.b", single("d.example", scoped("B"))),
    ]);
    host.apply().await.ok();
    host.plan().await.clean();
    assert_eq!(tenant.values().len(), 2);
}

#[tokio::test]
async fn a_row_that_comes_back_with_another_id_leaves_no_orphan() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = |severity: &str| set(json!({ "severity": severity, "indicators": domains(0..3) }));
    host.configure(&[(A, list("Low"))]).apply().await.ok();
    // Somebody deletes the row after the plan, so that the write makes a new one.
    let old = tenant.row("d1.example").unwrap()["id"].clone();
    tenant.fault(
        Fault::new(FaultKind::ForeignWrite {
            row: json!({ "id": old }),
            delete: true,
        })
        .on("POST", "/import"),
    );
    host.configure(&[(A, list("High"))]).apply().await;
    assert_eq!(tenant.values().len(), 3);
    let row = tenant.row("d1.example").unwrap();
    assert_eq!((&row["severity"], row["id"] == old), (&json!("High"), false));
    assert_eq!(id_in(&host, A, "d1.example").as_deref(), row["id"].as_str());
    assert_settled(&tenant, &mut host).await;
}

#[tokio::test]
async fn a_changed_scope_that_makes_a_new_row_deletes_the_old_one() {
    for part in [Part::Included, Part::Ignored] {
        let tenant = Tenant::with(|options| options.scope_in_identity = part).await;
        let mut host = Host::new(&tenant);
        let resources = |group: &str| {
            let scope = json!({ "rbac_group_names": [group] });
            let list = set(json!({ "indicators": merged(domains(0..2), rows(&["a.example"], scope.clone())) }));
            [(A, list), ("mde_indicator.one", single("one.example", scope))]
        };
        host.configure(&resources("East")).apply().await.ok();
        let before = ids(&tenant);
        host.configure(&resources("West")).apply().await.ok();
        assert_eq!(tenant.values().len(), 4);
        assert_eq!(ids(&tenant) == before, part == Part::Ignored);
        assert!(
            ["a.example", "one.example"]
                .iter()
                .all(|value| tenant.row(value).unwrap()["rbacGroupNames"] == json!(["West"]))
        );
        host.plan().await.clean();
    }
}

/// Every order in which two changes can be made: at the same time, and one after the other.
const ORDERS: [&[&str]; 3] = [&[], &[A, B], &[B, A]];

async fn apply(host: &mut Host, order: &[&str]) -> Run {
    if order.is_empty() {
        host.apply().await
    } else {
        host.apply_in_order(order).await
    }
}

#[tokio::test]
async fn a_row_that_moves_from_one_set_to_another_is_not_lost() {
    for order in ORDERS {
        for differs in [false, true] {
            let tenant = Tenant::start().await;
            let mut host = Host::new(&tenant);
            let title = if differs { "the other list" } else { "list" };
            let resources = |split: usize| {
                let other = set(json!({ "title": title, "indicators": domains(split..10) }));
                [(A, set(json!({ "indicators": domains(0..split) }))), (B, other)]
            };
            host.configure(&resources(8)).apply().await.ok();
            let before = ids(&tenant);
            let run = apply(host.configure(&resources(5)), order).await.ok();
            assert_said(&run.warnings, &["Taken over", "d5.example"]);
            assert_eq!(
                tenant.values(),
                (0..10).map(|number| format!("d{number}.example")).collect::<Vec<_>>()
            );
            let titles = tenant
                .simulator
                .rows()
                .iter()
                .filter(|row| row["title"] == title)
                .count();
            assert_eq!(titles, if differs { 5 } else { 10 });
            // What the new owner has claimed, the old one does not delete.
            assert!(order != [B, A] || ids(&tenant) == before);
            assert_settled(&tenant, &mut host).await;
            host.destroy().await.ok();
            assert!(tenant.values().is_empty());
        }
    }
}

#[tokio::test]
async fn a_resource_that_is_renamed_keeps_its_rows() {
    let old = "mde_indicator.old";
    let renamed = |address: &'static str, values: std::ops::Range<usize>| {
        (address, set(json!({ "indicators": domains(values) })))
    };
    let pairs: [[(&str, Json); 2]; 3] = [
        [renamed(A, 0..9), renamed(B, 0..9)],
        [
            (old, single("d0.example", json!({}))),
            ("mde_indicator.new", single("d0.example", json!({}))),
        ],
        [
            (
                old,
                single("d0.example", json!({ "title": "list", "description": "from a list" })),
            ),
            renamed(B, 0..1),
        ],
    ];
    for [before, after] in pairs {
        for order in [vec![], vec![before.0, after.0], vec![after.0, before.0]] {
            let tenant = Tenant::start().await;
            let mut host = Host::new(&tenant);
            host.configure(std::slice::from_ref(&before)).apply().await.ok();
            let (rows, values) = (tenant.simulator.rows(), tenant.values());
            tenant.simulator.clear_calls();
            let run = apply(host.configure(std::slice::from_ref(&after)), &order).await.ok();
            assert_said(&run.warnings, &["Taken over", "d0.example"]);
            assert_eq!(tenant.values(), values, "{order:?}");
            // The new one first: it claims the rows, and nothing is written or deleted.
            if order.first() == Some(&after.0) {
                assert_eq!(tenant.simulator.rows(), rows);
                tenant.expect_calls((0, 0), (0, 0), 4);
            }
            assert_settled(&tenant, &mut host).await;
            host.destroy().await.ok();
            assert!(tenant.values().is_empty());
        }
    }
}

#[tokio::test]
async fn a_moved_row_that_cannot_be_changed_is_held_as_it_is() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let resources = |split: usize| {
        let other = set(json!({ "title": "other", "indicators": domains(split..4) }));
        [(A, set(json!({ "indicators": domains(0..split) }))), (B, other)]
    };
    host.configure(&resources(3)).apply().await.ok();
    let values = vec!["d2.example".to_owned()];
    tenant.fault(Fault::new(FaultKind::FailItems {
        values,
        reason: "not now".into(),
    }));
    let run = apply(host.configure(&resources(2)), &[B, A]).await;
    assert_said(&run.errors, &["not now", "d2.example"]);
    assert_eq!(tenant.row("d2.example").unwrap()["title"], "list");
    assert_eq!(
        id_in(&host, B, "d2.example").as_deref(),
        tenant.row("d2.example").unwrap()["id"].as_str()
    );
    assert_eq!(host.held(B).rows()["d2.example"]["title"], "list");
    assert_eq!(host.held(A).keys(), ["d0.example", "d1.example"]);
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    tenant.expect_calls((1, 1), (0, 0), 4);
    assert_eq!(tenant.row("d2.example").unwrap()["title"], "other");
    assert_settled(&tenant, &mut host).await;
}

#[tokio::test]
async fn a_move_that_was_interrupted_in_the_middle_is_finished_without_a_loss() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let resources = |split: usize| {
        [
            (A, set(json!({ "indicators": domains(0..split) }))),
            (B, set(json!({ "indicators": domains(split..4) }))),
        ]
    };
    host.configure(&resources(3)).apply().await.ok();
    let before = host.state[A].clone();
    apply(host.configure(&resources(2)), &[B, A]).await.ok();
    // The change of the first set never happened: both states hold the row.
    host.state.insert(A.into(), before);
    let values = tenant.values();
    host.apply().await.ok();
    assert_eq!(tenant.values(), values);
    assert_settled(&tenant, &mut host).await;
    host.destroy().await.ok();
    assert!(tenant.values().is_empty());
}

/// A row that two states hold belongs to the one that is shown first. The other one loses it, knows that it may take it
/// again, and does so where the first one does not want it.
#[tokio::test]
async fn a_row_in_two_states_is_held_by_the_first_and_noted_by_the_other() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let one = |address: &'static str| (address, set(json!({ "indicators": domains(0..3) })));
    host.configure(&[one(A)]).apply().await.ok();
    let mut copy = host.state[A].clone();
    // What tells objects apart is no part of a copy that a person makes.
    copy.private.clear();
    host.state.insert(B.into(), copy);
    // Both are configured, and only one of them wants the rows.
    let other = (B, set(json!({ "indicators": domains(5..6) })));
    let before = tenant.rows();
    let run = host.configure(&[one(A), other.clone()]).plan().await.ok();
    let held = |address: &str| Held::of(&run.refreshed[address]);
    let (first, later) = if held(A).ids().is_empty() { (B, A) } else { (A, B) };
    assert_eq!(held(first).all(), ids(&tenant));
    assert_eq!(held(later).all(), [""; 0]);
    let mut note = held(later).note().to_vec();
    note.sort();
    assert_eq!(note, ids(&tenant));
    assert!(run.changed.contains(&later.to_owned()), "a note is a change");
    host.apply().await.ok();
    assert_eq!(
        tenant.values(),
        ["d0.example", "d1.example", "d2.example", "d5.example"]
    );
    assert!(before.keys().all(|name| tenant.rows().contains_key(name)));
    assert!(host.held(A).note().is_empty() && host.held(B).note().is_empty());
    assert_settled(&tenant, &mut host).await;
}
