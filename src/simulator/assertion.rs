//! What an application shows instead of a secret: a statement that its certificate has signed, or the token of somebody whom
//! it trusts.
//!
//! **Invariant:** signature, subject, audience and time are checked by the simulator's clock, each with the identity
//! provider's own words for what is wrong.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use serde_json::Value;

use super::aadsts::SignInError;
use super::application::Application;
use super::pipeline::{AUDIENCE, Pipelines, Workload};
use super::time;

/// The only form of a statement that the endpoint knows.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// By how many seconds two clocks may differ.
const SKEW: i64 = 300;

/// Longest life of a statement that an application signs itself, in seconds.
const LONGEST_LIFE: i64 = 24 * 3600;

/// A statement in its parts.
struct Jwt<'a> {
    header: Value,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let json = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).ok();
        Some(Self {
            header: json(header)?,
            claims: json(claims)?,
            signed,
            signature: bytes(signature)?,
        })
    }

    fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim).and_then(Value::as_i64)
    }
}

fn refused(number: u32, text: impl Into<String>) -> SignInError {
    SignInError::new(StatusCode::UNAUTHORIZED, "invalid_client", number, text.into())
}

/// Checks that the statement is one of this application. `audiences` are the names of the endpoint that was asked.
pub fn check(
    text: &str,
    application: &Application,
    audiences: &[String],
    pipelines: &Pipelines,
    now: Timestamp,
) -> Result<(), SignInError> {
    let malformed = || {
        let text = "Invalid JWT token. Token format not valid.";
        SignInError::bad_request("invalid_request", 50_027, text.to_owned())
    };
    let jwt = Jwt::read(text).ok_or_else(malformed)?;
    if jwt.text("iss").eq_ignore_ascii_case(&application.client_id) {
        by_certificate(&jwt, application, audiences)?;
    } else {
        by_somebody_else(&jwt, application, pipelines)?;
    }
    check_time(&jwt, now.as_second())
}

fn check_time(jwt: &Jwt, now: i64) -> Result<(), SignInError> {
    let (from, end) = (jwt.number("nbf").unwrap_or(0), jwt.number("exp").unwrap_or(0));
    if end > now - SKEW && from < now + SKEW && end.saturating_sub(from) <= LONGEST_LIFE {
        return Ok(());
    }
    let at = |second| Timestamp::from_second(second).map_or_else(|_| second.to_string(), time::format);
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of \
         assertion {}.",
        at(now),
        at(from),
        at(end)
    );
    Err(refused(700_024, text))
}

fn by_certificate(jwt: &Jwt, application: &Application, audiences: &[String]) -> Result<(), SignInError> {
    let named = ["x5t#S256", "x5t"]
        .iter()
        .find_map(|name| Some((*name, jwt.header.get(*name)?.as_str()?)));
    let Some((name, thumbprint)) = named else {
        return Err(refused(
            700_027,
            "Client assertion contains an invalid signature. [Reason - The key was not found.]",
        ));
    };
    let algorithm = if name == "x5t" {
        &digest::SHA1_FOR_LEGACY_USE_ONLY
    } else {
        &digest::SHA256
    };
    let is_meant = |der: &&CertificateDer<'static>| {
        let own = digest::digest(algorithm, der);
        URL_SAFE_NO_PAD
            .decode(thumbprint)
            .is_ok_and(|asked| asked == own.as_ref())
    };
    let Some(certificate) = application.certificates.iter().find(is_meant) else {
        let text = format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - \
             The key was not found., Thumbprint of key used by client: '{thumbprint}', Please visit the Azure Portal, Graph \
             Explorer or directly use MS Graph to see configured keys for app Id '{}'.]",
            application.client_id
        );
        return Err(refused(700_027, text));
    };
    let scheme: Option<&'static RsaParameters> = match jwt.header.get("alg").and_then(Value::as_str) {
        Some("RS256") => Some(&RSA_PKCS1_2048_8192_SHA256),
        Some("PS256") => Some(&RSA_PSS_2048_8192_SHA256),
        _ => None,
    };
    let is_signed = scheme.zip(public_key(certificate)).is_some_and(|(scheme, public)| {
        UnparsedPublicKey::new(scheme, public)
            .verify(jwt.signed.as_bytes(), &jwt.signature)
            .is_ok()
    });
    if !is_signed {
        let text = "Client assertion contains an invalid signature. [Reason - The provided signature value did not match \
                    the expected signature value.]";
        return Err(refused(700_027, text));
    }
    // The chain that comes along is not needed, but has to be that of the certificate.
    let chain = jwt.header.get("x5c").and_then(Value::as_array);
    let leaf = chain.map(|chain| chain.first().and_then(Value::as_str).unwrap_or_default());
    let standard = base64::engine::general_purpose::STANDARD;
    if leaf.is_some_and(|leaf| standard.decode(leaf).ok().as_deref() != Some(certificate.as_ref())) {
        return Err(refused(
            700_027,
            "Client assertion contains an invalid signature. [Reason - The x5c header is not valid.]",
        ));
    }
    if !jwt.text("sub").eq_ignore_ascii_case(&application.client_id) {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(refused(700_021, text));
    }
    if !audiences.iter().any(|audience| audience == jwt.text("aud")) {
        return Err(refused(
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
        ));
    }
    if jwt.text("jti").is_empty() {
        return Err(refused(50_027, "Invalid JWT token. The claim 'jti' is missing."));
    }
    Ok(())
}

fn by_somebody_else(jwt: &Jwt, application: &Application, pipelines: &Pipelines) -> Result<(), SignInError> {
    let no_match = |number, what: &str, value: &str| {
        let text = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated \
             identity credential Subject, Audience and Issuer against the presented assertion."
        );
        Err(refused(number, text))
    };
    let Some(workload) = Workload::of_issuer(jwt.text("iss")) else {
        return no_match(700_211, "issuer", jwt.text("iss"));
    };
    if !application.trusts_workloads || jwt.text("sub") != workload.subject() {
        return no_match(700_213, "subject", jwt.text("sub"));
    }
    if jwt.text("aud") != AUDIENCE {
        return no_match(700_212, "audience", jwt.text("aud"));
    }
    if !pipelines.verifies(jwt.signed.as_bytes(), &jwt.signature) {
        let text = "Assertion failed signature validation. [Reason - The key was not found.]";
        return Err(refused(50_013, text));
    }
    Ok(())
}

/// The public key of a certificate: the sixth of its members, or the seventh where the first one is a version (RFC 5280, 4.1).
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    const VERSION: u8 = 0xa0;
    let signed = Element::first(Element::first(certificate)?.content)?;
    let before = if signed.content.first() == Some(&VERSION) { 6 } else { 5 };
    let mut rest = signed.content;
    for _ in 0..before {
        rest = Element::first(rest)?.rest;
    }
    Some(Element::first(rest)?.whole)
}

/// An element of DER (X.690, 8.1), and what stands behind it.
struct Element<'a> {
    whole: &'a [u8],
    content: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let first = usize::from(*bytes.get(1)?);
        let (head, length) = if first < 0x80 {
            (2, first)
        } else {
            let count = first & 0x7f;
            let digits = bytes.get(2..2 + count).filter(|_| count <= 4)?;
            let length = digits
                .iter()
                .fold(0_usize, |length, digit| (length << 8) | usize::from(*digit));
            (2 + count, length)
        };
        let end = head.checked_add(length)?;
        Some(Self {
            whole: bytes.get(..end)?,
            content: bytes.get(head..end)?,
            rest: bytes.get(end..)?,
        })
    }
}
