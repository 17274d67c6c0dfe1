//! How long an indicator lives, for configurations that do not say until when.

use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// Hours of a day, for lifetimes: they are counted in the service's time, UTC, which has no other days.
const HOURS_A_DAY: u32 = 24;

/// The longest lifetime, in hours: a hundred years. Whoever wants more wants an indicator that never expires.
const LONGEST: u32 = 100 * 365 * HOURS_A_DAY;

/// A length of time in days or hours, from one hour to a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    hours: u32,
}

impl Lifetime {
    /// Reads days such as `90d`, or hours such as `36h`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, hours) = match text.strip_suffix('d') {
            Some(digits) => (digits, HOURS_A_DAY),
            None => (text.strip_suffix('h')?, 1),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let hours = digits.parse::<u32>().ok()?.checked_mul(hours)?;
        (1..=LONGEST).contains(&hours).then_some(Self { hours })
    }

    /// The instant at which what has begun then ends. It is never later than [`Timestamp::MAX`].
    #[must_use]
    pub fn end(self, begun: Timestamp) -> Timestamp {
        begun.checked_add(self.length()).unwrap_or(Timestamp::MAX)
    }

    /// The instant at which what ends then has begun.
    #[must_use]
    pub fn beginning(self, end: Timestamp) -> Timestamp {
        end.checked_sub(self.length()).unwrap_or(Timestamp::MIN)
    }

    fn length(self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.hours))
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hours.is_multiple_of(HOURS_A_DAY) {
            write!(formatter, "{}d", self.hours / HOURS_A_DAY)
        } else {
            write!(formatter, "{}h", self.hours)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_hours_are_read_and_written() {
        for (text, same) in [
            ("90d", "90d"),
            ("1h", "1h"),
            ("48h", "2d"),
            ("036h", "36h"),
            ("36500d", "36500d"),
        ] {
            let lifetime = Lifetime::parse(text).unwrap();
            assert_eq!(lifetime.to_string(), same);
            assert_eq!(Lifetime::parse(same), Some(lifetime));
        }
        for text in [
            "",
            "d",
            "h",
            "90",
            "0d",
            "-1d",
            "+1d",
            "1.5d",
            "1 d",
            "1w",
            "1D",
            "36501d",
            "99999999999d",
            "1d12h",
        ] {
            assert_eq!(Lifetime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_end_has_one_beginning() {
        let lifetime = Lifetime::parse("90d").unwrap();
        let begun: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(lifetime.end(begun).to_string(), "2026-04-01T00:00:00Z");
        assert_eq!(lifetime.beginning(lifetime.end(begun)), begun);
        assert_eq!(lifetime.end(Timestamp::MAX), Timestamp::MAX);
        assert_eq!(lifetime.beginning(Timestamp::MIN), Timestamp::MIN);
    }
}
