//! Identities: what tells the objects of a resource type apart, for whoever has no state of them.

use std::sync::Arc;

use super::{ObjectType, ValueType};

/// The description of the identity of a resource type.
///
/// Hosts store it beside each object, also beside those that were stored when the type had none, as version 0. So the version
/// and the attributes should never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentitySchema {
    /// Version of the stored identity.
    pub version: i64,
    /// The attributes, in the order of the documentation.
    pub attributes: Vec<IdentityAttribute>,
}

/// One attribute of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// The name: lower-case letters, digits and underscores.
    pub name: String,
    /// What can stand there: a primitive type, or a list of one.
    pub value_type: ValueType,
    /// What it means, in Markdown.
    pub description: String,
    /// Whether an import must give it. It has no meaning anywhere else.
    pub is_required: bool,
}

impl IdentitySchema {
    /// An identity of version 0.
    pub fn new(attributes: Vec<IdentityAttribute>) -> Self {
        Self { version: 0, attributes }
    }

    /// The type of an identity.
    #[must_use]
    pub fn object_type(&self) -> Arc<ObjectType> {
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|attribute| (attribute.name.clone(), attribute.value_type.clone()));
        Arc::new(ObjectType::new(attributes))
    }
}

impl IdentityAttribute {
    /// A text that an import must give.
    pub fn required(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value_type: ValueType::String,
            description: description.into(),
            is_required: true,
        }
    }

    /// A text that an import may leave out.
    pub fn optional(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            is_required: false,
            ..Self::required(name, description)
        }
    }
}
