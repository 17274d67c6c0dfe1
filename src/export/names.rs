//! Names for files and resources out of text that anybody wrote.

use std::collections::HashSet;

/// Longest name made of a text, in characters. Paths stay short on every system.
const LONGEST: usize = 48;

/// Names that Windows gives to devices, whatever their extension.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The letters and digits of ASCII in the texts, in lower case, with one hyphen for everything else; `otherwise` if there are
/// none.
pub fn slug(texts: &[&str], otherwise: &str) -> String {
    let mut slug = String::new();
    for text in texts {
        let mut own = String::new();
        for letter in text.chars() {
            if letter.is_ascii_alphanumeric() {
                own.push(letter.to_ascii_lowercase());
            } else if !own.is_empty() && !own.ends_with('-') {
                own.push('-');
            }
            if own.len() >= LONGEST {
                break;
            }
        }
        let own = own.trim_end_matches('-');
        if !own.is_empty() {
            slug.push_str(if slug.is_empty() { "" } else { "-" });
            slug.push_str(own);
        }
    }
    if slug.is_empty() {
        slug.push_str(otherwise);
    }
    if is_reserved(&slug) {
        slug.push_str("-list");
    }
    slug
}

/// `BlockAndRemediate` as `block-and-remediate`.
pub fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn is_reserved(slug: &str) -> bool {
    let is_port = |name: &str| {
        let number = slug.strip_prefix(name);
        number.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    };
    RESERVED.contains(&slug) || is_port("com") || is_port("lpt")
}

/// Names that were given already.
#[derive(Debug, Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// The name, with a number behind it if it was given before.
    pub fn unique(&mut self, name: &str) -> String {
        let numbered = (2..=usize::MAX).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|name| !self.0.contains(name))
            .unwrap_or_else(|| name.to_owned());
        self.0.insert(free.clone());
        free
    }
}

/// The slug as the name of a resource, which begins with a letter.
pub fn identifier(slug: &str) -> String {
    let name = slug.replace('-', "_");
    if name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        name
    } else {
        format!("i_{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leads_out_of_the_directory() {
        for (text, expected) in [
            ("GitOps C2", "gitops-c2"),
            ("../../etc/passwd", "etc-passwd"),
            ("..", "list"),
            ("רשימה", "list"),
            ("C:\\Users\\x", "c-users-x"),
            ("CON", "con-list"),
            ("com1", "com1-list"),
            ("lpt9.csv", "lpt9-csv"),
            ("com10", "com10"),
            ("a\0b", "a-b"),
            ("-rf", "rf"),
            ("", "list"),
        ] {
            assert_eq!(slug(&[text], "list"), expected, "{text:?}");
        }
        assert_eq!(slug(&[&"x".repeat(300)], "list").len(), LONGEST);
        assert_eq!(slug(&["a b", "!", "block"], "list"), "a-b-block");
        assert_eq!(kebab("BlockAndRemediate"), "block-and-remediate");
    }

    #[test]
    fn names_are_given_once() {
        let mut names = Names::default();
        assert_eq!(
            ["a", "a", "a-2", "a"].map(|name| names.unique(name)),
            ["a", "a-2", "a-2-2", "a-3"]
        );
        assert_eq!((identifier("1-a"), identifier("a-1")), ("i_1_a".into(), "a_1".into()));
    }
}
