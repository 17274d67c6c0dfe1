//! JSON with the places of its values.

use super::{Builder, Content, Fault, Name, Node};
use serde::de::IgnoredAny;

/// Reads a JSON text.
///
/// # Errors
///
/// Where its syntax is wrong.
pub fn read(text: &str) -> Result<Node, Fault> {
    // What is checked here need not be checked below.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| Fault {
        at: byte_of(text, error.line(), error.column()),
        text: error.to_string(),
    })?;
    let bytes = text.as_bytes();
    let mut builder = Builder::default();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                builder.open(at, *byte == b'{')?;
                at += 1;
            }
            b'}' | b']' => {
                at += 1;
                builder.close(at);
            }
            b'"' => {
                let end = end_of_string(bytes, at);
                let raw = text.get(at..end).unwrap_or_default();
                let value: String = serde_json::from_str(raw).unwrap_or_default();
                if builder.wants_name() {
                    builder.name(Name {
                        text: value,
                        at: at..end,
                    });
                } else {
                    builder.put(Node {
                        at: at..end,
                        content: Content::Text(value),
                    });
                }
                at = end;
            }
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => at += 1,
            _ => {
                let rest = bytes.get(at..).unwrap_or_default();
                let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
                let end = at + rest.iter().position(is_end).unwrap_or(rest.len()).max(1);
                let content = match text.get(at..end).unwrap_or_default() {
                    "null" => Content::Null,
                    "true" => Content::Flag(true),
                    "false" => Content::Flag(false),
                    number => Content::Number(number.to_owned()),
                };
                builder.put(Node { at: at..end, content });
                at = end;
            }
        }
    }
    builder.root.ok_or(Fault {
        at: text.len(),
        text: "it holds no value".to_owned(),
    })
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The byte of a place as `serde_json` tells it: its columns are bytes, and its lines end with LF.
fn byte_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
