//! What the service answers, before it becomes HTTP.
//!
//! **Invariant:** every refusal has the service's error envelope: `error` with `code`, `message` and `target`.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

const ODATA_JSON: &str = "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8";

/// A refusal, of a whole call or of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status of a refused call.
    pub status: u16,
    /// `error.code`.
    pub code: String,
    /// `error.message`, and the reason where only one item is refused.
    pub message: String,
    /// Seconds for the header `Retry-After`.
    pub retry_after: Option<u64>,
    /// Whether `error.target` is the tenant instead of a correlation id, as in some recordings.
    pub names_tenant: bool,
}

impl Refusal {
    /// A refusal with this status, code and message.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            retry_after: None,
            names_tenant: false,
        }
    }

    /// The body cannot be read as what it should be: a wrong type, or a name that an enumeration does not have.
    pub fn incorrect_body() -> Self {
        Self::new(400, "InvalidInput", "Request body is incorrect")
    }

    /// A required parameter is not there.
    pub fn missing(parameter: &str) -> Self {
        Self::new(
            400,
            "MissingRequiredParameter",
            format!("Parameter {parameter} is missing."),
        )
    }

    /// There is no token, or not one that holds.
    pub fn unauthorized() -> Self {
        let message = "Unauthorized (invalid or expired authorization header).";
        Self::new(401, "Unauthorized", message)
    }

    /// The query cannot be read.
    pub fn odata(message: impl Into<String>) -> Self {
        Self::new(400, "ODataError", message)
    }

    /// There is no such resource.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, "ResourceNotFound", format!("Resource {what} was not found."))
    }

    /// The same refusal with the tenant as its target.
    pub fn naming_tenant(mut self) -> Self {
        self.names_tenant = true;
        self
    }

    /// The answer that carries the refusal.
    pub fn answer(&self, target: &str) -> Answer {
        let body = json!({"error": {"code": self.code, "message": self.message, "target": target}});
        let mut answer = Answer::odata(self.status, body.to_string());
        if let Some(seconds) = self.retry_after {
            answer.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        answer
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers, without the ones of the transport.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Body before compression.
    pub body: Vec<u8>,
    /// For the log: items in the request, or rows in the answer.
    pub items: usize,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            items: 0,
        }
    }

    /// An answer in the service's own media type. A number that is no status becomes 500.
    pub fn odata(status: u16, body: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static(ODATA_JSON)),
            (
                HeaderName::from_static("odata-version"),
                HeaderValue::from_static("4.0"),
            ),
        ];
        Self {
            status,
            headers,
            body: body.into_bytes(),
            items: 0,
        }
    }

    /// An answer in plain JSON, as the token endpoint and the control paths give it.
    pub fn json(status: StatusCode, body: &Value) -> Self {
        let headers = vec![
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=utf-8"),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        Self {
            status,
            headers,
            body: body.to_string().into_bytes(),
            items: 0,
        }
    }

    /// An answer in XML.
    pub fn xml(status: StatusCode, body: String) -> Self {
        let headers = vec![
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/xml; charset=utf-8"),
            ),
            (
                HeaderName::from_static("odata-version"),
                HeaderValue::from_static("4.0"),
            ),
        ];
        Self {
            status,
            headers,
            body: body.into_bytes(),
            items: 0,
        }
    }

    /// A wrong method: no body, and the methods that the path has.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut answer = Self::empty(StatusCode::METHOD_NOT_ALLOWED);
        answer.headers.push((header::ALLOW, HeaderValue::from_static(allow)));
        answer
    }

    /// The same answer with what every answer of the service and of the identity provider tells its clients, also where
    /// it has no body.
    pub fn strictly_over_tls(mut self) -> Self {
        let always = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        self.headers.push((header::STRICT_TRANSPORT_SECURITY, always));
        self
    }

    /// The same answer with the number of items for the log.
    pub fn counting(mut self, items: usize) -> Self {
        self.items = items;
        self
    }
}
