//! Values as a host makes them: objects complete, and planning's first step.

use mde::tf::{Object, Value, ValueType};
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
        (expected, other) => panic!("{other} is no {expected:?}"),
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
    match (planned, actual) {
        (Value::Unknown, actual) => assert!(actual.is_wholly_known(), "{path} is still unknown"),
        (Value::Map(planned), Value::Map(actual)) => {
            let keys = |map: &BTreeMap<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(planned), keys(actual), "keys of {path}");
            for (key, value) in planned {
                assert_kept(&format!("{path}[{key:?}]"), value, &actual[key]);
            }
        }
        (Value::Object(planned), Value::Object(actual)) => {
            for (name, value) in planned.iter() {
                assert_kept(&format!("{path}.{name}"), value, actual.get(name).unwrap());
            }
        }
        (planned, actual) => assert_eq!(planned, actual, "{path}"),
    }
}

/// Panics unless every configured attribute is planned as it is written.
pub fn assert_planned(computed: &[String], config: &Value, planned: &Value) {
    let (config, planned) = (config.as_object().unwrap(), planned.as_object().unwrap());
    for (name, value) in config
        .iter()
        .filter(|(name, _)| !computed.iter().any(|other| other == name))
    {
        assert_eq!(
            value,
            planned.get(name).unwrap(),
            "{name} is planned otherwise than configured"
        );
    }
}
