//! What became of a list: for people, and as JSON for programs.

use crate::feed::conversion::Report;
use crate::feed::{Place, Reason, shown};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many examples of a reason people see. The JSON has all.
const EXAMPLES: usize = 5;

/// What the report says beside what became of each item.
pub struct About<'a> {
    /// What was read.
    pub input: &'a str,
    /// The files that were written.
    pub output: &'a [String],
    /// What a person should know of them.
    pub notes: &'a [String],
    /// What expiries were compared with.
    pub now: Timestamp,
}

/// Writes the report for people. The last line adds up.
///
/// # Errors
///
/// Those of the writer.
pub fn write_text(report: &Report, about: &About<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{}: {}, {}",
        about.input,
        report.format.name(),
        if report.is_encoding_assumed {
            format!("read as {}, which nothing in it says", report.encoding)
        } else {
            report.encoding.to_owned()
        }
    )?;
    for note in report.notes.iter().chain(about.notes) {
        writeln!(out, "  {note}")?;
    }
    if report.has_expiries {
        writeln!(out, "  expiries were compared with {}", about.now)?;
    }
    if !report.rewritten.is_empty() {
        writeln!(out, "  spelled otherwise: {}", report.rewritten.len())?;
        for one in report.rewritten.iter().take(EXAMPLES) {
            writeln!(
                out,
                "    {}: {} as {} ({})",
                one.place,
                shown(&one.from),
                shown(&one.to),
                one.why
            )?;
        }
        more(report.rewritten.len(), out)?;
    }
    for (reason, count) in report.by_reason() {
        writeln!(out, "  skipped, {}: {count}", reason.name())?;
        let of_reason = report.skipped.iter().filter(|one| one.reason == reason);
        for one in of_reason.take(EXAMPLES) {
            let note = one.note.as_ref().map_or(String::new(), |note| format!(" ({note})"));
            writeln!(out, "    {}: {}{note}", one.place, shown(&one.value))?;
        }
        more(count, out)?;
    }
    for file in about.output {
        writeln!(out, "  wrote {file}")?;
    }
    let reasons: Vec<String> = report
        .by_reason()
        .into_iter()
        .map(|(reason, count)| format!("{} {count}", reason.name()))
        .collect();
    let reasons = if reasons.is_empty() {
        String::new()
    } else {
        format!(": {}", reasons.join(", "))
    };
    writeln!(
        out,
        "{} in = {} rows + {} skipped{reasons}",
        report.items(),
        report.rows,
        report.skipped.len()
    )
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    match count.saturating_sub(EXAMPLES) {
        0 => Ok(()),
        more => writeln!(out, "    and {more} more"),
    }
}

/// The report as JSON. What a build agent would obey is escaped as JSON can, so that the text may be printed.
#[must_use]
pub fn json(report: &Report, about: &About<'_>) -> String {
    let document = Document {
        version: 1,
        input: Input {
            file: about.input,
            format: report.format.name(),
            encoding: report.encoding,
            encoding_assumed: report.is_encoding_assumed,
        },
        now: about.now.to_string(),
        output: about.output,
        counts: Counts {
            input: report.items(),
            rows: report.rows,
            rewritten: report.rewritten.len(),
            skipped: report.skipped.len(),
            by_reason: by_name(&report.by_reason()),
        },
        notes: report.notes.iter().chain(about.notes).map(String::as_str).collect(),
        skipped: report
            .skipped
            .iter()
            .map(|one| Skip {
                place: At::of(&one.place),
                reason: one.reason.name(),
                value: &one.value,
                note: one.note.as_deref(),
            })
            .collect(),
        rewritten: report
            .rewritten
            .iter()
            .map(|one| Spelling {
                place: At::of(&one.place),
                from: &one.from,
                to: &one.to,
                why: &one.why,
            })
            .collect(),
    };
    // Texts, numbers and lists always have a JSON form.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    // In JSON this stands within texts only, where it means the same.
    text.replace("##", "\\u0023#")
}

fn by_name(reasons: &BTreeMap<Reason, usize>) -> BTreeMap<&'static str, usize> {
    reasons.iter().map(|(reason, count)| (reason.name(), *count)).collect()
}

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    input: Input<'a>,
    now: String,
    output: &'a [String],
    counts: Counts,
    notes: Vec<&'a str>,
    skipped: Vec<Skip<'a>>,
    rewritten: Vec<Spelling<'a>>,
}

#[derive(Serialize)]
struct Input<'a> {
    file: &'a str,
    format: &'a str,
    encoding: &'a str,
    encoding_assumed: bool,
}

#[derive(Serialize)]
struct Counts {
    #[serde(rename = "in")]
    input: usize,
    rows: usize,
    rewritten: usize,
    skipped: usize,
    by_reason: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct Skip<'a> {
    #[serde(flatten)]
    place: At<'a>,
    reason: &'a str,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct Spelling<'a> {
    #[serde(flatten)]
    place: At<'a>,
    from: &'a str,
    to: &'a str,
    why: &'a str,
}

/// A place: a line and perhaps the column by its header, or a path and perhaps the position in what stands there.
#[derive(Serialize)]
struct At<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
}

impl<'a> At<'a> {
    fn of(place: &'a Place) -> Self {
        let none = Self {
            line: None,
            column: None,
            path: None,
            position: None,
        };
        match place {
            Place::Line(line, column) => Self {
                line: Some(*line),
                column: column.as_deref(),
                ..none
            },
            Place::Path(path, position) => Self {
                path: Some(path),
                position: *position,
                ..none
            },
        }
    }
}
