//! Looking before creating: which rows are free, which are taken over, and which are somebody else's.

use super::Run;
use crate::defender::Error;
use crate::provider::existing::{Existing, Takeover, look};
use crate::provider::reconcile::Changes;
use crate::provider::report;
use std::collections::HashMap;
use std::sync::Arc;

/// What looking before creating has found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// How many rows the tenant holds.
    pub rows: usize,
    /// How many of the rows to create are not there yet.
    pub free: usize,
    /// Rows to take over and change, by position among the wanted.
    pub takeovers: HashMap<usize, Takeover>,
}

impl Run<'_> {
    /// Sorts the rows to create into free ones, takeovers and conflicts; conflicts leave `changes` with an error, and
    /// rows that are already right leave it settled.
    pub(super) async fn look_first(&mut self, changes: &mut Changes) -> Result<Looked, Error> {
        let mut looked = Looked::default();
        let mut surprising = Vec::new();
        let mut all_observed = false;
        let mut waiting = std::mem::take(&mut changes.create);
        while !waiting.is_empty() {
            let listing = self.session.client.listing().await?;
            looked.rows = listing.len();
            self.listing = Some(Arc::clone(&listing));
            let (mut later, mut unsure, mut busy) = (Vec::new(), Vec::new(), Vec::new());
            for index in waiting {
                let row = &self.wanted[index];
                let takeover = match look(self.session, &listing, &row.indicator, &self.own) {
                    Existing::Free => {
                        looked.free += 1;
                        changes.create.push(index);
                        continue;
                    }
                    Existing::Conflict(_) | Existing::Takeover(Takeover { surprising: true, .. }) if !all_observed => {
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
                    surprising.push(format!("{} (id {})", row.key, takeover.id));
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
                let clock = self.session.client.clock();
                self.session.ledger.all_observed(clock.as_ref()).await;
                all_observed = true;
                later.append(&mut unsure);
            }
            self.session.ledger.deletes_ended(&busy).await;
            waiting = later;
        }
        changes.create.sort_unstable();
        let diagnostics = &mut self.outcome.diagnostics;
        diagnostics.extend(self.failures.take_conflicts());
        diagnostics.extend(report::taken_over(&surprising));
        Ok(looked)
    }
}
