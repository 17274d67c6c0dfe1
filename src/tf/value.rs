//! A value as Terraform knows it: null, not known yet, or known.

use std::collections::BTreeMap;

use super::{Number, Object, Path, ValueType};

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
    /// A text.
    String(String),
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
    pub fn is_unknown(&self) -> bool {
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
    pub fn as_bool(&self) -> Option<bool> {
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

    /// Where the value has unknown parts, in order. Just the root if it is unknown itself.
    #[must_use]
    pub fn unknown_paths(&self) -> Vec<Path> {
        let mut found = Vec::new();
        self.collect_unknown(&Path::root(), &mut found);
        found
    }

    fn collect_unknown(&self, path: &Path, found: &mut Vec<Path>) {
        match self {
            Value::Unknown => found.push(path.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            _ if self.is_wholly_known() => {}
            Value::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    element.collect_unknown(&path.clone().with_index(index), found);
                }
            }
            Value::Map(elements) => {
                for (key, element) in elements {
                    element.collect_unknown(&path.clone().with_key(key), found);
                }
            }
            Value::Object(object) => {
                for (name, value) in object.iter() {
                    value.collect_unknown(&path.clone().with_attribute(name), found);
                }
            }
            Value::Typed(typed) => typed.value.collect_unknown(path, found),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text)
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
