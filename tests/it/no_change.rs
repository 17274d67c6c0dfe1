//! No second plan shows a change that nobody made, and a tenant holds exactly what the configuration says: for any valid
//! configuration, and for any change from one to another.

use crate::support::generate::{Expected, List, Surroundings};
use crate::support::{Host, Tenant};
use mde::tf::Value;
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
fn assert_ids(tenant: &Tenant, expected: &[Expected], id: impl Fn(&Expected) -> Value) {
    for row in expected {
        let rows = tenant.simulator.rows();
        let found = rows.iter().find(|found| row.is(found)).unwrap();
        assert_eq!(id(row).as_str(), found["id"].as_str(), "id of {}", row.key);
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
        let state = &host.state["mde_indicator_set.a"].value;
        assert_ids(&tenant, &expected, |row| {
            state.get("ids").as_map().unwrap()[&row.key].clone()
        });
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
    let mut host = Host::new(&tenant);
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
        assert_ids(&tenant, &expected, |row| state[&row.address()].value.get("id").clone());
        tenant.simulator.clear_calls();
        host.plan().await.clean();
        assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    }
    host.destroy().await.ok();
    assert_holds(&tenant, &[]);
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
