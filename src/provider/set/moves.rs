//! What there is to say of a `moved` block whose target is a set.

use super::IndicatorSet;
use crate::provider::object::Kind;
use crate::tf::Diagnostic;

/// A set is no single resource of another type.
pub(in crate::provider) fn refused(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "The resource cannot be moved to this type",
        format!(
            "A `moved` block turns one resource into one resource, so {} cannot become an `{}`.\n\nTo turn many resources into one \
             set: remove them from the state with `removed` blocks that have `destroy = false`, add the set with their indicators, and \
             set `on_existing = \"adopt\"` on it. One apply does both, and the indicators stay as they are.",
            crate::feed::shown(type_name),
            IndicatorSet::TYPE_NAME
        ),
    )
}
