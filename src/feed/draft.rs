//! What every format is read into: drafts of indicators, and what became of everything else.
//!
//! A reader never drops an item without saying so. Everything that a text holds is a draft, or is skipped with a
//! [`Reason`]; what was spelled anew on the way stands beside it. So the counts of a reading always add up.

use super::Reason;
use crate::indicator::{Field, FieldValue, IndicatorType, Lifetime};
use jiff::Timestamp;
use std::fmt;

/// Where something stands in a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A line, counted from 1, and the column of a table by its own header.
    Line(usize, Option<String>),
    /// A place in a JSON document, such as `objects[3].pattern`, and the column in a pattern there, counted from 1.
    Path(String, Option<usize>),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line, None) => write!(out, "line {line}"),
            Self::Line(line, Some(column)) => write!(out, "line {line}, column {}", super::shown(column)),
            Self::Path(path, None) => out.write_str(path),
            Self::Path(path, Some(column)) => write!(out, "{path}, column {column}"),
        }
    }
}

/// An indicator as a text describes it. What it leaves out, its set or the service decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Where it stands.
    pub place: Place,
    /// The value, in the spelling of the text but for what [`Rewritten`] says.
    pub value: String,
    /// What kind of value it is.
    pub indicator_type: IndicatorType,
    /// All other fields that the text gives, in the order of the field table; without value and type.
    pub fields: Vec<(Field, FieldValue)>,
    /// Which file of the text it is a hash of: hashes with the same number are of one file.
    pub file: Option<usize>,
    /// When its author changed it last. Of several drafts of one indicator, the latest counts.
    pub modified: Option<Timestamp>,
    /// How widely it may be shared, if its author says so.
    pub tlp: Option<Tlp>,
}

/// An item that is no indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it stands.
    pub place: Place,
    /// Why.
    pub reason: Reason,
    /// What it says, as it is written.
    pub value: String,
    /// What else a person should know, without a full stop at the end.
    pub note: Option<String>,
    /// Whether nothing is lost with it: it is there once more, word for word, or in a newer version. A function passes
    /// over it without being asked.
    pub lossless: bool,
}

/// A value that was spelled anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// Where it stands.
    pub place: Place,
    /// As it is written.
    pub from: String,
    /// As it was taken.
    pub to: String,
    /// Why, in a few words, separated by commas: `defanged`, `blanks`, `invisible`, `root dot`.
    pub why: String,
}

/// What a text was read into.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The indicators, in the order of the text.
    pub drafts: Vec<Draft>,
    /// Everything that is none.
    pub skipped: Vec<Skipped>,
    /// What was spelled anew.
    pub rewritten: Vec<Rewritten>,
    /// What a person should know of the whole text: facts that were left out, what columns were taken for.
    pub notes: Vec<String>,
    /// Why there are no drafts, and the way out, if there are none; without a full stop at the end. Whoever reads the
    /// text must not go on without being asked: a list of nothing plans the deletion of everything.
    pub empty: Option<String>,
    /// Whether the text was read up to some place only, because somebody asked for what stands above.
    pub is_cut: bool,
}

/// Why a text is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{text}", .place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
pub struct Refusal {
    /// Where the fault stands, if it stands somewhere.
    pub place: Option<Place>,
    /// What is wrong and what to do, without a full stop at the end.
    pub text: String,
}

/// What to take beyond what a text says for certain. The default takes nothing beyond it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Take a value without its port.
    pub drop_port: bool,
    /// Put this scheme before a URL that has none.
    pub assume_scheme: Option<String>,
    /// Take a network of at most so many addresses as its addresses.
    pub expand_cidr: u32,
    /// Take the addresses that a domain resolves to.
    pub resolved_addresses: bool,
    /// Take the values of a pattern that says less than them.
    pub widen: bool,
    /// Take what was merely seen.
    pub observables: bool,
    /// Take what is marked as not for detection.
    pub ignore_to_ids: bool,
    /// Take nothing that is marked for fewer readers.
    pub max_tlp: Option<Tlp>,
    /// Take the strongest hash of a file only.
    pub one_hash_per_file: bool,
    /// Let what has no expiry expire so long after it was seen last.
    pub lifetime: Option<Lifetime>,
    /// Skip what has expired at this instant. A function has no clock and skips nothing.
    pub now: Option<Timestamp>,
    /// What all values are, where their form cannot tell.
    pub type_is: Option<IndicatorType>,
    /// Take hashes and defanged values out of prose.
    pub extract: bool,
    /// Skip what is within a domain or URL that is listed with the same action.
    pub drop_covered: bool,
    /// Skip defanged values in place of reading them. A function cannot tell what it spelled anew.
    pub refuse_defanged: bool,
}

/// How widely something may be shared: the Traffic Light Protocol, from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tlp {
    /// With everybody; `white` in its first edition.
    Clear,
    /// Within the community.
    Green,
    /// Within the organisation and its clients, or the organisation alone.
    Amber,
    /// With nobody else.
    Red,
}

impl Tlp {
    /// Its name, as options take it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }

    /// The mark of this name, in either edition and any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "clear" | "white" => Some(Self::Clear),
            "green" => Some(Self::Green),
            "amber" | "amber+strict" => Some(Self::Amber),
            "red" => Some(Self::Red),
            _ => None,
        }
    }
}
