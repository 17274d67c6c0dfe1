//! The command `lint`, as a person and a build service start it.

use jsonschema::Validator;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NOW: &str = "2026-01-20T00:00:00Z";

fn lint(directory: &Path, arguments: &[&str]) -> Output {
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

fn json(output: &Output) -> Json {
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

/// What a case expects of a line, such as `covered line 3 by line 2 (note): why`: code, line, the other line, severity.
type Expected = (String, Option<u64>, Option<u64>, Option<String>);

fn expected(text: &str) -> Expected {
    let (head, _) = text.split_once(": ").unwrap_or((text, ""));
    let words: Vec<&str> = head.split_whitespace().collect();
    let mut lines = words
        .windows(2)
        .filter(|pair| pair[0] == "line")
        .map(|pair| pair[1].parse().unwrap());
    let severity = words.iter().find_map(|word| word.strip_prefix('(')?.strip_suffix(')'));
    (
        words[0].to_owned(),
        lines.next(),
        lines.next(),
        severity.map(str::to_owned),
    )
}

fn found(report: &Json) -> Vec<Expected> {
    let findings = report["findings"].as_array().unwrap();
    let each = findings.iter().map(|finding| {
        (
            finding["code"].as_str().unwrap().to_owned(),
            finding["line"].as_u64(),
            finding["related"][0]["line"].as_u64(),
            finding["severity"].as_str().map(str::to_owned),
        )
    });
    each.collect()
}

fn check(folder: &Path) {
    let cases: Json = serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    // The allow list of the cases holds one domain.
    let allowed = temporary.path().join("allowed.txt");
    fs::write(&allowed, "popular.example\nknown.test\n").unwrap();
    let mut checked = 0;
    for case in cases["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["lint"].is_array())
    {
        let file = case["file"].as_str().unwrap();
        let mut arguments = vec![file, "--format", "json"];
        let mut options = case["options"].as_str().unwrap_or_default().split_whitespace();
        while let Some(option) = options.next() {
            arguments.push(option);
            let value = options.next().unwrap();
            arguments.push(if option == "--allow-list" {
                allowed.to_str().unwrap()
            } else {
                value
            });
        }
        if !arguments.contains(&"--now") {
            arguments.extend(["--now", NOW]);
        }
        let report = json(&lint(folder, &arguments));
        let all: BTreeSet<Expected> = found(&report).into_iter().collect();
        let wanted: Vec<Expected> = case["lint"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| expected(one.as_str().unwrap()))
            .collect();
        if wanted.iter().any(|(_, line, ..)| line.is_none()) {
            // Codes only.
            let codes = |each: &[Expected]| {
                each.iter()
                    .map(|one| one.0.clone().trim_end_matches(':').to_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(codes(&found(&report)), codes(&wanted), "{file}");
        } else {
            assert_eq!(all, wanted.into_iter().collect(), "{file}");
        }
        checked += 1;
    }
    assert!(checked > 0, "no case was checked");
}

#[test]
fn every_list_has_the_findings_that_are_expected() {
    check(&lists());
}

#[test]
fn so_has_every_list_of_another_folder() {
    if let Some(folder) = std::env::var_os("MDE_TEST_CASES") {
        check(Path::new(&folder));
    }
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
