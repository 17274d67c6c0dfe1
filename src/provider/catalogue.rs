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
struct Catalogue {
    text: String,
    summaries: Vec<String>,
}

impl Catalogue {
    fn section(&mut self, title: &str, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        let _ = write!(self.text, "\n{title}\n{}\n", "=".repeat(title.len()));
        for Diagnostic {
            level, summary, detail, ..
        } in diagnostics
        {
            let level = match level {
                Level::Error => "error",
                Level::Warning => "warning",
            };
            let _ = writeln!(self.text, "\n{level} | {summary}");
            self.summaries.push(summary);
            for line in detail.lines() {
                let _ = writeln!(self.text, "{}", format!("    {line}").trim_end());
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

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue {
        text: "Every error and warning of the provider, with sample data, as Terraform receives it: severity | summary, then \
               the detail.\nWritten by the test `catalogue`; review changes of this file like documentation.\n"
            .to_owned(),
        ..Catalogue::default()
    };
    catalogue.section("The provider block", configuration::provider_block());
    catalogue.section("Sign-in and the network", configuration::calls());
    catalogue.section("Configurations of sets", configuration::sets());
    catalogue.section("Lists", configuration::lists());
    catalogue.section("Rules for indicators", rules::findings());
    catalogue.section("Plan and apply", problems::all());
    catalogue.section("Drift", problems::drift());
    catalogue.section("Reading", configuration::reading());
    catalogue.section("Import", configuration::imports());
    catalogue.section("Moved blocks", configuration::moves());
    catalogue.section("Terraform and the provider", configuration::framework());
    catalogue.section("Invalid function argument", configuration::functions());
    catalogue
}

#[test]
fn the_file_has_every_message() {
    let text = catalogue().text;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnostics.txt");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    // A checkout on Windows may end its lines in another way.
    let current = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    let difference = similar::TextDiff::from_lines(&current, &text);
    assert!(
        current == text,
        "tests/diagnostics.txt is out of date. Run `{WRITE}=1 cargo test --lib catalogue` and review the change:\n{}",
        difference.unified_diff().context_radius(2)
    );
}

/// The parts of a summary as the guide writes them: without the title, without leading counts, and with `N` for others.
fn parts(summary: &str) -> Vec<String> {
    let summary = summary
        .strip_prefix(TITLE)
        .map_or(summary, |rest| rest.trim_start_matches(": "));
    let part = |part: &str| {
        let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
        let words = part.split(' ').skip_while(is_number);
        let words: Vec<&str> = words.map(|word| if is_number(&word) { "N" } else { word }).collect();
        words.join(" ")
    };
    // The forms for one are told by those for many, and which fields there are by the rules.
    let is_told_otherwise = |part: &&str| part.starts_with("1 indicator ") || part.starts_with("invalid ");
    let parts = summary.split(", ").filter(|part| !is_told_otherwise(part)).map(part);
    // The direction of a change is another one each time.
    parts
        .map(|part| part.split(" from ").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_guide_to_troubleshooting_has_every_summary() {
    let guide = include_str!("../../docs/guides/troubleshooting.md");
    let guide = guide.split_whitespace().collect::<Vec<_>>().join(" ");
    for summary in catalogue().summaries {
        for part in parts(&summary) {
            assert!(
                guide.contains(&part),
                "docs/guides/troubleshooting.md does not have `{part}`"
            );
        }
    }
}
