//! Data sources.

use async_trait::async_trait;

use super::{Diagnostics, Schema, Value};

/// Something to look up. `C` is the provider's client.
#[async_trait]
pub trait DataSource<C: Send + Sync + 'static>: Send + Sync {
    /// The name of the type, with the provider's prefix.
    fn type_name(&self) -> &'static str;

    /// The description. Called once at start-up.
    fn schema(&self) -> Schema;

    /// Checks a configuration without the service. Parts of it may be unknown.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::default()
    }

    /// Looks it up: the configuration, completed with what was found. The configuration is wholly known.
    async fn read(&self, client: &C, config: Value) -> (Value, Diagnostics);
}
