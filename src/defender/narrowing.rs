//! Finds the items for which a whole call is refused, without losing the others.
//!
//! Items that the refusal names are taken out; without a name the call is halved until the bad ones stand alone.
//! Largest groups first, so that the bound on extra calls costs as few good items as possible.

use super::refusal::Refusal;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Extra calls for one original call: enough to find three or four unnamed items among 500, and two minutes of a call
/// limit of 30 a minute.
pub(crate) const MOST_EXTRA_CALLS: usize = 64;

/// The groups of items, by position in the original call, that are still to be sent.
#[derive(Debug)]
pub(crate) struct Narrowing {
    groups: Vec<Vec<usize>>,
    calls: usize,
}

impl Narrowing {
    /// All items in one group.
    pub fn new(items: impl IntoIterator<Item = usize>) -> Self {
        let mut narrowing = Self {
            groups: Vec::new(),
            calls: 0,
        };
        narrowing.add(items.into_iter().collect());
        narrowing
    }

    /// The next group to send; none when all are sent, or when the bound is reached.
    pub fn next(&mut self) -> Option<Vec<usize>> {
        if self.calls > MOST_EXTRA_CALLS {
            return None;
        }
        let largest = (0..self.groups.len()).max_by_key(|group| self.groups[*group].len())?;
        self.calls += 1;
        Some(self.groups.swap_remove(largest))
    }

    /// Adds a group to send.
    pub fn add(&mut self, group: Vec<usize>) {
        if !group.is_empty() {
            self.groups.push(group);
        }
    }

    /// Sends the halves of a refused group.
    pub fn halve(&mut self, mut group: Vec<usize>) {
        let second = group.split_off(group.len() / 2);
        self.add(group);
        self.add(second);
    }

    /// What is not sent.
    pub fn rest(self) -> impl Iterator<Item = usize> {
        self.groups.into_iter().flatten()
    }
}

/// A refusal against which narrowing down was of no use: the bound was reached and not one item was taken. It is
/// probably not about items at all, so the next batch that is refused alike is not taken apart again.
#[derive(Debug, Default)]
pub(crate) struct Futile(Mutex<Option<String>>);

impl Futile {
    /// Whether it was of no use against this refusal.
    pub fn is(&self, refusal: &Refusal) -> bool {
        self.lock().as_ref() == Some(&refusal.essence())
    }

    /// It was of no use against this refusal.
    pub fn note(&self, refusal: &Refusal) {
        *self.lock() = Some(refusal.essence());
    }

    /// An item was taken.
    pub fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Positions of the names that `message` mentions; of those that overlap, such as a domain and a URL in it, the longest.
pub(crate) fn mentioned(message: &str, names: &[&str]) -> Vec<usize> {
    let message = message.to_lowercase();
    let longest = names
        .iter()
        .map(|name| name.trim().to_lowercase())
        .filter(|name| is_in(&message, name))
        .max_by_key(String::len);
    let Some(longest) = longest else { return Vec::new() };
    (0..names.len())
        .filter(|position| names[*position].trim().to_lowercase() == longest)
        .collect()
}

/// Whether `name` stands in `message` by itself, not as a part of a longer name.
fn is_in(message: &str, name: &str) -> bool {
    let part_of_name = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || "-_/@".contains(c));
    !name.is_empty()
        && message.match_indices(name).any(|(start, _)| {
            let (before, after) = (&message[..start], &message[start + name.len()..]);
            let mut next = after.chars();
            // A full stop or a colon may end a sentence; followed by more it is part of a name.
            let joined = match next.next() {
                Some('.' | ':') => next.next().is_some_and(char::is_alphanumeric),
                character => part_of_name(character),
            };
            let mut previous = before.chars().rev();
            let led = match previous.next() {
                Some('.' | ':') => previous.next().is_some_and(char::is_alphanumeric),
                character => part_of_name(character),
            };
            !joined && !led
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_counts_only_where_it_stands_by_itself() {
        let message = "Indicator 203.0.113.1 is inactive. (Expiration time should be set to a future date time)";
        assert_eq!(
            mentioned(message, &["198.51.100.7", "203.0.113.1", "203.0.113.11"]),
            [1]
        );
        for (message, name, found) in [
            ("Indicator 203.0.113.1 is inactive", "3.0.113.1", false),
            ("Indicator 203.0.113.1 is inactive", "203.0.113", false),
            ("bad: 203.0.113.1.", "203.0.113.1", true),
            ("bad value:203.0.113.1:", "203.0.113.1", false),
            ("'EVIL.example'", "evil.example", true),
            ("(evil.example)", " evil.example ", true),
            ("www.evil.example is bad", "evil.example", false),
            ("https://evil.example/a is bad", "evil.example", false),
            ("https://evil.example/a is bad", "https://evil.example/a", true),
            ("2001:db8::1 is bad", "2001:db8::1", true),
            ("nothing", "", false),
        ] {
            assert_eq!(
                mentioned(message, &[name]),
                if found { vec![0] } else { vec![] },
                "{message} / {name}"
            );
        }
    }

    #[test]
    fn two_items_of_one_value_are_both_mentioned() {
        assert_eq!(
            mentioned("a.example is bad", &["a.example", "b.example", "A.example"]),
            [0, 2]
        );
    }

    /// Sends until nothing is left; a group is refused when it holds a bad item.
    fn isolate(size: usize, bad: &BTreeSet<usize>) -> (BTreeSet<usize>, BTreeSet<usize>, BTreeSet<usize>, usize) {
        let mut narrowing = Narrowing::new(0..size);
        let (mut kept, mut refused, mut calls) = (BTreeSet::new(), BTreeSet::new(), 0);
        while let Some(group) = narrowing.next() {
            calls += 1;
            if !group.iter().any(|item| bad.contains(item)) {
                kept.extend(group);
            } else if group.len() == 1 {
                refused.extend(group);
            } else {
                narrowing.halve(group);
            }
        }
        (kept, refused, narrowing.rest().collect(), calls)
    }

    #[test]
    fn one_bad_item_of_500_costs_18_extra_calls() {
        let (kept, refused, rest, calls) = isolate(500, &BTreeSet::from([123]));
        assert_eq!(
            (kept.len(), refused, rest.len(), calls),
            (499, BTreeSet::from([123]), 0, 19)
        );
    }

    proptest! {
        #[test]
        fn every_item_ends_in_one_place_and_calls_are_bounded(
            size in 1_usize..500,
            bad in prop::collection::btree_set(0_usize..500, 0..40),
        ) {
            let (kept, refused, rest, calls) = isolate(size, &bad);
            prop_assert!(calls <= 1 + MOST_EXTRA_CALLS);
            prop_assert_eq!(kept.len() + refused.len() + rest.len(), size);
            prop_assert!(refused.is_subset(&bad) && kept.is_disjoint(&bad));
            if bad.len() <= 3 {
                prop_assert!(rest.is_empty());
            }
        }
    }
}
