//! The endpoints that Azure puts beside its machines and services, where a process gets tokens of their managed identity.
//!
//! **Invariant:** the first application is the identity of the machine itself; any application can be asked for by its id. Only
//! these paths answer without TLS.

use aws_lc_rs::error::Unspecified;
use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use super::answer::Answer;
use super::application::{Applications, random_hexadecimal};
use super::request::Request;
use super::token::Tokens;

/// The paths, below the address of the simulator.
pub const METADATA_PATH: &str = "/metadata/identity/oauth2/token";
pub const APP_SERVICE_PATH: &str = "/app-service/msi/token";
pub const MACHINE_LEARNING_PATH: &str = "/machine-learning/msi/token";
pub const CLOUD_SHELL_PATH: &str = "/cloud-shell/msi/token";

/// Whether the path is one of them.
pub fn is_at(path: &str) -> bool {
    [METADATA_PATH, APP_SERVICE_PATH, MACHINE_LEARNING_PATH, CLOUD_SHELL_PATH].contains(&path)
}

/// What lets a process of a service ask.
#[derive(Debug)]
pub struct ManagedIdentity {
    /// `IDENTITY_HEADER` or `MSI_SECRET`.
    pub secret: String,
}

impl ManagedIdentity {
    /// Endpoints with a secret of their own.
    pub fn new() -> Result<Self, Unspecified> {
        Ok(Self {
            secret: random_hexadecimal(16)?,
        })
    }

    /// Answers a process that asks for a token; nothing if it is a call to somebody else.
    pub fn answer(
        &self,
        tokens: &mut Tokens,
        request: &Request,
        applications: &Applications,
        now: Timestamp,
    ) -> Option<Answer> {
        let is_metadata = request.header("metadata") == Some("true");
        let has = |header| request.header(header) == Some(&self.secret);
        let (method, allowed, versions, id): (_, _, &[&str], _) = match request.path.as_str() {
            METADATA_PATH => (Method::GET, is_metadata, &["2018-02-01", "2019-08-01"], "client_id"),
            APP_SERVICE_PATH => (Method::GET, has("x-identity-header"), &["2019-08-01"], "client_id"),
            MACHINE_LEARNING_PATH => (Method::GET, has("secret"), &["2017-09-01"], "clientid"),
            CLOUD_SHELL_PATH => (Method::POST, is_metadata, &[], "client_id"),
            _ => return None,
        };
        if request.method != method {
            return Some(Answer::method_not_allowed(if method == Method::GET {
                "GET"
            } else {
                "POST"
            }));
        }
        if !allowed {
            return Some(match request.path.as_str() {
                METADATA_PATH | CLOUD_SHELL_PATH => {
                    refused("Required metadata header not specified or not correct".to_owned())
                }
                _ => Answer::json(
                    StatusCode::UNAUTHORIZED,
                    &json!({"statusCode": 401, "message": "Unauthorized"}),
                ),
            });
        }
        let parameters = if method == Method::GET {
            request.parameters()
        } else {
            request.form()
        };
        let parameter = |name: &str| {
            parameters
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        if !versions.is_empty() && !parameter("api-version").is_some_and(|version| versions.contains(&version)) {
            return Some(refused("The api-version is missing or not supported.".to_owned()));
        }
        let Some(resource) = parameter("resource") else {
            return Some(refused("Required query variable 'resource' is missing".to_owned()));
        };
        let number = match parameter(id) {
            None => Some(0),
            Some(client_id) => applications.position(client_id),
        };
        let Some(number) = number else {
            return Some(refused("Identity not found".to_owned()));
        };
        let given = tokens.for_identity(number, resource, applications, now);
        // Without random numbers there is no token, but then the simulator would not have started.
        Some(given.unwrap_or_else(|_| Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)))
    }
}

fn refused(text: String) -> Answer {
    let body = json!({"error": "invalid_request", "error_description": text});
    Answer::json(StatusCode::BAD_REQUEST, &body)
}
