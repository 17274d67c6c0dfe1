//! Vectors from state files, and properties over all types.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::tf::testing::{any_type, any_typed_value, map};
use crate::tf::{Number, Object, ObjectType, Typed, Value, ValueType};

fn row() -> (ValueType, Arc<ObjectType>) {
    let object_type = Arc::new(ObjectType::new([
        ("a", ValueType::String),
        ("b", ValueType::Number),
        ("c", ValueType::Bool),
    ]));
    (ValueType::Object(Arc::clone(&object_type)), object_type)
}

#[test]
fn a_stored_object_of_an_older_schema_is_read() {
    let (row_type, object_type) = row();
    let expected = Value::from(Object::null(object_type).with("a", "x").with("b", 7));
    for text in [
        r#"{"a":"x","b":7,"c":null}"#,
        r#"{"b":7,"a":"x"}"#,
        r#" { "old" : {"deep":[1,{}]}, "b" : 7.0, "a" : "\u0078" } "#,
        r#"{"a":"first","b":7,"a":"x"}"#,
    ] {
        assert_eq!(decode(&row_type, text.as_bytes()).as_ref(), Ok(&expected), "{text}");
    }
}

#[test]
fn numbers_keep_every_digit() {
    let decimal = |text: &str| Value::Number(Number::Decimal(text.to_owned()));
    for (text, expected) in [
        ("12", Value::from(12)),
        ("-1E2", Value::from(-100)),
        ("18446744073709551615", Number::UInt(u64::MAX).into()),
        ("0.1", decimal("0.1")),
        (
            "123456789012345678901234567890.5",
            decimal("123456789012345678901234567890.5"),
        ),
        ("null", Value::Null),
    ] {
        assert_eq!(decode(&ValueType::Number, text.as_bytes()), Ok(expected), "{text}");
    }
}

#[test]
fn a_value_of_any_type_stands_beside_its_type() {
    let value_type = ValueType::list(ValueType::String);
    let typed = Typed {
        value_type,
        value: vec![Value::from("x")].into(),
    };
    let expected = Value::Typed(Box::new(typed));
    for text in [
        r#"{"value":["x"],"type":["list","string"]}"#,
        r#"{"type":["list","string"],"value":["x"]}"#,
    ] {
        assert_eq!(
            decode(&ValueType::Dynamic, text.as_bytes()).as_ref(),
            Ok(&expected),
            "{text}"
        );
    }
    assert_eq!(decode(&ValueType::Dynamic, b"null"), Ok(Value::Null));
    assert!(decode(&ValueType::Dynamic, br#""bare""#).is_err());
}

#[test]
fn errors_name_the_place() {
    let rows = ValueType::map(ValueType::list(row().0));
    for (text, start) in [
        (
            r#"{"k":[{"a":1}]}"#,
            "[\"k\"][0].a: invalid type: integer `1`, expected a value of type \"string\"",
        ),
        (r#"{"k":[null,{"b":"1"}]}"#, "[\"k\"][1].b: expected a number"),
        (
            r#"{"k":[{"c":"secret"}]}"#,
            "[\"k\"][0].c: invalid type: a text, expected a value of type \"bool\"",
        ),
        (r#"{"k":[{"a":"#, "[\"k\"][0].a: EOF"),
        (r#"{"k":true}"#, "[\"k\"]: invalid type: boolean `true`"),
        ("[]", "invalid type: sequence"),
        ("{} {}", "trailing characters"),
        ("", "EOF"),
        ("{\"k\":[{\"a\":\"\\ud800\"}]}", "[\"k\"][0].a: "),
        ("{\"\u{1}\":[]}", "control character"),
    ] {
        let message = decode(&rows, text.as_bytes()).unwrap_err().to_string();
        assert!(message.starts_with(start), "{text}: {message}");
    }
    assert!(decode(&ValueType::String, b"\"\xff\"").is_err());
    assert!(decode(&ValueType::Tuple(vec![ValueType::Bool]), b"[]").is_err());
    assert!(decode(&ValueType::Tuple(vec![ValueType::Bool]), b"[true,true]").is_err());
}

#[test]
fn depth_is_bounded() {
    let mut text = "null".to_owned();
    for _ in 0..60 {
        text = format!("{{\"type\":\"dynamic\",\"value\":{text}}}");
    }
    assert!(decode(&ValueType::Dynamic, text.as_bytes()).is_ok());
    let deep = "{\"type\":\"dynamic\",\"value\":".repeat(100_000);
    assert!(decode(&ValueType::Dynamic, deep.as_bytes()).is_err());
    assert!(decode(&row().0, "{\"old\":[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn encoding_writes_what_a_state_file_holds() {
    let (row_type, object_type) = row();
    let value = Value::from(
        Object::null(object_type)
            .with("a", "x\"\n")
            .with("b", Number::Float(0.5)),
    );
    assert_eq!(encode(&row_type, &value).unwrap(), r#"{"a":"x\"\n","b":0.5,"c":null}"#);
    let rows = ValueType::map(ValueType::list(ValueType::String));
    let unknown = map([("k", vec![Value::Unknown].into())]);
    assert_eq!(
        encode(&rows, &unknown).unwrap_err().to_string(),
        "[\"k\"][0]: the value is not known"
    );
    assert!(encode(&ValueType::Number, &Number::Float(f64::INFINITY).into()).is_err());
}

proptest! {
    #[test]
    fn what_was_encoded_decodes_to_the_same((value_type, value) in any_typed_value(false)) {
        let text = encode(&value_type, &value).unwrap();
        prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
        prop_assert_eq!(decode(&value_type, text.as_bytes()).unwrap(), value);
    }

    #[test]
    fn arbitrary_bytes_are_a_value_or_an_error(
        value_type in any_type(),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = decode(&value_type, &bytes);
    }

    #[test]
    fn damaged_values_are_a_value_or_an_error(
        (value_type, value) in any_typed_value(false),
        damages in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encode(&value_type, &value).unwrap().into_bytes();
        for (place, byte) in damages {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = decode(&value_type, &bytes);
    }
}

#[test]
fn text_goes_out_in_composed_form() {
    let value = map([("e\u{301}", "cafe\u{301}".into())]);
    assert_eq!(
        encode(&ValueType::map(ValueType::String), &value).as_deref(),
        Ok("{\"\u{e9}\":\"caf\u{e9}\"}")
    );
}
