//! Many rows in few words.

/// How many rows one message names before it only counts the rest.
const NAMED: usize = 200;

/// How many rows a message names of which any will do.
pub const EXAMPLES: usize = 5;

/// Each as a line of a list.
pub fn bullets<S: AsRef<str>>(lines: &[S]) -> Vec<String> {
    lines.iter().map(|line| format!("- {}", line.as_ref())).collect()
}

/// The lines, cut at 200 with a count of the rest.
pub fn named(lines: &[String]) -> String {
    cut(lines, NAMED)
}

/// A few of the names as lines, with a count of the rest.
pub fn examples<S: AsRef<str>>(names: &[S]) -> String {
    cut(&bullets(names), EXAMPLES)
}

/// The lines, cut at `most` with a count of the rest.
pub fn cut(lines: &[String], most: usize) -> String {
    let mut text = lines[..lines.len().min(most)].join("\n");
    if lines.len() > most {
        text.push_str(&format!("\nand {} more", lines.len() - most));
    }
    text
}

/// A line that says something about a row, and names it if the words do not.
pub fn about(name: &str, words: &str) -> String {
    if words.contains(name) {
        format!("- {words}")
    } else {
        format!("- {name}: {words}")
    }
}

/// The words as a sentence that can stand alone: with a full stop, and a capital letter unless they begin with the name
/// of an attribute.
pub fn sentence(words: &str) -> String {
    let begins_with_name = words.split_whitespace().next().is_some_and(|first| first.contains('_'));
    let stop = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if !begins_with_name => format!("{}{}{stop}", first.to_uppercase(), letters.as_str()),
        _ => format!("{words}{stop}"),
    }
}

/// The number with the noun that fits it.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}
