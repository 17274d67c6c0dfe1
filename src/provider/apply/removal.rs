//! Deleting the rows that a state holds, by their recorded ids only.

use super::Outcome;
use crate::defender::WriteError;
use crate::indicator::Indicator;
use crate::provider::ledger::{Claimant, exact_digest};
use crate::provider::report::{Failures, unlisted, unreplaced};
use crate::provider::row::Held;
use crate::provider::session::Session;
use crate::provider::verdict::{Doomed, too_many_deletions};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// An object that wants a row claims it as soon as it has looked at the tenant; whoever takes longer than this may not
/// come at all.
const LONGEST_OFFER: Duration = Duration::from_secs(5);

/// Deletes the held rows, except those that are in `wanted`, the notes of the object that follows in a replacement or of
/// others: they stay and are remembered as known. If that object will not follow, because the run was stopped or anything
/// failed, the old one must not forget them.
pub async fn remove(session: &Session, held: &[Held], wanted: Option<&HashSet<u64>>) -> Outcome {
    let mut outcome = Outcome::new(0, held);
    let (kept, rows) = split(held, wanted);
    let doomed: Vec<Doomed<'_>> = rows.iter().map(|(_, row)| Doomed::held(row)).collect();
    // A plain destruction was judged when it was planned; the plan of a replacement after a failed creation does not show
    // the old object.
    if wanted.is_some()
        && let Some(error) = too_many_deletions(session, &doomed).await
    {
        outcome.diagnostics.push(error);
        return outcome;
    }
    if !kept.is_empty()
        && let Err(error) = session.client.listing().await
    {
        // The other half could not look at the tenant either, and would lose what this one leaves to it.
        outcome.diagnostics.push(unlisted(&error, "Nothing was deleted."));
        return outcome;
    }
    for (_, id) in &kept {
        session.ledger.claim(id);
    }
    let mut failures = Failures::default();
    let indicators: Vec<&Indicator> = rows.iter().map(|(_, row)| &row.indicator).collect();
    offer(session, None, &indicators).await;
    let results = delete_held(session, &rows).await;
    for ((position, row), result) in rows.into_iter().zip(results) {
        match result {
            Ok(()) => outcome.let_go(position),
            Err(error) => failures.delete(&row.key, &error),
        }
    }
    if !kept.is_empty() && session.client.is_stopped() && failures.is_empty() {
        outcome.diagnostics.push(unreplaced());
    } else if failures.is_empty() {
        kept.into_iter().for_each(|(position, _)| outcome.let_go(position));
    }
    outcome.diagnostics.extend(failures.into_diagnostics());
    outcome
}

/// A held row with its position.
type At<'a, T> = (usize, &'a T);

/// The rows to keep, by id, and those to delete. Where several held rows differ in their device groups only, the groups
/// decide as well; otherwise they do not, since the service may take rows of other groups for the same one.
fn split<'a>(held: &'a [Held], wanted: Option<&HashSet<u64>>) -> (Vec<At<'a, str>>, Vec<At<'a, Held>>) {
    let identities: Vec<Option<u64>> = held
        .iter()
        .map(|row| row.identity().map(|identity| identity.digest()))
        .collect();
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for identity in identities.iter().flatten() {
        *counts.entry(*identity).or_default() += 1;
    }
    let is_wanted = |position: usize, row: &Held| {
        let (Some(wanted), Some(identity)) = (wanted, identities[position]) else {
            return false;
        };
        let alone = counts.get(&identity) == Some(&1);
        wanted.contains(&identity) && (alone || wanted.contains(&exact_digest(&row.indicator)))
    };
    let (mut kept, mut rows) = (Vec::new(), Vec::new());
    for (position, row) in held.iter().enumerate() {
        match &row.id {
            Some(id) if is_wanted(position, row) => kept.push((position, id.as_str())),
            Some(_) => rows.push((position, row)),
            None => {}
        }
    }
    (kept, rows)
}

/// Gives other objects of this run the chance to claim rows before they are deleted: a row that moves from one object to
/// another should not be deleted and made anew in between.
pub(super) async fn offer(session: &Session, claimant: Option<Claimant>, rows: &[&Indicator]) {
    if rows.is_empty() {
        return;
    }
    session.hear_others().await;
    tokio::select! {
        biased;
        () = session.ledger.claims_made(claimant, rows) => {}
        () = session.client.pause(LONGEST_OFFER) => {}
    }
}

/// Deletes these rows; a row that another object of this run wants is left alone and counts as done.
pub(super) async fn delete_held(session: &Session, rows: &[(usize, &Held)]) -> Vec<Result<(), WriteError>> {
    let mut results: Vec<Result<(), WriteError>> = rows.iter().map(|_| Ok(())).collect();
    let mut ids = Vec::with_capacity(rows.len());
    let mut positions = Vec::with_capacity(rows.len());
    for (position, (_, row)) in rows.iter().enumerate() {
        if let Some(id) = row.id.as_ref().filter(|id| session.ledger.begin_delete(id)) {
            ids.push(id.clone());
            positions.push(position);
        }
    }
    for (position, result) in positions.into_iter().zip(delete_ids(session, ids).await) {
        results[position] = result;
    }
    results
}

/// Deletes rows that nobody else may delete, and notes it.
pub async fn delete_ids(session: &Session, ids: Vec<String>) -> Vec<Result<(), WriteError>> {
    if ids.is_empty() {
        return Vec::new();
    }
    let results = session.client.delete(ids.clone()).await;
    let gone = results.iter().map(Result::is_ok);
    session.ledger.end_delete(ids.iter().map(String::as_str).zip(gone));
    results
}
