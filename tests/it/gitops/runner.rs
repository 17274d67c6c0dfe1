//! A runner of pipelines: a copy of the example, the real terraform with the provider from a mirror, and stand-ins for the
//! platforms' commands.

use super::pipeline::{Job, Step};
use crate::support::{PROGRAM, Tenant};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Notes the arguments and the body, and answers a question with `jq` on `answer.json`, as `gh` does.
const GH: &str = r#"#!/usr/bin/env bash
set -euo pipefail
printf '%s\x1f' "$@" >>"$NOTES/gh"
printf '\x1e' >>"$NOTES/gh"
filter=
while [ $# -gt 0 ]; do
  case "$1" in
    --jq) filter=$2 ;;
    --body-file) cp "$2" "$NOTES/body" ;;
    body=@*) cp "${1#body=@}" "$NOTES/body" ;;
  esac
  shift
done
if [ -n "$filter" ]; then jq -r "$filter" "$NOTES/answer.json"; fi
"#;

/// Notes the arguments, its settings from standard input and the bodies, and answers a question with `answer.json`.
const CURL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
printf '%s\x1f' "$@" >>"$NOTES/curl"
printf '\x1e' >>"$NOTES/curl"
cat >>"$NOTES/curl-settings"
sends=
while [ $# -gt 0 ]; do
  case "$1" in
    --request) sends=$2 ;;
    --data-binary) cat "${2#@}" >>"$NOTES/bodies" ;;
  esac
  shift
done
if [ -z "$sends" ]; then cat "$NOTES/answer.json"; fi
"#;

/// What one step came to.
#[derive(Debug)]
pub struct Ran {
    pub step: String,
    pub code: i32,
    pub output: String,
}

/// A machine with a checkout.
pub struct Runner {
    directory: TempDir,
    environment: Vec<(String, String)>,
    is_azure: bool,
}

impl Runner {
    /// A machine whose provider leads to the tenant.
    pub fn new(tenant: &Tenant, is_azure: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for folder in ["checkout", "bin", "notes", "home"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitops"),
            &root.join("checkout"),
        );
        for (name, text) in [("gh", GH), ("curl", CURL)] {
            let path = root.join("bin").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        symlink(PROGRAM, root.join("bin/terraform-provider-mde")).unwrap();
        let package = mirror(&root.join("mirror"));
        fs::create_dir_all(&package).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        symlink(PROGRAM, package.join(format!("terraform-provider-mde_v{version}"))).unwrap();
        let settings = root.join("terraform.rc");
        let text = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
            root.join("mirror").display().to_string()
        );
        fs::write(&settings, text).unwrap();
        let path = std::env::var("PATH").unwrap();
        let mut environment = tenant.environment();
        for (name, value) in [
            ("PATH", format!("{}:{path}", root.join("bin").display())),
            ("HOME", root.join("home").display().to_string()),
            ("TF_CLI_CONFIG_FILE", settings.display().to_string()),
            ("CHECKPOINT_DISABLE", "1".into()),
            ("NOTES", root.join("notes").display().to_string()),
            ("GITHUB_ENV", root.join("github-env").display().to_string()),
            ("GITHUB_STEP_SUMMARY", root.join("summary").display().to_string()),
            ("GITHUB_REPOSITORY", "contoso/indicators".into()),
            ("SYSTEM_COLLECTIONURI", "https://dev.azure.example/contoso/".into()),
            ("SYSTEM_TEAMPROJECTID", "project".into()),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "17".into()),
            ("BUILD_REPOSITORY_ID", "repository".into()),
        ] {
            environment.push((name.to_owned(), value));
        }
        let runner = Self {
            directory,
            environment,
            is_azure,
        };
        runner.answer(if is_azure { "{\"value\": []}" } else { "[]" });
        runner
    }

    /// The checkout.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("checkout")
    }

    /// What the platform answers from now on.
    pub fn answer(&self, json: &str) {
        fs::write(self.directory.path().join("notes/answer.json"), json).unwrap();
    }

    /// A note of a stand-in; nothing if there is none.
    pub fn note(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join("notes").join(name)).unwrap_or_default()
    }

    /// The calls of a stand-in since the last question, each with its arguments.
    pub fn calls(&self, name: &str) -> Vec<Vec<String>> {
        let text = self.note(name);
        let _ = fs::remove_file(self.directory.path().join("notes").join(name));
        let calls = text.split_terminator('\u{1e}');
        calls
            .map(|call| call.split_terminator('\u{1f}').map(str::to_owned).collect())
            .collect()
    }

    /// A file of the checkout.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Runs the steps of a job up to the first that fails, on a fresh machine.
    pub async fn job(&mut self, job: &Job) -> Vec<Ran> {
        let mut variables: Vec<(String, String)> = Vec::new();
        let mut all = Vec::new();
        for step in &job.steps {
            let ran = self.step(step, &variables).await;
            variables.extend(self.set(&ran.output));
            let has_failed = ran.code != 0;
            all.push(ran);
            if has_failed {
                break;
            }
        }
        let _ = fs::remove_file(self.directory.path().join("github-env"));
        all
    }

    /// Variables that a step sets for those after it.
    fn set(&self, output: &str) -> Vec<(String, String)> {
        let file = fs::read_to_string(self.directory.path().join("github-env")).unwrap_or_default();
        let github = file.lines().filter_map(|line| line.split_once('='));
        let azure = output
            .lines()
            .filter_map(|line| line.strip_prefix("##vso[task.setvariable variable=")?.split_once(']'));
        if self.is_azure {
            azure.map(owned).collect()
        } else {
            github.map(owned).collect::<Vec<_>>()
        }
    }

    async fn step(&self, step: &Step, variables: &[(String, String)]) -> Ran {
        let script = self.directory.path().join("script.sh");
        fs::write(&script, &step.script).unwrap();
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc"]);
        if !self.is_azure {
            command.args(["-eo", "pipefail"]);
        }
        command.arg(script).current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["TF_", "ARM_", "AZURE_", "MDE_", "GITHUB_", "SYSTEM_", "BUILD_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
            {
                command.env_remove(name);
            }
        }
        command
            .envs(self.environment.iter().cloned())
            .envs(variables.iter().cloned())
            .envs(step.environment.iter().cloned());
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ran {
            step: step.name.clone(),
            code: output.status.code().unwrap_or(-1),
            output: text.concat(),
        }
    }

    /// Runs a script as a step without variables of its own.
    pub async fn script(&self, name: &str, script: &str) -> Ran {
        let step = Step {
            name: name.to_owned(),
            script: script.to_owned(),
            environment: Vec::new(),
        };
        self.step(&step, &[]).await
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The folder of the provider's package in a mirror.
fn mirror(root: &Path) -> PathBuf {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let processor = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "amd64"
    };
    root.join("terraform.local/mde/mde")
        .join(env!("CARGO_PKG_VERSION"))
        .join(format!("{system}_{processor}"))
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
