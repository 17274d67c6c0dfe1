//! A plan as a comment, as text, as JSON or as a page.

use super::progress::Progress;
use super::spared::Spared;
use super::{DONE, FOUND};
use crate::report::{Dialect, Report, Style, Verdict};
use clap::ValueEnum;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What stands for standard input in place of a file.
const STANDARD_INPUT: &str = "-";

/// The default limit: what GitHub takes in a comment, less what a pipeline may put around it.
const USUAL: usize = 60_000;

/// The smallest limit: the title and the footer fit.
const SMALLEST: usize = 1_000;

/// Longest name or commit; both stand in the title or the footer.
const LONGEST_LABEL: usize = 100;

/// What to report, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Output of `terraform show -json PLANFILE`; `-` is standard input
    #[arg(value_name = "PLAN", required_unless_present = "log")]
    plan: Option<PathBuf>,

    /// Output of `terraform plan -json`, which alone holds warnings, errors, and who changed what in the tenant. Without
    /// PLAN only the log is reported, as for a plan that ended with errors
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,

    /// Maximum length in characters and in bytes: github, azure, gitlab, bitbucket, summary (GitHub's page of a run), or a
    /// number. Default: 60000 for Markdown, none for text. Only whole rows are written; JSON is never cut
    #[arg(long, value_name = "HOST|N", value_parser = limit)]
    limit: Option<Limit>,

    /// Also write a page with charts and full tables, which needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Name of this configuration, for pull requests with several reports
    #[arg(long, value_name = "NAME", value_parser = label)]
    name: Option<String>,

    /// Commit that was planned, for the footer
    #[arg(long, value_name = "COMMIT", value_parser = label)]
    commit: Option<String>,

    /// Write addresses as they are instead of `hxxp://evil[.]example`
    #[arg(long)]
    no_defang: bool,

    #[command(flatten)]
    spared: Spared,

    /// Exit with 1 if the plan has changes or has failed
    #[arg(long)]
    exit_code: bool,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a comment
    Markdown,
    /// For a terminal or a log
    Text,
    /// For machines
    Json,
}

/// How long a report may be, and what its host understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    bytes: usize,
    dialect: Dialect,
}

/// The limits of hosts, a little below what they take: a comment may be changed on its way. GitHub takes 65,536 characters
/// in a comment and 1 MiB in the summary of a step, Azure DevOps 150,000, GitLab 1,000,000, Bitbucket 32,768.
const HOSTS: [(&str, usize, Dialect); 5] = [
    ("github", 65_000, Dialect::WithHtml),
    ("azure", 149_000, Dialect::WithHtml),
    ("gitlab", 999_000, Dialect::WithHtml),
    ("bitbucket", 32_000, Dialect::Plain),
    ("summary", 1_048_000, Dialect::WithHtml),
];

fn limit(text: &str) -> Result<Limit, String> {
    if let Some((_, bytes, dialect)) = HOSTS.into_iter().find(|(name, ..)| *name == text) {
        return Ok(Limit { bytes, dialect });
    }
    let dialect = Dialect::WithHtml;
    match text.parse::<usize>() {
        Ok(bytes) if bytes >= SMALLEST => Ok(Limit { bytes, dialect }),
        _ => {
            let names: Vec<&str> = HOSTS.iter().map(|(name, ..)| *name).collect();
            Err(format!(
                "use one of {}, or a number of at least {SMALLEST}",
                names.join(", ")
            ))
        }
    }
}

/// A name or a commit: it stands in a comment that pipelines look for.
fn label(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || " ._/:+@".contains(letter);
    let parts = || text.split('-');
    let is_short = (1..=LONGEST_LABEL).contains(&text.len());
    // Two hyphens may end the comment.
    let is_harmless = parts().all(|part| part.chars().all(is_plain)) && parts().skip(1).all(|part| !part.is_empty());
    if is_short && is_harmless {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "use up to {LONGEST_LABEL} letters, digits, spaces and . _ / : + @, and single hyphens between them"
        ))
    }
}

impl Arguments {
    /// Says what cannot stand together.
    pub fn check(&self) -> Result<(), String> {
        let is_input = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new(STANDARD_INPUT));
        if is_input(&self.plan) && is_input(&self.log) {
            return Err("PLAN and --log cannot both be standard input".into());
        }
        if self.format == Format::Json && self.limit.is_some() {
            return Err("--limit does not go with --format json, which is never cut".into());
        }
        Ok(())
    }

    /// Writes the report. Answers the exit code.
    pub async fn run(&self, output: &mut (dyn Write + Send), errors: &mut (dyn Write + Send)) -> Result<u8, String> {
        let plan = self.plan.as_deref().map(read).transpose()?;
        let log = self.log.as_deref().map(read).transpose()?;
        let style = Style {
            name: self.name.clone(),
            commit: self.commit.clone(),
            keeps_addresses: self.no_defang,
            protected: self.spared.protected()?,
            allow_lists: self.spared.allow_lists()?,
        };
        let limit = self.limit.unwrap_or(Limit {
            bytes: USUAL,
            dialect: Dialect::WithHtml,
        });
        let (format, longest) = (self.format, self.limit.map(|limit| limit.bytes));
        let has_page = self.html.is_some();
        let mut progress = Progress::new(errors);
        progress.step("Comparing indicators", None);
        let work = move || {
            let report = Report::read(plan.as_deref(), log.as_deref(), style).map_err(|error| error.to_string())?;
            drop((plan, log));
            let text = match format {
                Format::Markdown => report.markdown(limit.dialect, limit.bytes),
                Format::Text => report.text(longest),
                Format::Json => report.json(),
            };
            Ok::<_, String>((report.verdict(), text, has_page.then(|| report.html())))
        };
        let (verdict, text, page) = progress.computing(work).await??;
        progress.finish();
        if let (Some(path), Some(page)) = (&self.html, page) {
            std::fs::write(path, page).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush())
            .map_err(|error| format!("the report cannot be written: {error}"))?;
        let is_found = self.exit_code && verdict != Verdict::NoChanges;
        Ok(if is_found { FOUND } else { DONE })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path == Path::new(STANDARD_INPUT) {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        return read
            .map(|_| bytes)
            .map_err(|error| format!("standard input cannot be read: {error}"));
    }
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_hosts_or_numbers() {
        for (text, bytes) in [
            ("github", 65_000),
            ("bitbucket", 32_000),
            ("1000", 1_000),
            ("70000", 70_000),
        ] {
            assert_eq!(limit(text).unwrap().bytes, bytes);
        }
        assert_eq!(limit("bitbucket").unwrap().dialect, Dialect::Plain);
        for text in ["", "999", "-1", "GitHub", "1e6"] {
            assert!(limit(text).unwrap_err().contains("github, azure"), "{text}");
        }
    }

    #[test]
    fn labels_cannot_end_a_comment() {
        for text in ["prod", "eu-west/prod 2", "1f0c9d3", "refs/heads/a_b", "a-"] {
            assert_eq!(label(text).is_ok(), !text.ends_with('-'), "{text}");
        }
        for text in ["", "a-->b", "a--b", "-", "a`b", "a\nb", "a<b", "é", &"x".repeat(101)] {
            assert!(label(text).is_err(), "{text}");
        }
    }
}
