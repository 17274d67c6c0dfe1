//! MISP's own export as CSV: the rules of MISP hold for it, and not those of plain tables. An attribute that is not for
//! detection is no indicator, and a hash may be one of a part of a file.

use super::super::cells::Row;
use super::super::misp::{self, Attribute};
use super::super::{Options, Place, Reading, Reason, Refusal};
use super::header::Header;
use super::record::{cut, first_text, malformed};
use super::words::plain;
use super::{Settings, Step, each};
use std::borrow::Cow;

/// Whether the columns are those of MISP's export.
#[must_use]
pub fn is_one(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| plain(name) == wanted);
    has("type") && has("value") && has("toids") && (has("uuid") || has("eventid"))
}

/// Reads an export.
///
/// # Errors
///
/// A quote may swallow rows, unless `settings` say to keep going.
pub fn read<'t>(
    rows: impl Iterator<Item = Row<'t>>,
    header: &Header,
    settings: &Settings,
    options: &Options,
) -> Result<Reading, Refusal> {
    let at = |wanted: &str| header.names.iter().position(|name| plain(name) == wanted);
    let columns = Columns {
        kind: at("type"),
        value: at("value"),
        to_ids: at("toids"),
        comment: at("comment"),
        date: at("date"),
        last_seen: at("lastseen"),
        object: at("objectname"),
        relation: at("objectrelation"),
        object_uuid: at("objectuuid"),
        tags: [at("attributetag"), at("eventtag")],
        info: at("eventinfo"),
    };
    let mut broken = Reading::default();
    let mut sound = Vec::new();
    let end = each(rows, settings.keep_going, |row| {
        match malformed(&row, header.names.len()) {
            Some(note) => broken.skip(
                Place::Line(row.line, None),
                Reason::Malformed,
                first_text(&row),
                Some(note),
            ),
            None => sound.push(row),
        }
    })?;
    let dates: Vec<Cow<'_, str>> = sound.iter().map(|row| date(text(row, columns.date))).collect();
    let tags: Vec<String> = sound
        .iter()
        .map(|row| columns.tags.map(|at| text(row, at)).join(","))
        .collect();
    let value = columns.value.and_then(|at| header.names.get(at));
    let attributes: Vec<(Place, Attribute<'_>)> = sound
        .iter()
        .zip(dates.iter().zip(&tags))
        .map(|(row, (date, tags))| {
            (
                Place::Line(row.line, value.cloned()),
                columns.attribute(row, date, tags),
            )
        })
        .collect();
    let mut reading = misp::read_attributes(&attributes, options);
    reading.skipped.append(&mut broken.skipped);
    reading
        .notes
        .insert(0, "MISP's CSV export, read by the rules of MISP".to_owned());
    if let Step::Stopped(row, refusal) = end {
        cut(&mut reading, &row, &refusal);
    }
    Ok(reading)
}

/// The positions of what is read.
struct Columns {
    kind: Option<usize>,
    value: Option<usize>,
    to_ids: Option<usize>,
    comment: Option<usize>,
    date: Option<usize>,
    last_seen: Option<usize>,
    object: Option<usize>,
    relation: Option<usize>,
    object_uuid: Option<usize>,
    tags: [Option<usize>; 2],
    info: Option<usize>,
}

impl Columns {
    fn attribute<'r>(&self, row: &'r Row<'_>, date: &'r str, tags: &'r str) -> Attribute<'r> {
        Attribute {
            kind: text(row, self.kind),
            value: text(row, self.value),
            to_ids: text(row, self.to_ids),
            comment: text(row, self.comment),
            timestamp: date,
            last_seen: text(row, self.last_seen),
            object: text(row, self.object),
            relation: text(row, self.relation),
            object_uuid: text(row, self.object_uuid),
            tags,
            info: text(row, self.info),
        }
    }
}

fn text<'r>(row: &'r Row<'_>, at: Option<usize>) -> &'r str {
    let cell = at.and_then(|at| row.cells.get(at));
    cell.map(|cell| &*cell.text).unwrap_or_default()
}

/// An instant for a date such as `20260115`, which would else be a number of seconds.
fn date(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let is_date = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    match is_date {
        true => Cow::Owned(format!("{}-{}-{}T00:00:00Z", &text[..4], &text[4..6], &text[6..])),
        false => Cow::Borrowed(text),
    }
}
