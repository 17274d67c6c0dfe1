//! PFX (PKCS #12) files, as Windows, Key Vault and OpenSSL write them.

use super::{CertificateError, Content};
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::{ExposeSecret, SecretString};

/// Keys and certificates of the file. A file without password is one with an empty one.
pub fn read(content: &[u8], password: Option<&SecretString>) -> Result<Content, CertificateError> {
    let given = password.map(ExposeSecret::expose_secret).unwrap_or_default();
    let archive = Pkcs12Archive::from_pkcs12(content, given).map_err(|error| explain(&error, password.is_some()))?;
    let keys = archive.keys.into_iter().map(|bag| bag.key.as_der().to_vec());
    let certificates = archive.certs.into_iter().map(|bag| bag.cert.as_der().to_vec());
    Ok(Content {
        keys: keys.map(PrivatePkcs8KeyDer::from).map(PrivateKeyDer::from).collect(),
        certificates: certificates.collect(),
    })
}

fn explain(error: &Error, has_password: bool) -> CertificateError {
    match error {
        // A wrong password shows as a checksum that does not fit, or as nonsense after deciphering.
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) if has_password => {
            CertificateError::Password("the password in client_certificate_password does not open it")
        }
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => CertificateError::Password(
            "it is protected by a password, and client_certificate_password (ARM_CLIENT_CERTIFICATE_PASSWORD) is not set",
        ),
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => CertificateError::Encryption(
            "write it anew with `openssl pkcs12 -export`, or as PEM with `openssl pkcs12 -in FILE -nodes`",
        ),
        Error::InvalidPrivateKey => CertificateError::Key("it is no key in PKCS #8".to_owned()),
        other => CertificateError::Form(other.to_string()),
    }
}

/// A PFX that holds nothing but this private key, which is encrypted as PKCS #8 has it (RFC 7292, 4.2.2).
pub fn around_key(encrypted: &[u8]) -> Vec<u8> {
    const VERSION: &[u8] = &[0x02, 0x01, 0x03];
    // 1.2.840.113549.1.7.1, data
    const DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    // 1.2.840.113549.1.12.10.1.2, a key that is encrypted
    const KEY: &[u8] = &[
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02,
    ];
    let sequence = |parts: &[&[u8]]| element(0x30, &parts.concat());
    let data = |content: &[u8]| sequence(&[DATA, &element(0xa0, &element(0x04, content))]);
    let bag = sequence(&[KEY, &element(0xa0, encrypted)]);
    let safes = sequence(&[&data(&sequence(&[&bag]))]);
    sequence(&[VERSION, &data(&safes)])
}

/// An element of DER (X.690, 8.1).
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut out = vec![tag];
    match significant {
        [] => out.push(0),
        [short @ 0..=0x7f] => out.push(*short),
        long => {
            // At most eight, the bytes of a length.
            out.push(0x80 | long.len() as u8);
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}
