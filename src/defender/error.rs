//! What can go wrong, in the words that the user reads.
//!
//! Display says what happened, with the service's own words; `hint` says what to do about it.

use std::sync::Arc;

/// Why something could not be done at all.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.text)]
pub struct Error(Arc<Detail>);

#[derive(Debug)]
struct Detail {
    kind: Kind,
    text: String,
    hint: String,
}

/// What sort of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A setting cannot be used.
    Settings,
    /// The application could not prove who it is.
    Unauthorized,
    /// The application may not do this.
    Forbidden,
    /// The service, or the way to it, did not answer.
    Connection,
    /// The certificate of the other side is not trusted.
    Certificate,
    /// The service kept saying that too many calls were made.
    Throttled,
    /// The service answered that it is in trouble itself.
    Unavailable,
    /// The service's answer makes no sense.
    Unexpected,
    /// The service said no.
    Refused,
    /// The run was stopped.
    Stopped,
}

impl Error {
    pub(crate) fn new(kind: Kind, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(Arc::new(Detail {
            kind,
            text: text.into(),
            hint: hint.into(),
        }))
    }

    /// Nothing more is sent, because the run was stopped.
    pub(crate) fn stopped(purpose: &str) -> Self {
        Self::new(
            Kind::Stopped,
            format!("could not {purpose}: the run was stopped"),
            "Run the command again.",
        )
    }

    /// The same with another advice.
    pub(crate) fn with_hint(&self, hint: &str) -> Self {
        Self::new(self.0.kind, self.0.text.clone(), hint)
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        self.0.hint.clone()
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether it ended because the run was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.kind() == Kind::Stopped
    }
}

/// Why one item was not written, or is not known to be.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// The service does not take this item.
    #[error("the service refused it: {reason}")]
    Refused {
        /// The service's own words.
        reason: String,
    },
    /// The service did not take a call with this item and others, and it is not known which of them it means.
    #[error(
        "the service refused a call with several indicators, and too few calls were left to find out which of them \
         caused it: {reason}"
    )]
    RefusedWithOthers {
        /// The service's own words.
        reason: String,
    },
    /// The tenant holds as many indicators as it may.
    #[error("the tenant has no room for it: {reason}")]
    Capacity {
        /// The service's own words.
        reason: String,
    },
    /// The run was stopped before the item was sent.
    #[error("the run was stopped before it was sent")]
    Stopped,
    /// The call as a whole failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What the reason of an item says when the tenant is full.
const CAPACITY: &str = "max capacity exceeded";

impl WriteError {
    /// The service's reason why it did not take an item.
    pub(crate) fn from_reason(reason: String) -> Self {
        if reason.to_ascii_lowercase().contains(CAPACITY) {
            Self::Capacity { reason }
        } else {
            Self::Refused { reason }
        }
    }

    /// The item was not sent, because it would have been of no use after this error.
    pub(crate) fn unsent(error: &Error) -> Self {
        if error.is_stopped() {
            Self::Stopped
        } else {
            Self::Failed(error.clone())
        }
    }

    /// The call with this item was refused again and again, and the bound on calls was reached before it was known
    /// which items are to blame.
    pub(crate) fn refused_with_others(words: String) -> Self {
        Self::RefusedWithOthers { reason: words }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Refused { .. } => "Correct the indicator, or remove it from the configuration.".to_owned(),
            Self::RefusedWithOthers { .. } => {
                "Most of these may be valid. Correct or remove the indicators that the service refused individually, \
                 if any. Then apply again to send the rest."
                    .to_owned()
            }
            Self::Capacity { .. } => {
                "Remove indicators that are no longer needed. Those created in the portal and by other products \
                 count, too. Then apply again."
                    .to_owned()
            }
            Self::Stopped => "Apply again to send the rest.".to_owned(),
            Self::Failed(error) => error.hint(),
        }
    }

    /// Whether the run was stopped before the item was sent, or before its outcome was known.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        match self {
            Self::Stopped => true,
            Self::Failed(error) => error.is_stopped(),
            _ => false,
        }
    }

    /// Whether the tenant is full.
    #[must_use]
    pub fn is_capacity(&self) -> bool {
        matches!(self, Self::Capacity { .. })
    }
}
