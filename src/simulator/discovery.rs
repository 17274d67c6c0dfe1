//! The documents by which clients find the token endpoint.
//!
//! **Invariant:** every address in them is on the host that was called, so that a client that follows them stays here.

use axum::http::StatusCode;
use serde_json::json;
use url::{Position, Url};

use super::aadsts::SignInError;
use super::answer::Answer;
use super::request::Request;

/// Which of the two generations of the identity provider's endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Asked with `resource`.
    First,
    /// Asked with `scope`.
    Second,
}

/// The document of OpenID Connect discovery. The tenant is known.
pub fn open_id_configuration(request: &Request, tenant: &str, version: Version) -> Answer {
    let at = |path: &str| format!("https://{}/{tenant}{path}", request.host);
    let (issuer, token, authorization, keys) = match version {
        Version::First => (
            first_issuer(tenant),
            at("/oauth2/token"),
            at("/oauth2/authorize"),
            at("/discovery/keys"),
        ),
        Version::Second => (
            at("/v2.0"),
            at("/oauth2/v2.0/token"),
            at("/oauth2/v2.0/authorize"),
            at("/discovery/v2.0/keys"),
        ),
    };
    let body = json!({
        "issuer": issuer,
        "token_endpoint": token,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        // Nobody can sign in there, but clients refuse a document without it.
        "authorization_endpoint": authorization,
        "jwks_uri": keys,
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
    });
    Answer::json(StatusCode::OK, &body)
}

/// The names that a signed statement of an application may call the endpoint by: its addresses, and the issuers.
pub fn audiences(request: &Request, tenant: &str) -> Vec<String> {
    let at = |path: &str| format!("https://{}/{tenant}{path}", request.host);
    vec![
        at("/oauth2/v2.0/token"),
        at("/oauth2/token"),
        at("/v2.0"),
        first_issuer(tenant),
    ]
}

/// The `iss` of the first version, which tokens for this API have whichever endpoint they come from.
pub fn first_issuer(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Answers whether a host signs in for a cloud, which MSAL asks before it trusts one. Every host does here.
pub fn instances(request: &Request) -> Result<Answer, SignInError> {
    let missing = |name: &str| {
        let text = format!(
            "The required field '{name}' is missing from the request. Ensure that you have all the necessary parameters \
             for the request."
        );
        SignInError::bad_request("invalid_request", 90_014, text)
    };
    let parameter = |name: &str| request.parameter(name).ok_or_else(|| missing(name));
    parameter("api-version")?;
    let endpoint = parameter("authorization_endpoint")?;
    let (asked, tenant) = host_and_tenant(&endpoint).ok_or_else(|| {
        let text = "Unknown or invalid instance.".to_owned();
        SignInError::bad_request("invalid_instance", 50_049, text)
    })?;
    let version = if endpoint.contains("/oauth2/v2.0/") {
        "/v2.0"
    } else {
        ""
    };
    // MSAL for Python asks without the port, so that only the call itself says where the simulator is.
    let document = format!(
        "https://{}/{tenant}{version}/.well-known/openid-configuration",
        request.host
    );
    let body = json!({
        "tenant_discovery_endpoint": document,
        "api-version": "1.1",
        "metadata": [{"preferred_network": asked, "preferred_cache": asked, "aliases": [asked]}],
    });
    Ok(Answer::json(StatusCode::OK, &body))
}

/// Host and tenant of an endpoint of a tenant.
fn host_and_tenant(endpoint: &str) -> Option<(String, String)> {
    let url = Url::parse(endpoint).ok().filter(|url| url.scheme() == "https")?;
    let tenant = url.path_segments()?.next().filter(|tenant| !tenant.is_empty())?;
    let host = &url[Position::BeforeHost..Position::AfterPort];
    Some((host.to_owned(), tenant.to_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::Value;

    use super::*;

    fn body(answer: &Answer) -> Value {
        serde_json::from_slice(&answer.body).unwrap()
    }

    fn request(query: &str) -> Request {
        let mut request = Request::new(Method::GET, "/x", query, String::new());
        request.host = "127.0.0.1:8443".into();
        request
    }

    #[test]
    fn a_client_that_follows_the_documents_stays_on_the_host() {
        for (version, token, issuer) in [
            (
                Version::Second,
                "https://127.0.0.1:8443/t/oauth2/v2.0/token",
                "https://127.0.0.1:8443/t/v2.0",
            ),
            (
                Version::First,
                "https://127.0.0.1:8443/t/oauth2/token",
                "https://sts.windows.net/t/",
            ),
        ] {
            let document = body(&open_id_configuration(&request(""), "t", version));
            assert_eq!(
                (&document["token_endpoint"], &document["issuer"]),
                (&json!(token), &json!(issuer))
            );
            for name in ["authorization_endpoint", "jwks_uri"] {
                assert!(
                    document[name].as_str().unwrap().starts_with("https://127.0.0.1:8443/"),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn every_host_signs_in() {
        let ask = |endpoint: &str, version: &str| {
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("authorization_endpoint", endpoint)
                .append_pair("api-version", version)
                .finish();
            instances(&request(&query)).map(|answer| body(&answer))
        };
        for (endpoint, asked, document) in [
            (
                "https://127.0.0.1:8443/t/oauth2/v2.0/authorize",
                "127.0.0.1:8443",
                "/t/v2.0",
            ),
            ("https://127.0.0.1/t/oauth2/v2.0/authorize", "127.0.0.1", "/t/v2.0"),
            (
                "https://login.microsoftonline.com/common/oauth2/authorize",
                "login.microsoftonline.com",
                "/common",
            ),
        ] {
            let found = ask(endpoint, "1.0").unwrap();
            let document = format!("https://127.0.0.1:8443{document}/.well-known/openid-configuration");
            assert_eq!(found["tenant_discovery_endpoint"], document);
            assert_eq!(found["metadata"][0]["aliases"], json!([asked]));
        }
        for endpoint in ["", "x", "http://127.0.0.1/t/oauth2/authorize", "https://127.0.0.1"] {
            assert!(ask(endpoint, "1.1").is_err(), "{endpoint}");
        }
        assert!(instances(&request("api-version=1.1")).is_err());
        assert!(instances(&request("authorization_endpoint=https://a/b/c")).is_err());
    }
}
