//! What the service tells two indicators apart by.

use std::hash::Hasher;

use fnv::FnvHasher;

use super::{Action, IndicatorType};

/// Value, type and action, with the value in canonical spelling so that two spellings of one thing are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    value: Box<str>,
    indicator_type: IndicatorType,
    action: Action,
}

impl Identity {
    /// The identity of a value of this type with this action.
    #[must_use]
    pub fn new(value: &str, indicator_type: &IndicatorType, action: &Action) -> Self {
        Self {
            value: super::canonical(indicator_type, value).into(),
            indicator_type: indicator_type.clone(),
            action: action.clone(),
        }
    }

    /// The value in canonical spelling.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The type.
    #[must_use]
    pub fn indicator_type(&self) -> &IndicatorType {
        &self.indicator_type
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// The identity in 64 bits, the same on every machine and in every version of this program: FNV-1a over the
    /// canonical value, the name of the type and the name of the action, with the byte FF between them, which UTF-8
    /// never has. Should the canonical spelling of a value ever change, its digest changes too, and is then not found.
    ///
    /// For saying of many identities at once which rows are to stay, in a few bytes each. Two identities can have one
    /// digest: by chance for one pair in 2^64, that is once in some 10^11 comparisons of two lists of 15,000, and on
    /// purpose by whoever may choose the values, since FNV is no cryptographic hash. So a digest that is found must only
    /// ever mean that a row is *not* deleted; nothing may be deleted, written or taken over because of one.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = FnvHasher::default();
        hasher.write(self.value.as_bytes());
        hasher.write(&[0xff]);
        hasher.write(self.indicator_type.as_str().as_bytes());
        hasher.write(&[0xff]);
        hasher.write(self.action.as_str().as_bytes());
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn digests_never_change() {
        // Computed apart from this program, from the definition of FNV-1a: they stand in users' state.
        let table = [
            (
                "Evil.Example",
                IndicatorType::DomainName,
                Action::Block,
                0x307f_67b8_5de2_e875,
            ),
            (
                "evil.example.",
                IndicatorType::DomainName,
                Action::Block,
                0x307f_67b8_5de2_e875,
            ),
            (
                "evil.example",
                IndicatorType::DomainName,
                Action::Allowed,
                0x3030_6917_a43d_3ca4,
            ),
            (
                "2001:DB8:0::1",
                IndicatorType::IpAddress,
                Action::Audit,
                0xc53c_92ab_3d7e_41e7,
            ),
            (
                "D41D8CD98F00B204E9800998ECF8427E",
                IndicatorType::FileMd5,
                Action::BlockAndRemediate,
                0x6d84_20df_773d_4e5c,
            ),
            (
                "http://Bücher.example/É",
                IndicatorType::Url,
                Action::Other("New".into()),
                0x2b8d_88f4_3305_b66c,
            ),
        ];
        for (value, indicator_type, action, expected) in table {
            assert_eq!(
                Identity::new(value, &indicator_type, &action).digest(),
                expected,
                "{value} {action}"
            );
        }
    }

    #[test]
    fn the_digest_of_every_value_type_and_action_is_another() {
        let mut digests = HashSet::new();
        for value in ["evil.example", "evil.exampl", "198.51.100.7", ""] {
            for indicator_type in IndicatorType::WRITABLE {
                for action in Action::WRITABLE {
                    digests.insert(Identity::new(value, &indicator_type, &action).digest());
                }
            }
        }
        assert_eq!(digests.len(), 4 * 7 * 7);
    }
}
