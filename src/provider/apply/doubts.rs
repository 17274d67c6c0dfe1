//! Looking after writing: whether the service did what a write asked for.

use super::Run;
use super::writing::Anew;
use crate::indicator::{FieldSet, differences};
use crate::provider::fields::is_left_open;
use crate::provider::report;

impl Run<'_> {
    /// Looks once at the rows that were written with fields left open, and makes those anew of which the service kept
    /// the old values.
    pub(super) async fn resolve_doubts(&mut self) {
        let mut doubtful = std::mem::take(&mut self.doubtful);
        doubtful.retain(|row| self.outcome.is_settled(row.wanted));
        if doubtful.is_empty() {
            return;
        }
        let listing = match self.session.client.fresh_listing().await {
            Ok(listing) => listing,
            Err(error) => {
                self.outcome.diagnostics.push(report::unchecked(&error, doubtful.len()));
                return;
            }
        };
        let mut anew = Vec::new();
        let mut kept = FieldSet::EMPTY;
        for row in doubtful {
            let wanted = &self.wanted[row.wanted].indicator;
            let id = self.outcome.settled(row.wanted).and_then(|settled| settled.id.clone());
            let Some((id, found)) = id.and_then(|id| Some((id.clone(), listing.get(&id)?))) else {
                continue;
            };
            let fields: FieldSet = differences(wanted, &found.indicator)
                .into_iter()
                .map(|difference| difference.field)
                .filter(|field| field.is_create_only() || is_left_open(*field, wanted))
                .collect();
            if !fields.is_empty() {
                fields.iter().for_each(|field| kept.insert(field));
                anew.push(Anew::new(row, &id));
            }
        }
        let keys: Vec<&str> = anew
            .iter()
            .map(|anew| self.wanted[anew.row.wanted].key.as_str())
            .collect();
        self.outcome.diagnostics.extend(report::kept(kept, &keys));
        self.make_anew(anew).await;
    }
}
