//! What the value of an `mde_indicator_set` says: its defaults and its rows.

use super::state::fields_in_words;
use crate::indicator::{Field, FieldSet};
use crate::provider::fields::{DETAILS, ELEMENT};
use crate::provider::row::{Held, Reader, Wanted, no_defaults};
use crate::tf::Value;
use std::collections::BTreeMap;

/// The attribute of plain rows, value => description.
pub const VALUES: &str = "values";
/// The attribute of rows with fields of their own.
pub const INDICATORS: &str = "indicators";
/// The attribute with the ids of the rows.
pub const IDS: &str = "ids";
/// The attribute that says what differs where no field can show it.
pub const DRIFT: &str = "drift";
/// The attribute with the rows that are in the tenant and not in the list, in exclusive mode.
pub const EXTRA: &str = "extra";
/// The group of an element that holds the rarer fields.
pub const DETAILS_GROUP: &str = "details";

/// What a set says.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the set's own attributes give to every row.
    pub defaults: Wanted,
    /// The rows, `indicators` first, then `values`, each in key order.
    pub rows: Vec<Wanted>,
    /// How many of `rows` stand in `indicators`; the rest stand in `values`.
    pub elements: usize,
    /// Whether some rows are not known yet at all.
    pub incomplete: bool,
}

impl Model {
    /// Reads a configuration, a plan or a state.
    pub fn read(value: &Value) -> Self {
        let defaults = {
            let mut reader = Reader::new("", &no_defaults());
            reader.take(value, ELEMENT.iter().chain(DETAILS).copied());
            let mut defaults = reader.into_defaults();
            defaults.written = FieldSet::EMPTY;
            defaults
        };
        let mut base = defaults.clone();
        // What is wrong with a default is said once, by the caller, not once a row.
        base.findings.clear();
        let mut model = Self {
            defaults,
            rows: Vec::new(),
            elements: 0,
            incomplete: false,
        };
        model.read_indicators(value.get(INDICATORS), &base);
        model.elements = model.rows.len();
        model.read_values(value.get(VALUES), &base);
        model
    }

    fn read_indicators(&mut self, indicators: &Value, base: &Wanted) {
        let Some(map) = indicators.as_map() else {
            self.incomplete |= indicators.is_unknown();
            return;
        };
        self.rows.reserve(map.len());
        for (key, element) in map {
            if element.is_unknown() {
                self.incomplete = true;
                continue;
            }
            self.rows.push(read_element(key, element, base));
        }
    }

    fn read_values(&mut self, values: &Value, base: &Wanted) {
        let Some(map) = values.as_map() else {
            self.incomplete |= values.is_unknown();
            return;
        };
        self.rows.reserve(map.len());
        for (key, description) in map {
            self.rows.push(read_plain(key, description, base));
        }
    }

    /// Whether the row at this index stands in `values`.
    pub fn is_plain(&self, index: usize) -> bool {
        index >= self.elements
    }
}

/// Reads one element of `indicators`, on top of the defaults in `base`.
pub fn read_element(key: &str, element: &Value, base: &Wanted) -> Wanted {
    let mut reader = Reader::new(key, base);
    let value = element.get(Field::Value.name());
    if value.is_null() {
        reader.take_one(Field::Value, &Value::from(key));
    } else {
        reader.take_one(Field::Value, value);
    }
    reader.take(element, ELEMENT.iter().copied());
    let details = element.get(DETAILS_GROUP);
    if !details.is_null() {
        reader.take(details, DETAILS.iter().copied());
    }
    reader.finish()
}

/// Reads one entry of `values`, on top of the defaults in `base`.
pub fn read_plain(key: &str, description: &Value, base: &Wanted) -> Wanted {
    let mut reader = Reader::new(key, base);
    reader.take_one(Field::Value, &Value::from(key));
    reader.take_one(Field::Description, description);
    reader.finish()
}

/// The rows that a state holds, in the order of [`Model::rows`].
pub fn held(state: &Value, model: &Model) -> Vec<Held> {
    let nothing = BTreeMap::new();
    let ids = state.get(IDS).as_map().unwrap_or(&nothing);
    let drift = state.get(DRIFT).as_map().unwrap_or(&nothing);
    model
        .rows
        .iter()
        .map(|row| Held {
            key: row.key.clone(),
            id: ids.get(&row.key).and_then(Value::as_str).map(str::to_owned),
            indicator: row.indicator.clone(),
            spelling: None,
            drift: drift
                .get(&row.key)
                .map(|words| fields_in_words(words.as_str().unwrap_or_default())),
        })
        .collect()
}
