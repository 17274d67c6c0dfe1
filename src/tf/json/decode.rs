//! Text to values, in one pass and without a tree in between.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::tf::msgpack::MAX_DEPTH;
use crate::tf::{Number, Object, ObjectType, Path, Step, Typed, Value, ValueError, ValueType};

/// Decodes a value of a type.
///
/// It is made for stored objects, whose schema may have changed since: attributes that the type does not have are read
/// over, and missing ones are null.
///
/// # Errors
/// If the text is not JSON of the type, with the place in the value.
pub fn decode(value_type: &ValueType, text: &[u8]) -> Result<Value, ValueError> {
    let trail = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let seed = Seed {
        value_type,
        trail: &trail,
        depth: 0,
    };
    seed.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| {
            let path = trail.take().into_iter().fold(Path::root(), Path::prepended);
            ValueError {
                path,
                message: error.to_string(),
            }
        })
}

/// What to expect next.
#[derive(Clone, Copy)]
struct Seed<'a> {
    value_type: &'a ValueType,
    /// The way to an error, filled from the inside on the way out.
    trail: &'a RefCell<Vec<Step>>,
    depth: usize,
}

impl<'a> Seed<'a> {
    fn child(self, value_type: &'a ValueType) -> Self {
        Seed {
            value_type,
            depth: self.depth + 1,
            ..self
        }
    }

    /// Remembers where an error came up.
    fn noting<T, E>(self, step: impl FnOnce() -> Step, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() {
            self.trail.borrow_mut().push(step());
        }
        result
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        match self.value_type {
            ValueType::Number => number(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom),
            ValueType::Dynamic => dynamic(Option::deserialize(deserializer)?, self).map_err(D::Error::custom),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a value of type {}", self.value_type.to_json())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        match self.value_type {
            ValueType::Bool => Ok(Value::Bool(value)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        match self.value_type {
            ValueType::String => Ok(Value::String(text.into())),
            // The text may be a secret: it stays out of the message.
            _ => Err(E::invalid_type(serde::de::Unexpected::Other("a text"), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        match self.value_type {
            ValueType::List(element) | ValueType::Set(element) => {
                while let Some(value) = self.noting(
                    || Step::Index(elements.len()),
                    sequence.next_element_seed(self.child(element)),
                )? {
                    elements.push(value);
                }
            }
            ValueType::Tuple(types) => {
                for value_type in types {
                    let value = self.noting(
                        || Step::Index(elements.len()),
                        sequence.next_element_seed(self.child(value_type)),
                    )?;
                    elements.push(value.ok_or_else(|| A::Error::invalid_length(elements.len(), &self))?);
                }
            }
            _ => return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        }
        Ok(Value::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match self.value_type {
            ValueType::Map(element) => {
                let mut elements = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    let value = map.next_value_seed(self.child(element));
                    let value = self.noting(|| Step::Key(key.clone()), value)?;
                    elements.push((key, value));
                }
                Ok(Value::Map(elements.into_iter().collect()))
            }
            ValueType::Object(object_type) => {
                let mut values = vec![Value::Null; object_type.len()];
                let mut expected = 0;
                while let Some(index) = map.next_key_seed(Name { object_type, expected })? {
                    match index.and_then(|index| Some((index, values.get_mut(index)?, object_type.at(index)?))) {
                        Some((index, slot, (name, value_type))) => {
                            let value = map.next_value_seed(self.child(value_type));
                            *slot = self.noting(|| Step::Attribute(name.to_owned()), value)?;
                            expected = index + 1;
                        }
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Value::Object(Object::of(Arc::clone(object_type), values)))
            }
            _ => Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self)),
        }
    }
}

/// The position of an attribute, without keeping its name. Hosts sort by name, so the next one is tried first.
struct Name<'a> {
    object_type: &'a ObjectType,
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of an attribute")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        match self.object_type.at(self.expected) {
            Some((expected, _)) if expected == name => Ok(Some(self.expected)),
            _ => Ok(self.object_type.index_of(name)),
        }
    }
}

/// Reads a number from its own text, since a binary fraction in between would change it.
fn number(text: &str) -> Result<Value, String> {
    if text == "null" {
        return Ok(Value::Null);
    }
    Number::parse(text)
        .map(Value::Number)
        .ok_or_else(|| "expected a number".to_owned())
}

/// A value beside its type.
#[derive(Deserialize)]
struct TypedJson<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow, rename = "type")]
    value_type: &'a RawValue,
}

fn dynamic(json: Option<TypedJson<'_>>, seed: Seed<'_>) -> Result<Value, String> {
    let Some(json) = json else { return Ok(Value::Null) };
    let value_type = ValueType::from_json(json.value_type.get()).map_err(|error| error.to_string())?;
    let mut deserializer = serde_json::Deserializer::from_str(json.value.get());
    let value = seed
        .child(&value_type)
        .deserialize(&mut deserializer)
        .map_err(|error| error.to_string())?;
    Ok(Value::Typed(Box::new(Typed { value_type, value })))
}
