use super::*;
use crate::tf::ObjectType;
use std::collections::BTreeMap;
use std::sync::Arc;

fn object(entries: &[(&str, Value)]) -> Value {
    let types = entries.iter().map(|(name, value)| {
        let kind = match value {
            Value::Bool(_) => ValueType::Bool,
            Value::Number(_) => ValueType::Number,
            _ => ValueType::String,
        };
        (*name, kind)
    });
    let mut object = Object::null(Arc::new(ObjectType::new(types)));
    for (name, value) in entries {
        object.set(name, value.clone());
    }
    object.into()
}

fn call(rows: Value) -> Result<BTreeMap<String, Value>, String> {
    match Indicators.call(vec![rows]) {
        Ok(Value::Map(map)) => Ok(map),
        Ok(other) => panic!("not a map: {other:?}"),
        Err(error) => Err(error.text),
    }
}

#[test]
fn every_element_has_exactly_the_type_of_the_attribute() {
    let rows = Value::List(vec![object(&[
        ("value", "a.example".into()),
        ("severity", "High".into()),
    ])]);
    let map = call(rows).unwrap();
    let element = map["a.example"].as_object().unwrap();
    assert_eq!(element.object_type(), element_type());
    assert_eq!(element.get("severity"), Some(&"High".into()));
    assert_eq!(element.get("value"), Some(&Value::Null), "the key says it already");
    assert_eq!(
        element.get("details"),
        Some(&Value::Null),
        "a group that is not used is null"
    );
}

#[test]
fn a_map_keeps_its_keys() {
    let rows = Value::Map(BTreeMap::from([(
        "one".to_owned(),
        object(&[("value", "a.example".into())]),
    )]));
    let map = call(rows).unwrap();
    assert_eq!(map["one"].get("value"), &Value::from("a.example"));
}

#[test]
fn text_becomes_what_it_spells_and_empty_text_is_absent() {
    let rows = Value::List(vec![object(&[
        ("value", "a.example".into()),
        ("title", "  ".into()),
        ("generate_alert", "TRUE".into()),
        ("bypass_duration_hours", "12".into()),
        ("mitre_techniques", "T1071, T1566.001".into()),
    ])]);
    let map = call(rows).unwrap();
    let element = &map["a.example"];
    assert_eq!(element.get("title"), &Value::Null);
    let details = element.get("details");
    assert_eq!(details.get("generate_alert"), &Value::Bool(true));
    assert_eq!(details.get("bypass_duration_hours").as_i64(), Some(12));
    assert_eq!(
        details.get("mitre_techniques"),
        &Value::List(vec!["T1071".into(), "T1566.001".into()])
    );
}

#[test]
fn all_problems_are_told_at_once_with_their_places() {
    let rows = Value::List(vec![
        object(&[("value", "a.example".into()), ("severty", "High".into())]),
        object(&[("severity", "High".into())]),
        object(&[("value", "b.example".into()), ("generate_alert", "perhaps".into())]),
        Value::from("c.example"),
    ]);
    let text = call(rows).unwrap_err();
    for expected in [
        "row 1: an indicator has no field `severty`",
        "row 2: `value` is missing",
        "row 3: `generate_alert` must be true or false",
        "row 4: this is not an object",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
}

#[test]
fn the_same_row_twice_is_one_row_and_two_that_differ_are_not() {
    let row = |severity: &str| object(&[("value", "a.example".into()), ("severity", severity.into())]);
    assert_eq!(call(Value::List(vec![row("High"), row("High")])).unwrap().len(), 1);
    let text = call(Value::List(vec![row("High"), row("Low")])).unwrap_err();
    assert!(
        text.contains("row 2: `a.example` is in row 1 already, with another `severity`"),
        "{text}"
    );
}

#[test]
fn what_is_no_collection_is_refused() {
    assert!(call(Value::from("a.example")).is_err());
    assert_eq!(call(Value::List(Vec::new())).unwrap().len(), 0);
}
