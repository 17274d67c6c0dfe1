//! The workflows of the project itself: what they run exists, they get no more leave than they need, and nobody can change an
//! action under them.

use crate::gitops::yaml;
use crate::releases::package;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Name and text of each file of this directory below `.github`.
fn files(directory: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(".github").join(directory)).unwrap();
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    found.sort();
    found
}

fn workflow(name: &str) -> Value {
    yaml::read(&fs::read_to_string(root().join(".github/workflows").join(name)).unwrap())
}

/// The steps of all jobs.
fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_array().unwrap()).collect()
}

/// Panics unless bash can read the script.
pub fn assert_is_script(place: &str, script: &str) {
    let mut bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{place}: {told}\n{script}");
}

#[test]
fn every_action_is_pinned_to_a_commit() {
    let mut pinned = 0;
    for (name, text) in files("workflows") {
        for line in text.lines().filter(|line| line.contains("uses:")) {
            let (_, reference) = line.split_once('@').unwrap_or_else(|| panic!("{name}: {line}"));
            let (commit, release) = reference.split_once(" # v").unwrap_or_else(|| panic!("{name}: {line}"));
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{name}: {line}"
            );
            assert!(release.split('.').count() == 3, "{name}: which release? {line}");
            pinned += 1;
        }
    }
    assert!(pinned >= 10, "{pinned}");
    // What is pinned stays as it is, unless somebody looks.
    let updates = fs::read_to_string(root().join(".github/dependabot.yml")).unwrap();
    assert!(updates.contains("github-actions"), "{updates}");
}

#[test]
fn steps_get_no_more_than_they_must() {
    for (name, text) in files("workflows") {
        let workflow = yaml::read(&text);
        assert_eq!(workflow["permissions"], json!({"contents": "read"}), "{name}");
        assert!(!workflow["on"].to_string().contains("target"), "{name}");
        for step in steps(&workflow) {
            if let Some(script) = step["run"].as_str() {
                assert!(
                    !script.contains("${{"),
                    "{name}: text of others would be a script: {script}"
                );
                assert_is_script(&name, script);
            }
            let uses = step["uses"].as_str().unwrap_or_default();
            if uses.starts_with("actions/checkout") {
                assert_eq!(step["with"]["persist-credentials"], "false", "{name}");
            }
            for product in ["terraform", "tofu"].iter().filter(|product| {
                uses.contains(&format!("setup-open{product}")) || uses.contains(&format!("setup-{product}"))
            }) {
                assert_eq!(step["with"][format!("{product}_wrapper")], "false", "{name}");
            }
        }
    }
}

#[test]
fn a_commit_is_tested_on_each_system_and_with_each_kind_of_host() {
    let ci = workflow("ci.yml");
    let run = &ci["jobs"]["run"];
    let systems = json!(["ubuntu-latest", "macos-latest", "windows-latest"]);
    assert_eq!(run["strategy"]["matrix"]["os"], systems);
    let scripts: Vec<&str> = steps(&ci).iter().filter_map(|step| step["run"].as_str()).collect();
    assert!(scripts.contains(&"bash .ci/run"), "{scripts:?}");
    assert_is_script(".ci/run", &fs::read_to_string(root().join(".ci/run")).unwrap());
    let hosts = ci["jobs"]["hosts"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let hosts: BTreeSet<&str> = hosts.iter().map(|one| one["host"].as_str().unwrap()).collect();
    assert_eq!(hosts, BTreeSet::from(["terraform", "tofu"]));
}

#[test]
fn a_release_has_every_platform_from_the_one_program() {
    let release = workflow("release.yml");
    let jobs = &release["jobs"];
    let targets = jobs["package"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let targets: Vec<&str> = targets.iter().map(|one| one["target"].as_str().unwrap()).collect();
    assert_eq!(targets, package::PLATFORMS.map(|(target, _)| target));
    let scripts: Vec<&str> = steps(&release).iter().filter_map(|step| step["run"].as_str()).collect();
    let packs = scripts.iter().filter(|script| script.contains("--example package"));
    assert_eq!(
        packs.count(),
        2,
        "one for the archives, one for the checksums over all: {scripts:?}"
    );
    let at = |word: &str| scripts.iter().position(|script| script.contains(word));
    assert!(
        at("--checksums") < at("gpg") && at("gpg") < at("gh release create"),
        "{scripts:?}"
    );
    let uses: Vec<&str> = steps(&release)
        .iter()
        .filter_map(|step| step["uses"].as_str())
        .collect();
    assert!(
        uses.iter()
            .any(|action| action.starts_with("actions/attest-build-provenance@")),
        "{uses:?}"
    );
    let leave = json!({"contents": "write", "id-token": "write", "attestations": "write"});
    assert_eq!(jobs["release"]["permissions"], leave);
    assert!(jobs["package"]["permissions"].is_null(), "builds run code of others");
}

#[test]
fn forms_for_issues_can_be_read() {
    for (name, text) in files("ISSUE_TEMPLATE") {
        let form = yaml::read(&text);
        if name == "config.yml" {
            assert_eq!(form["blank_issues_enabled"], "false");
            continue;
        }
        for key in ["name", "description", "body"] {
            assert!(!form[key].is_null(), "{name} has no {key}");
        }
    }
}

/// Files that tests and archives compare byte by byte must not change with the system of a checkout.
#[test]
fn a_checkout_is_the_same_on_every_system() {
    let attributes = fs::read_to_string(Path::new(&root()).join(".gitattributes")).unwrap();
    assert!(attributes.lines().any(|line| line == "* -text"), "{attributes}");
}
