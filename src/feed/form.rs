//! What a text is, whatever it should be: for choosing a reader, and for saying what was given in place of what was
//! expected.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer as Json;
use std::borrow::Cow;
use std::fmt;

/// How many members of an object are looked at.
const LOOKED_AT: usize = 50;

/// Forms that lists of indicators come in, and what they are mistaken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A bundle, an answer of a TAXII server, or objects of STIX.
    Stix,
    /// Events or attributes of MISP.
    Misp,
    /// The list of the files of a MISP feed.
    MispManifest,
    /// An export of `ThreatFox`.
    ThreatFox,
    /// One JSON document a line.
    JsonLines,
    /// A list for `indicators`, as the functions return it.
    Own,
    /// Any other JSON.
    Json,
    /// A page of the web.
    Html,
    /// XML, such as STIX 1.
    Xml,
    /// Text that is none of these: lines or a table.
    Text,
}

impl Form {
    /// What the text is, judged by its beginning and by the outermost members of its JSON.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') {
            let head: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
            return match head {
                head if head.starts_with("<!doctype html") || head.starts_with("<html") => Self::Html,
                head if head.starts_with("<?xml") || head.starts_with("<stix") => Self::Xml,
                _ => Self::Text,
            };
        }
        if !text.starts_with(['{', '[']) {
            return Self::Text;
        }
        let mut documents = Json::from_str(text).into_iter::<Outline<'_>>();
        match documents.next() {
            Some(Ok(_)) if text[documents.byte_offset()..].trim_start().starts_with('{') => Self::JsonLines,
            Some(Ok(first)) => first.form(),
            // A table or a list may begin with a bracket: a defanged address of IPv6, for one.
            Some(Err(_)) | None if text.starts_with('[') => Self::Text,
            Some(Err(_)) | None => Self::Json,
        }
    }

    /// What people call it, with its article.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stix => "a STIX document",
            Self::Misp => "a MISP event",
            Self::MispManifest => "the manifest of a MISP feed",
            Self::ThreatFox => "a ThreatFox export in JSON",
            Self::JsonLines => "JSON with one document a line (NDJSON)",
            Self::Own => "a list for `indicators`",
            Self::Json => "JSON of some other kind",
            Self::Html => "an HTML page",
            Self::Xml => "XML",
            Self::Text => "no JSON",
        }
    }

    /// What to do with it in place of what was tried, as a sentence without its full stop.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Stix => "read it with `parse_stix`, or with `--from stix`",
            Self::Misp => "read it with `parse_misp`, or with `--from misp`",
            Self::MispManifest => "give the event files that it names",
            Self::ThreatFox => "use the CSV export of ThreatFox",
            Self::JsonLines => "give a STIX bundle or a MISP event",
            Self::Own => "it needs no conversion: give it to `indicators`",
            Self::Json => "give a STIX bundle or a MISP event",
            Self::Html => "download the file itself, not the page that shows it",
            Self::Xml => "STIX 1 is not read; export the list as STIX 2.1",
            Self::Text => "read it with `parse_list` or `parse_csv`, or with `--from`",
        }
    }
}

/// A JSON document as far as its outermost members go.
struct Outline<'t>(Found<'t>);

impl Outline<'_> {
    fn form(&self) -> Form {
        let found = &self.0;
        let has = |name: &str| found.names.iter().any(|known| known == name);
        let within = |name: &str| found.inner.iter().any(|known| known == name);
        let is_misp = has("Event") || has("response") || has("Attribute") || has("info") && has("Object");
        let is_stix = has("objects") || has("type") && (has("id") || has("pattern") || has("spec_version"));
        if is_misp {
            Form::Misp
        } else if is_stix {
            Form::Stix
        } else if within("ioc_value") || within("ioc") || has("ioc_value") {
            Form::ThreatFox
        } else if found.is_list || found.names.is_empty() {
            Form::Json
        } else if found.only_rows && found.names.iter().all(|name| is_uuid(name)) && within("info") {
            Form::MispManifest
        } else if found.only_rows {
            Form::Own
        } else {
            Form::Json
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, letter)| match at {
            8 | 13 | 18 | 23 => letter == '-',
            _ => letter.is_ascii_hexdigit(),
        })
}

impl<'de: 't, 't> Deserialize<'de> for Outline<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Names { deep: true }).map(Self)
    }
}

/// What a value of JSON is.
#[derive(Default)]
struct Found<'t> {
    is_list: bool,
    /// Whether it is an object or null.
    is_row: bool,
    /// Whether all of its members are objects or null.
    only_rows: bool,
    /// The names of its members, or of those of its first element.
    names: Vec<Cow<'t, str>>,
    /// The names of the members of its first member that has any.
    inner: Vec<Cow<'t, str>>,
}

/// Reads the names of the members of an object, or of the first object of a list; `deep` looks one level further down.
#[derive(Clone, Copy)]
struct Names {
    deep: bool,
}

impl<'de> serde::de::DeserializeSeed<'de> for Names {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Found<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Found<'de>, E> {
        Ok(Found {
            is_row: true,
            ..Found::default()
        })
    }

    fn visit_bool<E>(self, _flag: bool) -> Result<Found<'de>, E> {
        Ok(Found::default())
    }

    fn visit_i64<E>(self, _number: i64) -> Result<Found<'de>, E> {
        Ok(Found::default())
    }

    fn visit_u64<E>(self, _number: u64) -> Result<Found<'de>, E> {
        Ok(Found::default())
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Found<'de>, E> {
        Ok(Found::default())
    }

    fn visit_str<E>(self, _text: &str) -> Result<Found<'de>, E> {
        Ok(Found::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Found<'de>, A::Error> {
        let mut found = elements.next_element_seed(self)?.unwrap_or_default();
        found.is_list = true;
        found.is_row = false;
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found {
            is_row: true,
            only_rows: true,
            ..Found::default()
        };
        while let Some(name) = entries.next_key::<Cow<'de, str>>()? {
            if found.names.len() < LOOKED_AT {
                found.names.push(name);
            }
            if self.deep && found.names.len() < LOOKED_AT {
                let member = entries.next_value_seed(Names { deep: false })?;
                found.only_rows &= member.is_row;
                if found.inner.is_empty() {
                    found.inner = member.names;
                }
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_they_look_like() {
        let uuid = "66b31c29-8387-5fe4-aa02-b08df658cca3";
        let manifest = format!("{{\"{uuid}\":{{\"info\":\"Day\",\"Orgc\":{{}}}}}}");
        for (text, form) in [
            (r#"{"type":"bundle","id":"bundle--1","objects":[]}"#, Form::Stix),
            (r#"{"more":false,"objects":[]}"#, Form::Stix),
            (r#"[{"type":"indicator","id":"indicator--1"}]"#, Form::Stix),
            ("\u{feff}\n{\"Event\":{\"info\":\"x\"}}", Form::Misp),
            (r#"{"response":[]}"#, Form::Misp),
            (r#"[{"Event":{}}]"#, Form::Misp),
            (r#"{"info":"x","Attribute":[]}"#, Form::Misp),
            (manifest.as_str(), Form::MispManifest),
            (r#"{"1":[{"ioc_value":"x","ioc_type":"domain"}]}"#, Form::ThreatFox),
            (r#"{"query_status":"ok","data":[{"ioc":"x"}]}"#, Form::ThreatFox),
            ("{\"a\":1}\n{\"a\":2}\n", Form::JsonLines),
            (r#"{"evil.example":null,"b.example":{"title":"x"}}"#, Form::Own),
            (r#"{"a":1}"#, Form::Json),
            ("{}", Form::Json),
            ("[]", Form::Json),
            ("{\"type\":\"bundle\",", Form::Json),
            ("<!DOCTYPE html><html>", Form::Html),
            ("<?xml version=\"1.0\"?>", Form::Xml),
            ("<evil.example>", Form::Text),
            ("[2001:db8::1]:443", Form::Text),
            ("evil.example", Form::Text),
            ("", Form::Text),
        ] {
            assert_eq!(Form::of(text), form, "{text}");
            assert!(!form.name().is_empty() && !form.advice().is_empty());
        }
    }

    #[test]
    fn deep_and_long_documents_are_looked_at_too() {
        let deep = "[".repeat(100_000);
        assert_eq!(Form::of(&deep), Form::Text);
        let names: Vec<String> = (0..100_000).map(|number| format!("\"{number}\":{{}}")).collect();
        assert_eq!(Form::of(&format!("{{{}}}", names.join(","))), Form::Own);
    }
}
