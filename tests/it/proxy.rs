//! Through a proxy, as the environment names it.

use crate::support::{PROGRAM, Tenant};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

/// A proxy on this machine, all of whose tunnels lead to one address.
struct Proxy {
    port: u16,
    /// The first message of each tunnel.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(tunnel(stream, to.clone(), Arc::clone(&log)));
            }
        });
        Self { port, asked }
    }

    /// The hosts that were asked for.
    fn hosts(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let host = |text: &String| text.split(' ').nth(1).unwrap().to_owned();
        let mut hosts: Vec<String> = asked.iter().map(host).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

async fn tunnel(mut client: TcpStream, to: String, log: Arc<Mutex<Vec<String>>>) {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        text.push(char::from(byte));
    }
    log.lock().unwrap().push(text);
    let mut server = TcpStream::connect(to).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
    // Either side may go away first.
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

#[tokio::test]
async fn calls_go_through_the_proxy_but_for_the_hosts_that_are_left_out() {
    let names = ["api.example", "login.example"];
    let tenant = Tenant::with(|options| options.host_names = names.map(str::to_owned).to_vec()).await;
    let environment = tenant.environment();
    let direct = environment
        .iter()
        .find(|(name, _)| name == "MDE_BASE_URL")
        .unwrap()
        .1
        .clone();
    let address = direct.trim_start_matches("https://").to_owned();
    for (base, left_out, expected) in [
        ("https://api.example", "", &["api.example:443", "login.example:443"][..]),
        (&direct, "127.0.0.1", &["login.example:443"]),
        (&direct, "other.example,127.0.0.0/8", &["login.example:443"]),
    ] {
        let proxy = Proxy::start(address.clone()).await;
        let output = Command::new(PROGRAM)
            .arg("check")
            .env_clear()
            .envs(environment.clone())
            .env("MDE_BASE_URL", base)
            .env("MDE_AUTHORITY_HOST", "https://login.example")
            .env(
                "HTTPS_PROXY",
                format!("http://ann:hidden-4711@127.0.0.1:{}", proxy.port),
            )
            .env("NO_PROXY", left_out)
            .output()
            .await
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert_eq!(proxy.hosts(), expected, "{base} {left_out}");
        assert!(!text.contains("hidden-4711"), "{text}");
        let asked = proxy.asked.lock().unwrap().join("").to_lowercase();
        // The proxy is told its own password, and nothing of what goes through it.
        assert!(
            asked.contains("proxy-authorization: basic yw5uomhpzgrlbi00nzex"),
            "{asked}"
        );
        assert!(!asked.contains("bearer"), "{asked}");
    }
}
