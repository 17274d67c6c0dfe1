//! Random types and values for the property tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::composed::composed;
use super::{Number, Object, ObjectType, Typed, Value, ValueType};

/// Any type, a few levels deep.
pub(super) fn any_type() -> impl Strategy<Value = ValueType> {
    let leaf = prop_oneof![
        Just(ValueType::String),
        Just(ValueType::Number),
        Just(ValueType::Bool),
        Just(ValueType::Dynamic),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(ValueType::list),
            inner.clone().prop_map(ValueType::set),
            inner.clone().prop_map(ValueType::map),
            vec(inner.clone(), 0..4).prop_map(ValueType::Tuple),
            btree_map("[a-c_]{1,3}", inner, 0..4).prop_map(ValueType::object),
        ]
    })
}

/// Any type and a value of it.
pub(super) fn any_typed_value(with_unknowns: bool) -> impl Strategy<Value = (ValueType, Value)> {
    any_type().prop_flat_map(move |value_type| {
        let value = any_value(&value_type, with_unknowns);
        (Just(value_type), value)
    })
}

fn any_value(value_type: &ValueType, with_unknowns: bool) -> BoxedStrategy<Value> {
    let known = known_value(value_type, with_unknowns);
    let unknown = if with_unknowns { Value::Unknown } else { Value::Null };
    prop_oneof![6 => known, 1 => Just(Value::Null), 1 => Just(unknown)].boxed()
}

fn known_value(value_type: &ValueType, with_unknowns: bool) -> BoxedStrategy<Value> {
    match value_type {
        ValueType::String => ".{0,40}".prop_map(|text| in_wire_form(text).into()).boxed(),
        ValueType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        ValueType::Number => any_number().prop_map(Value::Number).boxed(),
        // A type inside a dynamic value that is itself dynamic would make endless recursion likely.
        ValueType::Dynamic => prop_oneof![
            Just(ValueType::String),
            Just(ValueType::list(ValueType::Number)),
            Just(ValueType::object([
                ("x", ValueType::Bool),
                ("y", ValueType::map(ValueType::String))
            ])),
        ]
        .prop_flat_map(move |value_type| {
            let value = any_value(&value_type, with_unknowns);
            (Just(value_type), value)
        })
        .prop_map(|(value_type, value)| Value::Typed(Box::new(Typed { value_type, value })))
        .boxed(),
        ValueType::List(element) | ValueType::Set(element) => vec(any_value(element, with_unknowns), 0..4)
            .prop_map(Value::List)
            .boxed(),
        ValueType::Map(element) => btree_map(".{0,4}".prop_map(in_wire_form), any_value(element, with_unknowns), 0..4)
            .prop_map(Value::Map)
            .boxed(),
        ValueType::Tuple(types) => {
            let elements: Vec<_> = types.iter().map(|element| any_value(element, with_unknowns)).collect();
            elements.prop_map(Value::List).boxed()
        }
        ValueType::Object(object_type) => {
            let object_type = Arc::clone(object_type);
            let values: Vec<_> = object_type
                .iter()
                .map(|(_, element)| any_value(element, with_unknowns))
                .collect();
            values.prop_map(move |values| object(&object_type, values)).boxed()
        }
    }
}

/// Text as hosts have it; no other form comes back as it went.
fn in_wire_form(text: String) -> String {
    composed(&text).into_owned()
}

fn object(object_type: &Arc<ObjectType>, values: Vec<Value>) -> Value {
    Value::Object(Object::of(Arc::clone(object_type), values))
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::Int),
        (-200_i64..200).prop_map(Number::Int),
        any::<u64>().prop_map(Number::UInt),
        // Every class of floats except NaN and the infinities, which JSON has no form for.
        proptest::num::f64::NORMAL.prop_map(Number::Float),
        proptest::num::f64::SUBNORMAL.prop_map(Number::Float),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?".prop_map(Number::Decimal),
    ]
}

/// Elements by key, for tests to write maps with.
pub(super) fn map<const N: usize>(elements: [(&str, Value); N]) -> Value {
    Value::Map(
        elements
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<BTreeMap<_, _>>(),
    )
}
