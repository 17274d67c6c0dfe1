//! The program as a person starts it.

#[cfg(unix)]
mod install;
mod report;
mod simulate;

use crate::support::{Program as Host, Tenant, Workspace};
use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-mde");

/// Protection against a test that waits for ever; nothing is measured with it.
const PATIENCE: Duration = Duration::from_secs(300);

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it takes for ever")
}

/// The program with a directory for temporary files of its own.
fn program(arguments: &[&str], temporary: &TempDir) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env("TMPDIR", temporary.path())
        .env("MDE_TEST_RUN", temporary.path())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Panics if the run has left files or processes behind.
fn assert_nothing_left(temporary: &TempDir) {
    let files: Vec<_> = std::fs::read_dir(temporary.path()).unwrap().collect();
    assert!(files.is_empty(), "{files:?}");
    #[cfg(target_os = "linux")]
    {
        let mark = format!("MDE_TEST_RUN={}", temporary.path().display());
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            let environment = std::fs::read(path.join("environ")).ok()?;
            let marked = environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == mark.as_bytes());
            marked.then(|| text(&std::fs::read(path.join("cmdline")).unwrap_or_default()))
        });
        // One that has ended and is waited for has no environment any more.
        let left: Vec<String> = processes.filter(|line| !line.is_empty()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[tokio::test]
async fn the_demo_shows_the_whole_chain_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let path = Host::of_this_run().path_variable();
    let Output { status, stdout, stderr } = within(program(&["demo"], &temporary).env("PATH", path).output())
        .await
        .unwrap();
    let shown = text(&stdout);
    assert!(status.success(), "{shown}\n{}", text(&stderr));
    assert_eq!(text(&stderr), "");
    let steps: Vec<&str> = shown.lines().filter(|line| line.starts_with("== ")).collect();
    assert_eq!(steps.len(), 9, "{steps:#?}");
    for told in [
        "Plan: 2 to add, 0 to change, 0 to destroy.",
        "The tenant now holds 1201 indicators.",
        "No changes. Your infrastructure matches the configuration.",
        "- c2-7.example.net: action changed from \"Block\" to \"Allowed\"",
        "Plan: 0 to add, 1 to change, 0 to destroy.",
        "The tenant now holds 0 indicators.",
        " were throttled.",
    ] {
        assert!(shown.contains(told), "`{told}` is not in:\n{shown}");
    }
    let counts = shown
        .lines()
        .last()
        .unwrap()
        .strip_prefix("Done. API calls in all: ")
        .unwrap();
    let count = |name: &str| {
        let part = counts.split([',', ';']).find(|part| part.contains(name)).unwrap();
        part.trim().split(' ').next().unwrap().parse::<usize>().unwrap()
    };
    // Three for the list and one that heals; the single indicator may come with the list or alone.
    assert!((4..=5).contains(&count("imports")), "{counts}");
    assert!((4..=5).contains(&count("batch deletes")), "{counts}");
    assert_eq!(count("throttled"), 0);
    assert_nothing_left(&temporary);
}

#[tokio::test]
async fn without_terraform_the_demo_says_so() {
    let (temporary, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = within(program(&["demo"], &temporary).env("PATH", empty.path()).output())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        "error: neither `terraform` nor `tofu` is on PATH. Install one of them (Terraform 1.8 or OpenTofu 1.7, or newer) and \
         run this again.\n"
    );
    assert_nothing_left(&temporary);
}

#[cfg(unix)]
#[tokio::test]
async fn a_demo_that_goes_wrong_fails() {
    use std::os::unix::fs::PermissionsExt;
    let (temporary, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let broken = directory.path().join("terraform");
    std::fs::write(&broken, "#!/bin/sh\necho no luck today\nexit 3\n").unwrap();
    std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = within(program(&["demo"], &temporary).env("PATH", directory.path()).output())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: step 1 ended with exit code 3 instead of 0. Its whole output:\nno luck today\n\n"
    );
    assert_nothing_left(&temporary);
}

/// A simulator in a process of its own.
struct Served {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Served {
    async fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = within(lines.next_line()).await.unwrap().unwrap();
        let url = ready
            .strip_prefix("ready ")
            .unwrap_or_else(|| panic!("{ready}"))
            .to_owned();
        Self { process, lines, url }
    }

    async fn end(mut self, signal: &str) {
        let id = self.process.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().await.unwrap();
        assert!(sent.success());
        assert_eq!(
            within(self.lines.next_line()).await.unwrap(),
            None,
            "nothing more is printed"
        );
        let output = within(self.process.wait_with_output()).await.unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    }
}

/// The value of a variable in a file that a shell can read.
async fn sourced(file: &Path, variable: &str) -> String {
    let script = format!(r#"set -a; . "$0"; printenv {variable}"#);
    let output = Command::new("sh")
        .args(["-c", &script])
        .arg(file)
        .output()
        .await
        .unwrap();
    text(&output.stdout).trim_end().to_owned()
}

#[cfg(unix)]
#[tokio::test]
async fn the_simulator_has_the_face_that_pipelines_are_built_on() {
    let (temporary, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directory = directory.path().join("sim");
    let arguments = [
        "simulate",
        "--listen",
        "127.0.0.1:0",
        "--directory",
        directory.to_str().unwrap(),
    ];
    let served = Served::start(program(&arguments, &temporary)).await;
    assert!(served.url.starts_with("https://127.0.0.1:"), "{}", served.url);
    let environment = directory.join("environment");
    for variable in ["MDE_BASE_URL", "MDE_AUTHORITY_HOST"] {
        assert_eq!(sourced(&environment, variable).await, served.url);
    }
    let authority = sourced(&environment, "MDE_CA_CERTIFICATE_PATH").await;
    assert_eq!(Path::new(&authority), directory.join("ca.pem"));

    let certificate = Certificate::from_pem(&std::fs::read(&authority).unwrap()).unwrap();
    let client = Client::builder().tls_certs_only([certificate]).build().unwrap();
    let at = |path: &str| format!("{}{path}", served.url);
    let get = async |path: &str| -> Value { client.get(at(path)).send().await.unwrap().json().await.unwrap() };
    assert_eq!(get("/simulator/calls").await, json!([]));

    let row = json!([{"indicatorValue": "a.example", "indicatorType": "DomainName", "action": "Block"}]);
    let put = client.put(at("/simulator/rows")).json(&row).send().await.unwrap();
    assert_eq!(put.status(), 204);
    assert_eq!(get("/simulator/rows").await[0]["indicatorValue"], "a.example");

    let tenant = sourced(&environment, "ARM_TENANT_ID").await;
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", sourced(&environment, "ARM_CLIENT_ID").await),
        ("client_secret", sourced(&environment, "ARM_CLIENT_SECRET").await),
        ("scope", "https://api.securitycenter.microsoft.com/.default".to_owned()),
    ];
    let token = client
        .post(at(&format!("/{tenant}/oauth2/v2.0/token")))
        .form(&form)
        .send()
        .await
        .unwrap();
    let token: Value = token.json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let faults = client
        .post(at("/simulator/faults"))
        .json(&json!([{"kind": "status", "code": 503}]))
        .send()
        .await
        .unwrap();
    assert_eq!(faults.status(), 204, "{}", faults.text().await.unwrap());
    let list = || client.get(at("/api/indicators?$top=5")).bearer_auth(token).send();
    assert_eq!(list().await.unwrap().status(), 503);
    assert_eq!(list().await.unwrap().status(), 200);
    let calls = get("/simulator/calls").await;
    let calls = calls.as_array().unwrap();
    assert_eq!(calls.len(), 3, "{calls:?}");
    let last = &calls[2];
    assert_eq!(
        [
            &last["method"],
            &last["path"],
            &last["query"],
            &last["status"],
            &last["items"]
        ],
        [
            &json!("GET"),
            &json!("/api/indicators"),
            &json!("$top=5"),
            &json!(200),
            &json!(1)
        ]
    );
    assert!(last["start"].as_u64() <= last["end"].as_u64());

    let clock = client
        .post(at("/simulator/clock"))
        .json(&json!({"advance_seconds": 3600}))
        .send();
    assert_eq!(clock.await.unwrap().status(), 200);
    assert_eq!(list().await.unwrap().status(), 401, "the token is over");
    let cleared = client.delete(at("/simulator/calls")).send().await.unwrap();
    assert_eq!(cleared.status(), 204);
    assert_eq!(get("/simulator/calls").await, json!([]));

    let url = served.url.clone();
    served.end("TERM").await;
    assert!(client.get(url).send().await.is_err(), "the port is closed");
    assert!(environment.exists(), "the directory was given, so it is kept");
    assert_nothing_left(&temporary);
}

#[cfg(unix)]
#[tokio::test]
async fn the_simulators_own_directory_goes_with_it() {
    for signal in ["TERM", "INT"] {
        let temporary = tempfile::tempdir().unwrap();
        let mut served = Served::start(program(&["simulate"], &temporary)).await;
        let line = within(served.lines.next_line()).await.unwrap().unwrap();
        let directory = line.strip_prefix("directory ").unwrap();
        assert!(Path::new(directory).join("ca.pem").exists());
        served.end(signal).await;
        assert_nothing_left(&temporary);
    }
}

#[tokio::test]
async fn what_cannot_be_served_is_one_error() {
    let temporary = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = within(program(&["simulate", "--listen", &address], &temporary).output())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(
        error.starts_with(&format!("error: cannot listen on {address}: ")),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert_nothing_left(&temporary);
}

#[tokio::test]
async fn what_cannot_stand_together_is_an_error_of_usage() {
    let temporary = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--listen", "0.0.0.0:0"][..], "add --listen-beyond-loopback"),
        (&["--listen", "[::]:0"], "add --listen-beyond-loopback"),
        (
            &["--paging", "skip-only", "--page-size", "500"],
            "Leave one of the two out",
        ),
        (&["--application", "display-name"], "each part is KEY=VALUE"),
        (
            &["--client-id", "x", "--application", "client-id=x"],
            "two applications have the client id x",
        ),
    ] {
        let command = [&["simulate"], arguments].concat();
        let output = within(program(&command, &temporary).output()).await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stdout), "");
        let error = text(&output.stderr);
        assert!(error.starts_with("error: ") && error.contains(words), "{error}");
    }
    assert_nothing_left(&temporary);
}

/// The program under the name that Terraform starts, with all that it writes to standard output noted.
#[cfg(unix)]
#[tokio::test]
async fn standard_output_carries_one_line_whatever_happens() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let (noted, script) = (
        directory.path().join("stdout"),
        directory.path().join("terraform-provider-mde"),
    );
    let text_of_script = format!("#!/bin/sh\n{PROGRAM:?} \"$@\" | tee -a {noted:?}\n");
    std::fs::write(&script, text_of_script).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();

    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    let home = directory.path().display();
    workspace.write(
        "terraform.rc",
        &format!("provider_installation {{\n  dev_overrides {{\n    \"terraform.local/mde/mde\" = \"{home}\"\n  }}\n  direct {{}}\n}}\n"),
    );
    workspace.set("TF_LOG", "TRACE");
    workspace.main(
        r#"
resource "mde_indicator_set" "list" {
  action      = "Block"
  title       = "List"
  description = "Text"
  indicators  = { "a.example" = null }
}
"#,
    );
    workspace.apply().await.expect(0);
    workspace.set("ARM_CLIENT_SECRET", "wrong");
    workspace.destroy().await.expect(1);
    let noted = std::fs::read_to_string(noted).unwrap();
    let lines: Vec<&str> = noted.lines().collect();
    assert!(lines.len() >= 5, "{noted}");
    for line in lines {
        let fields: Vec<&str> = line.split('|').collect();
        assert_eq!(
            (fields.len(), &fields[..3], fields[4]),
            (6, &["1", "6", "unix"][..], "grpc"),
            "{line}"
        );
    }
}
