//! The real terraform on a temporary directory.

use super::{Held, Program, Tenant};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The provider's binary under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_terraform-provider-mde");

/// A directory with a configuration, in which the real terraform runs.
pub struct Workspace {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

/// What one command came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub output: String,
}

impl Ran {
    pub(super) fn new(output: Output) -> Self {
        let text = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat();
        Self {
            code: output.status.code().unwrap_or(-1),
            output: text,
        }
    }

    /// Panics unless the command ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.output);
        self
    }

    /// Whether the text is in the output, whatever the line breaks of the host's boxes.
    pub fn says(&self, text: &str) -> bool {
        let plain: String = self
            .output
            .chars()
            .map(|letter| if "│╷╵".contains(letter) { ' ' } else { letter })
            .collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ").contains(text)
    }

    /// Panics unless the text is in the output, whatever the line breaks.
    #[track_caller]
    pub fn expect_says(self, text: &str) -> Self {
        assert!(self.says(text), "`{text}` is not in:\n{}", self.output);
        self
    }

    /// The summaries of all errors.
    pub fn errors(&self) -> Vec<&str> {
        self.told("Error: ")
    }

    /// The summaries of all warnings, but for the one about how the provider was found.
    pub fn warnings(&self) -> Vec<&str> {
        let mut summaries = self.told("Warning: ");
        summaries.retain(|summary| *summary != "Provider development overrides are in effect");
        summaries
    }

    fn told(&self, level: &str) -> Vec<&str> {
        let lines = self.output.lines();
        lines
            .filter_map(|line| line.trim_start_matches("│ ").strip_prefix(level))
            .collect()
    }

    /// What a plan prints about one object.
    #[track_caller]
    pub fn block(&self, address: &str) -> String {
        let start = format!("  # {address} ");
        let mut lines = self.output.lines().skip_while(|line| !line.starts_with(&start));
        let first = lines
            .next()
            .unwrap_or_else(|| panic!("no {address} in:\n{}", self.output));
        let mut block = vec![first];
        for line in lines {
            block.push(line);
            if line == "    }" {
                break;
            }
        }
        block.join("\n")
    }
}

impl Workspace {
    /// A workspace whose provider leads to the tenant; panics with a clear message if there is no terraform.
    pub fn new(tenant: &Tenant) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = Path::new(PROGRAM).parent().unwrap();
        let settings = directory.path().join("terraform.rc");
        let text = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"terraform.local/mde/mde\" = {:?}\n  }}\n  direct {{}}\n}}\n",
            home.display().to_string()
        );
        std::fs::write(&settings, text).unwrap();
        let mut environment = tenant.environment();
        environment.push(("TF_CLI_CONFIG_FILE".into(), settings.display().to_string()));
        environment.push(("CHECKPOINT_DISABLE".into(), "1".into()));
        // Whoever is signed in on this machine takes no part.
        environment.push(("ARM_USE_CLI".into(), "false".into()));
        Self { directory, environment }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Sets an environment variable for all commands.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.into(), value.into()));
    }

    /// Takes an environment variable away from all commands.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(other, _)| other != name);
    }

    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).unwrap();
    }

    /// Writes `main.tf`: the usual head, and `body`.
    pub fn main(&self, body: &str) {
        self.write(
            "main.tf",
            &format!("terraform {{\n  required_providers {{\n    mde = {{ source = \"terraform.local/mde/mde\" }}\n  }}\n}}\n\n{body}"),
        );
    }

    /// Plans `import` blocks with `-generate-config-out=generated.tf`, and leaves blocks and configuration as a user goes on with
    /// them.
    pub async fn generate(&self, imports: &str) -> Ran {
        let by_required_providers = Program::of_this_run().imports_by_required_providers();
        if by_required_providers {
            self.main(imports);
        } else {
            self.main(&imports.replace("import {\n", "import {\n  provider = mde\n"));
        }
        let ran = self
            .run(&["plan", "-input=false", "-generate-config-out=generated.tf"])
            .await;
        if !by_required_providers {
            self.main(imports);
        }
        ran
    }

    /// The objects of the state file under this address, the current one first, then what was deposed.
    pub fn objects(&self, address: &str) -> Vec<Value> {
        let (kind, name) = address.split_once('.').unwrap();
        let mut objects = self.instances(|resource| resource["type"] == kind && resource["name"] == name);
        objects.sort_by_key(|object| object["deposed"].is_string());
        objects
    }

    fn instances(&self, of: impl Fn(&Value) -> bool) -> Vec<Value> {
        let text = std::fs::read(self.path().join("terraform.tfstate")).unwrap();
        let state: Value = serde_json::from_slice(&text).unwrap();
        let resources = state["resources"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|resource| of(resource));
        resources
            .flat_map(|resource| resource["instances"].as_array().unwrap().clone())
            .collect()
    }

    /// Rows and record of the current object of the state file under this address.
    #[track_caller]
    pub fn held(&self, address: &str) -> Held {
        Held::of_attributes(&self.objects(address)[0]["attributes"])
    }

    /// Every id that an object of the state file holds, as often as one does, sorted.
    pub fn recorded(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .instances(|_| true)
            .iter()
            .flat_map(|object| Held::of_attributes(&object["attributes"]).all())
            .collect();
        ids.sort();
        ids
    }

    /// A command that is ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&Program::of_this_run().path);
        command
            .args(arguments)
            .arg("-no-color")
            .current_dir(self.path())
            .stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            // Those that pipelines and Azure set, too.
            let known = [
                "TF_",
                "ARM_",
                "AZURE",
                "MDE_",
                "ACTIONS_ID_",
                "SYSTEM_",
                "IDENTITY_",
                "MSI_",
                "IMDS_",
            ];
            if known.iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs one command to its end, off the test's own executor.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        Ran::new(output)
    }

    pub async fn apply(&self) -> Ran {
        self.run(&["apply", "-auto-approve", "-input=false"]).await
    }

    /// A plan that tells by its exit code whether anything changes.
    pub async fn plan(&self) -> Ran {
        self.run(&["plan", "-detailed-exitcode", "-input=false"]).await
    }

    /// Plans into a file, and reads it as JSON.
    pub async fn plan_json(&self) -> serde_json::Value {
        self.run(&["plan", "-input=false", "-out=saved.plan"]).await.expect(0);
        self.show(&["saved.plan"]).await
    }

    /// The state, or a saved plan, as JSON.
    pub async fn show(&self, arguments: &[&str]) -> serde_json::Value {
        let ran = self.run(&[&["show", "-json"], arguments].concat()).await.expect(0);
        let json = ran.output.lines().find(|line| line.starts_with('{')).unwrap();
        serde_json::from_str(json).unwrap()
    }

    pub async fn destroy(&self) -> Ran {
        self.run(&["destroy", "-auto-approve", "-input=false"]).await
    }
}
