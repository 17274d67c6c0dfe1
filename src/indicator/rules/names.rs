//! Names of types, actions, severities and categories, which the service takes in exactly one spelling.

use similar::get_close_matches;

use super::super::invisible::shown;
use super::super::{Action, Category, Field, IndicatorType, Severity};
use super::Finding;

/// What other lists and older versions of the service call things, in lower case without punctuation.
const OTHER_NAMES: [(&str, &str); 20] = [
    ("alert", "Audit"),
    ("alertandblock", "BlockAndRemediate"),
    ("sha256", "FileSha256"),
    ("sha1", "FileSha1"),
    ("md5", "FileMd5"),
    ("ip", "IpAddress"),
    ("ipv4", "IpAddress"),
    ("ipv6", "IpAddress"),
    ("ipsrc", "IpAddress"),
    ("ipdst", "IpAddress"),
    ("ipv4addr", "IpAddress"),
    ("ipv6addr", "IpAddress"),
    ("domain", "DomainName"),
    ("hostname", "DomainName"),
    ("fqdn", "DomainName"),
    ("uri", "Url"),
    ("thumbprint", "CertificateThumbprint"),
    ("certificate", "CertificateThumbprint"),
    ("info", "Informational"),
    ("information", "Informational"),
];

/// The least likeness of a misspelled name to the right one, from 0 to 1.
const LIKENESS: f32 = 0.7;

/// The type of this name.
///
/// # Errors
///
/// A finding with the nearest right spelling, or all of them.
pub fn parse_type(name: &str) -> Result<IndicatorType, Finding> {
    let names = || IndicatorType::WRITABLE.iter().map(IndicatorType::as_str);
    IndicatorType::parse(name)
        .ok_or_else(|| unknown(Field::Type, "an indicator type that can be submitted", name, names()))
}

/// The action of this name.
///
/// # Errors
///
/// A finding with the nearest right spelling, or all of them.
pub fn parse_action(name: &str) -> Result<Action, Finding> {
    let current = || {
        Action::WRITABLE
            .iter()
            .filter(|action| !action.is_retired())
            .map(Action::as_str)
    };
    Action::parse(name).ok_or_else(|| unknown(Field::Action, "an action", name, current()))
}

/// The severity of this name.
///
/// # Errors
///
/// A finding with the nearest right spelling, or all of them.
pub fn parse_severity(name: &str) -> Result<Severity, Finding> {
    let names = || Severity::WRITABLE.iter().map(Severity::as_str);
    Severity::parse(name).ok_or_else(|| unknown(Field::Severity, "a severity", name, names()))
}

/// The category of this name.
///
/// # Errors
///
/// A finding with the nearest right spelling, or all of them.
pub fn parse_category(name: &str) -> Result<Category, Finding> {
    Category::parse(name).ok_or_else(|| unknown(Field::Category, "a category", name, Category::names()))
}

/// The names between back-ticks, separated by commas.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn unknown<'a>(field: Field, what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Finding {
    let remedy = match nearest(name, known.clone()) {
        Some(right) => format!("Write `{right}`."),
        None => format!("Use one of {}.", list(known)),
    };
    let code = match field {
        Field::Type => "type",
        Field::Action => "action",
        Field::Severity => "severity",
        _ => "category",
    };
    Finding::error(
        code,
        field,
        format!("{} is not {what}; the service refuses unknown names", shown(name)),
        remedy,
    )
}

/// The known name that was most likely meant: the same but for case and punctuation, or called so elsewhere, or alike.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<(String, &str)> = known.map(|name| (plain(name), name)).collect();
    let of = |wanted: &str| known.iter().find(|(plain, _)| plain == wanted).map(|(_, name)| *name);
    let written = plain(name);
    let elsewhere = || {
        OTHER_NAMES
            .iter()
            .find(|(other, _)| *other == written)
            .and_then(|(_, name)| of(&plain(name)))
    };
    let alike = || {
        // People seldom mistype the first letter, and without it too much is alike.
        let plain_names = known.iter().map(|(plain, _)| plain.as_str());
        let plain_names: Vec<&str> = plain_names
            .filter(|plain| plain.chars().next() == written.chars().next())
            .collect();
        of(get_close_matches(written.as_str(), &plain_names, 1, LIKENESS).first()?)
    };
    of(&written).or_else(elsewhere).or_else(alike)
}

/// The letters and digits in lower case, as many as the longest name could have.
fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn remedy<T: std::fmt::Debug>(result: Result<T, Finding>) -> String {
        let finding = result.unwrap_err();
        assert!(finding.is_error());
        finding.remedy
    }

    #[test]
    fn exact_names_are_taken() {
        assert_eq!(parse_type("FileSha256"), Ok(IndicatorType::FileSha256));
        assert_eq!(parse_action("Allowed"), Ok(Action::Allowed));
        assert_eq!(parse_action("AlertAndBlock"), Ok(Action::AlertAndBlock));
        assert_eq!(parse_severity("High"), Ok(Severity::High));
        assert_eq!(parse_category("Ransomware"), Ok(Category::from_number(2048)));
    }

    #[test]
    fn the_right_spelling_is_proposed() {
        for (written, right) in [
            ("filesha256", "FileSha256"),
            ("SHA-256", "FileSha256"),
            ("sha1", "FileSha1"),
            ("ip-dst", "IpAddress"),
            ("ipv4-addr", "IpAddress"),
            ("IP", "IpAddress"),
            ("url", "Url"),
            ("domain", "DomainName"),
            ("domain-name", "DomainName"),
            ("file_md5", "FileMd5"),
            ("Thumbprint", "CertificateThumbprint"),
            ("CertificateThumprint", "CertificateThumbprint"),
        ] {
            assert_eq!(remedy(parse_type(written)), format!("Write `{right}`."), "{written}");
        }
        for (written, right) in [
            ("block", "Block"),
            ("Blocked", "Block"),
            ("Allow", "Allowed"),
            ("warning", "Warn"),
            ("BlockAndRemidiate", "BlockAndRemediate"),
            ("alert", "Audit"),
            ("alertAndBlock", "BlockAndRemediate"),
        ] {
            assert_eq!(remedy(parse_action(written)), format!("Write `{right}`."), "{written}");
        }
        for (written, right) in [("high", "High"), ("Info", "Informational"), ("Hihg", "High")] {
            assert_eq!(
                remedy(parse_severity(written)),
                format!("Write `{right}`."),
                "{written}"
            );
        }
        for (written, right) in [
            ("Command and Control", "CommandAndControl"),
            ("malwares", "Malware"),
            ("none", "None"),
        ] {
            assert_eq!(
                remedy(parse_category(written)),
                format!("Write `{right}`."),
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_like_nothing_gets_all_names() {
        let all = "Use one of `Informational`, `Low`, `Medium`, `High`.";
        assert_eq!(remedy(parse_severity("critical")), all);
        assert_eq!(remedy(parse_severity("")), all);
        assert!(remedy(parse_type("dash_address")).starts_with("Use one of "));
        assert!(remedy(parse_type("WebCategory")).starts_with("Use one of `FileSha1`, "));
        assert!(!remedy(parse_action("quarantine")).contains("Alert"));
    }

    #[test]
    fn the_finding_names_the_field_and_what_was_written() {
        let finding = parse_type("mutex").unwrap_err();
        assert_eq!((finding.field, finding.code), (Field::Type, "type"));
        assert!(
            finding.rule.starts_with("`mutex` is not an indicator type"),
            "{}",
            finding.rule
        );
    }

    proptest! {
        #[test]
        fn any_text_is_taken(name in any::<String>()) {
            let _ = (parse_type(&name), parse_action(&name), parse_severity(&name), parse_category(&name));
        }
    }
}
