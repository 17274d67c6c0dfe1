//! One thing that is wrong with a list, and what it is known by when lines move.

use super::code::{Code, Severity};
use super::item::Item;
use super::source::Source;
use crate::indicator::IndicatorType;
use fnv::FnvHasher;
use std::collections::HashMap;
use std::hash::Hasher;
use std::ops::Range;

/// One thing that is wrong with a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// The file, by its position among all.
    pub file: usize,
    /// The bytes of the file that are to blame.
    pub at: Range<usize>,
    /// What is wrong, why, and what to do, in whole sentences. Texts of others in it are shown safely.
    pub message: String,
    /// What it is about, the same when lines move: a value, the name of a column. Text of others, as it is written.
    pub subject: String,
    /// The value of the row, as it is written.
    pub value: Option<String>,
    /// The type of the value.
    pub kind: Option<IndicatorType>,
    /// The action of the row, if it has one.
    pub action: Option<String>,
    /// Why an item is no indicator, by the name that `convert` uses.
    pub reason: Option<&'static str>,
    /// Other places that have to do with it.
    pub related: Vec<Related>,
    /// What it is known by when lines move. No two findings of one run have the same.
    pub fingerprint: String,
}

/// Another place that has to do with a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// The file, by its position among all.
    pub file: usize,
    /// The bytes.
    pub at: Range<usize>,
    /// What is there, in a few words.
    pub text: String,
}

impl Finding {
    /// A finding about a place of a file.
    #[must_use]
    pub fn new(
        code: Code,
        severity: Severity,
        file: usize,
        at: Range<usize>,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            file,
            at,
            message: message.into(),
            subject: subject.into(),
            value: None,
            kind: None,
            action: None,
            reason: None,
            related: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// A finding about a row.
    #[must_use]
    pub fn of(code: Code, severity: Severity, item: &Item, message: impl Into<String>) -> Self {
        let at = item.at.clone();
        Self {
            value: Some(item.indicator.value.clone()),
            kind: item.kind().cloned(),
            action: item.action().map(ToString::to_string),
            ..Self::new(code, severity, item.file, at, item.canonical.clone(), message)
        }
    }

    /// The same with another row that has to do with it.
    #[must_use]
    pub fn with(mut self, other: &Item, text: &str) -> Self {
        self.related.push(Related {
            file: other.file,
            at: other.at.clone(),
            text: text.to_owned(),
        });
        self
    }
}

/// Sorts findings by file and place, and gives each what it is known by.
pub fn finish(findings: &mut [Finding], sources: &[Source]) {
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| (finding.file, finding.at.start, finding.code);
        key(one).cmp(&key(other)).then_with(|| one.message.cmp(&other.message))
    });
    let mut seen: HashMap<u64, usize> = HashMap::with_capacity(findings.len());
    for finding in findings {
        let path = sources.get(finding.file).map_or("", |source| source.path.as_str());
        let digest = digest(finding, path);
        let count = seen.entry(digest).or_default();
        *count += 1;
        finding.fingerprint = format!("{digest:016x}-{count}");
    }
}

/// What stays when lines move: the rule, the file, and what it is about. FNV-1a, byte by byte, so that it is the same on
/// every machine and in every version of this program.
fn digest(finding: &Finding, path: &str) -> u64 {
    let mut hasher = FnvHasher::default();
    let kind = finding.kind.as_ref().map_or("", IndicatorType::as_str);
    let action = finding.action.as_deref().unwrap_or_default();
    for part in [finding.code.name(), path, kind, action, &finding.subject] {
        hasher.write(part.as_bytes());
        // UTF-8 never has this byte.
        hasher.write(&[0xff]);
    }
    hasher.finish()
}
