//! Pieces of text: the report's own words, and texts of others, which are only ever shown as code.

use super::SENSITIVE;
use super::changes::Name;
use super::difference::{FieldChange, Origin, Said};
use crate::indicator::{Field, IndicatorType, defang};
use similar::{ChangeTag, TextDiff};
use std::borrow::Cow;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Words of the report.
    Words(Cow<'static, str>),
    /// Words of the report that stand out.
    Strong(Cow<'static, str>),
    /// Text of others, or a literal.
    Code(String),
    /// Text of others of which some words change.
    Marked(Vec<(Mark, String)>),
}

/// What becomes of words of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// They stay.
    Same,
    /// They go.
    Old,
    /// They come.
    New,
}

/// A line.
pub type Line = Vec<Run>;

/// Words of the report.
pub fn words(text: impl Into<Cow<'static, str>>) -> Run {
    Run::Words(text.into())
}

/// Words of the report that stand out.
pub fn strong(text: impl Into<Cow<'static, str>>) -> Run {
    Run::Strong(text.into())
}

/// Text of others, or a literal.
pub fn code(text: impl Into<String>) -> Run {
    Run::Code(text.into())
}

/// The number with the noun that fits it, and commas between thousands.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// The number with commas between thousands.
pub fn number(count: impl TryInto<i64>) -> String {
    let count = count.try_into().unwrap_or(i64::MAX);
    let digits = count.unsigned_abs().to_string();
    let mut out = String::from(if count < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What stands for what is known only after apply, as Terraform has it.
const UNKNOWN: &str = "(known after apply)";

/// Texts of at least so many characters are compared by words.
const WORDY: usize = 24;

/// Longer texts are not compared by words, which takes time that grows faster than they do.
const LONGEST_COMPARED: usize = 8_000;

/// One letter of so many must be in both texts, or they stand side by side.
const LIKENESS: usize = 3;

/// How many characters of what stays are shown beside what changes.
const CONTEXT: usize = 16;

/// Shows values and texts of others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shower {
    /// Whether addresses stand as they are, so that they can be followed.
    pub keeps_addresses: bool,
}

impl Shower {
    /// A value as it may be shown.
    pub fn value(self, kind: Option<&IndicatorType>, value: &str) -> String {
        if self.keeps_addresses {
            value.to_owned()
        } else {
            defang(kind, value)
        }
    }

    /// A text in which addresses may stand.
    pub fn text(self, text: &str) -> String {
        if self.keeps_addresses {
            text.to_owned()
        } else {
            super::harmless::text(text)
        }
    }

    /// What a row is called, cut at so many characters.
    pub fn name(self, name: &Name, longest: usize) -> Line {
        let mut line = match &name.value {
            Some(value) => vec![code(cut(&self.value(name.kind.as_ref(), value), longest))],
            None if name.key.is_none() => vec![words(SENSITIVE)],
            None => Vec::new(),
        };
        if let Some(key) = &name.key {
            // The key of a long value begins like the value.
            let key = cut(&self.value(None, key), longest);
            if line.is_empty() {
                line.push(code(key));
            } else {
                line.extend([words(" ("), code(key), words(")")]);
            }
        }
        line
    }

    /// What a field says, and whether the set or the service says it.
    fn said(self, field: &str, said: &Said, longest: usize, names_set: bool) -> Line {
        match said {
            Said::Nothing => vec![words("none")],
            Said::Unknown => vec![words(UNKNOWN)],
            Said::Sensitive => vec![words(SENSITIVE)],
            Said::Text(text, origin) => {
                let text = match field == Field::Value.name() {
                    true => self.value(None, text),
                    false => self.text(text),
                };
                let mut line = vec![code(cut(&text, longest))];
                match origin {
                    Origin::Default => line.push(words(" (default)")),
                    Origin::Set if names_set => line.push(words(" (the set's)")),
                    Origin::Set | Origin::Row => {}
                }
                line
            }
        }
    }

    /// A field with what it says.
    pub fn field(self, field: &str, said: &Said, longest: usize) -> Line {
        let mut line = vec![words(field.to_owned()), words(" ")];
        line.extend(self.said(field, said, longest, false));
        line
    }

    /// A field that changes, from what to what.
    pub fn change(self, change: &FieldChange, longest: usize) -> Line {
        let mut line = vec![field_name(&change.name), words(": ")];
        if let (Said::Text(old, _), Said::Text(new, Origin::Row | Origin::Set)) = (&change.old, &change.new)
            && let Some(marked) = compared(&self.text(old), &self.text(new), longest)
        {
            line.push(Run::Marked(marked));
            return line;
        }
        if change.old == Said::Sensitive && change.new == Said::Sensitive {
            line.push(words(SENSITIVE));
            return line;
        }
        // A row that begins or ends to say so itself.
        let names_set = !change.is_inherited();
        line.extend(self.said(&change.name, &change.old, longest, names_set));
        line.push(words(" → "));
        line.extend(self.said(&change.name, &change.new, longest, names_set));
        line
    }
}

/// The name of a field; of those that this version does not know, others may have chosen the name.
fn field_name(name: &str) -> Run {
    match Field::from_name(name) {
        Some(field) => words(field.name()),
        None => code(cut(name, 40)),
    }
}

/// The words of two texts that are alike, those that change marked; `None` if they should stand side by side.
fn compared(old: &str, new: &str, longest: usize) -> Option<Vec<(Mark, String)>> {
    let is_wordy = |text: &str| (WORDY..=LONGEST_COMPARED).contains(&text.len()) && text.contains(' ');
    if !is_wordy(old) || !is_wordy(new) {
        return None;
    }
    let difference = TextDiff::from_words(old, new);

    let mut marked: Vec<(Mark, String)> = Vec::new();
    for change in difference.iter_all_changes() {
        let mark = match change.tag() {
            ChangeTag::Equal => Mark::Same,
            ChangeTag::Delete => Mark::Old,
            ChangeTag::Insert => Mark::New,
        };
        match marked.last_mut().filter(|(last, _)| *last == mark) {
            Some((_, text)) => text.push_str(change.value()),
            None => marked.push((mark, change.value().to_owned())),
        }
    }
    let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).count();
    let same: usize = marked
        .iter()
        .filter(|(mark, _)| *mark == Mark::Same)
        .map(|(_, text)| letters(text))
        .sum();
    if same * 2 * LIKENESS < letters(old) + letters(new) {
        return None;
    }
    let last = marked.len().saturating_sub(1);
    for (place, (mark, text)) in marked.iter_mut().enumerate() {
        if *mark == Mark::Same {
            *text = middle(text, place > 0, place < last);
        }
    }
    let length: usize = marked.iter().map(|(_, text)| text.chars().count()).sum();
    (length <= longest.saturating_mul(2)).then_some(marked)
}

/// The text without its middle, if it is long: some of its beginning where something stands before it, and some of its end.
fn middle(text: &str, before: bool, behind: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    let (head, tail) = (if before { CONTEXT } else { 0 }, if behind { CONTEXT } else { 0 });
    if letters.len() <= head + tail + 3 {
        return text.to_owned();
    }
    let start = letters.iter().take(head);
    let end = letters.iter().skip(letters.len() - tail);
    start.chain(std::iter::once(&'…')).chain(end).collect()
}

/// The text, cut at so many characters.
pub fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (count, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (15_000_000, "15,000,000"),
            (-1_234, "-1,234"),
        ] {
            assert_eq!(number(count), expected);
        }
        assert_eq!(number(usize::MAX), number(i64::MAX));
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(1_001, "row", "rows"), "1,001 rows");
    }

    #[test]
    fn texts_that_are_alike_show_the_words_that_change() {
        let marked = |old: &str, new: &str| {
            let marked = compared(old, new, 120)?;
            let one = |(mark, text): &(Mark, String)| match mark {
                Mark::Same => text.clone(),
                Mark::Old => format!("[-{text}-]"),
                Mark::New => format!("{{+{text}+}}"),
            };
            Some(marked.iter().map(one).collect::<String>())
        };
        assert_eq!(
            marked("Seen in case 42 of the intel team", "Seen in case 43 of the intel team").as_deref(),
            Some("Seen in case [-42-]{+43+} of the intel team")
        );
        let long = "a long sentence that stays as it is and is not worth being repeated in whole";
        assert_eq!(
            marked(&format!("{long} old {long}"), &format!("{long} new {long}")).as_deref(),
            Some("…peated in whole [-old-]{+new+} a long sentence…")
        );
        for (old, new) in [
            ("short one", "short two"),
            ("nothing in common at all here", "wholly different words stand there"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
        ] {
            assert_eq!(marked(old, new), None);
        }
    }

    #[test]
    fn changes_are_told_with_who_says_so() {
        let text = |text: &str, origin| Said::Text(text.to_owned(), origin);
        let told = |name: &str, old: Said, new: Said| {
            let change = FieldChange {
                name: name.to_owned(),
                is_free_text: false,
                old,
                new,
            };
            let runs = Shower::default().change(&change, 20).into_iter().map(|run| match run {
                Run::Words(text) | Run::Strong(text) => text.into_owned(),
                Run::Code(text) => format!("`{text}`"),
                Run::Marked(_) => "marked".to_owned(),
            });
            runs.collect::<String>()
        };
        assert_eq!(
            told(
                "severity",
                text("High", Origin::Row),
                text("Informational", Origin::Default)
            ),
            "severity: `High` → `Informational` (default)"
        );
        assert_eq!(
            told("severity", text("Low", Origin::Row), text("High", Origin::Set)),
            "severity: `Low` → `High` (the set's)"
        );
        assert_eq!(
            told("severity", text("Low", Origin::Set), text("High", Origin::Set)),
            "severity: `Low` → `High`"
        );
        assert_eq!(
            told(
                "educate_url",
                Said::Nothing,
                text("https://help.contoso.com/why", Origin::Set)
            ),
            "educate_url: none → `hxxps://help[.]conto…`"
        );
        assert_eq!(told("title", Said::Sensitive, Said::Sensitive), "title: (sensitive)");
        assert_eq!(
            told("title", text("a", Origin::Row), Said::Unknown),
            "title: `a` → (known after apply)"
        );
        assert_eq!(
            told("own<er", Said::Nothing, text("1", Origin::Row)),
            "`own<er`: none → `1`"
        );
    }
}
