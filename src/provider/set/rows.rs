//! The rows of a list with the defaults of its set, remembered for the process: the host shows one list several times in a
//! run, to validate, to refresh and to plan, and twice where state and configuration say the same. Rows that are shared are
//! equal without being compared.

use crate::indicator::Field;
use crate::provider::list::{self, ListRow, Reading};
use crate::provider::model::ModelRow;
use crate::provider::recent::Recent;
use crate::tf::Value;
use bytestring::ByteString;
use std::sync::Arc;

/// How many bytes are remembered at most, which has room for the lists of a full tenant in a state and in a configuration.
const MOST: usize = 64 << 20;

/// About how many bytes a row takes.
const ROW: usize = 1 << 10;

/// The rows of a list.
#[derive(Clone)]
pub struct Rows {
    /// In the order of their keys.
    pub rows: Arc<Vec<ModelRow>>,
    /// Whether there may be rows that are decided only during apply.
    pub incomplete: bool,
    /// What is wrong with the list as a whole.
    pub faults: Vec<String>,
}

/// A text, the defaults, and the rows that they make.
type Built = (ByteString, ModelRow, Rows);

/// What was built in this process.
static BUILT: Recent<Built> = Recent::new(MOST);

/// The rows of the list.
pub fn of(list: &Value, defaults: &ModelRow) -> Rows {
    let Value::String(text) = list.untyped() else {
        return build(list, defaults);
    };
    let is_same = |(known, with, _): &Built| {
        with.planned.unknown == defaults.planned.unknown
            && with.planned.indicator == defaults.planned.indicator
            && known == text
    };
    let make = || {
        let rows = build(list, defaults);
        let size = text.len() + rows.rows.len() * ROW;
        (size, (text.clone(), defaults.clone(), rows))
    };
    BUILT.get_or_make(is_same, make).2
}

fn build(list: &Value, defaults: &ModelRow) -> Rows {
    let Reading {
        rows,
        incomplete,
        faults,
    } = list::read(list, |row| one(row, defaults), |row| &row.planned.name);
    Rows {
        rows: Arc::new(rows),
        incomplete,
        faults,
    }
}

fn one(row: ListRow, defaults: &ModelRow) -> ModelRow {
    let mut read = ModelRow::on(defaults, &row.key);
    read.indicator().value = row.key.to_string();
    read.planned.unknown.remove(Field::Value);
    read.take_row(row);
    read.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once_for_the_same_defaults() {
        let text = r#"{"read-once.example":{"title":"t"}}"#;
        let rows = |text: &str, defaults: &ModelRow| of(&text.into(), defaults).rows;
        let mut other = ModelRow::blank();
        other.indicator().fields.title = Some("u".to_owned());
        let first = rows(text, &ModelRow::blank());
        assert_eq!(&*first[0].planned.name, "read-once.example");
        assert!(Arc::ptr_eq(&first, &rows(text, &ModelRow::blank())));
        assert!(!Arc::ptr_eq(&first, &rows(text, &other)));
        assert!(!Arc::ptr_eq(
            &first,
            &rows(&text.replace("t\"}", "v\"}"), &ModelRow::blank())
        ));
    }
}
