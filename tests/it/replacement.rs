//! Replaced objects, with the real terraform: nothing good is deleted, and only what is missing is written.

use crate::support::{Held, Program, Ran, Tenant, Workspace};
use mde::simulator::{Fault, FaultKind};
use serde_json::Value;
use std::collections::BTreeMap;

const SET: &str = "mde_indicator_set.list";
const SINGLE: &str = "mde_indicator.one";

/// How the host orders the two halves of a replacement.
const ORDERS: [&str; 2] = ["", "lifecycle { create_before_destroy = true }"];

/// A value of the list.
fn value(number: usize) -> String {
    format!("198.51.100.{number}")
}

/// A set of these rows, each with a description.
fn set(rows: &[(usize, &str)], more: &str) -> String {
    let rows: String = rows
        .iter()
        .map(|(number, description)| format!("    {:?} = {{ description = {description:?} }}\n", value(*number)))
        .collect();
    format!(
        "provider \"mde\" {{ batch_size = 10 }}\n\nresource \"mde_indicator_set\" \"list\" {{\n  action = \"Block\"\n  \
         title  = \"replaced\"\n  indicators = {{\n{rows}  }}\n  {more}\n}}\n"
    )
}

/// A set of the rows below `count`.
fn plain(count: usize, more: &str) -> String {
    set(
        &(0..count).map(|number| (number, "as it was")).collect::<Vec<_>>(),
        more,
    )
}

fn single(more: &str) -> String {
    format!(
        "resource \"mde_indicator\" \"one\" {{\n  action      = \"Block\"\n  title       = \"replaced\"\n  description = \"d\"\n  \
         value       = \"198.51.100.7\"\n  {more}\n}}\n"
    )
}

fn fails(values: &[usize]) -> Fault {
    Fault::new(FaultKind::FailItems {
        values: values.iter().map(|number| value(*number)).collect(),
        reason: "The service has a bad day.".into(),
    })
    .on("POST", "/import")
    .times(1000)
}

fn refuses(values: &[usize]) -> Fault {
    Fault::new(FaultKind::RefuseCall {
        values: values.iter().map(|number| value(*number)).collect(),
        message: "Indicator {value} is not acceptable.".into(),
    })
    .on("POST", "/import")
    .times(1000)
}

/// How many items were sent in imports since the log was cleared.
fn imported(tenant: &Tenant) -> usize {
    let imports = tenant.calls("POST", "/indicators/import");
    imports.iter().map(|call| call.items).sum()
}

fn is_tainted(workspace: &Workspace, address: &str) -> bool {
    workspace.objects(address)[0]["status"] == "tainted"
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

/// Rows of `before` that are not exactly the same in `after`.
fn touched<'a>(before: &'a BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<&'a str> {
    before
        .iter()
        .filter(|(name, row)| after.get(*name) != Some(*row))
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Nothing was written and nothing deleted.
fn assert_untouched_so_far(tenant: &Tenant, before: &BTreeMap<String, Value>) {
    assert_eq!(&tenant.rows(), before);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
}

/// Nothing was written, nothing deleted, and nothing is to be done.
async fn assert_untouched(tenant: &Tenant, workspace: &Workspace, before: &BTreeMap<String, Value>) {
    assert_untouched_so_far(tenant, before);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn a_set_created_in_part_is_replaced_by_writing_what_is_missing() {
    for (order, fault) in ORDERS
        .iter()
        .flat_map(|order| [(order, fails(&[3, 17])), (order, refuses(&[3, 17]))])
    {
        let tenant = Tenant::start().await;
        let workspace = Workspace::new(&tenant);
        workspace.main(&plain(30, order));
        tenant.simulator.add_faults(vec![fault]).unwrap();
        let ran = workspace.apply().await.expect(1);
        assert!(ran.says("198.51.100.17") && ran.says("untaint"), "{}", ran.output);
        assert!(is_tainted(&workspace, SET));
        let before = tenant.rows();
        assert_eq!((before.len(), workspace.held(SET).ids().len()), (28, 28));
        assert_eq!(workspace.recorded(), ids(&before));

        // The same again: the state stays as exact as it was.
        tenant.pass_time();
        tenant.simulator.clear_calls();
        workspace.apply().await.expect(1);
        assert_eq!(tenant.rows(), before, "{order}");
        assert_eq!(tenant.batch_deletes(), 0);

        tenant.simulator.clear_faults();
        tenant.pass_time();
        tenant.simulator.clear_calls();
        workspace.apply().await.expect(0);
        let after = tenant.rows();
        assert_eq!(after.len(), 30);
        assert_eq!(touched(&before, &after), [""; 0], "{order}");
        assert_eq!((tenant.imports(), imported(&tenant), tenant.batch_deletes()), (1, 2, 0));
        assert_eq!(workspace.objects(SET).len(), 1, "nothing is left deposed");
        workspace.plan().await.expect(0);
    }
}

#[tokio::test]
async fn an_untainted_set_is_updated_by_writing_what_is_missing() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&plain(30, ""));
    tenant.simulator.add_faults(vec![fails(&[3])]).unwrap();
    workspace.apply().await.expect(1);
    tenant.simulator.clear_faults();
    let before = tenant.rows();
    workspace.run(&["untaint", SET]).await.expect(0);
    tenant.simulator.clear_calls();
    let ran = workspace.apply().await.expect(0);
    assert!(ran.says("0 added, 1 changed, 0 destroyed"), "{}", ran.output);
    assert_eq!((imported(&tenant), tenant.batch_deletes()), (1, 0));
    assert_eq!(touched(&before, &tenant.rows()), [""; 0]);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn asking_for_a_replacement_changes_nothing_in_the_tenant() {
    for (address, body) in [(SET, plain(25, "ORDER")), (SINGLE, single("ORDER"))] {
        for order in ORDERS {
            let tenant = Tenant::start().await;
            let workspace = Workspace::new(&tenant);
            workspace.main(&body.replace("ORDER", order));
            workspace.apply().await.expect(0);
            let before = tenant.rows();

            tenant.simulator.clear_calls();
            let ran = workspace
                .run(&["apply", "-auto-approve", &format!("-replace={address}")])
                .await
                .expect(0);
            assert!(ran.says("1 added, 0 changed, 1 destroyed"), "{}", ran.output);
            assert_untouched(&tenant, &workspace, &before).await;

            workspace.run(&["taint", address]).await.expect(0);
            tenant.simulator.clear_calls();
            let ran = workspace.apply().await.expect(0);
            assert!(ran.says("1 added, 0 changed, 1 destroyed"), "{}", ran.output);
            assert_untouched(&tenant, &workspace, &before).await;
        }
    }
}

#[tokio::test]
async fn a_triggered_replacement_changes_nothing_in_the_tenant() {
    for (address, body) in [(SET, plain(25, "ORDER")), (SINGLE, single("ORDER"))] {
        for order in ["", "create_before_destroy = true"] {
            let tenant = Tenant::start().await;
            let workspace = Workspace::new(&tenant);
            let trigger = |input: &str| {
                let order =
                    format!("lifecycle {{\n    replace_triggered_by = [terraform_data.version]\n    {order}\n  }}");
                let version = format!("resource \"terraform_data\" \"version\" {{ input = {input:?} }}\n");
                format!("{version}{}", body.replace("ORDER", &order))
            };
            workspace.main(&trigger("one"));
            workspace.apply().await.expect(0);
            let before = tenant.rows();
            workspace.main(&trigger("two"));
            tenant.simulator.clear_calls();
            let ran = workspace.apply().await.expect(0);
            assert!(ran.says("1 added, 1 changed, 1 destroyed"), "{address} {}", ran.output);
            assert_untouched(&tenant, &workspace, &before).await;
        }
    }
}

/// The list of `plain(30)` with rows removed, added and changed.
fn changed(order: &str) -> String {
    let rows: Vec<(usize, &str)> = (5..35)
        .map(|number| (number, if number < 9 { "changed" } else { "as it was" }))
        .collect();
    set(&rows, order)
}

/// The same, and three rows that get a label.
fn labelled(order: &str) -> String {
    (10..13).fold(changed(order), |text, number| {
        let row = format!("{:?} = {{ ", value(number));
        text.replace(&row, &format!("{row}application = \"label\", "))
    })
}

/// Applies, and has the set replaced in this way.
async fn replaced(workspace: &Workspace, way: &str) -> Ran {
    let replace = format!("-replace={SET}");
    let mut arguments = vec!["apply", "-auto-approve", "-input=false"];
    match way {
        "taint" => drop(workspace.run(&["taint", SET]).await.expect(0)),
        "-replace" => arguments.push(&replace),
        _ => {}
    }
    workspace.run(&arguments).await
}

/// The tenant is as the changed list says, and no other row of `plain(30)` was touched; a row that got a label was made anew.
fn assert_only_what_changed(tenant: &Tenant, before: &BTreeMap<String, Value>, labelled: std::ops::Range<usize>) {
    let after = tenant.rows();
    assert_eq!(after.len(), 30);
    let may_change = |name: &&String| {
        let number: usize = name.split([' ', '.']).nth(3).unwrap().parse().unwrap();
        number < 9 || labelled.contains(&number)
    };
    let expected: Vec<&String> = before.keys().filter(may_change).collect();
    assert_eq!(touched(before, &after), expected);
    for number in 5..9 {
        let name = format!("{} Block", value(number));
        assert_eq!(before[&name]["id"], after[&name]["id"], "changed in place");
    }
    // Four changed and five new; five removed; those with a label in both.
    assert_eq!(
        (imported(tenant), tenant.deleted()),
        (9 + labelled.len(), 5 + labelled.len())
    );
}

#[tokio::test]
async fn a_replacement_with_a_changed_list_touches_only_what_changed() {
    for order in ORDERS {
        for way in ["taint", "-replace", "nothing"] {
            let tenant = Tenant::start().await;
            let workspace = Workspace::new(&tenant);
            workspace.main(&plain(30, order));
            workspace.apply().await.expect(0);
            let before = tenant.rows();
            workspace.main(&changed(order));
            tenant.simulator.clear_calls();
            replaced(&workspace, way).await.expect(0);
            assert_only_what_changed(&tenant, &before, 0..0);
            assert_eq!(workspace.objects(SET).len(), 1);
            assert_eq!(workspace.recorded(), ids(&tenant.rows()));
            workspace.plan().await.expect(0);
        }
    }
}

/// A replacement asks for its rows as a creation does, and rows of another label are another list's, or nobody's.
#[tokio::test]
async fn rows_that_get_a_label_do_so_in_an_update_and_need_consent_in_a_replacement() {
    for order in ORDERS {
        for way in ["taint", "-replace", "nothing"] {
            let tenant = Tenant::start().await;
            let workspace = Workspace::new(&tenant);
            workspace.main(&plain(30, order));
            workspace.apply().await.expect(0);
            let before = tenant.rows();
            workspace.main(&labelled(order));
            tenant.simulator.clear_calls();
            if way != "nothing" {
                // Again and again: nothing is lost.
                for _ in 0..2 {
                    let ran = replaced(&workspace, way).await.expect(1);
                    assert!(ran.says("adopt") && ran.says("198.51.100.10"), "{}", ran.output);
                    assert_untouched_so_far(&tenant, &before);
                }
                workspace.main(&labelled(order).replace("batch_size = 10", "on_existing = \"adopt\""));
                tenant.simulator.clear_calls();
            }
            replaced(&workspace, way).await.expect(0);
            assert_only_what_changed(&tenant, &before, 10..13);
            assert_eq!(workspace.objects(SET).len(), 1);
            assert_eq!(workspace.recorded(), ids(&tenant.rows()));
            workspace.main(&labelled(order));
            workspace.plan().await.expect(0);
        }
    }
}

/// A set that is replaced with `create_before_destroy` by a list that lacks rows 0 to 4 and has rows 20 to 24, and a
/// terraform that is killed when the new object is there and the old one is about to be destroyed.
async fn interrupted(tenant: &Tenant, workspace: &Workspace) {
    workspace.main(&plain(20, ORDERS[1]));
    workspace.apply().await.expect(0);
    let rows: Vec<(usize, &str)> = (5..25).map(|number| (number, "as it was")).collect();
    workspace.main(&set(&rows, ORDERS[1]));
    tenant
        .simulator
        .add_faults(vec![Fault::new(FaultKind::Hang {}).on("POST", "/BatchDelete")])
        .unwrap();
    let mut running = workspace.start(&["apply", "-auto-approve", &format!("-replace={SET}")]);
    running
        .until("the old object is being destroyed", || tenant.batch_deletes() == 1)
        .await;
    running.kill_terraform();
    running.end().await;
    let objects = workspace.objects(SET);
    // A host that writes its state now and then knows nothing of the new object.
    assert_eq!(
        objects.len(),
        if Program::of_this_run().writes_each_object() {
            2
        } else {
            1
        }
    );
    for object in objects {
        assert_eq!(Held::of_attributes(&object["attributes"]).all().len(), 20);
    }
    tenant.pass_time();
    tenant.simulator.clear_calls();
}

#[tokio::test]
async fn what_is_left_of_an_interrupted_replacement_takes_no_rows_with_it() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    interrupted(&tenant, &workspace).await;
    let before = tenant.rows();
    let ran = workspace.apply().await.expect(0);
    assert!(ran.says("0 added,"), "{}", ran.output);
    // Which of the two the host shows first is its own affair: if it is the old one, rows may be made anew.
    let mut wanted: Vec<&String> = before.keys().collect();
    let removed: Vec<String> = (0..5).map(|number| format!("{} Block", value(number))).collect();
    wanted.retain(|name| !removed.contains(name));
    let after = tenant.rows();
    assert!(after.keys().eq(wanted), "{:?}", after.keys());
    assert_eq!(workspace.recorded(), ids(&after));
    assert_eq!(workspace.objects(SET).len(), 1);
    workspace.plan().await.expect(0);
}

/// Puts an object into the state file as one that a replacement has left behind.
fn leave_behind(workspace: &Workspace, address: &str, object: &Value) {
    let path = workspace.path().join("terraform.tfstate");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let resources = state["resources"].as_array_mut().unwrap();
    let resource = resources
        .iter_mut()
        .find(|resource| address.starts_with(resource["type"].as_str().unwrap()));
    let mut object = object.clone();
    object["deposed"] = "0123abcd".into();
    resource.unwrap()["instances"].as_array_mut().unwrap().push(object);
    std::fs::write(path, state.to_string()).unwrap();
}

#[tokio::test]
async fn an_object_that_was_left_behind_takes_no_rows_with_it_whatever_the_order() {
    for (address, body) in [(SET, plain(25, "")), (SINGLE, single(""))] {
        let tenant = Tenant::start().await;
        let workspace = Workspace::new(&tenant);
        workspace.main(&body);
        workspace.apply().await.expect(0);
        let before = tenant.rows();
        let old = workspace.objects(address).remove(0);
        workspace
            .run(&["apply", "-auto-approve", &format!("-replace={address}")])
            .await
            .expect(0);
        tenant.simulator.clear_calls();
        for _ in 0..4 {
            leave_behind(&workspace, address, &old);
            assert_eq!(workspace.objects(address).len(), 2);
            tenant.pass_time();
            workspace.apply().await.expect(0);
            assert_eq!(workspace.objects(address).len(), 1);
            let after = tenant.rows();
            assert!(after.keys().eq(before.keys()), "{:?}", after.keys());
            assert_eq!(workspace.recorded(), ids(&after));
            workspace.plan().await.expect(0);
        }
        // When all goes, all goes.
        leave_behind(&workspace, address, &old);
        workspace.destroy().await.expect(0);
        assert_eq!((tenant.rows().len(), workspace.objects(address).len()), (0, 0));
    }
}

#[tokio::test]
async fn what_is_left_of_an_interrupted_replacement_is_destroyed_with_everything() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    interrupted(&tenant, &workspace).await;
    workspace.destroy().await.expect(0);
    if !Program::of_this_run().writes_each_object() {
        // Of the new object the state knows nothing, so its own rows stay until an apply has taken them over.
        assert_eq!(tenant.rows().len(), 5);
        workspace.apply().await.expect(0).expect_says("5 taken over");
        workspace.destroy().await.expect(0);
    }
    assert_eq!(tenant.rows().len(), 0);
    assert_eq!(workspace.objects(SET).len(), 0);
}

#[tokio::test]
async fn a_replacement_that_fails_again_and_again_keeps_what_is_good() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&plain(20, ORDERS[1]));
    workspace.apply().await.expect(0);
    let before = tenant.rows();
    tenant.simulator.add_faults(vec![fails(&[21])]).unwrap();
    workspace.main(&plain(25, ORDERS[1]));
    workspace
        .run(&["apply", "-auto-approve", &format!("-replace={SET}")])
        .await
        .expect(1);
    workspace.apply().await.expect(1);
    assert_eq!(workspace.objects(SET).len(), 3);
    tenant.simulator.clear_faults();
    tenant.pass_time();
    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    let after = tenant.rows();
    assert_eq!(after.len(), 25);
    assert_eq!(touched(&before, &after), [""; 0]);
    assert_eq!((imported(&tenant), tenant.batch_deletes()), (1, 0));
    assert_eq!(workspace.objects(SET).len(), 1);
    workspace.plan().await.expect(0);
}
