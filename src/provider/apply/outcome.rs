//! What carrying out changes has come to.

use crate::indicator::Indicator;
use crate::tf::Diagnostics;
use std::collections::{HashMap, HashSet};

/// What the service holds now, as far as this object is concerned, and what to tell the user.
#[derive(Debug)]
pub struct Outcome {
    /// For each wanted row, how it stands; `None` where it could not be written.
    settled: Vec<Option<Settled>>,
    /// Wanted rows that this object has taken over from another one and could not make as they should be. That other one
    /// has forgotten them, so this one must not.
    inherited: HashMap<usize, Settled>,
    /// For each held row, whether it is no longer there under its own id, or is the same row as a settled one.
    over: Vec<bool>,
    /// For each held row, whether it has been deleted.
    deleted: Vec<bool>,
    /// Wanted rows whose write was answered with another id than the state's.
    pub moved: Vec<usize>,
    /// Whether nothing was tried at all.
    pub abandoned: bool,
    /// What to tell the user.
    pub diagnostics: Diagnostics,
}

/// A row that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its id; `None` for an expired row, which is not there.
    pub id: Option<String>,
    /// What it says.
    pub indicator: Indicator,
}

impl Outcome {
    /// Nothing done yet for this many rows.
    pub fn new(wanted: usize, held: usize) -> Self {
        Self {
            settled: vec![None; wanted],
            inherited: HashMap::new(),
            over: vec![false; held],
            deleted: vec![false; held],
            moved: Vec::new(),
            abandoned: false,
            diagnostics: Diagnostics::default(),
        }
    }

    /// The wanted row stands as it should.
    pub fn settle(&mut self, wanted: usize, id: Option<String>, indicator: Indicator) {
        self.settled[wanted] = Some(Settled { id, indicator });
    }

    /// The wanted row was another object's, and stands, but not as it should.
    pub fn inherit(&mut self, wanted: usize, id: String, found: Indicator) {
        let stands = Settled {
            id: Some(id),
            indicator: found,
        };
        self.inherited.insert(wanted, stands);
    }

    /// The wanted row that was another object's is not there any more.
    pub fn lose(&mut self, wanted: usize) {
        self.inherited.remove(&wanted);
    }

    /// Nothing is to be done after all: rows that no other object has let go stay as nobody's.
    pub fn abandon(&mut self, from_others: &HashSet<usize>) {
        for (index, settled) in self.settled.iter_mut().enumerate() {
            if !from_others.contains(&index) {
                *settled = None;
            }
        }
        self.abandoned = true;
    }

    /// The held row lives on as a settled one.
    pub fn replaced(&mut self, held: usize) {
        self.over[held] = true;
    }

    /// The held row is not there any more.
    pub fn gone(&mut self, held: usize) {
        self.over[held] = true;
        self.deleted[held] = true;
    }

    /// How the wanted row stands.
    pub fn settled(&self, wanted: usize) -> Option<&Settled> {
        self.settled[wanted].as_ref()
    }

    /// How the wanted row stands if it was another object's and is not as it should be.
    pub fn inherited(&self, wanted: usize) -> Option<&Settled> {
        self.inherited.get(&wanted)
    }

    /// Whether the wanted row stands as it should.
    pub fn is_settled(&self, wanted: usize) -> bool {
        self.settled[wanted].is_some()
    }

    /// Whether the held row has been deleted.
    pub fn is_gone(&self, held: usize) -> bool {
        self.deleted[held]
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
        !self.settled.iter().flatten().any(stands) && self.inherited.is_empty() && self.over.iter().all(|over| *over)
    }
}
