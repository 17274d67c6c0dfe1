//! What the service tells two indicators apart by.

use std::hash::Hasher;

use fnv::FnvHasher;

use super::{Action, IndicatorType};

/// An identity or a key in 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(u64);

impl Digest {
    /// The digest that was written down as this number.
    #[must_use]
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The byte between two texts.
const BETWEEN: u8 = 0xff;

/// The byte that a key has before its identity and before its groups' numbers.
const KEY: u8 = 0xfe;

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
    pub fn digest(&self) -> Digest {
        let mut hasher = FnvHasher::default();
        self.feed(&mut hasher);
        Digest(hasher.finish())
    }

    /// Byte by byte, and nothing by way of `Hash`, whose bytes differ between machines and versions of Rust.
    fn feed(&self, hasher: &mut FnvHasher) {
        hasher.write(self.value.as_bytes());
        hasher.write(&[BETWEEN]);
        hasher.write(self.indicator_type.as_str().as_bytes());
        hasher.write(&[BETWEEN]);
        hasher.write(self.action.as_str().as_bytes());
    }
}

/// An identity together with the device groups that a row is for: one value may well stand in the tenant twice with the
/// same action, for different groups.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    identity: Identity,
    /// Sorted, each once.
    group_names: Box<[Box<str>]>,
    /// Sorted, each once.
    group_ids: Box<[i32]>,
}

impl Key {
    /// The key of an identity and these device groups, whose order and repetition say nothing. Names are taken exactly.
    pub(super) fn new(identity: Identity, group_names: &[String], group_ids: &[i32]) -> Self {
        let mut names: Vec<Box<str>> = group_names.iter().map(|name| name.as_str().into()).collect();
        names.sort_unstable();
        names.dedup();
        let mut ids = group_ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        Self {
            identity,
            group_names: names.into(),
            group_ids: ids.into(),
        }
    }

    /// Value, type and action.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether it is for some device groups only.
    #[must_use]
    pub const fn has_scope(&self) -> bool {
        !self.group_names.is_empty() || !self.group_ids.is_empty()
    }

    /// The key in 64 bits, the same on every machine and in every version of this program, with the limits that
    /// [`Identity::digest`] tells of. FNV-1a over the byte FE; what [`Identity::digest`] is made of; the byte FF before each
    /// name of a group, in the order of their bytes; the byte FE; and each number of a group in four bytes, the lowest first.
    ///
    /// UTF-8 has neither FE nor FF, so that no two keys feed the same bytes, and no key the bytes of an identity: the two
    /// kinds of digest can be mixed in one list.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = FnvHasher::default();
        hasher.write(&[KEY]);
        self.identity.feed(&mut hasher);
        for name in &self.group_names {
            hasher.write(&[BETWEEN]);
            hasher.write(name.as_bytes());
        }
        hasher.write(&[KEY]);
        for id in &self.group_ids {
            hasher.write(&id.to_le_bytes());
        }
        Digest(hasher.finish())
    }
}

/// Value and type, with the value in canonical spelling: what two rows of one value share, whatever their actions and
/// groups are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueKey {
    value: Box<str>,
    indicator_type: IndicatorType,
}

impl ValueKey {
    /// The key of a value of this type.
    #[must_use]
    pub fn new(value: &str, indicator_type: &IndicatorType) -> Self {
        Self {
            value: super::canonical(indicator_type, value).into(),
            indicator_type: indicator_type.clone(),
        }
    }

    /// The key of the value of rows with this identity.
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        Self {
            value: identity.value.clone(),
            indicator_type: identity.indicator_type.clone(),
        }
    }

    /// The value in canonical spelling.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The type.
    #[must_use]
    pub const fn indicator_type(&self) -> &IndicatorType {
        &self.indicator_type
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key(names: &[&str], ids: &[i32]) -> Key {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Key::new(
            Identity::new("Evil.Example", &IndicatorType::DomainName, &Action::Block),
            &names,
            ids,
        )
    }

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
                Identity::new(value, &indicator_type, &action).digest().get(),
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

    #[test]
    fn digests_of_keys_never_change() {
        // Computed apart from this program, from the definition: they stand in users' state.
        let table: [(&[&str], &[i32], u64); 6] = [
            (&[], &[], 0x83c7_e85a_3769_7dad),
            (&["a"], &[], 0xa5ee_7b68_5fb5_a62d),
            (&["b", "a", "b"], &[], 0x4a35_e500_acc7_97c2),
            (&[], &[7], 0xc5e5_ea28_fb3b_054a),
            (&["Büro"], &[300, -1, 7], 0x11d2_aad4_6880_0c22),
            (&["a"], &[1], 0x5fc2_2435_cb07_6eec),
        ];
        for (names, ids, expected) in table {
            assert_eq!(key(names, ids).digest().get(), expected, "{names:?} {ids:?}");
        }
    }

    #[test]
    fn groups_are_sets() {
        assert_eq!(key(&["b", "a", "b"], &[3, -1, 3]), key(&["a", "b"], &[-1, 3]));
        assert_eq!(
            key(&["b", "a", "b"], &[3, -1, 3]).digest(),
            key(&["a", "b"], &[-1, 3]).digest()
        );
        assert!(!key(&[], &[]).has_scope() && key(&["a"], &[]).has_scope() && key(&[], &[1]).has_scope());
        assert_eq!(key(&["a"], &[]).identity(), key(&[], &[1]).identity());
    }

    #[test]
    fn different_groups_make_different_keys_and_no_key_is_an_identity() {
        let keys = [
            key(&[], &[]),
            key(&[""], &[]),
            key(&["a"], &[]),
            key(&[" a"], &[]),
            key(&["A"], &[]),
            key(&["a", "b"], &[]),
            key(&["ab"], &[]),
            key(&["1"], &[]),
            key(&[], &[1]),
            key(&[], &[1, 2]),
            key(&["a"], &[1]),
        ];
        let digests: HashSet<Digest> = keys
            .iter()
            .flat_map(|key| [key.digest(), key.identity().digest()])
            .collect();
        assert_eq!(digests.len(), keys.len() + 1);
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }

    #[test]
    fn rows_of_one_value_share_its_key() {
        let of = |value, kind| ValueKey::new(value, &kind);
        assert_eq!(
            of("EVIL.example.", IndicatorType::DomainName),
            of("evil.example", IndicatorType::DomainName)
        );
        assert_ne!(
            of("evil.example", IndicatorType::DomainName),
            of("evil.example", IndicatorType::Url)
        );
    }
}
