//! Hosts: domains in ASCII, the parts of a URL, public suffixes.

use std::borrow::Cow;
use std::net::IpAddr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// What is not allowed in a host, beside upper case. Underscores are: they occur in names that DNS serves.
const DENIED: AsciiDenyList = AsciiDenyList::new(true, " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// The longest name and the longest label that DNS has, in bytes (RFC 1035, section 2.3.4).
pub(super) const LONGEST_NAME: usize = 253;
pub(super) const LONGEST_LABEL: usize = 63;

/// A URL cut at the borders of its parts, which together are the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UrlParts<'a> {
    /// Before `://`.
    pub scheme: &'a str,
    /// User name and password with the `@`, or nothing.
    pub user: &'a str,
    /// Domain or address; an IPv6 address in its brackets.
    pub host: &'a str,
    /// With its colon, or nothing.
    pub port: &'a str,
    /// Path, query and fragment.
    pub rest: &'a str,
}

impl<'a> UrlParts<'a> {
    /// The parts of what looks like a URL; only the borders are found, nothing is checked or changed.
    pub(super) fn split(text: &'a str) -> Option<Self> {
        if !text.as_bytes().contains(&b'/') {
            return None;
        }
        let (scheme, after) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme))?;
        let (authority, rest) = after.split_at(after.find(['/', '\\', '?', '#']).unwrap_or(after.len()));
        let (user, host_and_port) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let colon = match host_and_port.rfind(']') {
            Some(bracket) if host_and_port.starts_with('[') => bracket + 1,
            _ => host_and_port.rfind(':').unwrap_or(host_and_port.len()),
        };
        let (host, port) = host_and_port.split_at(colon);
        Some(Self {
            scheme,
            user,
            host,
            port,
            rest,
        })
    }

    /// Whether the URL names a host and nothing below it, so that it stands for everything there.
    pub(super) fn is_whole_host(&self) -> bool {
        matches!(self.rest, "" | "/")
    }
}

/// A letter, then letters, digits, `+`, `-` and `.` (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// The host in ASCII and lower case, as a browser would look it up; what IDNA cannot read is only put in lower case.
pub(super) fn ascii_host(host: &str) -> Cow<'_, str> {
    if host.is_ascii()
        && !host
            .as_bytes()
            .windows(4)
            .any(|window| window.eq_ignore_ascii_case(b"xn--"))
    {
        return lower_case(host);
    }
    Uts46::new()
        .to_ascii(host.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Ignore)
        .unwrap_or_else(|_| lower_case(host))
}

/// The host in ASCII when DNS could serve it: allowed characters, valid international labels and, when `complete`,
/// lengths. Hyphens and underscores may stand anywhere.
pub(super) fn valid_host(host: &str, complete: bool) -> Option<Cow<'_, str>> {
    if is_plain(host) {
        return Some(lower_case(host));
    }
    let length = if complete { DnsLength::Verify } else { DnsLength::Ignore };
    Uts46::new()
        .to_ascii(host.as_bytes(), DENIED, Hyphens::Allow, length)
        .ok()
}

/// Whether the host is what nearly all are: labels of letters, digits, hyphens and underscores, none of them international
/// or longer than DNS allows.
pub(super) fn is_plain(host: &str) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut labels = host.as_bytes().split(|byte| *byte == b'.');
    host.len() <= LONGEST_NAME
        && labels.all(|label| {
            (1..=LONGEST_LABEL).contains(&label.len())
                && label.iter().all(is_plain)
                && !label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"))
        })
}

/// Whether every domain below this one is somebody else's, as under `co.uk` or `github.io`. The list is the one that
/// was current when the program was built.
pub(super) fn is_public_suffix(ascii_domain: &str) -> bool {
    psl::suffix(ascii_domain.as_bytes())
        .is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == ascii_domain.as_bytes())
}

/// The address of a URL's host: bare for IPv4, in brackets for IPv6.
pub(super) fn host_address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner.parse().ok().map(IpAddr::V6),
        None => host.parse().ok().map(IpAddr::V4),
    }
}

/// The domain, then each domain above it.
pub(super) fn suffixes(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, parent)| parent))
}

/// The labels of a domain; IDNA knows three more full stops.
pub(super) fn labels(domain: &str) -> impl Iterator<Item = &str> {
    domain.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
}

/// The text in lower case as far as it is ASCII.
pub(super) fn lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_cut_at_the_borders_of_their_parts() {
        let table = [
            ("http://a.example", Some(("http", "", "a.example", "", ""))),
            (
                "HTTPS://A.example:8443/Path?q#f",
                Some(("HTTPS", "", "A.example", ":8443", "/Path?q#f")),
            ),
            (
                "http://me:p@ss@a.example/",
                Some(("http", "me:p@ss@", "a.example", "", "/")),
            ),
            (
                "http://[2001:db8::1]:80/x",
                Some(("http", "", "[2001:db8::1]", ":80", "/x")),
            ),
            ("http://[::1]", Some(("http", "", "[::1]", "", ""))),
            (
                "http://a.example?x=http://b",
                Some(("http", "", "a.example", "", "?x=http://b")),
            ),
            ("http://a.example\\b", Some(("http", "", "a.example", "", "\\b"))),
            ("git+ssh://a.example", Some(("git+ssh", "", "a.example", "", ""))),
            ("http:///x", Some(("http", "", "", "", "/x"))),
            ("a.example/x", None),
            ("a b://x", None),
            ("://x", None),
        ];
        for (text, expected) in table {
            let parts =
                UrlParts::split(text).map(|parts| (parts.scheme, parts.user, parts.host, parts.port, parts.rest));
            assert_eq!(parts, expected, "{text}");
        }
    }

    proptest::proptest! {
        /// What is known without asking is what IDNA would have said.
        #[test]
        fn plain_hosts_are_valid_and_stay_as_they_are(host in "([a-zA-Z0-9_-]{1,5}\\.?|xn--|[a-z]{60,66}|\\.){1,6}") {
            let asked = Uts46::new().to_ascii(host.as_bytes(), DENIED, Hyphens::Allow, DnsLength::Verify).ok();
            if is_plain(&host) {
                proptest::prop_assert_eq!(asked.as_deref(), Some(&*lower_case(&host)));
            }
        }
    }

    #[test]
    fn public_suffixes_are_whole_domains_of_other_people() {
        for suffix in [
            "com",
            "co.uk",
            "github.io",
            "azurewebsites.net",
            "foo.ck",
            "xn--55qx5d.cn",
        ] {
            assert!(is_public_suffix(suffix), "{suffix}");
        }
        for domain in [
            "example.com",
            "example.co.uk",
            "someone.github.io",
            "www.ck",
            "host.corp",
            "",
        ] {
            assert!(!is_public_suffix(domain), "{domain}");
        }
    }
}
