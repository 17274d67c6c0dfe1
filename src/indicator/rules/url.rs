//! URLs.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use super::super::IndicatorType;
use super::super::host::{UrlParts, host_address, labels};
use super::super::invisible::shown;
use super::of_value::{error, other_type, warning};
use super::{Finding, address, check_host};

pub(super) fn check(value: &str, findings: &mut Vec<Finding>) {
    let Some(parts) = UrlParts::split(value) else {
        findings.push(without_scheme(value));
        return;
    };
    let before = findings.len();
    check_parts(value, &parts, findings);
    if findings[before..].iter().any(Finding::is_error) {
        return;
    }
    match Url::parse(value) {
        Ok(url) => findings.extend(unusual_address(&url, &parts)),
        Err(reason) => findings.push(error(
            "url",
            format!("{} is not a valid URL: {reason}", shown(value)),
            "Check the spelling against its source.",
        )),
    }
}

fn check_parts(value: &str, parts: &UrlParts<'_>, findings: &mut Vec<Finding>) {
    let shown_value = || shown(value);
    if !parts.scheme.eq_ignore_ascii_case("http") && !parts.scheme.eq_ignore_ascii_case("https") {
        findings.push(warning(
            "scheme",
            format!(
                "{} has the scheme `{}`, but Defender documents only http and https",
                shown_value(),
                parts.scheme
            ),
            "Consider an indicator for the domain or the address, which covers all protocols.",
        ));
    }
    if parts.host.is_empty() {
        findings.push(error(
            "host",
            format!("{} has no host", shown_value()),
            "Write the full URL.",
        ));
    } else if parts.host.contains('*') {
        findings.push(error(
            "wildcard",
            format!(
                "the host of {} has a wildcard, which the service does not accept",
                shown_value()
            ),
            "Use the type `DomainName` and write only the domain. It covers its subdomains.",
        ));
    } else if let Some(address) = host_address(parts.host) {
        findings.extend(address::not_external(value, address));
    } else if parts.host.starts_with('[') {
        findings.push(bad_ipv6(&shown_value(), parts.host));
    } else if !is_numeric(parts.host) {
        let name = parts
            .host
            .strip_suffix('.')
            .filter(|name| !name.is_empty())
            .unwrap_or(parts.host);
        if labels(name).count() < 2 {
            findings.push(warning(
                "single-label",
                format!(
                    "the host of {} is a single label, which resolves differently in each network",
                    shown_value()
                ),
                "Write the full host name.",
            ));
        }
        check_host(name, findings);
    }
    if parts.rest.contains('*') {
        findings.push(warning(
            "wildcard",
            format!(
                "{} contains `*`, which the service takes literally and not as a wildcard",
                shown_value()
            ),
            "Write the part that all such URLs share, or use the type `DomainName`.",
        ));
    }
}

fn without_scheme(value: &str) -> Finding {
    let shown_value = shown(value);
    let rule = format!("{shown_value} has no scheme, so it is not a URL");
    let bare = value.trim_start_matches("//");
    if let Some((scheme, after)) = value.split_once(':')
        && (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
    {
        let plain = format!("{scheme}://{}", after.trim_start_matches(['/', '\\']));
        return error(
            "scheme",
            format!("{shown_value} has no `://` after its scheme"),
            format!("Write {}.", shown(&plain)),
        );
    }
    let choice = format!(
        "Write {} or {}",
        shown(&format!("http://{bare}")),
        shown(&format!("https://{bare}"))
    );
    match super::super::detect_type(value) {
        Some(IndicatorType::DomainName) if bare.contains(['/', ':']) => error("scheme", rule, format!("{choice}.")),
        Some(IndicatorType::DomainName) => error(
            "scheme",
            rule,
            format!("{choice}, or set the type to `DomainName` for the domain and its subdomains."),
        ),
        Some(IndicatorType::IpAddress) if value.parse::<IpAddr>().is_ok() => {
            error("scheme", rule, format!("{choice}, or set the type to `IpAddress`."))
        }
        Some(_) => {
            other_type(&IndicatorType::Url, value).unwrap_or_else(|| error("scheme", rule, format!("{choice}.")))
        }
        None => error("scheme", rule, "Write the full URL, with `http://` or `https://`."),
    }
}

fn bad_ipv6(shown_value: &str, host: &str) -> Finding {
    let inner = host.trim_matches(['[', ']']);
    match inner
        .split_once('%')
        .filter(|(address, _)| address.parse::<Ipv6Addr>().is_ok())
    {
        Some(_) => error(
            "zone",
            format!("the address in {shown_value} has a zone, which is valid on one machine only"),
            "Remove the zone if that is the intended address.",
        ),
        None => error(
            "host",
            format!("`{inner}` in {shown_value} is not an IPv6 address"),
            "Check the spelling against its source.",
        ),
    }
}

/// Whether the host ends in a number, which makes it an IPv4 address to a browser, however it is written.
fn is_numeric(host: &str) -> bool {
    let is_number = |label: &str| {
        let digits = label.strip_prefix("0x").or(label.strip_prefix("0X"));
        match digits {
            Some(hexadecimal) => hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()),
            None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
        }
    };
    labels(host.strip_suffix('.').unwrap_or(host))
        .last()
        .is_some_and(is_number)
}

fn unusual_address(url: &Url, parts: &UrlParts<'_>) -> Option<Finding> {
    let Some(Host::Ipv4(address)) = url.host() else {
        return None;
    };
    (host_address(parts.host) != Some(IpAddr::V4(address))).then(|| {
        warning(
            "unusual-address",
            format!("a browser reads the host {} as the address {address}", shown(parts.host)),
            format!("Add an indicator with the address written as `{address}`, since it is not known which spelling Defender compares."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::IndicatorType::Url;
    use super::super::value::tests::{assert_findings, assert_table};

    #[test]
    fn urls_are_taken_with_ports_queries_and_any_script() {
        for value in [
            "http://evil.example",
            "https://evil.example/",
            "HTTPS://Evil.Example:8443/a/b.php?x=1&y=%20#z",
            "http://198.51.100.7:8080/x",
            "http://[2001:db8::1]:80/x",
            "http://bücher.example/straße?ü=ß",
            "http://例え.テスト/\u{1f469}\u{200d}\u{1f4bb}",
            "http://me:secret@evil.example/",
            "http://some_thing.evil.example/a[.]b|c",
            "http://evil.example./",
            "https://evil.example:443",
        ] {
            assert_findings(&Url, value, &[]);
        }
    }

    #[test]
    fn what_is_no_url_is_told_apart() {
        let long = format!("http://evil.example/{}", "a".repeat(790));
        assert_table(
            &Url,
            "
            evil.example/a | error scheme | has no scheme | Write `http://evil.example/a` or `https://evil.example/a`.
            //evil.example/a | error scheme | has no scheme | http
            evil.example | error scheme | has no scheme | or set the type to `DomainName`
            evil.example:8080 | error scheme | has no scheme | Write `http://evil.example:8080`
            198.51.100.7 | error scheme | has no scheme | `http://198.51.100.7` or `https://198.51.100.7`, or set the type to `IpAddress`
            d41d8cd98f00b204e9800998ecf8427e | error other-type | is an MD5 | `FileMd5`
            no-url | error scheme | has no scheme | the full URL
            mailto:someone@evil.example | error scheme | has no scheme | the full URL
            http:/evil.example | error scheme | has no `://` | Write `http://evil.example`
            http:\\\\evil.example\\a | error scheme | has no `://` | Write `http://evil.example\\a`
            http:evil.example | error scheme | has no `://` | Write `http://evil.example`
            http:// | error host | has no host |
            http:///path | error host | has no host |
            http://[2001:db8::g]/ | error host | `2001:db8::g` in |
            http://[fe80::1%25eth0]/ | error zone | has a zone |
            http://*.evil.example/ | error wildcard | the host of | `DomainName`
            http://evil.example/* | warning wildcard | literally |
            http://evil.example:99999/ | error url | is not a valid URL: invalid port number |
            http://evil.example:a/ | error url | invalid port number |
            http://256.1.1.1/ | error url | invalid IPv4 address |
            http://evil!.example/ | error domain-character | is `!` |
            http://evil%2e.example/ | error domain-character | is `%` |
            http://localhost/ | warning single-label | is a single label |
            ftp://evil.example/ | warning scheme | has the scheme `ftp` | covers all protocols
            http://10.0.0.1/ | warning not-external | is a private address |
            http://[::1]:80/ | warning not-external | is a loopback address |
            http://3325256711/ | warning unusual-address | as the address 198.51.100.7 | written as `198.51.100.7`
            http://0xC6.51.100.7/ | warning unusual-address | as the address 198.51.100.7 |
            http://_a.evil.example/ | warning underscore | label `_a` |
            hxxp://evil[.]example/a[.]b | error defanged | is defanged | Write `http://evil.example/a.b`
            http://evil.example/a b | error white-space | character 22 of | `%20`
            http://evil.example/a\u{200b}b | error invisible-character | a zero width space (U+200B) | Write `http://evil.example/ab`
            ",
        );
        assert_findings(&Url, &long, &[("long-value", false, "has 810 characters", "")]);
    }
}
