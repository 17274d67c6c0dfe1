//! Errors and warnings for the person who runs Terraform.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Path;

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// The operation did not do what was asked.
    Error,
    /// Something to know about; the operation goes on.
    Warning,
}

/// One message: what happened, to which value, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// Error or warning.
    pub level: Level,
    /// What happened, in a few words. Keep it the same for messages of one kind: Terraform folds equal ones together.
    pub summary: String,
    /// Which value, why, and what to do.
    pub detail: String,
    /// What it is about; the root if it is about nothing in particular.
    pub path: Path,
}

impl Diagnostic {
    /// An error about nothing in particular.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Diagnostic {
            level: Level::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: Path::root(),
        }
    }

    /// A warning about nothing in particular.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Diagnostic {
            level: Level::Warning,
            summary: summary.into(),
            detail: detail.into(),
            path: Path::root(),
        }
    }

    /// The same message about a certain place.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }
}

/// Messages in the order in which they came up, each one once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    /// Digests of the list: a file with thousands of faults must not cost millions of comparisons.
    digests: HashSet<u64>,
}

impl Diagnostics {
    /// Adds a message, unless exactly this one is there already.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let mut hasher = DefaultHasher::new();
        diagnostic.hash(&mut hasher);
        if self.digests.insert(hasher.finish()) || !self.list.contains(&diagnostic) {
            self.list.push(diagnostic);
        }
    }

    /// Whether the operation did not do what was asked.
    #[must_use]
    pub(crate) fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The messages in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        for diagnostic in diagnostics {
            self.push(diagnostic);
        }
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        let mut all = Diagnostics::default();
        all.extend(diagnostics);
        all
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        std::iter::once(diagnostic).collect()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_duplicates_are_dropped() {
        let warning = Diagnostic::warning("Twice", "The same");
        let diagnostics: Diagnostics = [warning.clone(), warning.clone(), warning.at(Path::attribute("a"))]
            .into_iter()
            .collect();
        assert_eq!(diagnostics.iter().count(), 2);
        assert!(!diagnostics.has_errors());
    }
}
