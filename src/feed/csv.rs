//! Tables as comma-separated text: the Defender portal's own, and any other whose columns are named for the fields.
//!
//! The first line names the columns. What a table says is easily lost to a stray quote or a misspelt column, and a lost
//! row is a lost block, so everything that has no certain meaning is a problem; only blank rows go without saying.

mod columns;
mod quotes;
#[cfg(test)]
mod tests;

pub use columns::{Column, Meaning};

use super::{Problem, shown};
use ::csv::{ReaderBuilder, StringRecord};
use quotes::Fault;

/// A table, read as far as it can be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns, in the order of the header.
    pub columns: Vec<Column>,
    /// What is wrong with the header.
    pub problems: Vec<Problem>,
    /// The rows, or what is wrong with the form of each, in the order of the text.
    pub rows: Vec<Result<Record, Problem>>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The line it begins in, counted from 1.
    pub line: usize,
    /// What it says: the cells that are not blank, of columns that have a meaning.
    pub cells: Vec<Cell>,
}

/// One cell that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Position of its column in [`Table::columns`].
    pub column: usize,
    /// The text, exactly as it is written.
    pub text: String,
}

/// Reads a table. A byte order mark and any ends of lines are fine.
#[must_use]
pub fn parse(text: &str) -> Table {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reading = Reading::new(text);
    let Some(header) = reading.next() else {
        return Table {
            problems: vec![Problem {
                line: 1,
                column: None,
                text: "the text is empty; the first line must name the columns, such as \
                       `IndicatorType,IndicatorValue,Action`"
                    .into(),
            }],
            ..Table::default()
        };
    };
    let (columns, mut problems) = columns::read(header.line, &header.cells);
    if let Some(fault) = header.fault {
        problems.insert(0, malformed(&columns, &fault));
    }
    let mut rows = Vec::new();
    // Under a header that says nothing every row would be wrong, for no reason of its own.
    if columns.iter().any(Column::is_used) {
        while let Some(row) = reading.next() {
            rows.push(record(&columns, row));
        }
    }
    Table {
        columns,
        problems,
        rows,
    }
}

fn record(columns: &[Column], row: Row) -> Result<Record, Problem> {
    if let Some(fault) = row.fault {
        return Err(malformed(columns, &fault));
    }
    let count = row.cells.len();
    if count != columns.len() {
        return Err(Problem {
            line: row.line,
            column: None,
            text: format!(
                "the row has {count} {}, but the header names {}; quote cells that contain a comma, and leave \
                 missing cells empty",
                if count == 1 { "cell" } else { "cells" },
                columns.len()
            ),
        });
    }
    let mut cells = Vec::new();
    for (column, text) in row.cells.iter().enumerate().filter(|(_, text)| !is_blank(text)) {
        match columns.get(column).map(|column| column.meaning) {
            Some(Meaning::Field(_) | Meaning::Certificate(_)) => cells.push(Cell {
                column,
                text: text.to_owned(),
            }),
            Some(Meaning::Nameless) => {
                let text = format!(
                    "the column of cell {} has no name, but the cell holds {}; name the column, or empty the cell",
                    column + 1,
                    shown(text)
                );
                return Err(Problem {
                    line: row.line,
                    column: None,
                    text,
                });
            }
            Some(Meaning::ReadOnly | Meaning::Unknown) | None => {}
        }
    }
    Ok(Record { line: row.line, cells })
}

fn malformed(columns: &[Column], fault: &(usize, Fault)) -> Problem {
    let (line, fault) = *fault;
    let (cell, text) = match fault {
        Fault::Unclosed { cell } => (
            cell,
            "the cell begins with a quote that is never closed, so all text after it belongs to the cell; close it \
             with `\"`",
        ),
        Fault::TextBehind { cell } => (
            cell,
            "the cell continues after its closing quote; write `\"\"` for a quote within a quoted cell, and only a \
             comma after the closing quote",
        ),
    };
    Problem {
        line,
        column: columns.get(cell).map(|column| column.header.clone()),
        text: text.into(),
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// One row before it is known what its cells mean.
struct Row {
    line: usize,
    cells: StringRecord,
    /// Where a cell is quoted in a way that may swallow others, and how.
    fault: Option<(usize, Fault)>,
}

/// Rows with their lines. The reader's own count is not used: it knows only line feeds, and counts blank lines before a
/// row as part of it.
struct Reading<'t> {
    text: &'t str,
    reader: ::csv::Reader<&'t [u8]>,
    /// How far lines are counted, and the line there.
    counted: (usize, usize),
}

impl<'t> Reading<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            reader: ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes()),
            counted: (0, 1),
        }
    }

    /// The next row that is not blank.
    fn next(&mut self) -> Option<Row> {
        let mut cells = StringRecord::new();
        loop {
            let before = self.offset();
            // Reading text from memory does not fail; an end is the only answer that would make sense if it did.
            if !matches!(self.reader.read_record(&mut cells), Ok(true)) {
                return None;
            }
            if cells.iter().all(is_blank) {
                continue;
            }
            let raw = self.text.get(before..self.offset()).unwrap_or_default();
            let trimmed = raw.trim_start_matches(['\r', '\n']);
            let start = before + raw.len() - trimmed.len();
            let fault = quotes::fault(trimmed).map(|(at, fault)| (self.line_of(start, start + at), fault));
            return Some(Row {
                line: self.line_of(start, start),
                cells,
                fault,
            });
        }
    }

    fn offset(&self) -> usize {
        usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX)
    }

    /// The line of the byte at `at`, which is not before `start`; lines before `start` are not counted again.
    fn line_of(&mut self, start: usize, at: usize) -> usize {
        let (from, line) = self.counted;
        self.counted = (start, line + self.ends(from, start));
        self.counted.1 + self.ends(start, at)
    }

    /// How many lines end between two bytes, be it with CR LF, LF or CR.
    fn ends(&self, from: usize, to: usize) -> usize {
        let bytes = self.text.as_bytes();
        (from..to.min(bytes.len()))
            .filter(|at| match bytes[*at] {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            })
            .count()
    }
}
