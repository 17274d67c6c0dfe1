//! What carrying out a change has come to.

use super::object::{PlannedRow, PriorObject};
use super::problem::Problem;
use super::rows::{PlannedAt, Rows, StateAt};
use crate::indicator::{Indicator, RowId};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What the service holds now, as far as one object is concerned, and what there is to tell.
#[derive(Debug)]
pub struct Outcome {
    /// For each planned row, how it stands; `None` where it could not be written.
    written: Rows<PlannedAt, Option<Written>>,
    /// Rows of the state, by position, that still stand under their own id and that no planned row stands for.
    left: BTreeSet<StateAt>,
    /// Whether nothing was tried at all.
    pub untouched: bool,
    /// What there is to tell.
    pub problems: Vec<Problem>,
}

/// How a planned row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is in the tenant.
    Stands {
        /// Its id.
        id: RowId,
        /// What it says, if it could not be made as it should be.
        found: Option<Box<Indicator>>,
        /// When its lifetime began, if it has one.
        begun: Option<Timestamp>,
    },
    /// It is not, because its expiry is past.
    Absent {
        /// When its lifetime began, if it has one.
        begun: Option<Timestamp>,
    },
}

impl Written {
    /// When its lifetime began, if it has one.
    #[must_use]
    pub const fn begun(&self) -> Option<Timestamp> {
        match self {
            Self::Stands { begun, .. } | Self::Absent { begun } => *begun,
        }
    }
}

impl Outcome {
    /// Nothing done yet for so many planned rows.
    pub(super) fn new(planned: &Rows<PlannedAt, PlannedRow>, prior: &PriorObject) -> Self {
        let held = prior.rows.at().filter(|(_, row)| row.holding.held().is_some());
        Self {
            written: planned.each(None),
            left: held.map(|(state, _)| state).collect(),
            untouched: false,
            problems: Vec::new(),
        }
    }

    pub(super) fn stands(&mut self, planned: PlannedAt, id: RowId, found: Option<Indicator>, begun: Option<Timestamp>) {
        let stands = Some(Written::Stands {
            id,
            found: found.map(Box::new),
            begun,
        });
        self.written.set(planned, stands);
    }

    pub(super) fn absent(&mut self, planned: PlannedAt, begun: Option<Timestamp>) {
        self.written.set(planned, Some(Written::Absent { begun }));
    }

    pub(super) fn forget(&mut self, planned: PlannedAt) {
        self.written.set(planned, None);
    }

    pub(super) fn let_go(&mut self, state: StateAt) {
        self.left.remove(&state);
    }

    /// How the planned row stands; `None` if it could not be written.
    #[must_use]
    pub fn written(&self, planned: PlannedAt) -> Option<&Written> {
        self.written[planned].as_ref()
    }

    /// How each planned row stands, in their order.
    pub fn rows(&self) -> impl Iterator<Item = Option<&Written>> {
        self.written.iter().map(Option::as_ref)
    }

    /// Rows of the state, by position, that still stand and that no planned row stands for.
    pub fn left(&self) -> impl Iterator<Item = StateAt> {
        self.left.iter().copied()
    }

    /// Whether something went wrong.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }

    /// Whether the object holds nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let stands = |written: &Written| matches!(written, Written::Stands { .. });
        self.left.is_empty() && !self.written.iter().flatten().any(stands)
    }
}
