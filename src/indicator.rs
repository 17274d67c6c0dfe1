//! The domain: what an indicator is, which two indicators are the same one, and when two say the same thing.
//!
//! **Invariant:** no input or output, no clock and no Terraform or HTTP words; everything here is a function of its
//! arguments. It imports `outgoing` only.

mod kind;
mod action;
mod severity;
mod category;
mod certificate;
mod host;
mod invisible;
mod instant;
mod lifetime;
mod row_id;
mod refang;
mod canonical;
mod identity;
mod precedence;
mod covering;
mod detect;
mod defang;
mod field;
mod compare;
pub mod rules;
mod access;
mod sharing;
mod protected;

#[cfg(test)]
pub(crate) mod samples;

pub use action::Action;
pub use canonical::{canonical, submitted};
pub use category::Category;
pub use certificate::{CertificateFact, CertificateInfo};
pub use compare::{Difference, differences, same_text};
pub use covering::covered;
pub use defang::defang;
pub use detect::detect_type;
pub use field::{Field, FieldKind, FieldSet, FieldValue};
pub use identity::{Digest, Identity, Key, ValueKey};
pub use instant::{instant_text, parse_instant};
pub use invisible::removed as visible;
pub use kind::IndicatorType;
pub use lifetime::Lifetime;
pub use precedence::{Conflict, conflicts, weakens};
pub use protected::Protected;
pub use refang::{refang, unquoted};
pub use row_id::RowId;
pub use severity::Severity;
pub use sharing::{all_fields, is_writable, own_fields, shared_fields};

use jiff::Timestamp;

/// One indicator of compromise, as somebody wants it or as the service holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// The value in the spelling of whoever wrote it: a hash, an address, a domain, a URL or a thumbprint.
    pub value: String,
    /// What kind of value it is.
    pub indicator_type: IndicatorType,
    /// What Defender does when it meets the value.
    pub action: Action,
    /// Everything else.
    pub fields: Fields,
}

impl Indicator {
    /// Label of the application that it belongs to, if it has one. An empty label is none.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.fields.application.as_deref().filter(|label| !label.is_empty())
    }

    /// What the service tells two indicators apart by.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::new(&self.value, &self.indicator_type, &self.action)
    }

    /// Its identity together with the device groups that it is for.
    #[must_use]
    pub fn key(&self) -> Key {
        let names = self.fields.rbac_group_names.as_deref().unwrap_or_default();
        let ids = self.fields.rbac_group_ids.as_deref().unwrap_or_default();
        Key::new(self.identity(), names, ids)
    }

    /// What it has in common with every other indicator of the same value.
    #[must_use]
    pub fn value_key(&self) -> ValueKey {
        ValueKey::new(&self.value, &self.indicator_type)
    }

    /// Whether a match raises an alert, where the service's default is none and the retired actions stood for one as well.
    #[must_use]
    pub fn raises_alert(&self) -> bool {
        self.fields.generate_alert.unwrap_or(self.action.is_retired())
    }

    /// What the service may tell the indicator apart by: its own identity, then those of the actions that a retired one may
    /// have become.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        let successors = self.action.successors(&self.indicator_type).iter();
        std::iter::once(&self.action)
            .chain(successors)
            .map(|action| Identity::new(&self.value, &self.indicator_type, action))
    }

    /// Whether the service has dropped the indicator, or would refuse it, because its expiry is not after `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.fields.expiration_time.is_some_and(|expiry| expiry <= now)
    }
}

/// The writable fields beside value, type and action. `None` stands for the service's own default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// How serious a match is; the service's default is Informational.
    pub severity: Option<Severity>,
    /// Title of the alert.
    pub title: Option<String>,
    /// Free text about the indicator.
    pub description: Option<String>,
    /// What an analyst should do on a match.
    pub recommended_actions: Option<String>,
    /// Label of the application the indicator belongs to. Taken at creation only.
    pub application: Option<String>,
    /// The instant after which the service drops the indicator; `None` is never.
    pub expiration_time: Option<Timestamp>,
    /// How long it lives, if the configuration says that instead of an expiry. The service does not know it.
    pub lifetime: Option<Lifetime>,
    /// Whether a match raises an alert.
    pub generate_alert: Option<bool>,
    /// Names of the device groups it applies to; none or empty is all devices.
    pub rbac_group_names: Option<Vec<String>>,
    /// Ids of the device groups it applies to.
    pub rbac_group_ids: Option<Vec<i32>>,
    /// MITRE ATT&CK techniques, such as `T1566.001`.
    pub mitre_techniques: Option<Vec<String>>,
    /// Alert category.
    pub category: Option<Category>,
    /// Page that a user who met a Block or Warn is sent to.
    pub educate_url: Option<String>,
    /// For how many hours a user may bypass a Warn.
    pub bypass_duration_hours: Option<i32>,
    /// Identifier of the indicator in the customer's own system.
    pub external_id: Option<String>,
    /// Free text for the customer's own use.
    pub additional_info: Option<String>,
    /// Number of the notification shown to the user.
    pub notification_id: Option<u8>,
    /// Text of the notification shown to the user.
    pub notification_body: Option<String>,
    /// Facts of a certificate. Taken at creation only.
    pub certificate_info: Option<CertificateInfo>,
    /// Version label. Taken at creation only.
    pub version: Option<String>,
    /// How many days of history are searched for matches.
    pub look_back_period: Option<i32>,
    /// Whether history is searched for matches; only in tenants that have the feature.
    pub historical_detection: Option<bool>,
}

/// One indicator as the service holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The service's own identifier.
    pub id: RowId,
    /// What it says.
    pub indicator: Indicator,
    /// Who made and changed it, and when.
    pub facts: Facts,
}

/// Read-only facts of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Application id, or user principal name for rows made in the portal.
    pub created_by: Option<String>,
    /// Name of the application or user.
    pub created_by_display_name: Option<String>,
    /// Product that made the row, such as `PublicApi`, `Portal` or `MCAS`.
    pub created_by_source: Option<String>,
    /// When the row was made.
    pub creation_time: Option<Timestamp>,
    /// Who changed it last; absent until the first change.
    pub last_updated_by: Option<String>,
    /// When it was changed last.
    pub last_update_time: Option<Timestamp>,
}
