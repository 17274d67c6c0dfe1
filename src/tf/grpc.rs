//! The gRPC service: each call is decoded, answered by the server, and encoded.
//!
//! Only a type name that the schema does not have is answered with a gRPC status; the host would take any other one for
//! a broken connection. What cannot be decoded or encoded becomes an error message beside an unchanged object.

mod function;
mod identity;
mod managed;
mod moving;
mod query;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use super::server::{Lookup, Managed, Query, Server};
use super::{Diagnostic, Diagnostics, Provider, Value, wire};
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

    fn list(&self, type_name: &str) -> Result<Query<'_, P>, Status> {
        self.server
            .list(type_name)
            .ok_or_else(|| unknown_type("list of resources", type_name))
    }
}

fn unknown_type(kind: &str, name: &str) -> Status {
    Status::not_found(format!("the provider has no {kind} {name:?}"))
}

/// What the provider can do beyond the basic calls: it looks at destructions before they happen, works without having been
/// asked for its schema, takes over objects of other types, and writes configuration for objects that have none.
fn capabilities() -> Option<proto::ServerCapabilities> {
    Some(proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    })
}

#[async_trait]
impl<P: Provider> Calls for Grpc<P> {
    async fn get_metadata(
        &self,
        _request: Request<proto::get_metadata::Request>,
    ) -> Answer<proto::get_metadata::Response> {
        use proto::get_metadata::{DataSourceMetadata, FunctionMetadata, ListResourceMetadata, ResourceMetadata};
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
            list_resources: server
                .lists()
                .map(|(name, _)| ListResourceMetadata { type_name: name.into() })
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
            list_resource_schemas: server
                .lists()
                .map(|(name, block)| (name.into(), wire::schema(block)))
                .collect(),
            ..proto::get_provider_schema::Response::default()
        }))
    }

    async fn get_resource_identity_schemas(
        &self,
        _request: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answer<proto::get_resource_identity_schemas::Response> {
        Ok(Response::new(identity::schemas(&self.server)))
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

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Answer<proto::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        Ok(Response::new(identity::upgrade(&resource, request)))
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Answer<proto::read_resource::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        Ok(Response::new(managed::read(&resource, request).await))
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Answer<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        Ok(Response::new(managed::plan(&resource, request).await))
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Answer<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        Ok(Response::new(managed::apply(&resource, request).await))
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Answer<proto::import_resource_state::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        Ok(Response::new(moving::import(&resource, request).await))
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Answer<proto::move_resource_state::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.target_type_name)?;
        Ok(Response::new(moving::take_over(&resource, request)))
    }

    async fn generate_resource_config(
        &self,
        request: Request<proto::generate_resource_config::Request>,
    ) -> Answer<proto::generate_resource_config::Response> {
        let request = request.into_inner();
        let resource = self.resource(&request.type_name)?;
        Ok(Response::new(moving::generate(&resource, &request)))
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

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Answer<proto::validate_list_resource_config::Response> {
        let request = request.into_inner();
        let list = self.list(&request.type_name)?;
        Ok(Response::new(query::validate(&list, &request)))
    }

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Answer<BoxStream<proto::list_resource::Event>> {
        let request = request.into_inner();
        let list = self.list(&request.type_name)?;
        let events = query::list(&list, &request).await.into_iter().map(Ok);
        Ok(Response::new(Box::pin(tokio_stream::iter(events))))
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
