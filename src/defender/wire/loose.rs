//! A JSON value taken as it comes: a field of another type than expected costs that field, not the row.

use crate::indicator::parse_instant;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// One field of a row.
#[derive(Debug, Default)]
pub(super) enum Loose<'t> {
    /// Missing, null, or nothing that a field can hold.
    #[default]
    Nothing,
    Bool(bool),
    Integer(i64),
    Text(Cow<'t, str>),
    List(Vec<Loose<'t>>),
}

impl Loose<'_> {
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.into_owned()),
            Self::Integer(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// What is made of the text.
    pub fn read<T>(&self, read: impl Fn(&str) -> T) -> Option<T> {
        match self {
            Self::Text(text) => Some(read(text)),
            Self::Integer(number) => Some(read(&number.to_string())),
            _ => None,
        }
    }

    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Text(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }

    /// A number, or a number written as text: the service's documents call some numbers strings.
    pub fn number<N: TryFrom<i64>>(&self) -> Option<N> {
        match self {
            Self::Integer(number) => N::try_from(*number).ok(),
            Self::Text(text) => text.trim().parse().ok().and_then(|number| N::try_from(number).ok()),
            _ => None,
        }
    }

    /// RFC 3339 with any number of fraction digits; without offset it is UTC, as everything else the service writes.
    pub fn time(&self) -> Option<Timestamp> {
        let Self::Text(text) = self else { return None };
        let without_offset = || {
            let time = text.parse::<DateTime>().ok()?;
            TimeZone::UTC
                .to_timestamp(time)
                .ok()
                .or_else(|| parse_instant(&format!("{time}Z")))
        };
        parse_instant(text).or_else(without_offset)
    }

    /// The elements that `read` can make sense of.
    pub fn list<T>(self, read: impl Fn(Self) -> Option<T>) -> Option<Vec<T>> {
        match self {
            Self::List(elements) => {
                let mut list: Vec<T> = elements.into_iter().filter_map(read).collect();
                // The list may have taken over the room of the elements, which is several times larger.
                list.shrink_to_fit();
                Some(list)
            }
            _ => None,
        }
    }
}

/// Reads an object whose fields are all loose. What serde_json takes for a mistake in one field, such as half of a
/// surrogate pair or a number beyond all bounds, costs that field; `None` if not even the fields can be told apart.
///
/// `mended` keeps the text that the fields are parts of then.
pub(super) fn read_object<'t, T: Deserialize<'t>>(text: &'t [u8], mended: &'t mut Vec<u8>) -> Option<T> {
    // A list would be taken for the fields in order.
    if text.first() != Some(&b'{') {
        return None;
    }
    // Told at once that it is UTF-8, serde_json need not look at each text again.
    let read = match std::str::from_utf8(text) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(text),
    };
    if let Ok(object) = read {
        return Some(object);
    }
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_slice(text).ok()?;
    members.retain(|_, value| serde_json::from_str::<serde_json::Value>(value.get()).is_ok());
    *mended = serde_json::to_vec(&members).ok()?;
    serde_json::from_slice(mended).ok()
}

impl<'de: 't, 't> Deserialize<'de> for Loose<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Loose<'de>, E> {
        Ok(i64::try_from(value).map_or(Loose::Nothing, Loose::Integer))
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Loose<'de>, E> {
        Ok(Loose::Nothing)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Borrowed(value)))
    }

    fn visit_unit<E: Error>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Loose<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Loose::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Loose<'de>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loose(json: &str) -> Loose<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn each_reading_takes_what_it_can_and_nothing_else() {
        assert_eq!(loose(r#""a""#).text().as_deref(), Some("a"));
        assert_eq!(loose("12").text().as_deref(), Some("12"));
        assert_eq!(loose("{\"a\":[1]}").text(), None);
        assert_eq!(loose("true").boolean(), Some(true));
        assert_eq!(loose(r#""False""#).boolean(), Some(false));
        assert_eq!(loose("1").boolean(), None);
        assert_eq!(loose("30").number::<i32>(), Some(30));
        assert_eq!(loose(r#""30""#).number::<i32>(), Some(30));
        assert_eq!(loose("300").number::<u8>(), None);
        assert_eq!(loose("1.5").number::<i32>(), None);
        assert_eq!(loose("18446744073709551615").number::<i32>(), None);
        assert_eq!(
            loose(r#"["a", null, 7, {}]"#).list(Loose::text),
            Some(vec!["a".to_owned(), "7".to_owned()])
        );
        assert_eq!(loose(r#""a""#).list(Loose::text), None);
    }

    /// The end of the year 9999, as near as it can be held.
    const NEVER: &str = "9999-12-30T22:00:00.999999999Z";

    #[test]
    fn times_have_any_number_of_fraction_digits() {
        let time = |json: &str| loose(json).time().map(|time| time.to_string());
        for (json, read) in [
            (r#""2024-12-12T00:00:00Z""#, Some("2024-12-12T00:00:00Z")),
            (r#""2023-04-25T18:02:06.322598Z""#, Some("2023-04-25T18:02:06.322598Z")),
            (
                r#""2023-04-25T18:02:06.3225981Z""#,
                Some("2023-04-25T18:02:06.3225981Z"),
            ),
            (r#""2023-04-25T20:02:06+02:00""#, Some("2023-04-25T18:02:06Z")),
            (r#""2023-04-25T18:02:06.5""#, Some("2023-04-25T18:02:06.5Z")),
            (r#""0001-01-01T00:00:00Z""#, Some("0001-01-01T00:00:00Z")),
            (r#""9999-12-30T00:00:00Z""#, Some("9999-12-30T00:00:00Z")),
            (r#""9999-12-31T23:59:59Z""#, Some(NEVER)),
            (r#""9999-12-31T23:59:59.9999999""#, Some(NEVER)),
            (r#""9999-12-31""#, Some(NEVER)),
            (r#""soon""#, None),
            ("null", None),
            ("5", None),
        ] {
            assert_eq!(time(json).as_deref(), read, "{json}");
        }
    }
}
