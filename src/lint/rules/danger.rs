//! Rows that hurt whoever has them.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use super::Standards;
use crate::feed::Hit;
use crate::indicator::{FieldSet, IndicatorType, rules};
use crate::outgoing::shown;
use psl::Type;

/// Adds what the row would block that it should not.
pub fn check(item: &Item, standards: &Standards, findings: &mut Vec<Finding>) {
    let before = findings.len();
    if let Some(hit) = standards.protected.matches(&item.indicator) {
        let message = format!("{hit}, so the row would block it. Remove the row.");
        findings.push(Finding::of(Code::Protected, Severity::Error, item, message));
    }
    // Rows without an action are taken for blocks here: that is what most sets make of them.
    let kind = &item.indicator.indicator_type;
    let has_rule = *kind == IndicatorType::DomainName || kind.is_file();
    let found = if has_rule {
        rules::check(&item.indicator, FieldSet::EMPTY)
    } else {
        Vec::new()
    };
    for found in found {
        let (code, severity) = match found.code {
            "public-suffix" => (Code::PublicSuffix, suffix_severity(&item.canonical)),
            "harmless-hash" => (Code::HarmlessFile, Severity::Error),
            _ => continue,
        };
        let message = format!("{}. {}", found.rule, found.remedy);
        findings.push(Finding::of(code, severity, item, message));
    }
    if findings.len() > before || !item.is_in_the_way() {
        return;
    }
    for list in &standards.allow_lists {
        let value = shown(&item.indicator.value);
        let name = shown(&list.name);
        let finding = match list.hit(&item.indicator, &item.canonical) {
            Some(Hit::Popular) => {
                let message = format!(
                    "{value} is on the allow list {name}, so a block of it is probably a mistake. Check its source."
                );
                Finding::of(Code::Popular, Severity::Warning, item, message)
            }
            Some(Hit::Shared) => {
                let message = format!(
                    "{value} is in a network of the allow list {name}, so others may be behind it. Check its source."
                );
                Finding::of(Code::SharedAddress, Severity::Warning, item, message)
            }
            None => continue,
        };
        findings.push(finding);
        return;
    }
}

/// Under a suffix of a registry is half of the internet; under one of a company are its customers.
fn suffix_severity(domain: &str) -> Severity {
    let kind = psl::suffix(domain.as_bytes()).and_then(|suffix| suffix.typ());
    match kind {
        Some(Type::Private) => Severity::Warning,
        Some(Type::Icann) | None => Severity::Error,
    }
}

/// Whether the row is one of the network.
#[must_use]
pub fn is_network(item: &Item) -> bool {
    item.kind().is_some_and(IndicatorType::is_network)
}
