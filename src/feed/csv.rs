//! Tables as comma-separated text: the Defender portal's own, and any other whose columns are named for the fields.
//!
//! The first line names the columns. What a table says is easily lost to a stray quote or a misspelt column, and a lost
//! row is a lost block, so everything that has no certain meaning is a problem; only blank rows go without saying.

mod columns;
#[cfg(test)]
mod tests;

pub use columns::{Column, Meaning, certificate_header, meaning};

use super::cells::{self, Dialect, Fault, FaultKind, Row};
use super::{Problem, shown};
use crate::indicator::{FieldKind, FieldValue};
use std::borrow::Cow;

/// A table, read as far as it can be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table<'t> {
    /// The columns, in the order of the header.
    pub columns: Vec<Column>,
    /// What is wrong with the header.
    pub problems: Vec<Problem>,
    /// The rows, or what is wrong with the form of each, in the order of the text.
    pub rows: Vec<Result<Record<'t>, Problem>>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'t> {
    /// The line it begins in, counted from 1.
    pub line: usize,
    /// What it says: the cells that are not blank, of columns that have a meaning.
    pub cells: Vec<Cell<'t>>,
}

/// One cell that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell<'t> {
    /// Position of its column in [`Table::columns`].
    pub column: usize,
    /// The text, exactly as it is written.
    pub text: Cow<'t, str>,
}

/// The first line of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Reads a table. A byte order mark and any ends of lines are fine.
#[must_use]
pub fn parse(text: &str) -> Table<'_> {
    let (header, rows) = open(text);
    let rows = rows.map(|row| record(&header.columns, row)).collect();
    Table {
        columns: header.columns,
        problems: header.problems,
        rows,
    }
}

/// Reads the header of a table, and answers the rows behind it, for [`record`] to read one by one.
pub fn open(text: &str) -> (Header, impl Iterator<Item = Row<'_>>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reading = cells::rows(text, Dialect::STRICT).filter(|row| !row.is_blank());
    let header = match reading.next() {
        Some(line) => {
            let (columns, mut problems) = columns::read(line.line, line.cells.iter().map(|cell| &*cell.text));
            if let Some(fault) = line.fault {
                problems.insert(0, malformed(&columns, fault));
            }
            Header { columns, problems }
        }
        None => Header {
            columns: Vec::new(),
            problems: vec![Problem {
                line: 1,
                column: None,
                text: "the text is empty; the first line must name the columns, such as \
                       `IndicatorType,IndicatorValue,Action`"
                    .into(),
            }],
        },
    };
    // Under a header that says nothing every row would be wrong, for no reason of its own.
    let is_used = header.columns.iter().any(Column::is_used);
    (header, reading.filter(move |_| is_used))
}

/// The value of a cell of a field of this kind; `None` if it cannot be one.
#[must_use]
pub fn field_value(kind: FieldKind, text: &str) -> Option<FieldValue> {
    let items = || text.split(',').map(str::trim).filter(|item| !item.is_empty());
    match kind {
        FieldKind::Text => Some(FieldValue::Text(text.to_owned())),
        FieldKind::Flag => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(FieldValue::Flag(true)),
            "false" => Some(FieldValue::Flag(false)),
            _ => None,
        },
        FieldKind::Whole => text.trim().parse().ok().map(FieldValue::Whole),
        FieldKind::Texts => Some(FieldValue::Texts(items().map(str::to_owned).collect())),
        FieldKind::Wholes => items()
            .map(|item| item.parse().ok())
            .collect::<Option<_>>()
            .map(FieldValue::Wholes),
        FieldKind::Certificate => None,
    }
}

/// Reads a row.
///
/// # Errors
/// What is wrong with its form.
pub fn record<'t>(columns: &[Column], row: Row<'t>) -> Result<Record<'t>, Problem> {
    if let Some(fault) = row.fault {
        return Err(malformed(columns, fault));
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
    let mut cells = Vec::with_capacity(count);
    for (column, cell) in row.cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_blank()) {
        match columns.get(column).map(|column| column.meaning) {
            Some(Meaning::Field(_) | Meaning::Certificate(_)) => cells.push(Cell {
                column,
                text: cell.text,
            }),
            Some(Meaning::Nameless) => {
                let text = format!(
                    "the column of cell {} has no name, but the cell holds {}; name the column, or empty the cell",
                    column + 1,
                    shown(&cell.text)
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

fn malformed(columns: &[Column], fault: Fault) -> Problem {
    let text = match fault.kind {
        FaultKind::Unclosed => {
            "the cell begins with a quote that is never closed, so all text after it belongs to the cell; close it \
             with `\"`"
        }
        FaultKind::TextBehind { .. } => {
            "the cell continues after its closing quote; write `\"\"` for a quote within a quoted cell, and only a \
             comma after the closing quote"
        }
    };
    Problem {
        line: fault.line,
        column: columns.get(fault.cell).map(|column| column.header.clone()),
        text: text.into(),
    }
}
