//! Lists that people keep in files: text to rows, with the place of everything that is wrong.
//!
//! **Invariant:** pure. It says where something stands and which field it is meant for, and knows nothing of what a
//! resource makes of it; no text whatever makes it panic. It imports `indicator` and nothing else of this crate.

pub mod csv;

/// How much of a text a message repeats.
const SHOWN: usize = 80;

/// One thing that is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the text, counted from 1.
    pub line: usize,
    /// The column by its own header, if one column is to blame.
    pub column: Option<String>,
    /// What is wrong and what to do: the rule first, without a full stop at the end.
    pub text: String,
}

/// The text between back-ticks, on one line and cut to a bearable length.
#[must_use]
pub(crate) fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let mut shown: String = letters
        .by_ref()
        .take(SHOWN)
        .flat_map(|letter| {
            // `escape_debug` also escapes quotes, which is not wanted, and what cannot be seen, which is.
            let plain = matches!(letter, '"' | '\'' | '\\').then_some(letter);
            let escaped = plain.is_none().then(|| letter.escape_debug());
            plain.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_is_shown_is_one_short_line() {
        assert_eq!(shown("a \"b\" \\ ü"), "`a \"b\" \\ ü`");
        assert_eq!(shown("a\r\nb\u{200b}"), "`a\\r\\nb\\u{200b}`");
        assert_eq!(shown(&"x".repeat(500)), format!("`{}…`", "x".repeat(80)));
    }
}
