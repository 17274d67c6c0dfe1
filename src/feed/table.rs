//! Tables of other people: any delimiter, comments, notes above the header, and columns of any name.
//!
//! The columns are found by what stands in them. Their names are a hint, and whoever converts may name them. What was
//! chosen is told, and every row that is no indicator is listed. The strict reader for lists of our own is
//! [`csv`](super::csv).

mod words;
mod fields;
mod dialect;
mod survey;
mod header;
mod record;
mod export;
#[cfg(test)]
mod tests;

pub use dialect::{is_table, name as delimiter_name, parse as parse_delimiter};
pub use survey::Columns;
pub use words::{Word, Words};

use super::cells::{Dialect, FaultKind, Row};
use super::{Options, Place, Reading, Refusal};
use crate::indicator::IndicatorType;
use header::Header;
use record::Reader;

/// What somebody says of a table. The default leaves everything to the table itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The columns of the values, by name or number.
    pub values: Vec<String>,
    /// The column of the words for types.
    pub kind: Option<String>,
    /// What all values are: a column of types is not looked at.
    pub type_is: Option<IndicatorType>,
    /// The column of the titles.
    pub title: Option<String>,
    /// The column of the descriptions.
    pub description: Option<String>,
    /// The column of the expiries.
    pub expires: Option<String>,
    /// Whether the first row is data, so that the columns have numbers.
    pub no_header: bool,
    /// What separates the cells.
    pub delimiter: Option<u8>,
    /// What comments begin with; empty for none.
    pub comment: Option<String>,
    /// What words for types mean.
    pub words: Vec<(String, IndicatorType)>,
    /// Whether the rows above a broken one are taken.
    pub keep_going: bool,
    /// Whether the encoding of the text is a guess, so that only ASCII can be trusted.
    pub is_encoding_assumed: bool,
}

impl Settings {
    /// Whether somebody speaks of columns, which only a table has.
    #[must_use]
    pub fn is_about_columns(&self) -> bool {
        let columns = [&self.kind, &self.title, &self.description, &self.expires];
        self.no_header
            || self.delimiter.is_some()
            || !self.values.is_empty()
            || !self.words.is_empty()
            || columns.iter().any(|column| column.is_some())
    }
}

/// How many rows decide what the columns hold.
const SAMPLE: usize = 1_000;

/// A table before its rows are read.
#[derive(Debug, Clone)]
pub struct Table<'t> {
    text: &'t str,
    /// How it is written.
    pub dialect: Dialect<'t>,
    /// The names of its columns.
    pub header: Header,
    /// What they hold.
    pub columns: Columns,
}

impl<'t> Table<'t> {
    /// Finds out how a table is written and what its columns hold.
    ///
    /// # Errors
    ///
    /// There is no header, a column that somebody names does not exist, or no column can be told to hold the values.
    pub fn open(text: &'t str, settings: &'t Settings) -> Result<Self, Refusal> {
        let dialect = dialect::find(text, settings);
        let header = header::find(text, dialect, settings)?;
        Self::behind(header, text, dialect, settings)
    }

    fn behind(header: Header, text: &'t str, dialect: Dialect<'t>, settings: &Settings) -> Result<Self, Refusal> {
        // A row with broken quotes says nothing of its columns.
        let sound = data(text, dialect, &header).filter(|row| row.fault.is_none());
        let sample: Vec<Row<'_>> = sound.take(SAMPLE).collect();
        let mut columns = survey::columns(&sample, &header.names, settings).map_err(|refusal| {
            // Rows that a quote has swallowed may be why no column shows.
            let swallowed = data(text, dialect, &header).find_map(|row| swallows(&row));
            swallowed.unwrap_or_else(|| Refusal {
                place: refusal
                    .place
                    .clone()
                    .or(header.line.map(|line| Place::Line(line, None))),
                ..refusal
            })
        })?;
        let written = format!("cells separated by {}", dialect::name(dialect.delimiter));
        columns
            .notes
            .splice(0..0, std::iter::once(written).chain(header.notes.iter().cloned()));
        Ok(Self {
            text,
            dialect,
            header,
            columns,
        })
    }

    /// The rows behind the header, without comments and blank ones.
    pub fn rows(&self) -> impl Iterator<Item = Row<'t>> {
        data(self.text, self.dialect, &self.header)
    }

    /// The comments behind the header.
    fn comments(&self) -> impl Iterator<Item = Row<'t>> {
        let start = self.header.data;
        dialect::everything(self.text, self.dialect).filter(move |row| row.is_comment && row.at.start >= start)
    }
}

fn data<'t>(text: &'t str, dialect: Dialect<'t>, header: &Header) -> impl Iterator<Item = Row<'t>> + use<'t> {
    let start = header.data;
    dialect::body(text, dialect).filter(move |row| row.at.start >= start)
}

/// Reads a table.
///
/// # Errors
///
/// See [`Table::open`]; and a quote that may swallow rows, unless `settings` say to keep going.
pub fn read(text: &str, settings: &Settings, options: &Options) -> Result<Reading, Refusal> {
    let dialect = dialect::find(text, settings);
    if dialect::body(text, dialect).next().is_none() {
        return Ok(Reading {
            empty: Some("the file holds no rows".to_owned()),
            ..Reading::default()
        });
    }
    let header = header::find(text, dialect, settings)?;
    if export::is_one(&header.names) {
        return export::read(data(text, dialect, &header), &header, settings, options);
    }
    let table = Table::behind(header, text, dialect, settings)?;
    let mut reader = Reader::new(&table, settings, options);
    let end = each(table.rows(), settings.keep_going, |row| reader.row(&row))?;
    let mut reading = reader.finish(table.comments());
    if let Step::Stopped(row, refusal) = end {
        record::cut(&mut reading, &row, &refusal);
    }
    Ok(reading)
}

/// How far the rows of a table were read.
enum Step<'t> {
    /// To the end.
    Done,
    /// Up to this row, which may have swallowed others.
    Stopped(Box<Row<'t>>, Refusal),
}

/// Gives each row to `take`, up to one that may have swallowed others.
fn each<'t>(
    rows: impl Iterator<Item = Row<'t>>,
    keep_going: bool,
    mut take: impl FnMut(Row<'t>),
) -> Result<Step<'t>, Refusal> {
    for row in rows {
        match swallows(&row) {
            None => take(row),
            Some(refusal) if keep_going => return Ok(Step::Stopped(Box::new(row), refusal)),
            Some(refusal) => return Err(refusal),
        }
    }
    Ok(Step::Done)
}

/// What is wrong with a row whose quotes may have swallowed others. A cell that goes on behind its quote in the same line
/// spoils that line only.
fn swallows(row: &Row<'_>) -> Option<Refusal> {
    let fault = row.fault?;
    let text = match fault.kind {
        FaultKind::Unclosed => {
            "the cell begins with a quote that is never closed, so nothing behind this line was read. Close it with \
             `\"`; `--keep-going` takes the rows above"
        }
        FaultKind::TextBehind { closed } if closed != fault.line => {
            "the cell begins with a quote that is closed in a later line and goes on there, so the rows between cannot \
             be told from it. Close it with `\"`; `--keep-going` takes the rows above"
        }
        FaultKind::TextBehind { .. } => return None,
    };
    Some(Refusal {
        place: Some(Place::Line(fault.line, None)),
        text: text.to_owned(),
    })
}
