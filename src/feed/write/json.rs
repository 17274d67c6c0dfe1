//! Lists as JSON text: an object of rows by key, the text that `indicators` takes.

use crate::indicator::{CertificateFact, Field, FieldValue};
use aws_lc_rs::digest;
use serde_json::Value as Json;

/// A row of a list: its key, and the fields that it writes, in the order of the field table.
pub type Entry = (String, Vec<(Field, FieldValue)>);

/// Longest key of a list that this program makes, in characters. Hosts pad all keys of an object to the longest.
const LONGEST_KEY: usize = 100;

/// The key of a value in a list that this program makes: the value itself, or its beginning and its SHA-256 if it is
/// long. Rows with such a key need a `value`.
#[must_use]
pub fn key_of(value: &str) -> String {
    if value.chars().count() <= LONGEST_KEY {
        return value.to_owned();
    }
    let digest = digest::digest(&digest::SHA256, value.as_bytes());
    let hex: String = digest
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let head: String = value.chars().take(LONGEST_KEY - hex.len() - 1).collect();
    format!("{head}~{hex}")
}

/// Writes a row behind the others of an object.
pub fn push_entry(text: &mut String, (key, fields): &Entry) {
    push_text(text, key);
    text.push(':');
    if fields.is_empty() {
        text.push_str("null");
        return;
    }
    text.push('{');
    for (position, (field, value)) in fields.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        push_member(text, *field, value);
    }
    text.push('}');
}

/// Writes a field behind the others of a row.
pub fn push_member(text: &mut String, field: Field, value: &FieldValue) {
    text.push('"');
    text.push_str(field.name());
    text.push_str("\":");
    match value {
        FieldValue::Text(value) => push_text(text, value),
        other => text.push_str(&json(other).to_string()),
    }
}

/// The text in quotes, with what JSON asks to be escaped.
fn push_text(text: &mut String, value: &str) {
    if value.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\')) {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        // A text always has a JSON form.
        text.push_str(&serde_json::to_string(value).unwrap_or_default());
    }
}

fn json(value: &FieldValue) -> Json {
    match value {
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::Flag(flag) => (*flag).into(),
        FieldValue::Whole(number) => (*number).into(),
        FieldValue::Texts(texts) => texts.as_slice().into(),
        FieldValue::Wholes(numbers) => numbers.as_slice().into(),
        FieldValue::Certificate(certificate) => {
            let known = CertificateFact::ALL
                .iter()
                .filter_map(|fact| Some((fact.name().to_owned(), Json::from(fact.of(certificate)?))));
            Json::Object(known.collect())
        }
    }
}
