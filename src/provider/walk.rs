//! What the host has shown of its walk so far.
//!
//! The host handles the objects of a configuration at the same time and in any order, and tells nobody about the others.
//! An object that lets a row go should know whether another one wants it; this is how it waits a moment to hear so.

use crate::defender::Clock;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A walk that has just begun has not shown everything yet.
const BEGINNING: Duration = Duration::from_millis(100);
/// When nothing has come for this long, most likely nothing will.
const QUIET: Duration = Duration::from_millis(30);
/// Nobody waits longer than this: an object may have been shown and never be heard of again.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(10);
/// When nothing is under way and nothing has come for this long, nothing else will. It is long for a busy machine's sake;
/// only what ends in an error or a warning waits for it.
const SILENCE: Duration = Duration::from_secs(1);
/// How many operations may wait for others to be shown. The host handles ten at the same time unless it is told
/// otherwise, and would show nothing more if all of them waited.
const WAITING: usize = 5;

/// What has been shown.
#[derive(Debug, Default)]
pub struct Walk(Mutex<Shown>);

#[derive(Debug, Default)]
struct Shown {
    begun: Duration,
    latest: Duration,
    /// Stored objects, and those of them of which it is known what becomes of them.
    stored: usize,
    decided: usize,
    /// Configured objects, and those of them of which it is known what they want.
    configured: usize,
    planned: usize,
    /// Objects that are to end and whose rows have not been counted yet.
    counting: usize,
    /// Operations under way, and how many of them wait for others to be shown.
    under_way: usize,
    waiting: usize,
    /// When an operation last began or ended, or an object was shown.
    stirred: Duration,
}

/// How waiting for other objects ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// What was waited for has come.
    Came,
    /// Everything has been shown, and it was not among it.
    Silence,
    /// So many wait already that the host could not show anything more.
    Crowded,
}

/// An operation of the host that is under way until this is dropped.
pub struct UnderWay<'a> {
    walk: &'a Walk,
    clock: &'a dyn Clock,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.walk.note(self.clock.elapsed(), |shown| shown.under_way -= 1);
    }
}

impl Walk {
    /// A walk that begins now.
    pub fn new(now: Duration) -> Self {
        let shown = Shown {
            begun: now,
            latest: now,
            stirred: now,
            ..Shown::default()
        };
        Self(Mutex::new(shown))
    }

    /// A stored object was shown.
    pub fn stored(&self, now: Duration) {
        self.show(now, |shown| shown.stored += 1);
    }

    /// It is known what becomes of a stored object.
    pub fn decided(&self, now: Duration) {
        self.show(now, |shown| shown.decided += 1);
    }

    /// A configured object was shown; its plan follows.
    pub fn configured(&self, now: Duration) {
        self.show(now, |shown| shown.configured += 1);
    }

    /// It is known what a configured object wants.
    pub fn planned(&self, now: Duration) {
        self.show(now, |shown| shown.planned += 1);
    }

    /// Waits until the first stored objects have most likely all been shown. The host shows as many as it handles at the
    /// same time at once, and this is never long: mostly the first call to the service takes longer.
    pub async fn begun(&self, clock: &dyn Clock) {
        loop {
            let now = clock.elapsed();
            if self.lock().has_begun(now) {
                return;
            }
            clock.sleep(LOOK).await;
        }
    }

    /// Waits until everybody has most likely said what they want.
    pub async fn heard(&self, clock: &dyn Clock) {
        let begun = clock.elapsed();
        loop {
            let now = clock.elapsed();
            if self.lock().is_complete(now) || now.saturating_sub(begun) >= PATIENCE {
                return;
            }
            clock.sleep(LOOK).await;
        }
    }

    /// Waits until everybody has most likely said what they want, and what they let go.
    pub async fn counted(&self, clock: &dyn Clock) {
        let begun = clock.elapsed();
        self.heard(clock).await;
        while self.lock().counting > 0 && clock.elapsed().saturating_sub(begun) < 2 * PATIENCE {
            clock.sleep(LOOK).await;
        }
    }

    /// An object that is to end begins, or with `false` ends, to see which of its rows go for good.
    pub fn counting(&self, begins: bool) {
        let mut shown = self.lock();
        shown.counting = if begins {
            shown.counting + 1
        } else {
            shown.counting.saturating_sub(1)
        };
    }

    /// An operation of the host begins.
    pub fn enter<'a>(&'a self, clock: &'a dyn Clock) -> UnderWay<'a> {
        self.note(clock.elapsed(), |shown| shown.under_way += 1);
        UnderWay { walk: self, clock }
    }

    /// Waits, as part of an operation that has entered, until `is_here`. Does not wait if others have to be let through,
    /// unless it `must`.
    pub async fn wait_until(&self, clock: &dyn Clock, must: bool, is_here: impl Fn() -> bool) -> Waited {
        if is_here() {
            return Waited::Came;
        }
        {
            let mut shown = self.lock();
            if !must && shown.waiting >= WAITING {
                return Waited::Crowded;
            }
            shown.waiting += 1;
        }
        let waited = loop {
            clock.sleep(LOOK).await;
            if is_here() {
                break Waited::Came;
            }
            if self.lock().is_silent(clock.elapsed()) {
                break Waited::Silence;
            }
        };
        self.lock().waiting -= 1;
        waited
    }

    fn show(&self, now: Duration, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.lock();
        shown.latest = now;
        shown.stirred = now;
        change(&mut shown);
    }

    fn note(&self, now: Duration, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.lock();
        shown.stirred = now;
        change(&mut shown);
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        // Every change is a single addition, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn is_silent(&self, now: Duration) -> bool {
        self.under_way <= self.waiting && now.saturating_sub(self.stirred) >= SILENCE
    }

    fn has_begun(&self, now: Duration) -> bool {
        now.saturating_sub(self.begun) >= BEGINNING || now.saturating_sub(self.latest) >= QUIET
    }

    fn is_complete(&self, now: Duration) -> bool {
        now.saturating_sub(self.begun) >= BEGINNING
            && now.saturating_sub(self.latest) >= QUIET
            && self.decided >= self.stored
            && self.planned >= self.configured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn is_complete(walk: &Walk, now: u64) -> bool {
        walk.lock().is_complete(at(now))
    }

    #[test]
    fn a_walk_has_begun_when_nothing_new_comes_and_after_a_moment_in_any_case() {
        let walk = Walk::new(at(1000));
        walk.stored(at(1020));
        assert!(!walk.lock().has_begun(at(1049)));
        assert!(walk.lock().has_begun(at(1050)));
        walk.stored(at(1090));
        assert!(!walk.lock().has_begun(at(1099)));
        assert!(walk.lock().has_begun(at(1100)));
    }

    /// What happens at a time in milliseconds.
    type Act = (u64, fn(&Walk, Duration));

    /// A clock that moves when somebody sleeps, and on which something happens at its times.
    struct Script<'a> {
        walk: &'a Walk,
        now: Mutex<u64>,
        acts: Vec<Act>,
    }

    #[async_trait::async_trait]
    impl Clock for Script<'_> {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }

        fn elapsed(&self) -> Duration {
            at(*self.now.lock().unwrap())
        }

        async fn sleep(&self, duration: Duration) {
            let before = *self.now.lock().unwrap();
            let after = before + u64::try_from(duration.as_millis()).unwrap();
            *self.now.lock().unwrap() = after;
            for (_, act) in self.acts.iter().filter(|(when, _)| (before..after).contains(when)) {
                act(self.walk, at(after));
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits in an operation that has entered, while things happen.
    async fn wait(acts: Vec<Act>, is_here: impl Fn(u64) -> bool) -> (Waited, u64) {
        let walk = Walk::new(at(0));
        let clock = Script {
            walk: &walk,
            now: Mutex::new(0),
            acts,
        };
        let _under_way = walk.enter(&clock);
        let waited = walk
            .wait_until(&clock, false, || is_here(*clock.now.lock().unwrap()))
            .await;
        let now = *clock.now.lock().unwrap();
        (waited, now)
    }

    #[tokio::test]
    async fn waiting_ends_when_it_comes_or_after_a_second_of_silence() {
        assert_eq!(wait(vec![], |_| true).await, (Waited::Came, 0));
        assert_eq!(wait(vec![], |now| now >= 500).await, (Waited::Came, 500));
        assert_eq!(wait(vec![], |_| false).await, (Waited::Silence, 1000));
        let shown: fn(&Walk, Duration) = |walk, now| walk.stored(now);
        assert_eq!(wait(vec![(495, shown)], |_| false).await, (Waited::Silence, 1500));
    }

    #[tokio::test]
    async fn it_is_not_silent_while_anything_is_under_way() {
        let begin: fn(&Walk, Duration) = |walk, now| walk.note(now, |shown| shown.under_way += 1);
        let end: fn(&Walk, Duration) = |walk, now| walk.note(now, |shown| shown.under_way -= 1);
        let acts = vec![(15, begin), (29_995, end)];
        assert_eq!(wait(acts, |_| false).await, (Waited::Silence, 31_000));
        // Others that wait as well have nothing to say.
        let joins: fn(&Walk, Duration) = |walk, now| {
            walk.note(now, |shown| {
                shown.under_way += 1;
                shown.waiting += 1;
            });
        };
        assert_eq!(wait(vec![(15, joins)], |_| false).await, (Waited::Silence, 1020));
    }

    #[tokio::test]
    async fn not_everybody_waits() {
        let walk = Walk::new(at(0));
        walk.note(at(0), |shown| shown.waiting = WAITING);
        let clock = Script {
            walk: &walk,
            now: Mutex::new(0),
            acts: Vec::new(),
        };
        assert_eq!(walk.wait_until(&clock, false, || false).await, Waited::Crowded);
        assert_eq!(walk.wait_until(&clock, true, || false).await, Waited::Silence);
    }

    #[test]
    fn a_walk_is_complete_when_it_is_quiet_and_nobody_is_missing() {
        let walk = Walk::new(at(1000));
        assert!(!is_complete(&walk, 1099), "it has just begun");
        assert!(is_complete(&walk, 1100));
        walk.stored(at(1110));
        walk.configured(at(1120));
        assert!(!is_complete(&walk, 9000), "both are to be heard of");
        walk.decided(at(1130));
        assert!(!is_complete(&walk, 9000));
        walk.planned(at(1140));
        assert!(!is_complete(&walk, 1169), "somebody spoke just now");
        assert!(is_complete(&walk, 1170));
    }
}
