//! What the state of an object says: its rows, and the record of what it holds.

use super::Host;
use mde::tf::{Value, ValueType, json};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// Rows and record of one object, whether they come from the host in process or from a state file.
#[derive(Debug)]
pub struct Held {
    rows: Map<String, Json>,
    entries: Vec<String>,
    note: Vec<String>,
    others: Vec<Json>,
    /// The `id` of a single.
    id: Option<String>,
}

impl Held {
    /// What a state of the host in process says.
    #[track_caller]
    pub fn of(state: &Value) -> Self {
        let text = json::encode(&ValueType::Dynamic, state.get("indicators")).unwrap();
        let indicators = serde_json::from_str(&text).unwrap();
        Self::new(&indicators, state.get("record").as_str(), state.get("id").as_str())
    }

    /// What the attributes of an object in a state file say.
    #[track_caller]
    pub fn of_attributes(attributes: &Json) -> Self {
        Self::new(
            &attributes["indicators"],
            attributes["record"].as_str(),
            attributes["id"].as_str(),
        )
    }

    #[track_caller]
    fn new(indicators: &Json, record: Option<&str>, id: Option<&str>) -> Self {
        let rows = match &indicators["value"] {
            Json::String(text) => serde_json::from_str(text).expect("the list is a text and no JSON"),
            value => value.clone(),
        };
        let record: Json = record.map_or(Json::Null, |text| {
            serde_json::from_str(text).expect("the record is no JSON")
        });
        let words = |name: &str| {
            let text = record[name].as_str().unwrap_or_default();
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        Self {
            rows: rows.as_object().cloned().unwrap_or_default(),
            entries: words("ids"),
            note: words("note"),
            others: record["others"].as_array().cloned().unwrap_or_default(),
            id: id.map(str::to_owned),
        }
    }

    /// The fields of each row by its key; null where a row has none of its own.
    pub fn rows(&self) -> &Map<String, Json> {
        &self.rows
    }

    /// The keys of all rows, sorted.
    pub fn keys(&self) -> Vec<String> {
        let sorted: BTreeMap<&String, &Json> = self.rows.iter().collect();
        sorted.into_keys().cloned().collect()
    }

    /// What the record says of each row: an id, `-` or `?` and an id.
    #[track_caller]
    pub fn entries(&self) -> BTreeMap<String, String> {
        let keys = self.keys();
        assert_eq!(keys.len(), self.entries.len(), "{self:?}");
        keys.into_iter().zip(self.entries.iter().cloned()).collect()
    }

    /// The ids of the rows that the object holds, by key.
    #[track_caller]
    pub fn ids(&self) -> BTreeMap<String, String> {
        let mut entries = self.entries();
        entries.retain(|_, entry| is_id(entry));
        entries
    }

    /// The id of one row, if the object holds it.
    #[track_caller]
    pub fn id(&self, key: &str) -> Option<String> {
        self.ids().remove(key)
    }

    /// Every id that the object holds, sorted: those of its rows and, of a single, those beside its own.
    pub fn all(&self) -> Vec<String> {
        let rows = self.entries.iter().filter(|entry| is_id(entry)).cloned();
        let others = self.others.iter().map(|other| other["id"].as_str().unwrap().to_owned());
        let all: BTreeSet<String> = rows.chain(others).chain(self.id.clone()).collect();
        all.into_iter().collect()
    }

    /// Ids that the object may take again.
    pub fn note(&self) -> &[String] {
        &self.note
    }

    /// Rows that a single holds beside its own.
    pub fn others(&self) -> &[Json] {
        &self.others
    }
}

/// Whether an entry of the record says that the row is held.
fn is_id(entry: &str) -> bool {
    entry.bytes().all(|letter| letter.is_ascii_digit())
}

impl Host {
    /// Rows and record of an object of the state.
    #[track_caller]
    pub fn held(&self, address: &str) -> Held {
        Held::of(&self.state[address].value)
    }
}
