//! Rows by key, in JSON or YAML: the shape that `indicators` of a set has.

use super::super::code::{Code, Severity};
use super::super::finding::Finding;
use super::super::item::Item;
use super::super::tree::{Content, Name, Node};
use super::Contents;
use crate::indicator::{
    CertificateFact, CertificateInfo, Field, FieldKind, FieldSet, FieldValue, Indicator, detect_type, rules,
};
use crate::outgoing::shown;
use std::collections::HashMap;
use std::ops::Range;

/// Whether a tree is a list: an object of objects in which at least half of the rows have a value that looks like one.
/// Other files of settings are not.
#[must_use]
pub fn is_list(tree: &Node) -> bool {
    let rows = tree.members();
    let is_value = |(name, node): &&(Name, Node)| {
        let own = node.members().iter().find(|(name, _)| name.text == Field::Value.name());
        let value = match own.map(|(_, node)| &node.content) {
            Some(Content::Text(text)) => text.as_str(),
            _ => name.text.as_str(),
        };
        matches!(node.content, Content::Null | Content::Map(_)) && detect_type(value).is_some()
    };
    !rows.is_empty() && rows.iter().filter(is_value).count() * 2 >= rows.len()
}

/// Reads the rows of a list.
#[must_use]
pub fn read(file: usize, tree: &Node) -> Contents {
    let mut contents = Contents::default();
    let mut keys: HashMap<&str, &Range<usize>> = HashMap::new();
    for (key, node) in tree.members() {
        if let Some(first) = keys.get(key.text.as_str()) {
            let message = format!(
                "The key {} occurs twice, so one of the two rows would be lost. Remove one, or give it another key and \
                 set its `value`.",
                shown(&key.text)
            );
            let mut finding = Finding::new(
                Code::DuplicateKey,
                Severity::Error,
                file,
                key.at.clone(),
                key.text.as_str(),
                message,
            );
            finding.related.push(super::super::finding::Related {
                file,
                at: (*first).clone(),
                text: "the same key".to_owned(),
            });
            contents.findings.push(finding);
        } else {
            keys.insert(&key.text, &key.at);
        }
        row(file, key, node, &mut contents);
    }
    contents
}

fn row(file: usize, key: &Name, node: &Node, contents: &mut Contents) {
    let fault = |code: Code, at: &Range<usize>, about: &str, text: String| {
        let subject = format!("{} {about}", key.text);
        let message = format!("In the row {}, {text}.", shown(&key.text));
        Finding::new(code, Severity::Error, file, at.clone(), subject, message)
    };
    if !matches!(node.content, Content::Null | Content::Map(_)) {
        let text = format!(
            "there is {} in place of an object of fields; write `{{ description = \"...\" }}`, or `null` for a row that sets \
             no fields",
            node.kind()
        );
        contents.findings.push(fault(Code::InvalidField, &node.at, "row", text));
        return;
    }
    let mut indicator = Indicator::blank();
    let mut written = FieldSet::EMPTY;
    let mut refused = FieldSet::EMPTY;
    let mut places: Vec<(Field, Range<usize>)> = Vec::new();
    let mut at = key.at.clone();
    for (name, value) in node.members() {
        let Some(field) = Field::from_name(&name.text) else {
            let text = unknown_field(&name.text);
            contents
                .findings
                .push(fault(Code::UnknownColumn, &name.at, &name.text, text));
            continue;
        };
        if written.contains(field) {
            let text = format!("`{field}` is set twice");
            contents
                .findings
                .push(fault(Code::InvalidField, &name.at, &name.text, text));
            continue;
        }
        let value_at = value.at.clone();
        let value = match field_value(field.kind(), value) {
            Ok(None) => continue,
            Ok(Some(value)) => value,
            Err(()) => {
                let text = format!("`{field}` is {}, not {}", value.kind(), field.kind().expected());
                contents
                    .findings
                    .push(fault(Code::InvalidField, &value_at, &name.text, text));
                continue;
            }
        };
        written.insert(field);
        if field == Field::Value {
            at = value_at.clone();
        }
        let other = match field {
            Field::ExpirationTime => Some(Field::Lifetime),
            Field::Lifetime => Some(Field::ExpirationTime),
            _ => None,
        };
        let twice = other
            .filter(|other| written.contains(*other))
            .map(|_| rules::expiry_twice());
        let refusal = field.set(value, &mut indicator).err();
        if refusal.is_some() {
            refused.insert(field);
        }
        for finding in refusal.into_iter().chain(twice) {
            let text = format!("{}. {}", finding.rule, finding.remedy);
            contents.findings.push(fault(
                Code::InvalidField,
                &value_at,
                &name.text,
                text.trim_end_matches('.').to_owned(),
            ));
        }
        places.push((field, value_at));
    }
    if !written.contains(Field::Value) {
        indicator.value.clone_from(&key.text);
        written.insert(Field::Value);
    }
    let mut item = Item::new(file, at, indicator, written);
    item.places = places;
    item.refused = refused;
    contents.items.push(item);
}

/// What is wrong with a field that does not exist.
fn unknown_field(name: &str) -> String {
    match Field::nearest(name) {
        Some(nearest) => format!(
            "{} is not a field of an indicator; did you mean `{nearest}`?",
            shown(name)
        )
        .trim_end_matches('?')
        .to_owned(),
        None => format!("{} is not a field of an indicator", shown(name)),
    }
}

/// The value of a field of this kind; nothing for null and for an empty text, which leaves a field out.
fn field_value(kind: FieldKind, node: &Node) -> Result<Option<FieldValue>, ()> {
    let text = match &node.content {
        Content::Null => return Ok(None),
        Content::Text(text) if text.is_empty() => return Ok(None),
        Content::Text(text) | Content::Number(text) => Some(text.as_str()),
        Content::Flag(flag) => Some(if *flag { "true" } else { "false" }),
        Content::List(_) | Content::Map(_) => None,
    };
    let value = match (kind, text, &node.content) {
        (FieldKind::Text, Some(text), _) => Some(FieldValue::Text(text.to_owned())),
        (FieldKind::Flag, Some(text), _) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(FieldValue::Flag(true)),
            "false" => Some(FieldValue::Flag(false)),
            _ => None,
        },
        (FieldKind::Whole, Some(text), _) => text.trim().parse().ok().map(FieldValue::Whole),
        (FieldKind::Texts, _, Content::List(list)) => texts(list).map(FieldValue::Texts),
        (FieldKind::Wholes, _, Content::List(list)) => {
            let numbers = list.iter().map(|node| match &node.content {
                Content::Number(text) | Content::Text(text) => text.trim().parse().ok(),
                _ => None,
            });
            numbers.collect::<Option<_>>().map(FieldValue::Wholes)
        }
        (FieldKind::Certificate, _, Content::Map(facts)) => certificate(facts),
        _ => None,
    };
    value.map(Some).ok_or(())
}

fn texts(list: &[Node]) -> Option<Vec<String>> {
    let texts = list.iter().map(|node| match &node.content {
        Content::Text(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

fn certificate(facts: &[(Name, Node)]) -> Option<FieldValue> {
    let mut certificate = CertificateInfo::default();
    for (name, node) in facts {
        let fact = match &node.content {
            Content::Null => None,
            Content::Text(text) => Some(text.clone()),
            _ => return None,
        };
        *CertificateFact::from_name(&name.text)?.place(&mut certificate) = fact;
    }
    Some(FieldValue::Certificate(certificate))
}
