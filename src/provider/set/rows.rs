//! The rows of a list with the defaults of its set, remembered for the process: validation, refresh and plan ask for the same
//! ones, and rows that are shared are equal without being compared.

use crate::indicator::Field;
use crate::provider::list::{List, ListRow};
use crate::provider::model::ModelRow;
use crate::provider::recent::Recent;
use std::sync::Arc;

/// How many rows are remembered at most: twice what a tenant holds, for a state and a configuration.
const MOST: usize = 30_000;

/// A list, the defaults, and the rows that they make.
type Built = (Arc<List>, ModelRow, Arc<Vec<ModelRow>>);

/// What was built in this process.
static BUILT: Recent<Built> = Recent::new(MOST);

/// The rows of the list.
pub fn of(list: &Arc<List>, defaults: &ModelRow) -> Arc<Vec<ModelRow>> {
    let is_same = |(known, with, _): &Built| {
        Arc::ptr_eq(known, list)
            && with.planned.unknown == defaults.planned.unknown
            && with.planned.indicator == defaults.planned.indicator
    };
    let make = || {
        let rows: Vec<ModelRow> = list.rows.iter().map(|row| one(row, defaults)).collect();
        (rows.len(), (Arc::clone(list), defaults.clone(), Arc::new(rows)))
    };
    BUILT.get_or_make(is_same, make).2
}

fn one(row: &ListRow, defaults: &ModelRow) -> ModelRow {
    let mut read = ModelRow::on(defaults, &row.key);
    read.indicator().value.clone_from(&row.key);
    read.planned.unknown.remove(Field::Value);
    read.take_row(row);
    read.finish()
}
