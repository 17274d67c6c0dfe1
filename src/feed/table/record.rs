//! Rows of a table as drafts.

use super::super::cells::{Cell, Row};
use super::super::lines;
use super::super::value::Item;
use super::super::{Options, Place, Reading, Reason, Refusal, Tlp, shown};
use super::words::{self, Word, Words};
use super::{Settings, Table, fields};
use crate::indicator::{CertificateInfo, Field, FieldValue, IndicatorType, instant_text};
use std::collections::BTreeMap;

/// How many lines a note names.
const NAMED: usize = 5;

/// Reads the rows of a table, one after the other.
pub struct Reader<'r, 't> {
    table: &'r Table<'t>,
    settings: &'r Settings,
    options: &'r Options,
    words: Words<'r>,
    reading: Reading,
    /// How many rows were read: each is one file, as far as it has several hashes.
    count: usize,
    /// Lines of which something is to be told, by what it is.
    told: BTreeMap<String, Vec<usize>>,
}

/// Why a row is no indicator, and what else a person should know.
type Skip = (Reason, Option<String>);

impl<'r, 't> Reader<'r, 't> {
    pub fn new(table: &'r Table<'t>, settings: &'r Settings, options: &'r Options) -> Self {
        Self {
            table,
            settings,
            options,
            words: Words { own: &settings.words },
            reading: Reading::default(),
            count: 0,
            told: BTreeMap::new(),
        }
    }

    /// Takes a row as drafts, or as one that is skipped.
    pub fn row(&mut self, row: &Row<'_>) {
        if self.is_header_again(row) {
            self.tell(row.line, "the names of the columns once more");
            return;
        }
        self.count += 1;
        let columns = &self.table.columns;
        let values: Vec<usize> = columns.values.clone();
        let said: Vec<usize> = values.iter().copied().filter(|at| text(row, *at).is_some()).collect();
        let first = said.first().or(values.first()).copied();
        let value = first.and_then(|at| text(row, at)).unwrap_or_default();
        let (expected, fields) = match self
            .expected(row)
            .and_then(|expected| Ok((expected, self.fields(row)?)))
        {
            Ok(read) => read,
            Err((reason, note)) => {
                // A row without a value is best known by what it says first.
                let value = if value.is_empty() { first_text(row) } else { value };
                let place = Place::Line(row.line, first.map(|at| self.name(at)));
                return self.reading.skip(place, reason, value, note);
            }
        };
        if said.is_empty() {
            let note = Some("the row has no value".to_owned());
            let place = Place::Line(row.line, first.map(|at| self.name(at)));
            return self.reading.skip(place, Reason::Value, first_text(row), note);
        }
        for at in said {
            let Some(value) = text(row, at) else { continue };
            let place = Place::Line(row.line, Some(self.name(at)));
            if self.settings.is_encoding_assumed && !value.is_ascii() {
                let note = "nothing in the file says its encoding, so the value cannot be read for certain; name it with \
                            `--encoding`";
                self.reading.skip(place, Reason::Value, value, Some(note.to_owned()));
                continue;
            }
            let is_url = expected.is_none() && columns.kind.is_none() && words::is_url_column(&self.name(at));
            self.reading.take(
                Item {
                    place,
                    text: value,
                    expected: expected.clone().or(is_url.then_some(IndicatorType::Url)),
                    fields: fields.clone(),
                    file: (values.len() > 1).then_some(self.count),
                    modified: None,
                    tlp: columns.tlp.and_then(|at| text(row, at)).map(tlp),
                },
                self.options,
            );
        }
    }

    /// What was read.
    pub fn finish<'c>(mut self, comments: impl Iterator<Item = Row<'c>>) -> Reading {
        for comment in comments {
            self.look_into(&comment);
        }
        let mut notes = self.table.columns.notes.clone();
        for (what, found) in self.told {
            let mut named: Vec<String> = found.iter().take(NAMED).map(ToString::to_string).collect();
            if found.len() > NAMED {
                named.push(format!("and {} more", found.len() - NAMED));
            }
            let lines = if found.len() == 1 { "line" } else { "lines" };
            notes.push(format!("{lines} {}: {what}", named.join(", ")));
        }
        notes.append(&mut self.reading.notes);
        self.reading.notes = notes;
        self.reading
    }

    /// Tells of a comment that looks like a row: somebody may not know that it is one.
    fn look_into(&mut self, comment: &Row<'_>) {
        let Some(text) = comment.cells.first().map(|cell| &cell.text) else {
            return;
        };
        let mark = self.table.dialect.comment;
        let bare = text.trim_start().strip_prefix(mark).unwrap_or(text).trim_start();
        let plain = super::Dialect {
            comment: "",
            ..self.table.dialect
        };
        let Some(row) = super::super::cells::rows(bare, plain).next() else {
            return;
        };
        let names = &self.table.header.names;
        let is_value = |at: &usize| {
            let text = self::text(&row, *at).unwrap_or_default();
            super::super::value::take(text, None, &Options::default())
                .outcome
                .is_ok()
        };
        if names.len() > 1 && row.cells.len() == names.len() && self.table.columns.values.iter().any(is_value) {
            self.tell(
                comment.line,
                "a comment that looks like a row was not read; `--comment \"\"` reads it",
            );
        }
    }

    fn tell(&mut self, line: usize, what: &str) {
        self.told.entry(what.to_owned()).or_default().push(line);
    }

    fn name(&self, at: usize) -> String {
        self.table
            .header
            .names
            .get(at)
            .cloned()
            .unwrap_or_else(|| (at + 1).to_string())
    }

    /// Whether the row repeats the header, as files that were joined have it.
    fn is_header_again(&self, row: &Row<'_>) -> bool {
        let names = &self.table.header.names;
        let same = |(cell, name): (&Cell<'_>, &String)| cell.text.trim() == name;
        self.table.header.line.is_some() && row.cells.len() == names.len() && row.cells.iter().zip(names).all(same)
    }

    /// The type that the row says.
    fn expected(&self, row: &Row<'_>) -> Result<Option<IndicatorType>, Skip> {
        if let Some(note) = malformed(row, self.table.header.names.len()) {
            return Err((Reason::Malformed, Some(note)));
        }
        if self.settings.type_is.is_some() {
            return Ok(self.settings.type_is.clone());
        }
        let Some(word) = self.table.columns.kind.and_then(|at| text(row, at)) else {
            return Ok(None);
        };
        match self.words.meaning(word) {
            Some(Word::Type(kind)) => Ok(Some(kind)),
            Some(Word::Any) => Ok(None),
            Some(Word::Other) | None => {
                let note = format!(
                    "{} is no type that Defender has; `--map WORD=TYPE` says what a word means",
                    shown(word)
                );
                Err((Reason::Type, Some(note)))
            }
        }
    }

    /// What the row says beside its value.
    fn fields(&mut self, row: &Row<'_>) -> Result<Vec<(Field, FieldValue)>, Skip> {
        let columns = &self.table.columns;
        let malformed = |note: String| (Reason::Malformed, Some(note));
        if let Some(said) = columns.revoked.and_then(|at| text(row, at))
            && fields::flag(said).map_err(malformed)?
        {
            return Err((Reason::Revoked, None));
        }
        if let (Some(most), Some(said)) = (self.options.max_tlp, columns.tlp.and_then(|at| text(row, at)))
            && tlp(said) > most
        {
            return Err((Reason::Tlp, Some(format!("it is marked {}", shown(said)))));
        }
        let mut found: Vec<(Field, FieldValue)> = Vec::new();
        let mut told = Vec::new();
        for (field, at) in &columns.fields {
            let Some(text) = text(row, *at) else { continue };
            match fields::read(*field, text) {
                Ok(value) => found.extend(value.map(|value| (*field, value))),
                Err(_) if !columns.is_ours && fields::is_decoration(*field) => {
                    told.push(format!(
                        "column {} does not hold what `{field}` takes here",
                        shown(&self.name(*at))
                    ));
                }
                Err(note) => return Err(malformed(note)),
            }
        }
        let mut certificate = CertificateInfo::default();
        for (fact, at) in &columns.facts {
            *fact.place(&mut certificate) = text(row, *at).map(str::to_owned);
        }
        if certificate != CertificateInfo::default() {
            found.push((Field::CertificateInfo, FieldValue::Certificate(certificate)));
        }
        match self.end_of_life(row, &found) {
            Ok(end) => found.extend(end.map(|end| (Field::ExpirationTime, end))),
            Err(what) => told.push(what.to_owned()),
        }
        found.sort_by_key(|(field, _)| *field);
        for what in told {
            self.tell(row.line, &what);
        }
        Ok(found)
    }

    /// When the row expires by its lifetime, if it has no expiry of its own; or why it cannot.
    fn end_of_life(&self, row: &Row<'_>, found: &[(Field, FieldValue)]) -> Result<Option<FieldValue>, &'static str> {
        let is_said = |(field, _): &(Field, FieldValue)| matches!(field, Field::ExpirationTime | Field::Lifetime);
        let Some(lifetime) = self.options.lifetime.filter(|_| !found.iter().any(is_said)) else {
            return Ok(None);
        };
        let said = self.table.columns.seen.and_then(|at| text(row, at));
        let seen = said.and_then(fields::instant);
        let seen = seen.ok_or("no time at which the row was seen last, so `--lifetime` gives it no expiry")?;
        Ok(Some(FieldValue::Text(instant_text(lifetime.end(seen)))))
    }
}

/// What a cell says, if it says something.
fn text<'c>(row: &'c Row<'_>, at: usize) -> Option<&'c str> {
    row.cells
        .get(at)
        .filter(|cell| !cell.is_blank())
        .map(|cell| &*cell.text)
}

/// What is wrong with the form of a row: its quotes, or more cells than there are columns.
pub fn malformed(row: &Row<'_>, columns: usize) -> Option<String> {
    if row.fault.is_some() {
        return Some("a cell goes on behind its closing quote, so where it ends is not known".to_owned());
    }
    let has_more = row.cells.iter().skip(columns).any(|cell| !cell.is_blank());
    has_more.then(|| {
        let count = row.cells.len();
        format!("the row has {count} cells, but there are {columns} columns; quote cells that contain the delimiter")
    })
}

/// Notes that nothing from this row on was read.
pub fn cut(reading: &mut Reading, row: &Row<'_>, refusal: &Refusal) {
    let line = row.fault.map_or(row.line, |fault| fault.line);
    let place = Place::Line(line, None);
    reading.skip(place, Reason::Malformed, first_text(row), Some(refusal.text.clone()));
    reading
        .notes
        .push(format!("line {line}: nothing behind this line was read"));
    reading.is_cut = true;
}

/// What the row says first, on its first line.
pub fn first_text<'c>(row: &'c Row<'_>) -> &'c str {
    let said = row.cells.iter().find(|cell| !cell.is_blank());
    let said = said.map(|cell| &*cell.text).unwrap_or_default();
    lines::numbered(said).next().map_or("", |(_, line)| line)
}

/// The level of a word. What is none may be the strictest.
fn tlp(text: &str) -> Tlp {
    let text = text.trim().to_ascii_lowercase();
    Tlp::from_name(text.strip_prefix("tlp:").unwrap_or(&text)).unwrap_or(Tlp::Red)
}
