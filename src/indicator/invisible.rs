//! Characters that nobody sees: what a value copied from a report, a web page or a certificate window brings along.

use crate::outgoing::is_format;
use std::borrow::Cow;

pub(super) use crate::outgoing::shown;

/// The first character that is white space at either end or cannot be seen anywhere, with its position counted from 1,
/// and how many more there are.
pub(super) fn first(text: &str) -> Option<(usize, char, usize)> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let kept = kept_range(text);
    let mut found = text
        .char_indices()
        .enumerate()
        .filter(|(_, (at, character))| !kept.contains(at) || is_invisible(text, *at, *character))
        .map(|(position, (_, character))| (position + 1, character));
    let (position, character) = found.next()?;
    Some((position, character, found.count()))
}

/// The text without white space at its ends and without characters that nobody sees. White space inside stays, because
/// what it stands for is not known.
#[must_use]
pub fn removed(text: &str) -> Cow<'_, str> {
    if first(text).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = kept_range(text);
    let visible = text
        .char_indices()
        .filter(|(at, character)| kept.contains(at) && !is_invisible(text, *at, *character));
    Cow::Owned(visible.map(|(_, character)| character).collect())
}

/// The first white space inside the text, with its position counted from 1.
pub(super) fn first_space(text: &str) -> Option<(usize, char)> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    text.chars()
        .enumerate()
        .find(|(_, character)| character.is_whitespace())
        .map(|(index, space)| (index + 1, space))
}

/// What people call the character, with its number.
pub(super) fn name(character: char) -> String {
    let name = match character {
        '\t' => "a tab",
        '\n' => "a line feed",
        '\r' => "a carriage return",
        ' ' => "a space",
        '\u{a0}' => "a no-break space",
        '\u{ad}' => "a soft hyphen",
        '\u{200b}' => "a zero width space",
        '\u{200c}' => "a zero width non-joiner",
        '\u{200d}' => "a zero width joiner",
        '\u{200e}' => "a left-to-right mark",
        '\u{200f}' => "a right-to-left mark",
        '\u{2060}' => "a word joiner",
        '\u{feff}' => "a byte order mark",
        _ if character.is_control() => "a control character",
        _ if character.is_whitespace() => "white space",
        _ if is_format(character) => "an invisible character",
        _ => return format!("`{character}` (U+{:04X})", u32::from(character)),
    };
    format!("{name} (U+{:04X})", u32::from(character))
}

/// From the first to the last character that is neither white space nor invisible.
fn kept_range(text: &str) -> std::ops::Range<usize> {
    let is_edge = |character: char| character.is_whitespace() || character.is_control() || is_format(character);
    let start = text.len() - text.trim_start_matches(is_edge).len();
    start..start + text.trim_matches(is_edge).len()
}

/// Joiners belong to the spelling of words in several scripts and of emoji, so they count only beside ASCII; whether a
/// host may hold one is for IDNA to say.
fn is_invisible(text: &str, at: usize, character: char) -> bool {
    match character {
        '\u{200c}' | '\u{200d}' => {
            let before = text[..at].chars().next_back();
            let after = text[at + character.len_utf8()..].chars().next();
            before.is_none_or(|beside| beside.is_ascii()) || after.is_none_or(|beside| beside.is_ascii())
        }
        _ => (character.is_control() && !character.is_whitespace()) || is_format(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_invisible_character_is_named_with_its_position() {
        let table = [
            ("evil.example", None, "evil.example"),
            ("\u{feff}evil.example", Some((1, '\u{feff}', 0)), "evil.example"),
            ("evil\u{200b}.example", Some((5, '\u{200b}', 0)), "evil.example"),
            (" evil.example\r\n", Some((1, ' ', 2)), "evil.example"),
            ("\u{feff} evil.example", Some((1, '\u{feff}', 1)), "evil.example"),
            ("a b", None, "a b"),
            ("a\u{0}b", Some((2, '\u{0}', 0)), "ab"),
            ("نامه\u{200c}ای.example", None, "نامه\u{200c}ای.example"),
            ("na\u{200c}me.example", Some((3, '\u{200c}', 0)), "name.example"),
            ("é\u{200d}", Some((2, '\u{200d}', 0)), "é"),
            ("bücher.example", None, "bücher.example"),
            (" \u{200b} ", Some((1, ' ', 2)), ""),
            ("", None, ""),
        ];
        for (text, expected, visible) in table {
            assert_eq!(first(text), expected, "{text:?}");
            assert_eq!(removed(text), visible, "{text:?}");
        }
    }

    #[test]
    fn characters_have_names() {
        assert_eq!(name('\u{feff}'), "a byte order mark (U+FEFF)");
        assert_eq!(name(' '), "a space (U+0020)");
        assert_eq!(name('\u{1}'), "a control character (U+0001)");
        assert_eq!(name('\u{2003}'), "white space (U+2003)");
        assert_eq!(name('\u{202e}'), "an invisible character (U+202E)");
        assert_eq!(name('g'), "`g` (U+0067)");
    }
}
