//! Merges writes that come at the same time into shared calls.
//!
//! One call at a time; what comes meanwhile, or while a call limit has to be waited for, goes with the next one.

mod pending;

pub(crate) use pending::Operations;
use pending::{Pending, Readiness};

use super::cancellation::{Cancellation, Stopped};
use super::error::{Error, Kind, WriteError};
use super::quota::Permit;
use async_trait::async_trait;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// What is done with the items of a batch.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What is handed in.
    type Item: Send + 'static;
    /// Two items with the same key never share a call.
    type Key: Hash + Eq + Clone + Send;
    /// What a success says.
    type Done: Send + 'static;

    /// The key of an item.
    fn key(&self, item: &Self::Item) -> Self::Key;

    /// Waits until a call may be made.
    async fn permit(&self) -> Result<Permit, Stopped>;

    /// Makes the call, and whatever others it takes to know about every item.
    async fn carry_out(&self, permit: Permit, items: Vec<Self::Item>) -> Carried<Self::Done>;
}

/// What became of a batch.
pub(crate) struct Carried<T> {
    /// One answer per item, in the order of the items.
    pub answers: Vec<Result<T, WriteError>>,
    /// Set when it is of no use to go on: what else waits gets the same answer.
    pub hopeless: Option<Error>,
}

/// A queue in front of one kind of call.
pub(crate) struct Queue<W: Work>(Arc<Shared<W>>);

struct Shared<W: Work> {
    work: W,
    batch_size: usize,
    cancellation: Arc<Cancellation>,
    operations: Arc<Operations>,
    state: Mutex<State<W>>,
    arrived: Notify,
}

struct State<W: Work> {
    pending: Pending<Ticket<W>, W::Key>,
    working: bool,
}

/// One item and the place where its answer goes.
struct Ticket<W: Work> {
    item: W::Item,
    position: usize,
    submission: Arc<Submission<W::Done>>,
}

/// Answers as they come in.
type Answers<T> = Mutex<Vec<Option<Result<T, WriteError>>>>;

/// The answers to one submission. Its sender goes when the last ticket does, answered or not.
struct Submission<T> {
    answers: Arc<Answers<T>>,
    operations: Arc<Operations>,
    _done: oneshot::Sender<()>,
}

impl<T> Drop for Submission<T> {
    fn drop(&mut self) {
        // Before the caller learns of it by losing the sender, since it may come back at once.
        self.operations.leave();
    }
}

impl<W: Work> Queue<W> {
    pub fn new(work: W, batch_size: usize, cancellation: Arc<Cancellation>, operations: Arc<Operations>) -> Self {
        let state = Mutex::new(State {
            pending: Pending::new(),
            working: false,
        });
        Self(Arc::new(Shared {
            work,
            batch_size,
            cancellation,
            operations,
            state,
            arrived: Notify::new(),
        }))
    }

    /// Hands items in and waits until all are answered. The answers are in the order of the items. Whoever stops waiting
    /// does not take the items back.
    pub async fn submit(&self, items: Vec<W::Item>) -> Vec<Result<W::Done, WriteError>> {
        if items.is_empty() {
            return Vec::new();
        }
        let answers: Arc<Answers<W::Done>> = Arc::new(Mutex::new(items.iter().map(|_| None).collect()));
        let (sender, done) = oneshot::channel();
        let submission = Arc::new(Submission {
            answers: Arc::clone(&answers),
            operations: Arc::clone(&self.0.operations),
            _done: sender,
        });
        self.0.operations.enter();
        self.0.enqueue(items, &submission);
        drop(submission);
        // The sender never says anything: that it is gone is the message.
        let _ = done.await;
        let answers = std::mem::take(&mut *answers.lock().unwrap_or_else(PoisonError::into_inner));
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|| Err(unanswered())))
            .collect()
    }
}

/// Only a defect of this program leaves an item without an answer.
pub(super) fn unanswered() -> WriteError {
    WriteError::Failed(Error::new(
        Kind::Unexpected,
        "the provider lost track of this indicator, so it is not known whether it was written",
        "Run the command again; it finds out what was done. Please report this.",
    ))
}

impl<W: Work> Shared<W> {
    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(self: &Arc<Self>, items: Vec<W::Item>, submission: &Arc<Submission<W::Done>>) {
        let tickets = items.into_iter().enumerate().map(|(position, item)| {
            let key = self.work.key(&item);
            (
                key,
                Ticket {
                    item,
                    position,
                    submission: Arc::clone(submission),
                },
            )
        });
        let tickets: Vec<_> = tickets.collect();
        let mut state = self.state();
        state.pending.push(tickets, self.cancellation.clock().elapsed());
        if !state.working {
            state.working = true;
            tokio::spawn(work_off(Arc::clone(self)));
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// Waits until there is a batch worth sending and leave to send it.
    async fn ready(&self) -> Result<Permit, Stopped> {
        loop {
            let readiness = {
                let now = self.cancellation.clock().elapsed();
                self.state()
                    .pending
                    .readiness(self.batch_size, self.operations.expected(), now)
            };
            match readiness {
                Readiness::Now => break,
                Readiness::NowInVain => {
                    self.operations.give_up();
                    break;
                }
                Readiness::In(wait) => self.wait(wait).await?,
            }
        }
        self.work.permit().await
    }

    /// Waits this long, or until something arrives.
    async fn wait(&self, wait: Duration) -> Result<(), Stopped> {
        let clock = Arc::clone(self.cancellation.clock());
        let waiting = async {
            tokio::select! { () = self.arrived.notified() => {}, () = clock.sleep(wait) => {} }
        };
        self.cancellation.or_stopped(waiting).await
    }

    fn answer(&self, tickets: Vec<Ticket<W>>, answer: impl Fn() -> WriteError) {
        for ticket in tickets {
            ticket.submission.put(ticket.position, Err(answer()));
        }
    }
}

impl<T> Submission<T> {
    fn put(&self, position: usize, answer: Result<T, WriteError>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = answers.get_mut(position) {
            *place = Some(answer);
        }
    }
}

/// Sends batches until nothing is left.
async fn work_off<W: Work>(shared: Arc<Shared<W>>) {
    let mut left = Left(Some(Arc::clone(&shared)));
    loop {
        {
            let mut state = shared.state();
            if state.pending.is_empty() {
                state.working = false;
                left.0 = None;
                return;
            }
        }
        match shared.ready().await {
            Err(Stopped) => {
                let tickets = shared.state().pending.take_all();
                shared.answer(tickets, || WriteError::Stopped);
            }
            Ok(permit) => {
                let batch = shared.state().pending.take(shared.batch_size);
                send(&shared, permit, batch).await;
            }
        }
    }
}

async fn send<W: Work>(shared: &Shared<W>, permit: Permit, batch: Vec<Ticket<W>>) {
    let (items, places): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|ticket| (ticket.item, (ticket.position, ticket.submission)))
        .unzip();
    let carried = shared.work.carry_out(permit, items).await;
    for ((position, submission), answer) in places.into_iter().zip(carried.answers) {
        submission.put(position, answer);
    }
    if let Some(error) = carried.hopeless {
        let tickets = shared.state().pending.take_all();
        shared.answer(tickets, || WriteError::unsent(&error));
    }
}

/// Lets go of what is queued when the worker ends before its time, so that nobody waits forever.
struct Left<W: Work>(Option<Arc<Shared<W>>>);

impl<W: Work> Drop for Left<W> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            let mut state = shared.state();
            state.working = false;
            drop(state.pending.take_all());
        }
    }
}

#[cfg(test)]
mod tests;
