//! The schema of `mde_indicator_set`, and the exact type of its `indicators`.

use super::model::{DETAILS_GROUP, DRIFT, EXTRA, IDS, INDICATORS, VALUES};
use crate::indicator::Field;
use crate::provider::fields::{self, DETAILS, ELEMENT};
use crate::tf::{Attribute, AttributeKind, ObjectType, Schema, ValueType};
use std::sync::{Arc, LazyLock};

/// Group of attributes that makes a set exclusive.
pub const EXCLUSIVE: &str = "exclusive";
/// Scope of an exclusive set: rows with this label.
pub const EXCLUSIVE_APPLICATION: &str = "application";
/// Scope of an exclusive set: rows that the provider's own application made.
pub const EXCLUSIVE_OWN: &str = "created_by_this_application";

/// The schema of the resource.
pub fn schema() -> Schema {
    let mut attributes: Vec<Attribute> = fields::all().map(|field| fields::attribute(field).optional()).collect();
    attributes.extend([
        Attribute::map_of(VALUES, ValueType::String).optional().describe(
            "Plain rows: the value, and its description or `null` for the set's own. The cheapest way to write a long \
             uniform list.",
        ),
        Attribute::nested_map(INDICATORS, element()).optional().describe(
            "Rows with fields of their own, by any key; the key is the value unless `value` says otherwise. For more than \
             a few hundred rows build it with `provider::mde::indicators(...)`, which returns exactly this type; \
             Terraform converts any other long map pair by pair: four times the rows take sixteen times as long.",
        ),
        Attribute::nested_single(EXCLUSIVE, exclusive()).optional().describe(
            "Makes the set exclusive: rows of this scope that are in the tenant and not in the list are reported as \
             `extra`, and the next apply deletes them. With both attributes, a row must fit both to be in the scope. Rows \
             that other objects of the same configuration hold are left alone.",
        ),
        Attribute::map_of(IDS, ValueType::String)
            .computed()
            .describe("The service's id of each row, by key; `null` for a row whose expiry is past."),
        Attribute::map_of(DRIFT, ValueType::String).computed().describe(
            "Rows that differ in the tenant in a way that their own fields cannot show, by key. The next apply puts them \
             right and empties it.",
        ),
        Attribute::map_of(EXTRA, ValueType::String).computed().describe(
            "In exclusive mode, rows that are in the tenant and not in the list, by id. The next apply deletes them and \
             empties it.",
        ),
    ]);
    Schema {
        version: 0,
        description:
            "A list of indicators, up to thousands, as one resource. Attributes of the set are the defaults of \
                      all its rows. Applies use the service's import in batches of 500."
                .into(),
        attributes,
    }
}

fn element() -> Vec<Attribute> {
    let mut attributes = vec![fields::attribute(Field::Value).optional()];
    attributes.extend(ELEMENT.iter().map(|field| fields::attribute(*field).optional()));
    let details = DETAILS
        .iter()
        .map(|field| fields::attribute(*field).optional())
        .collect();
    attributes.push(
        Attribute::nested_single(DETAILS_GROUP, details)
            .optional()
            .describe("Fields that lists rarely set row by row."),
    );
    attributes
}

fn exclusive() -> Vec<Attribute> {
    vec![
        Attribute::string(EXCLUSIVE_APPLICATION)
            .optional()
            .describe("Rows whose `application` is exactly this."),
        Attribute::bool(EXCLUSIVE_OWN)
            .optional()
            .describe("Rows that were made by the application that the provider signs in as."),
    ]
}

/// The exact type of one element of `indicators`.
pub fn element_type() -> &'static Arc<ObjectType> {
    static TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| object_type(&element()));
    &TYPE
}

/// The exact type of an element's `details`.
pub fn details_type() -> &'static Arc<ObjectType> {
    static TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| match element_type().attribute(DETAILS_GROUP) {
        Some(ValueType::Object(details)) => details.clone(),
        _ => object_type(&[]),
    });
    &TYPE
}

/// The exact type of the resource.
pub fn resource_type() -> &'static Arc<ObjectType> {
    static TYPE: LazyLock<Arc<ObjectType>> = LazyLock::new(|| schema().object_type());
    &TYPE
}

fn object_type(attributes: &[Attribute]) -> Arc<ObjectType> {
    Arc::new(ObjectType::new(
        attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), value_type(attribute))),
    ))
}

fn value_type(attribute: &Attribute) -> ValueType {
    match &attribute.kind {
        AttributeKind::Plain(value_type) => value_type.clone(),
        AttributeKind::Nested { attributes, .. } => ValueType::Object(object_type(attributes)),
    }
}
