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
}

impl TenantClock {
    /// A clock that moves together with the simulator's.
    pub fn new(simulator: Arc<Simulator>) -> Self {
        Self {
            simulator,
            start: Instant::now(),
            skipped: Mutex::default(),
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
        // Others may have work to do before time passes, such as submitting to a queue that waits for them.
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        self.advance(duration);
    }
}
