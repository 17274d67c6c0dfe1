//! Gathering rows into the map that a set takes, and what is wrong with them into one error.

use super::element::differing;
use crate::tf::{FunctionError, Value};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// How many problems one error names before it only counts the rest.
const NAMED: usize = 50;

/// Rows by the value that the service tells them apart by.
#[derive(Default)]
pub struct Collected {
    rows: BTreeMap<String, Value>,
    /// The number of the row that each was read from.
    numbers: HashMap<String, usize>,
    /// Whether the value of some row is not known yet, so that the keys are not.
    keys_unknown: bool,
    /// What is wrong.
    pub problems: Problems,
}

/// Two rows of one value that do not say the same.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The number of the row that was there first.
    pub first: usize,
    /// The fields in which they differ.
    pub fields: Vec<String>,
}

impl Collected {
    /// Whether there is a row of this key.
    pub fn contains(&self, key: &str) -> bool {
        self.rows.contains_key(key)
    }

    /// Notes that a row cannot have a key yet.
    pub fn keys_are_unknown(&mut self) {
        self.keys_unknown = true;
    }

    /// Puts in the row of this number. A list that says the same thing twice says it.
    ///
    /// # Errors
    /// If another row has the key and says something else.
    pub fn insert(&mut self, key: String, number: usize, element: Value) -> Result<(), Conflict> {
        match self.rows.entry(key) {
            Entry::Vacant(vacant) => {
                self.numbers.insert(vacant.key().clone(), number);
                vacant.insert(element);
                Ok(())
            }
            Entry::Occupied(first) if *first.get() == element => Ok(()),
            Entry::Occupied(first) => Err(Conflict {
                first: self.numbers.get(first.key()).copied().unwrap_or_default(),
                fields: differing(first.get(), &element),
            }),
        }
    }

    /// The map, or everything that is wrong.
    pub fn finish(self) -> Result<Value, FunctionError> {
        match self.problems.into_text() {
            Some(text) => Err(FunctionError::new(text).at(0)),
            None if self.keys_unknown => Ok(Value::Unknown),
            None => Ok(Value::Map(self.rows)),
        }
    }
}

/// What is wrong, each thing once with the first place and the number of all.
#[derive(Default)]
pub struct Problems {
    order: Vec<Told>,
    /// Position in `order` by what is told of which column.
    positions: HashMap<(Option<String>, String), usize>,
}

struct Told {
    place: String,
    column: Option<String>,
    text: String,
    count: usize,
}

impl Problems {
    /// Notes what is wrong at a place, or with one column of it.
    pub fn add(&mut self, place: &str, column: Option<&str>, text: String) {
        let key = (column.map(str::to_owned), text);
        if let Some(told) = self
            .positions
            .get(&key)
            .and_then(|position| self.order.get_mut(*position))
        {
            told.count += 1;
            return;
        }
        self.order.push(Told {
            place: place.to_owned(),
            column: key.0.clone(),
            text: key.1.clone(),
            count: 1,
        });
        self.positions.insert(key, self.order.len() - 1);
    }

    /// All problems; `None` for none. The host puts a full stop behind.
    pub fn into_text(self) -> Option<String> {
        let mut lines: Vec<String> = self.order.iter().take(NAMED).map(Told::line).collect();
        let rest = self.order.len().saturating_sub(NAMED);
        if rest > 0 {
            let problems = if rest == 1 { "problem" } else { "problems" };
            lines.push(format!("and {rest} more {problems}"));
        }
        let text = match lines.as_slice() {
            [] => return None,
            [line] => line.clone(),
            _ => format!("{} problems:\n- {}", self.order.len(), lines.join("\n- ")),
        };
        Some(text.strip_suffix('.').map(str::to_owned).unwrap_or(text))
    }
}

impl Told {
    fn line(&self) -> String {
        let more = match self.count {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let column = self
            .column
            .as_ref()
            .map(|column| format!(", column `{column}`"))
            .unwrap_or_default();
        format!("{}{more}{column}: {}", self.place, self.text)
    }
}
