//! The words of a source text, without comments, texts and letters in quotes.

/// The words and signs of a source, in order. `::` is one sign; spaces, comments and all that stands in quotes are left out.
pub fn words_of(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' {
            letter(rest)
        } else if let Some(length) = raw(rest) {
            length
        } else if is_word(first) {
            let length = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            found.push(&rest[..length]);
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                found.push(&rest[..length]);
            }
            length
        };
        rest = &rest[length..];
    }
    found
}

/// How long the text in quotes is that stands at the beginning.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = rest[1..].find(|letter| {
        let ends = letter == quote && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |end| end + 2)
}

/// How long the letter in quotes is that stands at the beginning; a lifetime is only its sign.
fn letter(rest: &str) -> usize {
    let is_lifetime = !rest.starts_with("'\\") && rest.chars().nth(2) != Some('\'');
    if is_lifetime { 1 } else { quoted(rest, '\'') }
}

/// How long the raw text is that stands at the beginning, if one does.
fn raw(rest: &str) -> Option<usize> {
    let opening = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let inside = opening.trim_start_matches('#').strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(opening.len() - inside.len() - 1));
    let end = inside.find(&closing).map_or(inside.len(), |end| end + closing.len());
    Some(rest.len() - inside.len() + end)
}

#[test]
fn what_is_no_code_is_left_out() {
    let cases: [(&str, &[&str]); 8] = [
        ("use a::b; // c::d", &["use", "a", "::", "b", ";"]),
        ("/* a */ b", &["b"]),
        (r#"a("b\"c", d)"#, &["a", "(", ",", "d", ")"]),
        (r##"a(r#"b"c"#, br"\", d)"##, &["a", "(", ",", ",", "d", ")"]),
        ("r#type: bar", &["r", "#", "type", ":", "bar"]),
        (
            r"a('b', '\'', '\\', '\u{e9}', c)",
            &["a", "(", ",", ",", ",", ",", "c", ")"],
        ),
        ("&'a b<'_>", &["&", "a", "b", "<", "_", ">"]),
        ("\"a\\\n b\" c", &["c"]),
    ];
    for (text, expected) in cases {
        assert_eq!(words_of(text), expected, "{text}");
    }
}
