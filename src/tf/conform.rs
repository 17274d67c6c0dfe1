//! Makes a state out of what a provider returned.
//!
//! The host stores only values that are wholly known and of the schema's type. A wrong part must not cost the rest,
//! because a lost state is a lost object: the part becomes null, and the caller reports it.

use std::sync::Arc;

use super::{Number, Object, Step, Value, ValueError, ValueType};

/// Makes everything in a value null that is unknown or not of the type, and tells where that was.
pub(super) fn conform(value_type: &ValueType, value: &mut Value) -> Vec<ValueError> {
    let mut faults = Vec::new();
    visit(value_type, value, &mut faults);
    faults
}

fn visit(value_type: &ValueType, value: &mut Value, faults: &mut Vec<ValueError>) {
    match (value_type, &mut *value) {
        (_, Value::Null)
        | (ValueType::Bool, Value::Bool(_))
        | (ValueType::String, Value::String(_))
        | (ValueType::Number, Value::Number(Number::Int(_) | Number::UInt(_))) => {}
        (_, Value::Unknown) => {
            faults.push(ValueError::new("the value is still unknown"));
            *value = Value::Null;
        }
        (ValueType::Number, Value::Number(number)) if number.to_decimal().is_some() => {}
        (ValueType::Dynamic, Value::Typed(typed)) => visit(&typed.value_type, &mut typed.value, faults),
        (ValueType::List(element) | ValueType::Set(element), Value::List(elements)) => {
            for (index, value) in elements.iter_mut().enumerate() {
                within(|| Step::Index(index), faults, |faults| visit(element, value, faults));
            }
        }
        (ValueType::Tuple(types), Value::List(elements)) if types.len() == elements.len() => {
            for (index, (value_type, value)) in types.iter().zip(elements).enumerate() {
                within(|| Step::Index(index), faults, |faults| visit(value_type, value, faults));
            }
        }
        (ValueType::Map(element), Value::Map(elements)) => {
            for (key, value) in elements {
                within(
                    || Step::Key(key.clone()),
                    faults,
                    |faults| visit(element, value, faults),
                );
            }
        }
        (ValueType::Object(object_type), Value::Object(object)) => {
            if let Err(fault) = object.check_names(object_type) {
                faults.push(fault);
                let mut fitting = Object::null(Arc::clone(object_type));
                for (name, value) in object.iter() {
                    if let Some(slot) = fitting.get_mut(name) {
                        *slot = value.clone();
                    }
                }
                *object = fitting;
            }
            for ((name, value_type), value) in object_type.iter().zip(object.values_mut()) {
                within(
                    || Step::Attribute(name.to_owned()),
                    faults,
                    |faults| visit(value_type, value, faults),
                );
            }
        }
        _ => {
            faults.push(value.mismatch(value_type));
            *value = Value::Null;
        }
    }
}

/// Runs a visit one step further in, and gives the faults that it finds their place.
fn within(step: impl Fn() -> Step, faults: &mut Vec<ValueError>, visit: impl FnOnce(&mut Vec<ValueError>)) {
    let known = faults.len();
    visit(faults);
    for fault in faults.iter_mut().skip(known) {
        let inner = std::mem::replace(fault, ValueError::new(""));
        *fault = inner.within(step());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tf::{ObjectType, Path, Typed};

    #[test]
    fn a_wrong_part_costs_only_itself() {
        let row = Arc::new(ObjectType::new([
            ("id", ValueType::String),
            ("count", ValueType::Number),
        ]));
        let state_type = ValueType::object([
            ("name", ValueType::String),
            ("rows", ValueType::map(ValueType::Object(Arc::clone(&row)))),
            ("labels", ValueType::list(ValueType::String)),
            ("any", ValueType::Dynamic),
        ]);
        let ValueType::Object(object_type) = &state_type else {
            unreachable!()
        };
        let rows = |id: Value| {
            Value::from(BTreeMap::from([
                (
                    "a".to_owned(),
                    Value::from(Object::null(Arc::clone(&row)).with("id", id).with("count", 1)),
                ),
                ("b".to_owned(), Value::Null),
            ]))
        };
        let object = Object::null(Arc::clone(object_type)).with("name", "n");
        let any = Typed {
            value_type: ValueType::list(ValueType::Bool),
            value: vec![Value::Unknown].into(),
        };
        let mut value = Value::from(
            object
                .clone()
                .with("rows", rows(Value::Unknown))
                .with("labels", vec![Value::from("x"), Value::from(true)])
                .with("any", Value::Typed(Box::new(any))),
        );
        let faults = conform(&state_type, &mut value);
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "any[0]: the value is still unknown",
                "labels[1]: expected a text, found a boolean",
                "rows[\"a\"].id: the value is still unknown",
            ]
        );
        assert_eq!(value.get("rows"), &rows(Value::Null));
        assert_eq!(value.get("labels").as_list().unwrap(), [Value::from("x"), Value::Null]);
        assert!(value.is_wholly_known());
        assert!(conform(&state_type, &mut value).is_empty());
        assert!(crate::tf::msgpack::encode(&state_type, &value).is_ok());
    }

    #[test]
    fn an_object_of_another_type_keeps_what_fits() {
        let wanted = ValueType::object([("a", ValueType::String), ("b", ValueType::String)]);
        let other = Arc::new(ObjectType::new([("b", ValueType::String), ("c", ValueType::String)]));
        let mut value = Value::from(Object::null(other).with("b", "kept").with("c", "lost"));
        let faults = conform(&wanted, &mut value);
        assert_eq!(
            faults.iter().map(|fault| fault.path.clone()).collect::<Vec<_>>(),
            [Path::attribute("c")]
        );
        assert_eq!(value.get("b").as_str(), Some("kept"));
        assert!(value.get("a").is_null());
        assert!(crate::tf::msgpack::encode(&wanted, &value).is_ok());
    }
}
