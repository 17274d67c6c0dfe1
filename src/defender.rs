//! The service: Microsoft Defender for Endpoint's indicators API.
//!
//! **Invariant:** nothing outside this module knows about HTTP, tokens, call limits or the service's JSON; whoever uses
//! it hands over whole lists and gets one answer per item. It imports `crate::indicator` only.
//!
//! From the outside in: a [`Client`] puts writes into a `queue`, which merges them into batches. `upserts` and
//! `deletions` make of each batch as many calls as it takes to know what became of every item. `listing_cache` keeps the one
//! listing of the process. All of them call the service through `session`, which paces (`quota`), authenticates
//! (`token`, `credential`, `certificate`), sends (`http`), reads (`wire`) and tries again (`retry`).

mod clock;
mod cancellation;
mod error;
mod budget;
mod file;
mod certificate;
mod settings;
mod wire;
mod quota;
mod endpoint;
mod http;
mod retry;
mod single_flight;
mod principal;
mod token;
mod credential;
mod refusal;
mod session;
mod listing;
mod paging;
mod listing_cache;
mod queue;
mod bisection;
mod deletions;
mod results;
mod upserts;
#[doc(hidden)]
pub mod bench;

#[cfg(test)]
mod testing;
#[cfg(test)]
pub(crate) mod samples;

pub use budget::Obstacle;
pub use certificate::Certificate;
pub use clock::{Clock, SystemClock};
pub use deletions::{Admission, Deletion, DeletionGate};
pub use error::{Error, WriteError};
pub use file::read_regular_file;
pub use listing::Listing;
pub use principal::Principal;
pub use session::Wait;
pub use settings::{Application, Credential, FederatedToken, IdentityEndpoint, Settings, TokenRequest, is_near};

use crate::indicator::{Indicator, RowId};
use bisection::Futile;
use cancellation::Cancellation;
use deletions::{Deletions, Doomed};
use http::{Network, Transport};
use listing_cache::ListingCache;
use queue::{Operations, Queue, Work};
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
    tenant_id: Option<String>,
    cancellation: Arc<Cancellation>,
    session: Arc<Session>,
    listing_cache: Arc<ListingCache>,
    operations: Arc<Operations>,
    /// Writes that are sent even after a stop.
    owed: Upserts,
    batch_size: usize,
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
        let mut hosts = vec![&settings.base_url, &settings.authority_host];
        if let Credential::Federation {
            source: FederatedToken::GitHub(request) | FederatedToken::AzureDevOps { request, .. },
            ..
        } = &settings.credential
        {
            hosts.push(&request.url);
        }
        let network = Network::new(&settings.user_agent, settings.ca_certificate_pem.as_deref(), &hosts)?;
        let network = network.patient(settings.request_timeout.unwrap_or_default());
        let transport: Arc<dyn Transport> = Arc::new(network);
        let issuer = credential::issuer(&settings, Arc::clone(&transport), Arc::clone(&clock))?;
        Ok(Self::assemble(&settings, clock, transport, issuer))
    }

    fn assemble(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        transport: Arc<dyn Transport>,
        issuer: Arc<dyn Issuer>,
    ) -> Self {
        let tenant_id = settings.credential.tenant_id().map(str::to_owned);
        let cancellation = Arc::new(Cancellation::new(Arc::clone(&clock)));
        let connect = |cancellation: &Arc<Cancellation>| {
            let client_id = settings.credential.client_id();
            let tokens = Tokens::new(
                Arc::clone(&issuer),
                client_id,
                settings.max_retries,
                Arc::clone(cancellation),
            );
            Arc::new(Session::new(
                settings,
                Arc::clone(&transport),
                tokens,
                Arc::clone(cancellation),
            ))
        };
        let session = connect(&cancellation);
        let listing_cache = Arc::new(ListingCache::new(Arc::clone(&session)));
        let operations = Arc::new(Operations::new(Arc::clone(&clock)));
        let upserts = |session: &Arc<Session>| Upserts {
            session: Arc::clone(session),
            listing_cache: Arc::clone(&listing_cache),
            futile: Futile::default(),
        };
        let owed = upserts(&connect(&Arc::new(Cancellation::new(clock))));
        let upserts = upserts(&session);
        let deletions = Deletions {
            session: Arc::clone(&session),
            listing_cache: Arc::clone(&listing_cache),
            futile: Futile::default(),
        };
        let size = settings.batch_size;
        Self(Arc::new(Parts {
            tenant_id,
            session,
            listing_cache,
            owed,
            batch_size: size,
            upserts: Queue::new(upserts, size, Arc::clone(&cancellation), Arc::clone(&operations)),
            deletions: Queue::new(deletions, size, Arc::clone(&cancellation), Arc::clone(&operations)),
            operations,
            cancellation,
        }))
    }

    /// Directory (tenant) id or domain, if the configuration names it.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        self.0.tenant_id.as_deref()
    }

    /// Whom tokens are for, which tells own rows from those of others. Before there is a token, what the configuration says.
    #[must_use]
    pub fn principal(&self) -> Arc<Principal> {
        self.0.session.tokens().principal()
    }

    /// The clock that the client was made with.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.0.cancellation.clock()
    }

    /// Waits for this long, or until the run is stopped.
    pub async fn pause(&self, duration: Duration) {
        // Whoever goes on after a stop is told so by the next call.
        let _ = self.0.cancellation.sleep(duration).await;
    }

    /// Gets a token now, so that a wrong secret is told at the first use.
    ///
    /// # Errors
    /// When no token is to be had; the text is Entra's own.
    pub async fn authenticate(&self) -> Result<(), Error> {
        self.0.session.tokens().get().await.map(drop)
    }

    /// Whether the last token is for the application's own indicators only, so that listings leave those of others out.
    #[must_use]
    pub fn sees_own_rows_only(&self) -> bool {
        self.principal().sees_own_rows_only()
    }

    /// All rows of the tenant: asked for once per client, then kept current by its own writes. A failure is kept, too, unless
    /// the run was stopped.
    ///
    /// # Errors
    /// When the service cannot be asked or its answer cannot be read.
    pub async fn listing(&self) -> Result<Arc<Listing>, Error> {
        self.0.listing_cache.listing().await
    }

    /// All rows of the tenant, if they were asked for before.
    #[must_use]
    pub fn known_listing(&self) -> Option<Arc<Listing>> {
        self.0.listing_cache.known()
    }

    /// All rows of the tenant, asked for again.
    ///
    /// # Errors
    /// As for [`Client::listing`].
    pub async fn fresh_listing(&self) -> Result<Arc<Listing>, Error> {
        self.0.listing_cache.fresh_listing().await
    }

    /// Creates or changes rows. The answers are in the order of `indicators`: the row's id, or why it was not written.
    pub async fn upsert(&self, indicators: Vec<Indicator>) -> Vec<Result<RowId, WriteError>> {
        self.0.upserts.submit(indicators).await
    }

    /// Creates or changes rows as [`Client::upsert`] does, and even after [`Client::stop`]: for rows whose place in the
    /// tenant a deletion of this very run has emptied.
    pub async fn upsert_owed(&self, indicators: Vec<Indicator>) -> Vec<Result<RowId, WriteError>> {
        let mut answers = self.upsert(indicators.clone()).await;
        let stopped = |answer: &Result<RowId, WriteError>| answer.as_ref().is_err_and(WriteError::is_stopped);
        let unsent: Vec<usize> = (0..answers.len()).filter(|at| stopped(&answers[*at])).collect();
        for batch in unsent.chunks(self.0.batch_size.max(1)) {
            // Nobody stops these, so there is always a permit in the end.
            let Ok(permit) = self.0.owed.permit().await else { break };
            let items = batch.iter().map(|at| indicators[*at].clone()).collect();
            let carried = self.0.owed.carry_out(permit, items).await;
            for (at, answer) in batch.iter().zip(carried.answers) {
                answers[*at] = answer;
            }
        }
        answers
    }

    /// Deletes rows by id, each if `gate` admits it at the moment when its id goes into a call. The answers are in the order
    /// of `ids`; an id that does not exist counts as deleted.
    pub async fn delete(&self, ids: Vec<RowId>, gate: Arc<dyn DeletionGate>) -> Vec<Result<Deletion, WriteError>> {
        let doomed = |id| Doomed {
            id,
            gate: Arc::clone(&gate),
        };
        self.0.deletions.submit(ids.into_iter().map(doomed).collect()).await
    }

    /// Lets the calls in flight end, sends no other, and answers everything that waits with [`WriteError::Stopped`].
    pub fn stop(&self) {
        self.0.cancellation.stop();
    }

    /// Waits for the service that are over and worth telling, each once.
    #[must_use]
    pub fn take_waits(&self) -> Vec<Wait> {
        self.0.session.take_waits()
    }

    /// Whether [`Client::stop`] was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.cancellation.check().is_err()
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
