//! The function `indicators` with the real terraform, over everything that people write lists in.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;
use serde_json::{Value, json};

#[tokio::test]
async fn every_way_to_write_a_list_gives_the_same_map() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.write(
        "list.csv",
        "value,severity,description,expiration_time,generate_alert,mitre_techniques,bypass_duration_hours\n\
         a.example,High,\"seen, twice\",2041-01-01T00:00:00Z,TRUE,\"T1566,T1071\",4\n\
         b.example,,,,,,\n",
    );
    workspace.write(
        "list.json",
        &json!({
            "a.example": {
                "severity": "High", "description": "seen, twice", "expiration_time": "2041-01-01T00:00:00Z",
                "generate_alert": true, "mitre_techniques": ["T1566", "T1071"], "bypass_duration_hours": 4
            },
            "b.example": null
        })
        .to_string(),
    );
    let fields = r#"severity = "High", description = "seen, twice", expiration_time = "2041-01-01T00:00:00Z""#;
    let rare = r#"generate_alert = true, mitre_techniques = ["T1566", "T1071"], bypass_duration_hours = 4"#;
    let ways = [
        ("csv", r#"csvdecode(file("list.csv"))"#.to_owned()),
        ("json", r#"jsondecode(file("list.json"))"#.to_owned()),
        (
            "json_list",
            r#"[for value, fields in jsondecode(file("list.json")) : merge({ value = value }, fields)]"#.to_owned(),
        ),
        (
            "for",
            r#"{ for row in csvdecode(file("list.csv")) : row.value => { for name, cell in row : name => cell if name != "value" } }"#
                .to_owned(),
        ),
        (
            "literal",
            format!(r#"{{ "a.example" = {{ {fields}, {rare} }}, "b.example" = {{}} }}"#),
        ),
        (
            "nested",
            format!(r#"{{ "a.example" = {{ {fields}, details = {{ {rare} }} }}, "b.example" = null }}"#),
        ),
        (
            "list",
            format!(r#"[{{ value = "b.example" }}, {{ value = "a.example", {fields}, {rare} }}]"#),
        ),
        (
            "again",
            format!(
                r#"provider::mde::indicators([{{ value = "b.example" }}, {{ value = "a.example", {fields}, {rare} }}])"#
            ),
        ),
    ];
    let outputs: String = ways
        .iter()
        .map(|(name, rows)| format!("output \"{name}\" {{\n  value = provider::mde::indicators({rows})\n}}\n"))
        .collect();
    workspace.main(&outputs);
    let plan = workspace.plan_json().await;
    let without_null = |value: &Value| -> Value {
        let entries = value.as_object().unwrap().iter();
        entries
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    for (name, _) in &ways {
        let map = &plan["planned_values"]["outputs"][name]["value"];
        let mut row = without_null(&map["a.example"]);
        row["details"] = without_null(&row["details"]);
        assert_eq!(
            row,
            json!({
                "severity": "High", "description": "seen, twice", "expiration_time": "2041-01-01T00:00:00Z",
                "details": {
                    "generate_alert": true, "mitre_techniques": ["T1566", "T1071"], "bypass_duration_hours": 4
                }
            }),
            "{name}"
        );
        assert_eq!(without_null(&map["b.example"]), json!({}), "{name}");
        assert_eq!(map.as_object().unwrap().len(), 2, "{name}");
    }
    assert!(tenant.simulator.calls().is_empty(), "a function needs no service");
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
  indicators = provider::mde::indicators({
    "a.example" = { severity = "High" }
    "b.example" = { description = terraform_data.later.output }
    "later"     = { value = terraform_data.later.output }
  })
}
resource "mde_indicator_set" "list" {
  action      = "Block"
  title       = "List"
  description = "Text"
  indicators  = provider::mde::indicators([{ value = "c.example" }, { value = "not-${terraform_data.later.output}" }])
}
"#,
    );
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.map"), @r#"
    # mde_indicator_set.map will be created
    + resource "mde_indicator_set" "map" {
        + action      = "Block"
        + description = "Text"
        + ids         = (known after apply)
        + indicators  = {
            + "a.example" = {
                + severity = "High"
              },
            + "b.example" = {
                + description = (known after apply)
              },
            + "later" = {
                + value = (known after apply)
              },
          }
        + title       = "Map"
      }
    "#);
    workspace.apply().await.expect(0);
    let mut values: Vec<String> = tenant
        .simulator
        .rows()
        .iter()
        .map(|row| row["indicatorValue"].as_str().unwrap().to_owned())
        .collect();
    values.sort_unstable();
    assert_eq!(
        values,
        [
            "a.example",
            "b.example",
            "c.example",
            "later.example",
            "not-later.example"
        ]
    );
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_list_is_told_at_once() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(
        r#"
output "list" {
  value = provider::mde::indicators([
    { value = "a.example", colour = "red", generate_alert = "maybe" },
    { severity = "High" },
    { value = "a.example", severity = "Low", colour = "red" },
    { value = "b.example", notification_id = "x", Severity = "High" },
    "c.example",
    { value = "d.example", details = { application = "x", nonsense = 1 } },
    { value = "e.example", application = "x", details = { application = "y" } },
  ])
}
output "text" {
  value = provider::mde::indicators("a.example")
}
"#,
    );
    let failed = workspace.run(&["validate"]).await.expect(1);
    assert_eq!(failed.errors(), ["Invalid function argument"; 2], "{}", failed.output);
    let lines = failed
        .output
        .lines()
        .skip_while(|line| !line.starts_with("Invalid value"));
    let told: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    assert_snapshot!(told.join("\n"), @r#"
    Invalid value for "rows" parameter: 9 problems:
    - row 1 and 1 more: an indicator has no field `colour`
    - row 1: `generate_alert` must be true or false
    - row 2: `value` is missing; in a list each object must name it
    - row 3: `a.example` is in row 1 already, with another `severity`
    - row 4: an indicator has no field `Severity`; `severity` may be meant
    - row 4: `notification_id` must be a whole number
    - row 5: this is not an object with the fields of an indicator
    - row 6: `details` has no field `nonsense`
    - row 7: `application` is there twice with different values, once in
    `details`.
    "#);
    assert!(
        failed.says(r#"Invalid value for "rows" parameter: it must be a map or a list of objects."#),
        "{}",
        failed.output
    );
}
