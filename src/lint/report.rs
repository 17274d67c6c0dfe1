//! Files in, findings out.

use super::baseline::Baseline;
use super::code::{Code, Severity};
use super::finding::{self, Finding};
use super::read::{Read, read};
use super::rules::{self, Standards};
use super::source::Source;
use crate::feed::text::decode;

/// A file to look at.
#[derive(Debug, Clone)]
pub struct Input {
    /// What people call it.
    pub name: String,
    /// Its path from the root of the repository, with forward slashes.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// How lists are looked at.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What rows are compared with.
    pub standards: Standards,
    /// Codes that are not told.
    pub allowed: Vec<Code>,
    /// Findings that are not told again.
    pub baseline: Baseline,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The files that are lists.
    pub sources: Vec<Source>,
    /// What is wrong with them, by file and place.
    pub findings: Vec<Finding>,
    /// How many findings the baseline knows.
    pub known: usize,
    /// Files that are no lists, and what they are.
    pub no_lists: Vec<(String, String)>,
    /// How many rows the lists have.
    pub rows: usize,
    /// How many rows and entries of tables were looked at for what is wrong with the rows.
    pub steps: usize,
}

impl Report {
    /// How many findings weigh so much.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// What the worst finding weighs.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// Looks at files.
#[must_use]
pub fn lint(inputs: Vec<Input>, settings: &Settings) -> Report {
    let mut report = Report::default();
    let mut items = Vec::new();
    for Input { name, path, bytes } in inputs {
        let text = match decode(&bytes, None) {
            Ok(decoded) => decoded.text.into_owned(),
            Err(refusal) => {
                report.no_lists.push((name, refusal.to_string()));
                continue;
            }
        };
        let source = Source::new(name, path, text);
        match read(report.sources.len(), &source) {
            Read::List(contents) => {
                items.extend(contents.items);
                report.findings.extend(contents.findings);
                report.sources.push(source);
            }
            Read::NoList(text) => report.no_lists.push((source.name, text)),
        }
    }
    report.rows = items.len();
    let (found, steps) = rules::check(&mut items, &settings.standards);
    report.findings.extend(found);
    report.steps = steps;
    finding::finish(&mut report.findings, &report.sources);
    report
        .findings
        .retain(|finding| !settings.allowed.contains(&finding.code));
    let all = report.findings.len();
    report.findings.retain(|finding| !settings.baseline.knows(finding));
    report.known = all - report.findings.len();
    report
}
