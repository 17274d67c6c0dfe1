//! The provider that answers at once: the real one's schema and functions, and nothing behind them. What a run with it
//! takes is the host's own time.

use async_trait::async_trait;
use mde::plugin::{self, Services};
use mde::provider::MdeProvider;
use mde::tf::grpc::stoppable;
use mde::tf::{
    ApplyResponse, CreateRequest, DeleteRequest, Diagnostics, Function, PlanRequest, PlanResponse, Provider,
    ReadRequest, ReadResponse, Resource, Schema, UpdateRequest, Value,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use tonic::service::Routes;

/// Set for a process that is to be the floor.
pub const ROLE: &str = "MDE_BENCHMARK_FLOOR";
/// How many rows of a set are to come back changed from a refresh.
pub const DRIFT: &str = "MDE_BENCHMARK_DRIFT";

/// The part of this process, if it is the floor.
pub fn run() -> Option<ExitCode> {
    let chosen = std::env::var(ROLE).is_ok_and(|value| !value.is_empty());
    if !chosen || !plugin::is_hosted() {
        return None;
    }
    let served = plugin::serve(|| {
        let (service, stop) = stoppable(Floor(MdeProvider::default()));
        Services {
            routes: Routes::new(service),
            stop: Box::new(stop),
        }
    });
    Some(if served.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Floor(MdeProvider);

#[async_trait]
impl Provider for Floor {
    type Client = ();

    fn schema(&self) -> Schema {
        self.0.schema()
    }

    async fn configure(&self, _config: Value, _terraform_version: &str) -> (Option<()>, Diagnostics) {
        (Some(()), Diagnostics::default())
    }

    fn resources(&self) -> Vec<Box<dyn Resource<()>>> {
        let mut resources: Vec<Box<dyn Resource<()>>> = Vec::new();
        for resource in self.0.resources() {
            resources.push(Box::new(Echo {
                type_name: resource.type_name(),
                schema: resource.schema(),
            }));
        }
        resources
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        self.0.functions()
    }
}

/// A resource that takes what it is given.
struct Echo {
    type_name: &'static str,
    schema: Schema,
}

const LIST: &str = "indicators";
/// What a state has that is known only when it is done.
const RECORDS: [&str; 2] = ["id", "record"];

#[async_trait]
impl Resource<()> for Echo {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    async fn plan(&self, _client: Option<&()>, request: PlanRequest) -> PlanResponse {
        let mut planned = request.proposed;
        let creates = request.prior.is_null();
        if planned != request.prior
            && let Value::Object(object) = &mut planned
        {
            for name in RECORDS {
                object.get_mut(name).into_iter().for_each(|slot| *slot = Value::Unknown);
            }
            if creates && let Some(counts) = object.get_mut("counts") {
                *counts = Value::Map(BTreeMap::from([("Block".to_owned(), Value::from(1))]));
            }
        }
        PlanResponse {
            planned,
            ..PlanResponse::default()
        }
    }

    async fn create(&self, _client: &(), request: CreateRequest) -> ApplyResponse {
        recorded(request.planned)
    }

    async fn read(&self, _client: &(), request: ReadRequest) -> ReadResponse {
        let drifted = std::env::var(DRIFT)
            .ok()
            .and_then(|count| count.parse().ok())
            .unwrap_or(0);
        let mut state = request.state;
        if drifted > 0
            && let Value::Object(object) = &mut state
        {
            object.get_mut(LIST).into_iter().for_each(|list| change(list, drifted));
        }
        ReadResponse {
            state,
            ..ReadResponse::default()
        }
    }

    async fn update(&self, _client: &(), request: UpdateRequest) -> ApplyResponse {
        recorded(request.planned)
    }

    async fn delete(&self, _client: &(), _request: DeleteRequest) -> ApplyResponse {
        ApplyResponse::default()
    }
}

/// The state after a plan is carried out: as large as that of the provider.
fn recorded(mut state: Value) -> ApplyResponse {
    let rows = count(state.get(LIST));
    if let Value::Object(object) = &mut state {
        let mut ids = String::from("{\"ids\":\"");
        for id in (5_000_000..).take(rows) {
            let _ = write!(ids, "{id} ");
        }
        ids.push_str("\"}");
        for name in RECORDS {
            object
                .get_mut(name)
                .into_iter()
                .for_each(|slot| *slot = ids.clone().into());
        }
    }
    ApplyResponse {
        state,
        ..ApplyResponse::default()
    }
}

/// How many rows a list has.
fn count(list: &Value) -> usize {
    match list.untyped() {
        Value::String(text) => text.matches("\":{").count(),
        Value::Object(rows) => rows.iter().count(),
        Value::Map(rows) => rows.len(),
        _ => 0,
    }
}

/// Changes the descriptions of the first rows.
fn change(list: &mut Value, count: usize) {
    const DESCRIPTION: &str = "\"description\":\"";
    match list {
        Value::Typed(typed) => change(&mut typed.value, count),
        Value::String(text) => {
            let changed = text.replacen(DESCRIPTION, &format!("{DESCRIPTION}changed in the portal, "), count);
            *text = changed.into();
        }
        Value::Map(rows) => rows.values_mut().take(count).for_each(change_row),
        Value::Object(rows) => {
            let keys: Vec<String> = rows.iter().take(count).map(|(key, _)| key.to_owned()).collect();
            for key in keys {
                rows.get_mut(&key).into_iter().for_each(change_row);
            }
        }
        _ => {}
    }
}

fn change_row(row: &mut Value) {
    let text = Value::from("changed in the portal");
    match row {
        Value::Object(object) => {
            if let Some(description) = object.get_mut("description") {
                *description = text;
            }
        }
        other => *other = text,
    }
}
