//! The real terraform on a temporary directory, with the provider or with the floor.

use super::data::Row;
use super::gauge::{self, Taken};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// The provider under measurement.
const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-mde");

/// A directory with a configuration.
pub struct Workspace {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

/// What one command took.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Run {
    /// Seconds from its start to its end.
    pub wall: f64,
    /// Seconds of processor time of terraform itself.
    pub host_cpu: f64,
    /// Most memory of terraform, in MiB.
    pub host_peak: f64,
    /// Seconds of processor time of all provider processes together.
    pub provider_cpu: f64,
    /// Most memory of one provider process, in MiB.
    pub provider_peak: f64,
    /// How many provider processes there were.
    pub processes: usize,
    /// Milliseconds until the slowest of them was ready.
    pub ready: f64,
}

impl Workspace {
    /// A workspace whose provider leads to the tenant with this environment.
    pub fn with_provider(environment: Vec<(String, String)>) -> Self {
        Self::new(PROGRAM, environment)
    }

    /// A workspace with another build of the provider.
    pub fn with_program(program: &Path, environment: Vec<(String, String)>) -> Self {
        Self::new(&program.to_string_lossy(), environment)
    }

    /// A workspace whose provider answers at once.
    pub fn with_floor() -> Self {
        Self::new(gauge::FLOOR, Vec::new())
    }

    fn new(provider: &str, mut environment: Vec<(String, String)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let overrides = path.join("override");
        std::fs::create_dir(&overrides).unwrap();
        std::os::unix::fs::symlink(
            std::env::current_exe().unwrap(),
            overrides.join("terraform-provider-mde"),
        )
        .unwrap();
        let settings = path.join("terraform.rc");
        let text = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"terraform.local/mde/mde\" = {overrides:?}\n  }}\n  direct {{}}\n}}\n"
        );
        std::fs::write(&settings, text).unwrap();
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        environment.extend([
            of(gauge::PROVIDER, provider),
            of(gauge::RECORD, &path.join("providers").to_string_lossy()),
            of("TF_CLI_CONFIG_FILE", &settings.to_string_lossy()),
            of("CHECKPOINT_DISABLE", "1"),
        ]);
        Self { directory, environment }
    }

    /// Sets an environment variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).unwrap();
    }

    /// Writes `main.tf`: the usual head, and `body`.
    pub fn main(&self, body: &str) {
        let head =
            "terraform {\n  required_providers {\n    mde = { source = \"terraform.local/mde/mde\" }\n  }\n}\n\n";
        self.write("main.tf", &format!("{head}{body}"));
    }

    /// Bytes of the state file.
    pub fn state_size(&self) -> u64 {
        std::fs::metadata(self.directory.path().join("terraform.tfstate")).map_or(0, |file| file.len())
    }

    /// Runs one command, which has to end with `code`.
    pub fn run(&self, arguments: &[&str], code: i32) -> Run {
        let path = self.directory.path();
        let [host, providers] = ["host", "providers"].map(|name| path.join(name));
        for record in [&host, &providers] {
            let _ = std::fs::remove_file(record);
        }
        let output = gauge::gauged(&host, &terraform())
            .args(arguments)
            .args(["-no-color", "-input=false"])
            .current_dir(path)
            .stdin(Stdio::null())
            .env_remove("TF_LOG")
            .env_remove("TF_CLI_ARGS")
            .env_remove("TF_REATTACH_PROVIDERS")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        if output.status.code() != Some(code) {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text);
            let tail: Vec<&str> = text.lines().rev().take(40).collect();
            let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
            panic!(
                "terraform {arguments:?} ended with {:?}, not {code}:\n{tail}",
                output.status.code()
            );
        }
        Run::of(&gauge::recorded(&host), &gauge::recorded(&providers))
    }

    pub fn apply(&self) -> Run {
        self.run(&["apply", "-auto-approve"], 0)
    }

    pub fn destroy(&self) -> Run {
        self.run(&["destroy", "-auto-approve"], 0)
    }

    /// A plan that has to find nothing to do, or something.
    pub fn plan(&self, changes: bool) -> Run {
        self.run(&["plan", "-detailed-exitcode"], if changes { 2 } else { 0 })
    }
}

impl Run {
    fn of(host: &[Taken], providers: &[Taken]) -> Self {
        let host = host.first().cloned().unwrap_or_default();
        let provider_cpu = providers.iter().map(|taken| taken.cpu).sum::<f64>();
        let most = |what: fn(&Taken) -> f64| providers.iter().map(what).fold(0.0, f64::max);
        Self {
            wall: host.wall,
            host_cpu: (host.cpu - provider_cpu).max(0.0),
            host_peak: host.peak,
            provider_cpu,
            provider_peak: most(|taken| taken.peak),
            processes: providers.len(),
            ready: most(|taken| taken.ready),
        }
    }

    /// The run that took the median time.
    pub fn median(mut runs: Vec<Self>) -> Self {
        runs.sort_by(|one, other| one.wall.total_cmp(&other.wall));
        let middle = runs.len() / 2;
        runs.swap_remove(middle)
    }
}

fn terraform() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|directory| ["terraform", "tofu"].map(|name| directory.join(name)))
        .find(|candidate| candidate.is_file())
        .expect("this runs the real `terraform` (or `tofu`): install it and put it on PATH")
}

/// First line of what `terraform version` says.
pub fn terraform_version() -> String {
    let output = std::process::Command::new(terraform())
        .arg("version")
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().to_owned()
}

/// The rows as a CSV table.
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from("value,severity,title,description,recommended_actions\n");
    for row in rows {
        let [severity, title, description, actions] = row.fields().map(|(_, text)| text);
        let _ = writeln!(text, "{},{severity},{title},{description},{actions}", row.value);
    }
    text
}
