//! A list of somebody else as rows of ours, with a report that adds up.

mod format;
#[cfg(test)]
mod tests;

pub use format::Format;

use super::text::{check, decode};
use super::write::Row;
use super::{Draft, Options, Place, Reason, Refusal, Rewritten, Skipped, settle, shown, table};
use crate::indicator::{Action, Field, FieldValue, IndicatorType, Severity, canonical};
use std::collections::BTreeMap;

/// What to do with a list.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The name of the list, for rows without a title or a description.
    pub name: Option<String>,
    /// What the list is, if its content is not to decide.
    pub format: Option<Format>,
    /// Name of the encoding, if the bytes are not to decide.
    pub encoding: Option<String>,
    /// What somebody says of a table.
    pub table: table::Settings,
    /// What to take.
    pub take: Options,
    /// The action of rows that have none.
    pub action: Option<Action>,
    /// The severity of rows that have none.
    pub severity: Option<Severity>,
    /// The title of all rows; empty for none.
    pub title: Option<String>,
    /// The description of all rows; empty for none.
    pub description: Option<String>,
}

/// A converted list.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    /// The rows, sorted.
    pub rows: Vec<Row>,
    /// What became of everything.
    pub report: Report,
}

/// What became of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What the list was read as.
    pub format: Format,
    /// The encoding that it was read in.
    pub encoding: &'static str,
    /// Whether nothing says that it is this encoding.
    pub is_encoding_assumed: bool,
    /// How many rows came of it.
    pub rows: usize,
    /// Everything that is no row.
    pub skipped: Vec<Skipped>,
    /// Values that were spelled anew.
    pub rewritten: Vec<Rewritten>,
    /// What a person should know of the whole list.
    pub notes: Vec<String>,
    /// Whether there are expiries, so that the time has a part in the result.
    pub has_expiries: bool,
    /// Whether the list was read in part only.
    pub is_cut: bool,
    /// Why there are no rows, if there are none.
    pub empty: Option<String>,
}

impl Report {
    /// How many items the list has: each became a row or was skipped. A network that was taken apart counts once for each
    /// address.
    #[must_use]
    pub fn items(&self) -> usize {
        self.rows + self.skipped.len()
    }

    /// How many items were skipped for each reason.
    #[must_use]
    pub fn by_reason(&self) -> BTreeMap<Reason, usize> {
        let mut counts = BTreeMap::new();
        for one in &self.skipped {
            *counts.entry(one.reason).or_default() += 1;
        }
        counts
    }
}

/// Converts a list. The same bytes and the same request give the same rows, whatever the order of the list is.
///
/// # Errors
///
/// Why the bytes cannot be read as a list at all.
pub fn convert(bytes: &[u8], request: &Request) -> Result<Conversion, Refusal> {
    let decoded = decode(bytes, request.encoding.as_deref())?;
    check(&decoded.text)?;
    let text = &*decoded.text;
    let settings = table::Settings {
        is_encoding_assumed: decoded.is_assumed,
        ..request.table.clone()
    };
    let format = match request.format {
        Some(format) => format,
        None => Format::detect(text, &settings)?,
    };
    let mut reading = format.read(text, &settings, &request.take)?;
    for draft in &mut reading.drafts {
        add(
            &mut draft.fields,
            Field::Action,
            request.action.as_ref().map(Action::as_str),
        );
        add(
            &mut draft.fields,
            Field::Severity,
            request.severity.as_ref().map(Severity::as_str),
        );
    }
    // So that nothing depends on the order of the text, not even which of two equals is told.
    reading.drafts.sort_by_cached_key(order);
    let reading = settle(reading, &request.take);
    let is_expiry = |(field, _): &(Field, FieldValue)| *field == Field::ExpirationTime;
    let has_expiries = reading.drafts.iter().any(|draft| draft.fields.iter().any(is_expiry))
        || reading.skipped.iter().any(|one| one.reason == Reason::Expired);
    let mut notes = reading.notes;
    let mut rows = rows(reading.drafts, request, &mut notes);
    rows.sort();
    notes.extend(several_actions(&rows));
    let mut skipped = reading.skipped;
    skipped.sort_by_key(|one| line(&one.place));
    Ok(Conversion {
        report: Report {
            format,
            encoding: decoded.encoding,
            is_encoding_assumed: decoded.is_assumed,
            rows: rows.len(),
            skipped,
            rewritten: reading.rewritten,
            notes,
            has_expiries,
            is_cut: reading.is_cut,
            empty: reading.empty.filter(|_| rows.is_empty()),
        },
        rows,
    })
}

/// The line of a place; places in JSON stay in their order.
fn line(place: &Place) -> usize {
    match place {
        Place::Line(line, _) => *line,
        Place::Path(..) => 0,
    }
}

/// An order of drafts that does not depend on where they stand.
fn order(draft: &Draft) -> (IndicatorType, String, String, Vec<String>) {
    let said = draft
        .fields
        .iter()
        .map(|(field, value)| format!("{field} {value}"))
        .collect();
    let kind = draft.indicator_type.clone();
    let spelling = canonical(&kind, &draft.value);
    (kind, spelling, draft.value.clone(), said)
}

/// Gives a field to a row that does not say it. Whether the row did not.
fn add(fields: &mut Vec<(Field, FieldValue)>, field: Field, value: Option<&str>) -> bool {
    let is_blank = |value: &FieldValue| matches!(value, FieldValue::Text(text) if text.trim().is_empty());
    let is_said = fields.iter().any(|(other, value)| *other == field && !is_blank(value));
    if let Some(value) = value.filter(|_| !is_said) {
        put(fields, field, value);
    }
    !is_said
}

fn put(fields: &mut Vec<(Field, FieldValue)>, field: Field, value: &str) {
    fields.retain(|(other, _)| *other != field);
    fields.push((field, FieldValue::Text(value.to_owned())));
    fields.sort_by_key(|(field, _)| *field);
}

/// The drafts as rows, with the titles and descriptions that they lack.
fn rows(drafts: Vec<Draft>, request: &Request, notes: &mut Vec<String>) -> Vec<Row> {
    let texts = [
        (Field::Title, &request.title),
        (Field::Description, &request.description),
    ];
    let mut lacking = [0, 0];
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut fields = draft.fields;
        for ((field, text), lacking) in texts.iter().zip(&mut lacking) {
            match text {
                Some(text) => put(&mut fields, *field, text),
                None => *lacking += usize::from(add(&mut fields, *field, request.name.as_deref())),
            }
        }
        put(&mut fields, Field::Value, &draft.value);
        put(&mut fields, Field::Type, draft.indicator_type.as_str());
        rows.push(Row::new(fields));
    }
    for ((field, _), count) in texts.iter().zip(lacking).filter(|(_, count)| *count > 0) {
        notes.push(match &request.name {
            Some(name) => format!("`{field}` of {count} rows is the name of the file, {}", shown(name)),
            None => format!("{count} rows have no `{field}`; `--{field}-is` gives one to all rows"),
        });
    }
    rows
}

/// How many values a note names.
const NAMED: usize = 5;

/// Tells of values with several actions, of which Defender obeys one. The rows are sorted.
fn several_actions(rows: &[Row]) -> Option<String> {
    let pairs = rows.windows(2).filter_map(|pair| match pair {
        [one, other] if one.is_same_value(other) && one.action() != other.action() => Some(shown(one.value())),
        _ => None,
    });
    let mut several: Vec<String> = pairs.collect();
    several.dedup();
    let more = several.len().saturating_sub(NAMED);
    several.truncate(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let named = several.join(", ");
    (!several.is_empty()).then(|| format!("values with several actions, of which Defender obeys one: {named}{more}"))
}
