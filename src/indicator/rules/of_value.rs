//! Findings about a value, for the rules of all types.

use super::super::invisible::shown;
use super::super::{Field, IndicatorType, detect_type};
use super::Finding;

pub(super) fn error(code: &'static str, rule: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding::error(code, Field::Value, rule, remedy)
}

pub(super) fn warning(code: &'static str, rule: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding::warning(code, Field::Value, rule, remedy)
}

/// What to do with a value whose form is that of another type, if it is.
pub(super) fn other_type(wanted: &IndicatorType, value: &str) -> Option<Finding> {
    let form = detect_type(value).filter(|form| form != wanted)?;
    let name = match form {
        IndicatorType::FileSha1 => "a SHA-1",
        IndicatorType::FileSha256 => "a SHA-256",
        IndicatorType::FileMd5 => "an MD5",
        IndicatorType::IpAddress => "an address",
        IndicatorType::DomainName => "a domain",
        _ => "a URL",
    };
    Some(error(
        "other-type",
        format!("{} is {name}, not a value of type {wanted}", shown(value)),
        format!("Set the type to `{form}`."),
    ))
}
