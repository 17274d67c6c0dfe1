//! Objects that come from elsewhere: imports, moves from other types, and configuration for them.

use super::{encode, identity};
use crate::proto::tfplugin6 as proto;
use crate::tf::server::{ImportBy, Managed, MoveRequest};
use crate::tf::{Diagnostics, Provider, Value, wire};

/// Finds an object by what an import names it by.
pub(super) async fn import<P: Provider>(
    resource: &Managed<'_, P>,
    request: proto::import_resource_state::Request,
) -> proto::import_resource_state::Response {
    let proto::import_resource_state::Request {
        type_name,
        id,
        identity,
        ..
    } = request;
    let wanted = identity.and_then(|identity| identity.identity_data);
    let by = match (wanted, resource.identity_type()) {
        (Some(wanted), Some(value_type)) => wire::value(value_type, Some(&wanted)).map(|identity| match identity {
            Value::Null => ImportBy::Id(id),
            identity => ImportBy::Identity(identity),
        }),
        _ => Ok(ImportBy::Id(id)),
    };
    let found = match by {
        Ok(by) => resource.import(by).await,
        Err(diagnostic) => Err(diagnostic.into()),
    };
    let (imported_resources, diagnostics) = match found {
        Ok(mut found) => {
            let state = encode(
                wire::dynamic_value(resource.value_type(), &found.state),
                &mut found.diagnostics,
            );
            let imported = state.map(|state| proto::import_resource_state::ImportedResource {
                type_name,
                state: Some(state),
                private: found.private,
                identity: identity::of(resource, &found.state),
            });
            (imported.into_iter().collect(), found.diagnostics)
        }
        Err(diagnostics) => (Vec::new(), diagnostics),
    };
    proto::import_resource_state::Response {
        imported_resources,
        diagnostics: wire::diagnostics(diagnostics),
        ..proto::import_resource_state::Response::default()
    }
}

/// Takes over an object of another type.
pub(super) fn take_over<P: Provider>(
    resource: &Managed<'_, P>,
    request: proto::move_resource_state::Request,
) -> proto::move_resource_state::Response {
    let moved = wire::stored(request.source_state).and_then(|stored| {
        let (state, private, diagnostics) = resource.take_over(MoveRequest {
            provider: request.source_provider_address,
            type_name: request.source_type_name,
            version: request.source_schema_version,
            stored: stored.to_vec(),
            private: request.source_private,
        })?;
        let target_state = wire::dynamic_value(resource.value_type(), &state)?;
        Ok(proto::move_resource_state::Response {
            target_state: Some(target_state),
            target_private: private,
            target_identity: identity::of(resource, &state),
            diagnostics: wire::diagnostics(diagnostics),
        })
    });
    moved.unwrap_or_else(|diagnostic| proto::move_resource_state::Response {
        diagnostics: wire::diagnostics(diagnostic.into()),
        ..proto::move_resource_state::Response::default()
    })
}

/// Writes configuration for an object.
pub(super) fn generate<P: Provider>(
    resource: &Managed<'_, P>,
    request: &proto::generate_resource_config::Request,
) -> proto::generate_resource_config::Response {
    let mut diagnostics = Diagnostics::default();
    let config = wire::value(resource.value_type(), request.state.as_ref())
        .and_then(|state| wire::dynamic_value(resource.value_type(), &resource.generate(state)));
    proto::generate_resource_config::Response {
        config: encode(config, &mut diagnostics),
        diagnostics: wire::diagnostics(diagnostics),
    }
}
