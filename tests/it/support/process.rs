//! A provider as a process of its own that can be killed: it lives on a thread and a runtime of its own, and everything
//! that it has begun ends with them, wherever it stands.

use super::calls::Calls;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// A running provider. Dropping it kills it.
pub struct Process {
    calls: Calls,
    runtime: Handle,
    activity: Arc<Activity>,
    kill: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Whether the thread of the process has anything to do.
#[derive(Default)]
struct Activity {
    idle: AtomicBool,
    wakes: AtomicU64,
    rests: Notify,
}

impl Process {
    /// Starts a process with this provider.
    pub fn start(calls: Calls) -> Self {
        let activity = Arc::new(Activity::default());
        let (kill, killed) = oneshot::channel();
        let (parking, waking) = (activity.clone(), activity.clone());
        let runtime = Builder::new_current_thread()
            .enable_all()
            .on_thread_park(move || {
                parking.idle.store(true, Ordering::SeqCst);
                parking.rests.notify_one();
            })
            .on_thread_unpark(move || {
                waking.idle.store(false, Ordering::SeqCst);
                waking.wakes.fetch_add(1, Ordering::SeqCst);
            })
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let thread = thread::spawn(move || {
            // Ends when told so, or when the handle is gone.
            let _ = runtime.block_on(killed);
        });
        Self {
            calls,
            runtime: handle,
            activity,
            kill: Some(kill),
            thread: Some(thread),
        }
    }

    /// Begins something in the process.
    pub fn spawn<T, F>(&self, work: impl FnOnce(Calls) -> F) -> JoinHandle<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.runtime.spawn(work(self.calls.clone()))
    }

    /// Does something in the process and waits for it; a panic there is one here.
    pub async fn run<T, F>(&self, work: impl FnOnce(Calls) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        match self.spawn(work).await {
            Ok(done) => done,
            Err(error) => resume_unwind(error.into_panic()),
        }
    }

    /// Whether the process waits for something outside of it.
    pub fn is_idle(&self) -> bool {
        self.activity.idle.load(Ordering::SeqCst)
    }

    /// Waits until it has nothing to do. A rest that nobody waited for is not forgotten.
    pub async fn rests(&self) {
        self.activity.rests.notified().await;
    }

    /// How often it has woken up so far.
    pub fn wakes(&self) -> u64 {
        self.activity.wakes.load(Ordering::SeqCst)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.kill.take());
        if let Some(thread) = self.thread.take() {
            // Only a fault of the runtime itself panics there.
            let _ = thread.join();
        }
    }
}
