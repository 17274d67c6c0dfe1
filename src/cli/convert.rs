//! `convert`: a list of somebody else as a clean one.

mod report;
mod output;

use super::progress::Progress;
use super::{DONE, FOUND};
use crate::feed::conversion::{self, Format, Request};
use crate::feed::table::{Settings, parse_delimiter};
use crate::feed::{Options, Reason, Tlp};
use crate::indicator::{Action, IndicatorType, Lifetime, Severity, parse_instant, rules};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use output::{Target, Written};
use report::About;

/// What to convert, and how.
#[derive(Debug, Args)]
pub struct Convert {
    /// The list: a file, or `-` for the standard input
    input: PathBuf,
    /// The file to write to, in place of the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write to the file that is read
    #[arg(long)]
    in_place: bool,
    /// The form of the result
    #[arg(long, value_enum, default_value_t = To::Portal)]
    to: To,
    /// Write what the Defender portal uploads: its columns only, with a byte order mark and CRLF, 500 rows a file
    #[arg(long, conflicts_with = "to")]
    for_portal: bool,
    /// Most rows of a file; more files are numbered
    #[arg(long, value_name = "ROWS", requires = "output", value_parser = clap::value_parser!(u32).range(1..))]
    split: Option<u32>,
    /// Write the report as JSON to this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write nothing and exit with 1 if something is skipped for this reason
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = reason)]
    fail_on_skip: Vec<Reason>,
    /// What the list is, in place of what its content shows
    #[arg(long, value_enum, value_name = "FORMAT")]
    from: Option<Source>,
    /// Name of the encoding, such as `windows-1252`
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// The instant that expiries are compared with, in place of the present
    #[arg(long, value_name = "TIME", value_parser = instant)]
    now: Option<Timestamp>,
    /// Write an empty list where nothing is taken
    #[arg(long)]
    allow_empty: bool,
    /// Take the rows above a broken one
    #[arg(long)]
    keep_going: bool,
    #[command(flatten)]
    table: TableOptions,
    #[command(flatten)]
    constants: Constants,
    #[command(flatten)]
    take: TakeOptions,
}

/// Tables.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tables")]
struct TableOptions {
    /// The columns of the values, by name or number
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    value: Vec<String>,
    /// The column of the words for types
    #[arg(long = "type", value_name = "COLUMN")]
    kind: Option<String>,
    /// The column of the titles
    #[arg(long, value_name = "COLUMN")]
    title: Option<String>,
    /// The column of the descriptions
    #[arg(long, value_name = "COLUMN")]
    description: Option<String>,
    /// The column of the expiries
    #[arg(long, value_name = "COLUMN")]
    expires: Option<String>,
    /// The first row is data: columns have numbers, counted from 1
    #[arg(long)]
    no_header: bool,
    /// What separates the cells: a character, or `tab`
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// What comments begin with; `""` for none [default: #]
    #[arg(long, value_name = "PREFIX")]
    comment: Option<String>,
    /// What a word in the column of types means
    #[arg(long, value_name = "WORD=TYPE", value_parser = word)]
    map: Vec<(String, IndicatorType)>,
}

/// Fields of all rows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fields of all rows")]
struct Constants {
    /// The type of all values, such as `CertificateThumbprint`
    #[arg(long, value_name = "TYPE", value_parser = indicator_type)]
    type_is: Option<IndicatorType>,
    /// The action of rows that have none
    #[arg(long, value_name = "ACTION", value_parser = action)]
    action: Option<Action>,
    /// The severity of rows that have none
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    severity: Option<Severity>,
    /// The title of all rows; `""` leaves titles out
    #[arg(long, value_name = "TEXT")]
    title_is: Option<String>,
    /// The description of all rows; `""` leaves descriptions out
    #[arg(long, value_name = "TEXT")]
    description_is: Option<String>,
}

/// What to take.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to take")]
struct TakeOptions {
    /// Take values without their port
    #[arg(long)]
    drop_port: bool,
    /// Put this scheme before URLs that have none
    #[arg(long, value_name = "SCHEME", value_parser = ["http", "https"])]
    assume_scheme: Option<String>,
    /// Take networks of at most so many addresses as their addresses
    #[arg(long, value_name = "ADDRESSES", default_value_t = 0, hide_default_value = true)]
    expand_cidr: u32,
    /// Take the addresses that a domain resolves to
    #[arg(long)]
    resolved_addresses: bool,
    /// Take the values of a STIX pattern that says less than them
    #[arg(long)]
    widen: bool,
    /// Take what STIX says was seen
    #[arg(long)]
    observables: bool,
    /// Take what MISP marks as not for detection
    #[arg(long)]
    ignore_to_ids: bool,
    /// Skip what is marked for fewer readers
    #[arg(long, value_enum, value_name = "LEVEL")]
    max_tlp: Option<TlpLevel>,
    /// Take the strongest hash of a file only
    #[arg(long)]
    one_hash_per_file: bool,
    /// Skip what is within a domain or URL of the list that has the same action
    #[arg(long)]
    drop_covered: bool,
    /// Take hashes and defanged values out of prose
    #[arg(long)]
    extract: bool,
    /// Let what has no expiry expire so long after it was seen last, such as `90d`
    #[arg(long, value_name = "LENGTH", value_parser = lifetime)]
    lifetime: Option<Lifetime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// CSV with the portal's header; fields that it lacks follow by their attributes' names
    Portal,
    /// CSV with the attributes' names
    Csv,
    /// JSON, as `indicators` of a set takes it
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Source {
    /// A table of any dialect
    Csv,
    /// One value a line, a hosts file, or the output of `sha256sum`
    List,
    /// STIX 2.0 or 2.1
    Stix,
    /// An export of MISP in its own JSON
    Misp,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TlpLevel {
    #[value(alias = "white")]
    Clear,
    Green,
    Amber,
    Red,
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        format!("the reasons are {}", names.join(", "))
    })
}

fn instant(text: &str) -> Result<Timestamp, String> {
    parse_instant(text).ok_or_else(|| "write an RFC 3339 timestamp such as `2030-01-31T00:00:00Z`".to_owned())
}

fn delimiter(text: &str) -> Result<u8, String> {
    parse_delimiter(text)
        .ok_or_else(|| "write one ASCII character, or `comma`, `semicolon`, `tab`, `bar`, `space`".to_owned())
}

fn word(text: &str) -> Result<(String, IndicatorType), String> {
    let (word, kind) = text
        .rsplit_once('=')
        .ok_or("write WORD=TYPE, such as `c2=DomainName`")?;
    Ok((word.to_owned(), indicator_type(kind)?))
}

fn indicator_type(text: &str) -> Result<IndicatorType, String> {
    rules::parse_type(text).map_err(|finding| finding.remedy)
}

fn action(text: &str) -> Result<Action, String> {
    rules::parse_action(text).map_err(|finding| finding.remedy)
}

fn severity(text: &str) -> Result<Severity, String> {
    rules::parse_severity(text).map_err(|finding| finding.remedy)
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    Lifetime::parse(text).ok_or_else(|| "write days or hours, such as `90d` or `36h`".to_owned())
}

/// Converts, and writes the result to `result` exactly as it is, and the report for people to `errors`. The answer is
/// the exit code.
///
/// # Errors
///
/// Why the list cannot be converted, or the result not be written.
pub async fn run(
    options: &Convert,
    result: &mut (dyn Write + Send),
    errors: &mut (dyn Write + Send),
) -> Result<u8, String> {
    let target = Target::of(options)?;
    let bytes = read(&options.input)?;
    let name = options.input.display().to_string();
    let now = options.now.unwrap_or_else(Timestamp::now);
    let request = options.request(now);
    let mut progress = Progress::new(errors);
    progress.step("Converting", None);
    let conversion = progress
        .computing(move || conversion::convert(&bytes, &request))
        .await?;
    progress.finish();
    let conversion = conversion.map_err(|refusal| format!("{name}: {refusal}"))?;
    let report = &conversion.report;
    let is_failed = report
        .skipped
        .iter()
        .any(|one| options.fail_on_skip.contains(&one.reason));
    let is_empty = conversion.rows.is_empty() && !options.allow_empty;
    let written = match is_failed || is_empty {
        true => Written::default(),
        false => target.write(&conversion.rows, result)?,
    };
    let about = About {
        input: &name,
        output: &written.files,
        notes: &written.notes,
        now,
    };
    let told = |error: std::io::Error| error.to_string();
    report::write_text(report, &about, errors).map_err(told)?;
    if let Some(path) = &options.report {
        super::replace::replace(path, report::json(report, &about).as_bytes())?;
    }
    if is_empty {
        let why = report
            .empty
            .as_deref()
            .unwrap_or("the list holds nothing that Defender takes");
        writeln!(
            errors,
            "nothing was taken, so nothing was written: {why}. `--allow-empty` writes an empty list"
        )
        .map_err(told)?;
    } else if is_failed {
        let reasons: Vec<&str> = options.fail_on_skip.iter().map(|reason| reason.name()).collect();
        writeln!(
            errors,
            "something was skipped for a reason of `--fail-on-skip` ({}), so nothing was written",
            reasons.join(", ")
        )
        .map_err(told)?;
    }
    Ok(if is_failed || is_empty || report.is_cut {
        FOUND
    } else {
        DONE
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path != Path::new("-") {
        return std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| format!("the standard input cannot be read: {error}"))?;
    Ok(bytes)
}

impl Convert {
    fn request(&self, now: Timestamp) -> Request {
        let TakeOptions {
            drop_port,
            assume_scheme,
            expand_cidr,
            resolved_addresses,
            widen,
            observables,
            ignore_to_ids,
            max_tlp,
            one_hash_per_file,
            drop_covered,
            extract,
            lifetime,
        } = &self.take;
        let type_is = self.constants.type_is.clone();
        Request {
            name: self.name(),
            format: self.from.map(|from| match from {
                Source::Csv => Format::Csv,
                Source::List => Format::List,
                Source::Stix => Format::Stix,
                Source::Misp => Format::Misp,
            }),
            encoding: self.encoding.clone(),
            table: Settings {
                values: self.table.value.clone(),
                kind: self.table.kind.clone(),
                type_is: type_is.clone(),
                title: self.table.title.clone(),
                description: self.table.description.clone(),
                expires: self.table.expires.clone(),
                no_header: self.table.no_header,
                delimiter: self.table.delimiter,
                comment: self.table.comment.clone(),
                words: self.table.map.clone(),
                keep_going: self.keep_going,
                is_encoding_assumed: false,
            },
            take: Options {
                drop_port: *drop_port,
                assume_scheme: assume_scheme.clone(),
                expand_cidr: *expand_cidr,
                resolved_addresses: *resolved_addresses,
                widen: *widen,
                observables: *observables,
                ignore_to_ids: *ignore_to_ids,
                max_tlp: max_tlp.map(|level| match level {
                    TlpLevel::Clear => Tlp::Clear,
                    TlpLevel::Green => Tlp::Green,
                    TlpLevel::Amber => Tlp::Amber,
                    TlpLevel::Red => Tlp::Red,
                }),
                one_hash_per_file: *one_hash_per_file,
                lifetime: *lifetime,
                now: Some(now),
                type_is,
                extract: *extract,
                drop_covered: *drop_covered,
                refuse_defanged: false,
            },
            action: self.constants.action.clone(),
            severity: self.constants.severity.clone(),
            title: self.constants.title_is.clone(),
            description: self.constants.description_is.clone(),
        }
    }

    /// The name of the file without its ending, for titles.
    fn name(&self) -> Option<String> {
        let stem = self.input.file_stem()?.to_str()?;
        (self.input != Path::new("-")).then(|| stem.to_owned())
    }
}
