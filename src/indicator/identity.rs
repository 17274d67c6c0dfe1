//! What the service tells two indicators apart by.

use super::{Action, IndicatorType};

/// Value, type and action, with the value in canonical spelling so that two spellings of one thing are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    value: Box<str>,
    indicator_type: IndicatorType,
    action: Action,
}

impl Identity {
    /// The identity of a value of this type with this action.
    #[must_use]
    pub fn new(value: &str, indicator_type: &IndicatorType, action: &Action) -> Self {
        Self {
            value: super::canonical(indicator_type, value).into(),
            indicator_type: indicator_type.clone(),
            action: action.clone(),
        }
    }

    /// The value in canonical spelling.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The type.
    #[must_use]
    pub fn indicator_type(&self) -> &IndicatorType {
        &self.indicator_type
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }
}
