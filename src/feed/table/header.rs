//! The names of the columns: in the first line, below a note, in the last comment before the data, or nowhere.

use super::super::cells::{Dialect, Row};
use super::super::{Place, Reason, Refusal, shown, value};
use super::dialect;
use super::words::{Word, Words, is_column_name};
use super::{Settings, survey};
use crate::indicator::visible;

/// How many rows are looked at to tell a header from data.
const SAMPLE: usize = 200;

/// How many rows may stand above a header as notes.
const NOTES: usize = 5;

/// More letters than the name of a column has.
const LONGEST_NAME: usize = 60;

/// The columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The names of the columns, or their numbers.
    pub names: Vec<String>,
    /// The line of the names; none if the columns have numbers.
    pub line: Option<usize>,
    /// The byte at which the data begins.
    pub data: usize,
    /// What was taken for something else than data.
    pub notes: Vec<String>,
}

/// The header of a table.
///
/// # Errors
///
/// The first line is data, or nothing is there at all.
pub fn find(text: &str, dialect: Dialect<'_>, settings: &Settings) -> Result<Header, Refusal> {
    let mut comment = None;
    let mut rows: Vec<Row<'_>> = Vec::new();
    for row in dialect::everything(text, dialect).take(SAMPLE) {
        match (row.is_comment, rows.is_empty()) {
            (true, true) => comment = Some(row),
            (true, false) => {}
            (false, _) => rows.push(row),
        }
    }
    let Some(first) = rows.first() else {
        return Err(Refusal {
            place: None,
            text: "the file holds no rows".into(),
        });
    };
    let width = dialect::width(&rows);
    if settings.no_header {
        return Ok(Header {
            names: (1..=width).map(|number| number.to_string()).collect(),
            line: None,
            data: first.at.start,
            notes: Vec::new(),
        });
    }
    let words = Words { own: &settings.words };
    let mut notes = Vec::new();
    for (position, row) in rows.iter().enumerate().take(NOTES + 1) {
        let below = &rows[position + 1..];
        if is_data(row, below, words) {
            break;
        }
        if is_header(row, below, width) {
            return Ok(Header {
                names: row.cells.iter().map(|cell| name_of(&cell.text)).collect(),
                line: Some(row.line),
                data: row.at.end,
                notes,
            });
        }
        let said = row.cells.iter().filter(|cell| !cell.is_blank()).count();
        if said > 1 || width == 1 {
            break;
        }
        let said = row.cells.iter().find(|cell| !cell.is_blank());
        let said = said.map_or(String::new(), |cell| shown(&cell.text));
        notes.push(format!(
            "line {}, above the names of the columns, is a note: {said}",
            row.line
        ));
    }
    match comment.and_then(|comment| in_comment(&comment, dialect, width)) {
        Some(header) => Ok(header),
        None => Err(no_header(&rows, width, settings)),
    }
}

/// The header in a comment that stands before the data.
fn in_comment(comment: &Row<'_>, dialect: Dialect<'_>, width: usize) -> Option<Header> {
    let text = &comment.cells.first()?.text;
    let mut bare = text.trim_start();
    while let Some(rest) = bare
        .strip_prefix(dialect.comment)
        .filter(|_| !dialect.comment.is_empty())
    {
        bare = rest;
    }
    let plain = Dialect { comment: "", ..dialect };
    let row = super::super::cells::rows(bare, plain).next()?;
    let is_one = row.fault.is_none() && row.cells.len() == width && width > 1;
    let is_named = row.cells.iter().filter(|cell| !cell.is_blank()).count() * 2 >= width;
    (is_one && is_named).then(|| Header {
        names: row.cells.iter().map(|cell| name_of(&cell.text)).collect(),
        line: Some(comment.line),
        data: comment.at.end,
        notes: Vec::new(),
    })
}

fn no_header(rows: &[Row<'_>], width: usize, settings: &Settings) -> Refusal {
    let names: Vec<String> = (1..=width).map(|number| number.to_string()).collect();
    let guess = survey::columns(rows, &names, settings).ok();
    let numbers = guess.map_or_else(
        || "`--value 4 --type 3`".to_owned(),
        |columns| {
            let values: Vec<&str> = columns
                .values
                .iter()
                .filter_map(|at| Some(names.get(*at)?.as_str()))
                .collect();
            let kind = columns.kind.and_then(|at| names.get(at));
            let kind = kind.map_or(String::new(), |kind| format!(" --type {kind}"));
            format!("`--value {}{kind}`", values.join(","))
        },
    );
    Refusal {
        place: rows.first().map(|row| Place::Line(row.line, None)),
        text: format!(
            "the line is data, but the first line of a table names its columns. With `--no-header` the columns have \
             numbers, such as {numbers}"
        ),
    }
}

/// The name of a column, without what nobody sees.
fn name_of(text: &str) -> String {
    visible(text).trim().to_owned()
}

/// Whether the row has something that is no name of a column: a value, a number, a date, or a word that stands for types
/// in a column of such words.
fn is_data(row: &Row<'_>, below: &[Row<'_>], words: Words<'_>) -> bool {
    row.cells.iter().enumerate().any(|(column, cell)| {
        let text = cell.text.trim();
        if text.is_empty() {
            return false;
        }
        let is_number = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        if is_number || is_date(text) {
            return true;
        }
        match words.meaning(text) {
            Some(Word::Type(_) | Word::Other) => share(below, column, |text| words.meaning(text).is_some()),
            // A column of types may well be called `Indicator`.
            Some(Word::Any) => false,
            None => !is_column_name(text) && is_value(text),
        }
    })
}

fn is_date(text: &str) -> bool {
    matches!(
        text.as_bytes(),
        [a, b, c, d, b'-', e, f, b'-', ..] if [a, b, c, d, e, f].iter().all(|byte| byte.is_ascii_digit())
    )
}

/// Whether a text is a value, or more or less than one.
fn is_value(text: &str) -> bool {
    match value::take(text, None, &super::super::Options::default()).outcome {
        Ok(_) => true,
        Err((reason, _)) => reason != Reason::Value,
    }
}

/// Whether the row can be one of names, given what is below it.
fn is_header(row: &Row<'_>, below: &[Row<'_>], width: usize) -> bool {
    let is_name = |column: usize| {
        let text = row
            .cells
            .get(column)
            .map(|cell| name_of(&cell.text))
            .unwrap_or_default();
        is_column_name(&text) || looks_like_name(&text)
    };
    let said = row.cells.iter().filter(|cell| !cell.is_blank()).count();
    let of_values = |column: &usize| share(below, *column, is_value);
    row.fault.is_none() && said > 0 && said * 2 >= width && (0..width).filter(of_values).all(is_name)
}

/// Letters, digits, and what people put between words.
fn looks_like_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text.chars().count() <= LONGEST_NAME
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '_' | '-' | '/' | '(' | ')' | '&' | '#'))
}

/// Whether at least half of the cells below that say something are so, and one at all.
fn share(below: &[Row<'_>], column: usize, is: impl Fn(&str) -> bool) -> bool {
    let cells = below.iter().filter_map(|row| row.cells.get(column));
    let said: Vec<&str> = cells
        .map(|cell| cell.text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    let count = said.iter().filter(|text| is(text)).count();
    count > 0 && count * 2 >= said.len()
}
