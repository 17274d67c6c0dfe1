//! Files as OpenSSL writes them (`tests/certificates`), and files that are none.

use super::*;
use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use secrecy::ExposeSecret;
use serde_json::Value;

const PASSWORD: &str = "correct-horse";

fn file(name: &str) -> Vec<u8> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates");
    std::fs::read(directory.join(name)).unwrap()
}

fn read(content: &[u8], password: Option<&str>) -> Result<Certificate, CertificateError> {
    let password = password.map(SecretString::from);
    Certificate::read(content, password.as_ref())
}

#[test]
fn each_form_gives_the_same_certificate_and_its_chain() {
    let plain = read(&file("plain.pem"), None).unwrap();
    for (name, password, certificates) in [
        ("modern.pfx", Some(PASSWORD), 2),
        ("legacy.pfx", Some(PASSWORD), 2),
        ("encrypted.pem", Some(PASSWORD), 2),
        ("empty.pfx", None, 1),
        ("empty.pfx", Some(""), 1),
        ("traditional.pem", None, 1),
        // Made by a command line without extensions, and so without a version.
        ("version-1.pem", None, 1),
        // A password that is not needed does no harm.
        ("plain.pem", Some("x"), 2),
    ] {
        let certificate = read(&file(name), password).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(certificate.chain.len(), certificates, "{name}");
        assert_eq!(
            certificate.thumbprint() == plain.thumbprint(),
            name != "version-1.pem",
            "{name}"
        );
    }
    assert!(!format!("{plain:?}").contains("MII"));
}

#[test]
fn what_is_wrong_is_said_without_password_and_key() {
    let without = |name: &str, begin: &str, end: &str| {
        let text = String::from_utf8(file(name)).unwrap();
        let (before, rest) = text.split_once(begin).unwrap();
        let (_, after) = rest.split_once(end).unwrap();
        format!("{before}{after}").into_bytes()
    };
    let only_key = String::from_utf8(file("plain.pem")).unwrap();
    let only_key = only_key[..only_key.find("-----BEGIN CERTIFICATE").unwrap()].to_owned();
    let elliptic = rcgen::KeyPair::generate().unwrap();
    let elliptic_certificate = rcgen::CertificateParams::new(["x".to_owned()])
        .unwrap()
        .self_signed(&elliptic)
        .unwrap();
    let pem = |kind: &str, der: &[u8]| {
        format!(
            "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
            STANDARD.encode(der)
        )
        .into_bytes()
    };
    let elliptic_certificate = pem("CERTIFICATE", elliptic_certificate.der());
    for (content, password, words) in [
        (file("modern.pfx"), Some("wrong-pass"), "does not open it"),
        (file("legacy.pfx"), Some("wrong-pass"), "does not open it"),
        (file("encrypted.pem"), Some("wrong-pass"), "does not open it"),
        (
            file("modern.pfx"),
            None,
            "client_certificate_password (ARM_CLIENT_CERTIFICATE_PASSWORD) is not set",
        ),
        (file("encrypted.pem"), None, "is not set"),
        (file("old-encryption.pem"), Some(PASSWORD), "openssl pkcs8 -topk8"),
        (
            without("plain.pem", "-----BEGIN PRIVATE KEY", "-----END PRIVATE KEY-----"),
            None,
            "it holds no private key",
        ),
        (only_key.clone().into_bytes(), None, "it holds no certificate"),
        (
            [only_key.as_bytes(), &elliptic_certificate].concat(),
            None,
            "belongs to its private key",
        ),
        (
            [
                pem("PRIVATE KEY", &elliptic.serialize_der()),
                elliptic_certificate.clone(),
            ]
            .concat(),
            None,
            "Entra accepts RSA keys only",
        ),
        (pem("PRIVATE KEY", b"nonsense"), None, "it holds no certificate"),
        (
            [pem("PRIVATE KEY", b"nonsense"), elliptic_certificate].concat(),
            None,
            "private key cannot be used",
        ),
        (
            b"-----BEGIN PRIVATE KEY-----\nabc".to_vec(),
            None,
            "a block of it has no end",
        ),
        (
            b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n".to_vec(),
            None,
            "is no base64",
        ),
        (pem("CERTIFICATE", b"nonsense"), None, "it holds no private key"),
        (b"hello".to_vec(), None, "it is neither PEM nor PFX"),
        (Vec::new(), None, "it is neither PEM nor PFX"),
    ] {
        let error = read(&content, password).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
        assert!(
            !error.contains("wrong-pass") && !error.contains(PASSWORD) && !error.contains("MII"),
            "{error}"
        );
    }
}

#[test]
fn no_damage_to_a_file_makes_it_panic() {
    for name in ["modern.pfx", "legacy.pfx", "encrypted.pem"] {
        let whole = file(name);
        for length in (0..whole.len()).step_by(97) {
            assert!(read(&whole[..length], Some(PASSWORD)).is_err(), "{name} {length}");
        }
        // The heads are where lengths and counts stand.
        let heads = (0..whole.len().min(120)).chain((120..whole.len()).step_by(61));
        for at in heads {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flip;
                let _ = read(&damaged, Some(PASSWORD));
            }
        }
    }
}

#[test]
fn an_assertion_says_who_asks_whom_and_is_signed_by_the_certificate() {
    let certificate = read(&file("modern.pfx"), Some(PASSWORD)).unwrap();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    for sends_chain in [false, true] {
        let assertion = certificate
            .assertion("client", "https://login.example/t", "id-1", now, sends_chain)
            .unwrap();
        let assertion = assertion.expose_secret();
        let (signed, signature) = assertion.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let json = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        let (header, claims) = (json(header), json(claims));
        assert_eq!(header["alg"], "PS256");
        assert_eq!(header["x5t#S256"], certificate.thumbprint());
        let chain = header["x5c"].as_array();
        assert_eq!(chain.map_or(0, Vec::len), if sends_chain { 2 } else { 0 });
        let expected = json!({"aud": "https://login.example/t", "iss": "client", "sub": "client", "jti": "id-1",
            "iat": 1_800_000_000, "nbf": 1_800_000_000, "exp": 1_800_000_600});
        assert_eq!(claims, expected);
        let public = certificate.key.public_key().unwrap();
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public.as_ref())
            .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
            .unwrap();
    }
}
