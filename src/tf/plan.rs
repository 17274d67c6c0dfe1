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
        if !any_attribute(attributes, &|attribute| attribute.force_new) || before == after {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::testing::map;
    use crate::tf::{Object, ValueType};

    fn schema() -> Schema {
        let row = || {
            vec![
                Attribute::string("severity"),
                Attribute::string("scope").force_new(),
                Attribute::string("row_id").computed(),
            ]
        };
        Schema::new(
            "",
            vec![
                Attribute::string("name").required().force_new(),
                Attribute::string("title"),
                Attribute::string("owner").optional_computed(),
                Attribute::map_of("ids", ValueType::String).computed(),
                Attribute::nested_map("rows", row()),
                Attribute::nested_list("steps", row()),
                Attribute::nested_single("extra", row()),
            ],
        )
    }

    fn object(values: &[(&str, Value)]) -> Value {
        let mut object = Object::null(schema().object_type());
        for (name, value) in values {
            object.set(name, value.clone());
        }
        object.into()
    }

    fn row(severity: &str, scope: &str, row_id: Value) -> Value {
        let ValueType::Object(row_type) = schema().attribute("extra").unwrap().value_type() else {
            unreachable!()
        };
        Object::null(row_type)
            .with("severity", severity)
            .with("scope", scope)
            .with("row_id", row_id)
            .into()
    }

    fn paths(planned: &Planned) -> Vec<String> {
        planned.requires_replace.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_creation_leaves_open_what_the_configuration_leaves_out() {
        let config = object(&[("name", "a".into())]);
        let planned = plan(&schema(), &Value::Null, &config, &config);
        let expected = object(&[("name", "a".into()), ("owner", Value::Unknown), ("ids", Value::Unknown)]);
        assert_eq!(
            planned,
            Planned {
                value: expected,
                requires_replace: Vec::new()
            }
        );
    }

    #[test]
    fn a_configured_value_stays_even_if_the_provider_could_give_it() {
        let config = object(&[("name", "a".into()), ("owner", "me".into()), ("title", Value::Unknown)]);
        let planned = plan(&schema(), &Value::Null, &config, &config);
        assert_eq!(planned.value.get("owner").as_str(), Some("me"));
        assert!(planned.value.get("title").is_unknown());
    }

    #[test]
    fn nothing_different_is_the_prior_object() {
        let ids = map([("k", "1".into())]);
        let prior = object(&[("name", "a".into()), ("owner", "svc".into()), ("ids", ids)]);
        let config = object(&[("name", "a".into())]);
        let planned = plan(&schema(), &prior, &prior.clone(), &config);
        assert_eq!(
            planned,
            Planned {
                value: prior,
                requires_replace: Vec::new()
            }
        );
    }

    #[test]
    fn any_difference_opens_every_computed_attribute_at_every_depth() {
        let prior = object(&[
            ("name", "a".into()),
            ("owner", "svc".into()),
            ("ids", map([("k", "1".into())])),
            ("rows", map([("k", row("Low", "s", "1".into()))])),
            ("steps", vec![row("Low", "s", "2".into())].into()),
            ("extra", row("Low", "s", "3".into())),
        ]);
        let config = object(&[
            ("name", "a".into()),
            ("title", "new".into()),
            (
                "rows",
                map([
                    ("k", row("Low", "s", Value::Null)),
                    ("l", row("High", "s", Value::Null)),
                ]),
            ),
            ("steps", vec![row("Low", "s", Value::Null)].into()),
            ("extra", row("Low", "s", Value::Null)),
        ]);
        let proposed = object(&[
            ("name", "a".into()),
            ("title", "new".into()),
            ("owner", "svc".into()),
            ("ids", map([("k", "1".into())])),
            (
                "rows",
                map([("k", row("Low", "s", "1".into())), ("l", row("High", "s", Value::Null))]),
            ),
            ("steps", vec![row("Low", "s", "2".into())].into()),
            ("extra", row("Low", "s", "3".into())),
        ]);
        let planned = plan(&schema(), &prior, &proposed, &config);
        let expected = object(&[
            ("name", "a".into()),
            ("title", "new".into()),
            ("owner", Value::Unknown),
            ("ids", Value::Unknown),
            (
                "rows",
                map([
                    ("k", row("Low", "s", Value::Unknown)),
                    ("l", row("High", "s", Value::Unknown)),
                ]),
            ),
            ("steps", vec![row("Low", "s", Value::Unknown)].into()),
            ("extra", row("Low", "s", Value::Unknown)),
        ]);
        assert_eq!(
            planned,
            Planned {
                value: expected,
                requires_replace: Vec::new()
            }
        );
    }

    #[test]
    fn an_attribute_that_forces_a_new_object_counts_only_if_it_differs() {
        let prior = |name: &str| {
            object(&[
                ("name", name.into()),
                (
                    "rows",
                    map([
                        ("gone", row("Low", "s", "1".into())),
                        ("k", row("Low", "s", "2".into())),
                    ]),
                ),
                (
                    "steps",
                    vec![row("Low", "s", "3".into()), row("Low", "s", "4".into())].into(),
                ),
                ("extra", row("Low", "s", "5".into())),
            ])
        };
        let same = plan(
            &schema(),
            &prior("a"),
            &object(&[("name", "a".into())]),
            &object(&[("name", "a".into())]),
        );
        assert_eq!(
            paths(&same),
            ["extra.scope"],
            "an object that is dropped drops its attributes"
        );

        let config = object(&[
            ("name", "b".into()),
            (
                "rows",
                map([
                    ("k", row("High", "t", Value::Null)),
                    ("new", row("Low", "t", Value::Null)),
                ]),
            ),
            (
                "steps",
                vec![row("High", "s", Value::Null), row("Low", "t", Value::Null)].into(),
            ),
            ("extra", row("High", "s", Value::Null)),
        ]);
        let changed = plan(&schema(), &prior("a"), &config, &config);
        assert_eq!(paths(&changed), ["name", "rows[\"k\"].scope", "steps[1].scope"]);
        let created = plan(&schema(), &Value::Null, &config, &config);
        assert_eq!(paths(&created), [""; 0]);
    }

    #[test]
    fn an_unknown_counts_as_different() {
        let prior = object(&[("name", "a".into()), ("extra", row("Low", "s", "5".into()))]);
        let config = object(&[("name", Value::Unknown), ("extra", Value::Unknown)]);
        let planned = plan(&schema(), &prior, &config, &config);
        assert_eq!(paths(&planned), ["name", "extra.scope"]);
        assert!(planned.value.get("extra").is_unknown());
    }
}
