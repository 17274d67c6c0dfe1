//! Finds the items for which a whole call is refused, without losing the others.
//!
//! Items that the refusal names are taken out one by one, up to a few; then, or without a name, the call is halved until
//! the bad ones stand alone. Largest groups first, so that the bound on extra calls costs as few good items as possible;
//! and when so many are bad that the bound is near, the group that was made last first, because many groups that are
//! halfway done have not saved a single item.

use super::refusal::Refusal;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Extra calls for one batch, where 30 calls a minute are allowed: enough to find three or four unnamed items among 500, or
/// some sixty named ones.
const MOST_EXTRA_CALLS: usize = 64;

/// Extra calls for a batch that is refused with the words against which bisection down was of no use before: enough to
/// save nineteen of twenty items if one of 500 is bad, and few enough to be spent in vain on each of many batches.
pub(crate) const FEW_EXTRA_CALLS: usize = 10;

/// With fewer calls than this there is only time to save the largest groups.
const ENOUGH_FOR_DEPTH: usize = 32;

/// A group from which so many named items were taken out is halved: there are probably more than there are calls for.
const MOST_NAMED: usize = 4;

/// How many extra calls a batch may take where so many calls a minute are allowed: a little more than two minutes' worth,
/// for which other batches have to wait, and three calls at least.
pub(crate) fn most_extra_calls(calls_a_minute: usize) -> usize {
    (calls_a_minute * MOST_EXTRA_CALLS / 30).max(3)
}

/// Items that are sent in one call, by position in the original one.
#[derive(Debug)]
pub(crate) struct Group {
    pub items: Vec<usize>,
    /// How many items were taken out because a refusal named them.
    named: usize,
}

/// The groups that are still to be sent.
#[derive(Debug)]
pub(crate) struct Bisection {
    groups: Vec<Group>,
    calls: usize,
    most_extra: usize,
    any_named: bool,
}

impl Bisection {
    /// All items in one group, with leave for so many extra calls.
    pub fn new(items: impl IntoIterator<Item = usize>, most_extra: usize) -> Self {
        let mut bisection = Self {
            groups: Vec::new(),
            calls: 0,
            most_extra,
            any_named: false,
        };
        bisection.add(items.into_iter().collect());
        bisection
    }

    /// Bounds the extra calls more tightly.
    pub fn bound(&mut self, most_extra: usize) {
        self.most_extra = self.most_extra.min(most_extra);
    }

    /// How many extra calls were made.
    pub const fn extra_calls(&self) -> usize {
        self.calls.saturating_sub(1)
    }

    /// The next group to send; none when all are sent, or when the bound is reached.
    pub fn next(&mut self) -> Option<Group> {
        if self.calls > self.most_extra {
            return None;
        }
        let largest = (0..self.groups.len()).max_by_key(|group| self.groups[*group].items.len())?;
        let next = if self.goes_deep() {
            self.groups.len() - 1
        } else {
            largest
        };
        self.calls += 1;
        Some(self.groups.remove(next))
    }

    /// Whether it is time to finish what was begun. With names every call that is refused finds a bad item, and still so
    /// many came: there are too many for all groups. Without names it may be a few that take their time.
    const fn goes_deep(&self) -> bool {
        let quarters = if self.any_named { 2 } else { 3 };
        self.most_extra >= ENOUGH_FOR_DEPTH && self.calls >= self.most_extra / 4 * quarters
    }

    /// Adds a group to send.
    pub fn add(&mut self, items: Vec<usize>) {
        self.push(Group { items, named: 0 });
    }

    fn push(&mut self, group: Group) {
        if !group.items.is_empty() {
            self.groups.push(group);
        }
    }

    /// Sends what a refused group has beside the items that the refusal named, in halves if it has named many.
    pub fn without(&mut self, mut group: Group, named: impl Fn(usize) -> bool) {
        self.any_named = true;
        group.named += 1;
        group.items.retain(|item| !named(*item));
        if group.named < MOST_NAMED {
            self.push(group);
        } else {
            self.halve(group);
        }
    }

    /// Sends the halves of a refused group.
    pub fn halve(&mut self, mut group: Group) {
        let second = group.items.split_off(group.items.len() / 2);
        self.add(group.items);
        self.add(second);
    }

    /// Takes items out of all groups that are still to be sent.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        self.groups
            .iter_mut()
            .for_each(|group| group.items.retain(|item| keep(*item)));
        self.groups.retain(|group| !group.items.is_empty());
    }

    /// What is still to be sent.
    pub fn rest(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().flat_map(|group| group.items.iter().copied())
    }
}

/// A refusal against which bisection was of no use: the bound was reached and not one item was taken. It is
/// probably not about items at all, so the next batch that is refused alike gets few calls only.
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

    /// Sends until nothing is left; a group is refused when it holds a bad item, with the name of the first if `named`.
    fn isolate(
        size: usize,
        bad: &BTreeSet<usize>,
        named: bool,
    ) -> (BTreeSet<usize>, BTreeSet<usize>, BTreeSet<usize>, usize) {
        let mut bisection = Bisection::new(0..size, MOST_EXTRA_CALLS);
        let (mut kept, mut refused, mut calls) = (BTreeSet::new(), BTreeSet::new(), 0);
        while let Some(group) = bisection.next() {
            calls += 1;
            let worst = group.items.iter().copied().find(|item| bad.contains(item));
            match worst {
                None => kept.extend(group.items),
                Some(_) if group.items.len() == 1 => refused.extend(group.items),
                Some(worst) if named => {
                    refused.insert(worst);
                    bisection.without(group, |item| item == worst);
                }
                Some(_) => bisection.halve(group),
            }
        }
        assert_eq!(calls, bisection.extra_calls() + 1);
        (kept, refused, bisection.rest().collect(), calls)
    }

    #[test]
    fn one_bad_item_of_500_costs_18_extra_calls() {
        let (kept, refused, rest, calls) = isolate(500, &BTreeSet::from([123]), false);
        assert_eq!(
            (kept.len(), refused, rest.len(), calls),
            (499, BTreeSet::from([123]), 0, 19)
        );
    }

    #[test]
    fn few_named_items_cost_a_call_each() {
        let (kept, refused, _, calls) = isolate(500, &BTreeSet::from([1, 250, 499]), true);
        assert_eq!((kept.len(), refused.len(), calls), (497, 3, 4));
    }

    #[test]
    fn more_bad_items_than_calls_do_not_shut_the_good_ones_out() {
        let spread = (0..100).map(|number| number * 5).collect();
        for (bad, named, least) in [
            // In one place, as in a list that was appended to: nearly all of the 400 good ones are saved.
            ((0..100).collect(), true, 390),
            ((400..500).collect(), true, 390),
            ((200..300).collect(), true, 340),
            ((300..400).collect(), true, 340),
            ((200..300).collect(), false, 380),
            // Every fifth: each call finds one bad item at most, so there are not enough to save them all.
            (spread, true, 130),
            ((0..50).map(|number| number * 10).collect(), true, 450),
        ] {
            let bad: BTreeSet<usize> = bad;
            let (kept, ..) = isolate(500, &bad, named);
            assert!(
                kept.len() >= least,
                "{} of {}, named: {named}",
                kept.len(),
                500 - bad.len()
            );
        }
    }

    #[test]
    fn what_is_left_is_saved_when_those_that_were_found_are_gone() {
        let bad: BTreeSet<usize> = (0..100).map(|number| number * 5).collect();
        let (_, refused, rest, _) = isolate(500, &bad, true);
        let items: Vec<usize> = rest.into_iter().collect();
        let bad = (0..items.len())
            .filter(|at| bad.contains(&items[*at]) && !refused.contains(&items[*at]))
            .collect();
        let (_, _, rest, _) = isolate(items.len(), &bad, true);
        assert_eq!(rest.len(), 0);
    }

    #[test]
    fn a_bound_is_about_two_minutes_of_calls() {
        let bounds = [30, 15, 3, 1].map(most_extra_calls);
        assert_eq!(bounds, [64, 32, 6, 3]);
        let mut bisection = Bisection::new(0..500, 64);
        bisection.bound(FEW_EXTRA_CALLS);
        let mut kept = 0;
        while let Some(group) = bisection.next() {
            if group.items.contains(&499) {
                bisection.halve(group);
            } else {
                kept += group.items.len();
            }
        }
        assert_eq!((bisection.extra_calls(), kept), (FEW_EXTRA_CALLS, 484));
    }

    proptest! {
        #[test]
        fn every_item_ends_in_one_place_and_calls_are_bounded(
            size in 1_usize..500,
            bad in prop::collection::btree_set(0_usize..500, 0..40),
            named in any::<bool>(),
        ) {
            let (kept, refused, rest, calls) = isolate(size, &bad, named);
            prop_assert!(calls <= 1 + MOST_EXTRA_CALLS);
            prop_assert_eq!(kept.len() + refused.len() + rest.len(), size);
            prop_assert!(refused.is_subset(&bad) && kept.is_disjoint(&bad));
            if named || bad.len() <= 3 {
                prop_assert!(rest.is_empty());
            }
        }
    }
}
