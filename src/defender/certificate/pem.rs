//! PEM files with a certificate and its private key.

use super::{CertificateError, Content, pfx};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::{Error, PemObject, SectionKind};
use secrecy::SecretString;

/// How every block of PEM begins.
const BEGIN: &[u8] = b"-----BEGIN ";

/// Whether it is PEM, with whatever text before it.
pub fn is_pem(content: &[u8]) -> bool {
    has(content, BEGIN)
}

fn has(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}

/// Keys and certificates of the file; the password is for a key that is encrypted.
pub fn read(content: &[u8], password: Option<&SecretString>) -> Result<Content, CertificateError> {
    // OpenSSL's own encryption of old: the lines that say so are no base64.
    if has(content, b"Proc-Type: 4,ENCRYPTED") {
        return Err(CertificateError::Encryption(
            "write the key anew with `openssl pkcs8 -topk8 -in FILE`, which asks for a password",
        ));
    }
    let mut found = Content::default();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(content) {
        let (kind, der) = section.map_err(|error| CertificateError::Form(words(&error).to_owned()))?;
        match kind {
            SectionKind::Certificate => found.certificates.push(der),
            kind => found.keys.extend(PrivateKeyDer::from_pem(kind, der)),
        }
    }
    if found.keys.is_empty()
        && let Some(encrypted) = encrypted_key(content)
    {
        let opened = pfx::read(&pfx::around_key(&encrypted?), password)?;
        found.keys.extend(opened.keys);
    }
    Ok(found)
}

/// What is wrong, without the line in which it is: that may be the key's.
fn words(error: &Error) -> &'static str {
    match error {
        Error::MissingSectionEnd { .. } => "a block of it has no end",
        Error::IllegalSectionStart { .. } => "a block of it does not begin as PEM does",
        Error::Base64Decode(_) => "a block of it is no base64",
        _ => "it cannot be read",
    }
}

/// The first key that is encrypted as PKCS #8 has it.
fn encrypted_key(content: &[u8]) -> Option<Result<Vec<u8>, CertificateError>> {
    let text = String::from_utf8_lossy(content);
    let (_, rest) = text.split_once("-----BEGIN ENCRYPTED PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END ENCRYPTED PRIVATE KEY-----")?;
    let body: String = body.split_whitespace().collect();
    let decoded = STANDARD.decode(body);
    Some(decoded.map_err(|error| CertificateError::Form(format!("its encrypted private key is no base64: {error}"))))
}
