//! A row of a listing.

use super::loose::Loose;
use crate::indicator::{
    Action, Category, CertificateInfo, Facts, Fields, Indicator, IndicatorType, Row, RowId, Severity,
};
use serde::Deserialize;

/// A row as it comes, with every field optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 't"))]
pub(super) struct LooseRow<'t> {
    id: Loose<'t>,
    indicator_value: Loose<'t>,
    indicator_type: Loose<'t>,
    action: Loose<'t>,
    severity: Loose<'t>,
    title: Loose<'t>,
    description: Loose<'t>,
    recommended_actions: Loose<'t>,
    application: Loose<'t>,
    expiration_time: Loose<'t>,
    generate_alert: Loose<'t>,
    rbac_group_names: Loose<'t>,
    rbac_group_ids: Loose<'t>,
    mitre_techniques: Loose<'t>,
    category: Loose<'t>,
    educate_url: Loose<'t>,
    bypass_duration_hours: Loose<'t>,
    #[serde(alias = "externalID")]
    external_id: Loose<'t>,
    additional_info: Loose<'t>,
    notification_id: Loose<'t>,
    notification_body: Loose<'t>,
    certificate_info: LooseCertificate,
    version: Loose<'t>,
    look_back_period: Loose<'t>,
    historical_detection: Loose<'t>,
    created_by: Loose<'t>,
    created_by_display_name: Loose<'t>,
    created_by_source: Loose<'t>,
    creation_time_date_time_utc: Loose<'t>,
    last_updated_by: Loose<'t>,
    last_update_time: Loose<'t>,
}

/// `Err` holds the id, if at least that could be read.
pub(super) fn read(row: LooseRow<'_>) -> Result<Row, Option<RowId>> {
    let id = row.id.read(|id| (!id.is_empty()).then(|| RowId::from(id))).flatten();
    let Some(id) = id else { return Err(None) };
    let (kind, action) = (&row.indicator_type, &row.action);
    let identity = (
        row.indicator_value.text(),
        kind.read(IndicatorType::from_service),
        action.read(Action::from_service),
    );
    let (Some(value), Some(kind), Some(action)) = identity else {
        return Err(Some(id));
    };
    let text_list = |list: Loose<'_>| list.list(Loose::text);
    Ok(Row {
        id,
        indicator: Indicator {
            value,
            indicator_type: kind,
            action,
            fields: Fields {
                severity: row.severity.read(Severity::from_service),
                title: row.title.text(),
                description: row.description.text(),
                recommended_actions: row.recommended_actions.text(),
                application: row.application.text(),
                lifetime: None,
                expiration_time: row.expiration_time.time(),
                generate_alert: row.generate_alert.boolean(),
                rbac_group_names: text_list(row.rbac_group_names),
                rbac_group_ids: row.rbac_group_ids.list(|id| id.number()),
                mitre_techniques: text_list(row.mitre_techniques),
                category: row.category.number().map(Category::from_number),
                educate_url: row.educate_url.text(),
                bypass_duration_hours: row.bypass_duration_hours.number(),
                external_id: row.external_id.text(),
                additional_info: row.additional_info.text(),
                notification_id: row.notification_id.number(),
                notification_body: row.notification_body.text(),
                certificate_info: row.certificate_info.0,
                version: row.version.text(),
                look_back_period: row.look_back_period.number(),
                historical_detection: row.historical_detection.boolean(),
            },
        },
        facts: Facts {
            created_by: row.created_by.text(),
            created_by_display_name: row.created_by_display_name.text(),
            created_by_source: row.created_by_source.text(),
            creation_time: row.creation_time_date_time_utc.time(),
            last_updated_by: row.last_updated_by.text(),
            last_update_time: row.last_update_time.time(),
        },
    })
}

/// About how much memory a row takes beside its text, in bytes. An element of a list takes more than the few characters
/// that it may be written in, since it lies by itself.
pub(super) fn memory(row: &Row) -> usize {
    const ELEMENT: usize = size_of::<String>() + 32;
    let Fields {
        rbac_group_names,
        rbac_group_ids,
        mitre_techniques,
        ..
    } = &row.indicator.fields;
    let texts = [rbac_group_names, mitre_techniques].map(|list| list.as_ref().map_or(0, Vec::len));
    let numbers = rbac_group_ids.as_ref().map_or(0, Vec::len);
    size_of::<Row>() + texts.iter().sum::<usize>() * ELEMENT + numbers * size_of::<i32>()
}

/// The one field that is an object.
#[derive(Debug, Default)]
struct LooseCertificate(Option<CertificateInfo>);

impl<'de> Deserialize<'de> for LooseCertificate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        #[serde(bound(deserialize = "'de: 't"))]
        struct Members<'t> {
            issuer: Loose<'t>,
            serial: Loose<'t>,
            subject: Loose<'t>,
            sha256: Loose<'t>,
        }
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        if !raw.get().starts_with('{') {
            return Ok(Self(None));
        }
        Ok(Self(serde_json::from_str::<Members<'_>>(raw.get()).ok().map(
            |members| CertificateInfo {
                issuer: members.issuer.text(),
                serial: members.serial.text(),
                subject: members.subject.text(),
                sha256: members.sha256.text(),
            },
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::wire::import_body;
    use crate::indicator::{Field, samples};
    use serde_json::{Value, json};

    /// What is sent for this indicator.
    fn sent(indicator: &Indicator) -> Value {
        let body: Value = serde_json::from_slice(&import_body(&[indicator])).unwrap();
        body["Indicators"][0].clone()
    }

    /// What is sent is read under the same names, so that the names are right or wrong in both; the test in `submit` and the
    /// recorded row below say which.
    #[test]
    fn every_field_is_read_under_its_name_in_the_table() {
        let whole = samples::whole();
        let mut json = sent(&whole);
        json["id"] = json!("17");
        let read = row(&json).unwrap().indicator;
        for field in Field::of_the_service() {
            assert_eq!(field.get(&read), field.get(&whole), "{field}");
        }
        for field in Field::of_the_service().filter(|field| !field.is_identity()) {
            let mut json = json.clone();
            json.as_object_mut()
                .unwrap()
                .remove(field.wire_name().unwrap())
                .unwrap();
            assert_eq!(field.get(&row(&json).unwrap().indicator), None, "{field}");
        }
    }

    fn row(json: &Value) -> Result<Row, Option<RowId>> {
        read(serde_json::from_str(&json.to_string()).unwrap())
    }

    /// The shape recorded in 2023, with every field present.
    fn recorded() -> Value {
        json!({
            "id": "17", "indicatorValue": "https://www.example.test", "indicatorType": "Url", "action": "Warn",
            "createdBy": "11111111-2222-3333-4444-555555555555", "severity": "Informational", "category": 1,
            "application": null, "educateUrl": null, "bypassDurationHours": null, "title": "כותרת",
            "description": "d", "recommendedActions": "r", "creationTimeDateTimeUtc": "2023-04-25T18:02:06.322598Z",
            "expirationTime": "2024-12-12T00:00:00Z", "lastUpdateTime": "2023-04-25T18:02:06.322598Z",
            "lastUpdatedBy": null, "rbacGroupNames": [], "rbacGroupIds": [], "notificationId": null,
            "notificationBody": null, "version": null, "mitreTechniques": [], "historicalDetection": false,
            "lookBackPeriod": null, "generateAlert": true, "additionalInfo": null,
            "createdByDisplayName": "app", "externalId": null, "createdBySource": "PublicApi",
            "certificateInfo": null
        })
    }

    #[test]
    fn a_recorded_row_is_read_in_full() {
        let row = row(&recorded()).unwrap();
        assert_eq!(row.id, "17");
        assert_eq!(
            row.indicator,
            Indicator {
                value: "https://www.example.test".to_owned(),
                indicator_type: IndicatorType::Url,
                action: Action::Warn,
                fields: Fields {
                    severity: Some(Severity::Informational),
                    title: Some("כותרת".to_owned()),
                    description: Some("d".to_owned()),
                    recommended_actions: Some("r".to_owned()),
                    expiration_time: Some("2024-12-12T00:00:00Z".parse().unwrap()),
                    generate_alert: Some(true),
                    rbac_group_names: Some(vec![]),
                    rbac_group_ids: Some(vec![]),
                    mitre_techniques: Some(vec![]),
                    category: Some(Category::from_number(1)),
                    historical_detection: Some(false),
                    ..Fields::default()
                },
            }
        );
        assert_eq!(
            row.facts,
            Facts {
                created_by: Some("11111111-2222-3333-4444-555555555555".to_owned()),
                created_by_display_name: Some("app".to_owned()),
                created_by_source: Some("PublicApi".to_owned()),
                creation_time: Some("2023-04-25T18:02:06.322598Z".parse().unwrap()),
                last_updated_by: None,
                last_update_time: Some("2023-04-25T18:02:06.322598Z".parse().unwrap()),
            }
        );
    }

    #[test]
    fn the_other_fields_are_read_too() {
        let mut json = recorded();
        for (name, value) in [
            ("application", json!("a")),
            ("educateUrl", json!("https://e")),
            ("bypassDurationHours", json!(4)),
            ("externalId", json!("x")),
            ("additionalInfo", json!("i")),
            ("notificationId", json!(255)),
            ("notificationBody", json!("n")),
            ("version", json!("v")),
            ("lookBackPeriod", json!("30")),
            ("rbacGroupNames", json!(["g"])),
            ("rbacGroupIds", json!([1, "2"])),
            ("mitreTechniques", json!(["T1566"])),
            (
                "certificateInfo",
                json!({"issuer": "i", "serial": null, "subject": "s", "sha256": 5, "new": []}),
            ),
        ] {
            json[name] = value;
        }
        let fields = row(&json).unwrap().indicator.fields;
        assert_eq!(fields.application.as_deref(), Some("a"));
        assert_eq!(fields.educate_url.as_deref(), Some("https://e"));
        assert_eq!(fields.bypass_duration_hours, Some(4));
        assert_eq!(fields.external_id.as_deref(), Some("x"));
        assert_eq!(fields.additional_info.as_deref(), Some("i"));
        assert_eq!(
            (fields.notification_id, fields.notification_body.as_deref()),
            (Some(255), Some("n"))
        );
        assert_eq!(
            (fields.version.as_deref(), fields.look_back_period),
            (Some("v"), Some(30))
        );
        assert_eq!(
            (fields.rbac_group_names, fields.rbac_group_ids),
            (Some(vec!["g".to_owned()]), Some(vec![1, 2]))
        );
        assert_eq!(fields.mitre_techniques, Some(vec!["T1566".to_owned()]));
        let certificate = fields.certificate_info.unwrap();
        assert_eq!((certificate.issuer.as_deref(), certificate.serial), (Some("i"), None));
        assert_eq!(
            (certificate.subject.as_deref(), certificate.sha256.as_deref()),
            (Some("s"), Some("5"))
        );
    }

    #[test]
    fn every_optional_field_may_be_missing_or_of_any_type() {
        let full = recorded();
        for name in full.as_object().unwrap().keys() {
            if ["id", "indicatorValue", "indicatorType", "action"].contains(&name.as_str()) {
                continue;
            }
            for odd in [
                json!(null),
                json!(1.5),
                json!({"a": 1}),
                json!([[1]]),
                json!("?"),
                json!(true),
            ] {
                let mut json = full.clone();
                json[name] = odd.clone();
                assert!(row(&json).is_ok(), "{name} = {odd}");
            }
            let mut json = full.clone();
            json.as_object_mut().unwrap().remove(name);
            assert!(row(&json).is_ok(), "without {name}");
        }
    }

    #[test]
    fn names_that_are_new_are_kept() {
        let mut json = recorded();
        json["indicatorType"] = json!("WebCategory");
        json["action"] = json!("Vaporise");
        json["severity"] = json!("Dire");
        json["somethingNew"] = json!({"deep": [1, {"er": null}]});
        let row = row(&json).unwrap();
        assert_eq!(row.indicator.indicator_type, IndicatorType::Other("WebCategory".into()));
        assert_eq!(row.indicator.action, Action::Other("Vaporise".into()));
        assert_eq!(row.indicator.fields.severity, Some(Severity::Other("Dire".into())));
    }

    #[test]
    fn a_row_without_identity_cannot_be_read_but_its_id_is_told() {
        for name in ["indicatorValue", "indicatorType", "action"] {
            let mut json = recorded();
            json[name] = json!(null);
            assert_eq!(row(&json), Err(Some("17".into())), "{name}");
        }
        let mut json = recorded();
        json["id"] = json!(null);
        assert_eq!(row(&json), Err(None));
        json["id"] = json!(17);
        assert_eq!(row(&json).unwrap().id, "17");
    }
}
