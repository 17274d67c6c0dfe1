//! One line of a plain list.

use std::net::IpAddr;

/// What begins a comment.
const MARKS: [&str; 3] = ["#", "//", ";"];

/// What begins the items of a list in Markdown, YAML and text.
const BULLETS: [&str; 4] = ["- ", "* ", "+ ", "• "];

/// Names that hosts files give to the machine itself and to its network.
const LOCAL: [&str; 6] = [
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost6",
    "local",
    "broadcasthost",
];

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// Blank, or a comment.
    Nothing,
    /// A value, with what is said about it.
    Value { value: &'t str, comment: Option<&'t str> },
    /// The names of a line of a hosts file, without those of the machine itself.
    Host {
        names: Vec<&'t str>,
        comment: Option<&'t str>,
    },
    /// Anything else.
    Prose(&'t str),
}

impl<'t> Line<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let text = text.trim_matches(|letter: char| letter.is_ascii_whitespace());
        // A filter list has comments of its own.
        if text.is_empty() || text.starts_with('!') || MARKS.iter().any(|mark| text.starts_with(mark)) {
            return Self::Nothing;
        }
        let text = BULLETS
            .iter()
            .find_map(|bullet| text.strip_prefix(bullet))
            .map_or(text, str::trim_start);
        if let Some((hash, name)) = sum(text) {
            return Self::Value {
                value: hash,
                comment: Some(name),
            };
        }
        let (value, comment) = comment(text);
        // Blanks of other kinds at the ends are for whoever reads the value.
        if !value.trim().contains(char::is_whitespace) || is_range(value) {
            return if value.trim().is_empty() {
                Self::Nothing
            } else {
                Self::Value { value, comment }
            };
        }
        let mut words = value.split_whitespace();
        if words.next().is_some_and(is_of_a_hosts_file) {
            return Self::Host {
                names: words.filter(|name| !is_local(name)).collect(),
                comment,
            };
        }
        Self::Prose(text)
    }
}

/// The text before a comment, and the comment. A comment begins after a blank, so that the fragment of a URL is none.
fn comment(text: &str) -> (&str, Option<&str>) {
    let blanks = text.char_indices().filter(|(_, letter)| letter.is_whitespace());
    for (at, blank) in blanks {
        let after = &text[at + blank.len_utf8()..];
        if let Some(mark) = MARKS.iter().find(|mark| after.starts_with(**mark)) {
            let comment = after[mark.len()..].trim_start_matches(['#', '/', ';']).trim();
            let value = text[..at].trim_end_matches(|letter: char| letter.is_ascii_whitespace());
            return (value, Some(comment));
        }
    }
    (text, None)
}

/// A hash and the name of the file that it was computed of, as `sha256sum` and its like print them.
fn sum(text: &str) -> Option<(&str, &str)> {
    let (hash, rest) = text.split_once(|letter: char| letter.is_whitespace())?;
    let is_hash = matches!(hash.len(), 32 | 40 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let rest = rest.trim_start();
    let is_comment = MARKS.iter().any(|mark| rest.starts_with(mark));
    let name = rest.strip_prefix('*').unwrap_or(rest);
    (is_hash && !is_comment).then_some((hash, name))
}

/// Two addresses with a hyphen between them, and perhaps blanks.
fn is_range(text: &str) -> bool {
    text.split_once('-')
        .is_some_and(|(first, last)| [first, last].iter().all(|end| end.trim().parse::<IpAddr>().is_ok()))
}

/// Whether a line that begins with this address gives names to the machine itself, or to nothing at all.
fn is_of_a_hosts_file(text: &str) -> bool {
    let text = text.split('%').next().unwrap_or_default();
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_unspecified() || address.is_loopback() || address.is_broadcast(),
        Ok(IpAddr::V6(address)) => {
            address.is_unspecified()
                || address.is_loopback()
                || address.is_multicast()
                || address.segments()[0] >> 9 == 0x7f
        }
        Err(_) => false,
    }
}

fn is_local(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LOCAL.contains(&name.as_str()) || name.starts_with("ip6-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let value = |value, comment| Line::Value { value, comment };
        let md5 = "9e107d9d372bb6826bd81d3542a419d6";
        let host = |names: &[&'static str]| Line::Host {
            names: names.to_vec(),
            comment: None,
        };
        for (text, line) in [
            ("", Line::Nothing),
            (" \t", Line::Nothing),
            ("# a", Line::Nothing),
            ("  // a", Line::Nothing),
            (";a", Line::Nothing),
            ("! Title: x", Line::Nothing),
            ("a.example", value("a.example", None)),
            ("  a.example\t# b # c", value("a.example", Some("b # c"))),
            ("a.example ## b", value("a.example", Some("b"))),
            ("http://a.example/#b", value("http://a.example/#b", None)),
            ("http://a.example/;b ; c", value("http://a.example/;b", Some("c"))),
            ("- a.example", value("a.example", None)),
            ("• a.example // b", value("a.example", Some("b"))),
            ("\u{a0}a.example\u{a0}", value("\u{a0}a.example\u{a0}", None)),
            ("203.0.113.1 - 203.0.113.9", value("203.0.113.1 - 203.0.113.9", None)),
            (
                "9e107d9d372bb6826bd81d3542a419d6 *b #1.exe",
                value(md5, Some("b #1.exe")),
            ),
            ("9e107d9d372bb6826bd81d3542a419d6  b.exe", value(md5, Some("b.exe"))),
            ("9e107d9d372bb6826bd81d3542a419d6 # b", value(md5, Some("b"))),
            ("0.0.0.0 a.example B.example", host(&["a.example", "B.example"])),
            ("127.0.0.1\tlocalhost", host(&[])),
            ("::1 ip6-localhost", host(&[])),
            ("fe80::1%lo0 localhost", host(&[])),
            ("0.0.0.0 0.0.0.0", host(&["0.0.0.0"])),
            ("198.51.100.7 a.example", Line::Prose("198.51.100.7 a.example")),
            ("a.example is bad", Line::Prose("a.example is bad")),
        ] {
            assert_eq!(Line::of(text), line, "{text:?}");
        }
    }
}
