//! The one table of the fields. Whatever else has to know a field asks it, or is an exhaustive match, so that a new field
//! is added here and the compiler names the other places.

use super::super::kind::IndicatorType;
use super::value::FieldKind;

/// What is known of a field without looking at an indicator.
pub(super) struct Entry {
    /// The name that configurations use.
    pub name: &'static str,
    /// The name in the service's JSON; none if the service does not know it.
    pub wire_name: Option<&'static str>,
    /// The name of the column in the portal's lists, if they have it.
    pub portal_name: Option<&'static str>,
    /// How its value is written.
    pub kind: FieldKind,
    /// What part it has in a row.
    pub role: Role,
    /// What says "the service's default" where leaving the field out would mean something else.
    pub default: Option<Constant>,
    /// Whether a write says something of the field even if the indicator leaves it out.
    pub is_always_sent: bool,
    /// The types of indicator that it is documented for; none stands for all.
    pub types: &'static [IndicatorType],
    /// What the documentation says of it.
    pub description: &'static str,
}

/// What part a field has in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The service tells rows apart by it.
    Identity,
    /// The service takes it only when a row is made.
    CreateOnly,
    /// It says which devices the row applies to.
    Scope,
    /// None of these: a write changes it, and that is all.
    Plain,
}

/// A value that can stand in the table.
#[derive(Clone, Copy)]
pub(super) enum Constant {
    Text(&'static str),
    Flag(bool),
    NoTexts,
    NoWholes,
}

/// A field of which nothing special is to be said.
const fn plain(
    kind: FieldKind,
    name: &'static str,
    wire_name: &'static str,
    default: Option<Constant>,
    description: &'static str,
) -> Entry {
    Entry {
        name,
        wire_name: Some(wire_name),
        portal_name: None,
        kind,
        role: Role::Plain,
        default,
        is_always_sent: false,
        types: &[],
        description,
    }
}

/// Text that the service does not interpret; empty text stands for none.
const fn text(name: &'static str, wire_name: &'static str, description: &'static str) -> Entry {
    plain(FieldKind::Text, name, wire_name, Some(Constant::Text("")), description)
}

/// Text that the service does interpret, so that empty text is an error.
const fn term(name: &'static str, wire_name: &'static str, description: &'static str) -> Entry {
    plain(FieldKind::Text, name, wire_name, None, description)
}

/// True or false, where false is the service's default.
const fn flag(name: &'static str, wire_name: &'static str, description: &'static str) -> Entry {
    plain(
        FieldKind::Flag,
        name,
        wire_name,
        Some(Constant::Flag(false)),
        description,
    )
}

/// A whole number. No number stands for none.
const fn whole(name: &'static str, wire_name: &'static str, description: &'static str) -> Entry {
    plain(FieldKind::Whole, name, wire_name, None, description)
}

/// A list of texts.
const fn texts(name: &'static str, wire_name: &'static str, description: &'static str) -> Entry {
    plain(FieldKind::Texts, name, wire_name, Some(Constant::NoTexts), description)
}

impl Entry {
    const fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// A field of the configuration alone.
    const fn unsent(self) -> Self {
        Self {
            wire_name: None,
            ..self
        }
    }

    const fn in_the_portal(self, name: &'static str) -> Self {
        Self {
            portal_name: Some(name),
            ..self
        }
    }

    const fn always_sent(self) -> Self {
        Self {
            is_always_sent: true,
            ..self
        }
    }

    const fn only_for(self, types: &'static [IndicatorType]) -> Self {
        Self { types, ..self }
    }

    const fn by_default(self, default: Constant) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }
}

static WEB: [IndicatorType; 2] = [IndicatorType::Url, IndicatorType::DomainName];
static CERTIFICATE: [IndicatorType; 1] = [IndicatorType::CertificateThumbprint];

macro_rules! fields {
    ($($variant:ident = $entry:expr),+ $(,)?) => {
        /// A field of an indicator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = concat!("The field `", stringify!($variant), "`.")] $variant),+
        }

        impl Field {
            /// Every field, identity first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What the table says of the field.
            pub(super) const fn entry(self) -> &'static Entry {
                &TABLE[self as usize]
            }
        }

        static TABLE: [Entry; Field::ALL.len()] = [$($entry),+];
    };
}

fields! {
    Value = term(
        "value",
        "indicatorValue",
        "The indicator itself: a hash, an IP address, a domain, a URL or a certificate thumbprint.",
    )
    .role(Role::Identity)
    .in_the_portal("IndicatorValue")
    .always_sent(),
    Type = term(
        "type",
        "indicatorType",
        "`FileSha1`, `FileSha256`, `FileMd5`, `IpAddress`, `DomainName`, `Url` or `CertificateThumbprint`. Left out, the \
         form of the value decides; a thumbprint looks like a SHA-1 hash, so say `CertificateThumbprint`.",
    )
    .role(Role::Identity)
    .in_the_portal("IndicatorType")
    .always_sent(),
    Action = term(
        "action",
        "action",
        "What Defender does on a match: `Allowed`, `Audit` (needs `generate_alert = true`), `Warn`, `Block` or \
         `BlockAndRemediate`. The service tells indicators apart by value, type and action, so a changed action is \
         imported as a new row before the old one is deleted.",
    )
    .role(Role::Identity)
    .in_the_portal("Action")
    .always_sent(),
    Severity = term(
        "severity",
        "severity",
        "`Informational` (the service's default), `Low`, `Medium` or `High`.",
    )
    .by_default(Constant::Text("Informational"))
    .in_the_portal("Severity")
    .always_sent(),
    Title = text(
        "title",
        "title",
        "Title of the alert. The service documents it as required.",
    )
    .in_the_portal("Title"),
    Description = text(
        "description",
        "description",
        "Description of the indicator. The service documents it as required.",
    )
    .in_the_portal("Description"),
    RecommendedActions = text(
        "recommended_actions",
        "recommendedActions",
        "What an analyst should do on a match.",
    )
    .in_the_portal("RecommendedActions"),
    Application = text(
        "application",
        "application",
        "Label of the application that the indicator belongs to. The service takes it only when a row is made: changing \
         it deletes the row and imports it anew.",
    )
    .role(Role::CreateOnly),
    ExpirationTime = term(
        "expiration_time",
        "expirationTime",
        "The instant after which the service drops the indicator, in RFC 3339 such as `2030-01-31T00:00:00Z`. Left out, \
         it never expires.",
    )
    .in_the_portal("ExpirationTime"),
    Lifetime = term(
        "lifetime",
        "",
        "How long the indicator lives, instead of `expiration_time`: days or hours such as `90d` or `36h`, counted from the \
         moment when it was first written, or from its creation if it was taken over. An indicator whose lifetime has \
         ended is not written again, unless `renew` is set.",
    )
    .unsent(),
    GenerateAlert = flag("generate_alert", "generateAlert", "Whether a match raises an alert.")
        .in_the_portal("GenerateAlert")
        .always_sent(),
    RbacGroupNames = texts(
        "rbac_group_names",
        "rbacGroupNames",
        "Names of the device groups it applies to. Left out or empty: all devices.",
    )
    .role(Role::Scope)
    .in_the_portal("RbacGroups")
    .always_sent(),
    RbacGroupIds = plain(
        FieldKind::Wholes,
        "rbac_group_ids",
        "rbacGroupIds",
        Some(Constant::NoWholes),
        "Numbers of the device groups it applies to, instead of their names.",
    )
    .role(Role::Scope)
    .always_sent(),
    MitreTechniques = texts(
        "mitre_techniques",
        "mitreTechniques",
        "MITRE ATT&CK techniques, such as `T1566.001`.",
    )
    .in_the_portal("MitreTechniques")
    .always_sent(),
    Category = term(
        "category",
        "category",
        "Category of the alert by name, such as `Malware` or `CommandAndControl`.",
    )
    .in_the_portal("Category")
    .always_sent(),
    EducateUrl = text(
        "educate_url",
        "educateUrl",
        "Page for users who were blocked or warned. For `Url` and `DomainName` with `Block` or `Warn`.",
    )
    .only_for(&WEB),
    BypassDurationHours = whole(
        "bypass_duration_hours",
        "bypassDurationHours",
        "For how many hours a user may go on after a `Warn`.",
    ),
    ExternalId = text(
        "external_id",
        "externalId",
        "Identifier of the indicator in your own system.",
    ),
    AdditionalInfo = text("additional_info", "additionalInfo", "Free text for your own use."),
    NotificationId = whole(
        "notification_id",
        "notificationId",
        "Number of the notification shown to the user, 0 to 255.",
    ),
    NotificationBody = text(
        "notification_body",
        "notificationBody",
        "Text of the notification shown to the user.",
    ),
    CertificateInfo = plain(
        FieldKind::Certificate,
        "certificate_info",
        "certificateInfo",
        None,
        "Facts of the certificate beside its thumbprint. Taken only when a row is made.",
    )
    .role(Role::CreateOnly)
    .only_for(&CERTIFICATE),
    Version = text("version", "version", "Version label. Taken only when a row is made.").role(Role::CreateOnly),
    LookBackPeriod = whole(
        "look_back_period",
        "lookBackPeriod",
        "How far back matches are searched for; in tenants that have historical detection.",
    ),
    HistoricalDetection = flag(
        "historical_detection",
        "historicalDetection",
        "Whether matches in the past are searched for; in tenants that have the feature.",
    ),
}
