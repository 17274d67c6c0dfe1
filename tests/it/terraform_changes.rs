//! Changes with the real terraform: what identifies a row, what stays the same row, and what is only another spelling.

use crate::support::{Tenant, Workspace};
use mde::simulator::Call;
use serde_json::json;

const SHA1: &str = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";

/// The calls that write, in their order, with their numbers of items.
fn writes(tenant: &Tenant) -> Vec<String> {
    let name = |call: &Call| {
        Some(format!(
            "{} {}",
            call.path.strip_prefix("/api/indicators/")?,
            call.items
        ))
    };
    tenant.simulator.calls().iter().filter_map(name).collect()
}

#[tokio::test]
async fn a_changed_identity_brings_the_new_row_before_the_old_one_goes() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let single = r#"
resource "mde_indicator" "one" {
  value       = "one.example.net"
  action      = "Allowed"
  title       = "One"
  description = "Text"
}
"#;
    let set = r#"
resource "mde_indicator_set" "list" {
  action      = "Allowed"
  title       = "List"
  description = "Text"
  indicators = {
    "two.example.net"   = null
    "three.example.net" = null
    "four.example.net"  = { action = "Audit", generate_alert = true }
  }
}
"#;
    for (first, then, address, rows) in [
        (
            single.to_owned(),
            single.replace("Allowed", "Block"),
            "mde_indicator.one",
            1,
        ),
        (
            single.to_owned(),
            single.replace("one.example.net", "https://one.example.net/"),
            "mde_indicator.one",
            1,
        ),
        (
            set.to_owned(),
            set.replace("Allowed", "Block"),
            "mde_indicator_set.list",
            2,
        ),
    ] {
        workspace.main(&first);
        workspace.apply().await.expect(0);
        let all = tenant.simulator.rows().len();
        tenant.simulator.clear_calls();
        workspace.main(&then);
        let applied = workspace.apply().await.expect(0);
        assert!(
            applied.block(address).contains("will be updated in-place"),
            "{}",
            applied.output
        );
        assert_eq!(
            writes(&tenant),
            [format!("import {rows}"), format!("BatchDelete {rows}")]
        );
        assert_eq!(tenant.simulator.rows().len(), all, "the old rows are gone");
        workspace.plan().await.expect(0);
        workspace.destroy().await.expect(0);
    }
}

#[tokio::test]
async fn what_a_plan_knows_of_an_update_is_the_list_and_its_counts() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = |title: &str, rows: &str| {
        format!(
            r#"
resource "mde_indicator_set" "list" {{
  action      = "Block"
  description = "Text"
  title       = "{title}"
  indicators  = {{ {rows} }}
}}
resource "terraform_data" "blocked" {{
  input = lookup(mde_indicator_set.list.counts, "Block", 0)
}}
resource "mde_indicator" "one" {{
  value       = "one.example.net"
  action      = "Block"
  description = "Text"
  title       = "{title}"
}}
"#
        )
    };
    workspace.main(&set(
        "List",
        r#""a.example.net" = null, "b.example.net" = null, "c.example.net" = { action = "Allowed" }"#,
    ));
    workspace.apply().await.expect(0);

    workspace.main(&set(
        "Other",
        r#""a.example.net" = null, "d.example.net" = null, "c.example.net" = { action = "Warn" }"#,
    ));
    let plan = workspace.plan_json().await;
    let change = |address: &str| {
        let changes = plan["resource_changes"].as_array().unwrap();
        let one = changes.iter().find(|change| change["address"] == address).unwrap();
        one["change"].clone()
    };
    let list = change("mde_indicator_set.list");
    assert_eq!(list["before"]["counts"], json!({ "Allowed": 1, "Block": 2 }));
    assert_eq!(list["after"]["counts"], json!({ "Block": 2, "Warn": 1 }));
    // What is recorded is decided only when it is done, whatever changes.
    assert_eq!(list["after_unknown"]["record"], true);
    assert_eq!(list["after_sensitive"]["record"], true);
    let one = change("mde_indicator.one");
    assert_eq!(
        (&one["after_unknown"]["id"], &one["after_unknown"]["record"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(change("terraform_data.blocked")["actions"], json!(["no-op"]));
    workspace.run(&["apply", "-input=false", "saved.plan"]).await.expect(0);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn another_spelling_of_the_same_changes_nothing_in_the_service() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let list = |hash: &str, time: &str, groups: &str| {
        format!(
            r#"
resource "mde_indicator_set" "list" {{
  action           = "Block"
  title            = "List"
  description      = "Text"
  expiration_time  = "{time}"
  rbac_group_names = [{groups}]
  indicators       = {{ "{hash}" = null, "a.example.net" = null }}
}}
"#
        )
    };
    workspace.main(&list(SHA1, "2041-01-01T00:00:00Z", r#""A", "B""#));
    workspace.apply().await.expect(0);
    let before = tenant.simulator.rows();
    workspace.main(&list(
        &SHA1.to_uppercase(),
        "2041-01-01T02:00:00.0+02:00",
        r#""B", "A""#,
    ));
    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    assert_eq!(writes(&tenant), [""; 0]);
    assert_eq!(tenant.simulator.rows(), before);
    workspace.plan().await.expect(0);
}

const FORMS: [&str; 6] = [
    r#"{ "a.example" = { severity = "High", generate_alert = true }, "b.example" = null, "x" = { value = "c.example" } }"#,
    r#"{ "c.example" = {}, "b.example" = { title = "" }, "a.example" = { severity = "High", generate_alert = "true" } }"#,
    r#"{ for value in ["a", "b", "c"] : "${value}.example" => value == "a" ? { severity = "High", generate_alert = true } : null }"#,
    r#"tomap({ "a.example" = { severity = "High", generate_alert = true }, "b.example" = { severity = null, generate_alert = null }, "c.example" = { severity = null, generate_alert = null } })"#,
    r#"jsonencode({ "c.example" = null, "a.example" = { severity = "High", generate_alert = true }, "b.example" = {} })"#,
    r#"provider::mde::parse_csv("value,severity,generate_alert\na.example,High,true\nb.example,,\nC.EXAMPLE,,\n")"#,
];

/// Whatever a list is written as, what means the same is no change; and one field that changes is written alone.
#[tokio::test]
async fn another_form_of_the_same_list_is_no_change() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = |list: &str| {
        format!(
            "resource \"mde_indicator_set\" \"list\" {{\n  action      = \"Block\"\n  title       = \"List\"\n  description = \
             \"Text\"\n  indicators  = {list}\n}}\n"
        )
    };
    for first in FORMS {
        workspace.main(&set(first));
        workspace.apply().await.expect(0);
        assert_eq!(tenant.imported(), 3, "{first}");
        for other in FORMS {
            workspace.main(&set(other));
            let planned = workspace.plan().await;
            assert_eq!(planned.code, 0, "{first}\n{other}\n{}", planned.output);
        }
        workspace.main(&set(first).replace("High", "Low"));
        tenant.simulator.clear_calls();
        workspace.apply().await.expect(0);
        assert_eq!(writes(&tenant), ["import 1"], "{first}");
        assert_eq!(tenant.row("a.example").unwrap()["severity"], "Low");
        workspace.plan().await.expect(0);
        workspace.destroy().await.expect(0);
        tenant.pass_time();
        tenant.simulator.clear_calls();
    }
}

/// One field of one row changes: the plan prints that field and nothing else of the list, in whatever form it is.
#[tokio::test]
async fn a_plan_prints_only_what_changes_in_a_list() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let list = |severity: &str| {
        format!(
            "{{ for number in range(40) : \"host-${{number}}.example\" => {{ severity = number == 7 ? \"{severity}\" : \"High\" }} }}"
        )
    };
    for encoded in [false, true] {
        let set = |severity: &str| {
            let list = list(severity);
            let list = if encoded { format!("jsonencode({list})") } else { list };
            format!(
                "resource \"mde_indicator_set\" \"list\" {{\n  action      = \"Block\"\n  title       = \"List\"\n  description = \
                 \"Text\"\n  indicators  = {list}\n}}\n"
            )
        };
        workspace.main(&set("Medium"));
        workspace.apply().await.expect(0);
        workspace.main(&set("Low"));
        let planned = workspace.plan().await.expect(2);
        let block = planned.block("mde_indicator_set.list");
        assert!(block.contains(r#"~ severity = "Medium" -> "Low""#), "{block}");
        assert!(block.contains("~ record      = (sensitive value)"), "{block}");
        assert!(block.lines().count() < 16, "{block}");
        // Drift is shown in the row alike.
        workspace.main(&set("Medium"));
        tenant.edit("host-3.example", |row| row["generateAlert"] = true.into());
        let planned = workspace.plan().await.expect(2);
        let block = planned.block("mde_indicator_set.list");
        assert!(
            block.contains("host-3.example") && block.contains("generate_alert"),
            "{block}"
        );
        assert!(block.lines().count() < 16, "{block}");
        workspace.destroy().await.expect(0);
    }
}
