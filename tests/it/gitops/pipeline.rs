//! Workflows of GitHub Actions and pipelines of Azure DevOps as the steps that their runners would run.

use super::yaml;
use serde_json::Value;
use std::path::Path;

/// One step that runs a script.
#[derive(Debug)]
pub struct Step {
    pub name: String,
    pub script: String,
    pub environment: Vec<(String, String)>,
}

/// Steps that share a machine.
#[derive(Debug)]
pub struct Job {
    pub name: String,
    pub steps: Vec<Step>,
}

/// What expressions of GitHub stand for on a pull request of the same repository. Others fail the test.
const GITHUB: [(&str, &str); 11] = [
    ("vars.ARM_TENANT_ID", "tenant"),
    ("vars.ARM_CLIENT_ID", "client"),
    ("github.sha", "1111111111111111111111111111111111111111"),
    ("github.event.pull_request.number", "17"),
    (
        "github.event.pull_request.head.sha",
        "2222222222222222222222222222222222222222",
    ),
    ("github.token", "token-of-the-run"),
    ("github.server_url", "https://github.example"),
    ("github.repository", "contoso/indicators"),
    ("github.run_id", "99"),
    // Conditions, of which all hold here.
    (SAME_REPOSITORY, "true"),
    ("always() && hashFiles('lint.sarif') != ''", "true"),
];

/// Pull requests from forks get no credentials.
const SAME_REPOSITORY: &str = "github.event.pull_request.head.repo.full_name == github.repository";

/// The condition of a step that runs whatever came before it.
const ALWAYS: &str = "always() && env.MDE != '' && ";

/// What macros of Azure DevOps stand for. Others fail the test.
const AZURE: [(&str, &str); 4] = [
    ("System.AccessToken", "token-of-the-run"),
    ("SERVICE_CONNECTION_ID", "connection"),
    (
        "System.PullRequest.SourceCommitId",
        "2222222222222222222222222222222222222222",
    ),
    ("Build.SourceVersion", "1111111111111111111111111111111111111111"),
];

fn known(table: &[(&str, &str)], expression: &str) -> String {
    let found = table.iter().find(|(name, _)| *name == expression.trim());
    let unknown = || panic!("`{expression}` is not in the table of expressions");
    found.map_or_else(unknown, |(_, value)| (*value).to_owned())
}

/// The text with the expressions between the marks replaced.
fn substituted(text: &str, open: &str, close: &str, table: &[(&str, &str)]) -> String {
    let mut parts = text.split(open);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once(close).unwrap();
        out.push_str(&known(table, expression));
        out.push_str(rest);
    }
    out
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The variables of a job or a step. The simulator's own credentials stand in for how people sign in.
fn environment(value: &Value, open: &str, close: &str, table: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = value.as_object().into_iter().flatten();
    let pairs = pairs.map(|(name, value)| (name.clone(), substituted(text(value), open, close, table)));
    pairs.filter(|(name, _)| !name.starts_with("ARM_")).collect()
}

/// Every scalar below the value, but for scripts.
fn scalars<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| scalars(item, found)),
        Value::Object(map) => map
            .iter()
            .filter(|(name, _)| !["run", "bash"].contains(&name.as_str()))
            .for_each(|(_, value)| scalars(value, found)),
        _ => {}
    }
}

/// The jobs of a workflow.
pub fn github(path: &Path) -> Vec<Job> {
    let workflow = yaml::read(&std::fs::read_to_string(path).unwrap());
    let mut all = Vec::new();
    scalars(&workflow, &mut all);
    for one in all {
        substituted(one, "${{", "}}", &GITHUB);
    }
    assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
    let jobs = workflow["jobs"].as_object().unwrap();
    let jobs = jobs.iter().map(|(name, job)| {
        if !job["if"].is_null() {
            known(&GITHUB, text(&job["if"]));
        }
        let own = environment(&job["env"], "${{", "}}", &GITHUB);
        let steps = job["steps"].as_array().unwrap().iter().filter_map(|step| {
            if !step["if"].is_null() {
                let condition = text(&step["if"]);
                known(&GITHUB, condition.strip_prefix(ALWAYS).unwrap_or(condition));
            }
            let script = step["run"].as_str()?;
            assert!(!script.contains("${{"), "text of others would be a script: {script}");
            Some(Step {
                name: text(&step["name"]).to_owned(),
                script: script.to_owned(),
                environment: [own.clone(), environment(&step["env"], "${{", "}}", &GITHUB)].concat(),
            })
        });
        Job {
            name: name.clone(),
            steps: steps.collect(),
        }
    });
    // Jobs stand in the order of their needs.
    let mut jobs: Vec<Job> = jobs.collect();
    jobs.sort_by_key(|job| workflow["jobs"][&job.name]["needs"].is_string());
    jobs
}

/// The jobs of a pipeline.
pub fn azure(path: &Path) -> Vec<Job> {
    let pipeline = yaml::read(&std::fs::read_to_string(path).unwrap());
    let mut all = Vec::new();
    scalars(&pipeline, &mut all);
    for one in all {
        substituted(one, "$(", ")", &AZURE);
    }
    let variables = pipeline["variables"].as_array().unwrap().iter();
    let named = variables.filter_map(|one| Some((one["name"].as_str()?.to_owned(), text(&one["value"]).to_owned())));
    let named: Vec<(String, String)> = named.collect();
    let jobs = match pipeline["jobs"].as_array() {
        Some(jobs) => jobs.clone(),
        None => pipeline["stages"][0]["jobs"].as_array().unwrap().clone(),
    };
    let jobs = jobs.iter().map(|job| {
        let steps = match job["steps"].as_array() {
            Some(steps) => steps,
            None => job["strategy"]["runOnce"]["deploy"]["steps"].as_array().unwrap(),
        };
        let steps = steps.iter().filter_map(|step| {
            let script = step["bash"].as_str()?;
            // The agent starts bash without `-e`.
            assert!(script.starts_with("set -euo pipefail\n"), "{script}");
            for (name, _) in AZURE {
                assert!(
                    !script.contains(&format!("$({name})")),
                    "text of others would be a script: {script}"
                );
            }
            Some(Step {
                name: text(&step["displayName"]).to_owned(),
                script: script.to_owned(),
                environment: [named.clone(), environment(&step["env"], "$(", ")", &AZURE)].concat(),
            })
        });
        let name = job["job"].as_str().or_else(|| job["deployment"].as_str());
        Job {
            name: name.unwrap().to_owned(),
            steps: steps.collect(),
        }
    });
    jobs.collect()
}
