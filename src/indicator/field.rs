//! Names of the fields, for messages and for saying which of them something is about.

use std::fmt;

macro_rules! fields {
    ($($variant:ident => $name:literal),+ $(,)?) => {
        /// A field of an indicator, by the name that configurations use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = concat!("The field `", $name, "`.")] $variant),+
        }

        impl Field {
            /// Every field, identity first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that configurations use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

fields! {
    Value => "value",
    Type => "type",
    Action => "action",
    Severity => "severity",
    Title => "title",
    Description => "description",
    RecommendedActions => "recommended_actions",
    Application => "application",
    ExpirationTime => "expiration_time",
    GenerateAlert => "generate_alert",
    RbacGroupNames => "rbac_group_names",
    RbacGroupIds => "rbac_group_ids",
    MitreTechniques => "mitre_techniques",
    Category => "category",
    EducateUrl => "educate_url",
    BypassDurationHours => "bypass_duration_hours",
    ExternalId => "external_id",
    AdditionalInfo => "additional_info",
    NotificationId => "notification_id",
    NotificationBody => "notification_body",
    CertificateInfo => "certificate_info",
    Version => "version",
    LookBackPeriod => "look_back_period",
    HistoricalDetection => "historical_detection",
}

impl Field {
    /// Whether the field is part of what the service tells rows apart by.
    #[must_use]
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::Value | Self::Type | Self::Action)
    }

    /// Whether the service takes the field only when a row is made, so that a change needs a new row.
    #[must_use]
    pub const fn is_create_only(self) -> bool {
        matches!(self, Self::Application | Self::CertificateInfo | Self::Version)
    }

    /// Whether the field says which devices the indicator applies to. Whether that is part of a row's identity is not
    /// known, so a change of it may come back with another id.
    #[must_use]
    pub const fn is_scope(self) -> bool {
        matches!(self, Self::RbacGroupNames | Self::RbacGroupIds)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldSet(u32);

impl FieldSet {
    /// No field at all.
    pub const EMPTY: Self = Self(0);

    /// This set with `field` in it.
    #[must_use]
    pub const fn with(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u8)
    }

    /// Puts `field` in.
    pub fn insert(&mut self, field: Field) {
        *self = self.with(field);
    }

    /// Takes `field` out.
    pub fn remove(&mut self, field: Field) {
        self.0 &= !(1 << field as u8);
    }

    /// Whether `field` is in.
    #[must_use]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    /// Whether nothing is in.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields, in the order of [`Field::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.iter().copied().filter(move |field| self.contains(*field))
    }
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        fields.into_iter().fold(Self::EMPTY, Self::with)
    }
}
