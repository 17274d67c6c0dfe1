//! What a client is made from.

use super::error::{Error, Kind};
use secrecy::SecretString;
use url::Url;

/// Everything that a [`Client`](super::Client) needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service answers, such as `https://api.security.microsoft.com`; HTTPS only.
    pub base_url: Url,
    /// Where tokens come from, such as `https://login.microsoftonline.com`; HTTPS only.
    pub authority_host: Url,
    /// What a token is asked for, such as `https://api.securitycenter.microsoft.com/.default`.
    pub scope: String,
    /// Certificates in PEM that are trusted beside those of the system.
    pub ca_certificate_pem: Option<Vec<u8>>,
    /// How the application proves who it is.
    pub credential: Credential,
    /// Percent of each call limit to use, 1 to 100.
    pub quota_share: u8,
    /// Most items in one import or batch-delete call, 1 to 500.
    pub batch_size: usize,
    /// Value of the `User-Agent` header.
    pub user_agent: String,
}

/// How the application proves who it is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// With a secret that both sides know.
    ClientSecret {
        /// Directory (tenant) id or domain.
        tenant_id: String,
        /// Application (client) id.
        client_id: String,
        /// The secret's value, not its id.
        client_secret: SecretString,
    },
}

impl Credential {
    /// Directory (tenant) id or domain, if the configuration names it.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::ClientSecret { tenant_id, .. } => Some(tenant_id),
        }
    }

    /// Application (client) id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::ClientSecret { client_id, .. } => client_id,
        }
    }
}

/// Most items that the service takes in one call, see the API's pages "Import indicators" and "Batch delete indicators".
const MOST_ITEMS: usize = 500;

impl Settings {
    /// Whether they can be used.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let unusable = |what: String, hint: &str| Err(Error::new(Kind::Settings, what, hint));
        for (name, url) in [("base_url", &self.base_url), ("authority_host", &self.authority_host)] {
            if url.scheme() != "https" || url.host().is_none() {
                return unusable(
                    format!("{name} is {url}, which is not an HTTPS address"),
                    "The provider sends secrets and tokens there, so it must begin with https://.",
                );
            }
        }
        if !(1..=100).contains(&self.quota_share) {
            return unusable(
                format!(
                    "quota_share is {}, which is not a percentage from 1 to 100",
                    self.quota_share
                ),
                "100 uses the service's full call limits; a lower value leaves calls for other programs.",
            );
        }
        if !(1..=MOST_ITEMS).contains(&self.batch_size) {
            return unusable(
                format!(
                    "the batch size is {}, which is not from 1 to {MOST_ITEMS}",
                    self.batch_size
                ),
                "The service accepts at most 500 indicators in one call.",
            );
        }
        Ok(())
    }
}
