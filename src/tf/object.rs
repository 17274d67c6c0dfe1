//! Objects that share their attribute names instead of storing them.

use std::sync::Arc;

use super::{ObjectType, Value, ValueType};

/// The attributes of one object. The names stand once in the shared type: 15,000 elements hold no name at all.
#[derive(Clone)]
pub struct Object {
    object_type: Arc<ObjectType>,
    /// One value per attribute, in the order of the type.
    values: Vec<Value>,
}

impl Object {
    /// An object with every attribute null.
    #[must_use]
    pub fn null(object_type: Arc<ObjectType>) -> Self {
        let values = vec![Value::Null; object_type.len()];
        Object { object_type, values }
    }

    /// The value of an attribute; `None` if the type has no attribute of this name.
    #[must_use]
    pub fn get(&self, attribute: &str) -> Option<&Value> {
        self.object_type
            .index_of(attribute)
            .and_then(|index| self.values.get(index))
    }

    /// The value of an attribute, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, attribute: &str) -> Option<&mut Value> {
        self.object_type
            .index_of(attribute)
            .and_then(|index| self.values.get_mut(index))
    }

    /// Sets an attribute. The name must be one of the type's: another one is a mistake in the program and is ignored.
    pub fn set(&mut self, attribute: &str, value: Value) {
        let slot = self.get_mut(attribute);
        debug_assert!(slot.is_some(), "the object has no attribute {attribute:?}");
        if let Some(slot) = slot {
            *slot = value;
        }
    }

    /// The object with an attribute set, see [`Object::set`].
    #[must_use]
    pub fn with(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        self.set(attribute, value.into());
        self
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.object_type.iter().map(|(name, _)| name).zip(&self.values)
    }

    /// The type of the object.
    #[must_use]
    pub fn object_type(&self) -> &Arc<ObjectType> {
        &self.object_type
    }

    /// Each attribute's name, type and value, sorted by name.
    pub(super) fn typed_iter(&self) -> impl Iterator<Item = (&str, &ValueType, &Value)> {
        self.object_type
            .iter()
            .zip(&self.values)
            .map(|((name, value_type), value)| (name, value_type, value))
    }

    /// Name and value of the attribute at a position of the type.
    pub(super) fn value_at(&mut self, index: usize) -> Option<&mut Value> {
        self.values.get_mut(index)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.object_type, &other.object_type) || self.object_type == other.object_type)
            && self.values == other.values
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}
