//! Refresh, plan and apply of one object.

use super::{encode, identity};
use crate::proto::tfplugin6 as proto;
use crate::tf::server::{ApplyRequest, Managed};
use crate::tf::{PlanRequest, PlanResponse, Provider, ReadRequest, wire};

/// Asks how an object stands.
pub(super) async fn read<P: Provider>(
    resource: &Managed<'_, P>,
    request: proto::read_resource::Request,
) -> proto::read_resource::Response {
    let proto::read_resource::Request {
        current_state,
        private,
        current_identity,
        ..
    } = request;
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
        let identity = identity::of(resource, &answer.state);
        Ok((Some(state), answer.private, identity, answer.diagnostics))
    });
    // An answer without a state would say that the object is gone, and one without an identity would erase it.
    let (new_state, private, new_identity, diagnostics) =
        read.unwrap_or_else(|diagnostics| (current_state, private, current_identity, diagnostics));
    proto::read_resource::Response {
        new_state,
        private,
        new_identity,
        diagnostics: wire::diagnostics(diagnostics),
        ..proto::read_resource::Response::default()
    }
}

/// Plans a change.
pub(super) async fn plan<P: Provider>(
    resource: &Managed<'_, P>,
    request: proto::plan_resource_change::Request,
) -> proto::plan_resource_change::Response {
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
    proto::plan_resource_change::Response {
        planned_state,
        requires_replace: answer.requires_replace.iter().map(wire::path).collect(),
        planned_private: answer.private,
        planned_identity: identity::of(resource, &answer.planned),
        diagnostics: wire::diagnostics(answer.diagnostics),
        ..proto::plan_resource_change::Response::default()
    }
}

/// Makes a planned change.
pub(super) async fn apply<P: Provider>(
    resource: &Managed<'_, P>,
    request: proto::apply_resource_change::Request,
) -> proto::apply_resource_change::Response {
    let value_type = resource.value_type();
    let prior = wire::value(value_type, request.prior_state.as_ref());
    let prior_identity = prior.as_ref().ok().and_then(|prior| identity::of(resource, prior));
    let decoded = prior.and_then(|prior| {
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
            return proto::apply_resource_change::Response {
                new_state: request.prior_state,
                private: request.planned_private,
                new_identity: prior_identity,
                diagnostics: wire::diagnostics(diagnostic.into()),
                ..proto::apply_resource_change::Response::default()
            };
        }
    };
    let new_state = encode(wire::dynamic_value(value_type, &answer.state), &mut answer.diagnostics);
    // Beside an error without a state the host keeps the object as it was.
    let new_identity = identity::of(resource, &answer.state);
    let kept = prior_identity.filter(|_| answer.diagnostics.has_errors());
    proto::apply_resource_change::Response {
        new_state: new_state.or(request.prior_state),
        new_identity: new_identity.or(kept),
        private: answer.private,
        diagnostics: wire::diagnostics(answer.diagnostics),
        ..proto::apply_resource_change::Response::default()
    }
}
