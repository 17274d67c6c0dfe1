//! Lists as others publish them: the functions that make a set's list of a STIX bundle, a MISP event and a plain list.

use super::at_every_size;
use super::data::Row;
use super::time::PerIndicator;
use criterion::Criterion;
use mde::provider::MdeProvider;
use mde::tf::{Provider, Value};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    let functions = MdeProvider::default().functions();
    for (name, text) in [
        ("parse_stix", stix as fn(&[Row]) -> String),
        ("parse_misp", misp),
        ("parse_list", list),
    ] {
        let function = functions.iter().find(|function| function.name() == name).unwrap();
        at_every_size(
            criterion,
            &format!("function {name}"),
            |rows| Value::from(text(rows)),
            |text| function.call(vec![text]).unwrap(),
        );
    }
}

/// A bundle with the usual members of an indicator, some 650 bytes each.
fn stix(rows: &[Row]) -> String {
    let objects: Vec<Json> = rows
        .iter()
        .enumerate()
        .map(|(number, row)| {
            let value = &row.value;
            let pattern = match value.find([':', '.']) {
                None => format!("[file:hashes.'SHA-256' = '{value}']"),
                Some(at) if value[at..].starts_with(':') => format!(
                    "[network-traffic:dst_ref.type = 'ipv6-addr' AND network-traffic:dst_ref.value = '{value}']"
                ),
                Some(_) => format!("[domain-name:value = '{value}']"),
            };
            json!({
                "type": "indicator",
                "spec_version": "2.1",
                "id": format!("indicator--00000000-0000-4000-8000-{number:012x}"),
                "created_by_ref": "identity--00000000-0000-4000-8000-000000000001",
                "created": "2026-01-12T09:00:00.000Z",
                "modified": "2026-01-12T09:00:00.000Z",
                "name": row.title,
                "description": row.description,
                "indicator_types": ["malicious-activity"],
                "pattern": pattern,
                "pattern_type": "stix",
                "valid_from": "2026-01-12T09:00:00Z",
                "labels": ["campaign", "c2"],
                "object_marking_refs": ["marking-definition--00000000-0000-4000-8000-000000000002"],
            })
        })
        .collect();
    json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000003", "objects": objects }).to_string()
}

fn misp(rows: &[Row]) -> String {
    let attributes: Vec<Json> = rows
        .iter()
        .enumerate()
        .map(|(number, row)| {
            let kind = match row.value.find([':', '.']) {
                None => "sha256",
                Some(at) if row.value[at..].starts_with(':') => "ip-dst",
                Some(_) => "domain",
            };
            json!({
                "uuid": format!("00000000-0000-4000-8000-{number:012x}"),
                "type": kind,
                "category": "Network activity",
                "to_ids": true,
                "value": row.value,
                "timestamp": "1768464000",
                "distribution": "5",
                "deleted": false,
                "comment": row.description,
                "Tag": [{ "name": "tlp:green", "colour": "#339900" }],
            })
        })
        .collect();
    json!({ "Event": { "info": "Campaign", "timestamp": "1768464000", "Attribute": attributes } }).to_string()
}

fn list(rows: &[Row]) -> String {
    let mut text = String::from("# campaign\n");
    for row in rows {
        let _ = writeln!(text, "{} # {}", row.value, row.description);
    }
    text
}
