//! What is looked for in the rows of all lists together.
//!
//! Each rule takes about as long as there are rows: it looks up hosts, parents and values in tables, and compares no two
//! rows that have nothing to do with each other.

mod fields;
mod danger;
mod reach;
mod time;
mod overlap;

use super::code::Code;
use super::finding::Finding;
use super::item::Item;
use crate::feed::AllowList;
use crate::indicator::{Lifetime, Protected};
use jiff::Timestamp;
use std::collections::HashSet;

/// What rows are compared with.
#[derive(Debug, Clone)]
pub struct Standards {
    /// What must not be blocked.
    pub protected: Protected,
    /// What is popular or shared.
    pub allow_lists: Vec<AllowList>,
    /// The present.
    pub now: Timestamp,
    /// How long before its expiry a row is told.
    pub expires_within: Option<Lifetime>,
    /// How many rows a tenant holds.
    pub capacity: usize,
}

/// What is wrong with the rows, and how many rows and entries of tables were looked at for it.
#[must_use]
pub fn check(items: &mut [Item], standards: &Standards) -> (Vec<Finding>, usize) {
    let mut findings = Vec::new();
    let lacking = fields::Texts::of(items);
    let mut steps = 0;
    for item in items.iter_mut() {
        steps += 1;
        let before = findings.len();
        danger::check(item, standards, &mut findings);
        fields::check(item, &lacking, &mut findings);
        let own = findings.get(before..).unwrap_or_default();
        // What a public suffix or a protected domain is, says enough of a single label.
        if own
            .iter()
            .any(|finding| matches!(finding.code, Code::Protected | Code::PublicSuffix))
        {
            let own = findings.split_off(before);
            let is_told = |finding: &Finding| !finding.subject.ends_with(fields::SINGLE_LABEL);
            findings.extend(own.into_iter().filter(is_told));
        }
        let is_broken = |finding: &Finding| matches!(finding.code, Code::InvalidValue);
        item.is_broken = findings.get(before..).unwrap_or_default().iter().any(is_broken);
        reach::check(item, &mut findings);
        time::check(item, standards, &mut findings);
    }
    // A row that has to go, or that is gone already, covers nothing.
    let bad: HashSet<(usize, usize)> = findings
        .iter()
        .filter(|finding| {
            matches!(
                finding.code,
                Code::Protected | Code::PublicSuffix | Code::InvalidValue | Code::Expired
            )
        })
        .map(|finding| (finding.file, finding.at.start))
        .collect();
    let is_bad = |item: &Item| bad.contains(&(item.file, item.at.start));
    steps += overlap::check(items, &is_bad, standards, &mut findings);
    // An exception says that only Edge sees it.
    let told: HashSet<(usize, usize)> = findings
        .iter()
        .filter(|finding| finding.code == Code::Exception)
        .map(|finding| (finding.file, finding.at.start))
        .collect();
    findings.retain(|finding| finding.code != Code::EdgeOnly || !told.contains(&(finding.file, finding.at.start)));
    (findings, steps)
}
