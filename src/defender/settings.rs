//! What a client is made from.

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
    /// Application (client) id.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::ClientSecret { client_id, .. } => client_id,
        }
    }
}
