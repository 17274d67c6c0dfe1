//! Asks for tokens in the way that the configuration says: one module for each kind of side that is asked.
//!
//! Microsoft's own library speaks to Entra (`entra`) and reads what the Azure CLI says (`azure_cli`). What it cannot do
//! stands in `assertion` and `managed_identity`, with the reason.

mod refusal;
mod failed;
mod assertion;
mod entra;
mod managed_identity;
mod azure_cli;

#[cfg(test)]
pub(crate) use refusal::Refusal;

use super::clock::Clock;
use super::error::Error;
use super::http::{Network, Transport};
use super::settings::{Credential, Settings};
use super::token::Issuer;
use assertion::Source;
use azure_cli::AzureCli;
use entra::{Entra, Proof};
use managed_identity::ManagedIdentity;
use std::sync::Arc;

/// Who issues tokens for these settings. Nothing is asked yet; what cannot be right is refused at once.
pub(crate) fn issuer(
    settings: &Settings,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Issuer>, Error> {
    settings.credential.conceal();
    let entra = |application, proof| -> Result<Arc<dyn Issuer>, Error> {
        let (transport, clock) = (Arc::clone(&transport), Arc::clone(&clock));
        Ok(Arc::new(Entra::new(settings, application, proof, transport, clock)?))
    };
    match &settings.credential {
        Credential::ClientCertificate {
            application,
            certificate,
            sends_chain,
        } => {
            let source = Source::Certificate {
                certificate: certificate.clone(),
                sends_chain: *sends_chain,
            };
            entra(application, Proof::Assertion(source))
        }
        Credential::ClientSecret {
            application,
            client_secret,
        } => entra(application, Proof::Secret(client_secret.clone())),
        Credential::Federation { application, source } => {
            entra(application, Proof::Assertion(Source::Token(source.clone())))
        }
        Credential::ManagedIdentity { client_id, endpoint } => {
            let network = Network::new(&settings.user_agent, settings.ca_certificate_pem.as_deref(), &[])?;
            let network = Arc::new(network.near());
            let identity = ManagedIdentity::new(settings, client_id.clone(), endpoint.clone(), network, clock);
            Ok(Arc::new(identity))
        }
        Credential::AzureCli { tenant_id, path } => {
            let cli = AzureCli::new(&settings.scope, tenant_id.clone(), path.clone(), clock)?;
            Ok(Arc::new(cli))
        }
    }
}

/// One of each refusal that is not Entra's, for the list of all messages.
#[cfg(test)]
pub(crate) fn samples() -> Vec<Error> {
    [assertion::samples(), managed_identity::samples(), azure_cli::samples()].concat()
}
