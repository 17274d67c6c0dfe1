//! One indicator as a request body has it.
//!
//! **Invariant:** a draft that was read has the right types throughout; whether its content makes sense is for
//! [`super::rules`].

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::columns::{
    ACTION, Access, CERTIFICATE_INFO, CERTIFICATE_PROPERTIES, COLUMNS, CREATED, Column, DESCRIPTION, EXPIRATION,
    EXTERNAL_ID, GENERATE_ALERT, Kind, LOOK_BACK_PERIOD, RBAC_IDS, TITLE, TYPE, VALUE,
};
use super::options::Options;
use super::row::Row;
use super::switches::{
    AbsentAlert, CertificateInfo, MissingTexts, OnUpdate, Part, ReadOnlyFields, RetiredActions, SubSecondExpiry,
    Verdict,
};
use super::time;

/// What one item of a request says, by column: not there, null, or a value.
#[derive(Debug, Clone)]
pub struct Draft {
    values: Vec<Option<Value>>,
}

impl Draft {
    /// Reads one item. Every refusal here is one of the whole call: the body as such is wrong.
    pub fn read(body: &Value, options: &Options) -> Result<Self, Refusal> {
        let object = body.as_object().ok_or_else(Refusal::incorrect_body)?;
        let mut values = Vec::with_capacity(COLUMNS.len());
        for (position, column) in COLUMNS.iter().enumerate() {
            let mut value = object.get(column.name).cloned();
            if options.documented_spellings == Verdict::Accepted {
                if position == EXTERNAL_ID && value.is_none() {
                    value = object.get("externalID").cloned();
                }
                value = value.map(|value| from_documented_type(position, value));
            }
            if options.text_booleans == Verdict::Accepted && column.kind == Kind::Flag {
                value = value.map(from_text);
            }
            check(column, value.as_ref())?;
            if column.access == Access::ReadOnly
                && position != CREATED
                && options.read_only_fields == ReadOnlyFields::Refused
                && value.as_ref().is_some_and(|value| !value.is_null())
            {
                return Err(Refusal::incorrect_body());
            }
            values.push(value);
        }
        let mut draft = Self { values };
        draft.check_presence(options)?;
        draft.map_retired_action(options);
        draft.normalise_expiry(options);
        draft.fill_certificate(options);
        Ok(draft)
    }

    fn check_presence(&self, options: &Options) -> Result<(), Refusal> {
        for position in [VALUE, TYPE, ACTION] {
            self.get(position)
                .ok_or_else(|| Refusal::missing(COLUMNS[position].name))?;
        }
        if options.missing_texts == MissingTexts::Refused {
            self.check_texts()?;
        }
        Ok(())
    }

    /// Refuses a draft without a title or a description.
    pub fn check_texts(&self) -> Result<(), Refusal> {
        match [TITLE, DESCRIPTION]
            .into_iter()
            .find(|position| self.text(*position).is_empty())
        {
            Some(position) => Err(Refusal::missing(COLUMNS[position].name)),
            None => Ok(()),
        }
    }

    fn map_retired_action(&mut self, options: &Options) {
        if options.retired_actions == RetiredActions::Stored {
            return;
        }
        match self.text(ACTION) {
            "Alert" => {
                self.set(ACTION, "Audit".into());
                self.set(GENERATE_ALERT, true.into());
            }
            "AlertAndBlock" => self.set(ACTION, "BlockAndRemediate".into()),
            _ => {}
        }
    }

    fn normalise_expiry(&mut self, options: &Options) {
        if let Some(expiry) = self.get(EXPIRATION).and_then(Value::as_str).and_then(time::parse) {
            let kept = match options.sub_second_expiry {
                SubSecondExpiry::Kept => expiry,
                SubSecondExpiry::Dropped => time::whole_second(expiry),
            };
            self.set(EXPIRATION, time::format(kept).into());
        }
    }

    fn fill_certificate(&mut self, options: &Options) {
        if options.incomplete_certificate_info == CertificateInfo::AsSent {
            return;
        }
        if let Some(given) = self.get(CERTIFICATE_INFO).and_then(Value::as_object) {
            let property = |name: &str| (name.to_owned(), given.get(name).cloned().unwrap_or_default());
            let filled: Map<String, Value> = CERTIFICATE_PROPERTIES.map(property).into_iter().collect();
            self.set(CERTIFICATE_INFO, filled.into());
        }
    }

    /// Whether the row of this draft alone raises alerts.
    pub fn generates_alert(&self, options: &Options) -> bool {
        let absent = || self.default_value(GENERATE_ALERT, options);
        self.get(GENERATE_ALERT).cloned().unwrap_or_else(absent) == Value::Bool(true)
    }

    /// What a column holds that the draft says nothing about.
    fn default_value(&self, position: usize, options: &Options) -> Value {
        let raises = position == GENERATE_ALERT && options.absent_generate_alert == AbsentAlert::True;
        if raises && self.text(ACTION) != "Allowed" {
            return true.into();
        }
        COLUMNS[position].default_value()
    }

    /// The value of a column, if it is there and not null.
    pub fn get(&self, position: usize) -> Option<&Value> {
        self.values[position].as_ref().filter(|value| !value.is_null())
    }

    /// The text of a column, empty if it has none.
    pub fn text(&self, position: usize) -> &str {
        self.get(position).and_then(Value::as_str).unwrap_or_default()
    }

    /// Replaces the value of a column.
    pub fn set(&mut self, position: usize, value: Value) {
        self.values[position] = Some(value);
    }

    /// The values that the row has once the draft is written over `existing`, or as a new row. What only the service
    /// writes is left as it was, or at its default.
    pub fn merged(&self, existing: Option<&Row>, options: &Options) -> Vec<Value> {
        COLUMNS
            .iter()
            .enumerate()
            .map(|(position, column)| self.merge(position, column, existing, options))
            .collect()
    }

    fn merge(&self, position: usize, column: &Column, existing: Option<&Row>, options: &Options) -> Value {
        let Some(existing) = existing else {
            return match column.access {
                Access::ReadOnly => column.default_value(),
                _ => self
                    .get(position)
                    .cloned()
                    .unwrap_or_else(|| self.default_value(position, options)),
            };
        };
        let kept = || existing.values()[position].clone();
        let action_changes = position == ACTION && options.action_in_identity == Part::Ignored;
        if column.access != Access::Writable && !action_changes {
            return kept();
        }
        let rule = match &self.values[position] {
            None => options.absent_field,
            Some(Value::Null) => options.null_field,
            Some(value) => return value.clone(),
        };
        match rule {
            OnUpdate::Clears => self.default_value(position, options),
            OnUpdate::Keeps => kept(),
        }
    }
}

fn check(column: &Column, value: Option<&Value>) -> Result<(), Refusal> {
    let fits = match value {
        None => true,
        // A missing key property is told as missing, and what only the service writes is ignored anyway.
        Some(Value::Null) => column.nullable || matches!(column.access, Access::Identity | Access::ReadOnly),
        Some(value) => column.kind.admits(value),
    };
    if fits { Ok(()) } else { Err(Refusal::incorrect_body()) }
}

fn from_documented_type(position: usize, value: Value) -> Value {
    let number = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<i32>().ok())
            .map(Value::from)
    };
    match (position, &value) {
        (LOOK_BACK_PERIOD, _) => number(&value).unwrap_or(value),
        (RBAC_IDS, Value::Array(ids)) => ids
            .iter()
            .map(|id| number(id).unwrap_or_else(|| id.clone()))
            .collect::<Vec<_>>()
            .into(),
        _ => value,
    }
}

fn from_text(value: Value) -> Value {
    match value.as_str() {
        Some(text) if text.eq_ignore_ascii_case("true") => true.into(),
        Some(text) if text.eq_ignore_ascii_case("false") => false.into(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    const APPLICATION: usize = 7;
    const RECOMMENDED: usize = 12;

    fn body() -> Value {
        json!({"indicatorValue": "evil.example", "indicatorType": "DomainName", "action": "Block", "title": "t",
            "description": "d", "unknown": 1})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = body();
        body[name] = value;
        body
    }

    fn read(body: &Value) -> Result<Draft, String> {
        Draft::read(body, &Options::default()).map_err(|refusal| format!("{}: {}", refusal.code, refusal.message))
    }

    #[test]
    fn bodies_are_checked_as_a_whole() {
        let incorrect = Err("InvalidInput: Request body is incorrect".to_owned());
        let cases = [
            (body(), Ok(())),
            (json!([]), incorrect.clone()),
            (with("action", json!("block")), incorrect.clone()),
            (with("generateAlert", json!("yes")), incorrect.clone()),
            (with("category", json!("Malware")), incorrect.clone()),
            (with("severity", json!(null)), incorrect.clone()),
            (with("expirationTime", json!("2030-01-01")), incorrect.clone()),
            (with("rbacGroupIds", json!(["1"])), incorrect.clone()),
            (with("id", json!(7)), incorrect.clone()),
            (with("id", json!("7")), Ok(())),
            (with("createdBy", json!(null)), Ok(())),
            (with("mitreTechniques", json!(null)), Ok(())),
            (
                with("indicatorValue", json!(null)),
                Err("MissingRequiredParameter: Parameter indicatorValue is missing.".into()),
            ),
            (
                with("title", json!("")),
                Err("MissingRequiredParameter: Parameter title is missing.".into()),
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(read(&body).map(|_| ()), expected, "{body}");
        }
    }

    #[test]
    fn read_only_fields_follow_the_switch() {
        let strict = Options {
            read_only_fields: ReadOnlyFields::Refused,
            ..Options::default()
        };
        for (name, value, refused) in [
            ("id", json!("7"), true),
            ("createdBy", json!("me"), true),
            ("lastUpdateTime", json!("2024-01-01T00:00:00Z"), true),
            ("creationTimeDateTimeUtc", json!("2024-01-01T00:00:00Z"), false),
            ("lastUpdatedBy", json!(null), false),
        ] {
            let body = with(name, value);
            assert!(read(&body).is_ok(), "{name}");
            assert_eq!(Draft::read(&body, &strict).is_err(), refused, "{name}");
        }
    }

    #[test]
    fn documented_spellings_follow_the_switch() {
        let lenient = Options {
            documented_spellings: Verdict::Accepted,
            ..Options::default()
        };
        let body = json!({"indicatorValue": "evil.example", "indicatorType": "DomainName", "action": "Block", "title": "t",
            "description": "d", "externalID": "x", "rbacGroupIds": ["1"], "lookBackPeriod": "7"});
        assert!(read(&body).is_err());
        let draft = Draft::read(&body, &lenient).unwrap();
        assert_eq!(draft.get(EXTERNAL_ID), Some(&json!("x")));
        assert_eq!(draft.get(RBAC_IDS), Some(&json!([1])));
        assert_eq!(draft.get(LOOK_BACK_PERIOD), Some(&json!(7)));
        assert_eq!(read(&with("externalID", json!("x"))).unwrap().get(EXTERNAL_ID), None);
    }

    #[test]
    fn booleans_as_text_follow_the_switch() {
        let strict = Options {
            text_booleans: Verdict::Refused,
            ..Options::default()
        };
        for (name, value, meant) in [
            ("generateAlert", json!("True"), Some(true)),
            ("generateAlert", json!("FALSE"), Some(false)),
            ("historicalDetection", json!("true"), Some(true)),
            ("generateAlert", json!("1"), None),
            ("generateAlert", json!(1), None),
            ("generateAlert", json!(""), None),
        ] {
            let body = with(name, value);
            let position = crate::simulator::columns::position(name).unwrap();
            let found = read(&body).ok().and_then(|draft| draft.get(position).cloned());
            assert_eq!(found, meant.map(Value::from), "{body}");
            assert!(Draft::read(&body, &strict).is_err(), "{body}");
        }
    }

    #[test]
    fn an_absent_alert_follows_the_switch() {
        let raising = Options {
            absent_generate_alert: AbsentAlert::True,
            ..Options::default()
        };
        let keeping = Options {
            absent_field: OnUpdate::Keeps,
            ..raising.clone()
        };
        let silent = with("generateAlert", json!(false));
        let allowed = with("action", json!("Allowed"));
        for (item, options, alert) in [
            (&body(), &Options::default(), false),
            (&body(), &raising, true),
            (&silent, &raising, false),
            (&allowed, &raising, false),
        ] {
            let draft = Draft::read(item, options).unwrap();
            assert_eq!(draft.generates_alert(options), alert, "{item}");
            assert_eq!(draft.merged(None, options)[GENERATE_ALERT], json!(alert), "{item}");
        }
        let row = Row::new(read(&silent).unwrap().merged(None, &raising), Map::new());
        let update = read(&body()).unwrap();
        assert_eq!(update.merged(Some(&row), &raising)[GENERATE_ALERT], json!(true));
        assert_eq!(update.merged(Some(&row), &keeping)[GENERATE_ALERT], json!(false));
    }

    #[test]
    fn a_certificate_is_filled_up_or_stays_as_it_was_sent() {
        let sent = json!({"subject": "s", "unknown": "u"});
        let as_sent = Options {
            incomplete_certificate_info: CertificateInfo::AsSent,
            ..Options::default()
        };
        let stored = |options: &Options| {
            let draft = Draft::read(&with("certificateInfo", sent.clone()), options).unwrap();
            draft.merged(None, options)[CERTIFICATE_INFO].clone()
        };
        let filled = json!({"issuer": null, "serial": null, "subject": "s", "sha256": null});
        assert_eq!((stored(&Options::default()), stored(&as_sent)), (filled, sent.clone()));
        assert_eq!(read(&body()).unwrap().get(CERTIFICATE_INFO), None);
    }

    #[test]
    fn retired_actions_and_expiry_follow_the_switches() {
        let mapped = Options {
            retired_actions: RetiredActions::Mapped,
            sub_second_expiry: SubSecondExpiry::Dropped,
            ..Options::default()
        };
        let alert = Draft::read(&with("action", json!("Alert")), &mapped).unwrap();
        assert_eq!(
            (alert.text(ACTION), alert.get(GENERATE_ALERT)),
            ("Audit", Some(&json!(true)))
        );
        let both = Draft::read(&with("action", json!("AlertAndBlock")), &mapped).unwrap();
        assert_eq!(both.text(ACTION), "BlockAndRemediate");
        assert_eq!(read(&with("action", json!("Alert"))).unwrap().text(ACTION), "Alert");

        let timed = with("expirationTime", json!("2030-01-01T02:00:00.50+02:00"));
        assert_eq!(read(&timed).unwrap().text(EXPIRATION), "2030-01-01T00:00:00.5Z");
        assert_eq!(
            Draft::read(&timed, &mapped).unwrap().text(EXPIRATION),
            "2030-01-01T00:00:00Z"
        );
    }

    #[test]
    fn updates_keep_or_clear() {
        let mut old = body();
        old["recommendedActions"] = json!("old");
        old["application"] = json!("old");
        let options = Options::default();
        let row = Row::new(read(&old).unwrap().merged(None, &options), Map::new());
        let absent = read(&body()).unwrap();
        let null = read(&with("recommendedActions", json!(null))).unwrap();
        let keeps_null = Options {
            null_field: OnUpdate::Keeps,
            ..Options::default()
        };
        let keeps_absent = Options {
            absent_field: OnUpdate::Keeps,
            ..Options::default()
        };
        for (draft, options, kept) in [
            (&absent, &options, false),
            (&null, &options, false),
            (&absent, &keeps_null, false),
            (&null, &keeps_null, true),
            (&absent, &keeps_absent, true),
            (&null, &keeps_absent, false),
        ] {
            let merged = draft.merged(Some(&row), options);
            assert_eq!(merged[RECOMMENDED] == json!("old"), kept);
            assert_eq!(merged[APPLICATION], json!("old"), "only a create writes it");
        }
        let changed = read(&with("application", json!("new"))).unwrap();
        assert_eq!(changed.merged(Some(&row), &options)[APPLICATION], json!("old"));
    }
}
