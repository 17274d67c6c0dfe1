//! What a tenant looks like to whoever signs in: how full it is, whose its rows are, and what stands in the way of a run.

use super::{Problem, Tenant, Unread};
use crate::defender::{Listing, Principal};
use crate::indicator::{Row, RowId};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// From this share of the capacity on, in percent, a tenant is nearly full.
const NEARLY_FULL: usize = 90;

/// How many rows there are, by the product that made them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of them, those that cannot be read included.
    pub used: usize,
    /// Those that can be read, by product.
    pub by_source: BTreeMap<String, usize>,
    /// Those that cannot.
    pub unreadable: usize,
}

impl Usage {
    /// Counts the rows of a listing.
    #[must_use]
    pub fn of(listing: &Listing) -> Self {
        let (unreadable, _) = listing.unreadable();
        let mut usage = Self {
            used: listing.len() + unreadable,
            unreadable,
            ..Self::default()
        };
        for row in listing.iter() {
            let source = row.facts.created_by_source.as_deref().unwrap_or("Unspecified");
            match usage.by_source.get_mut(source) {
                Some(count) => *count += 1,
                None => drop(usage.by_source.insert(source.to_owned(), 1)),
            }
        }
        usage
    }
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Whom the token is for.
    pub principal: Arc<Principal>,
    /// How many rows the tenant can hold, as configured.
    pub capacity: usize,
    /// The rows that can be seen; nothing if they cannot be listed.
    pub usage: Option<Usage>,
    /// Rows that this application made or wrote last, by their label.
    pub own: BTreeMap<Option<String>, usize>,
    /// Those of them that nothing holds, if it is known what holds which, in the order of their values.
    pub unheld: Option<Vec<Row>>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

impl Survey {
    /// Rows of this application.
    #[must_use]
    pub fn own_count(&self) -> usize {
        self.own.values().sum()
    }

    /// How many rows the tenant can still take; nothing if not all rows are seen.
    #[must_use]
    pub fn free(&self) -> Option<usize> {
        let usage = self.usage.as_ref().filter(|_| !self.principal.sees_own_rows_only())?;
        Some(self.capacity.saturating_sub(usage.used))
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The token names no permission for indicators.
    NoPermission,
    /// The service does not let the application list indicators, in its own words and with what to do.
    Forbidden {
        /// What happened.
        text: String,
        /// What to do.
        hint: String,
    },
    /// The token names permissions, but none to write indicators.
    ReadOnly,
    /// The application sees its own rows only.
    OwnRowsOnly,
    /// The tenant is full, or nearly so.
    Full {
        /// Rows in it.
        used: usize,
        /// Rows that it can hold.
        capacity: usize,
    },
    /// Some rows cannot be read.
    Unreadable(usize),
    /// Nothing holds so many rows of this application.
    Unheld(usize),
    /// Others changed the tenant all the while, so some rows may be missing.
    Incomplete,
}

/// Looks at the tenant, which has signed in. `held` has the ids of all rows that something holds, if that is known.
///
/// # Errors
/// When the rows cannot be listed for another reason than a missing permission.
pub async fn survey(tenant: &Tenant, held: Option<&HashSet<RowId>>) -> Result<Survey, Problem> {
    let client = &tenant.client;
    let listed = client.listing().await;
    let principal = client.principal();
    let mut survey = Survey {
        capacity: tenant.policy.capacity,
        usage: None,
        own: BTreeMap::new(),
        unheld: None,
        findings: Vec::new(),
        principal,
    };
    let own = &survey.principal;
    let names_permissions = !own.roles.is_empty() || !own.scopes.is_empty();
    let listing = match listed {
        Ok(listing) => listing,
        Err(error) if error.is_forbidden() => {
            // A token that says when it ends is one that can be read.
            if own.expires.is_some() && !names_permissions {
                survey.findings.push(Finding::NoPermission);
            }
            survey.findings.push(Finding::Forbidden {
                text: error.to_string(),
                hint: error.hint(),
            });
            return Ok(survey);
        }
        Err(error) => {
            let unread = Unread::NothingRead;
            return Err(Problem::Unlisted { error, unread });
        }
    };
    let usage = Usage::of(&listing);
    let own_rows = || listing.iter().filter(|row| super::object::is_writer(&row.facts, own));
    for row in own_rows() {
        *survey.own.entry(row.indicator.label().map(str::to_owned)).or_default() += 1;
    }
    if let Some(held) = held {
        let mut unheld: Vec<Row> = own_rows().filter(|row| !held.contains(&row.id)).cloned().collect();
        unheld.sort_by(|one, other| (&one.indicator.value, &one.id).cmp(&(&other.indicator.value, &other.id)));
        if !unheld.is_empty() {
            survey.findings.push(Finding::Unheld(unheld.len()));
        }
        survey.unheld = Some(unheld);
    }
    if names_permissions && !own.may_write() {
        survey.findings.push(Finding::ReadOnly);
    }
    let (used, capacity) = (usage.used, survey.capacity);
    if own.sees_own_rows_only() {
        survey.findings.push(Finding::OwnRowsOnly);
    } else if used.saturating_mul(100) >= capacity.saturating_mul(NEARLY_FULL) {
        survey.findings.push(Finding::Full { used, capacity });
    }
    if usage.unreadable > 0 {
        survey.findings.push(Finding::Unreadable(usage.unreadable));
    }
    if !listing.is_complete() {
        survey.findings.push(Finding::Incomplete);
    }
    survey.usage = Some(usage);
    Ok(survey)
}
