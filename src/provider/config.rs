//! The provider block and the environment, made into settings of the client and rules of the provider.

mod hosts;

use crate::defender::{Credential, Settings};
use crate::indicator::Protected;
use crate::tenant::{OnExisting, Policy};
use crate::tf::{Attribute, Diagnostic, Diagnostics, Path, Schema, Value, ValueType};
use secrecy::SecretString;
use std::fs::File;
use std::io::{self, Read};
use url::Url;

/// Indicators that a tenant can hold, all authors together, as the service documents.
const CAPACITY: i64 = 15_000;
/// Items that one import call takes at most, as the service documents.
const BATCH_SIZE: i64 = 500;
/// Longest file of certificates, in bytes. A system's whole list has some 200 kB.
const LONGEST_CERTIFICATES: u64 = 4 << 20;

/// Reads environment variables; a function, so that tests bring their own.
pub type Environment<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The schema of the provider block.
pub fn schema() -> Schema {
    Schema::new(
        "Manages [indicators of compromise](https://learn.microsoft.com/en-us/defender-endpoint/api/ti-indicator) in \
         Microsoft Defender for Endpoint: file hashes, IP addresses, domains, URLs and certificates.\n\nThe provider \
         signs in as an application of Microsoft Entra ID. The application needs the application permission \
         `Ti.ReadWrite.All` of *WindowsDefenderATP*, with admin consent. With `Ti.ReadWrite` it sees only its own \
         indicators, so the provider can check neither the capacity nor the indicators of other authors.\n\nEach \
         argument can also be set by the environment variables that its description names. The provider block takes \
         precedence, except for `MDE_MAX_REMOVALS`.",
        vec![
            text(
                "tenant_id",
                "Directory (tenant) id. Also `ARM_TENANT_ID` or `AZURE_TENANT_ID`.",
            ),
            text(
                "client_id",
                "Application (client) id. Also `ARM_CLIENT_ID` or `AZURE_CLIENT_ID`.",
            ),
            text(
                "client_secret",
                "Client secret. Also `ARM_CLIENT_SECRET` or `AZURE_CLIENT_SECRET`.",
            )
            .sensitive(),
            text(
                "environment",
                "The cloud of the tenant, named as in the azuread provider: `public` (default; also `global`), `usgovernment` \
                 (GCC High; also `usgovernmentl4`) or `dod` (also `usgovernmentl5`). For GCC, which signs in at the public \
                 cloud's authority, set `gcc`. Case does not matter. Also `ARM_ENVIRONMENT`.",
            ),
            text(
                "region",
                "Region of the API in the public cloud: `us`, `eu`, `uk`, `au`, `swa`, `ina` or `aea`. By \
                            default the service chooses. Also `MDE_REGION`.",
            ),
            text(
                "base_url",
                "HTTPS URL of the API. Default: the API of `environment` and `region`. Also \
                              `MDE_BASE_URL`.",
            ),
            text(
                "authority_host",
                "HTTPS URL of the token service. Default: the token service of `environment`. Also \
                 `MDE_AUTHORITY_HOST`.",
            ),
            text(
                "ca_certificate_path",
                "Path of a PEM file with certificate authorities to trust in addition to the system's, for example \
                 those of an inspecting proxy. Also `MDE_CA_CERTIFICATE_PATH`.",
            ),
            number(
                "quota_share",
                "Percentage of the service's call limits that this provider block uses, from 1 to 100. Set it if \
                 several programs share an application. Default: 100. Also `MDE_QUOTA_SHARE`.",
            ),
            number(
                "capacity",
                "Maximum number of indicators in the tenant, all authors together. A plan that needs more fails. \
                 Default: 15000, the documented limit. Also `MDE_CAPACITY`.",
            ),
            text(
                "on_existing",
                "What to do if an indicator already exists. `own` takes over only indicators that this application \
                 created under the same `application` label, and fails the plan for all others. `adopt` takes over \
                 indicators of other authors, too. Resources can override it. Default: `own`. Also `MDE_ON_EXISTING`.",
            ),
            Attribute::list_of("applications", ValueType::String)
                .optional()
                .describe(
                    "`application` labels of this configuration. Indicators that this application created under one of \
                 these labels may move to another of them. Also `MDE_APPLICATIONS`, separated by commas.",
                ),
            Attribute::list_of("protected", ValueType::String).optional().describe(
                "Domains, IP addresses and networks in CIDR notation that must never be blocked. A plan fails if it \
                 would block an entry, a parent domain of it, or a subdomain, address or URL within it. Also \
                 `MDE_PROTECTED`, separated by commas.",
            ),
            number(
                "max_removals",
                "Maximum number of indicators that one run may delete or weaken, for example from `Block` to \
                 `Allowed`. An indicator that moves to another resource counts, too. By default there is no limit. \
                 Also `MDE_MAX_REMOVALS`, which takes precedence so that it can allow one run.",
            ),
            number(
                "batch_size",
                "Maximum number of indicators in one import or batch delete call, from 1 to 500. Lower it if a proxy \
                 limits the size of requests. Default: 500. Also `MDE_BATCH_SIZE`.",
            ),
        ],
    )
}

fn text(name: &str, description: &str) -> Attribute {
    Attribute::string(name).optional().describe(description)
}

fn number(name: &str, description: &str) -> Attribute {
    Attribute::number(name).optional().describe(description)
}

/// Checks what needs no credentials. Unknown values pass.
pub fn validate(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let source = Source {
        config,
        environment: &|_| None,
    };
    let _ = policy(&source, &mut diagnostics);
    let _ = quota_share(&source, &mut diagnostics);
    for (name, _) in CREDENTIAL {
        if let Some(written) = config.get(name).as_str() {
            diagnostics.extend(stray_character(name, written, &in_block(name)));
        }
    }
    for name in ["base_url", "authority_host"] {
        if let Some(written) = config.get(name).as_str() {
            let _ = https(name, written, &in_block(name), &mut diagnostics);
        }
    }
    diagnostics.extend(hosts::check(config));
    diagnostics
}

/// Everything a configured provider needs.
///
/// # Errors
/// All that is wrong with the configuration, at once.
pub fn read(
    config: &Value,
    environment: Environment<'_>,
    user_agent: String,
) -> Result<(Settings, Policy), Diagnostics> {
    let mut diagnostics = validate(config);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let source = Source { config, environment };
    let policy = policy(&source, &mut diagnostics);
    let hosts = hosts::Hosts::choose(&source, &mut diagnostics);
    let ca_certificate_pem = ca_certificate(&source, &mut diagnostics);
    let credential = credential(&source, &mut diagnostics);
    let quota_share = quota_share(&source, &mut diagnostics);
    match (policy, hosts, credential) {
        (Some(policy), Some(hosts), Some(credential)) if !diagnostics.has_errors() => {
            let settings = Settings {
                base_url: hosts.base_url,
                authority_host: hosts.authority_host,
                scope: hosts.scope,
                ca_certificate_pem,
                credential,
                quota_share,
                batch_size: policy.batch_size,
                user_agent,
            };
            Ok((settings, policy))
        }
        _ => Err(diagnostics),
    }
}

/// The provider block first, then the environment.
struct Source<'a> {
    config: &'a Value,
    environment: Environment<'a>,
}

impl Source<'_> {
    /// The value and where it comes from.
    fn find(&self, attribute: &str, variables: &[&str]) -> Option<(String, String)> {
        if let Some(written) = self
            .config
            .get(attribute)
            .as_str()
            .filter(|written| !written.is_empty())
        {
            return Some((written.to_owned(), in_block(attribute)));
        }
        variables.iter().find_map(|name| {
            let value = (self.environment)(name).filter(|value| !value.is_empty())?;
            Some((value, (*name).to_owned()))
        })
    }
}

impl Source<'_> {
    /// The texts of a list, or of an environment variable in which commas separate them.
    fn texts(&self, attribute: &str, variable: &str) -> Vec<String> {
        if let Some(items) = self.config.get(attribute).as_list() {
            return items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        let variable = (self.environment)(variable).unwrap_or_default();
        let items = variable.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
    }
}

/// Where an attribute is written, in words.
fn in_block(attribute: &str) -> String {
    format!("`{attribute}` of the provider block")
}

/// What signing in takes: attributes and their environment variables.
const CREDENTIAL: [(&str, [&str; 2]); 3] = [
    ("tenant_id", ["ARM_TENANT_ID", "AZURE_TENANT_ID"]),
    ("client_id", ["ARM_CLIENT_ID", "AZURE_CLIENT_ID"]),
    ("client_secret", ["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"]),
];

/// A blank, a line feed or an invisible character at either end of a secret or an id, or a control character in it, as copying
/// and files bring them along. It is told and not cut off: what is sent is what is written. The value itself is not repeated.
fn stray_character(attribute: &str, value: &str, origin: &str) -> Option<Diagnostic> {
    let is_stray =
        |letter: &char| letter.is_whitespace() || letter.is_control() || matches!(letter, '\u{200b}' | '\u{feff}');
    let (place, stray) = if let Some(first) = value.chars().next().filter(is_stray) {
        ("begins with", first)
    } else if let Some(last) = value.chars().next_back().filter(is_stray) {
        ("ends with", last)
    } else {
        ("holds", value.chars().find(|letter| letter.is_control())?)
    };
    let name = match stray {
        ' ' => "a space".to_owned(),
        '\n' => "a line feed".to_owned(),
        '\r' => "a carriage return".to_owned(),
        '\t' => "a tab".to_owned(),
        other => format!("the character U+{:04X}", u32::from(other)),
    };
    let error = Diagnostic::error(
        format!("Invalid {attribute}"),
        format!(
            "{origin} {place} {name}, so signing in would fail. Remove it. If the value is read from a file, the file may end \
             with a line feed: `trimspace(file(...))` or `printf %s` leave it out."
        ),
    );
    Some(error.at(Path::attribute(attribute)))
}

fn credential(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Credential> {
    let parts = CREDENTIAL;
    let found = parts.map(|(attribute, variables)| source.find(attribute, &variables));
    for ((attribute, _), found) in parts.iter().zip(&found) {
        let stray = found
            .as_ref()
            .and_then(|(value, origin)| stray_character(attribute, value, origin));
        diagnostics.extend(stray);
    }
    if let [Some((tenant_id, _)), Some((client_id, _)), Some((client_secret, _))] = found {
        return Some(Credential::ClientSecret {
            tenant_id,
            client_id,
            client_secret: SecretString::from(client_secret),
        });
    }
    let lines: Vec<String> = parts
        .iter()
        .zip(&found)
        .map(|((attribute, variables), found)| match found {
            Some((_, origin)) => format!("- {attribute}: found in {origin}"),
            None => format!(
                "- {attribute}: missing; write `{attribute}` or set {}",
                variables.join(" or ")
            ),
        })
        .collect();
    diagnostics.push(Diagnostic::error(
        "No complete credential",
        format!(
            "Sign-in with a client secret needs a tenant id, a client id and a client secret:\n{}\n\nThe provider \
             did not contact the service.",
            lines.join("\n")
        ),
    ));
    None
}

fn ca_certificate(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<u8>> {
    let (path, origin) = source.find("ca_certificate_path", &["MDE_CA_CERTIFICATE_PATH"])?;
    let problem = match read_regular_file(&path, LONGEST_CERTIFICATES) {
        Ok(pem) if has_certificate(&pem) => return Some(pem),
        Ok(_) => "it holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`".to_owned(),
        Err(error) => error.to_string(),
    };
    diagnostics.push(
        Diagnostic::error(
            "The certificate file cannot be used",
            format!(
                "{origin} names the file `{path}`: {problem}.\n\nName a readable file with certificates in PEM, or \
                 remove the setting to trust only the system's authorities."
            ),
        )
        .at(Path::attribute("ca_certificate_path")),
    );
    None
}

/// The content of a file. A pipe or a device is refused before it is read: it may never end, or never begin.
fn read_regular_file(path: &str, longest: u64) -> io::Result<Vec<u8>> {
    let check = |found: std::fs::Metadata| match () {
        () if !found.is_file() => Err(io::Error::other("it is no regular file")),
        () if found.len() > longest => Err(io::Error::other(format!("it has more than {} MiB", longest >> 20))),
        () => Ok(()),
    };
    check(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // What has the name may be another file by now.
    check(file.metadata()?)?;
    let mut content = Vec::new();
    file.take(longest).read_to_end(&mut content)?;
    Ok(content)
}

fn has_certificate(pem: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    pem.windows(BEGIN.len()).any(|window| window == BEGIN)
}

fn policy(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Policy> {
    let capacity = whole(source, "capacity", 1, i64::from(i32::MAX), diagnostics);
    let max_removals = whole(source, "max_removals", 0, i64::from(i32::MAX), diagnostics);
    let batch_size = whole(source, "batch_size", 1, BATCH_SIZE, diagnostics);
    let on_existing = match source.find("on_existing", &["MDE_ON_EXISTING"]) {
        None => Some(OnExisting::Own),
        Some((written, origin)) => match written.as_str() {
            "own" => Some(OnExisting::Own),
            "adopt" => Some(OnExisting::Adopt),
            other => {
                diagnostics.push(
                    Diagnostic::error(
                        "Invalid on_existing",
                        format!(
                            "{origin} is {}, which is neither `own` nor `adopt`. Set one of these, or remove it for \
                             `own`.",
                            crate::feed::shown(other)
                        ),
                    )
                    .at(Path::attribute("on_existing")),
                );
                None
            }
        },
    };
    let protected = match Protected::parse(&source.texts("protected", "MDE_PROTECTED")) {
        Ok(protected) => Some(protected),
        Err(problems) => {
            diagnostics
                .push(Diagnostic::error("Invalid protected", problems.join("\n")).at(Path::attribute("protected")));
            None
        }
    };
    Some(Policy {
        capacity: usize::try_from(capacity.unwrap_or(CAPACITY)).ok()?,
        on_existing: on_existing?,
        applications: source.texts("applications", "MDE_APPLICATIONS"),
        protected: protected?,
        max_removals: max_removals.and_then(|limit| usize::try_from(limit).ok()),
        batch_size: usize::try_from(batch_size.unwrap_or(BATCH_SIZE)).ok()?,
    })
}

fn quota_share(source: &Source<'_>, diagnostics: &mut Diagnostics) -> u8 {
    let share = whole(source, "quota_share", 1, 100, diagnostics).unwrap_or(100);
    u8::try_from(share).unwrap_or(100)
}

/// A whole number within bounds, or nothing; what is outside is told. The environment variable MDE_NAME counts where the
/// block has no number, except for `max_removals`: there it counts first, so that one run can be let through.
fn whole(source: &Source<'_>, name: &str, least: i64, most: i64, diagnostics: &mut Diagnostics) -> Option<i64> {
    let variable = format!("MDE_{}", name.to_uppercase());
    let value = source.config.get(name);
    let written = (source.environment)(&variable).filter(|text| !text.is_empty());
    let from_environment = name == "max_removals" || value.is_null();
    let (number, origin) = match written {
        Some(text) if from_environment => (text.trim().parse().ok(), variable),
        _ if value.is_null() || value.is_unknown() => return None,
        _ => (value.as_i64(), format!("`{name}`")),
    };
    let number = number.filter(|number| (least..=most).contains(number));
    if number.is_none() {
        diagnostics.push(
            Diagnostic::error(
                format!("Invalid {name}"),
                format!("{origin} must be a whole number from {least} to {most}."),
            )
            .at(Path::attribute(name)),
        );
    }
    number
}

/// A URL that is safe to send secrets to; `origin` says where it was written.
fn https(attribute: &str, written: &str, origin: &str, diagnostics: &mut Diagnostics) -> Option<Url> {
    let problem = match Url::parse(written) {
        Ok(url) if url.scheme() != "https" => "does not start with `https://`",
        Ok(url) if url.host_str().is_none_or(str::is_empty) => "names no host",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => "holds a user name or password",
        Ok(url) if url.query().is_some() || url.fragment().is_some() => "holds a query or a fragment",
        Ok(url) if attribute == "authority_host" && url.path() != "/" => {
            "holds a path; requests for tokens go to the host's own path"
        }
        Ok(url) => return Some(url),
        Err(_) => "is not a URL",
    };
    diagnostics.push(
        Diagnostic::error(
            format!("Invalid {attribute}"),
            format!(
                "{origin} is {}, which {problem}. Credentials and indicators are sent over HTTPS only.\n\nWrite an address \
                 that begins with `https://`, or leave it out for the environment's own. For a private certificate authority, \
                 set `ca_certificate_path`.",
                crate::feed::shown(&without_password(written)),
            ),
        )
        .at(Path::attribute(attribute)),
    );
    None
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

#[cfg(test)]
mod tests;
