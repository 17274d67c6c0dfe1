//! Importing rows: over themselves, over rows that are taken over, and anew.

use super::{Row, Run, delete_ids};
use crate::defender::WriteError;
use crate::indicator::{Field, Indicator, submitted};
use crate::provider::existing::{Takeover, describe};
use crate::provider::fields::is_left_open;
use crate::provider::reconcile::Changes;
use crate::provider::row::odd_spelling;
use std::collections::HashMap;
use std::time::Duration;

/// How long to wait, one after the other, for room that deletes have freed and the service does not see yet. A client's
/// author reports 20 seconds.
const WAITS_FOR_ROOM: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

/// How often rows are imported again because another object of the run deletes them.
const MOST_ROUNDS: usize = 3;

impl Run<'_> {
    pub(super) async fn upsert(&mut self, changes: &Changes, takeovers: &HashMap<usize, Takeover>) {
        let mut targets: Vec<Target<'_>> = Vec::with_capacity(changes.update.len() + changes.create.len());
        let mut anew = Vec::new();
        targets.extend(changes.update.iter().map(|pair| Target {
            held: Some(pair.held),
            ..Target::new(pair.wanted)
        }));
        self.doubtful
            .extend(changes.update.iter().filter(|pair| pair.doubtful).map(Row::of));
        for index in &changes.create {
            let Some(takeover) = takeovers.get(index) else {
                targets.push(Target::new(*index));
                continue;
            };
            let row = Row {
                wanted: *index,
                held: None,
            };
            if takeover.fields.iter().any(Field::is_create_only) {
                anew.push(Anew {
                    taken_over: Some(takeover),
                    ..Anew::new(row, &takeover.id)
                });
                continue;
            }
            let wanted = &self.wanted[*index].indicator;
            if takeover.fields.iter().any(|field| is_left_open(field, wanted)) {
                self.doubtful.push(row);
            }
            targets.push(Target {
                taken_over: Some(takeover),
                ..Target::new(*index)
            });
        }
        self.import(targets).await;
        for pair in &changes.recreate {
            if let Some(id) = &self.held[pair.held].id {
                anew.push(Anew::new(Row::of(pair), id));
            }
        }
        self.make_anew(anew).await;
    }

    /// Deletes rows and imports them anew, one batch after the other so that the gap in protection stays short.
    pub(super) async fn make_anew(&mut self, rows: Vec<Anew<'_>>) {
        for chunk in rows.chunks(self.session.policy.batch_size.max(1)) {
            let ids = chunk.iter().map(|row| row.id.clone()).collect();
            let results = delete_ids(self.session, ids).await;
            let mut ready = Vec::new();
            for (Anew { row, taken_over, .. }, result) in chunk.iter().zip(results) {
                let target = Target::new(row.wanted);
                match result {
                    Ok(()) => {
                        self.outcome.unsettle(row.wanted);
                        if let Some(held) = row.held {
                            self.outcome.let_go(held);
                        }
                        ready.push(target);
                    }
                    Err(error) => self.failed(
                        &Target {
                            taken_over: *taken_over,
                            ..target
                        },
                        &error,
                    ),
                }
            }
            self.import(ready).await;
        }
    }

    /// Imports the rows, waiting for room if deletes of this process have made some that shows late.
    async fn import(&mut self, mut targets: Vec<Target<'_>>) {
        let mut waits = WAITS_FOR_ROOM.iter();
        let mut rounds = 0;
        while !targets.is_empty() {
            rounds += 1;
            let items = targets.iter().map(|target| self.item(target)).collect();
            let results = self.session.client.upsert(items).await;
            let (mut full, mut doomed, mut busy) = (Vec::new(), Vec::new(), Vec::new());
            for (target, result) in targets.into_iter().zip(results) {
                match result {
                    // The service took it for a row that another object of this run is deleting: it must be imported
                    // again after that.
                    Ok(id) if rounds < MOST_ROUNDS && !self.session.ledger.claim(&id) => {
                        doomed.push(Target::new(target.wanted));
                        busy.push(id);
                    }
                    Ok(id) => self.written(&target, id),
                    Err(error) if error.is_capacity() && self.session.ledger.has_room_coming() => {
                        full.push((target, error))
                    }
                    Err(error) => self.failed(&target, &error),
                }
            }
            self.session.ledger.deletes_ended(&busy).await;
            targets = doomed;
            if full.is_empty() {
                continue;
            }
            let Some(wait) = waits.next() else {
                for (target, error) in full {
                    self.failed(&target, &error);
                }
                continue;
            };
            tracing::info!(
                rows = full.len(),
                seconds = wait.as_secs(),
                "waiting for freed capacity to show"
            );
            self.session.client.pause(*wait).await;
            targets.extend(full.into_iter().map(|(target, _)| target));
        }
    }

    fn item(&self, target: &Target<'_>) -> Indicator {
        let mut item = self.wanted[target.wanted].indicator.clone();
        // Another spelling than the one that is there might make a second row.
        item.value = match (target.taken_over, target.held) {
            (Some(takeover), _) => takeover.spelling.clone(),
            (None, Some(held)) => self.held[held].service_spelling().into_owned(),
            (None, None) => submitted(&item.indicator_type, &item.value).into_owned(),
        };
        item
    }

    fn written(&mut self, target: &Target<'_>, id: String) {
        if target.held.is_none() && target.taken_over.is_none() {
            self.note_existing(target.wanted, &id);
        }
        if let Some(held) = target.held {
            if self.held[held].id.as_deref() != Some(id.as_str()) {
                self.superseded.push(held);
                self.outcome.moved.push(target.wanted);
            } else {
                self.outcome.let_go(held);
                self.note_spelling(target.wanted, &id, &self.held[held].service_spelling());
            }
        }
        match target.taken_over {
            Some(takeover) if takeover.id == id => self.note_spelling(target.wanted, &id, &takeover.spelling),
            // The service made another row beside it: the old one is what it was before, for whoever holds it.
            Some(takeover) => self.leave(&takeover.id),
            None => {}
        }
        self.accept(target.wanted, id);
    }

    pub(super) fn note_spelling(&mut self, wanted: usize, id: &str, spelling: &str) {
        if let Some(spelling) = odd_spelling(&self.wanted[wanted].indicator, spelling) {
            self.outcome.spellings.insert(id.to_owned(), spelling);
        }
    }

    /// A row that was thought to be free and was there all the same: what it said may be left in it.
    fn note_existing(&mut self, wanted: usize, id: &str) {
        let Some(listing) = self.listing.as_ref().filter(|listing| listing.mentions(id)) else {
            return;
        };
        self.doubtful.push(Row { wanted, held: None });
        if let Some(row) = listing
            .get(id)
            .filter(|_| !self.own.contains(id) && !self.session.ledger.is_observed(id))
        {
            self.overwritten
                .push(format!("{}: {}", self.wanted[wanted].key, describe(row)));
        }
    }

    fn failed(&mut self, target: &Target<'_>, error: &WriteError) {
        self.failures.write(&self.wanted[target.wanted].key, error);
        if let Some(takeover) = target.taken_over {
            self.inherit(target.wanted, takeover);
        }
    }

    /// A row that was to be taken over stays as it is.
    pub(super) fn inherit(&mut self, wanted: usize, takeover: &Takeover) {
        match &takeover.ours {
            // Whoever held the row has let go of it already, so it must not be forgotten.
            Some(found) => self
                .outcome
                .settle_as_found(wanted, takeover.id.clone(), found.as_ref().clone()),
            None => self.leave(&takeover.id),
        }
    }

    /// Leaves a row that was to be taken over to whoever holds it.
    fn leave(&mut self, id: &str) {
        if self.session.ledger.release(id) {
            self.abandoned.push(id.to_owned());
        }
    }

    pub(super) fn accept(&mut self, index: usize, id: String) {
        self.session.ledger.claim(&id);
        let key = self.wanted[index].key.as_str();
        if let Some(other) = self.accepted.insert(id.clone(), index) {
            self.failures.shared(key, &self.wanted[other].key, &id);
            return;
        }
        if self
            .claimant
            .is_some_and(|claimant| self.session.ledger.own(claimant, &id))
        {
            self.failures.shared(key, "a row of another resource", &id);
            return;
        }
        self.outcome.settle(index, Some(id));
    }
}

/// A row to delete and to import anew.
pub(super) struct Anew<'a> {
    pub row: Row,
    id: String,
    taken_over: Option<&'a Takeover>,
}

impl Anew<'_> {
    pub fn new(row: Row, id: &str) -> Self {
        Self {
            row,
            id: id.to_owned(),
            taken_over: None,
        }
    }
}

/// A row to import: over the held row at this position, over one that is taken over, or anew.
struct Target<'a> {
    wanted: usize,
    held: Option<usize>,
    taken_over: Option<&'a Takeover>,
}

impl Target<'_> {
    fn new(wanted: usize) -> Self {
        Self {
            wanted,
            held: None,
            taken_over: None,
        }
    }
}
