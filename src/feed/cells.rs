//! Rows and cells of tables, with their places, whatever separates them.
//!
//! Quotes are read as RFC 4180 has them. A quote that is never closed makes the rest of a text one cell, and one that
//! closes in a later row can leave a row with the right number of cells and the rows between without a word; so a row
//! says what is wrong with its quotes.

#[cfg(test)]
mod tests;

use super::lines;
use std::borrow::Cow;
use std::ops::Range;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect<'t> {
    /// What separates the cells: an ASCII character that is no quote and ends no line.
    pub delimiter: u8,
    /// Whether blanks may stand around a quoted cell.
    pub blanks: bool,
    /// What a line begins with that is a comment; nothing for none.
    pub comment: &'t str,
}

impl Dialect<'static> {
    /// RFC 4180, and nothing else.
    pub const STRICT: Self = Self {
        delimiter: b',',
        blanks: false,
        comment: "",
    };
}

/// One row: a line, unless a quoted cell goes on in the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'t> {
    /// The line that it begins in, counted from 1.
    pub line: usize,
    /// Its bytes, without the end of its line.
    pub at: Range<usize>,
    /// Its cells, one at least. A comment is one cell.
    pub cells: Vec<Cell<'t>>,
    /// Whether it is a comment.
    pub is_comment: bool,
    /// What is wrong with its quotes first.
    pub fault: Option<Fault>,
}

impl Row<'_> {
    /// Whether no cell says anything, and nothing is wrong with that.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.fault.is_none() && self.cells.iter().all(Cell::is_blank)
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell<'t> {
    /// What it says, without the quotes around it.
    pub text: Cow<'t, str>,
    /// Its bytes, with the quotes around it.
    pub at: Range<usize>,
    /// The line that it begins in.
    pub line: usize,
}

impl Cell<'_> {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// What is wrong with the quotes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Position of the cell in its row, counted from 0.
    pub cell: usize,
    /// The line that the cell begins in.
    pub line: usize,
    /// What is wrong.
    pub kind: FaultKind,
}

/// How a cell is quoted in a way that may swallow others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It is never closed.
    Unclosed,
    /// It is closed, in this line, and goes on.
    TextBehind {
        /// The line of its closing quote.
        closed: usize,
    },
}

/// The rows of a text, blank ones and comments too.
pub fn rows<'t>(text: &'t str, dialect: Dialect<'t>) -> Rows<'t> {
    Rows {
        text,
        dialect,
        at: 0,
        line: 1,
    }
}

/// See [`rows`].
#[derive(Debug, Clone)]
pub struct Rows<'t> {
    text: &'t str,
    dialect: Dialect<'t>,
    at: usize,
    line: usize,
}

impl<'t> Iterator for Rows<'t> {
    type Item = Row<'t>;

    fn next(&mut self) -> Option<Row<'t>> {
        if self.at >= self.text.len() {
            return None;
        }
        let (start, line) = (self.at, self.line);
        let mut row = Row {
            line,
            at: start..start,
            cells: Vec::new(),
            is_comment: false,
            fault: None,
        };
        let comment = self.dialect.comment;
        if !comment.is_empty() && self.text[start..].trim_start_matches([' ', '\t']).starts_with(comment) {
            row.is_comment = true;
            let end = lines::end_behind(self.text, start);
            row.cells.push(self.plain(start, end));
        } else {
            while self.cell(&mut row) {}
        }
        row.at.end = self.at;
        let end = lines::end_at(self.text, self.at);
        self.at += end;
        self.line += usize::from(end > 0);
        Some(row)
    }
}

impl<'t> Rows<'t> {
    /// Reads a cell. Whether another one follows in the row.
    fn cell(&mut self, row: &mut Row<'t>) -> bool {
        let start = self.at;
        let quote = self.behind_blanks(start);
        if self.byte(quote) == Some(b'"') {
            self.quoted(start, quote + 1, row);
        } else {
            let end = self.end_of_plain(start);
            row.cells.push(self.plain(start, end));
        }
        let is_followed = self.byte(self.at) == Some(self.dialect.delimiter);
        self.at += usize::from(is_followed);
        is_followed
    }

    fn plain(&mut self, start: usize, end: usize) -> Cell<'t> {
        self.at = end;
        Cell {
            text: Cow::Borrowed(&self.text[start..end]),
            at: start..end,
            line: self.line,
        }
    }

    /// Reads a cell whose quote stands before `inner`.
    fn quoted(&mut self, start: usize, inner: usize, row: &mut Row<'t>) {
        let line = self.line;
        let position = row.cells.len();
        let mut fault = |kind| {
            row.fault.get_or_insert(Fault {
                cell: position,
                line,
                kind,
            });
        };
        let (end, is_doubled) = closing_quote(self.text, inner);
        let inside = &self.text[inner..end.unwrap_or(self.text.len())];
        self.line += lines::ends(inside);
        match end {
            None => {
                fault(FaultKind::Unclosed);
                self.at = self.text.len();
            }
            Some(quote) => {
                self.at = self.behind_blanks(quote + 1);
                let next = self.byte(self.at);
                if next.is_some_and(|byte| byte != self.dialect.delimiter && !matches!(byte, b'\r' | b'\n')) {
                    fault(FaultKind::TextBehind { closed: self.line });
                    // Where the cell ends is not known, but the line certainly ends the row.
                    self.at = lines::end_behind(self.text, self.at);
                }
            }
        }
        let text = if is_doubled {
            Cow::Owned(inside.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(inside)
        };
        row.cells.push(Cell {
            text,
            at: start..self.at,
            line,
        });
    }

    /// The place behind blanks, where they may stand.
    fn behind_blanks(&self, mut at: usize) -> usize {
        if self.dialect.blanks {
            let delimiter = self.dialect.delimiter;
            while self
                .byte(at)
                .is_some_and(|byte| matches!(byte, b' ' | b'\t') && byte != delimiter)
            {
                at += 1;
            }
        }
        at
    }

    fn end_of_plain(&self, start: usize) -> usize {
        let rest = &self.text.as_bytes()[start..];
        memchr::memchr3(self.dialect.delimiter, b'\n', b'\r', rest).map_or(self.text.len(), |end| start + end)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }
}

/// The quote that closes a cell, and whether the cell holds doubled ones.
fn closing_quote(text: &str, mut from: usize) -> (Option<usize>, bool) {
    let bytes = text.as_bytes();
    let mut is_doubled = false;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memchr(b'"', rest)) {
        let quote = from + found;
        if bytes.get(quote + 1) != Some(&b'"') {
            return (Some(quote), is_doubled);
        }
        is_doubled = true;
        from = quote + 2;
    }
    (None, is_doubled)
}
