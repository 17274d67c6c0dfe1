//! Objects that come from another resource type or another provider.

use super::Diagnostics;

/// An object to take over, as its own provider stored it.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveSource {
    /// Source address of the provider, such as `registry.terraform.io/hashicorp/null`. Some hosts send the last part only.
    pub provider: String,
    /// The resource type.
    pub type_name: String,
    /// Version of the stored object.
    pub version: i64,
    /// The stored object.
    pub state: serde_json::Value,
}

/// An object that was taken over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moved {
    /// The object in the form in which the current version of the schema stores it.
    pub state: serde_json::Value,
    /// Warnings.
    pub diagnostics: Diagnostics,
}

impl MoveSource {
    /// The name of the provider without host and namespace.
    #[must_use]
    pub fn provider_name(&self) -> &str {
        self.provider.rsplit('/').next().unwrap_or_default()
    }
}
