//! Import filters of sets: which of them select a row, and how they are written.

use crate::indicator::{Row, same_text};

/// What an import filter can ask of a row and export makes use of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// The label.
    Application,
    /// The action.
    Action,
    /// The type.
    Type,
    /// Who made the row.
    CreatedBy,
    /// The product that made the row.
    Source,
}

impl Dimension {
    /// All of them, those first that people think of first.
    pub const ALL: [Self; 5] = [
        Self::Application,
        Self::Action,
        Self::Type,
        Self::CreatedBy,
        Self::Source,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Action => "action",
            Self::Type => "type",
            Self::CreatedBy => "created_by",
            Self::Source => "source",
        }
    }

    /// What the row says; nothing is empty.
    pub fn of(self, row: &Row) -> &str {
        let (indicator, facts) = (&row.indicator, &row.facts);
        match self {
            Self::Application => indicator.fields.application.as_deref().unwrap_or_default(),
            Self::Action => indicator.action.as_str(),
            Self::Type => indicator.indicator_type.as_str(),
            Self::CreatedBy => facts.created_by.as_deref().unwrap_or_default(),
            Self::Source => facts.created_by_source.as_deref().unwrap_or_default(),
        }
    }

    /// Whether the row is one of those that `wanted` selects.
    pub fn matches(self, row: &Row, wanted: &str) -> bool {
        let found = self.of(row);
        match self {
            Self::Application => same_text(found, wanted),
            Self::CreatedBy => found.eq_ignore_ascii_case(wanted),
            Self::Action | Self::Type | Self::Source => found == wanted,
        }
    }

    /// The filter that selects the rows that say `wanted`; `None` if no filter can say it.
    pub fn filter(self, wanted: &str) -> Option<String> {
        // The author `self` would be whoever imports.
        let is_other = self == Self::CreatedBy && (wanted.is_empty() || wanted.eq_ignore_ascii_case("self"));
        if is_other || wanted.contains('"') {
            return None;
        }
        let is_plain = |letter: char| letter.is_alphanumeric() || "-._@/+".contains(letter);
        let name = self.name();
        Some(if !wanted.is_empty() && wanted.chars().all(is_plain) {
            format!("{name}={wanted}")
        } else {
            format!("{name}=\"{wanted}\"")
        })
    }
}
