//! Explaining what changed outside of Terraform: what, who and when, in one message for each object.

use super::existing::describe;
use super::report::{counted, named};
use crate::indicator::{Difference, Row};
use crate::tf::Diagnostic;

/// What a refresh found to be different.
#[derive(Debug, Default)]
pub struct Drift {
    gone: Vec<String>,
    changed: Vec<String>,
    moved: Vec<String>,
    extra: Vec<String>,
}

impl Drift {
    /// A row that is not there any more.
    pub fn gone(&mut self, key: &str, id: &str) {
        self.gone.push(format!("- {key} (id {id})"));
    }

    /// A row that says something else.
    pub fn changed(&mut self, key: &str, differences: &[Difference], row: &Row) {
        let words: Vec<String> = differences.iter().map(super::set::in_words).collect();
        self.changed
            .push(format!("- {key}: {} ({})", words.join("; "), changed_by(row)));
    }

    /// A row that is there under another id.
    pub fn moved(&mut self, key: &str, old: &str, row: &Row) {
        self.moved
            .push(format!("- {key}: id {old} is gone; found {}", describe(row)));
    }

    /// A row of an exclusive scope that is not in the list.
    pub fn extra(&mut self, row: &Row) {
        self.extra.push(format!("- {}", describe(row)));
    }

    /// The warning; `None` if nothing is different.
    pub fn into_warning(self) -> Option<Diagnostic> {
        let mut parts = Vec::new();
        let mut count = 0;
        let mut part = |lines: Vec<String>, one: &str, many: &str| {
            if !lines.is_empty() {
                count += lines.len();
                parts.push(format!("{}:\n{}", counted(lines.len(), one, many), named(&lines)));
            }
        };
        part(
            self.gone,
            "indicator is not in the tenant any more (the service does not tell who deletes)",
            "indicators are not in the tenant any more (the service does not tell who deletes)",
        );
        part(self.changed, "indicator was changed", "indicators were changed");
        part(
            self.moved,
            "indicator was deleted and made anew",
            "indicators were deleted and made anew",
        );
        part(
            self.extra,
            "indicator is in the tenant and not in the list",
            "indicators are in the tenant and not in the list",
        );
        // The host shows only the first of all warnings with the same summary: enough for single indicators, while lists
        // differ in their numbers.
        (!parts.is_empty()).then(|| {
            let subject = counted(count, "indicator", "indicators");
            Diagnostic::warning(format!("{subject} changed outside of Terraform"), parts.join("\n\n"))
        })
    }
}

/// The warning for rows that the listing may hide; `None` for none.
pub fn unsure(rows: usize) -> Option<Diagnostic> {
    (rows > 0).then(|| {
        Diagnostic::warning(
            format!("{} could not be looked at", counted(rows, "indicator", "indicators")),
            "They may be there or not: the service's rows cannot be read, or other programs wrote to the tenant each time its \
             indicators were listed, so that rows may be missing from the listing. They are taken to be as they were. Plan \
             again when less is being written.",
        )
    })
}

fn changed_by(row: &Row) -> String {
    let facts = &row.facts;
    match (&facts.last_updated_by, facts.last_update_time) {
        (Some(who), Some(when)) => format!("by {who} on {when}"),
        (Some(who), None) => format!("by {who}"),
        (None, Some(when)) => format!("on {when}, the service does not say by whom"),
        (None, None) => "the service does not say by whom".into(),
    }
}
