//! Managed resources.

use async_trait::async_trait;

use super::{Diagnostic, Diagnostics, IdentitySchema, MoveSource, Moved, Path, Schema, Value, faults};

/// A kind of object that Terraform manages. `C` is the provider's client, which only a configured provider has.
///
/// Private data are bytes that the host stores beside the state and never shows. They are an aid, not a memory to rely
/// on: what the destruction of an object needs must stand in its state. The bytes that an answer holds replace the
/// stored ones, so every answer should echo those it does not change, also beside an error.
#[async_trait]
pub trait Resource<C: Send + Sync + 'static>: Send + Sync {
    /// The name of the type, with the provider's prefix.
    fn type_name(&self) -> &'static str;

    /// The description. Called once at start-up.
    fn schema(&self) -> Schema;

    /// Checks a configuration without the service. Parts of it may be unknown.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::default()
    }

    /// Says what a creation or an update will lead to. The host asks again during apply and expects the same answer, so
    /// it must depend on nothing but the request; a client is there for warnings and checks only, and only if the
    /// provider's configuration is wholly known.
    async fn plan(&self, client: Option<&C>, request: PlanRequest) -> PlanResponse;

    /// Looks at a destruction before it happens: the private data for it, and what to say about it.
    async fn plan_destroy(&self, _client: Option<&C>, _prior: Value, private: Vec<u8>) -> (Vec<u8>, Diagnostics) {
        (private, Diagnostics::default())
    }

    /// Creates an object. An error beside a state makes the host keep the object and mark it for replacement; an error
    /// without a state makes it forget the object.
    async fn create(&self, client: &C, request: CreateRequest) -> ApplyResponse;

    /// Asks how an object stands now.
    async fn read(&self, client: &C, request: ReadRequest) -> ReadResponse;

    /// Changes an object. An error beside a state keeps that state, an error without one the prior state.
    async fn update(&self, client: &C, request: UpdateRequest) -> ApplyResponse;

    /// Destroys an object. A null state says that it is gone.
    async fn delete(&self, client: &C, request: DeleteRequest) -> ApplyResponse;

    /// Finds an object that Terraform does not know yet. The host reads it right afterwards, so the state needs only
    /// what reading needs.
    ///
    /// # Errors
    /// Why there is no such object.
    async fn import(&self, _client: &C, _id: &str) -> Result<Imported, Diagnostics> {
        Err(faults::no_import(self.type_name()).into())
    }

    /// The identity that objects of the type have. Called once at start-up.
    fn identity_schema(&self) -> Option<IdentitySchema> {
        None
    }

    /// The identity of an object; null while a part of it is not known. The framework asks for every object that it answers,
    /// and whatever a host has stored plays no part in it. The same object must always give the same identity.
    fn identity(&self, _client: Option<&C>, _object: &Value) -> Value {
        Value::Null
    }

    /// Finds an object by its identity, of which any attribute may be null.
    ///
    /// # Errors
    /// Why there is no such object.
    async fn import_by_identity(&self, _client: &C, _identity: Value) -> Result<Imported, Diagnostics> {
        Err(faults::no_import(self.type_name()).into())
    }

    /// Takes over an object of another resource type, without a client. An object of this very type, from this provider
    /// under any address, is upgraded instead.
    ///
    /// # Errors
    /// Why it cannot be taken over.
    fn take_over(&self, source: &MoveSource) -> Result<Moved, Diagnostic> {
        Err(faults::no_move(&source.type_name, self.type_name()))
    }

    /// The stored value of an older version of the schema, as JSON, in the form of the current version.
    fn upgrade(&self, _version: i64, stored: serde_json::Value) -> serde_json::Value {
        stored
    }
}

/// What a plan is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRequest {
    /// The object as it stands; null for a creation.
    pub prior: Value,
    /// The configuration, completed by the host with the prior values of computed attributes.
    pub proposed: Value,
    /// What the user wrote.
    pub config: Value,
    /// The stored private data; for the creating half of a replacement those that the plan for the old object answered.
    pub private: Vec<u8>,
}

/// What a change will lead to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanResponse {
    /// The object after the change, with unknowns for what only apply can tell.
    pub planned: Value,
    /// The attributes whose change needs a new object.
    pub requires_replace: Vec<Path>,
    /// Private data for apply.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// A planned creation.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateRequest {
    /// The planned object.
    pub planned: Value,
    /// What the user wrote.
    pub config: Value,
    /// Private data from the plan.
    pub private: Vec<u8>,
}

/// A planned update.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateRequest {
    /// The object as it stands.
    pub prior: Value,
    /// The planned object.
    pub planned: Value,
    /// What the user wrote.
    pub config: Value,
    /// Private data from the plan.
    pub private: Vec<u8>,
}

/// A planned destruction.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteRequest {
    /// The object as it stands.
    pub prior: Value,
    /// Private data from the plan: within a replacement from the plan of the new object.
    pub private: Vec<u8>,
}

/// What creating, changing or destroying has led to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApplyResponse {
    /// The object as it stands now; null if there is none.
    pub state: Value,
    /// Private data to store with it.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// A stored object to compare with the service.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRequest {
    /// The stored object.
    pub state: Value,
    /// The stored private data.
    pub private: Vec<u8>,
}

/// How an object stands now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadResponse {
    /// The object; null if it is gone.
    pub state: Value,
    /// Private data to store with it. A change of these alone already counts as drift.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// An object that was found for import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// What reading the object needs.
    pub state: Value,
    /// Private data to store with it.
    pub private: Vec<u8>,
    /// Warnings.
    pub diagnostics: Diagnostics,
}
