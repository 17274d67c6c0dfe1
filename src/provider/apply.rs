//! Carrying out changes against the service.

mod outcome;
mod removal;

pub use outcome::Outcome;
pub use removal::remove;

use super::existing::{self, Existing, Takeover, look};
use super::ledger::Claimant;
use super::reconcile::{Changes, Pair};
use super::report::Failures;
use super::row::{Held, Wanted};
use super::session::Session;
use crate::indicator::{Field, Indicator, submitted};
use crate::tf::Diagnostics;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// What the changes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new object: if it cannot be made without touching somebody else's row, nothing is written at all, since the
    /// host would mark a half-made object for replacement.
    Create,
    /// A change of an object that is there.
    Update,
}

/// How long to wait, one after the other, for room that deletes have freed and the service does not see yet. A client's
/// author reports 20 seconds.
const WAITS_FOR_ROOM: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

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
    for (position, _) in held.iter().enumerate().filter(|(_, row)| row.id.is_none()) {
        // An expired row is not there; nothing of it can be left over.
        run.outcome.gone(position);
    }
    for pair in &changes.keep {
        run.outcome.settle(
            pair.wanted,
            held[pair.held].id.clone(),
            wanted[pair.wanted].indicator.clone(),
        );
        run.outcome.replaced(pair.held);
        run.claim(held[pair.held].id.as_deref());
    }
    for index in &changes.expired {
        run.outcome.settle(*index, None, wanted[*index].indicator.clone());
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
    if purpose == Purpose::Create && run.outcome.diagnostics.has_errors() {
        return run.abandon();
    }
    let excess = (looked.rows + looked.free).saturating_sub(session.policy.capacity);
    run.free(excess, &mut changes).await;
    run.upsert(&changes, &looked.takeovers).await;
    run.recreate(&changes.recreate).await;
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
    /// Wanted rows that other objects of this run hold or have just let go.
    from_others: HashSet<usize>,
    /// Old rows whose id a write did not keep.
    superseded: Vec<usize>,
    /// Whether deletes have freed room that the service may see late.
    freed: bool,
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
            outcome: Outcome::new(wanted.len(), held.len()),
            failures: Failures::default(),
            from_others: HashSet::new(),
            superseded: Vec::new(),
            freed: false,
            accepted: HashMap::new(),
        }
    }

    /// Notes that the row is wanted, so that no other object of this run deletes it.
    fn claim(&self, id: Option<&str>) {
        if let Some(id) = id {
            // A row that is held and wanted is deleted by nobody else, so there is nothing to wait for.
            self.session.ledger.claim(id);
        }
    }

    /// Sorts the rows to create into free ones, takeovers and conflicts; conflicts leave `changes` with an error, and
    /// rows that are already right leave it settled. Answers how many are free, and the takeovers.
    async fn look_first(&mut self, changes: &mut Changes) -> Result<Looked, crate::defender::Error> {
        let own: HashSet<&str> = self.held.iter().filter_map(|row| row.id.as_deref()).collect();
        let mut looked = Looked::default();
        let mut surprising = Vec::new();
        let mut waiting = std::mem::take(&mut changes.create);
        self.meet_owners(&waiting, &own).await?;
        while !waiting.is_empty() {
            let listing = self.session.client.listing().await?;
            looked.rows = listing.len();
            let (mut later, mut busy) = (Vec::new(), Vec::new());
            for index in waiting {
                let row = &self.wanted[index];
                match look(self.session, &listing, &row.indicator, &own) {
                    Existing::Free => {
                        looked.free += 1;
                        changes.create.push(index);
                    }
                    Existing::Conflict(words) => self.failures.conflict(&row.key, words),
                    // Another object of this run is deleting the row: it must be gone before it is imported again.
                    Existing::Takeover(takeover) if !self.session.ledger.claim(&takeover.id) => {
                        later.push(index);
                        busy.push(takeover.id);
                    }
                    Existing::Takeover(takeover) => {
                        if takeover.surprising {
                            surprising.push(format!("{} (id {})", row.key, takeover.id));
                        }
                        if takeover.known {
                            self.from_others.insert(index);
                        }
                        if takeover.fields.is_empty() {
                            self.accept(index, takeover.id, row.indicator.clone());
                        } else {
                            if takeover.known {
                                let (id, found) = (takeover.id.clone(), takeover.found.clone());
                                self.outcome.inherit(index, id, found);
                            }
                            looked.takeovers.insert(index, takeover);
                            changes.create.push(index);
                        }
                    }
                }
            }
            self.session.ledger.deletes_ended(&busy).await;
            waiting = later;
        }
        changes.create.sort_unstable();
        self.outcome.diagnostics.extend(self.failures.take_conflicts());
        self.outcome.diagnostics.extend(super::report::taken_over(&surprising));
        Ok(looked)
    }

    /// Waits for the other states of this run if one of the rows to create is there already and seems to be nobody's: it
    /// may be held by an object that has not been shown yet.
    async fn meet_owners(&self, create: &[usize], own: &HashSet<&str>) -> Result<(), crate::defender::Error> {
        if create.is_empty() {
            return Ok(());
        }
        let listing = self.session.client.listing().await?;
        let wanted: Vec<&Indicator> = create.iter().map(|index| &self.wanted[*index].indicator).collect();
        existing::meet_owners(self.session, &listing, &wanted, own).await;
        Ok(())
    }

    /// Deletes as many rows as are in the way, those without a successor first.
    async fn free(&mut self, excess: usize, changes: &mut Changes) {
        changes.delete.sort_by_key(|removal| removal.replaced_by.is_some());
        let early: Vec<_> = changes.delete.drain(..excess.min(changes.delete.len())).collect();
        if early.is_empty() {
            return;
        }
        let positions: Vec<usize> = early.iter().map(|removal| removal.held).collect();
        self.offer(&positions).await;
        self.delete_rows(&positions).await;
        self.freed = true;
    }

    async fn upsert(&mut self, changes: &Changes, takeovers: &HashMap<usize, Takeover>) {
        let mut targets: Vec<Target> = Vec::with_capacity(changes.update.len() + changes.create.len());
        let mut recreate = Vec::new();
        targets.extend(changes.update.iter().map(|pair| Target {
            wanted: pair.wanted,
            held: Some(pair.held),
            spelling: None,
        }));
        for index in &changes.create {
            match takeovers.get(index) {
                Some(takeover) if takeover.fields.iter().any(Field::is_create_only) => {
                    recreate.push((*index, takeover))
                }
                takeover => targets.push(Target {
                    wanted: *index,
                    held: None,
                    spelling: takeover.map(|takeover| takeover.found.value.clone()),
                }),
            }
        }
        self.import(targets).await;
        for chunk in recreate.chunks(self.session.policy.batch_size.max(1)) {
            let ids = chunk.iter().map(|(_, takeover)| takeover.id.clone()).collect();
            let results = self.session.client.delete(ids).await;
            let mut ready = Vec::new();
            for ((index, _), result) in chunk.iter().zip(results) {
                match result {
                    Ok(()) => {
                        self.outcome.lose(*index);
                        ready.push(Target {
                            wanted: *index,
                            held: None,
                            spelling: None,
                        });
                    }
                    Err(error) => self.failures.write(&self.wanted[*index].key, &error),
                }
            }
            self.import(ready).await;
        }
    }

    /// Deletes and imports anew, one batch after the other so that the gap in protection stays short.
    async fn recreate(&mut self, pairs: &[Pair]) {
        for chunk in pairs.chunks(self.session.policy.batch_size.max(1)) {
            let positions: Vec<usize> = chunk.iter().map(|pair| pair.held).collect();
            self.delete_rows(&positions).await;
            let ready = chunk
                .iter()
                .filter(|pair| self.outcome.is_gone(pair.held))
                .map(|pair| Target {
                    wanted: pair.wanted,
                    held: None,
                    spelling: None,
                })
                .collect();
            self.import(ready).await;
        }
    }

    /// Imports the rows, waiting for room if deletes of this run have made some that shows late.
    async fn import(&mut self, mut targets: Vec<Target>) {
        let mut waits = WAITS_FOR_ROOM.iter();
        while !targets.is_empty() {
            let items = targets.iter().map(|target| self.item(target)).collect();
            let results = self.session.client.upsert(items).await;
            let mut full = Vec::new();
            for (target, result) in targets.into_iter().zip(results) {
                match result {
                    Ok(id) => self.written(&target, id),
                    Err(error) if error.is_capacity() && self.freed => full.push((target, error)),
                    Err(error) => self.failures.write(&self.wanted[target.wanted].key, &error),
                }
            }
            let Some(wait) = waits.next().filter(|_| !full.is_empty()) else {
                for (target, error) in full {
                    self.failures.write(&self.wanted[target.wanted].key, &error);
                }
                return;
            };
            tracing::info!(
                rows = full.len(),
                seconds = wait.as_secs(),
                "waiting for freed capacity to show"
            );
            self.session.client.pause(*wait).await;
            targets = full.into_iter().map(|(target, _)| target).collect();
        }
    }

    fn item(&self, target: &Target) -> Indicator {
        let mut item = self.wanted[target.wanted].indicator.clone();
        item.value = match &target.spelling {
            Some(spelling) => spelling.clone(),
            None => submitted(&item.indicator_type, &item.value).into_owned(),
        };
        item
    }

    fn written(&mut self, target: &Target, id: String) {
        if let Some(held) = target.held {
            if self.held[held].id.as_deref() != Some(id.as_str()) {
                self.superseded.push(held);
                self.outcome.moved.push(target.wanted);
            } else {
                self.outcome.replaced(held);
            }
        }
        self.accept(target.wanted, id, self.wanted[target.wanted].indicator.clone());
    }

    fn accept(&mut self, index: usize, id: String, indicator: Indicator) {
        self.claim(Some(&id));
        if let Some(other) = self.accepted.insert(id.clone(), index) {
            self.failures
                .shared(&self.wanted[index].key, &self.wanted[other].key, &id);
            return;
        }
        self.outcome.settle(index, Some(id), indicator);
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
                Ok(()) => self.outcome.gone(*position),
                Err(error) => self.failures.delete(&self.held[*position].key, &error),
            }
        }
    }

    fn abandon(mut self) -> Outcome {
        self.outcome
            .diagnostics
            .extend(std::mem::take(&mut self.failures).into_diagnostics());
        self.outcome.abandon(&self.from_others);
        self.outcome
    }

    fn finish(mut self) -> Outcome {
        let diagnostics: Diagnostics = std::mem::take(&mut self.failures).into_diagnostics();
        self.outcome.diagnostics.extend(diagnostics);
        self.outcome
    }
}

/// What looking before creating has found.
#[derive(Debug, Default)]
struct Looked {
    /// How many rows the tenant holds.
    rows: usize,
    /// How many of the rows to create are not there yet.
    free: usize,
    /// Rows to take over and change, by position among the wanted.
    takeovers: HashMap<usize, Takeover>,
}

/// A row to import: over the held row at this position, or anew.
struct Target {
    wanted: usize,
    held: Option<usize>,
    spelling: Option<String>,
}
