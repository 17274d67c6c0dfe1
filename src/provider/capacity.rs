//! The data source `mde_capacity`: how full the tenant is, and who filled it.

use super::fields::string_map;
use super::report::unlisted;
use super::session::Session;
use crate::tf::{Attribute, DataSource, Diagnostics, Object, Schema, Value, ValueType};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// The data source `mde_capacity`.
pub struct Capacity;

#[async_trait]
impl DataSource<Session> for Capacity {
    fn type_name(&self) -> &'static str {
        "mde_capacity"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "How many indicators the tenant holds and can hold. The limit is shared by everything that makes indicators: \
             this provider, the portal and other products.",
            vec![
                Attribute::number("used")
                    .computed()
                    .describe("Active indicators that this application can see."),
                Attribute::number("limit")
                    .computed()
                    .describe("The `capacity` of the provider block, 15000 by default."),
                Attribute::number("remaining")
                    .computed()
                    .describe("`limit` less `used`, and at least 0."),
                Attribute::map_of("by_source", ValueType::Number)
                    .computed()
                    .describe("Active indicators by the product that made them, such as `PublicApi` or `Portal`."),
            ],
        )
    }

    async fn read(&self, session: &Session, _config: Value) -> (Value, Diagnostics) {
        let listing = match session.client.listing().await {
            Ok(listing) => listing,
            Err(error) => return (Value::Null, unlisted(&error, "Nothing was read.").into()),
        };
        let mut sources: BTreeMap<&str, i64> = BTreeMap::new();
        for row in listing.iter() {
            *sources
                .entry(row.facts.created_by_source.as_deref().unwrap_or("Unspecified"))
                .or_default() += 1;
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let (used, limit) = (count(listing.len()), count(session.policy.capacity));
        let state = Object::null(self.schema().object_type())
            .with("used", used)
            .with("limit", limit)
            .with("remaining", (limit - used).max(0))
            .with("by_source", string_map(sources));
        (state.into(), Diagnostics::default())
    }
}
