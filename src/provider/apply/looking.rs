//! Looking before creating: which rows are free, which are taken over, and which are somebody else's.

use super::Run;
use crate::defender::Error;
use crate::provider::existing::{Conflict, Existing, Takeover, look};
use crate::provider::reconcile::Changes;
use crate::provider::walk::Waited;
use std::collections::HashMap;
use std::sync::Arc;

/// What looking before creating has found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// How many rows the tenant holds.
    pub rows: usize,
    /// How many of the rows to create are not there yet.
    pub free: usize,
    /// Whether rows may be there that were not seen.
    pub incomplete: bool,
    /// Rows to take over and change, by position among the wanted.
    pub takeovers: HashMap<usize, Takeover>,
}

impl Run<'_> {
    /// Sorts the rows to create into free ones, takeovers and conflicts; conflicts leave `changes` with an error, and
    /// rows that are already right leave it settled.
    pub(super) async fn look_first(&mut self, changes: &mut Changes) -> Result<Looked, Error> {
        let mut looked = Looked::default();
        let mut met = None;
        let mut waiting = std::mem::take(&mut changes.create);
        while !waiting.is_empty() {
            let listing = self.session.client.listing().await?;
            looked.rows = listing.len();
            looked.incomplete |= !listing.is_complete();
            self.listing = Some(Arc::clone(&listing));
            let (mut later, mut unsure, mut busy) = (Vec::new(), Vec::new(), Vec::new());
            let mut strange: Vec<String> = Vec::new();
            // The plan has looked at everything. If the host cannot show all of it before something must be done, that
            // has to do, for rows that this application made.
            let trust = met == Some(Waited::Crowded);
            for index in waiting {
                let row = &self.wanted[index];
                let takeover = match look(self.session, &listing, &row.indicator, &self.own, trust) {
                    Existing::Free => {
                        looked.free += 1;
                        changes.create.push(index);
                        continue;
                    }
                    Existing::Conflict(Conflict { id, .. })
                    | Existing::Takeover(Takeover {
                        id, surprising: true, ..
                    }) if met.is_none() => {
                        strange.push(id);
                        unsure.push(index);
                        continue;
                    }
                    Existing::Conflict(conflict) => {
                        self.failures.conflict(&row.key, conflict.words);
                        continue;
                    }
                    Existing::Takeover(takeover) => takeover,
                };
                if !self.session.ledger.claim(&takeover.id) {
                    // Another object of this run is deleting the row: it must be gone before it is imported again.
                    later.push(index);
                    busy.push(takeover.id);
                    continue;
                }
                self.outcome.inherits |= takeover.ours.is_some();
                if takeover.surprising {
                    self.surprising.push((index, takeover.id.clone()));
                }
                if takeover.fields.is_empty() {
                    self.note_spelling(index, &takeover.id, &takeover.spelling);
                    self.accept(index, takeover.id);
                } else {
                    looked.takeovers.insert(index, takeover);
                    changes.create.push(index);
                }
            }
            if !unsure.is_empty() {
                met = Some(self.session.meet(strange.iter().map(String::as_str)).await);
                later.append(&mut unsure);
            }
            self.session.ledger.deletes_ended(&busy).await;
            waiting = later;
        }
        changes.create.sort_unstable();
        self.outcome.diagnostics.extend(self.failures.take_conflicts());
        Ok(looked)
    }
}
