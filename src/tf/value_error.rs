//! What is wrong with a value, and where in it.

use super::{Path, Step};

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
