//! What this run left out. The tests begin in the order of their names, so that these are the last ones, and a test notes with
//! its first words that its host is not enough.

use crate::support::{Program, unrun};
use std::io::Write as _;

/// Not `eprintln!`: the harness keeps what is printed in a test that does not fail.
#[test]
fn terraform_tests_that_need_another_host_are_named() {
    let host = Program::of_this_run();
    let unrun = unrun();
    let mut text = format!("\nHost of this run: {host} ({})\n", host.path.display());
    for line in &unrun {
        text.push_str(&format!("not run: {line}\n"));
    }
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
