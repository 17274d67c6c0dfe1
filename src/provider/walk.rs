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
}

impl Walk {
    /// A walk that begins now.
    pub fn new(now: Duration) -> Self {
        let shown = Shown {
            begun: now,
            latest: now,
            ..Shown::default()
        };
        Self(Mutex::new(shown))
    }

    /// A stored object was shown.
    pub fn stored(&self, now: Duration) {
        self.note(now, |shown| shown.stored += 1);
    }

    /// It is known what becomes of a stored object.
    pub fn decided(&self, now: Duration) {
        self.note(now, |shown| shown.decided += 1);
    }

    /// A configured object was shown; its plan follows.
    pub fn configured(&self, now: Duration) {
        self.note(now, |shown| shown.configured += 1);
    }

    /// It is known what a configured object wants.
    pub fn planned(&self, now: Duration) {
        self.note(now, |shown| shown.planned += 1);
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

    fn note(&self, now: Duration, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.lock();
        shown.latest = now;
        change(&mut shown);
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        // Every change is a single addition, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
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
