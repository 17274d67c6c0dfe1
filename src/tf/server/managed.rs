//! The operations on one resource type.

mod generating;
mod identity;
mod moving;

pub use moving::MoveRequest;

use std::sync::Arc;

use super::{ResourceOffer, Server, guard};
use crate::tf::conform::conform;
use crate::tf::faults;
use crate::tf::{
    Activity, ApplyResponse, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Imported, PlanRequest,
    PlanResponse, Provider, ReadRequest, ReadResponse, Resource, UpdateRequest, Value, ValueType, json,
};

/// One resource type of a running provider.
pub struct Managed<'a, P: Provider> {
    server: &'a Server<P>,
    offer: &'a Arc<ResourceOffer<P::Client>>,
}

/// A planned change of any kind: a null prior state is a creation, a null planned one a destruction.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplyRequest {
    /// The object as it stands.
    pub prior: Value,
    /// The planned object.
    pub planned: Value,
    /// What the user wrote.
    pub config: Value,
    /// Private data from the plan.
    pub private: Vec<u8>,
}

/// What an object to import is named by.
#[derive(Debug, Clone, PartialEq)]
pub enum ImportBy {
    /// Its identifier.
    Id(String),
    /// Its identity.
    Identity(Value),
}

/// What is kept when a change ends without a state.
enum Change {
    Create,
    Update { prior: Value },
    Delete,
}

impl<'a, P: Provider> Managed<'a, P> {
    pub(super) fn new(server: &'a Server<P>, offer: &'a Arc<ResourceOffer<P::Client>>) -> Self {
        Managed { server, offer }
    }

    /// The type of its value.
    pub fn value_type(&self) -> &'a ValueType {
        &self.offer.block.value_type
    }

    /// Checks a configuration.
    pub fn validate(&self, config: &Value) -> Diagnostics {
        self.announce(Activity::Arriving);
        let diagnostics = guard::run(&self.doing("checking the configuration of"), || {
            self.offer.code.validate(config)
        })
        .unwrap_or_else(Into::into);
        if diagnostics.has_errors() {
            self.announce(Activity::Refused);
        }
        diagnostics
    }

    /// Reads a stored object of this or an earlier version of the schema.
    ///
    /// # Errors
    /// If the object is not of the type. The host then keeps it as it is.
    pub fn upgrade(&self, version: i64, stored: &[u8]) -> Result<Value, Diagnostic> {
        let unreadable = |reason: &str| faults::stored_unreadable(self.offer.code.type_name(), reason);
        let state = if version < self.offer.block.schema.version {
            let old: serde_json::Value =
                serde_json::from_slice(stored).map_err(|error| unreadable(&error.to_string()))?;
            let new = guard::run(&self.doing("upgrading"), || self.offer.code.upgrade(version, old))?;
            json::decode(self.value_type(), new.to_string().as_bytes())
        } else {
            json::decode(self.value_type(), stored)
        };
        let state = state.map_err(|error| unreadable(&error.to_string()))?;
        // The host would take a null answer for an object that is gone.
        if state.is_null() {
            return Err(unreadable("it is null"));
        }
        Ok(state)
    }

    /// Asks how an object stands.
    ///
    /// # Errors
    /// Why the object has to be taken as it was stored, private data included. Without a client that is only a warning.
    pub async fn read(&self, request: ReadRequest) -> Result<ReadResponse, Diagnostics> {
        let Some(client) = self.server.client() else {
            return Err(faults::not_refreshed(self.offer.code.type_name()).into());
        };
        let offer = Arc::clone(self.offer);
        let doing = self.doing("reading");
        let mut answer = guard::spawn(&doing, async move { offer.code.read(&client, request).await }).await?;
        let misfits = conform(self.value_type(), &mut answer.state);
        answer.diagnostics.extend(faults::unfit(&doing, &misfits));
        answer.diagnostics.extend(self.server.notices());
        if answer.diagnostics.has_errors() {
            Err(answer.diagnostics)
        } else {
            Ok(answer)
        }
    }

    /// Plans a change. A null proposal plans the destruction.
    pub async fn plan(&self, request: PlanRequest) -> PlanResponse {
        let is_destruction = request.proposed.is_null();
        let (offer, client) = (Arc::clone(self.offer), self.server.client());
        let private = request.private.clone();
        let doing = self.doing("planning");
        let planned = guard::spawn(&doing, async move {
            if !is_destruction {
                return offer.code.plan(client.as_deref(), request).await;
            }
            let (private, diagnostics) = offer
                .code
                .plan_destroy(client.as_deref(), request.prior, request.private)
                .await;
            PlanResponse {
                private,
                diagnostics,
                ..PlanResponse::default()
            }
        });
        let mut response = planned.await.unwrap_or_else(|diagnostic| PlanResponse {
            private,
            diagnostics: diagnostic.into(),
            ..PlanResponse::default()
        });
        response.diagnostics.extend(self.server.notices());
        if !is_destruction && response.diagnostics.has_errors() {
            self.announce(Activity::Refused);
        }
        response
    }

    /// Makes a planned change. The answer never says less about the object than is known.
    pub async fn apply(&self, request: ApplyRequest) -> ApplyResponse {
        if request.planned.is_null() {
            self.announce(Activity::Arriving);
        }
        let private = request.private.clone();
        let (verb, change) = if request.planned.is_null() {
            ("destroying", Change::Delete)
        } else if request.prior.is_null() {
            ("creating", Change::Create)
        } else {
            (
                "changing",
                Change::Update {
                    prior: request.prior.clone(),
                },
            )
        };
        let doing = self.doing(verb);
        let answer = match self.server.client() {
            Some(client) => {
                let offer = Arc::clone(self.offer);
                guard::spawn(
                    &doing,
                    async move { dispatch(offer.code.as_ref(), &client, request).await },
                )
                .await
            }
            None => Err(faults::change_unconfigured(&doing)),
        };
        self.announce(Activity::Applied);
        let mut answer = answer.unwrap_or_else(|diagnostic| ApplyResponse {
            diagnostics: diagnostic.into(),
            ..ApplyResponse::default()
        });
        answer.diagnostics.extend(self.server.notices());
        self.settle(&doing, change, answer, private)
    }

    /// Makes sure that the host can store an answer.
    ///
    /// - A state with parts that cannot be stored keeps all other parts, beside an error.
    /// - An update without a state keeps the prior one, with the private data of the plan.
    /// - A destruction with an error and without a state leaves the state null on purpose: the host then keeps the
    ///   object with its own private data. Within a replacement those of the plan belong to the new object.
    fn settle(&self, doing: &str, change: Change, mut answer: ApplyResponse, private: Vec<u8>) -> ApplyResponse {
        let misfits = conform(self.value_type(), &mut answer.state);
        answer.diagnostics.extend(faults::unfit(doing, &misfits));
        if !answer.state.is_null() {
            return answer;
        }
        if !matches!(change, Change::Delete) && !answer.diagnostics.has_errors() {
            answer.diagnostics.push(faults::nothing(doing));
        }
        match change {
            Change::Update { prior } => ApplyResponse {
                state: prior,
                private,
                ..answer
            },
            Change::Create | Change::Delete => answer,
        }
    }

    /// Finds an object that Terraform does not know yet.
    ///
    /// # Errors
    /// Why there is no such object.
    pub async fn import(&self, by: ImportBy) -> Result<Imported, Diagnostics> {
        let doing = self.doing("importing");
        let Some(client) = self.server.client() else {
            return Err(faults::import_unconfigured(self.offer.code.type_name()).into());
        };
        let offer = Arc::clone(self.offer);
        let imported = guard::spawn(&doing, async move {
            match by {
                ImportBy::Id(id) => offer.code.import(&client, &id).await,
                ImportBy::Identity(identity) => offer.code.import_by_identity(&client, identity).await,
            }
        });
        let mut imported = imported.await??;
        let misfits = conform(self.value_type(), &mut imported.state);
        imported.diagnostics.extend(faults::unfit(&doing, &misfits));
        imported.diagnostics.extend(self.server.notices());
        if imported.state.is_null() {
            imported.diagnostics.push(faults::nothing(&doing));
        }
        if imported.diagnostics.has_errors() {
            Err(imported.diagnostics)
        } else {
            Ok(imported)
        }
    }

    /// Passes on what the host is about to do. It is only a hint: a fault in it must not cost the operation.
    fn announce(&self, activity: Activity) {
        if let Some(client) = self.server.client() {
            let type_name = self.offer.code.type_name();
            let _ = guard::run("taking a hint", || {
                self.server.provider.activity(&client, type_name, activity);
            });
        }
    }

    fn doing(&self, verb: &str) -> String {
        format!("{verb} {}", self.offer.code.type_name())
    }
}

async fn dispatch<C: Send + Sync + 'static>(
    code: &dyn Resource<C>,
    client: &C,
    request: ApplyRequest,
) -> ApplyResponse {
    let ApplyRequest {
        prior,
        planned,
        config,
        private,
    } = request;
    if planned.is_null() {
        code.delete(client, DeleteRequest { prior, private }).await
    } else if prior.is_null() {
        code.create(
            client,
            CreateRequest {
                planned,
                config,
                private,
            },
        )
        .await
    } else {
        code.update(
            client,
            UpdateRequest {
                prior,
                planned,
                config,
                private,
            },
        )
        .await
    }
}
