use proptest::prelude::*;

use super::super::{Action, parse_instant, samples};
use super::*;

fn indicator(change: impl FnOnce(&mut Indicator)) -> Indicator {
    let mut indicator = Indicator {
        value: "evil.example".to_owned(),
        indicator_type: IndicatorType::DomainName,
        action: Action::Block,
        fields: Fields::default(),
    };
    change(&mut indicator);
    indicator
}

fn with(change: impl FnOnce(&mut Fields)) -> Indicator {
    indicator(|indicator| change(&mut indicator.fields))
}

fn names(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|&name| name.to_owned()).collect())
}

fn category(number: i32) -> Option<Category> {
    Some(Category::from_number(number))
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn what_means_the_same_is_no_difference() {
    let nothing = || with(|_| ());
    let table = [
        (
            "severity",
            nothing(),
            with(|f| f.severity = Some(Severity::Informational)),
        ),
        (
            "no severity",
            with(|f| f.severity = Some(Severity::Informational)),
            nothing(),
        ),
        ("alert", nothing(), with(|f| f.generate_alert = Some(false))),
        ("history", with(|f| f.historical_detection = Some(false)), nothing()),
        ("text", nothing(), with(|f| f.title = text(""))),
        ("empty text", with(|f| f.application = text("")), nothing()),
        (
            "form of Unicode",
            with(|f| f.title = text("Caf\u{e9}")),
            with(|f| f.title = text("Cafe\u{301}")),
        ),
        (
            "form of Unicode in groups",
            with(|f| f.rbac_group_names = names(&["Caf\u{e9}"])),
            with(|f| f.rbac_group_names = names(&["Cafe\u{301}"])),
        ),
        ("list", nothing(), with(|f| f.mitre_techniques = Some(vec![]))),
        ("groups", nothing(), with(|f| f.rbac_group_ids = Some(vec![]))),
        ("category", nothing(), with(|f| f.category = category(1))),
        ("category None", nothing(), with(|f| f.category = category(0))),
        ("default category", with(|f| f.category = category(1)), nothing()),
        ("category None wanted", with(|f| f.category = category(0)), nothing()),
        ("hours", nothing(), with(|f| f.bypass_duration_hours = Some(0))),
        ("days", with(|f| f.look_back_period = Some(0)), nothing()),
        (
            "certificate",
            nothing(),
            with(|f| {
                f.certificate_info = Some(CertificateInfo {
                    issuer: text("CN=A"),
                    ..Default::default()
                })
            }),
        ),
        (
            "part of the certificate",
            with(|f| {
                f.certificate_info = Some(CertificateInfo {
                    sha256: text("AB"),
                    ..Default::default()
                })
            }),
            with(|f| {
                f.certificate_info = Some(CertificateInfo {
                    sha256: text("ab"),
                    issuer: text("CN=A"),
                    ..Default::default()
                });
            }),
        ),
        (
            "order and repetition",
            with(|f| f.rbac_group_names = names(&["A", "B"])),
            with(|f| f.rbac_group_names = names(&["B", "A", "B"])),
        ),
        (
            "case of techniques",
            with(|f| f.mitre_techniques = names(&["t1566"])),
            with(|f| f.mitre_techniques = names(&["T1566"])),
        ),
        (
            "numbers of the named groups",
            with(|f| f.rbac_group_names = names(&["A"])),
            with(|f| (f.rbac_group_names, f.rbac_group_ids) = (names(&["A"]), Some(vec![3]))),
        ),
        (
            "names of the numbered groups",
            with(|f| (f.rbac_group_names, f.rbac_group_ids) = (names(&[]), Some(vec![3]))),
            with(|f| (f.rbac_group_names, f.rbac_group_ids) = (names(&["A"]), Some(vec![3]))),
        ),
        (
            "instants",
            with(|f| f.expiration_time = "2027-01-01T00:00:00+00:00".parse().ok()),
            with(|f| f.expiration_time = "2027-01-01T01:00:00.0000000+01:00".parse().ok()),
        ),
        (
            "never",
            with(|f| f.expiration_time = parse_instant("9999-12-31T23:59:59Z")),
            with(|f| f.expiration_time = parse_instant("9999-12-31T23:59:59.9999999Z")),
        ),
        (
            "never, as it was sent",
            with(|f| f.expiration_time = parse_instant("9999-12-31T23:59:59Z")),
            with(|f| f.expiration_time = parse_instant("9999-12-30T22:00:00Z")),
        ),
        (
            "less than a tick",
            with(|f| f.expiration_time = "2027-01-01T00:00:00.123456789Z".parse().ok()),
            with(|f| f.expiration_time = "2027-01-01T00:00:00.1234567Z".parse().ok()),
        ),
        ("host", indicator(|i| i.value = "EVIL.example.".to_owned()), nothing()),
        (
            "page",
            with(|f| f.educate_url = text("HTTPS://Help.example/Why")),
            with(|f| f.educate_url = text("https://help.example/Why")),
        ),
        (
            "alert of a retired action",
            indicator(|i| i.action = Action::Alert),
            indicator(|i| (i.action, i.fields.generate_alert) = (Action::Alert, Some(true))),
        ),
    ];
    for (what, wanted, found) in table {
        assert_eq!(differences(&wanted, &found), [], "{what}");
    }
}

#[test]
fn what_differs_is_named_with_both_values() {
    let expiry = "2027-01-01T00:00:00Z";
    let table = [
        (
            with(|_| ()),
            with(|f| f.severity = Some(Severity::High)),
            "severity: not set, not \"High\"",
        ),
        (
            with(|f| f.severity = Some(Severity::Low)),
            with(|_| ()),
            "severity: \"Low\", not not set",
        ),
        (
            with(|_| ()),
            with(|f| f.generate_alert = Some(true)),
            "generate_alert: not set, not true",
        ),
        (
            with(|f| f.title = text("C2")),
            with(|f| f.title = text("c2")),
            "title: \"C2\", not \"c2\"",
        ),
        (
            with(|_| ()),
            with(|f| f.category = category(512)),
            "category: not set, not \"CommandAndControl\"",
        ),
        (
            with(|f| f.category = category(0)),
            with(|f| f.category = category(1)),
            "category: \"None\", not \"SuspiciousActivity\"",
        ),
        (
            with(|f| f.category = category(1)),
            with(|f| f.category = category(0)),
            "category: \"SuspiciousActivity\", not \"None\"",
        ),
        (
            with(|_| ()),
            with(|f| f.category = category(3)),
            "category: not set, not \"3\"",
        ),
        (
            with(|_| ()),
            with(|f| f.expiration_time = expiry.parse().ok()),
            "expiration_time: not set, not \"2027-01-01T00:00:00Z\"",
        ),
        (
            with(|f| f.expiration_time = expiry.parse().ok()),
            with(|f| f.expiration_time = parse_instant("9999-12-31T00:00:00Z")),
            "expiration_time: \"2027-01-01T00:00:00Z\", not \"9999-12-31T23:59:59Z\"",
        ),
        (
            with(|_| ()),
            with(|f| f.rbac_group_ids = Some(vec![3])),
            "rbac_group_ids: not set, not [3]",
        ),
        (
            with(|f| f.rbac_group_names = Some(vec![])),
            with(|f| f.rbac_group_ids = Some(vec![3])),
            "rbac_group_ids: not set, not [3]",
        ),
        (
            with(|f| f.rbac_group_names = names(&["a"])),
            with(|f| f.rbac_group_names = names(&["A", "B"])),
            "rbac_group_names: [\"a\"], not [\"A\", \"B\"]",
        ),
        (
            with(|f| f.notification_id = Some(0)),
            with(|_| ()),
            "notification_id: 0, not not set",
        ),
        (
            with(|f| f.bypass_duration_hours = Some(2)),
            with(|_| ()),
            "bypass_duration_hours: 2, not not set",
        ),
        (
            with(|f| f.version = text("1")),
            with(|_| ()),
            "version: \"1\", not not set",
        ),
        (
            with(|f| {
                f.certificate_info = Some(CertificateInfo {
                    issuer: text("CN=A"),
                    ..Default::default()
                })
            }),
            with(|f| {
                f.certificate_info = Some(CertificateInfo {
                    issuer: text("CN=B"),
                    ..Default::default()
                })
            }),
            "certificate_info: { issuer = \"CN=A\" }, not { issuer = \"CN=B\" }",
        ),
        (
            with(|_| ()),
            indicator(|i| i.action = Action::Allowed),
            "action: \"Block\", not \"Allowed\"",
        ),
        (
            with(|_| ()),
            indicator(|i| i.value = "evil.test".to_owned()),
            "value: \"evil.example\", not \"evil.test\"",
        ),
        (
            with(|_| ()),
            indicator(|i| i.indicator_type = IndicatorType::Url),
            "type: \"DomainName\", not \"Url\"",
        ),
    ];
    for (wanted, found, expected) in table {
        let words: Vec<String> = differences(&wanted, &found)
            .iter()
            .map(|Difference { field, wanted, found }| format!("{field}: {wanted}, not {found}"))
            .collect();
        assert_eq!(words, [expected]);
    }
}

#[test]
fn retired_actions_are_met_by_what_they_may_have_become() {
    use Action::{Alert, AlertAndBlock, Allowed, Audit, Block, BlockAndRemediate};
    use IndicatorType::{CertificateThumbprint, DomainName, FileSha1, IpAddress, Url};
    for (kind, wanted, found, is_same) in [
        (IpAddress, AlertAndBlock, Block, true),
        (DomainName, AlertAndBlock, Block, true),
        (Url, AlertAndBlock, BlockAndRemediate, true),
        (FileSha1, AlertAndBlock, BlockAndRemediate, true),
        (FileSha1, AlertAndBlock, Block, false),
        (CertificateThumbprint, AlertAndBlock, Block, false),
        (IpAddress, AlertAndBlock, Audit, false),
        (Url, Alert, Audit, true),
        (Url, Alert, Block, false),
        (Url, Block, AlertAndBlock, false),
        (Url, Allowed, Block, false),
    ] {
        let of = |action| {
            indicator(|indicator| {
                indicator.indicator_type = kind.clone();
                indicator.action = action;
            })
        };
        let (wanted, mut found) = (of(wanted), of(found));
        if wanted.action.is_retired() {
            found.fields.generate_alert = Some(true);
        }
        let fields: Vec<Field> = differences(&wanted, &found)
            .iter()
            .map(|difference| difference.field)
            .collect();
        assert_eq!(
            fields.is_empty(),
            is_same,
            "{kind} {} {} {fields:?}",
            wanted.action,
            found.action
        );
        assert_eq!(
            wanted.identities().any(|identity| identity == found.identity()),
            is_same
        );
    }
}

#[test]
fn the_alert_of_a_retired_action_can_be_taken_back() {
    let retired = |generate_alert| {
        indicator(|indicator| {
            indicator.action = Action::AlertAndBlock;
            indicator.fields.generate_alert = generate_alert;
        })
    };
    for (wanted, found, is_same) in [
        (None, None, true),
        (None, Some(false), true),
        (Some(true), None, true),
        // It was sent with an alert when nothing was said.
        (Some(false), None, false),
        (Some(false), Some(true), false),
    ] {
        let list = differences(&retired(wanted), &retired(found));
        assert_eq!(list.is_empty(), is_same, "{wanted:?} {found:?}");
    }
}

#[test]
fn differences_come_in_the_order_of_the_fields() {
    let found = indicator(|i| {
        i.action = Action::Warn;
        (i.fields.title, i.fields.version, i.fields.generate_alert) = (text("t"), text("v"), Some(true));
    });
    let fields: Vec<Field> = differences(&with(|_| ()), &found)
        .iter()
        .map(|difference| difference.field)
        .collect();
    assert_eq!(
        fields,
        [Field::Action, Field::Title, Field::GenerateAlert, Field::Version]
    );
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(indicator in samples::indicator()) {
        prop_assert_eq!(differences(&indicator, &indicator), []);
    }

    #[test]
    fn any_two_can_be_compared(wanted in samples::indicator(), found in samples::indicator()) {
        let list = differences(&wanted, &found);
        prop_assert!(list.is_sorted_by(|one, other| one.field < other.field));
    }
}
