//! Commands of GitHub's runner, which shows them beside the lines of a pull request.

use super::super::code::Severity;
use super::super::report::Report;
use super::people::{self, Style};
use super::{Told, told};
use crate::outgoing;
use std::io::{self, Write};

/// How many messages of a kind a step may have; the runner drops the rest without a word.
const MOST: usize = 10;

/// Writes everything for people, and then the worst as commands.
///
/// # Errors
///
/// When the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    people::write(report, Style::Plain, out)?;
    let told = told(report);
    for (severity, command) in [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "notice"),
    ] {
        let all: Vec<&Told<'_>> = told.iter().filter(|one| one.finding.severity == severity).collect();
        let shown = if all.len() > MOST { MOST - 1 } else { all.len() };
        for one in all.iter().take(shown) {
            command_for(report, command, one, out)?;
        }
        if all.len() > shown {
            writeln!(
                out,
                "::{command} title=lint::{} more findings of this kind are in the log above.",
                all.len() - shown
            )?;
        }
    }
    Ok(())
}

fn command_for(report: &Report, command: &str, one: &Told<'_>, out: &mut dyn Write) -> io::Result<()> {
    let finding = one.finding;
    let title = finding.code.name();
    let message = data(&one.message);
    let Some(source) = report.sources.get(finding.file) else {
        return writeln!(out, "::{command} title={title}::{message}");
    };
    let (start, end) = (source.position(finding.at.start), source.position(finding.at.end));
    let file = property(&source.path);
    // Columns are only taken within one line.
    let columns = match start.line == end.line {
        true => format!(",col={},endColumn={}", start.column, end.column.max(start.column)),
        false => String::new(),
    };
    writeln!(
        out,
        "::{command} file={file},line={},endLine={}{columns},title={title}::{message}",
        start.line, end.line
    )
}

/// A text behind `::`.
fn data(text: &str) -> String {
    let text = outgoing::line(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
