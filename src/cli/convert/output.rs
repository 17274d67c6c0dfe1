//! Where the result goes.

use super::super::replace::{is_same_file, replace};
use super::{Convert, To};
use crate::feed::write::{Format, PORTAL_ROWS, Row, is_portal_type, render, without_portal_column};
use crate::outgoing::{holds_command, shown};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How many rows a message names that cannot be written.
const NAMED: usize = 20;

/// Where the result goes, and in which form.
pub struct Target {
    /// The file; none for the standard output.
    path: Option<PathBuf>,
    format: Format,
    /// Most rows of a file.
    split: Option<usize>,
}

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// The names of the files.
    pub files: Vec<String>,
    /// What a person should know of them.
    pub notes: Vec<String>,
}

impl Target {
    /// What the options say.
    ///
    /// # Errors
    ///
    /// The result would overwrite what is read, without leave to do so.
    pub fn of(options: &Convert) -> Result<Self, String> {
        let input = &options.input;
        let path = match (&options.output, options.in_place) {
            (None, true) if input == Path::new("-") => {
                return Err("`--in-place` needs a file, but the standard input is read".into());
            }
            (None, true) => Some(input.clone()),
            (Some(output), false) if is_same_file(output, input) => {
                return Err(format!(
                    "{} is the file that is read; `--in-place` overwrites it",
                    output.display()
                ));
            }
            (output, _) => output.clone(),
        };
        if let Some(report) = &options.report
            && (is_same_file(report, input) || path.as_ref().is_some_and(|path| path == report))
        {
            return Err(format!(
                "{} is the list itself; give the report another file",
                report.display()
            ));
        }
        let format = match options.to {
            _ if options.for_portal => Format::Upload,
            To::Portal => Format::Portal,
            To::Csv => Format::Attributes,
            To::Json => Format::Json,
        };
        let split = options.split.and_then(|rows| usize::try_from(rows).ok());
        Ok(Self {
            path,
            format,
            split: split.or(options.for_portal.then_some(PORTAL_ROWS)),
        })
    }

    /// Writes the rows.
    ///
    /// # Errors
    ///
    /// The form cannot say what a row says, or a file cannot be written.
    pub fn write(&self, rows: &[Row], result: &mut dyn Write) -> Result<Written, String> {
        let mut rows = rows.to_vec();
        rows.sort();
        let most = self.split.unwrap_or(usize::MAX);
        let texts: Vec<String> = match rows.is_empty() {
            true => vec![self.text(&rows)?],
            false => rows
                .chunks(most)
                .map(|rows| self.text(rows))
                .collect::<Result<_, _>>()?,
        };
        let mut written = Written {
            notes: self.losses(&rows),
            ..Written::default()
        };
        match (&self.path, texts.as_slice()) {
            (None, [text]) => print(text, result)?,
            (None, texts) => {
                return Err(format!(
                    "the result has {} rows, which takes {} files of {most}; name the first with `-o`",
                    rows.len(),
                    texts.len()
                ));
            }
            (Some(path), [text]) => {
                replace(path, text.as_bytes())?;
                written.files.push(path.display().to_string());
            }
            (Some(path), texts) => {
                for (position, text) in texts.iter().enumerate() {
                    let path = numbered(path, position + 1);
                    replace(&path, text.as_bytes())?;
                    written.files.push(path.display().to_string());
                }
                let next = numbered(path, texts.len() + 1);
                if next.exists() {
                    let note = format!("{} was there before and is no part of this result", next.display());
                    written.notes.push(note);
                }
            }
        }
        Ok(written)
    }

    /// What the portal will not take as it was meant.
    fn losses(&self, rows: &[Row]) -> Vec<String> {
        if self.format != Format::Upload {
            return Vec::new();
        }
        let mut notes = Vec::new();
        let lost: Vec<String> = without_portal_column(rows)
            .iter()
            .map(|field| format!("`{field}`"))
            .collect();
        if !lost.is_empty() {
            notes.push(format!(
                "the portal's file has no column for {}, so they were left out",
                lost.join(", ")
            ));
        }
        let refused = rows.iter().filter(|row| !is_portal_type(&row.indicator_type())).count();
        if refused > 0 {
            notes.push(format!(
                "the portal is not documented to take the types of {refused} rows, such as MD5 and certificates"
            ));
        }
        notes
    }

    fn text(&self, rows: &[Row]) -> Result<String, String> {
        render(rows, self.format).map_err(|unwritable| {
            let named: Vec<String> = unwritable
                .iter()
                .take(NAMED)
                .map(|one| format!("{}: {}", shown(&one.value), one.text))
                .collect();
            let more = match unwritable.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("\nand {more} more"),
            };
            format!("the result cannot be written in this form\n{}{more}", named.join("\n"))
        })
    }
}

fn print(text: &str, result: &mut dyn Write) -> Result<(), String> {
    // Who reads the standard output is not known; a build agent would obey such a text.
    if holds_command(text) {
        return Err(
            "a row holds a text that a build agent would take for a command if it were printed, so nothing was \
                    printed; write to a file with `-o`"
                .into(),
        );
    }
    result
        .write_all(text.as_bytes())
        .and_then(|()| result.flush())
        .map_err(|error| format!("the result cannot be written: {error}"))
}

/// `list.csv` as `list-2.csv`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{}", ending.unwrap_or_default()))
}
