//! Mutual TLS as go-plugin does it: each side makes a certificate for this one process, and trusts exactly the
//! certificate of the other.
//!
//! The host's certificate is a self-signed authority with a P-521 key that it uses as its own. Two usual ways therefore
//! do not work: rustls' `WebPkiClientVerifier` refuses an authority as a client, and the *ring* provider cannot verify
//! P-521, whereupon the host sends no certificate at all. Leaving the client out of the check would let any process of
//! the machine in. So the check is our own, with the aws-lc-rs provider.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

use super::Error;

/// The name that go-plugin's client expects, whatever the address.
const SERVER_NAME: &str = "localhost";

/// How far the clock may be set back while the plugin starts, without making its certificate one of the future.
const BACKDATED: Duration = Duration::from_secs(60 * 60);

/// Longer than any process lives; go-plugin's own certificates last as long.
const VALIDITY: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Our side of the connection: a certificate made for this process, and the one client that it answers.
pub(super) struct Identity {
    certificate: CertificateDer<'static>,
    config: ServerConfig,
}

impl Identity {
    /// A new identity that answers only the owner of the certificate `client`, given in PEM.
    pub(super) fn trusting(client: &str) -> Result<Self, Error> {
        let client = CertificateDer::from_pem_slice(client.as_bytes()).map_err(|error| {
            Error::new(
                "PLUGIN_CLIENT_CERT, the host's certificate, is no certificate in PEM",
                error,
            )
        })?;
        let (certificate, key) = self_signed()?;
        let config = server_config(client, certificate.clone(), key)
            .map_err(|error| Error::new("the TLS server cannot be set up", error))?;
        Ok(Self { certificate, config })
    }

    /// Our certificate in DER, which the host learns from the announcement.
    pub(super) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// What turns an accepted connection into one that host and plugin trust.
    pub(super) fn into_acceptor(self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::new(self.config))
    }
}

fn self_signed() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
    let make = || {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut parameters = CertificateParams::new([SERVER_NAME.to_owned()])?;
        parameters.distinguished_name.push(DnType::CommonName, SERVER_NAME);
        parameters.not_before = (SystemTime::now() - BACKDATED).into();
        parameters.not_after = (SystemTime::now() + VALIDITY).into();
        let certificate = parameters.self_signed(&key)?.der().clone();
        Ok((certificate, PrivateKeyDer::from(key)))
    };
    make().map_err(|error: rcgen::Error| Error::new("the plugin's own certificate cannot be made", error))
}

fn server_config(
    client: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    // Named, because the process-wide default is ambiguous as soon as two dependencies bring a provider each.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(PinnedClient {
        certificate: client,
        provider: Arc::clone(&provider),
    });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)?;
    // Hosts with grpc-go 1.67 and later (Terraform 1.12, OpenTofu 1.11) refuse a server that does not name it.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Without tickets no connection is resumed: each one shows its certificate and proves that it has the key.
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Lets in whoever shows exactly one certificate and proves to hold its key.
#[derive(Debug)]
struct PinnedClient {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedClient {
    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use rcgen::{BasicConstraints, IsCa, PKCS_ECDSA_P521_SHA512};
    use rustls::client::ResolvesClientCert;
    use rustls::sign::CertifiedKey;
    use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
    use tokio_rustls::TlsConnector;

    use super::*;

    /// A client as go-plugin makes it: self-signed, P-521, an authority.
    pub(in crate::plugin) struct Client {
        pem: String,
        proof: Arc<CertifiedKey>,
    }

    impl Client {
        pub(in crate::plugin) fn new() -> Self {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
            let mut parameters = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap();
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let certificate = parameters.self_signed(&key).unwrap().der().clone();
            let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &certificate);
            let signing_key = aws_lc_rs::sign::any_ecdsa_type(&PrivateKeyDer::from(key)).unwrap();
            Self {
                pem: format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"),
                proof: Arc::new(CertifiedKey::new(vec![certificate], signing_key)),
            }
        }

        /// What PLUGIN_CLIENT_CERT would hold.
        pub(in crate::plugin) fn pem(&self) -> &str {
            &self.pem
        }

        /// Connects as this client to the server with the certificate `announced`.
        pub(in crate::plugin) fn connector(&self, announced: &[u8]) -> TlsConnector {
            connector(announced, Some(Arc::clone(&self.proof)))
        }

        /// The certificate of this client with the key of another.
        fn with_key_of(&self, other: &Self) -> Arc<CertifiedKey> {
            Arc::new(CertifiedKey::new(self.proof.cert.clone(), Arc::clone(&other.proof.key)))
        }
    }

    /// Shows what it holds, if anything.
    #[derive(Debug)]
    struct Shown(Option<Arc<CertifiedKey>>);

    impl ResolvesClientCert for Shown {
        fn resolve(&self, _hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
            assert!(
                schemes.contains(&SignatureScheme::ECDSA_NISTP521_SHA512),
                "else Go shows no certificate"
            );
            self.0.clone()
        }

        fn has_certs(&self) -> bool {
            self.0.is_some()
        }
    }

    /// Trusts the certificate `announced` and nothing else, like go-plugin's client.
    fn connector(announced: &[u8], shown: Option<Arc<CertifiedKey>>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(announced.to_vec())).unwrap();
        let mut client = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::new(Shown(shown)));
        client.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(client))
    }

    /// What the server says to a client that shows this.
    async fn meet(server: Identity, shown: Option<Arc<CertifiedKey>>) -> Result<(), String> {
        let connector = connector(server.certificate(), shown);
        let (here, there) = tokio::io::duplex(64 * 1024);
        let name = SERVER_NAME.try_into().unwrap();
        let (accepted, connected) = tokio::join!(server.into_acceptor().accept(here), connector.connect(name, there));
        let connected = connected.unwrap();
        assert_eq!(connected.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        assert_eq!(connected.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3));
        accepted.map(drop).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_pinned_client_is_accepted_although_it_is_an_authority() {
        let client = Client::new();
        assert_eq!(
            meet(Identity::trusting(client.pem()).unwrap(), Some(client.proof)).await,
            Ok(())
        );
    }

    #[tokio::test]
    async fn nobody_else_is_accepted() {
        let client = Client::new();
        let server = || Identity::trusting(client.pem()).unwrap();
        let nothing = meet(server(), None).await;
        assert_eq!(nothing.unwrap_err(), "peer sent no certificates");
        let another = meet(server(), Some(Client::new().proof)).await;
        assert_eq!(
            another.unwrap_err(),
            "invalid peer certificate: ApplicationVerificationFailure"
        );
        let stolen = meet(server(), Some(client.with_key_of(&Client::new()))).await;
        assert_eq!(stolen.unwrap_err(), "invalid peer certificate: BadSignature");
    }

    #[test]
    fn every_process_has_a_certificate_of_its_own() {
        let client = Client::new();
        let first = Identity::trusting(client.pem()).unwrap();
        let second = Identity::trusting(client.pem()).unwrap();
        assert_ne!(first.certificate(), second.certificate());
    }

    #[test]
    fn a_client_certificate_that_cannot_be_read_is_named() {
        for text in ["x", "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n"] {
            let error = Identity::trusting(text).err().unwrap().to_string();
            assert_eq!(
                error,
                "PLUGIN_CLIENT_CERT, the host's certificate, is no certificate in PEM"
            );
        }
    }
}
