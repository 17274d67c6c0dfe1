//! Plain lists: one value a line, with comments, as blocklists, sums of files and hosts files have them.
//!
//! A text in which most lines are no values is prose and refused as a whole: in prose a live link is a reference, and the
//! name of a file looks like a domain. On request, hashes and what its author defanged are taken out of it.

mod line;
mod prose;
#[cfg(test)]
mod tests;

use super::lines::numbered;
use super::value::take_line;
use super::{Item, Options, Place, Reading, Reason, Refusal, settle, text};
use crate::indicator::{Field, FieldValue, IndicatorType};
use line::Line;

/// Shortest run of hexadecimal digits that is taken for a damaged hash, and not for a word.
const SHORTEST_HASH: usize = 16;

/// Reads a list. A byte order mark and any line ends are fine.
///
/// # Errors
/// If the text is no text, has the marks of a merge that was not finished, or is prose.
pub fn read(text: &str, options: &Options) -> Result<Reading, Refusal> {
    text::check(text)?;
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = || numbered(bare);
    let mut reader = Reader {
        options,
        reading: Reading::default(),
        lines: 0,
        values: 0,
    };
    lines().for_each(|(number, line)| reader.line(number, line));
    if reader.values * 2 < reader.lines {
        if options.extract {
            return Ok(prose::read(lines(), options));
        }
        let (lines, others) = (reader.lines, reader.lines - reader.values);
        return Err(Refusal {
            place: None,
            text: format!(
                "this is prose, not a list: {others} of {lines} lines are no value. Write one value a line, or take \
                 hashes and defanged values out of it with `convert --extract`"
            ),
        });
    }
    Ok(reader.finish())
}

struct Reader<'o> {
    options: &'o Options,
    reading: Reading,
    /// How many lines say something.
    lines: usize,
    /// How many of them are values, if only damaged ones.
    values: usize,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, text: &str) {
        let place = Place::Line(number, None);
        match Line::of(text) {
            Line::Nothing => return,
            Line::Value { value, comment } => self.value(place, value, comment),
            Line::Host { names, comment } => {
                self.values += 1;
                for name in names {
                    self.name(&place, name, comment);
                }
            }
            Line::Prose(text) => self.reading.skip(
                place,
                Reason::Prose,
                text,
                Some("there is more than one value in the line, or text".into()),
            ),
        }
        self.lines += 1;
    }

    fn value(&mut self, place: Place, value: &str, comment: Option<&str>) {
        let taken = take_line(value, self.options);
        let is_value = match &taken.outcome {
            Ok(_) => true,
            Err((Reason::Value, _)) => looks_damaged(value),
            Err(_) => true,
        };
        self.values += usize::from(is_value);
        let item = Item {
            fields: description(comment),
            ..Item::new(place, value, None)
        };
        self.reading.put(item, taken);
    }

    /// A name of a hosts file.
    fn name(&mut self, place: &Place, name: &str, comment: Option<&str>) {
        if name.parse::<std::net::IpAddr>().is_ok() {
            let note = Some("it is an address where a hosts file has names".to_owned());
            return self.reading.skip(place.clone(), Reason::Value, name, note);
        }
        let item = Item {
            fields: description(comment),
            ..Item::new(place.clone(), name, Some(IndicatorType::DomainName))
        };
        self.reading.take(item, self.options);
    }

    fn finish(self) -> Reading {
        let mut reading = settle(self.reading, self.options);
        if reading.drafts.is_empty() {
            reading.empty = Some(match self.lines {
                0 => "the list holds no value".into(),
                1 => "the only line of the list cannot be taken".into(),
                lines => format!("none of the {lines} lines of the list can be taken"),
            });
        }
        reading
    }
}

/// Whether what is no value was one once, or looks as if it had been: it has a dot within, or the digits of a hash.
fn looks_damaged(text: &str) -> bool {
    let text = text.trim_matches(['.', ':', ',', ';', '!', '?']);
    text.contains('.') || text.len() >= SHORTEST_HASH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn description(comment: Option<&str>) -> Vec<(Field, FieldValue)> {
    let comment = comment.map(str::trim).filter(|comment| !comment.is_empty());
    comment
        .map(|comment| (Field::Description, FieldValue::Text(comment.to_owned())))
        .into_iter()
        .collect()
}
