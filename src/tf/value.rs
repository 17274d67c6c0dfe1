//! A value as Terraform knows it: null, not known yet, or known.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytestring::ByteString;

use super::{Number, ObjectType, Step, ValueError, ValueType};

/// A value of any type. What type it should have is said by a [`ValueType`] beside it, so a list, a set and a tuple
/// look the same here.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// Left out.
    #[default]
    Null,
    /// Decided only during apply.
    Unknown,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text. Cheap to clone: a list of a full tenant is one text of several megabytes.
    String(ByteString),
    /// The elements of a list, a set or a tuple.
    List(Vec<Value>),
    /// Elements of one type by key.
    Map(BTreeMap<String, Value>),
    /// Attributes by name, each with a type of its own.
    Object(Object),
    /// A value that carries its own type, where the schema says "any type".
    Typed(Box<Typed>),
}

/// A value with the type it was sent with.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// What the sender said the type is.
    pub value_type: ValueType,
    /// The value, which may be null or unknown.
    pub value: Value,
}

/// The attributes of one object. The names stand once in the shared type: 15,000 elements hold no name at all.
#[derive(Clone)]
pub struct Object {
    object_type: Arc<ObjectType>,
    /// One value per attribute, in the order of the type.
    values: Vec<Value>,
}

/// What [`Value::get`] answers for something that is not there.
static NULL: Value = Value::Null;

impl Value {
    /// Whether the value was left out.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.untyped(), Value::Null)
    }

    /// Whether the value itself is not known yet. An object with an unknown attribute is known.
    #[must_use]
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.untyped(), Value::Unknown)
    }

    /// Whether neither the value nor anything in it is unknown.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::List(elements) => elements.iter().all(Value::is_wholly_known),
            Value::Map(elements) => elements.values().all(Value::is_wholly_known),
            Value::Object(object) => object.iter().all(|(_, value)| value.is_wholly_known()),
            Value::Typed(typed) => typed.value.is_wholly_known(),
        }
    }

    /// The text, if it is a known text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.untyped() {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is a known one.
    #[must_use]
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.untyped() {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is a known whole number within the range.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.untyped() {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The elements, if it is a known list, set or tuple.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self.untyped() {
            Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements by key, if it is a known map.
    #[must_use]
    pub fn as_map(&self) -> Option<&BTreeMap<String, Value>> {
        match self.untyped() {
            Value::Map(elements) => Some(elements),
            _ => None,
        }
    }

    /// The object, if it is a known one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self.untyped() {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// An attribute of an object. Null if the object is null or has no such attribute, unknown if the object is unknown.
    #[must_use]
    pub fn get(&self, attribute: &str) -> &Value {
        match self.untyped() {
            Value::Object(object) => object.get(attribute).unwrap_or(&NULL),
            Value::Unknown => &Value::Unknown,
            _ => &NULL,
        }
    }

    /// The value without the type it carries.
    #[must_use]
    pub fn untyped(&self) -> &Value {
        let mut value = self;
        while let Value::Typed(typed) = value {
            value = &typed.value;
        }
        value
    }

    /// What to say of the value if it is of another type than it should be.
    pub(super) fn mismatch(&self, value_type: &ValueType) -> ValueError {
        let found = match self {
            Value::Null => "null",
            Value::Unknown => "an unknown value",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Object(_) => "an object",
            Value::Typed(_) => "a value with its own type",
        };
        let expected = match value_type {
            ValueType::String => "a text",
            ValueType::Number => "a number",
            ValueType::Bool => "a boolean",
            ValueType::Dynamic => "a value with its own type",
            ValueType::List(_) => "a list",
            ValueType::Set(_) => "a set",
            ValueType::Map(_) => "a map",
            ValueType::Object(_) => "an object",
            ValueType::Tuple(_) => "a tuple of as many elements as its type has",
        };
        ValueError::new(format!("expected {expected}, found {found}"))
    }
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

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(Number::Int(number))
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Value::Number(number)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl From<BTreeMap<String, Value>> for Value {
    fn from(elements: BTreeMap<String, Value>) -> Self {
        Value::Map(elements)
    }
}

impl From<Vec<Value>> for Value {
    fn from(elements: Vec<Value>) -> Self {
        Value::List(elements)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Value::Object(object)
    }
}
