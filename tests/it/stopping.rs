//! Ctrl-C and SIGTERM on the real terraform: the call in flight ends, no other is sent, and what was done is kept.

use crate::support::{Ran, Tenant, Workspace};
use mde::simulator::{Fault, FaultKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SET: &str = "mde_indicator_set.list";

/// What the provider logs once it knows that it shall stop.
const HEARD: &str = "The host has asked the provider to stop";

fn value(number: usize) -> String {
    format!("198.51.100.{number}")
}

/// A set of these rows, ten to a call, of which the first ones have another description.
fn set(rows: Range<usize>, described_anew: usize) -> String {
    let description = |number| if number < described_anew { "anew" } else { "as it was" };
    let rows: String = rows
        .map(|number| {
            format!(
                "    {:?} = {{ description = {:?} }}\n",
                value(number),
                description(number)
            )
        })
        .collect();
    format!(
        "provider \"mde\" {{ batch_size = 10 }}\n\nresource \"mde_indicator_set\" \"list\" {{\n  action = \"Block\"\n  title  \
         = \"list\"\n  indicators = {{\n{rows}  }}\n}}\n"
    )
}

/// Has terraform write the provider's log into a file; its path.
fn logging(workspace: &mut Workspace) -> PathBuf {
    let path = workspace.path().join("provider.log");
    workspace.set("TF_LOG_PROVIDER", "DEBUG");
    workspace.set("TF_LOG_PATH", &path.display().to_string());
    path
}

/// Runs a command and sends the signal to all its processes while this call of its kind, counted from one, is in flight:
/// the service holds it until the signal has come through terraform to the provider.
async fn stopped(
    tenant: &Tenant,
    workspace: &mut Workspace,
    arguments: &[&str],
    signal: &str,
    path: &str,
    call: usize,
) -> Ran {
    let log = logging(workspace);
    let fault = Fault::new(FaultKind::Hold {})
        .on("POST", path)
        .after(u32::try_from(call).unwrap() - 1);
    tenant.simulator.add_faults(vec![fault]).unwrap();
    tenant.pass_time();
    tenant.simulator.clear_calls();
    let mut running = workspace.start(arguments);
    running
        .until("the call in flight", || tenant.calls("POST", path).len() == call)
        .await;
    running.signal_all(signal);
    running.until("the provider has heard of it", || has_heard(&log)).await;
    tenant.simulator.clear_faults();
    let ran = running.end().await.expect(1);
    let calls = tenant.calls("POST", path);
    assert_eq!(calls.len(), call, "no other call is sent: {}", ran.output);
    assert!(
        calls.iter().all(|call| call.status / 100 == 2),
        "the call in flight ends"
    );
    assert!(ran.says(": stopped before everything was done"), "{}", ran.output);
    std::fs::remove_file(log).unwrap();
    tenant.pass_time();
    tenant.simulator.clear_calls();
    ran
}

fn has_heard(log: &Path) -> bool {
    std::fs::read(log).is_ok_and(|text| String::from_utf8_lossy(&text).contains(HEARD))
}

const APPLY: [&str; 3] = ["apply", "-auto-approve", "-input=false"];
const DESTROY: [&str; 3] = ["destroy", "-auto-approve", "-input=false"];

fn recorded(workspace: &Workspace) -> BTreeMap<String, String> {
    workspace.held(SET).ids()
}

/// The ids that the tenant has, by value.
fn present(tenant: &Tenant) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = tenant.rows();
    rows.values()
        .map(|row| (text(&row["indicatorValue"]), text(&row["id"])))
        .collect()
}

/// Applies again, which must end well, touch no row that is right, and send this many items.
async fn goes_on(tenant: &Tenant, workspace: &Workspace, wanted: &str, [imported, deleted]: [usize; 2]) {
    let before = tenant.rows();
    workspace.apply().await.expect(0);
    let items = |path| tenant.calls("POST", path).iter().map(|call| call.items).sum::<usize>();
    assert_eq!([items("/import"), items("/BatchDelete")], [imported, deleted]);
    let after = tenant.rows();
    let touched = before
        .iter()
        .filter(|(name, row)| after.get(*name) != Some(*row))
        .count();
    assert!(touched <= imported + deleted);
    assert_eq!(wanted.matches(" = { description").count(), after.len());
    workspace.plan().await.expect(0);
    assert_eq!(recorded(workspace), present(tenant));
}

#[tokio::test]
async fn a_creation_keeps_what_was_done() {
    for signal in ["INT", "TERM"] {
        let tenant = Tenant::start().await;
        let mut workspace = Workspace::new(&tenant);
        let list = set(0..50, 0);
        workspace.main(&list);
        let ran = stopped(&tenant, &mut workspace, &APPLY, signal, "/import", 3).await;
        assert!(ran.says("20 indicators were not written"), "{}", ran.output);
        assert_eq!(tenant.rows().len(), 30);
        assert_eq!(recorded(&workspace), present(&tenant));
        assert_eq!(workspace.objects(SET)[0]["status"], "tainted");
        goes_on(&tenant, &workspace, &list, [20, 0]).await;
    }
}

#[tokio::test]
async fn a_change_keeps_what_was_done() {
    for (signal, path, call, left) in [
        ("INT", "/import", 2, [10, 10]),
        ("TERM", "/import", 2, [10, 10]),
        ("INT", "/BatchDelete", 1, [0, 5]),
    ] {
        let tenant = Tenant::start().await;
        let mut workspace = Workspace::new(&tenant);
        workspace.main(&set(0..50, 0));
        workspace.apply().await.expect(0);
        let removed = if path == "/import" { 10 } else { 15 };
        let list = set(removed..60, removed + 20);
        workspace.main(&list);
        stopped(&tenant, &mut workspace, &APPLY, signal, path, call).await;
        assert_eq!(recorded(&workspace), present(&tenant));
        assert!(workspace.objects(SET)[0]["status"].is_null(), "not tainted");
        goes_on(&tenant, &workspace, &list, left).await;
    }
}

#[tokio::test]
async fn a_destruction_keeps_what_was_done() {
    for signal in ["INT", "TERM"] {
        let tenant = Tenant::start().await;
        let mut workspace = Workspace::new(&tenant);
        workspace.main(&set(0..50, 0));
        workspace.apply().await.expect(0);
        let ran = stopped(&tenant, &mut workspace, &DESTROY, signal, "/BatchDelete", 2).await;
        assert!(ran.says("30 indicators were not deleted"), "{}", ran.output);
        assert_eq!(tenant.rows().len(), 30);
        assert_eq!(recorded(&workspace), present(&tenant));
        workspace.destroy().await.expect(0);
        assert_eq!((tenant.batch_deletes(), tenant.rows().len()), (3, 0));
    }
}

/// A label is taken at creation only, so a row that gets another one is deleted and imported anew. Whoever stops the run in
/// between does not lose it.
#[tokio::test]
async fn what_was_deleted_to_be_made_anew_is_still_made() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    let labelled = |label: &str| set(0..50, 0).replace("title  =", &format!("application = {label:?}\n  title  ="));
    workspace.main(&labelled("old"));
    workspace.apply().await.expect(0);
    workspace.main(&labelled("new"));
    let ran = stopped(&tenant, &mut workspace, &APPLY, "INT", "/BatchDelete", 1).await;
    assert!(ran.says("40 indicators were not written"), "{}", ran.output);
    assert_eq!(tenant.rows().len(), 50);
    assert_eq!(recorded(&workspace), present(&tenant));
    goes_on(&tenant, &workspace, &labelled("new"), [40, 40]).await;
}

#[tokio::test]
async fn a_wait_for_a_limit_ends_at_once() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let rows: String = (0..320)
        .map(|number| format!("    \"d{number}.evil.example\" = {{ description = \"as it was\" }}\n"))
        .collect();
    let list = set(0..0, 0).replace("indicators = {\n", &format!("indicators = {{\n{rows}"));
    workspace.main(&list);
    let mut running = workspace.start(&APPLY);
    let answered = || {
        let calls = tenant.calls("POST", "/import");
        calls.iter().filter(|call| call.status == 200).count()
    };
    running.until("the limit is used up", || answered() == 30).await;
    running.signal_all("INT");
    let ran = running.end().await.expect(1);
    // Without the signal the next call would have followed as soon as the limit allows it: a minute after the first.
    let first = Duration::from_millis(tenant.calls("POST", "/import")[0].start);
    let took = tenant.simulator.elapsed() - first;
    assert!(took < Duration::from_secs(60), "it waited for {took:?}");
    assert_eq!((tenant.imports(), tenant.throttled()), (30, 0));
    assert!(ran.says("20 indicators were not written"), "{}", ran.output);
    assert_eq!(recorded(&workspace), present(&tenant));
    tenant.pass_time();
    tenant.simulator.clear_calls();
    goes_on(&tenant, &workspace, &list, [20, 0]).await;
}

#[tokio::test]
async fn a_replacement_forgets_nothing_between_its_halves() {
    // Of 50 rows, 15 are removed and 10 changed; 5 are added.
    let list = set(15..55, 25);
    let replace = format!("-replace={SET}");
    let arguments = [APPLY.as_slice(), &[replace.as_str()]].concat();
    for (path, call, left, tainted) in [
        // The first half deletes: of two calls the second is not made, and the other half does not begin.
        ("/BatchDelete", 1, [15, 5], false),
        // The second half writes.
        ("/import", 1, [5, 0], true),
    ] {
        let tenant = Tenant::start().await;
        let mut workspace = Workspace::new(&tenant);
        workspace.main(&set(0..50, 0));
        workspace.apply().await.expect(0);
        let ids = present(&tenant);
        workspace.main(&list);
        stopped(&tenant, &mut workspace, &arguments, "INT", path, call).await;
        assert_eq!(recorded(&workspace), present(&tenant), "{path}");
        assert_eq!(workspace.objects(SET)[0]["status"] == "tainted", tainted);
        goes_on(&tenant, &workspace, &list, left).await;
        let kept = present(&tenant);
        assert!(
            (15..50).all(|number| kept[&value(number)] == ids[&value(number)]),
            "{path}"
        );
    }
}

#[tokio::test]
async fn single_indicators_keep_what_was_done() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.main(
        "provider \"mde\" { batch_size = 5 }\n\nresource \"mde_indicator\" \"one\" {\n  for_each    = toset([for i in \
         range(30) : \"198.51.100.${i}\"])\n  value       = each.key\n  action      = \"Block\"\n  title       = \"one\"\n  \
         description = \"d\"\n}\n",
    );
    // Ten begin at once, so others wait behind the first call. Later on they come back one by one.
    stopped(&tenant, &mut workspace, &APPLY, "INT", "/import", 1).await;
    let before = tenant.rows();
    let recorded: Vec<Value> = workspace.objects("mde_indicator.one");
    assert_eq!(recorded.len(), before.len());
    assert!(
        recorded.iter().all(|object| object["status"].is_null()),
        "nothing is tainted"
    );
    workspace.apply().await.expect(0);
    let items: usize = tenant.calls("POST", "/import").iter().map(|call| call.items).sum();
    assert_eq!((items, tenant.batch_deletes()), (30 - before.len(), 0));
    let after = tenant.rows();
    assert!(before.iter().all(|(name, row)| after[name] == *row));
    workspace.plan().await.expect(0);
}
