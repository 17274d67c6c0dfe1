//! `lint`: what is wrong with lists, before anybody plans with them.

use super::progress::Progress;
use super::spared::{Spared, slashed, text};
use super::{DONE, FOUND};
use crate::indicator::{Lifetime, parse_instant};
use crate::lint::output::{self, Style};
use crate::lint::{Baseline, Code, Input, Report, Settings, Severity, Standards, lint};
use clap::{Args, ValueEnum};
use ignore::WalkBuilder;
use jiff::Timestamp;
use std::collections::HashSet;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// How many indicators a tenant holds.
const CAPACITY: usize = 15_000;

/// How many files that are no lists are named.
const NAMED: usize = 10;

/// Endings of files that are looked at in directories. Text of any other kind is no list.
const ENDINGS: [&str; 11] = [
    "csv", "tsv", "txt", "list", "lst", "ioc", "iocs", "json", "stix", "yaml", "yml",
];

/// What to look at, and how.
#[derive(Debug, Args)]
pub struct Lint {
    /// Lists, and directories in which to look for them
    #[arg(required = true, value_name = "FILE or DIRECTORY")]
    paths: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 1 if a finding is at least so severe
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Codes that are not told
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    allow: Vec<Code>,
    /// A result of `--format json`: its findings are not told again
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    spared: Spared,
    /// How many indicators the tenant holds
    #[arg(long, value_name = "ROWS", default_value_t = CAPACITY)]
    capacity: usize,
    /// The instant that expiries are compared with, in place of the present
    #[arg(long, value_name = "TIME", value_parser = instant)]
    now: Option<Timestamp>,
    /// Tell rows that expire within this time
    #[arg(long, value_name = "LENGTH", default_value = "14d", value_parser = lifetime)]
    expires_within: Lifetime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people
    Text,
    /// One JSON document, which `--baseline` reads too
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Text, and commands for GitHub Actions
    Github,
    /// Text, and commands for Azure Pipelines
    Azure,
    /// A report of code quality for GitLab
    Gitlab,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    fn is_met_by(self, worst: Option<Severity>) -> bool {
        let least = match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
            Self::Never => return false,
        };
        worst.is_some_and(|worst| worst >= least)
    }
}

fn code(text: &str) -> Result<Code, String> {
    Code::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        format!("the codes are {}", names.join(", "))
    })
}

fn instant(text: &str) -> Result<Timestamp, String> {
    parse_instant(text).ok_or_else(|| "write an RFC 3339 timestamp such as `2030-01-31T00:00:00Z`".to_owned())
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    Lifetime::parse(text).ok_or_else(|| "write days or hours, such as `14d` or `36h`".to_owned())
}

/// Looks at the lists and writes what is found to `result`, exactly as it is, and what else there is to tell to `errors`.
/// The answer is the exit code.
///
/// # Errors
///
/// Why the lists cannot be looked at.
pub async fn run(
    options: &Lint,
    result: &mut (dyn Write + Send),
    errors: &mut (dyn Write + Send),
) -> Result<u8, String> {
    let settings = options.settings()?;
    let files = files(&options.paths)?;
    let mut inputs = Vec::with_capacity(files.len());
    let mut named = HashSet::new();
    let mut progress = Progress::new(errors);
    progress.step("Reading lists", u64::try_from(files.len()).ok());
    for File { path, is_named } in files {
        let bytes = std::fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let name = slashed(&path);
        if is_named {
            named.insert(name.clone());
        }
        inputs.push(Input {
            path: in_repository(&path),
            name,
            bytes,
        });
        progress.advance(1);
    }
    progress.step("Comparing rows", None);
    let report = progress.computing(move || lint(inputs, &settings)).await?;
    progress.finish();
    if let Some((name, why)) = report.no_lists.iter().find(|(name, _)| named.contains(name)) {
        return Err(format!("{name} is no list: {why}"));
    }
    let is_failed = options.fail_on.is_met_by(report.worst());
    let written = match options.format {
        Format::Text => output::people(&report, style(), result),
        Format::Json => output::json(&report, result),
        Format::Sarif => output::sarif(&report, result),
        Format::Github => output::github(&report, result),
        Format::Azure => output::azure(&report, is_failed, result),
        Format::Gitlab => output::gitlab(&report, result),
    };
    written
        .and_then(|()| result.flush())
        .and_then(|()| passed_over(&report, errors))
        .map_err(|error| format!("the result cannot be written: {error}"))?;
    Ok(if is_failed { FOUND } else { DONE })
}

/// Colours only where a terminal shows them and nobody has said `NO_COLOR`.
fn style() -> Style {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => Style::Coloured,
        _ => Style::Plain,
    }
}

fn passed_over(report: &Report, errors: &mut dyn Write) -> std::io::Result<()> {
    if report.sources.is_empty() {
        writeln!(errors, "no list was found")?;
    }
    for (name, why) in report.no_lists.iter().take(NAMED) {
        writeln!(errors, "{name} was passed over: {why}")?;
    }
    match report.no_lists.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => writeln!(errors, "{more} more files were passed over"),
    }
}

impl Lint {
    fn settings(&self) -> Result<Settings, String> {
        let baseline = match &self.baseline {
            Some(path) => {
                Baseline::parse(&text(path)?).map_err(|error| format!("the baseline {}: {error}", path.display()))?
            }
            None => Baseline::default(),
        };
        Ok(Settings {
            standards: Standards {
                protected: self.spared.protected()?,
                allow_lists: self.spared.allow_lists()?,
                now: self.now.unwrap_or_else(Timestamp::now),
                expires_within: Some(self.expires_within),
                capacity: self.capacity,
            },
            allowed: self.allow.clone(),
            baseline,
        })
    }
}

/// A file to look at.
struct File {
    path: PathBuf,
    /// Whether it was named, and not found in a directory.
    is_named: bool,
}

/// The files of these paths, each once, sorted within directories. Hidden files and those that Git ignores are left out.
fn files(paths: &[PathBuf]) -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |path: PathBuf, is_named: bool| {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if seen.insert(real) {
            files.push(File { path, is_named });
        }
    };
    for path in paths {
        if !path.is_dir() {
            add(path.clone(), true);
            continue;
        }
        let walk = WalkBuilder::new(path)
            .require_git(false)
            .sort_by_file_path(Ord::cmp)
            .build();
        for entry in walk {
            let entry = entry.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            if is_file && may_be_list(entry.path()) {
                add(entry.into_path(), false);
            }
        }
    }
    Ok(files)
}

fn may_be_list(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)))
}

/// The path from the root of the repository: the directory above it that has a `.git`. Outside of one, as it was given.
fn in_repository(path: &Path) -> String {
    let Ok(real) = path.canonicalize() else {
        return slashed(path);
    };
    let root = real
        .ancestors()
        .skip(1)
        .find(|directory| directory.join(".git").exists());
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let base = root.or(here.as_deref());
    match base.and_then(|base| real.strip_prefix(base).ok()) {
        Some(inner) => {
            let parts = inner.components().filter_map(|part| match part {
                Component::Normal(part) => Some(part.to_string_lossy()),
                _ => None,
            });
            parts.collect::<Vec<_>>().join("/")
        }
        None => slashed(path),
    }
}
