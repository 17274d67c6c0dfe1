//! What waits to be sent, and when it is time to send it. No waiting here: the time is passed in.

use crate::defender::Clock;
use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A partial batch goes when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(25);

/// The same, while operations are under way that have not asked. The host pauses now and then while it starts hundreds.
const QUIET_WHILE_UNDER_WAY: Duration = Duration::from_secs(3);

/// The same, where several callers ask: a host that runs a number of operations at once starts them one by one, and a new
/// one for each that has been answered. Without this wait each of those would take a call of its own.
const QUIET_AMONG_OTHERS: Duration = Duration::from_millis(100);

/// Nothing waits longer than this for company. A host that runs hundreds of operations at once takes seconds to start
/// them all.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

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

/// What the host is doing, as far as it shows. Both queues share it: it is not known which one will be asked.
pub(crate) struct Operations {
    clock: Arc<dyn Clock>,
    state: Mutex<Doing>,
}

#[derive(Default)]
struct Doing {
    /// Operations that have begun and not ended.
    under_way: usize,
    /// Callers that wait for answers.
    waiting: usize,
    /// Operations that were waited for in vain.
    given_up: usize,
    /// Whether several callers have been seen lately.
    others: bool,
    /// When something last began, asked or was answered.
    latest: Duration,
}

impl Doing {
    /// How many are under way and have not asked.
    const fn absent(&self) -> usize {
        self.under_way.saturating_sub(self.waiting)
    }
}

impl Operations {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// An operation begins.
    pub fn begin(&self) {
        self.change(|doing| doing.under_way += 1);
    }

    /// An operation has ended.
    pub fn end(&self) {
        self.change(|doing| doing.under_way = doing.under_way.saturating_sub(1));
    }

    /// A caller asks.
    pub(super) fn enter(&self) {
        self.change(|doing| {
            doing.others |= doing.waiting > 0;
            doing.waiting += 1;
        });
    }

    /// A caller has its answers. Probably others ask in turn.
    pub(super) fn leave(&self) {
        self.change(|doing| {
            doing.others = true;
            doing.waiting = doing.waiting.saturating_sub(1);
        });
    }

    fn change(&self, change: impl FnOnce(&mut Doing)) {
        let now = self.clock.elapsed();
        let mut doing = self.state();
        change(&mut doing);
        doing.latest = now;
        doing.given_up = doing.given_up.min(doing.absent());
    }

    /// Whoever has not asked by now is not waited for any more.
    pub(super) fn give_up(&self) {
        let mut doing = self.state();
        doing.given_up = doing.absent();
        doing.others = false;
    }

    /// Whether more is expected.
    pub(super) fn expected(&self) -> Option<Expected> {
        let doing = self.state();
        let quiet = if doing.absent() > doing.given_up {
            QUIET_WHILE_UNDER_WAY
        } else if doing.others {
            QUIET_AMONG_OTHERS
        } else {
            return None;
        };
        let since = doing.latest;
        Some(Expected { since, quiet })
    }

    fn state(&self) -> MutexGuard<'_, Doing> {
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

    const fn under_way(since: Duration) -> Option<Expected> {
        Some(Expected {
            since,
            quiet: QUIET_WHILE_UNDER_WAY,
        })
    }

    #[test]
    fn while_more_is_expected_it_waits_longer_but_not_forever() {
        let mut pending = pending(&[1], ms(0));
        assert_eq!(
            pending.readiness(9, under_way(ms(200)), ms(210)),
            Readiness::In(ms(2990))
        );
        assert_eq!(pending.readiness(9, under_way(ms(200)), ms(3200)), Readiness::NowInVain);
        pending.push([(2, 2)], ms(9900));
        assert_eq!(
            pending.readiness(9, under_way(ms(9900)), ms(9950)),
            Readiness::In(ms(50))
        );
        assert_eq!(pending.readiness(9, under_way(ms(9990)), ms(10_000)), Readiness::Now);
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
