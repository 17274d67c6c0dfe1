//! Lists in every form, and what a change leaves of them.

use super::*;
use crate::indicator::FieldValue;
use crate::tf::{Object, ObjectType};
use std::sync::Arc;

fn text(text: &str) -> Value {
    Value::from(text)
}

fn words(text: &str) -> FieldValue {
    FieldValue::Text(text.into())
}

fn object(members: Vec<(&str, ValueType, Value)>) -> (ValueType, Value) {
    let kind = members.iter().map(|(name, value_type, _)| (*name, value_type.clone()));
    let kind = Arc::new(ObjectType::new(kind));
    let mut object = Object::null(kind.clone());
    for (name, _, value) in members {
        object.set(name, value);
    }
    (ValueType::Object(kind), object.into())
}

fn typed_object(members: Vec<(&str, ValueType, Value)>) -> Value {
    let (value_type, value) = object(members);
    typed(value_type, value)
}

fn keys(list: &List) -> Vec<&str> {
    list.rows.iter().map(|row| &*row.key).collect()
}

#[test]
fn an_object_a_map_and_a_text_say_the_same() {
    let (row_type, row) = object(vec![("title", ValueType::String, "t".into())]);
    let as_object = typed_object(vec![
        ("a.example", row_type.clone(), row.clone()),
        ("b.example", ValueType::Dynamic, Value::Null),
    ]);
    let map = Value::Map([("a.example".to_owned(), row), ("b.example".to_owned(), Value::Null)].into());
    let as_map = typed(ValueType::map(row_type), map);
    let as_text = text(" {\"b.example\": null, \"a.example\": {\"title\": \"t\", \"severity\": null}}");
    let expected = List::read(&as_object);
    assert_eq!(keys(&expected), ["a.example", "b.example"]);
    assert_eq!(expected.rows[0].fields, [(Field::Title, Content::Known(words("t")))]);
    assert_eq!(List::read(&as_map), expected);
    assert_eq!(List::read(&as_text), expected);
}

#[test]
fn what_is_not_known_yet_is_no_fault() {
    assert!(List::read(&Value::Unknown).incomplete);
    let (row_type, row) = object(vec![("title", ValueType::String, Value::Unknown)]);
    let list = List::read(&typed_object(vec![
        ("a.example", row_type, row),
        ("b.example", ValueType::Dynamic, Value::Unknown),
    ]));
    assert!(!list.incomplete && list.faults.is_empty());
    assert_eq!(list.rows[0].fields, [(Field::Title, Content::Unknown)]);
    assert_eq!(list.rows[1].fields.len(), Field::ALL.len());
}

#[test]
fn every_fault_is_told() {
    for (value, part) in [
        (Value::List(vec!["a.example".into()]), "it is a list"),
        (text("[\"a.example\"]"), "it is a list"),
        (
            text("IndicatorType,IndicatorValue\n"),
            "it is a string, but not JSON. Write an object",
        ),
        (text("{\"a.example\": {}"), "not JSON: EOF"),
        (
            text("{\"a.example\": {}, \"a.example\": null}"),
            "the key `a.example` occurs twice",
        ),
        (Value::from(true), "it is a boolean"),
    ] {
        let list = List::read(&value);
        let [fault] = list.faults.as_slice() else {
            panic!("{list:?}")
        };
        assert!(fault.contains(part), "{fault}");
    }
    let rows = r#"{"a": {"acton": "Block"}, "b": 5, "c": {"generate_alert": "maybe"}, "d": {"rbac_group_ids": ["1", 2]},
        "e": {"certificate_info": {"issuer": "i", "new": "x"}}, "f": {"title": "x", "title": "y"}}"#;
    let list = List::read(&text(rows));
    let faults: Vec<(Option<Field>, &str)> = list
        .rows
        .iter()
        .flat_map(|row| &row.faults)
        .map(|(field, text)| (*field, text.as_str()))
        .collect();
    assert_eq!(
        faults,
        [
            (None, "`acton` is not a field of an indicator; did you mean `action`?"),
            (
                None,
                "the row is a number, not an object of fields; write `{ description = \"...\" }`, or `null` for a \
                 row that sets no fields"
            ),
            (
                Some(Field::GenerateAlert),
                "`generate_alert` is a string, not true or false"
            ),
            (
                Some(Field::CertificateInfo),
                "`certificate_info` is an object, not an object with `issuer`, `serial`, `subject` and `sha256`, all \
                 strings"
            ),
            (Some(Field::Title), "`title` is set twice in the row"),
        ]
    );
    assert_eq!(
        list.rows[3].fields,
        [(Field::RbacGroupIds, Content::Known(FieldValue::Wholes(vec![1, 2])))]
    );
}

#[test]
fn text_that_stands_for_other_kinds_is_taken() {
    let list = List::read(&text(
        r#"{"a": {"generate_alert": "TRUE", "bypass_duration_hours": " 5 ", "external_id": 7, "title": true}}"#,
    ));
    let fields = [
        (Field::GenerateAlert, FieldValue::Flag(true)),
        (Field::BypassDurationHours, FieldValue::Whole(5)),
        (Field::ExternalId, words("7")),
        (Field::Title, words("true")),
    ];
    let expected: Vec<_> = fields
        .into_iter()
        .map(|(field, value)| (field, Content::Known(value)))
        .collect();
    assert_eq!(list.rows[0].fields, expected);
}

#[test]
fn a_text_keeps_every_byte_of_what_does_not_change() {
    let before =
        "{\n  \"b\": {\"title\": \"x\",  \"severity\" : \"High\"},\n  \"a\": null,\n  \"c\" : { \"title\":\"z\" }\n}\n";
    let set = |fields: Vec<(Field, Option<FieldValue>)>| RowEdit::Set(fields);
    let edited = |edits: HashMap<&str, RowEdit>, additions: &[Addition]| {
        edit(&text(before), &edits, additions).as_str().unwrap().to_owned()
    };
    assert_eq!(edited(HashMap::new(), &[]), before);
    assert_eq!(
        edited(
            HashMap::from([("a", set(vec![(Field::Title, Some(words("new")))]))]),
            &[]
        ),
        before.replace("null", "{\"title\":\"new\"}")
    );
    assert_eq!(
        edited(
            HashMap::from([(
                "b",
                set(vec![(Field::Title, None), (Field::Severity, Some(words("Low")))])
            )]),
            &[]
        ),
        before.replace("{\"title\": \"x\",  \"severity\" : \"High\"}", "{\"severity\":\"Low\"}")
    );
    assert_eq!(
        edited(HashMap::from([("b", RowEdit::Drop)]), &[]),
        "{\n  \"a\": null,\n  \"c\" : { \"title\":\"z\" }\n}\n"
    );
    assert_eq!(
        edited(
            HashMap::from([("c", RowEdit::Drop)]),
            &[("d \"q\"".into(), vec![(Field::Title, words("w"))])]
        ),
        "{\n  \"b\": {\"title\": \"x\",  \"severity\" : \"High\"},\n  \"a\": null,\n  \"d \\\"q\\\"\":{\"title\":\"w\"}\n}\n"
    );
    let all = HashMap::from([("a", RowEdit::Drop), ("b", RowEdit::Drop), ("c", RowEdit::Drop)]);
    assert_eq!(edited(all, &[]), "{\n}\n");
    assert_eq!(
        edit(&text("{}"), &HashMap::new(), &[("a".into(), vec![])])
            .as_str()
            .unwrap(),
        "{\"a\":null}"
    );
    // White space before a comma, a comma in a key, and what an editor puts before the list.
    let odd = "\u{feff} {\"a,b\" :null ,\n\t\"c\":{} , \"d\":null\n}";
    let edited = |key: &str, change: RowEdit, additions: &[Addition]| {
        let edits = HashMap::from([(key, change)]);
        edit(&text(odd), &edits, additions).as_str().unwrap().to_owned()
    };
    assert_eq!(
        edited("c", set(vec![(Field::Title, Some(words("t")))]), &[]),
        odd.replace("{}", "{\"title\":\"t\"}")
    );
    assert_eq!(
        edited("a,b", RowEdit::Drop, &[("e".into(), vec![])]),
        "\u{feff} {\n\t\"c\":{} , \"d\":null,\n\t\"e\":null\n}"
    );
}

#[test]
fn an_object_keeps_its_types_and_a_map_stays_one_as_long_as_it_can() {
    let (row_type, row) = object(vec![("title", ValueType::String, "t".into())]);
    let map = Value::Map([("a".to_owned(), row.clone()), ("b".to_owned(), row.clone())].into());
    let map = typed(ValueType::map(row_type.clone()), map);
    let Value::Typed(dropped) = edit(&map, &HashMap::from([("a", RowEdit::Drop)]), &[]) else {
        panic!()
    };
    assert_eq!(dropped.value_type, ValueType::map(row_type.clone()));
    assert_eq!(keys(&List::read(&dropped.value)), ["b"]);

    let set = RowEdit::Set(vec![(Field::Severity, Some(words("High")))]);
    let changed = edit(
        &map,
        &HashMap::from([("a", set)]),
        &[("c".into(), vec![(Field::GenerateAlert, FieldValue::Flag(true))])],
    );
    let list = List::read(&changed);
    assert_eq!(keys(&list), ["a", "b", "c"]);
    assert_eq!(list.rows[0].fields.len(), 2);
    let Value::Typed(changed) = changed else { panic!() };
    let ValueType::Object(whole) = &changed.value_type else {
        panic!("{:?}", changed.value_type)
    };
    assert_eq!(
        whole.attribute("b"),
        Some(&row_type),
        "rows that did not change keep their types"
    );
}

#[test]
fn long_values_have_short_keys_of_their_own() {
    let long = format!("https://evil.example/{}", "a".repeat(800));
    let other = format!("{long}b");
    assert_eq!(key_of("https://evil.example/"), "https://evil.example/");
    assert_eq!(key_of(&long).chars().count(), 100);
    assert_ne!(key_of(&long), key_of(&other));
    assert_eq!(key_of(&long), key_of(&long.clone()));
}
