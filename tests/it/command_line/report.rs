//! `report` as a pipeline calls it: what it takes, what it refuses, and its exit codes.

use super::{program, text, within};
use serde_json::json;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// A plan without changes, one with a change, and one that has failed.
const CLEAN: &str = r#"{"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[],"errored":false}"#;
const CHANGED: &str = r#"{"format_version":"1.2","resource_changes":[{"address":"mde_indicator.one","mode":"managed",
"type":"mde_indicator","name":"one","change":{"actions":["create"],"before":null,"after":{"value":"evil.example",
"action":"Block","title":"::error::##vso[task.complete]"},"after_unknown":{}}}]}"#;
const FAILED: &str = r#"{"format_version":"1.2","resource_changes":[],"errored":true}"#;

async fn report(directory: &Path, arguments: &[&str]) -> Output {
    let temporary = TempDir::new().unwrap();
    let arguments = [&["report"], arguments].concat();
    within(program(&arguments, &temporary).current_dir(directory).output())
        .await
        .unwrap()
}

#[tokio::test]
async fn exit_codes_tell_what_was_found_only_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    for (plan, verdict, asked) in [
        (CLEAN, "no changes", 0),
        (CHANGED, "1 change", 1),
        (FAILED, "**FAILED**", 1),
    ] {
        std::fs::write(directory.path().join("plan.json"), plan).unwrap();
        let plain = report(directory.path(), &["plan.json"]).await;
        assert_eq!((plain.status.code(), text(&plain.stderr)), (Some(0), String::new()));
        let told = text(&plain.stdout);
        assert!(told.contains(&format!("## Defender indicators: {verdict}\n")), "{told}");
        let strict = report(directory.path(), &["plan.json", "--exit-code"]).await;
        assert_eq!((strict.status.code(), strict.stdout), (Some(asked), plain.stdout));
    }
}

#[tokio::test]
async fn every_form_is_free_of_orders_to_a_build_agent() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("plan.json"), CHANGED).unwrap();
    for format in ["markdown", "text", "json"] {
        let output = report(directory.path(), &["plan.json", "--format", format, "--no-defang"]).await;
        let told = text(&output.stdout);
        assert!(
            told.contains("evil.example") && told.contains("task.complete"),
            "{told}"
        );
        assert!(
            !told.contains("##vso[") && !told.lines().any(|line| line.trim().starts_with("::")),
            "{told}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_one_error_and_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(directory.path().join(name), text).unwrap();
    write("zip", b"PK\x03\x04");
    write("state", br#"{"format_version":"1.0","values":{}}"#);
    write("log", br#"{"@level":"info","type":"version"}"#);
    write("good", CLEAN.as_bytes());
    for (arguments, words) in [
        (&["missing.json"][..], "missing.json cannot be read: "),
        (
            &["zip"],
            "it is the saved plan itself. Run `terraform show -json PLANFILE`",
        ),
        (&["state"], "it is a state, not a plan"),
        (&["log"], "Give them with `--log`"),
        (&["good", "--log", "good"], "the log cannot be read"),
        (
            &["good", "--html", "no/such/directory.html"],
            "no/such/directory.html cannot be written",
        ),
        (&["-"], "the plan cannot be read: it is empty"),
    ] {
        let output = report(directory.path(), arguments).await;
        let error = text(&output.stderr);
        assert_eq!(
            (output.status.code(), text(&output.stdout)),
            (Some(2), String::new()),
            "{arguments:?}"
        );
        assert!(
            error.starts_with("error: ") && error.contains(words) && error.lines().count() == 1,
            "{error}"
        );
    }
}

#[tokio::test]
async fn wrong_arguments_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&[][..], "<PLAN>"),
        (&["-", "--log", "-"], "cannot both be standard input"),
        (&["-", "--limit", "999"], "at least 1000"),
        (
            &["-", "--limit", "myspace"],
            "github, azure, gitlab, bitbucket, summary",
        ),
        (
            &["-", "--format", "json", "--limit", "github"],
            "--limit does not go with --format json",
        ),
        (&["-", "--name", "a --> b"], "use up to 100 letters"),
        (&["-", "--commit", ""], "use up to 100 letters"),
    ] {
        let output = report(directory.path(), arguments).await;
        let error = text(&output.stderr);
        assert_eq!(
            (output.status.code(), text(&output.stdout)),
            (Some(2), String::new()),
            "{arguments:?}"
        );
        assert!(error.starts_with("error: ") && error.contains(words), "{error}");
    }
}

/// A plan of more rows than any host shows.
fn long_plan() -> String {
    let set = |number: usize| {
        let rows: serde_json::Map<String, serde_json::Value> = (0..200)
            .map(|row| {
                let title = format!("A title that takes some room in row {row} of list {number} | ümläut");
                (format!("h{row}.list{number}.example"), json!({"title": title}))
            })
            .collect();
        let rows = serde_json::Value::Object(rows).to_string();
        json!({
            "address": format!("mde_indicator_set.list{number}"), "mode": "managed", "type": "mde_indicator_set",
            "name": format!("list{number}"), "provider_name": "terraform.local/mde/mde",
            "change": {
                "actions": ["create"], "before": null, "after": {"action": "Block", "indicators": rows},
                "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {},
            },
        })
    };
    let sets: Vec<serde_json::Value> = (0..60).map(set).collect();
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": sets}).to_string()
}

#[tokio::test]
async fn every_host_gets_as_many_whole_rows_as_it_shows() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("plan.json"), long_plan()).unwrap();
    // What each host takes, in characters.
    for (host, most) in [
        ("github", 65_536),
        ("azure", 150_000),
        ("gitlab", 1_000_000),
        ("bitbucket", 32_768),
        ("summary", 1 << 20),
    ] {
        let output = report(directory.path(), &["plan.json", "--limit", host]).await;
        let text = text(&output.stdout);
        assert!(output.status.success());
        assert!(
            text.len() <= most && text.len() > most / 2,
            "{host}: {} bytes",
            text.len()
        );
        let tables = text.lines().filter(|line| line.starts_with('|'));
        let rows: Vec<&str> = tables
            .filter(|line| line.contains("list") && line.contains("example"))
            .collect();
        assert!(!rows.is_empty());
        for row in rows {
            assert!(row.ends_with(" |") && row.contains("ümläut"), "{host}: {row}");
        }
        assert!(
            text.contains(" more") && text.contains("terraform-provider-mde 0.1.0"),
            "{host}: it ends like any other"
        );
    }
}
