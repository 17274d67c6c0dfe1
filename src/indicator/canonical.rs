//! One spelling for each value.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use super::IndicatorType;
use super::host::{UrlParts, ascii_host, host_address, lower_case};

/// The canonical spelling of a value of this type: two values with the same canonical spelling are one indicator.
///
/// Hashes and thumbprints are in lower case, addresses as RFC 5952 writes them (an IPv4-mapped IPv6 address stays
/// IPv6), domains in ASCII and lower case without the dot of the root. Of a URL only scheme and host are touched: path,
/// query, fragment, port and percent-encoding may mean something to the service as they stand. What cannot be read as
/// its type is only trimmed, and put in lower case where case never matters. The function is idempotent.
///
/// This is for comparing; for what is sent see [`submitted`].
#[must_use]
pub fn canonical(indicator_type: &IndicatorType, value: &str) -> String {
    let value = value.trim();
    match indicator_type {
        IndicatorType::FileSha1
        | IndicatorType::FileSha256
        | IndicatorType::FileMd5
        | IndicatorType::CertificateThumbprint => value.to_ascii_lowercase(),
        IndicatorType::IpAddress => match value.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => value.to_ascii_lowercase(),
        },
        IndicatorType::DomainName => without_root_dot(ascii_host(value)).into_owned(),
        IndicatorType::Url => canonical_url(value),
        IndicatorType::Other(_) => value.to_owned(),
    }
}

/// Whether two values of this type are one. It does not allocate when they are written alike or differ in the case of
/// ASCII letters only.
pub(super) fn same_value(indicator_type: &IndicatorType, one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let ignores_case = !matches!(indicator_type, IndicatorType::Url | IndicatorType::Other(_));
    if ignores_case && one.eq_ignore_ascii_case(other) {
        return true;
    }
    canonical(indicator_type, one) == canonical(indicator_type, other)
}

/// The value in the form that the service asks for: as it is written, but IPv6 addresses in their full eight groups,
/// since its page on addresses takes no shortened ones.
#[must_use]
pub fn submitted<'a>(indicator_type: &IndicatorType, value: &'a str) -> Cow<'a, str> {
    match (indicator_type, value.parse::<Ipv6Addr>()) {
        (IndicatorType::IpAddress, Ok(address)) => {
            let groups = address.segments().map(|group| format!("{group:04x}"));
            Cow::Owned(groups.join(":"))
        }
        _ => Cow::Borrowed(value),
    }
}

/// Without one dot at the end, unless what is left would not be a name or would lose another dot the next time.
fn without_root_dot(domain: Cow<'_, str>) -> Cow<'_, str> {
    match domain.strip_suffix('.') {
        Some(name) if !name.is_empty() && !name.ends_with(|last: char| last == '.' || last.is_whitespace()) => {
            Cow::Owned(name.to_owned())
        }
        _ => domain,
    }
}

fn canonical_url(value: &str) -> String {
    let Some(UrlParts {
        scheme,
        user,
        host,
        port,
        rest,
    }) = UrlParts::split(value)
    else {
        return value.to_owned();
    };
    let host = match host_address(host) {
        Some(IpAddr::V6(address)) => Cow::Owned(format!("[{address}]")),
        Some(IpAddr::V4(_)) => Cow::Borrowed(host),
        None => ascii_host(host),
    };
    format!("{}://{user}{host}{port}{rest}", lower_case(scheme))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    #[test]
    fn addresses_are_submitted_in_full() {
        let submitted = |value| submitted(&IndicatorType::IpAddress, value).into_owned();
        assert_eq!(submitted("2001:db8::1"), "2001:0db8:0000:0000:0000:0000:0000:0001");
        assert_eq!(submitted("198.51.100.7"), "198.51.100.7");
        assert_eq!(
            super::submitted(&IndicatorType::DomainName, "Example.com"),
            "Example.com"
        );
    }

    #[test]
    fn every_spelling_of_a_value_has_one_canonical_spelling() {
        use IndicatorType::{CertificateThumbprint, DomainName, FileMd5, FileSha256, IpAddress, Url};
        let table = [
            (
                FileMd5,
                "D41D8CD98F00B204E9800998ECF8427E",
                "d41d8cd98f00b204e9800998ecf8427e",
            ),
            (FileSha256, " ABC ", "abc"),
            (CertificateThumbprint, "A9 09", "a9 09"),
            (IpAddress, "198.51.100.7", "198.51.100.7"),
            (IpAddress, "2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            (IpAddress, "2001:db8:0:0::1", "2001:db8::1"),
            (IpAddress, "::ffff:198.51.100.7", "::ffff:198.51.100.7"),
            (IpAddress, "::FFFF:C633:6407", "::ffff:198.51.100.7"),
            (IpAddress, "010.0.0.1", "010.0.0.1"),
            (IpAddress, "FE80::1%Eth0", "fe80::1%eth0"),
            (DomainName, "Evil.Example.", "evil.example"),
            (DomainName, "bücher.example", "xn--bcher-kva.example"),
            (DomainName, "BÜCHER.example", "xn--bcher-kva.example"),
            (DomainName, "XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            (DomainName, "例。", "xn--fsq"),
            (DomainName, "faß.example", "xn--fa-hia.example"),
            (DomainName, "_dmarc.Example.com", "_dmarc.example.com"),
            (DomainName, "xn--.Example", "xn--.example"),
            (DomainName, "a..", "a.."),
            (DomainName, ".", "."),
            (DomainName, "", ""),
            (
                Url,
                "HTTP://Evil.Example/Path%2fX?Q=A#F",
                "http://evil.example/Path%2fX?Q=A#F",
            ),
            (Url, "https://www.google.com", "https://www.google.com"),
            (Url, "https://www.google.com:443/", "https://www.google.com:443/"),
            (
                Url,
                "http://Bücher.example/Bücher",
                "http://xn--bcher-kva.example/Bücher",
            ),
            (
                Url,
                "http://Me:Secret@Evil.Example:8080/",
                "http://Me:Secret@evil.example:8080/",
            ),
            (Url, "http://[2001:DB8:0::1]:80/", "http://[2001:db8::1]:80/"),
            (Url, "http://1.2.3/", "http://1.2.3/"),
            (Url, "Evil.Example/Path", "Evil.Example/Path"),
            (Url, "http://", "http://"),
            (IndicatorType::Other("WebCategory".into()), " Games ", "Games"),
        ];
        for (indicator_type, value, expected) in table {
            assert_eq!(canonical(&indicator_type, value), expected, "{indicator_type} {value}");
        }
    }

    #[test]
    fn what_only_looks_alike_stays_apart() {
        let table = [
            (IndicatorType::Url, "http://a.example/X", "http://a.example/x"),
            (IndicatorType::Url, "http://a.example", "http://a.example/"),
            (IndicatorType::Url, "http://a.example/", "https://a.example/"),
            (IndicatorType::Url, "http://a.example:80/", "http://a.example/"),
            (IndicatorType::IpAddress, "::ffff:198.51.100.7", "198.51.100.7"),
            (IndicatorType::DomainName, "a.example", "b.example"),
        ];
        for (indicator_type, one, other) in table {
            assert!(!same_value(&indicator_type, one, other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn canonical_is_idempotent(indicator_type in samples::any_type(), value in samples::messy()) {
            let once = canonical(&indicator_type, &value);
            prop_assert_eq!(canonical(&indicator_type, &once), once);
        }

        #[test]
        fn a_value_is_the_same_as_its_canonical_spelling(indicator_type in samples::any_type(), value in samples::messy()) {
            prop_assert!(same_value(&indicator_type, &value, &canonical(&indicator_type, &value)));
        }
    }
}
