//! Lists of rows whose positions have types of their own, so that one list's are never taken for another's.

use std::marker::PhantomData;
use std::ops::Index;

/// Where a row stands in a list of one kind.
pub trait Position: Copy {
    /// The position after so many rows.
    fn after(rows: usize) -> Self;

    /// How many rows stand before it.
    fn before(self) -> usize;
}

macro_rules! position {
    ($name:ident, $text:literal) => {
        #[doc = $text]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(usize);

        impl Position for $name {
            fn after(rows: usize) -> Self {
                Self(rows)
            }

            fn before(self) -> usize {
                self.0
            }
        }
    };
}

position!(PlannedAt, "Position of a row among those that a configuration wants.");
position!(StateAt, "Position of a row among those of a state.");

/// Rows by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<At, T> {
    rows: Vec<T>,
    at: PhantomData<At>,
}

impl<At: Position, T> Rows<At, T> {
    /// The rows in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// Positions and rows, in their order.
    pub fn at(&self) -> impl Iterator<Item = (At, &T)> {
        self.rows
            .iter()
            .enumerate()
            .map(|(before, row)| (At::after(before), row))
    }

    /// The positions, in their order.
    pub fn positions(&self) -> impl Iterator<Item = At> + use<At, T> {
        (0..self.rows.len()).map(At::after)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The same value for each row.
    pub fn each<U: Clone>(&self, value: U) -> Rows<At, U> {
        vec![value; self.rows.len()].into()
    }

    /// Sets the row at a position.
    pub fn set(&mut self, at: At, row: T) {
        if let Some(place) = self.rows.get_mut(at.before()) {
            *place = row;
        }
    }
}

impl<At, T> Default for Rows<At, T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<At, T> From<Vec<T>> for Rows<At, T> {
    fn from(rows: Vec<T>) -> Self {
        Self { rows, at: PhantomData }
    }
}

impl<At, T> FromIterator<T> for Rows<At, T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        rows.into_iter().collect::<Vec<T>>().into()
    }
}

impl<At: Position, T> Index<At> for Rows<At, T> {
    type Output = T;

    fn index(&self, at: At) -> &T {
        &self.rows[at.before()]
    }
}
