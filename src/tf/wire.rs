//! Protobuf messages to framework types and back.
//!
//! **Invariant:** pure functions without any decision about objects; nothing here can fail on a message but for values
//! that do not fit their type.

use prost::bytes::Bytes;

use super::faults;
use super::server::{Block, Callable};
use super::{
    Attribute, AttributeKind, Diagnostic, Diagnostics, FunctionError, IdentitySchema, Level, Nesting, Parameter, Path,
    Presence, Schema, Step, Value, ValueType, json, msgpack,
};
use crate::outgoing;
use crate::proto::tfplugin6 as proto;

/// Decodes a value. No message, and a message without content, is null: some hosts send a null argument so.
pub(super) fn value(value_type: &ValueType, message: Option<&proto::DynamicValue>) -> Result<Value, Diagnostic> {
    let Some(message) = message else { return Ok(Value::Null) };
    let decoded = if !message.msgpack.is_empty() {
        msgpack::decode_shared(value_type, &message.msgpack)
    } else if !message.json.is_empty() {
        json::decode(value_type, &message.json)
    } else {
        Ok(Value::Null)
    };
    decoded.map_err(faults::sent_unfit)
}

/// Encodes a value.
pub(super) fn dynamic_value(value_type: &ValueType, value: &Value) -> Result<proto::DynamicValue, Diagnostic> {
    match msgpack::encode(value_type, value) {
        Ok(bytes) => Ok(proto::DynamicValue {
            msgpack: bytes.into(),
            json: Bytes::new(),
        }),
        Err(error) => Err(faults::answer_unfit(error)),
    }
}

/// The text of a stored object.
pub(super) fn stored(message: Option<proto::RawState>) -> Result<Bytes, Diagnostic> {
    let message = message.unwrap_or_default();
    if message.json.is_empty() {
        return Err(faults::stored_too_old());
    }
    Ok(message.json)
}

pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

/// The one exit of messages: whatever is in them, the host prints it as it is.
fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.level {
        Level::Error => proto::diagnostic::Severity::Error,
        Level::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: outgoing::line(&diagnostic.summary),
        detail: outgoing::lines(&diagnostic.detail),
        attribute: (!diagnostic.path.is_root()).then(|| path(&diagnostic.path)),
    }
}

pub(super) fn path(path: &Path) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let step = |step: &Step| proto::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        }),
    };
    proto::AttributePath {
        steps: path.steps().iter().map(step).collect(),
    }
}

/// A schema. The host does without a nil check on the block, so it is always there.
pub(super) fn schema(block: &Block) -> proto::Schema {
    let Schema {
        version,
        description,
        attributes,
    } = &block.schema;
    let block = proto::schema::Block {
        version: *version,
        attributes: attributes.iter().map(attribute).collect(),
        description: description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        ..proto::schema::Block::default()
    };
    proto::Schema {
        version: *version,
        block: Some(block),
    }
}

/// The schema of an identity.
pub(super) fn identity_schema(schema: &IdentitySchema) -> proto::ResourceIdentitySchema {
    use proto::resource_identity_schema::IdentityAttribute;
    let attributes = schema.attributes.iter().map(|attribute| IdentityAttribute {
        name: attribute.name.clone(),
        r#type: attribute.value_type.to_json().into_bytes(),
        required_for_import: attribute.is_required,
        optional_for_import: !attribute.is_required,
        description: attribute.description.clone(),
    });
    proto::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: attributes.collect(),
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let (value_type, nested) = match &attribute.kind {
        AttributeKind::Plain(value_type) => (value_type.to_json().into_bytes(), None),
        AttributeKind::Nested { nesting, attributes } => (Vec::new(), Some(nested(*nesting, attributes))),
    };
    proto::schema::Attribute {
        name: attribute.name.clone(),
        r#type: value_type,
        nested_type: nested,
        description: attribute.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        required: attribute.presence == Presence::Required,
        optional: attribute.presence == Presence::Optional,
        computed: attribute.presence == Presence::Computed,
        sensitive: attribute.sensitive,
        write_only: false,
        deprecated: false,
        deprecation_message: String::new(),
    }
}

fn nested(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    use proto::schema::object::NestingMode;
    let mode = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Map => NestingMode::Map,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: mode.into(),
        ..proto::schema::Object::default()
    }
}

/// A signature. The host does without a nil check on the result, so it is always there.
pub(super) fn function(function: &Callable) -> proto::Function {
    proto::Function {
        parameters: function.parameters().iter().map(parameter).collect(),
        variadic_parameter: function.variadic().map(parameter),
        r#return: Some(proto::function::Return {
            r#type: function.returns().to_json().into_bytes(),
        }),
        summary: function.summary(),
        description: function.description(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.clone(),
        r#type: parameter.value_type.to_json().into_bytes(),
        allow_null_value: parameter.nullable,
        allow_unknown_values: false,
        description: parameter.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
    }
}

pub(super) fn function_error(error: FunctionError) -> proto::FunctionError {
    let FunctionError { mut text, argument } = error;
    // The host puts a full stop behind it.
    if text.ends_with('.') {
        text.pop();
    }
    proto::FunctionError {
        text: outgoing::lines(&text),
        function_argument: argument.and_then(|argument| i64::try_from(argument).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_message_has_a_secret_or_anything_that_cannot_be_seen(
            summary in "(\\PC|\\pC|\n){0,60}",
            detail in "(\\PC|\\pC|\n){0,200}",
            secret in "wire-[!-~]{20}",
        ) {
            outgoing::conceal(&secret.clone().into());
            let (summary, detail) = (format!("{summary}{secret}"), format!("{detail}{secret}\n{summary}"));
            let error = function_error(FunctionError::new(detail.clone()));
            let diagnostic = diagnostic(Diagnostic::error(summary, detail));
            prop_assert!(!diagnostic.summary.contains('\n'));
            for text in [diagnostic.summary, diagnostic.detail, error.text] {
                let seen = |letter: char| letter == '\n' || !(letter.is_control() || outgoing::is_format(letter));
                prop_assert!(text.chars().all(seen), "{text:?}");
                prop_assert!(!text.contains(&secret) && text.contains("[redacted]"), "{text:?}");
            }
        }
    }
}
