//! Each layer knows only those below it, and so does each file within its folder.

mod imports;
mod words;

use imports::{Modules, Place, Use};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which folders each folder of `src` may use. What is not listed is forbidden.
const ALLOWED: &[(&str, &[&str])] = &[
    ("outgoing", &[]),
    ("proto", &[]),
    ("plugin", &["proto", "outgoing"]),
    ("tf", &["proto", "outgoing"]),
    ("indicator", &["outgoing"]),
    ("feed", &["indicator", "outgoing"]),
    ("lint", &["feed", "indicator", "outgoing"]),
    ("defender", &["indicator", "outgoing"]),
    ("tenant", &["defender", "indicator"]),
    ("report", &["feed", "indicator", "outgoing"]),
    (
        "provider",
        &["tenant", "defender", "feed", "indicator", "tf", "outgoing"],
    ),
    ("export", &["tenant", "defender", "feed", "indicator", "outgoing"]),
    ("docs", &["indicator", "tf"]),
    // The oracle: it shares no code with the client.
    ("simulator", &[]),
    // All but the messages on the wire.
    (
        "cli",
        &[
            "simulator",
            "docs",
            "export",
            "provider",
            "report",
            "tenant",
            "defender",
            "lint",
            "feed",
            "indicator",
            "tf",
            "plugin",
            "outgoing",
        ],
    ),
    ("main", &["cli", "provider", "tf", "plugin"]),
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

/// The modules of this crate.
fn modules() -> Modules {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let file = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    Modules::read(&file).with_program("main", "mde", &file)
}

/// What uses a layer that it may not use.
fn forbidden(modules: &Modules, allowed: &[(&str, &[&str])]) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = allowed.iter().copied().collect();
    let mut found = Vec::new();
    for Use { user, used, .. } in modules.uses() {
        let (Some(layer), Some(other)) = (user.first(), used.first()) else {
            continue;
        };
        let Some(allowed) = allowed.get(layer.as_str()) else {
            panic!("{layer} is not in the table of layers");
        };
        if other != layer && !allowed.contains(&other.as_str()) {
            found.push(format!("{} uses {}", user.join("::"), used.join("::")));
        }
    }
    found
}

/// Which modules of a folder use which other ones of it, each with all that is inside of it. Tests do not count.
fn beside<'a>(folder: &Place, uses: &'a [Use]) -> BTreeSet<(&'a str, &'a str)> {
    let inside = |place: &'a Place| place.strip_prefix(folder.as_slice())?.first().map(String::as_str);
    let pairs = uses.iter().filter(|one| !one.is_test);
    let pairs = pairs.filter_map(|one| Some((inside(&one.user)?, inside(&one.used)?)));
    pairs.filter(|(user, used)| user != used).collect()
}

/// The uses by which modules of one folder stand in a circle, or between two circles.
fn circles(modules: &Modules) -> Vec<String> {
    let uses = modules.uses();
    let mut found = Vec::new();
    for (folder, _) in modules.iter() {
        let mut left = beside(folder, &uses);
        loop {
            let users: BTreeSet<&str> = left.iter().map(|(user, _)| *user).collect();
            let used: BTreeSet<&str> = left.iter().map(|(_, used)| *used).collect();
            let before = left.len();
            left.retain(|(one, other)| used.contains(one) && users.contains(other));
            if left.len() == before {
                break;
            }
        }
        found.extend(
            left.iter()
                .map(|(user, used)| format!("{}: {user} uses {used}", folder.join("::"))),
        );
    }
    found
}

/// The `mod` lines that stand before one that they use.
fn misplaced(modules: &Modules) -> Vec<String> {
    let uses = modules.uses();
    let mut found = Vec::new();
    for (folder, module) in modules.iter() {
        let line = |name: &str| module.declared.iter().position(|declared| declared == name);
        let pairs = beside(folder, &uses).into_iter();
        let wrong = pairs.filter(|(user, used)| line(user).is_some_and(|at| Some(at) < line(used)));
        found.extend(wrong.map(|(user, used)| format!("{}: {user} stands before {used}", folder.join("::"))));
    }
    found
}

#[test]
fn the_table_has_every_folder_in_reading_order() {
    let modules = modules();
    let (_, library) = modules.iter().next().unwrap();
    let folders = library.declared.iter().map(String::as_str).chain(["main"]);
    assert!(folders.eq(ALLOWED.iter().map(|(layer, _)| *layer)));
}

#[test]
fn every_layer_uses_only_those_below_it() {
    let forbidden = forbidden(&modules(), ALLOWED);
    assert!(forbidden.is_empty(), "{forbidden:#?}");
}

#[test]
fn no_files_of_a_folder_use_each_other_in_a_circle() {
    let circles = circles(&modules());
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn modules_stand_below_those_that_they_use() {
    let misplaced = misplaced(&modules());
    assert!(misplaced.is_empty(), "{misplaced:#?}");
}

/// A crate of these files.
fn invented(files: &[(&str, &str)]) -> Modules {
    let text = |path: &str| files.iter().find(|(name, _)| *name == path).unwrap().1.to_owned();
    Modules::read(&text)
}

#[test]
fn uses_are_seen_however_they_are_written() {
    let uses = |text: &str| {
        let modules = invented(&[
            ("lib.rs", "mod a; pub mod c; pub(crate) mod d;"),
            ("a.rs", "mod b; use crate::d as short; use crate::c::C;"),
            ("a/b.rs", text),
            (
                "c.rs",
                "mod inner { pub struct C; } pub use self::inner::C; pub use crate::d::{D, E as F};",
            ),
            ("d.rs", ""),
        ]);
        let place = ["a".to_owned(), "b".to_owned()];
        let uses = modules.uses().into_iter().filter(|one| one.user.starts_with(&place));
        uses.map(|one| one.used.join("::")).collect::<Vec<_>>().join(" ")
    };
    let cases = [
        ("use crate::c;", "c"),
        ("pub(crate) use crate::c::{self, x::{Y, Z}, };", "c"),
        ("use super::super::{c, d::{D}};", "c d"),
        ("fn f() { let x: crate::d::X = crate::c::Y::<u8>::new(); }", "c d"),
        ("use crate::d as e; use std::fmt;", "d"),
        // Through names that another module passes on, which is used as well.
        ("use crate::c::C;", "c c::inner"),
        ("use crate::c::{D, F};", "c d"),
        ("use super::C;", "a c c::inner"),
        ("use super::short::X;", "a d"),
        // The same names in other places.
        ("use c::C; use other::d; use std::c::{d}; fn f() { d::g(c::h) }", ""),
        (
            "// crate::c\nconst C: &str = \"crate::c\"; const D: char = '\"'; /* crate::d */",
            "",
        ),
        ("mod c { fn f() {} } use c::f;", "a::b::c"),
        // Names that stand for themselves, which other crates have.
        ("use d::d; fn f() { d::d::g() }", ""),
        // Modules within the file.
        ("mod x { use super::super::super::d; }", "d"),
        ("#[cfg(test)] mod x { use super::Y; }", "a::b"),
    ];
    for (text, expected) in cases {
        assert_eq!(uses(text), expected, "{text}");
    }
}

#[test]
fn forbidden_uses_are_seen() {
    let modules = invented(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", ""),
        ("b.rs", "use crate::a::A; #[cfg(test)] mod tests { use crate::c::C; }"),
        ("c.rs", "use crate::a::A; use crate::b::B;"),
    ]);
    assert_eq!(
        forbidden(&modules, &[("a", &[]), ("b", &["a"]), ("c", &["a"])]),
        ["b::tests uses c", "c uses b"]
    );
}

#[test]
fn circles_are_seen() {
    let found = |a: &str, b: &str, inner: &str, c: &str| {
        circles(&invented(&[
            ("lib.rs", "mod x;"),
            (
                "x.rs",
                "mod a; mod b; mod c; #[cfg(test)] mod testing; pub use a::A; use c::C;",
            ),
            ("x/a.rs", a),
            ("x/b.rs", &format!("mod inner; {b}")),
            ("x/b/inner.rs", inner),
            ("x/c.rs", c),
            ("x/testing.rs", "use super::a::A;"),
        ]))
    };
    let none: [&str; 0] = [];
    assert_eq!(found("use super::b::B;", "use super::c::C;", "use super::B;", ""), none);
    assert_eq!(found("use super::b::B;", "", "", "use super::a::A;"), none);
    assert_eq!(
        found("use super::c::C;", "", "", "use crate::x::A;"),
        ["x: a uses c", "x: c uses a"]
    );
    // By way of a file inside, and with somebody who is only used by the circle and somebody who only uses it.
    let three = found("use super::b::B;", "", "use crate::x::C;", "use super::A;");
    assert_eq!(three, ["x: a uses b", "x: b uses c", "x: c uses a"]);
    assert_eq!(
        found("use super::b::B;", "use super::A;", "use super::super::c::C;", ""),
        ["x: a uses b", "x: b uses a"]
    );
    assert_eq!(
        found("use super::b::B;", "use super::A;", "", "use super::A;"),
        ["x: a uses b", "x: b uses a"]
    );
    // Tests may use whatever they like.
    let tests = "#[cfg(test)] mod tests { use super::super::testing::Y; use crate::x::A; }";
    assert_eq!(found("use super::b::B;", tests, "", ""), none);
    assert_eq!(
        found("#[cfg(test)] mod tests { use crate::x::testing::Y; }", "", "", ""),
        none
    );
}

#[test]
fn misplaced_lines_are_seen() {
    let found = |lines: &str| {
        misplaced(&invented(&[
            ("lib.rs", lines),
            ("a.rs", ""),
            ("b.rs", "use crate::a::A;"),
            ("tests.rs", "use crate::b::B;"),
        ]))
    };
    assert_eq!(found("#[cfg(test)] mod tests; mod a; pub mod b;"), [""; 0]);
    assert_eq!(found("mod b; mod a; #[cfg(test)] mod tests;"), [": b stands before a"]);
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
