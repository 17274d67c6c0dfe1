//! Time that passes at once.

use async_trait::async_trait;
use jiff::Timestamp;
use mde::provider::Clock;
use mde::simulator::Simulator;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The provider's clock in tests: sleeping moves the simulator's clock forward instead of waiting.
pub struct TenantClock {
    simulator: Arc<Simulator>,
    start: Instant,
    skipped: Mutex<Duration>,
    /// When those who sleep wake up, if several hosts have this clock.
    sleepers: Option<Mutex<Vec<Duration>>>,
}

/// One who sleeps until somebody drops it.
struct Sleeper<'a> {
    all: &'a Mutex<Vec<Duration>>,
    end: Duration,
}

impl<'a> Sleeper<'a> {
    fn new(all: &'a Mutex<Vec<Duration>>, end: Duration) -> Self {
        all.lock().unwrap().push(end);
        Self { all, end }
    }

    fn is_first(&self) -> bool {
        self.all.lock().unwrap().iter().all(|other| self.end <= *other)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap();
        let own = all.iter().position(|other| *other == self.end).unwrap();
        all.swap_remove(own);
    }
}

impl TenantClock {
    /// A clock that moves together with the simulator's.
    pub fn new(simulator: Arc<Simulator>) -> Self {
        Self {
            simulator,
            start: Instant::now(),
            skipped: Mutex::default(),
            sleepers: None,
        }
    }

    /// The same for several hosts at once: time moves on to the end of the shortest sleep and no further, so that two who
    /// sleep for a minute do it in the same minute.
    pub fn shared(simulator: Arc<Simulator>) -> Self {
        Self {
            sleepers: Some(Mutex::default()),
            ..Self::new(simulator)
        }
    }

    /// How much time was skipped so far.
    pub fn skipped(&self) -> Duration {
        *self.skipped.lock().unwrap()
    }

    /// Lets time pass for provider and simulator together.
    pub fn advance(&self, duration: Duration) {
        *self.skipped.lock().unwrap() += duration;
        self.simulator.advance(duration);
    }
}

#[async_trait]
impl Clock for TenantClock {
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.skipped()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed() + self.skipped()
    }

    async fn sleep(&self, duration: Duration) {
        let Some(all) = &self.sleepers else {
            let_others_work().await;
            return self.advance(duration);
        };
        let sleeper = Sleeper::new(all, self.elapsed() + duration);
        while self.elapsed() < sleeper.end {
            let_others_work().await;
            if sleeper.is_first() {
                self.advance(sleeper.end.saturating_sub(self.elapsed()));
            }
        }
    }
}

/// Others may have work to do before time passes, such as submitting to a queue that waits for them.
async fn let_others_work() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}
