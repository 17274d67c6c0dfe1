//! Deleting the rows that a state holds, by their recorded ids only.

use super::Outcome;
use crate::defender::WriteError;
use crate::indicator::Indicator;
use crate::provider::ledger::Claimant;
use crate::provider::report::{Failures, unreplaced};
use crate::provider::row::Held;
use crate::provider::session::Session;
use std::collections::HashSet;
use std::time::Duration;

/// An object that wants a row claims it as soon as it has looked at the tenant; whoever takes longer than this may not
/// come at all.
const LONGEST_OFFER: Duration = Duration::from_secs(5);

/// Deletes the held rows, except those whose identity is in `keep`: the object that follows in a replacement wants them,
/// so they stay and are remembered as known. If the run was stopped, that object does not follow, and the old one must not
/// forget them.
pub async fn remove(session: &Session, held: &[Held], keep: &HashSet<u64>) -> Outcome {
    let mut outcome = Outcome::new(0, held);
    let mut failures = Failures::default();
    let mut rows = Vec::with_capacity(held.len());
    let mut kept = Vec::new();
    for (position, row) in held.iter().enumerate() {
        match &row.id {
            Some(id) if row.identity().is_some_and(|identity| keep.contains(&identity.digest())) => {
                session.ledger.claim(id);
                kept.push(position);
            }
            Some(_) => rows.push((position, row)),
            None => outcome.let_go(position),
        }
    }
    let doomed: Vec<&Indicator> = rows.iter().map(|(_, row)| &row.indicator).collect();
    offer(session, None, &doomed).await;
    let results = delete_held(session, &rows).await;
    for ((position, row), result) in rows.into_iter().zip(results) {
        match result {
            Ok(()) => outcome.let_go(position),
            Err(error) => failures.delete(&row.key, &error),
        }
    }
    let stopped = session.client.is_stopped() && !kept.is_empty();
    if !stopped {
        kept.into_iter().for_each(|position| outcome.let_go(position));
    } else if failures.is_empty() {
        outcome.diagnostics.push(unreplaced());
    }
    outcome.diagnostics.extend(failures.into_diagnostics());
    outcome
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
