//! The service's call limits, kept on this side so that it never has to say 429.
//!
//! A sliding-window log, not a token bucket: a bucket of 30 a minute lets 59 calls through within some minute. A call
//! takes its place from its start until a whole window after its end, because the service counts it when it arrives,
//! which is somewhere between the two. So the limit holds at the service too, however long calls take to get there.

use super::cancellation::{Cancellation, Stopped};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Room for two clocks that do not run at the same speed, and for a window that includes both of its ends.
const MARGIN: Duration = Duration::from_millis(250);

/// Pause after a 429 that does not say how long.
const DEFAULT_PAUSE: Duration = MINUTE;

/// Calls that share a limit. The service counts per application and tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// `POST /api/indicators/import`.
    Import,
    /// `POST /api/indicators/BatchDelete`.
    BatchDelete,
    /// `GET /api/indicators`.
    List,
}

impl Class {
    /// What the calls do, for messages.
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Import => "import indicators",
            Self::BatchDelete => "delete indicators",
            Self::List => "list the indicators",
        }
    }

    /// The documented limits, see the API's pages "Import indicators", "Batch delete indicators" and "List indicators".
    const fn limits(self) -> &'static [(usize, Duration)] {
        match self {
            Self::Import => &[(30, MINUTE)],
            Self::BatchDelete => &[(30, MINUTE), (1500, HOUR)],
            Self::List => &[(100, MINUTE), (1500, HOUR)],
        }
    }
}

/// When calls of one class were made, and when the next one may be. Times are counted from any fixed moment.
#[derive(Debug)]
pub(crate) struct SlidingLog {
    limits: Vec<(usize, Duration)>,
    calls: VecDeque<Entry>,
    next_ticket: u64,
    paused_until: Duration,
}

#[derive(Debug)]
struct Entry {
    ticket: u64,
    /// `None` while the call is under way.
    end: Option<Duration>,
}

impl SlidingLog {
    /// An empty log for `share` percent of the limits of `class`, one call at least.
    pub fn new(class: Class, share: u8) -> Self {
        let part = |limit: usize| (limit * usize::from(share) / 100).max(1);
        Self {
            limits: class
                .limits()
                .iter()
                .map(|(limit, window)| (part(*limit), *window))
                .collect(),
            calls: VecDeque::new(),
            next_ticket: 0,
            paused_until: Duration::ZERO,
        }
    }

    fn calls_a_minute(&self) -> usize {
        let in_a_minute = self.limits.iter().filter(|(_, window)| *window == MINUTE);
        in_a_minute.map(|(limit, _)| *limit).min().unwrap_or(1)
    }

    /// Notes a call that starts now, or tells how long to wait before asking again.
    pub fn reserve(&mut self, now: Duration) -> Result<u64, Duration> {
        let wait = self.wait(now);
        if !wait.is_zero() {
            return Err(wait);
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.calls.push_back(Entry { ticket, end: None });
        Ok(ticket)
    }

    fn wait(&mut self, now: Duration) -> Duration {
        let longest = self.limits.iter().map(|(_, window)| *window).max().unwrap_or_default();
        self.calls
            .retain(|call| call.end.is_none_or(|end| end + longest + MARGIN > now));
        let mut wait = self.paused_until.saturating_sub(now);
        for (limit, window) in &self.limits {
            // A call under way is taken to end now: the earliest that its place can be free again.
            let mut free_at: Vec<Duration> = self
                .calls
                .iter()
                .map(|call| call.end.unwrap_or(now) + *window + MARGIN)
                .collect();
            free_at.retain(|free_at| *free_at > now);
            if let Some(surplus) = free_at.len().checked_sub(*limit) {
                free_at.sort_unstable();
                wait = wait.max(free_at[surplus] - now);
            }
        }
        wait
    }

    /// Notes that a call has ended.
    pub fn finish(&mut self, ticket: u64, now: Duration) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.ticket == ticket) {
            call.end = Some(now);
        }
    }

    /// Forgets a call that was not made.
    pub fn cancel(&mut self, ticket: u64) {
        self.calls.retain(|call| call.ticket != ticket);
    }

    /// No call before this moment.
    pub fn pause_until(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }
}

/// How long to pause after a 429: as long as the header says, or else the message, or else a minute. Figures are in
/// whole seconds and may have been rounded down, and asking too early prolongs the refusal: one second is added.
pub(crate) fn pause_after_refusal(retry_after: Option<Duration>, message: &str) -> Duration {
    let asked = retry_after.or_else(|| seconds_in(message)).unwrap_or(DEFAULT_PAUSE);
    asked.saturating_add(Duration::from_secs(1))
}

/// The figure in "You can send requests again in 8 seconds."
fn seconds_in(message: &str) -> Option<Duration> {
    let (before, _) = message.rsplit_once(" second")?;
    let (_, figure) = before.rsplit_once(' ')?;
    figure.parse().ok().map(Duration::from_secs)
}

/// Where the calls of one class queue for their turn.
pub(crate) struct Gate {
    class: Class,
    log: Mutex<SlidingLog>,
    changed: Notify,
    cancellation: Arc<Cancellation>,
}

/// Leave to make one call. The call has ended when it is dropped.
pub(crate) struct Permit {
    gate: Arc<Gate>,
    ticket: u64,
}

impl Gate {
    pub fn new(class: Class, share: u8, cancellation: Arc<Cancellation>) -> Self {
        Self {
            class,
            log: Mutex::new(SlidingLog::new(class, share)),
            changed: Notify::new(),
            cancellation,
        }
    }

    /// Waits until a call may be made.
    pub async fn enter(self: &Arc<Self>) -> Result<Permit, Stopped> {
        loop {
            self.cancellation.check()?;
            // Made before the look at the log, so that no change is missed in between.
            let changed = self.changed.notified();
            let reserved = self.log().reserve(self.cancellation.clock().elapsed());
            match reserved {
                Ok(ticket) => {
                    return Ok(Permit {
                        gate: Arc::clone(self),
                        ticket,
                    });
                }
                Err(wait) => {
                    let (seconds, purpose) = (wait.as_secs_f64(), self.class.purpose());
                    tracing::info!(
                        "waiting {seconds:.1} s to {purpose}: the calls that the service allows are used up"
                    );
                    let clock = Arc::clone(self.cancellation.clock());
                    let sleep = async move { clock.sleep(wait).await };
                    self.cancellation
                        .or_stopped(async {
                            tokio::select! { () = changed => {}, () = sleep => {} }
                        })
                        .await?;
                }
            }
        }
    }

    /// How many calls may be made in a minute.
    pub fn calls_a_minute(&self) -> usize {
        self.log().calls_a_minute()
    }

    /// Lets no call through for this long.
    pub fn pause(&self, pause: Duration) {
        self.log()
            .pause_until(self.cancellation.clock().elapsed().saturating_add(pause));
    }

    fn log(&self) -> MutexGuard<'_, SlidingLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Gives the permit back: the call was not made after all.
    pub fn give_back(self) {
        self.gate.log().cancel(self.ticket);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate
            .log()
            .finish(self.ticket, self.gate.cancellation.clock().elapsed());
        self.gate.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::Clock;
    use crate::defender::testing::VirtualClock;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn thirty_imports_go_without_waiting_and_the_next_a_minute_after_the_first_ended() {
        let mut log = SlidingLog::new(Class::Import, 100);
        for call in 0..30 {
            let now = SECOND * call;
            let ticket = log.reserve(now).unwrap();
            log.finish(ticket, now + SECOND / 2);
        }
        assert_eq!(
            log.reserve(SECOND * 30),
            Err(SECOND / 2 + MINUTE + MARGIN - SECOND * 30)
        );
        assert!(log.reserve(SECOND / 2 + MINUTE + MARGIN).is_ok());
    }

    #[test]
    fn a_share_is_a_part_of_every_limit_and_never_nothing() {
        for (share, calls) in [(1, 1), (3, 1), (50, 15), (100, 30)] {
            let mut log = SlidingLog::new(Class::Import, share);
            assert_eq!(
                (0..40).take_while(|_| log.reserve(Duration::ZERO).is_ok()).count(),
                calls,
                "{share} %"
            );
        }
    }

    #[test]
    fn the_hour_counts_too() {
        let mut log = SlidingLog::new(Class::BatchDelete, 100);
        let mut now = Duration::ZERO;
        for _ in 0..1500 {
            let ticket = loop {
                match log.reserve(now) {
                    Ok(ticket) => break ticket,
                    Err(wait) => now += wait,
                }
            };
            log.finish(ticket, now);
        }
        assert!(now < HOUR, "1,500 calls at 30 a minute take less than an hour: {now:?}");
        assert_eq!(log.reserve(now), Err(HOUR + MARGIN - now));
    }

    #[test]
    fn a_call_under_way_keeps_its_place_however_long_it_takes() {
        let mut log = SlidingLog::new(Class::Import, 1);
        let ticket = log.reserve(Duration::ZERO).unwrap();
        assert_eq!(log.reserve(HOUR), Err(MINUTE + MARGIN));
        log.finish(ticket, HOUR);
        assert_eq!(log.reserve(HOUR + SECOND), Err(MINUTE + MARGIN - SECOND));
    }

    #[test]
    fn a_pause_holds_every_call_back() {
        let mut log = SlidingLog::new(Class::List, 100);
        log.pause_until(SECOND * 9);
        log.pause_until(SECOND * 3);
        assert_eq!(log.reserve(SECOND), Err(SECOND * 8));
        assert!(log.reserve(SECOND * 9).is_ok());
    }

    #[test]
    fn the_pause_is_what_the_service_asks_for() {
        let message = "API calls quota exceeded! Maximum allowed 30 per 00:01:00 for the key \
                       Destination+TenantID+AppID. You can send requests again in 8 seconds.";
        for (header, message, seconds) in [
            (Some(4), message, 5),
            (None, message, 9),
            (None, "You can send requests again in 1 second", 2),
            (None, "Too many requests", 61),
            (None, "again in some seconds", 61),
            (Some(3600), message, 3601),
        ] {
            assert_eq!(
                pause_after_refusal(header.map(Duration::from_secs), message),
                SECOND * seconds,
                "{message}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_lets_the_thirty_first_through_after_a_minute_and_nobody_when_stopped() {
        let clock = VirtualClock::shared();
        let cancellation = Arc::new(Cancellation::new(clock.clone()));
        let gate = Arc::new(Gate::new(Class::Import, 100, Arc::clone(&cancellation)));
        for _ in 0..30 {
            gate.enter().await.unwrap();
        }
        assert_eq!(clock.elapsed(), Duration::ZERO);
        gate.enter().await.unwrap();
        assert_eq!(clock.elapsed(), MINUTE + MARGIN);
        gate.pause(HOUR);
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter().await.map(drop) }
        });
        cancellation.sleep(SECOND).await.unwrap();
        cancellation.stop();
        assert_eq!(waiting.await.unwrap(), Err(Stopped));
        assert_eq!(clock.elapsed(), MINUTE + MARGIN + SECOND);
    }

    proptest! {
        /// Whatever the times between calls, and however long each takes to reach the service and to come back.
        #[test]
        fn never_more_than_the_limit_within_any_minute_at_the_service(
            calls in prop::collection::vec((0_u64..5000, 0_u64..3000, 0_u64..3000), 1..200),
        ) {
            let mut log = SlidingLog::new(Class::Import, 100);
            let mut now = Duration::ZERO;
            let mut arrivals = Vec::new();
            let mut under_way: Vec<(Duration, u64)> = Vec::new();
            for (gap, there, back) in calls {
                now += Duration::from_millis(gap);
                let ticket = loop {
                    under_way.retain(|(end, ticket)| {
                        if *end <= now {
                            log.finish(*ticket, *end);
                        }
                        *end > now
                    });
                    match log.reserve(now) {
                        Ok(ticket) => break ticket,
                        Err(wait) => now += wait.min(Duration::from_millis(100)),
                    }
                };
                arrivals.push(now + Duration::from_millis(there));
                under_way.push((now + Duration::from_millis(there + back), ticket));
            }
            arrivals.sort_unstable();
            for group in arrivals.windows(31) {
                prop_assert!(group[30] - group[0] > MINUTE);
            }
        }
    }
}
