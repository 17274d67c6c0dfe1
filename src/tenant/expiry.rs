//! When rows expire that say how long they live instead of until when.

use super::object::{PlannedObject, PlannedRow, PriorObject};
use crate::defender::Listing;
use crate::indicator::{Field, Identity, Indicator, Key, Lifetime, Row};
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How far the beginning that a run chose may lie from the creation of the row that it wrote: clocks differ, and a batch
/// may wait for the call limit.
const LATENESS: SignedDuration = SignedDuration::from_hours(1);

/// The object with the expiries that its lifetimes come to.
///
/// - The beginning that the record has stays, unless the row has run out and the object renews such rows.
/// - A row that stands in the tenant began when it was made, unless it would have run out by that.
/// - Everything else begins now.
///
/// Without a `listing` a row whose beginning the record does not have is taken as one that begins now.
pub fn settle<'a>(
    prior: &PriorObject,
    planned: &'a PlannedObject,
    listing: Option<&Listing>,
    now: Timestamp,
) -> Cow<'a, PlannedObject> {
    let now = whole_second(now);
    let lives = |row: &PlannedRow| {
        row.indicator
            .fields
            .lifetime
            .filter(|_| !row.unknown.contains(Field::ExpirationTime))
    };
    if !planned.rows.iter().any(|row| lives(row).is_some()) {
        return Cow::Borrowed(planned);
    }
    let recorded = Known::of(prior.rows.iter().filter_map(|row| Some((&*row.indicator, row.begun?))));
    let mut standing = None;
    let mut settled = planned.clone();
    for (index, row) in planned.rows.at() {
        let Some(lifetime) = lives(row) else { continue };
        let lasts = |begun: &Timestamp| lifetime.end(*begun) > now;
        let known = recorded
            .get(row)
            .copied()
            .filter(|begun| !planned.renew || lasts(begun));
        let begun = known.unwrap_or_else(|| {
            let standing = standing.get_or_insert_with(|| Known::of(listing.into_iter().flat_map(rows)));
            let found = standing.get(row).and_then(|row| beginning(row, lifetime));
            found.filter(lasts).unwrap_or(now)
        });
        let mut row = row.clone();
        row.begun = Some(begun);
        Arc::make_mut(&mut row.indicator).fields.expiration_time = Some(lifetime.end(begun));
        settled.rows.set(index, row);
    }
    Cow::Owned(settled)
}

fn rows(listing: &Listing) -> impl Iterator<Item = (&Indicator, &Row)> {
    listing.iter().map(|row| (&row.indicator, row))
}

/// When the lifetime of a row of the tenant began: when it was made. If its expiry tells nearly the same, it stays.
fn beginning(row: &Row, lifetime: Lifetime) -> Option<Timestamp> {
    let made = row.facts.creation_time?;
    let chosen = row.indicator.fields.expiration_time.map(|end| lifetime.beginning(end));
    let is_near = |chosen: &Timestamp| chosen.duration_since(made).abs() <= LATENESS;
    Some(whole_second(chosen.filter(is_near).unwrap_or(made)))
}

/// Expiries and beginnings are whole seconds: it is not known whether the service keeps fractions.
fn whole_second(instant: Timestamp) -> Timestamp {
    let round = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Floor);
    instant.round(round).unwrap_or(instant)
}

/// What is known of rows: of the very same one, or else of one for other device groups.
struct Known<T> {
    by_key: HashMap<Key, T>,
    by_identity: HashMap<Identity, T>,
}

impl<T: Copy> Known<T> {
    fn of<'r>(rows: impl Iterator<Item = (&'r Indicator, T)>) -> Self {
        let (mut by_key, mut by_identity) = (HashMap::new(), HashMap::new());
        for (indicator, known) in rows {
            by_key.entry(indicator.key()).or_insert(known);
            by_identity.entry(indicator.identity()).or_insert(known);
        }
        Self { by_key, by_identity }
    }

    fn get(&self, row: &PlannedRow) -> Option<&T> {
        if !row.has_identity() {
            return None;
        }
        let exact = self.by_key.get(&row.indicator.key());
        exact.or_else(|| self.by_identity.get(&row.indicator.identity()))
    }
}
