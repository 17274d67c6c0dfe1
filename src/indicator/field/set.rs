//! Sets of fields.

use super::table::Field;

/// A set of fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldSet(u32);

/// Every field has a bit of its own.
const _: () = assert!(Field::ALL.len() <= u32::BITS as usize);

impl FieldSet {
    /// No field at all.
    pub const EMPTY: Self = Self(0);

    /// This set with `field` in it.
    #[must_use]
    pub const fn with(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u8)
    }

    /// Puts `field` in.
    pub fn insert(&mut self, field: Field) {
        *self = self.with(field);
    }

    /// Takes `field` out.
    pub fn remove(&mut self, field: Field) {
        self.0 &= !(1 << field as u8);
    }

    /// Whether `field` is in.
    #[must_use]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    /// Whether nothing is in.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields, in the order of [`Field::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.iter().copied().filter(move |field| self.contains(*field))
    }
}

impl Extend<Field> for FieldSet {
    fn extend<I: IntoIterator<Item = Field>>(&mut self, fields: I) {
        fields.into_iter().for_each(|field| self.insert(field));
    }
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        fields.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_goes_in_and_out_by_itself() {
        let all: FieldSet = Field::ALL.iter().copied().collect();
        assert!(all.iter().eq(Field::ALL.iter().copied()));
        for field in Field::ALL {
            let mut set = all;
            set.remove(*field);
            assert!(!set.contains(*field) && set.iter().count() == Field::ALL.len() - 1);
            set.insert(*field);
            assert_eq!(set, all);
        }
        assert!(FieldSet::EMPTY.is_empty() && !all.is_empty());
    }
}
