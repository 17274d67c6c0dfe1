//! One request as it arrived.
//!
//! **Invariant:** reading a request changes nothing and never fails; what is wrong with it is said by whoever needs it.

use std::sync::OnceLock;

use axum::http::{HeaderMap, Method};
use serde_json::Value;
use url::form_urlencoded;

/// One request.
#[derive(Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path without the query.
    pub path: String,
    /// Query without the question mark, as it was sent.
    pub query: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The header `Host`.
    pub host: String,
    /// Whether it came without TLS.
    pub is_plain: bool,
    headers: HeaderMap,
    /// The body.
    pub body: String,
    parsed: OnceLock<Option<Value>>,
}

impl Request {
    /// A request without headers.
    pub fn new(method: Method, path: &str, query: &str, body: String) -> Self {
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            authorization: None,
            host: String::new(),
            is_plain: false,
            headers: HeaderMap::new(),
            body,
            parsed: OnceLock::new(),
        }
    }

    /// The same request with these headers.
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        self.authorization = text("authorization");
        self.host = text("host").unwrap_or_default();
        self.headers = headers;
        self
    }

    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as a form, decoded, in its order.
    pub fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// The body as JSON, if it is.
    pub fn json(&self) -> Option<&Value> {
        // `str::parse` is compiled with serde_json, optimised; `from_str` would be compiled here, slow in debug builds.
        self.parsed.get_or_init(|| self.body.parse().ok()).as_ref()
    }

    /// The list of items of an import or a batch delete.
    pub fn items(&self) -> Option<&Vec<Value>> {
        let list = match self.path.rsplit('/').next()? {
            "import" => self.json()?.get("Indicators"),
            "BatchDelete" => self.json()?.get("IndicatorIds"),
            _ => None,
        };
        list.and_then(Value::as_array)
    }

    /// How many items the request has: those of a batch, or the one of a single submission or delete.
    pub fn item_count(&self) -> usize {
        let single =
            self.method == Method::DELETE || (self.method == Method::POST && self.path.ends_with("/indicators"));
        self.items().map_or(usize::from(single), Vec::len)
    }

    /// The indicator values of a submission or import, the ids of a delete.
    pub fn values(&self) -> Vec<&str> {
        if let Some(items) = self.items() {
            return items
                .iter()
                .filter_map(|item| item.get("indicatorValue").unwrap_or(item).as_str())
                .collect();
        }
        match self.method {
            Method::POST => self
                .json()
                .and_then(|body| body.get("indicatorValue"))
                .and_then(Value::as_str)
                .into_iter()
                .collect(),
            _ => self.path.rsplit('/').next().into_iter().collect(),
        }
    }

    /// The last value of a query key, decoded.
    pub fn parameter(&self, key: &str) -> Option<String> {
        self.parameters()
            .into_iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The query, decoded, in its order.
    pub fn parameters(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }
}
