//! What fits the JSON Schema of the docs, with which editors check files, is a list that the provider takes.

use crate::support::generate::List;
use crate::support::{Tenant, Workspace, blocks};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The schema of the docs; `docs --check` says that it is the one of this code.
fn schema() -> Validator {
    let text = std::fs::read_to_string(Path::new(ROOT).join("docs/indicators.schema.json")).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&serde_json::from_str(&text).unwrap())
        .unwrap()
}

/// What is wrong with a list, and where.
fn faults(schema: &Validator, list: &Json) -> Vec<String> {
    let told = schema.iter_errors(list);
    told.map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

/// The files of the examples that hold lists.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        // What these functions read is no list before they have read it.
        let name = path.file_name().unwrap().to_string_lossy();
        let is_read_first = path.ends_with("parse_stix") || path.ends_with("parse_misp") || name.contains(".stix.");
        // Pipelines and hooks are YAML, too.
        if is_read_first || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path
            .extension()
            .is_some_and(|end| ["csv", "json", "yaml"].iter().any(|known| end == *known))
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every list of the examples, read by the real terraform as the examples read it: those in files, and those in the language.
#[tokio::test]
async fn every_list_of_the_examples_fits_the_schema() {
    let schema = schema();
    let tenant = Tenant::start().await;
    let examples = Path::new(ROOT).join("examples");
    let files = files(&examples);
    let kinds = |kind: &str| {
        files
            .iter()
            .filter(|path| path.extension().is_some_and(|end| end == kind))
            .count()
    };
    assert!(
        kinds("csv") >= 3 && kinds("json") >= 2 && kinds("yaml") >= 2,
        "{files:?}"
    );
    let outputs = files.iter().enumerate().map(|(number, path)| {
        let read = match path.extension().and_then(|end| end.to_str()) {
            Some("csv") => "jsondecode(provider::mde::parse_csv(TEXT))",
            Some("json") => "jsondecode(TEXT)",
            _ => "yamldecode(TEXT)",
        };
        let read = read.replace("TEXT", &format!("file({:?})", path.display().to_string()));
        format!("output \"list_{number}\" {{\n  value = {read}\n}}\n")
    });
    let workspace = Workspace::new(&tenant);
    workspace.main(&outputs.collect::<String>());
    let plan = workspace.plan_json().await;
    for (number, path) in files.iter().enumerate() {
        let list = &plan["planned_values"]["outputs"][format!("list_{number}")]["value"];
        assert!(
            list.as_object().is_some_and(|rows| rows.len() > 1),
            "{}: {list}",
            path.display()
        );
        assert_eq!(faults(&schema, list), [""; 0], "{}", path.display());
    }

    let name = "resources/mde_indicator_set";
    let workspace = Workspace::new(&tenant);
    let configuration = std::fs::read_to_string(examples.join(name).join("resource.tf")).unwrap();
    workspace.main(&configuration.replace("${path.module}", &examples.join(name).display().to_string()));
    let plan = workspace.plan_json().await;
    let sets = plan["planned_values"]["root_module"]["resources"].as_array().unwrap();
    assert_eq!(sets.len(), 5);
    for set in sets {
        let list = match &set["values"]["indicators"] {
            Json::String(text) => serde_json::from_str(text).unwrap(),
            list => list.clone(),
        };
        assert_eq!(faults(&schema, &list), [""; 0], "{}", set["address"]);
    }
    // They are lists that the service takes, too.
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
}

#[test]
fn what_is_no_list_does_not_fit() {
    let schema = schema();
    let fits = |list: Json| faults(&schema, &list).is_empty();
    for row in [
        Json::Null,
        json!({}),
        json!({ "title": null, "generate_alert": true, "category": "Malware", "rbac_group_names": ["A"] }),
        json!({ "bypass_duration_hours": 4, "expiration_time": "2041-01-31T01:00:00+01:00" }),
        json!({ "certificate_info": { "issuer": "CN=i" } }),
    ] {
        assert!(fits(json!({ "a.example": row, "b.example": null })), "{row}");
    }
    for row in [
        json!({ "acton": "Allowed" }),
        json!({ "title": 7 }),
        json!({ "action": "allowed" }),
        json!({ "severity": "critical" }),
        json!({ "generate_alert": "yes" }),
        json!({ "bypass_duration_hours": 1.5 }),
        json!({ "expiration_time": "tomorrow" }),
        json!({ "mitre_techniques": "T1566" }),
        json!({ "certificate_info": { "isuer": "CN=i" } }),
        json!("text"),
        json!(7),
        json!([]),
    ] {
        assert!(!fits(json!({ "a.example": row, "b.example": null })), "{row}");
    }
    for list in [
        json!([{ "value": "a.example" }]),
        json!(["a.example"]),
        json!("a.example"),
        Json::Null,
    ] {
        assert!(!fits(list.clone()), "{list}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the provider takes fits.
    #[test]
    fn every_list_that_is_valid_fits(list in List::any()) {
        let list = match &list.block()["indicators"] {
            Json::String(text) => serde_json::from_str(text).unwrap(),
            list => list.clone(),
        };
        assert_eq!(faults(&schema(), &blocks::merged(list.clone(), json!({ "more.example": null }))), [""; 0], "{list:#}");
    }
}
