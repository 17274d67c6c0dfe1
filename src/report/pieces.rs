//! Fitting a report into the room that there is: whole rows only, and every cut is told.

/// A section as text, with its rows apart.
#[derive(Debug, Default)]
pub struct Piece {
    /// Title and sentences.
    pub head: String,
    /// What stands before the rows, if there are any.
    pub open: String,
    /// The rows that there are.
    pub rows: Vec<String>,
    /// What stands behind the rows.
    pub close: String,
    /// How many rows there would be.
    pub total: usize,
    /// Which pieces go first: those with the highest number. Those with 0 stay.
    pub rank: u8,
}

/// What is said of what is left out.
pub trait Cuts {
    /// So many rows of a section are left out; behind its other rows, or in their place.
    fn rows(&self, left_out: usize, piece: &Piece) -> String;
    /// So many sections are left out.
    fn sections(&self, left_out: usize) -> String;
}

/// Pieces up to this rank keep their rows as long as there is any other way.
const KEPT: u8 = 2;

impl Piece {
    /// Its length in bytes with so many rows.
    fn length(&self, rows: usize, rows_length: usize, cuts: &dyn Cuts) -> usize {
        let frame = if rows > 0 {
            self.open.len() + self.close.len()
        } else {
            0
        };
        let left_out = self.total.saturating_sub(rows);
        let cut = if left_out > 0 {
            cuts.rows(left_out, self).len()
        } else {
            0
        };
        self.head.len() + frame + rows_length + cut
    }

    fn write(&self, rows: usize, cuts: &dyn Cuts, out: &mut String) {
        out.push_str(&self.head);
        if rows > 0 {
            out.push_str(&self.open);
            self.rows.iter().take(rows).for_each(|row| out.push_str(row));
        }
        let left_out = self.total.saturating_sub(rows);
        if left_out > 0 {
            out.push_str(&cuts.rows(left_out, self));
        }
        if rows > 0 {
            out.push_str(&self.close);
        }
    }

    /// How many whole rows have at most so many bytes, and how many they have.
    fn rows_within(&self, most: usize) -> (usize, usize) {
        let mut length = 0;
        for (count, row) in self.rows.iter().enumerate() {
            if length + row.len() > most {
                return (count, length);
            }
            length += row.len();
        }
        (self.rows.len(), length)
    }

    /// Its length if its rows have at most so many bytes.
    fn length_within(&self, most: usize, cuts: &dyn Cuts) -> usize {
        let (rows, length) = self.rows_within(most);
        self.length(rows, length, cuts)
    }
}

/// The pieces in at most so many bytes: the longest tables are cut first, then whole sections are left out, those with the
/// highest rank first and of these the last. `None` if not even the beginning fits.
///
/// `begin` and `end` are always there.
pub fn fit(begin: &str, pieces: &[Piece], end: &str, limit: usize, cuts: &dyn Cuts) -> Option<String> {
    // First at the cost of what comes last, then at the cost of all.
    [KEPT, 0]
        .into_iter()
        .find_map(|kept| fit_keeping(begin, pieces, end, limit, cuts, kept))
}

fn fit_keeping(begin: &str, pieces: &[Piece], end: &str, limit: usize, cuts: &dyn Cuts, kept: u8) -> Option<String> {
    let floor = |piece: &Piece| if piece.rank <= kept { usize::MAX } else { 0 };
    // Nothing can be done about a piece that stays.
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|place| pieces.get(*place).map(|piece| (piece.rank, *place)));
    let base = begin.len() + end.len();
    let lengths: Vec<usize> = pieces
        .iter()
        .map(|piece| piece.length_within(floor(piece), cuts))
        .collect();
    let mut least = base + lengths.iter().sum::<usize>();
    let mut is_left_out = vec![false; pieces.len()];
    let mut left_out = 0;
    let said = |left_out: usize| {
        if left_out > 0 {
            cuts.sections(left_out)
        } else {
            String::new()
        }
    };
    while least + said(left_out).len() > limit {
        let place = order.pop()?;
        if pieces.get(place).is_none_or(|piece| piece.rank <= kept) {
            return None;
        }
        least -= lengths.get(place).copied().unwrap_or_default();
        if let Some(flag) = is_left_out.get_mut(place) {
            *flag = true;
        }
        left_out += 1;
    }
    let said = said(left_out);
    let there: Vec<&Piece> = pieces
        .iter()
        .zip(&is_left_out)
        .filter(|(_, out)| !**out)
        .map(|(piece, _)| piece)
        .collect();
    let length = |level: usize| {
        let all = there
            .iter()
            .map(|piece| piece.length_within(floor(piece).max(level), cuts));
        base + said.len() + all.sum::<usize>()
    };
    // The most bytes that the rows of one piece may have. More bytes for rows never make the whole shorter by more than the
    // words about what is left out, so the last step looks at the exact length.
    let longest = there
        .iter()
        .map(|piece| piece.rows.iter().map(String::len).sum::<usize>())
        .max();
    let (mut fits, mut fails) = (0, longest.unwrap_or_default() + 1);
    if length(fails) <= limit {
        fits = fails;
    }
    while fails - fits > 1 {
        let middle = fits + (fails - fits) / 2;
        if length(middle) <= limit {
            fits = middle
        } else {
            fails = middle
        }
    }
    let mut out = String::with_capacity(limit.min(1 << 20));
    out.push_str(begin);
    for piece in there {
        let (rows, _) = piece.rows_within(floor(piece).max(fits));
        piece.write(rows, cuts, &mut out);
    }
    out.push_str(&said);
    out.push_str(end);
    (out.len() <= limit).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Plain;

    impl Cuts for Plain {
        fn rows(&self, left_out: usize, _: &Piece) -> String {
            format!("[{left_out} rows]")
        }
        fn sections(&self, left_out: usize) -> String {
            format!("[{left_out} sections]")
        }
    }

    fn piece(rank: u8, head: &str, rows: &[&str]) -> Piece {
        Piece {
            head: head.to_owned(),
            open: "(".to_owned(),
            rows: rows.iter().map(|row| (*row).to_owned()).collect(),
            close: ")".to_owned(),
            total: rows.len(),
            rank,
        }
    }

    #[test]
    fn the_longest_rows_go_first_then_whole_sections() {
        let pieces = || {
            vec![
                piece(0, "sums", &["1111"]),
                piece(2, "look", &["a", "b"]),
                piece(3, "one", &["xx", "xx", "xx", "xx", "xx", "xx", "xx", "xx", "xx", "xx"]),
                piece(3, "two", &["yy", "yy"]),
                piece(5, "last", &["zz"]),
            ]
        };
        let whole = "<sums(1111)look(ab)one(xxxxxxxxxxxxxxxxxxxx)two(yyyy)last(zz)>";
        for (limit, expected) in [
            (100, Some(whole)),
            (
                62,
                Some("<sums(1111)look(ab)one(xxxxxxxxxxxxxxxxxxxx)two(yyyy)last(zz)>"),
            ),
            (61, Some("<sums(1111)look(ab)one(xxxxxxxxxx[5 rows])two(yyyy)last(zz)>")),
            (57, Some("<sums(1111)look(ab)one(xxxxxx[7 rows])two(yyyy)last(zz)>")),
            (50, None),
        ] {
            let text = fit("<", &pieces(), ">", limit, &Plain);
            if let Some(text) = &text {
                assert!(text.len() <= limit, "{limit} {text}");
            }
            if expected.is_some() {
                assert_eq!(text.as_deref(), expected, "{limit}");
            }
        }
        let tight = fit("<", &pieces(), ">", 45, &Plain).unwrap();
        assert_eq!(tight, "<sums(1111)look(ab)one[10 rows][2 sections]>");
        let tighter = fit("<", &pieces(), ">", 30, &Plain).unwrap();
        assert_eq!(tighter, "<sums(1111)[4 sections]>");
        assert_eq!(fit("<", &pieces(), ">", 3, &Plain), None);
    }

    #[test]
    fn rows_that_were_never_there_are_told_too() {
        let mut long = piece(3, "one", &["x", "y"]);
        long.total = 7;
        assert_eq!(
            fit("<", &[long], ">", 100, &Plain).as_deref(),
            Some("<one(xy[5 rows])>")
        );
        let empty = piece(3, "one", &[]);
        assert_eq!(fit("<", &[empty], ">", 100, &Plain).as_deref(), Some("<one>"));
    }

    fn any_piece() -> impl Strategy<Value = Piece> {
        let row = "[a-z]{1,40}";
        (
            0_u8..6,
            "[A-Z]{0,30}",
            proptest::collection::vec(row, 0..30),
            0_usize..5,
        )
            .prop_map(|(rank, head, rows, more)| Piece {
                total: rows.len() + more,
                ..piece(rank, &head, &rows.iter().map(String::as_str).collect::<Vec<_>>())
            })
    }

    proptest! {
            #[test]
            fn no_text_is_too_long_and_all_rows_are_whole(
                pieces in proptest::collection::vec(any_piece(), 0..12),
                limit in 0_usize..3_000,
            ) {
                if let Some(text) = fit("<", &pieces, ">", limit, &Plain) {
                    prop_assert!(text.len() <= limit);
                    prop_assert!(text.starts_with('<') && text.ends_with('>'));
                    // What is there is there in whole.
                    for shown in text.split(['(', ')', '[', ']', '<', '>']).filter(|part| part.starts_with(|a: char| a.is_lowercase())) {
                        let known = pieces.iter().any(|piece| {
                            let all = piece.rows.concat();
                            let ends: Vec<usize> = piece.rows.iter().scan(0, |end, row| { *end += row.len(); Some(*end) }).collect();
                            all.starts_with(shown) && ends.contains(&shown.len())
                        });
                        prop_assert!(known || shown.contains(" rows") || shown.contains(" sections"), "{shown} {text}");
                    }
                } else {
                    // Even without all that may go it is too long.
                    let kept = pieces.iter().filter(|piece| piece.rank == 0);
                    let least: usize = kept.map(|piece| piece.length_within(usize::MAX, &Plain)).sum();
                    prop_assert!(least + 2 + "[12 sections]".len() > limit, "{least} {limit}");

    }
                prop_assert!(fit("<", &pieces, ">", usize::MAX / 2, &Plain).is_some());
            }
        }
}
