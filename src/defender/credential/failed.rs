//! An error of this crate on its way through Microsoft's library, and back out of it.

use crate::defender::token::IssueError;
use azure_core::error::ErrorKind;
use std::error::Error as StdError;
use std::fmt;
use std::io;

/// What the library is told; it hands it back as the cause of its own error.
#[derive(Debug)]
pub(super) struct Failed(pub IssueError);

impl StdError for Failed {}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no token")
    }
}

impl From<Failed> for azure_core::Error {
    fn from(failed: Failed) -> Self {
        Self::new(ErrorKind::Credential, failed)
    }
}

/// What this crate has said, if it is among the causes.
pub(super) fn found_in(error: &azure_core::Error) -> Option<IssueError> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(Failed(said)) = error.downcast_ref::<Failed>() {
            return Some(said.clone());
        }
        // An `io::Error` leaves out the error that it wraps, so that is looked up.
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
