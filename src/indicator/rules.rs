//! What is wrong with an indicator before anybody sends it.
//!
//! An error stands for what the service refuses for certain: seen, or documented with an error code of its own such as
//! `InvalidHashValue`. What only its documents advise against, and what only some tenants can do, is a warning.

mod form;
mod names;
mod fields;
mod of_value;
mod address;
mod domain;
mod url;
mod hash;
mod value;

pub use form::{expiry_twice, no_instant, no_lifetime, not_whole, wrong_kind};
pub use names::{parse_action, parse_category, parse_severity, parse_type};
pub use value::{check_value, undetected};

pub(super) use domain::check_host;

use super::{Field, FieldSet, Indicator};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The service would refuse it.
    Error,
    /// The service may take it, but perhaps not as it is meant.
    Warning,
}

/// One thing that is wrong with an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// Short name of the broken rule, such as `cidr`: the same for every value, for grouping and for machines.
    pub code: &'static str,
    /// The field that is wrong.
    pub field: Field,
    /// What is wrong with which value, and why: one sentence without its full stop.
    pub rule: String,
    /// What to do about it: one sentence.
    pub remedy: String,
}

impl Finding {
    fn error(code: &'static str, field: Field, rule: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            weight: Weight::Error,
            code,
            field,
            rule: rule.into(),
            remedy: remedy.into(),
        }
    }

    fn warning(code: &'static str, field: Field, rule: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            ..Self::error(code, field, rule, remedy)
        }
    }

    /// Whether the service would refuse what is wrong.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.weight == Weight::Error
    }
}

/// Everything that is wrong with the indicator. Rules that touch a field in `unknown` are left out, whatever
/// `indicator` holds there.
///
/// Nothing here depends on the time: whether an expiry has passed is [`Indicator::is_expired`].
#[must_use]
pub fn check(indicator: &Indicator, unknown: FieldSet) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !unknown.contains(Field::Value) && !unknown.contains(Field::Type) {
        findings.extend(check_value(&indicator.indicator_type, &indicator.value));
    }
    let is_known =
        |rule: &fields::Rule| unknown.is_empty() || !rule.fields.iter().any(|field| unknown.contains(*field));
    for rule in fields::RULES {
        if is_known(rule) {
            findings.extend((rule.check)(indicator));
        }
    }
    findings
}
