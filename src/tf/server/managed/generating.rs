//! Configuration for objects that have none.

use super::Managed;
use crate::tf::{Attribute, AttributeKind, Presence, Provider, Value};

impl<P: Provider> Managed<'_, P> {
    /// The configuration that says what an object says: all of it but what only the provider writes. Null for no object, which
    /// Terraform 1.14.0 sends.
    pub(crate) fn generate(&self, mut object: Value) -> Value {
        keep_configurable(&self.offer.block.schema.attributes, &mut object);
        object
    }
}

/// Makes null what no configuration can give.
fn keep_configurable(attributes: &[Attribute], value: &mut Value) {
    let Value::Object(object) = value else { return };
    for attribute in attributes {
        let Some(value) = object.get_mut(&attribute.name) else {
            continue;
        };
        match (&attribute.kind, &mut *value) {
            _ if attribute.presence == Presence::Computed => *value = Value::Null,
            (AttributeKind::Nested { attributes, .. }, Value::List(elements)) => {
                elements
                    .iter_mut()
                    .for_each(|element| keep_configurable(attributes, element));
            }
            (AttributeKind::Nested { attributes, .. }, Value::Map(elements)) => {
                elements
                    .values_mut()
                    .for_each(|element| keep_configurable(attributes, element));
            }
            (AttributeKind::Nested { attributes, .. }, element) => keep_configurable(attributes, element),
            (AttributeKind::Plain(_), _) => {}
        }
    }
}
