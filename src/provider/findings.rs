//! Turning what the domain's rules find into diagnostics, all at once and grouped by rule.

use super::words::{about, bullets, counted, named, sentence};
use crate::feed::shown;
use crate::indicator::Field;
use crate::indicator::rules::{Finding, Weight};
use crate::tf::{Diagnostic, Diagnostics, Path};
use std::collections::BTreeMap;

/// How many errors of one rule stand for themselves, each at its row. More are one message: a whole list in the wrong
/// format would otherwise bury everything else.
const SINGLE_ERRORS: usize = 3;

/// Gathers findings of the rows of one object.
#[derive(Debug, Default)]
pub struct Findings {
    faults: Vec<Fault>,
    rules: BTreeMap<(Weight, Field, &'static str), Vec<Case>>,
}

/// What is wrong with the form of a row.
#[derive(Debug)]
struct Fault {
    key: String,
    path: Path,
    field: Option<Field>,
    text: String,
}

/// A row that breaks a rule.
#[derive(Debug)]
struct Case {
    key: String,
    path: Path,
    /// Whether the row itself writes the field.
    own: bool,
    rule: String,
    remedy: String,
}

impl Findings {
    /// A finding about the row `key`, at `path`; `own` says that the row itself writes the field.
    pub fn push(&mut self, key: &str, path: Path, own: bool, finding: Finding) {
        let rule = (finding.weight, finding.field, finding.code);
        self.rules.entry(rule).or_default().push(Case {
            key: key.to_owned(),
            path,
            own,
            rule: finding.rule,
            remedy: finding.remedy,
        });
    }

    /// What is wrong with the form of the row `key`, at `path`, and with which field if one is to blame.
    pub fn fault(&mut self, key: &str, path: Path, field: Option<Field>, text: String) {
        self.faults.push(Fault {
            key: key.to_owned(),
            path,
            field,
            text,
        });
    }

    /// The diagnostics of the object with this title. Each summary begins with it, because hosts show only the first of all
    /// warnings with the same summary.
    pub fn into_diagnostics(self, title: &str) -> Diagnostics {
        let mut diagnostics = Diagnostics::default();
        let (few, many) = self.faults.split_at(self.faults.len().min(SINGLE_ERRORS));
        for Fault { key, path, field, text } in few {
            let what = field.map_or_else(|| "invalid row".to_owned(), |field| format!("invalid {field}"));
            let text = format!("{}\n\nAffected row: {}.", sentence(text), shown(key));
            diagnostics.push(Diagnostic::error(format!("{title}: {what}"), text).at(path.clone()));
        }
        if let Some(first) = many.first() {
            let lines: Vec<String> = many.iter().map(|fault| about(&fault.key, &fault.text)).collect();
            let summary = format!(
                "{title}: {} not valid",
                counted(many.len(), "more row is", "more rows are")
            );
            diagnostics.push(Diagnostic::error(summary, named(&lines)).at(first.path.clone()));
        }
        for ((weight, field, code), mut cases) in self.rules {
            match weight {
                Weight::Error if cases.iter().all(|case| case.own) => {
                    let rest = cases.split_off(cases.len().min(SINGLE_ERRORS));
                    for case in cases {
                        let path = case.path.clone();
                        let summary = format!("{title}: invalid {field}");
                        diagnostics.push(Diagnostic::error(summary, paragraphs(&[case], weight)).at(path));
                    }
                    if let Some(first) = rest.first() {
                        let path = first.path.clone();
                        let summary = format!(
                            "{title}: invalid {field} of {}",
                            counted(rest.len(), "more indicator", "more indicators")
                        );
                        diagnostics.push(Diagnostic::error(summary, paragraphs(&rest, weight)).at(path));
                    }
                }
                _ => {
                    let path = cases.first().map(|case| case.path.clone()).unwrap_or_default();
                    let text = paragraphs(&cases, weight);
                    let diagnostic = match weight {
                        Weight::Error => Diagnostic::error(format!("{title}: invalid {field}"), text),
                        Weight::Warning => Diagnostic::warning(format!("{title}: {}", headline(code, field)), text),
                    };
                    diagnostics.push(diagnostic.at(path));
                }
            }
        }
        diagnostics
    }
}

/// What a warning of this rule says in a few words.
fn headline(code: &str, field: Field) -> String {
    let words = match code {
        "md5" => "MD5 indicators may be refused",
        "missing-text" => return format!("no `{field}`"),
        "not-external" => "an address is not external",
        "public-suffix" => "a public suffix covers domains of other owners",
        "retired-action" => "the action is retired",
        "action-for-type" => "the action is not documented for the type",
        "long-value" => "a value may be too long",
        "long-text" => return format!("`{field}` may be too long"),
        "wildcard" => "`*` is taken literally",
        "scheme" => "only http and https are documented",
        "single-label" => "a host has a single label",
        "root-dot" => "a domain ends with a dot",
        "underscore" => "a label begins with an underscore",
        "hyphen" => "a label begins or ends with a hyphen",
        "unusual-address" => "a host is an unusual spelling of an address",
        "technique" => "not a MITRE ATT&CK technique",
        "educate-url" | "bypass-duration" => return format!("check `{field}`"),
        "history" => return format!("`{field}` requires historical detection"),
        "joined-groups" => "a device group has `;` in its name",
        "harmless-hash" => "a hash matches harmless files",
        "file-name" => "a domain looks like a file name",
        other => return format!("check `{field}`: {}", other.replace('-', " ")),
    };
    words.to_owned()
}

/// The rule, the rows that it is about, and the remedy; where these differ from row to row, each row's own. A warning, which
/// every plan prints, names examples only.
fn paragraphs(cases: &[Case], weight: Weight) -> String {
    let Some(first) = cases.first() else {
        return String::new();
    };
    let rule = sentence(&first.rule);
    let is_one = |text: fn(&Case) -> &String| cases.iter().all(|case| text(case) == text(first));
    let (one_rule, one_remedy) = (is_one(|case| &case.rule), is_one(|case| &case.remedy));
    let keys: Vec<&str> = cases.iter().map(|case| case.key.as_str()).collect();
    let lines = |lines: &[String]| match weight {
        Weight::Error => named(lines),
        Weight::Warning => super::words::cut(lines, super::words::EXAMPLES),
    };
    match keys.as_slice() {
        // The host shows where a literal stands, but not which element of a computed map is meant.
        [key] if key.is_empty() || rule.contains(*key) || rule.contains(&shown(key)) => {
            format!("{rule}\n\n{}", first.remedy)
        }
        [key] => format!("{rule}\n\nAffected row: {}.\n\n{}", shown(key), first.remedy),
        keys if one_rule && one_remedy => {
            format!(
                "{rule} {} indicators are affected:\n{}\n\n{}",
                keys.len(),
                lines(&bullets(keys)),
                first.remedy
            )
        }
        _ if one_remedy => {
            let each: Vec<String> = cases.iter().map(|case| about(&case.key, &case.rule)).collect();
            format!("{} indicators:\n{}\n\n{}", each.len(), lines(&each), first.remedy)
        }
        _ => {
            let each = cases
                .iter()
                .map(|case| about(&case.key, &format!("{}. {}", case.rule, case.remedy)));
            let each: Vec<String> = each.collect();
            format!("{} indicators:\n{}", each.len(), lines(&each))
        }
    }
}
