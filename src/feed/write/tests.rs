use super::*;
use crate::feed::csv::{self, Meaning};
use crate::indicator::{CertificateInfo, Indicator, samples};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const SHA1: &str = "0fe1d2c3b4a5968778695a4b3c2d1e0f11223344";

fn text(field: Field, text: &str) -> (Field, FieldValue) {
    (field, FieldValue::Text(text.to_owned()))
}

fn row(kind: &str, value: &str, more: Vec<(Field, FieldValue)>) -> Row {
    Row::new(
        [text(Field::Value, value), text(Field::Type, kind)]
            .into_iter()
            .chain(more),
    )
}

fn some() -> Vec<Row> {
    vec![
        row(
            "Url",
            "https://evil.example/a,b",
            vec![
                text(Field::Title, "say \"no\"\nnow"),
                text(Field::Action, "Block"),
                text(Field::ExpirationTime, "2041-01-01T01:00:00.9999999+01:00"),
                (
                    Field::MitreTechniques,
                    FieldValue::Texts(vec!["T1566".into(), "T1071".into()]),
                ),
                (Field::GenerateAlert, FieldValue::Flag(true)),
            ],
        ),
        row("DomainName", "EVIL.example", vec![text(Field::Action, "Block")]),
        row("DomainName", "evil.example", vec![text(Field::Action, "Allowed")]),
        row("DomainName", "a.example", vec![text(Field::Title, " t ")]),
    ]
}

#[test]
fn the_portals_form_is_sorted_and_quoted() {
    let expected = "IndicatorType,IndicatorValue,ExpirationTime,Action,Severity,Title,Description,RecommendedActions,RbacGroups,\
                    Category,MitreTechniques,GenerateAlert\n\
                    DomainName,a.example,,,,\" t \",,,,,,\n\
                    DomainName,evil.example,,Allowed,,,,,,,,\n\
                    DomainName,EVIL.example,,Block,,,,,,,,\n\
                    Url,\"https://evil.example/a,b\",2041-01-01T00:00:00Z,Block,,\"say \"\"no\"\"\nnow\",,,,,\"T1566,T1071\",true\n";
    let mut rows = some();
    assert_eq!(render(&rows, Format::Portal).unwrap(), expected);
    rows.reverse();
    assert_eq!(render(&rows, Format::Portal).unwrap(), expected);
}

#[test]
fn fields_that_the_portal_lacks_follow_where_a_row_has_one() {
    let info = CertificateInfo {
        subject: Some("CN=a, O=b".to_owned()),
        ..CertificateInfo::default()
    };
    let rows = [row(
        "CertificateThumbprint",
        SHA1,
        vec![
            text(Field::Application, "intel"),
            (Field::BypassDurationHours, FieldValue::Whole(4)),
            (Field::CertificateInfo, FieldValue::Certificate(info)),
        ],
    )];
    let told = render(&rows, Format::Portal).unwrap();
    let (header, line) = told.split_once('\n').unwrap();
    assert!(
        header.ends_with(",GenerateAlert,application,bypass_duration_hours,certificate_info_subject"),
        "{header}"
    );
    assert_eq!(
        line,
        format!("CertificateThumbprint,{SHA1},,,,,,,,,,,intel,4,\"CN=a, O=b\"\n")
    );
    assert_eq!(
        render(&rows, Format::Attributes).unwrap(),
        format!(
            "type,value,application,bypass_duration_hours,certificate_info_subject\n\
             CertificateThumbprint,{SHA1},intel,4,\"CN=a, O=b\"\n"
        )
    );
    assert_eq!(
        without_portal_column(&rows),
        [Field::Application, Field::BypassDurationHours, Field::CertificateInfo]
    );
}

#[test]
fn an_upload_is_as_the_portal_wants_it() {
    let rows = [row(
        "DomainName",
        "evil.example",
        vec![text(Field::Action, "Block"), text(Field::Application, "x")],
    )];
    let told = render(&rows, Format::Upload).unwrap();
    assert!(
        told.starts_with("\u{feff}IndicatorType,")
            && told.ends_with(",GenerateAlert\r\nDomainName,evil.example,,Block,,,,,,,,\r\n"),
        "{told:?}"
    );
    let told = render(&some(), Format::Upload).unwrap_err();
    assert_eq!(
        told.iter()
            .map(|one| (one.value.as_str(), one.field))
            .collect::<Vec<_>>(),
        [("a.example", Field::Action)]
    );
}

#[test]
fn lists_that_a_cell_cannot_hold_are_told() {
    let groups = |names: &[&str]| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        [row(
            "DomainName",
            "evil.example",
            vec![(Field::RbacGroupNames, FieldValue::Texts(names))],
        )]
    };
    for names in [&["a,b"][..], &["a", " b"], &["a", ""]] {
        let told = render(&groups(names), Format::Portal).unwrap_err();
        assert_eq!((told.len(), told[0].field), (1, Field::RbacGroupNames), "{names:?}");
        assert!(render(&groups(names), Format::Json).is_ok());
    }
    assert!(render(&groups(&["a", "b"]), Format::Portal).is_ok());
}

#[test]
fn json_has_a_row_a_line_and_a_key_for_each() {
    let mut rows = some();
    let long = format!("https://evil.example/{}", "x".repeat(200));
    rows.push(row("Url", &long, vec![]));
    rows.push(row("Url", "https://evil.example/##[group]", vec![]));
    rows.push(row("DomainName", "evil.example", vec![text(Field::Action, "Warn")]));
    let told = render(&rows, Format::Json).unwrap();
    assert!(
        !holds_command(&told) && told.lines().count() == rows.len() + 2,
        "{told}"
    );
    let read: Json = serde_json::from_str(&told).unwrap();
    let read = read.as_object().unwrap();
    assert_eq!(read.len(), rows.len());
    assert_eq!(read["evil.example"], json!({"type": "DomainName", "action": "Allowed"}));
    assert_eq!(read["EVIL.example"], json!({"type": "DomainName", "action": "Block"}));
    assert_eq!(
        read["evil.example Warn"],
        json!({"value": "evil.example", "type": "DomainName", "action": "Warn"})
    );
    assert_eq!(read["https://evil.example/##[group]"], json!({"type": "Url"}));
    assert_eq!(read[&key_of(&long)]["value"], json!(long));
    assert_eq!(
        read["https://evil.example/a,b"],
        json!({
            "type": "Url", "action": "Block", "title": "say \"no\"\nnow", "expiration_time": "2041-01-01T00:00:00Z",
            "mitre_techniques": ["T1566", "T1071"], "generate_alert": true
        })
    );
    assert_eq!(render(&[], Format::Json).unwrap(), "{}\n");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(indicators in prop::collection::vec(samples::indicator(), 0..5), upload in any::<bool>()) {
        let rows: Vec<Row> = indicators.iter().map(Row::of).collect();
        let format = if upload { Format::Upload } else { Format::Attributes };
        if let Ok(text) = render(&rows, format) {
            let table = csv::parse(&text);
            prop_assert!(table.problems.is_empty(), "{:?}", table.problems);
            let mut sorted: Vec<&Row> = rows.iter().collect();
            sorted.sort();
            let written = table.rows.iter().map(|record| {
                let cells = &record.as_ref().unwrap().cells;
                let value = cells.iter().find(|cell| table.columns[cell.column].meaning == Meaning::Field(Field::Value));
                value.map(|cell| cell.text.to_string()).unwrap_or_default()
            });
            let expected = sorted.iter().map(|row| row.value().to_owned()).filter(|value| !value.trim().is_empty());
            prop_assert_eq!(written.filter(|value| !value.is_empty()).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_of_rows_says_nothing(indicators in prop::collection::vec(samples::indicator(), 0..5)) {
        let mut rows: Vec<Row> = indicators.iter().map(|indicator: &Indicator| Row::of(indicator)).collect();
        for format in [Format::Portal, Format::Attributes, Format::Json] {
            let before = render(&rows, format);
            rows.reverse();
            prop_assert_eq!(render(&rows, format), before);
        }
    }
}
