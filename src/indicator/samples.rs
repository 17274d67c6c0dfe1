//! Values for property tests.

use proptest::prelude::*;

use super::{Action, Category, CertificateInfo, Field, FieldValue, Fields, Indicator, IndicatorType, Severity};

/// A value of the field that is not what the service takes by itself, and another than that of all other fields of its kind.
pub(crate) fn value(field: Field) -> FieldValue {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let number = i64::from(field as u8);
    match field {
        Field::Value => text("198.51.100.7"),
        Field::Type => text("IpAddress"),
        Field::Action => text("Warn"),
        Field::Severity => text("High"),
        Field::ExpirationTime => text("2030-01-31T12:30:00.25Z"),
        Field::Lifetime => text("36h"),
        Field::Category => text("Malware"),
        Field::EducateUrl => text("https://help.example/why"),
        Field::GenerateAlert | Field::HistoricalDetection => FieldValue::Flag(true),
        Field::RbacGroupNames | Field::MitreTechniques => {
            FieldValue::Texts(vec![format!("T10{number}"), "b".to_owned()])
        }
        Field::RbacGroupIds => FieldValue::Wholes(vec![number, 4]),
        Field::BypassDurationHours | Field::NotificationId | Field::LookBackPeriod => FieldValue::Whole(number),
        Field::CertificateInfo => FieldValue::Certificate(CertificateInfo {
            issuer: Some("CN=i".to_owned()),
            serial: Some("01".to_owned()),
            subject: Some("CN=s".to_owned()),
            sha256: Some("ab".to_owned()),
        }),
        Field::Title
        | Field::Description
        | Field::RecommendedActions
        | Field::Application
        | Field::ExternalId
        | Field::AdditionalInfo
        | Field::NotificationBody
        | Field::Version => FieldValue::Text(format!("the {field}")),
    }
}

/// An indicator with a [`value`] in each of its fields.
pub(crate) fn whole() -> Indicator {
    let mut indicator = Indicator::blank();
    for field in Field::ALL {
        field.set(value(*field), &mut indicator).unwrap();
    }
    indicator
}

/// Any type that can be configured, and one that cannot.
pub(crate) fn any_type() -> impl Strategy<Value = IndicatorType> {
    let mut types = IndicatorType::WRITABLE.to_vec();
    types.push(IndicatorType::Other("WebCategory".into()));
    prop::sample::select(types)
}

/// Text of any kind, much of it close to a value.
pub(crate) fn messy() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9.:/@%\\[\\]{}()*_ \\-éßÜ。．１\u{ad}\u{200b}\u{200d}\u{feff}\u{3000}ابن]{0,24}",
        "(xn--|XN--)?[a-z0-9\\-]{0,8}[.。]?(xn--)?[a-z0-9]{0,6}\\.?",
        "[hH](tt|xx|TT)[pP]s?(://|\\[:\\]//)[a-zA-Z0-9.@:\\[\\]é。\u{ad} -]{0,20}(/.{0,8})?",
        "[0-9*]{1,3}(\\.|\\[\\.\\])[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(/[0-9]{1,2}|:[0-9]{1,5}|-[0-9.]{1,9})?",
        "[0-9a-fA-F:]{2,24}(%[a-z0-9]{1,4}|/[0-9]{1,3})?",
        "[0-9a-fA-F]{30,66}",
        valid().prop_map(|(_, value)| value),
    ]
}

/// A value that is well formed for its type.
pub(crate) fn valid() -> impl Strategy<Value = (IndicatorType, String)> {
    let domain = "([a-zA-Z][a-zA-Z0-9]{0,9}\\.){1,3}(com|example|net|bücher)";
    prop_oneof![
        "[0-9a-fA-F]{32}".prop_map(|value| (IndicatorType::FileMd5, value)),
        "[0-9a-fA-F]{40}".prop_map(|value| (IndicatorType::FileSha1, value)),
        "[0-9a-fA-F]{40}".prop_map(|value| (IndicatorType::CertificateThumbprint, value)),
        "[0-9a-fA-F]{64}".prop_map(|value| (IndicatorType::FileSha256, value)),
        any::<std::net::IpAddr>().prop_map(|address| (IndicatorType::IpAddress, address.to_string())),
        domain.prop_map(|value| (IndicatorType::DomainName, value)),
        (
            domain,
            "(:[1-9][0-9]{0,3})?(/[a-zA-Z0-9%éü._~-]{0,9}){0,3}(\\?[a-z=&]{0,9})?(#[a-z]{0,4})?"
        )
            .prop_map(|(host, rest)| (IndicatorType::Url, format!("https://{host}{rest}"))),
    ]
}

/// An indicator with any of its fields set or not.
pub(crate) fn indicator() -> impl Strategy<Value = Indicator> {
    let identity = (any_type(), messy(), prop::sample::select(Action::WRITABLE.to_vec()));
    let texts = prop::array::uniform8(prop::option::of("[a-zA-Z \"é]{0,6}"));
    let numbers = prop::array::uniform4(prop::option::of(-3..6i32));
    let lists = (
        prop::option::of(prop::collection::vec("[a-c]{1,2}", 0..4)),
        prop::option::of(prop::collection::vec(0..4i32, 0..4)),
        prop::option::of(prop::collection::vec("[Tt]1[0-9]{3}", 0..4)),
    );
    let severity = prop::option::of(prop::sample::select(Severity::WRITABLE.to_vec()));
    let switches = prop::array::uniform2(prop::option::of(any::<bool>()));
    (identity, texts, numbers, lists, severity, switches).prop_map(
        |((indicator_type, value, action), texts, numbers, (names, ids, techniques), severity, switches)| {
            let [
                title,
                description,
                recommended_actions,
                application,
                educate_url,
                external_id,
                info,
                version,
            ] = texts;
            let [category, bypass_duration_hours, look_back_period, expiry] = numbers;
            Indicator {
                value,
                indicator_type,
                action,
                fields: Fields {
                    severity,
                    title,
                    description,
                    recommended_actions,
                    application,
                    expiration_time: expiry.and_then(|second| jiff::Timestamp::from_second(i64::from(second)).ok()),
                    lifetime: None,
                    generate_alert: switches[0],
                    rbac_group_names: names,
                    rbac_group_ids: ids,
                    mitre_techniques: techniques,
                    category: category.map(Category::from_number),
                    educate_url,
                    bypass_duration_hours,
                    external_id,
                    additional_info: info,
                    notification_id: None,
                    notification_body: None,
                    certificate_info: None,
                    version,
                    look_back_period,
                    historical_detection: switches[1],
                },
            }
        },
    )
}
