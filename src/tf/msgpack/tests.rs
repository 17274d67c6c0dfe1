//! Vectors from the wire, and properties over all types.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::tf::testing::{any_type, any_typed_value};
use crate::tf::{Number, Object, ObjectType, Typed, Value, ValueType};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn pair() -> ValueType {
    ValueType::object([("a", ValueType::String), ("b", ValueType::Number)])
}

#[test]
fn scalars_in_every_form() {
    let cases = [
        (ValueType::Bool, "c2", Value::Bool(false)),
        (ValueType::Bool, "c3", Value::Bool(true)),
        (ValueType::String, "a0", "".into()),
        (ValueType::String, "a3 616263", "abc".into()),
        (ValueType::String, "d9 03 616263", "abc".into()),
        (ValueType::String, "da 0003 616263", "abc".into()),
        (ValueType::String, "db 00000003 616263", "abc".into()),
        (ValueType::String, "c4 03 616263", "abc".into()),
        (ValueType::String, "c5 0003 616263", "abc".into()),
        (ValueType::String, "c6 00000003 616263", "abc".into()),
        (ValueType::Number, "05", 5.into()),
        (ValueType::Number, "ff", (-1).into()),
        (ValueType::Number, "e0", (-32).into()),
        (ValueType::Number, "cc ff", 255.into()),
        (ValueType::Number, "cd 0100", 256.into()),
        (ValueType::Number, "ce 00010000", 65536.into()),
        (ValueType::Number, "cf 0000000100000000", 4_294_967_296.into()),
        (ValueType::Number, "cf ffffffffffffffff", Number::UInt(u64::MAX).into()),
        (ValueType::Number, "d0 80", (-128).into()),
        (ValueType::Number, "d1 8000", (-32768).into()),
        (ValueType::Number, "d2 80000000", (-2_147_483_648).into()),
        (ValueType::Number, "d3 8000000000000000", i64::MIN.into()),
        (ValueType::Number, "ca 3f000000", Number::Float(0.5).into()),
        (ValueType::Number, "cb 3fe0000000000000", Number::Float(0.5).into()),
        (ValueType::Number, "a3 302e31", Number::Decimal("0.1".into()).into()),
        (ValueType::Number, "a2 2d37", (-7).into()),
        (
            ValueType::Number,
            "b4 3138343436373434303733373039353531363136",
            Number::Decimal("18446744073709551616".into()).into(),
        ),
    ];
    for (value_type, hex, expected) in cases {
        assert_eq!(decode(&value_type, &bytes(hex)).as_ref(), Ok(&expected), "{hex}");
    }
}

#[test]
fn null_and_every_extension_in_every_type() {
    let long = |marker: &str, length: usize| format!("{marker} 0c {}", "00".repeat(length));
    let refinements = [
        "d4 00 00".to_owned(),
        "d4 0c 80".to_owned(),
        "d5 0c 0000".to_owned(),
        "d6 0c 00000000".to_owned(),
        "d7 0c 0000000000000000".to_owned(),
        long("d8", 16),
        // Known not to be null.
        "c7 03 0c 81 01 c2".to_owned(),
        "c7 00 00".to_owned(),
        long("c7 ff", 255),
        long("c8 0400", 1024),
        long("c8 ffff", 65535),
        long("c9 00010000", 65536),
    ];
    let types = [
        ValueType::String,
        ValueType::Number,
        ValueType::Bool,
        ValueType::Dynamic,
        ValueType::list(ValueType::String),
        ValueType::set(ValueType::String),
        ValueType::map(ValueType::String),
        ValueType::Tuple(vec![ValueType::String]),
        pair(),
    ];
    for value_type in &types {
        assert_eq!(decode(value_type, &[0xc0]), Ok(Value::Null));
        for hex in &refinements {
            assert_eq!(decode(value_type, &bytes(hex)), Ok(Value::Unknown), "{hex}");
        }
    }
}

#[test]
fn containers() {
    let strings = ValueType::list(ValueType::String);
    assert_eq!(
        decode(&strings, &bytes("92 a161 c0")),
        Ok(vec![Value::from("a"), Value::Null].into())
    );
    assert_eq!(
        decode(&strings, &bytes("dc 0001 a161")),
        Ok(vec![Value::from("a")].into())
    );
    assert_eq!(
        decode(&strings, &bytes("dd 00000001 a161")),
        Ok(vec![Value::from("a")].into())
    );
    let numbers = ValueType::map(ValueType::Number);
    let expected = Value::from(BTreeMap::from([
        ("a".to_owned(), 1.into()),
        ("b".to_owned(), Value::Unknown),
    ]));
    for hex in [
        "82 a161 01 a162 d40000",
        "de 0002 c40162 d40000 a161 01",
        "df 00000002 a162 d40000 a161 01",
    ] {
        assert_eq!(decode(&numbers, &bytes(hex)).as_ref(), Ok(&expected), "{hex}");
    }
    let ValueType::Object(object_type) = pair() else {
        unreachable!()
    };
    let expected = Value::from(Object::null(object_type).with("a", "x").with("b", 7));
    for hex in ["82 a161 a178 a162 07", "82 a162 07 a161 a178"] {
        assert_eq!(decode(&pair(), &bytes(hex)).as_ref(), Ok(&expected), "{hex}");
    }
    let expected = Value::Typed(Box::new(Typed {
        value_type: ValueType::String,
        value: "x".into(),
    }));
    for hex in ["92 c408 22737472696e6722 a178", "92 a8 22737472696e6722 a178"] {
        assert_eq!(
            decode(&ValueType::Dynamic, &bytes(hex)).as_ref(),
            Ok(&expected),
            "{hex}"
        );
    }
}

#[test]
fn errors_name_the_place() {
    let rows = ValueType::map(ValueType::list(pair()));
    let cases = [
        ("81 a16b 91 81 a161 a178", "[\"k\"][0].b: the attribute is missing"),
        ("81 a16b 91 81 a162 01", "[\"k\"][0].a: the attribute is missing"),
        (
            "81 a16b 91 82 a161 a178 a163 01",
            "[\"k\"][0].c: the schema has no such attribute",
        ),
        (
            "81 a16b 91 83 a161 a178 a162 01 a162 01",
            "[\"k\"][0].b: the attribute is there twice",
        ),
        (
            "81 a16b 91 82 a161 01 a162 01",
            "[\"k\"][0].a: expected a text, found FixPos(1)",
        ),
        (
            "81 a16b 91 82 a161 a1ff a162 01",
            "[\"k\"][0].a: the text is not valid UTF-8",
        ),
        (
            "81 a16b 91 82 a161 a178 a162 a178",
            "[\"k\"][0].b: \"x\" is not a number",
        ),
        (
            "81 a16b 91 82 a161 a178 a162 cb7ff8000000000000",
            "[\"k\"][0].b: not a number",
        ),
        (
            "81 a16b 91 82 a161 a178 a162",
            "[\"k\"][0].b: the bytes end within the value",
        ),
        ("81 a16b c2", "[\"k\"]: expected an array, found False"),
        ("81 01 c0", "expected a name, found FixPos(1)"),
        ("c0 c0", "1 bytes are left after the value"),
        ("c1", "expected a map, found Reserved"),
        ("", "the bytes end within the value"),
    ];
    for (hex, message) in cases {
        assert_eq!(decode(&rows, &bytes(hex)).unwrap_err().to_string(), message, "{hex}");
    }
    let tuple = ValueType::Tuple(vec![ValueType::String]);
    assert!(decode(&tuple, &bytes("92 c0 c0")).is_err());
    assert!(decode(&ValueType::Dynamic, &bytes("93 c0 c0 c0")).is_err());
    assert!(decode(&ValueType::Dynamic, &bytes("92 a178 c0")).is_err());
}

#[test]
fn declared_lengths_reserve_nothing_and_depth_is_bounded() {
    for hex in [
        "dd ffffffff",
        "df ffffffff",
        "db ffffffff",
        "c6 ffffffff",
        "c9 ffffffff 0c",
    ] {
        for value_type in [
            ValueType::String,
            ValueType::list(ValueType::String),
            ValueType::map(pair()),
            pair(),
            ValueType::Dynamic,
        ] {
            assert!(decode(&value_type, &bytes(hex)).is_err(), "{hex}");
        }
    }
    let nested = bytes("92 a9 2264796e616d696322").repeat(100_000);
    let message = decode(&ValueType::Dynamic, &nested).unwrap_err().to_string();
    assert_eq!(message, "nested deeper than 128 levels");
}

#[test]
fn encoding_uses_the_forms_of_the_host() {
    let cases = [
        (ValueType::String, Value::Null, "c0"),
        (ValueType::String, Value::Unknown, "d4 00 00"),
        // Whole numbers as text.
        (ValueType::Number, 5.into(), "a1 35"),
        (ValueType::Number, (-300).into(), "a4 2d333030"),
        (
            ValueType::Number,
            Number::UInt(u64::MAX).into(),
            "b4 3138343436373434303733373039353531363135",
        ),
        (ValueType::Number, Number::Float(0.5).into(), "cb 3fe0000000000000"),
        (ValueType::Number, Number::Decimal("0.1".into()).into(), "a3 302e31"),
        (ValueType::set(ValueType::Bool), vec![Value::Bool(true)].into(), "91 c3"),
    ];
    for (value_type, value, hex) in cases {
        assert_eq!(encode(&value_type, &value), Ok(bytes(hex)), "{value:?}");
    }
    let ValueType::Object(object_type) = pair() else {
        unreachable!()
    };
    assert_eq!(
        encode(&pair(), &Object::null(object_type).into()),
        Ok(bytes("82 a161 c0 a162 c0"))
    );
}

#[test]
fn encoding_refuses_what_does_not_fit() {
    let other = Arc::new(ObjectType::new([("a", ValueType::String)]));
    let cases = [
        (
            ValueType::list(ValueType::String),
            vec![Value::Bool(true)].into(),
            "[0]: expected a text, found a boolean",
        ),
        (ValueType::Number, Number::Float(f64::NAN).into(), "not a number"),
        (
            ValueType::Number,
            Number::Decimal("ten".into()).into(),
            "\"ten\" is not a number",
        ),
        (
            ValueType::Dynamic,
            "bare".into(),
            "expected a value with its own type, found a text",
        ),
        (pair(), Object::null(other).into(), "b: the attribute is missing"),
    ];
    for (value_type, value, message) in cases {
        assert_eq!(encode(&value_type, &value).unwrap_err().to_string(), message);
    }
}

proptest! {
    #[test]
    fn what_was_encoded_decodes_to_the_same((value_type, value) in any_typed_value(true)) {
        let bytes = encode(&value_type, &value).unwrap();
        prop_assert_eq!(decode(&value_type, &bytes).unwrap(), value);
    }

    #[test]
    fn arbitrary_bytes_are_a_value_or_an_error(
        value_type in any_type(),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Ok(value) = decode(&value_type, &bytes) {
            prop_assert_eq!(decode(&value_type, &encode(&value_type, &value).unwrap()).unwrap(), value);
        }
    }

    #[test]
    fn damaged_values_are_a_value_or_an_error(
        (value_type, value) in any_typed_value(true),
        damages in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = encode(&value_type, &value).unwrap();
        for (place, byte) in damages {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = decode(&value_type, &bytes);
    }
}

#[test]
fn text_goes_out_in_composed_form() {
    let map = ValueType::map(ValueType::String);
    let value = Value::Map(BTreeMap::from([("e\u{301}".to_owned(), "cafe\u{301}".into())]));
    let composed = Value::Map(BTreeMap::from([("\u{e9}".to_owned(), "caf\u{e9}".into())]));
    assert_eq!(decode(&map, &encode(&map, &value).unwrap()), Ok(composed));
}
