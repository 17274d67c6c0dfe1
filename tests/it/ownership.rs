//! Whose rows are whose: nothing of others is taken over silently, changed or deleted, and nothing of ours is lost or left
//! behind.

use crate::support::blocks::{domains, rows, set, single};
use crate::support::{Host, Tenant};
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
    let ids = host.state.get(address)?.value.get("ids").clone();
    ids.as_map()?.get(key)?.as_str().map(str::to_owned)
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
        vec![(A, set(json!({ "values": domains(0..3) })))],
        vec![("mde_indicator.a", single("d1.example", json!({})))],
    ] {
        for _ in 0..2 {
            let run = host.configure(&resources).apply().await;
            assert_said(
                &run.errors,
                &[
                    "already in the tenant",
                    "D1.example",
                    "made by eve@contoso.example",
                    "terraform import",
                    "on_existing",
                ],
            );
        }
        assert!(host.state.is_empty());
    }
    assert_eq!(tenant.simulator.rows(), before);
    // The same as an addition to a set that is there.
    host.configure(&[(A, set(json!({ "values": domains(2..4) })))])
        .apply()
        .await
        .ok();
    let run = host
        .configure(&[(A, set(json!({ "values": domains(1..5) })))])
        .apply()
        .await;
    assert_said(&run.errors, &["already in the tenant", "D1.example"]);
    assert_eq!(tenant.values().len(), 3);
    host.destroy().await.ok();
    assert_eq!(tenant.simulator.rows(), before);
}

#[tokio::test]
async fn a_row_that_somebody_makes_after_the_plan_is_left_alone_too() {
    let tenant = Tenant::start().await;
    let foreign = |value: &str| FaultKind::ForeignWrite {
        row: json!({ "indicatorType": "DomainName", "indicatorValue": value, "action": "Block", "title": "by hand" }),
        delete: false,
    };
    let mut host = Host::new(&tenant);
    tenant.fault(Fault::new(foreign("d1.example")).on("GET", "/indicators").after(1));
    let run = host
        .configure(&[(A, set(json!({ "values": domains(0..3) })))])
        .apply()
        .await;
    assert_said(&run.errors, &["already in the tenant", "d1.example"]);
    assert_eq!(
        tenant.values(),
        ["d1.example"],
        "a creation that meets a stranger writes nothing at all"
    );
    assert!(host.state.is_empty());

    host.configure(&[(A, set(json!({ "values": domains(2..4) })))])
        .apply()
        .await
        .ok();
    tenant.fault(Fault::new(foreign("d5.example")).on("GET", "/indicators").after(1));
    let run = host
        .configure(&[(A, set(json!({ "values": domains(2..7) })))])
        .apply()
        .await;
    assert_said(&run.errors, &["already in the tenant", "d5.example"]);
    assert_eq!(tenant.row("d5.example").unwrap()["title"], "by hand");
    assert_eq!(tenant.values().len(), 4, "nothing is written until that is settled");
    assert!(!host.state[A].tainted);
}

#[tokio::test]
async fn adopted_rows_are_made_as_configured_and_are_ours_from_then_on() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "D1.example", "Block");
    tenant.add_foreign("DomainName", "other.example", "Block");
    tenant.edit("D1.example", |row| {
        row["notificationBody"] = "old".into();
        row["severity"] = "High".into();
    });
    let id = tenant.row("D1.example").unwrap()["id"].clone();
    let mut host = Host::new(&tenant).provider(json!({ "on_existing": "adopt" }));
    host.configure(&[(A, set(json!({ "values": domains(0..3) })))])
        .apply()
        .await
        .ok();
    assert_eq!(id_in(&host, A, "d1.example").as_deref(), id.as_str());
    let row = tenant.row("D1.example").unwrap();
    assert_eq!(
        (&row["title"], &row["severity"], &row["notificationBody"]),
        (&json!("list"), &json!("Informational"), &Json::Null)
    );
    host.plan().await.clean();
    // The service goes on spelling it as it did, so that a change makes no second row.
    host.configure(&[(A, set(json!({ "values": domains(0..3), "severity": "Low" })))])
        .apply()
        .await
        .ok();
    assert_eq!(tenant.row("D1.example").unwrap()["severity"], "Low");
    assert_eq!(tenant.values().len(), 4);
    host.plan().await.clean();
    host.destroy().await.ok();
    assert_eq!(tenant.values(), ["other.example"]);
}

#[tokio::test]
async fn what_an_interrupted_run_left_is_taken_over_with_a_warning() {
    let tenant = Tenant::start().await;
    leave_own(&tenant, |_| {});
    let mut host = Host::new(&tenant);
    let run = host
        .configure(&[(A, set(json!({ "values": domains(0..3) })))])
        .apply()
        .await
        .ok();
    assert_said(&run.warnings, &["taken over", "d1.example (id 70)"]);
    assert_eq!(tenant.imported(), 2);
    assert_eq!(id_in(&host, A, "d1.example").as_deref(), Some("70"));
    host.plan().await.clean();
}

#[tokio::test]
async fn an_own_row_that_says_something_else_is_not_taken_over() {
    let tenant = Tenant::start().await;
    leave_own(&tenant, |row| row["title"] = "of another configuration".into());
    let mut host = Host::new(&tenant);
    let run = host
        .configure(&[(A, set(json!({ "values": domains(0..3) })))])
        .apply()
        .await;
    assert_said(
        &run.errors,
        &["already in the tenant", "d1.example", "differs in title"],
    );
    assert_eq!(tenant.values().len(), 1);
}

#[tokio::test]
async fn rows_that_went_meanwhile_do_not_keep_others_from_being_deleted() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(A, set(json!({ "values": domains(0..9) })))])
        .apply()
        .await
        .ok();
    for value in ["d3.example", "d5.example"] {
        let row = json!({ "id": tenant.row(value).unwrap()["id"] });
        tenant.fault(Fault::new(FaultKind::ForeignWrite { row, delete: true }).on("POST", "/BatchDelete"));
    }
    tenant.simulator.clear_calls();
    host.configure(&[(A, set(json!({ "values": domains(0..1) })))])
        .apply()
        .await
        .ok();
    assert_eq!(tenant.values(), ["d0.example"]);
    tenant.expect_calls((0, 0), (2, 8 + 6), 2);
    host.plan().await.clean();
}

#[tokio::test]
async fn two_resources_that_claim_one_identity_are_an_error() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let hash = "aa5eed00aa5eed00aa5eed00aa5eed00";
    for (one, other) in [
        (
            (A, set(json!({ "values": domains(0..3) }))),
            (B, set(json!({ "values": domains(2..5) }))),
        ),
        (
            (A, set(json!({ "values": { hash: null } }))),
            ("mde_indicator.b", single(&hash.to_uppercase(), json!({}))),
        ),
    ] {
        let run = host.configure(&[one, other]).apply().await;
        assert_said(&run.errors, &["Two resources manage the same indicator"]);
        assert!(tenant.values().is_empty() && host.state.is_empty());
    }
    let run = host
        .configure(&[(
            A,
            set(json!({ "values": { hash: null }, "indicators": { hash.to_uppercase(): {} } })),
        )])
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
    let list = |severity: &str| set(json!({ "severity": severity, "values": domains(0..3) }));
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
    let run = host.configure(&[(A, list("High"))]).apply().await;
    assert_said(&run.errors, &["Rows came back with another id", "d1.example"]);
    assert_eq!(tenant.values().len(), 3);
    assert_eq!(
        id_in(&host, A, "d1.example").as_deref(),
        tenant.row("d1.example").unwrap()["id"].as_str()
    );
    host.plan().await.clean();
}

#[tokio::test]
async fn a_changed_scope_that_makes_a_new_row_deletes_the_old_one() {
    for part in [Part::Included, Part::Ignored] {
        let tenant = Tenant::with(|options| options.scope_in_identity = part).await;
        let mut host = Host::new(&tenant);
        let resources = |group: &str| {
            let scope = json!({ "rbac_group_names": [group] });
            let list = set(
                json!({ "indicators": rows(&["a.example"], json!({ "details": scope })), "values": domains(0..2) }),
            );
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

async fn apply(host: &mut Host, order: &[&str]) -> crate::support::Run {
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
                let other = set(json!({ "title": title, "values": domains(split..10) }));
                [(A, set(json!({ "values": domains(0..split) }))), (B, other)]
            };
            host.configure(&resources(8)).apply().await.ok();
            let before = ids(&tenant);
            let run = apply(host.configure(&resources(5)), order).await;
            if differs && order == [B, A] {
                // One at a time, the second set does not know yet that the first one lets go of the rows.
                assert_said(&run.errors, &["already in the tenant"]);
                host.apply().await.ok();
            } else {
                run.ok();
            }
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
            // At the same time, the rows live on; nothing is deleted that comes back.
            assert!(!order.is_empty() || ids(&tenant) == before);
            host.plan().await.clean();
            host.destroy().await.ok();
            assert!(tenant.values().is_empty());
        }
    }
}

#[tokio::test]
async fn a_resource_that_is_renamed_keeps_its_rows() {
    let old = "mde_indicator.old";
    let renamed =
        |address: &'static str, values: std::ops::Range<usize>| (address, set(json!({ "values": domains(values) })));
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
            let rows = tenant.simulator.rows();
            tenant.simulator.clear_calls();
            apply(host.configure(std::slice::from_ref(&after)), &order).await.ok();
            assert_eq!(tenant.simulator.rows(), rows, "{order:?}");
            tenant.expect_calls((0, 0), (0, 0), 2);
            host.plan().await.clean();
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
        let other = set(json!({ "title": "other", "values": domains(split..4) }));
        [(A, set(json!({ "values": domains(0..split) }))), (B, other)]
    };
    host.configure(&resources(3)).apply().await.ok();
    let values = vec!["d2.example".to_owned()];
    tenant.fault(Fault::new(FaultKind::FailItems {
        values,
        reason: "not now".into(),
    }));
    let run = host.configure(&resources(2)).apply().await;
    assert_said(&run.errors, &["not now", "d2.example"]);
    assert_eq!(tenant.row("d2.example").unwrap()["title"], "list");
    assert_eq!(
        id_in(&host, B, "d2.example").as_deref(),
        tenant.row("d2.example").unwrap()["id"].as_str()
    );
    assert_eq!(id_in(&host, A, "d2.example"), None);
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    tenant.expect_calls((1, 1), (0, 0), 1);
    assert_eq!(tenant.row("d2.example").unwrap()["title"], "other");
    host.plan().await.clean();
}

#[tokio::test]
async fn a_move_that_was_interrupted_in_the_middle_is_finished_without_a_loss() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let resources = |split: usize| {
        [
            (A, set(json!({ "values": domains(0..split) }))),
            (B, set(json!({ "values": domains(split..4) }))),
        ]
    };
    host.configure(&resources(3)).apply().await.ok();
    let before = host.state[A].clone();
    apply(host.configure(&resources(2)), &[B, A]).await.ok();
    // The change of the first set never happened: both states hold the row.
    host.state.insert(A.into(), before);
    let before = ids(&tenant);
    host.apply().await.ok();
    assert_eq!(ids(&tenant), before);
    host.plan().await.clean();
    host.destroy().await.ok();
    assert!(tenant.values().is_empty());
}
