//! Alert categories.

/// Category of the alert that a match raises: a number on the wire, a name everywhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category(i32);

impl Category {
    /// The category of this number, known or not.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }
}
