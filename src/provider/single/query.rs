//! The list `mde_indicator`: the indicators of the tenant that an `mde_indicator` can manage, for `terraform query`.

use super::SingleIndicator;
use super::import::state;
use crate::indicator::{Row, is_writable};
use crate::outgoing::words;
use crate::provider::diagnostics;
use crate::provider::filter::{self, Filter};
use crate::provider::indicators::unreadable_rows;
use crate::provider::object::Kind;
use crate::tenant::{Problem, Tenant, Unread};
use crate::tf::{Diagnostic, Diagnostics, ListResource, Listed, Schema, Value};
use async_trait::async_trait;

/// What indicators can be chosen by.
const FILTERS: [Filter; 8] = [
    Filter::Type,
    Filter::Action,
    Filter::Application,
    Filter::CreatedBy,
    Filter::Title,
    Filter::Severity,
    Filter::Value,
    Filter::ValueContains,
];

/// How much of a value and of a title a line shows, in characters.
const SHOWN: usize = 80;

/// The list `mde_indicator`.
pub struct ListIndicators;

#[async_trait]
impl ListResource<Tenant> for ListIndicators {
    fn type_name(&self) -> &'static str {
        SingleIndicator::TYPE_NAME
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "Lists the indicators of the tenant that `mde_indicator` can manage, whoever created them, for `terraform \
             query`.\n\nRequires Terraform 1.14 or newer; OpenTofu has no query. Without filters it lists all indicators, up to \
             the `limit` of the list block, which is 100 by default. They are ordered by type, value and action.\n\nUse it to find \
             tens or hundreds of indicators, and to generate configuration for them. For longer lists import an \
             `mde_indicator_set` by a filter.\n\nRequires the application permission `Ti.ReadWrite.All`. With `Ti.ReadWrite` it \
             lists only the indicators of the provider's own application.",
            FILTERS.iter().map(|filter| filter.attribute()).collect(),
        )
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        filter::check(self.type_name(), &FILTERS, config, |_, _| false)
    }

    async fn list(&self, tenant: &Tenant, config: Value, limit: usize) -> (Vec<Listed>, Diagnostics) {
        let listing = match tenant.client.listing().await {
            Ok(listing) => listing,
            Err(error) => {
                let unread = Unread::NothingRead;
                return (
                    Vec::new(),
                    diagnostics::all("", vec![Problem::Unlisted { error, unread }]),
                );
            }
        };
        let is_meant = |row: &&Row| is_writable(&row.indicator) && filter::matches_all(tenant, row, &FILTERS, &config);
        let mut rows: Vec<&Row> = listing.iter().filter(is_meant).collect();
        rows.sort_by(|one, other| order(one).cmp(&order(other)));
        let mut told = unreadable_rows(&listing);
        told.extend((rows.len() > limit).then(|| too_many(rows.len(), limit)));
        rows.truncate(limit);
        let listed = rows.into_iter().map(|row| Listed {
            display_name: display_name(row),
            object: state(row),
        });
        (listed.collect(), told)
    }
}

fn order(row: &Row) -> impl Ord + use<'_> {
    let indicator = &row.indicator;
    (
        indicator.indicator_type.as_str(),
        indicator.value.as_str(),
        indicator.action.as_str(),
        &row.id,
    )
}

fn display_name(row: &Row) -> String {
    let indicator = &row.indicator;
    let value = words(&indicator.value, SHOWN);
    let name = format!("{} {} {value}", indicator.action, indicator.indicator_type);
    match indicator.fields.title.as_deref().filter(|title| !title.is_empty()) {
        Some(title) => format!("{name} ({})", words(title, SHOWN)),
        None => name,
    }
}

/// More indicators match than the list block asks for.
pub(in crate::provider) fn too_many(count: usize, limit: usize) -> Diagnostic {
    Diagnostic::warning(
        format!("mde_indicator: {count} indicators match, and the limit is {limit}"),
        "Raise `limit` in the list block, or narrow the filters in its `config` block.",
    )
}
