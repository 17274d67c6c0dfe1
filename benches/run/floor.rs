//! The provider that answers at once: the real one's schema and functions, and nothing behind them. What a run with it
//! takes is the host's own time.

use super::shapes;
use async_trait::async_trait;
use mde::plugin;
use mde::provider::MdeProvider;
use mde::tf::grpc::service;
use mde::tf::{
    ApplyResponse, CreateRequest, DeleteRequest, Diagnostics, Function, PlanRequest, PlanResponse, Provider,
    ReadRequest, ReadResponse, Resource, Schema, UpdateRequest, Value,
};
use std::collections::BTreeMap;
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
    let served = plugin::serve(|| Routes::new(service(Floor(MdeProvider::default()))));
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
        for (type_name, schema) in shapes::schemas() {
            resources.push(Box::new(Echo { type_name, schema }));
        }
        resources
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        let mut functions = self.0.functions();
        functions.extend(shapes::functions());
        functions
    }
}

/// A resource that takes what it is given.
struct Echo {
    type_name: &'static str,
    schema: Schema,
}

const LISTS: [&str; 3] = ["indicators", "values", "rows"];

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
        if request.prior.is_null()
            && let Value::Object(object) = &mut planned
        {
            for name in ["id", "ids"] {
                if let Some(id) = object.get_mut(name) {
                    *id = Value::Unknown;
                }
            }
        }
        PlanResponse {
            planned,
            ..PlanResponse::default()
        }
    }

    async fn create(&self, _client: &(), request: CreateRequest) -> ApplyResponse {
        let ids: BTreeMap<String, Value> = LISTS
            .iter()
            .filter_map(|name| request.planned.get(name).as_map())
            .flat_map(|rows| rows.keys())
            .zip(5_000_000..)
            .map(|(key, id): (&String, i64)| (key.clone(), Value::from(id.to_string())))
            .collect();
        let mut state = request.planned;
        if let Value::Object(object) = &mut state {
            if let Some(slot) = object.get_mut("ids") {
                *slot = ids.into();
            }
            if let Some(slot) = object.get_mut("id") {
                *slot = "5000000".into();
            }
        }
        ApplyResponse {
            state,
            ..ApplyResponse::default()
        }
    }

    async fn read(&self, _client: &(), request: ReadRequest) -> ReadResponse {
        let drifted = std::env::var(DRIFT)
            .ok()
            .and_then(|count| count.parse().ok())
            .unwrap_or(0);
        let mut state = request.state;
        if let Value::Object(object) = &mut state {
            for name in LISTS {
                if let Some(Value::Map(rows)) = object.get_mut(name) {
                    rows.values_mut().take(drifted).for_each(change);
                }
            }
        }
        ReadResponse {
            state,
            ..ReadResponse::default()
        }
    }

    async fn update(&self, _client: &(), request: UpdateRequest) -> ApplyResponse {
        ApplyResponse {
            state: request.planned,
            ..ApplyResponse::default()
        }
    }

    async fn delete(&self, _client: &(), _request: DeleteRequest) -> ApplyResponse {
        ApplyResponse::default()
    }
}

fn change(row: &mut Value) {
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
