//! The service's identifier of a row.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The service's own identifier of a row: a small number as text, unique in the tenant, and never given out twice.
///
/// Cheap to clone. Ids are ordered as the numbers that they are: the shorter is the smaller, and of two that are equally
/// long the one whose text comes first. So there is deliberately no `Borrow<str>`, which orders differently.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RowId(Arc<str>);

impl RowId {
    /// The id as the service writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RowId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<String> for RowId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl PartialEq<str> for RowId {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for RowId {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl Ord for RowId {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for RowId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::RowId;

    #[test]
    fn ids_are_ordered_as_numbers() {
        let mut ids = ["10", "9", "2", "11", "9"].map(RowId::from);
        ids.sort();
        assert_eq!(ids.each_ref().map(RowId::as_str), ["2", "9", "9", "10", "11"]);
    }
}
