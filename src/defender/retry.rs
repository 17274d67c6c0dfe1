//! Whether a call that came to nothing is made again, and when.
//!
//! Import is an upsert, a listing changes nothing, and a batch delete that was carried out answers 404 the second time,
//! which its caller resolves: every call may be sent twice.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// First pause; the next ones are twice as long each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer, unless the service itself asks for it. Whether there is time for that is for the budget to say.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What came instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No connection, so nothing was sent. `before`: the other side had been reached earlier in this process.
    Unreachable { before: bool },
    /// The connection was lost or nothing came in time.
    Interrupted,
    /// HTTP 5xx.
    Unavailable { retry_after: Option<Duration> },
    /// HTTP 2xx with a body that cannot be read.
    Unreadable,
}

impl Trouble {
    /// How many times a call is sent at most, if that is not left to the budget. A host that was never reached is probably
    /// misspelt, and an answer that cannot be read does not get better by asking often.
    const fn attempts(self) -> Option<u32> {
        match self {
            Self::Unreachable { before: false } => Some(4),
            Self::Unreadable => Some(3),
            Self::Unreachable { before: true } | Self::Interrupted | Self::Unavailable { .. } => None,
        }
    }
}

/// The pause after attempt number `attempt`, counted from 1, has failed; none if it was the last one. `max_retries` is how
/// often the user lets a call be made again. `chance`, from 0 to 1, spreads the callers.
pub(crate) fn pause(attempt: u32, trouble: Trouble, max_retries: Option<u32>, chance: f64) -> Option<Duration> {
    let is_last = trouble.attempts().is_some_and(|most| attempt >= most);
    if is_last || max_retries.is_some_and(|most| attempt > most) {
        return None;
    }
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(10));
    let pause = doubled.min(LONGEST_PAUSE).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    Some(match trouble {
        Trouble::Unavailable {
            retry_after: Some(asked),
        } => asked.max(pause),
        _ => pause,
    })
}

/// A number from 0 to 1 that differs from process to process and from call to call.
pub(crate) fn chance() -> f64 {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    random as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: Trouble = Trouble::Unavailable { retry_after: None };

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pauses = (1..=8).map(|attempt| pause(attempt, BUSY, None, 1.0).unwrap().as_secs());
        assert_eq!(pauses.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pause(u32::MAX, BUSY, None, 1.0), Some(LONGEST_PAUSE));
    }

    #[test]
    fn chance_takes_away_half_at_most() {
        assert_eq!(pause(1, BUSY, None, 0.0), Some(Duration::from_millis(500)));
        assert!((0..100).map(|_| chance()).all(|chance| (0.0..=1.0).contains(&chance)));
    }

    #[test]
    fn what_does_not_get_better_is_tried_a_few_times() {
        let attempts = |trouble| (1..=100).find(|n| pause(*n, trouble, None, 1.0).is_none());
        assert_eq!(attempts(Trouble::Unreachable { before: false }), Some(4));
        assert_eq!(attempts(Trouble::Unreadable), Some(3));
        for trouble in [Trouble::Unreachable { before: true }, Trouble::Interrupted, BUSY] {
            assert_eq!(attempts(trouble), None);
        }
    }

    #[test]
    fn the_user_may_allow_less() {
        let attempts = |most| (1..=100).find(|n| pause(*n, BUSY, Some(most), 1.0).is_none());
        assert_eq!([0, 1, 5].map(attempts), [Some(1), Some(2), Some(6)]);
        let never_reached = Trouble::Unreachable { before: false };
        assert_eq!(pause(4, never_reached, Some(50), 1.0), None, "and not more");
    }

    #[test]
    fn the_service_may_ask_for_a_longer_pause() {
        let asked = |seconds| Trouble::Unavailable {
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(pause(1, asked(120), None, 1.0), Some(Duration::from_secs(120)));
        assert_eq!(pause(5, asked(1), None, 1.0), Some(Duration::from_secs(16)));
    }
}
