//! Indicators for the tests of this layer.

use crate::indicator::{Action, Indicator, IndicatorType};

/// A domain with this action.
pub(super) fn domain(value: &str, action: Action) -> Indicator {
    Indicator {
        value: value.to_owned(),
        indicator_type: IndicatorType::DomainName,
        action,
        ..Indicator::blank()
    }
}
