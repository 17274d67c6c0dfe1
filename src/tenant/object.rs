//! Objects as the tenant's rules see them: rows with names, planned by a configuration or held by a state.

use super::rows::{PlannedAt, Rows, StateAt};
use crate::defender::Principal;
use crate::indicator::{Facts, Field, FieldSet, Indicator, Row, RowId};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an object calls a row: the key in a list, the value for a single indicator.
pub type RowName = Arc<str>;

/// One row that a configuration wants.
#[derive(Debug, Clone)]
pub struct PlannedRow {
    /// What the object calls it.
    pub name: RowName,
    /// What it should say, defaults filled in. Fields in `unknown` are meaningless.
    pub indicator: Arc<Indicator>,
    /// Fields whose value is decided only during apply.
    pub unknown: FieldSet,
    /// When the lifetime of the row began, if it has one and that is known.
    pub begun: Option<Timestamp>,
}

impl PlannedRow {
    /// Whether value, type, action and device groups are known: all that tells rows apart.
    #[must_use]
    pub fn has_identity(&self) -> bool {
        !self.unknown.iter().any(|field| field.is_identity() || field.is_scope())
    }

    /// Whether the label is known.
    #[must_use]
    pub fn has_label(&self) -> bool {
        !self.unknown.contains(Field::Application)
    }
}

/// What to do about a row that somebody else made and that the configuration wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExisting {
    /// Take over rows of this application and label only.
    Own,
    /// Take it over and make it as configured.
    Adopt,
}

/// An object as a configuration wants it.
#[derive(Debug, Clone)]
pub struct PlannedObject {
    /// What messages call it.
    pub title: String,
    /// Its rows.
    pub rows: Rows<PlannedAt, PlannedRow>,
    /// Whether there may be rows that are decided only during apply.
    pub incomplete: bool,
    /// The rows of the tenant that it owns alone.
    pub exclusive: Option<Scope>,
    /// What to do about rows of others that it wants.
    pub on_existing: OnExisting,
    /// Whether rows whose lifetime has ended are written anew.
    pub renew: bool,
}

/// How an object stands to a row of its state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Holding {
    /// It holds the row: the record names the id.
    Held(RowId),
    /// It only shows the row, which stands in the scope that it owns alone and which it does not want.
    Shown(RowId),
    /// It wants the row, which is not in the tenant because its expiry has passed.
    Absent,
}

impl Holding {
    /// The id of a row that is held.
    #[must_use]
    pub const fn held(&self) -> Option<&RowId> {
        match self {
            Self::Held(id) => Some(id),
            Self::Shown(_) | Self::Absent => None,
        }
    }
}

/// One row of a state.
#[derive(Debug, Clone)]
pub struct StateRow {
    /// What the object calls it.
    pub name: RowName,
    /// How the object stands to it.
    pub holding: Holding,
    /// What it says according to the state.
    pub indicator: Arc<Indicator>,
    /// When its lifetime began, if it has one.
    pub begun: Option<Timestamp>,
}

/// An object as its state has it; without rows and note for a creation.
#[derive(Debug, Clone, Default)]
pub struct PriorObject {
    /// Its rows.
    pub rows: Rows<StateAt, StateRow>,
    /// Ids of rows that it lost to another state in a refresh, and may take again.
    pub note: BTreeSet<RowId>,
    /// The rows of the tenant that it owns alone.
    pub exclusive: Option<Scope>,
}

impl PriorObject {
    /// The rows that it holds, with their ids.
    pub fn held(&self) -> impl Iterator<Item = (&RowId, &StateRow)> {
        self.rows.iter().filter_map(|row| Some((row.holding.held()?, row)))
    }
}

/// Which rows of the tenant an exclusive set owns alone. There is no scope that means everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Rows with this label.
    pub application: Option<String>,
    /// Rows that the provider's own application made.
    pub own: bool,
}

impl Scope {
    /// Whether a row of the tenant is in the scope.
    #[must_use]
    pub fn contains(&self, row: &Row, own: &Principal) -> bool {
        self.contains_label(row.indicator.fields.application.as_deref()) && (!self.own || is_author(&row.facts, own))
    }

    /// Whether a row with this label may be in the scope, whoever made it.
    #[must_use]
    pub fn contains_label(&self, label: Option<&str>) -> bool {
        let label = label.filter(|label| !label.is_empty());
        self.application.as_deref().is_none_or(|wanted| label == Some(wanted))
    }

    /// Whether a row may be in both scopes.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (&self.application, &other.application) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }
}

/// Whether the application made the row.
pub(super) fn is_author(facts: &Facts, own: &Principal) -> bool {
    facts.created_by.as_deref().is_some_and(|who| own.is(who))
}

/// Whether the application made the row or wrote it last.
pub(super) fn is_writer(facts: &Facts, own: &Principal) -> bool {
    is_author(facts, own) || facts.last_updated_by.as_deref().is_some_and(|who| own.is(who))
}
