//! Turning what the domain's rules find into diagnostics, all at once and grouped where one cause touches many rows.

use super::report::{counted, named};
use crate::indicator::Field;
use crate::indicator::rules::{Finding, Weight};
use crate::tf::{Diagnostic, Diagnostics, Path};
use std::collections::BTreeMap;

/// How many rows get an error of their own before the rest is only named; a whole list in the wrong format would
/// otherwise bury everything else.
const SINGLE_ERRORS: usize = 100;

/// How many rows a warning names: it is printed by every plan.
const EXAMPLES: usize = 5;

/// Gathers findings of the rows of one object.
#[derive(Debug, Default)]
pub struct Findings {
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
    /// A finding about the row `key`, at `path`; `own` says that the row itself writes the attribute.
    pub fn push(&mut self, key: &str, path: Path, own: bool, finding: Finding) {
        if finding.weight == Weight::Error && own {
            self.errors.push((key.to_owned(), path, finding));
            return;
        }
        let level = if finding.weight == Weight::Error {
            Kind::Error
        } else {
            Kind::Warning
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

    /// The diagnostics.
    pub fn into_diagnostics(mut self) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let rest = self.errors.split_off(self.errors.len().min(SINGLE_ERRORS));
        for (_, path, finding) in self.errors {
            diagnostics.push(error(&finding.rule, &finding.remedy, finding.field).at(path));
        }
        if !rest.is_empty() {
            let lines: Vec<String> = rest
                .iter()
                .map(|(key, _, finding)| format!("- {key}: {}", finding.rule))
                .collect();
            diagnostics.push(Diagnostic::error(
                format!(
                    "{} more not valid",
                    counted(rest.len(), "indicator is", "indicators are")
                ),
                named(&lines),
            ));
        }
        for ((level, field, _), shared) in self.shared {
            let remedy = shared.remedy;
            let mut rule = shared.rule;
            if shared.keys.len() > 1 {
                let count = shared.keys.len();
                let shown = if level == Kind::Warning {
                    EXAMPLES.min(count)
                } else {
                    count
                };
                let lines: Vec<String> = shared.keys[..shown].iter().map(|key| format!("- {key}")).collect();
                rule = format!(
                    "{rule}\n\nThe same holds for {count} indicators in all:\n{}",
                    named(&lines)
                );
                if shown < count {
                    rule.push_str(&format!("\nand {} more", count - shown));
                }
            }
            let diagnostic = match level {
                Kind::Error => error(&rule, &remedy, field),
                Kind::Warning => Diagnostic::warning(format!("Questionable {field}"), sentences(&rule, &remedy)),
            };
            diagnostics.push(diagnostic.at(shared.path));
        }
        diagnostics
    }
}

fn error(rule: &str, remedy: &str, field: Field) -> Diagnostic {
    Diagnostic::error(format!("Invalid {field}"), sentences(rule, remedy))
}

/// The rule, which comes without its full stop, and the remedy.
fn sentences(rule: &str, remedy: &str) -> String {
    let mut letters = rule.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if rule.contains('\n') { "" } else { "." };
    format!("{first}{}{stop}\n\n{remedy}", letters.as_str())
}
