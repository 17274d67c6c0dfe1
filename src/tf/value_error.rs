//! What is wrong with a value, and where in it.

use super::{Path, Step, Value, ValueType};

/// A value that does not fit its type, or bytes that are no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// Where; the root if the value as a whole is wrong.
    pub path: Path,
    /// What is wrong there.
    pub message: String,
}

impl ValueError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        ValueError {
            path: Path::root(),
            message: message.into(),
        }
    }

    /// A value of another type than it should be.
    pub(super) fn mismatch(value_type: &ValueType, value: &Value) -> Self {
        let found = match value {
            Value::Null => "null",
            Value::Unknown => "an unknown value",
            Value::Bool(_) => "a truth value",
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
            ValueType::Bool => "a truth value",
            ValueType::Dynamic => "a value with its own type",
            ValueType::List(_) => "a list",
            ValueType::Set(_) => "a set",
            ValueType::Map(_) => "a map",
            ValueType::Object(_) => "an object",
            ValueType::Tuple(_) => "a tuple of as many elements as its type has",
        };
        Self::new(format!("expected {expected}, found {found}"))
    }

    /// The same error seen from one step further out.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.path = self.path.prepended(step);
        self
    }
}

impl std::fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_root() {
            formatter.write_str(&self.message)
        } else {
            write!(formatter, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for ValueError {}
