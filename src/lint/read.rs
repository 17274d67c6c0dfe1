//! Files as items: what a file is, and what is wrong with its form.

mod rows;
mod own_csv;
mod foreign;

use super::code::{Code, Severity};
use super::finding::Finding;
use super::item::Item;
use super::source::Source;
use super::tree;
use crate::feed::text::conflict_markers;
use crate::feed::{Form, table};
use crate::indicator::detect_type;
use std::ops::Range;

/// What a file turned out to be.
#[derive(Debug)]
pub enum Read {
    /// A list.
    List(Contents),
    /// Something else, and what; without a full stop at the end.
    NoList(String),
}

/// What a list holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// Its rows, in the order of the text.
    pub items: Vec<Item>,
    /// What is wrong with its form.
    pub findings: Vec<Finding>,
}

/// Endings of files that may be lists of rows by key.
const YAML: [&str; 2] = ["yaml", "yml"];

/// Reads a file.
#[must_use]
pub fn read(file: usize, source: &Source) -> Read {
    let markers = conflict_markers(&source.text);
    if markers.is_empty() {
        return read_clean(file, source);
    }
    // What stands between the marks is a list all the same. Spaces in their place leave everything where it is.
    let mut text = source.text.clone();
    let mut findings = Vec::new();
    for line in markers {
        let at = source.line(line);
        let mark: String = source.slice(&at).chars().take(7).collect();
        findings.push(Finding::new(
            Code::ConflictMarker,
            Severity::Error,
            file,
            at.clone(),
            source.slice(&at),
            format!("A merge of Git left the line `{mark}` in the list. Resolve the merge."),
        ));
        text.replace_range(at.clone(), &" ".repeat(at.len()));
    }
    let masked = Source::new(source.name.as_str(), source.path.as_str(), text);
    match read_clean(file, &masked) {
        Read::List(mut contents) => {
            // A space may stand where a character goes on.
            for finding in &mut contents.findings {
                finding.at = whole(&source.text, &finding.at);
            }
            for item in &mut contents.items {
                item.at = whole(&source.text, &item.at);
            }
            contents.findings.extend(findings);
            Read::List(contents)
        }
        // It may have been one before the merge.
        Read::NoList(_) => Read::List(Contents {
            items: Vec::new(),
            findings,
        }),
    }
}

/// The range with both ends between characters.
fn whole(text: &str, at: &Range<usize>) -> Range<usize> {
    let down = |at: usize| {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    down(at.start)..down(at.end)
}

fn read_clean(file: usize, source: &Source) -> Read {
    let text = &source.text;
    match Form::of(text) {
        Form::Stix | Form::Misp => foreign::read_document(file, source),
        Form::Own => rows_of(file, source, tree::read_json(text)),
        Form::Json if tree::read_json(text).is_err() => rows_of(file, source, tree::read_json(text)),
        Form::Text if is_yaml(&source.path) => match tree::read_yaml(text) {
            Err(fault) if !looks_like_rows(text) => Read::NoList(format!("this is no YAML: {}", fault.text)),
            tree => rows_of(file, source, tree),
        },
        Form::Text if own_csv::is_own(text) => Read::List(own_csv::read(file, source)),
        Form::Text if table::is_table(text, &table::Settings::default()) => foreign::read_table(file, source),
        Form::Text => foreign::read_list(file, source),
        form => Read::NoList(format!("this is {}; {}", form.name(), form.advice())),
    }
}

fn is_yaml(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| YAML.contains(&ending.as_str()))
}

/// Rows by key, or what is wrong with their syntax.
fn rows_of(file: usize, source: &Source, tree: Result<tree::Node, tree::Fault>) -> Read {
    match tree {
        Ok(tree) if rows::is_list(&tree) => Read::List(rows::read(file, &tree)),
        Ok(_) => {
            Read::NoList("this has no rows by key, such as `{\"evil.example\": {\"title\": \"case 42\"}}`".to_owned())
        }
        Err(fault) => {
            let end = source.line(source.position(fault.at).line).end;
            let at = fault.at..end.max(fault.at);
            let message = format!("The list cannot be read: {}.", crate::outgoing::line(&fault.text));
            Read::List(Contents {
                items: Vec::new(),
                findings: vec![Finding::new(
                    Code::Malformed,
                    Severity::Error,
                    file,
                    at,
                    "syntax",
                    message,
                )],
            })
        }
    }
}

/// How many lines of a broken file are looked at for keys that are values.
const LOOKED_AT: usize = 1_000;

/// Whether a broken file seems to be meant as rows by key.
fn looks_like_rows(text: &str) -> bool {
    text.lines().take(LOOKED_AT).any(|line| {
        let line = line.trim();
        let key = line.split_once(": ").or_else(|| line.split_once(':'));
        let key = key.map_or("", |(key, _)| key.trim_matches(['"', '\'', ' ']));
        detect_type(key).is_some()
    })
}
