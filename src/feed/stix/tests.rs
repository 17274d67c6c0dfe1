use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn indicator(id: usize, pattern: &str) -> Json {
    json!({ "type": "indicator", "id": format!("indicator--{id}"), "pattern": pattern, "modified": "2025-11-03T10:00:00Z" })
}

fn bundle(patterns: &[String]) -> Json {
    let objects: Vec<Json> = patterns
        .iter()
        .enumerate()
        .map(|(id, pattern)| indicator(id, pattern))
        .collect();
    json!({ "type": "bundle", "id": "bundle--1", "objects": objects })
}

fn read_all(text: &str) -> Reading {
    read(text, &Options::default()).unwrap()
}

#[test]
fn places_lead_to_the_value() {
    let document = json!([
        bundle(&["[domain-name:value = 'a.example']".to_owned()]),
        { "type": "indicator", "id": "i", "pattern": "[url:value = 'x' OR mutex:name = 'y']" }
    ]);
    let reading = read_all(&document.to_string());
    let places: Vec<String> = reading
        .drafts
        .iter()
        .map(|draft| draft.place.to_string())
        .chain(reading.skipped.iter().map(|skipped| skipped.place.to_string()))
        .collect();
    assert_eq!(
        places,
        [
            "[0].objects[0].pattern, column 22",
            "[1].pattern, column 14",
            "[1].pattern, column 21"
        ]
    );
    let single = indicator(1, "[domain-name:value = 'a.example']").to_string();
    assert_eq!(read_all(&single).drafts[0].place.to_string(), "pattern, column 22");
}

#[test]
fn facts_that_are_left_out_are_told() {
    let hash = "9e107d9d372bb6826bd81d3542a419d6";
    let patterns = [
        format!("[file:hashes.MD5 = '{hash}' AND file:name = 'x' AND file:size = 5]"),
        format!("[file:name = 'x' AND file:hashes.MD5 = '{hash}']"),
    ];
    let reading = read_all(&bundle(&patterns).to_string());
    assert_eq!(
        reading.notes,
        ["left out, because a value beside them says enough: `file:name` (2), `file:size` (1)"]
    );
}

#[test]
fn what_is_no_stix_is_named() {
    for (text, expected) in [
        ("", "the text is empty"),
        ("[1, 2]", "this is JSON of some other kind, not STIX"),
        ("{\"a\": 1}", "this is JSON of some other kind, not STIX"),
        (
            "{\"Event\": {\"info\": \"x\"}}",
            "this is a MISP event, not STIX; read it with `parse_misp`",
        ),
        (
            "{\"type\":\"a\"}\n{\"type\":\"b\"}",
            "line 2: this is not valid JSON: trailing characters",
        ),
        ("{\"a.example\": null}", "this is a list for `indicators`, not STIX"),
    ] {
        let told = read(text, &Options::default()).unwrap_err().to_string();
        assert!(told.starts_with(expected), "{text}: {told}");
    }
}

#[test]
fn hostile_documents_are_read_in_time() {
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    assert!(read(&deep, &Options::default()).is_err());
    let nested = format!("{{\"type\":\"indicator\",\"id\":\"i\",\"x\":{deep}}}");
    let _ = read(&nested, &Options::default());
    let parts = |bond: &str| {
        let part: Vec<String> = (0..20_000)
            .map(|number| format!("domain-name:value = '{number}.example'"))
            .collect();
        format!("[{}]", part.join(bond))
    };
    let pairs: Vec<String> = (0..3_000)
        .map(|number| format!("(file:name = '{number}' OR file:size = {number})"))
        .collect();
    for (pattern, drafts, skipped) in [
        (parts(" OR "), 20_000, 0),
        (parts(" AND "), 0, 1),
        (format!("[{}]", pairs.join(" AND ")), 0, 1),
        (format!("[file:name IN ('{}')]", ["a"; 50_000].join("','")), 0, 1),
        (format!("[url:value = '{}']", "\\'".repeat(200_000)), 0, 1),
        (format!("[url:value = '{}", "x".repeat(500_000)), 0, 1),
        (format!("{}[a:b = 'c']", "[a:b = 'c'] FOLLOWEDBY ".repeat(20_000)), 0, 1),
        (" ".repeat(1_000_000), 0, 1),
    ] {
        let reading = read_all(&bundle(&[pattern]).to_string());
        assert_eq!((reading.drafts.len(), reading.skipped.len()), (drafts, skipped));
    }
    let versions: Vec<Json> = (0..20_000)
        .map(|_| indicator(1, "[domain-name:value = 'a.example']"))
        .collect();
    let reading = read_all(&Json::from(versions).to_string());
    assert_eq!((reading.drafts.len(), reading.skipped.len()), (1, 19_999));
}

/// A comparison of something with a text, perhaps negated.
fn comparison() -> impl Strategy<Value = (String, Option<String>)> {
    let path = prop::sample::select(vec![
        "domain-name:value",
        "url:value",
        "ipv4-addr:value",
        "file:hashes.MD5",
        "file:hashes.'SHA-1'",
        "file:name",
        "network-traffic:dst_ref.value",
        "network-traffic:dst_port",
    ]);
    let operator = prop::sample::select(vec![
        "=",
        "!=",
        "NOT =",
        "IN",
        "NOT IN",
        "LIKE",
        "NOT LIKE",
        "ISSUBSET",
        "NOT ISSUBSET",
        ">",
    ]);
    (path, operator, 0..1_000_000u32, any::<bool>()).prop_map(|(path, operator, number, before)| {
        let value = match path {
            "file:hashes.MD5" => format!("{number:032x}"),
            "file:hashes.'SHA-1'" => format!("{number:040x}"),
            "url:value" => format!("http://u{number}.example/"),
            "ipv4-addr:value" => std::net::Ipv4Addr::from_bits(number).to_string(),
            _ => format!("d{number}.example"),
        };
        let right = if operator.ends_with("IN") {
            format!("('{value}')")
        } else {
            format!("'{value}'")
        };
        let not = if before { "NOT " } else { "" };
        let negated = before || operator.contains("NOT") || operator == "!=";
        (format!("{not}{path} {operator} {right}"), negated.then_some(value))
    })
}

/// A pattern, and the values that are negated in it.
fn pattern() -> impl Strategy<Value = (String, Vec<String>)> {
    let joined = |parts: Vec<(String, Vec<String>)>, bonds: Vec<bool>, words: [&str; 2]| {
        let mut text = String::new();
        let mut negated = Vec::new();
        for (position, (part, values)) in parts.into_iter().enumerate() {
            if position > 0 {
                let word = words[usize::from(bonds.get(position).copied().unwrap_or_default())];
                text = format!("{text} {word} ");
            }
            text.push_str(&part);
            negated.extend(values);
        }
        (text, negated)
    };
    let leaf = comparison().prop_map(|(text, value)| (text, Vec::from_iter(value)));
    let facts = leaf.prop_recursive(3, 12, 3, move |inner| {
        (
            prop::collection::vec(inner, 1..4),
            prop::collection::vec(any::<bool>(), 4),
            any::<bool>(),
        )
            .prop_map(move |(parts, bonds, negate)| {
                let (text, mut negated) = joined(parts, bonds, ["AND", "OR"]);
                let not = if negate { "NOT " } else { "" };
                if negate {
                    // Everything in the brackets is negated.
                    let values = text.split('\'').skip(1).step_by(2).map(str::to_owned);
                    negated.extend(values);
                }
                (format!("{not}({text})"), negated)
            })
    });
    (
        prop::collection::vec(facts, 1..4),
        prop::collection::vec(any::<bool>(), 4),
    )
        .prop_map(move |(parts, bonds)| {
            let parts = parts
                .into_iter()
                .map(|(text, negated)| (format!("[{text}]"), negated))
                .collect();
            joined(parts, bonds, ["OR", "FOLLOWEDBY"])
        })
}

proptest! {
    #[test]
    fn a_negated_value_is_never_a_draft((pattern, negated) in pattern(), widen in any::<bool>()) {
        let options = Options { widen, drop_port: true, expand_cidr: 4, observables: true, ..Options::default() };
        let reading = read(&bundle(std::slice::from_ref(&pattern)).to_string(), &options).unwrap();
        prop_assert!(!reading.skipped.iter().any(|skipped| skipped.reason == Reason::Malformed), "{pattern}");
        for draft in &reading.drafts {
            prop_assert!(!negated.contains(&draft.value), "{pattern}: {}", draft.value);
        }
    }

    #[test]
    fn white_space_says_nothing((pattern, _) in pattern()) {
        let loose = pattern.replace(' ', "\t \n ").replace('[', "[ ").replace(']', " ]").replace('(', " ( ");
        let of = |pattern: String| {
            let reading = read_all(&bundle(&[pattern]).to_string());
            let values: Vec<String> = reading.drafts.into_iter().map(|draft| draft.value).collect();
            let reasons: Vec<Reason> = reading.skipped.into_iter().map(|skipped| skipped.reason).collect();
            (values, reasons)
        };
        prop_assert_eq!(of(pattern), of(loose));
    }

    #[test]
    fn any_document_is_read(texts in prop::collection::vec(prop_oneof![
        crate::indicator::samples::messy(),
        "\\[(domain-name:value|file:hashes.MD5|x:y) (=|!=|LIKE) '.{0,12}'\\]",
        "true|7|null|bundle|indicator|file|\\{|\\}|\\[|\\]",
    ], 6), kinds in prop::collection::vec(0..5u8, 6)) {
        let member = |position: usize| {
            let text = texts[position].as_str();
            match kinds[position] {
                0 | 1 => Json::from(text),
                2 => json!([text, 1, null, {}]),
                3 => json!({ "type": text, "id": text, "value": text, "hashes": { "MD5": text } }),
                _ => Json::Null,
            }
        };
        let document = json!({ "type": "bundle", "objects": [
            { "type": "indicator", "id": member(0), "pattern": texts[1], "name": member(2), "labels": member(3), "valid_until": member(4), "modified": member(5) },
            { "type": "indicator", "id": member(1), "pattern": member(3), "revoked": member(4), "indicator_types": member(0) },
            { "type": "observed-data", "objects": member(3) }, member(2), member(5), { "type": "file", "hashes": member(4) }
        ]});
        for options in [Options::default(), Options { observables: true, widen: true, ..Options::default() }] {
            let text = document.to_string();
            let reading = read(&text, &options).unwrap();
            prop_assert_eq!(&read(&serde_json::to_string_pretty(&document).unwrap(), &options).unwrap(), &reading);
            prop_assert_eq!(reading.empty.is_some(), reading.drafts.is_empty());
        }
        let _ = read(&texts.concat(), &Options::default());
    }
}
