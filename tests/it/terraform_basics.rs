//! The main job with the real terraform: plan, apply, plan again, change, destroy.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;
use mde::simulator::Call;
use serde_json::{Value, json};

const SHA256: &str = "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592";
const SHA1: &str = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
const MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";
const THUMBPRINT: &str = "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a";

/// What the service holds of a value in the fields that people write, without those that say nothing.
fn held(tenant: &Tenant, value: &str) -> Value {
    let row = tenant.row(value).unwrap_or_else(|| panic!("no row of {value}"));
    [
        "indicatorType",
        "action",
        "severity",
        "title",
        "description",
        "recommendedActions",
        "application",
        "expirationTime",
        "generateAlert",
        "rbacGroupNames",
    ]
    .into_iter()
    .filter(|name| !matches!(&row[*name], Value::Null | Value::Bool(false)) && row[*name] != json!([]))
    .map(|name| (name.to_owned(), row[name].clone()))
    .collect()
}

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
async fn a_set_of_all_types_goes_through_its_life() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let list = format!(
        r#"
resource "mde_indicator_set" "list" {{
  action              = "Block"
  severity            = "High"
  title               = "From the list"
  description         = "intel/list.csv"
  recommended_actions = "Call the SOC"
  application         = "gitops"
  expiration_time     = "2041-01-01T00:00:00Z"
  generate_alert      = true
  rbac_group_names    = ["Clients"]

  indicators = {{
    "c2.example.net"             = {{ description = "seen in case 42" }}
    "198.51.100.7"               = null
    "https://evil.example/x?y=1" = {{
      action              = "Warn"
      severity            = "Low"
      title               = "Own title"
      description         = "own text"
      recommended_actions = "Isolate"
      application         = "other"
      expiration_time     = "2042-02-02T03:00:00+01:00"
      generate_alert      = false
      rbac_group_names    = ["Servers", "Clients"]
    }}
    "{SHA1}"   = {{}}
    "{SHA256}" = {{ action = "BlockAndRemediate" }}
    "{MD5}"    = {{ action = "Allowed", title = "Known good" }}
    "signer"   = {{ value = "{THUMBPRINT}", type = "CertificateThumbprint", action = "Allowed" }}
  }}
}}
"#
    );
    workspace.main(&list);

    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.list"), @r#"
    # mde_indicator_set.list will be created
    + resource "mde_indicator_set" "list" {
        + action              = "Block"
        + application         = "gitops"
        + counts              = {
            + "Allowed"           = 2
            + "Block"             = 3
            + "BlockAndRemediate" = 1
            + "Warn"              = 1
          }
        + description         = "intel/list.csv"
        + expiration_time     = "2041-01-01T00:00:00Z"
        + generate_alert      = true
        + indicators          = {
            + "198.51.100.7"                                                   = null
            + "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"                       = {}
            + "9e107d9d372bb6826bd81d3542a419d6"                               = {
                + action = "Allowed"
                + title  = "Known good"
              }
            + "c2.example.net"                                                 = {
                + description = "seen in case 42"
              }
            + d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592 = {
                + action = "BlockAndRemediate"
              }
            + "https://evil.example/x?y=1"                                     = {
                + action              = "Warn"
                + application         = "other"
                + description         = "own text"
                + expiration_time     = "2042-02-02T03:00:00+01:00"
                + generate_alert      = false
                + rbac_group_names    = [
                    + "Servers",
                    + "Clients",
                  ]
                + recommended_actions = "Isolate"
                + severity            = "Low"
                + title               = "Own title"
              }
            + signer                                                           = {
                + action = "Allowed"
                + type   = "CertificateThumbprint"
                + value  = "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a"
              }
          }
        + rbac_group_names    = [
            + "Clients",
          ]
        + recommended_actions = "Call the SOC"
        + record              = (sensitive value)
        + severity            = "High"
        + title               = "From the list"
      }
    "#);
    workspace.apply().await.expect(0);
    assert_eq!(writes(&tenant), ["import 7"]);
    let plain = json!({
        "indicatorType": "DomainName", "action": "Block", "severity": "High", "title": "From the list",
        "description": "seen in case 42", "recommendedActions": "Call the SOC", "application": "gitops",
        "expirationTime": "2041-01-01T00:00:00Z", "generateAlert": true, "rbacGroupNames": ["Clients"]
    });
    let with = |changes: Value| {
        let mut row = plain.clone();
        row.as_object_mut()
            .unwrap()
            .insert("description".into(), "intel/list.csv".into());
        row.as_object_mut()
            .unwrap()
            .append(&mut changes.as_object().unwrap().clone());
        row
    };
    assert_eq!(held(&tenant, "c2.example.net"), plain);
    assert_eq!(
        held(&tenant, "198.51.100.7"),
        with(json!({"indicatorType": "IpAddress"}))
    );
    assert_eq!(
        held(&tenant, "https://evil.example/x?y=1"),
        json!({
            "indicatorType": "Url", "action": "Warn", "severity": "Low", "title": "Own title", "description": "own text",
            "recommendedActions": "Isolate", "application": "other", "expirationTime": "2042-02-02T02:00:00Z",
            "rbacGroupNames": ["Servers", "Clients"]
        })
    );
    assert_eq!(held(&tenant, SHA1), with(json!({"indicatorType": "FileSha1"})));
    let sha256 = json!({"indicatorType": "FileSha256", "action": "BlockAndRemediate"});
    assert_eq!(held(&tenant, SHA256), with(sha256));
    let md5 = json!({"indicatorType": "FileMd5", "action": "Allowed", "title": "Known good"});
    assert_eq!(held(&tenant, MD5), with(md5));
    let thumbprint = json!({"indicatorType": "CertificateThumbprint", "action": "Allowed"});
    assert_eq!(held(&tenant, THUMBPRINT), with(thumbprint));

    tenant.simulator.clear_calls();
    workspace.plan().await.expect(0);
    assert_eq!((tenant.lists(), writes(&tenant).len()), (2, 0));

    // A default, a row's own field, an action, a row more, a row less; the rest must not move.
    let changed = list
        .replace(r#"= "Call the SOC""#, r#"= "Call""#)
        .replace(r#"title = "Known good""#, r#"title = "Still good""#)
        .replace(r#"action = "BlockAndRemediate""#, r#"action = "Allowed""#)
        .replace(
            r#""c2.example.net"             = { description = "seen in case 42" }"#,
            r#""c3.example.net"             = { description = "seen in case 43" }"#,
        );
    workspace.main(&changed);
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.list"), @r#"
    # mde_indicator_set.list will be updated in-place
    ~ resource "mde_indicator_set" "list" {
        ~ counts              = {
            ~ "Allowed"           = 2 -> 3
            - "BlockAndRemediate" = 1 -> null
              # (2 unchanged elements hidden)
          }
        ~ indicators          = {
            ~ "9e107d9d372bb6826bd81d3542a419d6"                               = {
                ~ title  = "Known good" -> "Still good"
                  # (1 unchanged attribute hidden)
              }
            - "c2.example.net"                                                 = {
                - description = "seen in case 42"
              }
            + "c3.example.net"                                                 = {
                + description = "seen in case 43"
              }
            ~ d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592 = {
                ~ action = "BlockAndRemediate" -> "Allowed"
              }
              # (4 unchanged attributes hidden)
          }
        ~ recommended_actions = "Call the SOC" -> "Call"
        ~ record              = (sensitive value)
          # (8 unchanged attributes hidden)
      }
    "#);
    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    assert_eq!(writes(&tenant), ["import 6", "BatchDelete 2"]);
    assert!(tenant.row("c2.example.net").is_none());
    assert_eq!(tenant.simulator.rows().len(), 7);
    assert_eq!(held(&tenant, SHA256)["action"], "Allowed");
    assert_eq!(held(&tenant, SHA1)["recommendedActions"], "Call");
    workspace.plan().await.expect(0);

    tenant.simulator.clear_calls();
    workspace.destroy().await.expect(0);
    assert_eq!(writes(&tenant), ["BatchDelete 7"]);
    assert!(tenant.simulator.rows().is_empty());
}

#[tokio::test]
async fn single_indicators_of_all_types_go_through_their_life() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let list = format!(
        r#"
locals {{
  watched = {{
    "one.example.net"             = {{ action = "Audit" }}
    "2001:db8::17"                = {{ action = "Block" }}
    "https://two.example.net/a?b" = {{ action = "Warn" }}
    "{SHA1}"                      = {{ action = "Block" }}
    "{SHA256}"                    = {{ action = "BlockAndRemediate" }}
    "{MD5}"                       = {{ action = "Allowed" }}
    "{THUMBPRINT}"                = {{ action = "BlockAndRemediate", type = "CertificateThumbprint" }}
  }}
}}

resource "mde_indicator" "all" {{
  for_each            = local.watched
  value               = each.key
  type                = lookup(each.value, "type", null)
  action              = each.value.action
  severity            = "Medium"
  title               = "Title of ${{each.key}}"
  description         = "Text"
  recommended_actions = "Isolate"
  application         = "gitops"
  expiration_time     = "2041-01-01T00:00:00Z"
  generate_alert      = true
  rbac_group_names    = ["Servers", "Clients"]
}}

resource "mde_indicator" "short" {{
  value       = "short.example.net"
  action      = "Allowed"
  title       = "Short"
  description = "Only what must be there"
}}
"#
    );
    workspace.main(&list);
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator.short"), @r#"
    # mde_indicator.short will be created
    + resource "mde_indicator" "short" {
        + action      = "Allowed"
        + description = "Only what must be there"
        + id          = (known after apply)
        + record      = (sensitive value)
        + title       = "Short"
        + value       = "short.example.net"
      }
    "#);
    workspace.apply().await.expect(0);
    let expected = |kind: &str, value: &str, action: &str| {
        json!({
            "indicatorType": kind, "action": action, "severity": "Medium", "title": format!("Title of {value}"),
            "description": "Text", "recommendedActions": "Isolate", "application": "gitops",
            "expirationTime": "2041-01-01T00:00:00Z", "generateAlert": true, "rbacGroupNames": ["Servers", "Clients"]
        })
    };
    // The service takes IPv6 addresses written out only.
    let long = "2001:0db8:0000:0000:0000:0000:0000:0017";
    assert_eq!(held(&tenant, long), expected("IpAddress", "2001:db8::17", "Block"));
    for (kind, value, action) in [
        ("DomainName", "one.example.net", "Audit"),
        ("Url", "https://two.example.net/a?b", "Warn"),
        ("FileSha1", SHA1, "Block"),
        ("FileSha256", SHA256, "BlockAndRemediate"),
        ("FileMd5", MD5, "Allowed"),
        ("CertificateThumbprint", THUMBPRINT, "BlockAndRemediate"),
    ] {
        assert_eq!(held(&tenant, value), expected(kind, value, action));
    }
    let short = json!({
        "indicatorType": "DomainName", "action": "Allowed", "severity": "Informational", "title": "Short",
        "description": "Only what must be there"
    });
    assert_eq!(held(&tenant, "short.example.net"), short);
    workspace.plan().await.expect(0);

    // Only what changes is written; what the service keeps as the same row keeps its id.
    let changed = list.replace("Only what must be there", "Other text");
    workspace.main(&changed);
    let planned = workspace.plan().await.expect(2);
    let id = tenant.row("short.example.net").unwrap()["id"].to_string();
    assert_snapshot!(planned.block("mde_indicator.short").replace(&id, "ID"), @r#"
    # mde_indicator.short will be updated in-place
    ~ resource "mde_indicator" "short" {
        ~ description = "Only what must be there" -> "Other text"
        ~ id          = ID -> (known after apply)
        ~ record      = (sensitive value)
          # (3 unchanged attributes hidden)
      }
    "#);
    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    assert_eq!(writes(&tenant), ["import 1"]);
    assert_eq!(held(&tenant, "short.example.net")["description"], "Other text");
    assert_eq!(tenant.row("short.example.net").unwrap()["id"].to_string(), id);

    workspace.destroy().await.expect(0);
    assert!(tenant.simulator.rows().is_empty());
}
