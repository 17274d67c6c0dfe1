//! The one listing of the process, and the process's own writes that it has to show.

use super::error::Error;
use super::listing::{Change, Listing};
use super::paging;
use super::session::Session;
use super::single_flight::SingleFlight;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps the listing.
pub(crate) struct ListingCache {
    session: Arc<Session>,
    store: Arc<Mutex<Store>>,
    single_flight: SingleFlight<Arc<Listing>>,
    /// The next listing that was asked for anew, as long as it waits for its turn.
    next: Arc<SingleFlight<Arc<Listing>>>,
    /// Held by the one that is under way, so that those who come meanwhile gather behind it.
    turn: Arc<Turn>,
}

type Turn = tokio::sync::Mutex<()>;

impl ListingCache {
    pub fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            store: Arc::default(),
            single_flight: SingleFlight::new(),
            next: Arc::new(SingleFlight::new()),
            turn: Arc::default(),
        }
    }

    /// The listing, if there is one.
    pub fn known(&self) -> Option<Arc<Listing>> {
        lock(&self.store).current()
    }

    /// The listing, asked for if there is none yet.
    pub async fn listing(&self) -> Result<Arc<Listing>, Error> {
        if let Some(listing) = self.known() {
            return Ok(listing);
        }
        let (session, store) = (Arc::clone(&self.session), Arc::clone(&self.store));
        self.single_flight
            .join(move || async move {
                // Somebody may have finished it between the caller's look and the start of this flight.
                let present = lock(&store).current();
                match present {
                    Some(listing) => Ok(listing),
                    None => fetch(&session, &store).await,
                }
            })
            .await
    }

    /// The listing, asked for now or later. Who asks at the same time shares one, but only one that has not been begun:
    /// one that is under way may be older than what the caller has just written.
    pub async fn fresh_listing(&self) -> Result<Arc<Listing>, Error> {
        let (session, store) = (Arc::clone(&self.session), Arc::clone(&self.store));
        let (next, turn) = (Arc::clone(&self.next), Arc::clone(&self.turn));
        self.next
            .join(move || async move {
                let _turn = turn.lock().await;
                next.close();
                fetch(&session, &store).await
            })
            .await
    }

    /// Notes what this process has written.
    pub fn record(&self, changes: impl IntoIterator<Item = Change>) {
        let mut store = lock(&self.store);
        if store.current.is_some() || store.under_way > 0 {
            store.changes.extend(changes);
        }
    }
}

/// Asks for the listing, unless that has failed before in this run: it would fail for each object, one after the other.
async fn fetch(session: &Session, store: &Arc<Mutex<Store>>) -> Result<Arc<Listing>, Error> {
    if let Some(error) = lock(store).failure.clone() {
        return Err(error);
    }
    let begun = Begun::new(store);
    match paging::fetch(session).await {
        Ok(listing) => Ok(begun.finished(listing)),
        Err(error) => {
            if !error.is_stopped() {
                lock(store).failure = Some(error.clone());
            }
            Err(error)
        }
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Store {
    current: Option<Arc<Listing>>,
    /// Why the tenant could not be listed.
    failure: Option<Error>,
    /// Writes since the oldest listing that is present or under way was asked for.
    changes: Vec<Change>,
    /// How many of them `current` shows.
    shown: usize,
    under_way: usize,
    /// How many listings were begun so far.
    begun: u64,
    /// Which of them `current` is.
    current_is: u64,
}

impl Store {
    /// The listing with all writes in it. They are put in when it is asked for, so that many small writes cost nothing.
    fn current(&mut self) -> Option<Arc<Listing>> {
        let listing = self.current.as_mut()?;
        if self.shown < self.changes.len() {
            Arc::make_mut(listing).apply(&self.changes[self.shown..]);
            self.shown = self.changes.len();
        }
        let listing = Arc::clone(listing);
        self.forget_shown();
        Some(listing)
    }

    fn forget_shown(&mut self) {
        let shown_by_all = self.current.is_none() || self.shown == self.changes.len();
        if self.under_way == 0 && shown_by_all {
            self.changes.clear();
            self.shown = 0;
        }
    }
}

/// A listing that is under way. What is written meanwhile may or may not be in it, and is put in at the end.
struct Begun<'a> {
    store: &'a Mutex<Store>,
    changes_before: usize,
    /// Which listing of the process it is.
    number: u64,
}

impl<'a> Begun<'a> {
    fn new(store: &'a Mutex<Store>) -> Self {
        let mut locked = lock(store);
        locked.under_way += 1;
        locked.begun += 1;
        Self {
            store,
            changes_before: locked.changes.len(),
            number: locked.begun,
        }
    }

    /// Keeps the listing and returns it; or the one that is kept, if that was begun later and so knows more.
    fn finished(self, mut listing: Listing) -> Arc<Listing> {
        let mut store = lock(self.store);
        if self.number < store.current_is
            && let Some(newer) = store.current()
        {
            return newer;
        }
        listing.apply(store.changes.get(self.changes_before..).unwrap_or_default());
        let listing = Arc::new(listing);
        store.shown = store.changes.len();
        store.current = Some(Arc::clone(&listing));
        store.current_is = self.number;
        listing
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut store = lock(self.store);
        store.under_way -= 1;
        store.forget_shown();
    }
}

#[cfg(test)]
mod tests;
