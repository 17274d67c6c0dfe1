//! Findings as text: for people, and for what build services read.
//!
//! All of it may come from somebody who wants to give orders to a build agent by way of a list. Messages pass `outgoing`
//! when they are written; what is written here beyond them is escaped here.

mod people;
mod json;
mod sarif;
mod github;
mod azure;
mod gitlab;

pub use azure::write as azure;
pub use github::write as github;
pub use gitlab::write as gitlab;
pub use json::write as json;
pub use people::{Style, write as people};
pub use sarif::write as sarif;

use super::code::{Code, Severity};
use super::finding::Finding;
use super::report::Report;
use crate::outgoing::{self, shown};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

/// How many notes of one rule in one file are told each; more are told as one with so many examples.
const EXAMPLES: usize = 5;

/// One finding as it is told, or several as one.
#[derive(Debug)]
struct Told<'r> {
    /// The finding, or the first of several.
    finding: &'r Finding,
    /// What is said, on one line.
    message: Cow<'r, str>,
}

/// The findings as they are told: many notes of one rule in one file are one.
fn told(report: &Report) -> Vec<Told<'_>> {
    let mut groups: HashMap<(usize, Code), Vec<&Finding>> = HashMap::new();
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Note)
    {
        groups.entry((finding.file, finding.code)).or_default().push(finding);
    }
    let mut told = Vec::new();
    for finding in &report.findings {
        let group = match finding.severity {
            Severity::Note => groups
                .get(&(finding.file, finding.code))
                .filter(|group| group.len() > EXAMPLES),
            _ => None,
        };
        match group {
            None => told.push(Told {
                finding,
                message: Cow::Owned(outgoing::line(&finding.message)),
            }),
            Some(group) if group.first().is_some_and(|first| std::ptr::eq(*first, finding)) => told.push(Told {
                finding,
                message: Cow::Owned(summary(report, group)),
            }),
            Some(_) => {}
        }
    }
    told
}

fn summary(report: &Report, group: &[&Finding]) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let mut text = format!("{} In {} places: ", first.code.summary(), group.len());
    for (at, finding) in group.iter().take(EXAMPLES).enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        let line = line_of(report, finding);
        let _ = match &finding.value {
            Some(value) => write!(text, "{comma}{} (line {line})", shown(value)),
            None => write!(text, "{comma}line {line}"),
        };
    }
    if group.len() > EXAMPLES {
        let _ = write!(text, " and {} more", group.len() - EXAMPLES);
    }
    text.push('.');
    text
}

fn line_of(report: &Report, finding: &Finding) -> usize {
    let source = report.sources.get(finding.file);
    source.map_or(1, |source| source.position(finding.at.start).line)
}

/// How many there are, in words.
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// JSON that gives no orders to whoever prints it. What a build agent looks for ends in a bracket, which within a text is
/// written otherwise; outside of texts no bracket stands behind such letters.
fn safe_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut before = ' ';
    for letter in json.chars() {
        if letter == '[' && matches!(before, '#' | 'o' | 'O') {
            out.push_str("\\u005b");
        } else if outgoing::is_format(letter) || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{7f}'..='\u{9f}') {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(letter);
        }
        before = letter;
    }
    out
}
