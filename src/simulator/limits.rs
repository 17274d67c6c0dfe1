//! The limits on calls.
//!
//! **Invariant:** exact sliding windows: a call counts for the whole span after it, never less. Time is passed in.

use std::collections::VecDeque;
use std::time::Duration;

use super::answer::Refusal;
use super::options::Options;
use super::switches::{EarlyRetry, RetryAfter, Toggle};

/// The shorter of the spans that limits are counted over.
pub const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// What a limit is counted for. The service's key is this, the tenant and the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// `POST /indicators/import`: 30 a minute.
    Import,
    /// `POST /indicators/BatchDelete`: 30 a minute, 1,500 an hour.
    BatchDelete,
    /// `POST /indicators`: 100 a minute, 1,500 an hour.
    Submit,
    /// `DELETE /indicators/{id}`: 100 a minute, 1,500 an hour.
    Delete,
    /// Lists, 100 a minute, 1,500 an hour; reading one row has no documented limit and is counted with them.
    Read,
}

impl Destination {
    fn windows(self) -> &'static [(usize, Duration)] {
        match self {
            Self::Import => &[(30, MINUTE)],
            Self::BatchDelete => &[(30, MINUTE), (1500, HOUR)],
            Self::Submit | Self::Delete | Self::Read => &[(100, MINUTE), (1500, HOUR)],
        }
    }
}

#[derive(Debug, Default)]
struct Log {
    admitted: VecDeque<Duration>,
    block: Option<Block>,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    allowed: usize,
    span: Duration,
    length: Duration,
    until: Duration,
}

/// The calls of the last hour.
#[derive(Debug, Default)]
pub struct Limits {
    logs: [Log; 5],
}

impl Limits {
    /// Counts a call at `now`, time since the start, or refuses it.
    pub fn admit(&mut self, destination: Destination, now: Duration, options: &Options) -> Result<(), Refusal> {
        if options.limits == Toggle::Off {
            return Ok(());
        }
        let log = &mut self.logs[destination as usize];
        if let Some(block) = log.block.as_mut().filter(|block| now < block.until) {
            if options.early_retry == EarlyRetry::Prolongs {
                block.until = now + block.length;
            }
            return Err(refusal(*block, now, options));
        }
        log.block = blocked(&mut log.admitted, destination, now);
        match log.block {
            Some(block) => Err(refusal(block, now, options)),
            None => {
                log.admitted.push_back(now);
                Ok(())
            }
        }
    }
}

/// The wait that begins with a call that is one too many; the longest one if it is so for both windows.
fn blocked(admitted: &mut VecDeque<Duration>, destination: Destination, now: Duration) -> Option<Block> {
    while admitted.front().is_some_and(|at| *at + HOUR <= now) {
        admitted.pop_front();
    }
    let waits = destination.windows().iter().filter_map(|(allowed, span)| {
        let in_window = admitted.len() - admitted.partition_point(|at| *at + *span <= now);
        let oldest_in_the_way = admitted.len().checked_sub(*allowed).filter(|_| in_window >= *allowed)?;
        let length = whole_seconds(admitted[oldest_in_the_way] + *span - now);
        Some(Block {
            allowed: *allowed,
            span: *span,
            length,
            until: now + length,
        })
    });
    waits.max_by_key(|block| block.until)
}

fn whole_seconds(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(Duration::from_secs(1))
}

fn refusal(block: Block, now: Duration, options: &Options) -> Refusal {
    let seconds = whole_seconds(block.until.saturating_sub(now)).as_secs();
    let mut refusal = too_many(block.allowed, block.span, seconds);
    refusal.retry_after = (options.retry_after == RetryAfter::Sent).then_some(seconds);
    refusal
}

/// A 429 in the recorded words.
pub fn too_many(allowed: usize, span: Duration, seconds: u64) -> Refusal {
    let (hours, minutes, rest) = (span.as_secs() / 3600, span.as_secs() / 60 % 60, span.as_secs() % 60);
    let message = format!(
        "API calls quota exceeded! Maximum allowed {allowed} per {hours:02}:{minutes:02}:{rest:02} for the key \
         Destination+TenantID+AppID. You can send requests again in {seconds} seconds."
    );
    Refusal::new(429, "429", message).naming_tenant()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn wait(result: Result<(), Refusal>) -> Option<u64> {
        result.err().map(|refusal| refusal.retry_after.unwrap())
    }

    #[test]
    fn thirty_imports_in_any_minute() {
        let options = Options::default();
        let mut limits = Limits::default();
        for call in 0..30 {
            assert_eq!(limits.admit(Destination::Import, at(f64::from(call)), &options), Ok(()));
        }
        let refused = limits.admit(Destination::Import, at(52.5), &options).unwrap_err();
        assert_eq!(
            refused.message,
            "API calls quota exceeded! Maximum allowed 30 per 00:01:00 for the key Destination+TenantID+AppID. \
             You can send requests again in 8 seconds."
        );
        assert_eq!(
            (refused.status, refused.code.as_str(), refused.retry_after),
            (429, "429", Some(8))
        );
        assert_eq!(
            limits.admit(Destination::BatchDelete, at(52.5), &options),
            Ok(()),
            "another destination"
        );
        assert_eq!(
            wait(limits.admit(Destination::Import, at(60.5), &options)),
            None,
            "after the wait"
        );
        assert_eq!(
            wait(limits.admit(Destination::Import, at(60.6), &options)),
            Some(1),
            "one place was free"
        );
    }

    #[test]
    fn early_retries_follow_the_switch() {
        for (early_retry, outcome) in [(EarlyRetry::Prolongs, Some(50)), (EarlyRetry::Ignored, None)] {
            let options = Options {
                early_retry,
                ..Options::default()
            };
            let mut limits = Limits::default();
            for _ in 0..30 {
                limits.admit(Destination::Import, at(0.0), &options).unwrap();
            }
            assert_eq!(wait(limits.admit(Destination::Import, at(10.0), &options)), Some(50));
            let early = wait(limits.admit(Destination::Import, at(59.0), &options));
            assert_eq!(early, Some(if early_retry == EarlyRetry::Prolongs { 50 } else { 1 }));
            assert_eq!(
                wait(limits.admit(Destination::Import, at(60.0), &options)),
                outcome,
                "{early_retry:?}"
            );
            assert_eq!(wait(limits.admit(Destination::Import, at(111.0), &options)), None);
        }
    }

    #[test]
    fn the_hour_counts_too() {
        let options = Options::default();
        let mut limits = Limits::default();
        for minute in 0..15 {
            for _ in 0..100 {
                limits
                    .admit(Destination::Read, at(f64::from(minute) * 60.0), &options)
                    .unwrap();
            }
        }
        assert_eq!(wait(limits.admit(Destination::Read, at(900.0), &options)), Some(2700));
        assert_eq!(wait(limits.admit(Destination::Read, at(3600.0), &options)), None);
    }

    #[test]
    fn they_can_be_switched_off_and_the_header_left_out() {
        let off = Options {
            limits: Toggle::Off,
            ..Options::default()
        };
        let bare = Options {
            retry_after: RetryAfter::Omitted,
            ..Options::default()
        };
        let mut limits = Limits::default();
        for _ in 0..100 {
            assert_eq!(limits.admit(Destination::Import, at(0.0), &off), Ok(()));
        }
        for _ in 0..30 {
            limits.admit(Destination::Import, at(0.0), &bare).unwrap();
        }
        assert_eq!(
            limits
                .admit(Destination::Import, at(0.0), &bare)
                .unwrap_err()
                .retry_after,
            None
        );
    }
}
