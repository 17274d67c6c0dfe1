//! Lists of resources.

use super::identity;
use crate::outgoing;
use crate::proto::tfplugin6 as proto;
use crate::tf::server::Query;
use crate::tf::{Provider, wire};

/// Checks the configuration of a list.
pub(super) fn validate<P: Provider>(
    list: &Query<'_, P>,
    request: &proto::validate_list_resource_config::Request,
) -> proto::validate_list_resource_config::Response {
    let diagnostics = match wire::value(list.value_type(), request.config.as_ref()) {
        Ok(config) => list.validate(&config),
        Err(diagnostic) => diagnostic.into(),
    };
    proto::validate_list_resource_config::Response {
        diagnostics: wire::diagnostics(diagnostics),
    }
}

/// Lists objects. What there is to tell is an event of its own before all others: after the last object that it wants a host
/// reads nothing.
pub(super) async fn list<P: Provider>(
    list: &Query<'_, P>,
    request: &proto::list_resource::Request,
) -> Vec<proto::list_resource::Event> {
    let limit = usize::try_from(request.limit).unwrap_or_default();
    let (found, mut diagnostics) = match wire::value(list.value_type(), request.config.as_ref()) {
        Ok(config) => list.list(config, limit).await,
        Err(diagnostic) => (Vec::new(), diagnostic.into()),
    };
    let resource = list.resource();
    let mut events = Vec::with_capacity(found.len() + 1);
    for one in found {
        let object = request
            .include_resource_object
            .then(|| wire::dynamic_value(resource.value_type(), &one.object))
            .transpose();
        match object {
            Ok(resource_object) => events.push(proto::list_resource::Event {
                identity: identity::data(resource, &one.identity),
                display_name: outgoing::line(&one.display_name),
                resource_object,
                diagnostic: Vec::new(),
            }),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let told = wire::diagnostics(diagnostics);
    if !told.is_empty() {
        let first = proto::list_resource::Event {
            diagnostic: told,
            ..proto::list_resource::Event::default()
        };
        events.insert(0, first);
    }
    events
}
