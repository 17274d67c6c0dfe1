//! What a client is made from.

use super::certificate::Certificate;
use super::error::{Error, Kind};
use crate::outgoing;
use secrecy::SecretString;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use url::{Host, Url};

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
    /// Id of the run, which each call to the service carries beside its own.
    pub correlation_id: Option<String>,
    /// Time for one attempt at a call, with the whole of its answer; `None` is as long as such a call may take.
    pub request_timeout: Option<Duration>,
    /// How often one call is made again at most after trouble with the network or the service; `None` leaves it to the time
    /// that a run has for it.
    pub max_retries: Option<u32>,
}

/// How the application proves who it is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// With a certificate that the application has registered.
    ClientCertificate {
        /// Directory and application.
        application: Application,
        /// The certificate and its key.
        certificate: Certificate,
        /// Whether the certificates go along, for an application that trusts whoever signed them.
        sends_chain: bool,
    },
    /// With a secret that both sides know.
    ClientSecret {
        /// Directory and application.
        application: Application,
        /// The secret's value, not its id.
        client_secret: SecretString,
    },
    /// With a token of somebody else whom the application trusts: a pipeline, a cluster.
    Federation {
        /// Directory and application.
        application: Application,
        /// Where that token comes from.
        source: FederatedToken,
    },
    /// As the identity that Azure has given to this machine.
    ManagedIdentity {
        /// Client id of a user-assigned identity; `None` is the one of the machine itself.
        client_id: Option<String>,
        /// Who hands out tokens.
        endpoint: IdentityEndpoint,
    },
    /// As whoever has signed in with the Azure CLI.
    AzureCli {
        /// Directory (tenant) id, if it is not the CLI's own choice.
        tenant_id: Option<String>,
        /// Directories to look for programs in, as in the variable `PATH`.
        path: OsString,
    },
}

/// An application in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Directory (tenant) id or domain.
    pub tenant_id: String,
    /// Application (client) id.
    pub client_id: String,
}

/// Where a token of somebody else comes from.
#[derive(Debug, Clone)]
pub enum FederatedToken {
    /// It was given.
    Given(SecretString),
    /// It stands in this file, which is written anew from time to time.
    File(String),
    /// GitHub Actions issues it.
    GitHub(TokenRequest),
    /// Azure DevOps issues it for a service connection.
    AzureDevOps {
        /// How to ask.
        request: TokenRequest,
        /// Id of the service connection.
        service_connection_id: String,
    },
}

/// How a job of a pipeline asks for a token.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// Address; HTTPS only.
    pub url: Url,
    /// What lets the job ask.
    pub token: SecretString,
}

/// Who hands out the tokens of a managed identity. Without TLS only on this machine.
#[derive(Debug, Clone)]
pub enum IdentityEndpoint {
    /// The metadata service of virtual machines.
    Metadata {
        /// Its whole address.
        url: Url,
    },
    /// App Service, Functions and Container Apps.
    AppService {
        /// Address.
        url: Url,
        /// What lets this process ask.
        header: SecretString,
    },
    /// Azure Machine Learning.
    MachineLearning {
        /// Address.
        url: Url,
        /// What lets this process ask.
        secret: SecretString,
    },
    /// A server outside of Azure that Azure Arc manages.
    AzureArc {
        /// Address.
        url: Url,
        /// Where Arc's agent keeps the keys by which a process shows that it may ask.
        keys: PathBuf,
    },
    /// Cloud Shell, which answers for the person who uses it.
    CloudShell {
        /// Address.
        url: Url,
    },
}

impl IdentityEndpoint {
    /// Its address.
    #[must_use]
    pub const fn url(&self) -> &Url {
        match self {
            Self::Metadata { url }
            | Self::AppService { url, .. }
            | Self::MachineLearning { url, .. }
            | Self::AzureArc { url, .. }
            | Self::CloudShell { url } => url,
        }
    }

    /// What it is called, if it has one identity only and can be asked for no other.
    #[must_use]
    pub const fn only_identity_of(&self) -> Option<&'static str> {
        match self {
            Self::Metadata { .. } | Self::AppService { .. } | Self::MachineLearning { .. } => None,
            Self::AzureArc { .. } => Some("Azure Arc"),
            Self::CloudShell { .. } => Some("Cloud Shell"),
        }
    }
}

impl Credential {
    /// Directory (tenant) id or domain, if the configuration names it.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        match self {
            Self::ClientCertificate { application, .. }
            | Self::ClientSecret { application, .. }
            | Self::Federation { application, .. } => Some(&application.tenant_id),
            Self::ManagedIdentity { .. } => None,
            Self::AzureCli { tenant_id, .. } => tenant_id.as_deref(),
        }
    }

    /// Application (client) id, if the configuration has one.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::ClientCertificate { application, .. }
            | Self::ClientSecret { application, .. }
            | Self::Federation { application, .. } => Some(&application.client_id),
            Self::ManagedIdentity { client_id, .. } => client_id.as_deref(),
            Self::AzureCli { .. } => None,
        }
    }

    /// What the method is called, for people.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::ClientCertificate { .. } => "client certificate",
            Self::ClientSecret { .. } => "client secret",
            Self::Federation { source, .. } => match source {
                FederatedToken::Given(_) => "OIDC token",
                FederatedToken::File(_) => "OIDC token file",
                FederatedToken::GitHub(_) => "OIDC token of GitHub Actions",
                FederatedToken::AzureDevOps { .. } => "OIDC token of Azure DevOps",
            },
            Self::ManagedIdentity { .. } => "managed identity",
            Self::AzureCli { .. } => "Azure CLI",
        }
    }

    /// The secrets in it.
    fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let secret = match self {
            Self::ClientSecret { client_secret, .. } => Some(client_secret),
            Self::Federation { source, .. } => match source {
                FederatedToken::Given(token) => Some(token),
                FederatedToken::GitHub(request) | FederatedToken::AzureDevOps { request, .. } => Some(&request.token),
                FederatedToken::File(_) => None,
            },
            Self::ManagedIdentity { endpoint, .. } => match endpoint {
                IdentityEndpoint::AppService { header: secret, .. }
                | IdentityEndpoint::MachineLearning { secret, .. } => Some(secret),
                IdentityEndpoint::Metadata { .. }
                | IdentityEndpoint::AzureArc { .. }
                | IdentityEndpoint::CloudShell { .. } => None,
            },
            Self::ClientCertificate { .. } | Self::AzureCli { .. } => None,
        };
        secret.into_iter()
    }

    /// From now on no text that leaves the program has a secret of it.
    pub(crate) fn conceal(&self) {
        self.secrets().for_each(outgoing::conceal);
    }
}

/// Whether the address is on this machine or on its own link, where Azure's metadata service is.
#[must_use]
pub fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unicast_link_local(),
        None => false,
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
        let (url, may_be_near) = match &self.credential {
            Credential::Federation {
                source: FederatedToken::GitHub(request) | FederatedToken::AzureDevOps { request, .. },
                ..
            } => (Some(&request.url), false),
            Credential::ManagedIdentity { endpoint, .. } => (Some(endpoint.url()), true),
            _ => (None, false),
        };
        if let Some(url) = url.filter(|url| url.scheme() != "https" && !(may_be_near && is_near(url))) {
            return unusable(
                format!("tokens would be asked for at {url}, which is not an HTTPS address"),
                "Tokens travel there, so it must begin with https://. Only a managed identity's endpoint on this machine \
                 or its own link may do without.",
            );
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
