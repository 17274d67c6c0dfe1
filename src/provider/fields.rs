//! The fields of an indicator as attributes, written once for both resources and the data source.

use jiff::Timestamp;

use crate::indicator::rules::{Finding, Weight, parse_action, parse_category, parse_severity, parse_type};
use crate::indicator::{
    Action, Category, CertificateInfo, Field, Indicator, IndicatorType, Severity, instant_text, parse_instant,
};
use crate::tf::{Attribute, Object, ObjectType, Value, ValueType};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The fields that an element of a set has at its top, beside `value`. The host's cost is elements times fields, so
/// these are the ones that lists really set row by row.
pub const ELEMENT: &[Field] = &[
    Field::Type,
    Field::Action,
    Field::Severity,
    Field::Title,
    Field::Description,
    Field::ExpirationTime,
];

/// The fields that an element of a set has in its group `details`, which is null where it is not used.
pub const DETAILS: &[Field] = &[
    Field::RecommendedActions,
    Field::Application,
    Field::GenerateAlert,
    Field::RbacGroupNames,
    Field::RbacGroupIds,
    Field::MitreTechniques,
    Field::Category,
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
];

/// Every field that may stand on a resource itself, beside `value`.
pub fn all() -> impl Iterator<Item = Field> {
    ELEMENT.iter().chain(DETAILS).copied()
}

const CERTIFICATE: [(&str, &str); 4] = [
    ("issuer", "Distinguished name of the issuer."),
    ("serial", "Serial number."),
    ("subject", "Distinguished name of the subject."),
    ("sha256", "SHA-256 of the certificate, in hexadecimal."),
];

static CERTIFICATE_TYPE: LazyLock<Arc<ObjectType>> =
    LazyLock::new(|| Arc::new(ObjectType::new(CERTIFICATE.map(|(name, _)| (name, ValueType::String)))));

/// The attribute of a field, without a presence.
pub fn attribute(field: Field) -> Attribute {
    let name = field.name();
    let strings = || Attribute::list_of(name, ValueType::String);
    match field {
        Field::GenerateAlert | Field::HistoricalDetection => Attribute::bool(name),
        Field::BypassDurationHours | Field::NotificationId | Field::LookBackPeriod => Attribute::number(name),
        Field::RbacGroupNames | Field::MitreTechniques => strings(),
        Field::RbacGroupIds => Attribute::list_of(name, ValueType::Number),
        Field::CertificateInfo => Attribute::nested_single(
            name,
            CERTIFICATE
                .map(|(name, text)| Attribute::string(name).optional().describe(text))
                .to_vec(),
        ),
        _ => Attribute::string(name),
    }
    .describe(description(field))
}

/// What the documentation says of a field.
fn description(field: Field) -> &'static str {
    match field {
        Field::Value => "The indicator itself: a hash, an IP address, a domain, a URL or a certificate thumbprint.",
        Field::Type => {
            "`FileSha1`, `FileSha256`, `FileMd5`, `IpAddress`, `DomainName`, `Url` or `CertificateThumbprint`. Left out, \
             the form of the value decides; a thumbprint looks like a SHA-1 hash, so say `CertificateThumbprint`."
        }
        Field::Action => {
            "What Defender does on a match: `Allowed`, `Audit` (needs `generate_alert = true`), `Warn`, `Block` or \
             `BlockAndRemediate`. The service tells indicators apart by value, type and action, so a changed action is \
             imported as a new row before the old one is deleted."
        }
        Field::Severity => "`Informational` (the service's default), `Low`, `Medium` or `High`.",
        Field::Title => "Title of the alert. The service documents it as required.",
        Field::Description => "Description of the indicator. The service documents it as required.",
        Field::RecommendedActions => "What an analyst should do on a match.",
        Field::Application => {
            "Label of the application that the indicator belongs to. The service takes it only when a row is made: \
             changing it deletes the row and imports it anew."
        }
        Field::ExpirationTime => {
            "The instant after which the service drops the indicator, in RFC 3339 such as `2030-01-31T00:00:00Z`. Left \
             out, it never expires."
        }
        Field::GenerateAlert => "Whether a match raises an alert.",
        Field::RbacGroupNames => "Names of the device groups it applies to. Left out or empty: all devices.",
        Field::RbacGroupIds => "Numbers of the device groups it applies to, instead of their names.",
        Field::MitreTechniques => "MITRE ATT&CK techniques, such as `T1566.001`.",
        Field::Category => "Category of the alert by name, such as `Malware` or `CommandAndControl`.",
        Field::EducateUrl => {
            "Page for users who were blocked or warned. For `Url` and `DomainName` with `Block` or `Warn`."
        }
        Field::BypassDurationHours => "For how many hours a user may go on after a `Warn`.",
        Field::ExternalId => "Identifier of the indicator in your own system.",
        Field::AdditionalInfo => "Free text for your own use.",
        Field::NotificationId => "Number of the notification shown to the user, 0 to 255.",
        Field::NotificationBody => "Text of the notification shown to the user.",
        Field::CertificateInfo => "Facts of the certificate beside its thumbprint. Taken only when a row is made.",
        Field::Version => "Version label. Taken only when a row is made.",
        Field::LookBackPeriod => "How far back matches are searched for; in tenants that have historical detection.",
        Field::HistoricalDetection => "Whether matches in the past are searched for; in tenants that have the feature.",
    }
}

/// Puts a known, non-null attribute value into the indicator.
///
/// # Errors
/// A finding that names the value, the rule and what to do, where the value has no meaning for the field.
pub fn read(field: Field, value: &Value, into: &mut Indicator) -> Result<(), Finding> {
    let fields = &mut into.fields;
    let text = || value.as_str().map(str::to_owned);
    match field {
        Field::Value => into.value = text().unwrap_or_default(),
        // A name that is new to this provider is kept as it is: it may come from a state that recorded what the
        // service holds.
        Field::Type => {
            let name = value.as_str().unwrap_or_default();
            into.indicator_type = IndicatorType::from_service(name);
            parse_type(name)?;
        }
        Field::Action => {
            let name = value.as_str().unwrap_or_default();
            into.action = Action::from_service(name);
            parse_action(name)?;
        }
        Field::Severity => {
            let name = value.as_str().unwrap_or_default();
            fields.severity = Some(Severity::from_service(name));
            parse_severity(name)?;
        }
        Field::Title => fields.title = text(),
        Field::Description => fields.description = text(),
        Field::RecommendedActions => fields.recommended_actions = text(),
        Field::Application => fields.application = text(),
        Field::ExpirationTime => fields.expiration_time = Some(instant(value.as_str().unwrap_or_default())?),
        Field::GenerateAlert => fields.generate_alert = value.as_bool(),
        Field::RbacGroupNames => fields.rbac_group_names = Some(strings(value)),
        Field::RbacGroupIds => {
            fields.rbac_group_ids = Some(
                value
                    .as_list()
                    .unwrap_or_default()
                    .iter()
                    .map(|id| integer(field, id))
                    .collect::<Result<_, _>>()?,
            );
        }
        Field::MitreTechniques => fields.mitre_techniques = Some(strings(value)),
        Field::Category => fields.category = Some(category(value.as_str().unwrap_or_default())?),
        Field::EducateUrl => fields.educate_url = text(),
        Field::BypassDurationHours => fields.bypass_duration_hours = Some(integer(field, value)?),
        Field::ExternalId => fields.external_id = text(),
        Field::AdditionalInfo => fields.additional_info = text(),
        Field::NotificationId => fields.notification_id = Some(integer(field, value)?),
        Field::NotificationBody => fields.notification_body = text(),
        Field::CertificateInfo => {
            let part = |name| value.get(name).as_str().map(str::to_owned);
            fields.certificate_info = Some(CertificateInfo {
                issuer: part("issuer"),
                serial: part("serial"),
                subject: part("subject"),
                sha256: part("sha256"),
            });
        }
        Field::Version => fields.version = text(),
        Field::LookBackPeriod => fields.look_back_period = Some(integer(field, value)?),
        Field::HistoricalDetection => fields.historical_detection = value.as_bool(),
    }
    Ok(())
}

/// The attribute value that says what the indicator holds; null where it leaves the field to the service.
pub fn write(field: Field, indicator: &Indicator) -> Value {
    let fields = &indicator.fields;
    match field {
        Field::Value => indicator.value.as_str().into(),
        Field::Type => indicator.indicator_type.as_str().into(),
        Field::Action => indicator.action.as_str().into(),
        Field::Severity => fields.severity.as_ref().map(|severity| severity.as_str()).into(),
        Field::Title => fields.title.as_deref().into(),
        Field::Description => fields.description.as_deref().into(),
        Field::RecommendedActions => fields.recommended_actions.as_deref().into(),
        Field::Application => fields.application.as_deref().into(),
        Field::ExpirationTime => fields.expiration_time.map(instant_text).into(),
        Field::GenerateAlert => fields.generate_alert.into(),
        Field::RbacGroupNames => list(fields.rbac_group_names.as_deref()),
        Field::RbacGroupIds => fields.rbac_group_ids.as_ref().map_or(Value::Null, |ids| {
            Value::List(ids.iter().map(|id| Value::from(i64::from(*id))).collect())
        }),
        Field::MitreTechniques => list(fields.mitre_techniques.as_deref()),
        Field::Category => fields.category.map(|category| category.to_string()).into(),
        Field::EducateUrl => fields.educate_url.as_deref().into(),
        Field::BypassDurationHours => fields.bypass_duration_hours.map(i64::from).into(),
        Field::ExternalId => fields.external_id.as_deref().into(),
        Field::AdditionalInfo => fields.additional_info.as_deref().into(),
        Field::NotificationId => fields.notification_id.map(i64::from).into(),
        Field::NotificationBody => fields.notification_body.as_deref().into(),
        Field::CertificateInfo => fields.certificate_info.as_ref().map_or(Value::Null, |certificate| {
            Object::null(CERTIFICATE_TYPE.clone())
                .with("issuer", certificate.issuer.as_deref())
                .with("serial", certificate.serial.as_deref())
                .with("subject", certificate.subject.as_deref())
                .with("sha256", certificate.sha256.as_deref())
                .into()
        }),
        Field::Version => fields.version.as_deref().into(),
        Field::LookBackPeriod => fields.look_back_period.map(i64::from).into(),
        Field::HistoricalDetection => fields.historical_detection.into(),
    }
}

/// The value that says "the service's default" where null would mean something else; `None` where nothing can say it.
pub fn explicit_default(field: Field) -> Option<Value> {
    match field {
        Field::Severity => Some("Informational".into()),
        Field::GenerateAlert | Field::HistoricalDetection => Some(false.into()),
        Field::RbacGroupNames | Field::RbacGroupIds | Field::MitreTechniques => Some(Value::List(Vec::new())),
        Field::Title
        | Field::Description
        | Field::RecommendedActions
        | Field::Application
        | Field::EducateUrl
        | Field::ExternalId
        | Field::AdditionalInfo
        | Field::NotificationBody
        | Field::Version => Some("".into()),
        _ => None,
    }
}

/// Whether a write of the indicator says nothing of the field, or null. Whether that clears what is there is not known.
pub fn is_left_open(field: Field, indicator: &Indicator) -> bool {
    let has_spoken_default = matches!(
        field,
        Field::Severity
            | Field::GenerateAlert
            | Field::Category
            | Field::RbacGroupNames
            | Field::RbacGroupIds
            | Field::MitreTechniques
    );
    !has_spoken_default && write(field, indicator).is_null()
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_list()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn list(items: Option<&[String]>) -> Value {
    items.map_or(Value::Null, |items| {
        Value::List(items.iter().map(|item| Value::from(item.as_str())).collect())
    })
}

fn integer<N: TryFrom<i64>>(field: Field, value: &Value) -> Result<N, Finding> {
    value
        .as_i64()
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| Finding {
            weight: Weight::Error,
            code: "whole-number",
            field,
            rule: format!("`{field}` is not a whole number that the service can hold"),
            remedy: match field {
                Field::NotificationId => "Write a whole number from 0 to 255.".into(),
                _ => "Write a whole number of at most 2147483647.".into(),
            },
        })
}

fn instant(text: &str) -> Result<Timestamp, Finding> {
    parse_instant(text).ok_or_else(|| Finding {
        weight: Weight::Error,
        code: "instant",
        field: Field::ExpirationTime,
        rule: format!("`{text}` is not an instant in RFC 3339"),
        remedy: "Write date, time and offset, such as `2030-01-31T00:00:00Z` or `2030-01-31T01:00:00+01:00`.".into(),
    })
}

/// The category of this name, or of this number: a state records numbers that have no name here.
fn category(name: &str) -> Result<Category, Finding> {
    name.parse()
        .map(Category::from_number)
        .or_else(|_| parse_category(name))
}

/// A map of strings as a value.
pub fn string_map<K: Into<String>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Value {
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect::<BTreeMap<_, _>>(),
    )
}
