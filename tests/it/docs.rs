//! The generated pages are those of this code, and the examples are valid.

use std::process::Command;

#[test]
fn the_reference_is_current() {
    let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-mde"))
        .args(["docs", "--check", "--directory"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    assert!(output.status.success(), "{text}");
}
