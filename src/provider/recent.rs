//! What was made last in this process, within a bound: the host asks for the same things several times in a run.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Things with their sizes, the one that was used last first.
pub struct Recent<T> {
    most: usize,
    things: Mutex<VecDeque<(usize, T)>>,
}

impl<T: Clone> Recent<T> {
    /// Nothing yet, and never more than `most` in all, in whatever unit the sizes have.
    pub const fn new(most: usize) -> Self {
        Self {
            most,
            things: Mutex::new(VecDeque::new()),
        }
    }

    /// The thing that `is_it` names. Otherwise it is made, outside of the lock, and remembered with its size.
    pub fn get_or_make(&self, is_it: impl Fn(&T) -> bool, make: impl FnOnce() -> (usize, T)) -> T {
        if let Some(found) = self.find(is_it) {
            return found;
        }
        let (size, made) = make();
        self.insert(size, made.clone());
        made
    }

    fn find(&self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        self.locked(|things| {
            let at = things.iter().position(|(_, thing)| is_it(thing))?;
            let found = things.remove(at)?;
            let thing = found.1.clone();
            things.push_front(found);
            Some(thing)
        })
    }

    fn insert(&self, size: usize, thing: T) {
        self.locked(|things| {
            things.push_front((size, thing));
            let mut sum = 0;
            things.retain(|(size, _)| {
                sum += size;
                sum <= self.most
            });
        });
    }

    fn locked<R>(&self, action: impl FnOnce(&mut VecDeque<(usize, T)>) -> R) -> R {
        // What is remembered is whole at any time, so a panic elsewhere does not harm it.
        action(&mut self.things.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_the_longest_time_is_forgotten() {
        let recent = Recent::new(8);
        let has = |text: &str| recent.find(|known: &&str| *known == text).is_some();
        for text in ["aaaa", "bbbb"] {
            recent.insert(4, text);
        }
        assert!(has("aaaa"));
        recent.insert(4, "cccc");
        assert!(!has("bbbb") && has("aaaa") && has("cccc"));
        recent.insert(9, "more than there is room for");
        assert!(recent.locked(|things| things.is_empty()));
    }

    #[test]
    fn a_thing_is_made_once() {
        let recent = Recent::new(8);
        let get = |text: &'static str| recent.get_or_make(|known: &&str| *known == text, || (text.len(), text));
        assert_eq!((get("a"), get("b")), ("a", "b"));
        let again = recent.get_or_make(|known| *known == "a", || panic!("it is known"));
        assert_eq!(again, "a");
    }
}
