//! A plan as people read it: as a comment on a pull request, in a terminal, for a machine, or as a page.
//!
//! Everything that is shown is what rows say in effect: what a row writes, else what its set gives it, else the service's
//! default. Every text of others is data: it is escaped, its addresses cannot be followed, and what a plan marks as
//! sensitive is not shown. The record of a resource is not even read.
//!
//! **Invariant:** pure; no text whatever makes it panic, and the same input gives the same output: its clock is the time of
//! the plan. It imports `feed`, `indicator` and `outgoing`.

mod plan;
mod log;
mod list;
mod difference;
mod pairing;
mod changes;
mod hidden;
mod drift;
mod capacity;
mod expiry;
mod attention;
mod harmless;
mod words;
mod document;
mod compose;
mod pieces;
mod markdown;
mod plain;
mod json;
mod html;

pub use document::Detail;
pub use markdown::Dialect;

use crate::feed::{self, AllowList};
use crate::indicator::Protected;
use attention::Alert;
use capacity::Capacity;
use changes::{Changes, Kind};
use drift::Drifted;
use expiry::Expiries;
use hidden::Hidden;
use jiff::Timestamp;
use log::{Log, Message};
use plan::Plan;
use std::borrow::Cow;
use std::collections::BTreeMap;
use words::Shower;

/// What stands for a sensitive value, as Terraform has it.
const SENSITIVE: &str = "(sensitive)";

/// What a report is about, and how it is written.
#[derive(Debug, Clone, Default)]
pub struct Style {
    /// Name of the configuration, where a pull request has several reports.
    pub name: Option<String>,
    /// The commit that was planned.
    pub commit: Option<String>,
    /// Whether addresses stand as they are, so that they can be followed.
    pub keeps_addresses: bool,
    /// What must not be blocked.
    pub protected: Protected,
    /// What is popular or shared, so that a block of it is probably a mistake.
    pub allow_lists: Vec<AllowList>,
}

/// Why there is nothing to report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The plan cannot be read.
    #[error("the plan cannot be read: {0}")]
    Plan(String),
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Log(String),
}

/// How a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// With errors.
    Failed,
    /// Nothing changes.
    NoChanges,
    /// Something changes.
    Changes,
    /// Nothing is written, but the tenant is not as the state says.
    Drift,
}

/// How many rows change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([usize; Kind::ALL.len()]);

/// What there is to tell of a plan.
#[derive(Debug)]
pub struct Report {
    style: Style,
    verdict: Verdict,
    /// Whether something is left to a later plan.
    is_partial: bool,
    /// Whether the plan only looks.
    is_refresh_only: bool,
    /// Whether there is no plan but only a log.
    is_log_only: bool,
    program: Option<String>,
    time: Option<Timestamp>,
    changes: Changes,
    drift: Vec<Drifted>,
    capacity: Vec<Capacity>,
    expiries: Option<Expiries>,
    alerts: Vec<Alert>,
    errors: Vec<Message>,
    warnings: Vec<Message>,
    /// What changes beside indicators: resources by action, and outputs.
    others: BTreeMap<String, usize>,
    outputs: usize,
    /// What the log says of resources.
    summary: Option<log::Summary>,
}

impl Report {
    /// Reads the output of `terraform show -json` for a plan, the JSON lines of `terraform plan -json`, or both.
    ///
    /// An empty plan is none where there is a log: a plan that ended with errors may have left no file.
    ///
    /// # Errors
    ///
    /// One of them is not what it should be.
    pub fn read(plan: Option<&[u8]>, log: Option<&[u8]>, style: Style) -> Result<Self, Unreadable> {
        let log = log.map(decoded).transpose().map_err(Unreadable::Log)?;
        let log = log.map(|text| log::read(&text)).transpose();
        let log = log.map_err(|error| Unreadable::Log(error.to_string()))?;
        if plan.is_some_and(|bytes| bytes.starts_with(plan::ZIP)) {
            return Err(Unreadable::Plan(plan::Unreadable::Binary.to_string()));
        }
        let text = plan.map(decoded).transpose().map_err(Unreadable::Plan)?;
        let plan = match text.as_deref().map(plan::read) {
            Some(Err(plan::Unreadable::Empty)) if log.is_some() => None,
            Some(read) => Some(read.map_err(|error| Unreadable::Plan(error.to_string()))?),
            None => None,
        };
        Ok(Self::new(plan.as_ref(), log.unwrap_or_default(), style))
    }

    fn new(plan: Option<&Plan<'_>>, log: Log, style: Style) -> Self {
        let mut changes = plan.map(changes::of).unwrap_or_default();
        let hidden = plan.map(Hidden::of).unwrap_or_default();
        let drift = drift::of(plan, &log.messages, &hidden);
        for drifted in drift.iter().filter(|drifted| drifted.event == log::Event::Changed) {
            let name = drifted.name.as_ref().and_then(|name| name.value.as_ref());
            if let (Some(name), Some(words)) = (name, &drifted.words) {
                changes.restore(&drifted.address, name, words);
            }
        }
        let time = plan.and_then(|plan| plan.timestamp.as_deref()).or(log.time.as_deref());
        let time = time.and_then(|time| time.parse::<Timestamp>().ok());
        let capacity = plan.map(|plan| capacity::of(plan, &changes, &log.messages, time));
        let failed = log.failed() || plan.is_some_and(|plan| plan.errored == Some(true));
        let mut messages = log.messages;
        for message in &mut messages {
            message.summary = hidden.redacted(&message.summary);
            message.detail = hidden.redacted(&message.detail);
        }

        let alerts = plan
            .map(|plan| attention::of(plan, &changes, &drift, &style, time))
            .unwrap_or_default();
        let expiries = time.map(|time| expiry::of(changes.after.iter().map(|(_, list)| list), time));
        let (errors, warnings) = messages.into_iter().partition(|message| message.is_error);
        let (others, outputs) = plan.map(others).unwrap_or_default();
        let is_refresh_only = plan.is_some_and(|plan| plan.resource_changes.is_empty()) && !drift.is_empty();
        let changed = changes
            .groups
            .iter()
            .any(|group| !group.rows.is_empty() || !group.events.is_empty());
        let summary = log.summary.filter(|_| plan.is_none());
        let verdict = if failed {
            Verdict::Failed
        } else if changed || !others.is_empty() || outputs > 0 || summary.is_some_and(log::Summary::is_change) {
            Verdict::Changes
        } else if is_refresh_only {
            Verdict::Drift
        } else {
            Verdict::NoChanges
        };
        let version = plan.and_then(|plan| plan.terraform_version.as_ref());
        Self {
            style,
            verdict,
            is_partial: !failed && plan.is_some_and(|plan| plan.complete == Some(false)),
            is_refresh_only,
            is_log_only: plan.is_none(),
            program: log
                .program
                .or_else(|| version.map(|version| format!("Terraform {version}"))),
            time,
            capacity: capacity.unwrap_or_default(),
            expiries: expiries.filter(|expiries| !expiries.is_empty()),
            alerts,
            errors,
            warnings,
            others,
            outputs,
            summary,
            changes,
            drift,
        }
    }

    /// How the plan ended.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The report in Markdown, of at most so many characters and bytes, with whole rows only.
    #[must_use]
    pub fn markdown(&self, dialect: Dialect, limit: usize) -> String {
        let document = compose::document(self, Detail::Brief);
        markdown::write(&document, &self.style, dialect, limit)
    }

    /// The report as plain text, of at most so many bytes if there is a limit.
    #[must_use]
    pub fn text(&self, limit: Option<usize>) -> String {
        plain::write(&compose::document(self, Detail::Brief), limit)
    }

    /// The report for machines.
    #[must_use]
    pub fn json(&self) -> String {
        json::write(self)
    }

    /// The report as a page that needs nothing else.
    #[must_use]
    pub fn html(&self) -> String {
        html::write(self)
    }

    fn shower(&self) -> Shower {
        Shower {
            keeps_addresses: self.style.keeps_addresses,
        }
    }

    /// How many rows change, by what the second function takes from each.
    fn counts<K: Ord>(&self, by: impl Fn(&changes::RowChange) -> K) -> BTreeMap<K, Counts> {
        let mut counts: BTreeMap<K, Counts> = BTreeMap::new();
        for change in self.changes.groups.iter().flat_map(|group| &group.rows) {
            counts.entry(by(change)).or_default().add(change.kind);
        }
        counts
    }

    /// How many rows change in all.
    fn total(&self) -> Counts {
        self.counts(|_| ()).into_values().next().unwrap_or_default()
    }
}

/// The bytes as text. Windows PowerShell writes what it redirects as UTF-16.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    match feed::text::decode(bytes, None) {
        Ok(decoded) if !decoded.is_assumed => Ok(decoded.text),
        _ => Err("it is not text in UTF-8 or UTF-16".into()),
    }
}

impl Counts {
    fn add(&mut self, kind: Kind) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count += 1;
        }
    }

    /// How many rows of this kind.
    #[must_use]
    pub(crate) fn of(&self, kind: Kind) -> usize {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }

    /// How many rows in all.
    #[must_use]
    pub fn sum(&self) -> usize {
        self.0.iter().sum()
    }
}

/// What a plan changes beside indicators.
fn others(plan: &Plan<'_>) -> (BTreeMap<String, usize>, usize) {
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let is_change = |actions: &[String]| !actions.iter().all(|action| matches!(action.as_str(), "no-op" | "read"));
    for resource in plan
        .resource_changes
        .iter()
        .filter(|resource| !changes::holds_indicators(resource))
    {
        let actions = &resource.change.actions;
        if is_change(actions) {
            *others.entry(actions.join(" and ")).or_default() += 1;
        }
    }
    let outputs = plan.output_changes.values().filter(|change| is_change(&change.actions));
    (others, outputs.count())
}

#[cfg(test)]
mod tests;
