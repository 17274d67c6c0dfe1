//! What a call is about, for those who carry it out.

use jiff::Timestamp;

use super::options::Options;
use super::plan::Plan;
use super::request::Request;
use super::store::Author;
use super::switches::Permission;

/// What a handler needs beside the rows.
pub struct Context<'a> {
    /// The request.
    pub request: &'a Request,
    /// The switches.
    pub options: &'a Options,
    /// The instant of the call.
    pub now: Timestamp,
    /// Who calls.
    pub author: Author,
    /// The faults of this call.
    pub plan: &'a Plan,
}

impl Context<'_> {
    /// Whether the application sees a row made by this author.
    pub fn sees(&self, created_by: &str) -> bool {
        self.options.permission == Permission::All || created_by == self.author.id
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
