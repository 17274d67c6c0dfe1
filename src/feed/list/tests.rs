use super::*;
use proptest::prelude::*;

fn values(text: &str, options: &Options) -> Vec<String> {
    let reading = read(text, options).unwrap();
    reading.drafts.into_iter().map(|draft| draft.value).collect()
}

#[test]
fn lines_end_in_every_way() {
    for text in [
        "a.example\nb.example\n",
        "\u{feff}a.example\r\nb.example",
        "a.example\r\r\nb.example\n\n",
    ] {
        assert_eq!(values(text, &Options::default()), ["a.example", "b.example"]);
    }
    let lines: Vec<usize> = numbered("\u{feff}a\r\nb\rc\n\nd").map(|(number, _)| number).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5]);
}

#[test]
fn what_is_no_list_is_refused_with_its_line() {
    let options = Options::default();
    for (text, expected) in [
        (
            "a.example\nb\0.example",
            "line 2: the file is not text: it has NUL bytes",
        ),
        (
            "a.example\n<<<<<<< HEAD\nb.example",
            "line 2: the line is a conflict marker of Git",
        ),
        (
            "a.example\n>>>>>>> theirs",
            "line 2: the line is a conflict marker of Git",
        ),
        (
            "This is a report.\na.example\nIt is bad.",
            "this is prose, not a list: 2 of 3 lines are no value",
        ),
        ("one\ntwo\n", "this is prose, not a list: 2 of 2 lines are no value"),
    ] {
        let refusal = read(text, &options).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{refusal}");
    }
}

#[test]
fn a_list_of_nothing_says_so() {
    for (text, expected) in [
        ("", "the list holds no value"),
        ("# nothing\n\n", "the list holds no value"),
        ("a.example:80", "the only line of the list cannot be taken"),
        (
            "0.0.0.0/0\n1.2.3.0/24\n",
            "none of the 2 lines of the list can be taken",
        ),
    ] {
        let reading = read(text, &Options::default()).unwrap();
        assert_eq!(reading.empty.as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn prose_gives_hashes_and_what_is_defanged() {
    let options = Options {
        extract: true,
        ..Options::default()
    };
    let text = "The loader (SHA-256: 5b3c0f5b6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4f5e6d7c8b9a0f1e2d3c) talks to evil[.]example.\n\
                See https://vendor.example/blog, e.g. \"hxxps://a[.]example/x_(1)\", or [link](hxxp://b[.]example/).\n\
                MD5=9e107d9d372bb6826bd81d3542a419d6; it drops run.bat in 3.5 seconds on 198.51.100.7.\n";
    let reading = read(text, &options).unwrap();
    let values: Vec<&str> = reading.drafts.iter().map(|draft| draft.value.as_str()).collect();
    assert_eq!(
        values,
        [
            "5b3c0f5b6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4f5e6d7c8b9a0f1e2d3c",
            "evil.example",
            "https://a.example/x_(1)",
            "http://b.example/",
            "9e107d9d372bb6826bd81d3542a419d6",
        ]
    );
    let skipped: Vec<(&str, Reason)> = reading
        .skipped
        .iter()
        .map(|skipped| (skipped.value.as_str(), skipped.reason))
        .collect();
    assert_eq!(
        skipped,
        [
            ("https://vendor.example/blog", Reason::FangedInProse),
            ("run.bat", Reason::Prose),
            ("198.51.100.7", Reason::FangedInProse),
        ]
    );
    let nothing = read("Nothing is in here, I am sure.", &options).unwrap();
    assert!(nothing.empty.is_some());
}

proptest! {
    #[test]
    fn every_line_is_a_draft_or_told(lines in prop::collection::vec(prop_oneof![
        crate::indicator::samples::messy(),
        "[a-z]{1,8}( [a-z.\\[\\]:/]{1,12}){0,3}",
        "0\\.0\\.0\\.0( [a-z]{1,4}\\.example){1,3}",
        "(- )?[a-z]{1,4}\\[?\\.\\]?example( [#;] .{0,4})?",
    ], 0..12), extract in any::<bool>()) {
        let options = Options { extract, ..Options::default() };
        let text = lines.join("\n");
        let Ok(reading) = read(&text, &options) else { return Ok(()) };
        prop_assert_eq!(&read(&text, &options).unwrap(), &reading);
        prop_assert_eq!(reading.empty.is_some(), reading.drafts.is_empty());
        let last = numbered(&text).count();
        for place in reading.drafts.iter().map(|draft| &draft.place).chain(reading.skipped.iter().map(|skipped| &skipped.place)) {
            prop_assert!(matches!(place, Place::Line(line, None) if (1..=last).contains(line)));
        }
        // Blanks, comments and other line ends say nothing.
        let loose: Vec<String> = lines.iter().map(|line| format!("\t{line} ")).collect();
        if !text.contains(['\r', '\n', '\u{feff}']) || lines.iter().all(|line| !line.contains(['\r', '\n', '\u{feff}'])) {
            let values = |reading: &Reading| reading.drafts.iter().map(|draft| draft.value.clone()).collect::<Vec<_>>();
            if let Ok(other) = read(&format!("# a\r\n{}", loose.join("\r\n")), &options) {
                prop_assert_eq!(values(&other), values(&reading));
            }
        }
    }
}
