//! Valid configurations of any kind, and what a tenant must hold after them.

use mde::simulator::{
    ExpiredRows, OnUpdate, Options, Order, Paging, Part, Results, RetiredActions, SubSecondExpiry, Verdict,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};
use std::net::IpAddr;

/// Answers to open questions about the service.
#[derive(Debug, Clone)]
pub struct Surroundings {
    identity: (Part, Part),
    action: Part,
    updates: (OnUpdate, OnUpdate),
    listing: (Order, Paging, usize),
    results: Results,
    retired: RetiredActions,
    expiry: (SubSecondExpiry, ExpiredRows),
    short_ipv6: Verdict,
}

impl Surroundings {
    pub fn any() -> impl Strategy<Value = Self> {
        let part = || select(vec![Part::Included, Part::Ignored]);
        let update = || select(vec![OnUpdate::Clears, OnUpdate::Keeps]);
        let paging = vec![
            Paging::NextLink,
            Paging::NextLinkToken,
            Paging::NextLinkUnlessTop,
            Paging::SkipOnly,
        ];
        (
            (part(), part()),
            part(),
            (update(), update()),
            (
                select(vec![Order::Ascending, Order::Descending]),
                select(paging),
                2_usize..9,
            ),
            select(vec![Results::InOrder, Results::Shuffled]),
            select(vec![RetiredActions::Stored, RetiredActions::Mapped]),
            (
                select(vec![SubSecondExpiry::Kept, SubSecondExpiry::Dropped]),
                select(vec![ExpiredRows::Removed, ExpiredRows::Listed]),
            ),
            select(vec![Verdict::Accepted, Verdict::Refused]),
        )
            .prop_map(
                |(identity, action, updates, listing, results, retired, expiry, short_ipv6)| Self {
                    identity,
                    action,
                    updates,
                    listing,
                    results,
                    retired,
                    expiry,
                    short_ipv6,
                },
            )
    }

    /// Sets the switches for these lists.
    pub fn apply(&self, options: &mut Options, lists: &[List]) {
        // Where the action tells no rows apart, a value can be there only once.
        if lists.iter().all(List::has_each_value_once) {
            options.action_in_identity = self.action;
        }
        (options.hash_case, options.scope_in_identity) = self.identity;
        (options.null_field, options.absent_field) = self.updates;
        (options.order, options.paging, options.page_size) = self.listing;
        if !matches!(options.paging, Paging::NextLink | Paging::NextLinkToken) {
            // Without a link only a full page tells that more follow, and the client asks for the documented maximum.
            options.page_size = 10_000;
        }
        options.results = self.results;
        options.retired_actions = self.retired;
        (options.sub_second_expiry, options.expired_rows) = self.expiry;
        options.short_ipv6 = self.short_ipv6;
        options.rbac_groups = vec!["A".into(), "B".into()];
    }
}

/// A value in several spellings, with its type.
const POOL: &[(&str, &[&str])] = &[
    ("DomainName", &["alpha.example", "ALPHA.example"]),
    ("DomainName", &["beta.example"]),
    ("DomainName", &["bücher.example", "xn--bcher-kva.example"]),
    (
        "Url",
        &["https://evil.example/Path?q=1", "HTTPS://Evil.example/Path?q=1"],
    ),
    ("IpAddress", &["198.51.100.7"]),
    ("IpAddress", &["2001:db8::a", "2001:0DB8:0:0:0:0:0:a"]),
    (
        "FileSha256",
        &[
            "aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00",
            "AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00",
        ],
    ),
    (
        "FileSha1",
        &[
            "bb5eed00bb5eed00bb5eed00bb5eed00bb5eed00",
            "BB5eed00bb5eed00bb5eed00bb5eed00bb5eed00",
        ],
    ),
    (
        "FileMd5",
        &["cc5eed00cc5eed00cc5eed00cc5eed00", "CC5EED00cc5eed00cc5eed00cc5eed00"],
    ),
    (
        "CertificateThumbprint",
        &[
            "dd5eed00dd5eed00dd5eed00dd5eed00dd5eed00",
            "DD5EED00DD5EED00dd5eed00dd5eed00dd5eed00",
        ],
    ),
];

/// A field as configured, and as the service stores it.
type Choice = (&'static str, Json, &'static str, Json);

fn choices() -> Vec<Choice> {
    let same = |name, wire, value: Json| (name, value.clone(), wire, value);
    let certificate = json!({ "issuer": "CN=i", "serial": null, "subject": "CN=s", "sha256": null });
    vec![
        same("severity", "severity", json!("High")),
        same("severity", "severity", json!("Informational")),
        same("title", "title", json!("a title, é")),
        same("description", "description", json!("a description")),
        same("description", "description", json!("another")),
        same("recommended_actions", "recommendedActions", json!("run")),
        same("application", "application", json!("gitops")),
        same("application", "application", json!("other")),
        (
            "expiration_time",
            json!("2031-01-01T01:00:00+01:00"),
            "expirationTime",
            json!("2031-01-01T00:00:00Z"),
        ),
        (
            "expiration_time",
            json!("2032-01-01T00:00:00.25Z"),
            "expirationTime",
            json!("2032-01-01T00:00:00.25Z"),
        ),
        (
            "expiration_time",
            json!("2001-01-01T00:00:00Z"),
            "expirationTime",
            json!("past"),
        ),
        same("generate_alert", "generateAlert", json!(true)),
        same("generate_alert", "generateAlert", json!(false)),
        same("rbac_group_names", "rbacGroupNames", json!(["A"])),
        same("rbac_group_names", "rbacGroupNames", json!(["B"])),
        same("rbac_group_names", "rbacGroupNames", json!([])),
        same("mitre_techniques", "mitreTechniques", json!(["T1566", "T1001.001"])),
        ("category", json!("Malware"), "category", json!(2)),
        ("category", json!("SuspiciousActivity"), "category", json!(1)),
        same("educate_url", "educateUrl", json!("https://intra.example/why")),
        same("bypass_duration_hours", "bypassDurationHours", json!(3)),
        same("external_id", "externalId", json!("x-1")),
        same("external_id", "externalId", json!("x-2")),
        same("additional_info", "additionalInfo", json!("info")),
        same("notification_id", "notificationId", json!(0)),
        same("notification_body", "notificationBody", json!("body")),
        same("certificate_info", "certificateInfo", certificate),
        same("version", "version", json!("1")),
        same("look_back_period", "lookBackPeriod", json!(30)),
        same("historical_detection", "historicalDetection", json!(true)),
    ]
}

fn fields() -> impl Strategy<Value = Vec<Choice>> {
    // Few more often than many: groups of fields that are left out matter as much as those that are set.
    prop_oneof![
        3 => prop::sample::subsequence(choices(), 0..3),
        1 => prop::sample::subsequence(choices(), 0..12),
    ]
}

/// One row of a generated list.
#[derive(Debug, Clone)]
struct Row {
    value: usize,
    spelling: usize,
    action: Option<&'static str>,
    fields: Vec<Choice>,
    /// Whether it says nothing of its own.
    plain: bool,
    /// Whether it has a name of its own as its key.
    named: bool,
}

impl Row {
    fn any() -> impl Strategy<Value = Self> {
        let actions = vec![
            "Allowed",
            "Audit",
            "Warn",
            "Block",
            "BlockAndRemediate",
            "Alert",
            "AlertAndBlock",
        ];
        (
            0..POOL.len(),
            0_usize..2,
            prop::option::weighted(0.4, select(actions)),
            fields(),
            prop::bool::weighted(0.3),
            prop::bool::weighted(0.2),
        )
            .prop_map(|(value, spelling, action, fields, plain, named)| Self {
                value,
                spelling,
                action,
                fields,
                plain,
                named,
            })
    }

    fn kind(&self) -> &'static str {
        POOL[self.value].0
    }

    fn text(&self) -> &'static str {
        let spellings = POOL[self.value].1;
        spellings[self.spelling % spellings.len()]
    }
}

/// A generated list: defaults and rows.
#[derive(Debug, Clone)]
pub struct List {
    action: &'static str,
    defaults: Vec<Choice>,
    rows: Vec<Row>,
    /// Whether a set has it as one JSON text.
    text: bool,
}

/// What the tenant must hold for one row.
#[derive(Debug)]
pub struct Expected {
    /// What the configuration calls it: its key in a set.
    pub key: String,
    position: usize,
    spellings: &'static [&'static str],
    kind: &'static str,
    /// The action that is configured, and the one that is stored for it.
    asked: &'static str,
    action: &'static str,
    stored: Map<String, Json>,
}

impl List {
    pub fn any() -> impl Strategy<Value = Self> {
        (
            select(vec!["Block", "Allowed", "Warn"]),
            fields(),
            prop::collection::vec(Row::any(), 0..7),
            any::<bool>(),
        )
            .prop_map(|(action, defaults, rows, text)| {
                let mut list = Self {
                    action,
                    defaults,
                    rows: Vec::new(),
                    text,
                };
                rows.into_iter().for_each(|row| list.add(row));
                list
            })
    }

    /// Adds a row, made valid, unless its identity is there already.
    fn add(&mut self, mut row: Row) {
        if row.kind() == "CertificateThumbprint" && !matches!(row.action, Some("Allowed")) {
            row.action = Some("BlockAndRemediate");
        }
        row.plain &= row.action.is_none() && row.kind() != "CertificateThumbprint";
        if row.plain {
            row.fields.clear();
        }
        if self.action(&row) == "Audit" {
            row.fields.retain(|choice| choice.0 != "generate_alert");
            row.fields
                .push(("generate_alert", json!(true), "generateAlert", json!(true)));
        }
        let retired = |row: &Row| self.action(row).starts_with("Alert");
        let clash = self.rows.iter().any(|other| {
            let same = other.value == row.value;
            // A retired action may be stored as a current one.
            same && (self.action(other) == self.action(&row) || retired(other) || retired(&row))
        });
        if !clash {
            self.rows.push(row);
        }
    }

    fn has_each_value_once(&self) -> bool {
        let same = |position: usize, row: &Row| self.rows[..position].iter().any(|other| other.value == row.value);
        !self.rows.iter().enumerate().any(|(position, row)| same(position, row))
    }

    fn action(&self, row: &Row) -> &'static str {
        row.action.unwrap_or(self.action)
    }

    fn key(&self, position: usize) -> String {
        let row = &self.rows[position];
        if row.named {
            return format!("Row {position}, named");
        }
        let taken = self.rows[..position].iter().any(|other| other.value == row.value);
        if taken {
            format!("{} again {}", row.text(), self.action(row))
        } else {
            row.text().to_owned()
        }
    }

    /// The list as a set.
    pub fn block(&self) -> Json {
        let mut block = json!({ "action": self.action, "title": "t", "description": "d" });
        for (name, value, _, _) in &self.defaults {
            block[name] = value.clone();
        }
        let mut indicators = Map::new();
        for (position, row) in self.rows.iter().enumerate() {
            let key = self.key(position);
            let mut element = if row.plain { Json::Null } else { json!({}) };
            if key != row.text() {
                element["value"] = row.text().into();
            }
            if let Some(action) = row.action {
                element["action"] = action.into();
            }
            if row.kind() == "CertificateThumbprint" {
                element["type"] = row.kind().into();
            }
            for (name, value, _, _) in &row.fields {
                element[name] = value.clone();
            }
            indicators.insert(key, element);
        }
        let indicators = Json::from(indicators);
        block["indicators"] = if self.text {
            indicators.to_string().into()
        } else {
            indicators
        };
        block
    }

    /// How many of its rows have which action, those that have expired as well.
    pub fn counts(&self) -> Json {
        let mut counts = json!({});
        for row in &self.rows {
            let count = &mut counts[self.action(row)];
            *count = (count.as_u64().unwrap_or_default() + 1).into();
        }
        counts
    }

    /// The rows as single indicators, each with all that it says and what it is called.
    pub fn singles(&self) -> Vec<(String, Json)> {
        let block = |row: &Row| {
            let mut block = json!({
                "value": row.text(), "type": row.kind(), "action": self.action(row), "title": "t", "description": "d"
            });
            for (name, value, _, _) in self.defaults.iter().chain(&row.fields) {
                block[name] = value.clone();
            }
            block
        };
        let named = |(position, row)| (format!("mde_indicator.r{position}"), block(row));
        self.rows.iter().enumerate().map(named).collect()
    }

    /// What the tenant must hold.
    pub fn expected(&self, surroundings: &Surroundings) -> Vec<Expected> {
        let expected = |(position, row): (usize, &Row)| {
            // The retired actions stood for an alert as well.
            let alert = self.action(row).starts_with("Alert");
            let mut stored = json!({
                "severity": "Informational", "title": "t", "description": "d", "recommendedActions": null,
                "application": null, "expirationTime": null, "generateAlert": alert, "rbacGroupNames": [],
                "mitreTechniques": [], "category": 1, "educateUrl": null, "bypassDurationHours": null,
                "externalId": null, "additionalInfo": null, "notificationId": null, "notificationBody": null,
                "certificateInfo": null, "version": null, "lookBackPeriod": null, "historicalDetection": false,
            });
            for (_, _, wire, value) in self.defaults.iter().chain(&row.fields) {
                stored[wire] = value.clone();
            }
            if stored["expirationTime"] == "past" {
                return None;
            }
            if surroundings.expiry.0 == SubSecondExpiry::Dropped
                && stored["expirationTime"] == "2032-01-01T00:00:00.25Z"
            {
                stored["expirationTime"] = "2032-01-01T00:00:00Z".into();
            }
            let action = match self.action(row) {
                "Alert" if surroundings.retired == RetiredActions::Mapped => {
                    stored["generateAlert"] = true.into();
                    "Audit"
                }
                "AlertAndBlock" if surroundings.retired == RetiredActions::Mapped => "BlockAndRemediate",
                action => action,
            };
            Some(Expected {
                key: self.key(position),
                position,
                spellings: POOL[row.value].1,
                kind: row.kind(),
                asked: self.action(row),
                action,
                stored: stored.as_object().unwrap().clone(),
            })
        };
        self.rows.iter().enumerate().filter_map(expected).collect()
    }
}

impl Expected {
    /// Whether this is the row, by its identity.
    pub fn is(&self, row: &Json) -> bool {
        row["indicatorType"] == self.kind
            && row["action"] == self.action
            && self.is_spelled(row["indicatorValue"].as_str().unwrap())
    }

    /// Whether this is the row of a state with these fields in a set with this action. Its key need not be the configured
    /// one: where a list means what it did before, the state keeps the former.
    pub fn is_held_as(&self, key: &str, fields: &Json, action: &str) -> bool {
        let text = |name: &str, or: &str| fields[name].as_str().unwrap_or(or).to_owned();
        self.is_spelled(&text("value", key)) && text("action", action) == self.asked
    }

    fn is_spelled(&self, text: &str) -> bool {
        let same = |spelling: &&str| {
            spelling.eq_ignore_ascii_case(text)
                || matches!((spelling.parse::<IpAddr>(), text.parse::<IpAddr>()), (Ok(one), Ok(other)) if one == other)
        };
        self.spellings.iter().any(same)
    }

    /// What the row is called among the singles.
    pub fn address(&self) -> String {
        format!("mde_indicator.r{}", self.position)
    }

    /// Panics unless the row says what it should.
    #[track_caller]
    pub fn assert_like(&self, row: &Json) {
        // The service may fill in the facts of a certificate by itself, so that they are compared only where configured.
        let matters = |name: &str, value: &Json| name != "certificateInfo" || !value.is_null();
        for (name, value) in self.stored.iter().filter(|(name, value)| matters(name, value)) {
            assert_eq!(&row[name], value, "{name} of {}: {row}", self.key);
        }
    }
}
