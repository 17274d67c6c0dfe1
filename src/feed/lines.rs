//! Lines of a text, whatever ends them: CR LF, LF or CR.

/// How many lines end in the text.
#[must_use]
pub fn ends(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_end = |at: usize| match bytes.get(at) {
        Some(b'\n') => true,
        Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|at| is_end(*at))
        .count()
}

/// How many bytes the end of a line takes at this place of the text; none if no line ends there.
#[must_use]
pub fn end_at(text: &str, at: usize) -> usize {
    match text.as_bytes().get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([b'\r' | b'\n', ..]) => 1,
        _ => 0,
    }
}

/// Where the line that this place is in ends.
#[must_use]
pub fn end_behind(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest).map_or(text.len(), |end| at + end)
}

/// The lines with their numbers, counted from 1. Nothing behind the last end of a line is no line.
pub fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let next = move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let end = end_behind(rest, 0);
        at += end + end_at(rest, end);
        Some(&rest[..end])
    };
    (1..).zip(std::iter::from_fn(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_end_with_any_end() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec!["a"]),
            ("a\n", vec!["a"]),
            ("a\r\n\r\nb\rc\n\nd", vec!["a", "", "b", "c", "", "d"]),
            ("\r", vec![""]),
        ] {
            let lines: Vec<&str> = numbered(text).map(|(_, line)| line).collect();
            assert_eq!(lines, expected, "{text:?}");
        }
        assert_eq!(numbered("a\r\nb").last(), Some((2, "b")));
        assert_eq!(ends("a\r\nb\rc\n\n"), 4);
    }

    proptest! {
        #[test]
        fn as_many_lines_end_as_there_are(text in "(\r|\n|a|é){0,20}") {
            let whole = text.is_empty() || text.ends_with(['\r', '\n']);
            prop_assert_eq!(numbered(&text).count(), ends(&text) + usize::from(!whole));
        }
    }
}
