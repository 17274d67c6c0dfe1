//! Writing rows: over themselves, over rows that are taken, and anew.

use super::apply::{Run, failure};
use super::ownership::{Asker, Ground, MayCreate, MayDelete, MayTake, Standing, again, may_recreate};
use super::preflight::{differing, note};
use super::problem::{FailureKind, Problem, RowNote};
use super::removal::{Deleted, Patience, delete};
use super::rows::{PlannedAt, StateAt};
use crate::defender::WriteError;
use crate::indicator::{FieldSet, Indicator, RowId, ValueKey, submitted};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait, one after the other, for room that deletions have freed and the service does not see yet. A client's
/// author reports 20 seconds.
const WAITS_FOR_ROOM: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

/// A row to import.
#[derive(Debug, Clone)]
struct Target {
    planned: PlannedAt,
    place: Place,
}

/// What a row is imported over.
#[derive(Debug, Clone)]
enum Place {
    /// Nothing.
    Free,
    /// A row that may be taken: its id, the service's spelling of its value, and what it says.
    Taken { id: RowId, found: Box<Indicator> },
    /// A held row that the listing may hide.
    Hidden,
}

/// A row to delete and to import anew, since a field changes that the service takes at creation only.
pub(super) struct Recreation {
    pub planned: PlannedAt,
    pub leave: MayDelete,
    pub fields: FieldSet,
    pub found: Indicator,
}

impl Run<'_> {
    /// Writes the planned rows. Those of a value of which a row is being deleted wait for the end of that, and are then
    /// written even if the run has been stopped meanwhile: the row that they took the place of is gone.
    pub async fn write(&mut self, expired: &HashSet<PlannedAt>) {
        for index in expired {
            self.outcome.absent(*index, self.planned.rows[*index].begun);
        }
        let rows = self.planned.rows.positions().filter(|index| !expired.contains(index));
        let (refused, due): (Vec<PlannedAt>, Vec<PlannedAt>) =
            rows.partition(|index| self.claims.refused.contains(index));
        if !refused.is_empty() {
            let name = |index: PlannedAt| (self.planned.rows[index].name.to_string(), String::new(), String::new());
            let rows = refused.into_iter().map(name).collect();
            self.outcome.problems.push(Problem::WantedTwice { rows });
        }
        // Asked after the claims and before the look at the tenant: what is not being deleted now stays.
        let value = |index: &PlannedAt| self.planned.rows[*index].indicator.value_key();
        let (later, now): (Vec<PlannedAt>, Vec<PlannedAt>) = due
            .into_iter()
            .partition(|index| self.tenant.facts.is_being_deleted(&value(index)));
        self.write_rows(now, false).await;
        if !later.is_empty() {
            let values: Vec<ValueKey> = later.iter().map(value).collect();
            self.tenant.facts.deletions_ended(&values).await;
            self.write_rows(later, true).await;
        }
    }

    async fn write_rows(&mut self, rows: Vec<PlannedAt>, owed: bool) {
        let Ok(listing) = self.tenant.client.listing().await else {
            for index in rows {
                self.claims.settle(index);
                self.failures.push(failure(
                    &self.planned.rows[index].name,
                    FailureKind::Write,
                    WriteError::Stopped,
                ));
            }
            return;
        };
        if self.before.is_none() {
            self.before = Some(Arc::clone(&listing));
        }
        let asker = Asker::new(self.tenant, self.prior, self.planned.on_existing);
        let standings = asker.standings(&listing, &self.planned.rows, self.prior);
        let (mut targets, mut recreations) = (Vec::new(), Vec::new());
        let (mut foreign, mut unseen) = (Vec::new(), Vec::new());
        let mut made = 0;
        let same: HashSet<PlannedAt> = self
            .difference
            .pairs
            .iter()
            .filter(|pair| pair.fields.is_empty())
            .map(|pair| pair.planned)
            .collect();
        // Rows that are held and not wanted, and stand for a wanted one all the same: it has a retired action, and they have the
        // one that it may have become. Nobody has asked the service for the retired one yet.
        let unwanted = self.difference.unwanted.iter();
        let renamed: HashSet<RowId> = unwanted
            .filter_map(|unwanted| self.prior.rows[unwanted.state].holding.held().cloned())
            .collect();
        for index in rows {
            let row = &self.planned.rows[index];
            match standings[index] {
                None => self.claims.settle(index),
                Some(Standing::Foreign(found)) => {
                    self.claims.settle(index);
                    foreign.push(note(row, found));
                }
                Some(Standing::Hidden(None)) => {
                    self.claims.settle(index);
                    unseen.push(row.name.to_string());
                }
                Some(Standing::Hidden(Some(id))) if same.contains(&index) => self.accept(index, &id.clone(), None),
                Some(Standing::Hidden(Some(_))) => targets.push(Target {
                    planned: index,
                    place: Place::Hidden,
                }),
                Some(Standing::Nothing(leave)) => {
                    made += 1;
                    targets.push(Target::anew(index, leave));
                }
                Some(Standing::Mine(taken)) => self.take(index, &taken, &renamed, &mut targets, &mut recreations),
            }
        }
        if !foreign.is_empty() {
            self.outcome.problems.push(Problem::Foreign { rows: foreign });
        }
        if !unseen.is_empty() {
            self.outcome.problems.push(Problem::Unseen { names: unseen });
        }
        let excess = (listing.len() + made).saturating_sub(self.tenant.policy.capacity);
        drop(listing);
        // What was too much before is not this run's to make room for.
        self.make_room(excess.min(made)).await;
        self.import_in_order(targets, owed).await;
        self.recreate(recreations).await;
    }

    /// Takes a row: as it is, by a write over it, or by making it anew.
    fn take(
        &mut self,
        index: PlannedAt,
        taken: &MayTake<'_>,
        renamed: &HashSet<RowId>,
        targets: &mut Vec<Target>,
        recreations: &mut Vec<Recreation>,
    ) {
        let row = &self.planned.rows[index];
        match taken.ground {
            Ground::Held => {}
            Ground::Ours => self.protection.ours.push(note(row, taken.row)),
            Ground::Adopted => self.protection.adopted.push(note(row, taken.row)),
        }
        let fields = differing(&row.indicator, &taken.row.indicator);
        if fields.is_empty() && !renamed.contains(&taken.row.id) {
            return self.accept(index, &taken.row.id, None);
        }
        if fields.iter().any(|field| field.is_create_only()) {
            recreations.push(Recreation {
                planned: index,
                leave: may_recreate(taken),
                fields: fields.iter().filter(|field| field.is_create_only()).collect(),
                found: taken.row.indicator.clone(),
            });
            return;
        }
        if fields.iter().any(|field| field.is_left_open(&row.indicator)) {
            self.doubtful.push(index);
        }
        targets.push(Target {
            planned: index,
            place: Place::Taken {
                id: taken.row.id.clone(),
                found: Box::new(taken.row.indicator.clone()),
            },
        });
    }

    /// Deletes as many unwanted rows as are in the way, those without a successor first, and none whose successor will not
    /// come.
    async fn make_room(&mut self, excess: usize) {
        let mut early: Vec<(bool, StateAt)> = self
            .difference
            .unwanted
            .iter()
            .map(|unwanted| (unwanted.successor.is_some(), unwanted.state))
            .collect();
        early.sort_unstable();
        early.truncate(excess);
        if !early.is_empty() {
            self.delete_unwanted(early.into_iter().map(|(_, state)| state).collect(), Patience::Skip)
                .await;
        }
    }

    /// Imports rows. Where rows take the place of others, the old ones go batch by batch, so that a run that is killed
    /// leaves few values with two actions.
    async fn import_in_order(&mut self, mut targets: Vec<Target>, owed: bool) {
        let successors: HashSet<PlannedAt> = self
            .difference
            .unwanted
            .iter()
            .filter_map(|unwanted| unwanted.successor)
            .collect();
        if successors.is_empty() {
            return self.import(targets, owed).await;
        }
        targets.sort_by_key(|target| !successors.contains(&target.planned));
        let size = self.tenant.policy.batch_size.max(1);
        while !targets.is_empty() {
            let rest = targets.split_off(size.min(targets.len()));
            let written: HashSet<PlannedAt> = targets.iter().map(|target| target.planned).collect();
            let replaces = written.iter().any(|index| successors.contains(index));
            if !replaces {
                targets.extend(rest);
                return self.import(targets, owed).await;
            }
            self.import(targets, owed).await;
            targets = rest;
            if !targets.is_empty() {
                let states = self.replaced_by(&written);
                self.delete_unwanted(states, Patience::Skip).await;
            }
        }
    }

    /// Deletes rows and imports them anew, one batch after the other so that the gap in protection stays short. What is deleted
    /// is imported even if the run is stopped in between; the other batches are then left as they are.
    pub async fn recreate(&mut self, mut recreations: Vec<Recreation>) {
        while !recreations.is_empty() {
            let rest = recreations.split_off(self.tenant.policy.batch_size.max(1).min(recreations.len()));
            let leaves: Vec<MayDelete> = recreations.iter().map(|recreation| recreation.leave.clone()).collect();
            let results = delete(self.tenant, self.token, &leaves, Patience::None).await;
            let mut targets = Vec::new();
            for (recreation, result) in recreations.into_iter().zip(results) {
                let Recreation {
                    planned,
                    leave,
                    fields,
                    found,
                } = recreation;
                match result {
                    Ok(Deleted::Gone) => {
                        self.forget(&leave.id);
                        fields
                            .iter()
                            .for_each(|field| self.protection.recreated.fields.insert(field));
                        self.protection
                            .recreated
                            .names
                            .push(self.planned.rows[planned].name.to_string());
                        targets.push(Target::anew(planned, again(&leave)));
                    }
                    Ok(Deleted::Spared | Deleted::Put) => {
                        // Another object of this process holds the row now.
                        self.shared(planned, leave.id, None);
                        self.claims.settle(planned);
                    }
                    Err(error) => {
                        self.failures
                            .push(failure(&self.planned.rows[planned].name, FailureKind::Write, error));
                        self.accept(planned, &leave.id, Some(found));
                    }
                }
            }
            self.import(targets, true).await;
            recreations = rest;
        }
    }

    /// The row is gone: nothing stands for it any more.
    fn forget(&mut self, id: &RowId) {
        if let Some(index) = self.accepted.remove(id) {
            self.outcome.forget(index);
        }
        if let Some(state) = self.held.get(id).copied() {
            self.deleted.insert(state);
            self.outcome.let_go(state);
        }
    }

    /// Imports rows, waiting for room if deletions of this process have made some that shows late.
    async fn import(&mut self, mut targets: Vec<Target>, owed: bool) {
        let mut waits = WAITS_FOR_ROOM.iter();
        while !targets.is_empty() {
            let items = targets.iter().map(|target| self.item(target)).collect();
            let results = if owed {
                self.tenant.client.upsert_owed(items).await
            } else {
                self.tenant.client.upsert(items).await
            };
            let mut full = Vec::new();
            for (target, result) in targets.into_iter().zip(results) {
                match result {
                    Ok(id) => self.written(&target, &id),
                    Err(error) if error.is_capacity() && self.tenant.facts.has_room_coming() => {
                        full.push((target, error))
                    }
                    Err(error) => self.failed(target, error),
                }
            }
            targets = Vec::new();
            if full.is_empty() {
                return;
            }
            let Some(wait) = waits.next() else {
                full.into_iter().for_each(|(target, error)| self.failed(target, error));
                return;
            };
            tracing::info!(
                rows = full.len(),
                seconds = wait.as_secs(),
                "waiting for freed capacity to show"
            );
            self.tenant.client.pause(*wait).await;
            targets.extend(full.into_iter().map(|(target, _)| target));
        }
    }

    /// What is sent. Another spelling than the one that is there might make a second row.
    fn item(&self, target: &Target) -> Indicator {
        let mut item = Indicator::clone(&self.planned.rows[target.planned].indicator);
        item.value = match &target.place {
            Place::Taken { found, .. } => found.value.clone(),
            Place::Free | Place::Hidden => submitted(&item.indicator_type, &item.value).into_owned(),
        };
        item
    }

    fn written(&mut self, target: &Target, id: &RowId) {
        if matches!(target.place, Place::Free)
            && let Some(listing) = self.before.clone().filter(|listing| listing.mentions(id))
        {
            // A row that was thought to be free and was there all the same: what it said may be left in it.
            self.doubtful.push(target.planned);
            let is_held = self.held.contains_key(id);
            if let Some(row) = listing
                .get(id)
                .filter(|_| !is_held && !self.tenant.facts.is_deleted(id))
            {
                self.overwritten.push(RowNote {
                    name: self.planned.rows[target.planned].name.to_string(),
                    row: row.clone(),
                    fields: FieldSet::EMPTY,
                });
            }
        }
        self.accept(target.planned, id, None);
    }

    /// A row that could not be written. What stands in its place and may be taken is recorded as it is: whoever held it has
    /// let go of it, so it must not be forgotten.
    fn failed(&mut self, target: Target, error: WriteError) {
        let name = &self.planned.rows[target.planned].name;
        self.failures.push(failure(name, FailureKind::Write, error));
        match target.place {
            Place::Taken { id, found } => self.accept(target.planned, &id, Some(*found)),
            Place::Free | Place::Hidden => self.claims.settle(target.planned),
        }
    }
}

impl Target {
    fn anew(planned: PlannedAt, _leave: MayCreate) -> Self {
        Self {
            planned,
            place: Place::Free,
        }
    }
}
