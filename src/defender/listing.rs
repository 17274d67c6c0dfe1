//! All rows of the tenant as one picture.

use crate::indicator::{Identity, Row};

/// The active rows of the tenant at one moment, kept current by this process's own writes.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    rows: Vec<Row>,
    expired: usize,
}

impl Listing {
    /// The row with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The rows with this identity: usually one at most, several when they differ in device groups.
    pub fn find<'a>(&'a self, identity: &'a Identity) -> impl Iterator<Item = &'a Row> {
        self.rows
            .iter()
            .filter(move |row| row.indicator.identity() == *identity)
    }

    /// Every row, oldest id first.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows the service still lists although their expiry has passed; they are not among the others.
    #[must_use]
    pub fn expired(&self) -> usize {
        self.expired
    }
}
