//! Whether a call that came to nothing is made again, and when.
//!
//! Import is an upsert, a listing changes nothing, and a batch delete that was carried out answers 404 the second time,
//! which its caller resolves: every call may be sent twice.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// First pause; the next ones are twice as long each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer, unless the service itself asks for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Longest pause that is taken on the service's word: the longest window that it counts, with some room.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(65 * 60);

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
    /// How many times a call is sent at most. A host that was never reached is probably misspelt, and an answer that
    /// cannot be read does not get better by asking often.
    const fn attempts(self) -> u32 {
        match self {
            Self::Unreachable { before: false } => 4,
            Self::Unreadable => 3,
            Self::Unreachable { before: true } | Self::Interrupted | Self::Unavailable { .. } => 8,
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Send again after this long.
    Retry(Duration),
    /// Leave it.
    GiveUp,
}

/// What to do after attempt number `attempt`, counted from 1, has failed. `chance`, from 0 to 1, spreads the callers.
pub(crate) fn decide(attempt: u32, trouble: Trouble, chance: f64) -> Decision {
    if attempt >= trouble.attempts() {
        return Decision::GiveUp;
    }
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(10));
    let pause = doubled.min(LONGEST_PAUSE).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    match trouble {
        Trouble::Unavailable {
            retry_after: Some(asked),
        } => Decision::Retry(asked.min(LONGEST_ASKED_PAUSE).max(pause)),
        _ => Decision::Retry(pause),
    }
}

/// A number from 0 to 1 that differs from process to process and from call to call.
pub(crate) fn chance() -> f64 {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    random as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_then_the_call_is_left() {
        let pauses: Vec<_> = (1..=8)
            .map(|attempt| decide(attempt, Trouble::Interrupted, 1.0))
            .collect();
        let seconds = |n| Decision::Retry(Duration::from_secs(n));
        assert_eq!(
            pauses,
            [
                seconds(1),
                seconds(2),
                seconds(4),
                seconds(8),
                seconds(16),
                seconds(30),
                seconds(30),
                Decision::GiveUp
            ]
        );
    }

    #[test]
    fn chance_takes_away_half_at_most() {
        assert_eq!(
            decide(1, Trouble::Interrupted, 0.0),
            Decision::Retry(Duration::from_millis(500))
        );
        assert!((0..100).map(|_| chance()).all(|chance| (0.0..=1.0).contains(&chance)));
    }

    #[test]
    fn each_trouble_has_its_own_patience() {
        let attempts = |trouble| (1..).find(|n| decide(*n, trouble, 1.0) == Decision::GiveUp).unwrap();
        assert_eq!(attempts(Trouble::Unreachable { before: false }), 4);
        assert_eq!(attempts(Trouble::Unreachable { before: true }), 8);
        assert_eq!(attempts(Trouble::Unreadable), 3);
        assert_eq!(attempts(Trouble::Unavailable { retry_after: None }), 8);
    }

    #[test]
    fn the_service_may_ask_for_a_longer_pause_but_not_for_any() {
        let asked = |seconds| Trouble::Unavailable {
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(decide(1, asked(120), 1.0), Decision::Retry(Duration::from_secs(120)));
        assert_eq!(decide(5, asked(1), 1.0), Decision::Retry(Duration::from_secs(16)));
        assert_eq!(decide(1, asked(1 << 40), 1.0), Decision::Retry(LONGEST_ASKED_PAUSE));
    }
}
