//! The real transport over loopback TLS, with certificates made for each test.

use super::*;
use crate::defender::error::Kind;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A server that answers one message with fixed bytes, for each of its connections.
struct Server {
    url: Url,
    authority_pem: String,
    task: JoinHandle<()>,
    requests: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(name: &str, answer: Vec<u8>) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!(
            "https://127.0.0.1:{}/path",
            listener.local_addr().unwrap().port()
        ))
        .unwrap();
        let requests = Arc::new(std::sync::Mutex::new(Vec::new()));
        let task = tokio::spawn({
            let requests = Arc::clone(&requests);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        continue;
                    };
                    let mut request = vec![0; 4096];
                    let length = stream.read(&mut request).await.unwrap_or_default();
                    requests
                        .lock()
                        .unwrap()
                        .push(String::from_utf8_lossy(&request[..length]).into_owned());
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        Self {
            url,
            authority_pem: pem(authority.der()),
            task,
            requests,
        }
    }

    async fn call(&self, ca_certificate_pem: Option<&[u8]>) -> Result<Reply, TransportError> {
        let network = Network::new("agent/1", ca_certificate_pem, &[&self.url]).unwrap();
        network.send(message(&self.url)).await
    }
}

fn pem(der: &[u8]) -> String {
    use base64::Engine;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

fn message(url: &Url) -> Message {
    Message {
        method: Method::Post,
        url: url.clone(),
        headers: vec![("Authorization".to_owned(), "Bearer t".to_owned())],
        body: Bytes::from_static(b"{}"),
    }
}

fn trouble(result: Result<Reply, TransportError>) -> TransportTrouble {
    result.map(|reply| reply.status).unwrap_err().trouble
}

const OK: &[u8] = b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nhello";

#[tokio::test]
async fn an_extra_authority_is_trusted_and_the_message_arrives() {
    let server = Server::start("127.0.0.1", OK.to_vec()).await;
    let pem = server.authority_pem.clone();
    let reply = server.call(Some(pem.as_bytes())).await.unwrap();
    assert_eq!((reply.status, reply.retry_after), (429, Some(Duration::from_secs(7))));
    assert_eq!(reply.small_body().await.unwrap(), b"hello");
    let request = server.requests.lock().unwrap().remove(0).to_lowercase();
    for part in [
        "post /path http/1.1",
        "authorization: bearer t",
        "user-agent: agent/1",
        "accept-encoding: ",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_an_error_which_does_not_tell_the_token() {
    let server = Server::start("127.0.0.1", OK.to_vec()).await;
    let network = Network::new("agent/1", Some(server.authority_pem.as_bytes()), &[&server.url]).unwrap();
    for header in [("Authorization", "Bearer to\nken"), ("Author ization", "Bearer token")] {
        let mut message = message(&server.url);
        message.headers = vec![(header.0.to_owned(), header.1.to_owned())];
        let error = network.send(message).await.map(|reply| reply.status).unwrap_err();
        assert!(error.trouble.is_lasting() && !error.trouble.may_have_arrived());
        let shown = error.explain("list the indicators", &server.url).to_string();
        assert!(shown.contains(header.0) && !shown.contains("ken"), "{shown}");
    }
    assert!(server.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_authority_is_told_apart_and_the_way_out_is_named() {
    let server = Server::start("127.0.0.1", OK.to_vec()).await;
    let other = Server::start("127.0.0.1", OK.to_vec()).await;
    let error = server
        .call(Some(other.authority_pem.as_bytes()))
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error.trouble,
        TransportTrouble::UnknownAuthority,
        "of the same name, with another key"
    );
    // A machine without any list of authorities says that instead.
    let alone = trouble(server.call(None).await);
    assert!(
        matches!(
            alone,
            TransportTrouble::UnknownAuthority | TransportTrouble::NoAuthorities
        ),
        "{alone:?}"
    );
    let explained = error.explain("list the indicators", &server.url);
    assert_eq!(explained.kind(), Kind::Certificate);
    assert!(
        explained
            .to_string()
            .starts_with("could not list the indicators: the certificate of 127.0.0.1:")
    );
    assert!(explained.hint().contains("ca_certificate_path"));
    assert!(server.requests.lock().unwrap().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_apart() {
    let server = Server::start("other.example", OK.to_vec()).await;
    let pem = server.authority_pem.clone();
    assert_eq!(
        trouble(server.call(Some(pem.as_bytes())).await),
        TransportTrouble::WrongName
    );
}

#[tokio::test]
async fn no_connection_and_a_broken_one_are_told_apart() {
    let server = Server::start("127.0.0.1", Vec::new()).await;
    let pem = server.authority_pem.clone();
    assert_eq!(
        trouble(server.call(Some(pem.as_bytes())).await),
        TransportTrouble::Interrupted
    );

    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://127.0.0.1:{}/", free.local_addr().unwrap().port())).unwrap();
    drop(free);
    let network = Network::new("agent/1", Some(pem.as_bytes()), &[&url]).unwrap();
    let error = network.send(message(&url)).await.map(|_| ()).unwrap_err();
    assert_eq!(error.trouble, TransportTrouble::Unreachable);
    assert!(
        error
            .explain("get an access token", &url)
            .to_string()
            .contains("no connection to 127.0.0.1:")
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_and_not_an_end() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello".to_vec();
    let server = Server::start("127.0.0.1", answer).await;
    let pem = server.authority_pem.clone();
    let reply = server.call(Some(pem.as_bytes())).await.unwrap();
    assert_eq!(
        reply.small_body().await.unwrap_err().trouble,
        TransportTrouble::Interrupted
    );
}

#[tokio::test]
async fn packed_bodies_are_unpacked_and_redirects_are_not_followed() {
    use std::io::Write;
    let text = b"hello ".repeat(1000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text).unwrap();
    let body = gzip.finish().unwrap();
    let head = "HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\nContent-Encoding: gzip";
    let head = format!("{head}\r\nContent-Length: {}\r\n\r\n", body.len());
    let server = Server::start("127.0.0.1", [head.as_bytes(), &body].concat()).await;
    let pem = server.authority_pem.clone();
    let reply = server.call(Some(pem.as_bytes())).await.unwrap();
    assert_eq!(reply.status, 302);
    assert_eq!(reply.small_body().await.unwrap(), text);
}

#[test]
fn a_file_without_usable_certificates_is_refused_at_once() {
    let url = Url::parse("https://127.0.0.1/").unwrap();
    for content in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let error = Network::new("agent/1", Some(content.as_bytes()), &[&url])
            .err()
            .unwrap();
        assert!(error.to_string().contains("ca_certificate_path"), "{error}");
    }
    assert!(Network::new("a\nb", None, &[&url]).is_err());
}

#[test]
fn loopback_addresses_need_no_proxy() {
    for (url, expected) in [
        ("https://127.0.0.1:5", true),
        ("https://[::1]:5", true),
        ("https://localhost", true),
        ("https://a.localhost", true),
        ("https://10.0.0.1", false),
        ("https://localhost.example", false),
    ] {
        assert_eq!(is_this_machine(&Url::parse(url).unwrap()), expected, "{url}");
    }
}

/// What the HTTP client meets behind a proxy that answers this to every CONNECT, or that is not there.
async fn through_a_proxy(answer: Option<&'static str>) -> TransportError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let Some(answer) = answer else { return };
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    if answer.is_none() {
        // From now on nobody listens there.
        task.await.unwrap();
    }
    let client = reqwest::Client::builder()
        .proxy(reqwest::Proxy::https(&proxy).unwrap())
        .build()
        .unwrap();
    let error = client.get("https://api.example/path").send().await.unwrap_err();
    trouble::classify(&error, Some(format!("{proxy} (from HTTPS_PROXY)")))
}

#[tokio::test]
async fn a_proxy_in_trouble_is_named_and_not_the_host_behind_it() {
    let url = Url::parse("https://api.example/path").unwrap();
    for (answer, trouble, words) in [
        (
            None,
            TransportTrouble::ProxyUnreachable,
            "no connection to the proxy http://127.0.0.1:",
        ),
        (
            Some("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
            TransportTrouble::ProxyAuthentication,
            "asks for a user name and a password (HTTP 407)",
        ),
        (
            Some("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
            TransportTrouble::ProxyRefusal,
            "did not open a connection to api.example",
        ),
    ] {
        let error = through_a_proxy(answer).await;
        assert_eq!(error.trouble, trouble, "{error}");
        assert!(!error.trouble.may_have_arrived());
        let explained = error.explain("list the indicators", &url);
        let text = explained.to_string();
        assert!(text.contains(words) && text.contains("(from HTTPS_PROXY)"), "{text}");
        assert_eq!(explained.kind(), Kind::Connection);
    }
}

#[test]
fn a_host_that_is_lost_behind_a_proxy_is_told_with_the_proxy() {
    let url = Url::parse("https://api.example/path").unwrap();
    for trouble in [
        TransportTrouble::Unreachable,
        TransportTrouble::Interrupted,
        TransportTrouble::TooSlow,
    ] {
        let error = TransportError {
            trouble,
            text: "cause".to_owned(),
            proxy: Some("http://proxy.example:1 (from ALL_PROXY)".to_owned()),
        };
        let text = error.explain("list the indicators", &url).to_string();
        assert!(
            text.contains("api.example through the proxy http://proxy.example:1 (from ALL_PROXY)"),
            "{text}"
        );
    }
}

/// The versions of TLS that the first message of a client offers (RFC 8446, 4.2.1).
fn offered(hello: &[u8]) -> Vec<u16> {
    let number = |at: usize| u16::from_be_bytes([hello[at], hello[at + 1]]);
    // Record, kind and length of the message, version, random; then session, ciphers and compressions with their lengths.
    let mut at = 5 + 4 + 2 + 32;
    at += 1 + usize::from(hello[at]);
    at += 2 + usize::from(number(at));
    at += 1 + usize::from(hello[at]);
    let end = at + 2 + usize::from(number(at));
    at += 2;
    while at < end {
        let (kind, length) = (number(at), usize::from(number(at + 2)));
        if kind == 43 {
            return (at + 5..at + 4 + length).step_by(2).map(number).collect();
        }
        at += 4 + length;
    }
    panic!("no versions");
}

#[tokio::test]
async fn no_older_tls_than_1_2_is_offered_or_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = vec![0; 16 << 10];
        let mut length = stream.read(&mut hello).await.unwrap();
        let whole = 5 + usize::from(u16::from_be_bytes([hello[3], hello[4]]));
        while length < whole {
            length += stream.read(&mut hello[length..]).await.unwrap();
        }
        // The beginning of an answer of TLS 1.1.
        let mut answer = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
        answer.extend([7; 32]);
        answer.extend([0, 0, 47, 0]);
        stream.write_all(&answer).await.unwrap();
        let mut reaction = vec![0; 64];
        let reacted = stream.read(&mut reaction).await.unwrap();
        (hello, reaction[..reacted].to_vec())
    });
    // With an authority of its own the client does without those of the machine.
    let pem = Server::start("127.0.0.1", OK.to_vec()).await.authority_pem.clone();
    let network = Network::new("agent/1", Some(pem.as_bytes()), &[&url]).unwrap();
    assert!(network.send(message(&url)).await.is_err());
    let (hello, reaction) = server.await.unwrap();
    let versions = offered(&hello);
    assert!(
        versions.contains(&0x0303) && versions.iter().all(|version| *version >= 0x0303),
        "{versions:x?}"
    );
    // An alert, and not the message with the token.
    assert_eq!(reaction.first(), Some(&21), "{reaction:?}");
}
