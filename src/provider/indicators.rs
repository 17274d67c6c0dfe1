//! The data source `mde_indicators`: rows of the tenant, with everything that the service says of them.

use super::attributes::{attribute, write};
use super::diagnostics;
use super::filter::Filter;
use super::words::{counted, named};
use crate::defender::Listing;
use crate::indicator::{Field, Row};
use crate::tenant::{Problem, Tenant, Unread};
use crate::tf::{Attribute, DataSource, Diagnostic, Diagnostics, Object, ObjectType, Path, Schema, Value, ValueType};
use async_trait::async_trait;
use std::sync::Arc;

const ROWS: &str = "indicators";
const UNREADABLE_COUNT: &str = "unreadable";
const CREATED_BY: &str = "created_by";

/// Read-only facts of a row: name and description.
const FACTS: [(&str, &str); 6] = [
    (
        CREATED_BY,
        "Application id, or user principal name for rows made in the portal.",
    ),
    ("created_by_display_name", "Name of the application or user."),
    (
        "created_by_source",
        "Product that made the row, such as `PublicApi`, `Portal` or `MCAS`.",
    ),
    ("creation_time", "When the row was made."),
    ("last_updated_by", "Who changed it last; null until the first change."),
    ("last_update_time", "When it was changed last."),
];

/// Filters: the attribute, and what it is compared with.
const FILTERS: [(Filter, &str); 6] = [
    (Filter::Type, "Only rows of this type."),
    (Filter::Action, "Only rows with this action."),
    (Filter::Application, "Only rows with this application label."),
    (
        Filter::CreatedBy,
        "Only rows by this author: an application id, a user principal name, or `self` for this application.",
    ),
    (Filter::Title, "Only rows with this title."),
    (
        Filter::Value,
        "Only rows with this value, in any spelling that means the same.",
    ),
];

/// What the attribute says that counts rows which cannot be read.
pub const UNREADABLE: &str = "How many indicators of the tenant the provider cannot read; a warning names them.";

/// The data source `mde_indicators`.
pub struct Indicators;

/// A warning about the rows that are there and cannot be read.
pub fn unreadable_rows(listing: &Listing) -> Diagnostics {
    let (count, ids) = listing.unreadable();
    if count == 0 {
        return Diagnostics::default();
    }
    let mut lines: Vec<String> = ids.iter().map(|id| format!("- id {id}")).collect();
    if count > ids.len() {
        lines.push(format!("- {} without an id that can be read", count - ids.len()));
    }
    Diagnostic::warning(
        format!("{} cannot be read", counted(count, "indicator of the tenant", "indicators of the tenant")),
        format!(
            "The service lists them without a value, type or action, or in a form that this version does not know. They count \
             in `unreadable` and take room in the tenant, but no filter finds them:\n{}\n\nLook at them in the Defender portal, \
             and report this to the developers of the provider.",
            named(&lines)
        ),
    )
    .into()
}

fn row_attributes() -> Vec<Attribute> {
    let mut attributes = vec![
        Attribute::string("id")
            .computed()
            .describe("The service's own identifier."),
        attribute(Field::Value).computed(),
    ];
    let fields = Field::of_the_service().filter(|field| *field != Field::Value);
    attributes.extend(fields.map(|field| computed(attribute(field))));
    attributes.extend(FACTS.map(|(name, text)| Attribute::string(name).computed().describe(text)));
    attributes
}

/// The attribute, and what is nested in it, as something that only the provider writes.
fn computed(mut attribute: Attribute) -> Attribute {
    if let crate::tf::AttributeKind::Nested { attributes, .. } = &mut attribute.kind {
        *attributes = std::mem::take(attributes).into_iter().map(computed).collect();
    }
    attribute.computed()
}

#[async_trait]
impl DataSource<Tenant> for Indicators {
    fn type_name(&self) -> &'static str {
        "mde_indicators"
    }

    fn schema(&self) -> Schema {
        let mut attributes: Vec<Attribute> = FILTERS
            .iter()
            .map(|(filter, text)| Attribute::string(filter.name()).optional().describe(*text))
            .collect();
        attributes.push(Attribute::number(UNREADABLE_COUNT).computed().describe(UNREADABLE));
        attributes.push(
            Attribute::nested_list(ROWS, row_attributes())
                .computed()
                .describe("The rows that match all filters, in the order of their ids."),
        );
        Schema::new(
            "Indicators of the tenant that this application can see, whoever made them.",
            attributes,
        )
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let problems = FILTERS.iter().filter_map(|(filter, _)| {
            let wanted = config.get(filter.name()).as_str()?;
            let problem = filter.problem(wanted).filter(|_| !is_listed_only(*filter, wanted))?;
            let error = Diagnostic::error(
                format!("mde_indicators: invalid {}", filter.name()),
                format!("{problem}\n\nNo indicator can match this filter."),
            );
            Some(error.at(Path::attribute(filter.name())))
        });
        problems.collect()
    }

    async fn read(&self, tenant: &Tenant, config: Value) -> (Value, Diagnostics) {
        let listing = match tenant.client.listing().await {
            Ok(listing) => listing,
            Err(error) => {
                let unread = Unread::NothingRead;
                return (
                    Value::Null,
                    diagnostics::all("", vec![Problem::Unlisted { error, unread }]),
                );
            }
        };
        let rows: Vec<&Row> = listing.iter().filter(|row| matches(tenant, row, &config)).collect();
        let schema = self.schema();
        let row_type = match schema.object_type().attribute(ROWS) {
            Some(ValueType::List(element)) => match element.as_ref() {
                ValueType::Object(row_type) => row_type.clone(),
                _ => return (Value::Null, Diagnostics::default()),
            },
            _ => return (Value::Null, Diagnostics::default()),
        };
        let list = Value::List(rows.into_iter().map(|row| as_value(&row_type, row)).collect());
        let mut state = config
            .as_object()
            .cloned()
            .unwrap_or_else(|| Object::null(schema.object_type()));
        state.set(ROWS, list);
        let (unreadable, _) = listing.unreadable();
        state.set(UNREADABLE_COUNT, i64::try_from(unreadable).unwrap_or(i64::MAX).into());
        (state.into(), unreadable_rows(&listing))
    }
}

/// Types that occur in tenants although nobody can submit them, from the service's list of types.
const LISTED_TYPES: [&str; 2] = ["WebCategory", "ProcessMemorySimilarityHash"];

/// Whether other products make what the filter asks for. Their values have forms of their own, such as the name of a category.
fn is_listed_only(filter: Filter, wanted: &str) -> bool {
    filter == Filter::Type && LISTED_TYPES.contains(&wanted)
}

fn as_value(row_type: &Arc<ObjectType>, row: &Row) -> Value {
    let mut object = Object::null(row_type.clone());
    object.set("id", row.id.as_str().into());
    for field in Field::of_the_service() {
        object.set(field.name(), write(field, &row.indicator));
    }
    let facts = &row.facts;
    let values = [
        facts.created_by.clone(),
        facts.created_by_display_name.clone(),
        facts.created_by_source.clone(),
        facts.creation_time.map(|time| time.to_string()),
        facts.last_updated_by.clone(),
        facts.last_update_time.map(|time| time.to_string()),
    ];
    for ((name, _), value) in FACTS.iter().zip(values) {
        object.set(name, value.into());
    }
    object.into()
}

fn matches(tenant: &Tenant, row: &Row, config: &Value) -> bool {
    FILTERS.iter().all(|(filter, _)| {
        let wanted = config.get(filter.name()).as_str();
        wanted.is_none_or(|wanted| filter.matches(tenant, row, wanted))
    })
}
