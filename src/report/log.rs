//! The JSON lines of `terraform plan -json`: warnings, errors, and who changed what in the tenant. None of that is in the
//! plan itself.

mod drift;

pub use drift::{Event, Noted, noted};

use serde::Deserialize;

/// What a run said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The name and version of the program, such as `Terraform 1.11.4`.
    pub program: Option<String>,
    /// When it began.
    pub time: Option<String>,
    /// Warnings and errors in their order.
    pub messages: Vec<Message>,
    /// What the run would do to resources.
    pub summary: Option<Summary>,
}

/// A warning or an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whether it is an error.
    pub is_error: bool,
    /// What happened.
    pub summary: String,
    /// Everything else.
    pub detail: String,
    /// The resource that it is about.
    pub address: Option<String>,
    /// File and line of the configuration.
    pub place: Option<String>,
}

/// How many resources a run would change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Resources to create.
    pub add: u64,
    /// Resources to change.
    pub change: u64,
    /// Resources to import.
    pub import: u64,
    /// Resources to destroy.
    pub remove: u64,
}

/// Why a text is no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// There is nothing.
    #[error("it is empty. `terraform plan -json` writes at least one line before it can fail")]
    Empty,
    /// No line is one of a log.
    #[error("it has no line of `terraform plan -json`. Add `-json` to the command whose output it is")]
    Other,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "@level")]
    _level: String,
    #[serde(rename = "@message", default)]
    message: String,
    #[serde(rename = "@timestamp")]
    time: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    diagnostic: Option<Diagnostic>,
    #[serde(default)]
    changes: Option<Summary>,
}

#[derive(Deserialize)]
struct Diagnostic {
    #[serde(default)]
    severity: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    range: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    filename: String,
    #[serde(default)]
    start: Position,
}

#[derive(Default, Deserialize)]
struct Position {
    #[serde(default)]
    line: u64,
}

/// Reads the log of a run. Lines that are none of it, such as those of a wrapper, are passed over.
pub fn read(text: &str) -> Result<Log, Unreadable> {
    if text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut log = Log::default();
    let mut lines = 0;
    for line in text.lines().map(str::trim).filter(|line| line.starts_with('{')) {
        let Ok(line) = serde_json::from_str::<Line>(line) else {
            continue;
        };
        lines += 1;
        log.time = log.time.or(line.time);
        match line.kind.as_str() {
            "version" => log.program = Some(line.message),
            "change_summary" => log.summary = line.changes,
            _ => {}
        }
        if let Some(diagnostic) = line.diagnostic {
            log.messages.push(diagnostic.message());
        }
    }
    if lines == 0 { Err(Unreadable::Other) } else { Ok(log) }
}

impl Diagnostic {
    fn message(self) -> Message {
        let place = self.range.filter(|range| !range.filename.is_empty());
        Message {
            is_error: self.severity == "error",
            summary: self.summary,
            detail: self.detail,
            address: self.address.filter(|address| !address.is_empty()),
            place: place.map(|range| format!("{}:{}", range.filename, range.start.line)),
        }
    }
}

impl Summary {
    /// Whether it is about any resource.
    pub fn is_change(self) -> bool {
        self != Self::default()
    }
}

impl Log {
    /// Whether the run ended with an error.
    pub fn failed(&self) -> bool {
        self.messages.iter().any(|message| message.is_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"
[command]/usr/bin/terraform plan -json
{"@level":"info","@message":"OpenTofu 1.9.0","@timestamp":"2026-11-26T17:42:15.383315Z","type":"version","ui":"1.2"}
{"@level":"warn","@message":"Warning: x","@timestamp":"2026-11-26T17:42:16Z","diagnostic":{"severity":"warning","summary":"C2: 1 changed","detail":"d","address":"mde_indicator_set.c2","range":{"filename":"main.tf","start":{"line":8,"column":35,"byte":226},"end":{}},"snippet":{}},"type":"diagnostic"}
{"broken
{"@level":"info","@message":"Plan: 1 to add","changes":{"add":1,"change":2,"import":0,"remove":3,"operation":"plan"},"type":"change_summary","new":[]}
{"@level":"error","@message":"Error: y","diagnostic":{"severity":"error","summary":"No room","detail":"","range":null},"type":"diagnostic"}
::debug::done
"#;

    #[test]
    fn lines_are_read_and_others_passed_over() {
        let log = read(LINES).unwrap();
        assert_eq!(log.program.as_deref(), Some("OpenTofu 1.9.0"));
        assert_eq!(log.time.as_deref(), Some("2026-11-26T17:42:15.383315Z"));
        assert!(log.failed());
        assert_eq!(
            log.summary.map(|summary| (summary.add, summary.change, summary.remove)),
            Some((1, 2, 3))
        );
        let [warning, error] = &log.messages[..] else { panic!() };
        assert_eq!(warning.address.as_deref(), Some("mde_indicator_set.c2"));
        assert_eq!(warning.place.as_deref(), Some("main.tf:8"));
        assert_eq!(
            (error.is_error, &*error.summary, &error.place),
            (true, "No room", &None)
        );
    }

    #[test]
    fn what_is_no_log_is_refused() {
        assert_eq!(read(" \r\n"), Err(Unreadable::Empty));
        for text in ["Plan: 1 to add", "{}", "{\"type\":\"diagnostic\"}\n[]"] {
            assert_eq!(read(text), Err(Unreadable::Other), "{text}");
        }
    }
}
