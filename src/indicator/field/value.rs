//! Values of fields, as configurations write them.

use super::super::certificate::{CertificateFact, CertificateInfo};
use std::fmt;

/// The value of a field in the form in which a configuration writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// Text. Instants, and the names of types, actions, severities and categories are text here.
    Text(String),
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A list of texts.
    Texts(Vec<String>),
    /// A list of whole numbers.
    Wholes(Vec<i64>),
    /// Facts of a certificate.
    Certificate(CertificateInfo),
}

/// How the value of a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A list of texts.
    Texts,
    /// A list of whole numbers.
    Wholes,
    /// An object with the facts of a certificate.
    Certificate,
}

impl FieldKind {
    /// What has to be written, to go behind "takes" or "is".
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Flag => "true or false",
            Self::Whole => "a whole number",
            Self::Texts => "a list of strings",
            Self::Wholes => "a list of whole numbers",
            Self::Certificate => "an object with `issuer`, `serial`, `subject` and `sha256`, all strings",
        }
    }
}

impl FieldValue {
    /// How the value is written.
    #[must_use]
    pub const fn kind(&self) -> FieldKind {
        match self {
            Self::Text(_) => FieldKind::Text,
            Self::Flag(_) => FieldKind::Flag,
            Self::Whole(_) => FieldKind::Whole,
            Self::Texts(_) => FieldKind::Texts,
            Self::Wholes(_) => FieldKind::Wholes,
            Self::Certificate(_) => FieldKind::Certificate,
        }
    }
}

/// The value as a configuration would write it, on one line.
impl fmt::Display for FieldValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::Flag(flag) => flag.fmt(formatter),
            Self::Whole(number) => number.fmt(formatter),
            Self::Texts(texts) => write!(formatter, "{texts:?}"),
            Self::Wholes(numbers) => write!(formatter, "{numbers:?}"),
            Self::Certificate(info) => {
                let known = CertificateFact::ALL
                    .into_iter()
                    .filter_map(|fact| Some(format!("{} = {:?}", fact.name(), fact.of(info)?)));
                write!(formatter, "{{ {} }}", known.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_show_as_they_are_written() {
        let info = CertificateInfo {
            issuer: Some("CN=A".to_owned()),
            sha256: Some("ab".to_owned()),
            ..CertificateInfo::default()
        };
        for (value, shown) in [
            (FieldValue::Text("a \"b\"".to_owned()), r#""a \"b\"""#),
            (FieldValue::Flag(true), "true"),
            (FieldValue::Whole(-3), "-3"),
            (FieldValue::Texts(vec!["a".to_owned(), "b".to_owned()]), r#"["a", "b"]"#),
            (FieldValue::Wholes(vec![1, 2]), "[1, 2]"),
            (FieldValue::Certificate(info), r#"{ issuer = "CN=A", sha256 = "ab" }"#),
        ] {
            assert_eq!(value.to_string(), shown);
        }
    }
}
