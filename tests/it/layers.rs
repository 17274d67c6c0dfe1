//! Each layer knows only those below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which top modules each top module may use. What is not listed is forbidden.
const ALLOWED: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("plugin", &["proto"]),
    ("tf", &["proto"]),
    ("indicator", &[]),
    ("defender", &["indicator"]),
    ("provider", &["tf", "defender", "indicator"]),
    ("docs", &["tf"]),
    // The oracle: it shares no code with the client.
    ("simulator", &[]),
    ("cli", &["provider", "simulator", "docs", "tf", "defender", "indicator"]),
    ("main", &["cli", "plugin", "tf", "provider"]),
];

/// Longest file; the style page asks for about 400 lines.
const LINES: usize = 600;

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

/// The top modules that a text names, as `crate::x` in the library or `mde::x` in the binary.
fn named(text: &str) -> BTreeSet<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut names = BTreeSet::new();
    for prefix in ["crate::", "mde::"] {
        for (position, _) in code.match_indices(prefix) {
            let before = code[..position].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
                continue;
            }
            let rest = &code[position + prefix.len()..];
            let inner = rest.strip_prefix('{').unwrap_or(rest);
            for part in inner
                .split('}')
                .next()
                .unwrap()
                .split(',')
                .take(if rest.starts_with('{') { usize::MAX } else { 1 })
            {
                let name: String = part
                    .trim()
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                    .collect();
                names.insert(name);
            }
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
        for name in named(&text) {
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
    assert_eq!(
        named("use crate::tf::Value;\nlet x = crate::indicator::y;"),
        BTreeSet::from(["tf".into(), "indicator".into()])
    );
    assert_eq!(
        named("use crate::{cli, plugin::x};"),
        BTreeSet::from(["cli".into(), "plugin".into()])
    );
    assert_eq!(named("// crate::tf\nuse other_crate::tf;"), BTreeSet::new());
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
