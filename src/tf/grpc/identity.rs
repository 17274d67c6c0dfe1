//! Identities on the wire.

use crate::proto::tfplugin6 as proto;
use crate::tf::server::{Managed, Server};
use crate::tf::{Provider, Value, wire};

/// The schemas of all identities, by name of the resource.
pub(super) fn schemas<P: Provider>(server: &Server<P>) -> proto::get_resource_identity_schemas::Response {
    let schemas = server.identities();
    proto::get_resource_identity_schemas::Response {
        identity_schemas: schemas
            .map(|(name, schema)| (name.into(), wire::identity_schema(schema)))
            .collect(),
        diagnostics: Vec::new(),
    }
}

/// The identity of an object, wholly known; `None` if it has none yet.
pub(super) fn of<P: Provider>(resource: &Managed<'_, P>, object: &Value) -> Option<proto::ResourceIdentityData> {
    if object.is_null() {
        return None;
    }
    data(resource, &resource.identity(object))
}

/// An identity for an answer.
pub(super) fn data<P: Provider>(resource: &Managed<'_, P>, identity: &Value) -> Option<proto::ResourceIdentityData> {
    let value_type = resource.identity_type().filter(|_| !identity.is_null())?;
    let identity_data = wire::dynamic_value(value_type, identity).ok()?;
    Some(proto::ResourceIdentityData {
        identity_data: Some(identity_data),
    })
}

/// A stored identity of another version. There is one version only, so a host that asks has stored none.
pub(super) fn upgrade<P: Provider>(
    resource: &Managed<'_, P>,
    request: proto::upgrade_resource_identity::Request,
) -> proto::upgrade_resource_identity::Response {
    let stored = request.raw_identity.unwrap_or_default().json;
    let identity = resource.stored_identity(&stored);
    proto::upgrade_resource_identity::Response {
        upgraded_identity: data(resource, &identity),
        diagnostics: Vec::new(),
    }
}
