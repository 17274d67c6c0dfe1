//! Turning what the domain's rules find into diagnostics, all at once and grouped where one cause touches many rows.

use super::words::{about, bullets, counted, examples, named, sentence};
use crate::indicator::Field;
use crate::indicator::rules::{Finding, Weight};
use crate::tf::{Diagnostic, Diagnostics, Path};
use std::collections::BTreeMap;

/// How many rows get an error of their own before the rest is only named; a whole list in the wrong format would
/// otherwise bury everything else.
const SINGLE_ERRORS: usize = 100;

/// Gathers findings of the rows of one object.
#[derive(Debug, Default)]
pub struct Findings {
    faults: Vec<(String, Path, Option<Field>, String)>,
    errors: Vec<(String, Path, Finding)>,
    /// One cause that many rows share: a default, or a rule that only warns.
    shared: BTreeMap<(Kind, Field, &'static str), Shared>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Error,
    Warning,
}

#[derive(Debug)]
struct Shared {
    path: Path,
    rule: String,
    remedy: String,
    keys: Vec<String>,
}

impl Findings {
    /// A finding about the row `key`, at `path`; `own` says that the row itself writes the field.
    pub fn push(&mut self, key: &str, path: Path, own: bool, finding: Finding) {
        let level = match finding.weight {
            Weight::Error if own => {
                self.errors.push((key.to_owned(), path, finding));
                return;
            }
            Weight::Error => Kind::Error,
            Weight::Warning => Kind::Warning,
        };
        let shared = self
            .shared
            .entry((level, finding.field, finding.code))
            .or_insert_with(|| Shared {
                path,
                rule: finding.rule,
                remedy: finding.remedy,
                keys: Vec::new(),
            });
        shared.keys.push(key.to_owned());
    }

    /// What is wrong with the form of the row `key`, at `path`, and with which field if one is to blame.
    pub fn fault(&mut self, key: &str, path: Path, field: Option<Field>, text: String) {
        self.faults.push((key.to_owned(), path, field, text));
    }

    /// The diagnostics.
    pub fn into_diagnostics(mut self) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let (few, many) = self.faults.split_at(self.faults.len().min(SINGLE_ERRORS));
        for (key, path, field, text) in few {
            let summary = field.map_or_else(|| "Invalid row".to_owned(), |field| format!("Invalid {field}"));
            let text = format!("{}\n\nThis is about `{key}`.", sentence(text));
            diagnostics.push(Diagnostic::error(summary, text).at(path.clone()));
        }
        if !many.is_empty() {
            let lines: Vec<String> = many.iter().map(|(key, _, _, text)| about(key, text)).collect();
            diagnostics.push(Diagnostic::error(
                format!("{} not valid", counted(many.len(), "more row is", "more rows are")),
                named(&lines),
            ));
        }
        let rest = self.errors.split_off(self.errors.len().min(SINGLE_ERRORS));
        for (key, path, finding) in self.errors {
            let text = paragraphs(&finding.rule, &[key], Kind::Error, &finding.remedy);
            diagnostics.push(Diagnostic::error(format!("Invalid {}", finding.field), text).at(path));
        }
        if !rest.is_empty() {
            let line = |(key, _, finding): &(String, Path, Finding)| {
                about(key, &format!("{}. {}", finding.rule, finding.remedy))
            };
            let lines: Vec<String> = rest.iter().map(line).collect();
            diagnostics.push(Diagnostic::error(
                format!(
                    "{} not valid",
                    counted(rest.len(), "more indicator is", "more indicators are")
                ),
                named(&lines),
            ));
        }
        for ((level, field, code), shared) in self.shared {
            let Shared {
                path,
                rule,
                remedy,
                keys,
            } = shared;
            let text = paragraphs(&rule, &keys, level, &remedy);
            let diagnostic = match level {
                Kind::Error => Diagnostic::error(format!("Invalid {field}"), text),
                // The host shows only the first of all warnings with the same summary.
                Kind::Warning => Diagnostic::warning(format!("Questionable {field}: {}", code.replace('-', " ")), text),
            };
            diagnostics.push(diagnostic.at(path));
        }
        diagnostics
    }
}

/// The rule, the rows that it is about, and the remedy. A warning, which every plan prints, names examples only.
fn paragraphs(rule: &str, keys: &[String], level: Kind, remedy: &str) -> String {
    let rule = sentence(rule);
    match keys {
        // The host shows where a literal stands, but not which element of a computed map is meant.
        [key] if key.is_empty() || rule.contains(key.as_str()) => format!("{rule}\n\n{remedy}"),
        [key] => format!("{rule}\n\nThis is about `{key}`.\n\n{remedy}"),
        keys => {
            let rows = match level {
                Kind::Error => named(&bullets(keys)),
                Kind::Warning => examples(keys),
            };
            let count = keys.len();
            format!("{rule}\n\nThe same holds for {count} indicators in all:\n{rows}\n\n{remedy}")
        }
    }
}
