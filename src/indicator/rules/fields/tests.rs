use proptest::prelude::*;

use super::super::super::{FieldSet, samples};
use super::super::{Weight, check};
use super::*;

fn indicator(indicator_type: IndicatorType, action: Action, change: impl FnOnce(&mut Fields)) -> Indicator {
    let value = match indicator_type {
        IndicatorType::FileMd5 => "9e107d9d372bb6826bd81d3542a419d6",
        IndicatorType::FileSha1 | IndicatorType::CertificateThumbprint => "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        IndicatorType::FileSha256 => "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592",
        IndicatorType::IpAddress => "198.51.100.7",
        IndicatorType::Url => "http://evil.example/",
        _ => "evil.example",
    };
    let mut fields = Fields {
        title: Some("Title".to_owned()),
        description: Some("Text".to_owned()),
        ..Fields::default()
    };
    change(&mut fields);
    Indicator {
        value: value.to_owned(),
        indicator_type,
        action,
        fields,
    }
}

fn domain(action: Action, change: impl FnOnce(&mut Fields)) -> Indicator {
    indicator(IndicatorType::DomainName, action, change)
}

fn codes(indicator: &Indicator) -> Vec<(&'static str, Weight, Field)> {
    check(indicator, FieldSet::EMPTY)
        .into_iter()
        .map(
            |Finding {
                 weight,
                 code,
                 field,
                 rule,
                 remedy,
             }| {
                assert!(!rule.ends_with('.') && remedy.ends_with('.'), "{rule} {remedy}");
                (code, weight, field)
            },
        )
        .collect()
}

#[test]
fn hashes_of_harmless_files_are_told_unless_they_are_allowed() {
    for (content, hashes) in HARMLESS_FILES {
        let types = [
            IndicatorType::FileMd5,
            IndicatorType::FileSha1,
            IndicatorType::FileSha256,
        ];
        for (kind, hash) in types.into_iter().zip(hashes) {
            let found = |action: Action, value: String| {
                let harmful = Indicator {
                    value,
                    ..indicator(kind.clone(), action, |_| {})
                };
                let findings = check(&harmful, FieldSet::EMPTY).into_iter();
                findings
                    .filter(|finding| finding.code == "harmless-hash")
                    .collect::<Vec<_>>()
            };
            for action in [Action::Block, Action::BlockAndRemediate, Action::Warn] {
                let [finding] = found(action, hash.to_uppercase()).try_into().unwrap();
                assert_eq!((finding.weight, finding.field), (Weight::Warning, Field::Value));
                assert!(finding.rule.contains(content), "{}", finding.rule);
            }
            assert!(found(Action::Allowed, hash.to_owned()).is_empty());
            assert!(found(Action::Block, hash.replace('0', "1")).is_empty());
        }
    }
}

#[test]
fn the_table_of_harmless_files_is_true() {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
    // Split, so that no scanner takes this file for it.
    let eicar = concat!(
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$",
        "EICAR-STANDARD-ANTIVIRUS",
        "-TEST-FILE!$H+H*"
    );
    let contents = ["", "\n", "\r\n", eicar];
    for (content, (name, [_, sha1, sha256])) in contents.into_iter().zip(HARMLESS_FILES) {
        for (algorithm, expected) in [(&SHA1_FOR_LEGACY_USE_ONLY, sha1), (&SHA256, sha256)] {
            let found: String = digest(algorithm, content.as_bytes())
                .as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[test]
fn a_semicolon_in_a_device_group_is_told() {
    let groups = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        codes(&domain(Action::Block, |fields| fields.rbac_group_names = Some(names)))
    };
    let told = [("joined-groups", Weight::Warning, Field::RbacGroupNames)];
    assert_eq!(groups(&["Group A;Group B", "C"]), told);
    assert_eq!(groups(&["Group A", "Group B"]), []);
}

#[test]
fn device_groups_are_named_one_way() {
    let groups = |names: &[&str], ids: &[i32]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        codes(&domain(Action::Block, |fields| {
            fields.rbac_group_names = Some(names);
            fields.rbac_group_ids = Some(ids.to_vec());
        }))
    };
    assert_eq!(
        groups(&["one"], &[1]),
        [("groups-twice", Weight::Error, Field::RbacGroupIds)]
    );
    assert_eq!(groups(&["one"], &[]), []);
    assert_eq!(groups(&[], &[1]), []);
}

#[test]
fn actions_are_judged_by_the_documented_table() {
    use Action::{Alert, AlertAndBlock, Allowed, Audit, Block, BlockAndRemediate, Warn};
    use IndicatorType::{CertificateThumbprint, DomainName, FileSha1, FileSha256, IpAddress, Url};
    const FOR_TYPE: &str = "action-for-type";
    const RETIRED: &str = "retired-action";
    let mut table: Vec<(IndicatorType, Action, &[&str])> = vec![
        (CertificateThumbprint, Allowed, &[]),
        (CertificateThumbprint, BlockAndRemediate, &[]),
        (CertificateThumbprint, Block, &[FOR_TYPE]),
        (CertificateThumbprint, Warn, &[FOR_TYPE]),
        (CertificateThumbprint, Audit, &[FOR_TYPE]),
        (CertificateThumbprint, AlertAndBlock, &[RETIRED]),
        (CertificateThumbprint, Alert, &[RETIRED, FOR_TYPE]),
        (FileSha256, Alert, &[RETIRED]),
        (Url, AlertAndBlock, &[RETIRED]),
    ];
    for file in [FileSha1, FileSha256] {
        table
            .extend([Allowed, Audit, Warn, Block, BlockAndRemediate].map(|action| (file.clone(), action, &[] as &[_])));
    }
    for network in [IpAddress, DomainName, Url] {
        table.extend([Allowed, Audit, Warn, Block].map(|action| (network.clone(), action, &[] as &[_])));
        table.push((network, BlockAndRemediate, &[FOR_TYPE]));
    }
    for (indicator_type, action, expected) in table {
        let indicator = indicator(indicator_type, action, |fields| fields.generate_alert = Some(true));
        let expected: Vec<_> = expected
            .iter()
            .map(|code| (*code, Weight::Warning, Field::Action))
            .collect();
        assert_eq!(
            codes(&indicator),
            expected,
            "{} {}",
            indicator.indicator_type,
            indicator.action
        );
    }
}

#[test]
fn fields_are_judged() {
    use Weight::{Error, Warning};
    let text = |text: &str| Some(text.to_owned());
    let other = |name: &str| Action::Other(name.into());
    let table = [
        (domain(Action::Block, |_| ()), vec![]),
        (
            domain(Action::Audit, |_| ()),
            vec![("audit-without-alert", Error, Field::GenerateAlert)],
        ),
        (
            domain(Action::Audit, |f| f.generate_alert = Some(false)),
            vec![("audit-without-alert", Error, Field::GenerateAlert)],
        ),
        (
            domain(other("Quarantine"), |_| ()),
            vec![("action", Error, Field::Action)],
        ),
        (
            domain(Action::Block, |f| f.severity = Some(Severity::Other("Critical".into()))),
            vec![("severity", Error, Field::Severity)],
        ),
        (
            indicator(IndicatorType::FileMd5, Action::Block, |_| ()),
            vec![("md5", Warning, Field::Type)],
        ),
        (
            domain(Action::Block, |f| f.title = None),
            vec![("missing-text", Warning, Field::Title)],
        ),
        (
            domain(Action::Block, |f| f.description = text(" ")),
            vec![("missing-text", Warning, Field::Description)],
        ),
        (domain(Action::Block, |f| f.description = Some("é".repeat(100))), vec![]),
        (
            domain(Action::Block, |f| f.description = Some("é".repeat(101))),
            vec![("long-text", Warning, Field::Description)],
        ),
        (
            domain(Action::Block, |f| f.title = Some("a".repeat(4001))),
            vec![("long-text", Warning, Field::Title)],
        ),
        (
            domain(Action::Block, |f| {
                f.mitre_techniques = Some(["T1566", "t1566", "T1566.1", "T15661", "x"].map(str::to_owned).into());
            }),
            vec![("technique", Warning, Field::MitreTechniques)],
        ),
        (
            domain(Action::Block, |f| {
                f.mitre_techniques = Some(vec!["T1566.001".to_owned()])
            }),
            vec![],
        ),
        (
            domain(Action::Warn, |f| f.educate_url = text("https://help.example/why?x=ü")),
            vec![],
        ),
        (
            domain(Action::Block, |f| f.educate_url = text("help.example")),
            vec![("educate-url", Warning, Field::EducateUrl)],
        ),
        (
            domain(Action::Block, |f| f.educate_url = text("ftp://help.example")),
            vec![("educate-url", Warning, Field::EducateUrl)],
        ),
        (
            domain(Action::Allowed, |f| f.educate_url = text("https://help.example")),
            vec![("educate-url", Warning, Field::EducateUrl)],
        ),
        (
            indicator(IndicatorType::IpAddress, Action::Block, |f| {
                f.educate_url = text("https://help.example")
            }),
            vec![("educate-url", Warning, Field::EducateUrl)],
        ),
        (domain(Action::Warn, |f| f.bypass_duration_hours = Some(1000)), vec![]),
        (
            domain(Action::Warn, |f| f.bypass_duration_hours = Some(0)),
            vec![("bypass-duration", Warning, Field::BypassDurationHours)],
        ),
        (
            domain(Action::Warn, |f| f.bypass_duration_hours = Some(-1)),
            vec![("bypass-duration", Error, Field::BypassDurationHours)],
        ),
        (
            domain(Action::Block, |f| f.bypass_duration_hours = Some(2)),
            vec![("bypass-duration", Warning, Field::BypassDurationHours)],
        ),
        (domain(Action::Block, |f| f.historical_detection = Some(false)), vec![]),
        (
            domain(Action::Block, |f| f.historical_detection = Some(true)),
            vec![("history", Warning, Field::HistoricalDetection)],
        ),
        (
            domain(Action::Block, |f| f.look_back_period = Some(30)),
            vec![("history", Warning, Field::LookBackPeriod)],
        ),
    ];
    for (indicator, expected) in table {
        assert_eq!(codes(&indicator), expected, "{indicator:?}");
    }
}

#[test]
fn public_suffixes_are_warned_of() {
    let table = [
        ("co.uk", Action::Block, true),
        ("GitHub.io", Action::Allowed, true),
        ("github.io", Action::Warn, true),
        ("个人.hk", Action::Block, true),
        ("co.uk", Action::Audit, false),
        ("someone.github.io", Action::Block, false),
    ];
    for (value, action, expected) in table {
        let mut indicator = domain(action, |fields| fields.generate_alert = Some(true));
        indicator.value = value.to_owned();
        let found = codes(&indicator);
        assert_eq!(
            found.contains(&("public-suffix", Weight::Warning, Field::Value)),
            expected,
            "{value} {found:?}"
        );
    }
}

#[test]
fn rules_on_unknown_fields_are_left_out() {
    let mut indicator = domain(Action::Audit, |fields| {
        (fields.title, fields.educate_url, fields.bypass_duration_hours) = (None, Some("x".to_owned()), Some(-1));
    });
    indicator.value = "198.51.100.0/24".to_owned();
    assert_eq!(check(&indicator, FieldSet::EMPTY).len(), 7);
    assert_eq!(check(&indicator, Field::ALL.iter().copied().collect()), []);
    let only_alert = |unknown: &[Field]| {
        let unknown = unknown.iter().copied().collect();
        check(&indicator, unknown)
            .iter()
            .any(|finding| finding.code == "audit-without-alert")
    };
    assert!(only_alert(&[Field::Value, Field::Type, Field::Title]));
    assert!(!only_alert(&[Field::Action]));
    assert!(!only_alert(&[Field::GenerateAlert]));
    let values = |unknown: &[Field]| {
        let unknown = unknown.iter().copied().collect();
        check(&indicator, unknown)
            .iter()
            .any(|finding| finding.field == Field::Value)
    };
    assert!(values(&[Field::Action]));
    assert!(!values(&[Field::Type]));
    assert!(!values(&[Field::Value]));
}

proptest! {
    #[test]
    fn any_indicator_is_taken(indicator in samples::indicator(), field in prop::sample::select(Field::ALL)) {
        let all = check(&indicator, FieldSet::EMPTY);
        let fewer = check(&indicator, FieldSet::EMPTY.with(field));
        prop_assert!(fewer.iter().all(|finding| all.contains(finding) && finding.field != field));
    }
}
