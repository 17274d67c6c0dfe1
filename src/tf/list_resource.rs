//! Listing objects that Terraform may not know yet.

use async_trait::async_trait;

use super::{Diagnostics, Schema, Value};

/// A list of the objects of a managed resource type that has an identity. `C` is the provider's client.
#[async_trait]
pub trait ListResource<C: Send + Sync + 'static>: Send + Sync {
    /// The name of the resource type whose objects are listed.
    fn type_name(&self) -> &'static str;

    /// The description of the block `config`. Called once at start-up.
    fn schema(&self) -> Schema;

    /// Checks a configuration without the service. Parts of it may be unknown. Paths begin within the block.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::default()
    }

    /// Lists objects: at most `limit`, in an order that is always the same. The configuration is wholly known. A host stops
    /// reading at the limit, so it sees warnings only because they come first.
    async fn list(&self, client: &C, config: Value, limit: usize) -> (Vec<Listed>, Diagnostics);
}

/// One object of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// What people call it.
    pub display_name: String,
    /// The object as an import would find it. Its identity is told by the resource.
    pub object: Value,
}
