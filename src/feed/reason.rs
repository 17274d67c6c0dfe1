//! Why an item of a text is no indicator.

use similar::get_close_matches;

/// Longest text that may be a misspelt name.
const LONGEST: usize = 40;

/// How alike a misspelt name is to the one that was meant, from 0 to 1.
const LIKENESS: f32 = 0.7;

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

    /// What is wrong with one value by itself, whatever its format is.
    pub const OF_VALUES: [Self; 8] = [
        Self::Port,
        Self::Cidr,
        Self::Range,
        Self::Wildcard,
        Self::NoScheme,
        Self::Defanged,
        Self::Truncated,
        Self::Value,
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

    /// What is left out for this reason, in whole sentences.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Conjunction => "Facts that must hold together. Each value alone would match more.",
            Self::ObservationAnd => "Observations that must all be made. Each value alone would match more.",
            Self::Negation => "A negated value. It must never be blocked.",
            Self::Operator => "A comparison other than equality, such as a regular expression.",
            Self::Sequence => "Observations in an order.",
            Self::Qualifier => "Observations that must be repeated or made within a time.",
            Self::Path => "A fact that Defender does not match, such as a mutex or a file name.",
            Self::Language => "A pattern in another language, such as YARA.",
            Self::Malformed => "Not what the format asks for.",
            Self::Revoked => "Withdrawn by its author.",
            Self::Superseded => "An older version of an object that is there in a newer one.",
            Self::Benign => "Marked as harmless by its author.",
            Self::Observable => "An observable: something that was seen, and is not said to be bad.",
            Self::ObservedData => "Observables in a container beside the indicators.",
            Self::Cidr => "A network. An indicator is for one address.",
            Self::Range => "A range of addresses. An indicator is for one address.",
            Self::Wildcard => "A value with a wildcard that no indicator stands for.",
            Self::Port => "A value for one port only. An indicator is for all ports.",
            Self::NoScheme => "A URL without its scheme.",
            Self::Value => "Not a valid value, by the rules that the service is known to enforce.",
            Self::Defanged => "A defanged value, such as `evil[.]example`.",
            Self::ToIds => "An attribute that is not for detection: its `to_ids` is false.",
            Self::Deleted => "A deleted attribute or object.",
            Self::Type => "A type that Defender has no indicators for.",
            Self::Relation => {
                "A part of an object that is not the attacker's, such as the hash of a section or the host of a victim."
            }
            Self::ResolvedAddress => "An address that a domain merely resolves to.",
            Self::Tlp => "Marked for fewer readers than allowed.",
            Self::Duplicate => {
                "The same indicator once more, with other fields. The one that was modified last is taken, or the first."
            }
            Self::WeakerHash => "A weaker hash of a file whose stronger hash is taken.",
            Self::Covered => "Within a domain or URL that is listed too.",
            Self::Expired => "Its expiry has passed.",
            Self::Truncated => "Cut by whoever published it.",
            Self::Prose => "Text where a value is expected.",
            Self::FangedInProse => "A value in prose that is not defanged, and may be a reference.",
            Self::Empty => "A result without any indicator.",
        }
    }

    /// The reason whose name is most like this text.
    #[must_use]
    pub fn nearest(text: &str) -> Option<Self> {
        let plain: String = text.trim().chars().take(LONGEST + 1).collect();
        let plain = plain.to_ascii_lowercase().replace(['_', ' '], "-");
        if plain.len() > LONGEST {
            return None;
        }
        let names = Self::ALL.map(Self::name);
        let alike = get_close_matches(plain.as_str(), &names, 1, LIKENESS);
        Self::from_name(&plain).or_else(|| Self::from_name(alike.first()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_found() {
        let names: HashSet<&str> = Reason::ALL.into_iter().map(Reason::name).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
            assert_eq!(Reason::nearest(reason.name()), Some(reason));
            assert!(reason.meaning().ends_with('.'));
        }
        for (written, meant) in [
            ("To_IDs", Some(Reason::ToIds)),
            ("pth", Some(Reason::Path)),
            ("resolved addresses", Some(Reason::ResolvedAddress)),
            ("all", None),
            ("", None),
        ] {
            assert_eq!(Reason::nearest(written), meant, "{written}");
        }
        assert_eq!(Reason::nearest(&"path".repeat(100_000)), None);
    }
}
