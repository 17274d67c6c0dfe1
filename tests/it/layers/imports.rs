//! Which module of a crate uses which, read from the sources.

use super::words::words_of;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where a module is: the names on the way to it from the root of the crate, which has none.
pub type Place = Vec<String>;

/// One module, in a file of its own or inside of one.
#[derive(Default)]
pub struct Module {
    /// Whether it is compiled for tests only.
    pub is_test: bool,
    /// The modules inside of it that are no test's, in the order of their `mod` lines.
    pub declared: Vec<String>,
    /// What the names stand for that it imports.
    names: BTreeMap<String, Vec<String>>,
    /// Every path that it writes.
    paths: BTreeSet<Vec<String>>,
}

/// That one module uses another one.
pub struct Use {
    /// Which one uses.
    pub user: Place,
    /// Which one it uses.
    pub used: Place,
    /// Whether one of them is there for tests only.
    pub is_test: bool,
}

/// The modules of a crate.
pub struct Modules(BTreeMap<Place, Module>);

/// How many names that stand for another name are followed; two names of other crates may stand for each other.
const MOST_HOPS: usize = 8;

impl Modules {
    /// Reads a crate; `file` gives the text of a file by its path below `src`.
    pub fn read(file: &dyn Fn(&str) -> String) -> Self {
        let mut modules = Self(BTreeMap::new());
        modules.enter(Vec::new(), false, &words_of(&file("lib.rs")), file);
        modules
    }

    /// Adds a program beside the library, which it knows by this name.
    pub fn with_program(mut self, program: &str, library: &str, file: &dyn Fn(&str) -> String) -> Self {
        let place = vec![program.to_owned()];
        self.enter(place.clone(), false, &words_of(&file(&format!("{program}.rs"))), file);
        let names = &mut self.0.get_mut(&place).unwrap().names;
        names.insert(library.to_owned(), vec!["crate".to_owned()]);
        self
    }

    /// Every module and its place.
    pub fn iter(&self) -> impl Iterator<Item = (&Place, &Module)> {
        self.0.iter()
    }

    /// Which module uses which other one, wherever the names come from that it uses it by.
    pub fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for (user, module) in &self.0 {
            let used: BTreeSet<Place> = module.paths.iter().flat_map(|path| self.led_to(user, path)).collect();
            uses.extend(used.into_iter().filter(|used| used != user).map(|used| Use {
                is_test: module.is_test || self.0[&used].is_test,
                user: user.clone(),
                used,
            }));
        }
        uses
    }

    /// The module in which a path ends that is written in another one, and those that only pass a name on.
    fn led_to(&self, from: &Place, path: &[String]) -> Vec<Place> {
        let mut place = from.clone();
        let mut rest: VecDeque<&String> = path.iter().collect();
        let mut passed = Vec::new();
        while let Some(name) = rest.pop_front() {
            let inside: Place = place.iter().chain([name]).cloned().collect();
            match name.as_str() {
                "crate" => place.clear(),
                "super" => drop(place.pop()),
                "self" => {}
                _ if self.0.contains_key(&inside) => place = inside,
                _ => match self.0[&place].names.get(name) {
                    Some(path) if passed.len() < MOST_HOPS => {
                        passed.push(place.clone());
                        path.iter().rev().for_each(|name| rest.push_front(name));
                    }
                    _ => break,
                },
            }
        }
        passed.push(place);
        passed
    }

    /// Reads a module and those inside of it.
    fn enter(&mut self, place: Place, is_test: bool, words: &[&str], file: &dyn Fn(&str) -> String) {
        let mut module = Module {
            is_test,
            ..Module::default()
        };
        let mut at = 0;
        while at < words.len() {
            match words[at..] {
                ["mod", name, sign @ (";" | "{"), ..] => {
                    let is_test = is_test || is_for_tests(&words[..at]);
                    if !is_test {
                        module.declared.push(name.to_owned());
                    }
                    let inside: Place = place.iter().cloned().chain([name.to_owned()]).collect();
                    at += 3;
                    if sign == "{" {
                        let length = block(&words[at..]);
                        self.enter(inside, is_test, &words[at..at + length], file);
                        at += length;
                    } else {
                        let text = file(&format!("{}.rs", inside.join("/")));
                        self.enter(inside, is_test, &words_of(&text), file);
                    }
                }
                ["use", first, ..] if first != "<" => {
                    at += 1;
                    for (name, path) in imported(words, &mut at, &[]) {
                        module.paths.insert(path.clone());
                        module.names.insert(name, path);
                    }
                }
                [_, "::", ..] => {
                    let path = written(&words[at..]);
                    at += 2 * path.len() - 1;
                    module.paths.insert(path);
                }
                _ => at += 1,
            }
        }
        self.0.insert(place, module);
    }
}

/// Whether the `mod` line is for tests only that these words lead to.
fn is_for_tests(before: &[&str]) -> bool {
    let start = before.iter().rposition(|word| matches!(*word, ";" | "{" | "}"));
    let attributes = &before[start.map_or(0, |start| start + 1)..];
    attributes.windows(4).any(|words| words == ["cfg", "(", "test", ")"])
}

/// How many words a block has whose opening brace has been read.
fn block(words: &[&str]) -> usize {
    let mut depth = 1;
    let closes = |word: &&str| {
        depth += i32::from(*word == "{") - i32::from(*word == "}");
        depth == 0
    };
    words.iter().position(closes).unwrap_or(words.len())
}

/// The path at the beginning.
fn written(words: &[&str]) -> Vec<String> {
    let is_name = |word: &str| word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    let mut path = vec![words[0].to_owned()];
    for pair in words[1..].chunks(2) {
        match pair {
            ["::", name] if is_name(name) => path.push((*name).to_owned()),
            _ => break,
        }
    }
    path
}

/// The paths of a `use` from this position on, each with the name that it is known by from then on.
fn imported(words: &[&str], at: &mut usize, start: &[String]) -> Vec<(String, Vec<String>)> {
    let mut path = start.to_vec();
    let mut found = Vec::new();
    while let Some(word) = words.get(*at) {
        match *word {
            "," | "}" | ";" => break,
            "::" => {}
            "{" => {
                while words.get(*at).is_some_and(|word| *word != "}") {
                    *at += 1;
                    found.extend(imported(words, at, &path));
                }
                *at += 1;
                return found;
            }
            "self" if !path.is_empty() => {}
            "as" => {
                *at += 2;
                return vec![(words[*at - 1].to_owned(), path)];
            }
            name => path.push(name.to_owned()),
        }
        *at += 1;
    }
    match path.last() {
        Some(name) if path.len() > start.len() || words[*at - 1] == "self" => vec![(name.clone(), path)],
        _ => found,
    }
}
