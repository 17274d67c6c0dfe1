//! Certificates that applications have registered.
//!
//! **Invariant:** the one that the simulator hands out is made anew in every process; of the others it knows no key.

use std::path::Path;
use std::sync::OnceLock;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::Error;
use super::tls::{TlsError, pem};

/// A certificate with its key.
#[derive(Debug)]
pub struct ClientCertificate {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    /// Key and certificate, as a client reads them.
    pub pem: String,
}

impl ClientCertificate {
    /// The one of this process. Making its key takes a tenth of a second, so that all simulators of a process share it.
    pub fn of_process() -> Result<&'static Self, TlsError> {
        static CERTIFICATE: OnceLock<Option<ClientCertificate>> = OnceLock::new();
        let made = CERTIFICATE.get_or_init(|| Self::generate().ok());
        // The only cause is a system without random numbers, of which the library says no more either.
        made.as_ref()
            .ok_or(TlsError::Certificate(rcgen::Error::RingUnspecified))
    }

    fn generate() -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        let mut parameters = CertificateParams::new(Vec::<String>::new())?;
        parameters
            .distinguished_name
            .push(DnType::CommonName, "Simulated application");
        let certificate = parameters.self_signed(&key)?.der().clone();
        let pem = [
            pem("PRIVATE KEY", key.serialized_der()),
            pem("CERTIFICATE", &certificate),
        ]
        .concat();
        Ok(Self { certificate, pem })
    }
}

/// The certificates in a PEM file.
pub fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = std::fs::read(path).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Error::Certificate(path.to_owned())),
    }
}
