//! Statements by which an application proves who it is: signed with its certificate, or by somebody whom it trusts.
//!
//! The library has credentials for the second kind, too, but not for GitHub Actions; the one for Azure DevOps reads its
//! address from one variable only, and the one for files keeps what it has read for ten minutes. All are one HTTP request or
//! one file here.

use super::failed::Failed;
use crate::defender::certificate::{Certificate, CertificateError};
use crate::defender::clock::Clock;
use crate::defender::endpoint::Method;
use crate::defender::error::{Error, Kind};
use crate::defender::file::read_regular_file;
use crate::defender::http::{Message, Transport, TransportError};
use crate::defender::settings::{FederatedToken, TokenRequest};
use crate::defender::token::{IssueError, Lost};
use crate::outgoing;
use async_trait::async_trait;
use aws_lc_rs::rand;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Longest file with a token, in bytes. Tokens have a few thousand.
pub(crate) const LONGEST_TOKEN: u64 = 64 << 10;

/// Whom a token of a pipeline or cluster is meant for, as the page on workload identity federation asks.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Version of Azure DevOps' API that gives out tokens.
const DEVOPS_VERSION: &str = "7.1";

/// What is no token is quoted up to this many characters.
const LONGEST_QUOTE: usize = 300;

/// Who makes the statement.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// The application itself.
    Certificate {
        certificate: Certificate,
        sends_chain: bool,
    },
    /// Somebody whom it trusts.
    Token(FederatedToken),
}

/// Makes or fetches a statement for each token.
pub(super) struct Assertions {
    pub source: Source,
    pub client_id: String,
    /// Whom a statement of the application is meant for.
    pub audience: String,
    pub transport: Arc<dyn Transport>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Assertions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Assertions")
    }
}

#[async_trait]
impl ClientAssertion for Assertions {
    async fn secret(&self, _options: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        match self.make().await {
            Ok(assertion) => {
                outgoing::conceal(&assertion);
                Ok(assertion.expose_secret().to_owned())
            }
            Err(error) => Err(Failed(error).into()),
        }
    }
}

impl Assertions {
    async fn make(&self) -> Result<SecretString, IssueError> {
        match &self.source {
            Source::Certificate {
                certificate,
                sends_chain,
            } => {
                let now = self.clock.now();
                let id = unique().ok_or_else(|| IssueError::Final(no_random_numbers()))?;
                let assertion = certificate.assertion(&self.client_id, &self.audience, &id, now, *sends_chain);
                assertion.map_err(|error| IssueError::Final(unsigned(&error)))
            }
            Source::Token(FederatedToken::Given(token)) => Ok(token.clone()),
            Source::Token(FederatedToken::File(path)) => {
                let reading = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || read_token(&path)
                });
                let read = reading.await.unwrap_or_else(|error| Err(error.to_string()));
                read.map_err(|why| IssueError::Final(unreadable(path, &why)))
            }
            Source::Token(FederatedToken::GitHub(request)) => self.ask_github(request).await,
            Source::Token(FederatedToken::AzureDevOps {
                request,
                service_connection_id,
            }) => self.ask_devops(request, service_connection_id).await,
        }
    }

    async fn ask_github(&self, request: &TokenRequest) -> Result<SecretString, IssueError> {
        let mut url = request.url.clone();
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        self.ask(&GITHUB, Method::Get, url, &request.token, &[]).await
    }

    async fn ask_devops(&self, request: &TokenRequest, connection: &str) -> Result<SecretString, IssueError> {
        let mut url = request.url.clone();
        url.query_pairs_mut()
            .append_pair("api-version", DEVOPS_VERSION)
            .append_pair("serviceConnectionId", connection);
        // Without the header a refusal is a page to sign in at.
        let suppress = [("X-TFS-FedAuthRedirect", "Suppress")];
        self.ask(&DEVOPS, Method::Post, url, &request.token, &suppress).await
    }

    /// Asks a pipeline for the token of its job.
    async fn ask(
        &self,
        asked: &Asked,
        method: Method,
        url: Url,
        token: &SecretString,
        headers: &[(&str, &str)],
    ) -> Result<SecretString, IssueError> {
        let lost = |error: TransportError| Lost::at(&url, error, Some(asked.hint));
        let own = [
            ("Accept", "application/json".to_owned()),
            ("Authorization", format!("Bearer {}", token.expose_secret())),
        ];
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let message = Message {
            method,
            url: url.clone(),
            headers: own
                .into_iter()
                .chain(headers)
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: Bytes::new(),
        };
        let reply = self.transport.send(message).await.map_err(lost)?;
        let (status, retry_after) = (reply.status, reply.retry_after);
        let body = reply.small_body().await.map_err(lost)?;
        if status == 429 || status >= 500 {
            let words = outgoing::words(&String::from_utf8_lossy(&body), LONGEST_QUOTE);
            return Err(IssueError::Unavailable {
                retry_after,
                text: format!("{} answered HTTP {status}: {words}", asked.whom),
            });
        }
        let document = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        match document.get(asked.field).and_then(Value::as_str) {
            Some(token) if status == 200 && !token.is_empty() => Ok(token.into()),
            // The body may be the token, in another form.
            _ if status == 200 => Err(IssueError::Final(asked.refused("its answer holds no token"))),
            _ => {
                let words = outgoing::words(&String::from_utf8_lossy(&body), LONGEST_QUOTE);
                Err(IssueError::Final(asked.refused(&format!("HTTP {status}: {words}"))))
            }
        }
    }
}

/// A pipeline that is asked for the token of its job.
struct Asked {
    whom: &'static str,
    /// Where the token stands in the answer.
    field: &'static str,
    hint: &'static str,
}

const GITHUB: Asked = Asked {
    whom: "GitHub Actions",
    field: "value",
    hint: "The job needs `permissions: id-token: write`. GitHub sets ACTIONS_ID_TOKEN_REQUEST_URL and \
           ACTIONS_ID_TOKEN_REQUEST_TOKEN for each job anew; a job of a fork's pull request gets neither.",
};

const DEVOPS: Asked = Asked {
    whom: "Azure DevOps",
    field: "oidcToken",
    hint: "Check ado_pipeline_service_connection_id (ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID), that the pipeline may use the \
           service connection, and that the step maps SYSTEM_ACCESSTOKEN: $(System.AccessToken).",
};

impl Asked {
    fn refused(&self, why: &str) -> Error {
        let words = format!("{} gave no OIDC token: {why}", self.whom);
        Error::new(Kind::Unauthorized, words, self.hint)
    }
}

/// The token in a file.
///
/// # Errors
/// Why there is none, in words.
pub(crate) fn read_token(path: &str) -> Result<SecretString, String> {
    let content = read_regular_file(path, LONGEST_TOKEN).map_err(|error| error.to_string())?;
    let text = String::from_utf8(content).map_err(|_| "it is no text".to_owned())?;
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        token => Ok(token.into()),
    }
}

fn unreadable(path: &str, why: &str) -> Error {
    Error::new(
        Kind::Settings,
        format!("the file with the OIDC token, {path}, cannot be used: {why}"),
        "Check oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH, or AZURE_FEDERATED_TOKEN_FILE in AKS).",
    )
}

fn unsigned(error: &CertificateError) -> Error {
    Error::new(
        Kind::Settings,
        format!("the client certificate cannot sign: {error}"),
        "Check client_certificate_path (ARM_CLIENT_CERTIFICATE_PATH).",
    )
}

fn no_random_numbers() -> Error {
    Error::new(Kind::Unexpected, "this machine gives no random numbers", "Report this.")
}

/// A name that no other statement has.
fn unique() -> Option<String> {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
pub(super) fn samples() -> Vec<Error> {
    vec![
        GITHUB.refused("HTTP 403: not allowed"),
        DEVOPS.refused("its answer holds no token"),
        unreadable("/var/run/secrets/token", "it is empty"),
        unsigned(&CertificateError::Key(
            "it does not sign with RSA-PSS and SHA-256".to_owned(),
        )),
        no_random_numbers(),
    ]
}

#[cfg(test)]
mod tests;
