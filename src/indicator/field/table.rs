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
        "The value to match: a file hash, a single IP address, a domain (covers its subdomains), a URL with \
         `http://` or `https://`, or the thumbprint of a certificate. Wildcards and networks in CIDR notation are \
         not supported. Values of up to 800 characters are known to work.",
    )
    .role(Role::Identity)
    .in_the_portal("IndicatorValue")
    .always_sent(),
    Type = term(
        "type",
        "indicatorType",
        "`FileSha1`, `FileSha256`, `FileMd5`, `IpAddress`, `DomainName`, `Url` or `CertificateThumbprint`. By \
         default the type is detected from the value. A thumbprint looks like a SHA-1 hash, so set \
         `CertificateThumbprint` for certificates. `FileMd5` is documented, but the service may refuse it.",
    )
    .role(Role::Identity)
    .in_the_portal("IndicatorType")
    .always_sent(),
    Action = term(
        "action",
        "action",
        "What Defender does on a match: `Allowed`, `Audit` (requires `generate_alert = true`), `Warn`, `Block` or \
         `BlockAndRemediate` (files and certificates only). Certificates support `Allowed` and `BlockAndRemediate`. \
         The service identifies an indicator by value, type and action. When the action changes, the provider \
         imports the new indicator before it deletes the old one.",
    )
    .role(Role::Identity)
    .in_the_portal("Action")
    .always_sent(),
    Severity = term(
        "severity",
        "severity",
        "Severity of the alert: `Informational`, `Low`, `Medium` or `High`. Default: `Informational`.",
    )
    .by_default(Constant::Text("Informational"))
    .in_the_portal("Severity")
    .always_sent(),
    Title = text(
        "title",
        "title",
        "Title of the alert. Defender documents it as required. Up to 4,000 characters are known to work.",
    )
    .in_the_portal("Title"),
    Description = text(
        "description",
        "description",
        "Description of the indicator. Defender documents it as required. Up to 100 characters are known to work.",
    )
    .in_the_portal("Description"),
    RecommendedActions = text(
        "recommended_actions",
        "recommendedActions",
        "Recommended actions for the analyst who handles the alert.",
    )
    .in_the_portal("RecommendedActions"),
    Application = text(
        "application",
        "application",
        "Label of the application that the indicator belongs to. Can be set only at creation: when it changes, the \
         provider deletes the indicator and creates it again.",
    )
    .role(Role::CreateOnly),
    ExpirationTime = term(
        "expiration_time",
        "expirationTime",
        "Time at which the service deletes the indicator, as an RFC 3339 timestamp such as `2030-01-31T00:00:00Z`. \
         By default the indicator never expires. Conflicts with `lifetime`.",
    )
    .in_the_portal("ExpirationTime"),
    Lifetime = term(
        "lifetime",
        "",
        "How long the indicator lives, in days or hours such as `90d` or `36h`, up to `36500d`. The lifetime starts \
         when the provider first writes the indicator, or at its creation if it was taken over. An expired indicator \
         is not written again, unless `renew` is `true`. Conflicts with `expiration_time`.",
    )
    .unsent(),
    GenerateAlert = flag("generate_alert", "generateAlert", "Whether a match raises an alert. Must be `true` for \
                                                             `Audit`. Default: `false`.")
        .in_the_portal("GenerateAlert")
        .always_sent(),
    RbacGroupNames = texts(
        "rbac_group_names",
        "rbacGroupNames",
        "Names of the device groups that the indicator applies to. Default: all devices. Use either this or \
         `rbac_group_ids`.",
    )
    .role(Role::Scope)
    .in_the_portal("RbacGroups")
    .always_sent(),
    RbacGroupIds = plain(
        FieldKind::Wholes,
        "rbac_group_ids",
        "rbacGroupIds",
        Some(Constant::NoWholes),
        "Ids of the device groups that the indicator applies to. Default: all devices. Use either this or \
         `rbac_group_names`.",
    )
    .role(Role::Scope)
    .always_sent(),
    MitreTechniques = texts(
        "mitre_techniques",
        "mitreTechniques",
        "Ids of MITRE ATT&CK techniques, such as `T1566` or `T1566.001`.",
    )
    .in_the_portal("MitreTechniques")
    .always_sent(),
    Category = term(
        "category",
        "category",
        "Category of the alert, such as `Malware` or `CommandAndControl`. Default: `SuspiciousActivity`.",
    )
    .in_the_portal("Category")
    .always_sent(),
    EducateUrl = text(
        "educate_url",
        "educateUrl",
        "URL of a page for users who were blocked or warned. Applies to `Url` and `DomainName` with `Block` or `Warn`.",
    )
    .only_for(&WEB),
    BypassDurationHours = whole(
        "bypass_duration_hours",
        "bypassDurationHours",
        "Number of hours for which a user can bypass a `Warn`. At least 1. Applies only to `Warn`.",
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
        "Id of the notification that the user sees, from 0 to 255.",
    ),
    NotificationBody = text(
        "notification_body",
        "notificationBody",
        "Text of the notification that the user sees.",
    ),
    CertificateInfo = plain(
        FieldKind::Certificate,
        "certificate_info",
        "certificateInfo",
        None,
        "Details of the certificate. Applies only to `CertificateThumbprint`. Can be set only at creation.",
    )
    .role(Role::CreateOnly)
    .only_for(&CERTIFICATE),
    Version = text("version", "version", "Version label. Can be set only at creation.").role(Role::CreateOnly),
    LookBackPeriod = whole(
        "look_back_period",
        "lookBackPeriod",
        "How far back Defender searches for matches. Works only in tenants with historical detection.",
    ),
    HistoricalDetection = flag(
        "historical_detection",
        "historicalDetection",
        "Whether Defender searches for past matches. Works only in tenants with historical detection. Default: \
         `false`.",
    ),
}
