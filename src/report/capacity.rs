//! How full the tenant is before and after the plan, by the data source `mde_capacity`.

use super::changes::{Changes, Kind};
use super::list::Row;
use super::log::Message;
use super::plan::Plan;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Below this share of free room, in percent, the report warns.
const SCARCE: i64 = 5;

/// How full a tenant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// The address of the data source.
    pub address: String,
    /// Indicators in the tenant when the plan was made.
    pub used: i64,
    /// The most that the tenant holds.
    pub limit: i64,
    /// Indicators after the plan; `None` if some lists are not known, or if there are several tenants.
    pub after: Option<i64>,
    /// Indicators by the product that made them.
    pub by_source: BTreeMap<String, i64>,
}

#[derive(Deserialize)]
struct Values {
    used: Option<i64>,
    limit: Option<i64>,
    #[serde(default)]
    by_source: Option<BTreeMap<String, i64>>,
}

impl Capacity {
    /// Indicators after the plan, or now if that is not known.
    pub fn last(&self) -> i64 {
        self.after.unwrap_or(self.used)
    }

    /// Room that is left.
    pub fn free(&self) -> i64 {
        self.limit.saturating_sub(self.last())
    }

    /// Whether there is little room left, or none.
    pub fn is_scarce(&self) -> bool {
        self.free().saturating_mul(100) < self.limit.saturating_mul(SCARCE)
    }
}

/// How full each tenant is that the plan has read.
pub fn of(plan: &Plan<'_>, changes: &Changes, messages: &[Message], now: Option<Timestamp>) -> Vec<Capacity> {
    let state = plan.prior_state.as_ref();
    let resources = state.map(super::plan::State::resources).unwrap_or_default();
    let mut found: Vec<Capacity> = resources
        .iter()
        .filter(|resource| resource.kind == "mde_capacity" && resource.address.contains("data."))
        .filter_map(|resource| {
            let values: Values = serde_json::from_str(resource.values?.get()).ok()?;
            Some(Capacity {
                address: resource.address.clone(),
                used: values.used?,
                limit: values.limit.filter(|limit| *limit > 0)?,
                after: None,
                by_source: values.by_source.unwrap_or_default(),
            })
        })
        .collect();
    let is_known = !changes.after.iter().any(|(_, list)| list.is_unknown);
    if let ([capacity], true) = (&mut found[..], is_known) {
        let growth = growth(changes, now) - taken_over(messages);
        capacity.after = Some(capacity.used.saturating_add(growth).max(0));
    }
    found.sort_by(|one, other| one.address.cmp(&other.address));
    found
}

/// By how many rows the tenant grows. An indicator that has expired is not there, whatever lists say.
fn growth(changes: &Changes, now: Option<Timestamp>) -> i64 {
    let is_live = |row: &Row| !now.is_some_and(|now| row.indicator.is_expired(now));
    let rows = changes.groups.iter().flat_map(|group| &group.rows);
    rows.filter(|change| is_live(&change.row))
        .map(|change| match change.kind {
            Kind::Added => 1,
            Kind::Removed => -1,
            // One that somebody deleted in the tenant comes back.
            Kind::Restored if change.comes_back => 1,
            Kind::Restored | Kind::Anew | Kind::Changed | Kind::Moved => 0,
        })
        .sum()
}

/// Rows that the plan adds to a list and that stand in the tenant already, by the summaries of the provider's warnings, such
/// as `C2: 1 to adopt, 2 to take over`.
fn taken_over(messages: &[Message]) -> i64 {
    let counts = messages.iter().filter(|message| !message.is_error).flat_map(|message| {
        let (_, counts) = message.summary.rsplit_once(": ").unwrap_or_default();
        counts.split(", ").filter_map(|count| {
            let (number, what) = count.split_once(' ')?;
            matches!(what, "to adopt" | "to take over").then(|| number.parse::<i64>().ok())?
        })
    });
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning(summary: &str) -> Message {
        Message {
            is_error: false,
            summary: summary.to_owned(),
            detail: String::new(),
            address: None,
            place: None,
        }
    }

    #[test]
    fn rows_that_are_taken_over_are_no_growth() {
        let messages = [
            "C2: phase 1: 3 to delete, 2 to adopt, 4 to take over, 1 to re-create",
            "No counts",
            "List: 1 changed",
            "x to adopt",
        ];
        assert_eq!(taken_over(&messages.map(warning)), 6);
    }

    #[test]
    fn room_is_scarce_below_five_percent() {
        let of = |used, after| Capacity {
            address: String::new(),
            used,
            limit: 100,
            after,
            by_source: BTreeMap::new(),
        };
        for (capacity, free, is_scarce) in [
            (of(95, None), 5, false),
            (of(96, None), 4, true),
            (of(96, Some(10)), 90, false),
            (of(1, Some(120)), -20, true),
        ] {
            assert_eq!((capacity.free(), capacity.is_scarce()), (free, is_scarce));
        }
    }
}
