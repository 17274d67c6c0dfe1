//! What is sent.

use crate::indicator::{Category, CertificateFact, CertificateInfo, Field, Indicator, RowId, Severity};
use bytes::Bytes;
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Body of an import call.
pub(crate) fn import_body(indicators: &[&Indicator]) -> Bytes {
    #[derive(serde::Serialize)]
    struct Body<'a> {
        #[serde(rename = "Indicators")]
        indicators: Vec<Submission<'a>>,
    }
    json(&Body {
        indicators: indicators.iter().map(|indicator| Submission(indicator)).collect(),
    })
}

/// Body of a batch-delete call.
pub(crate) fn batch_delete_body(ids: &[&RowId]) -> Bytes {
    #[derive(serde::Serialize)]
    struct Body<'a> {
        #[serde(rename = "IndicatorIds")]
        ids: Vec<&'a str>,
    }
    json(&Body {
        ids: ids.iter().map(|id| id.as_str()).collect(),
    })
}

fn json(body: &impl Serialize) -> Bytes {
    // Strings, numbers and lists always have a JSON form; an empty body would be refused, not misread.
    serde_json::to_vec(body).unwrap_or_default().into()
}

/// Every writable field, the ones that are taken at creation only included, and no other: no id, no creator, no time of
/// creation. What is not configured is sent as null, or as the default where the metadata does not allow null.
struct Submission<'a>(&'a Indicator);

impl Serialize for Submission<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for field in Field::ALL {
            if let Some(name) = field.wire_name() {
                put(&mut members, name, *field, self.0)?;
            }
        }
        members.end()
    }
}

/// Writes what the indicator says of the field.
fn put<M: SerializeMap>(
    members: &mut M,
    name: &'static str,
    field: Field,
    indicator: &Indicator,
) -> Result<(), M::Error> {
    let fields = &indicator.fields;
    match field {
        Field::Value => members.serialize_entry(name, &indicator.value),
        Field::Type => members.serialize_entry(name, indicator.indicator_type.as_str()),
        Field::Action => members.serialize_entry(name, indicator.action.as_str()),
        Field::Severity => {
            let severity = fields.severity.as_ref().unwrap_or(&Severity::Informational);
            members.serialize_entry(name, severity.as_str())
        }
        Field::Title => members.serialize_entry(name, &fields.title),
        Field::Description => members.serialize_entry(name, &fields.description),
        Field::RecommendedActions => members.serialize_entry(name, &fields.recommended_actions),
        Field::Application => members.serialize_entry(name, &fields.application),
        Field::ExpirationTime => members.serialize_entry(name, &fields.expiration_time.map(instant)),
        // It has no name there, and is sent as the expiry that it comes to.
        Field::Lifetime => Ok(()),
        Field::GenerateAlert => members.serialize_entry(name, &indicator.raises_alert()),
        Field::RbacGroupNames => members.serialize_entry(name, list(&fields.rbac_group_names)),
        Field::RbacGroupIds => members.serialize_entry(name, list(&fields.rbac_group_ids)),
        Field::MitreTechniques => members.serialize_entry(name, list(&fields.mitre_techniques)),
        Field::Category => {
            let category = fields.category.unwrap_or(Category::SUSPICIOUS_ACTIVITY);
            members.serialize_entry(name, &category.number())
        }
        Field::EducateUrl => members.serialize_entry(name, &fields.educate_url),
        Field::BypassDurationHours => members.serialize_entry(name, &fields.bypass_duration_hours),
        Field::ExternalId => members.serialize_entry(name, &fields.external_id),
        Field::AdditionalInfo => members.serialize_entry(name, &fields.additional_info),
        Field::NotificationId => members.serialize_entry(name, &fields.notification_id),
        Field::NotificationBody => members.serialize_entry(name, &fields.notification_body),
        Field::CertificateInfo => members.serialize_entry(name, &fields.certificate_info.as_ref().map(Certificate)),
        Field::Version => members.serialize_entry(name, &fields.version),
        // Left out if they are not configured: tenants without the feature may refuse them.
        Field::LookBackPeriod => put_if_set(members, name, fields.look_back_period.as_ref()),
        Field::HistoricalDetection => put_if_set(members, name, fields.historical_detection.as_ref()),
    }
}

fn put_if_set<M: SerializeMap>(members: &mut M, name: &str, value: Option<&impl Serialize>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| members.serialize_entry(name, value))
}

fn list<T>(list: &Option<Vec<T>>) -> &[T] {
    list.as_deref().unwrap_or_default()
}

struct Certificate<'a>(&'a CertificateInfo);

impl Serialize for Certificate<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(CertificateFact::ALL.map(|fact| (fact.name(), fact.of(self.0))))
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
    use crate::indicator::{Action, Fields, IndicatorType, parse_instant, samples};
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
                lifetime: None,
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
    fn what_is_said_only_if_it_is_configured_is_what_the_table_says() {
        let nothing = Indicator {
            action: Action::Block,
            indicator_type: IndicatorType::IpAddress,
            ..Indicator::blank()
        };
        let (silent, whole) = (sent(&nothing), sent(&samples::whole()));
        for field in Field::of_the_service() {
            let name = field.wire_name().unwrap();
            let said = silent.get(name);
            let is_open = said.is_none_or(serde_json::Value::is_null);
            assert_eq!(is_open, field.is_left_open(&nothing), "{field}");
            assert!(!whole[name].is_null(), "{field}");
        }
        assert_eq!(whole.as_object().unwrap().len(), Field::of_the_service().count());
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
