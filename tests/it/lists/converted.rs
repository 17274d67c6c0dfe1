//! What the command `convert` makes of a case.

use super::case::{Case, Expectation, words};
use crate::convert::convert;
use mde::indicator::{IndicatorType, canonical};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

/// In what it differs from what is expected. Words of errors count in the cases of this repository.
pub fn faults(folder: &Path, case: &Case, options: &str, expectation: &Expectation, is_ours: bool) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.json");
    let path = folder.join(&case.file);
    let words = words(options);
    let mut arguments = vec![
        path.to_str().unwrap(),
        "--to",
        "json",
        "--report",
        report.to_str().unwrap(),
    ];
    arguments.extend(words.iter().map(String::as_str));
    // Some files are something else than they are said to be.
    if expectation.error.is_some() {
        arguments.extend(["--from", if case.format == "txt" { "list" } else { &case.format }]);
    }
    let output = convert(&arguments, b"");
    faults_of(expectation, &output, &report, is_ours)
}

/// In what a run differs from what is expected of it.
fn faults_of(expectation: &Expectation, output: &Output, report: &Path, is_ours: bool) -> Vec<String> {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if let Some(error) = &expectation.error {
        let is_told = matches!(output.status.code(), Some(1 | 2))
            && output.stdout.is_empty()
            && (!is_ours || errors.contains(error.as_str()));
        return if is_told {
            Vec::new()
        } else {
            vec![format!("no error: {errors}")]
        };
    }
    let Ok(report) = fs::read_to_string(report) else {
        return vec![format!("no report: {errors}")];
    };
    let report: Value = serde_json::from_str(&report).unwrap();
    let result: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| json!({}));
    let mut left: Vec<(&String, &Value)> = result.as_object().unwrap().iter().collect();
    let mut faults = Vec::new();
    let identity = |row: &Value, key: &str| {
        let kind = IndicatorType::parse(row["type"].as_str().unwrap()).unwrap();
        let spelling = canonical(&kind, row["value"].as_str().unwrap_or(key));
        (kind, spelling)
    };
    for wanted in &expectation.rows {
        let row: Value = json!(wanted);
        let position = left
            .iter()
            .position(|(key, found)| identity(found, key) == identity(&row, ""));
        let Some(position) = position else {
            faults.push(format!("no row {row}"));
            continue;
        };
        let (_, found) = left.remove(position);
        for (field, wanted) in wanted
            .iter()
            .filter(|(field, _)| !matches!(field.as_str(), "type" | "value"))
        {
            if to_the_second(&found[field]) != to_the_second(wanted) {
                faults.push(format!("{field} is {}, not {wanted}", found[field]));
            }
        }
    }
    faults.extend(left.iter().map(|(key, _)| format!("one more row: {key}")));
    let reasons = |list: &Value| {
        let list = list.as_array().unwrap();
        let mut names: Vec<String> = list
            .iter()
            .map(|one| one["reason"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let mut wanted: Vec<String> = expectation.skipped.iter().map(|one| one.reason.clone()).collect();
    wanted.sort();
    let found = reasons(&report["skipped"]);
    if found != wanted {
        faults.push(format!("skipped {found:?}, not {wanted:?}: {errors}"));
    }
    if let Some(wanted) = &expectation.rewritten {
        let list = report["rewritten"].as_array().unwrap();
        let mut found: Vec<(&str, &str)> = list
            .iter()
            .map(|one| (one["from"].as_str().unwrap(), one["to"].as_str().unwrap()))
            .collect();
        let mut wanted: Vec<(&str, &str)> = wanted.iter().map(|one| (one.from.as_str(), one.to.as_str())).collect();
        found.sort_unstable();
        wanted.sort_unstable();
        if found != wanted {
            faults.push(format!("rewritten {found:?}, not {wanted:?}"));
        }
    }
    let counts = &report["counts"];
    if counts["in"] != json!(expectation.rows.len() + wanted.len()) {
        faults.push(format!("counted {counts}"));
    }
    faults
}

/// A result has no fractions of seconds.
fn to_the_second(value: &Value) -> Value {
    match value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
        Some(instant) => instant.as_second().into(),
        None => value.clone(),
    }
}
