//! What the provider checks of each row, and what is wrong with texts.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use crate::feed::Tlp;
use crate::indicator::rules::{self, Weight, check_value, undetected};
use crate::indicator::{Field, FieldSet, FieldValue, IndicatorType};
use crate::outgoing::shown;
use std::collections::HashSet;

/// The rule about names without a dot.
pub const SINGLE_LABEL: &str = "single-label";

/// What spreadsheets take for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Texts that the service wants of every row.
const WANTED: [Field; 2] = [Field::Title, Field::Description];

/// Which files give titles and descriptions at all. Where no row has one, the set is meant to give it.
#[derive(Debug, Default)]
pub struct Texts {
    given: HashSet<(usize, Field)>,
}

impl Texts {
    /// What the files of these rows give.
    #[must_use]
    pub fn of(items: &[Item]) -> Self {
        let each = items.iter().flat_map(|item| {
            let written = WANTED.into_iter().filter(|field| item.written.contains(*field));
            written.map(|field| (item.file, field))
        });
        Self { given: each.collect() }
    }
}

/// Adds what is wrong with a row by itself.
pub fn check(item: &Item, texts: &Texts, findings: &mut Vec<Finding>) {
    let unknown: FieldSet = Field::ALL
        .iter()
        .copied()
        .filter(|field| !item.written.contains(*field))
        .collect();
    // What cannot be read is said already.
    let mut left_open: FieldSet = unknown.iter().chain(item.refused.iter()).collect();
    left_open.remove(Field::Value);
    if unknown.contains(Field::Type) {
        match item.kind() {
            Some(_) => left_open.remove(Field::Type),
            None => findings.extend(typeless(item)),
        }
    }
    for finding in rules::check(&item.indicator, left_open) {
        if let Some(finding) = told(item, &finding) {
            findings.push(finding);
        }
    }
    for field in WANTED {
        if !item.written.contains(field) && texts.given.contains(&(item.file, field)) {
            let message = format!(
                "`{field}` is empty, but other rows of the list have one, and Defender documents it as required."
            );
            findings.push(Finding::of(Code::MissingTitle, Severity::Warning, item, message));
        }
    }
    formulas(item, findings);
    tlp(item, findings);
}

/// What is wrong with a value whose type nothing shows, unless it is right for some type that a set may give.
fn typeless(item: &Item) -> Option<Finding> {
    let is_right = |kind: &IndicatorType| {
        !check_value(kind, &item.indicator.value)
            .iter()
            .any(rules::Finding::is_error)
    };
    if IndicatorType::WRITABLE.iter().any(is_right) {
        return None;
    }
    told(item, &undetected(&item.indicator.value))
}

/// A finding of the provider's rules as one of lint; nothing for what has a rule here.
fn told(item: &Item, found: &rules::Finding) -> Option<Finding> {
    let is_of_value = matches!(found.field, Field::Value);
    let (code, severity) = match (found.code, found.weight) {
        ("public-suffix" | "harmless-hash" | "missing-text", _) => return None,
        ("not-external", _) => (Code::NotExternal, Severity::Warning),
        ("long-text", _) => (Code::TooLong, Severity::Note),
        (_, Weight::Error) if is_of_value => (Code::InvalidValue, Severity::Error),
        (_, Weight::Error) => (Code::InvalidField, Severity::Error),
        (_, Weight::Warning) => (Code::Questionable, Severity::Warning),
    };
    let message = format!("{}. {}", capital(&found.rule), found.remedy);
    let mut finding = Finding::of(code, severity, item, message);
    finding.at = item.place(found.field);
    finding.subject = format!("{} {}", item.canonical, found.code);
    Some(finding)
}

/// The sentence with a capital letter at its beginning, unless that is a literal.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if first.is_lowercase() => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

fn formulas(item: &Item, findings: &mut Vec<Finding>) {
    if !item.is_in_table {
        return;
    }
    for field in item.written.iter().filter(|field| field.is_free_text()) {
        let Some(FieldValue::Text(text)) = field.get(&item.indicator) else {
            continue;
        };
        // A hyphen alone stands for nothing in many tables.
        if text.starts_with(FORMULA) && text.trim().len() > 1 {
            let message = format!(
                "`{field}` is {}, which a spreadsheet would run as a formula. Begin it with another character.",
                shown(&text)
            );
            let mut finding = Finding::of(Code::Formula, Severity::Note, item, message);
            finding.at = item.place(field);
            finding.subject = format!("{} {field}", item.canonical);
            findings.push(finding);
        }
    }
}

fn tlp(item: &Item, findings: &mut Vec<Finding>) {
    let severity = match item.tlp {
        Some(Tlp::Red) => Severity::Warning,
        Some(Tlp::Amber) => Severity::Note,
        Some(Tlp::Clear | Tlp::Green) | None => return,
    };
    if let Some(tlp) = item.tlp {
        let value = shown(&item.indicator.value);
        let message = format!(
            "{value} is marked `tlp:{}`, so few people may read it. Ask its author before you share the list.",
            tlp.name()
        );
        findings.push(Finding::of(Code::Tlp, severity, item, message));
    }
}
