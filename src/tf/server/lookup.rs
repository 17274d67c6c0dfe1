//! The operations on one data source.

use std::sync::Arc;

use super::{DataSourceOffer, Server, guard};
use crate::tf::conform::conform;
use crate::tf::{Diagnostic, Diagnostics, Provider, Value, ValueError, ValueType};

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
            let detail = format!(
                "The data source {} can only be read with the whole provider configuration, and parts of it are known \
                 only after apply. Give the provider values that are known before, or apply their origin first with \
                 -target.",
                self.offer.code.type_name()
            );
            return (
                Value::Null,
                Diagnostic::error("The provider is not configured yet", detail).into(),
            );
        };
        let offer = Arc::clone(self.offer);
        let doing = self.doing("reading");
        let read = guard::spawn(&doing, async move { offer.code.read(&client, config).await }).await;
        let (mut state, mut diagnostics) = match read {
            Ok(answer) => answer,
            Err(diagnostic) => return (Value::Null, diagnostic.into()),
        };
        diagnostics.extend(self.server.notices());
        let faults = conform(self.value_type(), &mut state);
        diagnostics.extend(unfit(&doing, &faults));
        if state.is_null() && !diagnostics.has_errors() {
            diagnostics.push(Diagnostic::error(
                "The provider returned nothing",
                format!("While {doing}, the provider returned neither a value nor an error. {REPORT}"),
            ));
        }
        (state, diagnostics)
    }

    fn doing(&self, verb: &str) -> String {
        format!("{verb} {}", self.offer.code.type_name())
    }
}

/// What to do about a fault in the provider's own code.
pub(super) const REPORT: &str = "This is a fault in the provider; please report it to its developers.";

/// How many places a message names, so that a fault in thousands of elements stays readable.
const PLACES_AT_MOST: usize = 10;

/// Tells that parts of an answer had to be left out.
pub(super) fn unfit(doing: &str, faults: &[ValueError]) -> Option<Diagnostic> {
    if faults.is_empty() {
        return None;
    }
    let mut places: Vec<String> = faults
        .iter()
        .take(PLACES_AT_MOST)
        .map(|fault| format!("  - {fault}"))
        .collect();
    if faults.len() > PLACES_AT_MOST {
        places.push(format!("  - and {} more", faults.len() - PLACES_AT_MOST));
    }
    Some(Diagnostic::error(
        "The provider returned an invalid result",
        format!(
            "While {doing}, the provider returned values that cannot be stored. They are stored as null, and \
             everything else is kept:\n{}\n\n{REPORT}",
            places.join("\n")
        ),
    ))
}
