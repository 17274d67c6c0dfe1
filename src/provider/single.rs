//! The resource `mde_indicator`: one indicator. For `for_each` over tens or hundreds.

use super::apply::{Outcome, Purpose, carry_out, remove};
use super::drift::{Drift, unsure};
use super::existing::{describe, made_anew};
use super::fields;
use super::findings::Findings;
use super::private::{Notes, digests};
use super::reconcile::{Changes, Pair, reconcile};
use super::report::{self, named, unlisted};
use super::row::{Held, Reader, Wanted, no_defaults, odd_spelling, spelled};
use super::session::Session;
use super::verdict;
use crate::indicator::{Field, Indicator, Row, detect_type, differences, rules};
use crate::tf::{
    ApplyResponse, Attribute, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Imported, Object, ObjectType,
    Path, PlanRequest, PlanResponse, ReadRequest, ReadResponse, Resource, Schema, UpdateRequest, Value,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Name of the resource.
pub const TYPE_NAME: &str = "mde_indicator";

const ID: &str = "id";

/// The resource `mde_indicator`.
pub struct SingleIndicator;

fn schema() -> Schema {
    let mut attributes = vec![
        Attribute::string(ID)
            .computed()
            .describe("The service's own identifier of the indicator."),
        fields::attribute(Field::Value).required(),
    ];
    attributes.extend(fields::all().map(|field| match field {
        Field::Action | Field::Title => fields::attribute(field).required(),
        _ => fields::attribute(field).optional(),
    }));
    Schema::new(
        "One indicator. For lists of more than a few hundred use `mde_indicator_set`: Terraform itself is slow with \
         thousands of instances.",
        attributes,
    )
}

fn resource_type() -> &'static Arc<ObjectType> {
    static TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| schema().object_type());
    &TYPE
}

/// Reads what a configuration, plan or state says.
fn read(value: &Value) -> Wanted {
    let key = value.get(Field::Value.name()).as_str().unwrap_or_default();
    let mut reader = Reader::new(key, &no_defaults());
    reader.take(value, std::iter::once(Field::Value).chain(fields::all()));
    reader.finish()
}

fn held(state: &Value) -> Vec<Held> {
    if state.is_null() {
        return Vec::new();
    }
    let Wanted { key, indicator, .. } = read(state);
    vec![Held {
        key,
        id: state.get(ID).as_str().map(str::to_owned),
        indicator,
        drift: None,
        spelling: None,
    }]
}

/// The state that says what was found, in the spelling of `state` where that means the same.
fn as_found(state: &Value, said: &Indicator, found: &Indicator, id: &str) -> Value {
    let mut object = state
        .as_object()
        .cloned()
        .unwrap_or_else(|| Object::null(resource_type().clone()));
    for difference in differences(said, found) {
        object.set(difference.field.name(), fields::write(difference.field, found));
    }
    object.set(ID, id.into());
    object.into()
}

#[async_trait]
impl Resource<Session> for SingleIndicator {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let row = read(config);
        let mut findings = Findings::default();
        let unread = row
            .findings
            .iter()
            .fold(row.unknown, |unknown, finding| unknown.with(finding.field));
        for finding in row.findings.iter().cloned().chain(rules::check(&row.indicator, unread)) {
            // The host shows the attribute itself.
            findings.push("", Path::attribute(finding.field.name()), true, finding);
        }
        findings.into_diagnostics()
    }

    async fn plan(&self, session: Option<&Session>, request: PlanRequest) -> PlanResponse {
        let _under_way = session.map(Session::enter);
        let PlanRequest {
            prior,
            proposed,
            private,
            ..
        } = request;
        let held = held(&prior);
        let wanted = vec![read(&proposed)];
        let changes = reconcile(&held, &wanted, session.map_or_else(Timestamp::now, Session::now));
        let earlier = Notes::read(&private);
        let id = if prior.is_null() {
            Some(Value::Unknown)
        } else if !changes.expired.is_empty() && !is_same_row(&held, &wanted) {
            // Another row than the one that is there, and one that will not be sent.
            Some(Value::Null)
        } else if !keeps_id(&changes) || earlier.beside.is_some() {
            // What stands beside the row has to go, so there is something to do in any case.
            Some(Value::Unknown)
        } else {
            None
        };
        let planned = match (proposed.as_object(), id) {
            (Some(object), Some(id)) => object.clone().with(ID, id).into(),
            _ => proposed,
        };
        let mut diagnostics = Diagnostics::default();
        let mut notes = Notes {
            born: earlier.born,
            beside: earlier.beside,
            ..Notes::default()
        };
        if let Some(session) = session {
            let claimant = session.claimant(earlier.claimant, &prior);
            notes.claimant = Some(claimant);
            notes.spellings = earlier.spellings;
            diagnostics.extend(verdict::judge(session, claimant, &held, &wanted, &changes).await);
            diagnostics.extend(report::recreated(&changes, &wanted));
            if prior.is_null() {
                // Later ones are counted by each refresh.
                diagnostics.extend(report::expired(changes.expired.len()));
            }
            if diagnostics.has_errors() {
                // It will not be applied, so nobody waits for it.
                session.ledger.serve(Some(claimant));
            }
        }
        if prior.is_null() && wanted[0].has_identity() {
            // If this creation is half of a replacement, the delete of the old object gets these notes.
            notes.wanted = Some(digests([&wanted[0].indicator]));
        }
        PlanResponse {
            planned,
            requires_replace: Vec::new(),
            private: notes.write(),
            diagnostics,
        }
    }

    async fn plan_destroy(&self, session: Option<&Session>, prior: Value, private: Vec<u8>) -> (Vec<u8>, Diagnostics) {
        let _under_way = session.map(Session::enter);
        super::destroy::plan(session, &held(&prior), &private).await
    }

    async fn create(&self, session: &Session, request: CreateRequest) -> ApplyResponse {
        let _under_way = session.enter();
        let wanted = [read(&request.planned)];
        let changes = reconcile(&[], &wanted, session.now());
        let claimant = Notes::read(&request.private).claimant;
        let outcome = carry_out(session, Purpose::Create, claimant, &[], &wanted, changes).await;
        let born = Some(session.now().as_millisecond());
        let mut response = settle(&request.planned, &Value::Null, born, None, outcome);
        if response.diagnostics.has_errors() && !response.state.is_null() {
            response
                .diagnostics
                .push(report::half_made("The indicator is not as configured yet"));
        }
        response
    }

    async fn read(&self, session: &Session, request: ReadRequest) -> ReadResponse {
        let _under_way = session.enter();
        let advice = session.ledger.refresh_single().then(report::many_singles);
        let mut response = refresh(session, request).await;
        response.diagnostics.extend(advice);
        response
    }

    async fn update(&self, session: &Session, request: UpdateRequest) -> ApplyResponse {
        let _under_way = session.enter();
        let Notes {
            claimant,
            spellings,
            born,
            beside,
            ..
        } = Notes::read(&request.private);
        let mut held = spelled(held(&request.prior), &spellings);
        held.extend(standing_beside(session, beside.as_deref()).await);
        let wanted = [read(&request.planned)];
        let changes = reconcile(&held, &wanted, session.now());
        let outcome = carry_out(session, Purpose::Update, claimant, &held, &wanted, changes).await;
        let born = if outcome.inherits {
            Some(session.now().as_millisecond())
        } else {
            born
        };
        settle(&request.planned, &request.prior, born, beside, outcome)
    }

    async fn delete(&self, session: &Session, request: DeleteRequest) -> ApplyResponse {
        let _under_way = session.enter();
        let Notes {
            wanted, born, beside, ..
        } = Notes::read(&request.private);
        session.ending();
        let mut held = held(&request.prior);
        held.extend(standing_beside(session, beside.as_deref()).await);
        let outcome = remove(session, &held, wanted.as_ref()).await;
        let state = if outcome.diagnostics.has_errors() {
            request.prior
        } else {
            Value::Null
        };
        let notes = Notes {
            born,
            beside,
            ..Notes::default()
        };
        ApplyResponse {
            state,
            private: notes.write_if_any(),
            diagnostics: outcome.diagnostics,
        }
    }

    async fn import(&self, session: &Session, id: &str) -> Result<Imported, Diagnostics> {
        import(session, id).await
    }

    fn observe(&self, session: &Session, state: &Value) {
        session.ledger.observe(state.get(ID).as_str());
        session.walk.stored(session.client.clock().elapsed());
    }
}

/// Looks at an indicator in the tenant.
async fn refresh(session: &Session, request: ReadRequest) -> ReadResponse {
    let ReadRequest { state, private } = request;
    // An expired indicator has none.
    let id = state.get(ID).as_str();
    let Notes { born, beside, .. } = Notes::read(&private);
    session.ledger.refresh(born, id);
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
    session.meet_holders(id.as_slice()).await;
    if let Some(id) = id.filter(|id| session.ledger.is_inherited(born, id)) {
        // As for a set: whatever happens to the older object must not happen to the row.
        tracing::info!(id, "a younger object holds this indicator; this object forgets it");
        return ReadResponse {
            private,
            ..ReadResponse::default()
        };
    }
    let said = read(&state);
    let mut drift = Drift::default();
    let listed = id.and_then(|id| listing.get(id));
    let is_expired = said.indicator.is_expired(session.now());
    if listed.is_none() && !is_expired && id.is_some_and(|id| listing.may_hide(id)) {
        let diagnostics = unsure(1).into_iter().collect();
        return ReadResponse {
            state,
            private,
            diagnostics,
        };
    }
    let Some(row) = listed.or_else(|| made_anew(session, &listing, &said.indicator, |_| false)) else {
        if is_expired {
            let diagnostics = report::expired(1).into_iter().collect();
            return ReadResponse {
                state,
                private,
                diagnostics,
            };
        }
        drift.gone(&said.key, id.unwrap_or("none"));
        return ReadResponse {
            state: Value::Null,
            private,
            diagnostics: drift.into_warning().into_iter().collect(),
        };
    };
    if let Some(id) = id.filter(|id| *id != row.id) {
        drift.moved(&said.key, id, row);
    }
    let spelling = odd_spelling(&said.indicator, &row.indicator.value).map(|spelling| (row.id.clone(), spelling));
    let differences = differences(&said.indicator, &row.indicator);
    // An import knows the id only; everything else is news then, not drift.
    if !differences.is_empty() && !state.get(Field::Value.name()).is_null() {
        drift.changed(&said.key, &differences, row);
    }
    let state = as_found(&state, &said.indicator, &row.indicator, &row.id);
    let notes = Notes {
        born,
        spellings: spelling.into_iter().collect(),
        beside: beside.filter(|id| listing.get(id).is_some() || listing.may_hide(id)),
        ..Notes::default()
    };
    ReadResponse {
        state,
        private: notes.write_if_any(),
        diagnostics: drift.into_warning().into_iter().collect(),
    }
}

/// The new row that an earlier run could make and whose predecessor it could not delete, if it is still there.
async fn standing_beside(session: &Session, id: Option<&str>) -> Option<Held> {
    let id = id?;
    // Without a listing the row is found by its identity, or the next refresh drops the note of it.
    let listing = session.client.listing().await.ok()?;
    let row = listing.get(id)?;
    session.ledger.observe([id]);
    Some(Held {
        key: row.indicator.value.clone(),
        id: Some(row.id.clone()),
        indicator: row.indicator.clone(),
        drift: None,
        spelling: Some(row.indicator.value.clone()),
    })
}

/// Whether the held row is the wanted one.
fn is_same_row(held: &[Held], wanted: &[Wanted]) -> bool {
    let identity = held.first().and_then(Held::identity);
    identity.is_some_and(|identity| wanted.first().is_some_and(|row| row.indicator.identity() == identity))
}

/// Whether the row keeps the id that the state has.
fn keeps_id(changes: &Changes) -> bool {
    let certain = changes.update.iter().all(Pair::keeps_id);
    certain && changes.create.is_empty() && changes.recreate.is_empty()
}

/// The state after writing of an object made at this time: what was planned if the row stands, else what was there
/// before.
/// `beside` is the second of the held rows, if there was one: what an earlier run had to leave beside the first.
fn settle(
    planned: &Value,
    prior: &Value,
    born: Option<i64>,
    beside: Option<String>,
    mut outcome: Outcome,
) -> ApplyResponse {
    let promised = planned.get(ID);
    if !outcome.moved.is_empty() && !promised.is_unknown() {
        let key = planned.get(Field::Value.name()).as_str().unwrap_or_default();
        outcome.diagnostics.push(report::moved(&[key]));
    }
    let old_stands = outcome.remaining().any(|held| held == 0);
    let beside = match outcome.settled(0) {
        Some(settled) if old_stands => settled.id.clone(),
        _ => beside.filter(|_| outcome.remaining().any(|held| held == 1)),
    };
    let state = match (outcome.settled(0), planned.as_object()) {
        // The old row could not be deleted: neither must be forgotten.
        (Some(_), _) if old_stands => prior.clone(),
        (Some(settled), Some(object)) => {
            let id = settled.id.as_deref().or(promised.as_str());
            let state = object.clone().with(ID, id).into();
            match (&settled.found, id) {
                (Some(found), Some(id)) => as_found(&state, &read(&state).indicator, found, id),
                _ => state,
            }
        }
        _ if old_stands => prior.clone(),
        _ => Value::Null,
    };
    let notes = Notes {
        born,
        spellings: outcome.spellings,
        beside,
        ..Notes::default()
    };
    ApplyResponse {
        state,
        private: notes.write_if_any(),
        diagnostics: outcome.diagnostics,
    }
}

/// Finds a row by its id, or by its value if that is unambiguous.
async fn import(session: &Session, id: &str) -> Result<Imported, Diagnostics> {
    let id = id.trim();
    let listing = session
        .client
        .listing()
        .await
        .map_err(|error| unlisted(&error, "Nothing was imported."))?;
    let rows: Vec<&Row> = match listing.get(id) {
        Some(row) => vec![row],
        None => by_value(&listing, id),
    };
    match rows.as_slice() {
        [row] => {
            let blank = read(&Value::from(Object::null(resource_type().clone())));
            let state = imported(&blank.indicator, row);
            let private = Notes::of_state(Some(session.now().as_millisecond()), BTreeMap::new());
            Ok(Imported { state, private, ..Imported::default() })
        }
        [] => Err(Diagnostic::error(
            "No such indicator",
            format!(
                "None of the {} indicators that this application can see has the id or the value `{id}`. An application \
                 with the permission Ti.ReadWrite sees only its own; Ti.ReadWrite.All sees all.",
                listing.len()
            ),
        )
        .into()),
        several => Err(Diagnostic::error(
            "Several indicators have this value",
            format!(
                "`{id}` is the value of {} indicators:\n{}\n\nImport the one that is meant by its id.",
                several.len(),
                named(&several.iter().map(|row| format!("- {}", describe(row))).collect::<Vec<_>>())
            ),
        )
        .into()),
    }
}

fn by_value<'a>(listing: &'a crate::defender::Listing, value: &str) -> Vec<&'a Row> {
    let canonical = detect_type(value).map(|kind| crate::indicator::canonical(&kind, value));
    let mut rows: Vec<&Row> = listing
        .iter()
        .filter(|row| {
            let kind = &row.indicator.indicator_type;
            row.indicator.value == value
                || canonical
                    .as_deref()
                    .is_some_and(|text| crate::indicator::canonical(kind, &row.indicator.value) == text)
        })
        .collect();
    rows.sort_by(|left, right| (left.id.len(), &left.id).cmp(&(right.id.len(), &right.id)));
    rows
}

/// The state of an imported row: what is not the service's default is written, so that the configuration people write
/// for it plans clean.
fn imported(blank: &Indicator, row: &Row) -> Value {
    let mut object = Object::null(resource_type().clone());
    for difference in differences(blank, &row.indicator) {
        object.set(difference.field.name(), fields::write(difference.field, &row.indicator));
    }
    for field in [Field::Value, Field::Action, Field::Title] {
        object.set(field.name(), fields::write(field, &row.indicator));
    }
    if detect_type(&row.indicator.value).as_ref() == Some(&row.indicator.indicator_type) {
        object.set(Field::Type.name(), Value::Null);
    }
    object.set(ID, row.id.as_str().into());
    object.into()
}
