//! Choosing rows of the tenant by what they say, for imports and data sources.

use crate::indicator::rules::{Finding, check_value, parse_action, parse_severity, parse_type, undetected};
use crate::indicator::{Row, Severity, canonical, detect_type, same_text};
use crate::tenant::Tenant;
use crate::tf::{Attribute, Diagnostic, Diagnostics, Path, Value};

/// What rows can be chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// The label of the application.
    Application,
    /// The title.
    Title,
    /// The type.
    Type,
    /// The action.
    Action,
    /// Who made the row; `self` is the application that the provider signs in as.
    CreatedBy,
    /// The severity.
    Severity,
    /// The product that made the row, such as `Portal`.
    Source,
    /// The value, in any spelling that means the same.
    Value,
    /// A part of the value, whatever its case.
    ValueContains,
}

impl Filter {
    /// The name of the filter, which is that of the attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Title => "title",
            Self::Type => "type",
            Self::Action => "action",
            Self::CreatedBy => "created_by",
            Self::Severity => "severity",
            Self::Source => "source",
            Self::Value => "value",
            Self::ValueContains => "value_contains",
        }
    }

    /// What a page says of it where it stands in a configuration.
    const fn description(self) -> &'static str {
        match self {
            Self::Application => "Returns only indicators with this `application` label.",
            Self::Title => "Returns only indicators with this title.",
            Self::Type => "Returns only indicators of this type.",
            Self::Action => "Returns only indicators with this action.",
            Self::CreatedBy => {
                "Returns only indicators that this author created: an application id, a user principal name, or `self` for the \
                 provider's own application."
            }
            Self::Severity => "Returns only indicators with this severity.",
            Self::Source => "Returns only indicators that this product created, such as `Portal`.",
            Self::Value => "Returns only indicators with this value, in any equivalent spelling.",
            Self::ValueContains => "Returns only indicators whose value contains this text. Case does not matter.",
        }
    }

    /// The attribute of a configuration that sets it.
    pub fn attribute(self) -> Attribute {
        Attribute::string(self.name()).optional().describe(self.description())
    }

    /// Whether rows may say nothing of it.
    const fn can_be_empty(self) -> bool {
        matches!(self, Self::Application | Self::Title | Self::Source)
    }

    /// What is wrong with the wanted value, if it can match no row.
    pub fn problem(self, wanted: &str) -> Option<String> {
        match self {
            Self::Type => parse_type(wanted).err(),
            Self::Action => parse_action(wanted).err(),
            Self::Severity => parse_severity(wanted).err(),
            Self::Value => value_problem(wanted),
            Self::Application | Self::Title | Self::CreatedBy | Self::Source | Self::ValueContains => None,
        }
        .map(|finding| format!("{}. {}", finding.rule, finding.remedy))
    }

    /// Whether the row is one of those that `wanted` names.
    pub fn matches(self, tenant: &Tenant, row: &Row, wanted: &str) -> bool {
        let indicator = &row.indicator;
        match self {
            Self::Application => is_text(indicator.fields.application.as_deref(), wanted),
            Self::Title => is_text(indicator.fields.title.as_deref(), wanted),
            Self::Type => indicator.indicator_type.as_str() == wanted,
            Self::Action => indicator.action.as_str() == wanted,
            Self::CreatedBy => {
                let found = row.facts.created_by.as_deref();
                found.is_some_and(|found| {
                    if wanted.eq_ignore_ascii_case("self") {
                        tenant.client.principal().is(found)
                    } else {
                        found.eq_ignore_ascii_case(wanted)
                    }
                })
            }
            // The service lists the default under its name, or leaves it out.
            Self::Severity => match &indicator.fields.severity {
                Some(severity) => severity.as_str() == wanted,
                None => wanted == Severity::Informational.as_str(),
            },
            Self::Source => row.facts.created_by_source.as_deref().unwrap_or_default() == wanted,
            Self::Value => {
                let kind = &indicator.indicator_type;
                canonical(kind, &indicator.value) == canonical(kind, wanted)
            }
            Self::ValueContains => {
                let lower = |text: &str| text.to_lowercase();
                lower(&indicator.value).contains(&lower(wanted))
            }
        }
    }
}

/// Whether the row is one of those that the filters of a configuration name.
pub fn matches_all(tenant: &Tenant, row: &Row, filters: &[Filter], config: &Value) -> bool {
    filters.iter().all(|filter| {
        let wanted = config.get(filter.name()).as_str();
        wanted.is_none_or(|wanted| filter.matches(tenant, row, wanted))
    })
}

/// What is wrong with the filters of a configuration; `name` is what messages call it, and `is_known` tells values that occur
/// although nobody can submit them.
pub fn check(name: &str, filters: &[Filter], config: &Value, is_known: impl Fn(Filter, &str) -> bool) -> Diagnostics {
    let problems = filters.iter().filter_map(|filter| {
        let wanted = config.get(filter.name()).as_str()?;
        let problem = filter.problem(wanted).filter(|_| !is_known(*filter, wanted))?;
        let error = Diagnostic::error(
            format!("{name}: invalid {}", filter.name()),
            format!("{problem}\n\nNo indicator can match this filter."),
        );
        Some(error.at(Path::attribute(filter.name())))
    });
    problems.collect()
}

/// What is wrong with a value that the service keeps in no indicator, of this type or of the one that it looks like.
fn value_problem(wanted: &str) -> Option<Finding> {
    let Some(kind) = detect_type(wanted) else {
        return Some(undetected(wanted));
    };
    check_value(&kind, wanted).into_iter().find(Finding::is_error)
}

fn is_text(found: Option<&str>, wanted: &str) -> bool {
    // No text is the same as empty text.
    same_text(found.unwrap_or_default(), wanted)
}

/// Reads the identifier of an import: one or more of `known`, joined by commas, each as NAME=VALUE, where a value may be
/// quoted; or `*` for everything.
///
/// # Errors
/// What is no filter in it.
pub fn parse(id: &str, known: &[Filter]) -> Result<Vec<(Filter, String)>, Diagnostics> {
    let names: Vec<&str> = known.iter().map(|filter| filter.name()).collect();
    let refuse = |reason: String| {
        Diagnostics::from(Diagnostic::error(
            "Invalid import filter",
            format!(
                "{reason}\n\nA set is imported by a filter that selects the indicators to adopt: one or more of \
                 `{}`, separated by commas, each as NAME=VALUE, such as `application=gitops-c2` or \
                 `created_by=self,type=Url`. Quote a value that contains a comma: `title=\"C2, phase 1\"`. \
                 `application=\"\"` selects the indicators without a label. `*` selects every indicator.",
                names.join("`, `")
            ),
        ))
    };
    if id.trim() == "*" {
        return Ok(Vec::new());
    }
    let mut filters: Vec<(Filter, String)> = Vec::new();
    for part in parts(id) {
        let shown = crate::feed::shown(&part);
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| refuse(format!("{shown} is not of the form NAME=VALUE.")))?;
        let (name, value) = (name.trim(), value.trim());
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = quoted.unwrap_or(value);
        let filter = known
            .iter()
            .find(|filter| filter.name() == name)
            .ok_or_else(|| refuse(format!("{} is not a filter.", crate::feed::shown(name))))?;
        // In quotes, no text is meant, and in a label or a title it means something.
        if value.is_empty() && !(quoted.is_some() && filter.can_be_empty()) {
            return Err(refuse(format!("`{name}` has no value.")));
        }
        if filters.iter().any(|(other, _)| other == filter) {
            return Err(refuse(format!("`{name}` occurs twice.")));
        }
        if let Some(problem) = filter.problem(value) {
            return Err(refuse(problem));
        }
        filters.push((*filter, value.to_owned()));
    }
    Ok(filters)
}

/// The text at its commas, those within quotes left out.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    for letter in text.chars() {
        is_quoted ^= letter == '"';
        if letter == ',' && !is_quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_can_match_nothing_says_what_is_meant() {
        for (filter, wanted, words) in [
            (Filter::Action, "block", "Write `Block`."),
            (Filter::Type, "domain", "Write `DomainName`."),
            (Filter::Value, "evil[.]example", "Write `evil.example`."),
            (Filter::Value, " evil.example", "Write `evil.example`."),
            (Filter::Value, "", "the value is empty"),
            (Filter::Value, "no value", "no value"),
        ] {
            let problem = filter.problem(wanted);
            assert!(
                problem.as_ref().is_some_and(|text| text.contains(words)),
                "{wanted}: {problem:?}"
            );
        }
        for (filter, wanted) in [
            (Filter::Action, "AlertAndBlock"),
            (Filter::Type, "Url"),
            (Filter::Value, "EVIL.example"),
            (Filter::Value, "192.168.1.1"),
            (Filter::Value, "2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12"),
            (Filter::Title, ""),
            (Filter::Application, "block"),
        ] {
            assert_eq!(filter.problem(wanted), None, "{wanted}");
        }
    }

    #[test]
    fn an_import_takes_each_filter_once_and_in_the_right_spelling() {
        let known = [Filter::Action, Filter::Type, Filter::Title];
        for (id, words) in [
            ("action=block", "Write `Block`."),
            ("type=domain", "Write `DomainName`."),
            ("title=a,title=b", "`title` occurs twice."),
            ("colour=red", "`colour` is not a filter."),
            ("", "is not of the form NAME=VALUE"),
            ("title=", "`title` has no value."),
            ("action=\"\"", "`action` has no value."),
        ] {
            let problems = parse(id, &known).unwrap_err();
            let text: String = problems.iter().map(|problem| problem.detail.clone()).collect();
            assert!(text.contains(words), "{id}: {text}");
        }
        let read = parse("title=\"\"", &known).unwrap();
        assert_eq!(read, [(Filter::Title, String::new())]);
        let read = parse("action=Block,title=\"a, b\"", &known).unwrap();
        assert_eq!(
            read,
            [(Filter::Action, "Block".to_owned()), (Filter::Title, "a, b".to_owned())]
        );
    }
}
