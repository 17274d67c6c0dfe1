//! From the letters of a scenario to rows, states and blocks as they really are, and back.

use super::scenario::{Author, FIRST_NEW_ID, Form, Held, Key, PLACES, Row, Scenario, Setting, State, Want, World};
use crate::support::{Schemas, Stored, Tenant, complete, plain};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const TITLE: &str = "t";
const EVE: &str = "eve@contoso.example";
/// Long before anything that a run writes.
const CREATED: &str = "2026-01-01T00:00:00Z";
/// The label that stands for none where an exclusive set needs one.
const BASE: &str = "base";

/// Speaks both languages for one scenario.
#[derive(Debug, Clone)]
pub struct Translator {
    pub schemas: Arc<Schemas>,
    /// The id of the application that the provider signs in as.
    us: String,
    labelled: bool,
    scenario: Scenario,
}

/// A tenant and a state file as they really are.
#[derive(Debug, Clone, PartialEq)]
pub struct Real {
    pub rows: Vec<Json>,
    pub states: Vec<Option<Stored>>,
}

/// The value and the action of a key.
pub fn identity(key: &str) -> (String, &'static str) {
    let action = if key.ends_with('b') && key.len() > 1 {
        "Allowed"
    } else {
        "Block"
    };
    (format!("{}.example", &key[..1]), action)
}

impl Translator {
    pub fn new(schemas: Arc<Schemas>, tenant: &Tenant, scenario: &Scenario) -> Self {
        let environment = tenant.environment();
        let us = environment
            .into_iter()
            .find(|(name, _)| name == "ARM_CLIENT_ID")
            .unwrap()
            .1;
        Self {
            schemas,
            us,
            labelled: scenario.has_exclusive(),
            scenario: scenario.clone(),
        }
    }

    /// The address of an object, current or deposed.
    pub fn address(&self, slot: usize) -> String {
        let address = slot / PLACES;
        let kind = if self.scenario.spellings[address].single {
            "mde_indicator"
        } else {
            "mde_indicator_set"
        };
        format!("{kind}.{}", ["a", "b", "c"][address])
    }

    fn application(&self, label: &str) -> Option<String> {
        match label {
            "" => self.labelled.then(|| BASE.to_owned()),
            label => Some(label.to_owned()),
        }
    }

    fn label(application: Option<&str>) -> String {
        application
            .filter(|label| *label != BASE)
            .unwrap_or_default()
            .to_owned()
    }

    /// The provider block.
    pub fn block(setting: &Setting) -> Json {
        let mut block = Map::new();
        if !setting.applications.is_empty() {
            block.insert("applications".into(), json!(setting.applications));
        }
        if let Some(limit) = setting.limit {
            block.insert("max_removals".into(), json!(limit));
        }
        block.into()
    }

    /// The world with which a scenario begins.
    pub fn begin(&self) -> Real {
        let World { tenant, states } = &self.scenario.world;
        Real {
            rows: tenant.iter().map(|(key, row)| self.row(key, row)).collect(),
            states: states
                .iter()
                .enumerate()
                .map(|(slot, state)| state.as_ref().map(|state| self.stored(slot, state)))
                .collect(),
        }
    }

    fn row(&self, key: &str, row: &Row) -> Json {
        let (value, action) = identity(key);
        let author = match row.author {
            Author::Us => &self.us,
            Author::Eve => EVE,
        };
        assert!(row.id < FIRST_NEW_ID);
        json!({
            "id": row.id.to_string(), "indicatorType": "DomainName", "indicatorValue": value, "action": action, "title": TITLE,
            "description": row.content, "application": self.application(&row.label), "createdBy": author,
            "createdByDisplayName": author, "creationTimeDateTimeUtc": CREATED
        })
    }

    fn stored(&self, slot: usize, state: &State) -> Stored {
        let address = slot / PLACES;
        let spelling = self.scenario.spellings[address];
        let keys: Vec<&str> = state.rows.iter().map(|row| row.key.as_str()).collect();
        let mut value = json!({ "action": "Block", "title": TITLE, "application": self.application(&state.label) });
        if spelling.single {
            let [row] = state.rows.as_slice() else {
                panic!("a single indicator is one row");
            };
            let (name, action) = identity(&row.key);
            value["value"] = name.into();
            value["action"] = action.into();
            value["description"] = row.content.as_str().into();
            value["id"] = row.id.map(|id| id.to_string()).into();
        } else {
            let rows = state
                .rows
                .iter()
                .map(|row| (row.key.as_str(), row.content.as_str(), row.label.as_str()));
            value["indicators"] = self.list(address, &state.label, spelling.forms[0], rows.collect());
            if spelling.defaults {
                value["description"] = "a".into();
            }
            if state.exclusive {
                value["exclusive"] = json!({ "application": self.application(&state.label) });
            }
            value["counts"] = counts(&keys);
        }
        let names = names(&keys);
        let ids: BTreeMap<&str, u64> = state
            .rows
            .iter()
            .map(|row| {
                (
                    names[row.key.as_str()].as_str(),
                    row.id.expect("a scenario records its rows"),
                )
            })
            .collect();
        let ids: Vec<String> = ids.into_values().map(|id| id.to_string()).collect();
        let record = if ids.is_empty() {
            json!({})
        } else {
            json!({ "ids": ids.join(" ") })
        };
        value["record"] = record.to_string().into();
        let value_type = &self.schemas.at(&self.address(slot)).value_type;
        Stored {
            value: complete(value_type, &value),
            private: Vec::new(),
            tainted: state.tainted,
            identity: mde::tf::Value::Null,
        }
    }

    /// A list of rows in one of its forms.
    fn list(&self, address: usize, label: &str, form: Form, rows: Vec<(&str, &str, &str)>) -> Json {
        let keys: Vec<&str> = rows.iter().map(|(key, ..)| *key).collect();
        let names = names(&keys);
        let mut list = Map::new();
        for (key, content, row_label) in rows {
            let (value, action) = identity(key);
            let mut fields = Map::new();
            if !(self.scenario.spellings[address].defaults && content == "a") {
                fields.insert("description".into(), content.into());
            }
            if row_label != label {
                fields.insert("application".into(), self.application(row_label).into());
            }
            if action != "Block" {
                fields.insert("action".into(), action.into());
            }
            let name = &names[key];
            if *name != value {
                fields.insert("value".into(), value.into());
            }
            list.insert(name.clone(), if fields.is_empty() { Json::Null } else { fields.into() });
        }
        match form {
            Form::Object => list.into(),
            Form::Text => Json::from(list).to_string().into(),
        }
    }

    /// The block of an address.
    pub fn config(&self, address: usize, want: &Want) -> Json {
        let spelling = self.scenario.spellings[address];
        let mut block = json!({ "action": "Block", "title": TITLE, "application": self.application(&want.label) });
        if want.adopt {
            block["on_existing"] = "adopt".into();
        }
        if spelling.single {
            let (key, content) = want.rows.first_key_value().expect("a single indicator is one row");
            let (value, action) = identity(key);
            block["value"] = if want.unknown { "<unknown>".into() } else { value.into() };
            block["action"] = action.into();
            block["description"] = content.as_str().into();
            return block;
        }
        let rows = want
            .rows
            .iter()
            .map(|(key, content)| (key.as_str(), content.as_str(), want.label.as_str()));
        block["indicators"] = if want.unknown {
            "<unknown>".into()
        } else {
            self.list(address, &want.label, spelling.forms[1], rows.collect())
        };
        if spelling.defaults {
            block["description"] = "a".into();
        }
        if want.exclusive {
            block["exclusive"] = json!({ "application": self.application(&want.label) });
        }
        block
    }

    /// A world in the letters of a scenario.
    pub fn read(&self, real: &Real) -> World {
        let mut tenant = BTreeMap::new();
        for row in &real.rows {
            let text = |name: &str| row[name].as_str().unwrap_or_default();
            let content = text("description").to_owned();
            let read = Row {
                id: text("id").parse().unwrap(),
                content,
                author: if text("createdBy") == self.us {
                    Author::Us
                } else {
                    Author::Eve
                },
                label: Self::label(row["application"].as_str()),
                written: format!("{} {}", text("lastUpdatedBy"), text("lastUpdateTime")),
            };
            tenant.insert(self.key(text("indicatorValue"), text("action")), read);
        }
        let state = |(slot, stored): (usize, &Option<Stored>)| stored.as_ref().map(|stored| self.state(slot, stored));
        World {
            tenant,
            states: real.states.iter().enumerate().map(state).collect(),
        }
    }

    fn key(&self, value: &str, action: &str) -> Key {
        let first = &value[..1];
        let two_letters = |key: &Key| key.len() > 1;
        let world = &self.scenario.world;
        let states = world
            .states
            .iter()
            .flatten()
            .flat_map(|state| state.rows.iter().map(|row| &row.key));
        let wanted = self.scenario.config.iter().flatten().flat_map(|want| want.rows.keys());
        match action {
            "Allowed" => format!("{first}b"),
            _ if world.tenant.keys().chain(states).chain(wanted).any(two_letters) => format!("{first}a"),
            _ => first.to_owned(),
        }
    }

    fn state(&self, slot: usize, stored: &Stored) -> State {
        let value = plain(&stored.value);
        let text = |json: &Json, name: &str| json[name].as_str().map(str::to_owned);
        let record: Json = text(&value, "record")
            .unwrap_or_else(|| "{}".to_owned())
            .parse()
            .unwrap();
        let ids = text(&record, "ids").unwrap_or_default();
        let ids: Vec<&str> = ids.split_whitespace().collect();
        let note = text(&record, "note").unwrap_or_default();
        let mut rows = Vec::new();
        let mut hold = |row: &Json, name: &str, id: Option<&str>| {
            let field = |field: &str| text(row, field).or_else(|| text(&value, field));
            let indicator = text(row, "value").unwrap_or_else(|| name.to_owned());
            rows.push(Held {
                key: self.key(&indicator, &field("action").unwrap()),
                id: id.and_then(|id| id.parse().ok()),
                content: field("description").unwrap_or_default(),
                label: Self::label(field("application").as_deref()),
            });
        };
        if self.scenario.spellings[slot / PLACES].single {
            let id = ids.first().copied();
            let shown = text(&value, "id");
            assert_eq!(
                shown.as_deref(),
                id.filter(|id| *id != "-"),
                "id and record of {}",
                self.address(slot)
            );
            hold(&value, "", id);
            for other in record["others"].as_array().into_iter().flatten() {
                hold(other, "", other["id"].as_str());
            }
        } else {
            let list = match &value["indicators"] {
                Json::String(text) => text.parse().unwrap(),
                list => list.clone(),
            };
            let list: BTreeMap<String, Json> = list.as_object().unwrap().clone().into_iter().collect();
            assert_eq!(ids.len(), list.len(), "ids of {}: {value}", self.address(slot));
            for ((name, row), id) in list.iter().zip(ids) {
                hold(row, name, Some(id));
            }
        }
        rows.sort_by(|left, right| left.key.cmp(&right.key));
        State {
            rows,
            note: note.split_whitespace().map(|id| id.parse().unwrap()).collect(),
            label: Self::label(value["application"].as_str()),
            exclusive: value.get("exclusive").is_some_and(|group| !group.is_null()),
            tainted: stored.tainted,
        }
    }
}

/// The names of rows in a list: their values, and something longer for the second row of a value.
fn names(keys: &[&str]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::<String, String>::new();
    for key in keys {
        let (value, action) = identity(key);
        let taken = names.values().any(|name| *name == value);
        names.insert(
            (*key).to_owned(),
            if taken { format!("{value} {action}") } else { value },
        );
    }
    names
}

fn counts(keys: &[&str]) -> Json {
    let mut counts = Map::new();
    for key in keys {
        let (_, action) = identity(key);
        let count = counts.get(action).and_then(Json::as_u64).unwrap_or_default() + 1;
        counts.insert(action.into(), count.into());
    }
    counts.into()
}
