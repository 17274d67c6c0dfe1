//! What an access token says of its application's permissions. Only the service can judge a token; this is for warnings.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The role for indicators of the application itself.
const OWN_ROWS: &str = "Ti.ReadWrite";

/// A longer payload is not read, in bytes. Tokens of applications have some 2 kB.
const LONGEST_PAYLOAD: usize = 64 << 10;

/// Whether the application may use its own indicators only and does not see those of other authors. False for a token that
/// names no roles or is no JWT: what a token holds is between Entra and the service.
pub(crate) fn sees_own_rows_only(token: &str) -> bool {
    let roles = roles(token).unwrap_or_default();
    let is_for_all_rows = |role: &String| role.starts_with("Ti.") && role.ends_with(".All");
    roles.iter().any(|role| role == OWN_ROWS) && !roles.iter().any(is_for_all_rows)
}

/// The claim `roles` of a JWT, whose signature is for the service to check.
fn roles(token: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Claims {
        roles: Vec<String>,
    }
    let mut parts = token.split('.').skip(1);
    let payload = parts.next().filter(|payload| payload.len() <= LONGEST_PAYLOAD)?;
    let claims = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Some(claims.roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims))
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
        ] {
            assert_eq!(sees_own_rows_only(&token(claims)), expected, "{claims}");
        }
        let padded = r#"{"roles":["Ti.ReadWrite"] }"#;
        assert!(sees_own_rows_only(&format!(
            "{}==",
            token(padded).trim_end_matches(".signature")
        )));
    }

    #[test]
    fn a_token_of_another_form_says_nothing() {
        let long = format!(r#"{{"roles":["Ti.ReadWrite"],"x":"{}"}}"#, "x".repeat(LONGEST_PAYLOAD));
        let claims = [
            r#"{"roles":"Ti.ReadWrite"}"#,
            r#"{"roles":[1]}"#,
            "[[[[",
            "\u{0}",
            &long,
        ]
        .map(token);
        let others = ["", "opaque", "a.b", "a.!.c", "..", "Ti.ReadWrite"].map(str::to_owned);
        for token in claims.iter().chain(&others) {
            assert!(!sees_own_rows_only(token), "{token}");
        }
    }
}
