//! Names of objects.

use std::fmt;

/// Which object speaks: a random number that its private data carry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(u128);

impl Token {
    /// A token that no other object has.
    ///
    /// Two processes never meet, so the randomness of the standard library's hash seeds is enough.
    #[must_use]
    pub fn new() -> Self {
        use std::hash::{BuildHasher, RandomState};
        let half = || u128::from(RandomState::new().hash_one(std::time::Instant::now()));
        Self(half() << 64 | half())
    }

    /// The token that a text of `Token`'s `to_string` holds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        u128::from_str_radix(text, 16).ok().map(Self)
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Token({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_as_text() {
        let token = Token::new();
        assert_eq!(Token::parse(&token.to_string()), Some(token));
        assert_ne!(token, Token::new());
        assert_eq!(Token::parse("none"), None);
    }
}
