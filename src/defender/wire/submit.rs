//! What is sent.

use crate::indicator::{CertificateInfo, Indicator};
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;

/// Number of the category that the service gives an indicator by itself, SuspiciousActivity.
const DEFAULT_CATEGORY: i32 = 1;

/// Body of an import call.
pub(crate) fn import_body(indicators: &[&Indicator]) -> Bytes {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "Indicators")]
        indicators: Vec<Submission<'a>>,
    }
    json(&Body {
        indicators: indicators.iter().map(|indicator| Submission::of(indicator)).collect(),
    })
}

/// Body of a batch-delete call.
pub(crate) fn batch_delete_body(ids: &[&str]) -> Bytes {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "IndicatorIds")]
        ids: &'a [&'a str],
    }
    json(&Body { ids })
}

fn json(body: &impl Serialize) -> Bytes {
    // Strings, numbers and lists always have a JSON form; an empty body would be refused, not misread.
    serde_json::to_vec(body).unwrap_or_default().into()
}

/// Every writable field, the ones that are taken at creation only included, and no other: no id, no creator, no time of
/// creation. What is not configured is sent as null, or as the default where the metadata does not allow null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Submission<'a> {
    indicator_value: &'a str,
    indicator_type: &'a str,
    action: &'a str,
    severity: &'a str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    recommended_actions: Option<&'a str>,
    application: Option<&'a str>,
    expiration_time: Option<String>,
    generate_alert: bool,
    rbac_group_names: &'a [String],
    rbac_group_ids: &'a [i32],
    mitre_techniques: &'a [String],
    category: i32,
    educate_url: Option<&'a str>,
    bypass_duration_hours: Option<i32>,
    external_id: Option<&'a str>,
    additional_info: Option<&'a str>,
    notification_id: Option<u8>,
    notification_body: Option<&'a str>,
    certificate_info: Option<Certificate<'a>>,
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    look_back_period: Option<i32>,
    /// Left out if it is not configured: tenants without the feature may refuse it.
    #[serde(skip_serializing_if = "Option::is_none")]
    historical_detection: Option<bool>,
}

#[derive(Serialize)]
struct Certificate<'a> {
    issuer: Option<&'a str>,
    serial: Option<&'a str>,
    subject: Option<&'a str>,
    sha256: Option<&'a str>,
}

impl<'a> Submission<'a> {
    fn of(indicator: &'a Indicator) -> Self {
        let fields = &indicator.fields;
        Self {
            indicator_value: &indicator.value,
            indicator_type: indicator.indicator_type.as_str(),
            action: indicator.action.as_str(),
            severity: fields
                .severity
                .as_ref()
                .map_or("Informational", |severity| severity.as_str()),
            title: fields.title.as_deref(),
            description: fields.description.as_deref(),
            recommended_actions: fields.recommended_actions.as_deref(),
            application: fields.application.as_deref(),
            expiration_time: fields.expiration_time.map(instant),
            // The retired actions stood for an alert as well.
            generate_alert: fields.generate_alert.unwrap_or(indicator.action.is_retired()),
            rbac_group_names: fields.rbac_group_names.as_deref().unwrap_or_default(),
            rbac_group_ids: fields.rbac_group_ids.as_deref().unwrap_or_default(),
            mitre_techniques: fields.mitre_techniques.as_deref().unwrap_or_default(),
            category: fields.category.map_or(DEFAULT_CATEGORY, |category| category.number()),
            educate_url: fields.educate_url.as_deref(),
            bypass_duration_hours: fields.bypass_duration_hours,
            external_id: fields.external_id.as_deref(),
            additional_info: fields.additional_info.as_deref(),
            notification_id: fields.notification_id,
            notification_body: fields.notification_body.as_deref(),
            certificate_info: fields.certificate_info.as_ref().map(Certificate::of),
            version: fields.version.as_deref(),
            look_back_period: fields.look_back_period,
            historical_detection: fields.historical_detection,
        }
    }
}

impl<'a> Certificate<'a> {
    fn of(info: &'a CertificateInfo) -> Self {
        Self {
            issuer: info.issuer.as_deref(),
            serial: info.serial.as_deref(),
            subject: info.subject.as_deref(),
            sha256: info.sha256.as_deref(),
        }
    }
}

/// RFC 3339 with as many fraction digits as needed, seven at most: the service counts in ticks of 100 nanoseconds. What
/// stands for the end of the year 9999 is the last whole second that is no instant of the year 10000 anywhere on earth.
fn instant(time: Timestamp) -> String {
    let unit = if time == Timestamp::MAX { 1_000_000_000 } else { 100 };
    let surplus = i64::from(time.subsec_nanosecond().rem_euclid(unit));
    let ticks = time
        .checked_sub(jiff::SignedDuration::from_nanos(surplus))
        .unwrap_or(time);
    ticks.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Action, Category, Fields, IndicatorType, Severity, parse_instant};
    use serde_json::json;

    fn sent(indicator: &Indicator) -> serde_json::Value {
        let body: serde_json::Value = serde_json::from_slice(&import_body(&[indicator])).unwrap();
        body["Indicators"][0].clone()
    }

    #[test]
    fn what_is_not_configured_is_cleared() {
        let indicator = Indicator {
            value: "198.51.100.7".to_owned(),
            indicator_type: IndicatorType::IpAddress,
            action: Action::Block,
            fields: Fields::default(),
        };
        assert_eq!(
            sent(&indicator),
            json!({
                "indicatorValue": "198.51.100.7", "indicatorType": "IpAddress", "action": "Block",
                "severity": "Informational", "title": null, "description": null, "recommendedActions": null,
                "application": null, "expirationTime": null, "generateAlert": false, "rbacGroupNames": [],
                "rbacGroupIds": [], "mitreTechniques": [], "category": 1, "educateUrl": null,
                "bypassDurationHours": null, "externalId": null, "additionalInfo": null, "notificationId": null,
                "notificationBody": null, "certificateInfo": null, "version": null,
            })
        );
    }

    #[test]
    fn retired_actions_come_with_their_alert() {
        for (action, said, generate_alert) in [
            (Action::Alert, None, true),
            (Action::AlertAndBlock, None, true),
            (Action::AlertAndBlock, Some(false), false),
            (Action::Block, None, false),
            (Action::Audit, Some(true), true),
        ] {
            let mut indicator = Indicator {
                value: "198.51.100.7".to_owned(),
                indicator_type: IndicatorType::IpAddress,
                action,
                fields: Fields::default(),
            };
            indicator.fields.generate_alert = said;
            assert_eq!(
                sent(&indicator)["generateAlert"],
                generate_alert,
                "{}",
                indicator.action
            );
        }
    }

    #[test]
    fn every_field_has_the_name_and_the_type_of_the_metadata() {
        let text = |text: &str| Some(text.to_owned());
        let indicator = Indicator {
            value: "AB12".to_owned(),
            indicator_type: IndicatorType::CertificateThumbprint,
            action: Action::BlockAndRemediate,
            fields: Fields {
                severity: Some(Severity::High),
                title: text("t"),
                description: text("d \"quoted\" שלום"),
                recommended_actions: text("r"),
                application: text("a"),
                expiration_time: Some("2030-01-02T03:04:05.1234567Z".parse().unwrap()),
                generate_alert: Some(true),
                rbac_group_names: Some(vec!["g".to_owned()]),
                rbac_group_ids: Some(vec![7, 8]),
                mitre_techniques: Some(vec!["T1566.001".to_owned()]),
                category: Some(Category::from_number(500_000_000)),
                educate_url: text("https://example.test/e"),
                bypass_duration_hours: Some(5),
                external_id: text("x"),
                additional_info: text("i"),
                notification_id: Some(255),
                notification_body: text("n"),
                certificate_info: Some(CertificateInfo {
                    issuer: text("CN=i"),
                    serial: text("01"),
                    subject: None,
                    sha256: text("s"),
                }),
                version: text("v"),
                look_back_period: Some(30),
                historical_detection: Some(true),
            },
        };
        assert_eq!(
            sent(&indicator),
            json!({
                "indicatorValue": "AB12", "indicatorType": "CertificateThumbprint", "action": "BlockAndRemediate",
                "severity": "High", "title": "t", "description": "d \"quoted\" שלום", "recommendedActions": "r",
                "application": "a", "expirationTime": "2030-01-02T03:04:05.1234567Z", "generateAlert": true,
                "rbacGroupNames": ["g"], "rbacGroupIds": [7, 8], "mitreTechniques": ["T1566.001"],
                "category": 500_000_000, "educateUrl": "https://example.test/e", "bypassDurationHours": 5,
                "externalId": "x", "additionalInfo": "i", "notificationId": 255, "notificationBody": "n",
                "certificateInfo": { "issuer": "CN=i", "serial": "01", "subject": null, "sha256": "s" },
                "version": "v", "lookBackPeriod": 30, "historicalDetection": true,
            })
        );
    }

    #[test]
    fn times_have_ticks_and_no_idle_zeros() {
        for (time, written) in [
            ("2024-12-12T00:00:00Z", "2024-12-12T00:00:00Z"),
            ("2024-12-12T01:00:00.5+01:00", "2024-12-12T00:00:00.5Z"),
            ("2024-12-12T00:00:00.123456789Z", "2024-12-12T00:00:00.1234567Z"),
            ("2024-12-12T00:00:00.000000099Z", "2024-12-12T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00Z"),
        ] {
            assert_eq!(instant(parse_instant(time).unwrap()), written);
        }
    }
}
