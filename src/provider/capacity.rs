//! The data source `mde_capacity`: how full the tenant is, and who filled it.

use super::diagnostics;
use super::indicators::{UNREADABLE, unreadable_rows};
use crate::tenant::{Problem, Tenant, Unread, Usage};
use crate::tf::{Attribute, DataSource, Diagnostic, Diagnostics, Object, Schema, Value, ValueType};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// The data source `mde_capacity`.
pub struct Capacity;

#[async_trait]
impl DataSource<Tenant> for Capacity {
    fn type_name(&self) -> &'static str {
        "mde_capacity"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "Reads how many indicators the tenant holds and can hold. Everything that creates indicators shares the \
             limit: this provider, the portal and other products.\n\nRequires the application permission \
             `Ti.ReadWrite.All`. With `Ti.ReadWrite` the provider sees only the indicators of its own application, so \
             `used`, `remaining`, `by_source` and `unreadable` are null, with a warning.",
            vec![
                Attribute::number("used").computed().describe(
                    "Number of active indicators that the provider's application can see. It includes those that the \
                     provider cannot read.",
                ),
                Attribute::number("limit")
                    .computed()
                    .describe("The `capacity` of the provider block. Default: 15000."),
                Attribute::number("remaining")
                    .computed()
                    .describe("`limit` minus `used`, but at least 0."),
                Attribute::map_of("by_source", ValueType::Number).computed().describe(
                    "Number of active indicators by the product that created them, such as `PublicApi` or `Portal`. \
                     `Unreadable` counts those that the provider cannot read.",
                ),
                Attribute::number("unreadable").computed().describe(UNREADABLE),
            ],
        )
    }

    async fn read(&self, tenant: &Tenant, _config: Value) -> (Value, Diagnostics) {
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
        let limit = count(tenant.policy.capacity);
        let state = Object::null(self.schema().object_type()).with("limit", limit);
        if tenant.client.sees_own_rows_only() {
            return (state.into(), unknown_use().into());
        }
        let usage = Usage::of(&listing);
        let mut sources: BTreeMap<String, Value> = usage
            .by_source
            .into_iter()
            .map(|(source, number)| (source, count(number).into()))
            .collect();
        if usage.unreadable > 0 {
            sources.insert("Unreadable".to_owned(), count(usage.unreadable).into());
        }
        let used = count(usage.used);
        let state = state
            .with("used", used)
            .with("remaining", (limit - used).max(0))
            .with("unreadable", count(usage.unreadable))
            .with("by_source", Value::Map(sources));
        (state.into(), unreadable_rows(&listing))
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How full the tenant is cannot be told from the rows of one author.
pub(super) fn unknown_use() -> Diagnostic {
    Diagnostic::warning(
        "mde_capacity cannot tell how full the tenant is",
        "The application sees its own indicators only, since its access token has the role `Ti.ReadWrite` and not \
         `Ti.ReadWrite.All`. So all attributes but `limit` are null.\n\nGive the application the permission `Ti.ReadWrite.All` \
         of WindowsDefenderATP, with admin consent.",
    )
}
