//! Carrying out changes against the service.

mod doubts;
mod looking;
mod outcome;
mod removal;
mod writing;

pub use outcome::Outcome;
pub use removal::{delete_ids, remove};

use super::ledger::Claimant;
use super::reconcile::{Changes, Pair, Removal};
use super::report::Failures;
use super::row::{Held, Wanted};
use super::session::Session;
use crate::defender::Listing;
use crate::indicator::Indicator;
use crate::tf::Diagnostics;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What the changes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new object: if it cannot be made without touching somebody else's row, nothing is written at all, since the
    /// host would mark a half-made object for replacement.
    Create,
    /// A change of an object that is there.
    Update,
}

/// Makes the service hold `wanted` instead of `held`: upserts before deletes, so that protection has no gap, except for
/// as many deletes as the capacity needs first.
pub async fn carry_out(
    session: &Session,
    purpose: Purpose,
    claimant: Option<Claimant>,
    held: &[Held],
    wanted: &[Wanted],
    mut changes: Changes,
) -> Outcome {
    let mut run = Run::new(session, claimant, held, wanted);
    for pair in &changes.keep {
        run.outcome.settle(pair.wanted, held[pair.held].id.clone());
        run.outcome.let_go(pair.held);
        if let Some(id) = &held[pair.held].id {
            // A row that is held and wanted is deleted by nobody else, so there is nothing to wait for.
            session.ledger.claim(id);
            run.accepted.insert(id.clone(), pair.wanted);
            if let Some(claimant) = claimant {
                session.ledger.own(claimant, id);
            }
            run.note_spelling(pair.wanted, id, &held[pair.held].service_spelling());
        }
    }
    for index in &changes.expired {
        run.outcome.settle(*index, None);
    }

    let looked = run.look_first(&mut changes).await;
    session.ledger.serve(claimant);
    let looked = match looked {
        Ok(looked) => looked,
        Err(error) => {
            run.outcome
                .diagnostics
                .push(super::report::unlisted(&error, "Nothing was written."));
            return run.abandon();
        }
    };
    if looked.incomplete && looked.free > 0 {
        run.outcome
            .diagnostics
            .extend(super::report::unseen(session, looked.free));
    }
    let unseen = run.outcome.diagnostics.has_errors() && looked.incomplete;
    if unseen || purpose == Purpose::Create && run.outcome.diagnostics.has_errors() {
        looked
            .takeovers
            .iter()
            .for_each(|(index, row)| run.inherit(*index, row));
        return run.abandon();
    }
    let excess = (looked.rows + looked.free).saturating_sub(session.policy.capacity);
    // What was too much before is not this run's to make room for.
    run.free(excess.min(looked.free), &mut changes).await;
    run.upsert(&changes, &looked.takeovers).await;
    run.resolve_doubts().await;
    run.delete(&changes).await;
    run.finish()
}

/// One carrying-out in progress.
struct Run<'a> {
    session: &'a Session,
    claimant: Option<Claimant>,
    held: &'a [Held],
    wanted: &'a [Wanted],
    outcome: Outcome,
    failures: Failures,
    /// Ids of the held rows.
    own: HashSet<&'a str>,
    /// The rows of the tenant as they were before anything was created.
    listing: Option<Arc<Listing>>,
    /// Rows of others that were changed although they differ from the wanted ones in their identity, in words.
    overwritten: Vec<String>,
    /// Rows that were taken over although no state shown until then held them, with their ids.
    surprising: Vec<(usize, String)>,
    /// Old rows whose id a write did not keep.
    superseded: Vec<usize>,
    /// Ids of rows that another object left to this one, which did not need them.
    abandoned: Vec<String>,
    /// Rows whose write may have changed less than it should.
    doubtful: Vec<Row>,
    /// Which wanted row got which id.
    accepted: HashMap<String, usize>,
}

impl<'a> Run<'a> {
    fn new(session: &'a Session, claimant: Option<Claimant>, held: &'a [Held], wanted: &'a [Wanted]) -> Self {
        Self {
            session,
            claimant,
            held,
            wanted,
            outcome: Outcome::new(wanted.len(), held),
            failures: Failures::default(),
            own: held.iter().filter_map(|row| row.id.as_deref()).collect(),
            listing: None,
            overwritten: Vec::new(),
            surprising: Vec::new(),
            superseded: Vec::new(),
            abandoned: Vec::new(),
            doubtful: Vec::new(),
            accepted: HashMap::new(),
        }
    }

    /// Deletes as many rows as are in the way, those without a successor first, and none whose successor will not come.
    async fn free(&mut self, excess: usize, changes: &mut Changes) {
        let comes = |index| changes.create.binary_search(&index).is_ok() || self.outcome.is_settled(index);
        let (mut early, late): (Vec<Removal>, Vec<Removal>) = std::mem::take(&mut changes.delete)
            .into_iter()
            .partition(|removal| removal.replaced_by.is_none_or(comes));
        early.sort_by_key(|removal| removal.replaced_by.is_some());
        changes.delete = early.split_off(excess.min(early.len()));
        changes.delete.extend(late);
        if early.is_empty() {
            return;
        }
        let positions: Vec<usize> = early.iter().map(|removal| removal.held).collect();
        self.offer(&positions).await;
        self.delete_rows(&positions).await;
    }

    async fn delete(&mut self, changes: &Changes) {
        let mut positions: Vec<usize> = changes
            .delete
            .iter()
            .filter(|removal| removal.replaced_by.is_none_or(|index| self.outcome.is_settled(index)))
            .map(|removal| removal.held)
            .collect();
        self.offer(&positions).await;
        positions.append(&mut self.superseded);
        self.delete_rows(&positions).await;
        let ids = std::mem::take(&mut self.abandoned);
        for (id, result) in ids.iter().zip(delete_ids(self.session, ids.clone()).await) {
            if let Err(error) = result {
                self.failures.delete(&format!("id {id}"), &error);
            }
        }
    }

    /// Gives other objects of this run the chance to claim rows that are about to be deleted.
    async fn offer(&self, positions: &[usize]) {
        let rows: Vec<&Indicator> = positions
            .iter()
            .map(|position| &self.held[*position].indicator)
            .collect();
        removal::offer(self.session, self.claimant, &rows).await;
    }

    async fn delete_rows(&mut self, positions: &[usize]) {
        let rows: Vec<(usize, &Held)> = positions
            .iter()
            .map(|position| (*position, &self.held[*position]))
            .collect();
        let results = removal::delete_held(self.session, &rows).await;
        for (position, result) in positions.iter().zip(results) {
            match result {
                Ok(()) => self.outcome.let_go(*position),
                Err(error) => self.failures.delete(&self.held[*position].key, &error),
            }
        }
    }

    /// Says what was taken over, except for what a state held that was shown meanwhile.
    fn tell_surprises(&mut self) {
        let strange = self
            .surprising
            .iter()
            .filter(|(_, id)| !self.session.ledger.is_observed(id));
        let rows: Vec<String> = strange
            .map(|(index, id)| format!("{} (id {id})", self.wanted[*index].key))
            .collect();
        self.outcome.diagnostics.extend(super::report::taken_over(&rows));
    }

    fn abandon(mut self) -> Outcome {
        self.tell_surprises();
        self.outcome
            .diagnostics
            .extend(std::mem::take(&mut self.failures).into_diagnostics());
        self.outcome.abandoned = true;
        self.outcome
    }

    fn finish(mut self) -> Outcome {
        self.tell_surprises();
        let diagnostics: Diagnostics = std::mem::take(&mut self.failures).into_diagnostics();
        self.outcome.diagnostics.extend(diagnostics);
        self.outcome
            .diagnostics
            .extend(super::report::overwritten(&self.overwritten));
        self.outcome
    }
}

/// A wanted row, and the held row that it stands for, by position.
#[derive(Debug, Clone, Copy)]
struct Row {
    wanted: usize,
    held: Option<usize>,
}

impl Row {
    fn of(pair: &Pair) -> Self {
        Self {
            wanted: pair.wanted,
            held: Some(pair.held),
        }
    }
}
