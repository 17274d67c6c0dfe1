//! Values: what is wrong with any of them, then what is wrong for the type.

use std::borrow::Cow;

use super::super::invisible::{self, shown};
use super::super::refang::{refanged, unquoted};
use super::super::{Field, IndicatorType};
use super::of_value::{error, warning};
use super::{Finding, address, domain, hash, url};

/// The longest value that has been reported to work, in characters. Nothing is documented.
const LONGEST_VALUE: usize = 800;

/// Everything that is wrong with a value of this type. A value that is defanged or holds characters that nobody sees is
/// reported so, and then checked as what it stands for.
#[must_use]
pub fn check_value(indicator_type: &IndicatorType, value: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let visible = invisible::removed(value);
    if visible.is_empty() {
        findings.push(error(
            "empty-value",
            "the value is empty, which the service does not accept",
            "Remove the row, or set a value.",
        ));
        return findings;
    }
    let is_hash = indicator_type.is_file() || *indicator_type == IndicatorType::CertificateThumbprint;
    check_visible(value, &visible, &mut findings);
    let refanged = if is_hash {
        Cow::Borrowed(&*visible)
    } else {
        refanged(&visible)
    };
    if let Cow::Owned(plain) = &refanged {
        let state = match unquoted(&visible) {
            Some(bare) if bare == plain => "stands between quotes",
            _ => "is defanged",
        };
        findings.push(error(
            "defanged",
            format!("{} {state}, and the service would take it literally", shown(&visible)),
            format!("Write {}.", shown(plain)),
        ));
    }
    if let Some((position, space)) = invisible::first_space(&refanged).filter(|_| !is_hash) {
        findings.push(white_space(indicator_type, &refanged, position, space));
        return findings;
    }
    match indicator_type {
        IndicatorType::FileSha1
        | IndicatorType::FileSha256
        | IndicatorType::FileMd5
        | IndicatorType::CertificateThumbprint => hash::check(indicator_type, &refanged, &mut findings),
        IndicatorType::IpAddress => address::check(&refanged, &mut findings),
        IndicatorType::DomainName => domain::check(&refanged, &mut findings),
        IndicatorType::Url => url::check(&refanged, &mut findings),
        IndicatorType::Other(name) => findings.push(Finding::error(
            "type",
            Field::Type,
            format!("indicators of type `{name}` cannot be submitted"),
            format!(
                "Use one of {}.",
                super::names::list(IndicatorType::WRITABLE.iter().map(IndicatorType::as_str))
            ),
        )),
    }
    let length = refanged.chars().count();
    if length > LONGEST_VALUE {
        findings.push(warning(
            "long-value",
            format!(
                "{} has {length} characters, but no more than {LONGEST_VALUE} are known to work",
                shown(value)
            ),
            "Shorten it, for example to the part that all such URLs share.",
        ));
    }
    findings
}

/// Why no type shows in a value, for which [`detect_type`](super::super::detect_type) found none.
#[must_use]
pub fn undetected(value: &str) -> Finding {
    let visible = invisible::removed(value);
    let remedy = "Set the type, or correct the value.";
    let rule = if visible.is_empty() {
        "the value is empty".to_owned()
    } else if visible.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        format!(
            "{} has {} hexadecimal digits, but a SHA-256 has 64, a SHA-1 40 and an MD5 32",
            shown(value),
            visible.len()
        )
    } else {
        format!(
            "{} does not look like a hash, an address, a domain or a URL",
            shown(value)
        )
    };
    Finding::error("undetected-type", Field::Value, rule, remedy)
}

fn check_visible(value: &str, visible: &str, findings: &mut Vec<Finding>) {
    let Some((position, character, more)) = invisible::first(value) else {
        return;
    };
    let more = match more {
        0 => String::new(),
        1 => ", and there is one more such character".to_owned(),
        more => format!(", and there are {more} more such characters"),
    };
    findings.push(error(
        "invisible-character",
        format!(
            "character {position} of {} is {}{more}",
            shown(value),
            invisible::name(character)
        ),
        format!("Write {}.", shown(visible)),
    ));
}

fn white_space(indicator_type: &IndicatorType, value: &str, position: usize, space: char) -> Finding {
    let remedy = match indicator_type {
        IndicatorType::Url => "Write it percent-encoded (a space is `%20`), or write one row per URL.",
        _ => "Write one row per value, and put comments into the description.",
    };
    error(
        "white-space",
        format!("character {position} of {} is {}", shown(value), invisible::name(space)),
        remedy,
    )
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::super::{detect_type, samples};
    use super::*;

    /// Checks that the findings are these: code, whether it is an error, a part of the rule, a part of the remedy.
    pub fn assert_findings(indicator_type: &IndicatorType, value: &str, expected: &[(&str, bool, &str, &str)]) {
        let findings = check_value(indicator_type, value);
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        let expected_codes: Vec<_> = expected.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes, expected_codes, "{value:?}: {findings:#?}");
        for (finding, (_, is_error, rule, remedy)) in findings.iter().zip(expected) {
            assert_eq!(finding.is_error(), *is_error, "{value:?}: {finding:#?}");
            assert!(
                finding.rule.contains(rule) && !finding.rule.ends_with('.'),
                "{value:?}: {finding:#?}"
            );
            assert!(
                finding.remedy.contains(remedy) && finding.remedy.ends_with('.'),
                "{value:?}: {finding:#?}"
            );
        }
    }

    /// [`assert_findings`] for one line a value: value, weight and code, a part of the rule, a part of the remedy.
    pub fn assert_table(indicator_type: &IndicatorType, table: &str) {
        for line in table
            .lines()
            .map(|line| line.trim_start_matches(' '))
            .filter(|line| !line.is_empty())
        {
            let line = line.trim_end_matches(" |");
            let mut cells = line.split(" | ");
            let mut cell = || cells.next().unwrap_or_default();
            let (value, weight_and_code, rule, remedy) = (cell(), cell(), cell(), cell());
            let (weight, code) = weight_and_code.split_once(' ').unwrap();
            assert!(matches!(weight, "error" | "warning") && !rule.is_empty(), "{line}");
            assert_findings(indicator_type, value, &[(code, weight == "error", rule, remedy)]);
        }
    }

    #[test]
    fn types_that_cannot_be_submitted_are_refused() {
        let findings = check_value(&IndicatorType::Other("WebCategory".into()), "Games");
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].field, findings[0].is_error()), (Field::Type, true));
        assert!(findings[0].rule.contains("`WebCategory`"));
    }

    #[test]
    fn a_value_without_a_type_says_why() {
        let table = [
            ("d41d8cd98f00b204e9800998ecf8427", "has 31 hexadecimal digits"),
            ("", "the value is empty"),
            ("\u{feff} ", "the value is empty"),
            ("localhost", "`localhost` does not look like"),
        ];
        for (value, rule) in table {
            assert_eq!(detect_type(value), None);
            assert!(undetected(value).rule.contains(rule), "{value}");
        }
    }

    proptest! {
        #[test]
        fn valid_values_have_no_errors((indicator_type, value) in samples::valid()) {
            let findings = check_value(&indicator_type, &value);
            prop_assert!(!findings.iter().any(Finding::is_error), "{:?}", findings);
        }

        #[test]
        fn the_detected_type_of_a_valid_value_has_no_errors((_, value) in samples::valid()) {
            let detected = detect_type(&value);
            let is_right = detected.is_some_and(|form| !check_value(&form, &value).iter().any(Finding::is_error));
            prop_assert!(is_right);
        }

        #[test]
        fn what_has_no_errors_is_found_by_its_form(indicator_type in samples::any_type(), value in samples::messy()) {
            let findings = check_value(&indicator_type, &value);
            // A single label may be anything; somebody has to say that it is a name.
            if !findings.iter().any(|finding| finding.is_error() || finding.code == "single-label") {
                prop_assert!(detect_type(&value).is_some(), "{} {}", indicator_type, value);
            }
        }

        #[test]
        fn any_text_is_taken(indicator_type in samples::any_type(), value in samples::messy()) {
            for finding in check_value(&indicator_type, &value) {
                prop_assert!(!finding.rule.is_empty() && !finding.remedy.is_empty());
            }
            let _ = undetected(&value);
        }
    }
}
