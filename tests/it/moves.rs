//! Indicators that move from one resource to another without a `moved` block, with the real terraform: one apply, nothing
//! is lost, and each row is in exactly one record. Each move is made several times, there and back, since the order of the
//! operations is the host's.

use crate::support::{Tenant, Workspace};
use serde_json::Value;
use std::collections::BTreeMap;

/// How often each move is made there and back.
const TIMES: usize = 2;

fn value(number: usize) -> String {
    format!("198.51.100.{number}")
}

fn set(name: &str, title: &str, rows: impl IntoIterator<Item = usize>) -> String {
    let rows = rows.into_iter().map(|row| format!("    {:?} = null\n", value(row)));
    let rows: String = rows.collect();
    format!(
        "resource \"mde_indicator_set\" {name:?} {{\n  action      = \"Block\"\n  title       = {title:?}\n  description = \
         \"d\"\n  indicators = {{\n{rows}  }}\n}}\n"
    )
}

fn single(name: &str, title: &str, row: usize) -> String {
    format!(
        "resource \"mde_indicator\" {name:?} {{\n  value       = {:?}\n  action      = \"Block\"\n  title       = {title:?}\n  \
         description = \"d\"\n}}\n",
        value(row)
    )
}

fn singles(keys: [&str; 3]) -> String {
    let rows = keys.iter().zip(1..);
    let values: String = rows.map(|(key, row)| format!("{key} = {:?}, ", value(row))).collect();
    format!(
        "resource \"mde_indicator\" \"each\" {{\n  for_each    = {{ {values} }}\n  value       = each.value\n  action      = \
         \"Block\"\n  title       = \"t\"\n  description = \"d\"\n}}\n"
    )
}

/// Applies one configuration and then, in turns, the other and the first again. The two want the same indicators, except
/// that so many of them say something else.
async fn there_and_back(one: String, other: String, changed: usize) {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&one);
    workspace.apply().await.expect(0);
    for _ in 0..TIMES {
        for configuration in [&other, &one] {
            let before = tenant.rows();
            workspace.main(configuration);
            tenant.pass_time();
            tenant.simulator.clear_calls();
            // A plan cannot tell a move from what another run has left, so it says of each that rows are taken over.
            workspace.apply().await.expect(0).expect_says("to take over");
            let after = tenant.rows();
            assert!(before.keys().eq(after.keys()), "nothing is lost and nothing left");
            assert_eq!(workspace.recorded(), ids(&after), "each row is in one record");
            workspace.plan().await.expect(0);
            // Where the old resource came first, its rows were deleted and imported anew.
            if ids(&before) == ids(&after) {
                let written = before.iter().filter(|(name, row)| after[*name] != **row).count();
                assert_eq!(written, changed, "a row that only moves is not written");
            }
        }
    }
}

/// The ids of rows, sorted.
fn ids(rows: &BTreeMap<String, Value>) -> Vec<String> {
    let mut ids: Vec<String> = rows
        .values()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_resource_gets_another_name() {
    there_and_back(set("a", "t", 0..25), set("b", "t", 0..25), 0).await;
    there_and_back(single("a", "t", 1), single("b", "t", 1), 0).await;
    there_and_back(singles(["x", "y", "z"]), singles(["z", "x", "w"]), 0).await;
}

#[tokio::test]
async fn a_resource_gets_another_name_and_changes() {
    there_and_back(set("a", "t", 0..25), set("b", "u", 0..25), 25).await;
    there_and_back(single("a", "t", 1), single("b", "u", 1), 1).await;
}

#[tokio::test]
async fn indicators_move_between_sets() {
    let sets = |end, title| set("a", "t", 0..end) + &set("b", title, end..25);
    there_and_back(sets(20, "t"), sets(15, "t"), 0).await;
    there_and_back(sets(20, "u"), sets(15, "u"), 5).await;
}

#[tokio::test]
async fn an_indicator_moves_between_a_set_and_a_resource_of_its_own() {
    let apart = single("one", "t", 9) + &set("list", "t", 20..25);
    there_and_back(apart, set("list", "t", (20..25).chain([9])), 0).await;
    there_and_back(single("one", "t", 9), set("list", "t", [9]), 0).await;
}

#[tokio::test]
async fn a_set_is_split_and_put_together() {
    let one = set("a", "t", 0..20);
    there_and_back(one.clone(), set("a", "t", 0..10) + &set("b", "t", 10..20), 0).await;
    there_and_back(one, set("b", "t", 0..10) + &set("c", "t", 10..20), 0).await;
}

/// More resources than the host handles at the same time: it cannot show all of them before some must be decided on.
#[tokio::test]
async fn many_resources_get_other_names_and_change() {
    let many = |prefix: &str, title: &str| {
        format!(
            "resource \"mde_indicator\" \"each\" {{\n  for_each    = {{ for i in range(40) : \"{prefix}${{i}}\" => \
             \"198.51.100.${{i}}\" }}\n  value       = each.value\n  action      = \"Block\"\n  title       = \
             {title:?}\n  description = \"d\"\n}}\n"
        )
    };
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    for configuration in [many("a", "t"), many("b", "t"), many("c", "u"), many("a", "t")] {
        workspace.main(&configuration);
        tenant.pass_time();
        workspace.apply().await.expect(0);
        assert_eq!(tenant.rows().len(), 40);
        assert_eq!(workspace.recorded(), ids(&tenant.rows()));
        workspace.plan().await.expect(0);
    }
}
