//! What a plan knows before anything is done: the number of rows by action, as soon as every row and every action is known.

use crate::support::{Host, Tenant, blocks, plain};
use mde::tf::Value;
use serde_json::{Value as Json, json};

const SET: &str = "mde_indicator_set.a";
const UNKNOWN: &str = "<unknown>";

/// Blocks, and the counts that a plan of them knows; null if it cannot.
fn cases() -> Vec<(Json, Json)> {
    let rows = |more: Json| {
        let rows = json!({ "a.example": null, "b.example": { "action": "Warn" } });
        json!({ "indicators": blocks::merged(rows, more) })
    };
    let with = |attribute: &str, rows: Json| {
        let mut block = json!({ "indicators": rows });
        block[attribute] = UNKNOWN.into();
        block
    };
    vec![
        (rows(json!({})), json!({ "Block": 1, "Warn": 1 })),
        // What else is not known does not matter.
        (
            rows(json!({ "c": { "value": UNKNOWN, "title": UNKNOWN, "generate_alert": UNKNOWN } })),
            json!({ "Block": 2, "Warn": 1 }),
        ),
        (with("title", json!({ "a.example": null })), json!({ "Block": 1 })),
        (
            rows(json!({ "c.example": { "expiration_time": "2001-01-01T00:00:00Z" } })),
            json!({ "Block": 2, "Warn": 1 }),
        ),
        (json!({ "indicators": {} }), json!({})),
        (
            json!({ "indicators": "{\"a.example\":{\"action\":\"Audit\",\"generate_alert\":true}}" }),
            json!({ "Audit": 1 }),
        ),
        // An action that is not known, wherever it stands.
        (rows(json!({ "c.example": { "action": UNKNOWN } })), Json::Null),
        (rows(json!({ "c.example": UNKNOWN })), Json::Null),
        (
            with(
                "action",
                json!({ "a.example": null, "b.example": { "action": "Warn" } }),
            ),
            Json::Null,
        ),
        (
            with(
                "action",
                json!({ "a.example": { "action": "Allowed" }, "b.example": { "action": "Warn" } }),
            ),
            json!({ "Allowed": 1, "Warn": 1 }),
        ),
        // Rows that are not known.
        (json!({ "indicators": UNKNOWN }), Json::Null),
    ]
}

#[tokio::test]
async fn counts_are_known_as_soon_as_every_row_and_action_is() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    host.configure(&[(SET, blocks::set(json!({ "indicators": { "old.example": null } })))]);
    host.apply().await.ok();
    let held = host.state.clone();
    for creates in [false, true] {
        if creates {
            tenant.portal(Vec::clear);
        }
        for (block, expected) in cases() {
            host.state = if creates { Default::default() } else { held.clone() };
            let run = host.configure(&[(SET, blocks::set(block.clone()))]).plan().await.ok();
            let planned = &run.planned[SET];
            let counts = planned.get("counts");
            let found = if *counts == Value::Unknown {
                Json::Null
            } else {
                plain(counts)
            };
            assert_eq!(found, expected, "{block:#}");
            // What is held is decided when it is done.
            assert_eq!(*planned.get("record"), Value::Unknown);
        }
    }
}
