//! Reading values as reports print them, so that nobody follows them by accident: `hxxp://evil[.]example`.

use std::borrow::Cow;

/// What stands for a character, in lower case; what is the beginning of another stands after it.
const MARKS: [(&str, char); 10] = [
    ("[.]", '.'),
    ("(.)", '.'),
    ("{.}", '.'),
    ("[dot]", '.'),
    ("(dot)", '.'),
    ("{dot}", '.'),
    ("[:]", ':'),
    ("[/]", '/'),
    ("[.", '.'),
    (".]", '.'),
];

/// What stands between scheme and host; only the first is the real one.
const SEPARATORS: [&str; 4] = ["://", "[://]", "[:]//", ":[//]"];

/// What people put around a whole value.
const QUOTES: [(char, char); 6] = [
    ('`', '`'),
    ('"', '"'),
    ('\'', '\''),
    ('<', '>'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
];

/// What reports write for a scheme, in lower case, and the scheme.
pub(super) const SCHEMES: [(&str, &str); 10] = [
    ("hxxp", "http"),
    ("hxxps", "https"),
    ("htxp", "http"),
    ("htxps", "https"),
    ("h**p", "http"),
    ("h**ps", "https"),
    ("h__p", "http"),
    ("h__ps", "https"),
    ("fxp", "ftp"),
    ("fxps", "ftps"),
];

/// The value that a defanged one stands for; any other is returned as it is.
///
/// A value is defanged when its scheme or its host is: `hxxp`, `[.]`, `(dot)` and their like. Brackets in the path of a
/// URL alone say nothing, since they are ordinary characters there. Quotes around the whole value are taken off.
#[must_use]
pub fn refang(value: &str) -> String {
    refanged(value).into_owned()
}

/// What stands between a pair of quotes, back-ticks or angle brackets around a whole value; nothing for any other text.
#[must_use]
pub fn unquoted(value: &str) -> Option<&str> {
    let mut inner = value;
    // Each kind of pair can stand around a value once, since none may stand within it.
    while let Some(bare) = within_pair(inner) {
        inner = bare;
    }
    (inner.len() < value.len()).then_some(inner)
}

fn within_pair(text: &str) -> Option<&str> {
    QUOTES.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(*open)?.strip_suffix(*close)?;
        let bare = inner.trim();
        (!bare.is_empty() && !inner.contains([*open, *close])).then_some(bare)
    })
}

/// [`refang`] without allocating for a value that is not defanged.
pub(super) fn refanged(value: &str) -> Cow<'_, str> {
    match unquoted(value) {
        Some(bare) => Cow::Owned(marks_read(bare).into_owned()),
        None => marks_read(value),
    }
}

fn marks_read(value: &str) -> Cow<'_, str> {
    // Every separator and every mark has one of these; most values have none.
    if !value
        .bytes()
        .any(|byte| matches!(byte, b'/' | b'[' | b']' | b'(' | b'{'))
    {
        return Cow::Borrowed(value);
    }
    let cut = SEPARATORS.iter().find_map(|separator| {
        let (scheme, after) = value.split_once(separator)?;
        is_scheme_or_fake(scheme).then_some((scheme, *separator, after))
    });
    let (scheme, separator, after) = cut.unwrap_or(("", "", value));
    let real = SCHEMES
        .iter()
        .find(|(fake, _)| fake.eq_ignore_ascii_case(scheme))
        .map(|(_, real)| *real);
    let host = &after[..after.find(['/', '?', '#']).unwrap_or(after.len())];
    if real.is_none() && matches!(separator, "" | "://") && !has_mark(host) {
        return Cow::Borrowed(value);
    }
    let separator = if separator.is_empty() { "" } else { "://" };
    Cow::Owned(format!("{}{separator}{}", real.unwrap_or(scheme), without_marks(after)))
}

fn is_scheme_or_fake(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'*' | b'_'))
}

fn has_mark(text: &str) -> bool {
    text.match_indices(['[', '(', '{', '.'])
        .any(|(at, _)| mark(&text[at..]).is_some())
}

/// The text with what its marks stand for.
pub(super) fn without_marks(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, character) = mark(rest).unwrap_or((first.len_utf8(), first));
        plain.push(character);
        rest = &rest[length..];
    }
    plain
}

/// The length of the mark that the text begins with, and what it stands for.
fn mark(text: &str) -> Option<(usize, char)> {
    let found = MARKS.iter().find(|(mark, _)| {
        text.as_bytes()
            .get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
    });
    found.map(|(mark, character)| (mark.len(), *character))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    #[test]
    fn defanged_values_are_read() {
        let table = [
            ("hxxp://evil[.]example/a", "http://evil.example/a"),
            ("hXXps://evil.example/a[.]php", "https://evil.example/a.php"),
            ("hxxps[://]evil[.]example", "https://evil.example"),
            ("http[:]//evil.example", "http://evil.example"),
            ("h**p://evil.example", "http://evil.example"),
            ("fxp://evil[.]example", "ftp://evil.example"),
            ("evil[.]example", "evil.example"),
            ("evil(DOT)example", "evil.example"),
            ("evil{.}sub(.)example", "evil.sub.example"),
            ("evil[.]example[/]a[.]b", "evil.example/a.b"),
            ("198[.]51[.]100[.]7", "198.51.100.7"),
            ("evil[.example", "evil.example"),
            ("evil.]example", "evil.example"),
            ("hxxp:[//]evil[.]example/a", "http://evil.example/a"),
            ("`evil[.]example`", "evil.example"),
            ("\"evil.example\"", "evil.example"),
            ("<https://evil.example/a>", "https://evil.example/a"),
            ("\u{201c}'hxxp://evil.example'\u{201d}", "http://evil.example"),
            ("` evil.example `", "evil.example"),
            ("198.51.100[.]7:80", "198.51.100.7:80"),
            ("2001[:]db8[:][:]1", "2001:db8::1"),
            ("hxxp://[2001:db8::1]/", "http://[2001:db8::1]/"),
            ("hxxp://[2001:db8::1]:80/é[.]", "http://[2001:db8::1]:80/é."),
        ];
        for (defanged, value) in table {
            assert_eq!(refang(defanged), value);
        }
    }

    #[test]
    fn values_that_are_not_defanged_stay_as_they_are() {
        for value in [
            "",
            "evil.example",
            "http://evil.example/a[.]b",
            "HTTP://evil.example/?q=hxxp://x[.]y",
            "http://[2001:db8::1]/",
            "2001:db8::1",
            "evil.example/a(dot)b",
            "http://evil.example/?x=[://]",
            "foo://bar",
            "https://evil.example/[.a",
            "\"a.example\" or \"b.example\"",
            "\"\"",
            "<",
            "`evil.example",
            "evil\\.example",
            "hxxps:/evil.example/a",
            "meow://evil.example",
            "xxps://evil.example",
        ] {
            assert_eq!(refang(value), value);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(value in samples::messy()) {
            let _ = refang(&value);
        }
    }
}
