//! IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::IndicatorType;
use super::super::invisible::shown;
use super::Finding;
use super::of_value::{error, other_type, warning};

pub(super) fn check(value: &str, findings: &mut Vec<Finding>) {
    match value.parse::<IpAddr>() {
        Ok(address) => findings.extend(not_external(value, address)),
        Err(_) => findings.push(diagnose(value)),
    }
}

/// The documents speak of external addresses only; the vendor's own sample list has a private one.
pub(super) fn not_external(value: &str, address: IpAddr) -> Option<Finding> {
    let kind = match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => kind_of_v4(address),
            None => kind_of_v6(address),
        },
    }?;
    Some(warning(
        "not-external",
        format!(
            "{} is {kind}, but Defender documents indicators only for external addresses",
            shown(value)
        ),
        "Check that this is the intended address. The indicator may have no effect on internal traffic.",
    ))
}

/// Ranges that nobody on the internet has, by the registries of special-purpose addresses (RFC 6890). The ranges for
/// documentation are left out, so that examples read like the real thing.
fn kind_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [first, second, ..] = address.octets();
    Some(match () {
        () if address.is_private() => "a private address",
        () if address.is_loopback() => "a loopback address",
        () if address.is_link_local() => "a link-local address",
        () if address.is_broadcast() => "the broadcast address",
        () if address.is_multicast() => "a multicast address",
        () if first == 0 => "an address of \"this network\"",
        () if first == 100 && (64..128).contains(&second) => "an address shared behind carrier-grade NAT",
        () if first == 198 && (18..20).contains(&second) => "an address reserved for benchmarks",
        () if first >= 240 => "a reserved address",
        () => return None,
    })
}

fn kind_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    Some(match () {
        () if address.is_unspecified() => "the unspecified address",
        () if address.is_loopback() => "a loopback address",
        () if address.is_multicast() => "a multicast address",
        () if address.is_unique_local() => "a private (unique local) address",
        () if address.is_unicast_link_local() => "a link-local address",
        () => return None,
    })
}

/// What the text is, if it is no address.
fn diagnose(value: &str) -> Finding {
    let one_each = "Write one row per address. Defender accepts single addresses only.";
    let shown_value = shown(value);
    if let Some((address, length)) = network(value) {
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let remedy = if length == widest {
            format!("Write `{address}`.")
        } else {
            one_each.to_owned()
        };
        return error(
            "cidr",
            format!("{shown_value} is a network in CIDR notation, which the service does not accept"),
            remedy,
        );
    }
    if value.contains('*') {
        return error(
            "wildcard",
            format!("{shown_value} has a wildcard, which the service does not accept"),
            one_each,
        );
    }
    if value
        .split_once('-')
        .is_some_and(|(first, _)| first.parse::<IpAddr>().is_ok())
        && !matches!(super::super::detect_type(value), Some(IndicatorType::DomainName))
    {
        return error(
            "range",
            format!("{shown_value} is a range, which the service does not accept"),
            one_each,
        );
    }
    if let Some((address, _)) = value
        .split_once('%')
        .filter(|(address, _)| address.parse::<Ipv6Addr>().is_ok())
    {
        return error(
            "zone",
            format!("{shown_value} has a zone, which is valid on one machine only"),
            format!("Write `{address}` if that is the intended address."),
        );
    }
    if let Ok(socket) = value.parse::<SocketAddr>() {
        return error(
            "port",
            format!("{shown_value} has a port, but an indicator of type IpAddress covers all ports"),
            format!(
                "Write `{}`, or use the type `Url` and write `http://{value}/`.",
                socket.ip()
            ),
        );
    }
    if let Some(inner) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return error(
            "brackets",
            format!("{shown_value} is in brackets, as in a URL"),
            format!("Write `{inner}`."),
        );
    }
    if has_leading_zero(value) {
        return error(
            "leading-zero",
            format!("{shown_value} has a leading zero, which some programs read as octal"),
            "Check which address is intended, and write its four numbers without leading zeros.",
        );
    }
    other_type(&IndicatorType::IpAddress, value).unwrap_or_else(|| {
        error(
            "address",
            format!("{shown_value} is neither an IPv4 nor an IPv6 address"),
            "Copy the value from its source again.",
        )
    })
}

fn network(value: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = value.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let mask = length.parse::<Ipv4Addr>().ok().filter(|_| address.is_ipv4());
    let length = match mask {
        Some(mask) => u8::try_from(mask.to_bits().count_ones()).ok()?,
        None => length.parse().ok()?,
    };
    Some((address, length))
}

fn has_leading_zero(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.len() < 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 4 && parts.iter().all(is_number) && parts.iter().any(|part| part.len() > 1 && part.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::super::super::IndicatorType::IpAddress;
    use super::super::value::tests::{assert_findings, assert_table};

    #[test]
    fn single_external_addresses_are_taken_in_every_spelling() {
        for value in [
            "198.51.100.7",
            "8.8.8.8",
            "2001:db8::1",
            "2001:0DB8:0000:0000:0000:0000:0000:0001",
            "2606:4700:4700::1111",
            "::ffff:198.51.100.7",
            "64:ff9b::198.51.100.7",
        ] {
            assert_findings(&IpAddress, value, &[]);
        }
    }

    #[test]
    fn what_is_not_one_external_address_is_told_apart() {
        assert_table(
            &IpAddress,
            "
            198.51.100.0/24 | error cidr | is a network in CIDR notation | single addresses only
            198.51.100.7/32 | error cidr | is a network | Write `198.51.100.7`
            198.51.100.0/255.255.255.0 | error cidr | is a network | one row per address
            2001:db8::/32 | error cidr | is a network | one row per address
            2001:db8::1/128 | error cidr | is a network | Write `2001:db8::1`
            198.51.100.* | error wildcard | has a wildcard | one row per address
            198.51.100.1-198.51.100.9 | error range | is a range | one row per address
            198.51.100.1-9 | error range | is a range | one row per address
            fe80::1%eth0 | error zone | has a zone | Write `fe80::1`
            198.51.100.7:443 | error port | has a port | Write `198.51.100.7`, or use the type `Url` and write `http://198.51.100.7:443/`
            [2001:db8::1]:443 | error port | has a port | Write `2001:db8::1`
            [2001:db8::1] | error brackets | is in brackets | Write `2001:db8::1`
            198.051.100.7 | error leading-zero | octal | leading zeros
            198.51.100.700 | error address | is neither an IPv4 nor an IPv6 address | source
            2001:db8::1::2 | error address | is neither | source
            198.51.100 | error address | is neither | source
            evil.example | error other-type | is a domain | `DomainName`
            198.51.100.7-static.example.net | error other-type | is a domain | `DomainName`
            http://198.51.100.7/ | error other-type | is a URL | `Url`
            198[.]51[.]100[.]7 | error defanged | `198[.]51[.]100[.]7` is defanged | Write `198.51.100.7`
            198.51.100.7 (C2) | error white-space | character 13 of | into the description
            10.10.10.10 | warning not-external | is a private address | internal traffic
            172.31.0.1 | warning not-external | is a private address |
            127.0.0.1 | warning not-external | is a loopback address |
            169.254.1.1 | warning not-external | is a link-local address |
            100.64.0.1 | warning not-external | carrier-grade |
            0.0.0.0 | warning not-external | this network |
            198.18.0.1 | warning not-external | benchmarks |
            224.0.0.1 | warning not-external | is a multicast address |
            255.255.255.255 | warning not-external | is the broadcast address |
            240.0.0.1 | warning not-external | is a reserved address |
            ::1 | warning not-external | is a loopback address |
            :: | warning not-external | is the unspecified address |
            fe80::1 | warning not-external | is a link-local address |
            fd00::1 | warning not-external | is a private (unique local) address |
            ff02::1 | warning not-external | is a multicast address |
            ::ffff:10.0.0.1 | warning not-external | is a private address |
            ",
        );
        assert_findings(
            &IpAddress,
            "198.51.100.7\n",
            &[(
                "invisible-character",
                true,
                "character 13 of `198.51.100.7\\n` is a line feed (U+000A)",
                "Write `198.51.100.7`",
            )],
        );
    }
}
