//! Functions of the provider.

use super::{Value, ValueType};

/// A pure function. The host calls it without a configured provider, keeps the results, and takes another result for
/// the same arguments as an error.
pub trait Function: Send + Sync {
    /// The name, without any prefix.
    fn name(&self) -> &'static str;

    /// What it does, in one sentence.
    fn summary(&self) -> String;

    /// What it does, in Markdown.
    fn description(&self) -> String;

    /// The arguments that must be there.
    fn parameters(&self) -> Vec<Parameter>;

    /// What any further arguments are; `None` if there may be none.
    fn variadic(&self) -> Option<Parameter> {
        None
    }

    /// The type of the result. An exact one spares the host a costly conversion.
    fn returns(&self) -> ValueType;

    /// Computes the result.
    ///
    /// # Errors
    /// Why there is no result, and which argument is to blame.
    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError>;
}

/// An argument of a function. The host answers an unknown one with an unknown result by itself, and refuses a null one
/// unless the function takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name, for messages and documentation.
    pub name: String,
    /// The type.
    pub value_type: ValueType,
    /// What it means, in Markdown.
    pub description: String,
    /// Whether it may be null.
    pub nullable: bool,
}

impl Parameter {
    /// A parameter of this name.
    pub fn new(name: impl Into<String>, value_type: ValueType, description: impl Into<String>) -> Self {
        Parameter {
            name: name.into(),
            value_type,
            description: description.into(),
            nullable: false,
        }
    }

    /// The same parameter, which may be null.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

/// Why a function has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct FunctionError {
    /// What is wrong with which value, and what to do.
    pub text: String,
    /// The argument to blame, counted from 0; a variadic one by its own position.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error that no single argument is to blame for.
    pub fn new(text: impl Into<String>) -> Self {
        FunctionError {
            text: text.into(),
            argument: None,
        }
    }

    /// The same error, with the argument to blame.
    #[must_use]
    pub fn at(mut self, argument: usize) -> Self {
        self.argument = Some(argument);
        self
    }
}
