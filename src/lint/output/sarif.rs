//! SARIF 2.1.0, as the code scanning of GitHub takes it.

use super::super::code::{Code, Severity};
use super::super::report::Report;
use super::{Told, safe_json, told};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::ops::Range;

/// How many results GitHub shows; it takes more, up to 25,000, and refuses files beyond that.
const MOST: usize = 5_000;

/// Where the schema of the standard is.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Longest text of a message, in characters.
const LONGEST: usize = 1_000;

/// Characters that stand for themselves in the path of a URI (RFC 3986, section 3.3), and the slash.
const IN_PATHS: &[u8] = b"-._~!$&'()*+,;=:@/";

/// Writes the findings, the worst first. Where there are more than are shown, the last result says how many.
///
/// # Errors
///
/// When the writer fails.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut told = told(report);
    told.sort_by_key(|one| std::cmp::Reverse(one.finding.severity));
    let rest = told.len().saturating_sub(MOST);
    if rest > 0 {
        // One gives way to the result that says so.
        told.truncate(MOST - 1);
    }
    let mut results: Vec<Value> = told.iter().map(|one| result(report, one)).collect();
    if rest > 0 {
        results.push(json!({
            "ruleId": MORE,
            "ruleIndex": Code::ALL.len(),
            "level": "note",
            "message": { "text": format!("{} more findings are left out. See them with `lint --format json`.", rest + 1) },
            "locations": [location(report, 0, &(0..0))],
        }));
    }
    let rules: Vec<Value> = Code::ALL
        .iter()
        .map(|code| rule(code.name(), code.summary(), code.help()))
        .chain([rule(
            MORE,
            "There are more findings than a result may hold.",
            "Mend what is shown, and look again.",
        )])
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    writeln!(out, "{}", safe_json(&document.to_string()))
}

/// The rule of the result that stands for all that is left out.
const MORE: &str = "more-findings";

fn rule(name: &str, summary: &str, help: &str) -> Value {
    json!({
        "id": name,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": format!("{summary} {help}") },
        "help": { "text": help },
    })
}

fn result(report: &Report, one: &Told<'_>) -> Value {
    let finding = one.finding;
    let related: Vec<Value> = (1..)
        .zip(&finding.related)
        .map(|(id, related)| {
            let mut place = location(report, related.file, &related.at);
            if let Some(object) = place.as_object_mut() {
                object.insert("id".into(), json!(id));
                object.insert("message".into(), json!({ "text": related.text }));
            }
            place
        })
        .collect();
    let index = Code::ALL.iter().position(|code| *code == finding.code);
    json!({
        "ruleId": finding.code.name(),
        "ruleIndex": index,
        "level": match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        "message": { "text": crate::outgoing::words(&one.message, LONGEST) },
        "locations": [location(report, finding.file, &finding.at)],
        "relatedLocations": related,
        "partialFingerprints": { "indicator/v1": finding.fingerprint },
    })
}

fn location(report: &Report, file: usize, at: &Range<usize>) -> Value {
    let Some(source) = report.sources.get(file) else {
        return json!({});
    };
    let (start, end) = (source.position(at.start), source.position(at.end));
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&source.path) },
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        },
    } })
}

/// The path as a relative reference: a colon in its first part would make that a scheme.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let first = path.find('/').unwrap_or(path.len());
    for (at, byte) in path.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || IN_PATHS.contains(&byte) && !(byte == b':' && at < first) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_relative_references() {
        assert_eq!(uri("intel/c2 liste é.csv"), "intel/c2%20liste%20%C3%A9.csv");
        assert_eq!(uri("a:b/c:d#e?f%"), "a%3Ab/c:d%23e%3Ff%25");
    }
}
