//! The keys that tokens are signed with: those of the identity provider, and those of pipelines and clusters.
//!
//! **Invariant:** made anew in every process, and they never leave it; the public half of the first one is served as the
//! identity provider serves it, so that a client may check a signature.

use std::sync::OnceLock;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Where the modulus stands in the public key of 2,048 bits as RFC 8017 A.1.1 writes it: after the heads of a sequence and
/// of a number, and a zero that keeps it positive.
const MODULUS: std::ops::Range<usize> = 9..265;

/// The exponent of every key that is made here, 65,537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// A key and its name.
#[derive(Debug)]
pub struct SigningKey {
    pair: RsaKeyPair,
    name: String,
}

impl SigningKey {
    /// The key of the identity provider of this process. Making it takes a tenth of a second, so that all simulators of a process share it.
    pub fn of_process() -> Result<&'static Self, Unspecified> {
        static KEY: OnceLock<Result<SigningKey, Unspecified>> = OnceLock::new();
        KEY.get_or_init(Self::generate).as_ref().map_err(|error| *error)
    }

    /// The key of the pipelines and clusters of this process.
    pub fn of_pipelines() -> Result<&'static Self, Unspecified> {
        static KEY: OnceLock<Result<SigningKey, Unspecified>> = OnceLock::new();
        KEY.get_or_init(Self::generate).as_ref().map_err(|error| *error)
    }

    /// Whether this key has made the signature.
    pub fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref());
        public.verify(signed, signature).is_ok()
    }

    fn generate() -> Result<Self, Unspecified> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let modulus = pair.public_key().as_ref().get(MODULUS).ok_or(Unspecified)?;
        let name = URL_SAFE_NO_PAD.encode(&modulus[..20]);
        Ok(Self { pair, name })
    }

    /// A token with these claims: header, claims and signature, in base64 with dots between them.
    pub fn sign(&self, claims: &Value) -> Result<String, Unspecified> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.name});
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The public half as a set of one key (RFC 7517).
    pub fn published(&self) -> Value {
        let modulus = self.pair.public_key().as_ref().get(MODULUS).unwrap_or_default();
        json!({"keys": [{
            "kty": "RSA",
            "use": "sig",
            "kid": self.name,
            "n": URL_SAFE_NO_PAD.encode(modulus),
            "e": URL_SAFE_NO_PAD.encode(EXPONENT),
        }]})
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::RsaPublicKeyComponents;

    use super::*;

    #[test]
    fn what_is_published_verifies_what_is_signed() {
        let key = SigningKey::of_process().unwrap();
        let token = key.sign(&json!({"aud": "somebody"})).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let published = &key.published()["keys"][0];
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let number = |name: &str| bytes(published[name].as_str().unwrap());
        let public = RsaPublicKeyComponents {
            n: number("n"),
            e: number("e"),
        };
        let check = |signed: &str| public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &bytes(signature));
        assert!(check(signed).is_ok());
        assert!(check(&format!("{signed}x")).is_err());
        assert!(key.verifies(signed.as_bytes(), &bytes(signature)));
        assert!(
            !SigningKey::of_pipelines()
                .unwrap()
                .verifies(signed.as_bytes(), &bytes(signature))
        );
        let header: Value = serde_json::from_slice(&bytes(signed.split('.').next().unwrap())).unwrap();
        assert_eq!(header["kid"], published["kid"]);
    }
}
