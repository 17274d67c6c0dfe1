//! Charts as SVG within the page. Every number of them stands in a text or a table, too.

use crate::indicator::Action;
use crate::report::capacity::Capacity;
use crate::report::changes::{Kind, RowChange};
use crate::report::compose;
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

/// Width of a chart that takes the whole page.
const WIDE: f64 = 1_140.0;

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
    out.push_str("</ul>\n");
    numbers(title, &by, out);
    out.push_str("</figure>\n");
}

/// The numbers of a chart as a table.
fn numbers(title: &str, by: &[(String, Counts)], out: &mut String) {
    let kinds = ORDER
        .into_iter()
        .filter(|kind| by.iter().any(|(_, counts)| counts.of(*kind) > 0));
    let kinds: Vec<Kind> = kinds.collect();
    let _ = write!(
        out,
        "<details><summary>As a table</summary><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{title}, as a \
         table\"><table><thead><tr><td></td>"
    );
    for kind in &kinds {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", kind.name());
    }
    out.push_str("<th scope=\"col\" class=\"n\">all</th></tr></thead>\n<tbody>\n");
    for (name, counts) in by {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", super::escaped(name));
        for count in kinds.iter().map(|kind| counts.of(*kind)).chain([counts.sum()]) {
            let _ = write!(out, "<td class=\"n\">{}</td>", number(count));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div></details>\n");
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
    let scale = WIDE / float(limit.max(used).max(last));
    let described = match capacity.after {
        Some(after) => format!(
            "{} of {} now, {} after the plan",
            number(used),
            number(limit),
            number(after)
        ),
        None => format!("{} of {}", number(used), number(limit)),
    };
    let _ = write!(
        out,
        "<figure class=\"wide\" id=\"capacity{place}\"><figcaption>{}</figcaption>\n<svg viewBox=\"0 0 {WIDE} 46\" role=\"img\" \
         aria-label=\"Capacity. {}\">",
        super::line(&compose::capacity_line(capacity, false)),
        super::escaped(&described)
    );
    let mut bar = |class: &str, from: i64, to: i64| {
        let _ = write!(
            out,
            "<rect class=\"f-{class}\" x=\"{:.1}\" y=\"4\" width=\"{:.1}\" height=\"22\" rx=\"3\"/>",
            float(from) * scale,
            (float(to - from) * scale).max(0.0)
        );
    };
    bar("free", 0, limit);
    bar(if capacity.is_scarce() { "bad" } else { "used" }, 0, used.min(last));
    if last > used {
        bar(if last > limit { "bad" } else { "grow" }, used, last);
    } else if used > last {
        bar("shrink", last, used);
    }
    let at = float(limit) * scale;
    let anchor = if at > WIDE / 2.0 { "end" } else { "start" };
    let _ = writeln!(
        out,
        "<line class=\"limit\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"0\" y2=\"30\"/><text class=\"soft\" x=\"{at:.1}\" y=\"43\" \
         text-anchor=\"{anchor}\">limit {1}</text></svg>",
        (at - 1.0).max(0.0),
        number(limit)
    );
    if !capacity.by_source.is_empty() {
        let mut sources: Vec<(&String, &i64)> = capacity.by_source.iter().collect();
        sources.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
        let told = sources
            .iter()
            .map(|(name, count)| format!("{} {}", number(**count), super::escaped(name)));
        let _ = writeln!(
            out,
            "<p class=\"facts\">By source: {}</p>",
            told.collect::<Vec<_>>().join(", ")
        );
    }
    out.push_str("</figure>\n");
}

/// Two bars more than weeks: what has expired, and what expires later.
const BARS: usize = WEEKS + 2;

/// Where the bars of the weeks stand, from above.
const BASE: f64 = 155.0;

/// Expiries by week from the plan on.
fn expiries(expiries: &Expiries, now: Timestamp, out: &mut String) {
    let week = |weeks: usize| {
        let hours = i64::try_from(weeks).unwrap_or_default() * 7 * 24;
        let day = now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(now);
        day.strftime("%Y-%m-%d").to_string()
    };
    let mut counts = vec![("Expired".to_owned(), expiries.past)];
    let weeks = expiries.weeks.iter().enumerate();
    counts.extend(weeks.map(|(place, count)| (format!("Week of {}", week(place)), *count)));
    counts.push(("Later".to_owned(), expiries.later));
    let told = counts.iter().filter(|(_, count)| *count > 0);
    let told: Vec<String> = told
        .map(|(name, count)| format!("{name}: {}", number(*count)))
        .collect();
    let _ = write!(
        out,
        "<figure class=\"wide\" id=\"expiries\"><figcaption>Expiries by week</figcaption>\n<svg viewBox=\"0 0 {WIDE} 185\" \
         role=\"img\" aria-label=\"Expiries by week. {}\"><line class=\"axis\" x1=\"0\" x2=\"{WIDE}\" y1=\"{BASE}\" y2=\"{BASE}\"/>",
        super::escaped(&told.join(". "))
    );
    let step = WIDE / float(BARS);
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
    for (place, (name, count)) in counts.iter().enumerate() {
        let left = step * float(place);
        let middle = left + step / 2.0;
        if *count > 0 {
            let height = (float(*count) / float(most) * (BASE - 24.0)).max(3.0);
            let top = BASE - height;
            // What has expired, what expires within two weeks, and the rest.
            let class = match place {
                0 => "removed",
                1 | 2 => "restored",
                _ => "changed",
            };
            let _ = write!(
                out,
                "<rect class=\"f-{class}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" \
                 rx=\"2\"><title>{}: {}</title></rect><text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                left + 3.0,
                step - 6.0,
                super::escaped(name),
                counted(*count, "indicator", "indicators"),
                top - 5.0,
                number(*count)
            );
        }
        // The names of all weeks would not fit, and those at the ends need more room.
        let label = match place {
            0 => Some(("expired".to_owned(), 0.0, "start")),
            _ if place + 1 == BARS => Some(("later".to_owned(), WIDE, "end")),
            _ if place % 4 == 3 && place + 3 < BARS => Some((week(place - 1), middle, "middle")),
            _ => None,
        };
        if let Some((label, at, anchor)) = label {
            let y = BASE + 20.0;
            let _ = write!(
                out,
                "<text class=\"soft\" x=\"{at:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{label}</text>"
            );
        }
    }
    let _ = writeln!(
        out,
        "</svg>\n<p class=\"facts\">All lists as they are after the plan. {} with a lifetime, which begins when they are first \
         written; {} without an end.</p></figure>",
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
