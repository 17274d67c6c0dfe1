//! Each layer knows only those below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which top modules each top module may use. What is not listed is forbidden.
const ALLOWED: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("plugin", &["proto"]),
    ("tf", &["proto"]),
    ("indicator", &[]),
    ("feed", &["indicator"]),
    ("defender", &["indicator"]),
    ("provider", &["tf", "defender", "feed", "indicator"]),
    ("docs", &["tf"]),
    // The oracle: it shares no code with the client.
    ("simulator", &[]),
    ("cli", &["provider", "simulator", "docs", "tf", "defender", "indicator"]),
    ("main", &["cli", "plugin", "tf", "provider"]),
];

/// Longest file; the style page asks for about 400 lines.
const LINES: usize = 700;

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The top module that a file of `src` belongs to.
fn layer(root: &Path, file: &Path) -> String {
    let first = file.strip_prefix(root).unwrap().components().next().unwrap();
    Path::new(first.as_os_str())
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

/// How the root of the crate can be written in a file: as `crate`, as the library's name in the binary, or by climbing.
fn roots(root: &Path, file: &Path) -> Vec<String> {
    let depth = file.strip_prefix(root).unwrap().components().count();
    let library = if file.ends_with("main.rs") { "mde::" } else { "crate::" };
    vec![library.to_owned(), "super::".repeat(depth)]
}

/// The top modules that a text names below one of these roots.
fn named(roots: &[String], text: &str) -> BTreeSet<String> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let mut names = BTreeSet::new();
    for prefix in roots {
        for (position, _) in code.match_indices(prefix.as_str()) {
            let before = code[..position].chars().next_back();
            if before.is_some_and(|letter| is_word(letter) || letter == ':') {
                continue;
            }
            let rest = &code[position + prefix.len()..];
            let several = rest.starts_with('{');
            let list = rest.trim_start_matches('{').split('}').next().unwrap();
            let parts = list.split(',').take(if several { usize::MAX } else { 1 });
            names.extend(parts.map(|part| {
                part.trim()
                    .chars()
                    .take_while(|letter| is_word(*letter))
                    .collect::<String>()
            }));
        }
    }
    names
}

#[test]
fn every_layer_uses_only_those_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut forbidden = Vec::new();
    for file in files {
        let layer = layer(&root, &file);
        if layer == "lib" {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let Some(allowed) = allowed.get(layer.as_str()) else {
            panic!("{layer} is not in the table of layers");
        };
        for name in named(&roots(&root, &file), &text) {
            let known = ALLOWED.iter().any(|(other, _)| *other == name);
            if known && name != layer && !allowed.contains(&name.as_str()) {
                forbidden.push(format!("{} uses {name}", file.strip_prefix(&root).unwrap().display()));
            }
        }
    }
    assert!(forbidden.is_empty(), "{forbidden:#?}");
}

#[test]
fn the_table_sees_what_it_should() {
    let root = Path::new("src");
    let names = |file: &str, text: &str| {
        named(&roots(root, &root.join(file)), text)
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("a/b.rs", "use crate::tf::Value;\nlet x = crate::cli::y;"),
        ["cli", "tf"]
    );
    assert_eq!(names("a.rs", "use crate::{cli, plugin::x};"), ["cli", "plugin"]);
    assert_eq!(names("a.rs", "use super::tf;"), ["tf"]);
    assert_eq!(names("a/b.rs", "use super::tf;\nuse super::super::cli;"), ["cli"]);
    assert_eq!(names("main.rs", "mde::tf::grpc"), ["tf"]);
    assert!(names("a.rs", "// crate::tf\nuse other_crate::tf;\n\"mde::tf\"").is_empty());
}

#[test]
fn files_stay_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    let long: Vec<_> = files
        .iter()
        .map(|file| (std::fs::read_to_string(file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > LINES)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}
