//! Functions and lists with the real terraform: what a function returns is a text that can be used wherever a text can, and a
//! list can be written in everything that people write lists in.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;
use serde_json::{Value, json};

#[tokio::test]
async fn what_a_function_returns_is_a_text_and_needs_no_service() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.unset("ARM_CLIENT_SECRET");
    workspace.write(
        "list.csv",
        "value,severity,generate_alert,mitre_techniques\nb.example,,,\na.example,High,TRUE,\"T1566,T1071\"\n",
    );
    workspace.write(
        "other.csv",
        "MitreTechniques,GenerateAlert,Severity,IndicatorValue\r\n\"T1566,T1071\",true,High,a.example\r\n,,,b.example\r\n",
    );
    workspace.main(
        r#"
output "text" {
  value = provider::mde::parse_csv(file("list.csv"))
}
output "other" {
  value = provider::mde::parse_csv(file("other.csv"))
}
output "more" {
  value = merge(jsondecode(provider::mde::parse_csv(file("list.csv"))), { "c.example" = null })
}
"#,
    );
    let plan = workspace.plan_json().await;
    let output = |name: &str| plan["planned_values"]["outputs"][name]["value"].clone();
    let rows = json!({
        "a.example": { "severity": "High", "generate_alert": true, "mitre_techniques": ["T1566", "T1071"] },
        "b.example": {}
    });
    let text = output("text");
    let read: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    assert!(read == rows || read == without_empty(&rows), "{read}");
    assert_eq!(output("other"), text, "the same list is the same text");
    assert_eq!(output("more").as_object().unwrap().len(), 3);
    assert!(tenant.simulator.calls().is_empty());
}

/// Rows that say nothing may be null as well.
fn without_empty(rows: &Value) -> Value {
    let one = |row: &Value| if *row == json!({}) { Value::Null } else { row.clone() };
    let rows = rows.as_object().unwrap().iter();
    rows.map(|(key, row)| (key.clone(), one(row))).collect()
}

#[tokio::test]
async fn every_way_to_write_a_list_gives_the_same_rows() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.write(
        "list.csv",
        "value,severity,description,expiration_time,generate_alert,bypass_duration_hours\n\
         a.example,High,\"seen, twice\",2041-01-01T00:00:00Z,TRUE,4\n\
         b.example,,,,,\n",
    );
    let rows = json!({
        "a.example": {
            "severity": "High", "description": "seen, twice", "expiration_time": "2041-01-01T00:00:00Z",
            "generate_alert": true, "bypass_duration_hours": 4
        },
        "b.example": null
    });
    workspace.write("list.json", &rows.to_string());
    workspace.write(
        "list.yaml",
        "a.example:\n  severity: High\n  description: seen, twice\n  expiration_time: \"2041-01-01T00:00:00Z\"\n  \
         generate_alert: true\n  bypass_duration_hours: 4\nb.example:\n",
    );
    let fields = r#"severity = "High", description = "seen, twice", expiration_time = "2041-01-01T00:00:00Z""#;
    let rare = r#"generate_alert = true, bypass_duration_hours = 4"#;
    let ways = [
        r#"provider::mde::parse_csv(file("list.csv"))"#.to_owned(),
        r#"file("list.json")"#.to_owned(),
        r#"jsondecode(file("list.json"))"#.to_owned(),
        r#"yamldecode(file("list.yaml"))"#.to_owned(),
        // Every cell is a text, and an absent one an empty text.
        r#"{ for row in csvdecode(file("list.csv")) : row.value => row }"#.to_owned(),
        format!(r#"{{ "a.example" = {{ {fields}, {rare} }}, "b.example" = {{}} }}"#),
        format!(r#"{{ "one" = {{ value = "a.example", {fields}, {rare} }}, "two" = {{ value = "b.example" }} }}"#),
        format!(r#"jsonencode({{ "a.example" = {{ {fields}, {rare} }}, "b.example" = null }})"#),
        format!(
            r#"{{ for row in [{{ value = "b.example" }}, {{ value = "a.example", {fields}, {rare} }}] : row.value => row }}"#
        ),
    ];
    let set = |list: &str| {
        format!(
            "resource \"mde_indicator_set\" \"list\" {{\n  action      = \"Block\"\n  title       = \"List\"\n  description = \
             \"Text\"\n  indicators  = {list}\n}}\n"
        )
    };
    workspace.main(&set(&ways[0]));
    workspace.apply().await.expect(0);
    let row = tenant.row("a.example").unwrap();
    for (name, value) in [
        ("severity", json!("High")),
        ("description", json!("seen, twice")),
        ("expirationTime", json!("2041-01-01T00:00:00Z")),
        ("generateAlert", json!(true)),
        ("bypassDurationHours", json!(4)),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert_eq!(tenant.row("b.example").unwrap()["description"], "Text");
    for way in &ways[1..] {
        workspace.main(&set(way));
        let planned = workspace.plan().await;
        assert_eq!(planned.code, 0, "{way}\n{}", planned.output);
    }
}

#[tokio::test]
async fn a_row_that_is_not_known_yet_leaves_the_others_known() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(
        r#"
resource "terraform_data" "later" {
  input = "later.example"
}
resource "mde_indicator_set" "map" {
  action      = "Block"
  title       = "Map"
  description = "Text"
  indicators = {
    "a.example" = { severity = "High" }
    "b.example" = { description = terraform_data.later.output }
    "later"     = { value = terraform_data.later.output }
  }
}
resource "mde_indicator_set" "keys" {
  action      = "Block"
  title       = "Keys"
  description = "Text"
  indicators  = { for value in ["c.example", "not-${terraform_data.later.output}"] : value => null }
}
resource "mde_indicator_set" "text" {
  action      = "Block"
  title       = "Text"
  description = "Text"
  indicators  = jsonencode({ "d.example" = { description = terraform_data.later.output } })
}
resource "mde_indicator_set" "function" {
  action      = "Block"
  title       = "Function"
  description = "Text"
  indicators  = provider::mde::parse_csv("value\nfunction.${terraform_data.later.output}\n")
}
"#,
    );
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.map"), @r#"
    # mde_indicator_set.map will be created
    + resource "mde_indicator_set" "map" {
        + action      = "Block"
        + counts      = {
            + "Block" = 3
          }
        + description = "Text"
        + indicators  = {
            + "a.example" = {
                + severity = "High"
              }
            + "b.example" = {
                + description = (known after apply)
              }
            + later       = {
                + value = (known after apply)
              }
          }
        + record      = (sensitive value)
        + title       = "Map"
      }
    "#);
    for name in ["keys", "text", "function"] {
        let block = planned.block(&format!("mde_indicator_set.{name}"));
        assert!(block.contains("+ indicators  = (known after apply)"), "{block}");
        assert!(block.contains("+ counts      = (known after apply)"), "{block}");
    }
    workspace.apply().await.expect(0);
    assert_eq!(
        tenant.values(),
        [
            "a.example",
            "b.example",
            "c.example",
            "d.example",
            "function.later.example",
            "later.example",
            "not-later.example"
        ]
    );
    workspace.plan().await.expect(0);
}
