//! The built program as a plugin, seen from a host that speaks go-plugin.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use mde::proto::goplugin::grpc_broker_client::GrpcBrokerClient;
use mde::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use mde::proto::goplugin::grpc_stdio_client::GrpcStdioClient;
use mde::proto::goplugin::{ConnInfo, Empty};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-mde");
const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// Protection against a test that waits for ever; nothing is measured with it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A certificate with its key, as go-plugin's client makes them: self-signed, P-521, an authority.
struct Credentials {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Credentials {
    fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap().der().clone();
        Self {
            certificate,
            key: key.into(),
        }
    }

    fn pem(&self) -> String {
        let base64 = STANDARD.encode(&self.certificate);
        format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
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

/// The program without anything that a host may have set.
fn program(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    bare(&mut command, variables);
    command
}

fn bare(command: &mut Command, variables: &[(&str, &str)]) {
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
struct Plugin {
    process: Child,
    output: BufReader<ChildStdout>,
    fields: Vec<String>,
}

impl Plugin {
    /// Starts the program as a host does, and reads its announcement.
    async fn start(variables: &[(&str, &str)]) -> Self {
        Self::read(program(&[&[COOKIE], variables].concat())).await
    }

    /// Starts the program as a host does that shows `client`.
    async fn start_for(client: &Credentials, variables: &[(&str, &str)]) -> Self {
        Self::start(&[&[("PLUGIN_CLIENT_CERT", client.pem().as_str())], variables].concat()).await
    }

    async fn read(mut command: Command) -> Self {
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
    async fn connect(&self, shown: Option<&Credentials>) -> Channel {
        let [network, address] = [&self.fields[2], &self.fields[3]].map(String::clone);
        let certificate = STANDARD_NO_PAD.decode(&self.fields[5]).unwrap();
        let tls = (!certificate.is_empty()).then(|| Credentials::connector(&certificate, shown));
        connect(network, address, tls).await
    }

    /// The directory of the socket.
    fn directory(&self) -> &Path {
        Path::new(&self.fields[3]).parent().unwrap()
    }

    /// Waits for the end, which must leave no socket and must not have written more to standard output.
    async fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        within(self.output.read_to_string(&mut rest)).await.unwrap();
        assert_eq!(rest, "");
        assert!(self.fields[2] != "unix" || !self.directory().exists());
        let output = within(self.process.wait_with_output()).await.unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    }

    #[cfg(unix)]
    async fn signal(&self, name: &str) {
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

async fn connect(network: String, address: String, tls: Option<TlsConnector>) -> Channel {
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

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it takes for ever")
}

async fn health(channel: &Channel) -> Result<ServingStatus, tonic::Status> {
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    Ok(within(HealthClient::new(channel.clone()).check(request))
        .await?
        .into_inner()
        .status())
}

async fn shut_down(channel: &Channel) {
    within(GrpcControllerClient::new(channel.clone()).shutdown(Empty {}))
        .await
        .unwrap();
}

#[tokio::test]
async fn without_the_cookie_it_is_a_command_line() {
    let client = Credentials::new();
    let output = within(program(&[("PLUGIN_CLIENT_CERT", &client.pem())]).output())
        .await
        .unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().starts_with("1|"));
}

#[tokio::test]
async fn a_host_finds_all_services_and_ends_the_plugin() {
    let client = Credentials::new();
    let plugin = Plugin::start_for(&client, &[("PLUGIN_PROTOCOL_VERSIONS", "5,6")]).await;
    assert_eq!(plugin.fields.len(), 6);
    assert_eq!(
        [&plugin.fields[0], &plugin.fields[1], &plugin.fields[4]],
        ["1", "6", "grpc"]
    );

    let channel = plugin.connect(Some(&client)).await;
    assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    let broker = GrpcBrokerClient::new(channel.clone())
        .start_stream(tokio_stream::empty::<ConnInfo>())
        .await;
    assert_eq!(broker.unwrap_err().code(), Code::Unimplemented);
    let mut stdio = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();

    shut_down(&channel).await;
    assert!(within(stdio.message()).await.unwrap().is_none());
    let (status, log) = plugin.end().await;
    assert!(status.success());
    assert_eq!(log, "");
}

#[tokio::test]
async fn a_call_in_flight_does_not_hold_up_the_end() {
    let plugin = Plugin::start(&[]).await;
    let channel = plugin.connect(None).await;
    let mut hanging = HealthClient::new(channel.clone())
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    hanging.message().await.unwrap();
    shut_down(&channel).await;
    assert!(plugin.end().await.0.success());
}

#[tokio::test]
async fn nobody_but_the_host_is_let_in() {
    let client = Credentials::new();
    for transport in ["unix", "tcp"] {
        let settings = [("MDE_PLUGIN_TRANSPORT", transport), ("TF_LOG_PROVIDER", "warn")];
        let plugin = Plugin::start_for(&client, &settings).await;
        assert!(health(&plugin.connect(None).await).await.is_err());
        assert!(health(&plugin.connect(Some(&Credentials::new())).await).await.is_err());

        let channel = plugin.connect(Some(&client)).await;
        assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
        shut_down(&channel).await;
        let (status, log) = plugin.end().await;
        assert!(status.success());
        let events: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let refusals = [
            "peer sent no certificates",
            "invalid peer certificate: ApplicationVerificationFailure",
        ];
        for refusal in refusals {
            let event = events.iter().find(|event| event["error"] == refusal).expect(&log);
            assert_eq!(event["@message"], "A connection was refused: TLS handshake failed");
            assert_eq!(event["@level"], "warn");
        }
    }
}

#[tokio::test]
async fn tcp_keeps_to_the_ports_of_the_host() {
    let client = Credentials::new();
    let settings = [
        ("MDE_PLUGIN_TRANSPORT", "tcp"),
        ("PLUGIN_MIN_PORT", "10000"),
        ("PLUGIN_MAX_PORT", "25000"),
    ];
    let first = Plugin::start_for(&client, &settings).await;
    let second = Plugin::start_for(&client, &settings).await;
    assert_ne!(first.fields[3], second.fields[3]);
    for plugin in [first, second] {
        let address: std::net::SocketAddr = plugin.fields[3].parse().unwrap();
        assert!(address.ip().is_loopback() && (10_000..=25_000).contains(&address.port()));
        let channel = plugin.connect(Some(&client)).await;
        assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
        shut_down(&channel).await;
        assert!(plugin.end().await.0.success());
    }
}

#[tokio::test]
async fn a_host_without_certificate_is_answered_without_encryption() {
    let plugin = Plugin::start(&[("PLUGIN_MULTIPLEX_GRPC", "true")]).await;
    assert_eq!(plugin.fields[5..], ["", "false"]);
    let channel = plugin.connect(None).await;
    assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    shut_down(&channel).await;
    assert!(plugin.end().await.0.success());
}

#[tokio::test]
async fn the_host_can_show_why_the_plugin_cannot_start() {
    let settings = [COOKIE, ("PLUGIN_CLIENT_CERT", "x"), ("TF_LOG", "trace")];
    let output = within(program(&settings).output()).await.unwrap();
    assert!(!output.status.success());
    let reason =
        "terraform-provider-mde cannot start: PLUGIN_CLIENT_CERT, the host's certificate, is no certificate in PEM";
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with(reason), "{shown}");
    assert_eq!(shown.find('\n'), Some(shown.len() - 1));
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_and_sigterm_are_left_to_the_host() {
    // A CI runner that ends a job sends SIGTERM to the whole process group. The host gets it too, and asks its plugins
    // to stop in its own way; a plugin that ended at once would lose a call in flight.
    let mut plugin = Plugin::start(&[("TF_LOG_PROVIDER", "debug")]).await;
    let mut log = BufReader::new(plugin.process.stderr.take().unwrap()).lines();
    let channel = plugin.connect(None).await;
    for (signal, name) in [("INT", "Ctrl-C"), ("TERM", "SIGTERM"), ("TERM", "SIGTERM")] {
        plugin.signal(signal).await;
        let noted = format!("{name} is left to the host");
        while !within(log.next_line()).await.unwrap().unwrap().contains(&noted) {}
        assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    }
    shut_down(&channel).await;
    assert!(plugin.end().await.0.success());
}

#[cfg(unix)]
#[tokio::test]
async fn the_plugin_does_not_outlive_its_host() {
    let mut host = Command::new("sh");
    host.args(["-c", r#""$0" & wait"#, PROGRAM]);
    bare(&mut host, &[COOKIE]);
    let mut plugin = Plugin::read(host).await;
    assert_eq!(
        health(&plugin.connect(None).await).await.unwrap(),
        ServingStatus::Serving
    );
    plugin.process.start_kill().unwrap();
    // The plugin holds the other end of standard output until it ends.
    assert!(!plugin.end().await.0.success());
}

#[cfg(unix)]
#[tokio::test]
async fn a_person_can_hold_the_process_and_end_it_with_ctrl_c() {
    let mut command = program(&[]);
    command.arg("--debug");
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert!(within(lines.next_line()).await.unwrap().unwrap().starts_with('#'));
    let setting = within(lines.next_line()).await.unwrap().unwrap();
    let json = setting
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap();
    let providers: serde_json::Value = serde_json::from_str(json).unwrap();
    let provider = &providers["terraform.local/mde/mde"];
    assert_eq!(provider["Pid"], process.id().unwrap());

    let path = provider["Addr"]["String"].as_str().unwrap().to_owned();
    let channel = connect("unix".to_owned(), path.clone(), None).await;
    assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
    let process_id = process.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", "INT", &process_id])
            .status()
            .await
            .unwrap()
            .success()
    );
    assert!(within(process.wait()).await.unwrap().success());
    assert!(!Path::new(&path).exists());
}
