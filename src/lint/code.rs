//! What can be found, by name.

use std::fmt;

/// How much a finding weighs, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not as it is meant.
    Warning,
    /// To be mended before the list is used.
    Error,
}

impl Severity {
    /// All of them, the worst first.
    pub const WORST_FIRST: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// Its name in options and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Declares the codes, each with its name, what it stands for, and what to do.
macro_rules! codes {
    ($($variant:ident $name:literal $summary:literal $help:literal,)*) => {
        /// What is wrong with a list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// All codes, in the order of the guide.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name, as options take it and reports print it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it stands for, in one sentence.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// What to do about it, in one sentence.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

codes! {
    InvalidValue "invalid-value" "The value is not valid." "Correct the value, or remove the row.",
    InvalidField "invalid-field" "A field of the row is not valid." "Correct the field, or leave it empty.",
    UnknownColumn "unknown-column" "A column or field does not exist." "Rename or remove it.",
    Questionable "questionable" "Defender may not take the row as it is meant." "Follow the message, or allow the code.",
    Malformed "malformed" "The list cannot be read to its end." "Correct its syntax.",
    ConflictMarker "conflict-marker" "A merge of Git left its marks in the list." "Resolve the merge.",
    DuplicateKey "duplicate-key" "A key occurs twice, so one of the rows is lost." "Remove one, or give it another key and set `value`.",
    TwoActions "two-actions" "One value has several actions." "Keep one of the rows.",
    DifferingDuplicate "differing-duplicate" "One indicator has two rows that differ." "Keep one of the rows.",
    Duplicate "duplicate" "One indicator has two rows that say the same." "Remove one of the rows.",
    Covered "covered" "A domain or URL with the same action covers the value." "Remove the row to save capacity.",
    Exception "exception" "The row has another action than the domain or URL around it." "Check that the exception is intended.",
    Protected "protected" "The row would block something that is protected." "Remove the row.",
    PublicSuffix "public-suffix" "Other people's domains are registered under the value." "Write the full domain that is intended.",
    NotExternal "not-external" "The address is not external." "Check that this is the intended address.",
    Popular "popular" "The value is on an allow list." "Check the source of the row.",
    SharedAddress "shared-address" "The address is in a network of an allow list." "Check that nobody else is behind the address.",
    HarmlessFile "harmless-file" "The file does no harm and is on many devices." "Remove the row, and look for the right hash at its source.",
    SeveralHashes "several-hashes" "Several hashes of one file are listed." "Keep the strongest to save capacity.",
    EdgeOnly "edge-only" "Only Microsoft Edge sees the path of an https URL." "Use the domain if other browsers matter.",
    NoPath "no-path" "The URL names a host only." "Use the domain, which acts in every browser.",
    Expired "expired" "The row has expired." "Remove the row, or give it a later expiry.",
    ExpiresSoon "expires-soon" "The row expires soon." "Renew it if it is still needed.",
    MissingTitle "missing-title" "The row lacks a text that other rows of the list have." "Write a title and a description.",
    TooLong "too-long" "The text is longer than is known to work." "Shorten it.",
    Formula "formula" "A spreadsheet would run the text as a formula." "Begin it with another character.",
    Tlp "tlp" "The author allows few readers." "Ask the author before you share the list.",
    Rewritten "rewritten" "The value is read in another spelling than it is written in." "Write it as it is read.",
    NotTaken "not-taken" "The item is no indicator that Defender takes." "Use `convert`, which has options for some reasons.",
    Capacity "capacity" "The lists have more rows than a tenant holds." "Remove rows that others cover, and expired ones.",
}

impl Code {
    /// The code of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.name()), Some(*code));
            assert!(code.summary().ends_with('.') && code.help().ends_with('.'));
        }
        assert_eq!(Code::from_name("nothing"), None);
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Note);
    }
}
