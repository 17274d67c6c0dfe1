//! Lists of other people: STIX, MISP, tables of any dialect, plain lists.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use super::super::source::Source;
use super::super::tree::{self, Content, Name, Node};
use super::{Contents, Read};
use crate::feed::conversion::Format;
use crate::feed::{Options, Place, Reading, Reason, Refusal, table};
use crate::indicator::{Field, FieldSet, Indicator};
use crate::outgoing::shown;
use std::collections::HashMap;
use std::ops::Range;

/// A STIX bundle or an event of MISP.
pub fn read_document(file: usize, source: &Source) -> Read {
    let Ok(tree) = tree::read_json(&source.text) else {
        return super::rows_of(file, source, tree::read_json(&source.text));
    };
    match read_as(detected(&source.text), source) {
        Ok(reading) => Read::List(contents(
            &reading,
            &About {
                file,
                source,
                tree: Some(&tree),
                is_table: false,
            },
        )),
        Err(refusal) => Read::NoList(refusal.to_string()),
    }
}

/// A table of somebody else.
pub fn read_table(file: usize, source: &Source) -> Read {
    match read_as(Some(Format::Csv), source) {
        Ok(reading) => Read::List(contents(
            &reading,
            &About {
                file,
                source,
                tree: None,
                is_table: true,
            },
        )),
        // Rows behind a broken quote are lost, so such a file is a list that is broken.
        Err(refusal) if refusal.text.contains("quote") => {
            let at = match refusal.place {
                Some(Place::Line(line, _)) => source.line(line),
                _ => 0..0,
            };
            let message = format!("The list cannot be read to its end: {}.", refusal.text);
            Read::List(Contents {
                items: Vec::new(),
                findings: vec![Finding::new(
                    Code::Malformed,
                    Severity::Error,
                    file,
                    at,
                    "quote",
                    message,
                )],
            })
        }
        Err(refusal) => Read::NoList(refusal.to_string()),
    }
}

/// A plain list.
pub fn read_list(file: usize, source: &Source) -> Read {
    match read_as(Some(Format::List), source) {
        // A text in which nothing is a value is no list: the requirements of a program look like damaged values.
        Ok(reading) if reading.drafts.is_empty() => {
            Read::NoList(reading.empty.unwrap_or_else(|| "no line holds a value".to_owned()))
        }
        Ok(reading) => Read::List(contents(
            &reading,
            &About {
                file,
                source,
                tree: None,
                is_table: false,
            },
        )),
        Err(refusal) => Read::NoList(refusal.to_string()),
    }
}

fn detected(text: &str) -> Option<Format> {
    Format::detect(text, &table::Settings::default()).ok()
}

fn read_as(format: Option<Format>, source: &Source) -> Result<Reading, Refusal> {
    let format = format.ok_or_else(|| Refusal {
        place: None,
        text: "nothing shows what this is".to_owned(),
    })?;
    format.read(&source.text, &table::Settings::default(), &Options::default())
}

/// What a reading is of.
struct About<'a> {
    file: usize,
    source: &'a Source,
    /// The document, if it is JSON.
    tree: Option<&'a Node>,
    is_table: bool,
}

impl About<'_> {
    /// The bytes of a place; `text` is looked for in its line.
    fn bytes(&self, place: &Place, text: &str) -> Range<usize> {
        match (place, self.tree) {
            (Place::Line(line, _), _) => self.source.find(*line, text),
            (Place::Path(path, column), Some(tree)) => {
                let node = tree.at_path(path);
                match (&node.content, column) {
                    (Content::Text(_), Some(column)) => self.within(&node.at, *column),
                    (Content::Text(_) | Content::Number(_), None) => node.at.clone(),
                    _ => match node.members().iter().find(|(name, inner)| is_value(name, inner, text)) {
                        Some((_, inner)) => inner.at.clone(),
                        // Of any other object the line in which it begins is enough.
                        None => {
                            let line = self.source.position(node.at.start).line;
                            node.at.start..self.source.line(line).end.min(node.at.end)
                        }
                    },
                }
            }
            (Place::Path(..), None) => 0..0,
        }
    }

    /// From a character of a text to its end, without the quotes.
    fn within(&self, at: &Range<usize>, column: usize) -> Range<usize> {
        let inner = at.start + 1..at.end.saturating_sub(1).max(at.start + 1);
        // A pattern may have very many parts, so that each place is found at once.
        self.source
            .forward(inner.start, column.saturating_sub(1))
            .min(inner.end)..inner.end
    }
}

/// Whether a member of an object is what holds this value.
fn is_value(name: &Name, node: &Node, text: &str) -> bool {
    let is_named = matches!(name.text.as_str(), "value" | "pattern");
    is_named && matches!(&node.content, Content::Text(inner) if inner.contains(text))
}

/// Items and findings of a reading.
fn contents(reading: &Reading, about: &About<'_>) -> Contents {
    let mut contents = Contents::default();
    // What is written otherwise is looked for as it is written.
    let mut written_as: HashMap<(&Place, &str), &str> = HashMap::new();
    for one in &reading.rewritten {
        written_as.insert((&one.place, one.to.as_str()), one.from.as_str());
        let at = about.bytes(&one.place, &one.from);
        let message = format!("{} is read as {} ({}).", shown(&one.from), shown(&one.to), one.why);
        let mut finding = Finding::new(
            Code::Rewritten,
            Severity::Note,
            about.file,
            at,
            one.from.as_str(),
            message,
        );
        finding.value = Some(one.from.clone());
        contents.findings.push(finding);
    }
    for draft in &reading.drafts {
        let text = written_as
            .get(&(&draft.place, draft.value.as_str()))
            .copied()
            .unwrap_or(draft.value.as_str());
        let at = about.bytes(&draft.place, text);
        let mut indicator = Indicator::blank();
        let (mut written, mut refused) = (FieldSet::EMPTY, FieldSet::EMPTY);
        indicator.value.clone_from(&draft.value);
        indicator.indicator_type = draft.indicator_type.clone();
        written.insert(Field::Value);
        written.insert(Field::Type);
        for (field, value) in &draft.fields {
            written.insert(*field);
            if let Err(finding) = field.set(value.clone(), &mut indicator) {
                refused.insert(*field);
                let message = format!("{}. {}", finding.rule, finding.remedy);
                let subject = format!("{} {field}", draft.value);
                contents.findings.push(Finding::new(
                    Code::InvalidField,
                    Severity::Error,
                    about.file,
                    at.clone(),
                    subject,
                    message,
                ));
            }
        }
        let mut item = Item::new(about.file, at, indicator, written);
        item.refused = refused;
        item.bundle = draft.file;
        item.tlp = draft.tlp;
        item.is_in_table = about.is_table;
        contents.items.push(item);
    }
    for one in &reading.skipped {
        let at = about.bytes(&one.place, &one.value);
        let note = one.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
        let (code, severity) = weight(one.reason, one.lossless, about.tree.is_some());
        let value = shown(&one.value);
        let message = match code {
            Code::InvalidValue => format!("{value} is not valid{note}."),
            Code::Duplicate | Code::DifferingDuplicate => format!("{value} is in the list already{note}."),
            _ => format!(
                "{value} is no indicator that Defender takes, by reason `{}`{note}.",
                one.reason.name()
            ),
        };
        let mut finding = Finding::new(code, severity, about.file, at, one.value.as_str(), message);
        finding.value = Some(one.value.clone());
        finding.reason = Some(one.reason.name());
        contents.findings.push(finding);
    }
    contents
}

/// What a skipped item is to lint. What is wrong in a document is its author's, and `convert` leaves it out and says so.
fn weight(reason: Reason, lossless: bool, is_document: bool) -> (Code, Severity) {
    let is_fault = Reason::OF_VALUES.contains(&reason) || matches!(reason, Reason::Malformed | Reason::Prose);
    match reason {
        Reason::Duplicate if is_document => (Code::Duplicate, Severity::Note),
        Reason::Duplicate if lossless => (Code::Duplicate, Severity::Warning),
        Reason::Duplicate => (Code::DifferingDuplicate, Severity::Error),
        _ if is_fault && is_document => (Code::InvalidValue, Severity::Warning),
        _ if is_fault => (Code::InvalidValue, Severity::Error),
        _ => (Code::NotTaken, Severity::Note),
    }
}
