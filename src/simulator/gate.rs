//! A gate in front of the service: calls wait at it until a test says what becomes of each.
//!
//! **Invariant:** a held call has done nothing yet, and a call that was let go is carried out whole before anything else is
//! told about it.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use super::request::Request;

/// Calls of the token endpoint and of the control paths are never held.
const HELD_PATH: &str = "/indicators";

/// A call that waits at the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldCall {
    /// By which it is let go. Numbers count up in the order of arrival.
    pub number: u64,
    /// Method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// The body; null if it has none.
    pub body: Value,
}

/// What becomes of a held call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is carried out and answered.
    Release,
    /// It is carried out and never answered.
    Commit,
    /// Its connection is closed with nothing done.
    Close,
}

#[derive(Debug)]
struct Waiting {
    call: HeldCall,
    verdict: oneshot::Sender<Verdict>,
}

#[derive(Debug, Default)]
struct Inner {
    /// How many handles hold the gate shut.
    handles: usize,
    waiting: BTreeMap<u64, Waiting>,
    arrived: u64,
    /// Calls that were let go and are not carried out yet.
    passing: usize,
}

/// The gate. Open unless a [`Hold`] keeps it shut.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    inner: Mutex<Inner>,
    changed: Notify,
}

/// Keeps the gate shut: every call to the indicators waits until it is let go by its number. Dropping it lets all go.
#[derive(Debug)]
pub struct Hold(Gate);

/// The place of one call at the gate.
#[derive(Debug)]
pub struct Ticket {
    gate: Gate,
    number: u64,
    verdict: oneshot::Receiver<Verdict>,
    /// Whether the call shall be answered.
    answered: bool,
    /// Whether the call is through, or is not to be.
    through: bool,
}

/// The connection of the call is to be closed.
#[derive(Debug)]
pub struct Turned;

impl Gate {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shuts the gate.
    pub fn hold(&self) -> Hold {
        self.lock().handles += 1;
        Hold(self.clone())
    }

    /// A place for a call that has arrived; `None` if it may go on.
    pub fn arrive(&self, request: &Request) -> Option<Ticket> {
        let mut inner = self.lock();
        if inner.handles == 0 || !request.path.contains(HELD_PATH) {
            return None;
        }
        inner.arrived += 1;
        let number = inner.arrived;
        let call = HeldCall {
            number,
            method: request.method.to_string(),
            path: request.path.clone(),
            body: request.json().cloned().unwrap_or_default(),
        };
        let (sender, verdict) = oneshot::channel();
        inner.waiting.insert(number, Waiting { call, verdict: sender });
        self.0.changed.notify_one();
        Some(Ticket {
            gate: self.clone(),
            number,
            verdict,
            answered: true,
            through: false,
        })
    }

    fn let_go(&self, number: u64, verdict: Verdict) -> bool {
        let mut inner = self.lock();
        let Some(waiting) = inner.waiting.remove(&number) else {
            return false;
        };
        inner.passing += 1;
        // A ticket leaves the list before its receiver goes, so that there is always one.
        let _ = waiting.verdict.send(verdict);
        true
    }
}

impl Hold {
    /// The calls that wait, in the order in which they arrived.
    #[must_use]
    pub fn held(&self) -> Vec<HeldCall> {
        self.0
            .lock()
            .waiting
            .values()
            .map(|waiting| waiting.call.clone())
            .collect()
    }

    /// How many calls wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.lock().waiting.len()
    }

    /// Lets a call be carried out and answered; whether it was still waiting.
    pub fn release(&self, number: u64) -> bool {
        self.0.let_go(number, Verdict::Release)
    }

    /// Lets a call be carried out, and never answers it: for a client that is killed before it hears.
    pub fn commit(&self, number: u64) -> bool {
        self.0.let_go(number, Verdict::Commit)
    }

    /// Closes the connection of a call with nothing done.
    pub(crate) fn close(&self, number: u64) -> bool {
        self.0.let_go(number, Verdict::Close)
    }

    /// Closes the connections of all calls that wait now, with nothing done.
    pub fn close_all(&self) {
        let numbers: Vec<u64> = self.0.lock().waiting.keys().copied().collect();
        for number in numbers {
            self.close(number);
        }
    }

    /// How many calls were let go and are not carried out yet.
    #[must_use]
    pub fn passing(&self) -> usize {
        self.0.lock().passing
    }

    /// Waits until a call arrives or is carried out. One that nobody waited for is not forgotten.
    pub async fn changed(&self) {
        self.0.0.changed.notified().await;
    }

    /// How many calls have come to the gate so far.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.0.lock().arrived
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.handles -= 1;
        if inner.handles > 0 {
            return;
        }
        let numbers: Vec<u64> = inner.waiting.keys().copied().collect();
        drop(inner);
        for number in numbers {
            self.0.let_go(number, Verdict::Release);
        }
    }
}

impl Ticket {
    /// Waits until the call may be carried out.
    ///
    /// # Errors
    /// If it may not.
    pub async fn wait(&mut self) -> Result<(), Turned> {
        // The sender goes only with the simulator.
        let verdict = (&mut self.verdict).await.unwrap_or(Verdict::Close);
        self.answered = verdict == Verdict::Release;
        if verdict == Verdict::Close {
            return Err(Turned);
        }
        Ok(())
    }

    /// Notes that the call was carried out. For one that is not to be answered this never ends.
    pub async fn carried_out(mut self) {
        self.leave();
        if !self.answered {
            pending::<()>().await;
        }
    }

    fn leave(&mut self) {
        let mut inner = self.gate.lock();
        let waits = inner.waiting.remove(&self.number).is_some();
        if !waits && !self.through {
            inner.passing -= 1;
        }
        drop(inner);
        self.gate.0.changed.notify_one();
        self.through = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.leave();
    }
}
