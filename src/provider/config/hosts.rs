//! Which hosts an environment and a region mean.

use super::{Source, https, in_block};
use crate::tf::{Diagnostic, Diagnostics, Path, Value};
use url::Url;

/// Where to send requests, and whom the token is for.
pub struct Hosts {
    /// Address of the API.
    pub base_url: Url,
    /// Address of the token service.
    pub authority_host: Url,
    /// Scope to ask a token for.
    pub scope: String,
}

/// A cloud: its secrets go to its own hosts only.
struct Cloud {
    /// What it is called: the names of the azuread provider, and `gcc`, which signs in at the commercial authority and so
    /// has no name of its own there.
    names: &'static [&'static str],
    api: &'static str,
    authority: &'static str,
    /// Whom a token is for, if not the API's host.
    audience: Option<&'static str>,
    has_regions: bool,
}

/// From the service's pages on its API and for government customers. The public cloud's tokens are for an older name than
/// that of the API's host, the one that is documented.
const CLOUDS: [Cloud; 4] = [
    Cloud {
        names: &["public", "global"],
        api: "api.security.microsoft.com",
        authority: "login.microsoftonline.com",
        audience: Some("https://api.securitycenter.microsoft.com"),
        has_regions: true,
    },
    Cloud {
        names: &["gcc"],
        api: "api-gcc.securitycenter.microsoft.us",
        authority: "login.microsoftonline.com",
        audience: None,
        has_regions: false,
    },
    Cloud {
        names: &["usgovernment", "usgovernmentl4"],
        api: "api-gov.securitycenter.microsoft.us",
        authority: "login.microsoftonline.us",
        audience: None,
        has_regions: false,
    },
    Cloud {
        names: &["dod", "usgovernmentl5"],
        api: "api-gov.securitycenter.microsoft.us",
        authority: "login.microsoftonline.us",
        audience: None,
        has_regions: false,
    },
];

/// Regions of the public cloud that the service's performance page and its users name.
const REGIONS: [&str; 7] = ["us", "eu", "uk", "au", "swa", "ina", "aea"];

/// Checks the names in the provider block.
pub fn check(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    if let Some(written) = config.get("environment").as_str() {
        diagnostics.extend(cloud(written, &in_block("environment")).err());
    }
    if let Some(written) = config.get("region").as_str() {
        diagnostics.extend(region(written, &in_block("region")).err());
    }
    diagnostics
}

fn cloud(written: &str, origin: &str) -> Result<&'static Cloud, Diagnostic> {
    let named = |cloud: &&Cloud| cloud.names.iter().any(|name| name.eq_ignore_ascii_case(written));
    CLOUDS.iter().find(named).ok_or_else(|| {
        if written.eq_ignore_ascii_case("china") {
            return Diagnostic::error(
                "Defender for Endpoint has no API in this cloud",
                format!(
                    "{origin} is `{written}`. Microsoft documents no Defender for Endpoint API for the cloud in China that \
                     21Vianet operates, so there is no address to send credentials and indicators to.\n\nIf the tenant is in \
                     another cloud, set `environment` of the provider block, which counts before ARM_ENVIRONMENT."
                ),
            )
            .at(Path::attribute("environment"));
        }
        let names: Vec<&str> = CLOUDS.iter().flat_map(|cloud| cloud.names).copied().collect();
        unknown("environment", written, origin, &names)
    })
}

fn region(written: &str, origin: &str) -> Result<&'static str, Diagnostic> {
    let named = |region: &&&str| region.eq_ignore_ascii_case(written);
    let found = REGIONS.iter().find(named).copied();
    found.ok_or_else(|| unknown("region", written, origin, &REGIONS))
}

fn unknown(name: &str, written: &str, origin: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {name}"),
        format!(
            "{origin} is {}, which is not one of `{}`. Write one of these, or leave it out.",
            crate::feed::shown(written),
            known.join("`, `")
        ),
    )
    .at(Path::attribute(name))
}

impl Hosts {
    /// Chooses the hosts; what is wrong is told.
    pub fn choose(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        match Self::names(source) {
            Ok((cloud, api)) => Self::addresses(source, cloud, &api, diagnostics),
            Err(problem) => {
                diagnostics.push(problem);
                None
            }
        }
    }

    /// The cloud, and the host of its API.
    fn names(source: &Source<'_>) -> Result<(&'static Cloud, String), Diagnostic> {
        let (environment, environment_origin) = source
            .find("environment", &["ARM_ENVIRONMENT"])
            .unwrap_or_else(|| ("public".into(), String::new()));
        let cloud = cloud(&environment, &environment_origin)?;
        let Some((written, origin)) = source.find("region", &["MDE_REGION"]) else {
            return Ok((cloud, cloud.api.to_owned()));
        };
        let region = region(&written, &origin)?;
        if cloud.has_regions {
            return Ok((cloud, format!("{region}.{}", cloud.api)));
        }
        Err(Diagnostic::error(
            "A region outside the public cloud",
            format!(
                "{origin} is `{written}`, but {environment_origin} is `{environment}`, which has no regions. Leave one out."
            ),
        ))
    }

    fn addresses(source: &Source<'_>, cloud: &Cloud, api: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let audience = cloud
            .audience
            .map_or_else(|| format!("https://{}", cloud.api), str::to_owned);
        let mut url = |attribute: &str, variable: &str, host: &str| {
            let default = || (format!("https://{host}"), String::new());
            let (text, origin) = source.find(attribute, &[variable]).unwrap_or_else(default);
            https(attribute, &text, &origin, diagnostics)
        };
        let base_url = url("base_url", "MDE_BASE_URL", api);
        let authority_host = url("authority_host", "MDE_AUTHORITY_HOST", cloud.authority);
        Some(Self {
            base_url: base_url?,
            authority_host: authority_host?,
            scope: format!("{audience}/.default"),
        })
    }
}
