use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn reasons(reading: &Reading) -> Vec<Reason> {
    reading.skipped.iter().map(|skipped| skipped.reason).collect()
}

#[test]
fn places_lead_to_the_attribute() {
    let attribute = json!({ "type": "domain", "value": "a.example", "to_ids": true });
    let event = json!({ "info": "x", "Attribute": [null, attribute], "Object": [{ "name": "file", "Attribute": [attribute] }] });
    for (document, expected) in [
        (json!({ "Event": event }), "Event.Attribute[1]"),
        (
            json!({ "response": [{ "Event": event }] }),
            "response[0].Event.Attribute[1]",
        ),
        (json!([event]), "[0].Attribute[1]"),
        (
            json!({ "response": { "Attribute": [attribute] } }),
            "response.Attribute[0]",
        ),
        (
            json!({ "Event": { "Object": [{ "Attribute": attribute }] } }),
            "Event.Object[0].Attribute",
        ),
    ] {
        let reading = read(&document.to_string(), &Options::default()).unwrap();
        assert_eq!(reading.drafts[0].place.to_string(), expected);
    }
    let odd = json!({ "Event": { "Attribute": [{ "type": "domain", "to_ids": true }] } });
    let reading = read(&odd.to_string(), &Options::default()).unwrap();
    assert_eq!(reading.skipped[0].place.to_string(), "Event.Attribute[0].value");
    assert_eq!(reading.skipped[0].note.as_deref(), Some("the value is missing"));
}

#[test]
fn tables_of_attributes_follow_the_same_rules() {
    let attribute = |kind, value, to_ids, object, relation| Attribute {
        kind,
        value,
        to_ids,
        object,
        relation,
        object_uuid: object,
        ..Attribute::default()
    };
    let rows: Vec<(Place, Attribute<'_>)> = [
        attribute("domain", "a.example", "1", "", ""),
        attribute("domain", "b.example", "0", "", ""),
        attribute("md5", "9e107d9d372bb6826bd81d3542a419d6", "1", "pe-section", "md5"),
        attribute("ip-dst", "198.51.100.7", "1", "domain-ip", "ip"),
        attribute("domain", "c.example", "1", "domain-ip", "domain"),
        attribute("text", "x", "0", "", ""),
        Attribute {
            kind: "ip-src",
            value: "198.51.100.8",
            to_ids: "true",
            comment: "relay",
            info: "November",
            timestamp: "1762164000",
            tags: "type:OSINT,tlp:red",
            ..Attribute::default()
        },
    ]
    .into_iter()
    .enumerate()
    .map(|(position, attribute)| (Place::Line(position + 2, None), attribute))
    .collect();
    let options = Options {
        lifetime: crate::indicator::Lifetime::parse("1d"),
        ..Options::default()
    };
    let reading = read_attributes(&rows, &options);
    let values: Vec<&str> = reading.drafts.iter().map(|draft| draft.value.as_str()).collect();
    assert_eq!(values, ["a.example", "c.example", "198.51.100.8"]);
    let text = |text: &str| FieldValue::Text(text.to_owned());
    assert_eq!(
        reading.drafts[2].fields,
        [
            (Field::Title, text("November")),
            (Field::Description, text("relay")),
            (Field::ExpirationTime, text("2025-11-04T10:00:00Z")),
        ]
    );
    assert_eq!(reading.drafts[2].tlp, Some(Tlp::Red));
    assert_eq!(
        reasons(&reading),
        [Reason::ToIds, Reason::Relation, Reason::ResolvedAddress]
    );
    assert_eq!(reading.skipped[0].place, Place::Line(3, None));
    assert_eq!(
        read_attributes(&[], &options).empty.as_deref(),
        Some("there is no attribute in it")
    );
}

#[test]
fn what_is_no_event_is_named() {
    for (text, expected) in [
        ("", "the text is empty"),
        ("{}", "this is JSON of some other kind, not a MISP event"),
        (
            "{\"type\":\"bundle\",\"id\":\"b\",\"objects\":[]}",
            "this is a STIX document, not a MISP event; read it with `parse_stix`",
        ),
        (
            "{\"1\":[{\"ioc_value\":\"x\"}]}",
            "this is a ThreatFox export in JSON, not a MISP event",
        ),
        ("{\"Event\":{\"Attribute\":[}}", "line 1: this is not valid JSON"),
    ] {
        let told = read(text, &Options::default()).unwrap_err().to_string();
        assert!(told.starts_with(expected), "{text}: {told}");
    }
}

proptest! {
    #[test]
    fn any_document_is_read(
        texts in prop::collection::vec(prop_oneof![
            crate::indicator::samples::messy(),
            "(domain|md5|url|uri|text|filename\\|md5|domain\\|ip|ip-dst\\|port|malware-sample)",
            "tlp:.{0,6}|[0-9]{1,12}|.{0,4}\\|.{0,34}",
        ], 6),
        kinds in prop::collection::vec(0..6u8, 6),
        ignore_to_ids in any::<bool>(),
    ) {
        let member = |position: usize| {
            let text = texts[position].as_str();
            match kinds[position] {
                0 | 1 => Json::from(text),
                2 => json!([text, 1, null, { "name": text, "type": text, "value": text, "to_ids": 1 }]),
                3 => json!({ "name": text, "info": text, "type": text, "value": text }),
                4 => Json::from(true),
                _ => Json::Null,
            }
        };
        let attribute = json!({ "type": texts[0], "value": texts[1], "to_ids": true, "comment": member(2), "Tag": member(3), "timestamp": member(4), "deleted": member(5) });
        let document = json!({ "Event": {
            "info": member(0), "Tag": member(1), "timestamp": member(2),
            "Attribute": [attribute, member(3), { "type": member(1), "value": member(2), "to_ids": member(4) }],
            "Object": [{ "name": member(5), "deleted": member(0), "Attribute": [attribute, { "type": "domain", "value": texts[2], "to_ids": "1", "object_relation": member(4) }] }, member(1)]
        }});
        let options = Options { ignore_to_ids, max_tlp: Some(Tlp::Green), ..Options::default() };
        let reading = read(&document.to_string(), &options).unwrap();
        prop_assert_eq!(&read(&serde_json::to_string_pretty(&document).unwrap(), &options).unwrap(), &reading);
        prop_assert_eq!(reading.empty.is_some(), reading.drafts.is_empty());
        prop_assert!(reading.drafts.iter().all(|draft| draft.tlp <= Some(Tlp::Green)));
        let _ = read(&texts.concat(), &options);
    }
}
