//! The generated pages are those of this code, and the examples are valid.

use crate::support::{Feature, Tenant, Workspace, has};
use mde::simulator::Fault;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Says where the provider comes from.
const VERSIONS: &str =
    "terraform {\n  required_providers {\n    mde = { source = \"terraform.local/mde/mde\" }\n  }\n}\n";

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

/// How the names of examples end that need a newer host, or stand in the way of another example; they have tests of their own.
const APART: [&str; 2] = ["import-by-identity.tf", ".tfquery.hcl"];

/// The directories below this one, itself included, that hold a configuration.
fn configurations(directory: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let mut found: Vec<PathBuf> = entries
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|path| configurations(path))
        .collect();
    if entries
        .iter()
        .any(|path| path.extension().is_some_and(|end| end == "tf" || end == "hcl"))
    {
        found.push(directory.to_owned());
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Whether a configuration says where the provider comes from; most examples leave it to their reader.
fn names_the_provider(directory: &Path) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        text.contains("required_providers")
    })
}

#[tokio::test]
async fn every_example_is_valid() {
    let tenant = Tenant::start().await;
    let examples = configurations(&Path::new(ROOT).join("examples"));
    assert!(examples.len() >= 7, "{examples:?}");
    for example in examples {
        let mut workspace = Workspace::new(&tenant);
        copy(&example, workspace.path());
        for end in APART {
            remove(workspace.path(), end);
        }
        if !names_the_provider(&example) {
            workspace.write("versions.tf", VERSIONS);
        }
        workspace.unset("ARM_CLIENT_SECRET");
        let ran = workspace.run(&["validate"]).await;
        assert_eq!(ran.code, 0, "{}:\n{}", example.display(), ran.output);
        assert_eq!(ran.warnings(), [""; 0], "{}:\n{}", example.display(), ran.output);
        let ran = workspace.run(&["fmt", "-check", "-diff"]).await;
        assert_eq!(ran.code, 0, "{}:\n{}", example.display(), ran.output);
    }
    assert!(tenant.simulator.calls().is_empty(), "validation asks nobody");
}

/// Takes the files away whose names end so.
fn remove(directory: &Path, end: &str) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(end) {
            fs::remove_file(path).unwrap();
        }
    }
}

#[tokio::test]
async fn an_import_by_identity_is_valid() {
    if !has(Feature::Identity) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    copy(
        &Path::new(ROOT).join("examples/resources/mde_indicator"),
        workspace.path(),
    );
    remove(workspace.path(), "import-by-string-id.tf");
    workspace.write("versions.tf", VERSIONS);
    workspace.run(&["validate"]).await.expect(0);
    workspace.run(&["fmt", "-check", "-diff"]).await.expect(0);
}

#[tokio::test]
async fn a_list_block_is_valid() {
    if !has(Feature::Query) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    copy(
        &Path::new(ROOT).join("examples/list-resources/mde_indicator"),
        workspace.path(),
    );
    workspace.write("versions.tf", &format!("{VERSIONS}\nprovider \"mde\" {{}}\n"));
    workspace.run(&["validate", "-query"]).await.expect(0);
    workspace.run(&["fmt", "-check", "-diff"]).await.expect(0);
}

#[test]
fn the_page_of_the_simulator_names_every_fault_and_path() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/guides/simulator.md")).unwrap();
    // The error lists what there is, each in backticks.
    let error = Fault::from_json(&json!({ "kind": "?" })).unwrap_err();
    let kinds: Vec<&str> = error
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| *name != "?")
        .collect();
    assert!(kinds.len() > 10, "{error}");
    let paths = ["calls", "rows", "faults", "clock"].map(|path| format!("/simulator/{path}"));
    let fields = ["method", "path", "after", "times"];
    let names = kinds.iter().chain(&fields).map(|name| format!("`{name}`"));
    for name in names.chain(paths) {
        assert!(page.contains(&name), "{name} is not on the page");
    }
}
