//! The access token: asked for once for everybody, renewed before it ends.

use super::cancellation::{Cancellation, Stopped};
use super::error::{Error, Kind};
use super::http::TransportError;
use super::retry::{self, Decision, Trouble};
use super::single_flight::SingleFlight;
use async_trait::async_trait;
use secrecy::SecretString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;

/// A token is renewed when it has no longer to live than this.
const AHEAD: Duration = Duration::from_secs(300);

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
    Transport(TransportError),
    /// The token endpoint is in trouble or overrun; asking again may help.
    Unavailable {
        retry_after: Option<Duration>,
        text: String,
    },
    /// Asking again does not help.
    Final(Error),
}

/// Asks for tokens.
#[async_trait]
pub(crate) trait Issuer: Send + Sync {
    /// Asks for a token, once.
    async fn issue(&self) -> Result<Issued, IssueError>;

    /// Whom it asks.
    fn authority(&self) -> &Url;
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
    current: Mutex<Option<Token>>,
}

impl Tokens {
    pub fn new(issuer: Arc<dyn Issuer>, cancellation: Arc<Cancellation>) -> Self {
        Self {
            shared: Arc::new(Shared {
                issuer,
                cancellation,
                current: Mutex::new(None),
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
        const PURPOSE: &str = "get an access token";
        let authority = self.issuer.authority();
        let mut attempt = 0;
        loop {
            self.cancellation.check().map_err(|Stopped| Error::stopped(PURPOSE))?;
            attempt += 1;
            let (trouble, error) = match self.issuer.issue().await {
                Ok(issued) => return Ok(issued),
                Err(IssueError::Final(error)) => return Err(error),
                Err(IssueError::Transport(error)) if error.trouble.is_lasting() => {
                    return Err(error.explain(PURPOSE, authority));
                }
                Err(IssueError::Transport(error)) => {
                    let trouble = if error.trouble.may_have_arrived() {
                        Trouble::Interrupted
                    } else {
                        Trouble::Unreachable { before: false }
                    };
                    (trouble, error.explain(PURPOSE, authority))
                }
                Err(IssueError::Unavailable { retry_after, text }) => (
                    Trouble::Unavailable { retry_after },
                    Error::new(
                        Kind::Unavailable,
                        format!("could not {PURPOSE}: {text}"),
                        "This is usually temporary. Run the command again in a few minutes.",
                    ),
                ),
            };
            match retry::decide(attempt, trouble, retry::chance()) {
                Decision::GiveUp => return Err(error),
                Decision::Retry(pause) => {
                    tracing::warn!(seconds = pause.as_secs_f64(), "{error}; trying again");
                    self.cancellation
                        .sleep(pause)
                        .await
                        .map_err(|Stopped| Error::stopped(PURPOSE))?;
                }
            }
        }
    }
}
