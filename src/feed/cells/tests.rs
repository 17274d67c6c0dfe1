use super::*;
use proptest::prelude::*;

const LOOSE: Dialect<'static> = Dialect {
    delimiter: b',',
    blanks: true,
    comment: "#",
};

/// Line, and cells between bars; a comment with its sign, a fault with an exclamation mark.
fn told(text: &str, dialect: Dialect<'_>) -> Vec<String> {
    rows(text, dialect)
        .map(|row| {
            let cells: Vec<&str> = row.cells.iter().map(|cell| &*cell.text).collect();
            let fault = row.fault.map(|fault| match fault.kind {
                FaultKind::Unclosed => format!(" !{}:{} unclosed", fault.line, fault.cell),
                FaultKind::TextBehind { closed } => format!(" !{}:{} behind {closed}", fault.line, fault.cell),
            });
            let comment = if row.is_comment { "comment " } else { "" };
            format!("{} {comment}{}{}", row.line, cells.join("|"), fault.unwrap_or_default())
        })
        .collect()
}

#[test]
fn only_what_may_swallow_others_is_a_fault() {
    let table = [
        ("a,b", "1 a|b"),
        ("\"a\",\"b\"\n", "1 a|b"),
        ("\"a,\n\"\"b\"\"\",\"\"\r\n", "1 a,\n\"b\"|"),
        ("5\" disk,b\"\n", "1 5\" disk|b\""),
        (" \"a\"", "1  \"a\""),
        ("\"", "1  !1:0 unclosed"),
        ("a,\"b\n\nc", "1 a|b\n\nc !1:1 unclosed"),
        ("a,\"b\"\"", "1 a|b\" !1:1 unclosed"),
        ("\"a\"b,c", "1 a !1:0 behind 1"),
        ("a,\"b,c\nd,\"e\",f", "1 a|b,c\nd, !1:1 behind 2"),
        ("\"a\" ,b", "1 a !1:0 behind 1"),
        ("\"x\n\",\"a\"b", "1 x\n|a !2:1 behind 2"),
    ];
    for (text, expected) in table {
        assert_eq!(told(text, Dialect::STRICT), [expected], "{text}");
    }
}

#[test]
fn blanks_around_quotes_and_comments_are_read_where_they_may_stand() {
    assert_eq!(
        told("\"a\", \"b, c\" ,d\n # \"x\n#\n\"# y\", z\na#b,\" c\" d\ne", LOOSE),
        [
            "1 a|b, c|d",
            "2 comment  # \"x",
            "3 comment #",
            "4 # y| z",
            "5 a#b| c !5:1 behind 5",
            "6 e"
        ]
    );
    let tabs = Dialect {
        delimiter: b'\t',
        ..LOOSE
    };
    assert_eq!(told("a\t \"b\"\t\t\"c\"\n", tabs), ["1 a|b||c"]);
}

#[test]
fn rows_and_cells_know_their_places() {
    let text = "a,\"b\r\nc\",d\r\rlast";
    let found: Vec<_> = rows(text, Dialect::STRICT).collect();
    assert_eq!(&text[found[0].at.clone()], "a,\"b\r\nc\",d");
    let cells: Vec<_> = found[0]
        .cells
        .iter()
        .map(|cell| (&text[cell.at.clone()], cell.line))
        .collect();
    assert_eq!(cells, [("a", 1), ("\"b\r\nc\"", 1), ("d", 2)]);
    assert!(found[1].is_blank() && found[1].line == 3);
    assert_eq!(found[2].line, 4);
}

proptest! {
    #[test]
    fn well_formed_text_is_read_as_the_csv_crate_reads_it(text in "(\"[ab\",;\r\n]{0,3}\"|a|b\"|,|;|\r|\n|é){0,30}") {
        let found: Vec<Row<'_>> = rows(&text, Dialect::STRICT).collect();
        prop_assume!(found.iter().all(|row| row.fault.is_none()));
        let ours: Vec<Vec<String>> = found
            .iter()
            // The crate passes over empty lines.
            .filter(|row| !row.at.is_empty())
            .map(|row| row.cells.iter().map(|cell| cell.text.to_string()).collect())
            .collect();
        let theirs: Vec<Vec<String>> = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn every_byte_has_its_place(
        text in "(\"|,|;|\t| |#|\r|\n|a|é){0,40}",
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b' ']),
        blanks in any::<bool>(),
    ) {
        let dialect = Dialect { delimiter, blanks, comment: "#" };
        let (mut at, mut line) = (0, 1);
        for row in rows(&text, dialect) {
            prop_assert_eq!((row.at.start, row.line), (at, line));
            prop_assert!(row.at.end <= text.len() && !row.cells.is_empty());
            at = row.at.end + lines::end_at(&text, row.at.end);
            line = 1 + lines::ends(&text[..at]);
        }
        prop_assert_eq!(at, text.len());
    }
}
