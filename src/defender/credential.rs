//! Asks Entra for tokens, with Microsoft's own library over this module's own transport, so that the extra certificate
//! authority and the time limits hold for it too.
//!
//! The library's credential is made anew for each token: it would answer from a cache that goes by the machine's
//! clock, and could not be told that the service had rejected the token. Its reading of refusals is not used either:
//! it fails on a text with line breaks, and Entra's texts have them.

use super::endpoint::Method;
use super::error::{Error, Kind};
use super::http::{Message, Transport, TransportError};
use super::settings::{Credential, Settings};
use super::token::{IssueError, Issued, Issuer};
use crate::outgoing;
use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::headers::{Headers, USER_AGENT};
use azure_core::http::request::Body;
use azure_core::http::{
    AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions, Transport as AzureTransport,
};
use azure_core::time::OffsetDateTime;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use bytes::Bytes;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Asks Entra for tokens.
pub(crate) struct Entra {
    authority: Url,
    scope: String,
    credential: Credential,
    transport: Arc<dyn Transport>,
}

impl Entra {
    /// Nothing is asked yet; ids that cannot be right are refused at once.
    pub fn new(settings: &Settings, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        let entra = Self {
            authority: settings.authority_host.clone(),
            scope: settings.scope.clone(),
            credential: settings.credential.clone(),
            transport,
        };
        match entra.credential() {
            Ok(_) => {
                let Credential::ClientSecret { client_secret, .. } = &entra.credential;
                outgoing::conceal(client_secret);
                Ok(entra)
            }
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
        let client_options = ClientOptions {
            cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
            retry: RetryOptions::none(),
            transport: Some(AzureTransport::new(Arc::new(Injected(Arc::clone(&self.transport))))),
            ..ClientOptions::default()
        };
        match &self.credential {
            Credential::ClientSecret {
                tenant_id,
                client_id,
                client_secret,
            } => Ok(ClientSecretCredential::new(
                tenant_id,
                client_id.clone(),
                Secret::new(client_secret.expose_secret().to_owned()),
                Some(ClientSecretCredentialOptions { client_options }),
            )?),
        }
    }
}

#[async_trait]
impl Issuer for Entra {
    async fn issue(&self) -> Result<Issued, IssueError> {
        let asked = match self.credential() {
            Ok(credential) => credential.get_token(&[&self.scope], None).await,
            Err(error) => Err(error),
        };
        let access = asked.map_err(|error| self.explain(&error))?;
        if access.token.secret().is_empty() {
            return Err(IssueError::Final(no_token_endpoint(
                &self.authority,
                "its answer holds no token",
            )));
        }
        let lifetime = Duration::try_from(access.expires_on - OffsetDateTime::now_utc()).unwrap_or_default();
        Ok(Issued {
            token: access.token.secret().to_owned().into(),
            lifetime,
        })
    }

    fn authority(&self) -> &Url {
        &self.authority
    }
}

impl Entra {
    fn explain(&self, error: &azure_core::Error) -> IssueError {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<TransportError>() {
                return IssueError::Transport(error.clone());
            }
            if let Some(refusal) = error.downcast_ref::<Refusal>() {
                return refusal.explain(&self.authority);
            }
            cause = error.source();
        }
        IssueError::Final(no_token_endpoint(&self.authority, &error.to_string()))
    }
}

fn no_token_endpoint(authority: &Url, why: &str) -> Error {
    Error::new(
        Kind::Unexpected,
        format!("the sign-in service {authority} did not answer like a token endpoint: {why}"),
        "Check authority_host, and whether a proxy or a sign-in page answers instead.",
    )
}

/// What is no refusal by Entra is quoted up to this many characters.
const LONGEST_QUOTE: usize = 300;

/// Entra's own text is repeated up to this many characters.
const LONGEST_WORDS: usize = 2000;

/// What Entra says when it gives no token.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    retry_after: Option<Duration>,
    /// Entra's text, or whatever else there was.
    text: String,
    /// Numbers after `AADSTS`; empty if something else than Entra answered.
    codes: Vec<u32>,
}

impl StdError for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HTTP {}: {}", self.status, self.text)
    }
}

impl Refusal {
    pub(super) fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Document {
            #[serde(default)]
            error: String,
            #[serde(default)]
            error_description: String,
            #[serde(default)]
            error_codes: Vec<u32>,
        }
        let (text, codes) = match serde_json::from_slice::<Document>(body) {
            Ok(document) if document.error_description.is_empty() => (document.error, document.error_codes),
            Ok(document) => (document.error_description, document.error_codes),
            Err(_) => (String::from_utf8_lossy(body).into_owned(), Vec::new()),
        };
        Self {
            status,
            retry_after,
            text: outgoing::words(&text, if codes.is_empty() { LONGEST_QUOTE } else { LONGEST_WORDS }),
            codes,
        }
    }

    pub(super) fn explain(&self, authority: &Url) -> IssueError {
        if self.status == 429 || self.status >= 500 {
            return IssueError::Unavailable {
                retry_after: self.retry_after,
                text: format!("{authority}: {self}"),
            };
        }
        IssueError::Final(if self.codes.is_empty() {
            no_token_endpoint(authority, &self.to_string())
        } else {
            Error::new(
                Kind::Unauthorized,
                format!("Microsoft Entra ID gave no access token: {}", self.text),
                self.codes.iter().find_map(|code| hint(*code)).unwrap_or(GENERAL_HINT),
            )
        })
    }
}

const GENERAL_HINT: &str = "Check tenant_id, client_id and client_secret. The number after AADSTS is explained at \
     https://login.microsoftonline.com/error.";

/// What to do about the refusals that people meet, by the number after `AADSTS`.
const fn hint(code: u32) -> Option<&'static str> {
    Some(match code {
        7_000_215 => {
            "The client secret is wrong. Set client_secret (ARM_CLIENT_SECRET) to the value of the secret, which the \
             portal shows only at its creation, not to its id."
        }
        7_000_222 => {
            "The client secret has expired. Create a new one under the application's \"Certificates & secrets\" and \
             set client_secret (ARM_CLIENT_SECRET) to its value."
        }
        700_016 => "Check client_id (ARM_CLIENT_ID) and tenant_id (ARM_TENANT_ID): the tenant has no such application.",
        90_002 | 900_021 | 900_023 => "Check tenant_id (ARM_TENANT_ID), and environment if it is a government cloud.",
        500_011 | 500_014 => {
            "The tenant does not know Microsoft Defender for Endpoint under this name. Check environment, and whether \
             the tenant has a Defender for Endpoint licence and has opened the Defender portal once."
        }
        7_000_112 | 7_000_113 => "The application is disabled in this tenant. An administrator must enable it.",
        53_003 | 530_003 | 53_000 => {
            "A Conditional Access policy blocks the application from here. Run it from an allowed network, or have the \
             policy changed."
        }
        _ => return None,
    })
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
struct Injected(Arc<dyn Transport>);

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
        let lost = |error: TransportError| azure_core::Error::new(ErrorKind::Io, error);
        let reply = self.0.send(message).await.map_err(lost)?;
        let (status, retry_after) = (reply.status, reply.retry_after);
        let body = reply.small_body().await.map_err(lost)?;
        if (200..300).contains(&status) {
            let body = with_bounded_lifetime(body);
            Ok(AsyncRawResponse::from_bytes(status.into(), Headers::default(), body))
        } else {
            Err(azure_core::Error::new(
                ErrorKind::Credential,
                Refusal::read(status, retry_after, &body),
            ))
        }
    }
}

#[cfg(test)]
mod tests;
