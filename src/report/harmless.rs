//! Text in which no address can be followed: what a person wrote into a title, or what a log says.

use crate::indicator::{IndicatorType, defang, detect_type};
use std::net::IpAddr;

/// Where a word ends. Addresses hold none of these; a comma may stand in a URL, but one that follows it is more usual.
fn is_between(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(
            letter,
            '"' | '\'' | '`' | '(' | ')' | '<' | '>' | '{' | '}' | ',' | ';' | '|'
        )
}

/// The text with all addresses in it defanged.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_between) {
        let word = piece.trim_end_matches(is_between);
        let end = piece.get(word.len()..).unwrap_or_default();
        // What ends a sentence or a part of it is none of the address.
        let core = word.trim_end_matches(['.', ':', '!', '?', '…']);
        match live(core) {
            Some(kind) => {
                out.push_str(&defang(Some(&kind), core));
                out.push_str(word.get(core.len()..).unwrap_or_default());
            }
            None => out.push_str(word),
        }
        out.push_str(end);
    }
    out
}

/// What the word is, if a browser or a mail program might make a link of it.
fn live(word: &str) -> Option<IndicatorType> {
    if word.contains("://") {
        return Some(IndicatorType::Url);
    }
    if !word.contains(['.', ':']) {
        return None;
    }
    if word.parse::<IpAddr>().is_ok() {
        return Some(IndicatorType::IpAddress);
    }
    // Most words with a dot are names of files, of fields or of resources. A host of a registry that exists is none, but
    // for the usual ending of a configuration.
    let host = word.split(['/', ':']).next().unwrap_or(word);
    let is_host = detect_type(host) == Some(IndicatorType::DomainName) && !host.contains('_') && !host.contains('@');
    let lower = host.to_ascii_lowercase();
    let is_registered = psl::suffix(lower.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let is_example = lower.ends_with(".example") || lower.ends_with(".test");
    (is_host && (is_registered || is_example) && !lower.ends_with(".tf")).then_some(IndicatorType::DomainName)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_defanged_and_nothing_else() {
        for (written, expected) in [
            (
                "see https://evil.example/a.b?c, then go",
                "see hxxps://evil[.]example/a.b?c, then go",
            ),
            (
                "- evil.example: title changed (by eve@contoso.com on 2026-05-01T09:30:00Z)",
                "- evil[.]example: title changed (by eve@contoso.com on 2026-05-01T09:30:00Z)",
            ),
            (
                "`198.51.100.7` and 2001:db8::1.",
                "`198[.]51[.]100[.]7` and 2001[:]db8[:][:]1.",
            ),
            ("www.microsoft.com/path", "www[.]microsoft[.]com/path"),
            (
                "in main.tf, line 3: mde_indicator_set.c2 of parse_csv(file(\"intel/c2.csv\"))",
                "in main.tf, line 3: mde_indicator_set.c2 of parse_csv(file(\"intel/c2.csv\"))",
            ),
            (
                "version 1.11.4, at 09:30:00, :: and C:\\temp",
                "version 1.11.4, at 09:30:00, :: and C:\\temp",
            ),
            ("evil[.]example hxxp://x.com", "evil[.]example hxxp://x[.]com"),
            ("", ""),
        ] {
            assert_eq!(text(written), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(written in "\\PC{0,60}") {
            let once = text(&written);
            prop_assert!(!once.contains("http://") && !once.contains("https://"), "{once}");
        }

        #[test]
        fn only_marks_are_added(written in "[a-z:/. \n]{0,60}") {
            let plain = |text: &str| text.replace("[.]", ".").replace("[:]", ":").replace("hxxp", "http");
            prop_assert_eq!(plain(&text(&written)), plain(&written));
        }
    }
}
