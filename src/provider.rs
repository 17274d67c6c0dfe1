//! The provider: the index of everything that it offers, and the place where Terraform's words meet Defender's.
//!
//! **Invariant:** nothing here speaks HTTP or protobuf. It imports `tf`, `tenant`, `defender`, `feed` and `indicator`.

mod words;
mod recent;
mod attributes;
mod filter;
mod config;
mod record;
mod held;
mod list;
mod model;
mod diagnostics;
mod findings;
mod private;
mod object;
mod indicators;
mod set;
mod single;
mod capacity;
mod function;
#[cfg(test)]
mod catalogue;

use crate::defender::{Client, Obstacle, SystemClock, Wait};
use crate::tf::{
    Activity, DataSource, Diagnostic, Diagnostics, Function, ListResource, Provider, Resource, Schema, Value,
};
use async_trait::async_trait;
use object::{Kind, Objects};
use set::IndicatorSet;
use single::SingleIndicator;
use single::query::ListIndicators;
use std::sync::Arc;

pub use crate::defender::Clock;
pub use crate::tenant::Tenant;
pub use held::held;

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

impl MdeProvider {
    /// A tenant that nothing has been asked of yet, from a provider block and the environment. `program` is what calls the
    /// service by this provider, such as `Terraform/1.11.4`.
    fn tenant(&self, config: &Value, program: &str) -> (Option<Tenant>, Diagnostics) {
        let environment = self.environment.as_ref();
        // As the other providers of Azure do.
        let appended = environment("TF_APPEND_USER_AGENT").unwrap_or_default();
        let user_agent = format!(
            "terraform-provider-mde/{} {program} {appended}",
            env!("CARGO_PKG_VERSION")
        );
        let read = match config::read(config, environment, user_agent.trim().to_owned()) {
            Ok(read) => read,
            Err(diagnostics) => return (None, diagnostics),
        };
        let client = match Client::new(read.settings, self.clock.clone()) {
            Ok(client) => client,
            Err(error) => return (None, unusable(&error)),
        };
        let tenant = Tenant {
            client,
            policy: read.policy,
            facts: Arc::default(),
        };
        (Some(tenant), read.warnings)
    }
}

#[async_trait]
impl Provider for MdeProvider {
    type Client = Tenant;

    fn schema(&self) -> Schema {
        config::schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        config::validate(config)
    }

    async fn configure(&self, config: Value, terraform_version: &str) -> (Option<Tenant>, Diagnostics) {
        if !config.is_wholly_known() {
            return (None, Diagnostics::default());
        }
        self.tenant(&config, &format!("Terraform/{terraform_version}"))
    }

    /// Signing in now tells a wrong secret or an unreachable host once, and before anything is planned.
    async fn connect(&self, tenant: &Tenant) -> Diagnostics {
        match tenant.client.authenticate().await {
            Ok(()) if tenant.client.sees_own_rows_only() => own_rows_only().into(),
            Ok(()) => Diagnostics::default(),
            Err(error) => unusable(&error),
        }
    }

    fn notices(&self, tenant: &Tenant) -> Diagnostics {
        tenant.client.take_waits().iter().map(waited).collect()
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Tenant>>> {
        vec![
            Box::new(Objects::<IndicatorSet>::new()),
            Box::new(Objects::<SingleIndicator>::new()),
        ]
    }

    fn data_sources(&self) -> Vec<Box<dyn DataSource<Tenant>>> {
        vec![Box::new(indicators::Indicators), Box::new(capacity::Capacity)]
    }

    fn list_resources(&self) -> Vec<Box<dyn ListResource<Tenant>>> {
        vec![Box::new(ListIndicators)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        function::all()
    }

    fn stop(&self, tenant: &Tenant) {
        tenant.client.stop();
    }

    fn activity(&self, tenant: &Tenant, type_name: &str, activity: Activity) {
        if type_name != SingleIndicator::TYPE_NAME {
            // A set hands over all its rows at once, and has nobody to wait for.
            return;
        }
        match activity {
            // Single indicators come one by one and should share a call.
            Activity::Arriving => tenant.client.begins(),
            Activity::Refused | Activity::Applied => tenant.client.ends(),
        }
    }
}

/// The permission does not reach far enough to see what others have made.
fn own_rows_only() -> Diagnostic {
    Diagnostic::warning(
        "The application sees its own indicators only",
        "Its access token has the role `Ti.ReadWrite` and not `Ti.ReadWrite.All`. So the provider cannot see indicators of other \
         authors. It cannot protect them from being overwritten, find contradictions with them, or count them: a plan cannot tell \
         whether the tenant is full, and drift is reported for its own indicators only.\n\nGive the application the permission `Ti.ReadWrite.All` of WindowsDefenderATP, with admin \
         consent.",
    )
}

/// A long wait, told when it is over: while it lasts, a host shows nothing that a provider says.
fn waited(wait: &Wait) -> Diagnostic {
    let (purpose, seconds) = (wait.purpose, wait.time.as_secs());
    let (reason, remedy) = match wait.obstacle {
        Obstacle::Limit => (
            "The service limits the calls of an application, and others have used them up.",
            "If this happens often, give this configuration an application of its own, or set `quota_share` in each \
             configuration that shares it.",
        ),
        Obstacle::Trouble => (
            "The service or the network was in trouble.",
            "`TF_LOG_PROVIDER=warn` shows each failed call.",
        ),
    };
    Diagnostic::warning(
        format!("The run waited {seconds} s to {purpose}"),
        format!("{reason} The calls went through in the end. {remedy}"),
    )
}

fn unusable(error: &crate::defender::Error) -> Diagnostics {
    Diagnostic::error(
        "The provider cannot be used as configured",
        format!("{}\n\n{}", words::sentence(&error.to_string()), error.hint()),
    )
    .into()
}
