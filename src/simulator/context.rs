//! What a call is about, for those who carry it out.

use jiff::Timestamp;

use super::answer::Refusal;
use super::application::Application;
use super::options::Options;
use super::plan::Plan;
use super::request::Request;

/// What a handler needs beside the rows.
pub struct Context<'a> {
    /// The request.
    pub request: &'a Request,
    /// The switches.
    pub options: &'a Options,
    /// The instant of the call.
    pub now: Timestamp,
    /// Who calls.
    pub application: &'a Application,
    /// The faults of this call.
    pub plan: &'a Plan,
}

impl Context<'_> {
    /// The number that a query option has, if it is there.
    pub fn number(&self, option: &str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.request.parameter(option) else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            let message = format!(
                "Invalid value '{text}' for {option} query option found. The {option} query option requires a \
                 non-negative integer value."
            );
            Refusal::odata(message)
        })
    }

    /// `@odata.context` with what it is about; it echoes the host and the prefix that were called.
    pub fn odata_context(&self, about: &str) -> String {
        let prefix = if self.request.path.starts_with("/api/v1.0/") {
            "/api/v1.0"
        } else {
            "/api"
        };
        format!("https://{}{prefix}/$metadata#{about}", self.request.host)
    }
}
