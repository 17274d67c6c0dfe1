use super::super::write::{Format as Form, render};
use super::*;
use proptest::prelude::*;

fn request() -> Request {
    Request {
        name: Some("list".into()),
        take: Options {
            now: "2026-01-20T00:00:00Z".parse().ok(),
            ..Options::default()
        },
        ..Request::default()
    }
}

fn csv(text: &str, request: &Request) -> String {
    let conversion = convert(text.as_bytes(), request).unwrap();
    render(&conversion.rows, Form::Attributes).unwrap()
}

#[test]
fn a_list_comes_out_sorted_with_titles_and_its_own_action_where_it_has_one() {
    let text = "type,value,action,title\nurl,http://b.example/,,\ndomain,b.example,Allowed,T\ndomain,a.example,,\n";
    let constants = Request {
        action: Some(Action::Block),
        severity: Some(Severity::High),
        description: Some("D".into()),
        ..request()
    };
    assert_eq!(
        csv(text, &constants),
        "type,value,action,severity,title,description\n\
         DomainName,a.example,Block,High,list,D\n\
         DomainName,b.example,Allowed,High,T,D\n\
         Url,http://b.example/,Block,High,list,D\n"
    );
    let bare = Request {
        title: Some(String::new()),
        description: Some(String::new()),
        ..request()
    };
    assert_eq!(
        csv(text, &bare),
        "type,value,action\nDomainName,a.example,\nDomainName,b.example,Allowed\nUrl,http://b.example/,\n"
    );
    let notes = convert(text.as_bytes(), &request()).unwrap().report.notes.join("\n");
    assert!(
        notes.contains("`title` of 2 rows is the name of the file, `list`"),
        "{notes}"
    );
    let nameless = Request {
        name: None,
        ..request()
    };
    let notes = convert(text.as_bytes(), &nameless).unwrap().report.notes.join("\n");
    assert!(
        notes.contains("3 rows have no `description`; `--description-is` gives one to all rows"),
        "{notes}"
    );
}

#[test]
fn a_report_adds_up_and_tells_what_is_there_twice() {
    let text = "type,value,action,expires\ndomain,a.example,Block,\ndomain,b.example.,Block,\ndomain,b.example,Block,\ndomain,a.example,Allowed,\n\
                ip,198.51.100.7,Block,2020-01-01\nmutex,m,,\nip,198.51.100.7.8,,\n";
    let Report {
        skipped,
        notes,
        rows,
        has_expiries,
        ..
    } = convert(text.as_bytes(), &request()).unwrap().report;
    let told: Vec<(&str, &str)> = skipped
        .iter()
        .map(|one| (one.reason.name(), one.value.as_str()))
        .collect();
    assert_eq!(rows + told.len(), 7);
    assert!(has_expiries);
    assert_eq!(
        told,
        [
            ("duplicate", "b.example"),
            ("expired", "198.51.100.7"),
            ("type", "m"),
            ("value", "198.51.100.7.8")
        ]
    );
    assert!(
        notes
            .iter()
            .any(|note| note == "values with several actions, of which Defender obeys one: `a.example`"),
        "{notes:?}"
    );
}

#[test]
fn what_is_no_list_is_refused() {
    for (bytes, told) in [
        (
            &b"value\n<<<<<<< HEAD\na.example\n=======\n>>>>>>> x\n"[..],
            "line 2: the line is a conflict marker",
        ),
        (b"a.example\n\0\n", "line 2: the file is not text"),
        (b"PK\x03\x04", "this is a ZIP file"),
    ] {
        let error = convert(bytes, &request()).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}

/// Rows of a table, each with a value that others may have too.
fn any_rows() -> impl Strategy<Value = Vec<String>> {
    let value = prop::sample::select(vec![
        "domain,a.example",
        "domain,A.example",
        "domain,b.a.example",
        "ip,198.51.100.7",
        "url,http://a.example/x",
        "mutex,x",
        "ip,bad",
        ",a.example",
        "domain,a.example.",
    ]);
    let row = (
        value,
        prop::sample::select(vec!["", "Block", "Allowed"]),
        prop::sample::select(vec!["", "2030-01-01", "2020-01-01", "2031-01-01"]),
        "[A-C]{0,1}",
    );
    prop::collection::vec(
        row.prop_map(|(value, action, expiry, title)| format!("{value},{action},{expiry},{title}")),
        1..12,
    )
}

proptest! {
    #[test]
    fn the_order_of_rows_says_nothing(rows in any_rows(), seed in any::<u64>(), covered in any::<bool>()) {
        let mut shuffled = rows.clone();
        // Any order will do: by a hash that depends on the seed.
        shuffled.sort_by_key(|row| row.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)));
        let text = |rows: &[String]| format!("type,value,action,expires,title\n{}\n", rows.join("\n"));
        let mut request = request();
        request.take.drop_covered = covered;
        request.table.kind = Some("type".into());
        request.table.values = vec!["value".into()];
        let one = convert(text(&rows).as_bytes(), &request).unwrap();
        let other = convert(text(&shuffled).as_bytes(), &request).unwrap();
        for form in [Form::Portal, Form::Attributes, Form::Json] {
            prop_assert_eq!(render(&one.rows, form), render(&other.rows, form));
        }
        prop_assert_eq!(one.report.items(), rows.len());
        prop_assert_eq!(one.report.by_reason(), other.report.by_reason());
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop_oneof![
        any::<Vec<u8>>(),
        "(\\{|\\}|\\[|\\]|\"|:|,|type|bundle|objects|Event|a\\.example|\n|#){0,40}".prop_map(String::into_bytes),
        "(value|type|,|;|\n|\"|a\\.example|\u{feff}|hxxp://b\\[\\.\\]example| ){0,40}".prop_map(String::into_bytes),
    ]) {
        if let Ok(conversion) = convert(&bytes, &request()) {
            prop_assert_eq!(conversion.report.rows, conversion.rows.len());
            let counted: usize = conversion.report.by_reason().values().sum();
            prop_assert_eq!(conversion.report.items(), conversion.rows.len() + counted);
        }
    }

    #[test]
    fn what_was_converted_is_converted_no_further(rows in any_rows()) {
        let text = format!("type,value,action,expires,title\n{}\n", rows.join("\n"));
        let once = convert(text.as_bytes(), &request());
        if let Ok(once) = once && let Ok(clean) = render(&once.rows, Form::Portal) && !once.rows.is_empty() {
            let twice = convert(clean.as_bytes(), &request()).unwrap();
            prop_assert_eq!(&twice.rows, &once.rows);
            prop_assert!(twice.report.skipped.is_empty() && twice.report.rewritten.is_empty());
        }
    }
}
