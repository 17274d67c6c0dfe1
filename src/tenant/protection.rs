//! What a plan or an apply does to protection, and what stands against it in the tenant.

use super::Tenant;
use super::difference::Difference;
use super::limits::{self, Loss};
use super::object::{Holding, PlannedObject, PriorObject};
use super::problem::{Contradiction, Opponent, Problem, Protection, Weakened};
use super::rows::{PlannedAt, StateAt};
use super::token::Token;
use super::wishes::WishOfOthers;
use crate::defender::Listing;
use crate::indicator::{Action, Identity, IndicatorType, Row, conflicts, weakens};
use foldhash::HashSet;

/// What the end of these rows of the state does to protection: some go for good, some make way for weaker ones.
pub(super) fn of_removals(
    removed: impl Iterator<Item = (StateAt, Option<PlannedAt>)>,
    prior: &PriorObject,
    planned: &PlannedObject,
) -> Protection {
    let mut protection = Protection::default();
    for (state, successor) in removed {
        let row = &prior.rows[state];
        match limits::loss(state, successor, prior, planned) {
            Some(Loss::Gone) => protection.deleted.push(row.name.to_string()),
            Some(Loss::Weaker(after)) => protection.weakened.push(Weakened {
                name: row.name.to_string(),
                before: row.indicator.action.clone(),
                after: after.clone(),
            }),
            None => {}
        }
    }
    protection
}

/// What a plan does to protection, as far as configuration and state tell.
pub(super) fn planned(difference: &Difference, prior: &PriorObject, planned: &PlannedObject) -> Protection {
    let unwanted = difference
        .unwanted
        .iter()
        .map(|unwanted| (unwanted.state, unwanted.successor));
    let strangers = limits::owned_strangers(difference, prior, planned).map(|state| (state, None));
    of_removals(unwanted.chain(strangers), prior, planned)
}

/// Rows that are both allowed and blocked: those that the object wants beside others of the tenant and of other objects.
pub(super) fn contradictions(
    tenant: &Tenant,
    token: Token,
    prior: &PriorObject,
    planned: &PlannedObject,
    listing: Option<&Listing>,
) -> Option<Problem> {
    let now = tenant.now();
    let live = |index: &PlannedAt| {
        let row = &planned.rows[*index];
        row.has_identity() && row.indicator.indicator_type.is_network() && !row.indicator.is_expired(now)
    };
    let wanted: Vec<PlannedAt> = planned.rows.positions().filter(live).collect();
    if wanted.is_empty() {
        return None;
    }
    // One of the two always has an action that weakens. So rows that all block ask for the few of the others that do, which
    // keeps a run with many single indicators from spelling out the whole tenant for each.
    let asks_all = wanted.iter().any(|index| {
        let indicator = &planned.rows[*index].indicator;
        weakens(&indicator.indicator_type, &indicator.action)
    });
    let matters = |indicator_type: &IndicatorType, action: &Action| {
        weakens(indicator_type, action) || (asks_all && indicator_type.is_network())
    };
    let wishes = tenant
        .facts
        .wishes_of_others(token, |identity| matters(identity.indicator_type(), identity.action()));
    let rows = listing.into_iter().flat_map(Listing::iter);
    let rows: Vec<&Row> = rows
        .filter(|row| matters(&row.indicator.indicator_type, &row.indicator.action))
        .collect();
    if rows.is_empty() && wishes.is_empty() {
        return None;
    }
    // Its own rows, which the configuration alone can be blamed for, and those that this very change takes away.
    let own: HashSet<_> = prior
        .rows
        .iter()
        .filter_map(|row| match &row.holding {
            Holding::Held(id) | Holding::Shown(id) => Some(id),
            Holding::Absent => None,
        })
        .collect();
    let identities: Vec<(PlannedAt, Identity)> = wanted
        .into_iter()
        .map(|index| (index, planned.rows[index].indicator.identity()))
        .collect();
    let mine: HashSet<&Identity> = identities.iter().map(|(_, identity)| identity).collect();
    let standing: Vec<(&Row, Identity)> = rows
        .into_iter()
        .filter(|row| !own.contains(&row.id))
        .map(|row| (row, row.indicator.identity()))
        .collect();
    let there: HashSet<&Identity> = standing.iter().map(|(_, identity)| identity).collect();
    let in_the_tenant = standing.iter().map(|(row, identity)| (Other::Row(row), identity));
    let elsewhere = wishes.iter().filter(|wish| !there.contains(&wish.identity));
    let elsewhere = elsewhere.map(|wish| (Other::Wish(wish), &wish.identity));
    let others = in_the_tenant
        .chain(elsewhere)
        .filter(|(_, identity)| !mine.contains(identity));
    let found = conflicts(identities.iter().map(|(index, identity)| (*index, identity)), others);
    let pairs: Vec<Contradiction> = found
        .into_iter()
        .map(|(index, other, conflict)| Contradiction {
            name: planned.rows[index].name.to_string(),
            action: planned.rows[index].indicator.action.clone(),
            other: match other {
                Other::Row(row) => Opponent::Tenant(Box::new(row.clone())),
                Other::Wish(wish) => Opponent::Object {
                    title: wish.title.clone(),
                    name: wish.name.clone(),
                    action: wish.identity.action().clone(),
                },
            },
            conflict,
        })
        .collect();
    (!pairs.is_empty()).then_some(Problem::Contradictory { pairs })
}

/// Rows of one object that contradict each other.
pub fn contradictions_within(planned: &PlannedObject) -> Option<Problem> {
    let is_told = |index: &PlannedAt| {
        let row = &planned.rows[*index];
        row.has_identity() && row.indicator.indicator_type.is_network()
    };
    let is_weak = |index: &PlannedAt| {
        let indicator = &planned.rows[*index].indicator;
        weakens(&indicator.indicator_type, &indicator.action)
    };
    let told: Vec<PlannedAt> = planned.rows.positions().filter(is_told).collect();
    if !told.iter().any(is_weak) {
        return None;
    }
    let identities: Vec<(PlannedAt, Identity)> = told
        .into_iter()
        .map(|index| (index, planned.rows[index].indicator.identity()))
        .collect();
    let all = || identities.iter().map(|(index, identity)| (*index, identity));
    let found = conflicts(all().filter(|(index, _)| is_weak(index)), all());
    let pairs: Vec<Contradiction> = found
        .into_iter()
        // Of two weak ones each is found from both sides.
        .filter(|(one, other, _)| !is_weak(other) || one < other)
        .map(|(one, other, conflict)| Contradiction {
            name: planned.rows[one].name.to_string(),
            action: planned.rows[one].indicator.action.clone(),
            other: Opponent::Own {
                name: planned.rows[other].name.to_string(),
                action: planned.rows[other].indicator.action.clone(),
            },
            conflict,
        })
        .collect();
    (!pairs.is_empty()).then_some(Problem::Contradictory { pairs })
}

/// What stands against a row.
#[derive(Clone, Copy)]
enum Other<'a> {
    Row(&'a Row),
    Wish(&'a WishOfOthers),
}
