//! What can go wrong on the way to the other side and back.

use super::super::error::{Error, Kind};
use rustls::CertificateError;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;
use url::Url;

/// A message that got no answer, or an answer that broke off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct TransportError {
    pub trouble: TransportTrouble,
    /// The cause in the words of the library that met it.
    pub text: String,
    /// The proxy on the way, in words, if there is one.
    pub proxy: Option<String>,
}

/// What sort of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportTrouble {
    /// The message cannot be put into HTTP, so it was not sent.
    Unsendable,
    /// This machine knows no authority, so it can trust nobody.
    NoAuthorities,
    /// The certificate is signed by nobody that this machine trusts.
    UnknownAuthority,
    /// The certificate is for another name.
    WrongName,
    /// The certificate is not valid now.
    NotValidNow,
    /// The certificate is not acceptable for another reason.
    BadCertificate,
    /// The name has no address.
    UnknownHost,
    /// The name of the proxy has no address.
    UnknownProxy,
    /// No connection to the proxy came about.
    ProxyUnreachable,
    /// The proxy wants to know who asks.
    ProxyAuthentication,
    /// The proxy does not connect to the other side.
    ProxyRefusal,
    /// No connection came about.
    Unreachable,
    /// The connection was there and broke off; the message may have arrived.
    Interrupted,
    /// Nothing came in time; the message may have arrived.
    TooSlow,
}

impl TransportTrouble {
    /// Whether asking again is of no use.
    pub const fn is_lasting(self) -> bool {
        matches!(
            self,
            Self::Unsendable
                | Self::NoAuthorities
                | Self::UnknownAuthority
                | Self::WrongName
                | Self::NotValidNow
                | Self::BadCertificate
                | Self::ProxyAuthentication
        )
    }

    /// Whether the message may have arrived.
    pub const fn may_have_arrived(self) -> bool {
        matches!(self, Self::Interrupted | Self::TooSlow)
    }
}

impl TransportError {
    /// The whole answer was not there within this time.
    pub fn too_slow(time: Duration) -> Self {
        Self {
            trouble: TransportTrouble::TooSlow,
            text: format!("no complete answer within {} s", time.as_secs()),
            proxy: None,
        }
    }

    /// The error for the user; `purpose` is what the message was sent for, such as "list the indicators".
    pub fn explain(&self, purpose: &str, url: &Url) -> Error {
        let host = url.host_str().unwrap_or_default();
        let place = url
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let text = &self.text;
        let (proxy, place) = match &self.proxy {
            None => ("the proxy", place),
            Some(proxy) => (proxy.as_str(), format!("{place} through the proxy {proxy}")),
        };
        let certificate = |what: &str, hint: String| {
            Error::new(Kind::Certificate, format!("could not {purpose}: {what} ({text})"), hint)
        };
        let connection = |what: &str, hint: &str| {
            Error::new(Kind::Connection, format!("could not {purpose}: {what} ({text})"), hint)
        };
        match self.trouble {
            TransportTrouble::Unsendable => Error::new(
                Kind::Unexpected,
                format!("could not {purpose}: the message cannot be sent: {text}"),
                "The access token is not valid in an HTTP header, so no known sign-in service issued it. Check \
                 authority_host and any proxy in between. If they are right, report this.",
            ),
            TransportTrouble::NoAuthorities => certificate(
                "this machine has no list of trusted certificate authorities",
                "Install the system's package of certificate authorities (often called ca-certificates), or point \
                 SSL_CERT_FILE at such a list, or name a file in ca_certificate_path."
                    .to_owned(),
            ),
            TransportTrouble::UnknownAuthority => certificate(
                &format!("the certificate of {place} is signed by an authority that this machine does not trust"),
                "If a proxy inspects the traffic, or the server is your own, name the file with the certificate of its \
                 authority in ca_certificate_path (MDE_CA_CERTIFICATE_PATH)."
                    .to_owned(),
            ),
            TransportTrouble::WrongName => certificate(
                &format!("the server at {place} showed a certificate for another name"),
                format!("Check whether {host} in base_url or authority_host is the server's name."),
            ),
            TransportTrouble::NotValidNow => certificate(
                &format!("the certificate of {place} is not valid at this time"),
                "Check the clock of this machine. If it is right, the server's certificate must be renewed."
                    .to_owned(),
            ),
            TransportTrouble::BadCertificate => certificate(
                &format!("the certificate of {place} is not acceptable"),
                "If a proxy inspects the traffic, name the file with the certificate of its authority in \
                 ca_certificate_path (MDE_CA_CERTIFICATE_PATH)."
                    .to_owned(),
            ),
            TransportTrouble::UnknownHost => connection(
                &format!("the name {host} could not be resolved"),
                "Check the spelling of base_url, authority_host, environment and region, and the DNS of this machine.",
            ),
            TransportTrouble::UnknownProxy => connection(
                &format!("the name of the proxy {proxy} could not be resolved"),
                "Check the spelling of the proxy's address, and the DNS of this machine. Hosts in NO_PROXY are reached without \
                 it.",
            ),
            TransportTrouble::ProxyUnreachable => connection(
                &format!("no connection to the proxy {proxy}"),
                "Check whether the proxy's address is right and the proxy is running. Hosts in NO_PROXY are reached without it.",
            ),
            TransportTrouble::ProxyAuthentication => connection(
                &format!("the proxy {proxy} asks for a user name and a password (HTTP 407)"),
                "Write them into the proxy's address, percent-encoded, such as http://USER:PASSWORD@HOST:PORT; or have the proxy \
                 let this machine through.",
            ),
            TransportTrouble::ProxyRefusal => connection(
                &format!("the proxy {proxy} did not open a connection to {host}"),
                "Check whether the proxy can and may reach this host; its log says why it did not. Hosts in NO_PROXY are reached \
                 without it.",
            ),
            TransportTrouble::Unreachable => connection(
                &format!("no connection to {place}"),
                "Check whether this machine may reach the host: network, firewall, and the proxy in HTTPS_PROXY if one \
                 is needed.",
            ),
            TransportTrouble::Interrupted => connection(
                &format!("the connection to {place} broke off"),
                "This is usually temporary. Run the command again. What was written so far is kept.",
            ),
            TransportTrouble::TooSlow => connection(
                &format!("{place} did not answer in time"),
                "This is usually temporary. Run the command again. What was written so far is kept.",
            ),
        }
    }
}

/// What the HTTP client's error means.
pub(super) fn classify(error: &reqwest::Error, proxy: Option<String>) -> TransportError {
    let trouble = match certificate_error(error) {
        // A bad signature is that of an authority with the name of one that is trusted, but with another key.
        Some(CertificateError::UnknownIssuer | CertificateError::BadSignature) => TransportTrouble::UnknownAuthority,
        Some(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            TransportTrouble::WrongName
        }
        Some(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => TransportTrouble::NotValidNow,
        Some(_) => TransportTrouble::BadCertificate,
        None if error.is_connect() && proxy.is_some() && is_tunnel_error(error) => tunnel_trouble(error),
        None if error.is_connect() && causes(error).any(|cause| cause.to_string().starts_with("dns error")) => {
            TransportTrouble::UnknownHost
        }
        None if error.is_connect() => TransportTrouble::Unreachable,
        None if error.is_timeout() => TransportTrouble::TooSlow,
        None => TransportTrouble::Interrupted,
    };
    TransportError {
        trouble,
        text: innermost(error),
        proxy,
    }
}

/// How the HTTP client's errors about a connection through a proxy begin; their type is its own secret.
const TUNNEL: &str = "tunnel error: ";

fn is_tunnel_error(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.to_string().starts_with(TUNNEL))
}

fn tunnel_trouble(error: &reqwest::Error) -> TransportTrouble {
    let has = |start: &str| causes(error).any(|cause| cause.to_string().starts_with(start));
    if has("tunnel error: proxy authorization required") {
        TransportTrouble::ProxyAuthentication
    } else if has("dns error") {
        TransportTrouble::UnknownProxy
    } else if has("tunnel error: failed to create underlying connection") {
        TransportTrouble::ProxyUnreachable
    } else {
        TransportTrouble::ProxyRefusal
    }
}

/// The last cause says what happened; the ones before it only that something did.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

fn certificate_error(error: &reqwest::Error) -> Option<CertificateError> {
    causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(error)) => Some(error.clone()),
        _ => None,
    })
}

/// The error and its causes. An `io::Error` leaves out the error that it wraps, so that is looked up.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error: &'a (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
}
