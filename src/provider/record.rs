//! The record: what an object holds, as one text in the value of its state.
//!
//! It stands in the value and not in private data, because private data do not reach the deletion of a tainted object and a
//! crash erases them. The text is JSON:
//!
//! - `ids`: for each row of the state, in the order of the rows' keys, a decimal id, `-` for a row that is not in the tenant,
//!   or `?` and the id of a row that is only shown;
//! - `begun`: for each row in the same order, when its lifetime began, in seconds since 1970; `-` for a row without one, and
//!   `=` for the same as of the row before;
//! - `note`: ids of rows that the object lost to another state and may take again;
//! - `others`: rows that a single indicator still holds beside its own, because they could not be deleted;
//! - `cleared`: fields, by row, that are empty in the tenant where the object has a default for them.

use crate::indicator::{Action, Field, FieldSet, Indicator, IndicatorType, RowId};
use crate::tenant::{Holding, StateRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an object holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// How the object stands to each row of its state, in the order of their keys.
    pub holdings: Vec<Holding>,
    /// When the lifetime of each row began that has one, in the order of their keys.
    pub begun: Vec<Option<Timestamp>>,
    /// Ids of rows that it may take again.
    pub note: BTreeSet<RowId>,
    /// Rows that it holds beside those of its state.
    pub others: Vec<Other>,
    /// Fields that are empty in the tenant although the object has a default for them, by key.
    pub cleared: BTreeMap<String, FieldSet>,
}

/// A row that an object holds beside those of its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    id: String,
    value: String,
    r#type: String,
    action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Text {
    #[serde(skip_serializing_if = "String::is_empty")]
    ids: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    begun: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Other>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    cleared: BTreeMap<String, Vec<String>>,
}

impl Record {
    /// Reads a record. A text that is none records nothing: the rows are then found by the ownership rule.
    pub fn parse(text: &str) -> Self {
        let Ok(text) = serde_json::from_str::<Text>(text) else {
            return Self::default();
        };
        let holding = |word: &str| match word.strip_prefix('?') {
            Some(id) => Holding::Shown(RowId::from(id)),
            None if word == "-" => Holding::Absent,
            None => Holding::Held(RowId::from(word)),
        };
        let fields = |names: &Vec<String>| names.iter().filter_map(|name| Field::from_name(name)).collect();
        Self {
            holdings: text.ids.split_ascii_whitespace().map(holding).collect(),
            begun: beginnings(&text.begun),
            note: text.note.split_ascii_whitespace().map(RowId::from).collect(),
            others: text.others,
            cleared: text
                .cleared
                .iter()
                .map(|(key, names)| (key.clone(), fields(names)))
                .collect(),
        }
    }

    /// The text. The same record always gives the same one.
    pub fn text(&self) -> String {
        let mut ids = String::with_capacity(self.holdings.len() * 7);
        for holding in &self.holdings {
            if !ids.is_empty() {
                ids.push(' ');
            }
            match holding {
                Holding::Held(id) => ids.push_str(id.as_str()),
                Holding::Shown(id) => {
                    ids.push('?');
                    ids.push_str(id.as_str());
                }
                Holding::Absent => ids.push('-'),
            }
        }
        let names = |fields: &FieldSet| fields.iter().map(|field| field.name().to_owned()).collect();
        let text = Text {
            ids,
            begun: beginnings_text(&self.begun),
            note: self.note.iter().map(RowId::as_str).collect::<Vec<_>>().join(" "),
            others: self.others.clone(),
            cleared: self
                .cleared
                .iter()
                .map(|(key, fields)| (key.clone(), names(fields)))
                .collect(),
        };
        // Texts and lists of texts always have a JSON form.
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// When the lifetime of the row at this position began, if it has one.
    pub fn begun(&self, position: usize) -> Option<Timestamp> {
        self.begun.get(position).copied().flatten()
    }

    /// How the object stands to the row at this position.
    pub fn holding(&self, position: usize) -> Holding {
        self.holdings.get(position).cloned().unwrap_or(Holding::Absent)
    }
}

fn beginnings(text: &str) -> Vec<Option<Timestamp>> {
    let mut last = None;
    let one = |word: &str| {
        if word != "=" {
            last = word.parse().ok().and_then(|second| Timestamp::from_second(second).ok());
        }
        last
    };
    text.split_ascii_whitespace().map(one).collect()
}

fn beginnings_text(begun: &[Option<Timestamp>]) -> String {
    if begun.iter().all(Option::is_none) {
        return String::new();
    }
    let mut last = None;
    let one = |begun: &Option<Timestamp>| match begun {
        None => "-".to_owned(),
        Some(_) if *begun == last => "=".to_owned(),
        Some(instant) => {
            last = Some(*instant);
            instant.as_second().to_string()
        }
    };
    begun.iter().map(one).collect::<Vec<_>>().join(" ")
}

impl Other {
    /// The row of a state, to be noted beside another one; `None` if it is not held.
    pub fn of(row: &StateRow) -> Option<Self> {
        let indicator = &row.indicator;
        Some(Self {
            id: row.holding.held()?.to_string(),
            value: indicator.value.clone(),
            r#type: indicator.indicator_type.to_string(),
            action: indicator.action.to_string(),
            application: indicator.fields.application.clone(),
        })
    }

    /// Its id.
    pub fn id(&self) -> RowId {
        self.id.as_str().into()
    }

    /// The row that it notes.
    pub fn row(&self) -> StateRow {
        let mut indicator = Indicator::blank();
        indicator.value.clone_from(&self.value);
        indicator.indicator_type = IndicatorType::from_service(&self.r#type);
        indicator.action = Action::from_service(&self.action);
        indicator.fields.application.clone_from(&self.application);
        StateRow {
            name: self.value.as_str().into(),
            holding: Holding::Held(RowId::from(self.id.as_str())),
            indicator: indicator.into(),
            begun: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_the_round_trip() {
        let held = |id: &str| Holding::Held(RowId::from(id));
        let mut indicator = Indicator::blank();
        indicator.value = "a.example".into();
        indicator.indicator_type = IndicatorType::DomainName;
        indicator.action = Action::Block;
        let row = StateRow {
            name: "a.example".into(),
            holding: held("7"),
            indicator: indicator.into(),
            begun: None,
        };
        let record = Record {
            holdings: vec![held("901"), Holding::Absent, Holding::Shown(RowId::from("903"))],
            begun: [7, 7, -1].map(|second| Timestamp::from_second(second).ok()).to_vec(),
            note: BTreeSet::from([RowId::from("78"), RowId::from("9")]),
            others: vec![Other::of(&row).unwrap()],
            cleared: BTreeMap::from([("a.example".into(), FieldSet::EMPTY.with(Field::Title))]),
        };
        assert_eq!(Record::parse(&record.text()), record);
        assert_eq!(record.others[0].row().holding, row.holding);
        assert_eq!(Record::parse(&Record::default().text()), Record::default());
        let text = Record {
            holdings: record.holdings,
            ..Record::default()
        };
        assert_eq!(text.text(), r#"{"ids":"901 - ?903"}"#);
    }

    #[test]
    fn what_is_no_record_records_nothing() {
        for text in ["", "null", "[]", "{\"ids\":1}", "901 902"] {
            assert_eq!(Record::parse(text), Record::default(), "{text}");
        }
    }
}
