//! Values as reports print them, so that nobody follows them by accident: `hxxp://evil[.]example`.

use std::borrow::Cow;
use std::net::IpAddr;

use super::IndicatorType;
use super::host::UrlParts;

/// What stands for a character, in lower case.
const MARKS: [(&str, char); 8] = [
    ("[.]", '.'),
    ("(.)", '.'),
    ("{.}", '.'),
    ("[dot]", '.'),
    ("(dot)", '.'),
    ("{dot}", '.'),
    ("[:]", ':'),
    ("[/]", '/'),
];

/// What stands between scheme and host; only the first is the real one.
const SEPARATORS: [&str; 3] = ["://", "[://]", "[:]//"];

/// What reports write for a scheme, in lower case, and the scheme.
const SCHEMES: [(&str, &str); 10] = [
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
/// URL alone say nothing, since they are ordinary characters there.
#[must_use]
pub fn refang(value: &str) -> String {
    refanged(value).into_owned()
}

/// [`refang`] without allocating for a value that is not defanged.
pub(super) fn refanged(value: &str) -> Cow<'_, str> {
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

/// The value made harmless: `http` becomes `hxxp`, and the dots of the host stand in brackets. Hashes stay as they are.
/// Without a type, the form decides.
#[must_use]
pub fn defang(indicator_type: Option<&IndicatorType>, value: &str) -> String {
    match indicator_type.cloned().or_else(|| super::detect_type(value)) {
        Some(IndicatorType::IpAddress | IndicatorType::DomainName) => defanged_host(value),
        Some(IndicatorType::Url) => defanged_url(value),
        _ => value.to_owned(),
    }
}

fn defanged_url(value: &str) -> String {
    let Some(UrlParts {
        scheme,
        user,
        host,
        port,
        rest,
    }) = UrlParts::split(value)
    else {
        return value.to_owned();
    };
    let fake = SCHEMES
        .iter()
        .find(|(_, real)| real.eq_ignore_ascii_case(scheme))
        .map(|(fake, _)| *fake);
    format!("{}://{user}{}{port}{rest}", fake.unwrap_or(scheme), defanged_host(host))
}

/// Dots in brackets; an IPv6 address has colons instead. What is defanged already stays so.
fn defanged_host(host: &str) -> String {
    let plain = without_marks(host);
    match plain.parse() {
        Ok(IpAddr::V6(_)) => plain.replace(':', "[:]").replace('.', "[.]"),
        _ => plain.replace('.', "[.]"),
    }
}

fn is_scheme_or_fake(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'*' | b'_'))
}

fn has_mark(text: &str) -> bool {
    text.match_indices(['[', '(', '{'])
        .any(|(at, _)| mark(&text[at..]).is_some())
}

fn without_marks(text: &str) -> String {
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

    use super::super::{canonical, samples};
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
        ] {
            assert_eq!(refang(value), value);
        }
    }

    #[test]
    fn values_are_defanged_by_type_or_form() {
        let table = [
            (None, "http://evil.example/a.b", "hxxp://evil[.]example/a.b"),
            (
                None,
                "HTTPS://me@198.51.100.7:8443",
                "hxxps://me@198[.]51[.]100[.]7:8443",
            ),
            (None, "evil.example", "evil[.]example"),
            (None, "evil[.]example", "evil[.]example"),
            (None, "198.51.100.7", "198[.]51[.]100[.]7"),
            (None, "2001:db8::1", "2001[:]db8[:][:]1"),
            (
                None,
                "d41d8cd98f00b204e9800998ecf8427e",
                "d41d8cd98f00b204e9800998ecf8427e",
            ),
            (None, "no value at all", "no value at all"),
            (Some(IndicatorType::DomainName), "localhost.", "localhost[.]"),
            (Some(IndicatorType::Url), "evil.example", "evil.example"),
            (Some(IndicatorType::FileSha1), "a.b", "a.b"),
        ];
        for (indicator_type, value, expected) in table {
            assert_eq!(defang(indicator_type.as_ref(), value), expected);
        }
    }

    proptest! {
        #[test]
        fn what_was_defanged_can_be_refanged((indicator_type, value) in samples::valid()) {
            prop_assert_eq!(refang(&defang(Some(&indicator_type), &value)), value);
        }

        #[test]
        fn both_are_idempotent_on_values((indicator_type, value) in samples::valid()) {
            let defanged = defang(Some(&indicator_type), &value);
            prop_assert_eq!(&refang(&value), &value);
            prop_assert_eq!(canonical(&indicator_type, &refang(&defanged)), canonical(&indicator_type, &value));
        }

        #[test]
        fn any_text_is_taken(value in samples::messy()) {
            let _ = (refang(&value), defang(None, &value));
        }
    }
}
