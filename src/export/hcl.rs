//! Configuration as text, in the layout of `terraform fmt`.

use crate::indicator::{CertificateFact, FieldValue};
use crate::outgoing::{holds_command, is_format};
use std::fmt::Write as _;

/// The text as a quoted string that means exactly it: nothing in it is a template, ends the string or is invisible.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut letters = text.chars().peekable();
    let mut before = '\0';
    while let Some(letter) = letters.next() {
        let opens = matches!(letter, '$' | '%') && letters.peek() == Some(&'{');
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Behind another one the doubled sign could be read in two ways.
            _ if opens && before == letter => push_code(&mut out, letter),
            _ if opens => out.extend([letter, letter]),
            _ if letter.is_control() || is_format(letter) || matches!(letter, '\u{2028}' | '\u{2029}') => {
                push_code(&mut out, letter);
            }
            _ => out.push(letter),
        }
        before = letter;
    }
    out.push('"');
    // The same text for whoever reads configuration, and none for a build agent that reads a log.
    if holds_command(&out) {
        out = out.replace("##", "\\u0023#");
    }
    out
}

fn push_code(out: &mut String, letter: char) {
    let code = u32::from(letter);
    // A text always takes what is written to it.
    let _ = if code > 0xffff {
        write!(out, "\\U{code:08x}")
    } else {
        write!(out, "\\u{code:04x}")
    };
}

/// A list of texts.
pub fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let items: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", items.join(", "))
}

/// The value of a field.
pub fn value(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => quoted(text),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Whole(number) => number.to_string(),
        FieldValue::Texts(items) => texts(items.iter().map(String::as_str)),
        FieldValue::Wholes(numbers) => {
            let items: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        FieldValue::Certificate(info) => {
            let facts = CertificateFact::ALL.into_iter();
            let known = facts.filter_map(|fact| Some(format!("{} = {}", fact.name(), quoted(fact.of(info)?))));
            let known: Vec<String> = known.collect();
            if known.is_empty() {
                return "{}".to_owned();
            }
            format!("{{ {} }}", known.join(", "))
        }
    }
}

/// A block of these attributes, each on one line, with the equals signs below each other.
pub fn block(head: &str, attributes: &[(&str, String)]) -> String {
    let width = attributes.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = attributes
        .iter()
        .map(|(name, value)| format!("  {name:width$} = {value}\n"));
    format!("{head} {{\n{}}}\n", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::CertificateInfo;

    #[test]
    fn nothing_in_a_text_is_a_template() {
        for (text, expected) in [
            ("a", r#""a""#),
            ("${path.root}", r#""$${path.root}""#),
            ("%{ if x }", r#""%%{ if x }""#),
            ("$${x}", r#""$\u0024{x}""#),
            ("$x %y {", r#""$x %y {""#),
            ("say \"no\"\\\n\r\t", r#""say \"no\"\\\n\r\t""#),
            ("שלום", "\"שלום\""),
            ("a\u{202e}b\u{0}\u{feff}", "\"a\\u202eb\\u0000\\ufeff\""),
            ("\u{e0001}", "\"\\U000e0001\""),
        ] {
            assert_eq!(quoted(text), expected, "{text:?}");
        }
        assert!(!holds_command(&quoted("##vso[task.complete]")));
    }

    #[test]
    fn values_and_blocks_are_as_fmt_writes_them() {
        let info = CertificateInfo {
            issuer: Some("CN=a".into()),
            sha256: Some("ab".into()),
            ..CertificateInfo::default()
        };
        let shown = [
            FieldValue::Texts(vec!["a".into(), "b\"".into()]),
            FieldValue::Wholes(vec![1, 2]),
            FieldValue::Certificate(info),
            FieldValue::Certificate(CertificateInfo::default()),
            FieldValue::Flag(true),
        ];
        let expected = [
            r#"["a", "b\""]"#,
            "[1, 2]",
            r#"{ issuer = "CN=a", sha256 = "ab" }"#,
            "{}",
            "true",
        ];
        assert_eq!(shown.each_ref().map(value), expected);
        let block = block("a \"b\"", &[("x", "1".into()), ("long", "2".into())]);
        assert_eq!(block, "a \"b\" {\n  x    = 1\n  long = 2\n}\n");
    }
}
