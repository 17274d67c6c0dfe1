//! Choosing rows of the tenant by what they say, for imports and data sources.

use super::session::Session;
use crate::indicator::{Row, canonical, same_text};

/// What rows can be chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// The label of the application.
    Application,
    /// The title.
    Title,
    /// The type.
    Type,
    /// The action.
    Action,
    /// Who made the row; `self` is the application that the provider signs in as.
    CreatedBy,
    /// The value, in any spelling that means the same.
    Value,
}

impl Filter {
    /// The name of the filter, which is that of the attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Title => "title",
            Self::Type => "type",
            Self::Action => "action",
            Self::CreatedBy => "created_by",
            Self::Value => "value",
        }
    }

    /// Whether the row is one of those that `wanted` names.
    pub fn matches(self, session: &Session, row: &Row, wanted: &str) -> bool {
        let indicator = &row.indicator;
        match self {
            Self::Application => is_text(indicator.fields.application.as_deref(), wanted),
            Self::Title => is_text(indicator.fields.title.as_deref(), wanted),
            Self::Type => indicator.indicator_type.as_str() == wanted,
            Self::Action => indicator.action.as_str() == wanted,
            Self::CreatedBy => {
                let own = session.client.application_id();
                let author = if wanted == "self" { own } else { wanted };
                let found = row.facts.created_by.as_deref();
                found.is_some_and(|found| found.eq_ignore_ascii_case(author))
            }
            Self::Value => {
                let kind = &indicator.indicator_type;
                canonical(kind, &indicator.value) == canonical(kind, wanted)
            }
        }
    }
}

fn is_text(found: Option<&str>, wanted: &str) -> bool {
    found.is_some_and(|found| same_text(found, wanted))
}
