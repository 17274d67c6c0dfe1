//! What Defender does on a match.

use std::fmt;

use super::IndicatorType;

/// What Defender does when it meets an indicator, in the service's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Let it pass.
    Allowed,
    /// Let it pass and raise an alert; needs `generate_alert`.
    Audit,
    /// Warn the user, who may go on.
    Warn,
    /// Block it.
    Block,
    /// Block it and put the file right.
    BlockAndRemediate,
    /// Retired in January 2022 in favour of Audit with an alert; still in the service's metadata.
    Alert,
    /// Retired in January 2022 in favour of BlockAndRemediate; still in the service's metadata.
    AlertAndBlock,
    /// An action that the service knows and this provider does not.
    Other(Box<str>),
}

impl Action {
    /// The actions that can be configured, the current ones first.
    pub const WRITABLE: [Self; 7] = [
        Self::Allowed,
        Self::Audit,
        Self::Warn,
        Self::Block,
        Self::BlockAndRemediate,
        Self::Alert,
        Self::AlertAndBlock,
    ];

    /// The service's name of the action.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Allowed => "Allowed",
            Self::Audit => "Audit",
            Self::Warn => "Warn",
            Self::Block => "Block",
            Self::BlockAndRemediate => "BlockAndRemediate",
            Self::Alert => "Alert",
            Self::AlertAndBlock => "AlertAndBlock",
            Self::Other(name) => name,
        }
    }

    /// The action of exactly this name; enum names are case-sensitive at the service.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::WRITABLE.into_iter().find(|action| action.as_str() == name)
    }

    /// The action of this name, whatever it is: a listing must survive names that are new.
    #[must_use]
    pub fn from_service(name: &str) -> Self {
        Self::parse(name).unwrap_or_else(|| Self::Other(name.into()))
    }

    /// Whether the action went out of use in January 2022. It stood for an alert as well.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        matches!(self, Self::Alert | Self::AlertAndBlock)
    }

    /// The actions of which one took the place of a retired one, for indicators of this type. Whether the service stores
    /// the old name or a new one is not known, nor which: its documents say BlockAndRemediate for AlertAndBlock, and for
    /// what is met on the network they know Block only.
    #[must_use]
    pub fn successors(&self, indicator_type: &IndicatorType) -> &'static [Self] {
        static AUDIT: [Action; 1] = [Action::Audit];
        static BLOCKS: [Action; 2] = [Action::BlockAndRemediate, Action::Block];
        match self {
            Self::Alert => &AUDIT,
            Self::AlertAndBlock if indicator_type.is_network() => &BLOCKS,
            Self::AlertAndBlock => &BLOCKS[..1],
            _ => &[],
        }
    }

    /// Whether a row of this type with the action `found` says what this action asks for.
    #[must_use]
    pub fn is_met_by(&self, indicator_type: &IndicatorType, found: &Self) -> bool {
        self == found || self.successors(indicator_type).contains(found)
    }

    /// How much the action protects, to compare two of them: what lets a match pass in silence protects least, and what
    /// blocks it most. An action that is new to this provider counts as a block.
    #[must_use]
    pub const fn strength(&self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Audit | Self::Alert => 1,
            Self::Warn => 2,
            Self::Block | Self::BlockAndRemediate | Self::AlertAndBlock | Self::Other(_) => 3,
        }
    }

    /// Whether the user is kept from what matches.
    #[must_use]
    pub fn is_block(&self) -> bool {
        matches!(self, Self::Block | Self::BlockAndRemediate | Self::AlertAndBlock)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
