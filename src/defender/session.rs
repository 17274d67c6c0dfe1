//! One call from its permit to its outcome: pace, authenticate, send, read, and again if need be.

use super::budget::{Budget, Obstacle, spoken};
use super::cancellation::{Cancellation, Stopped};
use super::endpoint::{Method, Request};
use super::error::{Error, Kind};
use super::http::{Message, Reply, Transport, TransportError};
use super::quota::{self, Class, Gate, Permit};
use super::refusal::Refusal;
use super::retry::{self, Trouble};
use super::settings::Settings;
use super::token::{self, Token, Tokens};
use super::wire::{Decode, Problem};
use futures::StreamExt;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;

/// Time for one attempt, with the whole of its answer.
const fn attempt_time(class: Class) -> Duration {
    match class {
        // A page of 10,000 rows has about ten megabytes, and one before compression.
        Class::List => Duration::from_secs(120),
        // 500 rows are answered only when all of them are stored.
        Class::Import | Class::BatchDelete => Duration::from_secs(180),
    }
}

/// A wait for the other side that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What was waited for, such as "list the indicators".
    pub purpose: &'static str,
    /// What stood in the way.
    pub obstacle: Obstacle,
    /// How long it took.
    pub time: Duration,
}

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
    imports: Lane,
    batch_deletes: Lane,
    lists: Lane,
    cancellation: Arc<Cancellation>,
    /// The id of the run, if the configuration has one.
    correlation_id: Option<String>,
    /// Time for one attempt, if the configuration has one.
    request_timeout: Option<Duration>,
    max_retries: Option<u32>,
    /// Whether the service has ever answered.
    reached: AtomicBool,
}

/// The calls of one class: when one may be made, and how long they may come to nothing.
struct Lane {
    gate: Arc<Gate>,
    budget: Budget,
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
        settings: &Settings,
        transport: Arc<dyn Transport>,
        tokens: Tokens,
        cancellation: Arc<Cancellation>,
    ) -> Self {
        let lane = |class| Lane {
            gate: Arc::new(Gate::new(class, settings.quota_share, Arc::clone(&cancellation))),
            budget: Budget::default(),
        };
        Self {
            imports: lane(Class::Import),
            batch_deletes: lane(Class::BatchDelete),
            lists: lane(Class::List),
            base: settings.base_url.clone(),
            transport,
            tokens,
            cancellation,
            correlation_id: settings.correlation_id.clone(),
            request_timeout: settings.request_timeout,
            max_retries: settings.max_retries,
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
        self.lane(class).gate.enter().await
    }

    /// How many calls of this class may be made in a minute.
    pub fn calls_a_minute(&self, class: Class) -> usize {
        self.lane(class).gate.calls_a_minute()
    }

    /// Waits that are over and worth telling, each once.
    pub fn take_waits(&self) -> Vec<Wait> {
        let lanes = [Class::Import, Class::BatchDelete, Class::List].map(|class| (class.purpose(), self.lane(class)));
        let budgets = lanes.map(|(purpose, lane)| (purpose, &lane.budget));
        let budgets = budgets.into_iter().chain([(token::PURPOSE, self.tokens.budget())]);
        let waits = budgets.flat_map(|(purpose, budget)| {
            budget.take_waited().into_iter().map(move |(obstacle, time)| Wait {
                purpose,
                obstacle,
                time,
            })
        });
        waits.collect()
    }

    const fn lane(&self, class: Class) -> &Lane {
        match class {
            Class::Import => &self.imports,
            Class::BatchDelete => &self.batch_deletes,
            Class::List => &self.lists,
        }
    }

    /// Makes a call with a permit that was waited for before, and makes it again as long as that is of use and the budget of
    /// its class allows it.
    pub async fn call<D: Decode>(&self, request: &Request, permit: Permit) -> Result<D::Output, Fault> {
        self.call_until::<D>(request, permit, Duration::MAX).await
    }

    /// The same, with an end: nothing goes on after this time of the client's clock.
    pub async fn call_until<D: Decode>(
        &self,
        request: &Request,
        permit: Permit,
        end: Duration,
    ) -> Result<D::Output, Fault> {
        let Lane { gate, budget } = self.lane(request.class);
        let clock = self.cancellation.clock();
        let mut permit = Some(permit);
        let mut token_renewed = false;
        let (mut attempts, mut unreadable) = (0, 0);
        // Set as soon as an attempt may have been carried out without our knowing.
        let mut in_doubt = None;
        loop {
            let permit = match permit.take() {
                Some(permit) => permit,
                None => match gate.enter().await {
                    Ok(permit) => permit,
                    Err(Stopped) => return Err(stopped(in_doubt, request)),
                },
            };
            if let Err(error) = budget.check() {
                permit.give_back();
                return Err(give_up(in_doubt.is_some(), error));
            }
            let token = match self.tokens.get().await {
                Ok(token) => token,
                Err(error) => return Err(give_up(in_doubt.is_some(), error)),
            };
            if self.cancellation.check().is_err() {
                return Err(stopped(in_doubt, request));
            }
            let time = self.request_timeout.unwrap_or(attempt_time(request.class));
            let time = time.min(end.saturating_sub(clock.elapsed()));
            let outcome = self.attempt_within::<D>(request, &token, time).await;
            drop(permit);
            let setback = match outcome {
                Ok(Ok(output)) => {
                    budget.succeeded(clock.elapsed());
                    return Ok(output);
                }
                Ok(Err(setback)) => setback,
                Err(Stopped) => return Err(stopped(in_doubt, request)),
            };
            let now = clock.elapsed();
            let allows = |obstacle, pause| budget.allows(obstacle, now, pause) && now.saturating_add(pause) < end;
            let left = |in_doubt: bool, error: Error| {
                budget.leave(&error);
                Err(give_up(in_doubt, error))
            };
            match setback {
                Setback::Refused(refusal) => {
                    budget.succeeded(now);
                    return Err(Fault::Refused(refusal));
                }
                Setback::Unauthorized(_) if !token_renewed => {
                    token_renewed = true;
                    self.tokens.reject(&token);
                }
                Setback::Unauthorized(refusal) => {
                    return left(in_doubt.is_some(), refusal.explain(request.purpose()));
                }
                Setback::Lasting(error) => return left(in_doubt.is_some(), error),
                Setback::Throttled { pause, refusal } => {
                    if !allows(Obstacle::Limit, pause) {
                        let waited = budget.lasts(Obstacle::Limit, now);
                        return left(in_doubt.is_some(), throttled(request, &refusal, waited, pause));
                    }
                    gate.pause(pause);
                    let (seconds, purpose) = (pause.as_secs(), request.purpose());
                    tracing::warn!("waiting {seconds} s to {purpose}: the service's limit is used up by others");
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
                    let pause = retry::pause(*counted, trouble, self.max_retries, retry::chance());
                    match pause.filter(|pause| allows(Obstacle::Trouble, *pause)) {
                        // Another call may be answered by somebody else.
                        None if trouble == Trouble::Unreadable => return Err(give_up(in_doubt.is_some(), error)),
                        None => return left(in_doubt.is_some(), error),
                        Some(pause) => {
                            tracing::warn!("{error}; trying again in {:.1} s", pause.as_secs_f64());
                            if self.cancellation.sleep(pause).await.is_err() {
                                return Err(stopped(in_doubt, request));
                            }
                        }
                    }
                }
            }
        }
    }

    /// One attempt that ends by itself after this time. A listing changes nothing, so it also ends when the run is stopped.
    async fn attempt_within<D: Decode>(
        &self,
        request: &Request,
        token: &Token,
        time: Duration,
    ) -> Result<Result<D::Output, Setback>, Stopped> {
        let attempt = tokio::time::timeout(time, self.attempt::<D>(request, token));
        let ended = match request.class {
            Class::List => self.cancellation.or_stopped(attempt).await?,
            Class::Import | Class::BatchDelete => attempt.await,
        };
        Ok(ended.unwrap_or_else(|_| Err(self.lost(request, &TransportError::too_slow(time)))))
    }

    async fn attempt<D: Decode>(&self, request: &Request, token: &Token) -> Result<D::Output, Setback> {
        let id = request_id();
        let mut headers = vec![
            ("Accept".to_owned(), "application/json".to_owned()),
            ("client-request-id".to_owned(), id.clone()),
            (
                "Authorization".to_owned(),
                format!("Bearer {}", token.secret().expose_secret()),
            ),
        ];
        if let Some(run) = &self.correlation_id {
            headers.push(("x-ms-correlation-request-id".to_owned(), run.clone()));
        }
        if request.method == Method::Post {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let message = Message {
            method: request.method,
            url: request.url.clone(),
            headers,
            body: request.body.clone(),
        };
        let path = request.url.path();
        let reply = self.transport.send(message).await.map_err(|error| {
            tracing::debug!(path, request_id = id, "the service did not answer");
            self.lost(request, &error)
        })?;
        self.reached.store(true, Ordering::Relaxed);
        tracing::debug!(status = reply.status, path, request_id = id, "the service answered");
        match reply.status {
            200..300 => self.read::<D>(request, reply).await,
            status => Err(self.refused(request, status, reply, id).await),
        }
    }

    async fn read<D: Decode>(&self, request: &Request, mut reply: Reply) -> Result<D::Output, Setback> {
        let unreadable = |why: &dyn std::fmt::Display| Setback::Trouble {
            trouble: Trouble::Unreadable,
            error: unreadable(request, why),
        };
        let mut decoder = D::default();
        let mut length = 0;
        while let Some(chunk) = reply.body.next().await {
            let chunk = chunk.map_err(|error| self.lost(request, &error))?;
            length += chunk.len();
            if length > D::LONGEST {
                return Err(unreadable(&format!(
                    "the answer has more than {} KiB",
                    D::LONGEST >> 10
                )));
            }
            decoder.feed(&chunk).map_err(|why| unreadable(&why))?;
        }
        decoder.finish().map_err(|why| unreadable(&why))
    }

    async fn refused(&self, request: &Request, status: u16, reply: Reply, id: String) -> Setback {
        let retry_after = reply.retry_after;
        // The status says enough; a body that breaks off only costs the words.
        let body = reply.small_body().await.unwrap_or_default();
        let mut problem = Problem::read(&body);
        // The service names the call by its own id. Where it does not, ours finds it in the log.
        problem.correlation.get_or_insert(id);
        let refusal = Refusal { status, problem };
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

    fn lost(&self, request: &Request, error: &TransportError) -> Setback {
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

/// A name for one call, by which it is found in logs: those of the provider, and perhaps those of the service.
fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without random numbers there is no TLS either.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let (a, rest) = hexadecimal.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
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

pub(super) fn throttled(request: &Request, refusal: &Refusal, waited: Duration, pause: Duration) -> Error {
    Error::new(
        Kind::Throttled,
        format!(
            "could not {}: the service's limit is used up by others. The run has waited {} for it, and the service asks for \
             another {}: {}",
            request.purpose(),
            spoken(waited),
            spoken(pause),
            refusal.words()
        ),
        "Another program calls the service with the same application in the same tenant. Give this configuration its \
         own application, or give each of them a smaller quota_share, and run the command again.",
    )
}

#[cfg(test)]
mod tests;
