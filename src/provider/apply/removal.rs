//! Deleting the rows that a state holds, by their recorded ids only.

use super::Outcome;
use crate::defender::WriteError;
use crate::provider::report::Failures;
use crate::provider::row::Held;
use crate::provider::session::Session;
use std::collections::HashSet;

/// Deletes the held rows, except those whose identity is in `keep`: the object that follows in a replacement wants them,
/// so they stay and are remembered as known.
pub async fn remove(session: &Session, held: &[Held], keep: &HashSet<u64>) -> Outcome {
    let mut outcome = Outcome::new(0, held);
    let mut failures = Failures::default();
    let mut rows = Vec::with_capacity(held.len());
    for (position, row) in held.iter().enumerate() {
        match &row.id {
            Some(id) if row.identity().is_some_and(|identity| keep.contains(&identity.digest())) => {
                session.ledger.claim(id);
                outcome.let_go(position);
            }
            Some(_) => rows.push((position, row)),
            None => outcome.let_go(position),
        }
    }
    let results = delete_held(session, &rows).await;
    for ((position, row), result) in rows.into_iter().zip(results) {
        match result {
            Ok(()) => outcome.let_go(position),
            Err(error) => failures.delete(&row.key, &error),
        }
    }
    outcome.diagnostics.extend(failures.into_diagnostics());
    outcome
}

/// Deletes these rows; a row that another object wants or still holds is left alone and counts as done.
pub(super) async fn delete_held(session: &Session, rows: &[(usize, &Held)]) -> Vec<Result<(), WriteError>> {
    let mut results: Vec<Result<(), WriteError>> = rows.iter().map(|_| Ok(())).collect();
    let mut ids = Vec::with_capacity(rows.len());
    let mut positions = Vec::with_capacity(rows.len());
    for (position, (_, row)) in rows.iter().enumerate() {
        let is_free =
            |id: &&String| !(row.shared && session.ledger.leave_shared(id)) && session.ledger.begin_delete(id);
        if let Some(id) = row.id.as_ref().filter(is_free) {
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
