//! YAML with the places of its values.

use super::{Builder, Content, Fault, Name, Node};
use saphyr_parser::{Event, Parser, ScalarStyle};

/// Reads the first document of a YAML text. Aliases are refused: they can make a small text endless, and a list needs
/// none.
///
/// # Errors
///
/// Where its syntax is wrong, or what is not read.
pub fn read(text: &str) -> Result<Node, Fault> {
    let bytes = Offsets::of(text);
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Fault {
            at: bytes.at(error.marker().index()),
            text: error.info().to_owned(),
        })?;
        let at = bytes.at(span.start.index())..bytes.at(span.end.index()).max(bytes.at(span.start.index()));
        let fault = |text: &str| Fault {
            at: at.start,
            text: text.to_owned(),
        };
        match event {
            Event::Scalar(value, style, ..) => {
                if builder.wants_name() {
                    builder.name(Name {
                        text: value.into_owned(),
                        at,
                    });
                } else {
                    let content = content(&value, style);
                    builder.put(Node { at, content });
                }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if builder.wants_name() => {
                return Err(fault("a key is a list or an object, not a text"));
            }
            Event::SequenceStart(..) => builder.open(at.start, false)?,
            Event::MappingStart(..) => builder.open(at.start, true)?,
            Event::SequenceEnd | Event::MappingEnd => builder.close(at.end),
            Event::Alias(_) => {
                return Err(fault(
                    "it is an alias, which lists may not have; write the value itself",
                ));
            }
            Event::DocumentEnd | Event::StreamEnd if builder.root.is_some() => break,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
    }
    builder.root.ok_or(Fault {
        at: 0,
        text: "it holds no value".to_owned(),
    })
}

/// What a scalar is, by the core schema of YAML 1.2, which is what `yamldecode` of Terraform reads.
fn content(value: &str, style: ScalarStyle) -> Content {
    if style != ScalarStyle::Plain {
        return Content::Text(value.to_owned());
    }
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Flag(true),
        "false" | "False" | "FALSE" => Content::Flag(false),
        number if number.parse::<i64>().is_ok() => Content::Number(number.to_owned()),
        text => Content::Text(text.to_owned()),
    }
}

/// Bytes by characters.
enum Offsets {
    /// They are the same.
    Ascii(usize),
    /// The byte of each character, and of the end.
    Each(Vec<usize>),
}

impl Offsets {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Ascii(text.len());
        }
        let starts = text.char_indices().map(|(at, _)| at);
        Self::Each(starts.chain(std::iter::once(text.len())).collect())
    }

    fn at(&self, character: usize) -> usize {
        match self {
            Self::Ascii(length) => character.min(*length),
            Self::Each(starts) => starts.get(character).or(starts.last()).copied().unwrap_or(0),
        }
    }
}
