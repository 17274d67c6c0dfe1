//! Texts that were read in this process. The host shows one list several times in a run: to validate, to refresh and to
//! plan, and twice where state and configuration say the same.

use super::{List, text};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes of text are remembered at most. A tenant's 15,000 indicators are some three million.
const MOST: usize = 16 << 20;

/// What was read in this process.
static READ: Mutex<Remembered> = Mutex::new(Remembered { texts: VecDeque::new() });

/// Texts and what they say, the latest first.
struct Remembered {
    texts: VecDeque<(Arc<str>, Arc<List>)>,
}

/// What the text says, from memory if it was read before.
pub fn read(text: &str) -> Arc<List> {
    if let Some(list) = lock(|read| read.find(text)) {
        return list;
    }
    let list = Arc::new(text::read(text).sorted());
    lock(|read| read.insert(text, &list, MOST));
    list
}

fn lock<T>(action: impl FnOnce(&mut Remembered) -> T) -> T {
    // What is remembered is whole at any time, so a panic elsewhere does not harm it.
    action(&mut READ.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Remembered {
    fn find(&mut self, text: &str) -> Option<Arc<List>> {
        let at = self.texts.iter().position(|(known, _)| **known == *text)?;
        let found = self.texts.remove(at)?;
        let list = Arc::clone(&found.1);
        self.texts.push_front(found);
        Some(list)
    }

    fn insert(&mut self, text: &str, list: &Arc<List>, most: usize) {
        self.texts.push_front((text.into(), Arc::clone(list)));
        let mut bytes = 0;
        self.texts.retain(|(known, _)| {
            bytes += known.len();
            bytes <= most
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once() {
        let text = r#"{"read-once.example":{"title":"t"}}"#;
        let first = read(text);
        assert_eq!(first.rows[0].key, "read-once.example");
        let copy = String::from(text);
        assert!(Arc::ptr_eq(&first, &read(&copy)));
        assert!(!Arc::ptr_eq(&first, &read(r#"{"read-once.example":{"title":"u"}}"#)));
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_is_forgotten() {
        let mut read = Remembered { texts: VecDeque::new() };
        let list = Arc::default();
        for text in ["aaaa", "bbbb"] {
            read.insert(text, &list, 8);
        }
        assert!(read.find("aaaa").is_some());
        read.insert("cccc", &list, 8);
        assert!(read.find("bbbb").is_none() && read.find("aaaa").is_some() && read.find("cccc").is_some());
        read.insert("more than there is room for", &list, 8);
        assert!(read.texts.is_empty());
    }
}
