//! Writing down what the service holds, in the words of the configuration where they fit.

use super::model::{DETAILS_GROUP, DRIFT, EXTRA, IDS, INDICATORS, Model, VALUES, read_element, read_plain};
use super::schema::{details_type, element_type};
use crate::indicator::{Difference, Field, FieldSet, Indicator};
use crate::provider::fields::{self, DETAILS};
use crate::provider::row::Wanted;
use crate::tf::{Object, Value};
use std::collections::BTreeMap;

/// Builds the state of a set row by row, from a template that holds the set's own attributes.
pub struct StateWriter<'a> {
    template: &'a Value,
    defaults: &'a Wanted,
    indicators: BTreeMap<String, Value>,
    values: BTreeMap<String, Value>,
    ids: BTreeMap<String, Value>,
    drift: BTreeMap<String, Value>,
}

/// Where a row stands in the configuration or state that it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its key.
    pub key: &'a str,
    /// Whether it stands in `values`.
    pub plain: bool,
    /// What stands there: an element of `indicators`, or a description of `values`.
    pub written: &'a Value,
}

impl<'a> Place<'a> {
    /// Where row `index` of `model`, read from `value`, stands.
    pub fn of(value: &'a Value, model: &'a Model, index: usize) -> Self {
        let key = model.rows[index].key.as_str();
        let plain = model.is_plain(index);
        let map = value.get(if plain { VALUES } else { INDICATORS }).as_map();
        let written = map.and_then(|map| map.get(key)).unwrap_or(&Value::Null);
        Self { key, plain, written }
    }
}

impl<'a> StateWriter<'a> {
    /// Starts with no rows; `model` was read from `template`.
    pub fn new(template: &'a Value, model: &'a Model) -> Self {
        Self {
            template,
            defaults: &model.defaults,
            indicators: BTreeMap::new(),
            values: BTreeMap::new(),
            ids: BTreeMap::new(),
            drift: BTreeMap::new(),
        }
    }

    /// A row that stands exactly as it is written.
    pub fn as_written(&mut self, place: Place<'_>, id: Option<&str>) {
        self.put(place, place.written.clone(), id);
    }

    /// A row of which nothing new is known: it stays as the template has it.
    pub fn as_stored(&mut self, place: Place<'_>, id: &str) {
        self.keep_drift(place.key, self.template);
        self.as_written(place, Some(id));
    }

    /// A row that says something else than what is written: the fields that differ get real values.
    pub fn as_found(&mut self, place: Place<'_>, found: &Indicator, differences: &[Difference], id: Option<&str>) {
        let mut unsaid = Vec::new();
        let written = if place.plain {
            let mut description = place.written.clone();
            for difference in differences {
                match self.shown(difference.field, found) {
                    Some(value) if difference.field == Field::Description => description = value,
                    _ => unsaid.push(difference),
                }
            }
            description
        } else {
            let mut element = place
                .written
                .as_object()
                .cloned()
                .unwrap_or_else(|| Object::null(element_type().clone()));
            for difference in differences {
                match self.shown(difference.field, found) {
                    Some(value) => set(&mut element, difference.field, value),
                    None => unsaid.push(difference),
                }
            }
            element.into()
        };
        if !unsaid.is_empty() {
            let words: Vec<String> = unsaid.iter().map(|difference| in_words(difference)).collect();
            self.drift.insert(place.key.to_owned(), Value::from(words.join("; ")));
        }
        self.put(place, written, id);
    }

    /// Moves what stands under `key` to a key of its own, among `indicators`: the key is needed for a row that should
    /// have gone, and neither may be forgotten. The next plan finds the row by its identity.
    pub fn set_aside(&mut self, key: &str, row: &Indicator) {
        let Some(id) = self.ids.remove(key) else {
            return;
        };
        let plain = self.values.remove(key);
        let mut element = match (self.indicators.remove(key), plain) {
            (Some(Value::Object(element)), _) => element,
            (_, description) => {
                Object::null(element_type().clone()).with(Field::Description.name(), description.unwrap_or(Value::Null))
            }
        };
        element.set(Field::Value.name(), row.value.as_str().into());
        let aside = format!("{key} {} {}", row.action, id.as_str().unwrap_or_default());
        if let Some(words) = self.drift.remove(key) {
            self.drift.insert(aside.clone(), words);
        }
        self.indicators.insert(aside.clone(), element.into());
        self.ids.insert(aside, id);
    }

    /// Notes again what `state` says of a row and no field of it can show.
    pub fn keep_drift(&mut self, key: &str, state: &Value) {
        if let Some(words) = state.get(DRIFT).as_map().and_then(|drift| drift.get(key)) {
            self.drift.insert(key.to_owned(), words.clone());
        }
    }

    /// What `place` says under the set's own attributes.
    pub fn reads(&self, place: Place<'_>) -> Indicator {
        let read = if place.plain { read_plain } else { read_element };
        read(place.key, place.written, self.defaults).indicator
    }

    /// The value that shows what was found: null only where null means the same.
    fn shown(&self, field: Field, found: &Indicator) -> Option<Value> {
        let value = fields::write(field, found);
        if !value.is_null() {
            return Some(value);
        }
        if fields::write(field, &self.defaults.indicator).is_null() {
            return Some(Value::Null);
        }
        fields::explicit_default(field)
    }

    fn put(&mut self, place: Place<'_>, written: Value, id: Option<&str>) {
        let map = if place.plain {
            &mut self.values
        } else {
            &mut self.indicators
        };
        map.insert(place.key.to_owned(), written);
        self.ids.insert(place.key.to_owned(), id.into());
    }

    /// The state.
    pub fn finish(self, extra: Value) -> Value {
        let keep = |map: BTreeMap<String, Value>, name: &str| {
            // A map that nobody wrote stays null; an empty one stays empty.
            if map.is_empty() && !matches!(self.template.get(name), Value::Map(_)) {
                Value::Null
            } else {
                Value::Map(map)
            }
        };
        let drift = if self.drift.is_empty() {
            Value::Null
        } else {
            Value::Map(self.drift)
        };
        let mut state = self
            .template
            .as_object()
            .cloned()
            .unwrap_or_else(|| Object::null(super::schema::resource_type().clone()));
        state.set(INDICATORS, keep(self.indicators, INDICATORS));
        state.set(VALUES, keep(self.values, VALUES));
        state.set(IDS, Value::Map(self.ids));
        state.set(DRIFT, drift);
        state.set(EXTRA, extra);
        state.into()
    }
}

/// Puts a field into an element, in its group if it has one.
pub fn set(element: &mut Object, field: Field, value: Value) {
    if !DETAILS.contains(&field) {
        element.set(field.name(), value);
        return;
    }
    let mut details = element
        .get(DETAILS_GROUP)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_else(|| Object::null(details_type().clone()));
    details.set(field.name(), value);
    element.set(DETAILS_GROUP, details.into());
}

/// A difference in words, for attributes and messages.
pub fn in_words(difference: &Difference) -> String {
    format!(
        "{} is {}, not {}",
        difference.field, difference.found, difference.wanted
    )
}

/// The fields of differences that [`in_words`] wrote, with `; ` between them. Text within a value may look like one more.
pub fn fields_in_words(words: &str) -> FieldSet {
    Field::ALL
        .iter()
        .copied()
        .filter(|field| {
            let start = format!("{field} is ");
            words.starts_with(&start) || words.contains(&format!("; {start}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_in_words_tells_its_fields() {
        let difference = |field, found: &str| Difference {
            field,
            wanted: "null".into(),
            found: found.into(),
        };
        let words = [
            difference(Field::Type, "\"Url\""),
            difference(Field::RbacGroupNames, "[\"a; b\"]"),
            difference(Field::Version, "\"1\""),
        ]
        .map(|difference| in_words(&difference))
        .join("; ");
        let fields = fields_in_words(&words);
        assert_eq!(
            fields.iter().collect::<Vec<_>>(),
            [Field::Type, Field::RbacGroupNames, Field::Version]
        );
        assert_eq!(fields_in_words("of another version of this program"), FieldSet::EMPTY);
    }
}
