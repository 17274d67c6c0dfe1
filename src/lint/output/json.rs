//! One JSON document with every finding. It is also what `--baseline` reads.

use super::super::code::Severity;
use super::super::finding::Finding;
use super::super::report::Report;
use super::safe_json;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Version of the document: it changes when a member changes its meaning or goes.
const VERSION: u32 = 1;

/// Writes the findings, each by itself.
///
/// # Errors
///
/// When the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = report.findings.iter().map(|finding| of(report, finding)).collect();
    let summary: Map<String, Value> = Severity::WORST_FIRST
        .into_iter()
        .map(|severity| (severity.name().to_owned(), report.count(severity).into()))
        .chain([
            ("known".to_owned(), report.known.into()),
            ("rows".to_owned(), report.rows.into()),
        ])
        .collect();
    let passed_over: Vec<Value> = report
        .no_lists
        .iter()
        .map(|(name, why)| json!({ "file": name, "why": why }))
        .collect();
    let document = json!({
        "version": VERSION,
        "files": report.sources.iter().map(|source| &source.path).collect::<Vec<_>>(),
        "findings": findings,
        "summary": summary,
        "passedOver": passed_over,
    });
    writeln!(out, "{}", safe_json(&format!("{document:#}")))
}

fn of(report: &Report, finding: &Finding) -> Value {
    let mut object = Map::new();
    object.insert("code".into(), finding.code.name().into());
    object.insert("severity".into(), finding.severity.name().into());
    object.insert("message".into(), finding.message.as_str().into());
    place(report, finding.file, &finding.at, &mut object);
    let texts = [
        ("value", finding.value.as_deref()),
        (
            "type",
            finding.kind.as_ref().map(crate::indicator::IndicatorType::as_str),
        ),
        ("action", finding.action.as_deref()),
        ("reason", finding.reason),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            object.insert(name.into(), text.into());
        }
    }
    object.insert("fingerprint".into(), finding.fingerprint.as_str().into());
    if !finding.related.is_empty() {
        let related = finding.related.iter().map(|related| {
            let mut object = Map::new();
            object.insert("message".into(), related.text.as_str().into());
            place(report, related.file, &related.at, &mut object);
            Value::Object(object)
        });
        object.insert("related".into(), Value::Array(related.collect()));
    }
    Value::Object(object)
}

fn place(report: &Report, file: usize, at: &std::ops::Range<usize>, object: &mut Map<String, Value>) {
    let Some(source) = report.sources.get(file) else { return };
    let (start, end) = (source.position(at.start), source.position(at.end));
    object.insert("file".into(), source.path.as_str().into());
    object.insert("line".into(), start.line.into());
    object.insert("column".into(), start.column.into());
    object.insert("endLine".into(), end.line.into());
    object.insert("endColumn".into(), end.column.into());
}
