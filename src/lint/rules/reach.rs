//! URLs that act in fewer browsers, or say more, than they seem to.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use crate::indicator::IndicatorType;
use crate::outgoing::shown;
use url::{Host, Url};

/// Whether only Edge sees all of a URL: other browsers hide the path of what is encrypted.
#[must_use]
pub fn is_edge_only(item: &Item) -> bool {
    let is_url = item.indicator.indicator_type == IndicatorType::Url;
    let url = Url::parse(&item.canonical)
        .ok()
        .filter(|url| is_url && url.scheme() == "https");
    url.is_some_and(|url| !is_whole_host(&url))
}

fn is_whole_host(url: &Url) -> bool {
    url.path() == "/" && url.query().is_none() && url.fragment().is_none()
}

/// Adds what is to be known of the reach of a URL.
pub fn check(item: &Item, findings: &mut Vec<Finding>) {
    if item.is_broken || item.indicator.indicator_type != IndicatorType::Url {
        return;
    }
    let value = shown(&item.indicator.value);
    if is_edge_only(item) {
        let message = format!(
            "Only Microsoft Edge sees the path of {value}, because the URL is https. Other browsers are matched by the host alone."
        );
        findings.push(Finding::of(Code::EdgeOnly, Severity::Note, item, message));
        return;
    }
    let url = Url::parse(&item.canonical).ok().filter(is_whole_host);
    let better = match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(domain)) => format!("the domain {}", shown(domain)),
        Some(Host::Ipv4(address)) => format!("the address `{address}`"),
        Some(Host::Ipv6(address)) => format!("the address `{address}`"),
        None => return,
    };
    let message =
        format!("{value} names a host only. An indicator for {better} says the same and acts in every browser.");
    findings.push(Finding::of(Code::NoPath, Severity::Note, item, message));
}
