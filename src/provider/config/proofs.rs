//! Everything that was found of what the methods to sign in need.

use super::address;
use super::arguments::{self as known, Argument};
use super::source::{Found, Source};
use crate::defender::IdentityEndpoint;
use crate::tf::{Diagnostic, Diagnostics, Path};
use secrecy::{ExposeSecret, SecretString};
use std::ffi::OsString;
use url::Url;

/// Longest file with an id, a secret or a token, in bytes. Tokens have a few thousand.
const LONGEST_TEXT: u64 = 64 << 10;

/// Where AKS says in which file a pod finds its token.
const POD_TOKEN: &str = "AZURE_FEDERATED_TOKEN_FILE";

/// Everything that was found.
pub struct Proofs {
    pub tenant_id: Option<Found<String>>,
    pub client_id: Option<Found<String>>,
    pub certificate: Option<Found<SecretString>>,
    pub certificate_path: Option<Found<String>>,
    pub password: Option<Found<SecretString>>,
    pub sends_chain: bool,
    pub client_secret: Option<Found<SecretString>>,
    /// The switch that turns tokens of others on, if one is on.
    pub oidc: Option<Found<bool>>,
    pub oidc_token: Option<Found<SecretString>>,
    pub oidc_path: Option<Found<String>>,
    pub request_url: Option<Found<Url>>,
    pub request_token: Option<Found<SecretString>>,
    pub connection: Option<Found<String>>,
    /// The switch for a managed identity, if it is on.
    pub msi: Option<Found<bool>>,
    pub identity: Option<IdentityEndpoint>,
    /// The switch for Azure PowerShell, if it is on.
    pub powershell: Option<Found<bool>>,
    pub use_cli: Option<Found<bool>>,
    /// The `PATH` of the environment, if there is an `az` in it.
    pub az: Option<OsString>,
}

impl Proofs {
    /// Reads all arguments, and the files that they name; what is wrong with them is told.
    pub fn read(source: &Source<'_>, problems: &mut Diagnostics) -> Self {
        let mut on = |argument| source.switch(argument, problems).filter(|found| found.value);
        let (use_oidc, use_aks) = (on(&known::USE_OIDC), on(&known::USE_AKS_WORKLOAD_IDENTITY));
        let (msi, sends_chain) = (on(&known::USE_MSI), on(&known::CLIENT_CERTIFICATE_SEND_CHAIN).is_some());
        let powershell = on(&known::USE_POWERSHELL);
        let use_cli = source.switch(&known::USE_CLI, problems);

        let in_pod = |variable: &str| source.variable(variable).filter(|_| use_aks.is_some());
        let mut text = |argument, pod| same(argument, source.text(argument), in_pod(pod), problems);
        let tenant_id = text(&known::TENANT_ID, "AZURE_TENANT_ID");
        let client_id = text(&known::CLIENT_ID, "AZURE_CLIENT_ID");
        let oidc_path = text(&known::OIDC_TOKEN_FILE_PATH, POD_TOKEN);
        let oidc_token = source.secret(&known::OIDC_TOKEN);
        // In a pod it is there for everybody, and does not speak against a token that somebody has given.
        let is_ambient = |found: &Found<String>| found.origin == POD_TOKEN && use_aks.is_none();
        let oidc_path = oidc_path.filter(|found| oidc_token.is_none() || !is_ambient(found));

        let in_file = source.file_text(&known::CLIENT_ID_FILE_PATH, LONGEST_TEXT, problems);
        let in_file = in_file.map(|found| Found {
            value: found.value.expose_secret().to_owned(),
            origin: found.origin,
        });
        let client_id = same(&known::CLIENT_ID, client_id, in_file, problems);
        let client_secret = source.secret(&known::CLIENT_SECRET);
        let in_file = source.file_text(&known::CLIENT_SECRET_FILE_PATH, LONGEST_TEXT, problems);
        let client_secret = same(&known::CLIENT_SECRET, client_secret, in_file, problems);
        let connection = source.text(&known::ADO_PIPELINE_SERVICE_CONNECTION_ID);
        let other_name = source.text(&known::OIDC_AZURE_SERVICE_CONNECTION_ID);
        let connection = same(
            &known::ADO_PIPELINE_SERVICE_CONNECTION_ID,
            connection,
            other_name,
            problems,
        );

        // What pipelines and Azure set for everybody counts only where the method is meant.
        let request_url = source.text(&known::OIDC_REQUEST_URL).filter(|_| use_oidc.is_some());
        let request_url = request_url.and_then(|found| match address::https(&known::OIDC_REQUEST_URL, &found) {
            Ok(value) => Some(Found {
                value,
                origin: found.origin,
            }),
            Err(problem) => {
                problems.push(problem);
                None
            }
        });
        let identity = msi.as_ref().map(|_| address::identity(source)).transpose();
        let identity = identity.unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        Self {
            tenant_id,
            client_id,
            certificate: source.secret(&known::CLIENT_CERTIFICATE),
            certificate_path: source.text(&known::CLIENT_CERTIFICATE_PATH),
            password: source.secret(&known::CLIENT_CERTIFICATE_PASSWORD),
            sends_chain,
            client_secret,
            oidc: use_oidc.or(use_aks),
            oidc_token,
            oidc_path,
            request_url,
            request_token: source.secret(&known::OIDC_REQUEST_TOKEN),
            connection,
            msi,
            identity,
            powershell,
            use_cli,
            az: source.variable("PATH").and_then(|path| with_az(&path.value)),
        }
    }

    /// Whether the job that asks for a token is one of Azure DevOps. Its variables say so, and otherwise its connection.
    pub fn is_devops(&self) -> bool {
        match self.request_url.as_ref().map(|found| found.origin.as_str()) {
            Some("SYSTEM_OIDCREQUESTURI") => true,
            Some("ACTIONS_ID_TOKEN_REQUEST_URL") => false,
            _ => self.connection.is_some(),
        }
    }
}

/// Text that is an id, a path or a secret.
pub trait Comparable {
    fn exposed(&self) -> &str;
}

impl Comparable for String {
    fn exposed(&self) -> &str {
        self
    }
}

impl Comparable for SecretString {
    fn exposed(&self) -> &str {
        self.expose_secret()
    }
}

/// What two places say of one argument; that they differ is told.
pub fn same<T: Comparable>(
    argument: &Argument,
    one: Option<Found<T>>,
    other: Option<Found<T>>,
    problems: &mut Diagnostics,
) -> Option<Found<T>> {
    if let (Some(one), Some(other)) = (&one, &other)
        && one.value.exposed() != other.value.exposed()
    {
        problems.push(differ(argument, &one.origin, &other.origin));
    }
    one.or(other)
}

/// Two places say different things of one argument.
pub fn differ(argument: &Argument, one: &str, other: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Two different values of {}", argument.name),
        format!("They are in {one} and in {other}, so it is not certain which one is meant. Remove one of them."),
    )
    .at(Path::attribute(argument.name))
}

/// The directories, if the Azure CLI is in one of them.
fn with_az(path: &str) -> Option<OsString> {
    let names = if cfg!(windows) {
        &["az.cmd", "az.exe"][..]
    } else {
        &["az"][..]
    };
    let has = |directory: &std::path::PathBuf| names.iter().any(|name| directory.join(name).is_file());
    std::env::split_paths(path)
        .any(|directory| has(&directory))
        .then(|| path.into())
}
