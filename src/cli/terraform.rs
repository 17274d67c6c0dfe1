//! Running the real `terraform` or `tofu` on a working directory, with this binary as the provider.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// The provider's address until it is published.
pub const ADDRESS: &str = "terraform.local/mde/mde";

/// A working directory with a Terraform binary and the settings to use this provider from where it is.
pub struct Terraform {
    binary: PathBuf,
    directory: PathBuf,
    environment: Vec<(String, String)>,
}

/// What one command came to.
pub struct Ran {
    /// The exit code; `None` if it was ended by a signal.
    pub code: Option<i32>,
    /// Both output streams, in their order.
    pub output: String,
}

impl Terraform {
    /// Finds `terraform`, else `tofu`, and points it at this binary.
    ///
    /// # Errors
    /// If there is neither, or if the settings cannot be written.
    pub fn new(directory: &Path, environment: Vec<(String, String)>) -> Result<Self, String> {
        let binary = find(std::env::var_os("PATH"))
            .ok_or("neither `terraform` nor `tofu` is on PATH. Install one of them (Terraform 1.8 or OpenTofu 1.7, or newer) and run this again.")?;
        let program =
            std::env::current_exe().map_err(|error| format!("this program's own path is not known: {error}"))?;
        let home = program.parent().ok_or("this program's own directory is not known")?;
        let settings = directory.join("terraform.rc");
        // Development overrides need no `init` and no checksums.
        let text = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"{ADDRESS}\" = {}\n  }}\n  direct {{}}\n}}\n",
            serde_json::to_string(&home.to_string_lossy()).map_err(|error| error.to_string())?
        );
        std::fs::write(&settings, text)
            .map_err(|error| format!("{} cannot be written: {error}", settings.display()))?;
        let mut environment = environment;
        environment.push(("TF_CLI_CONFIG_FILE".into(), settings.to_string_lossy().into_owned()));
        Ok(Self {
            binary,
            directory: directory.to_owned(),
            environment,
        })
    }

    /// Name of the binary that was found.
    pub fn name(&self) -> String {
        self.binary
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// Runs one command without colours and questions.
    ///
    /// # Errors
    /// If the binary cannot be started.
    pub async fn run(&self, arguments: &[&str]) -> Result<Ran, String> {
        let output = Command::new(&self.binary)
            .args(arguments)
            .arg("-no-color")
            .env("TF_INPUT", "0")
            .current_dir(&self.directory)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env_remove("TF_LOG")
            .env_remove("TF_WORKSPACE")
            .env_remove("TF_DATA_DIR")
            .env_remove("TF_REATTACH_PROVIDERS")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|error| format!("`{}` cannot be started: {error}", self.binary.display()))?;
        let text = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat();
        Ok(Ran {
            code: output.status.code(),
            output: text,
        })
    }
}

pub(super) fn find(path: Option<OsString>) -> Option<PathBuf> {
    let directories: Vec<PathBuf> = std::env::split_paths(&path?).collect();
    ["terraform", "tofu"].iter().find_map(|name| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        directories
            .iter()
            .map(|directory| directory.join(&file))
            .find(|candidate| candidate.is_file())
    })
}
