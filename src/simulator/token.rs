//! The token endpoint.
//!
//! **Invariant:** a token is good for 3,599 seconds of the simulator's clock, for one tenant and one application.

use std::collections::HashMap;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;
use url::form_urlencoded;

use super::answer::{Answer, Refusal};
use super::application::{Application, random_hexadecimal};
use super::request::Request;

const LIFE_SECONDS: i64 = 3599;

/// The tokens that were given out, with their ends.
#[derive(Debug, Default)]
pub struct Tokens(HashMap<String, Timestamp>);

impl Tokens {
    /// Answers a request to the token endpoint.
    pub fn answer(&mut self, request: &Request, tenant: &str, application: &Application, now: Timestamp) -> Answer {
        if request.method != Method::POST {
            return Answer::method_not_allowed("POST");
        }
        let form: HashMap<String, String> = form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
        match check(&form, request, tenant, application) {
            Err(error) => error.answer(request, now),
            Ok(()) => self.issue(request, now),
        }
    }

    fn issue(&mut self, request: &Request, now: Timestamp) -> Answer {
        self.0.retain(|_, end| *end > now);
        // Unguessable, so that a test that passes has really asked for it.
        let Ok(token) = random_hexadecimal(32) else {
            return Answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let end = now + jiff::SignedDuration::from_secs(LIFE_SECONDS);
        self.0.insert(token.clone(), end);
        let body = if is_second_version(request) {
            json!({"token_type": "Bearer", "expires_in": LIFE_SECONDS, "ext_expires_in": LIFE_SECONDS,
                "access_token": token})
        } else {
            // The first version writes its numbers as strings.
            json!({"token_type": "Bearer", "expires_in": LIFE_SECONDS.to_string(),
                "ext_expires_in": LIFE_SECONDS.to_string(), "expires_on": end.as_second().to_string(),
                "not_before": now.as_second().to_string(), "access_token": token})
        };
        Answer::json(StatusCode::OK, &body)
    }

    /// The tokens that were given out and are not known to be over.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Refuses a call whose header has no token, or one that is unknown or over.
    pub fn check(&self, authorization: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
        let token = authorization
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token);
        match token.and_then(|token| self.0.get(token)) {
            Some(end) if *end > now => Ok(()),
            _ => Err(Refusal::new(
                401,
                "Unauthorized",
                "Unauthorized (invalid or expired authorization header).",
            )),
        }
    }
}

/// The tenant in the path, if the path is that of the token endpoint.
pub fn tenant_in(path: &str) -> Option<&str> {
    let tenant = path.strip_prefix('/')?;
    tenant
        .strip_suffix("/oauth2/v2.0/token")
        .or_else(|| tenant.strip_suffix("/oauth2/token"))
}

fn is_second_version(request: &Request) -> bool {
    request.path.ends_with("/v2.0/token")
}

struct TokenError {
    status: StatusCode,
    error: &'static str,
    number: u32,
    text: String,
}

impl TokenError {
    fn new(status: StatusCode, error: &'static str, number: u32, text: String) -> Self {
        Self {
            status,
            error,
            number,
            text,
        }
    }

    fn answer(&self, request: &Request, now: Timestamp) -> Answer {
        let Self {
            status,
            error,
            number,
            text,
        } = self;
        let id = "00000000-0000-4000-8000-000000000000";
        let at = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": error,
            "error_description": format!("AADSTS{number}: {text} Trace ID: {id} Correlation ID: {id} Timestamp: {at}"),
            "error_codes": [number],
            "timestamp": at,
            "trace_id": id,
            "correlation_id": id,
            "error_uri": format!("https://{}/error?code={number}", request.host),
        });
        Answer::json(*status, &body)
    }
}

fn check(
    form: &HashMap<String, String>,
    request: &Request,
    tenant: &str,
    application: &Application,
) -> Result<(), TokenError> {
    let bad = |error, number, text: String| Err(TokenError::new(StatusCode::BAD_REQUEST, error, number, text));
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let missing = |name: &str| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        TokenError::new(StatusCode::BAD_REQUEST, "invalid_request", 900_144, text)
    };
    if !tenant.eq_ignore_ascii_case(&application.tenant_id) {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        return bad("invalid_request", 90_002, text);
    }
    let grant = field("grant_type").ok_or_else(|| missing("grant_type"))?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return bad("unsupported_grant_type", 70_003, text);
    }
    let client_id = field("client_id").ok_or_else(|| missing("client_id"))?;
    if !client_id.eq_ignore_ascii_case(&application.client_id) {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You may have sent your authentication request to the wrong tenant."
        );
        return bad("unauthorized_client", 700_016, text);
    }
    if is_second_version(request) {
        let scope = field("scope").ok_or_else(|| missing("scope"))?;
        if !scope.ends_with("/.default") {
            let text = format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
                 with /.default suffixed to the resource identifier (application ID URI)."
            );
            return bad("invalid_scope", 1_002_012, text);
        }
    } else {
        field("resource").ok_or_else(|| missing("resource"))?;
    }
    let refused = |number, text| {
        Err(TokenError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            number,
            text,
        ))
    };
    match field("client_secret") {
        None => {
            let text =
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
            refused(7_000_216, text.to_owned())
        }
        Some(secret) if secret != application.client_secret.expose_secret() => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{client_id}'."
            );
            refused(7_000_215, text)
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::simulator::time;

    fn application() -> Application {
        Application {
            tenant_id: "tenant".into(),
            client_id: "client".into(),
            client_secret: "s&cret".into(),
        }
    }

    fn now() -> Timestamp {
        time::parse("2024-01-01T00:00:00Z").unwrap()
    }

    fn ask(tokens: &mut Tokens, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = Request::new(Method::POST, path, "", body);
        let answer = tokens.answer(&request, tenant_in(path).unwrap(), &application(), now());
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
    }

    const SECOND: &str = "/tenant/oauth2/v2.0/token";
    const GOOD: [(&str, &str); 4] = [
        ("grant_type", "client_credentials"),
        ("client_id", "client"),
        ("client_secret", "s&cret"),
        ("scope", "https://api.securitycenter.microsoft.com/.default"),
    ];

    fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
        GOOD.iter()
            .map(|pair| if pair.0 == name { (name, value) } else { *pair })
            .collect()
    }

    #[test]
    fn tokens_end() {
        let mut tokens = Tokens::default();
        let (status, body) = ask(&mut tokens, SECOND, &GOOD);
        assert_eq!(
            (status, &body["expires_in"], &body["token_type"]),
            (200, &json!(3599), &json!("Bearer"))
        );
        let header = format!("Bearer {}", body["access_token"].as_str().unwrap());
        let at = |seconds| {
            tokens
                .check(Some(&header), now() + jiff::SignedDuration::from_secs(seconds))
                .is_ok()
        };
        assert!(at(0) && at(3598) && !at(3599));
        for header in [None, Some("Bearer x"), Some("Basic x"), Some(""), Some(&header[7..])] {
            assert_eq!(tokens.check(header, now()).unwrap_err().status, 401, "{header:?}");
        }
    }

    #[test]
    fn the_first_version_writes_strings() {
        let form: Vec<_> = GOOD
            .iter()
            .map(|pair| {
                if pair.0 == "scope" {
                    ("resource", "https://x")
                } else {
                    *pair
                }
            })
            .collect();
        let (status, body) = ask(&mut Tokens::default(), "/TENANT/oauth2/token", &form);
        assert_eq!(
            (status, &body["expires_in"], &body["expires_on"]),
            (200, &json!("3599"), &json!("1704070799"))
        );
        assert_eq!(
            ask(&mut Tokens::default(), "/tenant/oauth2/token", &GOOD).1["error_codes"],
            json!([900_144])
        );
    }

    #[test]
    fn errors_are_those_of_the_vendor() {
        let cases = [
            (
                "/other/oauth2/v2.0/token",
                GOOD.to_vec(),
                400,
                "invalid_request",
                "AADSTS90002: Tenant 'other' not found.",
            ),
            (
                SECOND,
                with("client_secret", "x"),
                401,
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided.",
            ),
            (
                SECOND,
                with("client_secret", ""),
                401,
                "invalid_client",
                "AADSTS7000216: ",
            ),
            (
                SECOND,
                with("client_id", "x"),
                400,
                "unauthorized_client",
                "AADSTS700016: Application with identifier 'x'",
            ),
            (
                SECOND,
                with("scope", "x"),
                400,
                "invalid_scope",
                "AADSTS1002012: The provided value for scope x",
            ),
            (SECOND, with("scope", ""), 400, "invalid_request", "AADSTS900144: "),
            (
                SECOND,
                with("grant_type", "password"),
                400,
                "unsupported_grant_type",
                "AADSTS70003: ",
            ),
            (SECOND, vec![], 400, "invalid_request", "AADSTS900144: "),
        ];
        for (path, form, status, error, description) in cases {
            let (found, body) = ask(&mut Tokens::default(), path, &form);
            assert_eq!((found, body["error"].as_str().unwrap()), (status, error), "{body}");
            assert!(
                body["error_description"].as_str().unwrap().starts_with(description),
                "{body}"
            );
        }
        assert_eq!(
            (tenant_in("/a/oauth2/token"), tenant_in("/api/indicators")),
            (Some("a"), None)
        );
    }
}
