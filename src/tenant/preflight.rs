//! What a plan says before anything is written. Only messages come from what the tenant holds; planned values never do,
//! because the host plans again while it applies.

use super::difference::{Difference, compare};
use super::expiry::settle;
use super::facts::Shown;
use super::limits;
use super::object::{PlannedObject, PlannedRow, PriorObject};
use super::ownership::{Asker, Ground, Standing};
use super::problem::{Problem, Protection, Recreated, RowNote, Unread};
use super::protection;
use super::rows::PlannedAt;
use super::token::Token;
use super::{OnExisting, Tenant};
use crate::defender::Listing;
use crate::indicator::{FieldSet, Indicator, Row, RowId, differences};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// What a plan comes to.
#[derive(Debug, Default)]
pub struct Preflight {
    /// What differs.
    pub difference: Difference,
    /// What there is to tell.
    pub problems: Vec<Problem>,
}

/// What differs, as far as that can be told without a tenant.
pub fn difference(prior: &PriorObject, planned: &PlannedObject, now: Timestamp) -> Difference {
    compare(prior, &settle(prior, planned, None, now), now)
}

/// Plans a creation (with an empty `prior`) or an update.
pub async fn plan(tenant: &Tenant, token: Token, prior: &PriorObject, planned: &PlannedObject) -> Preflight {
    let now = tenant.now();
    let difference = difference(prior, planned, now);
    let mut problems = Vec::new();
    let record = prior.held().map(|(id, row)| (id, &*row.indicator));
    let shown = tenant.facts.show(token, record, false);
    problems.extend(needs_refresh(prior, &shown));
    problems.extend(wishes(tenant, token, planned, &difference));
    problems.extend(scopes(tenant, token, planned));
    problems.extend(protected(tenant, planned));
    let removals: Vec<(RowId, &str)> = limits::removals(&difference, prior, planned).collect();
    problems.extend(limits::too_many_removals(tenant, removals));
    let mut protection = protection::planned(&difference, prior, planned);
    protection.recreated = recreated(planned, &difference);
    problems.extend(expired(prior, planned, &difference));
    let changes = !difference.is_empty() || !prior.note.is_empty();
    let starts_owning = planned.exclusive.is_some() && planned.exclusive != prior.exclusive;
    let mut seen = tenant.client.known_listing();
    if changes || starts_owning {
        match tenant.client.listing().await {
            Ok(listing) => {
                let planned = settle(prior, planned, Some(&listing), now);
                look(tenant, prior, &planned, &listing, &mut protection, &mut problems);
                seen = Some(listing);
            }
            Err(error) => problems.push(Problem::Unlisted {
                error,
                unread: Unread::NothingPlanned,
            }),
        }
    }
    problems.extend(protection.problem(false));
    problems.extend(protection::contradictions(
        tenant,
        token,
        prior,
        planned,
        seen.as_deref(),
    ));
    Preflight { difference, problems }
}

/// Plans the end of an object. Answers the ids of rows that another state has shown first, which the deletion has to spare.
pub fn plan_destroy(tenant: &Tenant, token: Token, prior: &PriorObject) -> (Vec<RowId>, Vec<Problem>) {
    let record = prior.held().map(|(id, row)| (id, &*row.indicator));
    let shown = tenant.facts.show(token, record, true);
    let mut problems: Vec<Problem> = needs_refresh(prior, &shown).into_iter().collect();
    let removals = prior.held().map(|(id, row)| (id.clone(), &*row.name)).collect();
    problems.extend(limits::too_many_removals(tenant, removals));
    let spared: HashSet<&RowId> = shown.elsewhere.iter().collect();
    let deleted = prior.held().filter(|(id, _)| !spared.contains(id));
    let protection = Protection {
        deleted: deleted.map(|(_, row)| row.name.to_string()).collect(),
        ..Protection::default()
    };
    problems.extend(protection.problem(false));
    (shown.elsewhere, problems)
}

/// Rows that have expired before they were written. Those that the state has are told by each refresh.
fn expired(prior: &PriorObject, planned: &PlannedObject, difference: &Difference) -> Option<Problem> {
    let known: HashSet<&str> = prior.rows.iter().map(|row| &*row.name).collect();
    let names = difference.expired.iter().map(|index| &planned.rows[*index].name);
    let names: Vec<String> = names
        .filter(|name| !known.contains(&***name))
        .map(ToString::to_string)
        .collect();
    (!names.is_empty()).then_some(Problem::Expired { names })
}

/// What the tenant says of the rows that are to be made or changed.
fn look(
    tenant: &Tenant,
    prior: &PriorObject,
    planned: &PlannedObject,
    listing: &Listing,
    protection: &mut Protection,
    problems: &mut Vec<Problem>,
) {
    let now = tenant.now();
    let asker = Asker::new(tenant, prior, planned.on_existing);
    let mut foreign = Vec::new();
    let (mut made, mut unseen) = (Vec::new(), Vec::new());
    let standings = asker.standings(listing, &planned.rows, prior);
    for (index, row) in planned.rows.at() {
        let standing = standings[index];
        if row.indicator.is_expired(now) || !row.has_label() {
            continue;
        }
        match standing {
            Some(Standing::Foreign(found)) => foreign.push(note(row, found)),
            Some(Standing::Mine(taken)) => match taken.ground {
                Ground::Held => {}
                Ground::Ours => protection.ours.push(note(row, taken.row)),
                Ground::Adopted => protection.adopted.push(note(row, taken.row)),
            },
            Some(Standing::Nothing(_)) => made.push(index),
            Some(Standing::Hidden(None)) => unseen.push(row.name.to_string()),
            Some(Standing::Hidden(Some(_))) | None => {}
        }
    }
    if !foreign.is_empty() {
        problems.push(Problem::Foreign { rows: foreign });
    }
    if !unseen.is_empty() && planned.on_existing == OnExisting::Own {
        problems.push(Problem::Unseen { names: unseen });
    }
    problems.extend(limits::capacity(tenant, listing, planned, &made));
    if let Some(scope) = planned
        .exclusive
        .as_ref()
        .filter(|scope| prior.exclusive.as_ref() != Some(scope))
    {
        let own = tenant.client.principal();
        let wanted: HashSet<_> = planned
            .rows
            .iter()
            .filter(|row| row.has_identity())
            .map(|row| row.indicator.key())
            .collect();
        let count = listing
            .iter()
            .filter(|row| scope.contains(row, &own) && !wanted.contains(&row.indicator.key()))
            .count();
        if count > 0 {
            problems.push(Problem::ScopeNotShownYet { count });
        }
    }
}

/// The row as a problem names it.
pub(super) fn note(wanted: &PlannedRow, found: &Row) -> RowNote {
    RowNote {
        name: wanted.name.to_string(),
        row: found.clone(),
        fields: differing(&wanted.indicator, &found.indicator),
    }
}

/// The fields in which a row is not as it is wanted.
pub(super) fn differing(wanted: &Indicator, found: &Indicator) -> FieldSet {
    differences(wanted, found)
        .into_iter()
        .map(|difference| difference.field)
        .collect()
}

fn needs_refresh(prior: &PriorObject, shown: &Shown) -> Option<Problem> {
    if shown.twice.is_empty() {
        return None;
    }
    let names: HashMap<&RowId, &str> = prior.held().map(|(id, row)| (id, &*row.name)).collect();
    let names = shown
        .twice
        .iter()
        .filter_map(|id| names.get(id))
        .map(|name| (*name).to_owned())
        .collect();
    Some(Problem::NeedsRefresh { names })
}

/// Two objects that want one row would overwrite and delete each other's.
fn wishes(tenant: &Tenant, token: Token, planned: &PlannedObject, difference: &Difference) -> Option<Problem> {
    let expired: HashSet<PlannedAt> = difference.expired.iter().copied().collect();
    let live = |index: &PlannedAt| planned.rows[*index].has_identity() && !expired.contains(index);
    let wanted = planned
        .rows
        .positions()
        .filter(live)
        .map(|index| planned.rows[index].clone());
    let twice = tenant.facts.wish(token, &planned.title, wanted.collect());
    let twice: Vec<(String, String, String)> = twice
        .iter()
        .map(|twice| {
            (
                twice.name.to_string(),
                twice.other.to_string(),
                twice.other_name.to_string(),
            )
        })
        .collect();
    (!twice.is_empty()).then_some(Problem::WantedTwice { rows: twice })
}

/// An exclusive set owns its scope alone: another object in it is an error on both sides, so in either order.
fn scopes(tenant: &Tenant, token: Token, planned: &PlannedObject) -> Option<Problem> {
    if let Some(scope) = &planned.exclusive
        && let Some(other) = tenant.facts.own_scope(token, scope, &planned.title)
    {
        return Some(Problem::ScopeShared {
            other,
            names: Vec::new(),
        });
    }
    let mut labels: HashMap<Option<&str>, Vec<String>> = HashMap::new();
    for row in planned.rows.iter().filter(|row| row.has_identity() && row.has_label()) {
        let label = row.indicator.label();
        labels.entry(label).or_default().push(row.name.to_string());
    }
    labels.into_iter().find_map(|(label, names)| {
        let other = tenant.facts.scope_of(token, label)?;
        Some(Problem::ScopeShared { other, names })
    })
}

fn protected(tenant: &Tenant, planned: &PlannedObject) -> Option<Problem> {
    let rows: Vec<(String, String)> = planned
        .rows
        .iter()
        .filter(|row| row.has_identity())
        .filter_map(|row| Some((row.name.to_string(), tenant.policy.protected.matches(&row.indicator)?)))
        .collect();
    (!rows.is_empty()).then_some(Problem::Protected { rows })
}

fn recreated(planned: &PlannedObject, difference: &Difference) -> Recreated {
    let pairs = difference
        .pairs
        .iter()
        .filter(|pair| pair.fields.iter().any(|field| field.is_create_only()));
    let mut recreated = Recreated::default();
    for pair in pairs {
        recreated.names.push(planned.rows[pair.planned].name.to_string());
        let fields = pair.fields.iter().filter(|field| field.is_create_only());
        fields.for_each(|field| recreated.fields.insert(field));
    }
    recreated
}
