//! Exclusive mode: rows of a stated scope that the list does not contain.

use super::model::EXTRA;
use super::schema::{EXCLUSIVE, EXCLUSIVE_APPLICATION, EXCLUSIVE_OWN};
use crate::defender::Listing;
use crate::indicator::Row;
use crate::provider::apply::delete_ids;
use crate::provider::existing::describe;
use crate::provider::report::{Failures, condemned};
use crate::provider::session::Session;
use crate::provider::verdict::too_many_deletions;
use crate::tf::{Diagnostics, Value};
use std::collections::{BTreeMap, HashSet};

/// Which rows an exclusive set is about. There is no scope that means everything.
struct Scope<'a> {
    application: Option<&'a str>,
    own: bool,
}

impl<'a> Scope<'a> {
    /// The scope that a configuration or state names; `None` if the set is not exclusive.
    fn read(value: &'a Value) -> Option<Self> {
        let group = value.get(EXCLUSIVE);
        let application = group
            .get(EXCLUSIVE_APPLICATION)
            .as_str()
            .filter(|label| !label.is_empty());
        let own = group.get(EXCLUSIVE_OWN).as_bool() == Some(true);
        (application.is_some() || own).then_some(Self { application, own })
    }

    fn contains(&self, session: &Session, row: &Row) -> bool {
        let labelled = |label: &str| row.indicator.fields.application.as_deref() == Some(label);
        let made_by_us = || {
            let author = row.facts.created_by.as_deref();
            author.is_some_and(|author| author.eq_ignore_ascii_case(session.client.application_id()))
        };
        self.application.is_none_or(labelled) && (!self.own || made_by_us())
    }
}

/// The rows of the scope that are neither in the list nor held by another object that this run has seen.
pub async fn extra<'a>(session: &Session, state: &Value, listing: &'a Listing, listed: &HashSet<&str>) -> Vec<&'a Row> {
    let Some(scope) = Scope::read(state) else {
        return Vec::new();
    };
    let outside = |row: &&Row| {
        !listed.contains(row.id.as_str()) && scope.contains(session, row) && !session.ledger.is_observed(&row.id)
    };
    if !listing.iter().any(|row| outside(&row)) {
        return Vec::new();
    }
    // The host shows the states of the other objects at about the same time; their rows are not extra.
    let clock = session.client.clock().as_ref();
    session
        .walk
        .wait_until(clock, true, || !listing.iter().any(|row| outside(&row)))
        .await;
    let mut rows: Vec<&Row> = listing.iter().filter(outside).collect();
    rows.sort_by(|left, right| (left.id.len(), &left.id).cmp(&(right.id.len(), &right.id)));
    session.ledger.condemn(rows.iter().map(|row| &row.indicator));
    rows
}

/// The rows as the attribute `extra`.
pub fn as_value(rows: &[&Row]) -> Value {
    if rows.is_empty() {
        return Value::Null;
    }
    Value::Map(
        rows.iter()
            .map(|row| (row.id.clone(), Value::from(describe(row))))
            .collect::<BTreeMap<_, _>>(),
    )
}

/// Judges the deletion of the extra rows of a state: counts them, and refuses those that another object wants.
pub async fn check(session: &Session, state: &Value) -> Diagnostics {
    let Some(extra) = state.get(EXTRA).as_map() else {
        return Diagnostics::default();
    };
    let mut diagnostics = Diagnostics::default();
    if let Ok(listing) = session.client.listing().await {
        let wanted: Vec<String> = extra
            .keys()
            .filter_map(|id| listing.get(id))
            .filter(|row| session.ledger.is_wanted(&row.indicator))
            .map(|row| row.indicator.value.clone())
            .collect();
        diagnostics.extend(condemned(&wanted));
    }
    let doomed: Vec<&str> = extra.iter().map(|(id, words)| words.as_str().unwrap_or(id)).collect();
    diagnostics.extend(too_many_deletions(session, &doomed));
    diagnostics
}

/// Deletes the extra rows that the state recorded, except those that an object of this run holds.
pub async fn remove_extra(session: &Session, state: &Value) -> Diagnostics {
    let Some(extra) = state.get(EXTRA).as_map() else {
        return Diagnostics::default();
    };
    let ids: Vec<String> = extra
        .keys()
        .filter(|id| !session.ledger.is_observed(id) && session.ledger.begin_delete(id))
        .cloned()
        .collect();
    let results = delete_ids(session, ids.clone()).await;
    let mut failures = Failures::default();
    for (id, result) in ids.iter().zip(results) {
        if let Err(error) = result {
            failures.delete(&format!("id {id}"), &error);
        }
    }
    failures.into_diagnostics()
}
