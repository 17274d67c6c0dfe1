//! How much one run may take away, and how much the tenant can hold. Sums over the run that do not depend on its order.

use super::difference::Difference;
use super::facts::Told;
use super::object::{PlannedObject, PriorObject, is_author};
use super::problem::Problem;
use super::rows::{PlannedAt, StateAt};
use super::{Tenant, object::Holding};
use crate::defender::Listing;
use crate::indicator::{Action, RowId};
use std::collections::HashSet;

/// What the end of a row takes away from protection.
pub(super) enum Loss<'a> {
    /// Nothing takes its place.
    Gone,
    /// A row with this weaker action does.
    Weaker(&'a Action),
}

/// What the end of the row at `state` takes away, if anything.
pub(super) fn loss<'a>(
    state: StateAt,
    successor: Option<PlannedAt>,
    prior: &PriorObject,
    planned: &'a PlannedObject,
) -> Option<Loss<'a>> {
    let before = prior.rows[state].indicator.action.strength();
    match successor.map(|index| &planned.rows[index].indicator.action) {
        None => Some(Loss::Gone),
        Some(after) if after.strength() < before => Some(Loss::Weaker(after)),
        Some(_) => None,
    }
}

/// Ids of rows whose end takes protection away, and what the object calls them.
pub(super) fn removals<'a>(
    difference: &'a Difference,
    prior: &'a PriorObject,
    planned: &'a PlannedObject,
) -> impl Iterator<Item = (RowId, &'a str)> {
    let unwanted = difference
        .unwanted
        .iter()
        .filter(|unwanted| loss(unwanted.state, unwanted.successor, prior, planned).is_some());
    unwanted
        .map(|unwanted| unwanted.state)
        .chain(owned_strangers(difference, prior, planned))
        .filter_map(|state| {
            let row = &prior.rows[state];
            match &row.holding {
                Holding::Held(id) | Holding::Shown(id) => Some((id.clone(), &*row.name)),
                Holding::Absent => None,
            }
        })
}

/// Rows of others, by position in the state, that an exclusive set removes: it owns their scope before and after.
pub(super) fn owned_strangers<'a>(
    difference: &'a Difference,
    prior: &PriorObject,
    planned: &PlannedObject,
) -> impl Iterator<Item = StateAt> + use<'a> {
    let owns = planned.exclusive.is_some() && planned.exclusive == prior.exclusive;
    difference.strangers.iter().copied().filter(move |_| owns)
}

/// The problem with a plan that takes more away than one run may, all of its objects together.
pub(super) fn too_many_removals(tenant: &Tenant, removals: Vec<(RowId, &str)>) -> Option<Problem> {
    let allowed = tenant.policy.max_removals?;
    let has_own = !removals.is_empty();
    let (ids, names): (Vec<RowId>, Vec<String>) = removals.into_iter().map(|(id, name)| (id, name.to_owned())).unzip();
    let count = tenant.facts.plan_removals(ids);
    // What a refresh has lost to another state counts although no plan lets it go: somebody has to say so, unless an object with
    // removals of its own has.
    let is_too_many = count > allowed;
    let is_untold = is_too_many && tenant.facts.tell(Told::TooManyRemovals);
    (is_too_many && (has_own || is_untold)).then_some(Problem::TooManyRemovals {
        count,
        allowed,
        names,
        sent: false,
    })
}

/// What there is to say about the room in the tenant once these rows are planned to be made.
pub(super) fn capacity(
    tenant: &Tenant,
    listing: &Listing,
    planned: &PlannedObject,
    made: &[PlannedAt],
) -> Option<Problem> {
    let capacity = tenant.policy.capacity;
    let keys = made.iter().map(|index| planned.rows[*index].indicator.key());
    let creations = tenant.facts.plan_creations(keys);
    if creations == 0 {
        return None;
    }
    let wanted = tenant.facts.wishes();
    if listing.len() + wanted > capacity {
        let own = tenant.client.principal();
        let others: HashSet<_> = listing
            .iter()
            .filter(|row| !is_author(&row.facts, &own))
            .map(|row| row.indicator.key())
            .collect();
        let mut added = 0;
        tenant
            .facts
            .for_each_wish(|key| added += usize::from(!others.contains(key)));
        if others.len() + added > capacity {
            return tenant.facts.tell(Told::TooSmall).then_some(Problem::OverCapacity {
                foreign: others.len(),
                wanted: added,
                capacity,
            });
        }
    }
    let after = listing.len() + creations;
    (after > capacity && tenant.facts.tell(Told::MayNotSuffice)).then_some(Problem::MayExceedCapacity {
        rows: listing.len(),
        creations,
        capacity,
    })
}
