//! Carrying out what was planned: an object claims what it wants, looks, writes, and deletes what it does not want.

use super::difference::{Difference, compare};
use super::expiry::settle;
use super::facts::Claims;
use super::limits;
use super::object::{PlannedObject, PriorObject};
use super::outcome::{Outcome, Written};
use super::ownership::{MayDelete, may_delete};
use super::problem::{Failure, FailureKind, Problem, Protection, RowNote, Unread};
use super::protection;
use super::removal::{Deleted, Patience, delete};
use super::rows::{PlannedAt, Rows, StateAt};
use super::token::Token;
use super::{OnExisting, Tenant};
use crate::defender::Listing;
use crate::indicator::{Digest, RowId, ValueKey};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Makes the tenant hold the planned rows in place of the prior ones: writes before deletions, so that protection has no
/// gap, except for as many deletions as the capacity needs first. `prior` is empty for a creation.
pub async fn apply(tenant: &Tenant, token: Token, prior: &PriorObject, planned: &PlannedObject) -> Outcome {
    let now = tenant.now();
    let certain = settle(prior, planned, None, now);
    let difference = compare(prior, &certain, now);
    let expired: HashSet<PlannedAt> = difference.expired.iter().copied().collect();
    let wanted = certain.rows.at().filter(|(index, _)| !expired.contains(index));
    let wanted = wanted.map(|(index, row)| (index, &*row.indicator));
    let claims = tenant.facts.claim(token, wanted, prior.held().map(|(id, _)| id));
    let listing = match tenant.client.listing().await {
        Ok(listing) => listing,
        Err(error) => {
            let mut outcome = Outcome::new(&planned.rows, prior);
            outcome.untouched = true;
            outcome.problems.push(Problem::Unlisted {
                error,
                unread: Unread::NothingWritten,
            });
            return outcome;
        }
    };
    let planned = settle(prior, planned, Some(&listing), now);
    drop(listing);
    let mut run = Run::new(tenant, token, prior, &planned, difference, claims);
    run.write(&expired).await;
    run.verify().await;
    run.claims.settle_all();
    run.delete().await;
    run.finish()
}

/// What the delete half of a replacement leaves to the create half.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Digests of the rows that the new object wants.
    pub digests: HashSet<Digest>,
    /// Whether the plan of the new object saw no refresh at all, of the old one either.
    pub blind: bool,
}

/// Deletes the rows that a state holds, but not those of `spare`, which another state has shown first, nor those that the
/// new object of a replacement wants.
pub async fn destroy(
    tenant: &Tenant,
    token: Token,
    prior: &PriorObject,
    kept: Option<&Kept>,
    spare: &HashSet<RowId>,
) -> Outcome {
    let mut outcome = Outcome::new(&Rows::default(), prior);
    let kept_rows: HashSet<StateAt> = kept.map(|kept| kept_rows(prior, &kept.digests)).unwrap_or_default();
    let mut due = Vec::new();
    let own = tenant.client.principal();
    for (state, row) in prior.rows.at() {
        let Some(leave) = may_delete(row, None, None, &own) else {
            continue;
        };
        if kept_rows.contains(&state) {
            continue;
        }
        if spare.contains(&leave.id) || tenant.facts.is_taken(token, &leave.id, &leave.key) {
            outcome.let_go(state);
        } else {
            due.push((state, leave));
        }
    }
    if !due.is_empty() && kept.is_some_and(|kept| kept.blind) {
        outcome.problems.push(Problem::BlindDeletion { count: due.len() });
        return outcome;
    }
    if !kept_rows.is_empty()
        && let Err(error) = tenant.client.listing().await
    {
        // The create half could not look at the tenant either, and would leave what this one keeps in no record.
        outcome.problems.push(Problem::Unlisted {
            error,
            unread: Unread::NothingDeleted,
        });
        return outcome;
    }
    let removals: Vec<RowId> = due.iter().map(|(_, leave)| leave.id.clone()).collect();
    if let Some(problem) = unsendable(tenant, prior, &removals) {
        outcome.problems.push(problem);
        return outcome;
    }
    let mut failures = Vec::new();
    let leaves: Vec<MayDelete> = due.iter().map(|(_, leave)| leave.clone()).collect();
    let results = delete(tenant, token, &leaves, Patience::After).await;
    let mut protection = Protection::default();
    for ((state, _), result) in due.into_iter().zip(results) {
        match result {
            Ok(deleted) => {
                if deleted == Deleted::Gone {
                    protection.deleted.push(prior.rows[state].name.to_string());
                }
                outcome.let_go(state);
            }
            Err(error) => failures.push(failure(&prior.rows[state].name, FailureKind::Delete, error)),
        }
    }
    outcome.problems.extend(protection.problem(true));
    if !failures.is_empty() {
        outcome.problems.push(Problem::Failed { failures });
    } else if !kept_rows.is_empty() && tenant.client.is_stopped() {
        outcome.problems.push(Problem::Unreplaced);
    } else {
        kept_rows.into_iter().for_each(|state| outcome.let_go(state));
    }
    outcome
}

/// The rows of the state that the new object of a replacement wants. Where several held rows differ in their device groups
/// only, the groups decide as well; otherwise they do not, since the service may take rows of other groups for the same one.
fn kept_rows(prior: &PriorObject, digests: &HashSet<Digest>) -> HashSet<StateAt> {
    let mut counts: HashMap<Digest, usize> = HashMap::new();
    for (_, row) in prior.held() {
        *counts.entry(row.indicator.identity().digest()).or_default() += 1;
    }
    let is_kept = |row: &super::StateRow| {
        let digest = row.indicator.identity().digest();
        digests.contains(&digest)
            && (counts.get(&digest) == Some(&1) || digests.contains(&row.indicator.key().digest()))
    };
    let rows = prior.rows.at();
    rows.filter(|(_, row)| row.holding.held().is_some() && is_kept(row))
        .map(|(state, _)| state)
        .collect()
}

/// The problem with deletions that would take more away than one run may; else they are counted as sent.
fn unsendable(tenant: &Tenant, prior: &PriorObject, ids: &[RowId]) -> Option<Problem> {
    let count = tenant.facts.send_removals(ids, tenant.policy.max_removals).err()?;
    let names = prior
        .held()
        .filter(|(id, _)| ids.contains(id))
        .map(|(_, row)| row.name.to_string())
        .collect();
    Some(Problem::TooManyRemovals {
        count,
        allowed: tenant.policy.max_removals.unwrap_or_default(),
        names,
        sent: true,
    })
}

pub(super) fn failure(name: &str, kind: FailureKind, error: crate::defender::WriteError) -> Failure {
    Failure {
        name: name.to_owned(),
        kind,
        error,
    }
}

/// One carrying-out in progress.
pub(super) struct Run<'a> {
    pub tenant: &'a Tenant,
    pub token: Token,
    pub prior: &'a PriorObject,
    pub planned: &'a PlannedObject,
    pub difference: Difference,
    pub claims: Claims<'a>,
    pub outcome: Outcome,
    /// Where the rows stand that the record names.
    pub held: HashMap<&'a RowId, StateAt>,
    pub failures: Vec<Failure>,
    /// The listing as it was before anything was written.
    pub before: Option<Arc<Listing>>,
    /// Which planned row has which id.
    pub accepted: HashMap<RowId, PlannedAt>,
    /// Planned rows whose write may have changed less than it should, or landed on a row that was not expected.
    pub doubtful: Vec<PlannedAt>,
    /// What was done to protection so far.
    pub protection: Protection,
    /// Rows of others that imports have changed unexpectedly.
    pub overwritten: Vec<RowNote>,
    /// Rows of the state that this run has deleted because they are not wanted, by position.
    pub gone: Vec<StateAt>,
    /// Held rows, by position in the state, that were deleted already.
    pub deleted: HashSet<StateAt>,
}

impl<'a> Run<'a> {
    fn new(
        tenant: &'a Tenant,
        token: Token,
        prior: &'a PriorObject,
        planned: &'a PlannedObject,
        difference: Difference,
        claims: Claims<'a>,
    ) -> Self {
        Self {
            outcome: Outcome::new(&planned.rows, prior),
            held: prior
                .rows
                .at()
                .filter_map(|(state, row)| Some((row.holding.held()?, state)))
                .collect(),
            tenant,
            token,
            prior,
            planned,
            difference,
            claims,
            failures: Vec::new(),
            before: None,
            accepted: HashMap::new(),
            doubtful: Vec::new(),
            protection: Protection::default(),
            overwritten: Vec::new(),
            gone: Vec::new(),
            deleted: HashSet::new(),
        }
    }

    /// The planned row stands under this id; `found` is what it says if it could not be made as it should be.
    pub fn accept(&mut self, index: PlannedAt, id: &RowId, found: Option<crate::indicator::Indicator>) {
        let same = self.accepted.get(id).filter(|other| **other != index);
        let same = same.map(|other| self.planned.rows[*other].name.to_string());
        // Owned before the claim is settled: whoever waited for that to delete a row of this value must see whose it is now.
        if same.is_some() || self.tenant.facts.own(self.token, id) {
            self.shared(index, id.clone(), same);
        } else {
            self.accepted.insert(id.clone(), index);
            let begun = self.planned.rows[index].begun;
            self.outcome.stands(index, id.clone(), found, begun);
        }
        self.claims.settle(index);
    }

    /// The service keeps one row for the planned row and another one, of this object if that has a name.
    pub fn shared(&mut self, index: PlannedAt, id: RowId, other: Option<String>) {
        let row = &self.planned.rows[index];
        self.outcome.problems.push(Problem::SharedRow {
            value: row.indicator.value.clone(),
            id,
            name: row.name.to_string(),
            other,
        });
    }

    /// Values of planned rows that are not written, or could not be, be it that a row stands there which is recorded as it is.
    fn unwritten(&self) -> HashSet<ValueKey> {
        let is_right = |index| {
            matches!(
                self.outcome.written(index),
                Some(Written::Absent { .. } | Written::Stands { found: None, .. })
            )
        };
        let rows = self.planned.rows.at();
        rows.filter(|(index, _)| !is_right(*index))
            .map(|(_, row)| row.indicator.value_key())
            .collect()
    }

    /// Leave to delete the rows that are not wanted any more, by position in the state.
    fn unwanted(&self, states: impl IntoIterator<Item = StateAt>) -> Vec<(StateAt, MayDelete)> {
        let scope = self
            .prior
            .exclusive
            .as_ref()
            .filter(|scope| self.planned.exclusive.as_ref() == Some(scope));
        let own = self.tenant.client.principal();
        states
            .into_iter()
            .filter(|state| !self.deleted.contains(state))
            .filter_map(|state| {
                let leave = may_delete(&self.prior.rows[state], scope, self.before.as_deref(), &own)?;
                (!self.accepted.contains_key(&leave.id)).then_some((state, leave))
            })
            .collect()
    }

    /// Deletes old rows, unless they would be more than one run may take away.
    pub async fn delete_unwanted(&mut self, states: Vec<StateAt>, patience: Patience) {
        let due = self.unwanted(states);
        let removals: HashSet<RowId> = limits::removals(&self.difference, self.prior, self.planned)
            .map(|(id, _)| id)
            .collect();
        let sent: Vec<RowId> = due
            .iter()
            .map(|(_, leave)| leave.id.clone())
            .filter(|id| removals.contains(id))
            .collect();
        if let Some(problem) = unsendable(self.tenant, self.prior, &sent) {
            self.outcome.problems.push(problem);
            return;
        }
        let leaves: Vec<MayDelete> = due.iter().map(|(_, leave)| leave.clone()).collect();
        let results = delete(self.tenant, self.token, &leaves, patience).await;
        for ((state, _), result) in due.into_iter().zip(results) {
            match result {
                Ok(Deleted::Put) => {}
                Ok(deleted) => {
                    if deleted == Deleted::Gone {
                        self.gone.push(state);
                    }
                    self.deleted.insert(state);
                    self.outcome.let_go(state);
                }
                Err(error) => self
                    .failures
                    .push(failure(&self.prior.rows[state].name, FailureKind::Delete, error)),
            }
        }
    }

    /// Old rows that planned ones take the place of, for the rows at these positions.
    pub fn replaced_by(&self, written: &HashSet<PlannedAt>) -> Vec<StateAt> {
        let unwritten = self.unwritten();
        let unwanted = self.difference.unwanted.iter();
        unwanted
            .filter(|unwanted| unwanted.successor.is_some_and(|index| written.contains(&index)))
            .map(|unwanted| unwanted.state)
            .filter(|state| !unwritten.contains(&self.prior.rows[*state].indicator.value_key()))
            .collect()
    }

    async fn delete(&mut self) {
        let unwritten = self.unwritten();
        let mut states: Vec<StateAt> = self.difference.unwanted.iter().map(|unwanted| unwanted.state).collect();
        states.retain(|state| !unwritten.contains(&self.prior.rows[*state].indicator.value_key()));
        states.extend(self.difference.strangers.iter().copied());
        // Rows whose write came back with another id, so that the old row may still be there beside the new one.
        let pairs: Vec<(PlannedAt, StateAt)> = self
            .difference
            .pairs
            .iter()
            .map(|pair| (pair.planned, pair.state))
            .collect();
        let listing = self.tenant.client.listing().await.ok();
        for (index, state) in pairs {
            let Some(id) = self.prior.rows[state].holding.held() else {
                continue;
            };
            if self.accepted.contains_key(id) {
                self.outcome.let_go(state);
                continue;
            }
            match (&listing, self.outcome.written(index)) {
                (Some(listing), Some(Written::Stands { .. })) if listing.get(id).is_some() => states.push(state),
                (Some(listing), _) if !listing.mentions(id) && !listing.may_hide(id) => self.outcome.let_go(state),
                (_, Some(Written::Absent { .. })) => self.outcome.let_go(state),
                _ => {}
            }
        }
        for unwanted in &self.difference.unwanted {
            let id = self.prior.rows[unwanted.state].holding.held();
            if id.is_some_and(|id| self.accepted.contains_key(id)) {
                self.outcome.let_go(unwanted.state);
            }
        }
        self.delete_unwanted(states, Patience::After).await;
        // What another object has claimed is that one's to record.
        for state in self.outcome.left().collect::<Vec<_>>() {
            let row = &self.prior.rows[state];
            let is_taken = |id: &RowId| self.tenant.facts.is_taken(self.token, id, &row.indicator.key());
            if row.holding.held().is_some_and(is_taken) {
                self.outcome.let_go(state);
            }
        }
    }

    fn finish(mut self) -> Outcome {
        let problems = &mut self.outcome.problems;
        if !self.failures.is_empty() {
            problems.push(Problem::Failed {
                failures: self.failures,
            });
        }
        if !self.overwritten.is_empty() && self.planned.on_existing == OnExisting::Own {
            problems.push(Problem::Overwritten { rows: self.overwritten });
        }
        let unwanted = self.difference.unwanted.iter();
        let successors: HashMap<StateAt, PlannedAt> = unwanted
            .filter_map(|unwanted| Some((unwanted.state, unwanted.successor?)))
            .collect();
        let gone = self.gone.iter().map(|state| (*state, successors.get(state).copied()));
        let Protection { deleted, weakened, .. } = protection::of_removals(gone, self.prior, self.planned);
        let change = Protection {
            deleted,
            weakened,
            ..self.protection
        };
        problems.extend(change.problem(true));
        self.outcome
    }
}
