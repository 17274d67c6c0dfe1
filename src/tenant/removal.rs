//! Deleting rows, each with leave of the ownership rule, and none that another object of the process claims.

use super::Tenant;
use super::facts::{Begin, Facts};
use super::ownership::MayDelete;
use super::token::Token;
use crate::defender::{Admission, Deletion, DeletionGate, WriteError};
use crate::indicator::{Key, RowId, ValueKey};
use std::collections::HashMap;
use std::sync::Arc;

/// What became of a row that was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deleted {
    /// It is gone.
    Gone,
    /// Another object wants it, so it stays.
    Spared,
    /// A write to its value is due, and nobody waited for its end.
    Put,
}

/// How a deletion stands to writes of other objects that are due to rows of the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It comes after them. What an import of another action or other device groups lands on is known only then.
    After,
    /// It does not happen now: it makes room early, and others can do that as well.
    Skip,
    /// It does not heed them: it is one step of a write of its own row.
    None,
}

/// Deletes rows. The answers are in the order of the rows.
pub(super) async fn delete(
    tenant: &Tenant,
    token: Token,
    rows: &[MayDelete],
    patience: Patience,
) -> Vec<Result<Deleted, WriteError>> {
    let mut answers: Vec<Option<Result<Deleted, WriteError>>> = rows.iter().map(|_| None).collect();
    let values: Vec<ValueKey> = rows.iter().map(|row| ValueKey::of(row.key.identity())).collect();
    let mut due: Vec<usize> = (0..rows.len()).collect();
    while !due.is_empty() {
        if patience == Patience::After {
            let waited: Vec<ValueKey> = due.iter().map(|at| values[*at].clone()).collect();
            tenant.facts.settled(token, &waited).await;
        }
        let gate = Gate {
            facts: Arc::clone(&tenant.facts),
            token,
            patient: patience != Patience::None,
            rows: due
                .iter()
                .map(|at| (rows[*at].id.clone(), (rows[*at].key.clone(), values[*at].clone())))
                .collect(),
        };
        let ids = due.iter().map(|at| rows[*at].id.clone()).collect();
        let results = tenant.client.delete(ids, Arc::new(gate)).await;
        let mut later = Vec::new();
        for (at, result) in due.into_iter().zip(results) {
            answers[at] = Some(match result {
                Ok(Deletion::Done) => Ok(Deleted::Gone),
                Ok(Deletion::Withdrawn) => Ok(Deleted::Spared),
                Ok(Deletion::Postponed) if patience == Patience::After => {
                    later.push(at);
                    continue;
                }
                Ok(Deletion::Postponed) => Ok(Deleted::Put),
                Err(error) => Err(error),
            });
        }
        due = later;
    }
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or(Ok(Deleted::Put)))
        .collect()
}

/// Asks the facts at the moment when ids are taken off the queue into a call.
struct Gate {
    facts: Arc<Facts>,
    token: Token,
    patient: bool,
    rows: HashMap<RowId, (Key, ValueKey)>,
}

impl DeletionGate for Gate {
    fn admit(&self, id: &RowId) -> Admission {
        let Some((key, value)) = self.rows.get(id) else {
            return Admission::Withdrawn;
        };
        match self.facts.begin_deletion(self.token, id, key, value, self.patient) {
            Begin::Go => Admission::Granted,
            Begin::Spared => Admission::Withdrawn,
            Begin::Busy => Admission::Postponed,
        }
    }

    fn ended(&self, id: &RowId, is_gone: bool) {
        if let Some((_, value)) = self.rows.get(id) {
            self.facts.end_deletion(id, value, is_gone);
        }
    }
}
