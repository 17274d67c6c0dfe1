//! Texts that a build agent would obey in place of printing them.
//!
//! GitHub's runner takes a line that begins with `::`, white space aside, for a command, and `##[` anywhere in a line. The
//! agent of Azure DevOps takes `##vso[` anywhere in a line. Both read whatever a step prints, so a value from a list could
//! set variables of the pipeline or hide its log.

/// What was printed of a line so far, as far as the next character may complete a command. It looks back only, so that a
/// line may be printed in any pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    start: Start,
    /// How much of `##vso` the line ends with.
    mark: Mark,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Start {
    #[default]
    Blank,
    Colon,
    Other,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mark {
    #[default]
    None,
    Hash,
    Hashes,
    V,
    Vs,
    Vso,
}

impl Line {
    /// Adds a character. Whether it would complete a command, so that it must be written otherwise.
    pub(super) fn completes(&mut self, letter: char) -> bool {
        if matches!(letter, '\n' | '\r') {
            *self = Self::default();
            return false;
        }
        let is_end = matches!((self.mark, letter), (Mark::Hashes | Mark::Vso, '['))
            || matches!((self.start, letter), (Start::Colon, ':'));
        self.start = match (self.start, letter) {
            (Start::Blank, letter) if letter.is_whitespace() => Start::Blank,
            (Start::Blank, ':') => Start::Colon,
            _ => Start::Other,
        };
        self.mark = match (self.mark, letter) {
            (Mark::Hash | Mark::Hashes, '#') => Mark::Hashes,
            (_, '#') => Mark::Hash,
            (Mark::Hashes, 'v' | 'V') => Mark::V,
            (Mark::V, 's' | 'S') => Mark::Vs,
            (Mark::Vs, 'o' | 'O') => Mark::Vso,
            _ => Mark::None,
        };
        is_end
    }
}

/// Whether a build agent would find a command in the text, if it were printed as it is.
#[must_use]
pub fn holds_command(text: &str) -> bool {
    let mut line = Line::default();
    text.chars().any(|letter| line.completes(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_where_agents_look_for_them() {
        for text in [
            "::error::x",
            "  \t::set-output name=a::b",
            "a\n::warning::x",
            "a\r::warning::x",
            "##vso[task.setvariable]",
            "text ##vso[task.complete]",
            "###VSO[x]",
            "text ##[group]",
            "# ##[x",
        ] {
            assert!(holds_command(text), "{text}");
        }
        for text in [
            "",
            "a ::error::x",
            ": :error",
            "- ::1",
            "2001:db8::1",
            "#[x]",
            "# #[x]",
            "##vs[x]",
            "##\nvso[x]",
            "## Heading [link]",
            "##vso",
        ] {
            assert!(!holds_command(text), "{text}");
        }
    }
}
