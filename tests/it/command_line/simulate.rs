//! `simulate -- COMMAND`: the simulator for as long as a command runs.

use super::{PROGRAM, assert_nothing_left, program, text, within};
use crate::support::Workspace;
use std::path::Path;
use std::process::{Output, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// The program that runs this script beside a simulator.
fn simulated(script: &str, temporary: &TempDir) -> Command {
    program(&["simulate", "--", "sh", "-c", script], temporary)
}

async fn output(script: &str) -> Output {
    let temporary = tempfile::tempdir().unwrap();
    let output = within(simulated(script, &temporary).output()).await.unwrap();
    assert_nothing_left(&temporary);
    output
}

#[tokio::test]
async fn the_exit_code_is_the_commands_own() {
    for (script, code) in [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143)] {
        let output = output(script).await;
        assert_eq!(output.status.code(), Some(code), "{script}");
        assert_eq!(
            (text(&output.stdout), text(&output.stderr)),
            (String::new(), String::new())
        );
    }
}

#[tokio::test]
async fn standard_streams_are_the_commands_own() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = simulated("cat; echo warned >&2", &temporary);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut input, b"\x00\xffraw")
        .await
        .unwrap();
    drop(input);
    let output = within(child.wait_with_output()).await.unwrap();
    assert_eq!(
        (&output.stdout[..], text(&output.stderr).as_str()),
        (&b"\x00\xffraw"[..], "warned\n")
    );
    assert_nothing_left(&temporary);
}

#[tokio::test]
async fn the_environment_leads_to_the_simulator_and_nowhere_else() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = simulated("env | sort; ls $(dirname \"$MDE_CA_CERTIFICATE_PATH\")", &temporary);
    for (name, value) in [
        ("ARM_ENVIRONMENT", "china"),
        ("ARM_CLIENT_CERTIFICATE_PATH", "own.pfx"),
        ("ARM_CLIENT_ID", "own"),
        ("ARM_USE_OIDC", "true"),
        ("ARM_OIDC_TOKEN", "own"),
        ("AZURE_TENANT_ID", "own"),
        ("MDE_REGION", "mars"),
        ("MDE_MAX_REMOVALS", "7"),
        ("ARM_ACCESS_KEY", "of the state"),
        ("NO_PROXY", "a.example"),
    ] {
        command.env(name, value);
    }
    let shown = text(&within(command.output()).await.unwrap().stdout);
    let of = |name: &str| {
        let line = shown
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(str::to_owned)
    };
    for gone in [
        "ARM_ENVIRONMENT",
        "ARM_CLIENT_CERTIFICATE_PATH",
        "ARM_USE_OIDC",
        "ARM_OIDC_TOKEN",
        "AZURE_TENANT_ID",
        "MDE_REGION",
    ] {
        assert_eq!(of(gone), None, "{gone}");
    }
    let url = of("MDE_BASE_URL").unwrap();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert_eq!(of("MDE_AUTHORITY_HOST"), Some(url));
    assert_ne!(of("ARM_CLIENT_ID").unwrap(), "own");
    assert!(of("ARM_TENANT_ID").is_some() && of("ARM_CLIENT_SECRET").is_some());
    assert_eq!(
        of("MDE_MAX_REMOVALS").as_deref(),
        Some("7"),
        "how the provider works is not the simulator's business"
    );
    assert_eq!(of("ARM_ACCESS_KEY").as_deref(), Some("of the state"));
    for name in ["NO_PROXY", "no_proxy"] {
        assert_eq!(of(name).as_deref(), Some("a.example,127.0.0.1"));
    }
    assert!(
        shown.contains("\nca.pem\n") && shown.contains("\nenvironment\n"),
        "{shown}"
    );
    assert_nothing_left(&temporary);
}

#[tokio::test]
async fn a_command_that_cannot_be_run_is_one_error() {
    let temporary = tempfile::tempdir().unwrap();
    let output = within(program(&["simulate", "--", "no-such-command"], &temporary).output())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.starts_with("error: `no-such-command` cannot be run: "), "{error}");
    assert_eq!(error.lines().count(), 1);
    assert_nothing_left(&temporary);
}

#[tokio::test]
async fn options_and_command_stand_side_by_side() {
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path().join("sim");
    let directory = directory.to_str().unwrap();
    let arguments = [
        "simulate",
        "--directory",
        directory,
        "--client-id",
        "given",
        "--",
        "printenv",
        "ARM_CLIENT_ID",
    ];
    let output = within(program(&arguments, &temporary).output()).await.unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), "given\n".to_owned())
    );
    assert!(
        Path::new(directory).join("ca.pem").exists(),
        "the directory was given, so it is kept"
    );
    // What the command takes for its own options is not the simulator's.
    let output = within(program(&["simulate", "--", "echo", "--listen", "--"], &temporary).output())
        .await
        .unwrap();
    assert_eq!(text(&output.stdout), "--listen --\n");
}

/// No terminal sends these, so each reaches the command once, which decides what to do.
#[cfg(unix)]
#[tokio::test]
async fn signals_go_on_to_the_command() {
    for signal in ["INT", "TERM", "HUP", "QUIT"] {
        let temporary = tempfile::tempdir().unwrap();
        let script = format!("trap 'echo told; exit 7' {signal}; echo ready; while :; do sleep 0.01; done");
        let mut command = simulated(&script, &temporary);
        // A session of its own has no terminal, wherever the tests run.
        command.process_group(0);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(within(lines.next_line()).await.unwrap().as_deref(), Some("ready"));
        let id = child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().await.unwrap();
        assert!(sent.success());
        assert_eq!(
            within(lines.next_line()).await.unwrap().as_deref(),
            Some("told"),
            "{signal}"
        );
        assert_eq!(within(child.wait()).await.unwrap().code(), Some(7), "{signal}");
        assert_eq!(within(lines.next_line()).await.unwrap(), None, "told once");
        assert_nothing_left(&temporary);
    }
}

#[tokio::test]
async fn terraform_runs_in_it() {
    let tenant = crate::support::Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(
        r#"
resource "mde_indicator" "one" {
  value       = "evil.example"
  action      = "Block"
  title       = "One"
  description = "Text"
}
"#,
    );
    let temporary = tempfile::tempdir().unwrap();
    let terraform = workspace.command(&["apply", "-auto-approve", "-input=false"]);
    let mut command = Command::new(PROGRAM);
    command
        .args(["simulate", "--"])
        .arg(terraform.get_program())
        .args(terraform.get_args());
    for (name, value) in terraform.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TMPDIR", temporary.path()).current_dir(workspace.path());
    let output = within(command.output()).await.unwrap();
    let shown = text(&output.stdout);
    assert!(
        output.status.success() && shown.contains("1 added"),
        "{shown}{}",
        text(&output.stderr)
    );
    assert_eq!(
        tenant.rows().len(),
        0,
        "the simulator of the command was used, not the one of the test"
    );
    assert_nothing_left(&temporary);
}
