//! Exclusive mode: rows of a stated scope that the list does not contain.

use super::model::EXTRA;
use super::schema::{EXCLUSIVE, EXCLUSIVE_APPLICATION, EXCLUSIVE_OWN};
use crate::defender::Listing;
use crate::indicator::Row;
use crate::provider::apply::delete_ids;
use crate::provider::existing::describe;
use crate::provider::ledger::{Claimant, scoped_digest};
use crate::provider::report::{Failures, condemned, unlisted};
use crate::provider::row::Wanted;
use crate::provider::session::Session;
use crate::provider::verdict::{Doomed, too_many_deletions};
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

/// What becomes of the extra rows that a state recorded.
struct Fate<'a> {
    /// Rows that the set has in its list by now: they are its own.
    taken: Vec<&'a Row>,
    /// Rows to delete.
    doomed: Vec<&'a Row>,
}

impl<'a> Fate<'a> {
    /// Only rows that are still there, in the scope that the set is planned to have.
    fn of(session: &Session, state: &Value, planned: &Value, wanted: &[Wanted], listing: &'a Listing) -> Self {
        let (mut taken, mut doomed) = (Vec::new(), Vec::new());
        if let (Some(extra), Some(scope)) = (state.get(EXTRA).as_map(), Scope::read(planned)) {
            let rows = wanted.iter().filter(|row| row.has_identity());
            let identities: HashSet<u64> = rows.map(|row| row.indicator.identity().digest()).collect();
            let rows = extra.keys().filter_map(|id| listing.get(id));
            (taken, doomed) = rows
                .filter(|row| scope.contains(session, row))
                .partition(|row| identities.contains(&row.indicator.identity().digest()));
        }
        Self { taken, doomed }
    }

    /// Notes that the set holds the rows that came into its list.
    fn claim_taken(&self, session: &Session) {
        for row in &self.taken {
            session.ledger.claim(&row.id);
        }
    }
}

/// Judges the deletion of the extra rows of a state: counts them, and refuses those that another object holds or wants.
/// Rows that came into the list are known from now on.
pub async fn check(
    session: &Session,
    claimant: Claimant,
    state: &Value,
    planned: &Value,
    wanted: &[Wanted],
) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    if state.get(EXTRA).is_null() {
        return diagnostics;
    }
    let Ok(listing) = session.client.listing().await else {
        return diagnostics;
    };
    let ledger = &session.ledger;
    let fate = Fate::of(session, state, planned, wanted, &listing);
    fate.claim_taken(session);
    let Fate { doomed, .. } = fate;
    let (shared, doomed): (Vec<&Row>, Vec<&Row>) = doomed
        .into_iter()
        .partition(|row| ledger.is_observed(&row.id) || ledger.is_wanted_elsewhere(claimant, &row.indicator));
    let values: Vec<&str> = shared.iter().map(|row| row.indicator.value.as_str()).collect();
    diagnostics.extend(condemned(&values));
    for row in &doomed {
        ledger.condemn(claimant, &row.id, &row.indicator);
    }
    let named: Vec<(String, u64)> = doomed
        .iter()
        .map(|row| (describe(row), scoped_digest(&row.indicator)))
        .collect();
    let doomed: Vec<Doomed<'_>> = named
        .iter()
        .map(|(name, digest)| Doomed { name, digest: *digest })
        .collect();
    ledger.plan_deletions(doomed.len());
    diagnostics.extend(too_many_deletions(session, &doomed).await);
    diagnostics
}

/// Makes the extra rows that came into the list known before they are looked for: they are the set's own.
pub async fn take_over(session: &Session, state: &Value, planned: &Value, wanted: &[Wanted]) {
    if state.get(EXTRA).is_null() {
        return;
    }
    if let Ok(listing) = session.client.listing().await {
        Fate::of(session, state, planned, wanted, &listing).claim_taken(session);
    }
}

/// Deletes the extra rows that the state recorded and that the planned set is still exclusive about, except those that an
/// object of this run holds.
pub async fn remove_extra(session: &Session, state: &Value, planned: &Value, wanted: &[Wanted]) -> Diagnostics {
    if state.get(EXTRA).is_null() {
        return Diagnostics::default();
    }
    let listing = match session.client.listing().await {
        Ok(listing) => listing,
        Err(error) => return unlisted(&error, "The extra rows of the exclusive set were left.").into(),
    };
    let doomed = Fate::of(session, state, planned, wanted, &listing).doomed;
    let ids: Vec<String> = doomed
        .into_iter()
        .map(|row| &row.id)
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
