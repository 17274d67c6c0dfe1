//! Each rule for indicators, by a value that breaks it.

use super::TITLE;
use crate::indicator::rules::{self, Finding, check_value, undetected};
use crate::indicator::{Action, Field, FieldKind, FieldValue, Indicator, IndicatorType, detect_type};
use crate::provider::findings::Findings;
use crate::provider::model::ModelRow;
use crate::tf::{Diagnostic, Path};
use std::collections::BTreeSet;

/// The rules, to find the codes of all findings.
const SOURCES: [&str; 9] = [
    include_str!("../../indicator/rules/address.rs"),
    include_str!("../../indicator/rules/domain.rs"),
    include_str!("../../indicator/rules/fields.rs"),
    include_str!("../../indicator/rules/form.rs"),
    include_str!("../../indicator/rules/hash.rs"),
    include_str!("../../indicator/rules/names.rs"),
    include_str!("../../indicator/rules/of_value.rs"),
    include_str!("../../indicator/rules/url.rs"),
    include_str!("../../indicator/rules/value.rs"),
];

/// The answer if no other rule of its kind says why. No value is known that leads to it.
const LAST_RESORT: &str = "domain";

const HASH: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn values() -> Vec<(IndicatorType, String)> {
    use IndicatorType::{DomainName, FileMd5, FileSha1, FileSha256, IpAddress, Url};
    let label = format!("{}.example", "x".repeat(64));
    let name = format!("{}example", "label.".repeat(45));
    let long = format!("http://evil.example/{}", "a".repeat(790));
    let samples: [(IndicatorType, &[&str]); 7] = [
        (
            IpAddress,
            &[
                "198.51.100.0/24",
                "198.51.100.7/32",
                "198.51.100.*",
                "198.51.100.1-198.51.100.9",
                "fe80::1%eth0",
                "198.51.100.7:443",
                "[2001:db8::1]",
                "198.051.100.7",
                "198.51.100.700",
                "evil.example",
                "198[.]51[.]100[.]7",
                "198.51.100.7 (C2)",
                "198.51.100.7\u{200b}",
                "10.1.2.3",
                "",
            ],
        ),
        (
            DomainName,
            &[
                "https://evil.example/a",
                "*.evil.example",
                "evil*.example",
                "evil.example/a",
                "ann@evil.example",
                "evil.example:443",
                ".evil.example",
                "evil.example.",
                "localhost",
                "evil.123",
                "_dmarc.evil.example",
                "-evil.example",
                "evil!.example",
                "evil..example",
                "xn--a.example",
                label.as_str(),
                name.as_str(),
            ],
        ),
        (
            Url,
            &[
                "evil.example/a",
                "evil.example",
                "http:/evil.example",
                "http://",
                "http://[2001:db8::g]/",
                "http://[fe80::1%25eth0]/",
                "http://*.evil.example/",
                "http://evil.example/*",
                "http://evil.example:99999/",
                "ftp://evil.example/",
                "http://localhost/",
                "http://3325256711/",
                "http://evil.example/a b",
                long.as_str(),
            ],
        ),
        (
            FileSha1,
            &[
                "da39a3ee",
                "da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09",
            ],
        ),
        (FileSha256, &[HASH, "no hash"]),
        (FileMd5, &[HASH]),
        (IndicatorType::Other("WebCategory".into()), &["Games"]),
    ];
    let each = |(kind, values): (IndicatorType, &[&str])| {
        let pair = |value: &&str| (kind.clone(), (*value).to_owned());
        values.iter().map(pair).collect::<Vec<_>>()
    };
    samples.into_iter().flat_map(each).collect()
}

/// Fields that break a rule, each on a blocked domain that is good otherwise.
fn fields() -> Vec<Indicator> {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let changes: Vec<Vec<(Field, FieldValue)>> = vec![
        vec![(Field::Value, text(&"a".repeat(32))), (Field::Type, text("FileMd5"))],
        vec![(Field::Value, text("co.uk"))],
        vec![(Field::Value, text("setup.exe"))],
        vec![(Field::Value, text(HASH)), (Field::Type, text("FileSha1"))],
        vec![
            (Field::RbacGroupNames, FieldValue::Texts(vec!["Servers".into()])),
            (Field::RbacGroupIds, FieldValue::Wholes(vec![7])),
        ],
        vec![(Field::RbacGroupNames, FieldValue::Texts(vec!["Servers;Clients".into()]))],
        vec![(Field::Action, text("AlertAndBlock"))],
        vec![(Field::Action, text("BlockAndRemediate"))],
        vec![(Field::Value, text(HASH)), (Field::Type, text("CertificateThumbprint"))],
        vec![(Field::Action, text("Audit"))],
        vec![(Field::Title, text(""))],
        vec![(Field::Description, text(&"a".repeat(101)))],
        vec![(Field::MitreTechniques, FieldValue::Texts(vec!["Phishing".into()]))],
        vec![(
            Field::MitreTechniques,
            FieldValue::Texts(vec!["Phishing".into(), "T1".into()]),
        )],
        vec![(Field::EducateUrl, text("help.contoso.example"))],
        vec![
            (Field::EducateUrl, text("https://help.contoso.example")),
            (Field::Action, text("Allowed")),
        ],
        vec![
            (Field::BypassDurationHours, FieldValue::Whole(-1)),
            (Field::Action, text("Warn")),
        ],
        vec![(Field::BypassDurationHours, FieldValue::Whole(8))],
        vec![(Field::LookBackPeriod, FieldValue::Whole(30))],
        vec![(Field::HistoricalDetection, FieldValue::Flag(true))],
    ];
    changes
        .into_iter()
        .map(|changes| {
            let mut indicator = Indicator {
                value: "evil.example".to_owned(),
                indicator_type: IndicatorType::DomainName,
                action: Action::Block,
                ..Indicator::blank()
            };
            indicator.fields.title = Some(TITLE.to_owned());
            indicator.fields.description = Some("Case 42".to_owned());
            for (field, value) in changes {
                field.set(value, &mut indicator).unwrap();
            }
            indicator
        })
        .collect()
}

/// What cannot be read at all.
fn forms() -> Vec<Finding> {
    let mut row = ModelRow::blank();
    row.indicator().value = "evil.example".to_owned();
    let mut forms = row.finish().findings;
    forms.extend([
        rules::wrong_kind(Field::Title, FieldKind::Flag),
        rules::not_whole(Field::NotificationId),
        rules::not_whole(Field::BypassDurationHours),
        rules::no_instant(Field::ExpirationTime, "tomorrow"),
        rules::no_lifetime(Field::Lifetime, "a month"),
        rules::expiry_twice(),
        undetected("d41d8cd98f00b204e9800998ecf8427"),
        undetected("localhost"),
        undetected(""),
        rules::parse_type("Domain").err().unwrap(),
        rules::parse_action("Blocked").err().unwrap(),
        rules::parse_action("Nothing").err().unwrap(),
        rules::parse_severity("Critical").err().unwrap(),
        rules::parse_category("Malwares").err().unwrap(),
    ]);
    forms
}

fn in_words(key: &str, found: impl IntoIterator<Item = Finding>) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    for finding in found {
        findings.push(key, Path::root(), true, finding);
    }
    findings.into_diagnostics(TITLE).into_iter().collect()
}

/// Each rule in words, with how many rows of one rule are told.
pub fn findings() -> Vec<Diagnostic> {
    let mut all: Vec<(String, Finding)> = Vec::new();
    for (kind, value) in values() {
        all.extend(
            check_value(&kind, &value)
                .into_iter()
                .map(|finding| (value.clone(), finding)),
        );
    }
    for indicator in fields() {
        let found = rules::check(&indicator, crate::indicator::FieldSet::EMPTY);
        all.extend(found.into_iter().map(|finding| (indicator.value.clone(), finding)));
    }
    all.extend(forms().into_iter().map(|finding| (String::new(), finding)));
    let codes: BTreeSet<&str> = all.iter().map(|(_, finding)| finding.code).collect();
    for source in SOURCES {
        for code in codes_of(source) {
            assert!(
                code == LAST_RESORT || codes.contains(code),
                "the rule `{code}` needs a sample in src/provider/catalogue/rules.rs"
            );
        }
    }
    let mut words: Vec<Diagnostic> = all
        .iter()
        .flat_map(|(value, finding)| in_words(value, [finding.clone()]))
        .collect();
    words.extend(grouped());
    super::once(words).into_iter().collect()
}

/// Many rows that break one rule.
fn grouped() -> Vec<Diagnostic> {
    let mut errors = Findings::default();
    let mut warnings = Findings::default();
    for number in 1..=6 {
        let network = format!("198.51.{number}.0/24");
        for finding in check_value(&IndicatorType::IpAddress, &network) {
            errors.push(&network, Path::root(), true, finding);
        }
        let private = format!("10.0.0.{number}");
        assert_eq!(detect_type(&private), Some(IndicatorType::IpAddress));
        for finding in check_value(&IndicatorType::IpAddress, &private) {
            warnings.push(&private, Path::root(), true, finding);
        }
        let key = format!("row {number}");
        errors.fault(
            &key,
            Path::root(),
            None,
            "the row is a number, not an object".to_owned(),
        );
    }
    [errors, warnings]
        .into_iter()
        .flat_map(|findings| findings.into_diagnostics(TITLE))
        .collect()
}

/// The codes of the findings that a source makes; its tests do not count.
fn codes_of(source: &str) -> Vec<&str> {
    let rules = source.split("#[cfg(test)]").next().unwrap_or_default();
    ["error(", "warning("]
        .into_iter()
        .flat_map(|call| rules.split(call).skip(1))
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

#[test]
fn codes_are_found_in_sources() {
    let source =
        "error(\n    \"one\", x) Finding::warning(\"two\") fn error(code: &str)\n#[cfg(test)] error(\"three\")";
    assert_eq!(codes_of(source), ["one", "two"]);
}
