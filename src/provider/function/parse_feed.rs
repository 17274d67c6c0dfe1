//! `provider::mde::parse_stix`, `parse_misp` and `parse_list`: lists as others publish them, as the text that `indicators`
//! takes.
//!
//! A function cannot warn: it has a result or an error. So whatever of a text is not taken is an error, unless its reason
//! is named, and then it was asked for.

#[cfg(test)]
mod tests;

use super::file_name;
use crate::feed::{Draft, Options, Reading, Reason, Refusal, Skipped, list as plain, misp, shown, stix};
use crate::indicator::{Field, FieldValue, detect_type};
use crate::provider::list::{self, Addition};
use crate::tf::{Function, FunctionError, Parameter, Value, ValueType};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many items one error names before it only counts the rest.
const NAMED: usize = 200;

/// A function that reads a list of one format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseFeed {
    /// `parse_stix`.
    Stix,
    /// `parse_misp`.
    Misp,
    /// `parse_list`.
    List,
}

impl ParseFeed {
    /// The functions for all formats.
    pub const ALL: [Self; 3] = [Self::Stix, Self::Misp, Self::List];

    fn read(self, text: &str, options: &Options) -> Result<Reading, Refusal> {
        match self {
            Self::Stix => stix::read(text, options),
            Self::Misp => misp::read(text, options),
            Self::List => plain::read(text, options),
        }
    }

    /// What files of the format are called.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Stix | Self::Misp => &[".json", ".stix"],
            Self::List => &[".txt", ".lst", ".list", ".csv"],
        }
    }

    /// The reasons that occur in the format.
    fn reasons(self) -> Vec<Reason> {
        let (first, last): (&[Reason], &[Reason]) = match self {
            Self::Stix => (
                &[
                    Reason::Path,
                    Reason::Operator,
                    Reason::Conjunction,
                    Reason::Negation,
                    Reason::ObservationAnd,
                    Reason::Sequence,
                    Reason::Qualifier,
                    Reason::Language,
                    Reason::Malformed,
                    Reason::Revoked,
                    Reason::Benign,
                    Reason::Observable,
                    Reason::ObservedData,
                    Reason::ResolvedAddress,
                ],
                &[],
            ),
            Self::Misp => (
                &[
                    Reason::ToIds,
                    Reason::Type,
                    Reason::Relation,
                    Reason::ResolvedAddress,
                    Reason::Deleted,
                    Reason::Malformed,
                ],
                &[],
            ),
            Self::List => (&[], &[Reason::Prose]),
        };
        [first, &Reason::OF_VALUES, last, &[Reason::Duplicate, Reason::Empty]].concat()
    }

    /// What is read, and what goes without saying.
    const fn rules(self) -> &'static str {
        match self {
            Self::Stix => {
                "Takes the text of a STIX 2.0 or 2.1 document: a bundle, a list of objects or bundles, the answer of a \
                 TAXII server, or one object. Returns JSON text for `indicators` of `mde_indicator_set`. The order of \
                 the objects does not change the result.\n\nEach indicator becomes one row for each value of its \
                 pattern that Defender can match: domains, URLs, addresses, MD5, SHA-1 and SHA-256 hashes of files, \
                 and SHA-1 thumbprints of certificates. The branches of an OR are rows of their own. Of facts about one \
                 file that must hold together, the strongest hash is taken. The `name` of the indicator is the title, \
                 or that of the only report of the bundle; its `description` is the description; `valid_until` is the \
                 expiration time. Confidence, labels, markings and kill chain phases have no field in Defender and are \
                 ignored.\n\nOf one object the version that was modified last counts. Objects that are no indicators \
                 are ignored."
            }
            Self::Misp => {
                "Takes the text of MISP events in JSON: an event, a list of events, or the answer of a search for \
                 events or attributes. Returns JSON text for `indicators` of `mde_indicator_set`. The order of the \
                 attributes does not change the result.\n\nEach attribute whose `to_ids` is true becomes a row if \
                 Defender has its type: `md5`, `sha1`, `sha256`, `domain`, `hostname`, `url`, `uri`, `ip-src`, `ip-dst`, \
                 `x509-fingerprint-sha1`, `malware-sample`, and the types of two parts such as `filename|sha256`, \
                 `domain|ip` and `ip-dst|port`. The `info` of the event is the title; the comment of the attribute is \
                 the description, or the name of the file. MISP has no expiry, so the rows have none.\n\nAttributes \
                 that are neither for detection nor of a type that Defender has are ignored, as are proposals, \
                 related events, galaxies and reports."
            }
            Self::List => {
                "Takes the text of a plain list with one value a line. Returns JSON text for `indicators` of \
                 `mde_indicator_set`. The order of the lines does not change the result.\n\nThe form of a value shows \
                 its type: a hash, an address, a URL or a domain. `#`, `//` and `;` begin a comment at the start of a \
                 line or after a blank; a comment behind a value is its description. Also read are the output of \
                 `sha256sum`, `sha1sum` and `md5sum`, where the name of the file is the description, hosts files \
                 (`0.0.0.0 evil.example`), items with a bullet, and a comma or semicolon at the end of a line. Quotes \
                 around a value, characters that cannot be seen and the dot of the root are removed. `*.evil.example`, \
                 `.evil.example` and `||evil.example^` become the domain `evil.example`, which covers its \
                 subdomains.\n\nA text in which fewer than half of the lines are values is an error."
            }
        }
    }
}

impl Function for ParseFeed {
    fn name(&self) -> &'static str {
        match self {
            Self::Stix => "parse_stix",
            Self::Misp => "parse_misp",
            Self::List => "parse_list",
        }
    }

    fn summary(&self) -> String {
        match self {
            Self::Stix => "Parses a STIX bundle into the `indicators` of a set",
            Self::Misp => "Parses MISP events into the `indicators` of a set",
            Self::List => "Parses a plain list of values into the `indicators` of a set",
        }
        .into()
    }

    fn description(&self) -> String {
        let mut text = format!(
            "{}\n\nAnything else is an error, so that nothing is left out unseen. All errors are reported at once, \
             each with its place, value and reason. To leave out the items of a reason, name it as a further argument, \
             as in `{}(text, \"{}\")`. There is no name for all reasons.\n\n| Reason | What it stands for |\n|---|---|\n",
            self.rules(),
            self.name(),
            self.reasons().first().map_or("value", |reason| reason.name()),
        );
        for reason in self.reasons() {
            let _ = writeln!(text, "| `{}` | {} |", reason.name(), reason.meaning());
        }
        text.push_str(
            "\nA defanged value is an error that says what to write, as in `parse_csv`. To convert a list once and \
             review the result, use `terraform-provider-mde convert`, which can also read what is defanged, add \
             schemes, drop ports and expand networks. The function has no clock: an indicator whose expiry has passed \
             is a row like any other, and the set does not send it.",
        );
        text
    }

    fn parameters(&self) -> Vec<Parameter> {
        let example = match self {
            Self::Stix => "The text of the document, such as `file(\"intel/bundle.json\")`.",
            Self::Misp => "The text of the events, such as `file(\"intel/event.json\")`.",
            Self::List => "The text of the list, such as `file(\"intel/c2.txt\")`.",
        };
        vec![Parameter::new("text", ValueType::String, example)]
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter::new(
            "reasons",
            ValueType::String,
            "The reasons whose items are left out, such as `\"port\"`.",
        ))
    }

    fn returns(&self) -> ValueType {
        ValueType::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let mut arguments = arguments.iter().map(|argument| argument.as_str().unwrap_or_default());
        let text = arguments.next().unwrap_or_default();
        let mut named = Vec::new();
        for (position, name) in arguments.enumerate() {
            named.push(reason(name, &self.reasons()).map_err(|text| FunctionError::new(text).at(position + 1))?);
        }
        if let Some(error) = file_name(text, self.endings()) {
            return Err(error);
        }
        let options = Options {
            refuse_defanged: true,
            ..Options::default()
        };
        let reading = self
            .read(text, &options)
            .map_err(|refusal| FunctionError::new(refusal.to_string()).at(0))?;
        if let Some(error) = left_out(self.name(), &reading.skipped, &named) {
            return Err(FunctionError::new(error).at(0));
        }
        if let Some(why) = reading.empty.filter(|_| !named.contains(&Reason::Empty)) {
            let error = format!(
                "{why}. With no indicators, a set removes all that it has; if that is intended, add \"{}\" to the \
                 arguments",
                Reason::Empty.name()
            );
            return Err(FunctionError::new(error).at(0));
        }
        Ok(list::write(&rows(reading.drafts)).into())
    }
}

/// The reason of this name, or what is wrong with it.
fn reason(name: &str, known: &[Reason]) -> Result<Reason, String> {
    if let Some(reason) = Reason::from_name(name) {
        return Ok(reason);
    }
    Err(match Reason::nearest(name) {
        Some(nearest) => format!("{} is not a reason; did you mean \"{}\"?", shown(name), nearest.name()),
        None => {
            let names: Vec<String> = known.iter().map(|reason| format!("\"{}\"", reason.name())).collect();
            format!("{} is not a reason. The reasons are {}", shown(name), names.join(", "))
        }
    })
}

/// What is not taken, by reason, but for the reasons that are named; nothing if that is all.
fn left_out(function: &str, skipped: &[Skipped], named: &[Reason]) -> Option<String> {
    let mut by_reason: BTreeMap<Reason, Vec<&Skipped>> = BTreeMap::new();
    for item in skipped
        .iter()
        .filter(|item| !item.lossless && !named.contains(&item.reason))
    {
        by_reason.entry(item.reason).or_default().push(item);
    }
    if by_reason.is_empty() {
        return None;
    }
    let count: usize = by_reason.values().map(Vec::len).sum();
    let names: Vec<String> = named
        .iter()
        .chain(by_reason.keys())
        .map(|reason| format!(", \"{}\"", reason.name()))
        .collect();
    let (items, them, reasons) = match (count, by_reason.len()) {
        (1, _) => ("1 item cannot be taken".to_owned(), "it", "its reason"),
        (_, 1) => (format!("{count} items cannot be taken"), "them", "their reason"),
        _ => (format!("{count} items cannot be taken"), "them", "their reasons"),
    };
    let mut text = format!(
        "{items}. Correct {them}, or name {reasons} to leave {them} out: `{function}(text{})`",
        names.concat()
    );
    let share = NAMED / by_reason.len();
    for (reason, items) in &by_reason {
        let _ = write!(text, "\n\"{}\": {}", reason.name(), reason.meaning());
        for item in items.iter().take(share) {
            let note = item.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            let _ = write!(text, "\n- {}: {}{note}", item.place, shown(&item.value));
        }
        let more = items.len().saturating_sub(share);
        if more > 0 {
            let _ = write!(text, "\n- and {more} more");
        }
    }
    Some(text)
}

/// The drafts as rows of a list, sorted by key.
fn rows(drafts: Vec<Draft>) -> Vec<Addition> {
    let mut rows: BTreeMap<String, Vec<(Field, FieldValue)>> = BTreeMap::new();
    for draft in drafts {
        let mut key = list::key_of(&draft.value);
        // Forty digits may be a file and a certificate.
        if rows.contains_key(&key) {
            key = format!("{key} {}", draft.indicator_type);
        }
        let value = (key != draft.value).then(|| (Field::Value, FieldValue::Text(draft.value.clone())));
        // The set would find another type by the form of the value, or none.
        let is_open = detect_type(&draft.value).as_ref() != Some(&draft.indicator_type);
        let kind = is_open.then(|| (Field::Type, FieldValue::Text(draft.indicator_type.to_string())));
        let fields = value.into_iter().chain(kind).chain(draft.fields).collect();
        rows.insert(key, fields);
    }
    rows.into_iter().collect()
}
