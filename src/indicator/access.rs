//! The fields of an indicator by name: what it says of each, and how that is changed.
//!
//! A new field of [`Indicator`] or [`Fields`] does not compile here until it has its row in the table of the fields, and a
//! new row of the table does not until it has its place in the indicator.

use super::action::Action;
use super::category::Category;
use super::certificate::CertificateInfo;
use super::field::{Field, FieldValue};
use super::instant::{instant_text, parse_instant};
use super::kind::IndicatorType;
use super::lifetime::Lifetime;
use super::rules::{self, Finding, parse_action, parse_category, parse_severity, parse_type};
use super::severity::Severity;
use super::{Fields, Indicator};

impl Indicator {
    /// An indicator that says nothing yet, for filling in. Its type and action are no names of the service.
    #[must_use]
    pub fn blank() -> Self {
        Self {
            value: String::new(),
            indicator_type: IndicatorType::Other("".into()),
            action: Action::Other("".into()),
            fields: Fields::default(),
        }
    }
}

impl Field {
    /// The value that the indicator has; `None` if it leaves the field to the service.
    #[must_use]
    pub fn get(self, indicator: &Indicator) -> Option<FieldValue> {
        let Indicator {
            value,
            indicator_type,
            action,
            fields,
        } = indicator;
        let Fields {
            severity,
            title,
            description,
            recommended_actions,
            application,
            expiration_time,
            lifetime,
            generate_alert,
            rbac_group_names,
            rbac_group_ids,
            mitre_techniques,
            category,
            educate_url,
            bypass_duration_hours,
            external_id,
            additional_info,
            notification_id,
            notification_body,
            certificate_info,
            version,
            look_back_period,
            historical_detection,
        } = fields;
        match self {
            Self::Value => Some(FieldValue::Text(value.clone())),
            Self::Type => Some(FieldValue::Text(indicator_type.to_string())),
            Self::Action => Some(FieldValue::Text(action.to_string())),
            Self::Severity => severity.as_ref().map(ToString::to_string).map(FieldValue::Text),
            Self::Title => title.clone().map(FieldValue::Text),
            Self::Description => description.clone().map(FieldValue::Text),
            Self::RecommendedActions => recommended_actions.clone().map(FieldValue::Text),
            Self::Application => application.clone().map(FieldValue::Text),
            Self::ExpirationTime => expiration_time.map(instant_text).map(FieldValue::Text),
            Self::Lifetime => lifetime.map(|lifetime| FieldValue::Text(lifetime.to_string())),
            Self::GenerateAlert => generate_alert.map(FieldValue::Flag),
            Self::RbacGroupNames => rbac_group_names.clone().map(FieldValue::Texts),
            Self::RbacGroupIds => rbac_group_ids
                .as_deref()
                .map(|ids| FieldValue::Wholes(ids.iter().copied().map(i64::from).collect())),
            Self::MitreTechniques => mitre_techniques.clone().map(FieldValue::Texts),
            Self::Category => category.map(|category| FieldValue::Text(category.to_string())),
            Self::EducateUrl => educate_url.clone().map(FieldValue::Text),
            Self::BypassDurationHours => bypass_duration_hours.map(i64::from).map(FieldValue::Whole),
            Self::ExternalId => external_id.clone().map(FieldValue::Text),
            Self::AdditionalInfo => additional_info.clone().map(FieldValue::Text),
            Self::NotificationId => notification_id.map(i64::from).map(FieldValue::Whole),
            Self::NotificationBody => notification_body.clone().map(FieldValue::Text),
            Self::CertificateInfo => certificate_info.clone().map(FieldValue::Certificate),
            Self::Version => version.clone().map(FieldValue::Text),
            Self::LookBackPeriod => look_back_period.map(i64::from).map(FieldValue::Whole),
            Self::HistoricalDetection => historical_detection.map(FieldValue::Flag),
        }
    }

    /// Puts a value in. A list without elements is of either kind of list.
    ///
    /// # Errors
    ///
    /// A finding that names the value, the rule and what to do, where the value has no meaning for the field. Names of
    /// types, actions and severities that are new to this provider are reported and put in all the same: they may come
    /// from a state that recorded what the service holds. Otherwise nothing is changed then.
    pub fn set(self, value: FieldValue, into: &mut Indicator) -> Result<(), Finding> {
        let fields = &mut into.fields;
        match self {
            Self::Value => into.value = self.text(value)?,
            Self::Type => {
                let name = self.text(value)?;
                into.indicator_type = IndicatorType::from_service(&name);
                parse_type(&name)?;
            }
            Self::Action => {
                let name = self.text(value)?;
                into.action = Action::from_service(&name);
                parse_action(&name)?;
            }
            Self::Severity => {
                let name = self.text(value)?;
                fields.severity = Some(Severity::from_service(&name));
                parse_severity(&name)?;
            }
            Self::Title => fields.title = Some(self.text(value)?),
            Self::Description => fields.description = Some(self.text(value)?),
            Self::RecommendedActions => fields.recommended_actions = Some(self.text(value)?),
            Self::Application => fields.application = Some(self.text(value)?),
            Self::ExpirationTime => {
                let text = self.text(value)?;
                let instant = parse_instant(&text).ok_or_else(|| rules::no_instant(self, &text))?;
                fields.expiration_time = Some(instant);
            }
            Self::Lifetime => {
                let text = self.text(value)?;
                fields.lifetime = Some(Lifetime::parse(&text).ok_or_else(|| rules::no_lifetime(self, &text))?);
            }
            Self::GenerateAlert => fields.generate_alert = Some(self.flag(value)?),
            Self::RbacGroupNames => fields.rbac_group_names = Some(self.texts(value)?),
            Self::RbacGroupIds => fields.rbac_group_ids = Some(self.wholes(value)?),
            Self::MitreTechniques => fields.mitre_techniques = Some(self.texts(value)?),
            Self::Category => fields.category = Some(category(&self.text(value)?)?),
            Self::EducateUrl => fields.educate_url = Some(self.text(value)?),
            Self::BypassDurationHours => fields.bypass_duration_hours = Some(self.whole(value)?),
            Self::ExternalId => fields.external_id = Some(self.text(value)?),
            Self::AdditionalInfo => fields.additional_info = Some(self.text(value)?),
            Self::NotificationId => fields.notification_id = Some(self.whole(value)?),
            Self::NotificationBody => fields.notification_body = Some(self.text(value)?),
            Self::CertificateInfo => fields.certificate_info = Some(self.certificate(value)?),
            Self::Version => fields.version = Some(self.text(value)?),
            Self::LookBackPeriod => fields.look_back_period = Some(self.whole(value)?),
            Self::HistoricalDetection => fields.historical_detection = Some(self.flag(value)?),
        }
        Ok(())
    }

    /// Puts in what another indicator says, be it a value or that the field is left to the service.
    pub fn copy(self, from: &Indicator, into: &mut Indicator) {
        let (ours, theirs) = (&mut into.fields, &from.fields);
        match self {
            Self::Value => into.value.clone_from(&from.value),
            Self::Type => into.indicator_type.clone_from(&from.indicator_type),
            Self::Action => into.action.clone_from(&from.action),
            Self::Severity => ours.severity.clone_from(&theirs.severity),
            Self::Title => ours.title.clone_from(&theirs.title),
            Self::Description => ours.description.clone_from(&theirs.description),
            Self::RecommendedActions => ours.recommended_actions.clone_from(&theirs.recommended_actions),
            Self::Application => ours.application.clone_from(&theirs.application),
            Self::ExpirationTime => ours.expiration_time = theirs.expiration_time,
            Self::Lifetime => ours.lifetime = theirs.lifetime,
            Self::GenerateAlert => ours.generate_alert = theirs.generate_alert,
            Self::RbacGroupNames => ours.rbac_group_names.clone_from(&theirs.rbac_group_names),
            Self::RbacGroupIds => ours.rbac_group_ids.clone_from(&theirs.rbac_group_ids),
            Self::MitreTechniques => ours.mitre_techniques.clone_from(&theirs.mitre_techniques),
            Self::Category => ours.category = theirs.category,
            Self::EducateUrl => ours.educate_url.clone_from(&theirs.educate_url),
            Self::BypassDurationHours => ours.bypass_duration_hours = theirs.bypass_duration_hours,
            Self::ExternalId => ours.external_id.clone_from(&theirs.external_id),
            Self::AdditionalInfo => ours.additional_info.clone_from(&theirs.additional_info),
            Self::NotificationId => ours.notification_id = theirs.notification_id,
            Self::NotificationBody => ours.notification_body.clone_from(&theirs.notification_body),
            Self::CertificateInfo => ours.certificate_info.clone_from(&theirs.certificate_info),
            Self::Version => ours.version.clone_from(&theirs.version),
            Self::LookBackPeriod => ours.look_back_period = theirs.look_back_period,
            Self::HistoricalDetection => ours.historical_detection = theirs.historical_detection,
        }
    }

    /// Whether a write of the indicator says nothing of the field, or null. Whether that clears what is there is not known.
    #[must_use]
    pub fn is_left_open(self, indicator: &Indicator) -> bool {
        !self.is_always_sent() && self.get(indicator).is_none()
    }

    fn text(self, value: FieldValue) -> Result<String, Finding> {
        match value {
            FieldValue::Text(text) => Ok(text),
            other => Err(rules::wrong_kind(self, other.kind())),
        }
    }

    fn flag(self, value: FieldValue) -> Result<bool, Finding> {
        match value {
            FieldValue::Flag(flag) => Ok(flag),
            other => Err(rules::wrong_kind(self, other.kind())),
        }
    }

    fn whole<N: TryFrom<i64>>(self, value: FieldValue) -> Result<N, Finding> {
        match value {
            FieldValue::Whole(number) => N::try_from(number).map_err(|_| rules::not_whole(self)),
            other => Err(rules::wrong_kind(self, other.kind())),
        }
    }

    fn texts(self, value: FieldValue) -> Result<Vec<String>, Finding> {
        match value {
            FieldValue::Texts(texts) => Ok(texts),
            FieldValue::Wholes(none) if none.is_empty() => Ok(Vec::new()),
            other => Err(rules::wrong_kind(self, other.kind())),
        }
    }

    fn wholes<N: TryFrom<i64>>(self, value: FieldValue) -> Result<Vec<N>, Finding> {
        match value {
            FieldValue::Wholes(numbers) => numbers
                .into_iter()
                .map(|number| N::try_from(number).map_err(|_| rules::not_whole(self)))
                .collect(),
            FieldValue::Texts(none) if none.is_empty() => Ok(Vec::new()),
            other => Err(rules::wrong_kind(self, other.kind())),
        }
    }

    fn certificate(self, value: FieldValue) -> Result<CertificateInfo, Finding> {
        match value {
            FieldValue::Certificate(info) => Ok(info),
            other => Err(rules::wrong_kind(self, other.kind())),
        }
    }
}

/// The category of this name, or of this number: a state records numbers that have no name here.
fn category(name: &str) -> Result<Category, Finding> {
    name.parse()
        .map(Category::from_number)
        .or_else(|_| parse_category(name))
}

#[cfg(test)]
mod tests;
