//! How serious a match is.

use std::fmt;

/// Severity of the alert that a match raises, in the service's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The service's default.
    Informational,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// A severity that the service knows and this provider does not.
    Other(Box<str>),
}

impl Severity {
    /// The severities that can be configured, lowest first.
    pub const WRITABLE: [Self; 4] = [Self::Informational, Self::Low, Self::Medium, Self::High];

    /// The service's name of the severity.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Other(name) => name,
        }
    }

    /// The severity of exactly this name; enum names are case-sensitive at the service.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::WRITABLE.into_iter().find(|severity| severity.as_str() == name)
    }

    /// The severity of this name, whatever it is: a listing must survive names that are new.
    #[must_use]
    pub fn from_service(name: &str) -> Self {
        Self::parse(name).unwrap_or_else(|| Self::Other(name.into()))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
