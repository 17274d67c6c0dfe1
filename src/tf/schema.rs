//! The one description of a block: protocol schema, checks, types and documentation all come from it.

use std::sync::Arc;

use super::{ObjectType, ValueType};

/// The description of a provider block, a resource or a data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Version of the stored state; a state with a higher one is refused by the host.
    pub version: i64,
    /// What it is, in Markdown.
    pub description: String,
    /// The attributes, in the order of the documentation.
    pub attributes: Vec<Attribute>,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name: lower-case letters, digits and underscores.
    pub name: String,
    /// What can stand there.
    pub kind: AttributeKind,
    /// What it means, in Markdown.
    pub description: String,
    /// Who gives the value.
    pub presence: Presence,
    /// Whether the host should hide the value.
    pub sensitive: bool,
}

/// What can stand in an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeKind {
    /// A value of a type.
    Plain(ValueType),
    /// Objects whose attributes have descriptions and rules of their own.
    Nested {
        /// How many, and how they are told apart.
        nesting: Nesting,
        /// The attributes of each object.
        attributes: Vec<Attribute>,
    },
}

/// How nested objects stand in their attribute. Sets are left out on purpose: the host needs quadratic time for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// Objects in order.
    List,
    /// Objects by key.
    Map,
}

/// Who gives the value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The configuration, always.
    Required,
    /// The configuration, if it wants to.
    Optional,
    /// The provider.
    Computed,
}

impl Schema {
    /// A schema of version 0.
    pub fn new(description: impl Into<String>, attributes: Vec<Attribute>) -> Self {
        Schema {
            version: 0,
            description: description.into(),
            attributes,
        }
    }

    /// The same schema with a version. Raise it when a stored state needs more than new or dropped attributes.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// The type of the block's value. Build it once and share it: objects compare faster when they share their type.
    #[must_use]
    pub fn object_type(&self) -> Arc<ObjectType> {
        Arc::new(object_type(&self.attributes))
    }
}

fn object_type(attributes: &[Attribute]) -> ObjectType {
    ObjectType::new(
        attributes
            .iter()
            .map(|attribute| (attribute.name.clone(), attribute.value_type())),
    )
}

impl Attribute {
    /// An optional attribute of any type.
    pub fn plain(name: impl Into<String>, value_type: ValueType) -> Self {
        Self::new(name, AttributeKind::Plain(value_type))
    }

    /// An optional text.
    pub fn string(name: impl Into<String>) -> Self {
        Self::plain(name, ValueType::String)
    }

    /// An optional truth value.
    pub fn bool(name: impl Into<String>) -> Self {
        Self::plain(name, ValueType::Bool)
    }

    /// An optional number.
    pub fn number(name: impl Into<String>) -> Self {
        Self::plain(name, ValueType::Number)
    }

    /// An optional list of values of a type.
    pub(crate) fn list_of(name: impl Into<String>, element: ValueType) -> Self {
        Self::plain(name, ValueType::list(element))
    }

    /// An optional map of values of a type.
    pub fn map_of(name: impl Into<String>, element: ValueType) -> Self {
        Self::plain(name, ValueType::map(element))
    }

    /// An optional object.
    pub(crate) fn nested_single(name: impl Into<String>, attributes: Vec<Attribute>) -> Self {
        Self::new(
            name,
            AttributeKind::Nested {
                nesting: Nesting::Single,
                attributes,
            },
        )
    }

    /// An optional list of objects.
    pub(crate) fn nested_list(name: impl Into<String>, attributes: Vec<Attribute>) -> Self {
        Self::new(
            name,
            AttributeKind::Nested {
                nesting: Nesting::List,
                attributes,
            },
        )
    }

    /// An optional map of objects.
    pub fn nested_map(name: impl Into<String>, attributes: Vec<Attribute>) -> Self {
        Self::new(
            name,
            AttributeKind::Nested {
                nesting: Nesting::Map,
                attributes,
            },
        )
    }

    fn new(name: impl Into<String>, kind: AttributeKind) -> Self {
        Attribute {
            name: name.into(),
            kind,
            description: String::new(),
            presence: Presence::Optional,
            sensitive: false,
        }
    }

    /// The configuration must give it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }

    /// The configuration may give it, as every attribute begins.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.presence = Presence::Optional;
        self
    }

    /// The provider gives it.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.presence = Presence::Computed;
        self
    }

    /// The host should hide the value.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// What it means, in Markdown.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The type of the attribute's value.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            AttributeKind::Plain(value_type) => value_type.clone(),
            AttributeKind::Nested { nesting, attributes } => {
                let object = ValueType::Object(Arc::new(object_type(attributes)));
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => ValueType::list(object),
                    Nesting::Map => ValueType::map(object),
                }
            }
        }
    }
}
