//! Instants as the service reads and writes them, and the simulator's clock.
//!
//! **Invariant:** an instant has whole ticks of 100 nanoseconds, as the service's own type does.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

const TICK_NANOSECONDS: i128 = 100;
// A thousand years: far enough for any test, near enough that no sum of instants overflows.
const FURTHEST: Duration = Duration::from_secs(1000 * 366 * 24 * 3600);

/// Real time since the start plus what it was advanced by.
#[derive(Debug)]
pub struct Clock {
    start: Timestamp,
    // Monotonic, and standing still where a test has paused its runtime's clock.
    origin: tokio::time::Instant,
    offset: Duration,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self {
            start: to_ticks(Timestamp::now()),
            origin: tokio::time::Instant::now(),
            offset: Duration::ZERO,
        }
    }

    /// Time since the start, advances included.
    pub fn elapsed(&self) -> Duration {
        self.origin.elapsed() + self.offset
    }

    /// The instant in the simulated world.
    pub fn now(&self) -> Timestamp {
        to_ticks(later(self.start, self.elapsed()))
    }

    /// Puts the clock forward, by a thousand years in all at most.
    pub fn advance(&mut self, by: Duration) {
        self.offset = self.offset.saturating_add(by).min(FURTHEST);
    }
}

/// The instant `by` after `from`, or the last one there is.
fn later(from: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| from.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

fn to_ticks(instant: Timestamp) -> Timestamp {
    let nanoseconds = instant.as_nanosecond();
    Timestamp::from_nanosecond(nanoseconds - nanoseconds.rem_euclid(TICK_NANOSECONDS)).unwrap_or(instant)
}

/// Reads an instant: date, time and offset, all of them, with upper-case letters.
pub fn parse(text: &str) -> Option<Timestamp> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"-:.+TZ".contains(&byte));
    if !plain || text.as_bytes().get(10) != Some(&b'T') || text.as_bytes().get(13) != Some(&b':') {
        return None;
    }
    text.parse().ok().map(to_ticks)
}

/// Writes an instant: UTC with `Z`, up to seven fractional digits, no trailing zeros.
pub fn format(instant: Timestamp) -> String {
    to_ticks(instant).to_string()
}

/// The instant without its fraction of a second.
pub fn whole_second(instant: Timestamp) -> Timestamp {
    let nanoseconds = instant.as_nanosecond();
    Timestamp::from_nanosecond(nanoseconds - nanoseconds.rem_euclid(1_000_000_000)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_normalised() {
        let cases = [
            ("2023-04-25T18:02:06.322598Z", "2023-04-25T18:02:06.322598Z"),
            ("2023-04-25T18:02:06.3225980Z", "2023-04-25T18:02:06.322598Z"),
            ("2023-04-25T18:02:06.123456789Z", "2023-04-25T18:02:06.1234567Z"),
            ("2024-12-12T00:00:00.000Z", "2024-12-12T00:00:00Z"),
            ("2024-12-12T02:00:00+02:00", "2024-12-12T00:00:00Z"),
            ("2024-12-12T02:00Z", "2024-12-12T02:00:00Z"),
            ("1969-12-31T23:59:59.99999999Z", "1969-12-31T23:59:59.9999999Z"),
        ];
        for (sent, stored) in cases {
            assert_eq!(format(parse(sent).unwrap()), stored, "{sent}");
        }
    }

    #[test]
    fn what_is_not_an_instant_is_refused() {
        for text in [
            "",
            "2024-12-12",
            "2024-12-12T00:00:00",
            "2024-12-12 00:00:00Z",
            "2024-12-12t00:00:00z",
            "2024-12-12T00:00:00Z[UTC]",
            "2024-13-12T00:00:00Z",
            "20241212T000000Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn fractions_can_be_cut_off() {
        assert_eq!(
            format(whole_second(parse("2024-12-12T00:00:01.9Z").unwrap())),
            "2024-12-12T00:00:01Z"
        );
    }

    #[test]
    fn advancing_has_an_end() {
        let mut clock = Clock::start();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.elapsed() >= FURTHEST);
        assert!(clock.now() < Timestamp::MAX);
    }
}
