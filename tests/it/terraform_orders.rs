//! What depends on the order of Terraform's calls, with the real terraform: whatever the `-parallelism`, the dependencies and
//! the count of objects, each row is in its place after one apply, in exactly one record. What can be asked without Terraform
//! is asked in `defects`, `orders` and `ownership`.

use crate::support::{Held, Ran, Tenant, Workspace};
use serde_json::{Value, json};
use std::ops::Range;

const PARALLELISM: [&str; 4] = ["1", "2", "10", "100"];
pub const APPLY: [&str; 3] = ["apply", "-auto-approve", "-input=false"];
const DESTROY: [&str; 3] = ["destroy", "-auto-approve", "-input=false"];

/// Rows of a list by number.
fn rows(numbers: impl IntoIterator<Item = usize>) -> String {
    numbers
        .into_iter()
        .map(|number| format!("\"h{number}.example\" = null, "))
        .collect()
}

/// A set with a title of its own and more lines.
pub fn set(name: &str, numbers: impl IntoIterator<Item = usize>, more: &str) -> String {
    format!(
        "resource \"mde_indicator_set\" {name:?} {{\n  action      = \"Block\"\n  title       = \"T\"\n  description = \"D\"\n  \
         indicators  = {{ {} }}\n  {more}\n}}\n",
        rows(numbers)
    )
}

pub fn single(name: &str, value: &str, more: &str) -> String {
    format!(
        "resource \"mde_indicator\" {name:?} {{\n  value       = {value:?}\n  action      = \"Block\"\n  title       = \"one\"\n  \
         description = \"D\"\n  {more}\n}}\n"
    )
}

/// Twenty sets of one row, whose addresses begin with the variable.
fn lists() -> String {
    "variable \"dir\" {\n  default = \"lists\"\n}\nresource \"mde_indicator_set\" \"l\" {\n  for_each    = { for i in range(20) : \
     \"${var.dir}/${i}.csv\" => i }\n  action      = \"Block\"\n  title       = each.key\n  description = \"D\"\n  indicators  = { \
     \"h${each.value}.example\" = null }\n}\n"
        .to_owned()
}

pub async fn start() -> (Tenant, Workspace) {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    (tenant, workspace)
}

pub async fn apply(workspace: &Workspace, more: &[&str]) -> Ran {
    workspace.run(&[&APPLY[..], more].concat()).await
}

async fn parallel(workspace: &Workspace, parallelism: &str, more: &[&str]) -> Ran {
    apply(
        workspace,
        &[&[format!("-parallelism={parallelism}").as_str()], more].concat(),
    )
    .await
}

/// The ids of rows, sorted.
pub fn ids(tenant: &Tenant) -> Vec<String> {
    let rows = tenant.simulator.rows();
    let mut ids: Vec<String> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Panics unless these values are in the tenant, each row in exactly one record as Terraform shows it, and nothing is to be
/// done.
pub async fn assert_settled(tenant: &Tenant, workspace: &Workspace, values: Vec<String>, more: &[&str], what: &str) {
    let mut wanted = values;
    wanted.sort();
    assert_eq!(tenant.values(), wanted, "{what}");
    let state = workspace.show(&[]).await;
    let resources = state["values"]["root_module"]["resources"].as_array();
    let mut recorded: Vec<String> = resources
        .into_iter()
        .flatten()
        .flat_map(|resource| Held::of_attributes(&resource["values"]).all())
        .collect();
    recorded.sort();
    assert_eq!(recorded, ids(tenant), "in the records, and in the tenant: {what}");
    let plan = workspace
        .run(&[&["plan", "-detailed-exitcode", "-input=false"], more].concat())
        .await;
    assert_eq!(plan.code, 0, "{what}: {}", plan.output);
}

pub fn hosts(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("h{number}.example")).collect()
}

/// Changes the text of the state file as a killed run would have left it.
pub fn doctor(workspace: &Workspace, change: impl FnOnce(&mut Value)) {
    let path = workspace.path().join("terraform.tfstate");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut state);
    std::fs::write(path, state.to_string()).unwrap();
}

/// A state in which `mde_indicator_set.a` and `.b` record the same rows, as a renamed set leaves them that is killed before its
/// delete half; only `b` is in the configuration.
async fn recorded_twice(workspace: &Workspace) {
    workspace.main(&set("a", 0..4, ""));
    workspace.apply().await.expect(0);
    doctor(workspace, |state| {
        let mut other = state["resources"][0].clone();
        other["name"] = "b".into();
        other["instances"][0]["private"].take();
        state["resources"].as_array_mut().unwrap().push(other);
    });
    workspace.main(&set("b", 0..4, ""));
}

#[tokio::test]
async fn rows_move_between_two_sets_and_change_places() {
    let (tenant, workspace) = start().await;
    // One list loses rows to the other; all of them change places; and half of them.
    let layouts: [(Range<usize>, Range<usize>); 3] = [(0..6, 6..12), (0..3, 3..12), (6..12, 0..6)];
    let mut turn = 0;
    let text = |turn: usize, first: &str, second: &str| {
        let (one, two) = layouts[turn % 3].clone();
        set("a", one, first) + &set("b", two, second)
    };
    workspace.main(&text(0, "", ""));
    workspace.apply().await.expect(0);
    for parallelism in PARALLELISM {
        for (first, second) in [
            ("", ""),
            ("depends_on  = [mde_indicator_set.b]", ""),
            ("", "depends_on  = [mde_indicator_set.a]"),
        ] {
            for _ in 0..2 {
                turn += 1;
                workspace.main(&text(turn, first, second));
                tenant.pass_time();
                let what = format!("layout {} {first:?} {second:?} -parallelism={parallelism}", turn % 3);
                parallel(&workspace, parallelism, &[]).await.expect(0);
                assert_settled(&tenant, &workspace, hosts(0..12), &[], &what).await;
            }
        }
    }
}

#[tokio::test]
async fn twenty_lists_are_renamed_and_count_for_the_limit() {
    let (tenant, mut workspace) = start().await;
    workspace.main(&lists());
    workspace.apply().await.expect(0);
    let [mut old, mut new] = ["-var=dir=lists", "-var=dir=feeds"];
    for parallelism in PARALLELISM {
        let before = tenant.simulator.rows();
        tenant.pass_time();
        workspace.set("MDE_MAX_REMOVALS", "0");
        let refused = parallel(&workspace, parallelism, &[new]).await.expect(1);
        let refused = refused.expect_says("`max_removals` allows 0");
        assert!(refused.says("MDE_MAX_REMOVALS"), "{}", refused.output);
        assert_eq!(tenant.simulator.rows(), before, "-parallelism={parallelism}");
        // Exactly as many as there are may go.
        workspace.set("MDE_MAX_REMOVALS", "20");
        parallel(&workspace, parallelism, &[new]).await.expect(0);
        workspace.unset("MDE_MAX_REMOVALS");
        assert_settled(&tenant, &workspace, hosts(0..20), &[new], parallelism).await;
        std::mem::swap(&mut old, &mut new);
    }
}

#[tokio::test]
async fn a_list_of_singles_is_shifted_by_an_insert_at_its_head() {
    let (tenant, workspace) = start().await;
    let list = |numbers: Vec<usize>| {
        format!(
            "locals {{\n  list = {:?}\n}}\nresource \"mde_indicator\" \"i\" {{\n  count       = length(local.list)\n  value       = \
             local.list[count.index]\n  action      = \"Block\"\n  title       = \"one\"\n  description = \"D\"\n}}\n",
            hosts(numbers)
        )
    };
    workspace.main(&list((2..42).collect()));
    workspace.apply().await.expect(0);
    for (parallelism, first) in [("2", 1), ("10", 0)] {
        workspace.main(&list((first..42).collect()));
        tenant.pass_time();
        parallel(&workspace, parallelism, &[]).await.expect(0);
        assert_settled(&tenant, &workspace, hosts(first..42), &[], parallelism).await;
    }
}

#[tokio::test]
async fn a_row_of_two_imports_is_not_lost() {
    let body = r#"
import {
  to = mde_indicator_set.s
  id = "title=T"
}
import {
  to = mde_indicator.i
  id = "h1.example"
}
"#;
    for parallelism in ["1", "2", "10"] {
        let (tenant, workspace) = start().await;
        tenant.portal(|rows| {
            for (id, value) in [("901", "h0.example"), ("902", "h1.example")] {
                rows.push(json!({
                    "id": id, "indicatorType": "DomainName", "indicatorValue": value, "action": "Block", "title": "T",
                    "description": "D"
                }));
            }
        });
        let texts = set("s", 0..1, "") + &single("i", "h1.example", "").replace("\"one\"", "\"T\"");
        workspace.main(&(body.to_owned() + &texts));
        let ran = parallel(&workspace, parallelism, &[]).await.expect(0);
        assert!(ran.says("2 imported") && ran.says("0 destroyed"), "{}", ran.output);
        // At worst the row of both was deleted by the one and then made anew by the other, in the same apply.
        assert_eq!(tenant.row("h0.example").unwrap()["id"], "901");
        assert_settled(&tenant, &workspace, hosts(0..2), &[], parallelism).await;
    }
}

#[tokio::test]
async fn an_exclusive_set_with_another_resource_in_its_scope_is_refused_in_every_run() {
    let exclusive = |label: &str| format!("application = {label}\n  exclusive   = {{ application = \"gitops\" }}");
    let extra = |label: &str| single("extra", "h1.example", &format!("application = {label}"));
    let alone = set("list", 0..1, &exclusive("\"gitops\""));
    // The set is shown first, the other one is, and any of the two.
    let layouts = [
        alone.clone() + &extra("mde_indicator_set.list.application"),
        set("list", 0..1, &exclusive("mde_indicator.extra.application")) + &extra("\"gitops\""),
        alone.clone() + &extra("\"gitops\""),
    ];
    let (tenant, workspace) = start().await;
    for there in [false, true] {
        if there {
            workspace.main(&alone);
            workspace.apply().await.expect(0);
        }
        let before = tenant.simulator.rows();
        for (index, layout) in layouts.iter().enumerate() {
            workspace.main(layout);
            for parallelism in ["1", "10"] {
                let refused = parallel(&workspace, parallelism, &[]).await.expect(1);
                let refused = refused.expect_says("an exclusive set owns the scope");
                let on_extra = refused.says("in the scope of the exclusive set \"T\"");
                let on_set =
                    refused.says("T: an exclusive set owns the scope") && refused.says("\"h1.example\" manages");
                assert!(
                    match index {
                        0 => on_extra,
                        1 => on_set,
                        _ => on_extra || on_set,
                    },
                    "{index}: {}",
                    refused.output
                );
                assert_eq!(tenant.simulator.rows(), before);
            }
        }
    }
}

#[tokio::test]
async fn a_saved_plan_and_a_run_without_a_refresh_move_rows_too() {
    let (tenant, workspace) = start().await;
    let layout = |middle: usize| set("a", 0..middle, "") + &set("b", middle..8, "");
    workspace.main(&layout(4));
    workspace.apply().await.expect(0);
    workspace.main(&layout(2));
    let planned = workspace
        .run(&["plan", "-input=false", "-out=saved.plan"])
        .await
        .expect(0);
    assert!(planned.says("to take over"), "{}", planned.output);
    workspace.run(&["apply", "-input=false", "saved.plan"]).await.expect(0);
    assert_settled(&tenant, &workspace, hosts(0..8), &[], "saved").await;
    workspace.main(&layout(6));
    apply(&workspace, &["-refresh=false"]).await.expect(0);
    assert_settled(&tenant, &workspace, hosts(0..8), &[], "-refresh=false").await;
    workspace.main(&(layout(6).replace("\"a\"", "\"c\"")));
    apply(&workspace, &["-refresh=false"]).await.expect(0);
    assert_settled(&tenant, &workspace, hosts(0..8), &[], "renamed, -refresh=false").await;
    workspace
        .run(&[&DESTROY[..], &["-refresh=false"]].concat())
        .await
        .expect(0);
    assert_settled(&tenant, &workspace, vec![], &["-destroy"], "destroyed").await;
}

#[tokio::test]
async fn rows_in_two_records_ask_for_a_refresh_and_survive() {
    let (tenant, workspace) = start().await;
    recorded_twice(&workspace).await;
    let before = tenant.simulator.rows();
    for parallelism in ["1", "10"] {
        let refused = parallel(&workspace, parallelism, &["-refresh=false"]).await.expect(1);
        assert!(refused.says("without `-refresh=false`"), "{}", refused.output);
        assert_eq!(tenant.simulator.rows(), before);
    }
    // The end of the old set takes nothing along, whatever was refreshed first.
    workspace.apply().await.expect(0);
    assert_settled(&tenant, &workspace, hosts(0..4), &[], "renamed").await;
}

#[tokio::test]
async fn rows_in_two_records_are_destroyed() {
    for more in [&[][..], &["-refresh=false"], &["-refresh=false", "-parallelism=1"]] {
        let (tenant, workspace) = start().await;
        recorded_twice(&workspace).await;
        workspace.run(&[&DESTROY[..], more].concat()).await.expect(0);
        assert_eq!(tenant.values(), [""; 0], "{more:?}");
        assert_eq!(workspace.recorded(), [""; 0], "{more:?}");
    }
}
