//! Indicators as files: the portal's CSV, a CSV of all fields, and the JSON text that `indicators` takes.
//!
//! What is written depends on the rows alone and not on their order, so that the same list is the same file.

mod json;
mod row;
#[cfg(test)]
mod tests;

pub use json::{Entry, key_of, push_entry, push_member};
pub use row::Row;

use super::csv::certificate_header;
use super::shown;
use crate::indicator::{CertificateFact, Field, FieldValue, IndicatorType};
use crate::outgoing::holds_command;
use std::collections::HashSet;

/// Most rows that the Defender portal takes in one file.
pub const PORTAL_ROWS: usize = 500;

/// The columns of the portal's CSV, in its own order.
const PORTAL: [Field; 12] = [
    Field::Type,
    Field::Value,
    Field::ExpirationTime,
    Field::Action,
    Field::Severity,
    Field::Title,
    Field::Description,
    Field::RecommendedActions,
    Field::RbacGroupNames,
    Field::Category,
    Field::MitreTechniques,
    Field::GenerateAlert,
];

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV with the portal's header; what the portal's file has no column for follows under the attributes' names.
    Portal,
    /// CSV that the portal takes: its header and nothing else, with a byte order mark and CR LF.
    Upload,
    /// CSV with the attributes' names and only the columns that say something.
    Attributes,
    /// JSON: an object of rows by key, one row a line.
    Json,
}

/// Why a row cannot be written in a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    /// The value of the row.
    pub value: String,
    /// The field that is to blame.
    pub field: Field,
    /// What is wrong and what to do, without a full stop at the end.
    pub text: String,
}

/// The text of a file of these rows, in the order of [`Row`].
///
/// # Errors
///
/// Everything that the form cannot say.
pub fn render(rows: &[Row], format: Format) -> Result<String, Vec<Unwritable>> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort();
    if format == Format::Json {
        return Ok(json_list(&rows));
    }
    let unwritable: Vec<Unwritable> = rows.iter().flat_map(|row| unwritable(row, format)).collect();
    if !unwritable.is_empty() {
        return Err(unwritable);
    }
    let (mark, end) = match format {
        Format::Upload => ("\u{feff}", "\r\n"),
        _ => ("", "\n"),
    };
    let columns = columns(&rows, format);
    let mut text = mark.to_owned();
    push_line(&mut text, columns.iter().map(|column| column.header(format)), end);
    for row in rows {
        push_line(&mut text, columns.iter().map(|column| column.cell(row)), end);
    }
    Ok(text)
}

/// The fields of the rows for which the portal has no column.
#[must_use]
pub fn without_portal_column(rows: &[Row]) -> Vec<Field> {
    let has = |field: &Field| !PORTAL.contains(field) && rows.iter().any(|row| row.get(*field).is_some());
    Field::ALL.iter().copied().filter(has).collect()
}

/// Whether the portal's page on its CSV names the type.
#[must_use]
pub fn is_portal_type(indicator_type: &IndicatorType) -> bool {
    !matches!(
        indicator_type,
        IndicatorType::FileMd5 | IndicatorType::CertificateThumbprint | IndicatorType::Other(_)
    )
}

/// One column of a CSV.
#[derive(Clone, Copy)]
enum Column {
    Field(Field),
    Fact(CertificateFact),
}

impl Column {
    fn header(self, format: Format) -> String {
        match self {
            Self::Field(field) => match field.portal_name() {
                Some(name) if format != Format::Attributes => name.to_owned(),
                _ => field.name().to_owned(),
            },
            Self::Fact(fact) => certificate_header(fact),
        }
    }

    fn cell(self, row: &Row) -> String {
        match self {
            Self::Field(field) => row.get(field).map(cell).unwrap_or_default(),
            Self::Fact(fact) => match row.get(Field::CertificateInfo) {
                Some(FieldValue::Certificate(info)) => fact.of(info).unwrap_or_default().to_owned(),
                _ => String::new(),
            },
        }
    }

    /// The columns of a field.
    fn of(field: Field) -> Vec<Self> {
        match field {
            Field::CertificateInfo => CertificateFact::ALL.into_iter().map(Self::Fact).collect(),
            field => vec![Self::Field(field)],
        }
    }
}

fn columns(rows: &[&Row], format: Format) -> Vec<Column> {
    let is_used = |column: &Column| rows.iter().any(|row| !column.cell(row).is_empty());
    let needed = [Field::Type, Field::Value];
    let portal = PORTAL.iter().copied().map(Column::Field);
    let others = Field::ALL.iter().filter(|field| !PORTAL.contains(field));
    let others = others.copied().flat_map(Column::of).filter(is_used);
    match format {
        Format::Upload => portal.collect(),
        Format::Portal | Format::Json => portal.chain(others).collect(),
        Format::Attributes => portal
            .filter(|column| matches!(column, Column::Field(field) if needed.contains(field)) || is_used(column))
            .chain(others)
            .collect(),
    }
}

/// A value as a cell has it.
fn cell(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Whole(number) => number.to_string(),
        FieldValue::Texts(texts) => texts.join(","),
        FieldValue::Wholes(numbers) => numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        FieldValue::Certificate(_) => String::new(),
    }
}

/// What a CSV would say otherwise than the row does.
fn unwritable(row: &Row, format: Format) -> Vec<Unwritable> {
    let told = |field: Field, text: String| Unwritable {
        value: row.value().to_owned(),
        field,
        text,
    };
    let mut found = Vec::new();
    for (field, value) in row.fields() {
        let FieldValue::Texts(texts) = value else { continue };
        let is_joined = |text: &&String| text.contains(',') || text.trim() != text.as_str() || text.is_empty();
        if let Some(text) = texts.iter().find(is_joined) {
            let text = format!(
                "a cell of CSV separates the items of `{field}` by commas, so it cannot hold {}; write JSON",
                shown(text)
            );
            found.push(told(*field, text));
        }
    }
    if format == Format::Upload && row.get(Field::Action).is_none() {
        let text = "the portal takes no row without an action; give one to all rows with `--action`";
        found.push(told(Field::Action, text.to_owned()));
    }
    found
}

fn push_line(text: &mut String, cells: impl Iterator<Item = String>, end: &str) {
    for (position, cell) in cells.enumerate() {
        if position > 0 {
            text.push(',');
        }
        // Blanks at the ends are part of what a cell says, and some readers take them off where no quote holds them.
        if cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str(end);
}

fn json_list(rows: &[&Row]) -> String {
    let mut text = String::from("{");
    let mut keys = HashSet::new();
    for row in rows {
        text.push_str(if keys.is_empty() { "\n" } else { ",\n" });
        let key = free_key(row, &keys);
        let is_value = |field: Field| field == Field::Value && key == row.value();
        let fields = row.fields().iter().filter(|(field, _)| !is_value(*field));
        let entry: Entry = (key.clone(), fields.cloned().collect());
        let mut line = String::new();
        push_entry(&mut line, &entry);
        // The same text for whoever reads JSON, and none for an agent that reads a log.
        text.push_str(&match holds_command(&line) {
            true => line.replace("##", "\\u0023#"),
            false => line,
        });
        keys.insert(key);
    }
    text.push_str(if keys.is_empty() { "}\n" } else { "\n}\n" });
    text
}

/// A key that no other row has: the value, with the action where a value has several rows, and with a number.
fn free_key(row: &Row, keys: &HashSet<String>) -> String {
    let key = key_of(row.value());
    let numbered = (2..).map(|number: usize| format!("{key} {number}"));
    let named = format!("{key} {}", row.action().unwrap_or_default());
    [key.clone(), named.trim_end().to_owned()]
        .into_iter()
        .chain(numbered)
        .find(|key| !keys.contains(key))
        .unwrap_or(key)
}
