//! Charts as SVG within the page. Every number of them stands in a text or a table, too.

use crate::indicator::Action;
use crate::report::capacity::Capacity;
use crate::report::changes::{Kind, RowChange};
use crate::report::expiry::{Expiries, WEEKS};
use crate::report::words::{counted, number};
use crate::report::{Counts, Report};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;

/// The kinds of change in the order of a legend.
pub const ORDER: [Kind; 6] = [
    Kind::Added,
    Kind::Changed,
    Kind::Anew,
    Kind::Removed,
    Kind::Restored,
    Kind::Moved,
];

/// Width of every chart, in the units of its own coordinates.
const WIDTH: f64 = 560.0;

/// Space for the names of rows.
const NAMES: f64 = 168.0;

/// Space for the sums of rows.
const SUMS: f64 = 64.0;

/// Height of a row with its bar.
const ROW: f64 = 30.0;

/// The class of a kind of change, for its colour.
pub const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Removed => "removed",
        Kind::Anew => "made-anew",
        Kind::Changed => "changed",
        Kind::Restored => "restored",
        Kind::Added => "added",
        Kind::Moved => "moved",
    }
}

/// All charts for which there is anything to show.
pub fn write(report: &Report, out: &mut String) {
    if report.total().sum() > 0 {
        let action = |change: &RowChange| {
            let action = change.row.action().filter(|action| !action.as_str().is_empty());
            (
                action.map(|action| std::cmp::Reverse(action.strength())),
                action.map(Action::to_string),
            )
        };
        let by_action = report
            .counts(action)
            .into_iter()
            .map(|((_, name), counts)| (name, counts));
        bars("actions", "Changes by action", by_action.collect(), out);
        let kind = |change: &RowChange| {
            let kind = change.row.kind().filter(|kind| !kind.as_str().is_empty());
            kind.map(ToString::to_string)
        };
        bars(
            "types",
            "Changes by type",
            report.counts(kind).into_iter().collect(),
            out,
        );
    }
    for (place, capacity) in report.capacity.iter().enumerate() {
        self::capacity(place, capacity, out);
    }
    if let (Some(expiries), Some(now)) = (&report.expiries, report.time) {
        self::expiries(expiries, now, out);
    }
}

/// One bar for each name, in parts for the kinds of change.
fn bars(id: &str, title: &str, by: Vec<(Option<String>, Counts)>, out: &mut String) {
    let by: Vec<(String, Counts)> = by
        .into_iter()
        .map(|(name, counts)| (name.unwrap_or_else(|| "not shown".to_owned()), counts))
        .collect();
    let most = by.iter().map(|(_, counts)| counts.sum()).max().unwrap_or(1).max(1);
    let scale = (WIDTH - NAMES - SUMS) / float(most);
    let height = ROW * float(by.len());
    let described: Vec<String> = by
        .iter()
        .map(|(name, counts)| format!("{name}: {}", in_words(counts)))
        .collect();
    open(id, title, &described.join(". "), height, out);
    for (row, (name, counts)) in by.iter().enumerate() {
        let top = ROW * float(row);
        let _ = write!(
            out,
            "<text x=\"0\" y=\"{:.1}\">{}</text>",
            top + 19.0,
            super::escaped(&short(name))
        );
        let mut left = NAMES;
        for kind in ORDER {
            let count = counts.of(kind);
            if count == 0 {
                continue;
            }
            // What is there can be seen, however little it is.
            let width = (float(count) * scale).max(2.0);
            let _ = write!(
                out,
                "<rect class=\"f-{}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"18\" rx=\"2\"><title>{}: {} {}</title></rect>",
                class(kind),
                top + 5.0,
                super::escaped(name),
                number(count),
                kind.name()
            );
            left += width + 1.0;
        }
        let _ = writeln!(
            out,
            "<text class=\"soft\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            left + 7.0,
            top + 19.0,
            number(counts.sum())
        );
    }
    let used: Vec<Kind> = ORDER
        .into_iter()
        .filter(|kind| by.iter().any(|(_, counts)| counts.of(*kind) > 0))
        .collect();
    out.push_str("</svg>\n<ul class=\"legend\">");
    for kind in used {
        let _ = write!(out, "<li class=\"t-{}\">{}</li>", class(kind), kind.name());
    }
    out.push_str("</ul></figure>\n");
}

fn in_words(counts: &Counts) -> String {
    let there = ORDER.into_iter().filter(|kind| counts.of(*kind) > 0);
    let told: Vec<String> = there
        .map(|kind| format!("{} {}", number(counts.of(kind)), kind.name()))
        .collect();
    told.join(", ")
}

/// How full the tenant is before and after.
fn capacity(place: usize, capacity: &Capacity, out: &mut String) {
    let (used, last, limit) = (capacity.used.max(0), capacity.last().max(0), capacity.limit.max(1));
    let most = limit.max(used).max(last);
    let scale = WIDTH / float(most);
    let described = match capacity.after {
        Some(after) => format!(
            "{} of {} now, {} after the plan",
            number(used),
            number(limit),
            number(after)
        ),
        None => format!("{} of {}", number(used), number(limit)),
    };
    let several = if place > 0 {
        format!(" {}", place + 1)
    } else {
        String::new()
    };
    open(
        &format!("capacity{place}"),
        &format!("Capacity{several}"),
        &described,
        64.0,
        out,
    );
    let mut bar = |class: &str, from: i64, to: i64| {
        let _ = write!(
            out,
            "<rect class=\"f-{class}\" x=\"{:.1}\" y=\"24\" width=\"{:.1}\" height=\"22\" rx=\"3\"/>",
            float(from) * scale,
            (float(to - from) * scale).max(0.0)
        );
    };
    bar("free", 0, limit);
    let tone = if capacity.is_scarce() { "bad" } else { "used" };
    bar(tone, 0, used.min(last));
    if last > used {
        bar(if last > limit { "bad" } else { "grow" }, used, last);
    } else if used > last {
        bar("shrink", last, used);
    }
    let at = float(limit) * scale;
    let _ = write!(
        out,
        "<line class=\"limit\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"18\" y2=\"52\"/>",
        (at - 1.0).max(0.0)
    );
    let _ = write!(out, "<text x=\"0\" y=\"14\">{}</text>", super::escaped(&described));
    let anchor = if at > WIDTH / 2.0 { "end" } else { "start" };
    let _ = writeln!(
        out,
        "<text class=\"soft\" x=\"{at:.1}\" y=\"63\" text-anchor=\"{anchor}\">limit {}</text></svg>",
        number(limit)
    );
    if !capacity.by_source.is_empty() {
        let mut sources: Vec<(&String, &i64)> = capacity.by_source.iter().collect();
        sources.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
        let told = sources
            .iter()
            .take(6)
            .map(|(name, count)| format!("{} {}", number(**count), super::escaped(name)));
        let _ = writeln!(
            out,
            "<p class=\"facts\">By source: {}</p>",
            told.collect::<Vec<_>>().join(", ")
        );
    }
    out.push_str("</figure>\n");
}

/// Expiries by week from the plan on.
fn expiries(expiries: &Expiries, now: Timestamp, out: &mut String) {
    /// Two bars more than weeks: what has expired, and what expires later.
    const BARS: usize = WEEKS + 2;
    let (wide, tall, base) = (1_140.0, 190.0, 150.0);
    let step = wide / float(BARS);
    let week = |weeks: usize| {
        let hours = i64::try_from(weeks).unwrap_or_default() * 7 * 24;
        let day = now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(now);
        day.strftime("%Y-%m-%d").to_string()
    };
    let mut counts = vec![("Expired".to_owned(), expiries.past)];
    counts.extend(
        expiries
            .weeks
            .iter()
            .enumerate()
            .map(|(place, count)| (format!("Week of {}", week(place)), *count)),
    );
    counts.push(("Later".to_owned(), expiries.later));
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let told: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name}: {}", number(*count)))
        .collect();
    let _ = write!(
        out,
        "<figure class=\"wide\"><figcaption>Expiries by week</figcaption>\n<svg viewBox=\"0 0 {wide} {tall}\" role=\"img\" \
         aria-label=\"Expiries by week. {}\">",
        super::escaped(&told.join(". "))
    );
    let _ = write!(
        out,
        "<line class=\"axis\" x1=\"0\" x2=\"{wide}\" y1=\"{base}\" y2=\"{base}\"/>"
    );
    for (place, (name, count)) in counts.iter().enumerate() {
        let left = step * float(place);
        if *count > 0 {
            let height = (float(*count) / float(most) * (base - 24.0)).max(3.0);
            let class = match place {
                0 => "removed",
                1 | 2 => "restored",
                _ => "changed",
            };
            let _ = write!(
                out,
                "<rect class=\"f-{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"2\"><title>{}: {}</title></rect><text \
                 x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                left + 3.0,
                base - height,
                step - 6.0,
                super::escaped(name),
                counted(*count, "indicator", "indicators"),
                left + step / 2.0,
                base - height - 5.0,
                number(*count)
            );
        }
        let label = match place {
            0 => Some("expired".to_owned()),
            _ if place + 1 == BARS => Some("later".to_owned()),
            _ if (place - 1) % 5 == 0 => Some(week(place - 1)),
            _ => None,
        };
        if let Some(label) = label {
            let (at, anchor) = match place {
                0 => (left, "start"),
                _ if place + 1 == BARS => (wide, "end"),
                _ => (left + 3.0, "start"),
            };
            let _ = write!(
                out,
                "<text class=\"soft\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{label}</text>",
                base + 20.0
            );
        }
    }
    let _ = writeln!(
        out,
        "</svg>\n<p class=\"facts\">All lists as they are after the plan. {} with a lifetime that begins when they are written, {} \
         without an end.</p></figure>",
        number(expiries.lifetimes),
        number(expiries.never)
    );
}

fn open(id: &str, title: &str, described: &str, height: f64, out: &mut String) {
    let _ = write!(
        out,
        "<figure id=\"{id}\"><figcaption>{title}</figcaption>\n<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}. {}\">",
        super::escaped(described)
    );
}

/// A name that fits beside its bar.
fn short(name: &str) -> String {
    crate::report::words::cut(name, 21)
}

/// The number for a length; there are far fewer indicators than a float counts exactly.
#[allow(clippy::cast_precision_loss)]
fn float(count: impl TryInto<i64>) -> f64 {
    count.try_into().unwrap_or(i64::MAX) as f64
}
