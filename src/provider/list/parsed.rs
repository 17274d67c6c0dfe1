//! Texts that were read in this process. The host shows one list several times in a run: to validate, to refresh and to
//! plan, and twice where state and configuration say the same.

use super::{List, text};
use crate::provider::recent::Recent;
use std::sync::Arc;

/// How many bytes of text are remembered at most. A tenant's 15,000 indicators are some three million.
const MOST: usize = 16 << 20;

/// Texts and what they say.
static READ: Recent<(Arc<str>, Arc<List>)> = Recent::new(MOST);

/// What the text says, from memory if it was read before.
pub fn read(text: &str) -> Arc<List> {
    let make = || (text.len(), (text.into(), Arc::new(text::read(text).sorted())));
    READ.get_or_make(|(known, _)| **known == *text, make).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once() {
        let text = r#"{"read-once.example":{"title":"t"}}"#;
        let first = read(text);
        assert_eq!(first.rows[0].key, "read-once.example");
        let copy = String::from(text);
        assert!(Arc::ptr_eq(&first, &read(&copy)));
        assert!(!Arc::ptr_eq(&first, &read(r#"{"read-once.example":{"title":"u"}}"#)));
    }
}
