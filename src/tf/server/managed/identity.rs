//! The identity of objects. It is told by each object itself, in every answer: what a host has stored is never asked for,
//! since older hosts store none and any host may have stored another one.

use super::Managed;
use crate::tf::server::guard;
use crate::tf::{Object, Provider, Value, ValueType, json};

impl<P: Provider> Managed<'_, P> {
    /// The type of the identity, if the resource has one.
    pub(crate) fn identity_type(&self) -> Option<&ValueType> {
        self.offer.identity.as_ref().map(|identity| &identity.value_type)
    }

    /// The identity of an object; null if it has none, or if a part of it is not known yet. A host cannot print a plan that
    /// holds half an identity.
    pub(crate) fn identity(&self, object: &Value) -> Value {
        let client = self.server.client();
        let identity = guard::run(&self.doing("identifying"), || {
            self.offer.code.identity(client.as_deref(), object)
        });
        // It is an extra: a fault in it must not cost the answer.
        identity.ok().filter(Value::is_wholly_known).unwrap_or_default()
    }

    /// Reads a stored identity. One that is not of the type has nothing in it: the next refresh tells it anew.
    pub(crate) fn stored_identity(&self, stored: &[u8]) -> Value {
        let Some(ValueType::Object(object_type)) = self.identity_type() else {
            return Value::Null;
        };
        let read = json::decode(&ValueType::Object(object_type.clone()), stored).ok();
        let read = read.filter(|identity| !identity.is_null());
        read.unwrap_or_else(|| Object::null(object_type.clone()).into())
    }
}
