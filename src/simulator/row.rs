//! One row of the tenant.
//!
//! **Invariant:** a row's text is written once, when the row changes, so that a listing only strings texts together.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::columns::{
    ACTION, CERTIFICATE_INFO, CERTIFICATE_PROPERTIES, COLUMNS, EXPIRATION, ID, RBAC_IDS, RBAC_NAMES, TYPE, VALUE,
};
use super::options::Options;
use super::switches::Part;
use super::time;

/// One row.
#[derive(Debug)]
pub struct Row {
    values: Vec<Value>,
    extra: Map<String, Value>,
    expiry: Option<Timestamp>,
    json: String,
}

impl Row {
    /// A row from one value for each column, and properties that are not in the metadata.
    pub fn new(values: Vec<Value>, extra: Map<String, Value>) -> Self {
        debug_assert_eq!(values.len(), COLUMNS.len());
        let expiry = values[EXPIRATION].as_str().and_then(time::parse);
        let json = write(&values, &extra);
        Self {
            values,
            extra,
            expiry,
            json,
        }
    }

    /// The id as the service writes it.
    pub fn id(&self) -> &str {
        self.text(ID)
    }

    /// A property as text, empty if it is not a string.
    pub fn text(&self, column: usize) -> &str {
        self.values[column].as_str().unwrap_or_default()
    }

    /// Every property of the metadata, by position.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The properties that the metadata does not have.
    pub fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    /// Whether the expiry has come.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expiry.is_some_and(|expiry| expiry <= now)
    }

    /// The expiry.
    pub fn expiry(&self) -> Option<Timestamp> {
        self.expiry
    }

    /// The row as the service writes it.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What tells the row apart from others.
    pub fn key(&self, options: &Options) -> Key {
        Key::of(&self.values, options)
    }
}

/// The row in the order of the wire: that of the metadata, but for the one property that is an object itself, which stands
/// last.
fn write(values: &[Value], extra: &Map<String, Value>) -> String {
    let mut json = String::with_capacity(1024);
    for (position, (column, value)) in COLUMNS.iter().zip(values).enumerate() {
        if position == CERTIFICATE_INFO {
            continue;
        }
        json.push_str(if json.is_empty() { "{\"" } else { ",\"" });
        json.push_str(column.name);
        json.push_str("\":");
        match value {
            Value::Null => json.push_str("null"),
            value => json.push_str(&value.to_string()),
        }
    }
    for (name, value) in extra {
        json.push_str(&format!(",{}:{value}", Value::from(name.as_str())));
    }
    let certificate = certificate(&values[CERTIFICATE_INFO]);
    json.push_str(&format!(",\"{}\":{certificate}}}", COLUMNS[CERTIFICATE_INFO].name));
    json
}

/// The object with its known properties in their order, and then what else it has.
fn certificate(value: &Value) -> String {
    let Some(object) = value.as_object() else {
        return value.to_string();
    };
    let known = CERTIFICATE_PROPERTIES
        .iter()
        .filter_map(|name| object.get_key_value(*name));
    let others = object
        .iter()
        .filter(|(name, _)| !CERTIFICATE_PROPERTIES.contains(&name.as_str()));
    let properties: Vec<String> = known
        .chain(others)
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
        .collect();
    format!("{{{}}}", properties.join(","))
}

/// What the service tells two rows apart by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    value: String,
    indicator_type: String,
    action: Option<String>,
    scope: Option<Vec<String>>,
}

impl Key {
    /// The key of a row with these values.
    pub fn of(values: &[Value], options: &Options) -> Self {
        let text = |column: usize| values[column].as_str().unwrap_or_default().to_owned();
        let indicator_type = text(TYPE);
        let value = text(VALUE);
        let folded = match indicator_type.as_str() {
            "DomainName" if options.host_case == Part::Ignored => value.to_lowercase(),
            "Url" if options.host_case == Part::Ignored => with_host_folded(&value),
            hash if options.hash_case == Part::Ignored && is_hash(hash) => value.to_ascii_lowercase(),
            _ => value,
        };
        Self {
            value: folded,
            action: (options.action_in_identity == Part::Included).then(|| text(ACTION)),
            scope: (options.scope_in_identity == Part::Included).then(|| scope(values)),
            indicator_type,
        }
    }
}

fn is_hash(indicator_type: &str) -> bool {
    indicator_type.starts_with("File") || indicator_type == "CertificateThumbprint"
}

/// A URL with scheme and host in lower case. What stands before an `@` is no part of the host, and the path's case has a
/// meaning.
fn with_host_folded(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rfind('@').map_or(0, |at| at + 1);
    let (user, host) = authority.split_at(host);
    format!("{}://{user}{}{path}", scheme.to_lowercase(), host.to_lowercase())
}

/// The device groups: their names, and for those that have none their ids.
fn scope(values: &[Value]) -> Vec<String> {
    let list = |position: usize| values[position].as_array().into_iter().flatten();
    let mut groups: Vec<String> = list(RBAC_NAMES).filter_map(Value::as_str).map(str::to_owned).collect();
    if groups.is_empty() {
        groups = list(RBAC_IDS).map(Value::to_string).collect();
    }
    groups.sort_unstable();
    groups.dedup();
    groups
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(value: &str, indicator_type: &str, action: &str, groups: &Value) -> Vec<Value> {
        let mut values: Vec<Value> = COLUMNS
            .iter()
            .map(super::super::columns::Column::default_value)
            .collect();
        values[VALUE] = value.into();
        values[TYPE] = indicator_type.into();
        values[ACTION] = action.into();
        values[RBAC_NAMES] = groups.clone();
        values
    }

    #[test]
    fn the_text_has_every_property_in_order() {
        let row = Row::new(
            values("a \"quoted\" ü", "Url", "Block", &json!([])),
            Map::from_iter([("x".into(), 1.into())]),
        );
        let first =
            "{\"id\":null,\"indicatorValue\":\"a \\\"quoted\\\" ü\",\"indicatorType\":\"Url\",\"action\":\"Block\",";
        assert!(row.json().starts_with(first), "{}", row.json());
        let last = "\"createdBySource\":\"Unspecified\",\"x\":1,\"certificateInfo\":null}";
        assert!(row.json().ends_with(last), "{}", row.json());
        let names: Vec<_> = COLUMNS
            .iter()
            .filter(|column| column.name != "certificateInfo")
            .map(|column| row.json().find(&format!("\"{}\":", column.name)))
            .collect();
        assert!(names.is_sorted() && names.iter().all(Option::is_some));
    }

    #[test]
    fn a_certificate_stands_last_in_its_own_order() {
        let mut values = values("x", "Url", "Block", &json!([]));
        values[CERTIFICATE_INFO] = json!({"a": 1, "sha256": null, "subject": "s", "issuer": "\"i\""});
        let row = Row::new(values, Map::new());
        let last = "\"certificateInfo\":{\"issuer\":\"\\\"i\\\"\",\"subject\":\"s\",\"sha256\":null,\"a\":1}}";
        assert!(row.json().ends_with(last), "{}", row.json());
    }

    #[test]
    fn the_key_follows_the_switches() {
        let all = json!([]);
        let two = json!(["B", "A"]);
        let key = |row: &[Value], options: &Options| Key::of(row, options);
        let plain = Options::default();

        let block = values("AB", "FileSha1", "Block", &all);
        let allow = values("AB", "FileSha1", "Allowed", &all);
        assert_ne!(key(&block, &plain), key(&allow, &plain));
        let without_action = Options {
            action_in_identity: Part::Ignored,
            ..Options::default()
        };
        assert_eq!(key(&block, &without_action), key(&allow, &without_action));

        let lower = values("ab", "FileSha1", "Block", &all);
        assert_ne!(key(&block, &plain), key(&lower, &plain));
        let without_case = Options {
            hash_case: Part::Ignored,
            ..Options::default()
        };
        assert_eq!(key(&block, &without_case), key(&lower, &without_case));
        let url = |value| values(value, "Url", "Block", &all);
        assert_ne!(key(&url("AB"), &without_case), key(&url("ab"), &without_case));

        let without_host_case = Options {
            host_case: Part::Ignored,
            ..Options::default()
        };
        let domain = |value| values(value, "DomainName", "Block", &all);
        for (one, other, same) in [
            (
                url("HTTPS://U@Evil.example:80/A"),
                url("https://U@evil.EXAMPLE:80/A"),
                true,
            ),
            (url("https://evil.example/A"), url("https://evil.example/a"), false),
            (url("https://U@evil.example"), url("https://u@evil.example"), false),
            (domain("Evil.example"), domain("evil.example"), true),
        ] {
            assert_eq!(
                key(&one, &without_host_case) == key(&other, &without_host_case),
                same,
                "{one:?}"
            );
            assert_ne!(key(&one, &plain), key(&other, &plain), "{one:?}");
        }
        assert_ne!(
            key(&block, &without_host_case),
            key(&lower, &without_host_case),
            "a hash is no host"
        );

        let scoped = values("AB", "FileSha1", "Block", &two);
        assert_ne!(key(&block, &plain), key(&scoped, &plain));
        let other_order = values("AB", "FileSha1", "Block", &json!(["A", "B"]));
        assert_eq!(key(&other_order, &plain), key(&scoped, &plain));
        let mut nameless = block.clone();
        nameless[RBAC_IDS] = json!([9]);
        assert_ne!(key(&block, &plain), key(&nameless, &plain));
        let without_scope = Options {
            scope_in_identity: Part::Ignored,
            ..Options::default()
        };
        for other in [&scoped, &nameless] {
            assert_eq!(key(&block, &without_scope), key(other, &without_scope));
        }
    }
}
