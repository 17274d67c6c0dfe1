//! Cases, and how what came out of one is compared with what is expected.

use mde::feed::{Options, Reading, Refusal, Tlp};
use mde::indicator::{Field, FieldValue, IndicatorType, Lifetime, canonical};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

/// The instant at which all cases are read.
pub const NOW: &str = "2026-01-20T00:00:00Z";

/// A file and what is expected of it.
#[derive(Deserialize)]
pub struct Case {
    pub file: String,
    pub format: String,
    /// Options of a command, separated by blanks.
    #[serde(default)]
    pub options: String,
    #[serde(flatten)]
    pub expectation: Expectation,
    #[serde(default)]
    pub with: Vec<Variant>,
}

/// What is expected with further options.
#[derive(Deserialize)]
pub struct Variant {
    pub options: String,
    #[serde(flatten)]
    pub expectation: Expectation,
}

/// What is expected.
#[derive(Deserialize)]
pub struct Expectation {
    #[serde(default)]
    pub rows: Vec<Row>,
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    pub rewritten: Option<Vec<Rewritten>>,
    pub error: Option<String>,
    /// What `lint` finds, if that is looked at.
    pub lint: Option<Vec<String>>,
}

impl Expectation {
    /// Whether it says nothing of a conversion.
    pub fn is_for_lint(&self) -> bool {
        self.error.is_none() && self.rows.is_empty() && self.skipped.is_empty() && self.lint.is_some()
    }
}

/// A row: type, value, and the fields that matter.
pub type Row = BTreeMap<String, Json>;

/// An item that is skipped.
#[derive(Deserialize)]
pub struct Skipped {
    pub reason: String,
}

/// A value that is spelled anew.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rewritten {
    pub from: String,
    pub to: String,
}

impl Case {
    /// All cases of a folder.
    pub fn all(folder: &Path) -> Vec<Self> {
        #[derive(Deserialize)]
        struct Cases {
            cases: Vec<Case>,
        }
        let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        serde_json::from_str::<Cases>(&text).unwrap().cases
    }

    /// What is expected, with all options for it.
    pub fn expectations(&self) -> impl Iterator<Item = (String, &Expectation)> {
        let with = self.with.iter();
        let with = with.map(|variant| (format!("{} {}", self.options, variant.options), &variant.expectation));
        std::iter::once((self.options.clone(), &self.expectation)).chain(with)
    }
}

/// The options that a command line means to a reader.
pub fn options(line: &str) -> Result<Options, String> {
    let mut options = Options {
        now: NOW.parse().ok(),
        ..Options::default()
    };
    let mut words = words(line).into_iter();
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_default();
        match word.as_str() {
            "--drop-port" => options.drop_port = true,
            "--assume-scheme" => options.assume_scheme = Some(next()),
            "--expand-cidr" => options.expand_cidr = next().parse().unwrap(),
            "--resolved-addresses" => options.resolved_addresses = true,
            "--widen" => options.widen = true,
            "--observables" => options.observables = true,
            "--ignore-to-ids" => options.ignore_to_ids = true,
            "--max-tlp" => options.max_tlp = Tlp::from_name(&next()),
            "--one-hash-per-file" => options.one_hash_per_file = true,
            "--lifetime" => options.lifetime = Lifetime::parse(&next()),
            "--extract" => options.extract = true,
            "--drop-covered" => options.drop_covered = true,
            "--type-is" => options.type_is = IndicatorType::parse(&next()),
            // What a table is read with is for its reader.
            "--value" | "--type" | "--title" | "--description" | "--expires" | "--delimiter" | "--encoding"
            | "--comment" | "--map" | "--protected" | "--allow-list" | "--now" => drop(next()),
            "--no-header" => {}
            unknown => return Err(unknown.to_owned()),
        }
    }
    Ok(options)
}

/// The words of a command line; blanks between double quotes part none.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (position, part) in line.split('"').enumerate() {
        if position % 2 == 0 {
            words.extend(part.split_whitespace().map(str::to_owned));
        } else {
            words.push(part.to_owned());
        }
    }
    words
}

/// What came out of a file.
pub enum Outcome {
    Read(Reading),
    Refused(String),
}

impl Outcome {
    pub fn of(result: Result<Reading, Refusal>) -> Self {
        match result {
            Ok(reading) => Self::Read(reading),
            Err(refusal) => Self::Refused(refusal.to_string()),
        }
    }

    pub fn refused(text: &str) -> Self {
        Self::Refused(text.to_owned())
    }

    /// In what it differs from what is expected.
    pub fn faults(&self, expectation: &Expectation, is_ours: bool) -> Vec<String> {
        let reading = match (self, &expectation.error) {
            (Self::Refused(text), Some(words)) if is_ours && !text.contains(words.as_str()) => {
                return vec![format!("refused: {text}, and not for: {words}")];
            }
            (Self::Refused(_), Some(_)) => return Vec::new(),
            (Self::Refused(text), None) => return vec![format!("refused: {text}")],
            (Self::Read(reading), error) => {
                if error.is_some() && reading.empty.is_none() {
                    return vec![format!("no error, but {} rows", reading.drafts.len())];
                }
                if let (Some(text), Some(words)) = (&reading.empty, error)
                    && is_ours
                    && !text.contains(words.as_str())
                {
                    return vec![format!("empty: {text}, and not for: {words}")];
                }
                reading
            }
        };
        let mut faults = rows(reading, &expectation.rows);
        // A case that ends in an error may sum up what was skipped.
        if expectation.error.is_none() {
            let mut expected: Vec<&str> = expectation
                .skipped
                .iter()
                .map(|skipped| skipped.reason.as_str())
                .collect();
            let mut found: Vec<&str> = reading.skipped.iter().map(|skipped| skipped.reason.name()).collect();
            expected.sort_unstable();
            found.sort_unstable();
            if expected != found {
                faults.push(format!("skipped {found:?}, not {expected:?}: {:#?}", reading.skipped));
            }
        }
        if let Some(expected) = &expectation.rewritten {
            let mut expected: Vec<(&str, &str)> = expected
                .iter()
                .map(|rewritten| (rewritten.from.as_str(), rewritten.to.as_str()))
                .collect();
            let mut found: Vec<(&str, &str)> = reading
                .rewritten
                .iter()
                .map(|rewritten| (rewritten.from.as_str(), rewritten.to.as_str()))
                .collect();
            expected.sort_unstable();
            found.sort_unstable();
            if expected != found {
                faults.push(format!("rewritten {found:?}, not {expected:?}"));
            }
        }
        faults
    }
}

fn rows(reading: &Reading, expected: &[Row]) -> Vec<String> {
    let mut left: Vec<_> = reading.drafts.iter().collect();
    let mut faults = Vec::new();
    for row in expected {
        let text = |name: &str| row[name].as_str().unwrap();
        let (name, value) = (text("type"), text("value"));
        let kind = IndicatorType::parse(name).unwrap();
        let spelling = canonical(&kind, value);
        let position = left
            .iter()
            .position(|draft| draft.indicator_type == kind && canonical(&kind, &draft.value) == spelling);
        let Some(position) = position else {
            faults.push(format!("no row {name} {value}"));
            continue;
        };
        let draft = left.remove(position);
        for (field, wanted) in row
            .iter()
            .filter(|(field, _)| !matches!(field.as_str(), "type" | "value"))
        {
            let field = Field::from_name(field).unwrap();
            let found = draft.fields.iter().find(|(known, _)| *known == field);
            let found = found.map_or(Json::Null, |(_, value)| json(value));
            if found != *wanted {
                faults.push(format!("{value}: {field} is {found}, not {wanted}"));
            }
        }
    }
    let left = left.iter();
    faults.extend(left.map(|draft| format!("one more row: {} {}", draft.indicator_type, draft.value)));
    faults
}

fn json(value: &FieldValue) -> Json {
    match value {
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::Flag(flag) => (*flag).into(),
        FieldValue::Whole(number) => (*number).into(),
        FieldValue::Texts(texts) => texts.as_slice().into(),
        FieldValue::Wholes(numbers) => numbers.as_slice().into(),
        FieldValue::Certificate(_) => Json::Null,
    }
}
