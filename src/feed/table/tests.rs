use super::super::Options;
use super::*;
use crate::indicator::{Field, FieldValue};
use proptest::prelude::*;

const SHA256: &str = "5b3c0f5b6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4f5e6d7c8b9a0f1e2d3c";
const SHA1: &str = "0fe1d2c3b4a5968778695a4b3c2d1e0f11223344";
const MD5: &str = "9e107d9d372bb6826bd81d3542a419d6";

/// What comes of a table: `type value` or `reason value` with the line; or the refusal.
fn told(text: &str, settings: &Settings) -> Vec<String> {
    match read(text, settings, &Options::default()) {
        Err(refusal) => vec![format!("! {refusal}")],
        Ok(reading) => {
            let line = |place: &Place| match place {
                Place::Line(line, _) => *line,
                Place::Path(..) => 0,
            };
            let rows = reading
                .drafts
                .iter()
                .map(|draft| (line(&draft.place), format!("{} {}", draft.indicator_type, draft.value)));
            let skipped = reading
                .skipped
                .iter()
                .map(|one| (line(&one.place), format!("{} {}", one.reason.name(), one.value)));
            let mut all: Vec<(usize, String)> = rows.chain(skipped).collect();
            all.sort();
            all.into_iter().map(|(line, text)| format!("{line} {text}")).collect()
        }
    }
}

fn fields(text: &str, settings: &Settings, options: &Options) -> Vec<Vec<String>> {
    let reading = read(text, settings, options).unwrap();
    let said = |(field, value): &(Field, FieldValue)| format!("{field} {value}");
    reading
        .drafts
        .iter()
        .map(|draft| draft.fields.iter().map(said).collect())
        .collect()
}

fn notes(text: &str) -> String {
    read(text, &Settings::default(), &Options::default())
        .unwrap()
        .notes
        .join("\n")
}

#[test]
fn every_dialect_is_read_as_what_it_is() {
    let rows = ["2 DomainName evil.example", "3 IpAddress 198.51.100.7"];
    for text in [
        "type,value\ndomain,evil.example\nip,198.51.100.7\n",
        "type;value\ndomain;evil.example\nip;198.51.100.7\n",
        "type\tvalue\r\ndomain\tevil.example\r\nip\t198.51.100.7\r\n",
        "type|value\rdomain|evil.example\rip|198.51.100.7",
        "\"type\" , \"value\"\n\"domain\", \"evil.example\"\n\"ip\" ,\"198.51.100.7\"\n",
        "#,kind,ioc\n1,domain,evil.example\n2,ip,198.51.100.7\n",
        "note,data,Indicator\n\"a, b\",evil.example,domain\n,198.51.100.7,IPv4\n",
        // Commas in a table of semicolons, and bars in one of commas.
        "Typ;Wert;Notiz\ndomain;evil.example;a, b, c\nip;198.51.100.7;d, e, f\n",
        "domain,tags\nevil.example,a|b|c|d\n198.51.100.7,a|b|c|d\n",
    ] {
        assert_eq!(told(text, &Settings::default()), rows, "{text}");
    }
    let rows = ["3 DomainName evil.example", "4 IpAddress 198.51.100.7"];
    for text in [
        "sep=;\ntype;value\ndomain;evil.example\nip;198.51.100.7\n",
        "SEP=\t\ntype\tvalue\ndomain\tevil.example\nip\t198.51.100.7\n",
        "# banner\n# type,value\ndomain,evil.example\nip,198.51.100.7\n# 2 rows",
        "\"Fill in below, then upload\",,\ntype,value,x\ndomain,evil.example,\nip,198.51.100.7,\n",
        ",,\ntype,value,x\ndomain,evil.example,\nip,198.51.100.7,\n",
    ] {
        assert_eq!(told(text, &Settings::default()), rows, "{text}");
    }
}

#[test]
fn a_delimiter_and_comments_can_be_named() {
    let slashes = Settings {
        delimiter: Some(b'/'),
        comment: Some("//".into()),
        ..Settings::default()
    };
    assert_eq!(
        told("// made by hand\ntype/value\ndomain/evil.example\n", &slashes),
        ["3 DomainName evil.example"]
    );
    let none = Settings {
        comment: Some(String::new()),
        ..Settings::default()
    };
    let text = "tag,value\n#a,evil.example\nb,198.51.100.7\n";
    assert_eq!(
        told(text, &none),
        ["2 DomainName evil.example", "3 IpAddress 198.51.100.7"]
    );
    assert_eq!(told(text, &Settings::default()), ["3 IpAddress 198.51.100.7"]);
    assert!(
        notes(text).contains("line 2: a comment that looks like a row was not read"),
        "{}",
        notes(text)
    );
    for (text, delimiter) in [
        (";", Some(b';')),
        ("tab", Some(b'\t')),
        ("\\t", Some(b'\t')),
        ("ab", None),
        ("\"", None),
        ("a", None),
        ("é", None),
        ("", None),
    ] {
        assert_eq!(parse_delimiter(text), delimiter, "{text}");
    }
}

#[test]
fn a_first_row_of_data_is_never_taken_for_names() {
    for text in [
        "evil.example,c2\nb.example,c2\n",
        "2026-01-15,evil\n2026-01-16,evil\n",
        "domain,evil.example\ndomain,b.example\n",
        "ip,?198.51.100.7\nip,198.51.100.8\nip,198.51.100.9\n",
        "ip,198.51.100.7:443\nip,198.51.100.8\n",
        "7,evil.example\n8,b.example\n",
    ] {
        let told = told(text, &Settings::default());
        assert!(
            told[0].starts_with("! line 1: the line is data") && told[0].contains("`--no-header`"),
            "{told:?}"
        );
    }
    let refusal = told("x,domain,evil.example\ny,ip,198.51.100.7\n", &Settings::default());
    assert!(refusal[0].contains("`--value 3 --type 2`"), "{refusal:?}");
    let numbers = Settings {
        no_header: true,
        values: vec!["3".into()],
        kind: Some("2".into()),
        ..Settings::default()
    };
    assert_eq!(
        told("x,domain,evil.example\ny,mutex,m\n", &numbers),
        ["1 DomainName evil.example", "2 type m"]
    );
    let numbers = Settings {
        no_header: true,
        ..Settings::default()
    };
    assert_eq!(told("x,domain,evil.example\n", &numbers), ["1 DomainName evil.example"]);
}

#[test]
fn values_decide_and_names_are_a_hint() {
    // A column of references also holds URLs.
    let text = "url,link\nhttp://evil.example/a,http://feed.example/1\n,http://feed.example/2\n";
    assert_eq!(
        told(text, &Settings::default()),
        ["2 Url http://evil.example/a", "3 value http://feed.example/2"]
    );
    // The name of a type may be the name of the column of types.
    let text = "Indicator,Data\nsha256,x.exe\n";
    assert!(told(text, &Settings::default())[0].starts_with("! line 1: no column of the table holds values"));
    // File names look like domains, and sites may be domains without a scheme.
    let text =
        format!("file,hash,seen at\ndropper.exe,{SHA256},cdn.example/a/dropper.exe\na.dll,{SHA1},cdn.example/b\n");
    assert_eq!(
        told(&text, &Settings::default()),
        [format!("2 FileSha256 {SHA256}"), format!("3 FileSha1 {SHA1}")]
    );
    // Columns that hold values alike: somebody has to say which.
    let text = "src_ip,dst_ip\n198.51.100.7,203.0.113.7\n198.51.100.8,203.0.113.8\n";
    let refusal = told(text, &Settings::default());
    assert!(
        refusal[0].starts_with("! line 1: the columns `src_ip`, `dst_ip` hold values alike"),
        "{refusal:?}"
    );
    let named = Settings {
        values: vec!["DST-IP".into()],
        ..Settings::default()
    };
    assert_eq!(
        told(text, &named),
        ["2 IpAddress 203.0.113.7", "3 IpAddress 203.0.113.8"]
    );
    let unknown = Settings {
        values: vec!["dst".into()],
        ..Settings::default()
    };
    let refusal = told(text, &unknown);
    assert!(
        refusal[0].contains("the table has no column `dst`; it has `src_ip`, `dst_ip`"),
        "{refusal:?}"
    );
    assert_eq!(
        notes(&format!("sha256,md5,name\n{SHA256},{MD5},x.exe\n")),
        "cells separated by comma\nvalues from `sha256`, `md5`, types by the form of the values, `title` from `name`"
    );
}

#[test]
fn a_row_says_its_type_or_its_value_does() {
    let text = format!(
        "type,value\nfqdn,evil.example\nbotnet_cc,a.example\nYARA,rule\n,http://b.example/\nurl,c.example\nfile_sha256,{SHA1}\n\
         hash,{MD5}\nip:port,198.51.100.7:443\ncert_sha1,{SHA1}\nhostname,198.51.100.8\n"
    );
    assert_eq!(
        told(&text, &Settings::default()),
        [
            "2 DomainName evil.example".to_owned(),
            "3 type a.example".to_owned(),
            "4 type rule".to_owned(),
            "5 Url http://b.example/".to_owned(),
            "6 no-scheme c.example".to_owned(),
            format!("7 value {SHA1}"),
            format!("8 FileMd5 {MD5}"),
            "9 port 198.51.100.7:443".to_owned(),
            format!("10 CertificateThumbprint {SHA1}"),
            "11 IpAddress 198.51.100.8".to_owned(),
        ]
    );
    let mapped = Settings {
        words: vec![("Botnet CC".into(), IndicatorType::DomainName)],
        ..Settings::default()
    };
    assert!(told(&text, &mapped).contains(&"3 DomainName a.example".to_owned()));
    let certificates = Settings {
        type_is: Some(IndicatorType::CertificateThumbprint),
        ..Settings::default()
    };
    assert_eq!(
        told(&format!("SHA1,reason\n{SHA1},bot\n"), &certificates),
        [format!("2 CertificateThumbprint {SHA1}")]
    );
    // What a column of URLs holds without a scheme is no domain that somebody wants blocked as a whole.
    assert_eq!(
        told(
            "date,url\n2026-01-15,evil.example\n2026-01-15,http://b.example/\n",
            &Settings::default()
        ),
        ["2 no-scheme evil.example", "3 Url http://b.example/"]
    );
}

#[test]
fn rows_of_another_width_and_broken_quotes_are_told() {
    let text =
        "value,note,x\na.example,b\nb.example,c,,,\nc.example,d,e,f\nd.example,\"e\"f,g\nvalue,note,x\ne.example\n";
    assert_eq!(
        told(text, &Settings::default()),
        [
            "2 DomainName a.example",
            "3 DomainName b.example",
            "4 malformed c.example",
            "5 malformed d.example",
            "7 DomainName e.example",
        ]
    );
    assert!(notes(text).contains("line 6: the names of the columns once more"));
    let keep_going = Settings {
        keep_going: true,
        ..Settings::default()
    };
    for text in [
        "value,note\na.example,b\nb.example,\"never closed\nc.example,d\n",
        "value,note\na.example,b\nb.example,\"closed late\nc.example,\"d\"\n",
    ] {
        let refusal = told(text, &Settings::default());
        assert!(
            refusal[0].starts_with("! line 3: the cell begins with a quote that is"),
            "{refusal:?}"
        );
        assert_eq!(
            told(text, &keep_going),
            ["2 DomainName a.example", "3 malformed b.example"]
        );
        let reading = read(text, &keep_going, &Options::default()).unwrap();
        assert!(
            reading.is_cut
                && reading
                    .notes
                    .iter()
                    .any(|note| note == "line 3: nothing behind this line was read")
        );
    }
}

#[test]
fn fields_are_read_where_a_table_has_them() {
    let text = "type,value,name,comment,validUntil,severity,revoked,tlp,action\n\
                domain,a.example,T,D,2030-01-31,high,,green,block\n\
                domain,b.example,,,,5,no,red,\n\
                domain,c.example,,,,,TRUE,,Audit\n\
                domain,d.example,,,soon,,,,\n\
                domain,e.example,,,,,,,deny\n\
                domain,f.example,,,,,perhaps,,\n";
    assert_eq!(
        told(text, &Settings::default()),
        [
            "2 DomainName a.example",
            "3 DomainName b.example",
            "4 revoked c.example",
            "5 malformed d.example",
            "6 malformed e.example",
            "7 malformed f.example",
        ]
    );
    assert_eq!(
        fields(text, &Settings::default(), &Options::default()),
        [
            vec![
                "action \"Block\"",
                "severity \"High\"",
                "title \"T\"",
                "description \"D\"",
                "expiration_time \"2030-01-31T00:00:00Z\"",
            ],
            vec![],
        ]
    );
    assert!(notes(text).contains("line 3: column `severity` does not hold what `severity` takes here"));
    // A column of somebody else that merely has the name of a field.
    let text = "value,action,severity,application,version,reporter\na.example,blocked by us,5,Outlook,1.2,us\n";
    let said = notes(text);
    assert_eq!(told(text, &Settings::default()), ["2 DomainName a.example"]);
    assert!(
        said.contains("column `action` does not hold what `action` takes, and is not used"),
        "{said}"
    );
    assert!(
        said.contains("not used: `action`, `severity`, `application`, `version`, `reporter`"),
        "{said}"
    );
    // In a list of ours nothing is taken for something else.
    let text = "value,action,application\na.example,Blok,intel\nb.example,Block,intel\n";
    assert_eq!(
        told(text, &Settings::default()),
        ["2 malformed a.example", "3 DomainName b.example"]
    );
    assert_eq!(
        fields(text, &Settings::default(), &Options::default()),
        [["action \"Block\"", "application \"intel\""]]
    );
}

#[test]
fn a_lifetime_counts_from_when_a_row_was_seen_last() {
    let text = "value,first_seen,last_seen,expires\na.example,2026-01-01,2026-01-15 08:00:00,\nb.example,2026-01-01,,\n\
                c.example,,,2030-01-01\n";
    let options = Options {
        lifetime: crate::indicator::Lifetime::parse("10d"),
        ..Options::default()
    };
    assert_eq!(
        fields(text, &Settings::default(), &options),
        [
            vec!["expiration_time \"2026-01-25T08:00:00Z\""],
            vec![],
            vec!["expiration_time \"2030-01-01T00:00:00Z\""],
        ]
    );
}

#[test]
fn values_in_a_guessed_encoding_are_trusted_as_far_as_they_are_ascii() {
    let settings = Settings {
        is_encoding_assumed: true,
        ..Settings::default()
    };
    assert_eq!(
        told(
            "value,title\nb\u{fc}cher.example,T\u{fc}r\na.example,T\u{fc}r\n",
            &settings
        ),
        ["2 value b\u{fc}cher.example", "3 DomainName a.example"]
    );
}

#[test]
fn a_table_is_told_from_a_list() {
    for (text, is) in [
        ("type,value\ndomain,evil.example\n", true),
        ("a;b\n1;2\n3;4\n", true),
        ("evil.example\nb.example\n", false),
        ("evil.example,\nb.example,\n", false),
        ("evil.example # seen, twice, by us\nb.example\n", false),
        (
            "We saw a thing, and another.\nThen nothing.\nThen, at last, more, and more.\n",
            false,
        ),
        ("", false),
    ] {
        assert_eq!(is_table(text, &Settings::default()), is, "{text}");
    }
}

/// Texts with many characters of the sort that matters here.
fn any_table() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(value|type|domain|ip|evil\\.example|198\\.51\\.100\\.7|,|;|\t|\\||\"|#|sep=|\r|\n| |é){0,60}",
        "type,value\n(domain,|ip,|evil\\.example|198\\.51\\.100\\.7|\"|,|\n){0,60}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_taken(text in any_table(), no_header in any::<bool>(), keep_going in any::<bool>()) {
        let settings = Settings { no_header, keep_going, ..Settings::default() };
        let lines = text.split('\n').flat_map(|line| line.split('\r')).count();
        let _ = is_table(&text, &settings);
        let check = |place: &Place| match place {
            Place::Line(line, _) => (1..=lines).contains(line),
            Place::Path(..) => false,
        };
        match read(&text, &settings, &Options::default()) {
            Ok(reading) => {
                prop_assert!(reading.drafts.iter().all(|draft| check(&draft.place)));
                prop_assert!(reading.skipped.iter().all(|one| check(&one.place)));
            }
            Err(refusal) => prop_assert!(refusal.place.as_ref().is_none_or(check)),
        }
    }

    #[test]
    fn every_row_is_taken_or_listed(
        rows in prop::collection::vec(
            (prop::sample::select(vec!["domain", "ip", "mutex", "", "x"]), "[a-z.0-9?]{0,12}", "[a-z, ]{0,6}"),
            1..20,
        ),
        delimiter in prop::sample::select(vec![",", ";", "\t", "|"]),
    ) {
        let mut text = ["IndicatorType", "IndicatorValue", "Note"].join(delimiter);
        let mut expected = 0;
        for (kind, value, note) in &rows {
            text += &format!("\n{}", [*kind, value, &format!("\"{note}\"")].join(delimiter));
            expected += usize::from(!(kind.is_empty() && value.is_empty() && note.trim().is_empty()));
        }
        let settings = Settings { delimiter: delimiter.bytes().next(), ..Settings::default() };
        if let Ok(reading) = read(&text, &settings, &Options::default()) {
            prop_assert_eq!(reading.drafts.len() + reading.skipped.len(), expected);
        }
    }
}
