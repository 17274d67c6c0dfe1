//! What this process has learned about rows in the course of one run.

use crate::defender::Clock;
use crate::indicator::Indicator;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How long, and how often in a row, the host must have shown no new state before all count as shown.
const QUIET_ROUND: Duration = Duration::from_millis(50);
const QUIET_ROUNDS: usize = 6;
/// How long the host may take, at most, to have an object refreshed that it has shown; for the largest it takes half a
/// second.
const LONGEST_REFRESH: Duration = Duration::from_secs(3);

/// Which planned object speaks; the two plan calls of one replacement share one.
pub type Claimant = u64;

/// Knowledge of one run, shared by all resources of the process. A process serves one walk of the host, so nothing here
/// outlives it; the one exception, a process that the host reattaches to, starts anew at each configuration.
#[derive(Debug, Default)]
pub struct Ledger {
    known: Mutex<Known>,
    /// Told whenever a delete has ended.
    deleted: Notify,
    /// Told whenever a claimant has claimed its rows.
    claimed: Notify,
}

#[derive(Debug, Default)]
struct Known {
    /// Ids that some state shown to this process holds.
    observed: HashMap<String, Holders>,
    /// Ids of rows that this run has written, taken over or kept for the object that follows.
    claimed: HashSet<String>,
    /// Ids of rows whose delete is under way.
    deleting: HashSet<String>,
    /// Rows that an exclusive set is about to delete, by identity and scope.
    condemned: HashSet<u64>,
    /// How many states this process has been shown.
    states: usize,
    /// Rows that planned objects want, by identity and scope.
    wanted: HashMap<u64, (Claimant, String)>,
    /// Deletions planned so far.
    deletions: usize,
    /// Deletions planned so far that make way for no other row.
    plain_deletions: usize,
    /// Creations planned so far.
    creations: usize,
    next_claimant: Claimant,
    /// Claimants that have claimed the rows that they take over from others.
    served: HashSet<Claimant>,
}

/// The objects of the state that hold a row: one, unless a run was interrupted.
#[derive(Debug, Clone, Copy)]
struct Holders {
    /// How many have been shown.
    shown: u32,
    /// How many of them are or have been refreshed, by when their age is known.
    refreshed: u32,
    /// When the youngest of those was made.
    youngest: i64,
}

impl Default for Holders {
    fn default() -> Self {
        Self {
            shown: 0,
            refreshed: 0,
            youngest: i64::MIN,
        }
    }
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
        let mut known = self.lock();
        known.states += 1;
        for id in ids {
            known.observed.entry(id.to_owned()).or_default().shown += 1;
        }
    }

    /// Notes that an object made at this time, if that is known, holds these ids and is being refreshed.
    pub fn refresh<'a>(&self, born: Option<i64>, ids: impl IntoIterator<Item = &'a str>) {
        let mut known = self.lock();
        for id in ids {
            let holders = known.observed.entry(id.to_owned()).or_default();
            holders.refreshed += 1;
            holders.youngest = holders.youngest.max(born.unwrap_or(i64::MIN));
        }
    }

    /// Waits until the ages of all objects are known that have been shown and hold one of these ids.
    pub async fn ages_known(&self, ids: &[&str], clock: &dyn Clock) {
        let begun = clock.elapsed();
        let is_open = |holders: &Holders| holders.shown > 1 && holders.refreshed < holders.shown;
        while clock.elapsed().saturating_sub(begun) < LONGEST_REFRESH
            && ids.iter().any(|id| self.lock().observed.get(*id).is_some_and(is_open))
        {
            clock.sleep(QUIET_ROUND).await;
        }
    }

    /// Whether a younger object than one made at this time holds the id.
    pub fn is_inherited(&self, born: Option<i64>, id: &str) -> bool {
        let known = self.lock();
        born.is_some_and(|born| known.observed.get(id).is_some_and(|holders| holders.youngest > born))
    }

    /// Waits until the host has not shown a state for a while, and so probably has shown all.
    pub async fn all_observed(&self, clock: &dyn Clock) {
        let mut seen = self.lock().states;
        let mut quiet = 0;
        while quiet < QUIET_ROUNDS {
            clock.sleep(QUIET_ROUND).await;
            let states = self.lock().states;
            quiet = if states == seen { quiet + 1 } else { 0 };
            seen = states;
        }
    }

    /// Notes that an exclusive set is about to delete these rows.
    pub fn condemn<'a>(&self, indicators: impl IntoIterator<Item = &'a Indicator>) {
        self.lock().condemned.extend(indicators.into_iter().map(scoped_digest));
    }

    /// Whether an exclusive set is about to delete a row of this identity and scope.
    pub fn is_condemned(&self, indicator: &Indicator) -> bool {
        let known = self.lock();
        !known.condemned.is_empty() && known.condemned.contains(&scoped_digest(indicator))
    }

    /// Whether a state shown to this process holds the id.
    pub fn is_observed(&self, id: &str) -> bool {
        self.lock().observed.contains_key(id)
    }

    /// Notes that the row is wanted by an object of this run, so that nobody deletes it. Answers `false` if its delete
    /// is already under way.
    pub fn claim(&self, id: &str) -> bool {
        let mut known = self.lock();
        let free = !known.deleting.contains(id);
        if free {
            known.claimed.insert(id.to_owned());
        }
        free
    }

    /// Notes that the row is about to be deleted. Answers `false`, and notes nothing, if an object of this run wants it.
    pub fn begin_delete(&self, id: &str) -> bool {
        let mut known = self.lock();
        let free = !known.claimed.contains(id);
        if free {
            known.deleting.insert(id.to_owned());
        }
        free
    }

    /// Notes that the deletes of these rows have ended, well or not.
    pub fn end_delete<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        {
            let mut known = self.lock();
            for id in ids {
                known.deleting.remove(id);
            }
        }
        self.deleted.notify_waiters();
    }

    /// Waits until no delete of these rows is under way.
    pub async fn deletes_ended(&self, ids: &[String]) {
        loop {
            let ended = self.deleted.notified();
            tokio::pin!(ended);
            // Enabled before looking, so that an end between the look and the wait is not missed.
            ended.as_mut().enable();
            if !ids.iter().any(|id| self.lock().deleting.contains(id)) {
                return;
            }
            ended.await;
        }
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
        let entry = known
            .wanted
            .entry(scoped_digest(indicator))
            .or_insert_with(|| (claimant, key.to_owned()));
        (entry.0 != claimant).then(|| entry.1.clone())
    }

    /// Whether any planned object wants a row of this identity and scope.
    pub fn is_wanted(&self, indicator: &Indicator) -> bool {
        self.lock().wanted.contains_key(&scoped_digest(indicator))
    }

    /// Notes that `claimant` has claimed whatever it takes over from others.
    pub fn serve(&self, claimant: Option<Claimant>) {
        if let Some(claimant) = claimant {
            self.lock().served.insert(claimant);
        }
        self.claimed.notify_waiters();
    }

    /// Waits until those who want one of these rows, `except` for one, have claimed it if they can.
    pub async fn claims_made(&self, except: Option<Claimant>, indicators: &[&Indicator]) {
        let digests: Vec<u64> = indicators.iter().map(|indicator| scoped_digest(indicator)).collect();
        loop {
            let claimed = self.claimed.notified();
            tokio::pin!(claimed);
            // Enabled before looking, so that a claim between the look and the wait is not missed.
            claimed.as_mut().enable();
            let waits = {
                let known = self.lock();
                let mut claimants = digests.iter().filter_map(|digest| known.wanted.get(digest));
                claimants.any(|(claimant, _)| Some(*claimant) != except && !known.served.contains(claimant))
            };
            if !waits {
                return;
            }
            claimed.await;
        }
    }

    /// Adds what one plan asks for, and answers the sums.
    pub fn plan(&self, creations: usize, deletions: usize) -> Totals {
        let mut known = self.lock();
        known.creations += creations;
        known.deletions += deletions;
        Totals {
            creations: known.creations,
            deletions: known.deletions,
        }
    }

    /// Adds deletions that make way for no other row, and answers their sum.
    pub fn plan_plain_deletions(&self, deletions: usize) -> usize {
        let mut known = self.lock();
        known.plain_deletions += deletions;
        known.plain_deletions
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Every change is a single insertion or addition, so a panic elsewhere leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Identity and device groups together: one value may stand in one list twice if it is for different groups.
pub fn scoped_digest(indicator: &Indicator) -> u64 {
    let mut names: Vec<&str> = indicator
        .fields
        .rbac_group_names
        .iter()
        .flatten()
        .map(String::as_str)
        .collect();
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
