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
  values      = { "two.example.net" = null, "three.example.net" = null }
  indicators  = { "four.example.net" = { action = "Audit", details = { generate_alert = true } } }
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
async fn ids_of_rows_that_stay_are_known_to_the_plan() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = |fields: &str, values: &str| {
        format!(
            r#"
resource "mde_indicator_set" "list" {{
  action      = "Block"
  description = "Text"
  {fields}
  values      = {{ {values} }}
}}
resource "terraform_data" "id" {{
  input = mde_indicator_set.list.ids["a.example.net"]
}}
"#
        )
    };
    workspace.main(&set(
        r#"title = "List""#,
        r#""a.example.net" = null, "b.example.net" = null, "c.example.net" = null"#,
    ));
    workspace.apply().await.expect(0);
    let id = |value: &str| tenant.row(value).unwrap()["id"].clone();

    // A changed title is an update of the same rows; a row more and a row less are nobody else's business.
    workspace.main(&set(
        r#"title = "Other""#,
        r#""a.example.net" = null, "b.example.net" = null, "d.example.net" = null"#,
    ));
    let plan = workspace.plan_json().await;
    let change = |address: &str| {
        let changes = plan["resource_changes"].as_array().unwrap();
        let one = changes.iter().find(|change| change["address"] == address).unwrap();
        one["change"].clone()
    };
    let list = change("mde_indicator_set.list");
    assert_eq!(
        list["after"]["ids"],
        json!({"a.example.net": id("a.example.net"), "b.example.net": id("b.example.net")})
    );
    assert_eq!(list["after_unknown"]["ids"], json!({"d.example.net": true}));
    assert_eq!(change("terraform_data.id")["actions"], json!(["no-op"]));
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
  values           = {{ "{hash}" = null, "a.example.net" = null }}
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
