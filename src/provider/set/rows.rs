//! The rows of a list with the defaults of its set, remembered for the process: validation, refresh and plan ask for the same
//! ones, and rows that are shared are equal without being compared.

use crate::indicator::Field;
use crate::provider::list::List;
use crate::provider::model::ModelRow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many rows are remembered at most: twice what a tenant holds, for a state and a configuration.
const MOST: usize = 30_000;

/// A list, the defaults, and the rows that they make.
struct Built {
    list: Arc<List>,
    defaults: ModelRow,
    rows: Arc<Vec<ModelRow>>,
}

/// What was built in this process, the latest first.
static BUILT: Mutex<VecDeque<Built>> = Mutex::new(VecDeque::new());

/// The rows of the list.
pub fn of(list: &Arc<List>, defaults: &ModelRow) -> Arc<Vec<ModelRow>> {
    let is_same = |built: &Built| {
        Arc::ptr_eq(&built.list, list)
            && built.defaults.planned.unknown == defaults.planned.unknown
            && built.defaults.planned.indicator == defaults.planned.indicator
    };
    // What is remembered is whole at any time, so a panic elsewhere does not harm it.
    let lock = || BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(built) = lock().iter().find(|built| is_same(built)) {
        return Arc::clone(&built.rows);
    }
    let rows = Arc::new(list.rows.iter().map(|row| one(row, defaults)).collect::<Vec<_>>());
    let mut built = lock();
    built.push_front(Built {
        list: Arc::clone(list),
        defaults: defaults.clone(),
        rows: Arc::clone(&rows),
    });
    let mut count = 0;
    built.retain(|built| {
        count += built.rows.len();
        count <= MOST
    });
    rows
}

fn one(row: &crate::provider::list::ListRow, defaults: &ModelRow) -> ModelRow {
    let mut read = ModelRow::on(defaults, &row.key);
    read.indicator().value.clone_from(&row.key);
    read.planned.unknown.remove(Field::Value);
    read.take_row(row);
    read.finish()
}
