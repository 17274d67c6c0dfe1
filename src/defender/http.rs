//! The only place that knows the HTTP client. Sends one message and hands the answer back as it arrives; whether to
//! ask again is decided elsewhere.
//!
//! Nothing here logs a header or a body: one holds the access token, the other the application's secret.

mod proxy;
mod trouble;

pub(crate) use trouble::{TransportError, TransportTrouble};

use super::endpoint::Method;
use super::error::{Error, Kind};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use proxy::Proxies;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::redirect;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::sync::OnceLock;
use std::time::Duration;
use url::{Host, Url};

/// Time for the connection and its TLS handshake.
const CONNECT_TIME: Duration = Duration::from_secs(20);

/// Time for a connection to this machine or its own link. Outside of Azure nobody answers there at all.
const NEAR_CONNECT_TIME: Duration = Duration::from_secs(3);

/// Longest silence: an import of 500 rows is answered only when all are stored.
const SILENCE: Duration = Duration::from_secs(120);

/// The compression asked for, whatever the HTTP client was built with. Not deflate as well: servers disagree about what
/// that is, with a zlib header or without, and the service has been seen to prefer it.
const ENCODING: &str = "gzip";

/// Bodies of refusals, and of tokens, are not read further than this.
const LONGEST_SMALL_BODY: usize = 1 << 20;

/// One message. Not `Debug`: it holds the access token or the application's secret.
pub(crate) struct Message {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// The answer, its body still arriving.
pub(crate) struct Reply {
    pub status: u16,
    /// The header `Retry-After`, if it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// The header `WWW-Authenticate`, if it is text.
    pub challenge: Option<String>,
    pub body: BoxStream<'static, Result<Bytes, TransportError>>,
}

impl Reply {
    /// The whole of a body that is not supposed to be long.
    pub async fn small_body(mut self) -> Result<Vec<u8>, TransportError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.body.next().await {
            body.extend_from_slice(&chunk?);
            if body.len() > LONGEST_SMALL_BODY {
                body.truncate(LONGEST_SMALL_BODY);
                break;
            }
        }
        Ok(body)
    }
}

/// Sends messages.
#[async_trait]
pub(crate) trait Transport: Send + Sync {
    /// Sends one message, once.
    async fn send(&self, message: Message) -> Result<Reply, TransportError>;
}

/// The network.
pub(crate) struct Network {
    user_agent: String,
    authorities: Vec<CertificateDer<'static>>,
    /// What the environment says of proxies, unless none can reach the hosts.
    proxies: Option<Proxies>,
    /// Whether only neighbours are called.
    is_near: bool,
    silence: Duration,
    /// Made at the first use: loading the system's certificates takes tens of milliseconds.
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Network {
    /// `ca_certificate_pem` is trusted beside the system's own authorities. `hosts` are those that will be called.
    pub fn new(user_agent: &str, ca_certificate_pem: Option<&[u8]>, hosts: &[&Url]) -> Result<Self, Error> {
        if HeaderValue::from_str(user_agent).is_err() {
            return Err(Error::new(
                Kind::Settings,
                format!("{user_agent:?} cannot be sent as a user agent"),
                "Use printable ASCII characters only. The end of it comes from TF_APPEND_USER_AGENT.",
            ));
        }
        Ok(Self {
            user_agent: user_agent.to_owned(),
            authorities: ca_certificate_pem.map(authorities).transpose()?.unwrap_or_default(),
            proxies: (!hosts.iter().all(|host| is_this_machine(host)))
                .then(|| Proxies::read(|name| std::env::var(name).ok())),
            is_near: false,
            silence: SILENCE,
            client: OnceLock::new(),
        })
    }

    /// The same for what Azure has put beside this machine: without a proxy, and without TLS if the address says so. The
    /// settings allow that only on this machine and its own link.
    #[must_use]
    pub fn near(mut self) -> Self {
        self.proxies = None;
        self.is_near = true;
        self
    }

    /// The same with answers that may take this long.
    #[must_use]
    pub fn patient(mut self, longest: Duration) -> Self {
        self.silence = self.silence.max(longest);
        self
    }

    fn client(&self) -> Result<&reqwest::Client, TransportError> {
        self.client
            .get_or_init(|| self.build().map_err(|error| trouble::innermost(&error)))
            .as_ref()
            .map_err(|text| TransportError {
                trouble: TransportTrouble::NoAuthorities,
                text: text.clone(),
                proxy: None,
            })
    }

    fn build(&self) -> Result<reqwest::Client, reqwest::Error> {
        let extra = self
            .authorities
            .iter()
            .map(|authority| reqwest::Certificate::from_der(authority))
            .collect::<Result<Vec<_>, _>>()?;
        let mut builder = reqwest::Client::builder()
            .https_only(!self.is_near)
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            // Nobody is sent a token or a secret but whom the configuration names.
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(&self.user_agent)
            .connect_timeout(if self.is_near { NEAR_CONNECT_TIME } else { CONNECT_TIME })
            .read_timeout(self.silence);
        if !extra.is_empty() {
            builder = builder.tls_certs_merge(extra);
        }
        if self.proxies.is_none() {
            builder = builder.no_proxy();
        }
        builder.build()
    }
}

fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unusable = |why: &str| {
        Error::new(
            Kind::Settings,
            format!("the file in ca_certificate_path cannot be used: {why}"),
            "It must contain certificates in PEM format: blocks that begin with `-----BEGIN CERTIFICATE-----`.",
        )
    };
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(&error.to_string()))?;
    let mut store = rustls::RootCertStore::empty();
    for certificate in &certificates {
        store
            .add(certificate.clone())
            .map_err(|error| unusable(&error.to_string()))?;
    }
    if certificates.is_empty() {
        Err(unusable("it holds no certificate"))
    } else {
        Ok(certificates)
    }
}

/// A proxy cannot reach this machine's loopback addresses.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, message: Message) -> Result<Reply, TransportError> {
        let method = match message.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let headers = headers(&message.headers)?;
        let proxies = self.proxies.as_ref();
        let proxy = proxies.and_then(|proxies| proxies.on_the_way_to(&message.url));
        let request = self
            .client()?
            .request(method, message.url)
            .headers(headers)
            .body(message.body);
        let response = request
            .send()
            .await
            .map_err(|error| trouble::classify(&error, proxy.clone()))?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(seconds);
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        let challenge = challenge.and_then(|value| Some(value.to_str().ok()?.to_owned()));
        Ok(Reply {
            status: response.status().as_u16(),
            retry_after,
            challenge,
            body: response
                .bytes_stream()
                .map(move |chunk| chunk.map_err(|error| trouble::classify(&error, proxy.clone())))
                .boxed(),
        })
    }
}

/// The headers of a message. Without one of them the other side would refuse the call, and say nothing of why.
fn headers(headers: &[(String, String)]) -> Result<HeaderMap, TransportError> {
    let mut map = HeaderMap::new();
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static(ENCODING));
    for (name, value) in headers {
        // Nothing is repeated of the value, which may be the access token.
        let unsendable = |what: &str| TransportError {
            trouble: TransportTrouble::Unsendable,
            text: format!("the {what} of the header {name:?} holds characters that HTTP does not allow"),
            proxy: None,
        };
        let key = HeaderName::try_from(name).map_err(|_| unsendable("name"))?;
        let mut value = HeaderValue::try_from(value).map_err(|_| unsendable("value"))?;
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(map)
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests;
