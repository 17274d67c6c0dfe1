//! What the command `lint` finds in a case.

use super::case::{Case, NOW, words};
use crate::lint::{json, lint};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a case expects of a line, such as `covered line 3 by line 2 (note): why`: code, line, the other line, severity.
type Expected = (String, Option<u64>, Option<u64>, Option<String>);

fn expected(text: &str) -> Expected {
    let (head, _) = text.split_once(": ").unwrap_or((text, ""));
    let words: Vec<&str> = head.split_whitespace().collect();
    let mut lines = words
        .windows(2)
        .filter(|pair| pair[0] == "line")
        .map(|pair| pair[1].parse().unwrap());
    let severity = words.iter().find_map(|word| word.strip_prefix('(')?.strip_suffix(')'));
    (
        words[0].to_owned(),
        lines.next(),
        lines.next(),
        severity.map(str::to_owned),
    )
}

fn found(report: &Json) -> Vec<Expected> {
    let findings = report["findings"].as_array().unwrap();
    let each = findings.iter().map(|finding| {
        (
            finding["code"].as_str().unwrap().to_owned(),
            finding["line"].as_u64(),
            finding["related"][0]["line"].as_u64(),
            finding["severity"].as_str().map(str::to_owned),
        )
    });
    each.collect()
}

/// In what it differs from what is expected.
pub fn faults(folder: &Path, case: &Case, options: &str, wanted: &[String]) -> Vec<String> {
    // The allow list of the cases.
    let directory = tempfile::tempdir().unwrap();
    let allowed = directory.path().join("allowed.txt");
    fs::write(&allowed, "popular.example\nknown.test\n").unwrap();
    let mut arguments = vec![case.file.clone(), "--format".to_owned(), "json".to_owned()];
    let mut options = words(options).into_iter();
    while let Some(option) = options.next() {
        // The other options are for `convert`.
        let is_for_lint = matches!(option.as_str(), "--protected" | "--allow-list" | "--now");
        let value = options.next().unwrap_or_default();
        if is_for_lint {
            let is_list = option == "--allow-list";
            arguments.push(option);
            arguments.push(if is_list { allowed.display().to_string() } else { value });
        }
    }
    if !arguments.iter().any(|argument| argument == "--now") {
        arguments.extend(["--now".to_owned(), NOW.to_owned()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let found = found(&json(&lint(folder, &arguments)));
    let wanted: Vec<Expected> = wanted.iter().map(|one| expected(one)).collect();
    let is_met = if wanted.iter().any(|(_, line, ..)| line.is_none()) {
        // Codes only.
        let codes = |each: &[Expected]| -> Vec<String> {
            let codes = each.iter().map(|(code, ..)| code.trim_end_matches(':').to_owned());
            codes.collect()
        };
        codes(&found) == codes(&wanted)
    } else {
        found.iter().collect::<BTreeSet<_>>() == wanted.iter().collect::<BTreeSet<_>>()
    };
    if is_met {
        Vec::new()
    } else {
        vec![format!("lint found {found:#?}, not {wanted:#?}")]
    }
}
