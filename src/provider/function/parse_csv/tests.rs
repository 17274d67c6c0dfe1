use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn text_of(text: &str) -> Result<String, String> {
    match ParseCsv.call(vec![Value::from(text)]) {
        Ok(Value::String(text)) => Ok(text.to_string()),
        Ok(other) => panic!("not a text: {other:?}"),
        Err(error) => Err(error.text),
    }
}

fn call(text: &str) -> Result<BTreeMap<String, Json>, String> {
    Ok(serde_json::from_str(&text_of(text)?).unwrap())
}

#[track_caller]
fn expect_errors(text: &str, expected: &[&str]) {
    let told = call(text).unwrap_err();
    let lines: Vec<&str> = told
        .split("\n- ")
        .skip_while(|line| line.ends_with(" problems:"))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn the_same_list_is_the_same_text() {
    let one = "\u{feff}IndicatorType,IndicatorValue,Severity,RbacGroups\r\nDomainName,b.example,High,\r\nDomainName,a.example,,\r\n";
    let other = "value,severity,type\na.example,,DomainName\n\nb.example,High,DomainName\n";
    let expected = r#"{"a.example":{"type":"DomainName"},"b.example":{"type":"DomainName","severity":"High"}}"#;
    assert_eq!(text_of(one).unwrap(), expected);
    assert_eq!(text_of(other).unwrap(), expected);
    assert_eq!(text_of("value\n").unwrap(), "{}");
    assert_eq!(text_of("value\na.example\n").unwrap(), r#"{"a.example":null}"#);
}

#[test]
fn the_name_of_a_file_is_no_list() {
    assert_eq!(
        call("intel/c2.csv").unwrap_err(),
        "`intel/c2.csv` is the name of a file, not its content; write `file(\"intel/c2.csv\")`"
    );
}

#[test]
fn one_value_in_two_spellings_is_one_row() {
    let hash = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    let upper = hash.to_uppercase();
    assert_eq!(call(&format!("value\n{hash}\n{upper}\n")).unwrap().len(), 1);
    let told = call(&format!("value,severity\n{hash},High\n{upper},Low\n")).unwrap_err();
    assert!(
        told.starts_with(&format!(
            "line 3, column `value`: `{upper}` is already in line 2 with a different `severity`"
        )),
        "{told}"
    );
}

#[test]
fn a_long_value_has_a_short_key() {
    let url = format!("https://evil.example/{}", "a".repeat(800));
    let map = call(&format!("value\n{url}\n")).unwrap();
    let (key, row) = map.first_key_value().unwrap();
    assert_eq!((key.chars().count(), &row["value"]), (100, &json!(url)));
}

#[test]
fn every_field_has_a_column() {
    let columns = [
        ("type", "Url"),
        ("action", "Warn"),
        ("severity", "Low"),
        ("title", " kept as it is "),
        ("description", "two\nlines"),
        ("expiration_time", "2041-01-01T00:00:00Z"),
        ("recommended_actions", "none"),
        ("application", "gitops"),
        ("generate_alert", "TRUE"),
        ("rbac_group_names", "A, B,"),
        ("mitre_techniques", "T1566.001,T1071"),
        ("category", "Malware"),
        ("educate_url", "https://help.example/"),
        ("bypass_duration_hours", "4"),
        ("external_id", "7"),
        ("additional_info", "x"),
        ("notification_id", "8"),
        ("notification_body", "x"),
        ("certificate_info_issuer", "CN=x"),
        ("certificate_info_sha256", "ab"),
        ("version", "1"),
        ("look_back_period", "30"),
        ("historical_detection", "false"),
    ];
    let header = columns.map(|(name, _)| name).join(",");
    let cells = columns.map(|(_, cell)| format!("\"{cell}\"")).join(",");
    let map = call(&format!("value,{header}\nhttps://a.example/,{cells}\n")).unwrap();
    let row = &map["https://a.example/"];
    assert_eq!(
        row.as_object().unwrap().len(),
        Field::ALL.len() - 3,
        "every field is written, one of the two that say when it expires and one of the two that name device groups: {row}"
    );
    let mut list = crate::provider::list::List::read(&json!(map).to_string().into());
    let mut read = ModelRow::blank();
    read.take_row(list.rows.remove(0));
    assert_eq!(read.findings, []);
    let fields = read.planned.indicator.fields.clone();
    assert_eq!(fields.title.as_deref(), Some(" kept as it is "));
    assert_eq!(fields.description.as_deref(), Some("two\nlines"));
    assert_eq!(fields.rbac_group_names, Some(vec!["A".to_owned(), "B".to_owned()]));
    let numbers = call("value,rbac_group_ids\na.example,\"1,2\"\n").unwrap();
    assert_eq!(numbers["a.example"], json!({ "rbac_group_ids": [1, 2] }));
    assert_eq!(fields.generate_alert, Some(true));
    assert_eq!(fields.bypass_duration_hours, Some(4));
    let lives = call("value,lifetime\na.example,90d\n").unwrap();
    assert_eq!(lives["a.example"], json!({ "lifetime": "90d" }));
    let certificate = fields.certificate_info.unwrap();
    assert_eq!(certificate.issuer.as_deref(), Some("CN=x"));
    assert_eq!(certificate.serial, None);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_line_and_column() {
    expect_errors(
        "IndicatorValue,IndicatorType,Acton,Severity,GenerateAlert,BypassDurationHours,RbacGroupIds,ExpirationTime\n\
         a.example,DomainName,Block,high,,,,\n\
         b.example,DomainName,Block,high,maybe,,,2041-01-01\n\
         c.example,DomainName,Block\n\
         ,DomainName,Block,,,,,\n\
         198.51.100.0/24,IpAddress,Block,,,,,\n\
         e.example,domain,,,,4.5,\"1,x\",\n\
         f.example,DomainName,Block,high,,,,\n",
        &[
            "line 1, column `Acton`: an indicator has no such field; `Action` may be meant",
            "line 2 and 2 more, column `Severity`: `high` is not a severity; the service refuses unknown names. \
             Write `High`.",
            "line 3, column `GenerateAlert`: `maybe` is not true or false; write one of these, or leave the cell empty",
            "line 3, column `ExpirationTime`: `2041-01-01` is not an RFC 3339 timestamp. Write date, time and UTC \
             offset, such as `2030-01-31T00:00:00Z` or `2030-01-31T01:00:00+01:00`.",
            "line 4: the row has 3 cells, but the header names 8; quote cells that contain a comma, and leave missing cells empty",
            "line 5, column `IndicatorValue`: the cell is empty, but every row needs a value; write the value, or \
             remove the row",
            "line 6, column `IndicatorValue`: `198.51.100.0/24` is a network in CIDR notation, which the service \
             does not accept. Write one row per address. Defender accepts single addresses only.",
            "line 7, column `BypassDurationHours`: `4.5` is not a whole number; write one in digits, or leave the cell \
             empty",
            "line 7, column `RbacGroupIds`: `1,x` is not a list of whole numbers; write them in digits, separated by commas",
            "line 7, column `IndicatorType`: `domain` is not an indicator type that can be submitted; the service refuses unknown names. Write `DomainName`",
        ],
    );
}

#[test]
fn a_row_is_judged_by_what_it_says_itself() {
    // The set may give the action, the alert, and a type for which the value is right.
    for row in [
        "a.example,,,",
        "a.example,,Audit,",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709,,,",
        "300.1.1.1.example,,,",
    ] {
        assert!(
            call(&format!("value,type,action,generate_alert\n{row}\n")).is_ok(),
            "{row}"
        );
    }
    expect_errors(
        "value,type,action,generate_alert\n\
         a.example,,Audit,false\n\
         a[.]example,,,\n\
         two words,,,\n\
         b.example,Url,,\n\
         \u{feff}c.example,domain,,\n\
         41JmhNVzuiGA,monero_address,,\n",
        &[
            "line 2, column `generate_alert`: the service accepts the action Audit only with `generate_alert = \
             true`. Set `generate_alert = true`, or choose another action.",
            "line 3, column `value`: `a[.]example` is defanged, and the service would take it literally. Write \
             `a.example`.",
            "line 4, column `value`: `two words` does not look like a hash, an address, a domain or a URL. Set the type, \
             or correct the value.",
            "line 5, column `value`: `b.example` has no scheme, so it is not a URL. Write `http://b.example` or \
             `https://b.example`, or set the type to `DomainName` for the domain and its subdomains.",
            "line 6, column `type`: `domain` is not an indicator type that can be submitted; the service refuses unknown names. Write `DomainName`.",
            "line 6, column `value`: character 1 of `\\u{feff}c.example` is a byte order mark (U+FEFF). Write \
             `c.example`.",
            "line 7, column `type`: `monero_address` is not an indicator type that can be submitted; the service refuses unknown names. Use one of `FileSha1`, `FileSha256`, `FileMd5`, `IpAddress`, `DomainName`, \
             `Url`, `CertificateThumbprint`",
        ],
    );
}

#[test]
fn the_same_row_twice_is_one_row_and_two_that_differ_are_not() {
    let header = "Value,Severity,MitreTechniques,Application";
    assert_eq!(
        call(&format!("{header}\na.example,High,,\na.example,High,,\n"))
            .unwrap()
            .len(),
        1
    );
    expect_errors(
        &format!("{header}\n\na.example,High,T1566,x\nb.example,,,\na.example,Low,T1071,x\n"),
        &[
            "line 5, column `Value`: `a.example` is already in line 3 with a different `Severity`, `MitreTechniques`; keep one \
           of the two rows",
        ],
    );
    let (upper, lower) = (
        "2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12",
        "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
    );
    assert_eq!(
        call(&format!("{header}\n{upper},High,,\n{lower},High,,\n"))
            .unwrap()
            .len(),
        1
    );
    expect_errors(
        &format!("{header}\n{upper},High,,\n{lower},Low,,\n"),
        &[&format!(
            "line 3, column `Value`: `{lower}` is already in line 2 with a different `Severity`; keep one of the two rows"
        )],
    );
}

#[test]
fn a_list_of_errors_is_capped() {
    let rows: String = (0..200).map(|number| format!("a {number}\n")).collect();
    let told = call(&format!("value\n{rows}")).unwrap_err();
    assert!(told.starts_with("200 problems:\n- line 2, column `value`: "), "{told}");
    assert!(told.ends_with("\n- and 150 more problems"), "{told}");
    assert_eq!(told.lines().count(), 52);
}

#[test]
fn a_certificate_needs_columns_for_its_facts() {
    assert!(call("value,certificateInfo\na.example,\n").is_ok());
    let told = call("value,certificateInfo\na.example,CN=x\n").unwrap_err();
    assert!(
        told.starts_with("line 2, column `certificateInfo`: `CN=x` is not a certificate; give each"),
        "{told}"
    );
}

fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn any_text_is_taken(text in prop_oneof![
        any::<String>(),
        "(value|type|Action|Url|Block|a.example|\"|,|\r|\n|;| |é){0,60}",
        "value,type,action,severity,generate_alert,rbac_group_ids,certificate_info_issuer\n(Url|Block|true|9|é|\"|,|\r|\n|a.b| ){0,60}",
    ]) {
        let _ = call(&text);
    }

    #[test]
    fn a_rendered_list_is_read_back(
        rows in prop::collection::btree_map(
            "[a-z]{1,8}\\.example",
            (
                prop::option::of("[a-z,\"é\r\n]{0,5}[a-z]"),
                prop::option::of(prop::sample::select(vec!["High", "Low"])),
                prop::option::of(any::<bool>()),
                prop::collection::vec("[A-Z][A-Za-z ]{0,5}[a-z]", 0..3),
                prop::collection::vec(0..99i64, 0..3),
            ),
            0..8,
        ),
    ) {
        let mut text = "Indicator_Value,TITLE,severity,generate alert,RbacGroups,rbacGroupIds".to_owned();
        let mut expected = BTreeMap::new();
        for (value, (title, severity, alert, names, mut ids)) in rows {
            if !names.is_empty() {
                ids.clear();
            }
            let cells = [
                value.clone(),
                title.clone().unwrap_or_default(),
                severity.unwrap_or_default().to_owned(),
                alert.map(|alert| alert.to_string()).unwrap_or_default(),
                names.join(","),
                ids.iter().map(i64::to_string).collect::<Vec<_>>().join(","),
            ];
            text += "\r\n";
            text += &cells.map(|text| cell(&text)).join(",");
            let mut row = serde_json::Map::new();
            let mut put = |name: &str, value: Option<Json>| value.map(|value| row.insert(name.to_owned(), value));
            put("title", title.map(Json::from));
            put("severity", severity.map(Json::from));
            put("generate_alert", alert.map(Json::from));
            put("rbac_group_names", (!names.is_empty()).then(|| names.into()));
            put("rbac_group_ids", (!ids.is_empty()).then(|| ids.into()));
            let row = if row.is_empty() { Json::Null } else { row.into() };
            expected.insert(value, row);
        }
        let found = call(&text).unwrap();
        prop_assert_eq!(found, expected);
    }
}
