//! The report of code quality that GitLab reads.

use super::super::code::Severity;
use super::super::report::Report;
use super::{line_of, safe_json, told};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes the findings.
///
/// # Errors
///
/// When the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let issues: Vec<Value> = told(report)
        .iter()
        .map(|one| {
            let finding = one.finding;
            let path = report
                .sources
                .get(finding.file)
                .map_or("", |source| source.path.as_str());
            json!({
                "description": one.message,
                "check_name": finding.code.name(),
                "fingerprint": finding.fingerprint,
                "severity": match finding.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                "location": {
                    "path": path.trim_start_matches("./"),
                    "lines": { "begin": line_of(report, finding) },
                },
            })
        })
        .collect();
    writeln!(out, "{}", safe_json(&format!("{:#}", Value::Array(issues))))
}
