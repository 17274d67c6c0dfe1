//! Bytes to values.

use std::sync::Arc;

use bytestring::ByteString;
use prost::bytes::Bytes;
use rmp::Marker;

use super::MAX_DEPTH;
use crate::tf::{Number, Object, ObjectType, Step, Typed, Value, ValueError, ValueType};

/// How many elements are reserved at once on the word of a length field. Beyond that the bytes must really come.
const RESERVE_AT_MOST: usize = 4096;

/// How many bytes a text has at least that shares them with its message.
const SHARED_FROM: usize = 64 << 10;

/// Decodes a value of a type.
///
/// Any extension is an unknown value: hosts attach what they know about it in several forms, and none of it binds the
/// provider. Texts may be of the text or the binary family. An object must have exactly the attributes of its type.
///
/// # Errors
/// If the bytes are not one value of the type, with the place in the value.
pub fn decode(value_type: &ValueType, bytes: &[u8]) -> Result<Value, ValueError> {
    whole(
        value_type,
        Decoder {
            rest: bytes,
            shared: None,
        },
    )
}

/// The same of bytes that can be shared: long texts stay where they are.
///
/// # Errors
/// As [`decode`].
pub fn decode_shared(value_type: &ValueType, bytes: &Bytes) -> Result<Value, ValueError> {
    let decoder = Decoder {
        rest: bytes,
        shared: Some(bytes),
    };
    whole(value_type, decoder)
}

fn whole(value_type: &ValueType, mut decoder: Decoder<'_>) -> Result<Value, ValueError> {
    let value = decoder.value(value_type, 0)?;
    match decoder.rest.len() {
        0 => Ok(value),
        left => Err(ValueError::new(format!("{left} bytes are left after the value"))),
    }
}

struct Decoder<'a> {
    rest: &'a [u8],
    /// The bytes as a whole, if texts may be parts of them.
    shared: Option<&'a Bytes>,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, value_type: &ValueType, depth: usize) -> Result<Value, ValueError> {
        if depth > MAX_DEPTH {
            return Err(ValueError::new(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let marker = self.marker()?;
        if marker == Marker::Null {
            return Ok(Value::Null);
        }
        if let Some(length) = self.extension_length(marker)? {
            // One byte more for the type of the extension.
            self.take(length + 1)?;
            return Ok(Value::Unknown);
        }
        match value_type {
            ValueType::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                _ => Err(unexpected("a boolean", marker)),
            },
            ValueType::String => Ok(Value::String(self.owned_text(marker)?)),
            ValueType::Number => Ok(Value::Number(self.number(marker)?)),
            ValueType::Dynamic => self.dynamic(marker, depth),
            ValueType::List(element) | ValueType::Set(element) => self.list(marker, element, depth),
            ValueType::Tuple(elements) => self.tuple(marker, elements, depth),
            ValueType::Map(element) => self.map(marker, element, depth),
            ValueType::Object(object) => self.object(marker, object, depth),
        }
    }

    fn list(&mut self, marker: Marker, element: &ValueType, depth: usize) -> Result<Value, ValueError> {
        let length = self.array_length(marker)?;
        let mut elements = Vec::with_capacity(self.reserve(length));
        for index in 0..length {
            elements.push(
                self.value(element, depth + 1)
                    .map_err(|error| error.within(Step::Index(index)))?,
            );
        }
        Ok(Value::List(elements))
    }

    fn tuple(&mut self, marker: Marker, types: &[ValueType], depth: usize) -> Result<Value, ValueError> {
        let length = self.array_length(marker)?;
        if length != types.len() {
            return Err(ValueError::new(format!(
                "{length} elements where the type has {}",
                types.len()
            )));
        }
        let mut elements = Vec::with_capacity(self.reserve(length));
        for (index, element) in types.iter().enumerate() {
            elements.push(
                self.value(element, depth + 1)
                    .map_err(|error| error.within(Step::Index(index)))?,
            );
        }
        Ok(Value::List(elements))
    }

    fn map(&mut self, marker: Marker, element: &ValueType, depth: usize) -> Result<Value, ValueError> {
        let length = self.map_length(marker)?;
        let mut elements = Vec::with_capacity(self.reserve(length));
        for _ in 0..length {
            let key = self.key()?.to_owned();
            match self.value(element, depth + 1) {
                Ok(value) => elements.push((key, value)),
                Err(error) => return Err(error.within(Step::Key(key))),
            }
        }
        Ok(Value::Map(elements.into_iter().collect()))
    }

    /// Hosts sort the attributes by name, as the type does. Then each name is only compared, and nothing is looked up.
    fn object(&mut self, marker: Marker, object_type: &Arc<ObjectType>, depth: usize) -> Result<Value, ValueError> {
        let length = self.map_length(marker)?;
        let mut values = Vec::with_capacity(self.reserve(object_type.len()));
        for _ in 0..length {
            let name = self.key()?;
            match object_type.at(values.len()) {
                Some((expected, value_type)) if expected == name => {
                    values.push(
                        self.value(value_type, depth + 1)
                            .map_err(|error| error.within(attribute(name)))?,
                    );
                }
                _ => return self.unsorted_object(name, values, length, object_type, depth),
            }
        }
        if let Some((missing, _)) = object_type.at(values.len()) {
            return Err(ValueError::new("the attribute is missing").within(attribute(missing)));
        }
        Ok(Value::Object(Object::of(Arc::clone(object_type), values)))
    }

    /// Goes on with an object from the first name that does not follow the order.
    fn unsorted_object(
        &mut self,
        name: &'a str,
        sorted: Vec<Value>,
        length: usize,
        object_type: &Arc<ObjectType>,
        depth: usize,
    ) -> Result<Value, ValueError> {
        let left = length - sorted.len();
        let mut slots: Vec<Option<Value>> = sorted.into_iter().map(Some).collect();
        slots.resize(object_type.len(), None);
        let mut name = name;
        for position in 0..left {
            if position > 0 {
                name = self.key()?;
            }
            let index = object_type.index_of(name);
            let slot = index.and_then(|index| slots.get_mut(index));
            let value_type = index
                .and_then(|index| object_type.at(index))
                .map(|(_, value_type)| value_type);
            let (Some(slot), Some(value_type)) = (slot, value_type) else {
                return Err(ValueError::new("the schema has no such attribute").within(attribute(name)));
            };
            if slot.is_some() {
                return Err(ValueError::new("the attribute is there twice").within(attribute(name)));
            }
            *slot = Some(
                self.value(value_type, depth + 1)
                    .map_err(|error| error.within(attribute(name)))?,
            );
        }
        let mut values = Vec::with_capacity(slots.len());
        for ((name, _), slot) in object_type.iter().zip(slots) {
            values.push(slot.ok_or_else(|| ValueError::new("the attribute is missing").within(attribute(name)))?);
        }
        Ok(Value::Object(Object::of(Arc::clone(object_type), values)))
    }

    /// A value beside its type: an array of the type's JSON and the value.
    fn dynamic(&mut self, marker: Marker, depth: usize) -> Result<Value, ValueError> {
        if self.array_length(marker)? != 2 {
            return Err(ValueError::new(
                "a value of any type is an array of its type and the value",
            ));
        }
        let marker = self.marker()?;
        let json = self.text(marker, "the JSON of a type")?;
        let value_type = ValueType::from_json(json).map_err(|error| ValueError::new(error.to_string()))?;
        let value = self.value(&value_type, depth + 1)?;
        Ok(Value::Typed(Box::new(Typed { value_type, value })))
    }

    fn number(&mut self, marker: Marker) -> Result<Number, ValueError> {
        let number = match marker {
            Marker::FixPos(small) => Number::Int(small.into()),
            Marker::FixNeg(small) => Number::Int(small.into()),
            Marker::U8 => Number::Int(u8::from_be_bytes(self.array()?).into()),
            Marker::U16 => Number::Int(u16::from_be_bytes(self.array()?).into()),
            Marker::U32 => Number::Int(u32::from_be_bytes(self.array()?).into()),
            Marker::U64 => {
                let uint = u64::from_be_bytes(self.array()?);
                i64::try_from(uint).map_or(Number::UInt(uint), Number::Int)
            }
            Marker::I8 => Number::Int(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => Number::Int(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => Number::Int(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => Number::Int(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Number::Float(f32::from_be_bytes(self.array()?).into()),
            Marker::F64 => Number::Float(f64::from_be_bytes(self.array()?)),
            _ => {
                let text = self.text(marker, "a number")?;
                Number::parse(text).ok_or_else(|| ValueError::new(format!("{text:?} is not a number")))?
            }
        };
        match number {
            Number::Float(float) if float.is_nan() => Err(ValueError::new("not a number")),
            number => Ok(number),
        }
    }

    fn key(&mut self) -> Result<&'a str, ValueError> {
        let marker = self.marker()?;
        self.text(marker, "a name")
    }

    fn text(&mut self, marker: Marker, expected: &str) -> Result<&'a str, ValueError> {
        std::str::from_utf8(self.text_bytes(marker, expected)?).map_err(|_| not_text())
    }

    fn text_bytes(&mut self, marker: Marker, expected: &str) -> Result<&'a [u8], ValueError> {
        let length = match marker {
            Marker::FixStr(length) => length.into(),
            Marker::Str8 | Marker::Bin8 => self.length8()?,
            Marker::Str16 | Marker::Bin16 => self.length16()?,
            Marker::Str32 | Marker::Bin32 => self.length32()?,
            _ => return Err(unexpected(expected, marker)),
        };
        self.take(length)
    }

    /// A long text shares its bytes with the message. A short one does not, since it would keep the whole message.
    fn owned_text(&mut self, marker: Marker) -> Result<ByteString, ValueError> {
        let text = self.text_bytes(marker, "a text")?;
        match self.shared {
            Some(bytes) if text.len() >= SHARED_FROM => {
                ByteString::try_from(bytes.slice_ref(text)).map_err(|_| not_text())
            }
            _ => std::str::from_utf8(text).map(Into::into).map_err(|_| not_text()),
        }
    }

    fn array_length(&mut self, marker: Marker) -> Result<usize, ValueError> {
        match marker {
            Marker::FixArray(length) => Ok(length.into()),
            Marker::Array16 => self.length16(),
            Marker::Array32 => self.length32(),
            _ => Err(unexpected("an array", marker)),
        }
    }

    fn map_length(&mut self, marker: Marker) -> Result<usize, ValueError> {
        match marker {
            Marker::FixMap(length) => Ok(length.into()),
            Marker::Map16 => self.length16(),
            Marker::Map32 => self.length32(),
            _ => Err(unexpected("a map", marker)),
        }
    }

    /// How long the content of an extension is; `None` if the marker does not begin one.
    fn extension_length(&mut self, marker: Marker) -> Result<Option<usize>, ValueError> {
        Ok(Some(match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.length8()?,
            Marker::Ext16 => self.length16()?,
            Marker::Ext32 => self.length32()?,
            _ => return Ok(None),
        }))
    }

    fn reserve(&self, length: usize) -> usize {
        // Every element takes at least one byte.
        length.min(self.rest.len()).min(RESERVE_AT_MOST)
    }

    fn marker(&mut self) -> Result<Marker, ValueError> {
        Ok(Marker::from_u8(u8::from_be_bytes(self.array()?)))
    }

    fn length8(&mut self) -> Result<usize, ValueError> {
        Ok(u8::from_be_bytes(self.array()?).into())
    }

    fn length16(&mut self) -> Result<usize, ValueError> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    fn length32(&mut self) -> Result<usize, ValueError> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| ended())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(ended)?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ValueError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(ended)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn attribute(name: &str) -> Step {
    Step::Attribute(name.to_owned())
}

fn not_text() -> ValueError {
    ValueError::new("the text is not valid UTF-8")
}

fn ended() -> ValueError {
    ValueError::new("the bytes end within the value")
}

fn unexpected(expected: &str, marker: Marker) -> ValueError {
    ValueError::new(format!("expected {expected}, found {marker:?}"))
}
