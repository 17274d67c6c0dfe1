//! The properties of an indicator, in the names, order and types of the service's own metadata.
//!
//! **Invariant:** this table is the only place that knows a property's name and type; values are kept as JSON.

use serde_json::Value;

use super::time;

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number from the first to the second bound.
    Number(i64, i64),
    /// True or false.
    Flag,
    /// An instant with its offset from UTC.
    Time,
    /// A list of strings.
    Texts,
    /// A list of 32-bit numbers.
    Numbers,
    /// One of the names of an enumeration.
    Choice(&'static Enumeration),
    /// An object with the properties of a certificate.
    Certificate,
}

/// An enumeration of the metadata.
#[derive(Debug, PartialEq, Eq)]
pub struct Enumeration {
    /// Its name, without the namespace.
    pub name: &'static str,
    /// Its members with their numbers.
    pub members: &'static [(&'static str, u8)],
}

impl Enumeration {
    /// Whether one of the members has this name, case included.
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(member, _)| *member == name)
    }
}

/// Who may write a property, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Part of what identifies a row.
    Identity,
    /// Any submission.
    Writable,
    /// Only the submission that creates the row.
    CreateOnly,
    /// Only the service.
    ReadOnly,
}

/// One property.
#[derive(Debug)]
pub struct Column {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether null is a value of it.
    pub nullable: bool,
    /// Who writes it.
    pub access: Access,
    /// Whether the page of the list call names it for `$filter`.
    pub filterable: bool,
}

const INT32: Kind = Kind::Number(i32::MIN as i64, i32::MAX as i64);
const BYTE: Kind = Kind::Number(0, u8::MAX as i64);

const TYPES: &Enumeration = &Enumeration {
    name: "tiIndicatorType",
    members: &[
        ("FileSha1", 0),
        ("FileSha256", 1),
        ("FileMd5", 2),
        ("IpAddress", 3),
        ("DomainName", 4),
        ("Url", 5),
        ("CertificateThumbprint", 6),
        ("ProcessMemorySimilarityHash", 7),
        ("WebCategory", 8),
    ],
};
const ACTIONS: &Enumeration = &Enumeration {
    name: "tiIndicatorAction",
    members: &[
        ("Allowed", 0),
        ("Alert", 1),
        ("AlertAndBlock", 2),
        ("Warn", 3),
        ("Block", 4),
        ("Audit", 11),
        ("BlockAndRemediate", 12),
    ],
};
const SEVERITIES: &Enumeration = &Enumeration {
    name: "severity",
    members: &[("Informational", 0), ("Low", 1), ("Medium", 2), ("High", 3)],
};
const SOURCES: &Enumeration = &Enumeration {
    name: "KnownRequestSource",
    members: &[
        ("Unspecified", 0),
        ("PublicApi", 1),
        ("Portal", 2),
        ("MCAS", 3),
        ("TVM", 4),
        ("CustomDetection", 5),
        ("BulkAction", 6),
        ("ISG", 7),
        ("NDR", 8),
        ("EndpointConfigManagement", 9),
        ("IncidentTasks", 10),
        ("MDI", 11),
        ("ActiveScan", 12),
    ],
};

/// The properties of `certificateInfo`, in the order of the metadata.
pub const CERTIFICATE_PROPERTIES: [&str; 4] = ["issuer", "serial", "subject", "sha256"];

const fn column(name: &'static str, kind: Kind, nullable: bool, access: Access) -> Column {
    Column {
        name,
        kind,
        nullable,
        access,
        filterable: false,
    }
}

const fn filterable(column: Column) -> Column {
    Column {
        filterable: true,
        ..column
    }
}

/// Every property, in the order of the metadata.
pub const COLUMNS: [Column; 31] = [
    column("id", Kind::Text, false, Access::ReadOnly),
    filterable(column("indicatorValue", Kind::Text, false, Access::Identity)),
    filterable(column("indicatorType", Kind::Choice(TYPES), false, Access::Identity)),
    filterable(column("action", Kind::Choice(ACTIONS), false, Access::Identity)),
    filterable(column("createdBy", Kind::Text, true, Access::ReadOnly)),
    filterable(column("severity", Kind::Choice(SEVERITIES), false, Access::Writable)),
    column("category", INT32, true, Access::Writable),
    filterable(column("application", Kind::Text, true, Access::CreateOnly)),
    column("educateUrl", Kind::Text, true, Access::Writable),
    column("bypassDurationHours", INT32, true, Access::Writable),
    filterable(column("title", Kind::Text, true, Access::Writable)),
    column("description", Kind::Text, true, Access::Writable),
    column("recommendedActions", Kind::Text, true, Access::Writable),
    filterable(column("creationTimeDateTimeUtc", Kind::Time, false, Access::ReadOnly)),
    filterable(column("expirationTime", Kind::Time, true, Access::Writable)),
    column("lastUpdateTime", Kind::Time, false, Access::ReadOnly),
    column("lastUpdatedBy", Kind::Text, true, Access::ReadOnly),
    filterable(column("rbacGroupNames", Kind::Texts, true, Access::Writable)),
    filterable(column("rbacGroupIds", Kind::Numbers, true, Access::Writable)),
    column("certificateInfo", Kind::Certificate, true, Access::CreateOnly),
    column("notificationId", BYTE, true, Access::Writable),
    column("notificationBody", Kind::Text, true, Access::Writable),
    column("version", Kind::Text, true, Access::CreateOnly),
    column("mitreTechniques", Kind::Texts, true, Access::Writable),
    column("historicalDetection", Kind::Flag, false, Access::Writable),
    column("lookBackPeriod", INT32, true, Access::Writable),
    filterable(column("generateAlert", Kind::Flag, false, Access::Writable)),
    column("additionalInfo", Kind::Text, true, Access::Writable),
    filterable(column("createdByDisplayName", Kind::Text, true, Access::ReadOnly)),
    column("externalId", Kind::Text, true, Access::Writable),
    column("createdBySource", Kind::Choice(SOURCES), false, Access::ReadOnly),
];

macro_rules! positions {
    ($($constant:ident = $position:literal $name:literal;)*) => {
        $(#[doc = concat!("Position of ", $name, ".")] pub const $constant: usize = $position;)*
        #[cfg(test)]
        const NAMED: &[(usize, &str)] = &[$(($position, $name)),*];
    };
}

positions! {
    ID = 0 "id";
    VALUE = 1 "indicatorValue";
    TYPE = 2 "indicatorType";
    ACTION = 3 "action";
    CREATED_BY = 4 "createdBy";
    TITLE = 10 "title";
    DESCRIPTION = 11 "description";
    CREATED = 13 "creationTimeDateTimeUtc";
    EXPIRATION = 14 "expirationTime";
    UPDATED = 15 "lastUpdateTime";
    UPDATED_BY = 16 "lastUpdatedBy";
    RBAC_NAMES = 17 "rbacGroupNames";
    RBAC_IDS = 18 "rbacGroupIds";
    CERTIFICATE_INFO = 19 "certificateInfo";
    HISTORICAL_DETECTION = 24 "historicalDetection";
    LOOK_BACK_PERIOD = 25 "lookBackPeriod";
    GENERATE_ALERT = 26 "generateAlert";
    CREATED_BY_DISPLAY_NAME = 28 "createdByDisplayName";
    EXTERNAL_ID = 29 "externalId";
    CREATED_BY_SOURCE = 30 "createdBySource";
}

/// The position of a property.
pub fn position(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.name == name)
}

impl Column {
    /// What the property holds when nobody set it.
    pub fn default_value(&self) -> Value {
        match self.name {
            "severity" => "Informational".into(),
            "createdBySource" => "Unspecified".into(),
            // SuspiciousActivity, which is what rows created without a category show when they are read.
            "category" => 1.into(),
            _ => match self.kind {
                Kind::Flag => false.into(),
                Kind::Texts | Kind::Numbers => Value::Array(Vec::new()),
                _ => Value::Null,
            },
        }
    }
}

impl Kind {
    /// Whether a value that is not null has this type. Names of choices are compared with their case.
    pub fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::String(_)) | (Self::Flag, Value::Bool(_)) => true,
            (Self::Choice(enumeration), Value::String(text)) => enumeration.has(text),
            (Self::Time, Value::String(text)) => time::parse(text).is_some(),
            (Self::Number(low, high), value) => value.as_i64().is_some_and(|n| (low..=high).contains(&n)),
            (Self::Texts, Value::Array(list)) => list.iter().all(Value::is_string),
            (Self::Numbers, Value::Array(list)) => list.iter().all(|item| INT32.admits(item)),
            (Self::Certificate, Value::Object(object)) => {
                object.values().all(|value| value.is_null() || value.is_string())
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn positions_name_their_columns() {
        for (position, name) in NAMED {
            assert_eq!(COLUMNS[*position].name, *name);
        }
        let documented = COLUMNS.iter().filter(|column| column.filterable).count();
        assert_eq!(documented, 13);
    }

    #[test]
    fn types_are_checked() {
        let cases = [
            ("category", json!(1), true),
            ("category", json!("SuspiciousActivity"), false),
            ("category", json!(1.5), false),
            ("category", json!(3_000_000_000_i64), false),
            ("notificationId", json!(255), true),
            ("notificationId", json!(256), false),
            ("generateAlert", json!(true), true),
            ("generateAlert", json!("True"), false),
            ("action", json!("Block"), true),
            ("action", json!("block"), false),
            ("severity", json!(1), false),
            ("rbacGroupIds", json!([1, 2]), true),
            ("rbacGroupIds", json!(["1"]), false),
            ("rbacGroupNames", json!(["A"]), true),
            ("rbacGroupNames", json!("A"), false),
            ("expirationTime", json!("2030-01-01T00:00:00Z"), true),
            ("expirationTime", json!("tomorrow"), false),
            ("certificateInfo", json!({"issuer": "x", "serial": null}), true),
            ("certificateInfo", json!({"issuer": 1}), false),
        ];
        for (name, value, admitted) in cases {
            let column = &COLUMNS[position(name).unwrap()];
            assert_eq!(column.kind.admits(&value), admitted, "{name} {value}");
        }
    }
}
