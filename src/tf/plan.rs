//! The ordinary rules of planning, the ones that Terraform's own framework for providers has.
//!
//! The host proposes an object: the configuration, with the prior values of computed attributes where the configuration
//! says nothing. If that is the prior object, nothing changes. Otherwise every computed attribute that the configuration
//! leaves out may change, and is unknown until apply.

use super::{Attribute, AttributeKind, Nesting, Path, Schema, Value};

/// An ordinary plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The object after the change.
    pub value: Value,
    /// The attributes whose change needs a new object.
    pub requires_replace: Vec<Path>,
}

/// Plans a creation (`prior` is null) or an update.
///
/// An update that changes nothing returns exactly the prior object. Attributes that force a new object count as changed
/// only if they differ; nested ones are compared in list and map elements that stand on both sides.
#[must_use]
pub fn plan(schema: &Schema, prior: &Value, proposed: &Value, config: &Value) -> Planned {
    if prior == proposed {
        return Planned {
            value: prior.clone(),
            requires_replace: Vec::new(),
        };
    }
    let mut value = proposed.clone();
    mark_unknown(&schema.attributes, &mut value, config);
    let mut requires_replace = Vec::new();
    if !prior.is_null() {
        collect_replacements(&schema.attributes, prior, &value, &Path::root(), &mut requires_replace);
    }
    Planned {
        value,
        requires_replace,
    }
}

/// Makes computed attributes unknown where the configuration leaves them out.
fn mark_unknown(attributes: &[Attribute], planned: &mut Value, config: &Value) {
    let Value::Object(object) = planned else { return };
    for attribute in attributes {
        let configured = config.get(&attribute.name);
        if configured.is_null() && attribute.presence.is_computed() {
            object.set(&attribute.name, Value::Unknown);
        } else if let AttributeKind::Nested { nesting, attributes } = &attribute.kind
            && has_computed(attributes)
            && let Some(nested) = object.get_mut(&attribute.name)
        {
            mark_nested_unknown(*nesting, attributes, nested, configured);
        }
    }
}

fn mark_nested_unknown(nesting: Nesting, attributes: &[Attribute], planned: &mut Value, config: &Value) {
    match (nesting, planned) {
        (Nesting::Single, planned) => mark_unknown(attributes, planned, config),
        (Nesting::List, Value::List(elements)) => {
            let configured = config.as_list().unwrap_or_default();
            // An element that the configuration does not have comes from the provider alone.
            for (element, config) in elements.iter_mut().zip(configured) {
                mark_unknown(attributes, element, config);
            }
        }
        (Nesting::Map, Value::Map(elements)) => {
            for (key, element) in elements {
                if let Some(config) = config.as_map().and_then(|configured| configured.get(key)) {
                    mark_unknown(attributes, element, config);
                }
            }
        }
        _ => {}
    }
}

/// Whether any attribute, at any depth, is computed: spares the walk through thousands of elements.
fn has_computed(attributes: &[Attribute]) -> bool {
    any_attribute(attributes, &|attribute| attribute.presence.is_computed())
}

fn any_attribute(attributes: &[Attribute], holds: &impl Fn(&Attribute) -> bool) -> bool {
    attributes.iter().any(|attribute| {
        holds(attribute)
            || matches!(&attribute.kind, AttributeKind::Nested { attributes, .. } if any_attribute(attributes, holds))
    })
}

/// Collects the attributes that force a new object and differ.
fn collect_replacements(attributes: &[Attribute], prior: &Value, planned: &Value, path: &Path, found: &mut Vec<Path>) {
    for attribute in attributes {
        let (before, after) = (prior.get(&attribute.name), planned.get(&attribute.name));
        let path = path.clone().with_attribute(&attribute.name);
        if attribute.force_new && before != after {
            found.push(path.clone());
        }
        let AttributeKind::Nested { nesting, attributes } = &attribute.kind else {
            continue;
        };
        if before == after || !any_attribute(attributes, &|attribute| attribute.force_new) {
            continue;
        }
        match nesting {
            Nesting::Single => collect_replacements(attributes, before, after, &path, found),
            Nesting::List => {
                let (before, after) = (
                    before.as_list().unwrap_or_default(),
                    after.as_list().unwrap_or_default(),
                );
                for (index, (before, after)) in before.iter().zip(after).enumerate() {
                    collect_replacements(attributes, before, after, &path.clone().with_index(index), found);
                }
            }
            Nesting::Map => {
                let (Some(before), Some(after)) = (before.as_map(), after.as_map()) else {
                    continue;
                };
                for (key, before) in before {
                    if let Some(after) = after.get(key) {
                        collect_replacements(attributes, before, after, &path.clone().with_key(key), found);
                    }
                }
            }
        }
    }
}
