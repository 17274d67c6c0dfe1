//! What carrying out changes has come to.

use crate::indicator::Indicator;
use crate::provider::row::Held;
use crate::tf::Diagnostics;
use std::collections::BTreeMap;

/// What the service holds now, as far as this object is concerned, and what to tell the user.
#[derive(Debug)]
pub struct Outcome {
    /// For each wanted row, how it stands; `None` where it could not be written.
    settled: Vec<Option<Settled>>,
    /// For each held row, whether it is no longer there under its own id, or is the same row as a settled one.
    over: Vec<bool>,
    /// Wanted rows whose write was answered with another id than the state's.
    pub moved: Vec<usize>,
    /// Whether rows were taken over that another object may still hold.
    pub inherits: bool,
    /// Whether nothing was tried at all.
    pub abandoned: bool,
    /// How the service spells the values of rows, by id, where that is not what would be submitted for the planned one.
    pub spellings: BTreeMap<String, String>,
    /// What to tell the user.
    pub diagnostics: Diagnostics,
}

/// A wanted row that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its id; `None` for an expired row, which is not there.
    pub id: Option<String>,
    /// What it says, if it was taken over and could not be made as it should be.
    pub found: Option<Indicator>,
}

impl Outcome {
    /// Nothing done yet for so many wanted rows. Held rows without an id have expired: there is nothing left of them.
    pub fn new(wanted: usize, held: &[Held]) -> Self {
        Self {
            settled: vec![None; wanted],
            over: held.iter().map(|row| row.id.is_none()).collect(),
            moved: Vec::new(),
            inherits: false,
            abandoned: false,
            spellings: BTreeMap::new(),
            diagnostics: Diagnostics::default(),
        }
    }

    /// The wanted row stands as it should.
    pub fn settle(&mut self, wanted: usize, id: Option<String>) {
        self.settled[wanted] = Some(Settled { id, found: None });
    }

    /// The wanted row stands, but as it was found.
    pub fn settle_as_found(&mut self, wanted: usize, id: String, found: Indicator) {
        self.settled[wanted] = Some(Settled {
            id: Some(id),
            found: Some(found),
        });
    }

    /// The wanted row does not stand any more.
    pub fn unsettle(&mut self, wanted: usize) {
        self.settled[wanted] = None;
    }

    /// The held row is not there any more, or lives on as a settled one.
    pub fn let_go(&mut self, held: usize) {
        self.over[held] = true;
    }

    /// How the wanted row stands.
    pub fn settled(&self, wanted: usize) -> Option<&Settled> {
        self.settled[wanted].as_ref()
    }

    /// Whether the wanted row stands.
    pub fn is_settled(&self, wanted: usize) -> bool {
        self.settled[wanted].is_some()
    }

    /// The held rows that are still there and that no settled row stands for.
    pub fn remaining(&self) -> impl Iterator<Item = usize> {
        self.over
            .iter()
            .enumerate()
            .filter(|(_, over)| !**over)
            .map(|(position, _)| position)
    }

    /// Whether anything at all stands in the service for this object.
    pub fn is_empty(&self) -> bool {
        let stands = |settled: &Settled| settled.id.is_some();
        !self.settled.iter().flatten().any(stands) && self.over.iter().all(|over| *over)
    }
}
