//! The service: Microsoft Defender for Endpoint's indicators API.
//!
//! **Invariant:** nothing outside this module knows about HTTP, tokens, call limits or the service's JSON; whoever uses
//! it hands over whole lists and gets one answer per item. It imports `crate::indicator` only.
//!
//! From the outside in: a [`Client`] puts writes into a `queue`, which merges them into batches. `upserts` and
//! `deletions` make of each batch as many calls as it takes to know what became of every item. `catalogue` keeps the one
//! listing of the process. All of them call the service through `session`, which paces (`quota`), authenticates
//! (`token`, `credential`), sends (`http`), reads (`wire`) and tries again (`retry`).

#[doc(hidden)]
pub mod bench;
mod catalogue;
mod clock;
mod credential;
mod deletions;
mod endpoint;
mod error;
mod flight;
mod halt;
mod http;
mod listing;
mod narrowing;
mod paging;
mod queue;
mod quota;
mod refusal;
mod results;
mod retry;
mod session;
mod settings;
mod token;
mod upserts;
mod wire;

#[cfg(test)]
mod testing;

pub use clock::{Clock, SystemClock};
pub use error::{Error, WriteError};
pub use listing::Listing;
pub use settings::{Credential, Settings};

use crate::indicator::Indicator;
use catalogue::Catalogue;
use credential::Entra;
use deletions::Deletions;
use halt::Halt;
use http::{Network, Transport};
use narrowing::Futile;
use queue::{Operations, Queue};
use session::Session;
use std::sync::Arc;
use std::time::Duration;
use token::{Issuer, Tokens};
use upserts::Upserts;

/// The service as one application sees it. Cheap to clone; all clones share one queue, one listing and one set of
/// call limits.
#[derive(Clone)]
pub struct Client(Arc<Parts>);

struct Parts {
    application_id: String,
    halt: Arc<Halt>,
    session: Arc<Session>,
    catalogue: Arc<Catalogue>,
    operations: Arc<Operations>,
    upserts: Queue<Upserts>,
    deletions: Queue<Deletions>,
}

impl Client {
    /// A client that has not called anybody yet.
    ///
    /// # Errors
    /// When a setting cannot be used: a URL that is not HTTPS, a certificate that is not PEM, a number out of range.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        settings.check()?;
        let hosts = [&settings.base_url, &settings.authority_host];
        let network = Network::new(&settings.user_agent, settings.ca_certificate_pem.as_deref(), hosts)?;
        let transport: Arc<dyn Transport> = Arc::new(network);
        let entra = Entra::new(&settings, Arc::clone(&transport))?;
        Ok(Self::assemble(&settings, clock, transport, Box::new(entra)))
    }

    fn assemble(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        transport: Arc<dyn Transport>,
        issuer: Box<dyn Issuer>,
    ) -> Self {
        let application_id = settings.credential.client_id().to_owned();
        let halt = Arc::new(Halt::new(Arc::clone(&clock)));
        let tokens = Tokens::new(issuer, Arc::clone(&halt));
        let base = settings.base_url.clone();
        let session = Arc::new(Session::new(
            base,
            settings.quota_share,
            transport,
            tokens,
            Arc::clone(&halt),
        ));
        let catalogue = Arc::new(Catalogue::new(Arc::clone(&session)));
        let operations = Arc::new(Operations::new(clock));
        let upserts = Upserts {
            session: Arc::clone(&session),
            catalogue: Arc::clone(&catalogue),
            application_id: application_id.clone(),
            futile: Futile::default(),
        };
        let deletions = Deletions {
            session: Arc::clone(&session),
            catalogue: Arc::clone(&catalogue),
            futile: Futile::default(),
        };
        let size = settings.batch_size;
        Self(Arc::new(Parts {
            application_id,
            session,
            catalogue,
            upserts: Queue::new(upserts, size, Arc::clone(&halt), Arc::clone(&operations)),
            deletions: Queue::new(deletions, size, Arc::clone(&halt), Arc::clone(&operations)),
            operations,
            halt,
        }))
    }

    /// Client id of the application: what `createdBy` of our own rows holds.
    #[must_use]
    pub fn application_id(&self) -> &str {
        &self.0.application_id
    }

    /// The clock that the client was made with.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.0.halt.clock()
    }

    /// Waits for this long, or until the run is stopped.
    pub async fn pause(&self, duration: Duration) {
        // Whoever goes on after a stop is told so by the next call.
        let _ = self.0.halt.sleep(duration).await;
    }

    /// Gets a token now, so that a wrong secret is told at the first use.
    ///
    /// # Errors
    /// When no token is to be had; the text is Entra's own.
    pub async fn authenticate(&self) -> Result<(), Error> {
        self.0.session.tokens().get().await.map(drop)
    }

    /// All rows of the tenant: asked for once per process, then kept current by the process's own writes. A failure is
    /// not kept.
    ///
    /// # Errors
    /// When the service cannot be asked or its answer cannot be read.
    pub async fn listing(&self) -> Result<Arc<Listing>, Error> {
        self.0.catalogue.listing().await
    }

    /// All rows of the tenant, asked for again.
    ///
    /// # Errors
    /// As for [`Client::listing`].
    pub async fn fresh_listing(&self) -> Result<Arc<Listing>, Error> {
        self.0.catalogue.fresh_listing().await
    }

    /// Creates or changes rows. The answers are in the order of `indicators`: the row's id, or why it was not written.
    pub async fn upsert(&self, indicators: Vec<Indicator>) -> Vec<Result<String, WriteError>> {
        self.0.upserts.submit(indicators).await
    }

    /// Deletes rows by id. The answers are in the order of `ids`; an id that does not exist counts as deleted.
    pub async fn delete(&self, ids: Vec<String>) -> Vec<Result<(), WriteError>> {
        self.0.deletions.submit(ids).await
    }

    /// Lets the calls in flight end, sends no other, and answers everything that waits with [`WriteError::Stopped`].
    pub fn stop(&self) {
        self.0.halt.stop();
    }

    /// Whether [`Client::stop`] was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.halt.check().is_err()
    }

    /// Takes [`Client::stop`] back.
    pub fn resume(&self) {
        self.0.halt.resume();
    }

    /// An operation begins that will probably ask for a write: until it does or ends, a partial batch that waits waits a
    /// little longer.
    pub fn begins(&self) {
        self.0.operations.begin();
    }

    /// An operation of which [`Client::begins`] told has ended.
    pub fn ends(&self) {
        self.0.operations.end();
    }
}

#[cfg(test)]
mod tests;
