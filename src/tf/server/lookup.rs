//! The operations on one data source.

use std::sync::Arc;

use super::{DataSourceOffer, Server, guard};
use crate::tf::conform::conform;
use crate::tf::faults;
use crate::tf::{Diagnostics, Provider, Value, ValueType};

/// One data source of a running provider.
pub struct Lookup<'a, P: Provider> {
    server: &'a Server<P>,
    offer: &'a Arc<DataSourceOffer<P::Client>>,
}

impl<'a, P: Provider> Lookup<'a, P> {
    pub(super) fn new(server: &'a Server<P>, offer: &'a Arc<DataSourceOffer<P::Client>>) -> Self {
        Lookup { server, offer }
    }

    /// The type of its value.
    pub fn value_type(&self) -> &'a ValueType {
        &self.offer.block.value_type
    }

    /// Checks a configuration.
    pub fn validate(&self, config: &Value) -> Diagnostics {
        guard::run(&self.doing("checking the configuration of"), || {
            self.offer.code.validate(config)
        })
        .unwrap_or_else(Into::into)
    }

    /// Looks it up. The result is null only beside an error.
    pub async fn read(&self, config: Value) -> (Value, Diagnostics) {
        let Some(client) = self.server.client() else {
            let fault = faults::data_source_unconfigured(self.offer.code.type_name());
            return (Value::Null, fault.into());
        };
        let offer = Arc::clone(self.offer);
        let doing = self.doing("reading");
        let read = guard::spawn(&doing, async move { offer.code.read(&client, config).await }).await;
        let (mut state, mut diagnostics) = match read {
            Ok(answer) => answer,
            Err(diagnostic) => return (Value::Null, diagnostic.into()),
        };
        diagnostics.extend(self.server.notices());
        let misfits = conform(self.value_type(), &mut state);
        diagnostics.extend(faults::unfit(&doing, &misfits));
        if state.is_null() && !diagnostics.has_errors() {
            diagnostics.push(faults::nothing(&doing));
        }
        (state, diagnostics)
    }

    fn doing(&self, verb: &str) -> String {
        format!("{verb} {}", self.offer.code.type_name())
    }
}
