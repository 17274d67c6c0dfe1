//! Taking over what is there with the real terraform: the command, the block, and generated configuration.

use crate::support::{Tenant, Workspace};
use serde_json::{Value, json};

const THUMBPRINT: &str = "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a";

/// A tenant with rows that somebody made in the portal.
async fn tenant() -> Tenant {
    let tenant = Tenant::start().await;
    let row = |kind: &str, value: &str, action: &str, more: Value| {
        let mut row = json!({
            "indicatorType": kind, "indicatorValue": value, "action": action, "title": "Portal", "description": "by hand"
        });
        row.as_object_mut()
            .unwrap()
            .append(&mut more.as_object().unwrap().clone());
        row
    };
    let labelled = |severity: &str| json!({"application": "gitops", "severity": severity});
    tenant.portal(|rows| {
        rows.extend([
            row("DomainName", "a.example", "Block", json!({})),
            row(
                "Url",
                "https://b.example/x",
                "Warn",
                json!({
                    "severity": "High", "recommendedActions": "Isolate", "application": "own", "generateAlert": true,
                    "expirationTime": "2041-01-01T00:00:00Z", "rbacGroupNames": ["Clients", "Servers"],
                    "mitreTechniques": ["T1566"], "category": 2048, "externalId": "x-1", "additionalInfo": "more",
                    "educateUrl": "https://learn.example/", "bypassDurationHours": 4
                }),
            ),
            row("CertificateThumbprint", THUMBPRINT, "Allowed", json!({})),
            row("DomainName", "twice.example", "Block", json!({})),
            row("DomainName", "twice.example", "Allowed", json!({})),
            row("DomainName", "c.example", "Block", labelled("High")),
            row("IpAddress", "198.51.100.9", "Block", labelled("High")),
            row("DomainName", "d.example", "Block", labelled("Low")),
        ]);
    });
    tenant
}

fn id(tenant: &Tenant, value: &str) -> String {
    tenant.row(value).unwrap()["id"].as_str().unwrap().to_owned()
}

fn writes(tenant: &Tenant) -> usize {
    tenant.imports() + tenant.batch_deletes()
}

const WRITTEN: &str = r#"
resource "mde_indicator" "a" {
  value       = "a.example"
  action      = "Block"
  title       = "Portal"
  description = "by hand"
}

resource "mde_indicator" "b" {
  value                 = "https://b.example/x"
  action                = "Warn"
  title                 = "Portal"
  description           = "by hand"
  severity              = "High"
  recommended_actions   = "Isolate"
  application           = "own"
  generate_alert        = true
  expiration_time       = "2041-01-01T00:00:00Z"
  rbac_group_names      = ["Clients", "Servers"]
  mitre_techniques      = ["T1566"]
  category              = "Ransomware"
  external_id           = "x-1"
  additional_info       = "more"
  educate_url           = "https://learn.example/"
  bypass_duration_hours = 4
}

resource "mde_indicator" "signer" {
  value       = "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a"
  type        = "CertificateThumbprint"
  action      = "Allowed"
  title       = "Portal"
  description = "by hand"
}

resource "mde_indicator_set" "gitops" {
  action      = "Block"
  title       = "Portal"
  description = "by hand"
  application = "gitops"
  indicators = {
    "c.example"    = { severity = "High" }
    "198.51.100.9" = { severity = "High" }
    "d.example"    = { severity = "Low" }
  }
}
"#;

#[tokio::test]
async fn what_the_import_command_takes_over_then_plans_clean() {
    let tenant = tenant().await;
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    workspace.main(WRITTEN);
    for (address, from) in [
        ("mde_indicator.a", "a.example".to_owned()),
        ("mde_indicator.b", id(&tenant, "https://b.example/x")),
        // Another spelling of the value will do.
        ("mde_indicator.signer", THUMBPRINT.to_uppercase()),
        ("mde_indicator_set.gitops", "application=gitops".to_owned()),
    ] {
        let imported = workspace
            .run(&["import", "-input=false", address, &from])
            .await
            .expect(0);
        assert_eq!(imported.warnings(), [""; 0], "{}", imported.output);
    }
    let planned = workspace.plan().await.expect(0);
    assert_eq!(planned.warnings(), [""; 0], "{}", planned.output);
    assert_eq!((writes(&tenant), tenant.simulator.rows()), (0, before));

    // The rows are Terraform's from now on.
    workspace.destroy().await.expect(0);
    assert_eq!(tenant.simulator.rows().len(), 2, "only twice.example is left");
}

fn blocks(tenant: &Tenant) -> String {
    [
        ("mde_indicator.a", id(tenant, "a.example")),
        ("mde_indicator.b", "https://b.example/x".to_owned()),
        ("mde_indicator.signer", THUMBPRINT.to_owned()),
        (
            "mde_indicator_set.gitops",
            "application=gitops,created_by=analyst@contoso.example".to_owned(),
        ),
    ]
    .map(|(to, id)| format!("import {{\n  to = {to}\n  id = {id:?}\n}}\n"))
    .concat()
}

#[tokio::test]
async fn import_blocks_take_over_what_is_written_without_a_change() {
    let tenant = tenant().await;
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    workspace.main(&[&blocks(&tenant), WRITTEN].concat());
    let applied = workspace.apply().await.expect(0);
    assert!(
        applied.says("Resources: 4 imported, 0 added, 0 changed, 0 destroyed."),
        "{}",
        applied.output
    );
    workspace.plan().await.expect(0);
    assert_eq!((writes(&tenant), tenant.simulator.rows()), (0, before));
}

#[tokio::test]
async fn generated_configuration_plans_clean() {
    let tenant = tenant().await;
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    workspace
        .generate(&blocks(&tenant))
        .await
        .expect(0)
        .expect_says("Plan: 4 to import, 0 to add, 0 to change, 0 to destroy.");
    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).unwrap();
    // What all rows of a set agree on stands on the set, as people would write it.
    let set = generated.split("resource \"mde_indicator_set\"").nth(1).unwrap();
    // Terraform writes the resources in an order of its own.
    let set = set.split("\n}\n").next().unwrap();
    let set: Vec<String> = set
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for (line, times) in [
        (r#"application = "gitops""#, 1),
        (r#"severity = "High""#, 2),
        (r#"title = "Portal""#, 1),
    ] {
        assert_eq!(
            set.iter().filter(|found| *found == line).count(),
            times,
            "{line}: {generated}"
        );
    }
    workspace
        .apply()
        .await
        .expect(0)
        .expect_says("Resources: 4 imported, 0 added, 0 changed, 0 destroyed.");
    workspace.plan().await.expect(0);
    assert_eq!((writes(&tenant), tenant.simulator.rows()), (0, before));
}

#[tokio::test]
async fn defaults_that_are_written_out_cost_no_write() {
    let tenant = tenant().await;
    let workspace = Workspace::new(&tenant);
    let explicit = r#"
import {
  to = mde_indicator.a
  id = "a.example"
}
resource "mde_indicator" "a" {
  value            = "a.example"
  type             = "DomainName"
  action           = "Block"
  title            = "Portal"
  description      = "by hand"
  severity         = "Informational"
  generate_alert   = false
  rbac_group_names = []
}
"#;
    workspace.main(explicit);
    workspace.apply().await.expect(0);
    assert_eq!(writes(&tenant), 0);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn an_import_that_is_not_clear_says_what_there_is() {
    let tenant = tenant().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(WRITTEN);
    let filters = "one or more of `application`, `title`, `type`, `action`, `created_by`";
    for (address, from, summary, texts) in [
        (
            "mde_indicator.a",
            "twice.example",
            "Several indicators have this value",
            &["with action Block, id 4,", "with action Allowed, id 5,", "by its id."][..],
        ),
        (
            "mde_indicator.a",
            "none.example",
            "No such indicator",
            &["None of the 8 indicators", "`none.example`", "Ti.ReadWrite.All"],
        ),
        (
            "mde_indicator_set.gitops",
            "a.example",
            "Invalid import filter",
            &["`a.example` is not of the form NAME=VALUE.", filters],
        ),
        (
            "mde_indicator_set.gitops",
            "colour=red",
            "Invalid import filter",
            &["`colour` is not a filter.", filters],
        ),
        (
            "mde_indicator_set.gitops",
            "application=none",
            "No indicator matches the filter",
            &["None of the 8 indicators", "`application=none`"],
        ),
    ] {
        let failed = workspace
            .run(&["import", "-input=false", address, from])
            .await
            .expect(1);
        assert_eq!(failed.errors(), [summary], "{}", failed.output);
        for text in texts {
            assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
        }
    }
    assert_eq!(writes(&tenant), 0);
}
