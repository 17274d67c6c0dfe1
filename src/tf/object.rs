//! Objects that share their attribute names instead of storing them.

use std::sync::Arc;

use super::{ObjectType, Step, Value, ValueError};

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

    /// An object of a type with as many values as the type has attributes, in its order.
    pub(super) fn of(object_type: Arc<ObjectType>, values: Vec<Value>) -> Self {
        debug_assert_eq!(object_type.len(), values.len());
        Object { object_type, values }
    }

    /// Checks that the object has exactly the attributes of a type.
    pub(super) fn check_names(&self, object_type: &Arc<ObjectType>) -> Result<(), ValueError> {
        if Arc::ptr_eq(&self.object_type, object_type) {
            return Ok(());
        }
        let refused =
            |name: &str, message: &str| Err(ValueError::new(message).within(Step::Attribute(name.to_owned())));
        if let Some((name, _)) = self
            .object_type
            .iter()
            .find(|(name, _)| object_type.index_of(name).is_none())
        {
            return refused(name, "the schema has no such attribute");
        }
        match object_type
            .iter()
            .find(|(name, _)| self.object_type.index_of(name).is_none())
        {
            Some((name, _)) => refused(name, "the attribute is missing"),
            None => Ok(()),
        }
    }

    /// The values in the order of the type, to be changed.
    pub(super) fn values_mut(&mut self) -> std::slice::IterMut<'_, Value> {
        self.values.iter_mut()
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
