//! The operations on one list of resources.

use std::sync::Arc;

use super::{ListOffer, Managed, Server, guard};
use crate::tf::conform::conform;
use crate::tf::faults;
use crate::tf::{Diagnostics, Provider, Value, ValueType};

/// One list of a running provider.
pub struct Query<'a, P: Provider> {
    server: &'a Server<P>,
    offer: &'a Arc<ListOffer<P::Client>>,
    resource: Managed<'a, P>,
}

/// One object of a list, as it is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What people call it.
    pub display_name: String,
    /// What tells it apart.
    pub identity: Value,
    /// The object itself.
    pub object: Value,
}

impl<'a, P: Provider> Query<'a, P> {
    pub(super) fn new(server: &'a Server<P>, offer: &'a Arc<ListOffer<P::Client>>, resource: Managed<'a, P>) -> Self {
        Query {
            server,
            offer,
            resource,
        }
    }

    /// The type of the configuration.
    pub fn value_type(&self) -> &'a ValueType {
        &self.offer.block.value_type
    }

    /// The resource whose objects are listed.
    pub fn resource(&self) -> &Managed<'a, P> {
        &self.resource
    }

    /// Checks a configuration.
    pub fn validate(&self, config: &Value) -> Diagnostics {
        guard::run(&self.doing("checking the list of"), || self.offer.code.validate(config)).unwrap_or_else(Into::into)
    }

    /// Lists objects, at most `limit`. An object that cannot be told apart is left out, since no import could name it.
    pub async fn list(&self, config: Value, limit: usize) -> (Vec<Found>, Diagnostics) {
        let Some(client) = self.server.client() else {
            return (
                Vec::new(),
                faults::list_unconfigured(self.offer.code.type_name()).into(),
            );
        };
        let offer = Arc::clone(self.offer);
        let doing = self.doing("listing");
        let listed = guard::spawn(&doing, async move { offer.code.list(&client, config, limit).await }).await;
        let (listed, mut diagnostics) = listed.unwrap_or_else(|diagnostic| (Vec::new(), diagnostic.into()));
        diagnostics.extend(self.server.notices());
        let mut found = Vec::new();
        for mut one in listed.into_iter().take(limit) {
            let misfits = conform(self.resource.value_type(), &mut one.object);
            diagnostics.extend(faults::unfit(&doing, &misfits));
            let identity = self.resource.identity(&one.object);
            if !identity.is_null() {
                found.push(Found {
                    display_name: one.display_name,
                    identity,
                    object: one.object,
                });
            }
        }
        (found, diagnostics)
    }

    fn doing(&self, verb: &str) -> String {
        format!("{verb} {}", self.offer.code.type_name())
    }
}
