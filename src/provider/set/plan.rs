//! Planning a set: which ids stay known, and what the plan has to say.

use super::model::{DRIFT, EXTRA, IDS, Model, held};
use super::{exclusive, leaning};
use crate::indicator::{Field, FieldSet};
use crate::provider::private::{Notes, digests};
use crate::provider::reconcile::{Changes, reconcile};
use crate::provider::report::{expired, recreated};
use crate::provider::row::Held;
use crate::provider::session::Session;
use crate::provider::verdict;
use crate::tf::{Diagnostics, PlanRequest, PlanResponse, Value};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Plans a creation or an update.
pub async fn plan(session: Option<&Session>, request: PlanRequest) -> PlanResponse {
    let PlanRequest {
        prior,
        proposed,
        private,
        ..
    } = request;
    let wanted = Model::read(&proposed);
    let prior_model = Model::read(&prior);
    let held = held(&prior, &prior_model);
    let mut changes = reconcile(&held, &wanted.rows, session.map_or_else(Timestamp::now, Session::now));
    if wanted.incomplete {
        // Rows that are not known yet may be those that are held. The host plans again when they are known.
        changes.delete.clear();
    }

    let ids = if prior.is_null() || wanted.incomplete {
        Value::Unknown
    } else {
        planned_ids(&wanted, &held, &changes)
    };
    let planned = match proposed.as_object() {
        Some(object) => object
            .clone()
            .with(IDS, ids)
            .with(DRIFT, Value::Null)
            .with(EXTRA, Value::Null)
            .into(),
        None => proposed,
    };

    let mut diagnostics = Diagnostics::default();
    let earlier = Notes::read(&private);
    let mut notes = Notes {
        born: earlier.born,
        ..Notes::default()
    };
    if let Some(session) = session {
        let claimant = session.claimant(earlier.claimant, &prior);
        notes.claimant = Some(claimant);
        notes.spellings = earlier.spellings;
        diagnostics.extend(exclusive::check(session, claimant, &prior, &planned, &wanted.rows).await);
        diagnostics.extend(verdict::judge(session, claimant, &held, &wanted.rows, &changes).await);
        diagnostics.extend(changed_defaults(session, &wanted, &prior_model, &changes));
        diagnostics.extend(recreated(&changes, &wanted.rows));
        // Those that the state has already were counted when it was refreshed.
        let newly = changes.expired.iter().map(|index| wanted.rows[*index].key.as_str());
        let known: HashSet<&str> = held.iter().map(|row| row.key.as_str()).collect();
        diagnostics.extend(expired(newly.filter(|key| !known.contains(key)).count()));
        if diagnostics.has_errors() {
            // It will not be applied, so nobody waits for it.
            session.ledger.serve(Some(claimant));
        }
    }
    if prior.is_null() {
        // If this creation is half of a replacement, the delete of the old object gets these notes.
        let rows = wanted.rows.iter().filter(|row| row.has_identity());
        notes.wanted = Some(digests(rows.map(|row| &row.indicator)));
    }
    PlanResponse {
        planned,
        requires_replace: Vec::new(),
        private: notes.write(),
        diagnostics,
    }
}

/// The ids as far as they are certain: those of rows that stay, and of rows whose update cannot change their identity.
/// A write that comes back with another id all the same is an error, and the state then has the right one.
fn planned_ids(wanted: &Model, held: &[Held], changes: &Changes) -> Value {
    let mut ids: BTreeMap<String, Value> = wanted
        .rows
        .iter()
        .map(|row| (row.key.clone(), Value::Unknown))
        .collect();
    let mut set = |wanted_index: usize, id: Value| {
        ids.insert(wanted.rows[wanted_index].key.clone(), id);
    };
    for pair in &changes.keep {
        set(pair.wanted, held[pair.held].id.as_deref().into());
    }
    for pair in &changes.update {
        set(
            pair.wanted,
            if pair.keeps_id() {
                held[pair.held].id.as_deref().into()
            } else {
                Value::Unknown
            },
        );
    }
    for index in &changes.expired {
        set(*index, Value::Null);
    }
    // A changed row whose expiry has passed meanwhile is deleted, but was planned with its id: that promise stands.
    let expired: HashMap<&str, usize> = changes
        .expired
        .iter()
        .map(|index| (wanted.rows[*index].key.as_str(), *index))
        .collect();
    for row in changes.delete.iter().map(|removal| &held[removal.held]) {
        let same = |index: &&usize| row.identity().as_ref() == Some(&wanted.rows[**index].indicator.identity());
        if let Some(index) = expired.get(row.key.as_str()).filter(same) {
            set(*index, row.id.as_deref().into());
        }
    }
    Value::Map(ids)
}

fn changed_defaults(session: &Session, wanted: &Model, prior: &Model, changes: &Changes) -> Diagnostics {
    if prior.rows.is_empty() {
        return Diagnostics::default();
    }
    let changed: FieldSet = crate::indicator::differences(&wanted.defaults.indicator, &prior.defaults.indicator)
        .into_iter()
        .map(|difference| difference.field)
        .collect();
    let leaning_rows: HashSet<usize> =
        changes
            .update
            .iter()
            .chain(&changes.recreate)
            .filter(|pair| {
                pair.fields
                    .iter()
                    .any(|field| changed.contains(field) && !wanted.rows[pair.wanted].written.contains(field))
            })
            .map(|pair| pair.wanted)
            .chain(changes.create.iter().copied().filter(|index| {
                changed.contains(Field::Action) && !wanted.rows[*index].written.contains(Field::Action)
            }))
            .collect();
    let names: Vec<&str> = changed.iter().map(Field::name).collect();
    leaning(leaning_rows.len(), wanted.rows.len(), &names, session.policy.batch_size)
        .into_iter()
        .collect()
}
