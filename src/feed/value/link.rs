//! URLs, and what lacks the scheme to be one.

use super::domain::is_port;
use super::{Outcome, checked, skip};
use crate::feed::{Options, Reason, shown};
use crate::indicator::rules::check_value;
use crate::indicator::{IndicatorType, detect_type};
use std::net::Ipv6Addr;

/// Schemes that lists of indicators name. Any other is a typing error, or a way to keep a link from working that nobody
/// can read for certain, such as `meow`.
const SCHEMES: [&str; 50] = [
    "http", "https", "ftp", "ftps", "sftp", "tftp", "scp", "ssh", "telnet", "rlogin", "smb", "cifs", "nfs", "file",
    "webdav", "dav", "davs", "rsync", "tcp", "udp", "icmp", "tls", "ssl", "quic", "dns", "ws", "wss", "ldap", "ldaps",
    "rdp", "vnc", "irc", "ircs", "xmpp", "mqtt", "mqtts", "amqp", "smtp", "smtps", "imap", "imaps", "pop3", "git",
    "svn", "rtsp", "rtmp", "socks4", "socks5", "gopher", "s3",
];

/// Schemes are also written as one of these and another, such as `stratum+tcp` and `git+ssh`.
const FAMILIES: [&str; 3] = ["stratum+", "git+", "svn+"];

/// What a text stands for where a URL is expected.
pub(super) fn take(value: &str, options: &Options, whys: &mut Vec<&'static str>) -> Outcome {
    if let Some((scheme, after)) = split(value) {
        if !is_known(scheme) {
            return skip(Reason::Value, format!("{} is no known scheme", shown(scheme)));
        }
        let host = after.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        if host.contains('*') || value.ends_with('*') {
            return skip(Reason::Wildcard, "an indicator is for one URL and what is below it");
        }
        return checked(IndicatorType::Url, value);
    }
    if value.starts_with('/') && !value.starts_with("//") {
        return skip(Reason::NoScheme, "it is a path without a host");
    }
    if !names_host(value.trim_start_matches('/')) {
        return checked(IndicatorType::Url, value);
    }
    let bare = value.trim_start_matches('/');
    match &options.assume_scheme {
        Some(scheme) => {
            whys.push("scheme assumed");
            checked(IndicatorType::Url, &format!("{scheme}://{bare}"))
        }
        None => skip(
            Reason::NoScheme,
            format!(
                "write {} or {}",
                shown(&format!("http://{bare}")),
                shown(&format!("https://{bare}"))
            ),
        ),
    }
}

/// Whether a text is a URL but for its scheme: a host, then a path or a query. A network is none.
pub(super) fn lacks_scheme(value: &str) -> bool {
    let bare = value.strip_prefix("//").unwrap_or(value);
    let Some(end) = bare.find(['/', '?', '#']) else {
        return false;
    };
    let rest = &bare[end + 1..];
    let is_mask = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_network = bare.as_bytes().get(end) == Some(&b'/') && is_mask(rest) && is_address(&bare[..end]);
    split(value).is_none() && !is_network && names_host(bare)
}

/// Scheme, and what follows it.
fn split(value: &str) -> Option<(&str, &str)> {
    let (scheme, after) = value.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then_some((scheme, after))
}

fn is_known(scheme: &str) -> bool {
    let scheme = scheme.to_ascii_lowercase();
    let bare = FAMILIES
        .iter()
        .find_map(|family| scheme.strip_prefix(family))
        .unwrap_or(&scheme);
    SCHEMES.contains(&bare)
}

/// Whether a text begins with the host of a URL, and perhaps its port: an address, or a domain of two labels or more.
fn names_host(text: &str) -> bool {
    let authority = text.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) && (!host.contains(':') || host.ends_with(']')) => host,
        _ => authority,
    };
    if host.starts_with('*') || host.starts_with('.') || host.contains(':') && !host.starts_with('[') {
        return false;
    }
    is_address(host)
        || detect_type(host) == Some(IndicatorType::DomainName)
            && !check_value(&IndicatorType::DomainName, host)
                .iter()
                .any(|finding| finding.is_error())
}

fn is_address(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<std::net::IpAddr>().is_ok(),
    }
}
