//! Which result of an import call belongs to which item of it.
//!
//! The service answers in the order of the items in every example, but promises nothing, and repeats only the value of
//! an item, not its type or action. So a position counts only if the values agree, and a value only if it is the only
//! one of its kind; everything else is found out by looking at the rows.

use super::error::WriteError;
use super::wire::ImportResult;
use crate::indicator::{Indicator, RowId, canonical};
use std::collections::HashMap;

/// What became of one item.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The row has this id.
    Saved(RowId),
    /// The service did not take it.
    Refused(WriteError),
    /// The answer does not tell.
    Unclear,
}

/// What became of each item, in the order of `items`.
pub(crate) fn assign(items: &[&Indicator], results: Vec<ImportResult>) -> Vec<Outcome> {
    let agree = |item: &Indicator, result: &ImportResult| match &result.value {
        Some(value) => same_value(item, value),
        None => true,
    };
    if items.len() == results.len() && items.iter().zip(&results).all(|(item, result)| agree(item, result)) {
        return results.into_iter().map(outcome).collect();
    }
    let mut by_value: HashMap<String, Vec<ImportResult>> = HashMap::new();
    for result in results {
        if let Some(value) = &result.value {
            by_value.entry(key(value)).or_default().push(result);
        }
    }
    let mut items_of_value: HashMap<String, usize> = HashMap::new();
    for item in items {
        *items_of_value.entry(key(&item.value)).or_default() += 1;
    }
    items
        .iter()
        .map(|item| {
            let key = key(&item.value);
            match by_value.get_mut(&key).map(|results| (results.pop(), results.len())) {
                Some((Some(result), 0)) if items_of_value.get(&key) == Some(&1) => outcome(result),
                _ => Outcome::Unclear,
            }
        })
        .collect()
}

fn same_value(item: &Indicator, value: &str) -> bool {
    key(&item.value) == key(value)
        || canonical(&item.indicator_type, &item.value) == canonical(&item.indicator_type, value)
}

fn key(value: &str) -> String {
    value.trim().to_lowercase()
}

fn outcome(result: ImportResult) -> Outcome {
    match (result.is_failed, result.id, result.failure_reason) {
        (Some(true), _, reason) => {
            let reason = reason.unwrap_or_else(|| "it gave no reason".to_owned());
            Outcome::Refused(WriteError::from_reason(reason))
        }
        // A reason and no id: it failed, even if that is not said.
        (None, None, Some(reason)) => Outcome::Refused(WriteError::from_reason(reason)),
        (Some(false), Some(id), _) | (None, Some(id), None) => Outcome::Saved(id),
        _ => Outcome::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::testing::domain;
    use crate::indicator::Action;

    fn saved(id: &str, value: &str) -> ImportResult {
        ImportResult {
            id: Some(id.into()),
            value: Some(value.to_owned()),
            is_failed: Some(false),
            failure_reason: None,
        }
    }

    fn failed(value: &str, reason: &str) -> ImportResult {
        ImportResult {
            id: None,
            value: Some(value.to_owned()),
            is_failed: Some(true),
            failure_reason: Some(reason.to_owned()),
        }
    }

    /// One word for each item: its id, `!` and the reason, or `?`.
    fn words(items: &[Indicator], results: Vec<ImportResult>) -> Vec<String> {
        let items: Vec<&Indicator> = items.iter().collect();
        let word = |outcome| match outcome {
            Outcome::Saved(id) => id.to_string(),
            Outcome::Refused(WriteError::Refused { reason }) => format!("!{reason}"),
            Outcome::Refused(WriteError::Capacity { reason }) => format!("!!{reason}"),
            Outcome::Refused(other) => panic!("{other}"),
            Outcome::Unclear => "?".to_owned(),
        };
        assign(&items, results).into_iter().map(word).collect()
    }

    fn three() -> Vec<Indicator> {
        ["a.example", "b.example", "c.example"].map(domain).to_vec()
    }

    #[test]
    fn in_order_by_position() {
        let reason = "Max capacity exceeded. Current Total: 15000, Limit: 15000 (Parameter 'Capacity: 15000/15000')";
        let results = vec![
            saved("1", "A.EXAMPLE"),
            failed("b.example", "no"),
            failed("c.example", reason),
        ];
        assert_eq!(
            words(&three(), results),
            ["1".to_owned(), "!no".to_owned(), format!("!!{reason}")]
        );
    }

    #[test]
    fn out_of_order_or_short_by_value() {
        assert_eq!(
            words(
                &three(),
                vec![
                    saved("3", "c.example"),
                    saved("1", "a.example"),
                    saved("2", "b.example")
                ]
            ),
            ["1", "2", "3"]
        );
        assert_eq!(words(&three(), vec![saved("3", "c.example")]), ["?", "?", "3"]);
        assert_eq!(words(&three(), vec![]), ["?", "?", "?"]);
    }

    #[test]
    fn what_could_be_either_is_not_guessed() {
        let mut items = three();
        items[1] = Indicator {
            action: Action::Audit,
            ..domain("a.example")
        };
        let in_order = vec![
            saved("1", "a.example"),
            saved("2", "a.example"),
            saved("3", "c.example"),
        ];
        assert_eq!(words(&items, in_order), ["1", "2", "3"], "positions tell them apart");
        let turned = vec![
            saved("3", "c.example"),
            saved("2", "a.example"),
            saved("1", "a.example"),
        ];
        assert_eq!(words(&items, turned), ["?", "?", "3"]);
        let twice = vec![
            saved("1", "a.example"),
            saved("2", "a.example"),
            saved("3", "x.example"),
        ];
        assert_eq!(words(&three(), twice), ["?", "?", "?"]);
        let foreign = vec![
            saved("1", "a.example"),
            saved("2", "b.example"),
            saved("9", "z.example"),
        ];
        assert_eq!(words(&three(), foreign), ["1", "2", "?"]);
    }

    #[test]
    fn a_success_without_id_and_a_silent_result_are_unclear() {
        let no_id = ImportResult {
            id: None,
            ..saved("", "a.example")
        };
        let silent = ImportResult::default();
        let reason_with_id = ImportResult {
            is_failed: None,
            failure_reason: Some("?".to_owned()),
            ..saved("3", "c.example")
        };
        assert_eq!(words(&three(), vec![no_id, silent, reason_with_id]), ["?", "?", "?"]);
    }

    #[test]
    fn a_reason_alone_is_a_refusal() {
        let reason = |value: &str| ImportResult {
            is_failed: None,
            ..failed(value, "not a domain")
        };
        let empty_id = ImportResult {
            is_failed: Some(false),
            ..failed("c.example", "?")
        };
        let results = vec![saved("1", "a.example"), reason("b.example"), empty_id];
        assert_eq!(words(&three(), results), ["1", "!not a domain", "?"]);
    }

    #[test]
    fn a_failure_without_a_value_keeps_its_position_when_all_others_agree() {
        let nameless = ImportResult {
            value: None,
            ..failed("", "no")
        };
        let results = vec![saved("1", "a.example"), nameless, saved("3", "c.example")];
        assert_eq!(words(&three(), results), ["1", "!no", "3"]);
    }
}
