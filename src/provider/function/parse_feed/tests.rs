use super::*;
use proptest::prelude::*;

fn call(function: ParseFeed, text: &str, reasons: &[&str]) -> Result<String, FunctionError> {
    let arguments = std::iter::once(text).chain(reasons.iter().copied());
    let result = function.call(arguments.map(Value::from).collect())?;
    Ok(result.as_str().unwrap().to_owned())
}

fn error(function: ParseFeed, text: &str, reasons: &[&str]) -> String {
    call(function, text, reasons).unwrap_err().text
}

fn bundle(patterns: &[&str]) -> String {
    let indicators: Vec<String> = patterns
        .iter()
        .enumerate()
        .map(|(number, pattern)| {
            let pattern = serde_json::Value::from(*pattern);
            format!("{{\"type\":\"indicator\",\"id\":\"indicator--{number}\",\"pattern\":{pattern}}}")
        })
        .collect();
    format!(
        "{{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[{}]}}",
        indicators.join(",")
    )
}

#[test]
fn rows_are_sorted_and_say_what_their_form_does_not() {
    let long = format!("http://b.example/{}", "x".repeat(120));
    let sha1 = "0fe1d2c3b4a5968778695a4b3c2d1e0f11223344";
    let text = format!(
        r#"{{"type":"bundle","id":"bundle--1","objects":[
            {{"type":"indicator","id":"1","pattern":"[url:value = '{long}']"}},
            {{"type":"indicator","id":"2","pattern":"[x509-certificate:hashes.'SHA-1' = '{sha1}']"}},
            {{"type":"indicator","id":"3","pattern":"[file:hashes.'SHA-1' = '{sha1}']"}},
            {{"type":"indicator","id":"4","name":"Relay","valid_until":"2020-01-01T00:00:00Z","pattern":"[domain-name:value = 'a.example']"}},
            {{"type":"indicator","id":"5","name":"Relay","valid_until":"2020-01-01T00:00:00Z","pattern":"[domain-name:value = 'A.example']"}}]}}"#
    );
    let rows: serde_json::Value = serde_json::from_str(&call(ParseFeed::Stix, &text, &[]).unwrap()).unwrap();
    let rows = rows.as_object().unwrap();
    let keys: Vec<&str> = rows.keys().map(String::as_str).collect();
    let second = format!("{sha1} FileSha1");
    assert_eq!(
        (keys.len(), keys[0], keys[1], keys[2]),
        (4, sha1, second.as_str(), "A.example")
    );
    assert_eq!(rows[sha1], serde_json::json!({ "type": "CertificateThumbprint" }));
    assert_eq!(rows[&second], serde_json::json!({ "value": sha1 }));
    assert_eq!(
        rows["A.example"],
        serde_json::json!({ "title": "Relay", "expiration_time": "2020-01-01T00:00:00Z" })
    );
    assert_eq!(rows[keys[3]], serde_json::json!({ "value": long }));
    assert!(keys[3].chars().count() <= 100);
    assert_eq!(
        call(ParseFeed::List, "b.example\na.example # x\n", &[]).unwrap(),
        r#"{"a.example":{"description":"x"},"b.example":null}"#
    );
}

#[test]
fn what_is_not_taken_is_told_by_reason_until_it_is_named() {
    let text = bundle(&[
        "[mutex:name = 'x' OR domain-name:value = 'a.example']",
        "[domain-name:value != 'b.example']",
        "[mutex:name = 'y']",
    ]);
    let told = error(ParseFeed::Stix, &text, &[]);
    assert_eq!(
        told,
        "3 items cannot be taken. Correct them, or name their reasons to leave them out: `parse_stix(text, \
         \"negation\", \"path\")`\n\
         \"negation\": A negated value. It must never be blocked.\n\
         - objects[1].pattern, column 2: `domain-name:value != 'b.example'`\n\
         \"path\": A fact that Defender does not match, such as a mutex or a file name.\n\
         - objects[0].pattern, column 2: `mutex:name = 'x'`\n\
         - objects[2].pattern, column 2: `mutex:name = 'y'`"
    );
    let told = error(ParseFeed::Stix, &text, &["path"]);
    assert!(told.starts_with("1 item cannot be taken. Correct it, or name its reason to leave it out: `parse_stix(text, \"path\", \"negation\")`"), "{told}");
    assert_eq!(
        call(ParseFeed::Stix, &text, &["negation", "path"]).unwrap(),
        r#"{"a.example":null}"#
    );

    let many: Vec<String> = (0..1_000)
        .map(|number| format!("198.51.100.{}:{number}", number % 250))
        .collect();
    let told = error(ParseFeed::List, &many.join("\n"), &[]);
    assert!(
        told.lines().count() == NAMED + 3 && told.ends_with("- and 800 more"),
        "{told}"
    );
}

#[test]
fn a_reason_must_exist() {
    for (name, expected) in [
        ("pth", "`pth` is not a reason; did you mean \"path\"?"),
        ("Port", "`Port` is not a reason; did you mean \"port\"?"),
        ("all", "`all` is not a reason. The reasons are \"port\", \"cidr\""),
    ] {
        let error = call(ParseFeed::List, "a.example", &["port", name]).unwrap_err();
        assert!(error.text.starts_with(expected), "{}", error.text);
        assert_eq!(error.argument, Some(2));
    }
    assert_eq!(Reason::from_name("all"), None);
}

#[test]
fn an_empty_result_is_an_error_unless_it_is_named() {
    for (function, text, reasons) in [
        (ParseFeed::Stix, bundle(&[]), &[][..]),
        (ParseFeed::Misp, r#"{"response":[]}"#.to_owned(), &[]),
        (
            ParseFeed::Misp,
            r#"{"Event":{"Attribute":[{"type":"domain","value":"a.example","to_ids":false}]}}"#.to_owned(),
            &["to-ids"],
        ),
        (ParseFeed::List, "# nothing".to_owned(), &[]),
    ] {
        let told = error(function, &text, reasons);
        assert!(told.contains("add \"empty\" to the arguments"), "{told}");
        let reasons: Vec<&str> = reasons.iter().copied().chain(["empty"]).collect();
        assert_eq!(call(function, &text, &reasons).unwrap(), "{}");
    }
    let told = error(
        ParseFeed::Misp,
        r#"{"Event":{"Attribute":[{"type":"domain","value":"a.example"}]}}"#,
        &["empty"],
    );
    assert!(
        told.contains("\"to-ids\""),
        "what is left out is told even if nothing may be left: {told}"
    );
}

#[test]
fn defanged_values_are_errors_that_say_what_to_write() {
    for (function, text) in [
        (ParseFeed::List, "a.example\nevil[.]example\n".to_owned()),
        (ParseFeed::Stix, bundle(&["[domain-name:value = 'a.example' OR domain-name:value = 'evil[.]example']"])),
        (
            ParseFeed::Misp,
            r#"{"Event":{"Attribute":[{"type":"domain","value":"a.example","to_ids":1},{"type":"domain","value":"evil[.]example","to_ids":1}]}}"#.to_owned(),
        ),
    ] {
        let told = error(function, &text, &[]);
        assert!(told.contains("`evil[.]example`: it is defanged; write `evil.example`"), "{told}");
        assert_eq!(call(function, &text, &["defanged"]).unwrap(), r#"{"a.example":null}"#);
    }
}

#[test]
fn different_rows_of_one_value_are_an_error() {
    let text = "a.example # one\nA.example # two\na.example # one\n";
    let told = error(ParseFeed::List, text, &[]);
    assert!(
        told.contains("\"duplicate\"")
            && told.contains("- line 2: `A.example`: it stands at line 1, with a different `description`"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 3, "the same row once more is no error: {told}");
    assert_eq!(
        call(ParseFeed::List, text, &["duplicate"]).unwrap(),
        r#"{"a.example":{"description":"one"}}"#
    );
}

#[test]
fn what_is_no_text_of_the_format_is_refused() {
    for (function, text, expected) in [
        (
            ParseFeed::Stix,
            "intel/bundle.json",
            "`intel/bundle.json` is the name of a file, not its content; write `file(\"intel/bundle.json\")`",
        ),
        (ParseFeed::List, "intel/c2.txt", "`intel/c2.txt` is the name of a file"),
        (
            ParseFeed::Stix,
            "{\"type\":\"bundle\",}",
            "line 1: this is not valid JSON: trailing comma",
        ),
        (ParseFeed::Stix, "{\"Event\":{}}", "this is a MISP event, not STIX"),
        (ParseFeed::Misp, "", "the text is empty"),
        (
            ParseFeed::List,
            "This is text.\nNot a list.",
            "this is prose, not a list",
        ),
    ] {
        let error = call(function, text, &[]).unwrap_err();
        assert!(error.text.starts_with(expected), "{}", error.text);
        assert_eq!(error.argument, Some(0));
    }
}

#[test]
fn the_description_has_all_reasons_that_occur() {
    for function in ParseFeed::ALL {
        let description = function.description();
        for reason in function.reasons() {
            assert!(description.contains(&format!("| `{}` | ", reason.name())));
        }
        assert!(function.reasons().contains(&Reason::Empty));
    }
}

proptest! {
    #[test]
    fn a_result_is_a_list_that_the_provider_reads(lines in prop::collection::vec(crate::indicator::samples::messy(), 0..8)) {
        let reasons: Vec<&str> = Reason::ALL.into_iter().map(Reason::name).collect();
        let text = lines.join("\n");
        let patterns: Vec<String> = lines.iter().map(|line| format!("[domain-name:value = '{line}' OR url:value = '{line}']")).collect();
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        for (function, text) in [(ParseFeed::List, text), (ParseFeed::Stix, bundle(&patterns))] {
            let Ok(result) = call(function, &text, &reasons) else { continue };
            prop_assert_eq!(&call(function, &text, &reasons).unwrap(), &result);
            let list = list::List::read(&Value::from(result.as_str()));
            prop_assert!(list.faults.is_empty() && list.rows.iter().all(|row| row.faults.is_empty()));
        }
    }
}
