//! The functions for lists as others publish them, with the real terraform.

use crate::support::{Tenant, Workspace};
use serde_json::{Value, json};

const SHA256: &str = "4f6bb1a6a7c8d8e1b3f0a9c2d5e7f80112233445566778899aabbccddeeff001";

/// Writes a bundle, an event and a list that share nothing.
fn write_lists(workspace: &Workspace) {
    let bundle = json!({ "type": "bundle", "id": "bundle--1", "objects": [
        { "type": "indicator", "id": "indicator--1", "name": "Loader", "valid_until": "2041-01-01T00:00:00Z",
          "pattern": format!("[file:hashes.'SHA-256' = '{SHA256}' OR mutex:name = 'x']") },
        { "type": "indicator", "id": "indicator--2", "pattern": "[domain-name:value != 'good.example']" },
    ]});
    workspace.write("bundle.json", &bundle.to_string());
    let event = json!({ "Event": { "info": "Phishing", "Attribute": [
        { "type": "domain", "value": "login.example", "to_ids": true, "comment": "form" },
        { "type": "ip-dst", "value": "198.51.100.23", "to_ids": false },
    ]}});
    workspace.write("event.json", &event.to_string());
    workspace.write(
        "list.txt",
        "\u{feff}# relays\r\n198.51.100.7\r\nrelay.example # case 42\r\n203.0.113.0/24\r\n",
    );
}

const SET: &str = r#"
resource "mde_indicator_set" "feeds" {
  action      = "Block"
  title       = "Feeds"
  description = "Text"
  indicators = provider::mde::merge(
    provider::mde::parse_stix(file("bundle.json"), "path", "negation"),
    provider::mde::parse_misp(file("event.json"), "to-ids"),
    provider::mde::parse_list(file("list.txt"), "cidr"),
    jsonencode({ for value in ["hxxp://a[.]example/b"] : provider::mde::refang(value) => null }),
  )
}
output "types" {
  value = [for value in ["198.51.100.7", "no value", null] : provider::mde::detect_type(value)]
}
output "spellings" {
  value = [provider::mde::refang(null), provider::mde::defang("http://a.example/b")]
}
"#;

#[tokio::test]
async fn feeds_are_merged_into_one_set_that_stays_as_it_is() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    write_lists(&workspace);
    workspace.main(SET);
    let plan = workspace.plan_json().await;
    let planned = &plan["planned_values"];
    let output = |name: &str| planned["outputs"][name]["value"].clone();
    assert_eq!(output("types"), json!(["IpAddress", null, null]));
    assert_eq!(output("spellings"), json!([null, "hxxp://a[.]example/b"]));
    let set = &planned["root_module"]["resources"][0]["values"]["indicators"];
    let rows: Value = serde_json::from_str(set.as_str().unwrap()).unwrap();
    assert_eq!(
        rows,
        json!({
            "198.51.100.7": null,
            SHA256: { "title": "Loader", "expiration_time": "2041-01-01T00:00:00Z" },
            "http://a.example/b": null,
            "login.example": { "title": "Phishing", "description": "form" },
            "relay.example": { "description": "case 42" },
        })
    );
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn what_is_not_taken_stops_the_plan_until_its_reason_is_named() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    write_lists(&workspace);
    workspace.main(&SET.replace(", \"path\", \"negation\"", ", \"pth\""));
    workspace
        .plan()
        .await
        .expect(1)
        .expect_says("`pth` is not a reason; did you mean \"path\"?");
    workspace.main(&SET.replace(", \"path\", \"negation\"", ""));
    workspace
        .plan()
        .await
        .expect(1)
        .expect_says("`parse_stix(text, \"negation\", \"path\")`")
        .expect_says("objects[1].pattern, column 2: `domain-name:value != 'good.example'`");
    assert!(tenant.simulator.calls().is_empty());
}
