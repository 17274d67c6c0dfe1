//! The core of every resource that holds rows: one implementation of plan, refresh, apply, deletion and import, between the
//! host and the tenant. A resource type is a [`Kind`], which only says how its value is read and written; it cannot forget a
//! step, because the core makes the calls.

use super::diagnostics;
use super::model::Model;
use super::private::{Private, digests};
use super::record::Record;
use crate::indicator::{FieldSet, Indicator};
use crate::tenant::{
    self, Holding, Kept, Outcome, PriorObject, Problem, RowRefresh, StateAt, StateRow, Tenant, Token, Written,
};
use crate::tf::{
    ApplyResponse, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, IdentitySchema, Imported, MoveSource, Moved,
    Object, ObjectType, PlanRequest, PlanResponse, ReadRequest, ReadResponse, Resource, Schema, UpdateRequest, Value,
    faults,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;

/// The attribute that holds the record.
pub const RECORD: &str = "record";

/// A resource type whose objects hold rows.
#[async_trait]
pub trait Kind: Send + Sync + 'static {
    /// The name of the type.
    const TYPE_NAME: &'static str;
    /// Whether an object is one row.
    const IS_SINGLE: bool;
    /// The attributes that only the provider writes.
    const COMPUTED: &'static [&'static str];

    /// The description.
    fn schema() -> Schema;

    /// The exact type of a value.
    fn object_type() -> &'static Arc<ObjectType>;

    /// Reads a configuration or a plan, or a state with its record.
    fn read(value: &Value, record: Option<&Record>) -> Model;

    /// What `terraform validate` says.
    fn check(config: &Value, model: &Model) -> Diagnostics;

    /// Completes a planned value: the prior form where it means the same, and computed attributes that are known.
    fn complete(planned: Object, model: &Model, prior: &Value) -> Object;

    /// Whether the plan prints all rows because the list changes its form.
    fn changes_form(_planned: &Object, _prior: &Value) -> bool {
        false
    }

    /// The value with its rows as they stand.
    fn write(template: &Value, model: &Model, change: &Change<'_>) -> Value;

    /// Finds the rows that an import names, as a state with its record.
    ///
    /// # Errors
    /// Why there are none.
    async fn import(tenant: &Tenant, id: &str) -> Result<Value, Diagnostics>;

    /// The identity that objects of the type have.
    fn identity_schema() -> Option<IdentitySchema> {
        None
    }

    /// The identity of an object; null while a part of it is not known.
    fn identity(_tenant: Option<&Tenant>, _value: &Value) -> Value {
        Value::Null
    }

    /// Finds the row that an identity names, as a state with its record.
    ///
    /// # Errors
    /// Why there is none.
    async fn import_by_identity(_tenant: &Tenant, _identity: &Value) -> Result<Value, Diagnostics> {
        Err(faults::no_import(Self::TYPE_NAME).into())
    }

    /// Takes over an object of another resource type.
    ///
    /// # Errors
    /// Why it cannot be taken over.
    fn take_over(source: &MoveSource) -> Result<Moved, Diagnostic>;

    /// The stored value of an older version of the schema in the form of this one.
    fn upgrade(version: i64, stored: serde_json::Value) -> serde_json::Value;
}

/// How a row of a template stands.
#[derive(Debug, Clone)]
pub enum RowState {
    /// As the template has it.
    As(Holding),
    /// It says something else.
    Found(Holding, Box<Indicator>),
    /// It does not stand.
    Gone,
}

/// How the rows of a template stand, and what stands beside them.
#[derive(Debug)]
pub struct Change<'a> {
    /// For each row of the template.
    pub rows: Vec<RowState>,
    /// When the lifetimes of the rows of the template began.
    pub begun: Vec<Option<Timestamp>>,
    /// Rows beside those of the template.
    pub beside: Vec<StateRow>,
    /// Ids that the object may take again.
    pub note: BTreeSet<crate::indicator::RowId>,
    /// Fields that the record of the template marks as cleared.
    pub cleared: &'a BTreeMap<String, FieldSet>,
    /// The state before, where an apply that failed has to fall back on it.
    pub before: Option<&'a Value>,
}

/// A state, read.
struct Stored {
    model: Model,
    record: Record,
    object: PriorObject,
}

impl Stored {
    fn read<K: Kind>(state: &Value) -> Self {
        if state.is_null() {
            return Self {
                model: K::read(state, None),
                record: Record::default(),
                object: PriorObject::default(),
            };
        }
        let record = state.get(RECORD).as_str().map(Record::parse).unwrap_or_default();
        let model = K::read(state, Some(&record));
        let object = model.prior(&record);
        Self { model, record, object }
    }
}

/// The resource of a kind.
pub struct Objects<K>(PhantomData<K>);

impl<K> Objects<K> {
    /// The resource.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

#[async_trait]
impl<K: Kind> Resource<Tenant> for Objects<K> {
    fn type_name(&self) -> &'static str {
        K::TYPE_NAME
    }

    fn schema(&self) -> Schema {
        K::schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        K::check(config, &K::read(config, None))
    }

    async fn plan(&self, tenant: Option<&Tenant>, request: PlanRequest) -> PlanResponse {
        let PlanRequest {
            prior,
            proposed,
            private,
            ..
        } = request;
        let private = Private::read(&private);
        let token = private.token.unwrap_or_default();
        let stored = Stored::read::<K>(&prior);
        let model = K::read(&proposed, None);
        let on_existing = tenant.map_or(tenant::OnExisting::Own, |tenant| tenant.policy.on_existing);
        let object = model.planned(on_existing);
        let mut preflight = match tenant {
            Some(tenant) => tenant::plan(tenant, token, &stored.object, &object).await,
            None => tenant::Preflight {
                difference: tenant::difference(&stored.object, &object, Timestamp::now()),
                problems: Vec::new(),
            },
        };
        let Some(proposed_object) = proposed.as_object().cloned() else {
            return PlanResponse {
                planned: proposed,
                ..PlanResponse::default()
            };
        };
        let planned = K::complete(proposed_object, &model, &prior);
        let is_change = prior.is_null()
            || model.incomplete
            || !preflight.difference.is_empty()
            || !stored.object.note.is_empty()
            || differs::<K>(&planned, &prior);
        if is_change && !prior.is_null() {
            preflight
                .problems
                .extend(form_only::<K>(&planned, &prior, &preflight.difference, &stored, &model));
        }
        let planned = if is_change { opened::<K>(planned) } else { prior.clone() };
        let creates = prior.is_null();
        let rows = object
            .rows
            .iter()
            .filter(|row| row.has_identity())
            .map(|row| &*row.indicator);
        let notes = Private {
            token: Some(token),
            // In a replacement the deletion of the old object gets these notes.
            wanted: creates.then(|| digests(rows)),
            blind: creates && private.token.is_none() && tenant.is_some_and(|tenant| tenant.facts.is_blind()),
            ..Private::default()
        };
        PlanResponse {
            planned,
            requires_replace: Vec::new(),
            private: notes.write(),
            diagnostics: diagnostics::all(&object.title, preflight.problems),
        }
    }

    async fn plan_destroy(&self, tenant: Option<&Tenant>, prior: Value, private: Vec<u8>) -> (Vec<u8>, Diagnostics) {
        let token = Private::read(&private).token.unwrap_or_default();
        let stored = Stored::read::<K>(&prior);
        let (spare, problems) = match tenant {
            Some(tenant) => tenant::plan_destroy(tenant, token, &stored.object),
            None => Default::default(),
        };
        let notes = Private {
            token: Some(token),
            spare: spare.into_iter().collect(),
            ..Private::default()
        };
        (
            notes.write(),
            diagnostics::all(&stored.model.title, of_an_end::<K>(problems)),
        )
    }

    async fn create(&self, tenant: &Tenant, request: CreateRequest) -> ApplyResponse {
        let stored = Stored::read::<K>(&Value::Null);
        change::<K>(tenant, &request.planned, &Value::Null, &stored, &request.private).await
    }

    async fn read(&self, tenant: &Tenant, request: ReadRequest) -> ReadResponse {
        refresh::<K>(tenant, request).await
    }

    async fn update(&self, tenant: &Tenant, request: UpdateRequest) -> ApplyResponse {
        let stored = Stored::read::<K>(&request.prior);
        change::<K>(tenant, &request.planned, &request.prior, &stored, &request.private).await
    }

    async fn delete(&self, tenant: &Tenant, request: DeleteRequest) -> ApplyResponse {
        let stored = Stored::read::<K>(&request.prior);
        let private = Private::read(&request.private);
        let token = private.token.unwrap_or_default();
        let kept = private.wanted.map(|digests| Kept {
            digests,
            blind: private.blind,
        });
        let outcome = tenant::destroy(tenant, token, &stored.object, kept.as_ref(), &private.spare).await;
        let mut response = ApplyResponse::default();
        if outcome.has_failed() {
            let left: BTreeSet<StateAt> = outcome.left().collect();
            response.state = write_prior::<K>(&request.prior, &stored, |position| left.contains(&position));
            // The host keeps the object with the private data that it has.
            response.private = Private::of_state(token);
        }
        response.diagnostics = diagnostics::all(&stored.model.title, of_an_end::<K>(outcome.problems));
        response
    }

    async fn import(&self, tenant: &Tenant, id: &str) -> Result<Imported, Diagnostics> {
        K::import(tenant, id).await.map(imported)
    }

    fn identity_schema(&self) -> Option<IdentitySchema> {
        K::identity_schema()
    }

    fn identity(&self, tenant: Option<&Tenant>, object: &Value) -> Value {
        K::identity(tenant, object)
    }

    async fn import_by_identity(&self, tenant: &Tenant, identity: Value) -> Result<Imported, Diagnostics> {
        K::import_by_identity(tenant, &identity).await.map(imported)
    }

    fn take_over(&self, source: &MoveSource) -> Result<Moved, Diagnostic> {
        K::take_over(source)
    }

    fn upgrade(&self, version: i64, stored: serde_json::Value) -> serde_json::Value {
        K::upgrade(version, stored)
    }
}

/// An object that was found, with a token of its own.
fn imported(state: Value) -> Imported {
    Imported {
        state,
        private: Private::of_state(Token::new()),
        diagnostics: Diagnostics::default(),
    }
}

/// What there is to say of an update that writes fewer rows than the plan prints.
fn form_only<K: Kind>(
    planned: &Object,
    prior: &Value,
    difference: &tenant::Difference,
    stored: &Stored,
    model: &Model,
) -> Option<Problem> {
    if model.incomplete {
        return None;
    }
    if difference.is_empty() {
        let is_note = !stored.object.note.is_empty();
        return Some(Problem::NothingWritten { is_note });
    }
    K::changes_form(planned, prior).then(|| Problem::AnotherForm {
        written: difference.written(),
        rows: model.rows.len(),
    })
}

/// Whether the planned value differs from the prior one in what a configuration writes.
fn differs<K: Kind>(planned: &Object, prior: &Value) -> bool {
    planned
        .iter()
        .any(|(name, value)| !K::COMPUTED.contains(&name) && value != prior.get(name))
}

/// The planned value of a change: what it will hold is known only after it.
fn opened<K: Kind>(mut planned: Object) -> Value {
    for name in ["id", RECORD] {
        if K::COMPUTED.contains(&name) {
            planned.set(name, Value::Unknown);
        }
    }
    planned.into()
}

/// What there is to tell of the end of an object. The end of a single indicator is one line of the host's own.
fn of_an_end<K: Kind>(mut problems: Vec<Problem>) -> Vec<Problem> {
    if K::IS_SINGLE {
        problems.retain(Problem::is_error);
    }
    problems
}

/// Carries out a creation or an update.
async fn change<K: Kind>(
    tenant: &Tenant,
    planned: &Value,
    prior: &Value,
    stored: &Stored,
    private: &[u8],
) -> ApplyResponse {
    let token = Private::read(private).token.unwrap_or_default();
    let model = K::read(planned, None);
    let object = model.planned(tenant.policy.on_existing);
    let mut outcome = tenant::apply(tenant, token, &stored.object, &object).await;
    let has_failed = outcome.has_failed();
    if has_failed && prior.is_null() && (outcome.untouched || outcome.is_empty()) {
        // Without a state the host forgets the object, or restores the one that it was to replace.
        return ApplyResponse {
            diagnostics: diagnostics::all(&object.title, outcome.problems),
            ..ApplyResponse::default()
        };
    }
    let state = if outcome.untouched {
        prior.clone()
    } else {
        write_outcome::<K>(planned, prior, &model, stored, &outcome, has_failed)
    };
    if has_failed && prior.is_null() {
        outcome.problems.push(Problem::HalfMade);
    }
    ApplyResponse {
        state,
        private: Private::of_state(token),
        diagnostics: diagnostics::all(&object.title, outcome.problems),
    }
}

/// The state after a change: what was planned if all went well, else exactly what the service holds.
fn write_outcome<K: Kind>(
    planned: &Value,
    prior: &Value,
    model: &Model,
    stored: &Stored,
    outcome: &Outcome,
    has_failed: bool,
) -> Value {
    let row = |written: Option<&Written>| match written {
        Some(Written::Stands { id, found: None, .. }) => RowState::As(Holding::Held(id.clone())),
        Some(Written::Stands {
            id, found: Some(found), ..
        }) => RowState::Found(Holding::Held(id.clone()), found.clone()),
        Some(Written::Absent { .. }) => RowState::As(Holding::Absent),
        None => RowState::Gone,
    };
    let none = BTreeMap::new();
    let change = Change {
        rows: outcome.rows().map(row).collect(),
        begun: outcome.rows().map(|written| written.and_then(Written::begun)).collect(),
        beside: outcome.left().map(|state| stored.object.rows[state].clone()).collect(),
        note: if has_failed {
            stored.object.note.clone()
        } else {
            BTreeSet::new()
        },
        cleared: &none,
        before: (!prior.is_null()).then_some(prior),
    };
    K::write(planned, model, &change)
}

/// The prior state with those of its rows that are still there.
fn write_prior<K: Kind>(prior: &Value, stored: &Stored, is_left: impl Fn(StateAt) -> bool) -> Value {
    let rows = &stored.object.rows;
    let split = stored.model.rows.len();
    let state = |(position, row): (StateAt, &StateRow)| {
        if row.holding.held().is_none() || is_left(position) {
            RowState::As(row.holding.clone())
        } else {
            RowState::Gone
        }
    };
    let change = Change {
        rows: rows.at().take(split).map(state).collect(),
        begun: rows.iter().take(split).map(|row| row.begun).collect(),
        beside: rows
            .at()
            .skip(split)
            .filter(|(position, _)| is_left(*position))
            .map(|(_, row)| row.clone())
            .collect(),
        note: stored.object.note.clone(),
        cleared: &stored.record.cleared,
        before: None,
    };
    K::write(prior, &stored.model, &change)
}

/// Looks at an object in the tenant.
async fn refresh<K: Kind>(tenant: &Tenant, request: ReadRequest) -> ReadResponse {
    let ReadRequest { state, private } = request;
    let token = Private::read(&private).token.unwrap_or_default();
    let stored = Stored::read::<K>(&state);
    let count = tenant.facts.refreshed(token, K::IS_SINGLE);
    let refreshed = match tenant::refresh(tenant, token, &stored.object).await {
        Ok(refreshed) => refreshed,
        Err(problem) => {
            return ReadResponse {
                state,
                private,
                diagnostics: diagnostics::all(&stored.model.title, vec![problem]),
            };
        }
    };
    let mut diagnostics = diagnostics::drift(&stored.model, &stored.object, &refreshed);
    diagnostics.extend((K::IS_SINGLE && count == MANY_SINGLES + 1).then(many_singles));
    let split = stored.model.rows.len();
    let rows = stored.object.rows.iter().zip(&refreshed.rows);
    let states: Vec<RowState> = rows
        .clone()
        .take(split)
        .map(|(row, found)| match found {
            RowRefresh::Same => RowState::As(row.holding.clone()),
            RowRefresh::Changed { row: found, .. } => {
                RowState::Found(row.holding.clone(), Box::new(found.indicator.clone()))
            }
            RowRefresh::Expired => RowState::As(Holding::Absent),
            RowRefresh::Gone | RowRefresh::Lost | RowRefresh::OutOfScope => RowState::Gone,
        })
        .collect();
    let mut beside: Vec<StateRow> = rows
        .skip(split)
        .filter(|(_, found)| matches!(found, RowRefresh::Same | RowRefresh::Changed { .. }))
        .map(|(row, _)| row.clone())
        .collect();
    beside.extend(refreshed.strangers.into_iter().map(|row| StateRow {
        name: row.indicator.value.as_str().into(),
        holding: Holding::Shown(row.id),
        indicator: row.indicator.into(),
        begun: None,
    }));
    let is_gone = K::IS_SINGLE
        && states.iter().all(|row| matches!(row, RowState::Gone))
        && beside.is_empty()
        && refreshed.note.is_empty();
    if is_gone {
        return ReadResponse {
            state: Value::Null,
            private,
            diagnostics,
        };
    }
    let change = Change {
        rows: states,
        begun: stored.object.rows.iter().take(split).map(|row| row.begun).collect(),
        beside,
        note: refreshed.note,
        cleared: &stored.record.cleared,
        before: None,
    };
    ReadResponse {
        state: K::write(&state, &stored.model, &change),
        private: Private::of_state(token),
        diagnostics,
    }
}

/// How many single indicators a run may refresh before it is said that a set is the better place for them. At Terraform's
/// default parallelism an import call carries 10 of them, so that some 300 use up the calls of a minute.
const MANY_SINGLES: usize = 200;

pub(super) fn many_singles() -> Diagnostic {
    Diagnostic::warning(
        "Many single indicators",
        "This run has more than 200 resources of type `mde_indicator`. Terraform shows the provider only as many \
         resources at once as its `-parallelism` allows (10 by default). So an import call carries 10 indicators \
         instead of 500, and the service allows 30 calls a minute.\n\nWrite them as one `mde_indicator_set`. First \
         remove the old resources from the state, with `removed` blocks or `terraform state rm`. The set then takes \
         the indicators over as they are. Until then, `-parallelism=200` lets more of them share a call.",
    )
}
