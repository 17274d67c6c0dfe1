//! Faults on demand.
//!
//! **Invariant:** a fault fires on the calls it matches, in the order they arrive, and on no other.

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::request::Request;

/// A fault, and the calls that it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Only calls of this method, if given.
    pub method: Option<String>,
    /// Only calls whose path contains this, if given.
    pub path: Option<String>,
    /// How many matching calls go by before it fires.
    pub after: u32,
    /// On how many calls it fires.
    pub times: u32,
    /// What happens.
    pub kind: FaultKind,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FaultKind {
    /// The call is answered later.
    Latency {
        /// By how many milliseconds.
        ms: u64,
    },
    /// The call waits, with nothing done yet, until the faults are cleared; then it goes on.
    Hold {},
    /// Nothing is done, and this is answered.
    Status {
        /// HTTP status.
        code: u16,
        /// `error.message`.
        message: Option<String>,
        /// Seconds for the header `Retry-After`.
        retry_after: Option<u64>,
    },
    /// The call is carried out, and yet this is answered.
    StatusAfter {
        /// HTTP status.
        code: u16,
        /// `error.message`.
        message: Option<String>,
        /// Seconds for the header `Retry-After`.
        retry_after: Option<u64>,
    },
    /// The connection is closed with nothing done.
    DropBefore {},
    /// The call is carried out, and the connection closed without an answer.
    DropAfter {},
    /// The call is carried out, and the connection closed after half of the answer's body, or without an answer where
    /// that has no body.
    Truncate {},
    /// Nothing is done, and no answer comes until the client gives up.
    Hang {},
    /// An import is carried out, and answers fewer results than it had items.
    ShortResults {
        /// How many results are left out, from the end.
        #[serde(default = "one")]
        missing: usize,
    },
    /// An import answers its results in another order.
    ShuffleResults {},
    /// The items with these values fail, the others are carried out. A single submission is refused.
    FailItems {
        /// Indicator values.
        values: Vec<String>,
        /// `failureReason` of each.
        reason: String,
    },
    /// The items with one of these values and this action fail, the others are carried out: the same value with another
    /// action is another indicator. A single submission is refused.
    FailAction {
        /// Name of the action, as it is submitted.
        action: String,
        /// Indicator values.
        values: Vec<String>,
        /// `failureReason` of each.
        reason: String,
    },
    /// A call with one of these values, or ids in a delete, is refused as a whole.
    RefuseCall {
        /// Indicator values or ids.
        values: Vec<String>,
        /// `error.message`; `{value}` stands for the first value that is in the call.
        message: String,
    },
    /// Before a later page of a listing, the portal deletes the first rows and adds new ones, so that offsets shift.
    MoveRows {
        /// How many of the first rows are deleted.
        #[serde(default = "one")]
        remove: usize,
        /// How many rows are added.
        #[serde(default)]
        add: usize,
    },
    /// Before the call, the portal writes a row.
    ForeignWrite {
        /// The row to create, or to change if one with its id or identity is there.
        row: Value,
        /// Whether that row is deleted instead.
        #[serde(default)]
        delete: bool,
    },
}

fn one() -> usize {
    1
}

impl Fault {
    /// A fault for the next call, whatever it is.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            method: None,
            path: None,
            after: 0,
            times: 1,
            kind,
        }
    }

    /// The same fault, only for this method and paths that contain this.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// The same fault, after so many matching calls have gone by.
    #[must_use]
    pub fn after(mut self, calls: u32) -> Self {
        self.after = calls;
        self
    }

    /// The same fault, on so many calls.
    #[must_use]
    pub fn times(mut self, calls: u32) -> Self {
        self.times = calls;
        self
    }

    /// Reads a fault from JSON: an object with `kind`, what the kind needs, and optionally `method`, `path`, `after` and
    /// `times`. The error says what is wrong, and for an unknown kind which ones there are.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Matching {
            method: Option<String>,
            path: Option<String>,
            #[serde(default)]
            after: u32,
            times: Option<u32>,
        }
        let mut kind = value.as_object().cloned().ok_or("a fault is a JSON object")?;
        let mut matching = json!({});
        for key in ["method", "path", "after", "times"] {
            if let Some(value) = kind.remove(key) {
                matching[key] = value;
            }
        }
        let Matching {
            method,
            path,
            after,
            times,
        } = serde_json::from_value(matching).map_err(|e| e.to_string())?;
        let kind = FaultKind::deserialize(Value::Object(kind)).map_err(|error| error.to_string())?;
        if let FaultKind::Status { code, .. } | FaultKind::StatusAfter { code, .. } = kind
            && (code < 200 || StatusCode::from_u16(code).is_err())
        {
            return Err(format!("{code} is not the status of an answer"));
        }
        Ok(Self {
            method,
            path,
            after,
            times: times.unwrap_or(1),
            kind,
        })
    }

    /// Whether a call is one of those that the fault is for.
    pub(super) fn matches(&self, request: &Request) -> bool {
        self.method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && self
                .path
                .as_ref()
                .is_none_or(|path| request.path.contains(path.as_str()))
            && self.kind.concerns(request)
    }
}

impl FaultKind {
    /// Whether the kind has any meaning for a call.
    fn concerns(&self, request: &Request) -> bool {
        match self {
            Self::ShortResults { .. } | Self::ShuffleResults {} => request.path.ends_with("/import"),
            Self::FailItems { values, .. } | Self::FailAction { values, .. } => {
                request.method == Method::POST && first_of(values, request).is_some()
            }
            Self::RefuseCall { values, .. } => first_of(values, request).is_some(),
            Self::MoveRows { .. } => {
                let skip = request.parameter("$skip").is_some_and(|skip| skip != "0");
                let lists = request.method == Method::GET && request.path.ends_with("/indicators");
                lists && (skip || request.parameter("$skiptoken").is_some())
            }
            _ => true,
        }
    }

    /// Whether the kind decides what the client gets, so that a call can have only one of them.
    pub(super) fn is_decisive(&self) -> bool {
        match self {
            Self::Status { .. }
            | Self::StatusAfter { .. }
            | Self::DropBefore {}
            | Self::DropAfter {}
            | Self::Truncate {}
            | Self::Hang {}
            | Self::RefuseCall { .. } => true,
            Self::Latency { .. }
            | Self::Hold {}
            | Self::ShortResults { .. }
            | Self::ShuffleResults {}
            | Self::FailItems { .. }
            | Self::FailAction { .. }
            | Self::MoveRows { .. }
            | Self::ForeignWrite { .. } => false,
        }
    }
}

/// The first of these values that a call has.
pub fn first_of<'a>(values: &'a [String], request: &Request) -> Option<&'a str> {
    let present = request.values();
    values.iter().map(String::as_str).find(|value| present.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str, query: &str, body: &str) -> Request {
        Request::new(method, path, query, body.to_owned())
    }

    #[test]
    fn kinds_concern_only_calls_that_they_mean_something_for() {
        let import = r#"{"Indicators":[{"indicatorValue":"a"},{"indicatorValue":"b"}]}"#;
        let import = request(Method::POST, "/api/indicators/import", "", import);
        let submit = request(Method::POST, "/api/indicators", "", r#"{"indicatorValue":"a"}"#);
        let delete = request(
            Method::POST,
            "/api/indicators/BatchDelete",
            "",
            r#"{"IndicatorIds":["7"]}"#,
        );
        let first = request(Method::GET, "/api/indicators", "$top=10", "");
        let later = request(Method::GET, "/api/indicators", "%24skip=10", "");
        let one = request(Method::DELETE, "/api/indicators/7", "", "");
        let groups = request(Method::GET, "/api/exposureScore/ByMachineGroups", "$skip=10", "");
        let all = [&import, &submit, &delete, &first, &later, &one, &groups];
        let refuse = |value: &str| FaultKind::RefuseCall {
            values: vec![value.into()],
            message: String::new(),
        };
        let fail = |value: &str| FaultKind::FailItems {
            values: vec![value.into()],
            reason: String::new(),
        };
        for (kind, concerned) in [
            (FaultKind::ShuffleResults {}, vec![&import]),
            (FaultKind::MoveRows { remove: 1, add: 0 }, vec![&later]),
            (refuse("a"), vec![&import, &submit]),
            (refuse("7"), vec![&delete, &one]),
            (fail("b"), vec![&import]),
            (FaultKind::DropAfter {}, all.to_vec()),
        ] {
            let found: Vec<_> = all
                .iter()
                .filter(|r| kind.concerns(r))
                .map(|r| (&r.method, &r.path, &r.query))
                .collect();
            let expected: Vec<_> = concerned.iter().map(|r| (&r.method, &r.path, &r.query)).collect();
            assert_eq!(found, expected, "{kind:?}");
        }
    }

    #[test]
    fn faults_are_read_from_json() {
        let fault =
            Fault::from_json(&json!({"kind": "status", "code": 429, "retry_after": 5, "method": "GET", "after": 2}));
        let kind = FaultKind::Status {
            code: 429,
            message: None,
            retry_after: Some(5),
        };
        let expected = Fault {
            method: Some("GET".into()),
            path: None,
            after: 2,
            times: 1,
            kind,
        };
        assert_eq!(fault, Ok(expected));
        for kind in [
            "drop_before",
            "drop_after",
            "truncate",
            "hang",
            "hold",
            "short_results",
            "shuffle_results",
            "move_rows",
        ] {
            assert!(Fault::from_json(&json!({"kind": kind})).is_ok(), "{kind}");
        }
        let unknown = Fault::from_json(&json!({"kind": "earthquake"})).unwrap_err();
        assert!(unknown.contains("earthquake") && unknown.contains("`latency`") && unknown.contains("`foreign_write`"));
        for wrong in [
            json!(1),
            json!({}),
            json!({"kind": "latency"}),
            json!({"kind": "latency", "ms": 1, "tiems": 2}),
            json!({"kind": "latency", "ms": 1, "times": -1}),
            json!({"kind": "status", "code": 99}),
            json!({"kind": "drop_after", "method": 1}),
        ] {
            assert!(Fault::from_json(&wrong).is_err(), "{wrong}");
        }
    }
}
