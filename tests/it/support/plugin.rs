//! The built program as a plugin process, for tests that are a host of their own.

use super::workspace::PROGRAM;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use mde::proto::goplugin::Empty;
use mde::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

/// What a host shows itself by.
pub const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// Protection against a test that waits for ever; nothing is measured with it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A certificate with its key, as go-plugin's client makes them: self-signed, P-521, an authority.
pub struct Credentials {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Credentials {
    pub fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap().der().clone();
        Self {
            certificate,
            key: key.into(),
        }
    }

    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }

    /// Trusts the certificate `announced` and nothing else; shows `shown`, if anything.
    fn connector(announced: &[u8], shown: Option<&Self>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(announced.to_vec())).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut client = match shown {
            Some(own) => client
                .with_client_auth_cert(vec![own.certificate.clone()], own.key.clone_key())
                .unwrap(),
            None => client.with_no_client_auth(),
        };
        client.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(client))
    }
}

/// A certificate as a file has it.
pub fn pem(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}

/// The program without anything that a host may have set.
pub fn program(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    bare(&mut command, variables);
    command
}

pub fn bare(command: &mut Command, variables: &[(&str, &str)]) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["TF_", "PLUGIN_", "MDE_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied()).kill_on_drop(true);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

/// A running plugin and what it announced.
pub struct Plugin {
    pub process: Child,
    output: BufReader<ChildStdout>,
    /// The fields of the announcement.
    pub fields: Vec<String>,
}

impl Plugin {
    /// Starts the program as a host does, and reads its announcement.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        Self::read(program(&[&[COOKIE], variables].concat())).await
    }

    /// Starts the program as a host does that shows `client`.
    pub async fn start_for(client: &Credentials, variables: &[(&str, &str)]) -> Self {
        Self::start(&[&[("PLUGIN_CLIENT_CERT", client.pem().as_str())], variables].concat()).await
    }

    pub async fn read(mut command: Command) -> Self {
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        within(output.read_line(&mut line)).await.unwrap();
        let fields = line.strip_suffix('\n').unwrap().split('|').map(str::to_owned).collect();
        Self {
            process,
            output,
            fields,
        }
    }

    /// Connects to what was announced, as `shown` if the connection is encrypted.
    pub async fn connect(&self, shown: Option<&Credentials>) -> Channel {
        let [network, address] = [&self.fields[2], &self.fields[3]].map(String::clone);
        let certificate = STANDARD_NO_PAD.decode(&self.fields[5]).unwrap();
        let tls = (!certificate.is_empty()).then(|| Credentials::connector(&certificate, shown));
        connect(network, address, tls).await
    }

    /// The directory of the socket.
    pub fn directory(&self) -> &Path {
        Path::new(&self.fields[3]).parent().unwrap()
    }

    /// Waits for the end, which must leave no socket and must not have written more to standard output.
    pub async fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        within(self.output.read_to_string(&mut rest)).await.unwrap();
        assert_eq!(rest, "");
        assert!(self.fields[2] != "unix" || !self.directory().exists());
        let output = within(self.process.wait_with_output()).await.unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    }

    #[cfg(unix)]
    pub async fn signal(&self, name: &str) {
        let process = self.process.id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &process])
                .status()
                .await
                .unwrap()
                .success()
        );
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

pub async fn connect(network: String, address: String, tls: Option<TlsConnector>) -> Channel {
    let dial = tower::service_fn(move |_| {
        let (network, address, tls) = (network.clone(), address.clone(), tls.clone());
        async move {
            let stream: Box<dyn Duplex> = match network.as_str() {
                #[cfg(unix)]
                "unix" => Box::new(tokio::net::UnixStream::connect(address).await?),
                "tcp" => Box::new(TcpStream::connect(address).await?),
                other => return Err(io::Error::other(format!("unknown network {other}"))),
            };
            let stream: Box<dyn Duplex> = match tls {
                Some(tls) => Box::new(tls.connect("localhost".try_into().unwrap(), stream).await?),
                None => stream,
            };
            Ok(TokioIo::new(stream))
        }
    });
    Endpoint::from_static("http://localhost").connect_with_connector_lazy(dial)
}

pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it takes for ever")
}

pub async fn shut_down(channel: &Channel) {
    within(GrpcControllerClient::new(channel.clone()).shutdown(Empty {}))
        .await
        .unwrap();
}
