//! What every format is read into: drafts of indicators, and what became of everything else.
//!
//! A reader never drops an item without saying so. Everything that a text holds is a draft, or is skipped with a
//! [`Reason`]; what was spelled anew on the way stands beside it. So the counts of a reading always add up.

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

/// Why an item of a text is no indicator. One vocabulary for functions, commands and their reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Several facts that must hold together, where each alone would block more.
    Conjunction,
    /// Several observations that must all be made.
    ObservationAnd,
    /// A negated value: it must never become a block.
    Negation,
    /// A comparison other than equality.
    Operator,
    /// Observations in an order.
    Sequence,
    /// Observations within a time or repeated.
    Qualifier,
    /// A fact that Defender does not match.
    Path,
    /// A pattern in another language, such as YARA.
    Language,
    /// Not what its format says.
    Malformed,
    /// Withdrawn by its author.
    Revoked,
    /// An older version of an object of the same text.
    Superseded,
    /// Said to be harmless.
    Benign,
    /// Something that was seen, not said to be bad.
    Observable,
    /// A container of things that were seen.
    ObservedData,
    /// A network of more than one address.
    Cidr,
    /// A range of addresses.
    Range,
    /// A value with wildcards.
    Wildcard,
    /// A value that holds for one port only.
    Port,
    /// A URL without its scheme.
    NoScheme,
    /// No valid value.
    Value,
    /// A defanged value, where none is expected.
    Defanged,
    /// Marked as not for detection.
    ToIds,
    /// Deleted by its author.
    Deleted,
    /// Of a type that Defender does not have.
    Type,
    /// A part of an object that is not the attacker's.
    Relation,
    /// An address that a domain merely resolves to.
    ResolvedAddress,
    /// Marked for fewer readers than allowed.
    Tlp,
    /// The same indicator once more.
    Duplicate,
    /// A weaker hash of a file whose stronger one is taken.
    WeakerHash,
    /// Within a domain or URL that is listed with the same action.
    Covered,
    /// Its expiry has passed.
    Expired,
    /// Cut by whoever published it.
    Truncated,
    /// Text, where a list of values is expected.
    Prose,
    /// A live value in prose, which is a reference more often than an indicator.
    FangedInProse,
    /// Nothing at all was taken.
    Empty,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 35] = [
        Self::Conjunction,
        Self::ObservationAnd,
        Self::Negation,
        Self::Operator,
        Self::Sequence,
        Self::Qualifier,
        Self::Path,
        Self::Language,
        Self::Malformed,
        Self::Revoked,
        Self::Superseded,
        Self::Benign,
        Self::Observable,
        Self::ObservedData,
        Self::Cidr,
        Self::Range,
        Self::Wildcard,
        Self::Port,
        Self::NoScheme,
        Self::Value,
        Self::Defanged,
        Self::ToIds,
        Self::Deleted,
        Self::Type,
        Self::Relation,
        Self::ResolvedAddress,
        Self::Tlp,
        Self::Duplicate,
        Self::WeakerHash,
        Self::Covered,
        Self::Expired,
        Self::Truncated,
        Self::Prose,
        Self::FangedInProse,
        Self::Empty,
    ];

    /// Its name, as functions take it and reports print it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conjunction => "conjunction",
            Self::ObservationAnd => "observation-and",
            Self::Negation => "negation",
            Self::Operator => "operator",
            Self::Sequence => "sequence",
            Self::Qualifier => "qualifier",
            Self::Path => "path",
            Self::Language => "language",
            Self::Malformed => "malformed",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
            Self::Benign => "benign",
            Self::Observable => "observable",
            Self::ObservedData => "observed-data",
            Self::Cidr => "cidr",
            Self::Range => "range",
            Self::Wildcard => "wildcard",
            Self::Port => "port",
            Self::NoScheme => "no-scheme",
            Self::Value => "value",
            Self::Defanged => "defanged",
            Self::ToIds => "to-ids",
            Self::Deleted => "deleted",
            Self::Type => "type",
            Self::Relation => "relation",
            Self::ResolvedAddress => "resolved-address",
            Self::Tlp => "tlp",
            Self::Duplicate => "duplicate",
            Self::WeakerHash => "weaker-hash",
            Self::Covered => "covered",
            Self::Expired => "expired",
            Self::Truncated => "truncated",
            Self::Prose => "prose",
            Self::FangedInProse => "fanged-in-prose",
            Self::Empty => "empty",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
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
