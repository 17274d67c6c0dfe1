//! What must never be blocked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use url::Url;

use super::host::{UrlParts, labels, suffixes};
use super::invisible::shown;
use super::{Indicator, IndicatorType, canonical, rules};

/// Domains and networks that no indicator may block.
///
/// Looking a value up takes a few hash lookups, however many entries there are.
#[derive(Debug, Clone, Default)]
pub struct Protected {
    /// Protected domains by canonical spelling.
    domains: HashMap<String, Box<str>>,
    /// Every domain above a protected one, with the first such entry and the number of all.
    above: HashMap<String, (Box<str>, usize)>,
    /// Networks by their bits; IPv4 stands in the range of IPv4-mapped addresses.
    networks: HashMap<Network, Box<str>>,
    /// The prefix lengths that occur, longest first.
    lengths: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Network {
    bits: u128,
    length: u8,
}

impl Network {
    fn of(address: IpAddr, length: u8) -> Self {
        let bits = bits(address);
        Self {
            bits: if length == 0 {
                0
            } else {
                bits & u128::MAX << (128 - u32::from(length))
            },
            length,
        }
    }
}

impl Protected {
    /// Reads domains, addresses and networks in CIDR notation. A single label protects everything under it.
    ///
    /// # Errors
    ///
    /// What is wrong with which entry, for all of them.
    pub fn parse(entries: &[String]) -> Result<Self, Vec<String>> {
        let mut protected = Self::default();
        let faults: Vec<String> = entries
            .iter()
            .filter_map(|entry| protected.insert(entry).err())
            .collect();
        protected.lengths = protected.networks.keys().map(|network| network.length).collect();
        protected.lengths.sort_unstable_by(|one, other| other.cmp(one));
        protected.lengths.dedup();
        if faults.is_empty() { Ok(protected) } else { Err(faults) }
    }

    /// Whether nothing is protected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.domains.is_empty() && self.networks.is_empty()
    }

    /// The entry that the indicator would hit, and how, in one sentence without its full stop. Only actions that block
    /// count, and only on the network: files and certificates have no place in a network.
    ///
    /// A domain hits the entry that it is, the entries below it, since blocking covers sub-domains, and the ones that
    /// it lies under. A URL hits by its host; one that names the host alone also hits what is below.
    #[must_use]
    pub fn matches(&self, indicator: &Indicator) -> Option<String> {
        if !indicator.action.is_block() || self.is_empty() {
            return None;
        }
        let value = indicator.value.trim();
        match indicator.indicator_type {
            IndicatorType::IpAddress => self.hit_by_address(value, value.parse().ok()?),
            IndicatorType::DomainName => self.hit_by_domain(value, value, true),
            IndicatorType::Url => self.hit_by_url(value),
            _ => None,
        }
    }

    fn insert(&mut self, entry: &str) -> Result<(), String> {
        if let Some(network) = network(entry) {
            self.networks.entry(network).or_insert_with(|| entry.into());
            return Ok(());
        }
        let domain = canonical(&IndicatorType::DomainName, entry);
        let is_single_label = labels(&domain).count() == 1;
        let mut findings = Vec::new();
        match is_single_label {
            true => rules::check_host(&domain, &mut findings),
            false => findings = rules::check_value(&IndicatorType::DomainName, entry),
        }
        if let Some(finding) = findings.into_iter().find(rules::Finding::is_error) {
            return Err(format!(
                "{} is neither a domain nor an address nor a network: {}. {}",
                shown(entry),
                finding.rule,
                finding.remedy
            ));
        }
        if let Entry::Vacant(vacant) = self.domains.entry(domain.clone()) {
            vacant.insert(entry.into());
            for parent in suffixes(&domain).skip(1) {
                self.above
                    .entry(parent.to_owned())
                    .or_insert_with(|| (entry.into(), 0))
                    .1 += 1;
            }
        }
        Ok(())
    }

    fn hit_by_address(&self, value: &str, address: IpAddr) -> Option<String> {
        let shortest = if is_ipv4(address) { IPV4_PREFIX } else { 0 };
        let entry = self
            .lengths
            .iter()
            .filter(|length| **length >= shortest)
            .find_map(|length| self.networks.get(&Network::of(address, *length)))?;
        Some(match entry.contains('/') {
            true => format!("{} is in the protected network `{entry}`", shown(value)),
            false => format!("{} is the protected address `{entry}`", shown(value)),
        })
    }

    fn hit_by_domain(&self, value: &str, host: &str, covers_sub_domains: bool) -> Option<String> {
        let domain = canonical(&IndicatorType::DomainName, host);
        if let Some(entry) = self.domains.get(&domain) {
            return Some(format!("{} hits the protected domain `{entry}`", shown(value)));
        }
        if let Some(entry) = suffixes(&domain).skip(1).find_map(|parent| self.domains.get(parent)) {
            return Some(format!("{} lies under the protected domain `{entry}`", shown(value)));
        }
        let (entry, count) = self.above.get(&domain).filter(|_| covers_sub_domains)?;
        let more = if *count > 1 {
            format!(" and {} more", count - 1)
        } else {
            String::new()
        };
        Some(format!(
            "{} covers its subdomains, including the protected domain `{entry}`{more}",
            shown(value)
        ))
    }

    fn hit_by_url(&self, value: &str) -> Option<String> {
        let parts = UrlParts::split(value)?;
        // A browser's reading of the host, since an address can be written in many ways.
        let url = Url::parse(value).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or(parts.host);
        let bare = host
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'))
            .unwrap_or(host);
        match bare.parse() {
            Ok(address) => self.hit_by_address(value, address),
            Err(_) => self.hit_by_domain(value, host, parts.is_whole_host()),
        }
    }
}

/// Length of the prefix that all IPv4-mapped IPv6 addresses share (RFC 4291, section 2.5.5.2).
const IPV4_PREFIX: u8 = 96;

/// An address or a network in CIDR notation; bits behind the prefix are ignored.
fn network(entry: &str) -> Option<Network> {
    let entry = entry.trim();
    let (address, length) = match entry.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (entry, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let (offset, longest) = if address.is_ipv4() { (IPV4_PREFIX, 32) } else { (0, 128) };
    let length = match length {
        Some(length) => length.parse().ok().filter(|length| *length <= longest)?,
        None => longest,
    };
    Some(Network::of(address, offset + length))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn is_ipv4(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => address.to_ipv4_mapped().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Action, Fields, samples};
    use super::*;

    fn protected(entries: &[&str]) -> Result<Protected, Vec<String>> {
        Protected::parse(&entries.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>())
    }

    fn indicator(indicator_type: IndicatorType, value: &str, action: Action) -> Indicator {
        Indicator {
            value: value.to_owned(),
            indicator_type,
            action,
            fields: Fields::default(),
        }
    }

    #[test]
    fn blocks_that_would_hit_an_entry_are_told() {
        use IndicatorType::{DomainName, IpAddress, Url};
        let protected = protected(&[
            "portal.example.com",
            "Bücher.example.",
            "shop.example.co.uk",
            "mail.example.co.uk",
            "corp",
            "198.51.100.0/24",
            "203.0.113.7",
            "2001:db8:1::/48",
            "2001:db8:1:2::/64",
            "10.1.2.3/8",
        ])
        .unwrap();
        let hit = |entry: &str| format!("hits the protected domain `{entry}`");
        let under = |entry: &str| format!("lies under the protected domain `{entry}`");
        let covers = |entry: &str| format!("covers its subdomains, including the protected domain `{entry}`");
        let within = |entry: &str| format!("is in the protected network `{entry}`");
        let table = [
            (DomainName, "portal.example.com", Some(hit("portal.example.com"))),
            (DomainName, "PORTAL.example.com.", Some(hit("portal.example.com"))),
            (DomainName, "xn--bcher-kva.example", Some(hit("Bücher.example."))),
            (DomainName, "a.b.portal.example.com", Some(under("portal.example.com"))),
            (DomainName, "host.corp", Some(under("corp"))),
            (DomainName, "example.com", Some(covers("portal.example.com"))),
            (DomainName, "com", Some(covers("portal.example.com"))),
            (DomainName, "co.uk", Some(covers("shop.example.co.uk") + " and 1 more")),
            (DomainName, "example", Some(covers("Bücher.example."))),
            (DomainName, "evil.example.com", None),
            (DomainName, "myportal.example.com", None),
            (DomainName, "org", None),
            (
                Url,
                "https://Portal.example.com:8443/x",
                Some(hit("portal.example.com")),
            ),
            (Url, "http://me@a.portal.example.com", Some(under("portal.example.com"))),
            (Url, "http://portal%2eexample.com/", Some(hit("portal.example.com"))),
            (Url, "ftp://portal.example.com/", Some(hit("portal.example.com"))),
            (Url, "https://example.com", Some(covers("portal.example.com"))),
            (Url, "https://example.com/", Some(covers("portal.example.com"))),
            (Url, "https://example.com/evil", None),
            (Url, "https://evil.example/?portal.example.com", None),
            (Url, "http://198.51.100.9/x", Some(within("198.51.100.0/24"))),
            (Url, "http://3325256713/x", Some(within("198.51.100.0/24"))),
            (Url, "http://[2001:db8:1::1]/", Some(within("2001:db8:1::/48"))),
            (Url, "no url", None),
            (IpAddress, "198.51.100.255", Some(within("198.51.100.0/24"))),
            (IpAddress, "::ffff:198.51.100.255", Some(within("198.51.100.0/24"))),
            (IpAddress, "198.51.101.0", None),
            (
                IpAddress,
                "203.0.113.7",
                Some("is the protected address `203.0.113.7`".to_owned()),
            ),
            (IpAddress, "203.0.113.8", None),
            (IpAddress, "10.255.0.1", Some(within("10.1.2.3/8"))),
            (IpAddress, "2001:db8:1:2::9", Some(within("2001:db8:1:2::/64"))),
            (IpAddress, "2001:db8:1:3::9", Some(within("2001:db8:1::/48"))),
            (IpAddress, "2001:db8:2::9", None),
            (IpAddress, "198.51.100.0/24", None),
            (IndicatorType::FileMd5, "portal.example.com", None),
        ];
        for (indicator_type, value, expected) in table {
            let expected = expected.map(|how| format!("`{value}` {how}"));
            assert_eq!(
                protected.matches(&indicator(indicator_type, value, Action::Block)),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn only_blocks_count() {
        let protected = protected(&["example.com"]).unwrap();
        for action in Action::WRITABLE {
            let is_hit = protected
                .matches(&indicator(IndicatorType::DomainName, "example.com", action.clone()))
                .is_some();
            assert_eq!(is_hit, action.is_block(), "{action}");
        }
    }

    #[test]
    fn a_network_of_one_kind_does_not_hold_the_other_unless_it_is_mapped() {
        let address = |value| indicator(IndicatorType::IpAddress, value, Action::Block);
        let all_v4 = protected(&["0.0.0.0/0"]).unwrap();
        assert!(all_v4.matches(&address("8.8.8.8")).is_some());
        assert!(all_v4.matches(&address("2001:db8::1")).is_none());
        let all_v6 = protected(&["::/0"]).unwrap();
        assert!(all_v6.matches(&address("2001:db8::1")).is_some());
        assert!(all_v6.matches(&address("8.8.8.8")).is_none());
        let mapped = protected(&["::ffff:198.51.100.0/120"]).unwrap();
        assert!(mapped.matches(&address("198.51.100.1")).is_some());
    }

    #[test]
    fn faulty_entries_are_all_named() {
        let faults = protected(&[
            "example.com",
            "",
            "*.example.com",
            "http://example.com/",
            "10.0.0.0/33",
            "a b",
            "-",
        ])
        .unwrap_err();
        let beginnings = [
            "`` is",
            "`*.example.com` is",
            "`http://example.com/` is",
            "`10.0.0.0/33` is",
            "`a b` is",
        ];
        assert_eq!(faults.len(), beginnings.len(), "{faults:#?}");
        for (fault, beginning) in faults.iter().zip(beginnings) {
            assert!(fault.starts_with(beginning) && fault.ends_with('.'), "{fault}");
        }
        assert!(Protected::parse(&[]).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn everything_protected_is_protected_from_itself((indicator_type, value) in samples::valid()) {
            if matches!(indicator_type, IndicatorType::DomainName | IndicatorType::IpAddress) {
                let protected = protected(&[&value]).unwrap();
                let message = protected.matches(&indicator(indicator_type, &value, Action::Block));
                prop_assert!(message.is_some());
            }
        }

        #[test]
        fn any_entry_and_any_indicator_are_taken(
            entries in prop::collection::vec(samples::messy(), 0..4),
            indicator in samples::indicator(),
        ) {
            let protected = Protected::parse(&entries).unwrap_or_default();
            let _ = protected.matches(&indicator);
        }
    }
}
