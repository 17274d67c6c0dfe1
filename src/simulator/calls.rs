//! The log of calls.
//!
//! **Invariant:** calls stand in the order in which they arrived, and a call is complete in the log before its answer is
//! sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::request::Request;

/// One call. The control paths of the simulator are not calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query without the question mark, as it was sent.
    pub query: String,
    /// Status of the answer; 0 if there is none: not yet, or never because of a fault.
    pub status: u16,
    /// Items in the request, or rows in the answer to a list.
    pub items: usize,
    /// When the call had arrived, in milliseconds of the simulator's clock since its start.
    pub start: u64,
    /// When its answer was ready, likewise; the same as the start until then.
    pub end: u64,
    /// Bytes of the request's body.
    #[serde(default)]
    pub received: usize,
    /// Bytes of the answer's body as it travels, which is compressed if the client takes it so.
    #[serde(default)]
    pub sent: usize,
    /// The header `User-Agent`.
    #[serde(default)]
    pub user_agent: String,
    /// The header `client-request-id`.
    #[serde(default)]
    pub request_id: String,
    /// The header `x-ms-correlation-request-id`.
    #[serde(default)]
    pub correlation_id: String,
}

/// Which call of the log is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallNumber(u64);

/// The calls.
#[derive(Debug, Default)]
pub struct Log {
    calls: Vec<Call>,
    forgotten: u64,
}

impl Log {
    /// Notes that a call has arrived.
    pub fn begin(&mut self, request: &Request, now: Duration) -> CallNumber {
        let number = self.forgotten + self.calls.len() as u64;
        let start = milliseconds(now);
        self.calls.push(Call {
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            status: 0,
            items: request.item_count(),
            start,
            end: start,
            received: request.body.len(),
            sent: 0,
            user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
            request_id: request.header("client-request-id").unwrap_or_default().to_owned(),
            correlation_id: request
                .header("x-ms-correlation-request-id")
                .unwrap_or_default()
                .to_owned(),
        });
        CallNumber(number)
    }

    /// Notes how it ended; `rows` is how many an answer has, and `sent` how many bytes.
    pub fn end(&mut self, number: CallNumber, status: u16, rows: usize, sent: usize, now: Duration) {
        let position = number
            .0
            .checked_sub(self.forgotten)
            .and_then(|position| usize::try_from(position).ok());
        if let Some(call) = position.and_then(|position| self.calls.get_mut(position)) {
            call.status = status;
            call.items = call.items.max(rows);
            call.sent = sent;
            call.end = milliseconds(now);
        }
    }

    /// All calls.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Forgets all calls.
    pub fn clear(&mut self) {
        self.forgotten += self.calls.len() as u64;
        self.calls.clear();
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    #[test]
    fn clearing_does_not_mix_up_calls() {
        let request = Request::new(Method::GET, "/api/indicators", "$top=1", String::new());
        let at = Duration::from_millis;
        let mut log = Log::default();
        let first = log.begin(&request, at(1));
        log.clear();
        let second = log.begin(&request, at(2));
        log.end(first, 200, 5, 70, at(3));
        assert_eq!(log.calls()[0].status, 0);
        log.end(second, 200, 5, 70, at(4));
        let call = &log.calls()[0];
        assert_eq!(
            (
                call.status,
                call.items,
                call.sent,
                call.start,
                call.end,
                call.query.as_str()
            ),
            (200, 5, 70, 2, 4, "$top=1")
        );
    }
}
