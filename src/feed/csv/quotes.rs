//! Cells that are quoted in a way that may swallow others.
//!
//! The reader takes everything: a quote that is not closed makes the rest of the file one cell, and one that closes in a
//! later row can leave a row with the right number of cells and the rows between without a word.

/// What is wrong with the quotes of a cell, which is counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is never closed.
    Unclosed {
        /// The cell.
        cell: usize,
    },
    /// It is closed and goes on.
    TextBehind {
        /// The cell.
        cell: usize,
    },
}

#[derive(Clone, Copy)]
enum State {
    /// At the beginning of a cell.
    Start,
    /// In a cell without quotes, where a quote is a letter like any other.
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: it closes the cell or is one half of a quote in it.
    Closed,
}

/// The first fault in the text of one row, and the byte at which the cell begins.
pub fn fault(row: &str) -> Option<(usize, Fault)> {
    if !row.contains('"') {
        return None;
    }
    let mut state = State::Start;
    let (mut cell, mut begin) = (0, 0);
    // What matters is ASCII, and no other character has such a byte in it.
    for (at, byte) in row.bytes().enumerate() {
        state = match (state, byte) {
            (State::Start, b'"') => {
                begin = at;
                State::Quoted
            }
            (State::Quoted, b'"') => State::Closed,
            (State::Closed, b'"') | (State::Quoted, _) => State::Quoted,
            (State::Start | State::Plain | State::Closed, b',') => {
                cell += 1;
                State::Start
            }
            (State::Start | State::Plain | State::Closed, b'\r' | b'\n') => return None,
            (State::Start | State::Plain, _) => State::Plain,
            (State::Closed, _) => return Some((begin, Fault::TextBehind { cell })),
        };
    }
    matches!(state, State::Quoted).then_some((begin, Fault::Unclosed { cell }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_swallow_others_is_a_fault() {
        let table = [
            ("a,b", None),
            ("\"a\",\"b\"\n", None),
            ("\"a,\n\"\"b\"\"\",\"\"\r\n", None),
            ("5\" disk,b\"\n", None),
            (" \"a\"", None),
            ("\"", Some((0, Fault::Unclosed { cell: 0 }))),
            ("a,\"b\n\nc", Some((2, Fault::Unclosed { cell: 1 }))),
            ("a,\"b\"\"", Some((2, Fault::Unclosed { cell: 1 }))),
            ("\"a\"b,c", Some((0, Fault::TextBehind { cell: 0 }))),
            ("a,\"b,c\nd,\"e\",f", Some((2, Fault::TextBehind { cell: 1 }))),
            ("\"a\" ,b", Some((0, Fault::TextBehind { cell: 0 }))),
        ];
        for (row, expected) in table {
            assert_eq!(fault(row), expected, "{row}");
        }
    }
}
