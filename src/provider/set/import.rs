//! Importing a set by a filter, adopting the rows that match.

use super::{COUNTS, INDICATORS, IndicatorSet, counts};
use crate::indicator::{Field, FieldValue, Indicator, Row, detect_type};
use crate::provider::attributes::write;
use crate::provider::diagnostics;
use crate::provider::filter::{Filter, is_writable, parse};
use crate::provider::list::{key_of, text_of};
use crate::provider::object::{Kind, RECORD};
use crate::provider::record::Record;
use crate::tenant::{Holding, Problem, Tenant, Unread};
use crate::tf::{Diagnostic, Diagnostics, Object, Value};
use std::collections::{BTreeMap, HashMap};

/// What can stand in the identifier of an import.
const FILTERS: [Filter; 5] = [
    Filter::Application,
    Filter::Title,
    Filter::Type,
    Filter::Action,
    Filter::CreatedBy,
];

/// Reads the rows that the filter `id` names, such as `application=gitops-c2` or `type=Url,action=Block`; `*` is all rows.
pub async fn import(tenant: &Tenant, id: &str) -> Result<Value, Diagnostics> {
    let filters = parse(id, &FILTERS)?;
    let listing = tenant.client.listing().await.map_err(|error| {
        let unread = Unread::NothingImported;
        diagnostics::all("", vec![Problem::Unlisted { error, unread }])
    })?;
    let matches = |row: &&Row| {
        filters
            .iter()
            .all(|(filter, wanted)| filter.matches(tenant, row, wanted))
            && is_writable(row)
    };
    let rows: Vec<&Row> = listing.iter().filter(matches).collect();
    if rows.is_empty() {
        return Err(no_match(listing.len(), id).into());
    }

    let defaults = shared(&rows);
    let mut state = Object::null(IndicatorSet::object_type().clone());
    for (field, indicator) in &defaults {
        state.set(field.name(), write(*field, indicator));
    }
    let mut additions: BTreeMap<String, Vec<(Field, FieldValue)>> = BTreeMap::new();
    let mut ids: BTreeMap<String, Holding> = BTreeMap::new();
    for row in &rows {
        let indicator = &row.indicator;
        let mut fields: Vec<(Field, FieldValue)> = Field::defaults()
            .filter(|field| !defaults.contains_key(field) && !is_default(*field, indicator))
            .filter(|field| *field != Field::Type || !tells_its_type(row))
            .filter_map(|field| Some((field, field.get(indicator)?)))
            .collect();
        let mut key = key_of(&indicator.value);
        if additions.contains_key(&key) {
            // The same value with another action: a second key, and the value beside it.
            key = format!("{key} {} {}", indicator.action, row.id);
        }
        if key != indicator.value {
            fields.insert(0, (Field::Value, FieldValue::Text(indicator.value.clone())));
        }
        ids.insert(key.clone(), Holding::Held(row.id.clone()));
        additions.insert(key, fields);
    }
    let additions: Vec<(String, Vec<(Field, FieldValue)>)> = additions.into_iter().collect();
    let record = Record {
        holdings: ids.into_values().collect(),
        ..Record::default()
    };
    state.set(INDICATORS, text_of(&additions));
    state.set(RECORD, record.text().into());
    let mut state = Value::from(state);
    let counts = counts(&IndicatorSet::read(&state, None));
    if let Value::Object(object) = &mut state {
        object.set(COUNTS, counts);
    }
    Ok(state)
}

/// The filter `id` matches none of the rows, of which there are `count`.
pub(in crate::provider) fn no_match(count: usize, id: &str) -> Diagnostic {
    Diagnostic::error(
        "No indicator matches the filter",
        format!(
            "None of the {count} indicators that this application can see matches {}. Spelling and case must match the service \
             exactly. The data source `mde_indicators` lists the indicators.",
            crate::feed::shown(id)
        ),
    )
}

/// The fields that all rows agree on, for the set itself: that is how people write a list.
fn shared<'a>(rows: &[&'a Row]) -> HashMap<Field, &'a Indicator> {
    Field::defaults()
        .filter(|field| *field != Field::Type || rows.iter().any(|row| !tells_its_type(row)))
        .filter_map(|field| {
            let first = rows.first()?;
            let value = field.get(&first.indicator);
            let is_shared = rows.iter().all(|row| field.get(&row.indicator) == value);
            (is_shared && !is_default(field, &first.indicator)).then_some((field, &first.indicator))
        })
        .collect()
}

fn tells_its_type(row: &Row) -> bool {
    detect_type(&row.indicator.value).as_ref() == Some(&row.indicator.indicator_type)
}

/// Whether leaving the field out says the same.
fn is_default(field: Field, indicator: &Indicator) -> bool {
    let value = field.get(indicator);
    match field {
        Field::Type | Field::Action => false,
        // The service lists the groups both ways, and a configuration names them one way.
        Field::RbacGroupIds => {
            value.is_none() || !is_default(Field::RbacGroupNames, indicator) || value == field.explicit_default()
        }
        Field::Category => value.is_none() || value == Some(FieldValue::Text("SuspiciousActivity".into())),
        _ => value.is_none() || value == field.explicit_default(),
    }
}
