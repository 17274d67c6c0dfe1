//! What people read in a plan of the real terraform: every kind of change, in every form of a list.

use super::terraform_warnings::told;
use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A set whose list is in the file `NAME.csv`.
fn set(name: &str, action: &str, severity: &str) -> String {
    format!(
        r#"
resource "mde_indicator_set" "{name}" {{
  action              = "{action}"
  severity            = "{severity}"
  title               = "List of {name}"
  description         = "Tracked in intel/{name}.csv"
  recommended_actions = "Isolate the device"
  indicators          = provider::mde::parse_csv(file("{name}.csv"))
}}
"#
    )
}

/// A set whose list is written in the language.
fn mixed(rows: &str) -> String {
    format!(
        "resource \"mde_indicator_set\" \"mixed\" {{\n  action      = \"Block\"\n  title       = \"Mixed\"\n  description = \
         \"By hand\"\n  indicators = {{\n{rows}  }}\n}}\n"
    )
}

/// Five rows: with fields of their own and without, and with a text that a CSV has to quote.
fn csv(name: &str, network: u8) -> String {
    format!(
        "value,severity,description,expiration_time\n\
         c2.{name}.example,,seen in case 42,\n\
         198.51.100.{network},Medium,,2041-01-31T00:00:00Z\n\
         https://{name}.example/drop?id=1,,\"first, second\",\n\
         {network:040x},,,\n\
         updates.{name}.example,,,\n"
    )
}

const SETS: [&str; 4] = ["field", "rows", "default", "action"];

const MIXED: &str = r#"
    "192.0.2.23"                   = null
    "empty.example"                = {}
    "https://empty.example/stage2" = { description = "case 42", mitre_techniques = ["T1071.001"] }
    "signer"                       = { value = "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a", type = "CertificateThumbprint", action = "Allowed", certificate_info = { issuer = "CN=Example CA" } }
    "servers"                      = { value = "empty.example", action = "Warn", rbac_group_names = ["Servers"] }
"#;

/// A list with a URL of 800 characters.
fn long(severity: &str) -> String {
    format!(
        "value,severity\nhttps://long.example/{},{severity}\nshort.example,\n",
        "x".repeat(779)
    )
}

fn configuration(changed: bool) -> String {
    let action = if changed { "Allowed" } else { "Block" };
    let severity = if changed { "Low" } else { "High" };
    let rows = if changed {
        MIXED
            .replace("192.0.2.23", "192.0.2.24")
            .replace("{}", r#"{ severity = "High" }"#)
            .replace("case 42", "case 43")
            .replace("CN=Example CA", "CN=Other CA")
            .replace("\"Warn\"", "\"Audit\", generate_alert = true")
    } else {
        MIXED.to_owned()
    };
    [
        set("field", "Block", "High"),
        set("rows", "Block", "High"),
        set("default", "Block", severity),
        set("action", action, "High"),
        set("long", "Block", "High"),
        mixed(&rows),
    ]
    .concat()
}

#[tokio::test]
async fn a_plan_prints_what_people_wrote_and_what_changes() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    for (name, network) in SETS.iter().zip(1..) {
        workspace.write(&format!("{name}.csv"), &csv(name, network));
    }
    workspace.write("long.csv", &long("Medium"));
    workspace.main(&configuration(false));
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.field"), @r#"
    # mde_indicator_set.field will be created
    + resource "mde_indicator_set" "field" {
        + action              = "Block"
        + counts              = {
            + "Block" = 5
          }
        + description         = "Tracked in intel/field.csv"
        + indicators          = jsonencode(
              {
                + "0000000000000000000000000000000000000001" = null
                + "198.51.100.1"                             = {
                    + expiration_time = "2041-01-31T00:00:00Z"
                    + severity        = "Medium"
                  }
                + "c2.field.example"                         = {
                    + description = "seen in case 42"
                  }
                + "https://field.example/drop?id=1"          = {
                    + description = "first, second"
                  }
                + "updates.field.example"                    = null
              }
          )
        + recommended_actions = "Isolate the device"
        + record              = (sensitive value)
        + severity            = "High"
        + title               = "List of field"
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.mixed"), @r#"
    # mde_indicator_set.mixed will be created
    + resource "mde_indicator_set" "mixed" {
        + action      = "Block"
        + counts      = {
            + "Allowed" = 1
            + "Block"   = 3
            + "Warn"    = 1
          }
        + description = "By hand"
        + indicators  = {
            + "192.0.2.23"                   = null
            + "empty.example"                = {}
            + "https://empty.example/stage2" = {
                + description      = "case 42"
                + mitre_techniques = [
                    + "T1071.001",
                  ]
              }
            + servers                        = {
                + action           = "Warn"
                + rbac_group_names = [
                    + "Servers",
                  ]
                + value            = "empty.example"
              }
            + signer                         = {
                + action           = "Allowed"
                + certificate_info = {
                    + issuer = "CN=Example CA"
                  }
                + type             = "CertificateThumbprint"
                + value            = "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a"
              }
          }
        + record      = (sensitive value)
        + title       = "Mixed"
      }
    "#);
    let url = format!("https://long.example/{}", "x".repeat(779));
    assert_snapshot!(planned.block("mde_indicator_set.long").replace(&url, "URL"), @r#"
    # mde_indicator_set.long will be created
    + resource "mde_indicator_set" "long" {
        + action              = "Block"
        + counts              = {
            + "Block" = 2
          }
        + description         = "Tracked in intel/long.csv"
        + indicators          = jsonencode(
              {
                + "https://long.example/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx~c99ab9246c3f52536f14650ece705ec3" = {
                    + severity = "Medium"
                    + value    = "URL"
                  }
                + "short.example"                                                                                        = null
              }
          )
        + recommended_actions = "Isolate the device"
        + record              = (sensitive value)
        + severity            = "High"
        + title               = "List of long"
      }
    "#);
    workspace.apply().await.expect(0);

    // One field, rows, a default, an action: each in a list of its own.
    workspace.write("field.csv", &csv("field", 1).replace("Medium", "Low"));
    let removed = csv("rows", 2).replace("updates.rows.example,,,\n", "beacon.rows.example,Low,,\n");
    workspace.write("rows.csv", &removed);
    workspace.write("long.csv", &long("Low"));
    workspace.main(&configuration(true));
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.field"), @r#"
    # mde_indicator_set.field will be updated in-place
    ~ resource "mde_indicator_set" "field" {
        ~ indicators          = jsonencode(
            ~ {
                ~ "198.51.100.1"                             = {
                    ~ severity        = "Medium" -> "Low"
                      # (1 unchanged attribute hidden)
                  }
                  # (4 unchanged attributes hidden)
              }
          )
        ~ record              = (sensitive value)
          # (6 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.rows"), @r#"
    # mde_indicator_set.rows will be updated in-place
    ~ resource "mde_indicator_set" "rows" {
        ~ indicators          = jsonencode(
            ~ {
                + "beacon.rows.example"                      = {
                    + severity = "Low"
                  }
                - "updates.rows.example"                     = null
                  # (4 unchanged attributes hidden)
              }
          )
        ~ record              = (sensitive value)
          # (6 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.default"), @r#"
    # mde_indicator_set.default will be updated in-place
    ~ resource "mde_indicator_set" "default" {
        ~ record              = (sensitive value)
        ~ severity            = "High" -> "Low"
          # (6 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.action"), @r#"
    # mde_indicator_set.action will be updated in-place
    ~ resource "mde_indicator_set" "action" {
        ~ action              = "Block" -> "Allowed"
        ~ counts              = {
            + "Allowed" = 5
            - "Block"   = 5 -> null
          }
        ~ record              = (sensitive value)
          # (5 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.mixed"), @r#"
    # mde_indicator_set.mixed will be updated in-place
    ~ resource "mde_indicator_set" "mixed" {
        ~ counts      = {
            + "Audit"   = 1
            - "Warn"    = 1 -> null
              # (2 unchanged elements hidden)
          }
        ~ indicators  = {
            - "192.0.2.23"                   = null
            + "192.0.2.24"                   = null
            ~ "empty.example"                = {
                + severity = "High"
              }
            ~ "https://empty.example/stage2" = {
                ~ description      = "case 42" -> "case 43"
                  # (1 unchanged attribute hidden)
              }
            ~ servers                        = {
                ~ action           = "Warn" -> "Audit"
                + generate_alert   = true
                  # (2 unchanged attributes hidden)
              }
            ~ signer                         = {
                ~ certificate_info = {
                    ~ issuer = "CN=Example CA" -> "CN=Other CA"
                  }
                  # (3 unchanged attributes hidden)
              }
          }
        ~ record      = (sensitive value)
          # (3 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.long"), @r#"
    # mde_indicator_set.long will be updated in-place
    ~ resource "mde_indicator_set" "long" {
        ~ indicators          = jsonencode(
            ~ {
                ~ "https://long.example/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx~c99ab9246c3f52536f14650ece705ec3" = {
                    ~ severity = "Medium" -> "Low"
                      # (1 unchanged attribute hidden)
                  }
                  # (1 unchanged attribute hidden)
              }
          )
        ~ record              = (sensitive value)
          # (6 unchanged attributes hidden)
      }
    "#);
}

/// What somebody did in the portal stands in the rows as it is now, also where the set gives the field and the row has none of
/// its own.
#[tokio::test]
async fn drift_is_shown_in_the_row_and_told_with_its_author() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.write("drift.csv", &csv("drift", 1));
    workspace.main(&[set("drift", "Block", "High"), mixed(MIXED)].concat());
    workspace.apply().await.expect(0);
    let id = tenant.row("updates.drift.example").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    tenant.remove(&["updates.drift.example"]);
    tenant.edit("198.51.100.1", |row| row["severity"] = "High".into());
    tenant.edit("c2.drift.example", |row| row["severity"] = "Low".into());
    tenant.edit("0000000000000000000000000000000000000001", |row| {
        row["action"] = "Allowed".into()
    });
    tenant.edit("https://drift.example/drop?id=1", |row| {
        row["recommendedActions"] = Value::Null
    });
    tenant.edit("192.0.2.23", |row| row["title"] = "Seen".into());
    tenant.edit("https://empty.example/stage2", |row| row["mitreTechniques"] = json!([]));

    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.drift"), @r#"
    # mde_indicator_set.drift will be updated in-place
    ~ resource "mde_indicator_set" "drift" {
        ~ indicators          = jsonencode(
            ~ {
                ~ "0000000000000000000000000000000000000001" = {
                    - action = "Allowed"
                  } -> null
                ~ "198.51.100.1"                             = {
                    ~ severity        = "High" -> "Medium"
                      # (1 unchanged attribute hidden)
                  }
                ~ "c2.drift.example"                         = {
                    - severity    = "Low"
                      # (1 unchanged attribute hidden)
                  }
                ~ "https://drift.example/drop?id=1"          = {
                    - recommended_actions = ""
                      # (1 unchanged attribute hidden)
                  }
                + "updates.drift.example"                    = null
              }
          )
        ~ record              = (sensitive value)
          # (6 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.mixed"), @r#"
    # mde_indicator_set.mixed will be updated in-place
    ~ resource "mde_indicator_set" "mixed" {
        ~ indicators  = {
            ~ "192.0.2.23"                   = {
                - title = "Seen"
              } -> null
            ~ "https://empty.example/stage2" = {
                ~ mitre_techniques = [
                    + "T1071.001",
                  ]
                  # (1 unchanged attribute hidden)
              }
              # (3 unchanged attributes hidden)
          }
        ~ record      = (sensitive value)
          # (4 unchanged attributes hidden)
      }
    "#);
    let warning = told(&planned.output, "List of drift: 4 changed, 1 missing in the tenant");
    assert_snapshot!(warning.replace(&format!("(id {id})"), "(id ID)"), @r#"
    Changed in the tenant:
    - 0000000000000000000000000000000000000001: action changed from "Block" to
    "Allowed" (by eve@contoso.example on 2026-01-02T03:04:05Z)
    - 198.51.100.1: severity changed from "Medium" to "High" (by
    eve@contoso.example on 2026-01-02T03:04:05Z)
    - c2.drift.example: severity changed from "High" to "Low" (by
    eve@contoso.example on 2026-01-02T03:04:05Z)
    - https://drift.example/drop?id=1: recommended_actions changed (by
    eve@contoso.example on 2026-01-02T03:04:05Z)

    Deleted in the tenant (the service does not record who deletes):
    - updates.drift.example (id ID)
    "#);
    assert_snapshot!(told(&planned.output, "Mixed: 2 changed"), @r#"
    Changed in the tenant:
    - 192.0.2.23: title changed (by eve@contoso.example on 2026-01-02T03:04:05Z)
    - https://empty.example/stage2: mitre_techniques changed from ["T1071.001"]
    to [] (by eve@contoso.example on 2026-01-02T03:04:05Z)
    "#);

    // A field that was emptied is seen where nothing else changed, and what is put right leaves no trace in the list.
    workspace.apply().await.expect(0);
    let before = workspace.objects("mde_indicator_set.drift")[0]["attributes"]["indicators"].clone();
    tenant.edit("https://drift.example/drop?id=1", |row| {
        row["recommendedActions"] = Value::Null
    });
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.drift"), @r#"
    # mde_indicator_set.drift will be updated in-place
    ~ resource "mde_indicator_set" "drift" {
        ~ indicators          = jsonencode(
            ~ {
                ~ "https://drift.example/drop?id=1"          = {
                    - recommended_actions = ""
                      # (1 unchanged attribute hidden)
                  }
                  # (4 unchanged attributes hidden)
              }
          )
        ~ record              = (sensitive value)
          # (6 unchanged attributes hidden)
      }
    "#);
    workspace.apply().await.expect(0);
    let after = &workspace.objects("mde_indicator_set.drift")[0]["attributes"]["indicators"];
    assert_eq!(*after, before);
    workspace.plan().await.expect(0);
}
