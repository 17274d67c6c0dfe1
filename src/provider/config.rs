//! The provider block and the environment, made into settings of the client and rules of the provider.

mod arguments;
mod source;
mod address;
mod method;
mod proofs;
mod credential;
mod hosts;
mod caller;

use self::arguments as known;
use crate::defender::{Settings, read_regular_file};
use crate::indicator::Protected;
use crate::tenant::{OnExisting, Policy};
use crate::tf::{Diagnostic, Diagnostics, Path, Value};
use source::{Found, Source, is_sent_as_written, stray_character};
use std::time::Duration;

pub use arguments::schema;
pub use source::Environment;

/// Indicators that a tenant can hold, all authors together, as the service documents.
const CAPACITY: i64 = 15_000;
/// Items that one import call takes at most, as the service documents.
const BATCH_SIZE: i64 = 500;
/// Seconds for one attempt at a call. Fewer would not do for a token; nobody waits for an hour.
const REQUEST_TIMES: (i64, i64) = (5, 3600);
/// Times that a call may be made again.
const RETRIES: (i64, i64) = (0, 100);
/// Longest file of certificates, in bytes. A system's whole list has some 200 kB.
const LONGEST_CERTIFICATES: u64 = 4 << 20;

/// Everything that a configured provider needs.
#[derive(Debug)]
pub struct Read {
    /// Settings of the client.
    pub settings: Settings,
    /// Rules of the provider.
    pub policy: Policy,
    /// What is odd, but no error.
    pub warnings: Diagnostics,
}

/// Checks what needs no credentials. Unknown values pass.
pub fn validate(config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    let source = Source {
        config,
        environment: &|_| None,
    };
    let _ = policy(&source, &mut diagnostics);
    let _ = calls(&source, &mut diagnostics);
    let _ = caller::Caller::read(&source, &mut diagnostics);
    for argument in known::ALL.iter().filter(|argument| is_sent_as_written(argument)) {
        let found = source.text(argument);
        diagnostics.extend(found.and_then(|found| stray_character(argument, &found.value, &found.origin)));
    }
    for argument in [&known::BASE_URL, &known::AUTHORITY_HOST, &known::OIDC_REQUEST_URL] {
        let found = source.text(argument);
        diagnostics.extend(found.and_then(|found| address::https(argument, &found).err()));
    }
    diagnostics.extend(hosts::check(&source));
    diagnostics
}

/// Everything a configured provider needs.
///
/// # Errors
/// All that is wrong with the configuration, at once.
pub fn read(config: &Value, environment: Environment<'_>, user_agent: String) -> Result<Read, Diagnostics> {
    let mut diagnostics = validate(config);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let source = Source { config, environment };
    let policy = policy(&source, &mut diagnostics);
    let hosts = hosts::Hosts::choose(&source, &mut diagnostics);
    let ca_certificate_pem = ca_certificate(&source, &mut diagnostics);
    let credential = credential::choose(&source, &mut diagnostics);
    let calls = calls(&source, &mut diagnostics);
    let caller = caller::Caller::read(&source, &mut diagnostics);
    match (policy, hosts, credential) {
        (Some(policy), Some(hosts), Some(credential)) if !diagnostics.has_errors() => {
            let settings = Settings {
                base_url: hosts.base_url,
                authority_host: hosts.authority_host,
                scope: hosts.scope,
                ca_certificate_pem,
                credential,
                quota_share: calls.quota_share,
                batch_size: policy.batch_size,
                user_agent: caller.user_agent(user_agent),
                correlation_id: caller.correlation_id,
                request_timeout: calls.request_timeout,
                max_retries: calls.max_retries,
            };
            Ok(Read {
                settings,
                policy,
                warnings: diagnostics,
            })
        }
        _ => Err(diagnostics),
    }
}

fn ca_certificate(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<u8>> {
    let Found { value: path, origin } = source.text(&known::CA_CERTIFICATE_PATH)?;
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

fn has_certificate(pem: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    pem.windows(BEGIN.len()).any(|window| window == BEGIN)
}

fn policy(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Policy> {
    let most = i64::from(i32::MAX);
    let capacity = source.number(&known::CAPACITY, (1, most), false, diagnostics);
    // The variable counts first, so that one run can be let through.
    let max_removals = source.number(&known::MAX_REMOVALS, (0, most), true, diagnostics);
    let batch_size = source.number(&known::BATCH_SIZE, (1, BATCH_SIZE), false, diagnostics);
    let on_existing = match source.text(&known::ON_EXISTING) {
        None => Some(OnExisting::Own),
        Some(Found { value: written, origin }) => match written.as_str() {
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
    let protected = match Protected::parse(&source.texts(&known::PROTECTED)) {
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
        applications: source.texts(&known::APPLICATIONS),
        protected: protected?,
        max_removals: max_removals.and_then(|limit| usize::try_from(limit).ok()),
        batch_size: usize::try_from(batch_size.unwrap_or(BATCH_SIZE)).ok()?,
    })
}

/// How calls are made.
struct Calls {
    quota_share: u8,
    request_timeout: Option<Duration>,
    max_retries: Option<u32>,
}

fn calls(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Calls {
    let share = source.number(&known::QUOTA_SHARE, (1, 100), false, diagnostics);
    let seconds = source.number(&known::REQUEST_TIMEOUT, REQUEST_TIMES, false, diagnostics);
    let retries = source.number(&known::MAX_RETRIES, RETRIES, false, diagnostics);
    Calls {
        quota_share: share.and_then(|share| u8::try_from(share).ok()).unwrap_or(100),
        request_timeout: seconds.and_then(|seconds| Some(Duration::from_secs(u64::try_from(seconds).ok()?))),
        max_retries: retries.and_then(|retries| u32::try_from(retries).ok()),
    }
}

#[cfg(test)]
mod tests;
