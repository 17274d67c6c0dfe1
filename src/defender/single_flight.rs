//! One piece of work for everybody who asks for it at the same time.

use super::error::Error;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use std::sync::{Mutex, PoisonError};

type Work<T> = BoxFuture<'static, Result<T, Error>>;

/// The work that is under way, if any. Its outcome goes to all who joined, and is not kept.
pub(crate) struct SingleFlight<T: Clone>(Mutex<Option<WeakShared<Work<T>>>>);

impl<T: Clone + Send + Sync + 'static> SingleFlight<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Waits for the work under way, or starts it. It goes on for as long as anybody waits.
    pub async fn join<F>(&self, start: impl FnOnce() -> F + Send) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.current(start).await
    }

    /// Whoever asks from now on does not join the work under way.
    pub fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn current<F>(&self, start: impl FnOnce() -> F) -> Shared<Work<T>>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = current
            .as_ref()
            .and_then(WeakShared::upgrade)
            .filter(|work| work.peek().is_none());
        under_way.unwrap_or_else(|| {
            let work = start().boxed().shared();
            *current = work.downgrade();
            work
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::error::Kind;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    async fn work(starts: Arc<AtomicUsize>, fails: bool) -> Result<usize, Error> {
        let number = starts.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if fails {
            Err(Error::new(Kind::Unexpected, "no", ""))
        } else {
            Ok(number)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_at_once_share_one_outcome_good_or_bad() {
        for fails in [false, true] {
            let starts = Arc::new(AtomicUsize::new(0));
            let single_flight = SingleFlight::new();
            let join = || single_flight.join(|| work(Arc::clone(&starts), fails));
            let outcomes = futures::future::join_all((0..5).map(|_| join())).await;
            assert_eq!(starts.load(Ordering::SeqCst), 1);
            assert!(outcomes.iter().all(|outcome| outcome.is_err() == fails));
            assert_eq!(join().await.is_err(), fails);
            assert_eq!(starts.load(Ordering::SeqCst), 2, "an outcome is not kept");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_work_goes_on_when_the_one_who_started_it_leaves() {
        let starts = Arc::new(AtomicUsize::new(0));
        let single_flight = Arc::new(SingleFlight::new());
        let first = tokio::spawn({
            let (single_flight, starts) = (Arc::clone(&single_flight), Arc::clone(&starts));
            async move { single_flight.join(|| work(starts, false)).await }
        });
        let second = tokio::spawn({
            let (single_flight, starts) = (Arc::clone(&single_flight), Arc::clone(&starts));
            async move { single_flight.join(|| work(starts, false)).await }
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        first.abort();
        assert_eq!(second.await.unwrap().unwrap(), 1);
        assert_eq!(starts.load(Ordering::SeqCst), 1);
    }
}
