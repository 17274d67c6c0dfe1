//! Which rows of a tenant are exported, and why others are not.

use super::filter::Dimension;
use crate::indicator::rules::{self, Finding};
use crate::indicator::{FieldSet, Key, Row, is_writable};
use std::collections::{BTreeMap, HashMap};

/// The products whose rows people and applications make. All others make rows by themselves, and would make them again.
const PEOPLE: [&str; 5] = ["", "Unspecified", "PublicApi", "Portal", "BulkAction"];

/// All products.
const ALL: &str = "*";

/// Which rows to take: of each list that names something, one must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Types.
    pub types: Vec<String>,
    /// Actions.
    pub actions: Vec<String>,
    /// Labels; empty text is no label.
    pub applications: Vec<String>,
    /// Authors.
    pub creators: Vec<String>,
    /// Products that made the rows; `*` is all. None is what people and applications make.
    pub sources: Vec<String>,
}

/// Why a chosen row is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// Only other products make rows of this type.
    Type,
    /// The action is unknown.
    Action,
    /// The action went out of use.
    Retired,
    /// The value or a field is what a plan refuses, as this sentence says.
    Refused(String),
    /// Another row, of this id, says the same of value, type, action and device groups.
    Twice(String),
}

/// The chosen rows.
#[derive(Debug, Default)]
pub struct Selected<'a> {
    /// Those to write, sorted by type, value, action and id.
    pub taken: Vec<&'a Row>,
    /// Those that cannot be written.
    pub left: Vec<(&'a Row, Left)>,
    /// How many other products have made.
    pub products: BTreeMap<String, usize>,
}

impl Selection {
    /// Sorts the rows out.
    pub fn select<'a>(&self, rows: &[&'a Row]) -> Selected<'a> {
        let mut selected = Selected::default();
        let mut chosen: Vec<&'a Row> = rows.iter().copied().filter(|row| self.fits(row)).collect();
        chosen.sort_by(|one, other| place(one).cmp(&place(other)).then_with(|| one.id.cmp(&other.id)));
        let mut seen: HashMap<Key, &Row> = HashMap::new();
        for row in chosen {
            let source = Dimension::Source.of(row);
            if self.sources.is_empty() && !PEOPLE.contains(&source) {
                *selected.products.entry(source.to_owned()).or_default() += 1;
                continue;
            }
            let reason = obstacle(row).or_else(|| {
                let first = seen.insert(row.indicator.key(), row)?;
                Some(Left::Twice(first.id.to_string()))
            });
            match reason {
                None => selected.taken.push(row),
                Some(reason) => selected.left.push((row, reason)),
            }
        }
        selected
    }

    fn fits(&self, row: &Row) -> bool {
        let fits = |dimension: Dimension, wanted: &[String]| {
            wanted.is_empty()
                || wanted
                    .iter()
                    .any(|wanted| dimension.matches(row, wanted) || (dimension == Dimension::Source && wanted == ALL))
        };
        fits(Dimension::Type, &self.types)
            && fits(Dimension::Action, &self.actions)
            && fits(Dimension::Application, &self.applications)
            && fits(Dimension::CreatedBy, &self.creators)
            && fits(Dimension::Source, &self.sources)
    }
}

fn place(row: &Row) -> [&str; 3] {
    let indicator = &row.indicator;
    [
        indicator.indicator_type.as_str(),
        &indicator.value,
        indicator.action.as_str(),
    ]
}

/// Why no configuration can hold the row.
fn obstacle(row: &Row) -> Option<Left> {
    let indicator = &row.indicator;
    if indicator.action.is_retired() {
        return Some(Left::Retired);
    }
    if !is_writable(indicator) {
        let is_type = crate::indicator::IndicatorType::parse(indicator.indicator_type.as_str()).is_none();
        return Some(if is_type { Left::Type } else { Left::Action });
    }
    let findings = rules::check(indicator, FieldSet::default());
    let refused = findings.into_iter().find(Finding::is_error)?;
    Some(Left::Refused(refused.rule))
}
