//! What this process has learned about rows in the course of one run.

use crate::indicator::Indicator;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Which planned object speaks; the two plan calls of one replacement share one.
pub type Claimant = u64;

/// Knowledge of one run, shared by all resources of the process. A process serves one walk of the host, so nothing here
/// outlives it; the one exception, a process that the host reattaches to, starts anew at each configuration.
#[derive(Debug, Default)]
pub struct Ledger {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Ids that some state shown to this process holds.
    observed: HashSet<String>,
    /// Ids of rows that this run has written, taken over or kept for the object that follows.
    claimed: HashSet<String>,
    /// Rows that planned objects want, by identity and scope.
    wanted: HashMap<u64, (Claimant, String)>,
    /// Deletions planned so far.
    deletions: usize,
    /// Creations planned so far.
    creations: usize,
    next_claimant: Claimant,
}

/// What all plans of the process together ask for so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Rows to be made.
    pub creations: usize,
    /// Rows to be deleted for good.
    pub deletions: usize,
}

impl Ledger {
    /// Notes that a state holds these ids: whoever finds the rows knows that they are no stranger's.
    pub fn observe<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        self.lock().observed.extend(ids.into_iter().map(str::to_owned));
    }

    /// Whether a state shown to this process holds the id.
    pub fn is_observed(&self, id: &str) -> bool {
        self.lock().observed.contains(id)
    }

    /// Notes that the row is wanted by an object of this run, so that nobody deletes it.
    pub fn claim(&self, id: &str) {
        self.lock().claimed.insert(id.to_owned());
    }

    /// Whether an object of this run wants the row.
    pub fn is_claimed(&self, id: &str) -> bool {
        self.lock().claimed.contains(id)
    }

    /// A number for an object that is being planned.
    pub fn new_claimant(&self) -> Claimant {
        let mut known = self.lock();
        known.next_claimant += 1;
        known.next_claimant
    }

    /// Notes that `claimant` wants the row, which it calls `key`; answers what another object calls the same row.
    pub fn want(&self, claimant: Claimant, key: &str, indicator: &Indicator) -> Option<String> {
        let mut known = self.lock();
        let entry = known.wanted.entry(scoped_digest(indicator)).or_insert_with(|| (claimant, key.to_owned()));
        (entry.0 != claimant).then(|| entry.1.clone())
    }

    /// Whether any planned object wants a row of this identity and scope.
    pub fn is_wanted(&self, indicator: &Indicator) -> bool {
        self.lock().wanted.contains_key(&scoped_digest(indicator))
    }

    /// Adds what one plan asks for, and answers the sums.
    pub fn plan(&self, creations: usize, deletions: usize) -> Totals {
        let mut known = self.lock();
        known.creations += creations;
        known.deletions += deletions;
        Totals { creations: known.creations, deletions: known.deletions }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Every change is a single insertion or addition, so a panic elsewhere leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Identity and device groups together: one value may stand in one list twice if it is for different groups.
pub fn scoped_digest(indicator: &Indicator) -> u64 {
    let mut names: Vec<&str> = indicator.fields.rbac_group_names.iter().flatten().map(String::as_str).collect();
    let mut ids: Vec<i32> = indicator.fields.rbac_group_ids.clone().unwrap_or_default();
    names.sort_unstable();
    names.dedup();
    ids.sort_unstable();
    ids.dedup();
    if names.is_empty() && ids.is_empty() {
        return indicator.identity().digest();
    }
    let mut hasher = DefaultHasher::new();
    (indicator.identity().digest(), names, ids).hash(&mut hasher);
    hasher.finish()
}
