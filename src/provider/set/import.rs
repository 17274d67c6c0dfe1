//! Importing a set by a filter, adopting the rows that match.

use super::{COUNTS, INDICATORS, IndicatorSet, counts};
use crate::indicator::{Field, FieldValue, Indicator, Row, is_writable, own_fields, shared_fields};
use crate::provider::attributes::write;
use crate::provider::diagnostics;
use crate::provider::filter::{Filter, parse};
use crate::provider::list::{key_of, text_of};
use crate::provider::object::{Kind, RECORD};
use crate::provider::record::Record;
use crate::tenant::{Holding, Problem, Tenant, Unread};
use crate::tf::{Diagnostic, Diagnostics, Object, Value};
use std::collections::BTreeMap;

/// What can stand in the identifier of an import.
const FILTERS: [Filter; 6] = [
    Filter::Application,
    Filter::Title,
    Filter::Type,
    Filter::Action,
    Filter::CreatedBy,
    Filter::Source,
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
            && is_writable(&row.indicator)
    };
    let rows: Vec<&Row> = listing.iter().filter(matches).collect();
    if rows.is_empty() {
        return Err(no_match(listing.len(), id).into());
    }

    // What all rows agree on stands on the set itself: that is how people write a list.
    let indicators: Vec<&Indicator> = rows.iter().map(|row| &row.indicator).collect();
    let shared = shared_fields(&indicators);
    let mut state = Object::null(IndicatorSet::object_type().clone());
    if let Some(first) = indicators.first() {
        for field in &shared {
            state.set(field.name(), write(*field, first));
        }
    }
    let mut additions: BTreeMap<String, Vec<(Field, FieldValue)>> = BTreeMap::new();
    let mut ids: BTreeMap<String, Holding> = BTreeMap::new();
    for row in &rows {
        let indicator = &row.indicator;
        let mut fields = own_fields(indicator, &shared);
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
