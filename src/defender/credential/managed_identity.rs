//! Tokens of the identity that Azure has given to this machine, from the endpoint that Azure has put beside it.
//!
//! Microsoft's library has a credential for this, but it reads the endpoint from the process's own variables, knows two of the
//! five kinds (its next version knows Azure Arc), asks the metadata service at one fixed address, and waits up to 72 seconds by
//! the machine's own clock, out of reach of a stop.
//!
//! Service Fabric is refused before anything is asked: its endpoint has a certificate that no authority has signed and that only
//! a thumbprint tells, which neither the library nor the HTTP client can check.

mod arc;

use crate::defender::clock::Clock;
use crate::defender::endpoint::Method;
use crate::defender::error::{Error, Kind};
use crate::defender::http::{Message, Reply, Transport, TransportError};
use crate::defender::principal::Principal;
use crate::defender::settings::{IdentityEndpoint, Settings};
use crate::defender::token::{ATTEMPT_TIME, IssueError, Issued, Issuer, Lost};
use crate::outgoing;
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use url::form_urlencoded::Serializer;

/// Versions of the endpoints' interfaces, as their pages name them.
const METADATA_VERSION: &str = "2018-02-01";
const APP_SERVICE_VERSION: &str = "2019-08-01";
const MACHINE_LEARNING_VERSION: &str = "2017-09-01";

/// What is no token is quoted up to this many characters.
const LONGEST_QUOTE: usize = 300;

const HINT: &str = "A managed identity exists only on a machine or service in Azure that has one. Elsewhere remove use_msi \
     (ARM_USE_MSI). If a user-assigned identity is meant, set client_id (ARM_CLIENT_ID) to its client id.";

/// Asks the endpoint of a managed identity.
pub(super) struct ManagedIdentity {
    endpoint: IdentityEndpoint,
    client_id: Option<String>,
    /// Whom tokens are for, without the `/.default` of a scope.
    resource: String,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    attempt_time: Duration,
}

impl ManagedIdentity {
    /// Nothing is asked yet.
    pub fn new(
        settings: &Settings,
        client_id: Option<String>,
        endpoint: IdentityEndpoint,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let resource = settings.scope.strip_suffix("/.default").unwrap_or(&settings.scope);
        Self {
            endpoint,
            client_id,
            resource: resource.to_owned(),
            transport,
            clock,
            attempt_time: settings.request_timeout.unwrap_or(ATTEMPT_TIME),
        }
    }

    fn message(&self) -> Message {
        let secret = |name: &str, value: &SecretString| (name.to_owned(), value.expose_secret().to_owned());
        let metadata = || ("Metadata".to_owned(), "true".to_owned());
        let (version, id, header) = match &self.endpoint {
            IdentityEndpoint::Metadata { .. } => (Some(METADATA_VERSION), "client_id", metadata()),
            IdentityEndpoint::AppService { header, .. } => (
                Some(APP_SERVICE_VERSION),
                "client_id",
                secret("X-IDENTITY-HEADER", header),
            ),
            IdentityEndpoint::MachineLearning { secret: value, .. } => {
                (Some(MACHINE_LEARNING_VERSION), "clientid", secret("secret", value))
            }
            IdentityEndpoint::AzureArc { .. } => (Some(arc::VERSION), "client_id", metadata()),
            IdentityEndpoint::CloudShell { .. } => (None, "client_id", metadata()),
        };
        let mut url = self.endpoint.url().clone();
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned()), header];
        let (method, body) = match version {
            Some(version) => {
                let mut query = url.query_pairs_mut();
                query.append_pair("api-version", version);
                query.append_pair("resource", &self.resource);
                if let Some(client_id) = self
                    .client_id
                    .as_ref()
                    .filter(|_| self.endpoint.only_identity_of().is_none())
                {
                    query.append_pair(id, client_id);
                }
                drop(query);
                (Method::Get, Bytes::new())
            }
            // Cloud Shell has no identities to choose from.
            None => {
                headers.push((
                    "Content-Type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                ));
                let form = Serializer::new(String::new())
                    .append_pair("resource", &self.resource)
                    .finish();
                (Method::Post, Bytes::from(form))
            }
        };
        Message {
            method,
            url,
            headers,
            body,
        }
    }

    fn lost(&self, error: TransportError) -> IssueError {
        Lost::at(self.endpoint.url(), error, Some(self.hint()))
    }

    async fn send(&self, message: Message) -> Result<Reply, IssueError> {
        self.transport.send(message).await.map_err(|error| self.lost(error))
    }

    /// The same message with the key that a server of Azure Arc is asked for.
    async fn with_key(&self, challenge: Option<String>, keys: &Path) -> Result<Message, IssueError> {
        let keys = keys.to_owned();
        let reading = tokio::task::spawn_blocking(move || arc::key(challenge.as_deref(), &keys));
        let key = reading.await.unwrap_or_else(|error| Err(error.to_string()));
        let key = key.map_err(|why| IssueError::Final(self.refused(&why)))?;
        outgoing::conceal(&key);
        let mut message = self.message();
        let shown = format!("Basic {}", key.expose_secret());
        message.headers.push(("Authorization".to_owned(), shown));
        Ok(message)
    }

    fn read(&self, body: &[u8]) -> Result<Issued, IssueError> {
        #[derive(Deserialize)]
        struct Document {
            access_token: String,
            #[serde(default)]
            expires_on: Value,
            #[serde(default)]
            expires_in: Value,
        }
        let unreadable = || IssueError::Final(self.refused("its answer holds no token"));
        let document: Document = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let token = SecretString::from(document.access_token);
        if token.expose_secret().is_empty() {
            return Err(unreadable());
        }
        let left = |end: Timestamp| Duration::try_from(end.duration_since(self.clock.now())).unwrap_or_default();
        // One interface writes the end as a date; the token knows it anyway.
        let end = seconds(&document.expires_on).and_then(|at| Timestamp::from_second(at).ok());
        let said = || Principal::read(token.expose_secret(), &Principal::default()).expires;
        let during = || {
            Some(Duration::from_secs(
                u64::try_from(seconds(&document.expires_in)?).unwrap_or_default(),
            ))
        };
        let lifetime = end.map(left).or_else(during).or_else(|| said().map(left));
        let lifetime = lifetime
            .ok_or_else(|| IssueError::Final(self.refused("its answer does not say how long the token lives")))?;
        Ok(Issued { token, lifetime })
    }

    fn refused(&self, why: &str) -> Error {
        refused(self.endpoint.url(), why, self.hint())
    }

    const fn hint(&self) -> &'static str {
        match self.endpoint {
            IdentityEndpoint::AzureArc { .. } => arc::HINT,
            _ => HINT,
        }
    }
}

fn refused(url: &Url, why: &str, hint: &str) -> Error {
    Error::new(
        Kind::Unauthorized,
        format!("the managed identity endpoint {url} gave no access token: {why}"),
        hint,
    )
}

/// A number of seconds, which some write as text.
fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[async_trait]
impl Issuer for ManagedIdentity {
    async fn issue(&self) -> Result<Issued, IssueError> {
        let mut reply = self.send(self.message()).await?;
        if let (401, IdentityEndpoint::AzureArc { keys, .. }) = (reply.status, &self.endpoint) {
            let message = self.with_key(reply.challenge.take(), keys).await?;
            reply = self.send(message).await?;
        }
        let (status, retry_after) = (reply.status, reply.retry_after);
        let body = reply.small_body().await.map_err(|error| self.lost(error))?;
        let is_metadata = matches!(self.endpoint, IdentityEndpoint::Metadata { .. });
        match status {
            200 => self.read(&body),
            // The metadata service answers so while it is being renewed, for a minute or so.
            404 | 410 if is_metadata => Err(self.unavailable(status, retry_after, &body)),
            429 | 500.. => Err(self.unavailable(status, retry_after, &body)),
            _ => Err(IssueError::Final(
                self.refused(&format!("HTTP {status}: {}", words(&body))),
            )),
        }
    }

    fn attempt_time(&self) -> Duration {
        self.attempt_time
    }

    fn too_slow(&self) -> IssueError {
        self.lost(TransportError::too_slow(self.attempt_time))
    }
}

impl ManagedIdentity {
    fn unavailable(&self, status: u16, retry_after: Option<Duration>, body: &[u8]) -> IssueError {
        IssueError::Unavailable {
            retry_after,
            text: format!("{}: HTTP {status}: {}", self.endpoint.url(), words(body)),
        }
    }
}

/// What the endpoint says, whichever of its forms it uses.
fn words(body: &[u8]) -> String {
    let document = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let said = ["error_description", "message", "Message"]
        .iter()
        .find_map(|name| document.get(name)?.as_str());
    let text = said.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
    outgoing::words(&text, LONGEST_QUOTE)
}

#[cfg(test)]
pub(super) fn samples() -> Vec<Error> {
    let url = Url::parse("http://169.254.169.254/metadata/identity/oauth2/token");
    url.iter()
        .flat_map(|url| {
            let unread = arc::key(
                Some("Basic realm=/etc/other.key"),
                Path::new("/var/opt/azcmagent/tokens"),
            );
            [
                refused(url, "HTTP 400: Identity not found", HINT),
                refused(url, &unread.err().unwrap_or_default(), arc::HINT),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests;
