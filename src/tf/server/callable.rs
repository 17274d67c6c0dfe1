//! One function of a running provider.

use super::guard;
use crate::tf::{Function, FunctionError, Parameter, Value, ValueType};

/// A function, with its signature asked for once.
pub struct Callable {
    code: Box<dyn Function>,
    parameters: Vec<Parameter>,
    variadic: Option<Parameter>,
    returns: ValueType,
}

impl Callable {
    pub(super) fn new(code: Box<dyn Function>) -> Self {
        Callable {
            parameters: code.parameters(),
            variadic: code.variadic(),
            returns: code.returns(),
            code,
        }
    }

    /// What the function does, in one sentence.
    pub fn summary(&self) -> String {
        self.code.summary()
    }

    /// What the function does, in Markdown.
    pub fn description(&self) -> String {
        self.code.description()
    }

    /// The arguments that must be there.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// What any further arguments are.
    pub(crate) fn variadic(&self) -> Option<&Parameter> {
        self.variadic.as_ref()
    }

    /// The type of the result.
    pub fn returns(&self) -> &ValueType {
        &self.returns
    }

    /// The parameter that an argument is for, by its position.
    pub fn parameter(&self, position: usize) -> Option<&Parameter> {
        self.parameters.get(position).or(self.variadic.as_ref())
    }

    /// Computes the result. Hosts keep null and unknown arguments away from functions; this does the same for hosts that
    /// do not.
    ///
    /// # Errors
    /// Why there is no result, and which argument is to blame.
    pub fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        if arguments.len() < self.parameters.len() {
            return Err(self.wrong_count(arguments.len()));
        }
        let mut open = false;
        for (position, argument) in arguments.iter().enumerate() {
            let parameter = self
                .parameter(position)
                .ok_or_else(|| self.wrong_count(arguments.len()))?;
            if argument.is_null() && !parameter.nullable {
                return Err(FunctionError::new(format!("{} must not be null", parameter.name)).at(position));
            }
            open |= !argument.is_wholly_known();
        }
        if open {
            return Ok(Value::Unknown);
        }
        let doing = format!("calling the function {}", self.code.name());
        guard::run(&doing, || self.code.call(arguments)).unwrap_or_else(|fault| Err(FunctionError::new(fault.detail)))
    }

    /// An error about the number of arguments.
    pub(crate) fn wrong_count(&self, found: usize) -> FunctionError {
        let at_least = if self.variadic.is_some() { "at least " } else { "" };
        FunctionError::new(format!(
            "the function {} takes {at_least}{} arguments, and {found} were given",
            self.code.name(),
            self.parameters.len()
        ))
    }
}
