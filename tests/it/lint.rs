//! The command `lint`, as a person and a build service start it.

use jsonschema::Validator;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NOW: &str = "2026-01-20T00:00:00Z";

pub fn lint(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_terraform-provider-mde"))
        .arg("lint")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn lists() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists/lint")
}

#[test]
fn the_exit_code_depends_on_the_threshold() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::write(path.join("clean.txt"), "evil.test\n").unwrap();
    fs::write(path.join("warning.txt"), "10.0.0.1\n").unwrap();
    fs::write(path.join("error.txt"), "co.uk\n").unwrap();
    fs::write(path.join("README.md"), "Words about lists, and nothing else.\n").unwrap();
    for (arguments, expected) in [
        (&["clean.txt"][..], 0),
        (&["warning.txt"], 0),
        (&["warning.txt", "--fail-on", "warning"], 1),
        (&["warning.txt", "--fail-on", "warning", "--allow", "not-external"], 0),
        (&["error.txt"], 1),
        (&["error.txt", "--fail-on", "never"], 0),
        (&["."], 1),
        (&["missing.txt"], 2),
        (&["README.md"], 2),
        (&["clean.txt", "--allow", "nothing"], 2),
        (&["clean.txt", "--protected", "not a domain!"], 2),
        (&["clean.txt", "--baseline", "README.md"], 2),
        (&[], 2),
    ] {
        let output = lint(path, arguments);
        assert_eq!(
            code(&output),
            expected,
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let output = lint(path, &["README.md"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("README.md is no list"));
}

#[test]
fn directories_are_walked_without_what_git_ignores() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::create_dir_all(path.join("deep/.hidden")).unwrap();
    for name in ["a.txt", "ignored.txt", "deep/b.csv", "deep/.hidden/c.txt", "main.tf"] {
        let text = if name.ends_with("csv") {
            "value\ncom\n"
        } else {
            "co.uk\n"
        };
        fs::write(path.join(name), text).unwrap();
    }
    fs::write(path.join(".gitignore"), "ignored.txt\n").unwrap();
    fs::write(path.join("settings.json"), "{\"a\": 1}").unwrap();
    let output = lint(path, &[".", "a.txt", "--format", "json"]);
    let report = json(&output);
    assert_eq!(report["files"], serde_json::json!(["a.txt", "deep/b.csv"]));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("settings.json was passed over"), "{told}");
}

#[test]
fn a_result_is_a_baseline() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::write(path.join("a.txt"), "co.uk\n10.0.0.1\n").unwrap();
    let first = lint(path, &["a.txt", "--format", "json"]);
    assert_eq!(code(&first), 1);
    fs::write(path.join("baseline.json"), &first.stdout).unwrap();
    fs::write(path.join("a.txt"), "# new\nevil.test\n10.0.0.1\nco.uk\n").unwrap();
    let second = lint(
        path,
        &[
            "a.txt",
            "--format",
            "json",
            "--baseline",
            "baseline.json",
            "--fail-on",
            "note",
        ],
    );
    assert_eq!(code(&second), 0, "{}", String::from_utf8_lossy(&second.stdout));
    assert_eq!(json(&second)["summary"]["known"], 2);
}

#[test]
fn no_colours_go_into_a_file() {
    let output = lint(&lists(), &["overlaps.csv"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("error[two-actions]") && !text.contains('\u{1b}'),
        "{text}"
    );
}

/// The schema of the standard, as the crate `serde-sarif` ships it.
fn schema() -> Validator {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Json = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let text = fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Json = serde_json::from_str(&text).unwrap();
    // The patterns of languages have a bracket too many, which this validator refuses. No language is written.
    let mut faulty = 0;
    for properties in [
        "/definitions/run/properties/language",
        "/definitions/toolComponent/properties/language",
    ] {
        if let Some(language) = schema.pointer_mut(properties).and_then(Json::as_object_mut) {
            faulty += usize::from(language.remove("pattern").is_some());
        }
    }
    assert!(faulty > 0, "the schema has been mended, so this is not needed any more");
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn sarif_fits_the_schema_of_the_standard() {
    let schema = schema();
    assert!(
        !schema.is_valid(&serde_json::json!({ "version": "2.1.0" })),
        "everything fits"
    );
    for arguments in [&["."][..], &["overlaps.csv"], &["marks.json"]] {
        let arguments = [arguments, &["--format", "sarif", "--now", NOW]].concat();
        let sarif = json(&lint(&lists(), &arguments));
        let faults: Vec<String> = schema
            .iter_errors(&sarif)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert!(!results.is_empty());
        let uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap();
        assert!(uri.starts_with("tests/lists/lint/"), "{uri}");
    }
}

#[test]
fn the_guide_has_every_code_and_option() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/linting-lists.md");
    let guide = fs::read_to_string(guide).unwrap();
    let sarif = json(&lint(&lists(), &["overlaps.csv", "--format", "sarif"]));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let codes = rules.iter().map(|rule| rule["id"].as_str().unwrap());
    for code in codes.filter(|code| *code != "more-findings") {
        assert!(guide.contains(&format!("`{code}`")), "{code} is not in the guide");
    }
    let help = lint(&lists(), &["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let words = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 2);
    for option in words.map(|word| word.trim_end_matches(['`', ',', '.'])) {
        assert!(
            option == "--help" || guide.contains(option),
            "{option} is not in the guide"
        );
    }
}
