//! States of older versions of the schema.

use serde_json::{Map, Value as Json, json};

/// Version 0 kept plain rows in `values`, others in `indicators` with a group `details`, and the ids in a map.
pub fn from_0(stored: Json) -> Json {
    let Json::Object(mut stored) = stored else {
        return stored;
    };
    let mut take = |name: &str| match stored.remove(name) {
        Some(Json::Object(map)) => map,
        _ => Map::new(),
    };
    let (values, elements, ids) = (take("values"), take("indicators"), take("ids"));
    take("drift");
    take("extra");
    let mut rows = Map::new();
    for (key, description) in values {
        rows.insert(key, flat(json!({ "description": description })));
    }
    for (key, element) in elements {
        rows.insert(key, flat(element));
    }
    let mut keys: Vec<&String> = rows.keys().collect();
    keys.sort_unstable();
    let ids: Vec<&str> = keys
        .iter()
        .map(|key| ids.get(*key).and_then(Json::as_str).unwrap_or("-"))
        .collect();
    let record = json!({ "ids": ids.join(" ") }).to_string();
    let text = Json::Object(rows.clone()).to_string();
    stored.insert("indicators".into(), json!({ "value": text, "type": "string" }));
    stored.insert("record".into(), record.into());
    stored.insert("on_existing".into(), Json::Null);
    stored.insert("counts".into(), counts(&rows, stored.get("action")));
    Json::Object(stored)
}

/// The row without nulls and without groups; null if it says nothing.
fn flat(row: Json) -> Json {
    let Json::Object(mut row) = row else { return Json::Null };
    if let Some(Json::Object(details)) = row.remove("details") {
        row.extend(details);
    }
    row.retain(|_, value| !value.is_null());
    if row.is_empty() { Json::Null } else { Json::Object(row) }
}

fn counts(rows: &Map<String, Json>, default: Option<&Json>) -> Json {
    let mut counts = Map::new();
    for row in rows.values() {
        let action = row.get("action").or(default).and_then(Json::as_str).unwrap_or_default();
        let count = counts.get(action).and_then(Json::as_i64).unwrap_or_default();
        counts.insert(action.to_owned(), (count + 1).into());
    }
    Json::Object(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by the version before, at commit 44c8eeb.
    #[test]
    fn a_state_of_version_0_holds_the_same_rows() {
        let stored = json!({
            "action": "Block", "title": "C2", "description": null, "exclusive": null, "drift": null, "extra": null,
            "values": { "b.example": "case 1", "c.example": null },
            "indicators": { "a.example": {
                "value": null, "type": null, "action": "Allowed", "severity": null, "title": null, "description": null,
                "expiration_time": null, "details": { "external_id": "x", "version": null }
            } },
            "ids": { "a.example": "7", "b.example": "8", "c.example": null }
        });
        let upgraded = from_0(stored);
        let text = upgraded["indicators"]["value"].as_str().unwrap();
        assert_eq!(
            serde_json::from_str::<Json>(text).unwrap(),
            json!({
                "a.example": { "action": "Allowed", "external_id": "x" }, "b.example": { "description": "case 1" }, "c.example": null
            })
        );
        assert_eq!(upgraded["record"], json!({ "ids": "7 8 -" }).to_string());
        assert_eq!(upgraded["counts"], json!({ "Allowed": 1, "Block": 2 }));
        assert!(upgraded.get("values").is_none() && upgraded.get("ids").is_none());
    }
}
