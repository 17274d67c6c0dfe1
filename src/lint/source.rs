//! A file as text, and the lines and columns of its bytes.

use std::ops::Range;

/// How many bytes lie between two places whose characters are counted.
const BLOCK: usize = 1024;

/// A file that is looked at.
#[derive(Debug, Clone)]
pub struct Source {
    /// What people call it.
    pub name: String,
    /// Its path from the root of the repository, with forward slashes.
    pub path: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// Where each line begins.
    starts: Vec<usize>,
    /// How many characters begin before each block, unless all are ASCII.
    counts: Option<Vec<usize>>,
}

/// Line and column, both counted from 1; columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// How many characters begin in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| *byte & 0xc0 != 0x80).count()
}

impl Source {
    /// A file of this text.
    #[must_use]
    pub fn new(name: impl Into<String>, path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n') {
                starts.push(at + 1);
            }
        }
        let counts = (!text.is_ascii()).then(|| {
            let mut count = 0;
            let mut before = |block: &[u8]| {
                let here = count;
                count += characters(block);
                here
            };
            bytes.chunks(BLOCK).map(&mut before).collect()
        });
        Self {
            name: name.into(),
            path: path.into(),
            text,
            starts,
            counts,
        }
    }

    /// The place of a byte. It takes the same time wherever the byte is.
    #[must_use]
    pub fn position(&self, at: usize) -> Position {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        Position {
            line,
            column: self.count(at) - self.count(start) + 1,
        }
    }

    /// How many characters begin before a byte.
    fn count(&self, at: usize) -> usize {
        let Some(counts) = &self.counts else { return at };
        let block = at / BLOCK;
        let within = self.text.as_bytes().get(block * BLOCK..at).unwrap_or_default();
        match counts.get(block) {
            Some(before) => before + characters(within),
            // Right behind a last block that is full.
            None => characters(self.text.as_bytes().get(..at).unwrap_or_default()),
        }
    }

    /// The byte of the character that comes so many characters after the one at a byte; the end of the text if there are
    /// not so many. It takes the same time wherever that is.
    #[must_use]
    pub fn forward(&self, from: usize, characters: usize) -> usize {
        let Some(counts) = &self.counts else {
            return from.saturating_add(characters).min(self.text.len());
        };
        let wanted = self.count(from).saturating_add(characters);
        let block = counts.partition_point(|before| *before <= wanted).saturating_sub(1);
        let before = counts.get(block).copied().unwrap_or_default();
        let bytes = self.text.as_bytes().get(block * BLOCK..).unwrap_or_default();
        let begins = bytes.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
        begins
            .map(|(at, _)| block * BLOCK + at)
            .nth(wanted - before)
            .unwrap_or(self.text.len())
    }

    /// The bytes of a line, without its end; of the last one for a line that is not there.
    #[must_use]
    pub fn line(&self, line: usize) -> Range<usize> {
        let at = line.clamp(1, self.starts.len().max(1));
        let start = self.starts.get(at - 1).copied().unwrap_or(0);
        let end = self.starts.get(at).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default();
        start..start + text.trim_end_matches(['\r', '\n']).len()
    }

    /// The text of a range.
    #[must_use]
    pub fn slice(&self, at: &Range<usize>) -> &str {
        self.text.get(at.clone()).unwrap_or_default()
    }

    /// Where a text stands in a line; the whole line if it is not found.
    #[must_use]
    pub fn find(&self, line: usize, wanted: &str) -> Range<usize> {
        let at = self.line(line);
        let text = self.slice(&at);
        match text.find(wanted).filter(|_| !wanted.is_empty()) {
            Some(found) => at.start + found..at.start + found + wanted.len(),
            None => {
                let start = at.start + text.len() - text.trim_start().len();
                start..(at.start + text.trim_end().len()).max(start)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_are_lines_and_characters() {
        let source = Source::new("a", "a", "é,b\r\nc\rd\n\nüü,x");
        for (text, line, column) in [("b", 1, 3), ("c", 2, 1), ("d", 3, 1), ("x", 5, 4)] {
            let at = source.text.find(text).unwrap();
            assert_eq!(source.position(at), Position { line, column }, "{text}");
        }
        assert_eq!(source.slice(&source.line(1)), "é,b");
        assert_eq!(source.slice(&source.line(4)), "");
        assert_eq!(source.slice(&source.find(5, "x")), "x");
        assert_eq!(source.slice(&source.find(5, "y")), "üü,x");
        assert_eq!(Source::new("", "", "").position(7), Position { line: 1, column: 1 });
    }

    proptest! {
        #[test]
        fn every_place_is_in_its_line(text in "(a|é|\n|\r|\u{1f600}){0,40}", repeated in 1_usize..100) {
            let source = Source::new("", "", text.repeat(repeated));
            for (at, _) in source.text.char_indices() {
                let Position { line, column } = source.position(at);
                let start = source.line(line).start;
                prop_assert!(start <= at);
                prop_assert_eq!(source.text[start..at].chars().count() + 1, column);
            }
            let _ = source.position(source.text.len());
            let starts: Vec<usize> = source.text.char_indices().map(|(at, _)| at).collect();
            for (from, start) in starts.iter().enumerate().step_by(7) {
                for more in [0, 1, 500, 2_000] {
                    let expected = starts.get(from + more).copied().unwrap_or(source.text.len());
                    prop_assert_eq!(source.forward(*start, more), expected);
                }
            }
        }
    }
}
