//! Small lists of every format, and what comes out of them.
//!
//! `tests/lists/expected.json` says of each file under `tests/lists` what a conversion makes of it: `rows` in any order,
//! with the fields that matter; `skipped` by reason; `rewritten` from and to; `error` if nothing is taken or the whole file
//! is refused; `with` the same under further options; `lint` the findings. `MDE_TEST_CASES` names a folder with more cases of
//! the same form.

pub mod case;

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
        Err(_) => Outcome::refused("not UTF-8"),
    })
}

fn check(folder: &Path) {
    let cases = Case::all(folder);
    let mut faults = Vec::new();
    let mut read_cases = 0;
    for case in &cases {
        let text = std::fs::read(folder.join(&case.file)).unwrap();
        for (options, expectation) in case.expectations() {
            let options = match case::options(&options) {
                Ok(options) => options,
                Err(unknown) => {
                    faults.push(format!("{}: no option {unknown}", case.file));
                    continue;
                }
            };
            if let Some(outcome) = read(case, &text, &options) {
                read_cases += 1;
                faults.extend(
                    outcome
                        .faults(expectation)
                        .into_iter()
                        .map(|fault| format!("{}: {fault}", case.file)),
                );
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(read_cases > 0, "no case was read");
}

#[test]
fn every_list_becomes_what_is_expected() {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists"));
}

#[test]
fn so_does_every_list_of_another_folder() {
    if let Some(folder) = std::env::var_os("MDE_TEST_CASES") {
        check(Path::new(&folder));
    }
}
