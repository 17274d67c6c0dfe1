//! Whom an access token is for and what it may do, as the token itself says. Only the service can judge a token; this is for
//! messages, and for telling own rows from those of others.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The role for indicators of the application itself.
const OWN_ROWS: &str = "Ti.ReadWrite";

/// A longer payload is not read, in bytes. Tokens of applications have some 2 kB.
const LONGEST_PAYLOAD: usize = 64 << 10;

/// An application, a managed identity, or a person who signed in with the Azure CLI.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// Client id of the application. For a person it is that of the program that signed in, such as the Azure CLI.
    pub application_id: Option<String>,
    /// Object id in the directory.
    pub object_id: Option<String>,
    /// Directory (tenant) id.
    pub tenant_id: Option<String>,
    /// Display name of the application.
    pub display_name: Option<String>,
    /// Sign-in name, if it is a person.
    pub user: Option<String>,
    /// Application permissions.
    pub roles: Vec<String>,
    /// Delegated permissions of a person.
    pub scopes: Vec<String>,
    /// Whom the token is meant for.
    pub audience: Option<String>,
    /// When the token ends.
    pub expires: Option<Timestamp>,
}

impl Principal {
    /// What is known before there is a token: the client id of the configuration, if it has one.
    pub(crate) fn configured(client_id: Option<&str>) -> Self {
        Self {
            application_id: client_id.map(str::to_owned),
            ..Self::default()
        }
    }

    /// What the token says, and `known` where it says nothing. A token of another form than a JWT says nothing at all: what
    /// a token holds is between Entra and the service.
    pub(crate) fn read(token: &str, known: &Self) -> Self {
        let Some(claims) = claims(token) else {
            return known.clone();
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let first = |names: &[&str]| names.iter().find_map(|name| text(name));
        let roles = claims.get("roles").and_then(Value::as_array);
        let roles = roles.into_iter().flatten().filter_map(Value::as_str);
        let scopes = text("scp").unwrap_or_default();
        Self {
            application_id: first(&["appid", "azp"]).or_else(|| known.application_id.clone()),
            object_id: text("oid"),
            tenant_id: text("tid"),
            display_name: text("app_displayname"),
            user: first(&["upn", "unique_name", "preferred_username"]),
            roles: roles.map(str::to_owned).collect(),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            audience: text("aud"),
            expires: claims
                .get("exp")
                .and_then(Value::as_i64)
                .and_then(|at| Timestamp::from_second(at).ok()),
        }
    }

    /// Whether it is a person. Everybody who uses the Azure CLI shares its client id, so that says nothing of whose a row is.
    fn is_person(&self) -> bool {
        self.user.is_some() || !self.scopes.is_empty()
    }

    /// What the service writes as the author of its rows: the client id of an application, the name of a person.
    #[must_use]
    pub fn author(&self) -> Option<&str> {
        if self.is_person() {
            self.user.as_deref().or(self.object_id.as_deref())
        } else {
            self.application_id.as_deref().or(self.object_id.as_deref())
        }
    }

    /// Whether this author of a row is this principal.
    #[must_use]
    pub fn is(&self, author: &str) -> bool {
        let is = |id: &Option<String>| id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(author));
        let name = if self.is_person() {
            &self.user
        } else {
            &self.application_id
        };
        is(name) || is(&self.object_id)
    }

    /// Whether it may use its own indicators only and does not see those of other authors. False where no roles are named.
    #[must_use]
    pub fn sees_own_rows_only(&self) -> bool {
        let is_for_all_rows = |role: &String| role.starts_with("Ti.") && role.ends_with(".All");
        self.roles.iter().any(|role| role == OWN_ROWS) && !self.roles.iter().any(is_for_all_rows)
    }
}

/// The claims of a JWT, whose signature is for the service to check.
fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.').skip(1);
    let payload = parts.next().filter(|payload| payload.len() <= LONGEST_PAYLOAD)?;
    let claims = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(claims: &str) -> String {
        format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims))
    }

    fn read(token: &str) -> Principal {
        Principal::read(token, &Principal::configured(Some("Configured")))
    }

    #[test]
    fn the_role_for_own_rows_alone_is_found() {
        for (claims, expected) in [
            (r#"{"roles":["Ti.ReadWrite"]}"#, true),
            (r#"{"roles":["Score.Read.All","Ti.ReadWrite"],"aud":"x"}"#, true),
            (r#"{"roles":["Ti.ReadWrite","Ti.ReadWrite.All"]}"#, false),
            (r#"{"roles":["Ti.ReadWrite","Ti.Read.All"]}"#, false),
            (r#"{"roles":["Ti.ReadWrite.All"]}"#, false),
            (r#"{"roles":[]}"#, false),
            (r#"{"scp":"Ti.ReadWrite"}"#, false),
            (r#"{"roles":"Ti.ReadWrite"}"#, false),
            (r#"{"roles":[1]}"#, false),
        ] {
            assert_eq!(read(&token(claims)).sees_own_rows_only(), expected, "{claims}");
        }
        let padded = token(r#"{"roles":["Ti.ReadWrite"] }"#);
        let padded = format!("{}==", padded.trim_end_matches(".signature"));
        assert!(read(&padded).sees_own_rows_only());
    }

    #[test]
    fn a_token_of_another_form_says_nothing() {
        let long = format!(r#"{{"roles":["Ti.ReadWrite"],"x":"{}"}}"#, "x".repeat(LONGEST_PAYLOAD));
        let claims = ["[[[[", "\u{0}", &long].map(token);
        let others = ["", "opaque", "a.b", "a.!.c", "..", "Ti.ReadWrite"].map(str::to_owned);
        for token in claims.iter().chain(&others) {
            assert_eq!(read(token), Principal::configured(Some("Configured")), "{token}");
        }
    }

    #[test]
    fn an_application_is_known_by_its_client_id_and_its_object_id() {
        let claims = json!({"appid": "A-1", "oid": "o-1", "tid": "t", "app_displayname": "GitOps", "exp": 1_800_000_000,
            "aud": "https://api.example", "roles": ["Ti.ReadWrite.All"]});
        let principal = read(&token(&claims.to_string()));
        assert_eq!(principal.author(), Some("A-1"));
        assert!(principal.is("a-1") && principal.is("O-1"));
        assert!(!principal.is("Configured") && !principal.is("t") && !principal.is("GitOps") && !principal.is(""));
        assert_eq!(principal.expires, Timestamp::from_second(1_800_000_000).ok());
        // A token that names no application leaves what the configuration says.
        assert_eq!(read(&token("{}")).author(), Some("Configured"));
    }

    #[test]
    fn a_person_is_not_everybody_who_uses_the_same_program() {
        let claims = json!({"appid": "azure-cli", "oid": "o-1", "upn": "ann@contoso.example", "scp": "Ti.ReadWrite x"});
        let principal = read(&token(&claims.to_string()));
        assert_eq!(principal.author(), Some("ann@contoso.example"));
        assert!(principal.is("Ann@contoso.example") && principal.is("o-1") && !principal.is("azure-cli"));
        assert_eq!(principal.scopes, ["Ti.ReadWrite", "x"]);
        let nobody = Principal::configured(None);
        assert!(nobody.author().is_none() && !nobody.is("") && !nobody.is("x"));
    }
}
