//! The provider itself.

use async_trait::async_trait;

use super::{DataSource, Diagnostics, Function, ListResource, Resource, Schema, Value};

/// A provider: its own block, and the list of everything that it offers.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// What a configured provider works with.
    type Client: Send + Sync + 'static;

    /// The description of the provider block. Called once at start-up.
    fn schema(&self) -> Schema;

    /// Checks the provider block without the service. Parts of it may be unknown.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::default()
    }

    /// Makes a client from the provider block. May be called again, with another block, in the same process.
    ///
    /// No client and no error means that the block holds unknowns which matter: plans and reads go on without one.
    async fn configure(&self, config: Value, terraform_version: &str) -> (Option<Self::Client>, Diagnostics);

    /// Makes ready what a new client needs before its first use, such as signing in. [`Provider::stop`] reaches the client
    /// meanwhile. After an error there is none.
    async fn connect(&self, _client: &Self::Client) -> Diagnostics {
        Diagnostics::default()
    }

    /// What there is to tell that is about no object. Asked at the end of each operation; each thing is told once.
    fn notices(&self, _client: &Self::Client) -> Diagnostics {
        Diagnostics::default()
    }

    /// The resources. Called once at start-up.
    fn resources(&self) -> Vec<Box<dyn Resource<Self::Client>>> {
        Vec::new()
    }

    /// The data sources. Called once at start-up.
    fn data_sources(&self) -> Vec<Box<dyn DataSource<Self::Client>>> {
        Vec::new()
    }

    /// The lists of resources, for types that have an identity. Called once at start-up.
    fn list_resources(&self) -> Vec<Box<dyn ListResource<Self::Client>>> {
        Vec::new()
    }

    /// The functions. Called once at start-up.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }

    /// The user wants to stop: calls in flight should end soon, with what they have done. They still answer.
    fn stop(&self, _client: &Self::Client) {}

    /// Says what the host is about to do with an object of a resource type, for clients that gather requests.
    fn activity(&self, _client: &Self::Client, _type_name: &str, _activity: Activity) {}
}

/// What the host is doing with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It checks what an object should be, or asks for its destruction. When it is about to apply, the creation or change
    /// of the checked object follows.
    Arriving,
    /// It has been told of errors in such an object, and will not apply it.
    Refused,
    /// An object was created, changed or destroyed, or could not be.
    Applied,
}
