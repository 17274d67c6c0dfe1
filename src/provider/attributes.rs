//! The fields of an indicator as attributes, written once for resources and data sources.

use crate::indicator::{CertificateFact, Field, FieldKind, FieldValue, Indicator};
use crate::tf::{Attribute, Object, ObjectType, Value, ValueType};
use std::sync::{Arc, LazyLock};

static CERTIFICATE_TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| {
    Arc::new(ObjectType::new(
        CertificateFact::ALL.map(|fact| (fact.name(), ValueType::String)),
    ))
});

/// The attribute of a field, without a presence.
pub fn attribute(field: Field) -> Attribute {
    let name = field.name();
    match field.kind() {
        FieldKind::Text => Attribute::string(name),
        FieldKind::Flag => Attribute::bool(name),
        FieldKind::Whole => Attribute::number(name),
        FieldKind::Texts => Attribute::list_of(name, ValueType::String),
        FieldKind::Wholes => Attribute::list_of(name, ValueType::Number),
        FieldKind::Certificate => {
            let fact = |fact: CertificateFact| Attribute::string(fact.name()).optional().describe(fact.description());
            Attribute::nested_single(name, CertificateFact::ALL.map(fact).to_vec())
        }
    }
    .describe(field.description())
}

/// The attribute value that says what the indicator holds; null where it leaves the field to the service.
pub fn write(field: Field, indicator: &Indicator) -> Value {
    match field.get(indicator) {
        None => Value::Null,
        Some(FieldValue::Text(text)) => text.into(),
        Some(FieldValue::Flag(flag)) => flag.into(),
        Some(FieldValue::Whole(number)) => number.into(),
        Some(FieldValue::Texts(texts)) => Value::List(texts.into_iter().map(Value::from).collect()),
        Some(FieldValue::Wholes(numbers)) => Value::List(numbers.into_iter().map(Value::from).collect()),
        Some(FieldValue::Certificate(certificate)) => {
            let object = Object::null(CERTIFICATE_TYPE.clone());
            let with = |object: Object, fact: CertificateFact| object.with(fact.name(), fact.of(&certificate));
            CertificateFact::ALL.into_iter().fold(object, with).into()
        }
    }
}
