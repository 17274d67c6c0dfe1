//! Which hosts an environment and a region mean.

use super::address::https;
use super::arguments::{self as known, Argument};
use super::source::{Found, Source};
use crate::tf::{Diagnostic, Diagnostics, Path};
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

/// Hosts of sign-in, older names included, and the environments that they are for.
const AUTHORITIES: [(&str, &[&str]); 8] = [
    ("login.microsoftonline.com", COMMERCIAL),
    ("login.microsoft.com", COMMERCIAL),
    ("login.windows.net", COMMERCIAL),
    ("sts.windows.net", COMMERCIAL),
    ("login.microsoftonline.us", GOVERNMENT),
    ("login.usgovcloudapi.net", GOVERNMENT),
    ("login.chinacloudapi.cn", NONE),
    ("login.partner.microsoftonline.cn", NONE),
];
const COMMERCIAL: &[&str] = &["public", "gcc"];
const GOVERNMENT: &[&str] = &["usgovernment", "dod"];
/// There is no API in the cloud.
const NONE: &[&str] = &[];

/// Hosts of Azure's cloud metadata, and the environments that they are for; the first one is meant if nobody says which.
const METADATA: [(&str, &[&str]); 3] = [
    ("management.azure.com", COMMERCIAL),
    ("management.usgovcloudapi.net", GOVERNMENT),
    ("management.chinacloudapi.cn", NONE),
];

/// How the API's hosts in the public cloud end, older names included.
const PUBLIC: [&str; 3] = [
    "api.security.microsoft.com",
    ".securitycenter.microsoft.com",
    ".securitycenter.windows.com",
];

/// Regions of the public cloud that the service's performance page and its users name.
const REGIONS: [&str; 7] = ["us", "eu", "uk", "au", "swa", "ina", "aea"];

/// Checks the names in the provider block.
pub fn check(source: &Source<'_>) -> Diagnostics {
    let environment = source.text(&known::ENVIRONMENT);
    let environment = environment.and_then(|_| environment_of(source).and_then(|found| cloud(&found)).err());
    let region = source.text(&known::REGION).and_then(|found| region(&found).err());
    environment.into_iter().chain(region).collect()
}

fn cloud(written: &Found<String>) -> Result<&'static Cloud, Diagnostic> {
    let value = &written.value;
    let named = |cloud: &&Cloud| cloud.names.iter().any(|name| name.eq_ignore_ascii_case(value));
    CLOUDS.iter().find(named).ok_or_else(|| {
        if value.eq_ignore_ascii_case("china") {
            return no_api(&known::ENVIRONMENT, written);
        }
        let names: Vec<&str> = CLOUDS.iter().flat_map(|cloud| cloud.names).copied().collect();
        unknown(&known::ENVIRONMENT, written, &names)
    })
}

fn no_api(argument: &Argument, written: &Found<String>) -> Diagnostic {
    let Found { value, origin } = written;
    Diagnostic::error(
        "Defender for Endpoint has no API in this cloud",
        format!(
            "{origin} is `{value}`. Microsoft documents no Defender for Endpoint API for the cloud in China that 21Vianet \
             operates, so there is no address to send credentials and indicators to.\n\nIf the tenant is in another cloud, set \
             `{}` of the provider block, which counts before {}.",
            argument.name,
            argument.variables.join(" and ")
        ),
    )
    .at(Path::attribute(argument.name))
}

/// The environment that is meant, in so many words or by the host of its metadata. A host that says another cloud than the
/// words do is told; one that nobody knows decides nothing.
fn environment_of(source: &Source<'_>) -> Result<Found<String>, Diagnostic> {
    let written = source.text(&known::ENVIRONMENT);
    let Some(metadata) = source.text(&known::METADATA_HOST) else {
        return Ok(written.unwrap_or_else(|| Found {
            value: "public".to_owned(),
            origin: "the environment, by default,".to_owned(),
        }));
    };
    let host = metadata.value.trim_end_matches('.');
    let clouds = METADATA.iter().find(|(known, _)| known.eq_ignore_ascii_case(host));
    match (written, clouds.map(|(_, clouds)| *clouds)) {
        (Some(written), None) => Ok(written),
        (Some(written), Some(clouds)) => {
            let meant = cloud(&written)?;
            if clouds.iter().any(|name| meant.names.contains(name)) {
                Ok(written)
            } else {
                Err(other_cloud(&known::METADATA_HOST, &metadata, clouds, &written))
            }
        }
        (None, Some([])) => Err(no_api(&known::METADATA_HOST, &metadata)),
        (None, Some([first, ..])) => Ok(Found {
            value: (*first).to_owned(),
            origin: format!("the environment of {}", metadata.origin),
        }),
        (None, None) => Err(unknown_metadata(&metadata)),
    }
}

fn unknown_metadata(written: &Found<String>) -> Diagnostic {
    let names: Vec<&str> = METADATA.iter().map(|(host, _)| *host).collect();
    Diagnostic::error(
        "Unknown metadata_host",
        format!(
            "{} is {}, which is not one of `{}`, so it does not say in which cloud the tenant is. Credentials must not be sent \
             to another one.\n\nSet `environment` (ARM_ENVIRONMENT) to the cloud of the tenant.",
            written.origin,
            crate::feed::shown(&written.value),
            names.join("`, `")
        ),
    )
    .at(Path::attribute(known::METADATA_HOST.name))
}

fn region(written: &Found<String>) -> Result<&'static str, Diagnostic> {
    let named = |region: &&&str| region.eq_ignore_ascii_case(&written.value);
    let found = REGIONS.iter().find(named).copied();
    found.ok_or_else(|| unknown(&known::REGION, written, &REGIONS))
}

fn unknown(argument: &Argument, written: &Found<String>, names: &[&str]) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {}", argument.name),
        format!(
            "{} is {}, which is not one of `{}`. Write one of these, or leave it out.",
            written.origin,
            crate::feed::shown(&written.value),
            names.join("`, `")
        ),
    )
    .at(Path::attribute(argument.name))
}

/// The environments that an API host is for, and its region, if it is one of Microsoft's.
fn api_host(host: &str) -> Option<(&'static [&'static str], Option<&'static str>)> {
    match host {
        "api-gcc.securitycenter.microsoft.us" => return Some((&["gcc"], None)),
        "api-gov.securitycenter.microsoft.us" => return Some((GOVERNMENT, None)),
        _ if host.ends_with(".microsoft.us") => return Some((&["gcc", "usgovernment", "dod"], None)),
        _ if host.ends_with(".cn") => return Some((NONE, None)),
        _ => {}
    }
    let is_region = |region: &&&str| {
        let older = format!("api-{region}.");
        host.starts_with(&older) || host.strip_prefix(*region).is_some_and(|rest| rest.starts_with(".api."))
    };
    let is_public = PUBLIC.iter().any(|end| host.ends_with(end));
    is_public.then(|| (&["public"][..], REGIONS.iter().find(is_region).copied()))
}

/// The host, as the tables have it.
fn name(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_end_matches('.')
}

/// A host of one cloud with the environment of another: a secret or a token would travel to a cloud that nobody means.
fn other_cloud(
    argument: &Argument,
    host: &Found<impl std::fmt::Display>,
    clouds: &[&str],
    environment: &Found<String>,
) -> Diagnostic {
    let belongs = match clouds {
        [] => "a host of a cloud for which Microsoft documents no Defender for Endpoint API".to_owned(),
        [one] => format!("a host of the environment `{one}`"),
        several => format!("a host of the environments `{}`", several.join("` and `")),
    };
    Diagnostic::error(
        "The hosts belong to different clouds",
        format!(
            "{} is `{}`, {belongs}, but {} is `{}`. Credentials and tokens of one cloud must not be sent to another.\n\nSet \
             `environment` (ARM_ENVIRONMENT) to the cloud of the tenant, and leave `{}` out.",
            host.origin,
            host.value,
            environment.origin,
            environment.value,
            argument.name,
        ),
    )
    .at(Path::attribute(argument.name))
}

impl Hosts {
    /// Chooses the hosts; what is wrong is told.
    pub fn choose(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let found = environment_of(source).and_then(|environment| {
            let cloud = cloud(&environment)?;
            let region = chosen_region(source, cloud, &environment)?;
            Ok((environment, cloud, region))
        });
        let (environment, cloud, region) = match found {
            Ok(found) => found,
            Err(problem) => {
                diagnostics.push(problem);
                return None;
            }
        };
        let api = region.as_ref().map_or_else(
            || cloud.api.to_owned(),
            |region| format!("{}.{}", region.value, cloud.api),
        );
        let mut url = |argument: &Argument, host: &str| {
            let written = source.text(argument).unwrap_or_else(|| Found {
                value: format!("https://{host}"),
                origin: String::new(),
            });
            match https(argument, &written) {
                Ok(value) => Some(Found {
                    value,
                    origin: written.origin,
                }),
                Err(problem) => {
                    diagnostics.push(problem);
                    None
                }
            }
        };
        let base_url = url(&known::BASE_URL, &api);
        let authority_host = url(&known::AUTHORITY_HOST, cloud.authority);
        let (base_url, authority_host) = (base_url?, authority_host?);
        if let Some((clouds, of_host)) = api_host(name(&base_url.value)) {
            if !clouds.iter().any(|name| cloud.names.contains(name)) {
                diagnostics.push(other_cloud(&known::BASE_URL, &base_url, clouds, &environment));
            } else if let Some(region) = region.filter(|region| of_host != Some(region.value)) {
                diagnostics.push(other_region(&base_url, &region));
            }
        }
        let authority = AUTHORITIES
            .iter()
            .find(|(host, _)| *host == name(&authority_host.value));
        if let Some((_, clouds)) = authority.filter(|(_, clouds)| !clouds.iter().any(|name| cloud.names.contains(name)))
        {
            diagnostics.push(other_cloud(
                &known::AUTHORITY_HOST,
                &authority_host,
                clouds,
                &environment,
            ));
        }
        let audience = cloud
            .audience
            .map_or_else(|| format!("https://{}", cloud.api), str::to_owned);
        Some(Self {
            base_url: base_url.value,
            authority_host: authority_host.value,
            scope: format!("{audience}/.default"),
        })
    }
}

/// The region of the API, if one is wanted.
fn chosen_region(
    source: &Source<'_>,
    cloud: &Cloud,
    environment: &Found<String>,
) -> Result<Option<Found<&'static str>>, Diagnostic> {
    let Some(written) = source.text(&known::REGION) else {
        return Ok(None);
    };
    let value = region(&written)?;
    let Found { value: written, origin } = written;
    if cloud.has_regions {
        return Ok(Some(Found { value, origin }));
    }
    Err(Diagnostic::error(
        "A region outside the public cloud",
        format!(
            "{origin} is `{written}`, but {} is `{}`, which has no regions. Leave one out.",
            environment.origin, environment.value
        ),
    )
    .at(Path::attribute("region")))
}

fn other_region(base_url: &Found<Url>, region: &Found<&'static str>) -> Diagnostic {
    Diagnostic::error(
        "`base_url` is not in `region`",
        format!(
            "{} is `{}`, which is not the API of the region `{}` that {} names. Leave one out.",
            base_url.origin, base_url.value, region.value, region.origin
        ),
    )
    .at(Path::attribute("base_url"))
}
