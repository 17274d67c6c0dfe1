//! One value as people write it: what it stands for, or why it is no indicator.
//!
//! Only what has one certain meaning is spelled anew: blanks and what nobody sees, quotes around the whole value,
//! defanging, the dot of the root, and forms that Defender writes otherwise. What is wider or narrower than an indicator
//! of Defender is taken on request only.

mod address;
mod domain;
mod link;
#[cfg(test)]
mod tests;

use super::{Draft, Options, Place, Reading, Reason, Rewritten, Skipped, Tlp, shown};
use crate::indicator::rules::{check_value, undetected};
use crate::indicator::{Field, FieldValue, IndicatorType, detect_type, refang, unquoted, visible};
use jiff::Timestamp;
use std::borrow::Cow;

/// Endings of what was cut by whoever published it; a single `…` anywhere says the same.
const CUT: [&str; 3] = ["...", "[...]", "(...)"];

/// Why a value is no indicator, and what a person should know.
pub type Refused = (Reason, Option<String>);

/// What a value was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it stands for, or why it is no indicator and what a person should know. A network that was asked for stands
    /// for several values, anything else for one.
    pub outcome: Result<Vec<(IndicatorType, String)>, Refused>,
    /// Why it is spelled otherwise than in the text, in the order in which it was done.
    pub whys: Vec<&'static str>,
}

/// What a value stands for. Without an `expected` type and without one among the options, its form decides.
///
/// Everything that [`check_value`] finds wrong for certain is a [`Reason::Value`], unless there is a reason of its own.
#[must_use]
pub fn take(text: &str, expected: Option<&IndicatorType>, options: &Options) -> Taken {
    let mut whys = Vec::new();
    let outcome = outcome(text, expected.or(options.type_is.as_ref()), options, &mut whys);
    Taken { outcome, whys }
}

/// [`take`] for a line of a plain list, which may end in the comma or semicolon that separates it from the next one.
#[must_use]
pub fn take_line(text: &str, options: &Options) -> Taken {
    let line = text.trim_end();
    match line.strip_suffix([',', ';']) {
        Some(bare) => {
            let mut taken = take(bare, None, options);
            taken.whys.push("separator");
            taken
        }
        None => take(line, None, options),
    }
}

type Outcome = Result<Vec<(IndicatorType, String)>, Refused>;

fn outcome(text: &str, expected: Option<&IndicatorType>, options: &Options, whys: &mut Vec<&'static str>) -> Outcome {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        whys.push("blanks");
    }
    let seen = visible(trimmed);
    if matches!(seen, Cow::Owned(_)) {
        whys.push("invisible");
    }
    if seen.is_empty() {
        return skip(Reason::Value, "the value is empty");
    }
    let bare = unquoted(&seen).unwrap_or(&seen);
    if bare.len() < seen.len() {
        whys.push("quotes");
    }
    if bare.contains('…') || CUT.iter().any(|ending| bare.ends_with(ending)) {
        return skip(Reason::Truncated, "it was cut by whoever published it");
    }
    let plain = refang(bare);
    if plain != bare {
        if options.refuse_defanged {
            return skip(Reason::Defanged, format!("it is defanged; write {}", shown(&plain)));
        }
        whys.push("defanged");
    }
    let mut value = plain.as_str();
    if let Some(inner) = value.strip_prefix("||").and_then(|rest| rest.strip_suffix('^')) {
        whys.push("filter syntax");
        value = inner;
    }
    match expected {
        Some(IndicatorType::IpAddress) => address::take(value, options, whys),
        Some(IndicatorType::DomainName) => domain::take_name(value, options, whys),
        Some(IndicatorType::Url) => link::take(value, options, whys),
        Some(kind) => checked(kind.clone(), value),
        None => by_form(value, options, whys),
    }
}

fn by_form(value: &str, options: &Options, whys: &mut Vec<&'static str>) -> Outcome {
    if link::lacks_scheme(value) {
        return link::take(value, options, whys);
    }
    match detect_type(value) {
        Some(IndicatorType::IpAddress) => address::take(value, options, whys),
        Some(IndicatorType::DomainName) => domain::take(value, options, whys),
        Some(IndicatorType::Url) => link::take(value, options, whys),
        Some(kind) => checked(kind, value),
        None => {
            let finding = undetected(value);
            skip(Reason::Value, finding.rule)
        }
    }
}

/// The value, unless the service would refuse it.
fn checked(kind: IndicatorType, value: &str) -> Outcome {
    match check_value(&kind, value).into_iter().find(|finding| finding.is_error()) {
        Some(error) => {
            let remedy = error.remedy.strip_suffix('.').unwrap_or(&error.remedy);
            skip(Reason::Value, format!("{}. {remedy}", error.rule))
        }
        None => Ok(vec![(kind, value.to_owned())]),
    }
}

fn skip(reason: Reason, note: impl Into<String>) -> Outcome {
    Err((reason, Some(note.into())))
}

/// One item of a text on its way into a [`Reading`].
#[derive(Debug, Clone)]
pub struct Item<'t> {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub text: &'t str,
    /// The type that its format says, if it says one.
    pub expected: Option<IndicatorType>,
    /// What else it says, in the order of the field table.
    pub fields: Vec<(Field, FieldValue)>,
    /// See [`Draft::file`].
    pub file: Option<usize>,
    /// See [`Draft::modified`].
    pub modified: Option<Timestamp>,
    /// See [`Draft::tlp`].
    pub tlp: Option<Tlp>,
}

impl<'t> Item<'t> {
    /// A bare value.
    #[must_use]
    pub fn new(place: Place, text: &'t str, expected: Option<IndicatorType>) -> Self {
        Self {
            place,
            text,
            expected,
            fields: Vec::new(),
            file: None,
            modified: None,
            tlp: None,
        }
    }
}

impl Reading {
    /// Takes an item: as drafts, or as one that is skipped, and with what was spelled anew.
    pub fn take(&mut self, item: Item<'_>, options: &Options) {
        let taken = take(item.text, item.expected.as_ref(), options);
        self.put(item, taken);
    }

    /// Keeps what an item was taken for.
    pub fn put(&mut self, item: Item<'_>, taken: Taken) {
        let values = match taken.outcome {
            Ok(values) => values,
            Err((reason, note)) => return self.skip(item.place, reason, item.text, note),
        };
        if !taken.whys.is_empty() {
            let to = match values.as_slice() {
                [(_, value)] => value.clone(),
                [(_, first), .., (_, last)] => format!("{first} to {last}"),
                [] => String::new(),
            };
            self.rewritten.push(Rewritten {
                place: item.place.clone(),
                from: item.text.to_owned(),
                to,
                why: taken.whys.join(", "),
            });
        }
        self.drafts
            .extend(values.into_iter().map(|(indicator_type, value)| Draft {
                place: item.place.clone(),
                value,
                indicator_type,
                fields: item.fields.clone(),
                file: item.file,
                modified: item.modified,
                tlp: item.tlp,
            }));
    }

    /// Notes an item that is no indicator.
    pub fn skip(&mut self, place: Place, reason: Reason, value: &str, note: Option<String>) {
        self.skipped.push(Skipped {
            place,
            reason,
            value: value.to_owned(),
            note,
            lossless: false,
        });
    }
}
