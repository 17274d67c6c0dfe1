//! Types of values, and their form in JSON.

use std::sync::Arc;

use serde_json::Value as Json;

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A text.
    String,
    /// A number.
    Number,
    /// A truth value.
    Bool,
    /// Any type: the value carries its own.
    Dynamic,
    /// Elements of one type, in order.
    List(Box<ValueType>),
    /// Elements of one type without order. Slow in the host beyond some hundreds of elements.
    Set(Box<ValueType>),
    /// Elements of one type by key.
    Map(Box<ValueType>),
    /// Attributes by name.
    Object(Arc<ObjectType>),
    /// Elements of different types, in order.
    Tuple(Vec<ValueType>),
}

/// The attributes of an object, sorted by name and shared by all objects of the type.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ObjectType {
    attributes: Vec<(String, ValueType)>,
}

/// A text that is no type constraint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a type constraint: {0}")]
pub struct TypeError(String);

impl ObjectType {
    /// A type of these attributes. Of two with the same name the last one counts.
    pub fn new<N: Into<String>>(attributes: impl IntoIterator<Item = (N, ValueType)>) -> Self {
        let sorted: std::collections::BTreeMap<String, ValueType> = attributes
            .into_iter()
            .map(|(name, value_type)| (name.into(), value_type))
            .collect();
        ObjectType {
            attributes: sorted.into_iter().collect(),
        }
    }

    /// The type of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&ValueType> {
        self.index_of(name)
            .and_then(|index| self.attributes.get(index))
            .map(|(_, value_type)| value_type)
    }

    /// The position of an attribute in the sorted order.
    #[must_use]
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.attributes
            .binary_search_by(|(candidate, _)| candidate.as_str().cmp(name))
            .ok()
    }

    /// Names and types, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &ValueType)> {
        self.attributes
            .iter()
            .map(|(name, value_type)| (name.as_str(), value_type))
    }

    /// How many attributes there are.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.attributes.len()
    }

    /// Name and type of the attribute at a position.
    pub(super) fn at(&self, index: usize) -> Option<(&str, &ValueType)> {
        self.attributes
            .get(index)
            .map(|(name, value_type)| (name.as_str(), value_type))
    }
}

impl ValueType {
    /// A list of elements of a type.
    #[must_use]
    pub fn list(element: ValueType) -> Self {
        ValueType::List(Box::new(element))
    }

    /// A set of elements of a type.
    #[must_use]
    pub fn set(element: ValueType) -> Self {
        ValueType::Set(Box::new(element))
    }

    /// A map of elements of a type.
    #[must_use]
    pub fn map(element: ValueType) -> Self {
        ValueType::Map(Box::new(element))
    }

    /// An object of these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, ValueType)>) -> Self {
        ValueType::Object(Arc::new(ObjectType::new(attributes)))
    }

    /// The type as the protocol writes it, such as `["map","string"]`.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json().to_string()
    }

    /// Reads a type as the protocol writes it. Names of optional attributes in an object type are read over: a value
    /// that was sent has all of them.
    ///
    /// # Errors
    /// If the text is no JSON or no type.
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, TypeError> {
        let json: Json = serde_json::from_slice(text.as_ref()).map_err(|error| TypeError(error.to_string()))?;
        Self::read(&json)
    }

    fn json(&self) -> Json {
        match self {
            ValueType::String => "string".into(),
            ValueType::Number => "number".into(),
            ValueType::Bool => "bool".into(),
            ValueType::Dynamic => "dynamic".into(),
            ValueType::List(element) => Json::Array(vec!["list".into(), element.json()]),
            ValueType::Set(element) => Json::Array(vec!["set".into(), element.json()]),
            ValueType::Map(element) => Json::Array(vec!["map".into(), element.json()]),
            ValueType::Object(object) => {
                let attributes = object
                    .attributes
                    .iter()
                    .map(|(name, value_type)| (name.clone(), value_type.json()))
                    .collect();
                Json::Array(vec!["object".into(), Json::Object(attributes)])
            }
            ValueType::Tuple(elements) => {
                Json::Array(vec!["tuple".into(), elements.iter().map(ValueType::json).collect()])
            }
        }
    }

    fn read(json: &Json) -> Result<Self, TypeError> {
        let refused = || TypeError(json.to_string());
        match json {
            Json::String(name) => match name.as_str() {
                "string" => Ok(ValueType::String),
                "number" => Ok(ValueType::Number),
                "bool" => Ok(ValueType::Bool),
                "dynamic" => Ok(ValueType::Dynamic),
                _ => Err(refused()),
            },
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(kind), element] if kind == "list" => Ok(Self::list(Self::read(element)?)),
                [Json::String(kind), element] if kind == "set" => Ok(Self::set(Self::read(element)?)),
                [Json::String(kind), element] if kind == "map" => Ok(Self::map(Self::read(element)?)),
                [Json::String(kind), Json::Array(elements)] if kind == "tuple" => Ok(ValueType::Tuple(
                    elements.iter().map(Self::read).collect::<Result<_, _>>()?,
                )),
                [Json::String(kind), Json::Object(attributes)]
                | [Json::String(kind), Json::Object(attributes), Json::Array(_)]
                    if kind == "object" =>
                {
                    let attributes: Vec<_> = attributes
                        .iter()
                        .map(|(name, json)| Ok((name.clone(), Self::read(json)?)))
                        .collect::<Result<_, TypeError>>()?;
                    Ok(Self::object(attributes))
                }
                _ => Err(refused()),
            },
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_what_they_write() {
        for text in [
            r#""string""#,
            r#""number""#,
            r#""bool""#,
            r#""dynamic""#,
            r#"["list","string"]"#,
            r#"["set",["map","number"]]"#,
            r#"["tuple",["string","bool"]]"#,
            r#"["tuple",[]]"#,
            r#"["object",{"a":"string","b":["list","dynamic"]}]"#,
            r#"["object",{}]"#,
        ] {
            assert_eq!(ValueType::from_json(text).unwrap().to_json(), text);
        }
    }

    #[test]
    fn optional_attributes_of_an_object_type_are_attributes() {
        let object = ValueType::from_json(r#"["object",{"b":"string","a":"bool"},["a"]]"#).unwrap();
        assert_eq!(object.to_json(), r#"["object",{"a":"bool","b":"string"}]"#);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "null",
            r#""text""#,
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#""string" 1"#,
            "[]",
            "1",
        ] {
            assert!(ValueType::from_json(text).is_err(), "{text}");
        }
        let deep = format!("{}\"string\"{}", "[\"list\",".repeat(100_000), "]".repeat(100_000));
        assert!(ValueType::from_json(deep).is_err());
    }
}
