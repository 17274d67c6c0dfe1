//! The access token: asked for once for everybody, renewed before it ends.

use super::budget::{Budget, Obstacle};
use super::cancellation::{Cancellation, Stopped};
use super::error::{Error, Kind};
use super::http::TransportError;
use super::principal::Principal;
use super::retry::{self, Trouble};
use super::single_flight::SingleFlight;
use crate::outgoing;
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;

/// A token is renewed when it has no longer to live than this.
const AHEAD: Duration = Duration::from_secs(300);

/// Time for one attempt, if nobody says otherwise: Entra answers within a second.
pub(crate) const ATTEMPT_TIME: Duration = Duration::from_secs(20);

/// What is asked for, for messages.
pub(crate) const PURPOSE: &str = "get an access token";

/// A token and how long it lives.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub token: SecretString,
    pub lifetime: Duration,
}

/// Why there is no token.
#[derive(Debug, Clone)]
pub(crate) enum IssueError {
    /// Asking again may help.
    Lost(Box<Lost>),
    /// The token endpoint is in trouble or overrun; asking again may help.
    Unavailable {
        retry_after: Option<Duration>,
        text: String,
    },
    /// Asking again does not help.
    Final(Error),
}

/// There is no answer.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub error: TransportError,
    /// Who was asked.
    pub url: Url,
    /// What to do about it, if that is not what helps with Entra and the service.
    pub hint: Option<&'static str>,
}

impl Lost {
    /// The error for a message to this address.
    pub fn at(url: &Url, error: TransportError, hint: Option<&'static str>) -> IssueError {
        let url = url.clone();
        IssueError::Lost(Box::new(Self { error, url, hint }))
    }
}

/// Asks for tokens.
#[async_trait]
pub(crate) trait Issuer: Send + Sync {
    /// Asks for a token, once.
    async fn issue(&self) -> Result<Issued, IssueError>;

    /// How long one attempt may take.
    fn attempt_time(&self) -> Duration {
        ATTEMPT_TIME
    }

    /// What it comes to if one takes longer.
    fn too_slow(&self) -> IssueError;
}

/// A token in use. Two are the same if they came from the same answer.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    secret: Arc<SecretString>,
    renew_at: Duration,
}

impl Token {
    /// The token itself, for the header.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }
}

/// Keeps the current token.
pub(crate) struct Tokens {
    shared: Arc<Shared>,
    single_flight: SingleFlight<Token>,
}

struct Shared {
    issuer: Arc<dyn Issuer>,
    cancellation: Arc<Cancellation>,
    budget: Budget,
    max_retries: Option<u32>,
    current: Mutex<Option<Token>>,
    /// Whom the last token is for.
    principal: Mutex<Arc<Principal>>,
}

impl Tokens {
    /// `client_id` is what the configuration says of whom tokens are for.
    pub fn new(
        issuer: Arc<dyn Issuer>,
        client_id: Option<&str>,
        max_retries: Option<u32>,
        cancellation: Arc<Cancellation>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                issuer,
                cancellation,
                budget: Budget::default(),
                max_retries,
                current: Mutex::new(None),
                principal: Mutex::new(Arc::new(Principal::configured(client_id))),
            }),
            single_flight: SingleFlight::new(),
        }
    }

    /// The current token, or a new one if there is none or it is about to end.
    pub async fn get(&self) -> Result<Token, Error> {
        if let Some(token) = self.shared.usable() {
            return Ok(token);
        }
        let shared = Arc::clone(&self.shared);
        self.single_flight
            .join(move || async move { shared.renew().await })
            .await
    }

    /// The patience with whoever issues tokens.
    pub fn budget(&self) -> &Budget {
        &self.shared.budget
    }

    /// Whom the last token is for; before there is one, what the configuration says.
    pub fn principal(&self) -> Arc<Principal> {
        Arc::clone(&self.shared.principal())
    }

    /// The service does not accept this token: it is not handed out again.
    pub fn reject(&self, rejected: &Token) {
        self.shared
            .current()
            .take_if(|current| Arc::ptr_eq(&current.secret, &rejected.secret));
    }
}

impl Shared {
    fn current(&self) -> MutexGuard<'_, Option<Token>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn principal(&self) -> MutexGuard<'_, Arc<Principal>> {
        self.principal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn usable(&self) -> Option<Token> {
        self.current()
            .clone()
            .filter(|token| self.cancellation.clock().elapsed() < token.renew_at)
    }

    async fn renew(&self) -> Result<Token, Error> {
        // Somebody may have renewed it between the caller's look and the start of this flight.
        if let Some(token) = self.usable() {
            return Ok(token);
        }
        let issued = self.issue().await?;
        outgoing::conceal(&issued.token);
        let mut principal = self.principal();
        *principal = Arc::new(Principal::read(issued.token.expose_secret(), &principal));
        drop(principal);
        // A token that lives shortly is used for half of its life.
        let useful = issued.lifetime.saturating_sub(AHEAD).max(issued.lifetime / 2);
        let token = Token {
            secret: Arc::new(issued.token),
            renew_at: self.cancellation.clock().elapsed().saturating_add(useful),
        };
        *self.current() = Some(token.clone());
        Ok(token)
    }

    async fn issue(&self) -> Result<Issued, Error> {
        let clock = self.cancellation.clock();
        let mut attempt = 0;
        loop {
            self.budget.check()?;
            attempt += 1;
            let asking = tokio::time::timeout(self.issuer.attempt_time(), self.issuer.issue());
            let asked = self.cancellation.or_stopped(asking).await.map_err(stopped)?;
            let (trouble, error) = match asked.unwrap_or_else(|_| Err(self.issuer.too_slow())) {
                Ok(issued) => {
                    self.budget.succeeded(clock.elapsed());
                    return Ok(issued);
                }
                Err(error) => explain(error),
            };
            let pause = trouble.and_then(|trouble| retry::pause(attempt, trouble, self.max_retries, retry::chance()));
            let Some(pause) = pause.filter(|pause| self.budget.allows(Obstacle::Trouble, clock.elapsed(), *pause))
            else {
                tracing::warn!("signing in failed: {error}");
                self.budget.leave(&error);
                return Err(error);
            };
            tracing::warn!("{error}; trying again in {:.1} s", pause.as_secs_f64());
            self.cancellation.sleep(pause).await.map_err(stopped)?;
        }
    }
}

/// The error for the user, and the trouble behind it if asking again may help.
fn explain(error: IssueError) -> (Option<Trouble>, Error) {
    match error {
        IssueError::Final(error) => (None, error),
        IssueError::Lost(lost) => {
            let Lost { error, url, hint } = *lost;
            let trouble = if error.trouble.is_lasting() {
                None
            } else if error.trouble.may_have_arrived() {
                Some(Trouble::Interrupted)
            } else {
                Some(Trouble::Unreachable { before: false })
            };
            let explained = error.explain(PURPOSE, &url);
            (
                trouble,
                hint.map_or_else(|| explained.clone(), |hint| explained.with_hint(hint)),
            )
        }
        IssueError::Unavailable { retry_after, text } => (
            Some(Trouble::Unavailable { retry_after }),
            Error::new(
                Kind::Unavailable,
                format!("could not {PURPOSE}: {text}"),
                "This is usually temporary: run the command again in a few minutes.",
            ),
        ),
    }
}

fn stopped(Stopped: Stopped) -> Error {
    Error::stopped(PURPOSE)
}
