//! Stopping: what waits is let go at once, what is under way ends by itself.

use super::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The run was stopped while something waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Whether the run has been stopped, and waiting that ends when it is.
pub(crate) struct Cancellation {
    clock: Arc<dyn Clock>,
    stopped: watch::Sender<bool>,
}

impl Cancellation {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            stopped: watch::Sender::new(false),
        }
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Whether the run has been stopped.
    pub fn check(&self) -> Result<(), Stopped> {
        if *self.stopped.borrow() { Err(Stopped) } else { Ok(()) }
    }

    /// Waits for `future`, but no longer than until the run is stopped.
    pub async fn or_stopped<T>(&self, future: impl Future<Output = T> + Send) -> Result<T, Stopped> {
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            biased;
            // An error means that the sender is gone, which `self` rules out.
            _ = stopped.wait_for(|stopped| *stopped) => Err(Stopped),
            output = future => Ok(output),
        }
    }

    /// Waits for this long, or until the run is stopped.
    pub async fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        self.or_stopped(self.clock.sleep(duration)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::testing::VirtualClock;

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_at_once_when_the_run_is_stopped() {
        let clock = VirtualClock::shared();
        let cancellation = Arc::new(Cancellation::new(clock.clone()));
        let waiting = tokio::spawn({
            let cancellation = cancellation.clone();
            async move { cancellation.sleep(Duration::from_secs(3600)).await }
        });
        cancellation.sleep(Duration::from_secs(5)).await.unwrap();
        cancellation.stop();
        assert_eq!(waiting.await.unwrap(), Err(Stopped));
        assert_eq!(cancellation.sleep(Duration::from_secs(1)).await, Err(Stopped));
        assert_eq!(clock.elapsed(), Duration::from_secs(5));
    }
}
