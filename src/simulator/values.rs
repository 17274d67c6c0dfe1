//! Whether a value is well-formed for its type.
//!
//! **Invariant:** where a recording or a client contradicts a documented rule, a switch has the other answer. The
//! documents give no grammar: which characters a domain has and how long its labels are, which schemes a URL has, and that
//! a type cannot be submitted of which the documents only say that it is listed, is this simulator's reading, without a
//! switch.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::answer::Refusal;
use super::options::Options;
use super::switches::Verdict;

/// Refuses a value that its type cannot have, and a type that cannot be submitted.
pub fn check(indicator_type: &str, value: &str, options: &Options) -> Result<(), Refusal> {
    // Nobody recorded the texts of these errors; their codes are documented.
    let invalid = |code: &str, what: &str| Refusal::new(400, code, format!("{what} {value} is invalid."));
    let require = |fits: bool, code: &str, what: &str| if fits { Ok(()) } else { Err(invalid(code, what)) };
    match indicator_type {
        "FileMd5" if options.file_md5 == Verdict::Refused => Err(Refusal::new(
            400,
            "InvalidInput",
            "Indicator type FileMd5 is not supported.",
        )),
        "FileMd5" => require(is_hexadecimal(value, 32), "InvalidHashValue", "Hash value"),
        "FileSha1" | "CertificateThumbprint" => require(is_hexadecimal(value, 40), "InvalidHashValue", "Hash value"),
        "FileSha256" => require(is_hexadecimal(value, 64), "InvalidHashValue", "Hash value"),
        "IpAddress" => require(is_address(value, options), "InvalidIpAddress", "IP address"),
        "DomainName" => require(is_domain(value), "InvalidDomainName", "Domain name"),
        "Url" => require(is_url(value), "InvalidUrl", "URL"),
        other => Err(Refusal::new(
            400,
            "InvalidInput",
            format!("Indicator type {other} is not supported."),
        )),
    }
}

fn is_hexadecimal(value: &str, digits: usize) -> bool {
    value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A single address: no prefix length, no range, no wildcard.
fn is_address(value: &str, options: &Options) -> bool {
    let Ok(address) = value.parse::<IpAddr>() else {
        return false;
    };
    let external = match address {
        IpAddr::V4(v4) => is_external_v4(v4),
        IpAddr::V6(v6) => is_external_v6(v6),
    };
    let full = match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(_) => value.split(':').filter(|group| !group.is_empty()).count() == 8,
    };
    (external || options.private_addresses == Verdict::Accepted) && (full || options.short_ipv6 == Verdict::Accepted)
}

fn is_external_v4(address: Ipv4Addr) -> bool {
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast())
}

fn is_external_v6(address: Ipv6Addr) -> bool {
    !(address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local())
}

/// Two labels or more, none with a leading underscore or hyphen, the last one not a number.
fn is_domain(value: &str) -> bool {
    let labels: Vec<&str> = value.split('.').collect();
    let well_formed = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with(['-', '_'])
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let last_is_number = labels
        .last()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    value.len() <= 253 && labels.len() >= 2 && labels.iter().all(well_formed) && !last_is_number
}

/// A scheme of the web, a host, and no white space or wildcard host.
fn is_url(value: &str) -> bool {
    let Some(rest) = value
        .split_once("://")
        .filter(|(scheme, _)| ["http", "https", "ftp"].contains(&scheme.to_ascii_lowercase().as_str()))
        .map(|(_, rest)| rest)
    else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !authority.is_empty() && !authority.contains('*') && !value.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(indicator_type: &str, value: &str, options: &Options) -> Option<String> {
        check(indicator_type, value, options).err().map(|refusal| refusal.code)
    }

    #[test]
    fn values_are_checked_by_type() {
        let sha256 = "a".repeat(64);
        let good = [
            ("FileMd5", "0123456789abcdef0123456789ABCDEF"),
            ("FileSha1", "0123456789abcdef0123456789abcdef01234567"),
            ("FileSha256", &sha256),
            ("CertificateThumbprint", "0123456789ABCDEF0123456789ABCDEF01234567"),
            ("IpAddress", "203.0.113.1"),
            ("IpAddress", "2001:db8:0:0:0:0:0:1"),
            ("IpAddress", "2001:db8::1"),
            ("DomainName", "evil.example"),
            ("DomainName", "xn--bcher-kva.example"),
            ("DomainName", "bücher.example"),
            ("Url", "https://www.google.com"),
            ("Url", "http://203.0.113.1:8080/a?b=c&d='e'#f"),
        ];
        for (indicator_type, value) in good {
            assert_eq!(
                code(indicator_type, value, &Options::default()),
                None,
                "{indicator_type} {value}"
            );
        }
        let long = format!("{}.example", "a".repeat(64));
        let bad = [
            ("FileSha1", "0123", "InvalidHashValue"),
            ("FileSha256", "g", "InvalidHashValue"),
            ("CertificateThumbprint", "", "InvalidHashValue"),
            ("IpAddress", "203.0.113.0/24", "InvalidIpAddress"),
            ("IpAddress", "203.0.113.1 ", "InvalidIpAddress"),
            ("IpAddress", "203.0.113.*", "InvalidIpAddress"),
            ("IpAddress", "10.10.10.10", "InvalidIpAddress"),
            ("IpAddress", "fe80:0:0:0:0:0:0:1", "InvalidIpAddress"),
            ("DomainName", "*.evil.example", "InvalidDomainName"),
            ("DomainName", "_dmarc.example", "InvalidDomainName"),
            ("DomainName", "evil.example.", "InvalidDomainName"),
            ("DomainName", "localhost", "InvalidDomainName"),
            ("DomainName", "203.0.113.1", "InvalidDomainName"),
            ("DomainName", "https://evil.example", "InvalidDomainName"),
            ("DomainName", "evil.example ", "InvalidDomainName"),
            ("DomainName", &long, "InvalidDomainName"),
            ("Url", "www.evil.example/path", "InvalidUrl"),
            ("Url", "https:///path", "InvalidUrl"),
            ("Url", "https://*.evil.example/", "InvalidUrl"),
            ("Url", "https://evil.example/a b", "InvalidUrl"),
            ("Url", "javascript://x", "InvalidUrl"),
            ("WebCategory", "x", "InvalidInput"),
            ("ProcessMemorySimilarityHash", "x", "InvalidInput"),
        ];
        for (indicator_type, value, expected) in bad {
            assert_eq!(
                code(indicator_type, value, &Options::default()).as_deref(),
                Some(expected),
                "{value}"
            );
        }
    }

    #[test]
    fn switches_have_both_answers() {
        let md5 = "0123456789abcdef0123456789abcdef";
        let strict = Options {
            file_md5: Verdict::Refused,
            ..Options::default()
        };
        assert_eq!(code("FileMd5", md5, &strict).as_deref(), Some("InvalidInput"));
        let private = Options {
            private_addresses: Verdict::Accepted,
            ..Options::default()
        };
        assert_eq!(code("IpAddress", "10.10.10.10", &private), None);
        let full = Options {
            short_ipv6: Verdict::Refused,
            ..Options::default()
        };
        assert_eq!(
            code("IpAddress", "2001:db8::1", &full).as_deref(),
            Some("InvalidIpAddress")
        );
        assert_eq!(code("IpAddress", "2001:db8:0:0:0:0:0:1", &full), None);
    }
}
