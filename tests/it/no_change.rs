//! No second plan shows a change that nobody made, and a tenant holds exactly what the configuration says: for any valid
//! configuration, and for any change from one to another.

use crate::support::generate::{Expected, List, Surroundings};
use crate::support::{Host, Tenant, blocks, plain};
use mde::simulator::RetiredActions;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// A row that somebody else made, of a value that no generated list has.
fn foreign() -> Json {
    json!({
        "id": "7", "indicatorType": "DomainName", "indicatorValue": "foreign.example", "action": "Allowed",
        "title": "made in the portal", "createdBy": "eve@contoso.example"
    })
}

fn run<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(story)
}

/// Panics unless the tenant holds the foreign row and exactly these.
fn assert_holds(tenant: &Tenant, expected: &[Expected]) {
    let mut rows = tenant.simulator.rows();
    let own = rows
        .iter()
        .position(|row| row["id"] == "7")
        .expect("the foreign row is gone");
    let foreign_row = rows.remove(own);
    assert_eq!(foreign_row["title"], "made in the portal");
    assert_eq!(foreign_row["lastUpdatedBy"], Json::Null);
    for row in expected {
        let position = rows.iter().position(|found| row.is(found));
        let found = rows.remove(position.unwrap_or_else(|| panic!("{row:#?} is not in {rows:#?}")));
        row.assert_like(&found);
    }
    assert!(rows.is_empty(), "left over: {rows:#?}");
}

/// Panics unless every id of the state is the one of its row.
fn assert_ids(tenant: &Tenant, expected: &[Expected], id: impl Fn(&Expected) -> Option<String>) {
    for row in expected {
        let rows = tenant.simulator.rows();
        let found = rows.iter().find(|found| row.is(found)).unwrap();
        assert_eq!(id(row).as_deref(), found["id"].as_str(), "id of {}", row.key);
    }
}

async fn set_story(surroundings: Surroundings, lists: Vec<List>) {
    let tenant = Tenant::with(|options| surroundings.apply(options, &lists)).await;
    tenant.simulator.put_rows(vec![foreign()]).unwrap();
    let mut host = Host::new(&tenant);
    for list in &lists {
        let expected = list.expected(&surroundings);
        host.configure(&[("mde_indicator_set.a", list.block())]);
        host.apply().await.ok();
        assert_holds(&tenant, &expected);
        let held = host.held("mde_indicator_set.a");
        let action = host.state["mde_indicator_set.a"].value.get("action").clone();
        let is_row =
            |row: &Expected, key: &str, fields: &Json| row.is_held_as(key, fields, action.as_str().unwrap_or_default());
        assert_ids(&tenant, &expected, |row| {
            let mut found = held.rows().iter().filter(|(key, fields)| is_row(row, key, fields));
            let key = found.next().map(|(key, _)| key);
            assert_eq!(found.next(), None);
            held.id(key?)
        });
        assert_eq!(held.ids().len(), expected.len());
        assert_eq!(held.note(), [""; 0]);
        assert_eq!(
            plain(host.state["mde_indicator_set.a"].value.get("counts")),
            list.counts()
        );
        tenant.simulator.clear_calls();
        host.plan().await.clean();
        assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    }
    host.destroy().await.ok();
    assert_holds(&tenant, &[]);
}

async fn single_story(surroundings: Surroundings, lists: Vec<List>) {
    let tenant = Tenant::with(|options| surroundings.apply(options, &lists)).await;
    tenant.simulator.put_rows(vec![foreign()]).unwrap();
    // From one list to the next, rows move between the singles, and some of them to one that wants another label.
    let mut host = Host::new(&tenant).provider(json!({ "on_existing": "adopt" }));
    for list in &lists {
        let expected = list.expected(&surroundings);
        let blocks = list.singles();
        let named: Vec<(&str, Json)> = blocks
            .iter()
            .map(|(name, block)| (name.as_str(), block.clone()))
            .collect();
        host.configure(&named).apply().await.ok();
        assert_holds(&tenant, &expected);
        let state = &host.state;
        assert_ids(&tenant, &expected, |row| {
            state[&row.address()].value.get("id").as_str().map(str::to_owned)
        });
        tenant.simulator.clear_calls();
        host.plan().await.clean();
        assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    }
    host.destroy().await.ok();
    assert_holds(&tenant, &[]);
}

/// A row of this action becomes one of a retired action, which the service may store as the former. It is asked for all the
/// same: the retired one stands for an alert as well.
#[tokio::test]
async fn a_retired_action_is_asked_for_even_where_its_successor_stands() {
    for (retired, ends_as) in [
        (RetiredActions::Stored, "AlertAndBlock"),
        (RetiredActions::Mapped, "BlockAndRemediate"),
    ] {
        let hash = "aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00";
        for address in ["mde_indicator_set.a", "mde_indicator.a"] {
            let tenant = Tenant::with(|options| options.retired_actions = retired).await;
            let mut host = Host::new(&tenant);
            let block = |action: &str| match address {
                "mde_indicator.a" => blocks::single(hash, json!({ "action": action })),
                _ => blocks::set(json!({ "action": action, "indicators": { hash: null } })),
            };
            host.configure(&[(address, block("BlockAndRemediate"))]);
            host.apply().await.ok();
            tenant.simulator.clear_calls();
            host.configure(&[(address, block("AlertAndBlock"))]);
            host.apply().await.ok();
            let rows = tenant.simulator.rows();
            assert_eq!(rows.len(), 1, "{retired:?}, {address}: {rows:?}");
            assert_eq!(
                (&rows[0]["action"], &rows[0]["generateAlert"]),
                (&Json::from(ends_as), &Json::from(true)),
                "{retired:?}, {address}"
            );
            assert_eq!(tenant.imports(), 1);
            host.plan().await.clean();
        }
    }
}

/// A key that is a name only means nothing to the service: the row stays, under the key that it has.
#[tokio::test]
async fn another_key_for_the_same_row_is_no_change() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = |rows: Json| blocks::set(json!({ "indicators": rows }));
    host.configure(&[("mde_indicator_set.a", list(json!({ "b.example": null })))]);
    host.apply().await.ok();
    let before = host.held("mde_indicator_set.a").entries();
    host.configure(&[(
        "mde_indicator_set.a",
        list(json!({ "named": { "value": "b.example" } })),
    )]);
    host.apply().await.clean();
    assert_eq!(host.held("mde_indicator_set.a").entries(), before);
    // With a change beside it the list is taken as it is written, and the row keeps its id.
    let rows = json!({ "named": { "value": "b.example" }, "c.example": null });
    host.configure(&[("mde_indicator_set.a", list(rows))]);
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    tenant.expect_calls((1, 1), (0, 0), 4);
    let held = host.held("mde_indicator_set.a");
    assert_eq!(held.id("named").as_ref(), before.get("b.example"));
    assert_eq!(held.keys(), ["c.example", "named"]);
}

/// `PROPTEST_CASES`, or few enough for every run of the tests.
fn cases() -> u32 {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    wanted.and_then(|number| number.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_set_plans_empty_and_any_change_of_it_ends_right(
        surroundings in Surroundings::any(),
        lists in prop::collection::vec(List::any(), 1..4),
    ) {
        run(set_story(surroundings, lists));
    }

    #[test]
    fn any_singles_plan_empty_and_any_change_of_them_ends_right(
        surroundings in Surroundings::any(),
        lists in prop::collection::vec(List::any(), 1..4),
    ) {
        run(single_story(surroundings, lists));
    }
}
