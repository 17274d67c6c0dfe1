//! The certificate with which an application proves who it is: read from a PFX or PEM file, and what it signs.
//!
//! Microsoft's library has a credential for this, but it needs OpenSSL, sends a thumbprint in SHA-1 and writes a chain that is
//! no valid JSON Web Token. So the assertion is made here, and the library only sends it.

mod pfx;
mod pem;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use p12_keystore::Certificate as Named;
use rustls::sign::SigningKey;
use rustls::{SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use serde_json::json;
use std::fmt;
use std::sync::Arc;

/// How long an assertion is good for, in seconds. Entra's page on certificate credentials asks for 5 to 10 minutes.
const LIFE: i64 = 600;

/// Certificates of a chain that are looked at. Chains of three are long.
const LONGEST_CHAIN: usize = 16;

/// A certificate with its private key, and the certificates of those who signed it, as far as the file has them.
#[derive(Clone)]
pub struct Certificate {
    key: Arc<dyn SigningKey>,
    /// The certificate itself, then the one of its signer, and so on.
    chain: Vec<CertificateDer<'static>>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Certificate({} certificates)", self.chain.len())
    }
}

/// Why a file is no certificate to sign in with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Neither PEM nor PFX.
    #[error("it is neither PEM nor PFX (PKCS #12): {0}")]
    Form(String),
    /// The password does not open it, or there is none.
    #[error("{0}")]
    Password(&'static str),
    /// It is encrypted in a way that is not known here.
    #[error("it is encrypted in a form that the provider does not read: {0}")]
    Encryption(&'static str),
    /// There is no private key in it.
    #[error("it holds no private key, which must be in the same file as the certificate")]
    NoKey,
    /// There is no certificate in it.
    #[error("it holds no certificate, which must be in the same file as the private key")]
    NoCertificate,
    /// The private key is of no use.
    #[error("its private key cannot be used: {0}")]
    Key(String),
    /// None of the certificates is for the key.
    #[error("none of its certificates belongs to its private key")]
    OtherKey,
}

/// What a file holds.
#[derive(Default)]
struct Content {
    keys: Vec<PrivateKeyDer<'static>>,
    certificates: Vec<Vec<u8>>,
}

impl Certificate {
    /// Reads a PFX or PEM file with certificate and private key.
    ///
    /// # Errors
    /// Why it cannot be used. The password and the key are not repeated.
    pub fn read(content: &[u8], password: Option<&SecretString>) -> Result<Self, CertificateError> {
        let content = if pem::is_pem(content) {
            pem::read(content, password)?
        } else {
            pfx::read(content, password)?
        };
        if content.certificates.is_empty() && !content.keys.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let mut problem = CertificateError::NoKey;
        for key in &content.keys {
            match signing_key(key).and_then(|key| Ok((chain(&key, &content.certificates)?, key))) {
                Ok((chain, key)) => return Ok(Self { key, chain }),
                Err(error) => problem = error,
            }
        }
        Err(problem)
    }

    /// Digest of the certificate, by which Entra finds it among those of the application.
    fn thumbprint(&self) -> String {
        let certificate = self.chain.first().map(AsRef::as_ref).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, certificate))
    }

    /// A statement, signed with the certificate, that `client_id` asks for a token at `audience`. `id` is another one each
    /// time. With `sends_chain` it carries the certificates, for applications that trust whoever signed them.
    pub(crate) fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        id: &str,
        now: Timestamp,
        sends_chain: bool,
    ) -> Result<SecretString, CertificateError> {
        let mut header = json!({"typ": "JWT", "alg": "PS256", "x5t#S256": self.thumbprint()});
        if sends_chain {
            let chain: Vec<String> = self.chain.iter().map(|one| STANDARD.encode(one)).collect();
            header["x5c"] = chain.into();
        }
        let now = now.as_second();
        let claims = json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": id,
            "iat": now, "nbf": now, "exp": now + LIFE,
        });
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let unusable = |text: &str| CertificateError::Key(text.to_owned());
        let signer = self.key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256]);
        let signer = signer.ok_or_else(|| unusable("it does not sign with RSA-PSS and SHA-256"))?;
        let signature = signer.sign(signed.as_bytes());
        let signature = signature.map_err(|error| unusable(&error.to_string()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

fn signing_key(key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, CertificateError> {
    let unusable = |error: rustls::Error| CertificateError::Key(error.to_string());
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(key).map_err(unusable)?;
    if key.algorithm() == SignatureAlgorithm::RSA {
        Ok(key)
    } else {
        let other = "Entra accepts RSA keys only, and this is another kind";
        Err(CertificateError::Key(other.to_owned()))
    }
}

/// The certificate of the key first, then each one's signer. What has no place in the chain is left out.
fn chain(
    key: &Arc<dyn SigningKey>,
    certificates: &[Vec<u8>],
) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let unreadable = |error: p12_keystore::error::Error| CertificateError::Form(error.to_string());
    let named: Result<Vec<Named>, _> = certificates.iter().map(|der| Named::from_der(der)).collect();
    let mut left = named.map_err(unreadable)?;
    let public = key.public_key().ok_or(CertificateError::OtherKey)?;
    // It stands in its certificate as it is. The library that would look at the right place does not read certificates of
    // version 1, which OpenSSL makes where nobody asks for an extension.
    let is_for_key = |one: &Named| {
        one.as_der()
            .windows(public.len())
            .any(|window| window == public.as_ref())
    };
    let own = left.iter().position(is_for_key).ok_or(CertificateError::OtherKey)?;
    let mut last = left.swap_remove(own);
    let mut chain = vec![CertificateDer::from(last.as_der().to_vec())];
    while chain.len() < LONGEST_CHAIN && last.issuer() != last.subject() {
        let Some(signer) = left.iter().position(|one| one.subject() == last.issuer()) else {
            break;
        };
        last = left.swap_remove(signer);
        chain.push(CertificateDer::from(last.as_der().to_vec()));
    }
    Ok(chain)
}

#[cfg(test)]
mod tests;
