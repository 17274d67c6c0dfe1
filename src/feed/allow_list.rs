//! Lists of what is popular or shared, so that a block of it is probably a mistake.
//!
//! Read are plain lists, the lists of MISP's `misp-warninglists`, and tables of rank and domain as Tranco has them.

use crate::indicator::{Action, Indicator, IndicatorType, Protected, canonical, detect_type};
use crate::outgoing::shown;
use serde::Deserialize;
use std::collections::HashSet;
use std::net::IpAddr;
use url::Url;

/// What is popular or shared.
#[derive(Debug, Clone, Default)]
pub struct AllowList {
    /// What messages call it.
    pub name: String,
    /// Values in canonical spelling, which must be met exactly.
    exact: HashSet<String>,
    /// Domains that stand for everything below them too.
    hosts: HashSet<String>,
    /// Parts of values.
    parts: Vec<String>,
    /// Networks and addresses.
    networks: Protected,
}

/// How a value stands on an allow list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// It is popular.
    Popular,
    /// It is an address that others have too.
    Shared,
}

/// A list of `misp-warninglists`.
#[derive(Deserialize)]
struct WarningList {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    list: Vec<String>,
}

impl AllowList {
    /// Reads a list; `name` is what messages call it, unless it has a name of its own.
    ///
    /// # Errors
    ///
    /// Why it cannot be used, without a full stop at the end.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut list = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        let mut networks = Vec::new();
        if text.trim_start().starts_with(['{', '[']) {
            let read: WarningList = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
                format!(
                    "it looks like JSON, but is no list of `misp-warninglists` with `name`, `type` and `list`: {error}"
                )
            })?;
            list.name = read.name;
            match read.kind.as_str() {
                "string" => read.list.iter().for_each(|entry| list.add(entry, &mut networks)),
                "hostname" => list.hosts.extend(read.list.iter().map(|entry| domain(entry))),
                "cidr" => networks = read.list,
                "substring" => list.parts.extend(read.list.iter().map(|entry| entry.to_lowercase())),
                other => {
                    return Err(format!(
                        "it is a list of type {}; only `string`, `hostname`, `cidr` and `substring` are read",
                        shown(other)
                    ));
                }
            }
        } else {
            for line in text.lines() {
                let line = line.trim_start_matches('\u{feff}');
                let line = line.split(" #").next().unwrap_or_default().trim();
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                // Tranco: a rank, a comma, a domain.
                let entry = match line.split_once(',') {
                    Some((rank, domain)) if rank.bytes().all(|byte| byte.is_ascii_digit()) => domain.trim(),
                    _ => line,
                };
                list.add(entry, &mut networks);
            }
        }
        list.networks = Protected::parse(&networks).map_err(|faults| {
            let more = faults.len().saturating_sub(1);
            let first = faults.into_iter().next().unwrap_or_default();
            let first = first.trim_end_matches('.').to_owned();
            if more > 0 {
                format!("{first} (and {more} more)")
            } else {
                first
            }
        })?;
        Ok(list)
    }

    /// Adds an entry that says by its form what it is.
    fn add(&mut self, entry: &str, networks: &mut Vec<String>) {
        let entry = entry.trim();
        let head = entry.split('/').next().unwrap_or_default();
        if head.parse::<IpAddr>().is_ok() {
            networks.push(entry.to_owned());
        } else if !entry.is_empty() {
            let kind = detect_type(entry).unwrap_or(IndicatorType::DomainName);
            self.exact.insert(canonical(&kind, entry).to_lowercase());
        }
    }

    /// Whether the address is in one of the networks, whatever the indicator does about it.
    fn has_address(&self, indicator: &Indicator) -> bool {
        // Protected networks ask about blocks only.
        let block = Indicator {
            action: Action::Block,
            value: indicator.value.clone(),
            indicator_type: indicator.indicator_type.clone(),
            ..Indicator::blank()
        };
        self.networks.matches(&block).is_some()
    }

    /// Whether the indicator is about something of the list. Its action is for the caller to judge.
    #[must_use]
    pub fn hit(&self, indicator: &Indicator, canonical: &str) -> Option<Hit> {
        if is_address(indicator) && self.has_address(indicator) {
            return Some(Hit::Shared);
        }
        let value = canonical.to_lowercase();
        let host = host(indicator, &value);
        let is_host_listed = host.as_deref().is_some_and(|host| {
            let parents = std::iter::successors(Some(host), |host| host.split_once('.').map(|(_, parent)| parent));
            self.exact.contains(host) || parents.into_iter().any(|parent| self.hosts.contains(parent))
        });
        let is_listed =
            is_host_listed || self.exact.contains(&value) || self.parts.iter().any(|part| value.contains(part));
        is_listed.then_some(Hit::Popular)
    }
}

fn domain(entry: &str) -> String {
    canonical(&IndicatorType::DomainName, entry.trim().trim_start_matches('.')).to_lowercase()
}

fn is_address(indicator: &Indicator) -> bool {
    indicator.indicator_type == IndicatorType::IpAddress
}

/// The host that the whole indicator stands for: of a URL with a path nothing, since much that is bad lies on hosts that
/// are popular.
fn host(indicator: &Indicator, canonical: &str) -> Option<String> {
    match indicator.indicator_type {
        IndicatorType::DomainName => Some(canonical.to_owned()),
        IndicatorType::Url => {
            let url = Url::parse(canonical).ok()?;
            let is_whole = url.path() == "/" && url.query().is_none();
            url.host_str().filter(|_| is_whole).map(str::to_owned)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hit(list: &AllowList, value: &str) -> Option<Hit> {
        let kind = detect_type(value).unwrap();
        let indicator = Indicator {
            value: value.to_owned(),
            indicator_type: kind.clone(),
            action: Action::Block,
            ..Indicator::blank()
        };
        list.hit(&indicator, &canonical(&kind, value))
    }

    #[test]
    fn every_kind_of_list_is_read() {
        let plain = AllowList::parse("p", "# c\npopular.example # x\n203.0.113.0/24\n1,ranked.example\n").unwrap();
        for (value, expected) in [
            ("POPULAR.example", Some(Hit::Popular)),
            ("www.popular.example", None),
            ("http://popular.example/", Some(Hit::Popular)),
            ("http://popular.example/a", None),
            ("ranked.example", Some(Hit::Popular)),
            ("203.0.113.9", Some(Hit::Shared)),
            ("198.51.100.9", None),
        ] {
            assert_eq!(hit(&plain, value), expected, "{value}");
        }
        let of = |kind: &str, entry: &str| {
            let text = format!("{{\"name\":\"W\",\"version\":1,\"type\":\"{kind}\",\"list\":[\"{entry}\"]}}");
            AllowList::parse("file", &text)
        };
        let hosts = of("hostname", ".shared.example").unwrap();
        assert_eq!(hosts.name, "W");
        assert_eq!(hit(&hosts, "a.b.shared.example"), Some(Hit::Popular));
        assert_eq!(hit(&hosts, "unshared.example"), None);
        assert_eq!(
            hit(&of("cidr", "198.51.100.0/24").unwrap(), "198.51.100.1"),
            Some(Hit::Shared)
        );
        assert_eq!(
            hit(&of("substring", "Part").unwrap(), "some-part.example"),
            Some(Hit::Popular)
        );
        assert_eq!(
            hit(&of("string", "exact.example").unwrap(), "exact.example"),
            Some(Hit::Popular)
        );
        for value in ["203.0.113.9", "popular.example"] {
            let warning = Indicator {
                value: value.to_owned(),
                indicator_type: detect_type(value).unwrap(),
                action: Action::Warn,
                ..Indicator::blank()
            };
            assert!(
                plain.hit(&warning, value).is_some(),
                "a warning is in the way, too: {value}"
            );
        }
        assert!(of("regex", "a.*").unwrap_err().contains("`regex`"));
        assert!(of("cidr", "no network!").is_err());
        assert!(AllowList::parse("x", "{\"a\":1}").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(\\{|\"list\"|:|\\[|,|1|a\\.example|/|\n|\\PC){0,30}") {
            let _ = AllowList::parse("x", &text);
        }
    }
}
