//! The sections of a report: what a reader can take in within a minute comes first.

/// What goes first when there is no room. Errors and the sums are the last to go.
mod rank {
    pub const SUMS: u8 = 0;
    pub const ERRORS: u8 = 1;
    pub const LOOK: u8 = 2;
    pub const GROUPS: u8 = 3;
    pub const DRIFT: u8 = 4;
    pub const WARNINGS: u8 = 5;
}

mod groups;
mod alerts;

pub use groups::event;
pub use rank::{ERRORS, LOOK, SUMS};

use super::capacity::Capacity;
use super::changes::{Event as Happening, Group, Kind};
use super::document::{Body, Column, Detail, Document, Section, Table, Told, column, number_column};
use super::drift::Drifted;
use super::log::{Event, Message};
use super::words::{Line, code, counted, cut, number, strong, words};
use super::{Counts, Report, Verdict};
use crate::indicator::{Action, instant_text, parse_instant};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The most rows of one table that a comment has; hosts are slow with longer ones.
const ROWS: usize = 200;

/// Up to so many rows are shown without a click.
const OPEN: usize = 12;

/// Longest text in a cell of a comment, in characters.
const BRIEF: usize = 120;

/// Longest text in a cell of a page, in characters.
const FULL: usize = 1_000;

/// What a writer of sections needs.
#[derive(Clone, Copy)]
struct Scope<'r> {
    report: &'r Report,
    detail: Detail,
}

impl Scope<'_> {
    /// Longest text in a cell.
    fn longest(self) -> usize {
        match self.detail {
            Detail::Brief => BRIEF,
            Detail::Full => FULL,
        }
    }

    /// The section with as many rows as there may be.
    fn limited(self, section: Section) -> Section {
        match self.detail {
            Detail::Brief => section.at_most(ROWS),
            Detail::Full => section,
        }
    }
}

/// One thing to look at, in words, with all of its rows.
pub fn alert(report: &Report, alert: &super::attention::Alert) -> Option<Line> {
    let detail = Detail::Full;
    alerts::item(Scope { report, detail }, alert)
}

/// The report.
pub fn document(report: &Report, detail: Detail) -> Document {
    let scope = Scope { report, detail };
    let mut sections = Vec::new();
    sections.extend(state(report));
    sections.extend(messages(scope, &report.errors, true));
    sections.extend(sums(report));
    sections.extend(capacity(report));
    sections.extend(alerts::section(scope));
    sections.extend(groups::sections(scope));
    sections.extend(drift(scope));
    sections.extend(messages(scope, &report.warnings, false));
    Document {
        title: title(report),
        sections,
        footer: footer(report),
    }
}

fn title(report: &Report) -> Line {
    let mut title = vec![words("Defender indicators")];
    if let Some(name) = &report.style.name {
        title.extend([words(" ("), code(name.clone()), words(")")]);
    }
    title.push(words(": "));
    let total = report.total();
    match report.verdict {
        Verdict::Failed => title.push(strong("FAILED")),
        Verdict::NoChanges => title.push(words("no changes")),
        Verdict::Changes if report.is_log_only => title.push(words("changes that only the plan shows")),
        Verdict::Changes => {
            let is_open = |group: &Group| group.events.contains(&Happening::UnknownList);
            title.push(words(match (total.sum(), report.changes.groups.iter().any(is_open)) {
                (0, true) => "changes that are known only after apply".to_owned(),
                (0, false) => "no indicator changes".to_owned(),
                (count, true) => format!(
                    "{} and more that are known only after apply",
                    counted(count, "change", "changes")
                ),
                (count, false) => counted(count, "change", "changes"),
            }));
        }

        Verdict::Drift => title.push(words(format!(
            "{} in the tenant",
            counted(report.drift.len(), "difference", "differences")
        ))),
    }
    if report.is_partial {
        title.push(words(", plan is not complete"));
    }
    title
}

/// Sentences about the plan as a whole.
fn state(report: &Report) -> Option<Section> {
    let mut intro: Vec<Line> = Vec::new();
    if report.verdict == Verdict::Failed {
        let text = if report.is_log_only {
            "The plan ended with errors, so there is nothing to apply."
        } else {
            "The plan ended with errors, so it cannot be applied. What it found before is shown below and may not be all."
        };
        intro.push(vec![words(text)]);
    }
    if report.is_partial {
        let text = "The plan is not complete: it was made for some resources only, or leaves changes to a later plan.";
        intro.push(vec![words(text)]);
    }
    if report.is_refresh_only {
        let text = "This plan only compares the state with the tenant. Applying it changes the state and no indicator.";
        intro.push(vec![words(text)]);
    }
    if report.is_log_only && report.verdict != Verdict::Failed {
        let mut line = vec![words("There is only the log of the run, so no indicators are shown.")];
        if let Some(summary) = &report.summary {
            line.push(words(format!(
                " By the log, resources to add: {}, to change: {}, to destroy: {}.",
                number(summary.add),
                number(summary.change),
                number(summary.remove)
            )));
        }
        intro.push(line);
    }
    let rest: Vec<String> = report
        .others
        .iter()
        .map(|(action, count)| format!("{} {}", counted(*count, "resource", "resources"), others_action(action)))
        .chain((report.outputs > 0).then(|| format!("{} to change", counted(report.outputs, "output", "outputs"))))
        .collect();
    if !rest.is_empty() {
        intro.push(vec![words(format!(
            "Besides indicators, the plan has {}.",
            rest.join(", ")
        ))]);
    }

    (!intro.is_empty()).then_some(Section {
        intro,
        rank: rank::SUMS,
        ..Section::default()
    })
}

/// Resources of other types by what happens to them; what Terraform may call it later is passed over in silence.
fn others_action(actions: &str) -> &'static str {
    match actions {
        "create" => "to create",
        "update" => "to update",
        "delete" => "to delete",
        "forget" => "to forget",
        "delete and create" | "create and delete" => "to replace",
        _ => "to change otherwise",
    }
}

/// How many rows change, by action and by type.
fn sums(report: &Report) -> Vec<Section> {
    if report.total().sum() == 0 {
        return Vec::new();
    }
    let by_action = report.counts(|change| {
        let action = change.row.action();
        (
            action.map(|action| std::cmp::Reverse(action.strength())),
            action.cloned(),
        )
    });
    let by_action: Vec<(Line, Counts)> = by_action
        .into_iter()
        .map(|((_, action), counts)| (action_cell(action.as_ref()), counts))
        .collect();
    let by_type = report.counts(|change| change.row.kind().cloned());
    let by_type: Vec<(Line, Counts)> = by_type
        .into_iter()
        .map(|(kind, counts)| {
            let known = kind.filter(|kind| !kind.as_str().is_empty());
            let name = known.map_or_else(|| vec![words("not shown")], |kind| vec![code(kind.as_str())]);
            (name, counts)
        })
        .collect();
    let mut sections = vec![sum_table("Action", by_action, report.total())];
    if by_type.len() > 1 {
        sections.push(sum_table("Type", by_type, report.total()));
    }
    sections
}

fn action_cell(action: Option<&Action>) -> Line {
    match action.filter(|action| !action.as_str().is_empty()) {
        Some(action) => vec![code(action.as_str())],
        None => vec![words("not shown")],
    }
}

fn sum_table(name: &'static str, by: Vec<(Line, Counts)>, total: Counts) -> Section {
    // Moves are rare, and a column without a number tells nothing.
    let kinds: Vec<Kind> = [
        Kind::Added,
        Kind::Changed,
        Kind::Anew,
        Kind::Removed,
        Kind::Restored,
        Kind::Moved,
    ]
    .into_iter()
    .filter(|kind| *kind != Kind::Moved || total.of(Kind::Moved) > 0)
    .collect();
    let cells = |counts: Counts| {
        kinds.iter().map(move |kind| match counts.of(*kind) {
            0 => Vec::new(),
            count => vec![words(number(count))],
        })
    };
    let has_total = by.len() > 1;
    let mut rows: Vec<Vec<Line>> = by
        .into_iter()
        .map(|(name, counts)| std::iter::once(name).chain(cells(counts)).collect())
        .collect();
    if has_total {
        rows.push(std::iter::once(vec![strong("All")]).chain(cells(total)).collect());
    }
    let columns = std::iter::once(column(name)).chain(kinds.iter().map(|kind| number_column(kind_title(*kind))));
    let table = Table {
        columns: columns.collect(),
        rows,
        has_row_titles: true,
    };
    Section::new(rank::SUMS, Body::Table(table))
}

const fn kind_title(kind: Kind) -> &'static str {
    match kind {
        Kind::Removed => "Removed",
        Kind::Anew => "Made anew",
        Kind::Changed => "Changed",
        Kind::Restored => "Restored",
        Kind::Added => "Added",
        Kind::Moved => "Moved",
    }
}

fn capacity(report: &Report) -> Option<Section> {
    let several = report.capacity.len() > 1;
    let lines: Vec<Line> = report
        .capacity
        .iter()
        .map(|capacity| capacity_line(capacity, several))
        .collect();
    (!lines.is_empty()).then_some(Section {
        intro: lines,
        rank: rank::SUMS,
        is_charted: true,
        ..Section::default()
    })
}

/// Used, then after the plan, of how many.
pub fn capacity_line(capacity: &Capacity, is_named: bool) -> Line {
    let mut line = vec![strong("Capacity")];
    if is_named {
        line.extend([words(" by "), code(capacity.address.clone())]);
    }
    let after = match capacity.after {
        Some(after) if after != capacity.used => format!("{} → {}", number(capacity.used), number(after)),
        _ => number(capacity.used),
    };
    line.push(words(format!(": {after} of {} indicators.", number(capacity.limit))));
    if capacity.free() < 0 {
        line.push(strong(format!(" {} too many.", number(-capacity.free()))));
    } else if capacity.is_scarce() {
        line.push(strong(format!(" Room for {} more.", number(capacity.free()))));
    }
    line
}

fn drift(scope: Scope<'_>) -> Option<Section> {
    let report = scope.report;
    if report.drift.is_empty() {
        return None;
    }
    let row = |drifted: &Drifted| {
        let longest = scope.longest();
        let told = |words: &String| vec![code(cut(&report.shower().text(words), longest))];
        let (name, left) = match (&drifted.name, &drifted.words) {
            (Some(name), left) => (report.shower().name(name, longest), left.as_ref()),
            (None, line) => (line.as_ref().map(told).unwrap_or_default(), None),
        };
        let what = match (drifted.event, left) {
            (Event::Changed, Some(left)) => told(left),
            (Event::Changed, None) if drifted.fields.is_empty() => vec![words("changed")],
            (Event::Changed, None) => groups::field_changes(scope, &drifted.fields),
            (Event::Deleted, _) => vec![words("deleted")],
            (Event::Lost, _) => vec![words("held by another resource")],
            (Event::Stranger, _) => vec![words("not in the list of this exclusive set")],
        };

        let who = drifted.who.as_ref().map(|who| vec![code(cut(who, BRIEF))]);
        vec![
            vec![code(cut(&drifted.address, longest))],
            name,
            what,
            who.unwrap_or_default(),
            drifted.when.as_deref().map(when).unwrap_or_default(),
        ]
    };
    let table = Table {
        columns: ["Resource", "Indicator", "In the tenant", "Who", "When"]
            .map(column)
            .to_vec(),
        rows: report.drift.iter().map(row).collect(),
        has_row_titles: false,
    };
    let mut section = Section::new(rank::DRIFT, Body::Table(table)).titled(vec![words("Changed outside of Terraform")]);
    let is_open = section.total <= OPEN;
    section = section.folded(counted(report.drift.len(), "indicator", "indicators"), is_open);
    let who_is_missing = report
        .drift
        .iter()
        .any(|drifted| drifted.event == Event::Changed && drifted.who.is_none());
    if who_is_missing && report.warnings.is_empty() && report.errors.is_empty() {
        let text = "Who changed what stands in the log of `terraform plan -json` only. Give it with `--log`.";
        section.intro.push(in_backticks(text));
    }
    Some(scope.limited(section))
}

/// An instant, to the minute.
fn when(text: &str) -> Line {
    match parse_instant(text) {
        Some(instant) => vec![words(minute(instant))],
        None => vec![code(cut(text, 40))],
    }
}

/// An instant in UTC, to the minute.
pub fn minute(instant: Timestamp) -> String {
    if instant == Timestamp::MAX {
        return instant_text(instant);
    }
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Own words, of which those between back-ticks are literals.
fn in_backticks(text: &str) -> Line {
    let parts = text.split('`').enumerate();
    let run = |(place, part): (usize, &str)| {
        if place % 2 == 0 {
            words(part.to_owned())
        } else {
            code(part)
        }
    };
    parts.map(run).collect()
}

fn messages(scope: Scope<'_>, messages: &[Message], are_errors: bool) -> Option<Section> {
    if messages.is_empty() {
        return None;
    }
    let shower = scope.report.shower();
    let told = |message: &Message| {
        let mut title = vec![code(cut(&shower.text(&message.summary), 300))];
        let places = message.address.iter().chain(&message.place);
        for (place, text) in places.enumerate() {
            title.extend([words(if place == 0 { " (" } else { ", " }), code(cut(text, 200))]);
        }
        if message.address.is_some() || message.place.is_some() {
            title.push(words(")"));
        }
        Told {
            title,
            detail: shower.text(message.detail.trim_end()),
        }
    };
    // One error of Terraform may come several times, such as once for each instance.
    let mut seen: BTreeMap<(&str, &str, Option<&str>), ()> = BTreeMap::new();
    let fresh = messages.iter().filter(|message| {
        let known = (&*message.summary, &*message.detail, message.address.as_deref());
        seen.insert(known, ()).is_none()
    });
    let body = Body::Messages(fresh.map(told).collect());
    let (rank, heading) = if are_errors {
        (rank::ERRORS, "Errors")
    } else {
        (rank::WARNINGS, "Warnings")
    };
    let section = Section::new(rank, body).titled(vec![words(heading)]);
    let section = if are_errors {
        section
    } else {
        let count = section.total;
        section.folded(counted(count, "warning", "warnings"), false)
    };
    Some(scope.limited(section))
}

fn footer(report: &Report) -> Line {
    let mut footer = Vec::new();
    if let Some(program) = &report.program {
        footer.extend([code(cut(program, 60)), words(", ")]);
    }
    if let Some(time) = report.time {
        footer.push(words(format!("planned {}, ", minute(time))));
    }
    if let Some(commit) = &report.style.commit {
        footer.extend([words("commit "), code(commit.clone()), words(", ")]);
    }
    footer.push(words(concat!("terraform-provider-mde ", env!("CARGO_PKG_VERSION"))));
    footer
}

/// The columns of these names.
fn columns<const N: usize>(names: [&'static str; N]) -> Vec<Column> {
    names.map(column).to_vec()
}
