//! STIX 2.0 and 2.1: the indicators of a bundle as drafts, and why the others are none.
//!
//! Indicators say what is bad, by a pattern. Everything else in a bundle is context. An observable says that something was
//! seen, which is no reason to block it, so that observables are taken on request only.

mod pattern;
mod property;
mod meaning;
mod document;
#[cfg(test)]
mod tests;

use super::json::{self, Scalar};
use super::{Form, Item, Options, Place, Reading, Reason, Refusal, settle, shown};
use crate::indicator::{Field, FieldValue, IndicatorType, instant_text, parse_instant};
use document::{Document, Object, member};
use jiff::Timestamp;
use meaning::Found;
use std::collections::{BTreeMap, HashMap};

/// The longest description of a report that is given to its indicators, in characters. Longer ones tell a story, and
/// would be repeated in every row.
const LONGEST_STORY: usize = 300;

/// How many properties that were left out are named.
const NAMED: usize = 20;

/// The types of observables in STIX 2.1, and `hostname`, which `OpenCTI` adds.
const OBSERVABLES: [&str; 19] = [
    "artifact",
    "autonomous-system",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "file",
    "hostname",
    "ipv4-addr",
    "ipv6-addr",
    "mac-addr",
    "mutex",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
    "windows-registry-key",
    "x509-certificate",
];

/// Reads a bundle, several bundles or objects in a list, the answer of a TAXII server, or one object.
///
/// # Errors
/// If the text is no JSON, or no STIX.
pub fn read(text: &str, options: &Options) -> Result<Reading, Refusal> {
    let document = Document::of(json::read(text)?);
    if !document.is_stix {
        let form = match Form::of(text) {
            Form::Stix => Form::Json,
            form => form,
        };
        return Err(Refusal {
            place: None,
            text: format!("this is {}, not STIX; {}", form.name(), form.advice()),
        });
    }
    let mut reader = Reader {
        options,
        reading: Reading::default(),
        report: Report::of(&document.objects),
        left_out: BTreeMap::new(),
        files: 0,
    };
    let indicators = reader.indicators(&document.objects);
    reader.observables(&document.objects, indicators);
    Ok(reader.finish(indicators))
}

/// The one report of a bundle, which says what its indicators are about.
#[derive(Default)]
struct Report<'d> {
    title: Option<&'d str>,
    description: Option<&'d str>,
}

impl<'d> Report<'d> {
    fn of(objects: &'d [(String, Object<'_>)]) -> Self {
        let mut reports = objects
            .iter()
            .map(|(_, object)| object)
            .filter(|object| object.kind.text() == Some("report"));
        match (reports.next(), reports.next()) {
            (Some(report), None) => Self {
                title: report.name.text(),
                description: report
                    .description
                    .text()
                    .filter(|text| text.chars().take(LONGEST_STORY + 1).count() <= LONGEST_STORY),
            },
            _ => Self::default(),
        }
    }
}

struct Reader<'o, 'd> {
    options: &'o Options,
    reading: Reading,
    report: Report<'d>,
    /// How often a property was left out beside a value that says enough.
    left_out: BTreeMap<String, usize>,
    /// How many files have been numbered.
    files: usize,
}

impl Reader<'_, '_> {
    /// Reads all indicators, and says how many there are.
    fn indicators(&mut self, objects: &[(String, Object<'_>)]) -> usize {
        let indicators: Vec<&(String, Object<'_>)> = objects
            .iter()
            .filter(|(_, object)| object.kind.text() == Some("indicator"))
            .collect();
        let latest = latest(&indicators);
        for (position, (place, object)) in indicators.iter().enumerate() {
            let newest = object.id.text().and_then(|id| latest.get(id));
            match newest
                .filter(|newest| **newest != position)
                .and_then(|newest| indicators.get(*newest))
            {
                // A withdrawal removes the earlier versions with it, and is told once.
                Some((_, newest)) if newest.revoked.flag() == Some(true) => {}
                Some((newest, _)) => {
                    let note = format!("{newest} is a later version of it");
                    let pattern = object.pattern.text().unwrap_or_default();
                    self.skip(member(place, "pattern"), None, Reason::Superseded, pattern, Some(note));
                    if let Some(skipped) = self.reading.skipped.last_mut() {
                        skipped.lossless = true;
                    }
                }
                None => self.indicator(place, object),
            }
        }
        indicators.len()
    }

    fn indicator(&mut self, place: &str, object: &Object<'_>) {
        let pattern = object.pattern.text().unwrap_or_default();
        let at = member(place, "pattern");
        match object.revoked.flag() {
            Some(false) => {}
            Some(true) => return self.skip(at, None, Reason::Revoked, pattern, None),
            None => return self.wrong(place, "revoked", &object.revoked, "true or false"),
        }
        if object.kind_is("benign") {
            return self.skip(at, None, Reason::Benign, pattern, None);
        }
        match object.pattern_type.text() {
            Some(language) if !language.eq_ignore_ascii_case("stix") => {
                let note = Some(format!("the pattern is in {}", shown(language)));
                return self.skip(at, None, Reason::Language, language, note);
            }
            _ => {}
        }
        if !matches!(object.pattern, Scalar::Text(_)) {
            return self.wrong(place, "pattern", &object.pattern, "a pattern");
        }
        let fields = match self.fields(object) {
            Ok(fields) => fields,
            Err(()) => {
                return self.wrong(
                    place,
                    "valid_until",
                    &object.valid_until,
                    "an instant, such as `2030-01-31T00:00:00Z`",
                );
            }
        };
        let whole = match &object.pattern {
            Scalar::Text(text) => text.as_ref(),
            _ => pattern,
        };
        let parsed = match pattern::parse(whole) {
            Ok(parsed) => parsed,
            Err(fault) => return self.skip(at, Some(fault.column), Reason::Malformed, whole, Some(fault.text)),
        };
        let meaning = meaning::of(&parsed, self.options);
        for path in meaning.left_out {
            *self.left_out.entry(path.to_owned()).or_default() += 1;
        }
        let modified = object.changed();
        for found in meaning.found {
            match found {
                Found::Value {
                    text,
                    kind,
                    column,
                    file,
                } => {
                    let item = Item {
                        fields: fields.clone(),
                        file: file.map(|file| self.files + file),
                        modified,
                        ..Item::new(Place::Path(at.clone(), Some(column)), &text, Some(kind))
                    };
                    self.reading.take(item, self.options);
                }
                Found::Skipped { reason, span, note } => {
                    self.skip(
                        at.clone(),
                        Some(span.column),
                        reason,
                        span.text,
                        note.map(str::to_owned),
                    );
                }
            }
        }
        // No pattern has more observations than characters.
        self.files += whole.len() + 1;
    }

    /// Title, description and expiry of an indicator; an error if the expiry cannot be read.
    fn fields(&self, object: &Object<'_>) -> Result<Vec<(Field, FieldValue)>, ()> {
        let mut fields = Vec::new();
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let title = object.name.text().or(self.report.title);
        fields.extend(title.map(|title| (Field::Title, text(title))));
        let description = object.description.text().or(self.report.description);
        fields.extend(description.map(|description| (Field::Description, text(description))));
        let until = match &object.valid_until {
            Scalar::Missing => None,
            other => Some(other.text().and_then(parse_instant).ok_or(())?),
        };
        let expiry = match until {
            Some(until) => Some(until),
            None => self
                .options
                .lifetime
                .zip(object.changed())
                .map(|(lifetime, seen)| lifetime.end(seen)),
        };
        // The last year of the calendar is how tools write "never".
        let expiry = expiry.map(instant_text).filter(|expiry| !expiry.starts_with("9999"));
        fields.extend(expiry.map(|expiry| (Field::ExpirationTime, FieldValue::Text(expiry))));
        fields.sort_by_key(|(field, _)| *field);
        Ok(fields)
    }

    /// Says what was seen, or takes it on request.
    fn observables(&mut self, objects: &[(String, Object<'_>)], indicators: usize) {
        let mut seen = 0_usize;
        let mut contained = 0_usize;
        let (mut first, mut first_container) = (None, None);
        for (place, object) in objects {
            match object.kind.text() {
                Some("observed-data") => {
                    contained += object.objects.each().count().max(1);
                    first_container.get_or_insert(place);
                    if self.options.observables {
                        for (name, inner) in object.objects.each() {
                            self.observable(&format!("{}{name}", member(place, "objects")), inner);
                        }
                    }
                }
                Some(kind) if OBSERVABLES.contains(&kind) => {
                    seen += 1;
                    first.get_or_insert(place);
                    if self.options.observables {
                        self.observable(place, object);
                    }
                }
                _ => {}
            }
        }
        if self.options.observables {
            return;
        }
        if let Some(place) = first_container {
            let value = format!(
                "{contained} {}",
                if contained == 1 { "observable" } else { "observables" }
            );
            let note = "an observable was seen, and is not said to be bad".to_owned();
            self.skip(place.clone(), None, Reason::ObservedData, &value, Some(note));
        }
        if let Some(place) = first.filter(|_| indicators == 0) {
            let value = format!("{seen} {}", if seen == 1 { "observable" } else { "observables" });
            let note = "an observable was seen, and is not said to be bad".to_owned();
            self.skip(place.clone(), None, Reason::Observable, &value, Some(note));
        }
    }

    fn observable(&mut self, place: &str, object: &Object<'_>) {
        let kind = object.kind.text().unwrap_or_default();
        self.files += 1;
        let file = self.files;
        if let Some(expected) = property::value(kind) {
            let at = member(place, "value");
            return match object.value.text() {
                Some(text) => self.take_observable(object, at, text, expected, None),
                None => self.wrong(place, "value", &object.value, "a value"),
            };
        }
        let mut is_taken = false;
        for (algorithm, hash) in &object.hashes.0 {
            let expected = match (kind, property::hash(algorithm)) {
                ("file", Some(expected)) => expected,
                ("x509-certificate", Some(IndicatorType::FileSha1)) => IndicatorType::CertificateThumbprint,
                _ => continue,
            };
            let at = format!("{}.{algorithm}", member(place, "hashes"));
            is_taken = true;
            match hash.text() {
                Some(text) => self.take_observable(object, at, text, expected, Some(file)),
                None => self.skip(
                    at,
                    None,
                    Reason::Malformed,
                    "",
                    Some(format!("the hash is {}", hash.kind())),
                ),
            }
        }
        if !is_taken {
            self.skip(place.to_owned(), None, Reason::Path, kind, None);
        }
    }

    fn take_observable(
        &mut self,
        object: &Object<'_>,
        at: String,
        text: &str,
        kind: IndicatorType,
        file: Option<usize>,
    ) {
        let title = object.name.text().or(self.report.title);
        let item = Item {
            fields: title
                .map(|title| (Field::Title, FieldValue::Text(title.to_owned())))
                .into_iter()
                .collect(),
            file,
            modified: object.changed(),
            ..Item::new(Place::Path(at, None), text, Some(kind))
        };
        self.reading.take(item, self.options);
    }

    fn skip(&mut self, at: String, column: Option<usize>, reason: Reason, value: &str, note: Option<String>) {
        self.reading.skip(Place::Path(at, column), reason, value, note);
    }

    fn wrong(&mut self, place: &str, name: &str, found: &Scalar<'_>, expected: &str) {
        let value = found.text().unwrap_or_default().to_owned();
        let note = format!("`{name}` is {}, not {expected}", found.kind());
        self.skip(member(place, name), None, Reason::Malformed, &value, Some(note));
    }

    fn finish(mut self, indicators: usize) -> Reading {
        if !self.left_out.is_empty() {
            let mut parts: Vec<String> = self
                .left_out
                .iter()
                .take(NAMED)
                .map(|(path, count)| format!("{} ({count})", shown(path)))
                .collect();
            let more = self.left_out.len().saturating_sub(NAMED);
            if more > 0 {
                parts.push(format!("{more} more"));
            }
            self.reading.notes.push(format!(
                "left out, because a value beside them says enough: {}",
                parts.join(", ")
            ));
        }
        let mut reading = settle(self.reading, self.options);
        if reading.drafts.is_empty() {
            let observables = reading
                .skipped
                .iter()
                .find(|skipped| matches!(skipped.reason, Reason::Observable | Reason::ObservedData));
            reading.empty = Some(match (indicators, observables) {
                (0, Some(skipped)) => format!(
                    "the document has {} and no indicators. An observable was seen, and is not said to be bad; \
                     `convert --observables` takes them",
                    skipped.value
                ),
                (0, None) => "the document has no indicators".to_owned(),
                (1, _) => "the only indicator of the document cannot be taken".to_owned(),
                (count, _) => format!("none of the {count} indicators of the document can be taken"),
            });
        }
        reading
    }
}

impl Object<'_> {
    /// When it was changed last.
    fn changed(&self) -> Option<Timestamp> {
        [&self.modified, &self.created, &self.valid_from]
            .into_iter()
            .find_map(|instant| parse_instant(instant.text()?))
    }

    /// Whether its author says this of it. In STIX 2.0 the labels say what the types say in 2.1.
    fn kind_is(&self, word: &str) -> bool {
        let has = |words: &json::Scalars<'_>| {
            let mut texts = words.0.iter().filter_map(Scalar::text);
            texts.any(|text| text.trim().eq_ignore_ascii_case(word))
        };
        has(&self.indicator_types) || has(&self.labels)
    }
}

/// For each id the position of its latest version; of several, of the last one.
fn latest<'i>(indicators: &[&'i (String, Object<'_>)]) -> HashMap<&'i str, usize> {
    let mut latest: HashMap<&str, (Option<Timestamp>, usize)> = HashMap::with_capacity(indicators.len());
    for (position, (_, object)) in indicators.iter().enumerate() {
        let Some(id) = object.id.text() else { continue };
        let changed = object.changed();
        let known = latest.entry(id).or_insert((changed, position));
        if changed >= known.0 {
            *known = (changed, position);
        }
    }
    latest.into_iter().map(|(id, (_, position))| (id, position)).collect()
}
