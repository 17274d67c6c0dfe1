//! What the identity provider says when it refuses.
//!
//! **Invariant:** numbers and words are the vendor's own, as far as the simulator needs them.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::answer::Answer;
use super::request::Request;

/// A refusal of the identity provider.
#[derive(Debug)]
pub struct SignInError {
    status: StatusCode,
    error: &'static str,
    number: u32,
    text: String,
}

impl SignInError {
    /// A refusal with its name in OAuth, its AADSTS number and its words.
    pub fn new(status: StatusCode, error: &'static str, number: u32, text: String) -> Self {
        Self {
            status,
            error,
            number,
            text,
        }
    }

    /// A refusal that answers 400.
    pub fn bad_request(error: &'static str, number: u32, text: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, number, text)
    }

    /// There is no such tenant.
    pub fn unknown_tenant(error: &'static str, tenant: &str) -> Self {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        Self::bad_request(error, 90_002, text)
    }

    /// The answer that carries it.
    pub fn answer(&self, request: &Request, now: Timestamp) -> Answer {
        let Self {
            status,
            error,
            number,
            text,
        } = self;
        let id = "00000000-0000-4000-8000-000000000000";
        let at = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": error,
            "error_description": format!("AADSTS{number}: {text} Trace ID: {id} Correlation ID: {id} Timestamp: {at}"),
            "error_codes": [number],
            "timestamp": at,
            "trace_id": id,
            "correlation_id": id,
            "error_uri": format!("https://{}/error?code={number}", request.host),
        });
        Answer::json(*status, &body)
    }
}
