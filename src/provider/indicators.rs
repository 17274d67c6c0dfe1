//! The data source `mde_indicators`: rows of the tenant, with everything that the service says of them.

use super::attributes::{attribute, write};
use super::diagnostics;
use super::filter::{self, Filter};
use super::words::{counted, named};
use crate::defender::Listing;
use crate::indicator::{Field, Row, RowId};
use crate::tenant::{Problem, Tenant, Unread};
use crate::tf::{Attribute, DataSource, Diagnostic, Diagnostics, Object, ObjectType, Schema, Value, ValueType};
use async_trait::async_trait;
use std::sync::Arc;

const ROWS: &str = "indicators";
const UNREADABLE_COUNT: &str = "unreadable";
const CREATED_BY: &str = "created_by";

/// Read-only facts of a row: name and description.
const FACTS: [(&str, &str); 6] = [
    (
        CREATED_BY,
        "Author: an application id, or a user principal name for indicators created in the portal.",
    ),
    ("created_by_display_name", "Display name of the author."),
    (
        "created_by_source",
        "Product that created the indicator, such as `PublicApi`, `Portal` or `MCAS`.",
    ),
    ("creation_time", "Time of creation, as an RFC 3339 timestamp."),
    (
        "last_updated_by",
        "Author of the last change. Null until the first change.",
    ),
    ("last_update_time", "Time of the last change, as an RFC 3339 timestamp."),
];

/// What rows can be chosen by.
const FILTERS: [Filter; 6] = [
    Filter::Type,
    Filter::Action,
    Filter::Application,
    Filter::CreatedBy,
    Filter::Title,
    Filter::Value,
];

/// What the attribute says that counts rows which cannot be read.
pub const UNREADABLE: &str = "How many indicators of the tenant the provider cannot read; a warning names them.";

/// The data source `mde_indicators`.
pub struct Indicators;

/// A warning about the rows that are there and cannot be read.
pub fn unreadable_rows(listing: &Listing) -> Diagnostics {
    let (count, ids) = listing.unreadable();
    (count > 0).then(|| unreadable(count, &ids)).into_iter().collect()
}

/// So many rows, of which some have these ids.
pub(super) fn unreadable(count: usize, ids: &[&RowId]) -> Diagnostic {
    let mut lines: Vec<String> = ids.iter().map(|id| format!("- id {id}")).collect();
    if count > ids.len() {
        lines.push(format!("- {} without an id that can be read", count - ids.len()));
    }
    Diagnostic::warning(
        format!(
            "{} cannot be read",
            counted(count, "indicator of the tenant", "indicators of the tenant")
        ),
        format!(
            "The service lists them without a value, type or action, or in a form that this version does not know. They count \
             in `unreadable` and take room in the tenant, but no filter finds them:\n{}\n\nLook at them in the Defender portal, \
             and report this to the developers of the provider.",
            named(&lines)
        ),
    )
}

fn row_attributes() -> Vec<Attribute> {
    let mut attributes = vec![
        Attribute::string("id")
            .computed()
            .describe("Id of the indicator, assigned by the service."),
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
        let mut attributes: Vec<Attribute> = FILTERS.iter().map(|filter| filter.attribute()).collect();
        attributes.push(Attribute::number(UNREADABLE_COUNT).computed().describe(UNREADABLE));
        attributes.push(
            Attribute::nested_list(ROWS, row_attributes())
                .computed()
                .describe("Indicators that match all filters, ordered by id."),
        );
        Schema::new(
            "[Lists \
             indicators](https://learn.microsoft.com/en-us/defender-endpoint/api/get-ti-indicators-collection) of \
             the tenant, whoever created them. Without filters it returns all of them.\n\nRequires the application \
             permission `Ti.ReadWrite.All`. With `Ti.ReadWrite` it returns only the indicators of the provider's own \
             application.",
            attributes,
        )
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        filter::check(self.type_name(), &FILTERS, config, is_listed_only)
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
        let rows: Vec<&Row> = listing
            .iter()
            .filter(|row| filter::matches_all(tenant, row, &FILTERS, &config))
            .collect();
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
