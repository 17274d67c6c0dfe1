//! The control paths, which the real service does not have.
//!
//! **Invariant:** they need no token, count for no limit and stand in no log.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::Answer;
use super::calls::Log;
use super::faults::{Fault, FaultKind};
use super::gate::Gate;
use super::plan::Faults;
use super::request::Request;
use super::service::Service;
use super::store::Store;
use super::switches::Order;

/// Where they begin.
pub const PREFIX: &str = "/simulator/";

/// Everything the simulator holds.
#[derive(Debug)]
pub struct State {
    /// The service.
    pub service: Service,
    /// Faults to come.
    pub faults: Faults,
    /// Calls so far.
    pub log: Log,
    /// Where calls wait that a test holds.
    pub gate: Gate,
}

impl State {
    /// The tenant's rows as one JSON array.
    pub fn rows(&self) -> String {
        let rows: Vec<&str> = self
            .service
            .store
            .iter(Order::Ascending)
            .map(super::row::Row::json)
            .collect();
        format!("[{}]", rows.join(","))
    }

    /// Replaces the tenant's rows.
    pub fn put_rows(&mut self, rows: &[Value]) -> Result<(), String> {
        self.service.store = self.service.portal().fill(self.service.store.emptied(), rows)?;
        Ok(())
    }

    /// Makes the tenant a new one with these rows, which gives out ids from the first one on and knows no token: what
    /// was sent before, and arrives only now, is refused.
    pub fn begin_anew(&mut self, rows: &[Value], first_id: u64) -> Result<(), String> {
        self.service.store = self.service.portal().fill(Store::counting_from(first_id), rows)?;
        self.service.tokens.clear();
        self.faults.clear();
        self.log.clear();
        Ok(())
    }

    /// Adds faults, all or none.
    pub fn add_faults(&mut self, faults: Vec<Fault>) -> Result<(), String> {
        for fault in &faults {
            if let FaultKind::ForeignWrite { row, delete: false } = &fault.kind {
                self.service.portal().check(&self.service.store, row)?;
            }
        }
        self.faults.add(faults);
        Ok(())
    }
}

/// Answers a control call.
pub fn answer(state: &mut State, request: &Request) -> Answer {
    let path = request.path.strip_prefix(PREFIX).unwrap_or_default();
    let done = match (path, request.method.as_str()) {
        ("calls", "GET") => return Answer::json(StatusCode::OK, &json!(state.log.calls())),
        ("calls", "DELETE") => {
            state.log.clear();
            Ok(())
        }
        ("rows", "GET") => {
            state
                .service
                .store
                .tidy(state.service.clock.now(), &state.service.options);
            let mut answer = Answer::json(StatusCode::OK, &Value::Null);
            answer.body = state.rows().into_bytes();
            return answer;
        }
        ("rows", "PUT") => list(request).and_then(|rows| state.put_rows(rows)),
        ("faults", "POST") => list(request)
            .and_then(|faults| faults.iter().map(Fault::from_json).collect::<Result<Vec<_>, _>>())
            .and_then(|faults| state.add_faults(faults)),
        ("faults", "DELETE") => {
            state.faults.clear();
            Ok(())
        }
        ("clock", "POST") => match seconds(request) {
            Ok(by) => {
                state.service.clock.advance(by);
                return Answer::json(StatusCode::OK, &json!({"now": state.service.time()}));
            }
            Err(problem) => Err(problem),
        },
        ("calls", _) => return Answer::method_not_allowed("GET, DELETE"),
        ("rows", _) => return Answer::method_not_allowed("GET, PUT"),
        ("faults", _) => return Answer::method_not_allowed("POST, DELETE"),
        ("clock", _) => return Answer::method_not_allowed("POST"),
        _ => {
            let message = "There are /simulator/calls, /simulator/rows, /simulator/faults and /simulator/clock.";
            return refused(StatusCode::NOT_FOUND, message);
        }
    };
    match done {
        Ok(()) => Answer::empty(StatusCode::NO_CONTENT),
        Err(problem) => refused(StatusCode::BAD_REQUEST, &problem),
    }
}

fn refused(status: StatusCode, message: &str) -> Answer {
    Answer::json(status, &json!({"error": {"code": "Simulator", "message": message}}))
}

fn list(request: &Request) -> Result<&Vec<Value>, String> {
    request
        .json()
        .and_then(Value::as_array)
        .ok_or_else(|| "The body has to be a JSON array.".to_owned())
}

fn seconds(request: &Request) -> Result<Duration, String> {
    request
        .json()
        .and_then(|body| body.get("advance_seconds"))
        .and_then(Value::as_f64)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "The body has to be {\"advance_seconds\": N} with a number that is not negative.".to_owned())
}
