//! Every message that the provider can print, in one file that people read and review: `tests/diagnostics.txt`.

mod problems;
mod rules;
mod configuration;

use crate::tf::{Diagnostic, Diagnostics, Level};
use std::fmt::Write as _;

/// The variable that has the file written instead of compared.
const WRITE: &str = "MDE_WRITE_DIAGNOSTICS";

/// What messages call the set of the samples.
const TITLE: &str = "C2 infrastructure";

/// The text of the file, section by section.
#[derive(Default)]
struct Catalogue(String);

impl Catalogue {
    fn section(&mut self, title: &str, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        let _ = write!(self.0, "\n{title}\n{}\n", "=".repeat(title.len()));
        for Diagnostic {
            level, summary, detail, ..
        } in diagnostics
        {
            let level = match level {
                Level::Error => "error",
                Level::Warning => "warning",
            };
            let _ = writeln!(self.0, "\n{level} | {summary}");
            for line in detail.lines() {
                let _ = writeln!(self.0, "{}", format!("    {line}").trim_end());
            }
        }
    }
}

/// The same, for what is not a diagnostic by itself.
fn errors(summary: &str, details: impl IntoIterator<Item = String>) -> Vec<Diagnostic> {
    let error = |detail| Diagnostic::error(summary, detail);
    details.into_iter().map(error).collect()
}

/// Each once, in the order in which they came up.
fn once(diagnostics: impl IntoIterator<Item = Diagnostic>) -> Diagnostics {
    diagnostics.into_iter().collect()
}

#[test]
fn the_file_has_every_message() {
    let mut catalogue = Catalogue(
        "Every error and warning of the provider, with sample data, as Terraform receives it: severity | summary, then the \
         detail.\nWritten by the test `catalogue`; review changes of this file like documentation.\n"
            .to_owned(),
    );
    catalogue.section("The provider block", configuration::provider_block());
    catalogue.section("Sign-in and the network", configuration::calls());
    catalogue.section("Configurations of sets", configuration::sets());
    catalogue.section("Lists", configuration::lists());
    catalogue.section("Rules for indicators", rules::findings());
    catalogue.section("Plan and apply", problems::all());
    catalogue.section("Drift", problems::drift());
    catalogue.section("Import", configuration::imports());
    catalogue.section("Functions (the host adds the summary)", configuration::functions());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnostics.txt");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, catalogue.0).unwrap();
        return;
    }
    let current = std::fs::read_to_string(path).unwrap_or_default();
    let difference = similar::TextDiff::from_lines(&current, &catalogue.0);
    assert!(
        current == catalogue.0,
        "tests/diagnostics.txt is out of date. Run `{WRITE}=1 cargo test --lib catalogue` and review the change:\n{}",
        difference.unified_diff().context_radius(2)
    );
}
