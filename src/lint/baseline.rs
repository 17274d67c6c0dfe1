//! Findings that are known and accepted: an earlier result in JSON.

use super::finding::Finding;
use serde::Deserialize;
use std::collections::HashSet;

/// Findings that are not told again.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    known: HashSet<String>,
}

#[derive(Deserialize)]
struct Document {
    findings: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    fingerprint: String,
}

impl Baseline {
    /// Reads a result that `lint --format json` has written.
    ///
    /// # Errors
    ///
    /// Why the text is no such result, without a full stop at the end.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| format!("it is no result of `lint --format json`: {error}"))?;
        Ok(Self {
            known: document.findings.into_iter().map(|known| known.fingerprint).collect(),
        })
    }

    /// Whether a finding is known.
    #[must_use]
    pub fn knows(&self, finding: &Finding) -> bool {
        self.known.contains(&finding.fingerprint)
    }
}
