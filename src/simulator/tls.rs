//! The simulator's own certificate authority.
//!
//! **Invariant:** made anew at every start, valid for this machine and for names that somebody asked for, and its key never
//! leaves the process.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;

/// Why the certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate.
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    /// The server's settings.
    #[error("the server's certificate cannot be used")]
    Settings(#[from] rustls::Error),
}

/// The authority's certificate, and what the server needs.
pub struct Authority {
    /// Certificate of the authority, PEM.
    pub ca_pem: String,
    /// Settings of the server.
    pub server: Arc<ServerConfig>,
}

/// Makes an authority and a certificate for the names of this machine, for `listen` and for further names.
pub fn authority(listen: IpAddr, further: &[String]) -> Result<Authority, TlsError> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.distinguished_name = named("Simulator of Microsoft Defender for Endpoint, authority");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_certificate = ca.self_signed(&ca_key)?;

    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !listen.is_unspecified() && !listen.is_loopback() {
        names.push(listen.to_string());
    }
    names.extend_from_slice(further);
    let leaf_key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name = named("Simulator of Microsoft Defender for Endpoint");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict verifiers refuse a certificate that does not name its authority's key.
    leaf.use_authority_key_identifier_extension = true;
    let leaf_certificate = leaf.signed_by(&leaf_key, &Issuer::new(ca, &ca_key))?;

    let key =
        PrivateKeyDer::try_from(leaf_key.serialize_der()).map_err(|text| rustls::Error::General(text.to_owned()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf_certificate.der().clone()], key)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Authority {
        ca_pem: pem("CERTIFICATE", ca_certificate.der()),
        server: Arc::new(server),
    })
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// The block of PEM of this kind.
pub fn pem(kind: &str, der: &[u8]) -> String {
    let mut pem = format!("-----BEGIN {kind}-----\n");
    for (index, character) in STANDARD.encode(der).chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str(&format!("\n-----END {kind}-----\n"));
    pem
}
