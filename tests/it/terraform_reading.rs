//! The data sources with the real terraform.

use crate::support::{Tenant, Workspace};
use mde::simulator::Permission;
use serde_json::{Value, json};

async fn tenant() -> Tenant {
    let tenant = Tenant::start().await;
    let row = |kind: &str, value: &str, action: &str, title: &str, application: &str| {
        json!({
            "indicatorType": kind, "indicatorValue": value, "action": action, "title": title, "description": "by hand",
            "application": application
        })
    };
    tenant.portal(|rows| {
        rows.extend([
            row("DomainName", "a.example", "Block", "first", "one"),
            row("DomainName", "b.example", "Allowed", "second", "one"),
            row(
                "IpAddress",
                "2001:0db8:0000:0000:0000:0000:0000:0017",
                "Block",
                "first",
                "two",
            ),
            row(
                "FileSha1",
                "2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12",
                "Block",
                "second",
                "two",
            ),
        ]);
        rows[1]["createdBy"] = "eve@contoso.example".into();
        rows[2]["createdBySource"] = "MCAS".into();
    });
    tenant
}

#[tokio::test]
async fn indicators_are_found_by_every_filter_with_all_that_is_known_of_them() {
    let tenant = tenant().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(
        r#"
resource "mde_indicator" "own" {
  value       = "own.example"
  action      = "Warn"
  title       = "own"
  description = "Text"
}
"#,
    );
    workspace.apply().await.expect(0);
    tenant.simulator.clear_calls();

    let filters = [
        ("all", ""),
        ("type", r#"type = "DomainName""#),
        ("action", r#"action = "Block""#),
        ("application", r#"application = "two""#),
        ("title", r#"title = "first""#),
        ("created_by", r#"created_by = "EVE@contoso.example""#),
        ("self", r#"created_by = "self""#),
        ("value", r#"value = "2001:db8::17""#),
        ("hash", r#"value = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12""#),
        ("both", "type = \"DomainName\"\n  action = \"Block\""),
        ("none", r#"application = "three""#),
    ];
    let configuration: String = filters
        .iter()
        .map(|(name, filter)| {
            format!(
                "data \"mde_indicators\" \"{name}\" {{\n  {filter}\n}}\noutput \"{name}\" {{\n  value = \
                 data.mde_indicators.{name}.indicators\n}}\n"
            )
        })
        .collect();
    workspace.write("outputs.tf", &configuration);
    let plan = workspace.plan_json().await;
    let found = |name: &str| plan["planned_values"]["outputs"][name]["value"].clone();
    let titles = |name: &str| {
        let rows = found(name);
        let rows = rows.as_array().unwrap();
        rows.iter()
            .map(|row| row["value"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (a, b, ip, hash, own) = (
        "a.example",
        "b.example",
        "2001:0db8:0000:0000:0000:0000:0000:0017",
        "2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12",
        "own.example",
    );
    assert_eq!(titles("all"), [a, b, ip, hash, own]);
    assert_eq!(titles("type"), [a, b, own]);
    assert_eq!(titles("action"), [a, ip, hash]);
    assert_eq!(titles("application"), [ip, hash]);
    assert_eq!(titles("title"), [a, ip]);
    assert_eq!(titles("created_by"), [b]);
    assert_eq!(titles("self"), [own]);
    assert_eq!(titles("value"), [ip]);
    assert_eq!(titles("hash"), [hash]);
    assert_eq!(titles("both"), [a]);
    assert_eq!(titles("none"), [""; 0]);
    assert_eq!(
        tenant.lists(),
        2,
        "one listing serves all of a run: its rows, and the proof that there are no more"
    );

    let mut row = found("created_by")[0].clone();
    let times: Vec<Value> = ["creation_time", "last_update_time"]
        .map(|name| row.as_object_mut().unwrap().remove(name).unwrap())
        .into();
    let held = tenant.row("b.example").unwrap();
    assert_eq!(
        times,
        [held["creationTimeDateTimeUtc"].clone(), held["lastUpdateTime"].clone()]
    );
    row.as_object_mut()
        .unwrap()
        .retain(|_, value| !value.is_null() && *value != json!([]) && *value != json!(false));
    assert_eq!(
        row,
        json!({
            "id": tenant.row("b.example").unwrap()["id"], "value": "b.example", "type": "DomainName", "action": "Allowed",
            "severity": "Informational", "title": "second", "description": "by hand", "application": "one",
            "category": "SuspiciousActivity", "created_by": "eve@contoso.example",
            "created_by_display_name": "eve@contoso.example", "created_by_source": "Portal"
        })
    );
}

#[tokio::test]
async fn a_filter_that_can_match_nothing_is_an_error_and_not_an_empty_answer() {
    let tenant = tenant().await;
    for (filter, summary, words) in [
        (
            r#"action = "block""#,
            "mde_indicators: invalid action",
            "Write `Block`.",
        ),
        (
            r#"type = "domain""#,
            "mde_indicators: invalid type",
            "Write `DomainName`.",
        ),
        (
            r#"value = "evil[.]example""#,
            "mde_indicators: invalid value",
            "Write `evil.example`.",
        ),
    ] {
        let workspace = Workspace::new(&tenant);
        workspace.main(&format!("data \"mde_indicators\" \"some\" {{\n  {filter}\n}}\n"));
        let failed = workspace.plan().await.expect(1);
        assert_eq!(failed.errors(), [summary], "{}", failed.output);
        assert!(failed.says(words) && failed.says(filter), "{}", failed.output);
    }
    let workspace = Workspace::new(&tenant);
    workspace.main("data \"mde_indicators\" \"some\" {\n  type = \"WebCategory\"\n}\n");
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn who_sees_own_indicators_only_is_told_so_and_gets_no_false_figures() {
    for (permission, own_only) in [(Permission::Own, true), (Permission::All, false)] {
        let tenant = Tenant::with(|options| options.permission = permission).await;
        let workspace = Workspace::new(&tenant);
        workspace.main(
            "data \"mde_capacity\" \"tenant\" {}\noutput \"capacity\" {\n  value = data.mde_capacity.tenant\n}\n",
        );
        let planned = workspace.plan().await;
        let expected: &[&str] = match own_only {
            true => &[
                "The application sees its own indicators only",
                "mde_capacity cannot tell how full the tenant is",
            ],
            false => &[],
        };
        let mut told = planned.warnings();
        told.sort_by_key(|summary| summary.starts_with("mde_capacity"));
        assert_eq!(told, expected, "{}", planned.output);
        let plan = workspace.plan_json().await;
        let capacity = &plan["planned_values"]["outputs"]["capacity"]["value"];
        let (used, sources) = if own_only {
            (json!(null), json!(null))
        } else {
            (json!(0), json!({}))
        };
        assert_eq!(capacity["used"], used);
        assert_eq!(capacity["by_source"], sources);
        assert_eq!(capacity["limit"], 15_000);
    }
}

#[tokio::test]
async fn the_capacity_is_told_by_source() {
    let tenant = tenant().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(
        r#"
provider "mde" {
  capacity = 100
}
data "mde_capacity" "tenant" {}
output "capacity" {
  value = data.mde_capacity.tenant
}
"#,
    );
    let plan = workspace.plan_json().await;
    assert_eq!(
        plan["planned_values"]["outputs"]["capacity"]["value"],
        json!({ "used": 4, "limit": 100, "remaining": 96, "unreadable": 0, "by_source": { "Portal": 3, "MCAS": 1 } })
    );
}
