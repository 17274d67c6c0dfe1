//! How the rows of a state stand in the tenant now.

use super::Tenant;
use super::object::{Holding, PriorObject};
use super::problem::{Problem, Unread};
use super::token::Token;
use crate::defender::Listing;
use crate::indicator::{Difference, Row, RowId, differences};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// How an object stands in the tenant now.
#[derive(Debug)]
pub struct Refreshed {
    /// For each row of the state, how it stands.
    pub rows: Vec<RowRefresh>,
    /// Rows in the scope of an exclusive set that the state does not show yet.
    pub strangers: Vec<Row>,
    /// Ids of rows that the object may take again.
    pub note: BTreeSet<RowId>,
    /// What the object calls the rows that the listing may hide.
    pub hidden: Vec<String>,
}

/// How a row of a state stands now.
#[derive(Debug, Clone)]
pub enum RowRefresh {
    /// It stands as the state says, or nothing is known of it.
    Same,
    /// It stands, and says something else.
    Changed {
        /// The row.
        row: Box<Row>,
        /// In which fields.
        differences: Vec<Difference>,
    },
    /// Its expiry has passed, so it is not there.
    Expired,
    /// It is not there any more.
    Gone,
    /// Another state has shown it first, and holds it.
    Lost,
    /// It is not in the scope of the exclusive set any more.
    OutOfScope,
}

/// Looks at the rows of a state. Rows are matched by recorded id only: a row that somebody made in the place of another one
/// is not the same row.
///
/// # Errors
/// When the tenant cannot be listed.
pub async fn refresh(tenant: &Tenant, token: Token, prior: &PriorObject) -> Result<Refreshed, Problem> {
    let listing: Arc<Listing> = tenant.client.listing().await.map_err(|error| Problem::Unlisted {
        error,
        unread: Unread::StateKept,
    })?;
    let now = tenant.now();
    let own = tenant.client.principal();
    let mut refreshed = Refreshed {
        rows: Vec::with_capacity(prior.rows.len()),
        strangers: Vec::new(),
        note: prior.note.clone(),
        hidden: Vec::new(),
    };
    let mut lost = Vec::new();
    for state in prior.rows.iter() {
        let found = match &state.holding {
            Holding::Held(id) => match listing.get(id) {
                Some(_) if !tenant.facts.shows_first(token, id) => {
                    lost.push(id.clone());
                    RowRefresh::Lost
                }
                Some(row) => compare(&state.indicator, row),
                None if state.indicator.is_expired(now) => RowRefresh::Expired,
                None if listing.may_hide(id) => {
                    refreshed.hidden.push(state.name.to_string());
                    RowRefresh::Same
                }
                None => RowRefresh::Gone,
            },
            Holding::Shown(id) => {
                let scope = prior.exclusive.as_ref();
                match listing
                    .get(id)
                    .filter(|row| scope.is_some_and(|scope| scope.contains(row, &own)))
                {
                    Some(row) => compare(&state.indicator, row),
                    None => RowRefresh::OutOfScope,
                }
            }
            Holding::Absent => RowRefresh::Expired,
        };
        refreshed.rows.push(found);
    }
    if let Some(scope) = &prior.exclusive {
        let known: HashSet<&RowId> = prior
            .rows
            .iter()
            .filter_map(|row| match &row.holding {
                Holding::Held(id) | Holding::Shown(id) => Some(id),
                Holding::Absent => None,
            })
            .filter(|id| !lost.contains(id))
            .collect();
        let strangers = listing
            .iter()
            .filter(|row| scope.contains(row, &own) && !known.contains(&row.id));
        refreshed.strangers = strangers.cloned().collect();
    }
    // Whatever the configuration says, this state lets them go: that counts as a removal in every order.
    tenant.facts.plan_removals(lost.iter().cloned());
    refreshed.note.extend(lost);
    Ok(refreshed)
}

fn compare(said: &crate::indicator::Indicator, row: &Row) -> RowRefresh {
    let differences = differences(said, &row.indicator);
    if differences.is_empty() {
        RowRefresh::Same
    } else {
        RowRefresh::Changed {
            row: Box::new(row.clone()),
            differences,
        }
    }
}
