//! Which row of a list becomes which row of another one.

use super::difference::{Relation, relation};
use super::list::Row;
use crate::indicator::{Key, ValueKey};
use std::collections::HashMap;

/// Rows of two lists, side by side.
#[derive(Debug, Default)]
pub struct Pairing {
    /// Rows that are in both, by their places in the two lists, and how they are to each other.
    pub pairs: Vec<(usize, usize, Relation)>,
    /// Rows that are in the first list only.
    pub before: Vec<usize>,
    /// Rows that are in the second list only.
    pub after: Vec<usize>,
}

/// Puts the rows of two lists side by side: first by their keys, then by what the service tells rows apart by, whatever
/// their keys are, and then by their values, which takes rows together whose action changes.
///
/// Both lists are sorted by key.
pub fn pair(before: &[Row], after: &[Row]) -> Pairing {
    let mut pairing = by_key(before, after);
    let key = |row: &Row| row.indicator.key();
    pairing.match_left(before, after, key, key);
    let value = |row: &Row| row.indicator.value_key();
    pairing.match_left(before, after, value, value);
    pairing.pairs.sort_by_key(|(one, other, _)| (*other, *one));
    pairing
}

fn by_key(before: &[Row], after: &[Row]) -> Pairing {
    let mut pairing = Pairing::default();
    let (mut one, mut other) = (0, 0);
    while let (Some(old), Some(new)) = (before.get(one), after.get(other)) {
        match old.key.cmp(&new.key) {
            std::cmp::Ordering::Less => {
                pairing.before.push(one);
                one += 1;
            }
            std::cmp::Ordering::Greater => {
                pairing.after.push(other);
                other += 1;
            }
            std::cmp::Ordering::Equal => {
                match relation(old, new) {
                    // The key stands for another value now.
                    Relation::Other => {
                        pairing.before.push(one);
                        pairing.after.push(other);
                    }
                    relation => pairing.pairs.push((one, other, relation)),
                }
                one += 1;
                other += 1;
            }
        }
    }
    pairing.before.extend(one..before.len());
    pairing.after.extend(other..after.len());
    pairing
}

impl Pairing {
    /// Takes rows together that are left on both sides and have the same of something that no other row left there has.
    fn match_left<K: std::hash::Hash + Eq>(
        &mut self,
        before: &[Row],
        after: &[Row],
        key: impl Fn(&Row) -> K,
        other_key: impl Fn(&Row) -> K,
    ) {
        if self.before.is_empty() || self.after.is_empty() {
            return;
        }
        let mut places: HashMap<K, Option<usize>> = HashMap::new();
        for place in &self.after {
            if let Some(row) = after.get(*place).filter(|row| is_told(row)) {
                places
                    .entry(key(row))
                    .and_modify(|place| *place = None)
                    .or_insert(Some(*place));
            }
        }
        let mut taken = Vec::new();
        self.before.retain(|one| {
            let Some(row) = before.get(*one).filter(|row| is_told(row)) else {
                return true;
            };
            // Each only once.
            let Some(other) = places.get_mut(&other_key(row)).and_then(Option::take) else {
                return true;
            };
            let Some(new) = after.get(other) else { return true };
            match relation(row, new) {
                Relation::Other => true,
                relation => {
                    taken.push(other);
                    self.pairs.push((*one, other, relation));
                    false
                }
            }
        });
        taken.sort_unstable();
        self.after.retain(|place| taken.binary_search(place).is_err());
    }
}

/// Whether it is known what the row is about.
fn is_told(row: &Row) -> bool {
    let fields = [
        crate::indicator::Field::Value,
        crate::indicator::Field::Type,
        crate::indicator::Field::Action,
    ];
    !fields.into_iter().any(|field| row.unknown.contains(field))
}

/// The rows of several lists by what the service tells rows apart by, with the place of their list.
#[derive(Debug, Default)]
pub struct Everywhere {
    rows: HashMap<Key, Vec<(usize, usize)>>,
}

impl Everywhere {
    /// Adds a row of a list.
    pub fn add(&mut self, list: usize, place: usize, row: &Row) {
        if is_told(row) {
            self.rows.entry(row.indicator.key()).or_default().push((list, place));
        }
    }

    /// A row that is the same one in another list than this.
    pub fn elsewhere(&self, list: usize, row: &Row) -> Option<(usize, usize)> {
        let places = self.rows.get(&row.indicator.key())?;
        places.iter().copied().find(|(other, _)| *other != list)
    }
}

/// Rows by value, to find one that another list has with another action.
pub type ByValue<T> = HashMap<ValueKey, T>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::list::{List, Marked};
    use serde_json::{Value as Json, json};

    fn rows(rows: Json) -> Vec<Row> {
        let set = serde_json::value::to_raw_value(&json!({ "action": "Block", "indicators": rows })).unwrap();
        let marked = Marked {
            value: Some(&set),
            ..Marked::default()
        };
        List::of_set(marked).unwrap().rows
    }

    fn told(before: Json, after: Json) -> String {
        let (before, after) = (rows(before), rows(after));
        let pairing = pair(&before, &after);
        let pairs = pairing.pairs.iter().map(|(one, other, relation)| {
            let kind = match relation {
                Relation::Same => "=",
                Relation::Changed(_) => "~",
                Relation::Anew(_) => "±",
                Relation::Other => "?",
            };
            format!("{}{kind}{}", before[*one].key, after[*other].key)
        });
        let gone = pairing.before.iter().map(|place| format!("-{}", before[*place].key));
        let new = pairing.after.iter().map(|place| format!("+{}", after[*place].key));
        pairs.chain(gone).chain(new).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_are_paired_by_key_then_by_what_they_are() {
        let value = |value: &str| json!({ "value": value });
        for (before, after, expected) in [
            (json!({}), json!({}), ""),
            (
                json!({"a.example": null}),
                json!({"b.example": null}),
                "-a.example +b.example",
            ),
            (
                json!({"a.example": null, "b.example": null}),
                json!({"a.example": {"severity": "Low"}, "b.example": {}}),
                "a.example~a.example b.example=b.example",
            ),
            // A new key for the same row.
            (
                json!({"a.example": null}),
                json!({"x": value("A.example")}),
                "a.example=x",
            ),
            // A key that stands for another value.
            (
                json!({"x": value("a.example")}),
                json!({"x": value("b.example")}),
                "-x +x",
            ),
            (
                json!({"x": value("a.example"), "y": value("b.example")}),
                json!({"x": value("b.example"), "y": value("a.example")}),
                "y=x x=y",
            ),
            // Another action under another key.
            (
                json!({"a.example": null}),
                json!({"a": {"value": "a.example", "action": "Warn"}}),
                "a.example±a",
            ),
            // Which of two becomes which is not told.
            (
                json!({"a.example": null}),
                json!({"x": {"value": "a.example", "action": "Warn"}, "y": {"value": "a.example", "action": "Allowed"}}),
                "-a.example +x +y",
            ),
        ] {
            assert_eq!(told(before.clone(), after.clone()), expected, "{before} {after}");
        }
    }
}
