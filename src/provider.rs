//! The provider: the index of everything that it offers, and the place where Terraform's words meet Defender's.
//!
//! **Invariant:** nothing here speaks HTTP or protobuf. It imports `tf`, `defender` and `indicator`.

mod apply;
mod capacity;
mod config;
mod destroy;
mod drift;
mod existing;
mod fields;
mod filter;
mod findings;
mod function;
mod indicators;
mod ledger;
mod private;
mod reconcile;
mod report;
mod row;
mod session;
mod set;
mod single;
mod verdict;
mod walk;

use crate::defender::{Client, SystemClock};
use crate::tf::{Activity, DataSource, Diagnostic, Diagnostics, Function, Provider, Resource, Schema, Value};
use async_trait::async_trait;
use std::sync::Arc;

pub use crate::defender::Clock;
pub use session::Session;

/// Looks up an environment variable.
type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The provider `mde`.
pub struct MdeProvider {
    clock: Arc<dyn Clock>,
    environment: Box<Environment>,
}

impl Default for MdeProvider {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock::new()), |name| std::env::var(name).ok())
    }
}

impl MdeProvider {
    /// A provider that reads time from `clock` and environment variables from `environment`.
    pub fn new(clock: Arc<dyn Clock>, environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            clock,
            environment: Box::new(environment),
        }
    }
}

#[async_trait]
impl Provider for MdeProvider {
    type Client = Session;

    fn schema(&self) -> Schema {
        config::schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        config::validate(config)
    }

    async fn configure(&self, config: Value, terraform_version: &str) -> (Option<Session>, Diagnostics) {
        if !config.is_wholly_known() {
            return (None, Diagnostics::default());
        }
        let user_agent = format!(
            "terraform-provider-mde/{} Terraform/{terraform_version}",
            env!("CARGO_PKG_VERSION")
        );
        let (settings, policy) = match config::read(&config, self.environment.as_ref(), user_agent) {
            Ok(read) => read,
            Err(diagnostics) => return (None, diagnostics),
        };
        let client = match Client::new(settings, self.clock.clone()) {
            Ok(client) => client,
            Err(error) => return (None, unusable(&error)),
        };
        // Signing in now tells a wrong secret or an unreachable host once, and before anything is planned.
        if let Err(error) = client.authenticate().await {
            return (None, unusable(&error));
        }
        let session = Session {
            ledger: ledger::Ledger::default(),
            walk: walk::Walk::new(client.clock().elapsed()),
            client,
            policy,
        };
        (Some(session), Diagnostics::default())
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Session>>> {
        vec![Box::new(set::IndicatorSet), Box::new(single::SingleIndicator)]
    }

    fn data_sources(&self) -> Vec<Box<dyn DataSource<Session>>> {
        vec![Box::new(indicators::Indicators), Box::new(capacity::Capacity)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        function::all()
    }

    fn stop(&self, session: &Session) {
        session.client.stop();
    }

    fn activity(&self, session: &Session, type_name: &str, activity: Activity) {
        let is_single = type_name == single::TYPE_NAME;
        if activity == Activity::Arriving {
            session.walk.configured(session.client.clock().elapsed());
        }
        match activity {
            // Single indicators come one by one and should share a call. A set hands over all its rows at once, and
            // has nobody to wait for.
            Activity::Arriving if is_single => session.client.begins(),
            Activity::Refused | Activity::Applied if is_single => session.client.ends(),
            Activity::Arriving | Activity::Refused | Activity::Applied => {}
            Activity::Applying => session.ledger.applies(),
        }
    }
}

fn unusable(error: &crate::defender::Error) -> Diagnostics {
    Diagnostic::error(
        "The provider cannot be used as configured",
        format!("{}\n\n{}", report::sentence(&error.to_string()), error.hint()),
    )
    .into()
}
