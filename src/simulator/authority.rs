//! The identity provider: which of its paths is called.
//!
//! **Invariant:** nothing here needs a token or counts for a limit.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;

use super::aadsts::SignInError;
use super::answer::Answer;
use super::application::Applications;
use super::discovery::{self, Version};
use super::options::Options;
use super::pipeline::Pipelines;
use super::request::Request;
use super::switches::Verdict;
use super::token::Tokens;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    /// Tokens of a tenant.
    Token(&'a str, Version),
    /// The discovery document of a tenant.
    OpenIdConfiguration(&'a str, Version),
    /// The public keys.
    Keys,
    /// Whether a host is one to sign in at.
    Instances,
}

fn route(path: &str) -> Option<Endpoint<'_>> {
    let (tenant, rest) = path.strip_prefix('/')?.split_once('/')?;
    Some(match rest {
        "oauth2/v2.0/token" => Endpoint::Token(tenant, Version::Second),
        "oauth2/token" => Endpoint::Token(tenant, Version::First),
        "v2.0/.well-known/openid-configuration" => Endpoint::OpenIdConfiguration(tenant, Version::Second),
        ".well-known/openid-configuration" => Endpoint::OpenIdConfiguration(tenant, Version::First),
        "discovery/v2.0/keys" | "discovery/keys" => Endpoint::Keys,
        "discovery/instance" => Endpoint::Instances,
        _ => return None,
    })
}

/// Answers a call to the identity provider; nothing if it is a call to somebody else.
pub fn answer(
    tokens: &mut Tokens,
    request: &Request,
    applications: &Applications,
    pipelines: &Pipelines,
    options: &Options,
    now: Timestamp,
) -> Option<Answer> {
    let endpoint = route(&request.path)?;
    let answered = match endpoint {
        Endpoint::Token(tenant, version) => {
            let by_get = version == Version::First && options.token_by_get == Verdict::Accepted;
            if request.method == Method::POST || (request.method == Method::GET && by_get) {
                tokens.answer(request, tenant, version, applications, pipelines, now)
            } else {
                let text = format!(
                    "The endpoint only accepts POST requests. Received a {} request.",
                    request.method
                );
                Err(SignInError::bad_request("invalid_request", 900_561, text))
            }
        }
        _ if request.method != Method::GET => Ok(Answer::method_not_allowed("GET")),
        Endpoint::OpenIdConfiguration(tenant, version) => {
            if tenant.eq_ignore_ascii_case(&applications.tenant_id) {
                Ok(discovery::open_id_configuration(request, tenant, version))
            } else {
                Err(SignInError::unknown_tenant("invalid_tenant", tenant))
            }
        }
        Endpoint::Keys => Ok(Answer::json(StatusCode::OK, &tokens.keys())),
        Endpoint::Instances => discovery::instances(request),
    };
    Some(answered.unwrap_or_else(|error| error.answer(request, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/t/oauth2/token", Some(Endpoint::Token("t", Version::First))),
            ("/t/oauth2/v2.0/token", Some(Endpoint::Token("t", Version::Second))),
            (
                "/t/v2.0/.well-known/openid-configuration",
                Some(Endpoint::OpenIdConfiguration("t", Version::Second)),
            ),
            (
                "/t/.well-known/openid-configuration",
                Some(Endpoint::OpenIdConfiguration("t", Version::First)),
            ),
            ("/t/discovery/v2.0/keys", Some(Endpoint::Keys)),
            ("/common/discovery/keys", Some(Endpoint::Keys)),
            ("/common/discovery/instance", Some(Endpoint::Instances)),
            ("/t/oauth2/v2.0/authorize", None),
            ("/api/indicators", None),
            ("/oauth2/token", None),
            ("/a/b/oauth2/token", None),
            ("/", None),
        ] {
            assert_eq!(route(path), expected, "{path}");
        }
    }
}
