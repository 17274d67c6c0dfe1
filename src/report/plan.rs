//! The output of `terraform show -json` for a saved plan, as far as a report needs it. Terraform and OpenTofu write the same
//! form; what later versions add is passed over.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A plan.
#[derive(Debug, Deserialize)]
pub struct Plan<'a> {
    /// `1.x`; within 1, versions only add.
    pub format_version: String,
    /// The version of the program that made the plan. OpenTofu uses the same name.
    pub terraform_version: Option<String>,
    /// Every resource that the plan is about, those without changes too.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub resource_changes: Vec<Resource<'a>>,
    /// Every resource that was found to be other than the state says.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub resource_drift: Vec<Resource<'a>>,
    /// What is left to a later plan.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub deferred_changes: Vec<Deferred<'a>>,
    /// The state after the refresh.
    #[serde(borrow, default)]
    pub prior_state: Option<State<'a>>,
    /// The changes of outputs.
    #[serde(borrow, default, deserialize_with = "or_default")]
    pub output_changes: BTreeMap<String, Change<'a>>,
    /// The results of checks.
    #[serde(default, deserialize_with = "or_default")]
    pub checks: Vec<Check>,
    /// When the plan was made.
    pub timestamp: Option<String>,
    /// Whether nothing is left to a later plan.
    pub complete: Option<bool>,
    /// Whether the plan ended with an error, so that it may lack anything.
    pub errored: Option<bool>,
    /// What states have and plans have not.
    values: Option<IgnoredAny>,
}

/// What happens to a resource.
#[derive(Debug, Deserialize)]
pub struct Resource<'a> {
    /// Its address, with module and key.
    pub address: String,
    /// Where it was before a `moved` block.
    pub previous_address: Option<String>,
    /// The address of its module, if it is in one.
    pub module_address: Option<String>,
    /// `managed`, or `data`.
    #[serde(default)]
    pub mode: String,
    /// Its type.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Its name in the configuration.
    #[serde(default)]
    pub name: String,
    /// Key of an object that a replacement has left behind.
    pub deposed: Option<String>,
    /// What changes.
    #[serde(borrow)]
    pub change: Change<'a>,
    /// Why, as Terraform calls it.
    pub action_reason: Option<String>,
}

/// A change of a value.
#[derive(Debug, Deserialize)]
pub struct Change<'a> {
    /// `no-op`, `create`, `read`, `update`, `delete`, `forget`; two of them are a replacement.
    #[serde(default, deserialize_with = "or_default")]
    pub actions: Vec<String>,
    /// The value before.
    #[serde(borrow, default)]
    pub before: Option<&'a RawValue>,
    /// The value after, without what is known only after apply.
    #[serde(borrow, default)]
    pub after: Option<&'a RawValue>,
    /// `true` where the value after is known only after apply.
    #[serde(borrow, default)]
    pub after_unknown: Option<&'a RawValue>,
    /// `true` where the value before is sensitive.
    #[serde(borrow, default)]
    pub before_sensitive: Option<&'a RawValue>,
    /// `true` where the value after is sensitive.
    #[serde(borrow, default)]
    pub after_sensitive: Option<&'a RawValue>,
    /// What is imported, if this is an import.
    #[serde(default)]
    pub importing: Option<Importing>,
}

/// What an `import` block says.
#[derive(Debug, Deserialize)]
pub struct Importing {
    /// The id; imports by identity have none.
    pub id: Option<String>,
}

/// A change that is left to a later plan.
#[derive(Debug, Deserialize)]
pub struct Deferred<'a> {
    /// Why, as Terraform calls it.
    #[serde(default)]
    pub reason: String,
    /// What would change.
    #[serde(borrow)]
    pub resource_change: Resource<'a>,
}

/// A state.
#[derive(Debug, Deserialize)]
pub struct State<'a> {
    #[serde(borrow, default)]
    values: Option<Values<'a>>,
}

#[derive(Debug, Deserialize)]
struct Values<'a> {
    #[serde(borrow, default)]
    root_module: Option<Module<'a>>,
}

#[derive(Debug, Deserialize)]
struct Module<'a> {
    #[serde(borrow, default, deserialize_with = "or_default")]
    resources: Vec<Stored<'a>>,
    #[serde(borrow, default, deserialize_with = "or_default")]
    child_modules: Vec<Module<'a>>,
}

/// A resource of a state.
#[derive(Debug, Deserialize)]
pub struct Stored<'a> {
    /// Its address.
    pub address: String,
    /// Its type.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What it holds.
    #[serde(borrow, default)]
    pub values: Option<&'a RawValue>,
}

/// The result of a check.
#[derive(Debug, Deserialize)]
pub struct Check {
    /// What was checked.
    pub address: CheckAddress,
    /// `pass`, `fail`, `error` or `unknown`.
    #[serde(default)]
    pub status: String,
    /// The results by instance.
    #[serde(default, deserialize_with = "or_default")]
    pub instances: Vec<CheckInstance>,
}

/// What was checked.
#[derive(Debug, Deserialize)]
pub struct CheckAddress {
    /// The address as people write it.
    #[serde(default)]
    pub to_display: String,
}

/// One instance of what was checked.
#[derive(Debug, Deserialize)]
pub struct CheckInstance {
    /// What the check says against it.
    #[serde(default, deserialize_with = "or_default")]
    pub problems: Vec<CheckProblem>,
}

/// What a check says.
#[derive(Debug, Deserialize)]
pub struct CheckProblem {
    /// Its `error_message`.
    #[serde(default)]
    pub message: String,
}

/// A list that may be null.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(input)?.unwrap_or_default())
}

impl State<'_> {
    /// The resources of all modules.
    pub fn resources(&self) -> Vec<&Stored<'_>> {
        let mut found = Vec::new();
        let root = self.values.iter().filter_map(|values| values.root_module.as_ref());
        let mut modules: Vec<&Module> = root.collect();
        while let Some(module) = modules.pop() {
            found.extend(&module.resources);
            modules.extend(&module.child_modules);
        }
        found
    }
}

/// Why a text is not a plan that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// There is nothing.
    #[error(
        "it is empty. `terraform show -json PLANFILE` writes nothing to standard output if it fails; its error says why"
    )]
    Empty,
    /// It is the plan file itself.
    #[error("it is the saved plan itself. Run `terraform show -json PLANFILE` and give its output")]
    Binary,
    /// It is a log.
    #[error("it holds the JSON lines of `terraform plan -json`. Give them with `--log`")]
    Log,
    /// It is a state.
    #[error("it is a state, not a plan. Run `terraform show -json PLANFILE` with the name of a saved plan")]
    State,
    /// It is a version that this program does not know.
    #[error("its format has version {0}, and this program reads versions 1.x. Use a newer version of this program")]
    Version(String),
    /// It is no plan at all.
    #[error("it is not the output of `terraform show -json PLANFILE`: {0}")]
    Other(String),
}

/// What saved plans begin with: they are ZIP files.
pub const ZIP: &[u8] = b"PK\x03\x04";

/// Reads a plan.
pub fn read(text: &str) -> Result<Plan<'_>, Unreadable> {
    // Wrappers of Terraform print lines before and behind the plan.
    let is_noise = |line: &&str| !line.trim_start().starts_with('{');
    let noise: usize = text.split_inclusive('\n').take_while(is_noise).map(str::len).sum();
    let text = text.get(noise..).filter(|text| !text.is_empty()).unwrap_or(text);
    if text.is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Plan>();
    let plan = match values.next() {
        Some(Ok(plan)) => plan,
        Some(Err(error)) => return Err(instead(text, &error)),
        None => return Err(Unreadable::Empty),
    };
    match plan.format_version.split('.').next() {
        Some("0" | "1") if plan.values.is_some() => Err(Unreadable::State),
        Some("1") => Ok(plan),
        _ => Err(Unreadable::Version(crate::outgoing::shown(&plan.format_version))),
    }
}

/// What the text is in place of a plan.
fn instead(text: &str, error: &serde_json::Error) -> Unreadable {
    #[derive(Deserialize)]
    struct Line {
        #[serde(rename = "@level")]
        _level: String,
    }
    let first = text.lines().next().unwrap_or_default();
    if serde_json::from_str::<Line>(first).is_ok() {
        return Unreadable::Log;
    }
    Unreadable::Other(crate::outgoing::line(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_any_minor_version_is_read() {
        for text in [
            r#"{"format_version":"1.2","resource_changes":null}"#,
            r#" {"format_version":"1.99","something_new":{"a":[1]},"resource_changes":[],"checks":null} "#,
            r#"{"format_version":"1.0"}"#,
        ] {
            assert!(read(text).unwrap().resource_changes.is_empty(), "{text}");
            let wrapped = format!("[command]terraform show -json\n{text}\n::debug::exited with code 0.\n");
            assert!(read(&wrapped).is_ok(), "{wrapped}");
        }
        let text = r#"{"format_version":"1.2","resource_changes":[{"address":"a.b","new":1,"index":3,"change":{"actions":
            ["create","forget"],"before":null,"after":{"x":1},"before_identity":{"a":1},"importing":{"identity":{"a":1}}}}]}"#;
        let plan = read(text).unwrap();
        let change = &plan.resource_changes[0].change;
        assert_eq!(change.actions, ["create", "forget"]);
        assert!(change.before.is_none() && change.after.is_some() && change.importing.is_some());
    }

    #[test]
    fn what_is_no_plan_is_named() {
        for (text, expected) in [
            ("", Unreadable::Empty),
            (" \n", Unreadable::Empty),
            (
                "{\"@level\":\"info\",\"type\":\"version\"}\n{\"@level\":\"info\"}",
                Unreadable::Log,
            ),
            ("{\"@level\":\"info\",\"type\":\"version\"}", Unreadable::Log),
            (
                r#"{"format_version":"1.0","values":{"root_module":{}}}"#,
                Unreadable::State,
            ),
            (r#"{"format_version":"2.0"}"#, Unreadable::Version("`2.0`".into())),
            (r#"{"format_version":"0.2"}"#, Unreadable::Version("`0.2`".into())),
        ] {
            assert_eq!(read(text).unwrap_err(), expected, "{text}");
        }
        for text in ["[]", "nonsense", r#"{"version":4}"#, r#"{"format_version":"1.2""#] {
            assert!(matches!(read(text), Err(Unreadable::Other(_))), "{text}");
        }
    }

    #[test]
    fn resources_of_all_modules_are_found() {
        let text = r#"{"format_version":"1.2","prior_state":{"values":{"root_module":{"resources":[{"address":"a"}],
            "child_modules":[{"address":"module.x","resources":[{"address":"b"}],"child_modules":[{"resources":
            [{"address":"c","type":"t","values":{"v":1}}]}]},{}]}}}}"#;
        let plan = read(text).unwrap();
        let mut found: Vec<&str> = plan
            .prior_state
            .as_ref()
            .unwrap()
            .resources()
            .iter()
            .map(|one| &*one.address)
            .collect();
        found.sort_unstable();
        assert_eq!(found, ["a", "b", "c"]);
        let none = read(r#"{"format_version":"1.2","prior_state":{}}"#).unwrap();
        assert!(none.prior_state.unwrap().resources().is_empty());
    }
}
