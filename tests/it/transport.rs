//! The built program as a plugin, seen from a host that speaks go-plugin.

use crate::support::PROGRAM;
use crate::support::plugin::{COOKIE, Credentials, Plugin, bare, connect, program, shut_down, within};
use mde::proto::goplugin::ConnInfo;
use mde::proto::goplugin::grpc_broker_client::GrpcBrokerClient;
use mde::proto::goplugin::grpc_stdio_client::GrpcStdioClient;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

async fn health(channel: &Channel) -> Result<ServingStatus, tonic::Status> {
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    Ok(within(HealthClient::new(channel.clone()).check(request))
        .await?
        .into_inner()
        .status())
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
async fn without_a_certificate_the_log_says_who_can_connect() {
    for (transport, words) in [
        ("unix", "keeps other users of this machine out"),
        ("tcp", "Whoever is on this machine can connect"),
    ] {
        let plugin = Plugin::start(&[("MDE_PLUGIN_TRANSPORT", transport), ("TF_LOG_PROVIDER", "warn")]).await;
        let channel = plugin.connect(None).await;
        shut_down(&channel).await;
        let (_, log) = plugin.end().await;
        let event: serde_json::Value = serde_json::from_str(&log).unwrap();
        let message = event["@message"].as_str().unwrap();
        assert!(
            message.contains("PLUGIN_CLIENT_CERT") && message.contains(words),
            "{message}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_next_plugin_removes_what_a_killed_one_has_left() {
    let parent = tempfile::tempdir().unwrap();
    let settings = [("PLUGIN_UNIX_SOCKET_DIR", parent.path().to_str().unwrap())];
    let alive = Plugin::start(&settings).await;
    let mut killed = Plugin::start(&settings).await;
    killed.process.kill().await.unwrap();
    let left = killed.directory().to_owned();
    assert!(left.exists());
    let next = Plugin::start(&settings).await;
    let sweeping = async {
        while left.exists() {
            tokio::task::yield_now().await;
        }
    };
    within(sweeping).await;
    for plugin in [alive, next] {
        let channel = plugin.connect(None).await;
        assert_eq!(health(&channel).await.unwrap(), ServingStatus::Serving);
        shut_down(&channel).await;
        assert!(plugin.end().await.0.success());
    }
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
async fn after_ctrl_c_and_sigterm_the_host_says_when_the_plugin_ends() {
    // A CI runner that ends a job sends SIGTERM to the whole process group. The host gets it too, and asks its plugins
    // to stop in its own way; a plugin that ended at once would lose a call in flight.
    let mut plugin = Plugin::start(&[("TF_LOG_PROVIDER", "debug")]).await;
    let mut log = BufReader::new(plugin.process.stderr.take().unwrap()).lines();
    let channel = plugin.connect(None).await;
    for (signal, name) in [("INT", "Ctrl-C"), ("TERM", "SIGTERM"), ("TERM", "SIGTERM")] {
        plugin.signal(signal).await;
        let noted = format!("{name}: the services stop, and the host says when the plugin ends");
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
