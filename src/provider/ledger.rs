//! What this process has learned about rows in the course of one run.

use crate::defender::Clock;
use crate::indicator::Indicator;
use fnv::FnvHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How often is looked whether the age of an object has become known.
const LOOK: Duration = Duration::from_millis(50);
/// How long the host may take, at most, to have an object refreshed that it has shown; for the largest it takes half a
/// second.
const LONGEST_REFRESH: Duration = Duration::from_secs(3);

/// How many single indicators a run may plan before it is said that a set is the better place for them. At Terraform's
/// default parallelism an import call carries 10 of them, so that some 300 use up the calls of a minute, and planning
/// them takes Terraform itself seconds.
const MANY_SINGLES: usize = 200;

/// Which planned object speaks; the two plan calls of one replacement share one.
pub type Claimant = u64;

/// Knowledge of one run, shared by all resources of the process. A process serves one walk of the host, so nothing here
/// outlives it; the one exception, a process that the host reattaches to, starts anew at each configuration.
#[derive(Debug, Default)]
pub struct Ledger {
    known: Mutex<Known>,
    seed: RandomState,
    /// Told whenever a delete has ended.
    ended: Notify,
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
    /// Ids of rows that this run has deleted. The service never gives an id out twice.
    deleted: HashSet<String>,
    /// Ids of claimed rows that another object would have deleted.
    spared: HashSet<String>,
    /// Rows that an exclusive set is about to delete, by identity and scope, and by id, each with the set's claimant.
    condemned: HashMap<u64, Claimant>,
    condemned_ids: HashMap<String, Claimant>,
    /// Rows that an object of this run has written or taken over, by id.
    owners: HashMap<String, Claimant>,
    /// Rows of planned creations that are there and that no state shown so far holds, by id, each with what to say of it
    /// if none does.
    doubts: BTreeMap<String, String>,
    /// Whether somebody waits to speak for all who doubt.
    judging: bool,
    /// Rows that planned objects want, by identity and scope.
    wanted: HashMap<u64, (Claimant, String)>,
    /// Rows that the tenant held when the first creation was planned.
    rows: Option<usize>,
    /// Deletions planned so far.
    deletions: usize,
    /// Rows, by identity and scope, of which deletions were planned so far that make way for no other row of their
    /// object.
    doomed: Vec<u64>,
    /// Creations planned so far.
    creations: usize,
    /// Single indicators refreshed so far.
    singles: usize,
    /// Whether the host applies, and so has shown the warnings of its plan before.
    applying: bool,
    claimants: u64,
    /// Claimants that have claimed the rows that they take over from others.
    served: HashSet<Claimant>,
}

impl Known {
    fn knows(&self, id: &str) -> bool {
        self.observed.contains_key(id) || self.claimed.contains(id)
    }
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
    /// Rows of all authors that the tenant held before anything of this was done.
    pub rows: usize,
    /// Rows to be made.
    pub creations: usize,
    /// Rows to be deleted.
    pub deletions: usize,
}

impl Totals {
    /// How many rows the tenant would hold after all of it.
    pub fn after(&self) -> usize {
        (self.rows + self.creations).saturating_sub(self.deletions)
    }
}

impl Ledger {
    /// Notes that a state holds these ids: whoever finds the rows knows that they are no stranger's.
    pub fn observe<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let mut known = self.lock();
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
        let any_open = || {
            let known = self.lock();
            ids.iter().any(|id| known.observed.get(*id).is_some_and(is_open))
        };
        while any_open() && clock.elapsed().saturating_sub(begun) < LONGEST_REFRESH {
            clock.sleep(LOOK).await;
        }
    }

    /// Whether a younger object than one made at this time holds the id.
    pub fn is_inherited(&self, born: Option<i64>, id: &str) -> bool {
        let known = self.lock();
        born.is_some_and(|born| known.observed.get(id).is_some_and(|holders| holders.youngest > born))
    }

    /// Notes that the exclusive set of this claimant is about to delete the row.
    pub fn condemn(&self, claimant: Claimant, id: &str, indicator: &Indicator) {
        let mut known = self.lock();
        known.condemned.insert(scoped_digest(indicator), claimant);
        known.condemned_ids.insert(id.to_owned(), claimant);
    }

    /// Whether an exclusive set, another than `claimant`, is about to delete a row of this identity and scope, or with this
    /// id.
    pub fn is_condemned(&self, claimant: Claimant, indicator: Option<&Indicator>, id: Option<&str>) -> bool {
        let known = self.lock();
        if known.condemned_ids.is_empty() {
            return false;
        }
        let by_row = indicator.and_then(|indicator| known.condemned.get(&scoped_digest(indicator)));
        let by_id = id.and_then(|id| known.condemned_ids.get(id));
        by_row.into_iter().chain(by_id).any(|other| *other != claimant)
    }

    /// Notes that the row is `claimant`'s from now on; answers whether it was another's in this run.
    pub fn own(&self, claimant: Claimant, id: &str) -> bool {
        let former = self.lock().owners.insert(id.to_owned(), claimant);
        former.is_some_and(|former| former != claimant)
    }

    /// Notes that these rows, by id, stand where a plan would create some, each with what to say of it if no state of
    /// this run holds it.
    pub fn doubt(&self, rows: Vec<(String, String)>) {
        self.lock().doubts.extend(rows);
    }

    /// Whether the caller is the one who waits for everything to be shown and speaks for all who doubt.
    pub fn begin_judging(&self) -> bool {
        let mut known = self.lock();
        !known.doubts.is_empty() && !std::mem::replace(&mut known.judging, true)
    }

    /// Whether nothing is in doubt any more; then nobody judges.
    pub fn ends_judging(&self) -> bool {
        let mut known = self.lock();
        while let Some((id, _)) = known.doubts.first_key_value() {
            if !known.knows(id) {
                return false;
            }
            known.doubts.pop_first();
        }
        known.judging = false;
        true
    }

    /// Takes what is to be said of the rows in doubt, once; then nobody judges.
    pub fn judgement(&self) -> Vec<String> {
        let mut known = self.lock();
        known.judging = false;
        let doubts = std::mem::take(&mut known.doubts);
        let unknown = doubts.into_iter().filter(|(id, _)| !known.knows(id));
        unknown.map(|(_, line)| line).collect()
    }

    /// Whether a state shown to this process holds the id, or an object of this run wants the row.
    pub fn is_known(&self, id: &str) -> bool {
        self.lock().knows(id)
    }

    /// Whether a state shown to this process holds the id.
    pub fn is_observed(&self, id: &str) -> bool {
        self.lock().observed.contains_key(id)
    }

    /// Notes that the row is wanted by an object of this run, so that nobody deletes it. Answers `false` if its delete
    /// is already under way or done.
    pub fn claim(&self, id: &str) -> bool {
        let mut known = self.lock();
        let free = !known.deleting.contains(id) && !known.deleted.contains(id);
        if free {
            known.claimed.insert(id.to_owned());
        }
        free
    }

    /// Notes that the row is not wanted after all. Answers whether another object would have deleted it meanwhile: then
    /// the caller has to.
    pub fn release(&self, id: &str) -> bool {
        let mut known = self.lock();
        known.claimed.remove(id) && known.spared.remove(id)
    }

    /// Notes that the row is about to be deleted. Answers `false` if an object of this run wants it; then it is not.
    pub fn begin_delete(&self, id: &str) -> bool {
        let mut known = self.lock();
        let free = !known.claimed.contains(id);
        let list = if free { &mut known.deleting } else { &mut known.spared };
        list.insert(id.to_owned());
        free
    }

    /// Notes that the deletes of these rows have ended, each with whether it is gone.
    pub fn end_delete<'a>(&self, rows: impl IntoIterator<Item = (&'a str, bool)>) {
        {
            let mut known = self.lock();
            for (id, is_gone) in rows {
                known.deleting.remove(id);
                if is_gone {
                    known.deleted.insert(id.to_owned());
                }
            }
        }
        self.ended.notify_waiters();
    }

    /// Whether rows have been or are being deleted, so that room shows sooner or later.
    pub fn has_room_coming(&self) -> bool {
        let known = self.lock();
        !known.deleted.is_empty() || !known.deleting.is_empty()
    }

    /// Waits until no delete of these rows is under way.
    pub async fn deletes_ended(&self, ids: &[String]) {
        loop {
            let ended = self.ended.notified();
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
        known.claimants += 1;
        // Numbers of another process, which private data may carry here, must not be taken for this one's.
        self.seed.hash_one(known.claimants)
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

    /// Whether a planned object, another than `claimant`, wants a row of this identity and scope.
    pub fn is_wanted_elsewhere(&self, claimant: Claimant, indicator: &Indicator) -> bool {
        let known = self.lock();
        let other = known.wanted.get(&scoped_digest(indicator));
        other.is_some_and(|(other, _)| *other != claimant)
    }

    /// Whether any planned object wants a row of this identity and scope, by [`scoped_digest`].
    pub fn is_wanted(&self, digest: u64) -> bool {
        self.lock().wanted.contains_key(&digest)
    }

    /// Notes that `claimant` has claimed whatever it takes over from others.
    pub fn serve(&self, claimant: Option<Claimant>) {
        if let Some(claimant) = claimant {
            self.lock().served.insert(claimant);
        }
        self.claimed.notify_waiters();
    }

    /// Waits until those who want one of these rows, `except` for one, have claimed it if they can.
    pub async fn claims_made(&self, except: Option<Claimant>, rows: &[&Indicator]) {
        let digests: Vec<u64> = rows.iter().map(|row| scoped_digest(row)).collect();
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

    /// Adds what one plan asks for of a tenant that holds `rows` now. While the run applies, the host plans each object
    /// again after others are done, so only the first number of rows is one to count from.
    pub fn plan(&self, rows: usize, creations: usize) {
        let mut known = self.lock();
        known.creations += creations;
        known.rows.get_or_insert(rows);
    }

    /// Adds deletions that one plan asks for.
    pub fn plan_deletions(&self, deletions: usize) {
        self.lock().deletions += deletions;
    }

    /// What all plans so far ask for.
    pub fn totals(&self) -> Totals {
        let known = self.lock();
        Totals {
            rows: known.rows.unwrap_or_default(),
            creations: known.creations,
            deletions: known.deletions,
        }
    }

    /// Adds rows, by [`scoped_digest`], whose deletion makes way for no other row of their object.
    pub fn doom(&self, rows: impl IntoIterator<Item = u64>) {
        self.lock().doomed.extend(rows);
    }

    /// How many rows go for good, as far as is known: those that no other object wants.
    pub fn doomed(&self) -> usize {
        let known = self.lock();
        known
            .doomed
            .iter()
            .filter(|digest| !known.wanted.contains_key(digest))
            .count()
    }

    /// Notes that a single indicator is being refreshed. Answers `true` once in a walk: when they have become many. The
    /// host refreshes each object once, and never in the walk that applies, so it is told once in a run.
    pub fn refresh_single(&self) -> bool {
        let mut known = self.lock();
        known.singles += 1;
        known.singles == MANY_SINGLES + 1
    }

    /// Whether the host applies what it planned before.
    pub fn is_applying(&self) -> bool {
        self.lock().applying
    }

    /// Notes that the host applies what it planned before.
    pub fn applies(&self) {
        self.lock().applying = true;
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
    // Notes of a plan carry this from one process to the next, so it must be the same in both.
    let mut hasher = FnvHasher::default();
    (indicator.identity().digest(), names, ids).hash(&mut hasher);
    hasher.finish()
}

/// The digest of identity and device groups that a replacement's notes hold beside the one of the identity alone, and
/// never the same number as that.
pub fn exact_digest(indicator: &Indicator) -> u64 {
    const EXACT: u64 = 0x9e37_79b9_7f4a_7c15;
    scoped_digest(indicator).rotate_left(1) ^ EXACT
}

#[cfg(test)]
mod tests;
