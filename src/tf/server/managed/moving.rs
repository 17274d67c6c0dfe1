//! Objects of other resource types and of this provider under other addresses. Terraform asks a process that is never
//! configured, OpenTofu a configured one.

use super::Managed;
use crate::tf::faults;
use crate::tf::server::guard;
use crate::tf::{Diagnostic, Diagnostics, MoveSource, Provider, Value, json};

/// A stored object to take over, with what only the host knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MoveRequest {
    /// Where it comes from; the object itself stands in `stored`.
    pub provider: String,
    /// The resource type.
    pub type_name: String,
    /// Version of the stored object.
    pub version: i64,
    /// The text of the stored object.
    pub stored: Vec<u8>,
    /// The stored private data.
    pub private: Vec<u8>,
}

impl<P: Provider> Managed<'_, P> {
    /// Takes over an object: its state, private data, and warnings.
    ///
    /// # Errors
    /// Why it cannot be taken over. The host then keeps it as it is.
    pub(crate) fn take_over(&self, request: MoveRequest) -> Result<(Value, Vec<u8>, Diagnostics), Diagnostic> {
        let own = self.offer.code.type_name();
        let unreadable = |reason: &str| faults::stored_unreadable(&request.type_name, reason);
        let stored = serde_json::from_slice(&request.stored).map_err(|error| unreadable(&error.to_string()))?;
        let source = MoveSource {
            provider: request.provider,
            type_name: request.type_name.clone(),
            version: request.version,
            state: stored,
        };
        // The prefix of a type is the name of its provider.
        if source.type_name == own && own.split('_').next() == Some(source.provider_name()) {
            if source.version > self.offer.block.schema.version {
                return Err(faults::moved_from_newer(own, source.version));
            }
            let state = self.upgrade(source.version, &request.stored)?;
            return Ok((state, request.private, Diagnostics::default()));
        }
        let moved = guard::run(&self.doing("taking over an object for"), || {
            self.offer.code.take_over(&source)
        })??;
        let state = json::decode(self.value_type(), moved.state.to_string().as_bytes());
        let state = state.map_err(|error| unreadable(&error.to_string()))?;
        if state.is_null() {
            return Err(faults::nothing(&self.doing("taking over an object for")));
        }
        Ok((state, Vec::new(), moved.diagnostics))
    }
}
