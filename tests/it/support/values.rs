//! Values as a host makes them: objects complete, and planning's first step; and what a host checks of values.

use mde::tf::{Object, Typed, Value, ValueType};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The value of this type that the JSON says; attributes left out are null, and the text `<unknown>` is unknown.
pub fn complete(value_type: &ValueType, json: &Json) -> Value {
    match (value_type, json) {
        (_, Json::Null) => Value::Null,
        (_, Json::String(text)) if text == "<unknown>" => Value::Unknown,
        (ValueType::String, Json::String(text)) => text.as_str().into(),
        (ValueType::Bool, Json::Bool(flag)) => (*flag).into(),
        (ValueType::Number, Json::Number(number)) => number.as_i64().unwrap().into(),
        (ValueType::List(element), Json::Array(items)) => {
            Value::List(items.iter().map(|item| complete(element, item)).collect())
        }
        (ValueType::Tuple(types), Json::Array(items)) => {
            let elements = types.iter().zip(items);
            Value::List(elements.map(|(element, item)| complete(element, item)).collect())
        }
        (ValueType::Map(element), Json::Object(entries)) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), complete(element, value)))
                .collect::<BTreeMap<_, _>>(),
        ),
        (ValueType::Object(object_type), Json::Object(entries)) => {
            let mut object = Object::null(object_type.clone());
            for (name, value) in entries {
                let attribute = object_type
                    .attribute(name)
                    .unwrap_or_else(|| panic!("no attribute {name}"));
                object.set(name, complete(attribute, value));
            }
            object.into()
        }
        (ValueType::Dynamic, json) => {
            let value_type = literal_type(json);
            let value = complete(&value_type, json);
            Value::Typed(Box::new(Typed { value_type, value }))
        }
        (expected, other) => panic!("{other} is no {expected:?}"),
    }
}

/// The type that a literal has in the language: every object has a type of its own.
fn literal_type(json: &Json) -> ValueType {
    match json {
        Json::Null => ValueType::Dynamic,
        Json::Bool(_) => ValueType::Bool,
        Json::Number(_) => ValueType::Number,
        Json::String(_) => ValueType::String,
        Json::Array(items) => ValueType::Tuple(items.iter().map(literal_type).collect()),
        Json::Object(entries) => {
            ValueType::object(entries.iter().map(|(name, value)| (name.as_str(), literal_type(value))))
        }
    }
}

/// A known value as plain JSON, without the types that parts of it carry.
pub fn plain(value: &Value) -> Json {
    match value.untyped() {
        Value::Null => Json::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(_) => value.as_i64().expect("a whole number").into(),
        Value::String(text) => (**text).into(),
        Value::List(elements) => elements.iter().map(plain).collect(),
        Value::Map(elements) => Json::Object(
            elements
                .iter()
                .map(|(key, value)| (key.clone(), plain(value)))
                .collect(),
        ),
        Value::Object(object) => Json::Object(
            object
                .iter()
                .map(|(name, value)| (name.to_owned(), plain(value)))
                .collect(),
        ),
        other => panic!("{other:?} is not known"),
    }
}

/// What the host proposes: the configuration, with prior values of computed attributes that it leaves out.
pub fn proposed(computed: &[String], prior: &Value, config: &Value) -> Value {
    let mut object = config.as_object().unwrap().clone();
    for name in computed {
        if object.get(name).is_some_and(Value::is_null) {
            object.set(name, prior.get(name).clone());
        }
    }
    object.into()
}

/// Panics unless `actual` is what `planned` promised: known values equal, unknown ones known now.
pub fn assert_kept(path: &str, planned: &Value, actual: &Value) {
    compare(path, planned, actual, "an inconsistent result after apply", true);
}

/// Panics if the plan that is made in apply contradicts what is known in the one before.
pub fn assert_consistent(path: &str, earlier: &Value, later: &Value) {
    compare(path, earlier, later, "an inconsistent final plan", false);
}

/// Panics unless `later` is `earlier` with unknown parts filled in, by known values if `wholly`.
fn compare(path: &str, earlier: &Value, later: &Value, what: &str, wholly: bool) {
    match (earlier, later) {
        (Value::Unknown, later) => assert!(!wholly || later.is_wholly_known(), "{path} is still unknown"),
        (Value::Typed(before), Value::Typed(after)) => {
            // A type that stands for unknown parts becomes theirs.
            if before.value.is_wholly_known() {
                assert_eq!(before.value_type, after.value_type, "{what}: the type of {path}");
            }
            compare(path, &before.value, &after.value, what, wholly);
        }
        (Value::List(before), Value::List(after)) => {
            assert_eq!(before.len(), after.len(), "{what}: the length of {path}");
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                compare(&format!("{path}[{index}]"), before, after, what, wholly);
            }
        }
        (Value::Map(before), Value::Map(after)) => {
            let keys = |map: &BTreeMap<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(before), keys(after), "{what}: the keys of {path}");
            for (key, value) in before {
                compare(&format!("{path}[{key:?}]"), value, &after[key], what, wholly);
            }
        }
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before.iter() {
                let after = after
                    .get(name)
                    .unwrap_or_else(|| panic!("{what}: {path}.{name} is gone"));
                compare(&format!("{path}.{name}"), value, after, what, wholly);
            }
        }
        (before, after) => assert_eq!(before, after, "{what}: {path}"),
    }
}

/// Panics unless every configured attribute is planned as it is written, or as it was if both are set.
pub fn assert_planned(address: &str, computed: &[String], prior: &Value, config: &Value, planned: &Value) {
    let (config, planned) = (config.as_object().unwrap(), planned.as_object().unwrap());
    for (name, written) in config
        .iter()
        .filter(|(name, _)| !computed.iter().any(|other| other == name))
    {
        let (planned, before) = (planned.get(name).unwrap(), prior.get(name));
        let kept = planned == before && !before.is_null() && !written.is_null();
        assert!(
            kept || planned == written,
            "{address}: {name} is planned otherwise than configured: {written:?}, and planned {planned:?}"
        );
    }
}
