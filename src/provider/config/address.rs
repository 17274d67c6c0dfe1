//! Addresses that secrets and tokens are sent to.

use super::arguments::{self as known, Argument};
use super::source::{Found, Source};
use crate::defender::{IdentityEndpoint, is_near};
use crate::outgoing;
use crate::tf::{Diagnostic, Path};
use secrecy::SecretString;
use std::path::PathBuf;
use url::Url;

/// Where the metadata service of Azure's virtual machines answers, on the machine's own link.
const METADATA_HOST: &str = "http://169.254.169.254";

/// The path at which it hands out tokens.
const METADATA_PATH: &str = "/metadata/identity/oauth2/token";

/// An address that is safe to send secrets to.
pub fn https(argument: &Argument, written: &Found<String>) -> Result<Url, Diagnostic> {
    let is_authority = argument.name == known::AUTHORITY_HOST.name;
    let is_request = argument.name == known::OIDC_REQUEST_URL.name;
    let problem = match Url::parse(&written.value) {
        Ok(url) if url.scheme() != "https" => "does not start with `https://`",
        Ok(url) if url.host_str().is_none_or(str::is_empty) => "names no host",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "holds a user name or password",
        Ok(url) if !is_request && (url.query().is_some() || url.fragment().is_some()) => "holds a query or a fragment",
        Ok(url) if is_authority && url.path() != "/" => "holds a path; requests for tokens go to the host's own path",
        Ok(url) => return Ok(url),
        Err(_) => "is not a URL",
    };
    let remedy = if is_request {
        "GitHub Actions and Azure DevOps set the address for each job."
    } else {
        "Write an address that begins with `https://`, or leave it out for the environment's own. For a private certificate \
         authority, set `ca_certificate_path`."
    };
    Err(invalid(
        argument,
        written,
        &format!("{problem}. Credentials and indicators are sent over HTTPS only.\n\n{remedy}"),
    ))
}

fn invalid(argument: &Argument, written: &Found<String>, problem: &str) -> Diagnostic {
    let shown = outgoing::shown(&without_password(&written.value));
    Diagnostic::error(
        format!("Invalid {}", argument.name),
        format!("{} is {shown}, which {problem}", written.origin),
    )
    .at(Path::attribute(argument.name))
}

/// The address as it may be shown to everybody.
fn without_password(written: &str) -> String {
    match Url::parse(written) {
        Ok(mut url) if url.password().is_some() => {
            // An address that has a password takes another one.
            let _ = url.set_password(Some("..."));
            url.to_string()
        }
        _ => written.to_owned(),
    }
}

/// Who hands out tokens of a managed identity: what the configuration says, or what Azure has set.
///
/// # Errors
/// That the place is one whose way is not known here, or that the address is not safe.
pub fn identity(source: &Source<'_>) -> Result<IdentityEndpoint, Diagnostic> {
    let variable = |name: &str| source.variable(name);
    let secret = |found: Found<String>| {
        let secret = SecretString::from(found.value);
        outgoing::conceal(&secret);
        secret
    };
    if let Some(written) = source.text(&known::MSI_ENDPOINT) {
        let url = near(&written)?;
        return Ok(IdentityEndpoint::Metadata { url });
    }
    if let Some(written) = variable("IDENTITY_ENDPOINT") {
        if variable("IDENTITY_SERVER_THUMBPRINT").is_some() {
            return Err(unsupported("Azure Service Fabric", "IDENTITY_SERVER_THUMBPRINT"));
        }
        if let Some(header) = variable("IDENTITY_HEADER") {
            let url = near(&written)?;
            let header = secret(header);
            return Ok(IdentityEndpoint::AppService { url, header });
        }
        if variable("IMDS_ENDPOINT").is_some() {
            let url = near(&written)?;
            let keys = arc_keys(source);
            return Ok(IdentityEndpoint::AzureArc { url, keys });
        }
    }
    if let Some(written) = variable("MSI_ENDPOINT") {
        let url = near(&written)?;
        return Ok(match variable("MSI_SECRET").map(secret) {
            Some(secret) => IdentityEndpoint::MachineLearning { url, secret },
            None => IdentityEndpoint::CloudShell { url },
        });
    }
    let host = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or_else(|| Found {
        value: METADATA_HOST.to_owned(),
        origin: String::new(),
    });
    let mut url = near(&host)?;
    url.set_path(METADATA_PATH);
    Ok(IdentityEndpoint::Metadata { url })
}

/// Where the agent of Azure Arc keeps its keys: below the folder for the data of programs on Windows, which a variable names.
fn arc_keys(source: &Source<'_>) -> PathBuf {
    match source.variable("ProgramData") {
        Some(Found { value: data, .. }) => [&data, "AzureConnectedMachineAgent", "Tokens"].iter().collect(),
        None => PathBuf::from("/var/opt/azcmagent/tokens"),
    }
}

/// An address that is safe to fetch tokens from: over TLS, or not beyond this machine and its own link.
fn near(written: &Found<String>) -> Result<Url, Diagnostic> {
    let problem = match Url::parse(&written.value) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "is no address of a web server.",
        Ok(url) if url.scheme() == "http" && !is_near(&url) => {
            "is neither on this machine nor on its own link. Tokens travel from elsewhere over HTTPS only."
        }
        Ok(url) => return Ok(url),
        Err(_) => "is not a URL.",
    };
    Err(invalid(&known::MSI_ENDPOINT, written, problem))
}

fn unsupported(place: &str, variable: &str) -> Diagnostic {
    Diagnostic::error(
        "This managed identity is not supported",
        format!(
            "{variable} says that this is {place}, whose managed identities the provider does not know how to ask.\n\nSign in \
             in another way, for example with a client certificate."
        ),
    )
    .at(Path::attribute(known::USE_MSI.name))
}
