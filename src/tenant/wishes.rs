//! Which rows the objects of one process want.

use super::object::{PlannedRow, RowName};
use super::token::Token;
use crate::indicator::{Identity, Key};
use foldhash::{HashMap, HashMapExt};
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// A row that another object wants.
#[derive(Debug)]
pub struct WishOfOthers {
    /// Value, type and action.
    pub identity: Identity,
    /// The title of the object.
    pub title: String,
    /// What the object calls the row.
    pub name: String,
}

/// A row that two objects want.
#[derive(Debug, PartialEq, Eq)]
pub struct WantedTwice {
    /// What the object that asks calls it.
    pub name: RowName,
    /// The title of the object that wants it already.
    pub other: Arc<str>,
    /// What that object calls it.
    pub other_name: RowName,
}

#[derive(Debug)]
struct Wish {
    token: Token,
    title: Arc<str>,
    name: RowName,
}

/// The wishes of all objects so far.
#[derive(Debug, Default)]
pub struct Wishes {
    by_key: HashMap<Key, Wish>,
    /// The wishes of the first object, until somebody asks for them: most runs have one object, and nobody ever does.
    first: Option<(Token, Arc<str>, Vec<PlannedRow>)>,
}

impl Wishes {
    /// Notes that an object wants these rows, whose identities are known; answers those that another object wants already.
    pub fn add(&mut self, token: Token, title: &str, rows: Vec<PlannedRow>) -> Vec<WantedTwice> {
        if self.by_key.is_empty() && self.first.is_none() {
            self.first = Some((token, title.into(), rows));
            return Vec::new();
        }
        self.sort();
        self.insert(token, &title.into(), rows)
    }

    /// What is wanted so far.
    pub fn keys(&mut self) -> impl ExactSizeIterator<Item = &Key> {
        self.sort();
        self.by_key.keys()
    }

    /// The rows that other objects want so far which `matters` names.
    pub fn of_others(&mut self, token: Token, matters: impl Fn(&Identity) -> bool) -> Vec<WishOfOthers> {
        if matches!(self.first, Some((own, ..)) if own == token) {
            return Vec::new();
        }
        self.sort();
        let others = self.by_key.iter().filter(|(_, wish)| wish.token != token);
        others
            .filter(|(key, _)| matters(key.identity()))
            .map(|(key, wish)| WishOfOthers {
                identity: key.identity().clone(),
                title: wish.title.to_string(),
                name: wish.name.to_string(),
            })
            .collect()
    }

    /// The title of an object that was the first to want some row.
    pub fn title_of(&mut self, token: Token) -> Option<String> {
        self.sort();
        let wish = self.by_key.values().find(|wish| wish.token == token)?;
        Some(wish.title.to_string())
    }

    fn sort(&mut self) {
        if let Some((token, title, rows)) = self.first.take() {
            self.insert(token, &title, rows);
        }
    }

    fn insert(&mut self, token: Token, title: &Arc<str>, rows: Vec<PlannedRow>) -> Vec<WantedTwice> {
        let mut twice = Vec::new();
        if self.by_key.is_empty() {
            self.by_key = HashMap::with_capacity(rows.len());
        }
        for row in rows {
            match self.by_key.entry(row.indicator.key()) {
                Entry::Vacant(free) => {
                    free.insert(Wish {
                        token,
                        title: Arc::clone(title),
                        name: row.name,
                    });
                }
                Entry::Occupied(taken) if taken.get().token != token => twice.push(WantedTwice {
                    name: row.name,
                    other: Arc::clone(&taken.get().title),
                    other_name: Arc::clone(&taken.get().name),
                }),
                Entry::Occupied(_) => {}
            }
        }
        twice
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Action, FieldSet};
    use crate::tenant::samples::domain;

    fn row(name: &str, value: &str) -> PlannedRow {
        PlannedRow {
            name: name.into(),
            indicator: domain(value, Action::Block).into(),
            unknown: FieldSet::EMPTY,
            begun: None,
        }
    }

    #[test]
    fn the_second_object_is_told_of_the_first_whenever_somebody_asked() {
        for asks_between in [false, true] {
            let (mut wishes, one, other) = (Wishes::default(), Token::new(), Token::new());
            assert_eq!(wishes.add(one, "one", vec![row("a", "a.example")]), []);
            assert!(wishes.of_others(one, |_| true).is_empty());
            if asks_between {
                assert_eq!(wishes.keys().len(), 1);
            }
            let twice = wishes.add(other, "other", vec![row("A", "A.example"), row("b", "b.example")]);
            let told = WantedTwice {
                name: "A".into(),
                other: "one".into(),
                other_name: "a".into(),
            };
            assert_eq!(twice, [told]);
            assert_eq!(wishes.keys().len(), 2);
            assert_eq!(wishes.of_others(one, |_| true).len(), 1);
            assert_eq!(wishes.of_others(other, |_| true)[0].title, "one");
            assert_eq!(wishes.add(one, "one", vec![row("a", "a.example")]), [], "its own");
            assert_eq!(wishes.title_of(other).as_deref(), Some("other"));
        }
    }

    #[test]
    fn a_wish_of_the_first_object_is_seen_by_another_that_wants_nothing() {
        let (mut wishes, one, other) = (Wishes::default(), Token::new(), Token::new());
        wishes.add(one, "one", vec![row("a", "a.example"), row("twin", "a.example")]);
        assert_eq!(wishes.of_others(other, |_| true).len(), 1, "each row once");
        assert!(wishes.of_others(other, |_| false).is_empty());
    }
}
