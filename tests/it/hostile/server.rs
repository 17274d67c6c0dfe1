//! A server that answers whatever the test wants, over TLS: sign-in and API in one.

use crate::support::plugin::pem;
use flate2::{Compress, Compression, FlushCompress};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivateKeyDer;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The secret that the provider is given.
pub const SECRET: &str = "kq8~Xv.P2+secret/of_the~test";

/// The token that the server gives it.
pub const TOKEN: &str = "eyJ0eXAiOiJKV1Qi.token-of-the-test.c2lnbmF0dXJl";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub head: String,
    pub body: String,
}

impl Asked {
    /// Whether the request is of this kind, such as `POST /api/indicators/import`.
    pub fn is(&self, start: &str) -> bool {
        self.head.starts_with(start)
    }

    /// Whether it asks for a token.
    pub fn signs_in(&self) -> bool {
        self.head.lines().next().unwrap().contains("/oauth2/")
    }

    /// All of it, as a careless error page repeats it.
    pub fn echo(&self) -> String {
        format!("{}\r\n{}", self.body, self.head)
    }
}

/// An answer: a beginning, and a part that comes again and again.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: String,
    start: Vec<u8>,
    again: Vec<u8>,
    times: usize,
}

impl Answer {
    /// An answer with this body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: String::new(),
            start: body.into(),
            again: Vec::new(),
            times: 0,
        }
    }

    /// A token.
    pub fn token() -> Self {
        let body =
            format!(r#"{{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"{TOKEN}"}}"#);
        Self::new(200, body)
    }

    /// The same, with this behind it so many times.
    pub fn then(mut self, again: impl Into<Vec<u8>>, times: usize) -> Self {
        (self.again, self.times) = (again.into(), times);
        self
    }

    /// The same compressed. What comes again is compressed once, so that it costs the server nothing.
    pub fn packed(mut self) -> Self {
        let mut compress = Compress::new(Compression::best(), false);
        let mut pack = |data: &[u8]| {
            let mut packed = Vec::with_capacity(data.len() + 1000);
            compress.compress_vec(data, &mut packed, FlushCompress::Full).unwrap();
            packed
        };
        let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        self.start = [head.as_slice(), &pack(&self.start)].concat();
        self.again = pack(&self.again);
        self.headers.push_str("Content-Encoding: gzip\r\n");
        self
    }
}

/// The server. Its certificate authority is in a file.
pub struct Server {
    url: String,
    directory: TempDir,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers each request by this function, which is called with its number among those of its kind; nothing is ever
    /// answered where there is no answer.
    pub async fn start(answer: impl Fn(&Asked, usize) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()])
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), pem(authority.der())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let task = tokio::spawn({
            let asked = Arc::clone(&asked);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&asked), Arc::clone(&answer)));
                }
            }
        });
        Self {
            url,
            directory,
            asked,
            task,
        }
    }

    /// What leads a provider here.
    pub fn environment(&self) -> Vec<(String, String)> {
        let authority = self.directory.path().join("ca.pem").display().to_string();
        [
            ("MDE_BASE_URL", self.url.as_str()),
            ("MDE_AUTHORITY_HOST", &self.url),
            ("MDE_CA_CERTIFICATE_PATH", &authority),
            ("ARM_TENANT_ID", "11111111-1111-1111-1111-111111111111"),
            ("ARM_CLIENT_ID", "22222222-2222-2222-2222-222222222222"),
            ("ARM_CLIENT_SECRET", SECRET),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    all: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<impl Fn(&Asked, usize) -> Option<Answer>>,
) -> Option<()> {
    let mut stream = acceptor.accept(stream).await.ok()?;
    let mut request = Vec::new();
    let head = loop {
        let end = request.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            break end + 4;
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let lower = text(&request[..head]).to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    while request.len() < head + length {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let asked = Asked {
        head: text(&request[..head]),
        body: text(&request[head..]),
    };
    let number = {
        let mut all = all.lock().unwrap();
        all.push(asked.clone());
        let alike = all.iter().filter(|other| other.signs_in() == asked.signs_in());
        alike.count()
    };
    let Some(answer) = answer(&asked, number) else {
        return std::future::pending().await;
    };
    let head = format!(
        "HTTP/1.1 {} Any\r\n{}Connection: close\r\n\r\n",
        answer.status, answer.headers
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(&answer.start).await.ok()?;
    for _ in 0..answer.times {
        stream.write_all(&answer.again).await.ok()?;
    }
    stream.shutdown().await.ok()
}
