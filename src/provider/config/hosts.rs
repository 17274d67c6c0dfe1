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

/// Name of the environment, API host, token host. From the service's pages for government customers.
const ENVIRONMENTS: [(&str, &str, &str); 4] = [
    ("public", "api.security.microsoft.com", "login.microsoftonline.com"),
    (
        "usgovernment",
        "api-gcc.securitycenter.microsoft.us",
        "login.microsoftonline.com",
    ),
    (
        "usgovernmentl4",
        "api-gov.securitycenter.microsoft.us",
        "login.microsoftonline.us",
    ),
    ("dod", "api-gov.securitycenter.microsoft.us", "login.microsoftonline.us"),
];

/// Whom a token of the public cloud is for: an older name than the API's host, and the one that is documented.
const PUBLIC_AUDIENCE: &str = "https://api.securitycenter.microsoft.com";

/// Regions of the public cloud that the service's performance page and its users name.
const REGIONS: [&str; 7] = ["us", "eu", "uk", "au", "swa", "ina", "aea"];

/// Checks the names in the provider block.
pub fn check(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let environments: Vec<&str> = ENVIRONMENTS.iter().map(|environment| environment.0).collect();
    for (name, known) in [("environment", environments.as_slice()), ("region", &REGIONS)] {
        if let Some(written) = config.get(name).as_str().filter(|written| !known.contains(written)) {
            diagnostics.push(unknown(name, written, &in_block(name), known));
        }
    }
    diagnostics
}

fn unknown(name: &str, written: &str, origin: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {name}"),
        format!(
            "{origin} is `{written}`, which is not one of `{}`. Write one of these, or leave it out.",
            known.join("`, `")
        ),
    )
    .at(Path::attribute(name))
}

impl Hosts {
    /// Chooses the hosts; what is wrong is told.
    pub fn choose(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let (environment, environment_origin) = source
            .find("environment", &["ARM_ENVIRONMENT"])
            .unwrap_or_else(|| ("public".into(), String::new()));
        let region = source.find("region", &["MDE_REGION"]);
        let names: Vec<&str> = ENVIRONMENTS.iter().map(|environment| environment.0).collect();
        let Some((_, api, authority)) = ENVIRONMENTS.iter().find(|known| known.0 == environment) else {
            diagnostics.push(unknown("environment", &environment, &environment_origin, &names));
            return None;
        };
        let api = match region {
            None => (*api).to_owned(),
            Some((region, origin)) if !REGIONS.contains(&region.as_str()) => {
                diagnostics.push(unknown("region", &region, &origin, &REGIONS));
                return None;
            }
            Some((region, _)) if environment == "public" => format!("{region}.{api}"),
            Some((region, origin)) => {
                diagnostics.push(Diagnostic::error(
                    "A region outside the public cloud",
                    format!(
                        "{origin} is `{region}`, but {environment_origin} is `{environment}`, which has no regions. Leave \
                         one out."
                    ),
                ));
                return None;
            }
        };
        let audience = if environment == "public" {
            PUBLIC_AUDIENCE.to_owned()
        } else {
            format!("https://{api}")
        };
        let mut url = |attribute: &str, variable: &str, default: String| {
            let (text, origin) = source.find(attribute, &[variable]).unwrap_or((default, String::new()));
            https(attribute, &text, &origin, diagnostics)
        };
        let base_url = url("base_url", "MDE_BASE_URL", format!("https://{api}"))?;
        let authority_host = url("authority_host", "MDE_AUTHORITY_HOST", format!("https://{authority}"))?;
        Some(Self {
            base_url,
            authority_host,
            scope: format!("{audience}/.default"),
        })
    }
}
