use super::*;
use crate::indicator::Field;
use proptest::prelude::*;

/// Line, and the fields with their texts; or line, column and message.
fn rows(text: &str) -> Vec<String> {
    let table = parse(text);
    assert!(table.problems.is_empty(), "{:?}", table.problems);
    let row = |row: &Result<Record, Problem>| match row {
        Ok(record) => {
            let cells = record
                .cells
                .iter()
                .map(|cell| format!("{}={:?}", table.columns[cell.column].header, cell.text));
            format!("{}: {}", record.line, cells.collect::<Vec<_>>().join(" "))
        }
        Err(problem) => format!("{} {:?}! {}", problem.line, problem.column, problem.text),
    };
    table.rows.iter().map(row).collect()
}

#[test]
fn the_portals_own_file_is_read() {
    let text = "\u{feff}IndicatorType,IndicatorValue,ExpirationTime,Action,Severity,Title,Description,\
                RecommendedActions,RbacGroups,Category,MitreTechniques,GenerateAlert\r\n\
                Url,https://evil.example/a,2041-01-01T00:00:00Z,Block,High,C2,\"seen, twice\",,\"A,B\",Malware,\
                \"T1566,T1071\",TRUE\r\n";
    assert_eq!(
        rows(text),
        [
            "2: IndicatorType=\"Url\" IndicatorValue=\"https://evil.example/a\" ExpirationTime=\"2041-01-01T00:00:00Z\" \
             Action=\"Block\" Severity=\"High\" Title=\"C2\" Description=\"seen, twice\" RbacGroups=\"A,B\" \
             Category=\"Malware\" MitreTechniques=\"T1566,T1071\" GenerateAlert=\"TRUE\""
        ]
    );
}

#[test]
fn lines_are_right_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = [
            "value,title",
            "",
            "a,\"1",
            "2\"",
            "  ",
            ",",
            "b,x",
            "",
            "c,\"",
            "\"",
            "d",
        ]
        .join(end);
        let inner = format!("{end:?}");
        let inner = inner.trim_matches('"');
        assert_eq!(
            rows(&text),
            [
                format!("3: value=\"a\" title=\"1{inner}2\""),
                "7: value=\"b\" title=\"x\"".into(),
                "9: value=\"c\"".into(),
                "11 None! the row has 1 cell, but the header names 2; quote cells that contain a comma, and leave missing \
                 cells empty"
                    .into(),
            ],
            "{end:?}"
        );
    }
}

#[test]
fn a_header_may_stand_below_blank_lines() {
    assert_eq!(rows("\n\n,\nvalue,id\na,7\n"), ["5: value=\"a\""]);
}

#[test]
fn too_many_cells_and_cells_without_a_column_are_told() {
    assert_eq!(
        rows("value,title,\na,b,c,d\na,b,c\na,b,\n"),
        [
            "2 None! the row has 4 cells, but the header names 3; quote cells that contain a comma, and leave missing cells empty",
            "3 None! the column of cell 3 has no name, but the cell holds `c`; name the column, or empty the cell",
            "4: value=\"a\" title=\"b\"",
        ]
    );
}

#[test]
fn a_quote_swallows_no_row_without_a_word() {
    let [one] = rows("value,title,severity\na,\"x,High\nb,\"y\",Low\n")
        .try_into()
        .unwrap();
    assert!(
        one.starts_with("2 Some(\"title\")! the cell continues after its closing quote"),
        "{one}"
    );
    let [first, last] = rows("value,title\na,\"x\n\n\"\nb,\"y\nc,z\n").try_into().unwrap();
    assert_eq!(first, "2: value=\"a\" title=\"x\\n\\n\"");
    assert!(
        last.starts_with("5 Some(\"title\")! the cell begins with a quote that is never closed"),
        "{last}"
    );
    let [last] = rows("value,title,severity\n\"a\n\n\",\"b\nc\n").try_into().unwrap();
    assert!(last.starts_with("4 Some(\"title\")!"), "{last}");
}

#[test]
fn nothing_is_a_problem_and_no_row_is_none() {
    for text in ["", "\u{feff}", "\r\n\n", " , ,"] {
        let table = parse(text);
        assert_eq!(table.problems.len(), 1, "{text:?}");
        assert!(table.rows.is_empty());
    }
    assert!(rows("value\n").is_empty());
}

/// A cell as a careful writer writes it.
fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn any_text_is_taken(text in prop_oneof![
        any::<String>(),
        "(value|type|Action|\"|,|\r|\n|a|;|\u{feff}| |é){0,40}",
        "value,title\n(\"|,|\r|\n|a| |é){0,40}",
    ]) {
        let lines = text.split('\n').flat_map(|line| line.split('\r')).count();
        for row in parse(&text).rows {
            let line = row.map_or_else(|problem| problem.line, |record| record.line);
            prop_assert!((1..=lines).contains(&line));
        }
    }

    #[test]
    fn a_rendered_table_is_read_back(
        table in prop::collection::vec(prop::array::uniform3("[a-z\"', ;\\\\\r\né]{0,8}"), 0..6),
        end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        mark in any::<bool>(),
    ) {
        let mut text = format!("{}value,title,description", if mark { "\u{feff}" } else { "" });
        for row in &table {
            text += end;
            text += &row.each_ref().map(|cell| quoted(cell)).join(",");
        }
        let read = parse(&text);
        prop_assert!(read.problems.is_empty());
        let fields = [Field::Value, Field::Title, Field::Description];
        prop_assert_eq!(
            read.columns.iter().map(|column| column.meaning).collect::<Vec<_>>(),
            fields.map(Meaning::Field)
        );
        let said = |cells: &[String; 3]| -> Vec<(usize, String)> {
            let cells = cells.iter().cloned().enumerate();
            cells.filter(|(_, cell)| !cell.trim().is_empty()).collect()
        };
        let expected: Vec<_> = table.iter().map(said).filter(|cells| !cells.is_empty()).collect();
        let found: Vec<Vec<(usize, String)>> = read
            .rows
            .into_iter()
            .map(|row| row.unwrap().cells.into_iter().map(|cell| (cell.column, cell.text.into_owned())).collect())
            .collect();
        prop_assert_eq!(found, expected);
    }
}
