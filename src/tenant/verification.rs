//! Looking after a write whether the service did what it was asked for.

use super::apply::Run;
use super::outcome::Written;
use super::ownership::{Asker, Standing, may_recreate};
use super::preflight::differing;
use super::problem::Problem;
use super::writing::Recreation;
use crate::indicator::FieldSet;

impl Run<'_> {
    /// Looks once at the rows that were written with fields left out, and makes those anew of which the service kept the old
    /// values.
    pub async fn verify(&mut self) {
        let mut doubtful = std::mem::take(&mut self.doubtful);
        doubtful.retain(|index| matches!(self.outcome.written(*index), Some(Written::Stands { found: None, .. })));
        if doubtful.is_empty() {
            return;
        }
        let listing = match self.tenant.client.fresh_listing().await {
            Ok(listing) => listing,
            Err(error) => {
                let count = doubtful.len();
                self.outcome.problems.push(Problem::Unchecked { error, count });
                return;
            }
        };
        let asker = Asker::new(self.tenant, self.prior, self.planned.on_existing);
        let standings = asker.standings(&listing, &self.planned.rows, self.prior);
        let mut recreations = Vec::new();
        for index in doubtful {
            let wanted = &self.planned.rows[index].indicator;
            let (Some(Written::Stands { id, .. }), Some(Standing::Mine(taken))) =
                (self.outcome.written(index), standings[index])
            else {
                continue;
            };
            let fields: FieldSet = differing(wanted, &taken.row.indicator)
                .iter()
                .filter(|field| field.is_create_only() || field.is_left_open(wanted))
                .collect();
            if taken.row.id == *id && !fields.is_empty() {
                self.protection.recreated.kept = true;
                recreations.push(Recreation {
                    planned: index,
                    leave: may_recreate(&taken),
                    fields,
                    found: taken.row.indicator.clone(),
                });
            }
        }
        self.recreate(recreations).await;
    }
}
