//! One call from its permit to its outcome: pace, authenticate, send, read, and again if need be.

use super::cancellation::{Cancellation, Stopped};
use super::endpoint::{Method, Request};
use super::error::{Error, Kind};
use super::http::{Message, Reply, Transport};
use super::quota::{self, Class, Gate, Permit};
use super::refusal::Refusal;
use super::retry::{self, Decision, Trouble};
use super::token::{Token, Tokens};
use super::wire::{Decode, Problem};
use futures::StreamExt;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;

/// A call that the service keeps putting off with 429 is left after this time. An hour is the longest window that the
/// service counts: whatever others used up is free again by then.
const LONGEST_THROTTLING: Duration = Duration::from_secs(75 * 60);

/// Why a call has no outcome.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The service says no to the call as a whole. Nothing of it was done.
    Refused(Refusal),
    /// Given up. Whether it was done is not known.
    Unclear(Error),
    /// Given up. It was not done.
    Failed(Error),
    /// Not sent: the run was stopped.
    Stopped,
}

impl Fault {
    /// The error for the user, for calls of which only the outcome matters.
    pub fn into_error(self, purpose: &str) -> Error {
        match self {
            Self::Refused(refusal) => refusal.explain(purpose),
            Self::Unclear(error) | Self::Failed(error) => error,
            Self::Stopped => Error::stopped(purpose),
        }
    }
}

/// The service, as one application with its limits and its token.
pub(crate) struct Session {
    base: Url,
    transport: Arc<dyn Transport>,
    tokens: Tokens,
    imports: Arc<Gate>,
    batch_deletes: Arc<Gate>,
    lists: Arc<Gate>,
    cancellation: Arc<Cancellation>,
    /// Whether the service has ever answered.
    reached: AtomicBool,
}

/// One attempt that came to nothing.
enum Setback {
    Unauthorized(Refusal),
    Throttled { pause: Duration, refusal: Refusal },
    Refused(Refusal),
    Trouble { trouble: Trouble, error: Error },
    Lasting(Error),
}

impl Session {
    pub fn new(
        base: Url,
        quota_share: u8,
        transport: Arc<dyn Transport>,
        tokens: Tokens,
        cancellation: Arc<Cancellation>,
    ) -> Self {
        let gate = |class| Arc::new(Gate::new(class, quota_share, Arc::clone(&cancellation)));
        Self {
            imports: gate(Class::Import),
            batch_deletes: gate(Class::BatchDelete),
            lists: gate(Class::List),
            base,
            transport,
            tokens,
            cancellation,
            reached: AtomicBool::new(false),
        }
    }

    /// Where the service answers.
    pub const fn base(&self) -> &Url {
        &self.base
    }

    pub fn cancellation(&self) -> &Arc<Cancellation> {
        &self.cancellation
    }

    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Waits until a call of this class may be made.
    pub async fn permit(&self, class: Class) -> Result<Permit, Stopped> {
        self.gate(class).enter().await
    }

    /// How many calls of this class may be made in a minute.
    pub fn calls_a_minute(&self, class: Class) -> usize {
        self.gate(class).calls_a_minute()
    }

    const fn gate(&self, class: Class) -> &Arc<Gate> {
        match class {
            Class::Import => &self.imports,
            Class::BatchDelete => &self.batch_deletes,
            Class::List => &self.lists,
        }
    }

    /// Makes a call with a permit that was waited for before, and makes it again as long as that is of use.
    pub async fn call<D: Decode>(&self, request: &Request, permit: Permit) -> Result<D::Output, Fault> {
        let begun = self.cancellation.clock().elapsed();
        let mut permit = Some(permit);
        let mut token_renewed = false;
        let (mut attempts, mut unreadable) = (0, 0);
        // Set as soon as an attempt may have been carried out without our knowing.
        let mut in_doubt = None;
        loop {
            let permit = match permit.take() {
                Some(permit) => permit,
                None => match self.permit(request.class).await {
                    Ok(permit) => permit,
                    Err(Stopped) => return Err(stopped(in_doubt, request)),
                },
            };
            let token = match self.tokens.get().await {
                Ok(token) => token,
                Err(error) => return Err(give_up(in_doubt.is_some(), error)),
            };
            if self.cancellation.check().is_err() {
                return Err(stopped(in_doubt, request));
            }
            let outcome = self.attempt::<D>(request, &token).await;
            drop(permit);
            let setback = match outcome {
                Ok(output) => return Ok(output),
                Err(setback) => setback,
            };
            match setback {
                Setback::Refused(refusal) => return Err(Fault::Refused(refusal)),
                Setback::Unauthorized(_) if !token_renewed => {
                    token_renewed = true;
                    self.tokens.reject(&token);
                }
                Setback::Unauthorized(refusal) => {
                    return Err(give_up(in_doubt.is_some(), refusal.explain(request.purpose())));
                }
                Setback::Lasting(error) => return Err(give_up(in_doubt.is_some(), error)),
                Setback::Throttled { pause, refusal } => {
                    self.gate(request.class).pause(pause);
                    let spent = self.cancellation.clock().elapsed().saturating_sub(begun);
                    if spent + pause > LONGEST_THROTTLING {
                        return Err(give_up(in_doubt.is_some(), throttled(request, &refusal, spent)));
                    }
                    tracing::warn!(
                        seconds = pause.as_secs_f64(),
                        "the service put a call off; pausing calls of its kind"
                    );
                }
                Setback::Trouble { trouble, error } => {
                    let counted = if trouble == Trouble::Unreadable {
                        &mut unreadable
                    } else {
                        &mut attempts
                    };
                    *counted += 1;
                    if !matches!(trouble, Trouble::Unreachable { .. }) {
                        in_doubt = Some(error.clone());
                    }
                    match retry::decide(*counted, trouble, retry::chance()) {
                        Decision::GiveUp => return Err(give_up(in_doubt.is_some(), error)),
                        Decision::Retry(pause) => {
                            tracing::warn!(seconds = pause.as_secs_f64(), "{error}; trying again");
                            if self.cancellation.sleep(pause).await.is_err() {
                                return Err(stopped(in_doubt, request));
                            }
                        }
                    }
                }
            }
        }
    }

    async fn attempt<D: Decode>(&self, request: &Request, token: &Token) -> Result<D::Output, Setback> {
        let mut headers = vec![
            ("Accept".to_owned(), "application/json".to_owned()),
            (
                "Authorization".to_owned(),
                format!("Bearer {}", token.secret().expose_secret()),
            ),
        ];
        if request.method == Method::Post {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let message = Message {
            method: request.method,
            url: request.url.clone(),
            headers,
            body: request.body.clone(),
        };
        let reply = self
            .transport
            .send(message)
            .await
            .map_err(|error| self.lost(request, &error))?;
        self.reached.store(true, Ordering::Relaxed);
        tracing::debug!(status = reply.status, path = request.url.path(), "the service answered");
        match reply.status {
            200..300 => self.read::<D>(request, reply).await,
            status => Err(self.refused(request, status, reply).await),
        }
    }

    async fn read<D: Decode>(&self, request: &Request, mut reply: Reply) -> Result<D::Output, Setback> {
        let unreadable = |why: &dyn std::fmt::Display| Setback::Trouble {
            trouble: Trouble::Unreadable,
            error: unreadable(request, why),
        };
        let mut decoder = D::default();
        while let Some(chunk) = reply.body.next().await {
            let chunk = chunk.map_err(|error| self.lost(request, &error))?;
            decoder.feed(&chunk).map_err(|why| unreadable(&why))?;
        }
        decoder.finish().map_err(|why| unreadable(&why))
    }

    async fn refused(&self, request: &Request, status: u16, reply: Reply) -> Setback {
        let retry_after = reply.retry_after;
        // The status says enough; a body that breaks off only costs the words.
        let body = reply.small_body().await.unwrap_or_default();
        let refusal = Refusal {
            status,
            problem: Problem::read(&body),
        };
        match status {
            401 => Setback::Unauthorized(refusal),
            429 => Setback::Throttled {
                pause: quota::pause_after_refusal(retry_after, &refusal.problem.message),
                refusal,
            },
            500.. => Setback::Trouble {
                trouble: Trouble::Unavailable { retry_after },
                error: unavailable(request, &refusal),
            },
            _ => Setback::Refused(refusal),
        }
    }

    fn lost(&self, request: &Request, error: &super::http::TransportError) -> Setback {
        let explained = error.explain(request.purpose(), &request.url);
        if error.trouble.is_lasting() {
            return Setback::Lasting(explained);
        }
        let trouble = if error.trouble.may_have_arrived() {
            Trouble::Interrupted
        } else {
            Trouble::Unreachable {
                before: self.reached.load(Ordering::Relaxed),
            }
        };
        Setback::Trouble {
            trouble,
            error: explained,
        }
    }
}

const fn give_up(in_doubt: bool, error: Error) -> Fault {
    if in_doubt {
        Fault::Unclear(error)
    } else {
        Fault::Failed(error)
    }
}

pub(super) fn stopped(in_doubt: Option<Error>, request: &Request) -> Fault {
    match in_doubt {
        None => Fault::Stopped,
        Some(error) => Fault::Unclear(Error::new(
            Kind::Stopped,
            format!(
                "the run was stopped before it was known whether the call to {} was done ({error})",
                request.purpose()
            ),
            "Run the command again. It finds out what was done.",
        )),
    }
}

pub(super) fn unreadable(request: &Request, why: &dyn std::fmt::Display) -> Error {
    Error::new(
        Kind::Unexpected,
        format!(
            "could not {}: the service's answer cannot be read: {why}",
            request.purpose()
        ),
        "Check base_url and any proxy in between. If they are right, report this.",
    )
}

pub(super) fn unavailable(request: &Request, refusal: &Refusal) -> Error {
    Error::new(
        Kind::Unavailable,
        format!(
            "could not {}: the service answered HTTP {}: {}",
            request.purpose(),
            refusal.status,
            refusal.words()
        ),
        "The service has a problem, which is usually temporary. Run the command again in a few minutes.",
    )
}

pub(super) fn throttled(request: &Request, refusal: &Refusal, spent: Duration) -> Error {
    Error::new(
        Kind::Throttled,
        format!(
            "could not {}: the service has throttled the call for {} minutes: {}",
            request.purpose(),
            spent.as_secs() / 60,
            refusal.words()
        ),
        "Another program calls the service with the same application in the same tenant. Give this configuration its \
         own application, or give each of them a smaller quota_share, and run the command again.",
    )
}

#[cfg(test)]
mod tests;
