//! The one rule about whose row it is. Nothing is taken over, written or deleted without an answer of this module.
//!
//! It asks the tenant and the object's own record, and never what else the host has shown: so it gives one answer in every
//! order of calls.

use super::object::{Holding, OnExisting, PlannedRow, PriorObject, Scope, StateRow, is_writer};
use super::rows::{PlannedAt, Rows};
use super::{Policy, Tenant};
use crate::defender::{Listing, Principal};
use crate::indicator::{Indicator, Key, Row, RowId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Why an object may take a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// Its record names the row.
    Held,
    /// This application made or wrote the row, under a label of this configuration.
    Ours,
    /// The configuration says so.
    Adopted,
}

/// Leave to write over a row, and to record it. Only this module gives it.
#[derive(Debug, Clone, Copy)]
pub(super) struct MayTake<'l> {
    pub row: &'l Row,
    pub ground: Ground,
    _seal: (),
}

/// Leave to make a row, since there is none of its identity. Only this module gives it.
#[derive(Debug, Clone, Copy)]
pub(super) struct MayCreate {
    _seal: (),
}

/// Leave to delete a row. Only this module gives it.
#[derive(Debug, Clone)]
pub(super) struct MayDelete {
    pub id: RowId,
    pub key: Key,
    _seal: (),
}

/// What stands in the tenant where an object wants a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing<'l> {
    /// Nothing.
    Nothing(MayCreate),
    /// A row that the object may take.
    Mine(MayTake<'l>),
    /// A row that somebody else may depend on.
    Foreign(&'l Row),
    /// Nothing that the listing shows, but the listing may not show everything. The id is that of a held row.
    Hidden(Option<&'l RowId>),
}

/// Asks for one object: what may it take?
pub(super) struct Asker<'a> {
    policy: &'a Policy,
    own: Arc<Principal>,
    on_existing: OnExisting,
    /// Ids that the record names, those of its note included.
    record: HashSet<&'a RowId>,
}

impl<'a> Asker<'a> {
    pub fn new(tenant: &'a Tenant, prior: &'a PriorObject, on_existing: OnExisting) -> Self {
        Self {
            policy: &tenant.policy,
            own: tenant.client.principal(),
            on_existing,
            record: prior.held().map(|(id, _)| id).chain(&prior.note).collect(),
        }
    }

    /// Why the object may take the row as what `wanted` says, if it may.
    fn ground(&self, row: &Row, wanted: &Indicator) -> Option<Ground> {
        if self.record.contains(&row.id) {
            return Some(Ground::Held);
        }
        let found = row.indicator.label();
        let is_listed = |label| self.policy.applications.iter().any(|listed| listed == label);
        let is_known = found == wanted.label() || found.is_some_and(is_listed);
        if is_writer(&row.facts, &self.own) && is_known {
            return Some(Ground::Ours);
        }
        (self.on_existing == OnExisting::Adopt).then_some(Ground::Adopted)
    }

    /// What stands where the object wants its rows, in their order. Rows without a known identity are `None`.
    ///
    /// The service may hold one value for several device groups, and one hash in several spellings. A row for exactly the
    /// wanted groups is looked for first; then a row that the object holds and wants for no other groups. A stranger's
    /// row for other groups is foreign all the same, because it is not known whether the service would take it for the
    /// wanted one.
    pub fn standings<'l>(
        &self,
        listing: &'l Listing,
        rows: &'l Rows<PlannedAt, PlannedRow>,
        held: &'l PriorObject,
    ) -> Rows<PlannedAt, Option<Standing<'l>>> {
        let mut used: HashSet<&RowId> = HashSet::new();
        let mut answers: Rows<PlannedAt, Option<Standing<'l>>> = rows.each(None);
        let mut rest = Vec::new();
        for (index, row) in rows.at().filter(|(_, row)| row.has_identity()) {
            let exact = listing
                .standing_for(&row.indicator)
                .filter(|found| !used.contains(&found.id) && same_scope(&row.indicator, found));
            match exact.min_by_key(|found| self.rank(found, &row.indicator)) {
                Some(found) => {
                    used.insert(&found.id);
                    answers.set(index, Some(self.judge(found, &row.indicator)));
                }
                None => rest.push(index),
            }
        }
        if rest.is_empty() {
            return answers;
        }
        let recorded: HashMap<Key, &RowId> = held.held().map(|(id, row)| (row.indicator.key(), id)).collect();
        for index in rest {
            let row = &rows[index];
            let others = listing
                .standing_for(&row.indicator)
                .filter(|found| !used.contains(&found.id));
            let answer = match others.min_by_key(|found| self.rank(found, &row.indicator)) {
                Some(found) if self.record.contains(&found.id) => {
                    used.insert(&found.id);
                    self.judge(found, &row.indicator)
                }
                Some(found) if self.ground(found, &row.indicator).is_none() => Standing::Foreign(found),
                _ => match recorded.get(&row.indicator.key()).filter(|id| listing.may_hide(id)) {
                    Some(id) => Standing::Hidden(Some(id)),
                    None if !listing.is_complete() && self.on_existing == OnExisting::Own => Standing::Hidden(None),
                    None => Standing::Nothing(MayCreate { _seal: () }),
                },
            };
            answers.set(index, Some(answer));
        }
        answers
    }

    fn judge<'l>(&self, row: &'l Row, wanted: &Indicator) -> Standing<'l> {
        match self.ground(row, wanted) {
            Some(ground) => Standing::Mine(MayTake { row, ground, _seal: () }),
            None => Standing::Foreign(row),
        }
    }

    /// Rows of one identity in the order in which they are looked at: held, ours, adoptable, oldest.
    fn rank<'l>(&self, row: &'l Row, wanted: &Indicator) -> (u8, &'l RowId) {
        let rank = match self.ground(row, wanted) {
            Some(Ground::Held) => 0,
            Some(Ground::Ours) => 1,
            Some(Ground::Adopted) => 2,
            None => 3,
        };
        (rank, &row.id)
    }
}

/// Leave to make a row again after its own deletion.
pub(super) fn again(_deleted: &MayDelete) -> MayCreate {
    MayCreate { _seal: () }
}

/// Leave to delete a row of a state: one that the record names, or one that was shown in a scope that the set owned alone and
/// still owns alone, and that is still in it.
pub(super) fn may_delete(
    row: &StateRow,
    scope: Option<&Scope>,
    listing: Option<&Listing>,
    own: &Principal,
) -> Option<MayDelete> {
    let leave = |id: &RowId| MayDelete {
        id: id.clone(),
        key: row.indicator.key(),
        _seal: (),
    };
    match &row.holding {
        Holding::Held(id) => Some(leave(id)),
        Holding::Shown(id) => {
            let found = listing?.get(id)?;
            scope?.contains(found, own).then(|| leave(id))
        }
        Holding::Absent => None,
    }
}

/// Leave to delete a row that is taken, so that it can be made anew with what the service takes at creation only.
pub(super) fn may_recreate(taken: &MayTake<'_>) -> MayDelete {
    MayDelete {
        id: taken.row.id.clone(),
        key: taken.row.indicator.key(),
        _seal: (),
    }
}

/// Whether the row applies to the wanted device groups.
fn same_scope(wanted: &Indicator, row: &Row) -> bool {
    !crate::indicator::differences(wanted, &row.indicator)
        .iter()
        .any(|difference| difference.field.is_scope())
}
