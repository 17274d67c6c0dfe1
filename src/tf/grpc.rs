//! The gRPC service: each call is decoded, answered by the server, and encoded.
//!
//! Only a type name that the schema does not have is answered with a gRPC status; the host would take any other one for
//! a broken connection. What cannot be decoded or encoded becomes an error message beside an unchanged object.

mod function;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use tonic::{Request, Response, Status};

use super::server::{ApplyRequest, Lookup, Managed, Server};
use super::{Diagnostic, Diagnostics, Imported, PlanRequest, PlanResponse, Provider, ReadRequest, Value, wire};
use crate::outgoing;
use crate::proto::tfplugin6 as proto;
use proto::provider_server::{Provider as Calls, ProviderServer};

/// The largest message either way, as Terraform's own framework has it. 15,000 indicators are 8 MiB, twice the limit
/// that a gRPC server has by default.
const MESSAGE_LIMIT: usize = 256 << 20;

/// Makes a gRPC service of a provider.
pub fn service<P: Provider>(provider: P) -> ProviderServer<Grpc<P>> {
    stoppable(provider).0
}

/// Makes a gRPC service of a provider, and what tells it that the user wants to stop, as the host's own call does.
pub fn stoppable<P: Provider>(provider: P) -> (ProviderServer<Grpc<P>>, impl Fn() + Send + Sync) {
    let server = Arc::new(Server::new(provider));
    let service = ProviderServer::new(Grpc {
        server: Arc::clone(&server),
    })
    .max_decoding_message_size(MESSAGE_LIMIT)
    .max_encoding_message_size(MESSAGE_LIMIT);
    let stop = move || {
        if let Err(diagnostic) = server.stop() {
            tracing::warn!("{}", diagnostic.detail);
        }
    };
    (service, stop)
}

/// The protocol's calls, answered by a provider.
pub struct Grpc<P: Provider> {
    server: Arc<Server<P>>,
}

type Answer<T> = Result<Response<T>, Status>;

impl<P: Provider> Grpc<P> {
    fn resource(&self, type_name: &str) -> Result<Managed<'_, P>, Status> {
        self.server
            .resource(type_name)
            .ok_or_else(|| unknown_type("resource", type_name))
    }

    fn data_source(&self, type_name: &str) -> Result<Lookup<'_, P>, Status> {
        self.server
            .data_source(type_name)
            .ok_or_else(|| unknown_type("data source", type_name))
    }
}

fn unknown_type(kind: &str, name: &str) -> Status {
    Status::not_found(format!("the provider has no {kind} {name:?}"))
}

/// What the provider can do beyond the basic calls: it looks at destructions before they happen, and works without
/// having been asked for its schema.
fn capabilities() -> Option<proto::ServerCapabilities> {
    Some(proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        ..proto::ServerCapabilities::default()
    })
}

#[async_trait]
impl<P: Provider> Calls for Grpc<P> {
    async fn get_metadata(
        &self,
        _request: Request<proto::get_metadata::Request>,
    ) -> Answer<proto::get_metadata::Response> {
        use proto::get_metadata::{DataSourceMetadata, FunctionMetadata, ResourceMetadata};
        let server = &self.server;
        Ok(Response::new(proto::get_metadata::Response {
            server_capabilities: capabilities(),
            resources: server
                .resources()
                .map(|(name, _)| ResourceMetadata { type_name: name.into() })
                .collect(),
            data_sources: server
                .data_sources()
                .map(|(name, _)| DataSourceMetadata { type_name: name.into() })
                .collect(),
            functions: server
                .functions()
                .map(|(name, _)| FunctionMetadata { name: name.into() })
                .collect(),
            ..proto::get_metadata::Response::default()
        }))
    }

    async fn get_provider_schema(
        &self,
        _request: Request<proto::get_provider_schema::Request>,
    ) -> Answer<proto::get_provider_schema::Response> {
        let server = &self.server;
        Ok(Response::new(proto::get_provider_schema::Response {
            server_capabilities: capabilities(),
            provider: Some(wire::schema(server.block())),
            resource_schemas: server
                .resources()
                .map(|(name, block)| (name.into(), wire::schema(block)))
                .collect(),
            data_source_schemas: server
                .data_sources()
                .map(|(name, block)| (name.into(), wire::schema(block)))
                .collect(),
            functions: function::signatures(server),
            ..proto::get_provider_schema::Response::default()
        }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> Answer<proto::validate_provider_config::Response> {
        let request = request.into_inner();
        let diagnostics = match wire::value(&self.server.block().value_type, request.config.as_ref()) {
            Ok(config) => self.server.validate(&config),
            Err(diagnostic) => diagnostic.into(),
        };
        Ok(Response::new(proto::validate_provider_config::Response {
            diagnostics: wire::diagnostics(diagnostics),
        }))
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> Answer<proto::configure_provider::Response> {
        let request = request.into_inner();
        let diagnostics = match wire::value(&self.server.block().value_type, request.config.as_ref()) {
            Ok(config) => self.server.configure(config, request.terraform_version).await,
            Err(diagnostic) => diagnostic.into(),
        };
        Ok(Response::new(proto::configure_provider::Response {
            diagnostics: wire::diagnostics(diagnostics),
        }))
    }

    async fn stop_provider(
        &self,
        _request: Request<proto::stop_provider::Request>,
    ) -> Answer<proto::stop_provider::Response> {
        let error = self
            .server
            .stop()
            .err()
            .map(|diagnostic| outgoing::lines(&diagnostic.detail))
            .unwrap_or_default();
        tracing::debug!("The host has asked the provider to stop");
        Ok(Response::new(proto::stop_provider::Response { error }))
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> Answer<proto::validate_resource_config::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        let diagnostics = match wire::value(resource.value_type(), request.config.as_ref()) {
            Ok(config) => resource.validate(&config),
            Err(diagnostic) => diagnostic.into(),
        };
        Ok(Response::new(proto::validate_resource_config::Response {
            diagnostics: wire::diagnostics(diagnostics),
        }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Answer<proto::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        let upgraded = wire::stored(request.raw_state)
            .and_then(|stored| resource.upgrade(request.version, &stored))
            .and_then(|state| wire::dynamic_value(resource.value_type(), &state));
        Ok(Response::new(match upgraded {
            Ok(state) => proto::upgrade_resource_state::Response {
                upgraded_state: Some(state),
                ..proto::upgrade_resource_state::Response::default()
            },
            Err(diagnostic) => proto::upgrade_resource_state::Response {
                diagnostics: wire::diagnostics(diagnostic.into()),
                ..proto::upgrade_resource_state::Response::default()
            },
        }))
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        let proto::read_resource::Request {
            type_name,
            current_state,
            private,
            ..
        } = request.into_inner();
        let resource = self.resource(&type_name)?;
        let read = match wire::value(resource.value_type(), current_state.as_ref()) {
            Ok(state) => {
                resource
                    .read(ReadRequest {
                        state,
                        private: private.clone(),
                    })
                    .await
            }
            Err(diagnostic) => Err(diagnostic.into()),
        };
        let read = read.and_then(|answer| {
            let state = wire::dynamic_value(resource.value_type(), &answer.state)?;
            Ok((Some(state), answer.private, answer.diagnostics))
        });
        // An answer without a state would say that the object is gone.
        let (new_state, private, diagnostics) =
            read.unwrap_or_else(|diagnostics| (current_state, private, diagnostics));
        Ok(Response::new(proto::read_resource::Response {
            new_state,
            private,
            diagnostics: wire::diagnostics(diagnostics),
            ..proto::read_resource::Response::default()
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        let value_type = resource.value_type();
        let decoded = wire::value(value_type, request.prior_state.as_ref()).and_then(|prior| {
            Ok(PlanRequest {
                prior,
                proposed: wire::value(value_type, request.proposed_new_state.as_ref())?,
                config: wire::value(value_type, request.config.as_ref())?,
                private: request.prior_private.clone(),
            })
        });
        let mut answer = match decoded {
            Ok(decoded) => resource.plan(decoded).await,
            Err(diagnostic) => PlanResponse {
                private: request.prior_private,
                diagnostics: diagnostic.into(),
                ..PlanResponse::default()
            },
        };
        let planned_state = encode(
            wire::dynamic_value(value_type, &answer.planned),
            &mut answer.diagnostics,
        );
        Ok(Response::new(proto::plan_resource_change::Response {
            planned_state,
            requires_replace: answer.requires_replace.iter().map(wire::path).collect(),
            planned_private: answer.private,
            diagnostics: wire::diagnostics(answer.diagnostics),
            ..proto::plan_resource_change::Response::default()
        }))
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        let value_type = resource.value_type();
        let decoded = wire::value(value_type, request.prior_state.as_ref()).and_then(|prior| {
            Ok(ApplyRequest {
                prior,
                planned: wire::value(value_type, request.planned_state.as_ref())?,
                config: wire::value(value_type, request.config.as_ref())?,
                private: request.planned_private.clone(),
            })
        });
        let mut answer = match decoded {
            Ok(decoded) => resource.apply(decoded).await,
            // Nothing was done: the object stays as it stands.
            Err(diagnostic) => {
                return Ok(Response::new(proto::apply_resource_change::Response {
                    new_state: request.prior_state,
                    private: request.planned_private,
                    diagnostics: wire::diagnostics(diagnostic.into()),
                    ..proto::apply_resource_change::Response::default()
                }));
            }
        };
        let new_state = encode(wire::dynamic_value(value_type, &answer.state), &mut answer.diagnostics);
        Ok(Response::new(proto::apply_resource_change::Response {
            new_state: new_state.or(request.prior_state),
            private: answer.private,
            diagnostics: wire::diagnostics(answer.diagnostics),
            ..proto::apply_resource_change::Response::default()
        }))
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Answer<proto::import_resource_state::Response> {
        let proto::import_resource_state::Request { type_name, id, .. } = request.into_inner();
        let resource = self.resource(&type_name)?;
        let (imported_resources, diagnostics) = match resource.import(id).await {
            Ok(Imported {
                state,
                private,
                mut diagnostics,
            }) => {
                let state = encode(wire::dynamic_value(resource.value_type(), &state), &mut diagnostics);
                let imported = state.map(|state| proto::import_resource_state::ImportedResource {
                    type_name,
                    state: Some(state),
                    private,
                    ..proto::import_resource_state::ImportedResource::default()
                });
                (imported.into_iter().collect(), diagnostics)
            }
            Err(diagnostics) => (Vec::new(), diagnostics),
        };
        Ok(Response::new(proto::import_resource_state::Response {
            imported_resources,
            diagnostics: wire::diagnostics(diagnostics),
            ..proto::import_resource_state::Response::default()
        }))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> Answer<proto::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let data_source = self.data_source(&request.type_name)?;
        let diagnostics = match wire::value(data_source.value_type(), request.config.as_ref()) {
            Ok(config) => data_source.validate(&config),
            Err(diagnostic) => diagnostic.into(),
        };
        Ok(Response::new(proto::validate_data_resource_config::Response {
            diagnostics: wire::diagnostics(diagnostics),
        }))
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Answer<proto::read_data_source::Response> {
        let request = request.into_inner();
        let data_source = self.data_source(&request.type_name)?;
        let (state, mut diagnostics) = match wire::value(data_source.value_type(), request.config.as_ref()) {
            Ok(config) => data_source.read(config).await,
            Err(diagnostic) => (Value::Null, diagnostic.into()),
        };
        let state = encode(wire::dynamic_value(data_source.value_type(), &state), &mut diagnostics);
        Ok(Response::new(proto::read_data_source::Response {
            state,
            diagnostics: wire::diagnostics(diagnostics),
            ..proto::read_data_source::Response::default()
        }))
    }

    async fn get_functions(
        &self,
        _request: Request<proto::get_functions::Request>,
    ) -> Answer<proto::get_functions::Response> {
        Ok(Response::new(proto::get_functions::Response {
            functions: function::signatures(&self.server),
            diagnostics: Vec::new(),
        }))
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Answer<proto::call_function::Response> {
        Ok(Response::new(
            match function::call(&self.server, &request.into_inner()) {
                Ok(result) => proto::call_function::Response {
                    result: Some(result),
                    error: None,
                },
                Err(error) => proto::call_function::Response {
                    result: None,
                    error: Some(wire::function_error(error)),
                },
            },
        ))
    }
}

fn encode<T>(encoded: Result<T, Diagnostic>, diagnostics: &mut Diagnostics) -> Option<T> {
    encoded.map_err(|diagnostic| diagnostics.push(diagnostic)).ok()
}
