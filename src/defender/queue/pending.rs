//! What waits to be sent, and when it is time to send it. No waiting here: the time is passed in.

use crate::defender::Clock;
use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A partial batch goes when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(25);

/// The same, while more has been announced than has come: the host is about to ask. It pauses now and then while it
/// starts hundreds of operations.
const QUIET_WHILE_ANNOUNCED: Duration = Duration::from_secs(1);

/// The same, where several callers ask: a host that runs a number of operations at once starts them one by one, and a new
/// one for each that has been answered. Without this wait each of those would take a call of its own.
const QUIET_AMONG_OTHERS: Duration = Duration::from_millis(100);

/// Nothing waits longer than this for company. A host that runs hundreds of operations at once takes seconds to start
/// them all.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Whether it is time to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    /// The batch is full, has waited for long enough, or nothing more is expected.
    Now,
    /// More was expected, and has not come.
    NowInVain,
    /// Not before this time has passed.
    In(Duration),
}

/// More is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    /// Since when.
    since: Duration,
    /// It is not coming any more when nothing has come for this long.
    quiet: Duration,
}

/// Items in the order in which they came.
#[derive(Debug)]
pub(super) struct Pending<T, K> {
    entries: VecDeque<Entry<T, K>>,
    latest: Duration,
}

#[derive(Debug)]
struct Entry<T, K> {
    item: T,
    key: K,
    arrived: Duration,
}

impl<T, K: Hash + Eq + Clone> Pending<T, K> {
    pub const fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            latest: Duration::ZERO,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn push(&mut self, items: impl IntoIterator<Item = (K, T)>, now: Duration) {
        self.latest = now;
        self.entries.extend(items.into_iter().map(|(key, item)| Entry {
            item,
            key,
            arrived: now,
        }));
    }

    /// When to send.
    pub fn readiness(&self, batch_size: usize, expected: Option<Expected>, now: Duration) -> Readiness {
        let oldest = self.entries.front().map_or(now, |entry| entry.arrived);
        let quiet = match expected {
            Some(more) => self.latest.max(more.since) + more.quiet,
            None => self.latest + QUIET,
        };
        let overdue = oldest + LONGEST_WAIT;
        if self.entries.len() >= batch_size || overdue <= now {
            Readiness::Now
        } else if quiet > now {
            Readiness::In(quiet.min(overdue) - now)
        } else if expected.is_some() {
            Readiness::NowInVain
        } else {
            Readiness::Now
        }
    }

    /// Takes up to `most` items out, no two with the same key. What is left stays in order.
    pub fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::new();
        let mut keys = HashSet::new();
        let mut left = VecDeque::new();
        while taken.len() < most
            && let Some(entry) = self.entries.pop_front()
        {
            if keys.insert(entry.key.clone()) {
                taken.push(entry.item);
            } else {
                left.push_back(entry);
            }
        }
        left.append(&mut self.entries);
        self.entries = left;
        taken
    }

    /// Takes everything out.
    pub fn take_all(&mut self) -> Vec<T> {
        self.entries.drain(..).map(|entry| entry.item).collect()
    }
}

/// Writes that somebody will probably ask for soon. Both queues share them: it is not known which one will be asked.
pub(crate) struct Announcements {
    clock: Arc<dyn Clock>,
    state: Mutex<Announced>,
}

#[derive(Default)]
struct Announced {
    /// How many were announced and have not come.
    announced: usize,
    /// Whether there are other callers.
    others: bool,
    /// When the last one was announced or seen.
    latest: Duration,
}

impl Announcements {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// Somebody will probably ask.
    pub fn announce(&self) {
        let latest = self.clock.elapsed();
        let mut state = self.state();
        state.announced += 1;
        state.latest = latest;
    }

    /// One who was announced asks, or does not come any more.
    pub fn arrived(&self) {
        let mut state = self.state();
        state.announced = state.announced.saturating_sub(1);
    }

    /// There are other callers, such as those who have just been answered: they will probably ask as well.
    pub(super) fn others(&self) {
        let latest = self.clock.elapsed();
        let mut state = self.state();
        state.others = true;
        state.latest = latest;
    }

    /// Whoever has not come by now is not waited for any more.
    pub(super) fn forget(&self) {
        *self.state() = Announced::default();
    }

    /// Whether more is expected.
    pub(super) fn expected(&self) -> Option<Expected> {
        let state = self.state();
        let quiet = match *state {
            Announced { announced: 1.., .. } => QUIET_WHILE_ANNOUNCED,
            Announced { others: true, .. } => QUIET_AMONG_OTHERS,
            _ => return None,
        };
        let since = state.latest;
        Some(Expected { since, quiet })
    }

    fn state(&self) -> MutexGuard<'_, Announced> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn pending(keys: &[u32], now: Duration) -> Pending<usize, u32> {
        let mut pending = Pending::new();
        pending.push(keys.iter().copied().enumerate().map(|(item, key)| (key, item)), now);
        pending
    }

    #[test]
    fn a_full_batch_goes_at_once_and_a_partial_one_after_a_quiet_moment() {
        let mut pending = pending(&[1, 2], ms(100));
        assert_eq!(pending.readiness(2, None, ms(100)), Readiness::Now);
        assert_eq!(pending.readiness(3, None, ms(100)), Readiness::In(QUIET));
        pending.push([(3, 3)], ms(120));
        assert_eq!(pending.readiness(4, None, ms(130)), Readiness::In(ms(15)));
        assert_eq!(pending.readiness(4, None, ms(145)), Readiness::Now);
    }

    const fn announced(since: Duration) -> Option<Expected> {
        Some(Expected {
            since,
            quiet: QUIET_WHILE_ANNOUNCED,
        })
    }

    #[test]
    fn while_more_is_expected_it_waits_longer_but_not_forever() {
        let mut pending = pending(&[1], ms(0));
        assert_eq!(
            pending.readiness(9, announced(ms(200)), ms(210)),
            Readiness::In(ms(990))
        );
        assert_eq!(pending.readiness(9, announced(ms(200)), ms(1200)), Readiness::NowInVain);
        pending.push([(2, 2)], ms(4900));
        assert_eq!(
            pending.readiness(9, announced(ms(4900)), ms(4950)),
            Readiness::In(ms(50))
        );
        assert_eq!(pending.readiness(9, announced(ms(4990)), ms(5000)), Readiness::Now);
    }

    #[test]
    fn what_is_left_of_a_batch_that_was_in_flight_has_waited_enough() {
        let mut pending = pending(&[1, 2, 3], ms(0));
        assert_eq!(pending.take(2), [0, 1]);
        assert_eq!(pending.readiness(2, None, ms(700)), Readiness::Now);
    }

    #[test]
    fn equal_keys_go_one_after_the_other() {
        let mut pending = pending(&[1, 1, 2, 1, 2, 3], ms(0));
        assert_eq!(pending.take(10), [0, 2, 5]);
        assert_eq!(pending.take(10), [1, 4]);
        assert_eq!(pending.take(10), [3]);
        assert!(pending.is_empty());
    }

    proptest! {
        #[test]
        fn everything_is_taken_once_and_equal_keys_in_order(
            keys in prop::collection::vec(0_u32..20, 0..100),
            most in 1_usize..30,
        ) {
            let mut pending = pending(&keys, ms(0));
            let mut order = Vec::new();
            while !pending.is_empty() {
                let batch = pending.take(most);
                prop_assert!(!batch.is_empty() && batch.len() <= most);
                let distinct: HashSet<u32> = batch.iter().map(|item| keys[*item]).collect();
                prop_assert_eq!(distinct.len(), batch.len());
                order.extend(batch);
            }
            for key in 0..20 {
                let sent: Vec<usize> = order.iter().copied().filter(|item| keys[*item] == key).collect();
                let came: Vec<usize> = (0..keys.len()).filter(|item| keys[*item] == key).collect();
                prop_assert_eq!(sent, came);
            }
            prop_assert_eq!(order.len(), keys.len());
        }
    }
}
