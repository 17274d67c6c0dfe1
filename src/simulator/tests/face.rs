//! What a person or a pipeline sees: the ready line, the files, the variables.

use std::path::Path;

use reqwest::{Certificate, Client};
use serde_json::json;

use super::{client, domain, switched};
use crate::simulator::{Conflict, Error, Options, Simulator, run};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn the_directory_has_what_a_client_needs() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("it's new");
    let options = Options {
        directory: Some(directory.clone()),
        client_secret: Some("s3cret".into()),
        ..Options::default()
    };
    let simulator = Simulator::start(options).await.unwrap();
    assert_eq!(read(&directory.join("ca.pem")), simulator.ca_pem);
    let environment = simulator.environment();
    let names: Vec<&str> = environment.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "MDE_BASE_URL",
        "MDE_AUTHORITY_HOST",
        "MDE_CA_CERTIFICATE_PATH",
        "ARM_TENANT_ID",
        "ARM_CLIENT_ID",
        "ARM_CLIENT_SECRET",
    ];
    assert_eq!(names, expected);
    let lines = read(&directory.join("environment"));
    assert!(lines.starts_with(&format!("MDE_BASE_URL={}\nMDE_AUTHORITY_HOST=", simulator.url())));
    assert!(lines.contains("/it'\\''s new/ca.pem'\n"), "{lines}");
    assert!(lines.ends_with("ARM_CLIENT_SECRET=s3cret\n"));
    assert_eq!(Path::new(&environment[2].1), directory.join("ca.pem"));
}

#[tokio::test]
async fn a_temporary_directory_goes_with_the_simulator() {
    let simulator = Simulator::start(Options::default()).await.unwrap();
    let directory = simulator.directory().to_owned();
    assert!(directory.join("environment").exists());
    let (url, client) = (simulator.url().to_owned(), client(&simulator));
    assert_eq!(
        client
            .get(format!("{url}/simulator/calls"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    simulator.stop().await;
    assert!(
        client.get(format!("{url}/simulator/calls")).send().await.is_err(),
        "the port is closed"
    );
    assert!(!directory.exists());
}

#[tokio::test]
async fn rows_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rows.json");
    let start = async |content: &str| {
        std::fs::write(&file, content).unwrap();
        Simulator::start(Options {
            rows: Some(file.clone()),
            ..Options::default()
        })
        .await
    };
    let simulator = start(&json!([domain("a.example")]).to_string()).await.unwrap();
    assert_eq!(simulator.rows()[0]["indicatorValue"], "a.example");
    assert!(matches!(start("{}").await, Err(Error::Rows(_))));
    assert!(matches!(start("[").await, Err(Error::Rows(_))));
    assert!(matches!(start("[{}]").await, Err(Error::Rows(_))));
    let missing = Options {
        rows: Some(directory.path().join("missing")),
        ..Options::default()
    };
    assert!(matches!(Simulator::start(missing).await, Err(Error::File { .. })));
}

#[tokio::test]
async fn localhost_and_ipv6_are_served_under_a_trusted_name() {
    let simulator = Simulator::start(Options::default()).await.unwrap();
    let by_name = simulator.url().replace("127.0.0.1", "localhost");
    assert_eq!(
        client(&simulator)
            .get(format!("{by_name}/simulator/rows"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    // A machine without IPv6 cannot listen there.
    if let Ok(simulator) = Simulator::start(switched(&["--listen", "[::1]:0"])).await {
        assert!(simulator.url().starts_with("https://[::1]:"));
        let url = format!("{}/simulator/rows", simulator.url());
        assert_eq!(client(&simulator).get(url).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn other_machines_reach_it_only_if_somebody_says_so() {
    let refused = Simulator::start(switched(&["--listen", "0.0.0.0:0"]))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Options(Conflict::BeyondLoopback(_))),
        "{refused}"
    );
    let any = switched(&["--listen", "0.0.0.0:0", "--listen-beyond-loopback"]);
    let any = Simulator::start(any).await.unwrap();
    assert!(any.url().starts_with("https://127.0.0.1:"));
}

#[tokio::test]
async fn a_client_with_a_fixed_host_can_be_led_here() {
    let options = switched(&[
        "--host-names",
        "login.microsoftonline.com,api.securitycenter.windows.com",
    ]);
    let simulator = Simulator::start(options).await.unwrap();
    let address = simulator.url().strip_prefix("https://").unwrap().parse().unwrap();
    let certificate = Certificate::from_pem(simulator.ca_pem.as_bytes()).unwrap();
    let led = |host: &str| {
        // As a line of a hosts file, and the port that such a client has no way to say.
        Client::builder()
            .tls_certs_only([certificate.clone()])
            .no_proxy()
            .resolve(host, address)
            .build()
            .unwrap()
    };
    for host in ["login.microsoftonline.com", "api.securitycenter.windows.com"] {
        let url = format!("https://{host}:{}/simulator/rows", address.port());
        assert_eq!(led(host).get(url).send().await.unwrap().status(), 200, "{host}");
    }
    let other = format!("https://api.example:{}/simulator/rows", address.port());
    assert!(led("api.example").get(other).send().await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let simulator = Simulator::start(Options::default()).await.unwrap();
    let address = simulator.url().strip_prefix("https://").unwrap().to_owned();
    let error = Simulator::start(switched(&["--listen", &address])).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {address}"));
}

/// Hands on what is written, as a pipe does.
#[cfg(unix)]
struct Pipe(tokio::sync::mpsc::UnboundedSender<String>);

#[cfg(unix)]
impl std::io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .send(String::from_utf8_lossy(bytes).into_owned())
            .map_err(std::io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_command_says_when_it_is_ready_and_stops_on_sigterm() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let mut pipe = Pipe(sender);
    let meanwhile = async {
        let text = receiver.recv().await.unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let (url, directory) = (
            lines[0].strip_prefix("ready ").unwrap(),
            lines[1].strip_prefix("directory ").unwrap(),
        );
        assert!(read(&Path::new(directory).join("environment")).contains(&format!("MDE_BASE_URL={url}\n")));
        let kill = format!("kill -TERM {}", std::process::id());
        assert!(
            std::process::Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
        directory.to_owned()
    };
    let (ended, directory) = tokio::join!(run(Options::default(), &mut pipe), meanwhile);
    ended.unwrap();
    assert!(!Path::new(&directory).exists());
}
