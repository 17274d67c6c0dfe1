//! What waits to be sent, and when it is time to send it. No waiting here: the time is passed in.

use crate::defender::Clock;
use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A partial batch goes when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(25);

/// The same, while more has been announced than has come: the host is about to ask.
const QUIET_WHILE_EXPECTING: Duration = Duration::from_millis(300);

/// Nothing waits longer than this for company.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Whether it is time to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    Now,
    In(Duration),
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

    /// When to send. `expected` is when more was last announced, if more has been announced than has come.
    pub fn readiness(&self, batch_size: usize, expected: Option<Duration>, now: Duration) -> Readiness {
        let oldest = self.entries.front().map_or(now, |entry| entry.arrived);
        let quiet = match expected {
            Some(announced) => self.latest.max(announced) + QUIET_WHILE_EXPECTING,
            None => self.latest + QUIET,
        };
        let due = quiet.min(oldest + LONGEST_WAIT);
        if self.entries.len() >= batch_size || due <= now {
            Readiness::Now
        } else {
            Readiness::In(due - now)
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
    outstanding: usize,
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
        state.outstanding += 1;
        state.latest = latest;
    }

    /// Somebody asked.
    pub(super) fn arrived(&self) {
        let mut state = self.state();
        state.outstanding = state.outstanding.saturating_sub(1);
    }

    /// A batch goes. Whoever has been announced and has not come by then is not waited for any more: most reads and
    /// plans are followed by no write.
    pub(super) fn sent(&self) {
        self.state().outstanding = 0;
    }

    /// When more was last announced, if more has been announced than has come.
    pub(super) fn expected(&self) -> Option<Duration> {
        let state = self.state();
        (state.outstanding > 0).then_some(state.latest)
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

    #[test]
    fn while_more_is_expected_it_waits_longer_but_not_forever() {
        let mut pending = pending(&[1], ms(0));
        assert_eq!(pending.readiness(9, Some(ms(200)), ms(210)), Readiness::In(ms(290)));
        pending.push([(2, 2)], ms(1900));
        assert_eq!(pending.readiness(9, Some(ms(1900)), ms(1950)), Readiness::In(ms(50)));
        assert_eq!(pending.readiness(9, Some(ms(1990)), ms(2000)), Readiness::Now);
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
