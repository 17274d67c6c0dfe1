//! Rows that have expired, or will soon.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use super::Standards;
use crate::indicator::instant_text;
use crate::outgoing::shown;

/// Hours of a day.
const DAY: i64 = 24;

/// Adds what is to be known of the expiry of a row.
pub fn check(item: &Item, standards: &Standards, findings: &mut Vec<Finding>) {
    let Some(expiry) = item.indicator.fields.expiration_time else {
        return;
    };
    let now = standards.now;
    let value = shown(&item.indicator.value);
    let at = instant_text(expiry);
    let mut finding = if expiry <= now {
        let message = format!("{value} expired at `{at}`. Remove the row, or give it a later expiry.");
        Finding::of(Code::Expired, Severity::Warning, item, message)
    } else if standards.expires_within.is_some_and(|within| expiry <= within.end(now)) {
        let days = expiry.duration_since(now).as_hours() / DAY;
        let when = match days {
            0 => "within a day".to_owned(),
            1 => "in 1 day".to_owned(),
            days => format!("in {days} days"),
        };
        let message = format!("{value} expires {when}, at `{at}`. Renew it if it is still needed.");
        Finding::of(Code::ExpiresSoon, Severity::Note, item, message)
    } else {
        return;
    };
    finding.subject = format!("{} {at}", item.canonical);
    findings.push(finding);
}
