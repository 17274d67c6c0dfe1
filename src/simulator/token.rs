//! The token endpoint, and tokens of managed identities.
//!
//! **Invariant:** a token is good for its life by the simulator's clock, for one tenant and one application, and for no
//! simulator but the one that gave it out.

use std::collections::HashMap;

use aws_lc_rs::error::Unspecified;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::aadsts::SignInError;
use super::answer::{Answer, Refusal};
use super::application::{Application, Applications, random_hexadecimal};
use super::assertion;
use super::discovery::{self, Version, first_issuer};
use super::pipeline::Pipelines;
use super::request::Request;
use super::signing::SigningKey;

const SCOPE_OF_ALL_ROLES: &str = "/.default";

/// What a token stands for.
#[derive(Debug)]
struct Grant {
    end: Timestamp,
    application: usize,
}

/// The tokens that were given out.
#[derive(Debug)]
pub struct Tokens {
    key: &'static SigningKey,
    /// Seconds from a token's beginning to its end.
    life: i64,
    grants: HashMap<String, Grant>,
}

/// A request for a token that is granted.
struct Granted<'a> {
    /// Number of the application.
    number: usize,
    application: &'a Application,
    /// What the token is for.
    audience: &'a str,
    /// How the application has proved who it is, as the claim `appidacr` has it.
    proof: &'static str,
}

/// By a secret.
const BY_SECRET: &str = "1";
/// By a certificate, or by somebody whom it trusts.
const BY_ASSERTION: &str = "2";

impl Tokens {
    /// No token yet; each will live so many seconds.
    pub fn new(life: u32) -> Result<Self, Unspecified> {
        Ok(Self {
            key: SigningKey::of_process()?,
            life: life.into(),
            grants: HashMap::new(),
        })
    }

    /// Answers a request to the token endpoint.
    pub fn answer(
        &mut self,
        request: &Request,
        tenant: &str,
        version: Version,
        applications: &Applications,
        pipelines: &Pipelines,
        now: Timestamp,
    ) -> Result<Answer, SignInError> {
        let form: HashMap<String, String> = request.form().into_iter().collect();
        let proofs = Proofs {
            audiences: discovery::audiences(request, tenant),
            pipelines,
            now,
        };
        let granted = check(&form, tenant, version, applications, &proofs)?;
        let issued = self.issue(&granted, version, &applications.tenant_id, now);
        // Without random numbers there is no token, but then the simulator would not have started.
        Ok(issued.unwrap_or_else(|_| Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)))
    }

    fn issue(
        &mut self,
        granted: &Granted,
        version: Version,
        tenant: &str,
        now: Timestamp,
    ) -> Result<Answer, Unspecified> {
        self.grants.retain(|_, grant| grant.end > now);
        let life = self.life;
        let token = self.key.sign(&claims(granted, tenant, now, life)?)?;
        let end = now + SignedDuration::from_secs(life);
        let body = match version {
            Version::Second => json!({"token_type": "Bearer", "expires_in": life,
                "ext_expires_in": life, "access_token": token}),
            // The first version writes its numbers as strings.
            Version::First => json!({"token_type": "Bearer", "expires_in": life.to_string(),
                "ext_expires_in": life.to_string(), "expires_on": end.as_second().to_string(),
                "not_before": now.as_second().to_string(), "resource": granted.audience, "access_token": token}),
        };
        let grant = Grant {
            end,
            application: granted.number,
        };
        self.grants.insert(token, grant);
        Ok(Answer::json(StatusCode::OK, &body))
    }

    /// The answer with a token for the managed identity that is this application.
    pub fn for_identity(
        &mut self,
        number: usize,
        resource: &str,
        applications: &Applications,
        now: Timestamp,
    ) -> Result<Answer, Unspecified> {
        let granted = Granted {
            number,
            application: applications.get(number).ok_or(Unspecified)?,
            audience: resource,
            proof: BY_ASSERTION,
        };
        // It is written as the first version writes it.
        self.issue(&granted, Version::First, &applications.tenant_id, now)
    }

    /// The tokens that were given out and are not known to be over.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.grants.keys().map(String::as_str)
    }

    /// Forgets every token.
    pub fn clear(&mut self) {
        self.grants.clear();
    }

    /// The keys that the tokens are signed with, as they are published.
    pub fn keys(&self) -> Value {
        self.key.published()
    }

    /// The number of the application that calls. Refuses a call whose header has no token, or one that is unknown or over.
    pub fn check(&self, authorization: Option<&str>, now: Timestamp) -> Result<usize, Refusal> {
        let token = authorization
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token);
        match token.and_then(|token| self.grants.get(token)) {
            Some(grant) if grant.end > now => Ok(grant.application),
            _ => Err(Refusal::unauthorized()),
        }
    }
}

/// What a token of an application says, in the names of the first version.
fn claims(granted: &Granted, tenant: &str, now: Timestamp, life: i64) -> Result<Value, Unspecified> {
    let application = granted.application;
    let issuer = first_issuer(tenant);
    let mut claims = json!({
        "aud": granted.audience,
        "iss": issuer,
        "iat": now.as_second(),
        "nbf": now.as_second(),
        "exp": now.as_second() + life,
        "app_displayname": application.display_name,
        "appid": application.client_id,
        "appidacr": granted.proof,
        "idp": issuer,
        "oid": application.object_id,
        "sub": application.object_id,
        "tid": tenant,
        // Unguessable, so that a test that passes has really asked for the token.
        "uti": random_hexadecimal(16)?,
        "ver": "1.0",
    });
    if !application.roles.is_empty() {
        claims["roles"] = json!(application.roles);
    }
    Ok(claims)
}

/// What statements of applications are compared with.
struct Proofs<'a> {
    /// Names of the endpoint.
    audiences: Vec<String>,
    pipelines: &'a Pipelines,
    now: Timestamp,
}

fn check<'a>(
    form: &'a HashMap<String, String>,
    tenant: &str,
    version: Version,
    applications: &'a Applications,
    proofs: &Proofs<'_>,
) -> Result<Granted<'a>, SignInError> {
    let bad = SignInError::bad_request;
    let field = |name: &str| form.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let required = |name: &str| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        field(name).ok_or_else(|| bad("invalid_request", 900_144, text))
    };
    if !tenant.eq_ignore_ascii_case(&applications.tenant_id) {
        return Err(SignInError::unknown_tenant("invalid_request", tenant));
    }
    let grant = required("grant_type")?;
    if grant != "client_credentials" {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(bad("unsupported_grant_type", 70_003, text));
    }
    let client_id = required("client_id")?;
    let known = applications.position(client_id);
    let (number, application) = known
        .and_then(|number| Some((number, applications.get(number)?)))
        .ok_or_else(|| {
            let text = format!(
                "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if \
                 the application has not been installed by the administrator of the tenant or consented to by any user in \
                 the tenant. You may have sent your authentication request to the wrong tenant."
            );
            bad("unauthorized_client", 700_016, text)
        })?;
    let audience = match version {
        Version::First => required("resource")?,
        Version::Second => {
            let scope = required("scope")?;
            scope.strip_suffix(SCOPE_OF_ALL_ROLES).ok_or_else(|| {
                let text = format!(
                    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
                     with /.default suffixed to the resource identifier (application ID URI)."
                );
                bad("invalid_scope", 1_002_012, text)
            })?
        }
    };
    let refused = |number, text| SignInError::new(StatusCode::UNAUTHORIZED, "invalid_client", number, text);
    let granted = |proof| {
        Ok(Granted {
            number,
            application,
            audience,
            proof,
        })
    };
    if let Some(text) = field("client_assertion") {
        if required("client_assertion_type")? != assertion::TYPE {
            let text = "The value of 'client_assertion_type' is not supported.".to_owned();
            return Err(bad("invalid_request", 700_022, text));
        }
        assertion::check(text, application, &proofs.audiences, proofs.pipelines, proofs.now)?;
        return granted(BY_ASSERTION);
    }
    let secret = field("client_secret").ok_or_else(|| {
        let text =
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
        refused(7_000_216, text.to_owned())
    })?;
    if secret != application.client_secret.expose_secret() {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not \
             the client secret ID, for a secret added to app '{client_id}'."
        );
        return Err(refused(7_000_215, text));
    }
    if application.secret_end.is_some_and(|end| end <= proofs.now) {
        let text = format!(
            "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys for \
             your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
             https://aka.ms/certCreds."
        );
        return Err(refused(7_000_222, text));
    }
    granted(BY_SECRET)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use url::form_urlencoded;

    use super::*;
    use crate::simulator::options::Options;
    use crate::simulator::time;

    fn applications() -> Applications {
        let options = Options {
            tenant_id: Some("tenant".into()),
            client_id: Some("client".into()),
            client_secret: Some("s&cret".into()),
            object_id: Some("object".into()),
            applications: vec!["client-id=second,client-secret=2,permission=none".parse().unwrap()],
            ..Options::default()
        };
        Applications::new(&options).unwrap()
    }

    fn tokens() -> Tokens {
        Tokens::new(3599).unwrap()
    }

    fn now() -> Timestamp {
        time::parse("2024-01-01T00:00:00Z").unwrap()
    }

    fn ask(tokens: &mut Tokens, tenant: &str, version: Version, form: &[(&str, &str)]) -> (u16, Value) {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = Request::new(Method::POST, "/token", "", body);
        let pipelines = Pipelines::new().unwrap();
        let answer = tokens.answer(&request, tenant, version, &applications(), &pipelines, now());
        let answer = answer.unwrap_or_else(|error| error.answer(&request, now()));
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
    }

    /// What the token in an answer says.
    fn said(body: &Value) -> Value {
        let token = body["access_token"].as_str().unwrap();
        let claims = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
    }

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
        let mut tokens = tokens();
        let (status, body) = ask(&mut tokens, "tenant", Version::Second, &GOOD);
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
        let (status, body) = ask(&mut tokens(), "TENANT", Version::First, &form);
        assert_eq!(
            (status, &body["expires_in"], &body["expires_on"]),
            (200, &json!("3599"), &json!("1704070799"))
        );
        assert_eq!(
            (&body["resource"], &said(&body)["aud"]),
            (&json!("https://x"), &json!("https://x"))
        );
        assert_eq!(
            ask(&mut tokens(), "tenant", Version::First, &GOOD).1["error_codes"],
            json!([900_144])
        );
    }

    #[test]
    fn errors_are_those_of_the_vendor() {
        let cases = [
            (
                "other",
                GOOD.to_vec(),
                400,
                "invalid_request",
                "AADSTS90002: Tenant 'other' not found.",
            ),
            (
                "tenant",
                with("client_secret", "x"),
                401,
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided.",
            ),
            (
                "tenant",
                with("client_secret", ""),
                401,
                "invalid_client",
                "AADSTS7000216: ",
            ),
            (
                "tenant",
                with("client_id", "x"),
                400,
                "unauthorized_client",
                "AADSTS700016: Application with identifier 'x'",
            ),
            (
                "tenant",
                with("scope", "x"),
                400,
                "invalid_scope",
                "AADSTS1002012: The provided value for scope x",
            ),
            ("tenant", with("scope", ""), 400, "invalid_request", "AADSTS900144: "),
            (
                "tenant",
                with("grant_type", "password"),
                400,
                "unsupported_grant_type",
                "AADSTS70003: ",
            ),
            ("tenant", vec![], 400, "invalid_request", "AADSTS900144: "),
        ];
        for (tenant, form, status, error, description) in cases {
            let (found, body) = ask(&mut tokens(), tenant, Version::Second, &form);
            assert_eq!((found, body["error"].as_str().unwrap()), (status, error), "{body}");
            assert!(
                body["error_description"].as_str().unwrap().starts_with(description),
                "{body}"
            );
        }
    }

    #[test]
    fn a_token_says_whose_it_is_and_what_it_may_do() {
        let mut given = tokens();
        let (_, first) = ask(&mut given, "tenant", Version::Second, &GOOD);
        let expected = json!({"aud": "https://api.securitycenter.microsoft.com", "iss": "https://sts.windows.net/tenant/",
            "tid": "tenant", "appid": "client", "oid": "object", "sub": "object", "iat": 1_704_067_200, "nbf": 1_704_067_200,
            "exp": 1_704_070_799, "roles": ["Ti.ReadWrite.All", "Score.Read.All"], "ver": "1.0",
            "app_displayname": "Simulated application"});
        let claims = said(&first);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&claims[name], value, "{name}");
        }
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "SECOND"),
            ("client_secret", "2"),
            ("scope", "x/.default"),
        ];
        let (_, second) = ask(&mut given, "tenant", Version::Second, &form);
        assert_eq!(said(&second)["appid"], "second");
        assert!(said(&second).get("roles").is_none(), "no role, no claim");
        let who = |body: &Value| {
            given.check(
                Some(&format!("Bearer {}", body["access_token"].as_str().unwrap())),
                now(),
            )
        };
        assert_eq!((who(&first), who(&second)), (Ok(0), Ok(1)));
        let (status, body) = ask(&mut tokens(), "tenant", Version::Second, &with("client_secret", "2"));
        assert_eq!(
            (status, &body["error_codes"]),
            (401, &json!([7_000_215])),
            "the other one's secret"
        );
    }
}
