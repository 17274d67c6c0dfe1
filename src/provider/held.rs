//! Which rows a state holds, read from what the host prints of it. The record of each resource says so.

use super::record::Record;
use crate::indicator::RowId;
use crate::tenant::Holding;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashSet;

/// A state as `terraform show -json` prints it.
#[derive(Deserialize)]
struct State {
    #[serde(rename = "format_version")]
    _format_version: String,
    values: Option<Values>,
    resource_changes: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Values {
    #[serde(default)]
    root_module: Module,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Module {
    resources: Vec<Resource>,
    child_modules: Vec<Module>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    values: Option<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    #[serde(default)]
    record: serde_json::Value,
}

/// The ids of all rows that the state holds.
///
/// # Errors
///
/// The text is no such output.
pub fn held(text: &str) -> Result<HashSet<RowId>, String> {
    let state: State = serde_json::from_str(text)
        .map_err(|error| format!("it is not what `terraform show -json` prints of a state: {error}"))?;
    if state.resource_changes.is_some() {
        return Err("it is a plan; `terraform show -json` prints the state if it is given no file".into());
    }
    let mut held = HashSet::new();
    let mut modules: Vec<Module> = state.values.into_iter().map(|values| values.root_module).collect();
    while let Some(module) = modules.pop() {
        modules.extend(module.child_modules);
        for recorded in module.resources.into_iter().filter_map(|resource| resource.values) {
            // Other resources have no record, or one of another form.
            let record = Record::parse(recorded.record.as_str().unwrap_or_default());
            held.extend(record.others.iter().map(super::record::Other::id));
            held.extend(record.holdings.iter().filter_map(Holding::held).cloned());
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_records_of_all_modules_count() {
        let resource = |record: serde_json::Value| json!({"type": "mde_indicator_set", "values": {"record": record}});
        let others = json!({"ids": "5", "others": [{"id": "6", "value": "a", "type": "Url", "action": "Block"}]});
        let state = json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {
            "resources": [
                resource(json!({"ids": "1 ?2 - 3"}).to_string().into()),
                {"type": "other", "values": {"record": ["x"]}},
                {"type": "null", "values": null},
            ],
            "child_modules": [{"child_modules": [{"resources": [resource(others.to_string().into())]}]}],
        }}});
        let ids: HashSet<RowId> = ["1", "3", "5", "6"].into_iter().map(RowId::from).collect();
        assert_eq!(held(&state.to_string()), Ok(ids));
        assert_eq!(
            held("{\"format_version\": \"1.0\"}"),
            Ok(HashSet::new()),
            "an empty state"
        );
    }

    #[test]
    fn what_is_no_state_is_refused() {
        for (text, why) in [
            ("", "not what"),
            ("{}", "not what"),
            ("{\"version\": 4, \"resources\": []}", "not what"),
            (
                "{\"format_version\": \"1.2\", \"resource_changes\": []}",
                "it is a plan",
            ),
        ] {
            assert!(held(text).unwrap_err().contains(why), "{text}");
        }
    }
}
