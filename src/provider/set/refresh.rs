//! Refreshing a set: what the tenant really holds, and who changed it.

use super::exclusive;
use super::model::{Model, held};
use super::state::{Place, StateWriter};
use crate::indicator::differences;
use crate::provider::drift::{Drift, unsure};
use crate::provider::existing::made_anew;
use crate::provider::private::Notes;
use crate::provider::report::unlisted;
use crate::provider::row::odd_spelling;
use crate::provider::session::Session;
use crate::tf::{Diagnostics, ReadRequest, ReadResponse};
use std::collections::{BTreeMap, HashSet};

/// Reads the rows of a state from the shared listing.
pub async fn refresh(session: &Session, request: ReadRequest) -> ReadResponse {
    let ReadRequest { state, private } = request;
    let model = Model::read(&state);
    let held = held(&state, &model);
    let Notes {
        born,
        spellings: earlier,
        ..
    } = Notes::read(&private);
    let own: HashSet<&str> = held.iter().filter_map(|row| row.id.as_deref()).collect();
    session.ledger.refresh(born, own.iter().copied());
    let listing = match session.client.listing().await {
        Ok(listing) => listing,
        Err(error) => {
            let diagnostics = unlisted(&error, "The state stays as it was.").into();
            return ReadResponse {
                state,
                private,
                diagnostics,
            };
        }
    };
    session.meet_holders(&own.iter().copied().collect::<Vec<_>>()).await;
    let now = session.now();
    let mut found_ids: HashSet<&str> = HashSet::with_capacity(held.len());
    let mut drift = Drift::default();
    let (mut expired, mut missed) = (0, 0);
    let mut spellings = BTreeMap::new();
    let mut writer = StateWriter::new(&state, &model);

    for (index, old) in held.iter().enumerate() {
        if old.id.as_ref().is_some_and(|id| session.ledger.is_inherited(born, id)) {
            // Only an interrupted run leaves one row to two objects. Whatever happens to the older one, mostly its
            // destruction, must not happen to the row.
            tracing::info!(row = old.key, "a younger object holds this row; this object forgets it");
            continue;
        }
        let place = Place::of(&state, &model, index);
        let listed = old.id.as_deref().and_then(|id| listing.get(id));
        let is_expired = || model.rows[index].indicator.is_expired(now);
        if let (Some(id), None) = (&old.id, listed)
            && listing.may_hide(id)
            && !is_expired()
        {
            // It may be there all the same, so nothing is to be concluded, not even from a row like it.
            missed += 1;
            spellings.extend(earlier.get(id).map(|spelling| (id.clone(), spelling.clone())));
            writer.as_stored(place, id);
            continue;
        }
        let anew = || {
            made_anew(session, &listing, &old.indicator, |id| {
                own.contains(id) || found_ids.contains(id)
            })
        };
        let Some(row) = listed.or_else(anew) else {
            if is_expired() {
                expired += 1;
                writer.as_written(place, None);
            } else if let Some(id) = &old.id {
                drift.gone(&old.key, id);
            } else {
                drift.gone(&old.key, "none");
            }
            continue;
        };
        found_ids.insert(row.id.as_str());
        if let Some(id) = old.id.as_ref().filter(|id| **id != row.id) {
            drift.moved(&old.key, id, row);
        }
        if let Some(spelling) = odd_spelling(&old.indicator, &row.indicator.value) {
            spellings.insert(row.id.clone(), spelling);
        }
        let differences = differences(&model.rows[index].indicator, &row.indicator);
        if differences.is_empty() {
            writer.as_written(place, Some(&row.id));
        } else {
            drift.changed(&old.key, &differences, row);
            writer.as_found(place, &row.indicator, &differences, Some(&row.id));
        }
    }

    let extra = exclusive::extra(session, &state, &listing, &found_ids).await;
    extra.iter().for_each(|row| drift.extra(row));
    let mut diagnostics = Diagnostics::default();
    diagnostics.extend(drift.into_warning());
    diagnostics.extend(crate::provider::report::expired(expired));
    diagnostics.extend(unsure(missed));
    let state = writer.finish(exclusive::as_value(&extra));
    ReadResponse {
        state,
        private: Notes::of_state(born, spellings),
        diagnostics,
    }
}
