//! Small lists of every format, and what comes out of them: one table for readers, `convert` and `lint`.
//!
//! `tests/lists/expected.json` says of each file under `tests/lists` what a conversion makes of it: `rows` in any order,
//! with the fields that matter; `skipped` by reason; `rewritten` from and to; `error` with words of the message if nothing
//! is taken or the whole file is refused; `with` the same under further options; `lint` the findings. `MDE_TEST_CASES` names
//! a folder with more cases of the same form; of their errors the words are not compared.

mod case;
mod converted;
mod linted;

use case::{Case, Outcome};
use mde::feed::{Options, list, misp, stix};
use std::path::Path;

/// What the reader of a case's format makes of it; nothing for a format that is read elsewhere.
fn read(case: &Case, text: &[u8], options: &Options) -> Option<Outcome> {
    let read = match case.format.as_str() {
        "stix" => stix::read,
        "misp" => misp::read,
        "txt" => list::read,
        _ => return None,
    };
    Some(match std::str::from_utf8(text) {
        Ok(text) => Outcome::of(read(text, options)),
        Err(_) => Outcome::refused("the file is not text"),
    })
}

/// Looks at every case in every way that it speaks of. The answer is how many cases there are.
fn check(folder: &Path, is_ours: bool) -> usize {
    let cases = Case::all(folder);
    let mut faults = Vec::new();
    let (mut read_cases, mut converted, mut linted) = (0, 0, 0);
    for case in &cases {
        let text = std::fs::read(folder.join(&case.file)).unwrap();
        for (options, expectation) in case.expectations() {
            let mut found = Vec::new();
            if !expectation.is_for_lint() {
                match case::options(&options) {
                    Ok(options) => {
                        if let Some(outcome) = read(case, &text, &options) {
                            read_cases += 1;
                            found.extend(outcome.faults(expectation, is_ours));
                        }
                    }
                    Err(unknown) => found.push(format!("no option {unknown}")),
                }
                converted += 1;
                found.extend(converted::faults(folder, case, &options, expectation, is_ours));
            }
            if let Some(wanted) = &expectation.lint {
                linted += 1;
                found.extend(linted::faults(folder, case, &options, wanted));
            }
            faults.extend(
                found
                    .into_iter()
                    .map(|fault| format!("{} {options}: {fault}", case.file)),
            );
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(
        read_cases > 0 && linted > 0 && converted + linted >= cases.len(),
        "{read_cases} read, {converted} converted and {linted} linted of {}",
        cases.len()
    );
    cases.len()
}

#[test]
fn every_list_becomes_what_is_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists");
    let cases = check(&folder, true);
    // A file that no case speaks of tests nothing.
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        files += if path.is_dir() {
            std::fs::read_dir(path).unwrap().count()
        } else {
            0
        };
    }
    assert_eq!(cases, files);
}

#[test]
fn so_does_every_list_of_another_folder() {
    if let Some(folder) = std::env::var_os("MDE_TEST_CASES") {
        check(Path::new(&folder), false);
    }
}
