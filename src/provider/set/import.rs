//! Importing a set by a filter, adopting the rows that match.

use super::model::{INDICATORS, VALUES};
use super::schema::{element_type, resource_type};
use super::state::set;
use crate::indicator::{Action, Field, IndicatorType, Row};
use crate::provider::fields;
use crate::provider::filter::Filter;
use crate::provider::private::Notes;
use crate::provider::report::unlisted;
use crate::provider::session::Session;
use crate::tf::{Diagnostic, Diagnostics, Imported, Object, Value};
use std::collections::{BTreeMap, HashMap};

/// What can stand in the identifier of an import.
const FILTERS: [Filter; 5] = [
    Filter::Application,
    Filter::Title,
    Filter::Type,
    Filter::Action,
    Filter::CreatedBy,
];

/// Reads the rows that the filter `id` names, such as `application=gitops-c2` or `type=Url,action=Block`.
pub async fn import(session: &Session, id: &str) -> Result<Imported, Diagnostics> {
    let filters = parse(id)?;
    let listing = session
        .client
        .listing()
        .await
        .map_err(|error| unlisted(&error, "Nothing was imported."))?;
    let mut rows: Vec<&Row> = listing
        .iter()
        .filter(|row| {
            filters
                .iter()
                .all(|(filter, wanted)| filter.matches(session, row, wanted))
                && is_writable(row)
        })
        .collect();
    if rows.is_empty() {
        return Err(Diagnostic::error(
            "No indicator matches the filter",
            format!(
                "None of the {} indicators that this application can see matches `{id}`. Spelling and case must be \
                 exactly as the service has them; the data source `mde_indicators` shows the rows.",
                listing.len()
            ),
        )
        .into());
    }
    rows.sort_by(|left, right| (left.id.len(), &left.id).cmp(&(right.id.len(), &right.id)));

    let defaults = shared(&rows);
    let mut state = Object::null(resource_type().clone());
    for (field, value) in &defaults {
        state.set(field.name(), value.clone());
    }
    let mut indicators = BTreeMap::new();
    let mut ids = BTreeMap::new();
    for row in &rows {
        let mut element = Object::null(element_type().clone());
        for field in fields::all().filter(|field| !defaults.contains_key(field)) {
            let value = fields::write(field, &row.indicator);
            if !(is_default(field, &value) || field == Field::Type && tells_its_type(row)) {
                set(&mut element, field, value);
            }
        }
        let mut key = row.indicator.value.clone();
        if indicators.contains_key(&key) {
            // The same value with another action: a second key, and the value beside it.
            element.set(Field::Value.name(), row.indicator.value.as_str().into());
            key = format!("{} {} {}", row.indicator.value, row.indicator.action, row.id);
        }
        ids.insert(key.clone(), Value::from(row.id.as_str()));
        indicators.insert(key, Value::from(element));
    }
    state.set(INDICATORS, Value::Map(indicators));
    state.set(VALUES, Value::Null);
    state.set(super::model::IDS, Value::Map(ids));
    Ok(Imported {
        state: state.into(),
        private: Notes::of_state(Some(session.now().as_millisecond()), BTreeMap::new()),
        ..Imported::default()
    })
}

/// The fields that all rows agree on, for the set itself: that is how people write a list.
fn shared(rows: &[&Row]) -> HashMap<Field, Value> {
    fields::all()
        .filter(|field| *field != Field::Type || rows.iter().any(|row| !tells_its_type(row)))
        .filter_map(|field| {
            let mut values = rows.iter().map(|row| fields::write(field, &row.indicator));
            let first = values.next()?;
            let agreed = values.all(|value| value == first);
            (agreed && !is_default(field, &first)).then_some((field, first))
        })
        .collect()
}

fn tells_its_type(row: &Row) -> bool {
    crate::indicator::detect_type(&row.indicator.value).as_ref() == Some(&row.indicator.indicator_type)
}

/// Whether null says the same.
fn is_default(field: Field, value: &Value) -> bool {
    match field {
        Field::Type | Field::Action => false,
        Field::Category => value.is_null() || value.as_str() == Some("SuspiciousActivity"),
        _ => value.is_null() || fields::explicit_default(field).as_ref() == Some(value),
    }
}

/// Whether the row is of a type and an action that a configuration can name; other products make others.
fn is_writable(row: &Row) -> bool {
    let indicator = &row.indicator;
    !matches!(indicator.indicator_type, IndicatorType::Other(_)) && !matches!(indicator.action, Action::Other(_))
}

fn parse(id: &str) -> Result<Vec<(Filter, String)>, Diagnostics> {
    let refuse = |reason: String| {
        Diagnostics::from(Diagnostic::error(
            "Not a filter",
            format!(
                "{reason}\n\nA set is imported by a filter over the rows to adopt: one or more of `{}`, separated by \
                 commas, each as NAME=VALUE, for example `application=gitops-c2` or `created_by=self,type=Url`.",
                FILTERS.map(Filter::name).join("`, `")
            ),
        ))
    };
    id.split(',')
        .map(|part| {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| refuse(format!("`{part}` is not of the form NAME=VALUE.")))?;
            let (name, value) = (name.trim(), value.trim());
            let filter = FILTERS
                .into_iter()
                .find(|filter| filter.name() == name)
                .ok_or_else(|| refuse(format!("`{name}` is not something that a set can be imported by.")))?;
            if value.is_empty() {
                return Err(refuse(format!("`{name}` has no value.")));
            }
            Ok((filter, value.to_owned()))
        })
        .collect()
}
