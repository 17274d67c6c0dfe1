//! How a table is written: what separates its cells, and what its comments begin with.

use super::super::cells::{self, Dialect, Row};
use super::super::value;
use super::Settings;
use super::words::{is_column_name, value_rank};
use std::collections::HashMap;

/// What comments of feeds begin with.
const COMMENT: &str = "#";

/// What separates cells, the usual one first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many rows are looked at.
const SAMPLE: usize = 100;

/// The name of a delimiter for messages.
#[must_use]
pub fn name(delimiter: u8) -> String {
    match delimiter {
        b',' => "comma".to_owned(),
        b';' => "semicolon".to_owned(),
        b'\t' => "tab".to_owned(),
        b'|' => "bar".to_owned(),
        b' ' => "space".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

/// The delimiter of this name, or this character; nothing for what can be none.
#[must_use]
pub fn parse(text: &str) -> Option<u8> {
    let by_name = match text {
        "comma" => b',',
        "semicolon" => b';',
        "tab" | "\\t" => b'\t',
        "bar" | "pipe" => b'|',
        "space" => b' ',
        _ => match text.as_bytes() {
            [byte] => *byte,
            _ => return None,
        },
    };
    let is_delimiter =
        by_name.is_ascii() && !by_name.is_ascii_alphanumeric() && !matches!(by_name, b'"' | b'\r' | b'\n');
    (is_delimiter && (by_name == b'\t' || !by_name.is_ascii_control())).then_some(by_name)
}

/// The dialect of a text.
#[must_use]
pub fn find<'t>(text: &'t str, settings: &'t Settings) -> Dialect<'t> {
    let of = |delimiter| Dialect {
        delimiter,
        blanks: true,
        comment: settings.comment.as_deref().unwrap_or(COMMENT),
    };
    let said = settings
        .delimiter
        .or_else(|| separator_line(text).map(|(delimiter, _)| delimiter));
    said.map_or_else(|| best(text, of), of)
}

/// The delimiter that a first line such as `sep=;` says, and the length of that line. Excel writes and obeys it.
fn separator_line(text: &str) -> Option<(u8, usize)> {
    let end = super::super::lines::end_behind(text, 0);
    let line = text.get(..end)?;
    let rest = line
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case("sep="))
        .and(line.get(4..))?;
    // A delimiter that cannot be read as such may stand there itself.
    let delimiter = parse(rest).or_else(|| parse(rest.get(..1)?))?;
    Some((delimiter, end))
}

/// The rows that say something: without comments, blank rows and the line that names the delimiter.
pub fn body<'t>(text: &'t str, dialect: Dialect<'t>) -> impl Iterator<Item = Row<'t>> {
    everything(text, dialect).filter(|row| !row.is_comment)
}

/// The same with comments.
pub fn everything<'t>(text: &'t str, dialect: Dialect<'t>) -> impl Iterator<Item = Row<'t>> {
    let skipped = separator_line(text).map_or(0, |(_, length)| length);
    cells::rows(text, dialect).filter(move |row| row.at.end > skipped && !row.is_blank())
}

/// How many cells most rows have.
#[must_use]
pub fn width(rows: &[Row<'_>]) -> usize {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *counts.entry(row.cells.len()).or_default() += 1;
    }
    // Of counts that are equally usual the larger one: a row may leave out its last cells.
    let usual = counts.into_iter().max_by_key(|(cells, rows)| (*rows, *cells));
    usual.map_or(0, |(cells, _)| cells)
}

/// The delimiter under which the rows fall into most cells, alike in all rows, with values among them.
fn best<'t>(text: &'t str, of: impl Fn(u8) -> Dialect<'t>) -> Dialect<'t> {
    let mut best = (of(DELIMITERS[0]), 0);
    for delimiter in DELIMITERS {
        let dialect = of(delimiter);
        let score = score(text, dialect);
        if score > best.1 {
            best = (dialect, score);
        }
    }
    best.0
}

/// How well a dialect fits; 0 if it does not.
fn score(text: &str, dialect: Dialect<'_>) -> usize {
    let rows: Vec<Row<'_>> = body(text, dialect).take(SAMPLE).collect();
    let width = width(&rows);
    if width < 2 {
        return 0;
    }
    let share = |count: usize| count * 100 / rows.len().max(1);
    let alike = share(rows.iter().filter(|row| row.cells.len() == width).count());
    let is_value = |text: &str| {
        !text.trim().is_empty()
            && value::take(text, None, &super::super::Options::default())
                .outcome
                .is_ok()
    };
    let with_value = |row: &&Row<'_>| row.cells.iter().any(|cell| is_value(&cell.text));
    let valued = share(rows.iter().filter(with_value).count());
    // A hundred rows that are alike without a value still beat nothing.
    alike * (width - 1).min(50) * (10 + valued)
}

/// Whether a text is a table: most rows fall into the same number of cells, of which more than the first say something; or
/// there is one column with a name that columns of values have.
#[must_use]
pub fn is_table(text: &str, settings: &Settings) -> bool {
    if settings.is_about_columns() || separator_line(text).is_some() {
        return true;
    }
    let dialect = find(text, settings);
    let rows: Vec<Row<'_>> = body(text, dialect).take(SAMPLE).collect();
    let most = |is: &dyn Fn(&Row<'_>) -> bool| rows.iter().filter(|row| is(row)).count() * 10 >= rows.len() * 6;
    let first = |row: &Row<'_>| row.cells.first().map(|cell| cell.text.to_string()).unwrap_or_default();
    let width = width(&rows);
    if width < 2 {
        return rows.first().is_some_and(|row| value_rank(&first(row)) > 1);
    }
    let is_name = |text: &str| text.trim().is_empty() || is_column_name(text);
    let names = rows.first().map(|row| &row.cells).filter(|cells| cells.len() > 1);
    if names.is_some_and(|cells| cells.iter().all(|cell| is_name(&cell.text))) {
        return true;
    }
    // In a list this is a comment behind a value.
    let is_comment = |row: &Row<'_>| dialect.delimiter == b';' && first(row).ends_with([' ', '\t']);
    let says_more = |row: &Row<'_>| row.cells.iter().skip(1).any(|cell| !cell.is_blank());
    most(&|row| row.cells.len() == width) && most(&says_more) && !most(&is_comment) && !most(&is_of_hosts)
}

/// Addresses that the lines of a hosts file begin with.
const HOSTS: [&str; 4] = ["0.0.0.0", "127.0.0.1", "::", "::1"];

/// Whether a line is one of a hosts file, which may have tabs between its names.
fn is_of_hosts(row: &Row<'_>) -> bool {
    let first = row.cells.first().and_then(|cell| cell.text.split_whitespace().next());
    first.is_some_and(|first| HOSTS.contains(&first))
}
