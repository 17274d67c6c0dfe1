//! Commands of the agent of Azure DevOps.

use super::super::code::Severity;
use super::super::report::Report;
use super::people::{self, Style};
use super::told;
use crate::outgoing;
use std::io::{self, Write};

/// Writes everything for people, and then errors and warnings as commands; the agent knows no notes. `is_failed` says
/// whether the exit code fails the step: if it does not, warnings mark it.
///
/// # Errors
///
/// When the writer fails.
pub fn write(report: &Report, is_failed: bool, out: &mut dyn Write) -> io::Result<()> {
    people::write(report, Style::Plain, out)?;
    let mut is_marked = false;
    for one in told(report) {
        let finding = one.finding;
        let kind = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => continue,
        };
        is_marked = true;
        let message = escaped(&one.message);
        let code = finding.code;
        match report.sources.get(finding.file) {
            Some(source) => {
                let start = source.position(finding.at.start);
                writeln!(
                    out,
                    "##vso[task.logissue type={kind};sourcepath={};linenumber={};columnnumber={};code={code};]{message}",
                    property(&source.path),
                    start.line,
                    start.column
                )?;
            }
            None => writeln!(out, "##vso[task.logissue type={kind};code={code};]{message}")?,
        }
    }
    if is_marked && !is_failed {
        writeln!(out, "##vso[task.complete result=SucceededWithIssues;]")?;
    }
    Ok(())
}

/// A text behind the brackets.
fn escaped(text: &str) -> String {
    let text = outgoing::line(text);
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    escaped(text).replace(']', "%5D").replace(';', "%3B")
}
