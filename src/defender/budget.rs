//! How long the calls of one kind may come to nothing before a run leaves them.
//!
//! Without it each object of a run would be patient by itself: 50 indicators, 50 times the patience.

use super::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What keeps a call from its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no answer, or only one that says that the other side is in trouble.
    Trouble,
    /// Others have used up the calls that the service allows.
    Limit,
}

impl Obstacle {
    const ALL: [Self; 2] = [Self::Trouble, Self::Limit];

    /// How long it may last without a break. Most limits of the service count a minute, and others may take what becomes
    /// free a few times.
    const fn patience(self) -> Duration {
        match self {
            Self::Trouble => Duration::from_secs(60),
            Self::Limit => Duration::from_secs(15 * 60),
        }
    }

    /// How long it may last in one run, all in all. An hour is the longest window that the service counts.
    const fn patience_of_a_run(self) -> Duration {
        match self {
            Self::Trouble => Duration::from_secs(10 * 60),
            Self::Limit => Duration::from_secs(60 * 60),
        }
    }
}

/// Shorter waits are not worth telling.
const WORTH_TELLING: Duration = Duration::from_secs(10);

/// What is left of the patience with one kind of call.
#[derive(Debug, Default)]
pub(crate) struct Budget(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    trouble: Account,
    limit: Account,
    left: Option<Error>,
}

/// The time that one obstacle has taken.
#[derive(Debug, Default)]
struct Account {
    /// Since when it lasts without a break.
    since: Option<Duration>,
    /// How long it lasted before.
    spent: Duration,
    /// How much of that was told.
    told: Duration,
}

impl Account {
    fn lasts(&self, now: Duration) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    fn close(&mut self, now: Duration) {
        self.spent += self.lasts(now);
        self.since = None;
    }
}

impl State {
    const fn account(&mut self, obstacle: Obstacle) -> &mut Account {
        match obstacle {
            Obstacle::Trouble => &mut self.trouble,
            Obstacle::Limit => &mut self.limit,
        }
    }
}

impl Budget {
    /// Whether calls may be made.
    ///
    /// # Errors
    /// The error with which they were left in this run.
    pub fn check(&self) -> Result<(), Error> {
        self.state().left.clone().map_or(Ok(()), Err)
    }

    /// A call has come to nothing. Tells whether there is patience enough to make it again after this pause.
    pub fn allows(&self, obstacle: Obstacle, now: Duration, pause: Duration) -> bool {
        let mut state = self.state();
        if obstacle == Obstacle::Limit {
            // An answer that asks for a pause shows that the other side is there.
            state.trouble.close(now);
        }
        let account = state.account(obstacle);
        account.since.get_or_insert(now);
        let lasts = account.lasts(now).saturating_add(pause);
        lasts <= obstacle.patience() && account.spent.saturating_add(lasts) <= obstacle.patience_of_a_run()
    }

    /// How long the obstacle has lasted without a break.
    pub fn lasts(&self, obstacle: Obstacle, now: Duration) -> Duration {
        self.state().account(obstacle).lasts(now)
    }

    /// A call has an outcome.
    pub fn succeeded(&self, now: Duration) {
        let mut state = self.state();
        state.trouble.close(now);
        state.limit.close(now);
        state.left = None;
    }

    /// No other call is made in this run: it would end with this error, too.
    pub fn leave(&self, error: &Error) {
        self.state().left = Some(error.clone());
    }

    /// How long was waited since this was last asked, if that is worth telling.
    pub fn take_waited(&self) -> Vec<(Obstacle, Duration)> {
        let mut state = self.state();
        let untold = Obstacle::ALL.map(|obstacle| {
            let account = state.account(obstacle);
            let untold = account.spent - account.told;
            (untold >= WORTH_TELLING).then(|| {
                account.told = account.spent;
                (obstacle, untold)
            })
        });
        untold.into_iter().flatten().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A duration as people say it: seconds up to two minutes, then minutes.
pub(crate) fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::error::Kind;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn patience_counts_from_the_first_failure_in_a_row() {
        let budget = Budget::default();
        assert!(budget.allows(Obstacle::Trouble, SECOND * 100, MINUTE));
        assert!(!budget.allows(Obstacle::Trouble, SECOND * 101, MINUTE));
        assert!(budget.allows(Obstacle::Trouble, SECOND * 101, SECOND * 59));
        budget.succeeded(SECOND * 130);
        assert!(budget.allows(Obstacle::Trouble, SECOND * 150, MINUTE));
        assert!(!budget.allows(Obstacle::Trouble, SECOND * 150, Duration::MAX));
    }

    #[test]
    fn a_limit_is_borne_for_longer_and_shows_that_the_service_is_there() {
        let budget = Budget::default();
        assert!(budget.allows(Obstacle::Trouble, Duration::ZERO, SECOND));
        assert!(budget.allows(Obstacle::Limit, SECOND * 50, MINUTE * 15));
        assert!(budget.allows(Obstacle::Trouble, SECOND * 100, MINUTE));
        assert!(!budget.allows(Obstacle::Limit, MINUTE * 2, MINUTE * 15));
        assert_eq!(budget.lasts(Obstacle::Limit, MINUTE * 2), SECOND * 70);
    }

    #[test]
    fn a_run_has_an_end_even_if_each_call_succeeds_at_last() {
        let budget = Budget::default();
        let mut now = Duration::ZERO;
        let wait = MINUTE * 14;
        let rounds = (0..100).take_while(|_| {
            let allowed = budget.allows(Obstacle::Limit, now, wait);
            now += wait;
            budget.succeeded(now);
            allowed
        });
        assert_eq!(rounds.count(), 4);
    }

    #[test]
    fn long_waits_are_told_once() {
        let budget = Budget::default();
        for round in 0..3_u32 {
            let begun = MINUTE * round;
            assert!(budget.allows(Obstacle::Limit, begun, SECOND));
            budget.succeeded(begun + SECOND * 4);
            let told = [vec![], vec![], vec![(Obstacle::Limit, SECOND * 12)]];
            assert_eq!(budget.take_waited(), told[round as usize]);
        }
        assert_eq!(budget.take_waited(), []);
    }

    #[test]
    fn what_was_left_stays_so_until_a_call_succeeds_after_all() {
        let budget = Budget::default();
        budget.leave(&Error::new(Kind::Unavailable, "out of order", ""));
        assert_eq!(budget.check().unwrap_err().to_string(), "out of order");
        budget.succeeded(SECOND);
        assert!(budget.check().is_ok());
    }
}
