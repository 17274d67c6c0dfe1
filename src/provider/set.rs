//! The resource `mde_indicator_set`: a list of indicators, the resource that scales.

mod check;
mod exclusive;
mod import;
mod model;
mod plan;
mod refresh;
mod schema;
mod state;

pub use model::read_element;
pub use schema::element_type;
pub use state::in_words;

use super::apply::{Outcome, Purpose, carry_out, remove};
use super::private::Notes;
use super::reconcile::reconcile;
use super::report::{counted, half_made};
use super::row::{Held, spelled};
use super::session::Session;
use crate::indicator::differences;
use crate::tf::{
    ApplyResponse, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Imported, PlanRequest, PlanResponse,
    ReadRequest, ReadResponse, Resource, Schema, UpdateRequest, Value,
};
use async_trait::async_trait;
use model::{EXTRA, IDS, Model, held};
use state::{Place, StateWriter};
use std::collections::{BTreeMap, HashMap};

/// The resource `mde_indicator_set`.
pub struct IndicatorSet;

#[async_trait]
impl Resource<Session> for IndicatorSet {
    fn type_name(&self) -> &'static str {
        "mde_indicator_set"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check::check(config)
    }

    async fn plan(&self, session: Option<&Session>, request: PlanRequest) -> PlanResponse {
        let _under_way = session.map(Session::enter);
        plan::plan(session, request).await
    }

    async fn plan_destroy(&self, session: Option<&Session>, prior: Value, private: Vec<u8>) -> (Vec<u8>, Diagnostics) {
        let _under_way = session.map(Session::enter);
        let model = Model::read(&prior);
        super::destroy::plan(session, &held(&prior, &model), &private).await
    }

    async fn create(&self, session: &Session, request: CreateRequest) -> ApplyResponse {
        let _under_way = session.enter();
        let wanted = Model::read(&request.planned);
        let changes = reconcile(&[], &wanted.rows, session.now());
        let claimant = Notes::read(&request.private).claimant;
        let outcome = carry_out(session, Purpose::Create, claimant, &[], &wanted.rows, changes).await;
        if outcome.diagnostics.has_errors() && outcome.is_empty() {
            return ApplyResponse {
                state: Value::Null,
                private: Vec::new(),
                diagnostics: outcome.diagnostics,
            };
        }
        let born = Some(session.now().as_millisecond());
        let mut response = settle(&request.planned, &wanted, &Value::Null, &[], born, outcome);
        if response.diagnostics.has_errors() {
            response.diagnostics.push(half_made("The set was created in part"));
        }
        response
    }

    async fn read(&self, session: &Session, request: ReadRequest) -> ReadResponse {
        let _under_way = session.enter();
        refresh::refresh(session, request).await
    }

    async fn update(&self, session: &Session, request: UpdateRequest) -> ApplyResponse {
        let _under_way = session.enter();
        let prior = Model::read(&request.prior);
        let Notes {
            claimant,
            spellings,
            born,
            ..
        } = Notes::read(&request.private);
        let held = spelled(held(&request.prior, &prior), &spellings);
        let wanted = Model::read(&request.planned);
        let changes = reconcile(&held, &wanted.rows, session.now());
        exclusive::take_over(session, &request.prior, &request.planned, &wanted.rows).await;
        let mut outcome = carry_out(session, Purpose::Update, claimant, &held, &wanted.rows, changes).await;
        if outcome.abandoned {
            return ApplyResponse {
                state: request.prior,
                private: Notes::of_state(born, spellings),
                diagnostics: outcome.diagnostics,
            };
        }
        let born = if outcome.inherits {
            Some(session.now().as_millisecond())
        } else {
            born
        };
        let removed = exclusive::remove_extra(session, &request.prior, &request.planned, &wanted.rows).await;
        outcome.diagnostics.extend(removed);
        settle(&request.planned, &wanted, &request.prior, &held, born, outcome)
    }

    async fn delete(&self, session: &Session, request: DeleteRequest) -> ApplyResponse {
        let _under_way = session.enter();
        let model = Model::read(&request.prior);
        let held = held(&request.prior, &model);
        let Notes { wanted, born, .. } = Notes::read(&request.private);
        session.ending();
        let outcome = remove(session, &held, wanted.as_ref()).await;
        if !outcome.diagnostics.has_errors() {
            return ApplyResponse {
                state: Value::Null,
                private: Vec::new(),
                diagnostics: outcome.diagnostics,
            };
        }
        let mut writer = StateWriter::new(&request.prior, &model);
        for position in outcome.remaining() {
            let id = held[position].id.as_deref();
            writer.as_written(Place::of(&request.prior, &model, position), id);
        }
        let state = writer.finish(request.prior.get(EXTRA).clone());
        ApplyResponse {
            state,
            private: Notes::of_state(born, BTreeMap::new()),
            diagnostics: outcome.diagnostics,
        }
    }

    async fn import(&self, session: &Session, id: &str) -> Result<Imported, Diagnostics> {
        import::import(session, id).await
    }

    fn observe(&self, session: &Session, state: &Value) {
        if let Some(ids) = state.get(IDS).as_map() {
            session.ledger.observe(ids.values().filter_map(Value::as_str));
        }
        session.walk.stored(session.client.clock().elapsed());
    }
}

/// The state after writing of an object made at this time: what was planned if all went well, else exactly what the
/// service holds.
fn settle(
    planned: &Value,
    wanted: &Model,
    prior: &Value,
    held: &[Held],
    born: Option<i64>,
    mut outcome: Outcome,
) -> ApplyResponse {
    let planned_ids = planned.get(IDS);
    let unexpected: Vec<&str> = outcome
        .moved
        .iter()
        .map(|index| wanted.rows[*index].key.as_str())
        .filter(|key| {
            planned_ids
                .as_map()
                .and_then(|ids| ids.get(*key))
                .is_some_and(|id| !id.is_unknown())
        })
        .collect();
    if !unexpected.is_empty() {
        outcome.diagnostics.push(super::report::moved(&unexpected));
    }

    let mut writer = StateWriter::new(planned, wanted);
    for (index, row) in wanted.rows.iter().enumerate() {
        let Some(settled) = outcome.settled(index) else {
            continue;
        };
        let promised = planned_ids
            .as_map()
            .and_then(|ids| ids.get(&row.key))
            .and_then(Value::as_str);
        // A row that expired after its id was planned keeps that id until the next refresh: the host insists.
        let place = Place::of(planned, wanted, index);
        let id = settled.id.as_deref().or(promised);
        match &settled.found {
            None => writer.as_written(place, id),
            Some(found) => writer.as_found(place, found, &differences(&row.indicator, found), id),
        }
    }
    // What is left of the old rows has its key again: a row that still stands under its old id must not be forgotten.
    let prior_model = Model::read(prior);
    let successors: HashMap<&str, usize> = if outcome.remaining().next().is_some() {
        let settled =
            (0..wanted.rows.len()).filter(|index| outcome.settled(*index).is_some_and(|row| row.id.is_some()));
        settled.map(|index| (wanted.rows[index].key.as_str(), index)).collect()
    } else {
        HashMap::new()
    };
    for position in outcome.remaining() {
        let place = Place::of(prior, &prior_model, position);
        let row = &held[position];
        if let Some(index) = successors.get(row.key.as_str()) {
            writer.set_aside(&row.key, &wanted.rows[*index].indicator);
        }
        let differences = differences(&writer.reads(place), &row.indicator);
        writer.as_found(place, &row.indicator, &differences, row.id.as_deref());
        writer.keep_drift(&row.key, prior);
    }
    let extra = if outcome.diagnostics.has_errors() {
        prior.get(EXTRA).clone()
    } else {
        Value::Null
    };
    ApplyResponse {
        state: writer.finish(extra),
        private: Notes::of_state(born, outcome.spellings),
        diagnostics: outcome.diagnostics,
    }
}

/// How many rows lean on a default that changed, in words for a plan's diagnostics; `None` for none.
fn leaning(rows: usize, of: usize, names: &[&str], batch_size: usize) -> Option<Diagnostic> {
    (rows > 0).then(|| {
        let calls = rows.div_ceil(batch_size.max(1));
        Diagnostic::warning(
            format!("A changed default changes {}", counted(rows, "row", "rows")),
            format!(
                "`{}` of the set changed, and {rows} of its {} {} it. Updating them takes {}.",
                names.join("`, `"),
                counted(of, "row", "rows"),
                if rows == 1 { "leans on" } else { "lean on" },
                counted(calls, "import call", "import calls"),
            ),
        )
    })
}
