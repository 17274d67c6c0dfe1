//! Telling the type of a value by its form.

use std::net::{IpAddr, SocketAddr};

use super::IndicatorType;
use super::host::{UrlParts, labels};
use super::invisible;
use super::refang::refanged;

/// The type that the form of a value shows: 64, 40 or 32 hexadecimal digits a SHA-256, SHA-1 or MD5, then an address, a
/// URL with any scheme, a domain. `None` when nothing fits.
///
/// A certificate's thumbprint looks like a SHA-1 and is taken for one; the type must be said. The form is read with some
/// tolerance (`1.2.3.0/24` shows an address, ` hxxp://evil[.]example` a URL), so that [`super::rules::check_value`] can
/// say exactly what is wrong with it. A value of good form is still to be checked.
#[must_use]
pub fn detect_type(value: &str) -> Option<IndicatorType> {
    let visible = invisible::removed(value);
    let value = refanged(&visible);
    if let Some(hash) = hash_type(&value) {
        return Some(hash);
    }
    if UrlParts::split(&value).is_some() {
        return Some(IndicatorType::Url);
    }
    if looks_like_address(&value) {
        return Some(IndicatorType::IpAddress);
    }
    looks_like_domain(&value).then_some(IndicatorType::DomainName)
}

/// The type of hash that has as many digits, if the text is nothing but hexadecimal digits.
pub(super) fn hash_type(text: &str) -> Option<IndicatorType> {
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match text.len() {
        64 => Some(IndicatorType::FileSha256),
        40 => Some(IndicatorType::FileSha1),
        32 => Some(IndicatorType::FileMd5),
        _ => None,
    }
}

/// An address, or what people write with one: a network, a range, a port, a zone, wildcards, parts that are too large.
fn looks_like_address(text: &str) -> bool {
    if is_address(text) || text.parse::<SocketAddr>().is_ok() {
        return true;
    }
    if let Some((first, last)) = text.split_once('-') {
        return is_address(first)
            && last
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'));
    }
    let head = text.split(['/', '%']).next().unwrap_or_default();
    let head = head.strip_prefix('[').map_or(head, |inner| inner.trim_end_matches(']'));
    is_address(head) || is_dotted_quad(head)
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn is_dotted_quad(text: &str) -> bool {
    let is_part =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*');
    text.split('.').count() == 4 && text.split('.').all(is_part) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Two labels or more, of which the last is not a number; a wildcard, a port or a path may stand around them.
fn looks_like_domain(text: &str) -> bool {
    let head = text.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let head = head.strip_prefix("*").unwrap_or(head);
    let head = head.strip_prefix('.').unwrap_or(head);
    let head = head.strip_suffix('.').unwrap_or(head);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|character| {
                character.is_ascii_alphanumeric()
                    || matches!(character, '-' | '_')
                    || !(character.is_ascii() || character.is_whitespace())
            })
    };
    let last_is_name = labels(head)
        .last()
        .is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
    labels(head).count() > 1 && labels(head).all(is_label) && last_is_name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples;
    use super::*;

    #[test]
    fn the_form_shows_the_type() {
        use IndicatorType::{DomainName, FileMd5, FileSha1, FileSha256, IpAddress, Url};
        let table = [
            (
                "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
                Some(FileSha256),
            ),
            ("da39a3ee5e6b4b0d3255bfef95601890afd80709", Some(FileSha1)),
            ("d41d8cd98f00b204e9800998ecf8427e", Some(FileMd5)),
            ("d41d8cd98f00b204e9800998ecf8427", None),
            ("198.51.100.7", Some(IpAddress)),
            ("2001:db8::1", Some(IpAddress)),
            ("fe80::1%eth0", Some(IpAddress)),
            ("198.51.100.0/24", Some(IpAddress)),
            ("2001:db8::/32", Some(IpAddress)),
            ("198.51.100.1-198.51.100.9", Some(IpAddress)),
            ("198.51.100.1-9", Some(IpAddress)),
            ("198.51.100.7:443", Some(IpAddress)),
            ("[2001:db8::1]", Some(IpAddress)),
            ("[2001:db8::1]:443", Some(IpAddress)),
            ("198.51.*.*", Some(IpAddress)),
            ("300.1.1.1", Some(IpAddress)),
            ("198[.]51[.]100[.]7", Some(IpAddress)),
            ("198.51.100.7-static.example.net", Some(DomainName)),
            ("http://198.51.100.7/", Some(Url)),
            ("https://evil.example/a b", Some(Url)),
            ("ftp://evil.example", Some(Url)),
            ("hxxp://evil[.]example", Some(Url)),
            ("evil.example", Some(DomainName)),
            ("\u{feff}evil.example ", Some(DomainName)),
            ("*.evil.example", Some(DomainName)),
            (".evil.example.", Some(DomainName)),
            ("evil.example:8080", Some(DomainName)),
            ("evil.example/path", Some(DomainName)),
            ("_dmarc.evil.example", Some(DomainName)),
            ("bücher.example", Some(DomainName)),
            ("例。中国", Some(DomainName)),
            ("localhost", None),
            ("1.2.3", None),
            ("someone@evil.example", None),
            ("two words", None),
            ("C:\\evil.exe", None),
            ("a..b", None),
            ("*", None),
            ("*.*.*.*", None),
            ("", None),
        ];
        for (value, expected) in table {
            assert_eq!(detect_type(value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn the_type_of_a_valid_value_is_found((indicator_type, value) in samples::valid()) {
            let detected = detect_type(&value);
            match indicator_type {
                IndicatorType::CertificateThumbprint => prop_assert_eq!(detected, Some(IndicatorType::FileSha1)),
                _ => prop_assert_eq!(detected, Some(indicator_type)),
            }
        }

        #[test]
        fn any_text_is_taken(value in samples::messy()) {
            let _ = detect_type(&value);
        }
    }
}
