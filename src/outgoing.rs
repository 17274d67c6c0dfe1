//! Text on its way out of the program: to the host, into a log, to a terminal.
//!
//! Much of it was written by others: by whoever works on the tenant, by a server, in a file. Each exit passes everything
//! through here, so that no text moves a cursor, turns a line round, floods a screen, gives orders to a build agent or tells
//! a secret, whoever wrote it.
//!
//! **Invariant:** pure but for the list of secrets of this process. It imports nothing of this crate.

mod commands;
mod secrets;

pub use commands::holds_command;
pub use secrets::{conceal, redacted};

use commands::Line;
use std::fmt::Write as _;
use std::io;

/// Longest line in characters. Sentences of this program are shorter.
const LONGEST_LINE: usize = 2_000;

/// Longest text in characters: 200 named rows, the most that a message names, with some 300 for each.
const LONGEST_TEXT: usize = 64_000;

/// Longest value between back-ticks, in characters.
const LONGEST_VALUE: usize = 100;

/// The text without secrets, on one line, with what nobody can see and the commands of build agents written out, and cut.
#[must_use]
pub fn line(text: &str) -> String {
    let mut out = String::new();
    put_line(&mut out, &redacted(text), &mut Line::default());
    out
}

/// The same with the lines of the text kept.
#[must_use]
pub fn lines(text: &str) -> String {
    lines_behind(&mut Line::default(), text)
}

/// The same for a text that follows what was printed of its first line already.
fn lines_behind(printed: &mut Line, text: &str) -> String {
    let text = redacted(text);
    let mut out = String::new();
    let mut left = LONGEST_TEXT;
    for line in text.split_inclusive('\n') {
        let length = line.chars().take(left + 1).count();
        if length > left {
            let _ = write!(
                out,
                "… ({} more characters)",
                text.chars().count() - (LONGEST_TEXT - left)
            );
            break;
        }
        left -= length;
        put_line(&mut out, line.trim_end_matches('\n'), printed);
        if line.ends_with('\n') {
            out.push('\n');
            *printed = Line::default();
        }
    }
    out
}

fn put_line(out: &mut String, line: &str, printed: &mut Line) {
    let mut letters = line.chars();
    letters
        .by_ref()
        .take(LONGEST_LINE)
        .for_each(|letter| put(out, letter, is_harmful(letter), printed));
    let more = letters.count();
    if more > 0 {
        let _ = write!(out, "… ({more} more characters)");
    }
}

/// The value between back-ticks for a message: without secrets, on one line, with white space and what nobody can see
/// written out, and cut when it is long.
#[must_use]
pub fn shown(value: &str) -> String {
    let value = redacted(value);
    let mut letters = value.chars();
    let mut out = String::new();
    let mut printed = Line::default();
    put(&mut out, '`', false, &mut printed);
    for letter in letters.by_ref().take(LONGEST_VALUE) {
        let is_hidden = is_harmful(letter) || (letter.is_whitespace() && letter != ' ');
        put(&mut out, letter, is_hidden, &mut printed);
    }
    if letters.next().is_some() {
        out.push('…');
    }
    out.push('`');
    out
}

/// The words of somebody else for use within a message: without secrets, white space of any kind as one space, and cut at
/// this many characters. What nobody can see is written out at the exit.
#[must_use]
pub fn words(text: &str, longest: usize) -> String {
    let words = redacted(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(longest) {
        Some((end, _)) => format!("{} ...", &words[..end]),
        None => words,
    }
}

fn put(out: &mut String, letter: char, escape: bool, printed: &mut Line) {
    // What is written out begins with a backslash, which no command has.
    let escape = printed.completes(if escape { '\\' } else { letter }) || escape;
    match letter {
        '\n' if escape => out.push_str("\\n"),
        '\r' if escape => out.push_str("\\r"),
        '\t' if escape => out.push_str("\\t"),
        _ if escape => out.extend(letter.escape_unicode()),
        _ => out.push(letter),
    }
}

/// Whether the character does something to a terminal, or is there and cannot be seen.
fn is_harmful(letter: char) -> bool {
    letter.is_control() || is_format(letter) || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// The characters of Unicode's category Cf that print as nothing, the fillers and the marks that do too, and all that turn
/// the direction of a text.
#[must_use]
pub const fn is_format(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Writes what is written to it as [`lines`] would have it.
pub struct Writer<W> {
    writer: W,
    /// What was printed of the line that is not finished.
    printed: Line,
}

impl<W: io::Write> Writer<W> {
    /// Writes to this.
    pub fn new(writer: W) -> Self {
        Self {
            writer,
            printed: Line::default(),
        }
    }
}

impl<W: io::Write> io::Write for Writer<W> {
    /// Takes all of it. Whoever formats writes whole pieces of text, so that no character is cut in two.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = lines_behind(&mut self.printed, &String::from_utf8_lossy(bytes));
        self.writer.write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write as _;

    #[test]
    fn what_nobody_sees_is_written_out() {
        for (text, on_one_line, on_lines) in [
            ("plain text, ümläut 例え ⚠\u{fe0f}", "", ""),
            ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc", "a\nb\\r\n\\tc"),
            (
                "\u{1b}]0;title\u{7}\u{9b}31m\u{7f}",
                "\\u{1b}]0;title\\u{7}\\u{9b}31m\\u{7f}",
                "",
            ),
            ("evil\u{202e}moc.\u{2066}x", "evil\\u{202e}moc.\\u{2066}x", ""),
            (
                "a\u{200b}\u{feff}\u{2028}\u{e0041}\u{e0100}",
                "a\\u{200b}\\u{feff}\\u{2028}\\u{e0041}\\u{e0100}",
                "",
            ),
            ("", "", ""),
        ] {
            let or = |expected: &str, otherwise: &str| {
                if expected.is_empty() {
                    otherwise.to_owned()
                } else {
                    expected.to_owned()
                }
            };
            let on_one_line = or(on_one_line, text);
            assert_eq!(line(text), on_one_line);
            assert_eq!(lines(text), or(on_lines, &on_one_line));
        }
    }

    #[test]
    fn what_is_shown_is_one_short_line() {
        assert_eq!(shown("a \"b\" \\ ü"), "`a \"b\" \\ ü`");
        assert_eq!(shown("\u{feff}a\r\nb\u{a0}"), "`\\u{feff}a\\r\\nb\\u{a0}`");
        assert_eq!(shown(&"x".repeat(500)), format!("`{}…`", "x".repeat(100)));
    }

    #[test]
    fn words_of_others_are_one_line_and_cut_between_characters() {
        assert_eq!(words(" a\r\n\tb ", 10), "a b");
        assert_eq!(words(&"é".repeat(20), 10), format!("{} ...", "é".repeat(10)));
    }

    #[test]
    fn long_lines_and_long_texts_are_cut() {
        let long = "é".repeat(LONGEST_LINE + 5);
        assert_eq!(
            line(&long),
            format!("{}… (5 more characters)", "é".repeat(LONGEST_LINE))
        );
        assert_eq!(lines(&format!("a\n{long}\nb")), format!("a\n{}\nb", line(&long)));
        let text = "a line\n".repeat(20_000);
        let cut = lines(&text);
        let kept = LONGEST_TEXT / 7 * 7;
        assert_eq!(
            cut,
            format!("{}… ({} more characters)", &text[..kept], text.len() - kept)
        );
    }

    #[test]
    fn a_writer_writes_pieces_as_they_may_be_printed() {
        let mut out = Vec::new();
        let harm = "\u{1b}[2J";
        writeln!(Writer::new(&mut out), "{harm}: é").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\\u{1b}[2J: é\n");
    }

    #[test]
    fn no_build_agent_gets_an_order() {
        for (text, expected) in [
            ("##vso[task.complete]", "##vso\\u{5b}task.complete]"),
            ("a ##[error]b", "a ##\\u{5b}error]b"),
            (" ::error::x", " :\\u{3a}error::x"),
            ("a ::error::x", "a ::error::x"),
        ] {
            assert_eq!(line(text), expected);
            assert_eq!(lines(&format!("{text}\n{text}")), format!("{expected}\n{expected}"));
        }
        assert_eq!(shown("##[x]"), "`##\\u{5b}x]`");
        assert_eq!(shown("::1"), "`::1`");
        // However it is cut into pieces.
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        for piece in ["\n", "#", "#v", "so", "[x", "\n:", ":", "e\n", "a", "::b"] {
            write!(writer, "{piece}").unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap(), "\n##vso\\u{5b}x\n:\\u{3a}e\na::b");
    }

    /// Texts with many characters of the sort that matters here.
    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,40}",
            "(\\PC|\\pC|\n|\u{202e}|\u{1b}){0,200}",
            "[a\n]{0,5000}",
            "(##|#|vso|VSO|\\[|::|:| |\n|a){0,20}"
        ]
    }

    proptest! {
        #[test]
        fn no_text_has_anything_harmful_left(text in any_text()) {
            let harmful = |text: &str| text.chars().any(|letter| letter != '\n' && is_harmful(letter));
            let mut written = Vec::new();
            write!(Writer::new(&mut written), "{text}").unwrap();
            for out in [line(&text), lines(&text), shown(&text), String::from_utf8(written).unwrap()] {
                prop_assert!(!harmful(&out), "{out:?}");
            }
            prop_assert!(!line(&text).contains('\n') && !shown(&text).contains('\n'));
            for out in [line(&text), lines(&text), shown(&text)] {
                prop_assert!(!holds_command(&out), "{out:?}");
            }
            prop_assert!(lines(&text).lines().all(|line| line.chars().count() < LONGEST_LINE * 11));
        }
    }
}
