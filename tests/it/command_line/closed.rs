//! Commands whose reader goes away before they are done, as `head` does.

use super::{assert_nothing_left, program, text, within};
use crate::support::Tenant;
use serde_json::json;
use std::path::Path;
use std::process::{Output, Stdio};
use tempfile::TempDir;

/// Which of its streams nobody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    None,
    Output,
    Errors,
}

/// Runs the program in the directory.
async fn run(arguments: &[&str], directory: &Path, tenant: &Tenant, unread: Unread) -> Output {
    let temporary = tempfile::tempdir().unwrap();
    let stream = |is_unread: bool| {
        if !is_unread {
            return Stdio::piped();
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    };
    let child = program(arguments, &temporary)
        .current_dir(directory)
        .envs(tenant.environment())
        .stdout(stream(unread == Unread::Output))
        .stderr(stream(unread == Unread::Errors))
        .spawn()
        .unwrap();
    let output = within(child.wait_with_output()).await.unwrap();
    assert_nothing_left(&temporary);
    output
}

/// Lists with something to object to, and a plan.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let rows: String = (0..5_000)
        .map(|number| format!("10.0.{}.{}\n", number / 250, number % 250))
        .collect();
    let list = format!("evil.example\n203.0.113.0/24\n{rows}");
    let plan = json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": []});
    for (name, text) in [("list.txt", list), ("plan.json", plan.to_string())] {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

#[tokio::test]
async fn a_reader_who_leaves_changes_nothing_but_what_is_read() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "theirs.example", "Block");
    let commands: [(&[&str], i32); 13] = [
        (&["lint", "list.txt"], 1),
        (&["lint", "list.txt", "--format", "json"], 1),
        (&["lint", "list.txt", "--format", "github", "--fail-on", "never"], 0),
        (&["convert", "list.txt", "--to", "csv"], 0),
        (&["convert", "list.txt", "--to", "csv", "--fail-on-skip", "cidr"], 1),
        (&["convert", "missing.txt"], 2),
        (&["report", "plan.json"], 0),
        (&["check"], 0),
        (&["check", "--format", "json"], 0),
        (&["export", "--source", "*", "--force", "--directory", "exported"], 0),
        (&["docs", "--directory", "pages"], 0),
        (&["simulate", "--", "terraform-provider-mde-that-is-not-there"], 2),
        (&["lint", "--help"], 0),
    ];
    for (arguments, code) in commands {
        // A directory for each run, since some write files.
        let usual = run(arguments, directory().path(), &tenant, Unread::None).await;
        assert_eq!(
            usual.status.code(),
            Some(code),
            "{arguments:?}: {}",
            text(&usual.stderr)
        );
        for unread in [Unread::Output, Unread::Errors] {
            let output = run(arguments, directory().path(), &tenant, unread).await;
            assert_eq!(
                output.status.code(),
                Some(code),
                "{arguments:?} {unread:?}: {}",
                text(&output.stderr)
            );
            let (found, expected) = match unread {
                Unread::Errors => (&output.stdout, &usual.stdout),
                _ => (&output.stderr, &usual.stderr),
            };
            // Of a listing or a token the time is told.
            if !matches!(arguments[0], "check" | "convert") {
                assert_eq!(text(found), text(expected), "{arguments:?} {unread:?}");
            }
            assert!(!text(&output.stderr).contains("pipe"), "{}", text(&output.stderr));
        }
    }
}
