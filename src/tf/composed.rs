//! The form of text that hosts know.
//!
//! A host puts every text that it reads into Unicode's composed form (NFC): configurations, states, and what providers
//! answer. Sending that form keeps both sides speaking of the same text, keys of maps included.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The text in composed form; borrowed if it has that form already, as nearly all text does.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_text_in_another_form_is_copied() {
        for text in ["", "abc", "caf\u{e9}", "例。", "\u{1f600}"] {
            assert!(matches!(composed(text), Cow::Borrowed(same) if same == text), "{text}");
        }
        assert_eq!(composed("cafe\u{301}"), "caf\u{e9}");
        assert_eq!(composed("\u{212a}"), "K");
    }

    proptest! {
        #[test]
        fn composed_text_stays_as_it_is(text in any::<String>()) {
            let once = composed(&text).into_owned();
            prop_assert_eq!(composed(&once), once.as_str());
        }
    }
}
