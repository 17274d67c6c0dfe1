//! Asks Entra for tokens, with Microsoft's own library over this crate's own transport, so that the extra certificate
//! authority and the time limits hold for it too.
//!
//! The library's credential is made anew for each token: it would answer from a cache that goes by the machine's
//! clock, and could not be told that the service had rejected the token.

use super::assertion::{Assertions, Source};
use super::failed::{self, Failed};
use super::refusal::{Refusal, no_token_endpoint};
use crate::defender::clock::Clock;
use crate::defender::endpoint::Method;
use crate::defender::error::{Error, Kind};
use crate::defender::http::{Message, Transport, TransportError};
use crate::defender::settings::{Application, Settings};
use crate::defender::token::{ATTEMPT_TIME, IssueError, Issued, Issuer, Lost};
use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::headers::{Headers, USER_AGENT};
use azure_core::http::request::Body;
use azure_core::http::{
    AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions, Transport as AzureTransport,
};
use azure_core::time::OffsetDateTime;
use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Asks Entra for tokens.
pub(super) struct Entra {
    authority: Url,
    scope: String,
    application: Application,
    proof: Proof,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    attempt_time: Duration,
}

/// What an application shows to Entra.
pub(super) enum Proof {
    /// A secret that Entra knows.
    Secret(SecretString),
    /// A statement that somebody has signed.
    Assertion(Source),
}

impl Entra {
    /// Nothing is asked yet; ids that cannot be right are refused at once.
    pub fn new(
        settings: &Settings,
        application: &Application,
        proof: Proof,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let entra = Self {
            authority: settings.authority_host.clone(),
            scope: settings.scope.clone(),
            application: application.clone(),
            proof,
            transport,
            clock,
            attempt_time: settings.request_timeout.unwrap_or(ATTEMPT_TIME),
        };
        match entra.credential() {
            Ok(_) => Ok(entra),
            Err(error) => Err(Error::new(
                Kind::Settings,
                format!("the credentials cannot be used: {error}"),
                "Check tenant_id, client_id, client_secret and authority_host.",
            )),
        }
    }

    fn credential(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority.to_string();
        let injected = Injected {
            transport: Arc::clone(&self.transport),
            authority: self.authority.clone(),
        };
        let client_options = ClientOptions {
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            retry: RetryOptions::none(),
            transport: Some(AzureTransport::new(Arc::new(injected))),
            ..ClientOptions::default()
        };
        let Application { tenant_id, client_id } = self.application.clone();
        match &self.proof {
            Proof::Secret(client_secret) => Ok(ClientSecretCredential::new(
                &tenant_id,
                client_id,
                Secret::new(client_secret.expose_secret().to_owned()),
                Some(ClientSecretCredentialOptions { client_options }),
            )?),
            Proof::Assertion(source) => {
                let assertions = Assertions {
                    source: source.clone(),
                    client_id: client_id.clone(),
                    audience: self.token_endpoint(),
                    transport: Arc::clone(&self.transport),
                    clock: Arc::clone(&self.clock),
                };
                let options = Some(ClientAssertionCredentialOptions { client_options });
                Ok(ClientAssertionCredential::new(
                    tenant_id, client_id, assertions, options,
                )?)
            }
        }
    }

    /// Where tokens of the tenant come from, which is also whom a signed statement is meant for.
    fn token_endpoint(&self) -> String {
        format!("{}{}/oauth2/v2.0/token", self.authority, self.application.tenant_id)
    }
}

#[async_trait]
impl Issuer for Entra {
    async fn issue(&self) -> Result<Issued, IssueError> {
        let asked = match self.credential() {
            Ok(credential) => credential.get_token(&[&self.scope], None).await,
            Err(error) => Err(error),
        };
        let access = asked.map_err(|error| {
            let said = failed::found_in(&error);
            said.unwrap_or_else(|| IssueError::Final(no_token_endpoint(&self.authority, &error.to_string())))
        })?;
        if access.token.secret().is_empty() {
            return Err(IssueError::Final(no_token_endpoint(
                &self.authority,
                "its answer holds no token",
            )));
        }
        // The library has added the lifetime to the machine's own time of day.
        let lifetime = Duration::try_from(access.expires_on - OffsetDateTime::now_utc()).unwrap_or_default();
        Ok(Issued {
            token: access.token.secret().to_owned().into(),
            lifetime,
        })
    }

    fn attempt_time(&self) -> Duration {
        self.attempt_time
    }

    fn too_slow(&self) -> IssueError {
        Lost::at(&self.authority, TransportError::too_slow(self.attempt_time), None)
    }
}

/// Longest life of a token, in seconds. Entra's live for an hour or so, and for 28 hours at most.
const LONGEST_LIFE: f64 = 28.0 * 3600.0;

/// The answer with lifetimes within reason. The library adds them to the time of day, which has an end; and reads whole
/// numbers only, while others write them as text, too.
fn with_bounded_lifetime(body: Vec<u8>) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<serde_json::Map<String, Value>>(&body) else {
        return body;
    };
    for name in ["expires_in", "ext_expires_in"] {
        let seconds = match answer.get(name) {
            Some(Value::Number(seconds)) => seconds.as_f64(),
            Some(Value::String(seconds)) => seconds.trim().parse().ok(),
            _ => None,
        };
        if let Some(seconds) = seconds {
            // Whole seconds within the bounds have an exact number; what is no number is none.
            answer.insert(name.to_owned(), Value::from(seconds.clamp(0.0, LONGEST_LIFE) as i64));
        }
    }
    serde_json::to_vec(&answer).unwrap_or(body)
}

/// The library's HTTP client, which is ours.
struct Injected {
    transport: Arc<dyn Transport>,
    authority: Url,
}

impl fmt::Debug for Injected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Injected")
    }
}

#[async_trait]
impl HttpClient for Injected {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let body = match request.body() {
            Body::Bytes(bytes) => bytes.clone(),
            // Token requests are short forms, never streams.
            Body::SeekableStream(_) => Bytes::new(),
        };
        let headers = request.headers().iter().filter(|(name, _)| **name != USER_AGENT);
        let message = Message {
            method: Method::Post,
            url: request.url().clone(),
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()))
                .collect(),
            body,
        };
        let lost = |error: TransportError| Failed(Lost::at(&self.authority, error, None));
        let reply = self.transport.send(message).await.map_err(lost)?;
        let (status, retry_after) = (reply.status, reply.retry_after);
        let body = reply.small_body().await.map_err(lost)?;
        if (200..300).contains(&status) {
            let body = with_bounded_lifetime(body);
            Ok(AsyncRawResponse::from_bytes(status.into(), Headers::default(), body))
        } else {
            let refusal = Refusal::read(status, retry_after, &body);
            Err(Failed(refusal.explain(&self.authority)).into())
        }
    }
}

#[cfg(test)]
mod tests;
