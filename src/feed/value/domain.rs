//! Domains, and what people write around them.

use super::{Outcome, address, checked, skip};
use crate::feed::{Options, Reason, shown};
use crate::indicator::{IndicatorType, detect_type};

/// What a text stands for where the name of a host is expected: an address there is an address.
pub(super) fn take_name(value: &str, options: &Options, whys: &mut Vec<&'static str>) -> Outcome {
    if detect_type(value) == Some(IndicatorType::IpAddress) {
        whys.push("an address where a domain name is expected");
        return address::take(value, options, whys);
    }
    take(value, options, whys)
}

/// What a text stands for that looks like a domain.
pub(super) fn take(value: &str, options: &Options, whys: &mut Vec<&'static str>) -> Outcome {
    let mut name = value;
    if let Some(parent) = name.strip_prefix("*.").filter(|parent| !parent.contains('*')) {
        whys.push("a domain covers its sub-domains");
        name = parent;
    } else if let Some(rest) = name.strip_prefix('.') {
        whys.push("leading dot");
        name = rest;
    }
    if name.contains('*') && !name.contains('/') {
        return skip(Reason::Wildcard, "an indicator is for one domain and its sub-domains");
    }
    if let Some((host, port)) = name.rsplit_once(':').filter(|(_, port)| is_port(port))
        && !host.contains(['/', ':'])
    {
        if !options.drop_port {
            let note = format!("port {port}: an indicator is for all ports of {}", shown(host));
            return skip(Reason::Port, note);
        }
        whys.push("without its port");
        name = host;
    }
    if let Some(host) = name
        .strip_suffix('.')
        .filter(|host| !host.ends_with('.') && !host.is_empty())
    {
        whys.push("root dot");
        name = host;
    }
    checked(IndicatorType::DomainName, name)
}

pub(super) fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
