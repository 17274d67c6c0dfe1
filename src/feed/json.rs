//! JSON that others wrote: the members that a reader needs, of whatever type they turn out to be.

use super::{Place, Refusal};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Reads a document. A byte order mark is fine.
///
/// # Errors
/// With the line of what is no JSON.
pub(super) fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Refusal> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(Refusal {
            place: None,
            text: "the text is empty, but JSON is expected".into(),
        });
    }
    serde_json::from_str(text).map_err(|error| {
        let whole = error.to_string();
        let what = whole.split(" at line ").next().unwrap_or_default();
        Refusal {
            place: Some(Place::Line(error.line(), None)),
            text: format!("this is not valid JSON: {what} (column {})", error.column()),
        }
    })
}

/// A member that holds one thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Scalar<'t> {
    /// Nothing, or null.
    #[default]
    Missing,
    /// Text.
    Text(Cow<'t, str>),
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// Something else, and what people call it.
    Other(&'static str),
}

impl Scalar<'_> {
    /// The text, unless there is none or only blanks.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// True or false in any of the spellings in which tools write it; nothing for anything else. What is missing is false.
    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Self::Missing => Some(false),
            Self::Flag(flag) => Some(*flag),
            Self::Whole(0) => Some(false),
            Self::Whole(1) => Some(true),
            Self::Text(text) => flag(text),
            Self::Whole(_) | Self::Other(_) => None,
        }
    }

    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Text(_) => "a text",
            Self::Flag(_) => "true or false",
            Self::Whole(_) => "a number",
            Self::Other(kind) => kind,
        }
    }
}

/// True or false as text: nothing at all is false.
pub(super) fn flag(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.is_empty() || text == "0" || text.eq_ignore_ascii_case("false") {
        Some(false)
    } else if text == "1" || text.eq_ignore_ascii_case("true") {
        Some(true)
    } else {
        None
    }
}

impl<'de: 't, 't> Deserialize<'de> for Scalar<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Leaf;
        impl<'de> Visitor<'de> for Leaf {
            type Value = Scalar<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Scalar::Missing)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Flag(flag))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Scalar::Whole(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(i64::try_from(number).map_or(Scalar::Other("a number"), Scalar::Whole))
            }

            fn visit_f64<E>(self, _number: f64) -> Result<Self::Value, E> {
                Ok(Scalar::Other("a number"))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other("a list"))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other("an object"))
            }
        }
        deserializer.deserialize_any(Leaf)
    }
}

/// The elements of a list; one text in place of a list is its only element, and anything else has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Scalars<'t>(pub Vec<Scalar<'t>>);

impl<'de: 't, 't> Deserialize<'de> for Scalars<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let loose: Loosely<'_, Scalar<'_>> = deserializer.deserialize_any(Loose(PhantomData))?;
        Ok(match loose {
            Loosely::List(list) => Self(list),
            Loosely::One(one @ Scalar::Text(_)) => Self(vec![one]),
            Loosely::One(_) | Loosely::ByName(_) => Self(Vec::new()),
        })
    }
}

/// The members of an object by name; anything else has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ByName<'t>(pub Vec<(Cow<'t, str>, Scalar<'t>)>);

impl<'t> ByName<'t> {
    /// The member of this name.
    pub(super) fn get(&self, wanted: &str) -> Option<&Scalar<'t>> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, member)| member)
    }
}

impl<'de: 't, 't> Deserialize<'de> for ByName<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let loose: Loosely<'_, Scalar<'_>> = deserializer.deserialize_any(Loose(PhantomData))?;
        Ok(match loose {
            Loosely::ByName(members) => Self(members),
            Loosely::One(_) | Loosely::List(_) => Self(Vec::new()),
        })
    }
}

/// The names of things in a list: the things themselves if they are texts, or their member `name`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Names<'t>(pub Vec<Scalar<'t>>);

impl<'de: 't, 't> Deserialize<'de> for Names<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let loose: Loosely<'_, Name<'_>> = deserializer.deserialize_any(Loose(PhantomData))?;
        Ok(match loose {
            Loosely::List(list) => Self(list.into_iter().map(|Name(name)| name).collect()),
            Loosely::One(_) | Loosely::ByName(_) => Self(Vec::new()),
        })
    }
}

struct Name<'t>(Scalar<'t>);

impl<'de: 't, 't> Deserialize<'de> for Name<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let loose: Loosely<'_, Scalar<'_>> = deserializer.deserialize_any(Loose(PhantomData))?;
        Ok(Self(match loose {
            Loosely::One(one) => one,
            Loosely::ByName(members) => members
                .into_iter()
                .find(|(name, _)| name == "name")
                .map(|(_, member)| member)
                .unwrap_or_default(),
            Loosely::List(_) => Scalar::Missing,
        }))
    }
}

/// A value of any kind.
enum Loosely<'t, E> {
    One(Scalar<'t>),
    List(Vec<E>),
    ByName(Vec<(Cow<'t, str>, Scalar<'t>)>),
}

struct Loose<E>(PhantomData<E>);

impl<'de, E: Deserialize<'de>> Visitor<'de> for Loose<E> {
    type Value = Loosely<'de, E>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<F>(self) -> Result<Self::Value, F> {
        Ok(Loosely::One(Scalar::Missing))
    }

    fn visit_bool<F>(self, flag: bool) -> Result<Self::Value, F> {
        Ok(Loosely::One(Scalar::Flag(flag)))
    }

    fn visit_i64<F>(self, number: i64) -> Result<Self::Value, F> {
        Ok(Loosely::One(Scalar::Whole(number)))
    }

    fn visit_u64<F>(self, number: u64) -> Result<Self::Value, F> {
        let whole = i64::try_from(number).map_or(Scalar::Other("a number"), Scalar::Whole);
        Ok(Loosely::One(whole))
    }

    fn visit_f64<F>(self, _number: f64) -> Result<Self::Value, F> {
        Ok(Loosely::One(Scalar::Other("a number")))
    }

    fn visit_borrowed_str<F>(self, text: &'de str) -> Result<Self::Value, F> {
        Ok(Loosely::One(Scalar::Text(Cow::Borrowed(text))))
    }

    fn visit_str<F>(self, text: &str) -> Result<Self::Value, F> {
        Ok(Loosely::One(Scalar::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Loosely::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            members.push(entry);
        }
        Ok(Loosely::ByName(members))
    }
}

/// What holds things of one kind: nothing, one of them, several in a list, or several by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Several<'t, T> {
    /// Nothing, or something that holds no such things.
    #[default]
    Nothing,
    /// One, which is an object itself.
    One(Box<T>),
    /// A list; what is no object is nothing.
    List(Vec<Option<T>>),
    /// By name, where one object was not expected.
    Named(Vec<(Cow<'t, str>, Option<T>)>),
}

impl<T> Several<'_, T> {
    /// What is there, each with what to append to the place of all: its position in a list, or its name.
    pub(super) fn each(&self) -> impl Iterator<Item = (String, &T)> {
        let (one, list, named) = match self {
            Self::Nothing => (None, [].as_slice(), [].as_slice()),
            Self::One(one) => (Some(one.as_ref()), [].as_slice(), [].as_slice()),
            Self::List(list) => (None, list.as_slice(), [].as_slice()),
            Self::Named(named) => (None, [].as_slice(), named.as_slice()),
        };
        let one = one.into_iter().map(|one| (String::new(), one));
        let list = list.iter().enumerate();
        let list = list.filter_map(|(position, one)| Some((format!("[{position}]"), one.as_ref()?)));
        let named = named
            .iter()
            .filter_map(|(name, one)| Some((format!(".{name}"), one.as_ref()?)));
        one.chain(list).chain(named)
    }

    /// Whether something is there, be it an empty list.
    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

/// The outermost value of a document: one thing, or a list of them.
pub(super) struct Top<'t, T>(pub Several<'t, T>);

impl<'de: 't, 't, T: Deserialize<'de>> Deserialize<'de> for Top<'t, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_or_list(deserializer).map(Self)
    }
}

/// [`Several`] that takes an object for one of the things.
pub(super) fn one_or_list<'de: 't, 't, D, T>(deserializer: D) -> Result<Several<'t, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(Members {
        named: false,
        kind: PhantomData,
    })
}

/// [`Several`] that takes an object for things by name.
pub(super) fn named_or_list<'de: 't, 't, D, T>(deserializer: D) -> Result<Several<'t, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(Members {
        named: true,
        kind: PhantomData,
    })
}

struct Members<'t, T> {
    named: bool,
    kind: PhantomData<(&'t (), T)>,
}

impl<'de: 't, 't, T: Deserialize<'de>> Visitor<'de> for Members<'t, T> {
    type Value = Several<'t, T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Several::Nothing)
    }

    fn visit_bool<E>(self, _flag: bool) -> Result<Self::Value, E> {
        Ok(Several::Nothing)
    }

    fn visit_i64<E>(self, _number: i64) -> Result<Self::Value, E> {
        Ok(Several::Nothing)
    }

    fn visit_u64<E>(self, _number: u64) -> Result<Self::Value, E> {
        Ok(Several::Nothing)
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Self::Value, E> {
        Ok(Several::Nothing)
    }

    fn visit_str<E>(self, _text: &str) -> Result<Self::Value, E> {
        Ok(Several::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Lenient(element)) = elements.next_element()? {
            list.push(element);
        }
        Ok(Several::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        if !self.named {
            return T::deserialize(MapAccessDeserializer::new(entries)).map(|one| Several::One(Box::new(one)));
        }
        let mut named = Vec::new();
        while let Some((name, Lenient(element))) = entries.next_entry::<Cow<'de, str>, _>()? {
            named.push((name, element));
        }
        Ok(Several::Named(named))
    }
}

/// An object, or nothing if it is something else.
struct Lenient<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = deserializer.deserialize_any(Members::<T> {
            named: false,
            kind: PhantomData,
        })?;
        Ok(Self(match members {
            Several::One(one) => Some(*one),
            _ => None,
        }))
    }
}
