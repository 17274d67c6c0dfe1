//! The service: Microsoft Defender for Endpoint's indicators API.
//!
//! **Invariant:** nothing outside this module knows about HTTP, tokens, call limits or the service's JSON; whoever uses
//! it hands over whole lists and gets one answer per item. It imports `crate::indicator` only.

mod clock;
mod error;
mod listing;
mod settings;

pub use clock::{Clock, SystemClock};
pub use error::{Error, WriteError};
pub use listing::Listing;
pub use settings::{Credential, Settings};

use crate::indicator::Indicator;
use error::Kind;
use std::sync::Arc;

/// The service as one application sees it. Cheap to clone; all clones share one queue, one listing and one set of
/// call limits.
#[derive(Clone)]
pub struct Client {
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
}

impl Client {
    /// A client that has not called anybody yet.
    ///
    /// # Errors
    /// When a setting cannot be used: a URL that is not HTTPS, a certificate that is not PEM, a number out of range.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Ok(Self {
            settings: Arc::new(settings),
            clock,
        })
    }

    /// Client id of the application: what `createdBy` of our own rows holds.
    #[must_use]
    pub fn application_id(&self) -> &str {
        self.settings.credential.client_id()
    }

    /// The clock that the client was made with.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Gets a token now, so that a wrong secret is told at the first use.
    ///
    /// # Errors
    /// When no token is to be had; the text is Entra's own.
    pub async fn authenticate(&self) -> Result<(), Error> {
        Err(unfinished())
    }

    /// All rows of the tenant: asked for once per process, then kept current by the process's own writes. A failure is
    /// not kept.
    ///
    /// # Errors
    /// When the service cannot be asked or its answer cannot be read.
    pub async fn listing(&self) -> Result<Arc<Listing>, Error> {
        Err(unfinished())
    }

    /// All rows of the tenant, asked for again.
    ///
    /// # Errors
    /// As for [`Client::listing`].
    pub async fn fresh_listing(&self) -> Result<Arc<Listing>, Error> {
        Err(unfinished())
    }

    /// Creates or changes rows. The answers are in the order of `indicators`: the row's id, or why it was not written.
    pub async fn upsert(&self, indicators: Vec<Indicator>) -> Vec<Result<String, WriteError>> {
        indicators.iter().map(|_| Err(unfinished().into())).collect()
    }

    /// Deletes rows by id. The answers are in the order of `ids`; an id that does not exist counts as deleted.
    pub async fn delete(&self, ids: Vec<String>) -> Vec<Result<(), WriteError>> {
        ids.iter().map(|_| Err(unfinished().into())).collect()
    }

    /// Lets the calls in flight end, sends no other, and answers everything that waits with [`WriteError::Stopped`].
    pub fn stop(&self) {}

    /// Takes [`Client::stop`] back.
    pub fn resume(&self) {}

    /// Somebody will probably ask for a write soon: a waiting partial batch waits a little longer.
    pub fn arriving(&self) {}
}

fn unfinished() -> Error {
    Error::new(Kind::Unexpected, "not written yet", "")
}
