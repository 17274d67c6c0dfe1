//! The service: one tenant, and what each call does to it.
//!
//! **Invariant:** a call is answered whole, under one lock and at one instant; the transport only carries the answer.

use std::collections::HashMap;

use axum::http::{HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;

use super::answer::{Answer, Refusal};
use super::application::{Application, Applications, READS_SCORES};
use super::authority;
use super::context::Context;
use super::faults::{FaultKind, first_of};
use super::limits::{Destination, Limits, MINUTE, too_many};
use super::managed_identity::ManagedIdentity;
use super::options::Options;
use super::pipeline::Pipelines;
use super::plan::Plan;
use super::portal::Portal;
use super::request::Request;
use super::store::Store;
use super::switches::{Permission, Verdict};
use super::time::{self, Clock};
use super::token::Tokens;
use super::{batch_delete, exposure, import, listing, metadata, single};

/// The service and its one tenant.
#[derive(Debug)]
pub struct Service {
    /// The switches.
    pub options: Options,
    /// The applications that may call.
    pub applications: Applications,
    /// Its clock.
    pub clock: Clock,
    /// The rows.
    pub store: Store,
    /// The tokens that were given out.
    pub tokens: Tokens,
    /// Pipelines and a cluster that the first application trusts.
    pub pipelines: Pipelines,
    /// The endpoints of managed identities.
    pub managed_identity: ManagedIdentity,
    /// One for each application: the service's key is destination, tenant and application.
    limits: HashMap<usize, Limits>,
    refusals: u64,
}

/// What a path and a method mean.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operation<'a> {
    Submit,
    List,
    Import,
    BatchDelete,
    Get(&'a str),
    Delete(&'a str),
    MachineGroups,
    Metadata,
}

impl Operation<'_> {
    /// What it counts for; nothing where no limit is known.
    fn destination(&self) -> Option<Destination> {
        match self {
            Self::Submit => Some(Destination::Submit),
            Self::Import => Some(Destination::Import),
            Self::BatchDelete => Some(Destination::BatchDelete),
            Self::Delete(_) => Some(Destination::Delete),
            Self::List | Self::Get(_) => Some(Destination::Read),
            Self::MachineGroups | Self::Metadata => None,
        }
    }

    /// Refuses an application that has none of the roles for it.
    fn check_roles(&self, application: &Application, options: &Options) -> Result<(), Refusal> {
        let own = application.permission == Permission::Own;
        let (allowed, required) = match self {
            Self::Metadata => return Ok(()),
            Self::MachineGroups => (application.roles.contains(&READS_SCORES), READS_SCORES),
            Self::Import | Self::BatchDelete if own => {
                (options.own_rows_batches == Verdict::Accepted, "Ti.ReadWrite.All")
            }
            _ => (
                application.permission != Permission::None,
                "Ti.ReadWrite, Ti.ReadWrite.All",
            ),
        };
        if allowed {
            return Ok(());
        }
        let message = format!(
            "The application does not have any of the required application permissions ({required}) to access the \
             resource."
        );
        Err(Refusal::new(403, "Forbidden", message))
    }
}

impl Service {
    /// A service without rows.
    pub fn new(
        options: Options,
        applications: Applications,
        tokens: Tokens,
        pipelines: Pipelines,
        managed_identity: ManagedIdentity,
    ) -> Self {
        Self {
            options,
            applications,
            clock: Clock::start(),
            store: Store::default(),
            tokens,
            pipelines,
            managed_identity,
            limits: HashMap::new(),
            refusals: 0,
        }
    }

    /// What people and other products do in the tenant at this moment.
    pub fn portal(&self) -> Portal<'_> {
        Portal {
            applications: &self.applications,
            options: &self.options,
            now: self.clock.now(),
        }
    }

    /// Answers a call.
    pub fn answer(&mut self, request: &Request, plan: &Plan) -> Answer {
        self.answer_with(request, plan).strictly_over_tls()
    }

    fn answer_with(&mut self, request: &Request, plan: &Plan) -> Answer {
        let now = self.clock.now();
        self.store.tidy(now, &self.options);
        for kind in &plan.others {
            self.apply_foreign(kind, now);
        }
        match &plan.decisive {
            Some(FaultKind::Status {
                code,
                message,
                retry_after,
            }) => {
                let mut answer = self.status(*code, message.as_deref(), *retry_after);
                if (300..400).contains(code) {
                    // Whoever follows it stands in the log of calls.
                    let to = HeaderValue::from_static("/redirected");
                    answer.headers.push((header::LOCATION, to));
                }
                answer
            }
            Some(FaultKind::StatusAfter {
                code,
                message,
                retry_after,
            }) => {
                self.respond(request, plan, now);
                self.status(*code, message.as_deref(), *retry_after)
            }
            _ => self.respond(request, plan, now),
        }
    }

    fn apply_foreign(&mut self, kind: &FaultKind, now: Timestamp) {
        let portal = Portal {
            applications: &self.applications,
            options: &self.options,
            now,
        };
        match kind {
            FaultKind::MoveRows { remove, add } => portal.move_rows(&mut self.store, *remove, *add),
            FaultKind::ForeignWrite { row, delete: true } => portal.delete(&mut self.store, row),
            FaultKind::ForeignWrite { row, delete: false } => {
                // Checked when the fault was added; a row that it meant to change may be gone by now.
                let _ = portal.save(&mut self.store, row);
            }
            _ => {}
        }
    }

    fn respond(&mut self, request: &Request, plan: &Plan, now: Timestamp) -> Answer {
        let Self {
            tokens,
            applications,
            pipelines,
            managed_identity,
            options,
            ..
        } = self;
        let answer = authority::answer(tokens, request, applications, pipelines, options, now)
            .or_else(|| pipelines.answer(request, now))
            .or_else(|| managed_identity.answer(tokens, request, applications, now));
        if let Some(answer) = answer {
            return answer;
        }
        match self.carry_out(request, plan, now) {
            Ok(answer) => answer,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn carry_out(&mut self, request: &Request, plan: &Plan, now: Timestamp) -> Result<Answer, Refusal> {
        let route = route(&request.method, &request.path);
        if route == Ok(Operation::Metadata) && self.options.metadata_without_token == Verdict::Accepted {
            return Ok(metadata::metadata());
        }
        let number = self.tokens.check(request.authorization.as_deref(), now)?;
        let operation = match route {
            Ok(operation) => operation,
            Err(Some(allow)) => return Ok(Answer::method_not_allowed(allow)),
            Err(None) => return Err(Refusal::not_found(&request.path)),
        };
        let application = self.applications.get(number).ok_or_else(Refusal::unauthorized)?;
        operation.check_roles(application, &self.options)?;
        if let Some(destination) = operation.destination() {
            let limits = self.limits.entry(number).or_default();
            limits.admit(destination, self.clock.elapsed(), &self.options)?;
        }
        if let Some(FaultKind::RefuseCall { values, message }) = &plan.decisive {
            let value = first_of(values, request).unwrap_or_default();
            return Err(Refusal::new(400, "BadRequest", message.replace("{value}", value)));
        }
        let context = Context {
            request,
            options: &self.options,
            now,
            application,
            plan,
        };
        match operation {
            Operation::Submit => single::submit(&mut self.store, &context),
            Operation::Get(id) => single::get(&self.store, &context, id),
            Operation::Delete(id) => single::delete(&mut self.store, &context, id),
            Operation::List => listing::list(&self.store, &context),
            Operation::Import => import::import(&mut self.store, &context),
            Operation::BatchDelete => batch_delete::batch_delete(&mut self.store, &context),
            Operation::MachineGroups => exposure::by_machine_groups(&context),
            Operation::Metadata => Ok(metadata::metadata()),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) -> Answer {
        self.refusals += 1;
        if refusal.names_tenant {
            return refusal.answer(&self.applications.tenant_id);
        }
        // Counted rather than random: the same run answers the same bytes.
        refusal.answer(&format!("00000000-0000-4000-8000-{:012x}", self.refusals))
    }

    fn status(&mut self, code: u16, message: Option<&str>, retry_after: Option<u64>) -> Answer {
        let mut refusal = match code {
            429 => too_many(30, MINUTE, retry_after.unwrap_or(8)),
            400 => Refusal::new(code, "BadRequest", "Bad request."),
            401 => Refusal::unauthorized(),
            403 => Refusal::new(
                code,
                "Forbidden",
                "Forbidden (valid token but insufficient permission for the action).",
            ),
            404 => Refusal::new(code, "NotFound", "Not found."),
            500 => Refusal::new(code, "InternalServerError", "Internal server error."),
            _ => {
                let reason = StatusCode::from_u16(code)
                    .ok()
                    .and_then(|status| status.canonical_reason());
                Refusal::new(code, &code.to_string(), reason.unwrap_or("Error"))
            }
        };
        refusal.retry_after = retry_after;
        if let Some(message) = message {
            message.clone_into(&mut refusal.message);
        }
        self.refuse(&refusal)
    }

    /// The present instant as the service writes it.
    pub fn time(&self) -> String {
        time::format(self.clock.now())
    }
}

/// What a call means. The error is the list of methods that the path has, or nothing for an unknown path. Paths are
/// taken only as they are documented, case included.
fn route<'a>(method: &Method, path: &'a str) -> Result<Operation<'a>, Option<&'static str>> {
    let rest = path
        .strip_prefix("/api/v1.0")
        .or_else(|| path.strip_prefix("/api"))
        .ok_or(None)?;
    let only_read = |operation| match *method {
        Method::GET => Ok(operation),
        _ => Err(Some("GET")),
    };
    match rest {
        "/$metadata" => return only_read(Operation::Metadata),
        "/exposureScore/ByMachineGroups" => return only_read(Operation::MachineGroups),
        _ => {}
    }
    let rest = rest.strip_prefix("/indicators").ok_or(None)?;
    match (rest.strip_prefix('/'), method) {
        (None, _) if !rest.is_empty() => Err(None),
        (None, &Method::GET) => Ok(Operation::List),
        (None, &Method::POST) => Ok(Operation::Submit),
        (None, _) => Err(Some("GET, POST")),
        (Some("import"), &Method::POST) => Ok(Operation::Import),
        (Some("BatchDelete"), &Method::POST) => Ok(Operation::BatchDelete),
        (Some("import" | "BatchDelete"), _) => Err(Some("POST")),
        // Only the metadata has it; what it takes and answers is not known.
        (Some("BatchUpdate"), _) => Err(None),
        (Some(id), _) if id.is_empty() || id.contains('/') => Err(None),
        (Some(id), &Method::GET) => Ok(Operation::Get(id)),
        (Some(id), &Method::DELETE) => Ok(Operation::Delete(id)),
        (Some(_), _) => Err(Some("GET, DELETE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods() {
        let cases = [
            ("GET", "/api/indicators", Ok(Operation::List)),
            ("GET", "/api/v1.0/indicators", Ok(Operation::List)),
            ("POST", "/api/indicators", Ok(Operation::Submit)),
            ("PATCH", "/api/indicators", Err(Some("GET, POST"))),
            ("POST", "/api/v1.0/indicators/import", Ok(Operation::Import)),
            ("GET", "/api/indicators/import", Err(Some("POST"))),
            ("POST", "/api/indicators/BatchDelete", Ok(Operation::BatchDelete)),
            ("DELETE", "/api/indicators/BatchDelete", Err(Some("POST"))),
            ("POST", "/api/indicators/BatchUpdate", Err(None)),
            ("GET", "/api/indicators/7", Ok(Operation::Get("7"))),
            ("DELETE", "/api/indicators/7", Ok(Operation::Delete("7"))),
            ("PUT", "/api/indicators/7", Err(Some("GET, DELETE"))),
            ("POST", "/api/indicators/batchDelete", Err(Some("GET, DELETE"))),
            ("GET", "/api/indicators/", Err(None)),
            ("GET", "/api/indicators/7/x", Err(None)),
            ("GET", "/api/indicatorsx", Err(None)),
            ("GET", "/api/Indicators", Err(None)),
            ("GET", "/api/machines", Err(None)),
            ("GET", "/api/$metadata", Ok(Operation::Metadata)),
            ("POST", "/api/$metadata", Err(Some("GET"))),
            (
                "GET",
                "/api/v1.0/exposureScore/ByMachineGroups",
                Ok(Operation::MachineGroups),
            ),
            ("PUT", "/api/exposureScore/ByMachineGroups", Err(Some("GET"))),
            ("GET", "/api/exposureScore", Err(None)),
            ("GET", "/indicators", Err(None)),
        ];
        for (method, path, expected) in cases {
            let method: Method = method.parse().unwrap();
            assert_eq!(route(&method, path), expected, "{method} {path}");
        }
    }
}
