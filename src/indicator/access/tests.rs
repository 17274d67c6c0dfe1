use proptest::prelude::*;

use super::super::samples;
use super::*;

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

#[test]
fn every_field_can_be_set_and_read_and_copied_by_itself() {
    let mut whole = Indicator::blank();
    for field in Field::ALL {
        let value = samples::value(*field);
        assert_eq!(value.kind(), field.kind(), "{field}");
        let mut indicator = Indicator::blank();
        assert_eq!(field.set(value.clone(), &mut indicator), Ok(()), "{field}");
        assert_eq!(field.get(&indicator), Some(value.clone()), "{field}");
        let others = Field::ALL.iter().filter(|other| *other != field);
        for other in others {
            assert_eq!(other.get(&indicator), other.get(&Indicator::blank()), "{field} {other}");
        }
        field.copy(&indicator, &mut whole);
        assert_eq!(field.get(&whole), Some(value), "{field}");
        field.copy(&Indicator::blank(), &mut indicator);
        assert_eq!(indicator, Indicator::blank(), "{field}");
    }
    for field in Field::ALL {
        assert_eq!(field.get(&whole), Some(samples::value(*field)), "{field}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_changes_nothing() {
    let wrong = [
        text("a"),
        FieldValue::Flag(true),
        FieldValue::Whole(1),
        FieldValue::Texts(vec!["a".to_owned()]),
        FieldValue::Wholes(vec![1]),
        FieldValue::Certificate(CertificateInfo::default()),
    ];
    for field in Field::ALL {
        for value in wrong.iter().filter(|value| value.kind() != field.kind()) {
            let mut indicator = Indicator::blank();
            let finding = field.set(value.clone(), &mut indicator).unwrap_err();
            assert_eq!((finding.code, finding.field), ("wrong-kind", *field));
            assert!(finding.is_error());
            assert_eq!(indicator, Indicator::blank());
        }
    }
    let finding = Field::GenerateAlert
        .set(text("yes"), &mut Indicator::blank())
        .unwrap_err();
    assert_eq!(
        (finding.rule.as_str(), finding.remedy.as_str()),
        (
            "`generate_alert` must be true or false, not a string",
            "Write true or false."
        )
    );
}

#[test]
fn a_list_without_elements_is_of_either_kind() {
    let mut indicator = Indicator::blank();
    Field::RbacGroupIds
        .set(FieldValue::Texts(vec![]), &mut indicator)
        .unwrap();
    Field::RbacGroupNames
        .set(FieldValue::Wholes(vec![]), &mut indicator)
        .unwrap();
    assert_eq!(indicator.fields.rbac_group_ids, Some(vec![]));
    assert_eq!(indicator.fields.rbac_group_names, Some(vec![]));
}

#[test]
fn names_that_are_new_are_reported_and_kept() {
    for (field, code) in [
        (Field::Type, "type"),
        (Field::Action, "action"),
        (Field::Severity, "severity"),
    ] {
        let mut indicator = Indicator::blank();
        let finding = field.set(text("Vaporise"), &mut indicator).unwrap_err();
        assert_eq!((finding.code, finding.field), (code, field));
        assert_eq!(field.get(&indicator), Some(text("Vaporise")));
    }
}

#[test]
fn categories_are_read_by_name_and_by_number() {
    let mut indicator = Indicator::blank();
    for (written, number, shown) in [
        ("Malware", 2, "Malware"),
        ("512", 512, "CommandAndControl"),
        ("3", 3, "3"),
    ] {
        Field::Category.set(text(written), &mut indicator).unwrap();
        assert_eq!(indicator.fields.category, Some(Category::from_number(number)));
        assert_eq!(Field::Category.get(&indicator), Some(text(shown)));
    }
    let finding = Field::Category.set(text("malware"), &mut indicator).unwrap_err();
    assert_eq!(finding.remedy, "Write `Malware`.");
    assert_eq!(indicator.fields.category, Some(Category::from_number(3)));
}

#[test]
fn what_the_service_cannot_hold_is_refused() {
    let table = [
        (
            Field::NotificationId,
            FieldValue::Whole(256),
            "whole-number",
            "0 to 255",
        ),
        (Field::NotificationId, FieldValue::Whole(-1), "whole-number", "0 to 255"),
        (
            Field::LookBackPeriod,
            FieldValue::Whole(1 << 31),
            "whole-number",
            "2147483647",
        ),
        (
            Field::RbacGroupIds,
            FieldValue::Wholes(vec![1, 1 << 40]),
            "whole-number",
            "2147483647",
        ),
        (
            Field::ExpirationTime,
            text("tomorrow"),
            "instant",
            "2030-01-31T00:00:00Z",
        ),
    ];
    for (field, value, code, words) in table {
        let mut indicator = Indicator::blank();
        let finding = field.set(value, &mut indicator).unwrap_err();
        assert_eq!((finding.code, finding.field), (code, field));
        assert!(finding.remedy.contains(words), "{}", finding.remedy);
        assert_eq!(indicator, Indicator::blank());
    }
}

#[test]
fn what_is_left_open_is_what_a_write_does_not_say() {
    let open: Vec<Field> = Field::ALL
        .iter()
        .copied()
        .filter(|field| field.is_left_open(&Indicator::blank()))
        .collect();
    assert_eq!(
        open,
        [
            Field::Title,
            Field::Description,
            Field::RecommendedActions,
            Field::Application,
            Field::ExpirationTime,
            Field::Lifetime,
            Field::EducateUrl,
            Field::BypassDurationHours,
            Field::ExternalId,
            Field::AdditionalInfo,
            Field::NotificationId,
            Field::NotificationBody,
            Field::CertificateInfo,
            Field::Version,
            Field::LookBackPeriod,
            Field::HistoricalDetection,
        ]
    );
    let whole = samples::whole();
    assert!(Field::ALL.iter().all(|field| !field.is_left_open(&whole)));
}

proptest! {
    #[test]
    fn what_is_read_can_be_put_in_again(indicator in samples::indicator()) {
        let mut copy = Indicator::blank();
        for field in Field::ALL {
            if let Some(value) = field.get(&indicator) {
                // A type that cannot be submitted is reported and kept.
                let _ = field.set(value, &mut copy);
            }
        }
        prop_assert_eq!(copy, indicator);
    }
}
