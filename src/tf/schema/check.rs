//! The rules for schemas that the types alone do not keep. The host refuses every command over a violation, so tests
//! look first.

use std::collections::BTreeSet;

use super::{Attribute, AttributeKind, Schema};
use crate::tf::ValueType;

/// Arguments that every resource and data source block has already.
const RESERVED: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

impl Schema {
    /// Checks the rules by which the host accepts a schema, and two more against surprises: a computed attribute that
    /// forces a new object would replace it at every change, and a nested attribute without attributes says nothing.
    ///
    /// # Errors
    /// One sentence for every violation.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut violations = Vec::new();
        if self.version < 0 {
            violations.push(format!("the version {} is negative", self.version));
        }
        for attribute in &self.attributes {
            if RESERVED.contains(&attribute.name.as_str()) {
                violations.push(format!("{}: the host has an argument of this name", attribute.name));
            }
        }
        check_attributes("", &self.attributes, &mut violations);
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }
}

fn check_attributes(parent: &str, attributes: &[Attribute], violations: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for attribute in attributes {
        let name = format!("{parent}{}", attribute.name);
        if !is_attribute_name(&attribute.name) {
            violations.push(format!("{name}: a name is lower-case letters, digits and underscores"));
        }
        if !names.insert(attribute.name.as_str()) {
            violations.push(format!("{name}: described twice"));
        }
        if attribute.force_new && !attribute.presence.is_configurable() {
            violations.push(format!(
                "{name}: the configuration cannot change it, so it cannot force a new object"
            ));
        }
        match &attribute.kind {
            AttributeKind::Plain(value_type) => {
                if dynamic_within_set(value_type, false) {
                    violations.push(format!("{name}: a set cannot hold values of any type"));
                }
            }
            AttributeKind::Nested { attributes, .. } => {
                if attributes.is_empty() {
                    violations.push(format!("{name}: a nested attribute without attributes"));
                }
                check_attributes(&format!("{name}."), attributes, violations);
            }
        }
    }
}

fn is_attribute_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn dynamic_within_set(value_type: &ValueType, in_set: bool) -> bool {
    match value_type {
        ValueType::Dynamic => in_set,
        ValueType::String | ValueType::Number | ValueType::Bool => false,
        ValueType::Set(element) => dynamic_within_set(element, true),
        ValueType::List(element) | ValueType::Map(element) => dynamic_within_set(element, in_set),
        ValueType::Object(object) => object.iter().any(|(_, element)| dynamic_within_set(element, in_set)),
        ValueType::Tuple(elements) => elements.iter().any(|element| dynamic_within_set(element, in_set)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_schema_passes() {
        let schema = Schema::new(
            "A list.",
            vec![
                Attribute::string("name").required().force_new(),
                Attribute::map_of("ids", ValueType::String).computed(),
                Attribute::nested_map("rows", vec![Attribute::bool("on").optional_computed()]),
                Attribute::plain("anything", ValueType::Dynamic),
            ],
        );
        assert_eq!(schema.check(), Ok(()));
    }

    #[test]
    fn each_violation_is_named() {
        let schema = Schema::new(
            "",
            vec![
                Attribute::string("count"),
                Attribute::string("Name"),
                Attribute::string("twice"),
                Attribute::string("twice"),
                Attribute::string("id").computed().force_new(),
                Attribute::plain(
                    "set",
                    ValueType::list(ValueType::set(ValueType::list(ValueType::Dynamic))),
                ),
                Attribute::nested_map(
                    "rows",
                    vec![Attribute::nested_single("empty", vec![]), Attribute::bool("ö")],
                ),
            ],
        )
        .version(-1);
        let violations = schema.check().unwrap_err();
        let starts = [
            "the version -1",
            "count:",
            "Name:",
            "twice:",
            "id:",
            "set:",
            "rows.empty:",
            "rows.ö:",
        ];
        assert_eq!(violations.len(), starts.len(), "{violations:#?}");
        for (violation, start) in violations.iter().zip(starts) {
            assert!(violation.starts_with(start), "{violation}");
        }
    }
}
