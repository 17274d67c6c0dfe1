//! Putting the binary where `terraform init` looks for providers that are in no registry.

mod configuration;

use super::terraform::{self, ADDRESS};
use configuration::{Configuration, Reader};
use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where a build goes and what its version is.
struct Build {
    /// Directory of all versions of this provider.
    versions: PathBuf,
    /// SHA-256 of the binary in hexadecimal digits, cut: enough to tell the builds of one machine apart.
    digest: String,
    program: PathBuf,
}

/// What the versions of all builds of this release begin with.
const SERIES: &str = concat!(
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR"),
    "."
);

/// Digits of a digest in a version.
const DIGITS: usize = 8;

/// Copies this program to where Terraform looks for providers: `directory`, or what the CLI configuration says, or the
/// user's plugin directory.
///
/// A lock file notes the checksum of a version, and another build under the same version would break it. So each build gets a
/// version of its own, which `~> 0.1.0` accepts and `terraform init -upgrade` takes up: the time of its installation stands for
/// the patch number, since of versions that differ in build metadata only Terraform takes any. The metadata is a digest of the
/// build. Earlier builds stay where they are.
pub fn run(directory: Option<PathBuf>, output: &mut (dyn Write + Send)) -> Result<(), String> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let (mirror, notes) = match directory {
        Some(directory) => (directory, Vec::new()),
        None => destination(reader(variable("PATH")), &variable)?,
    };
    let program = std::env::current_exe().map_err(|error| format!("this program's own path is not known: {error}"))?;
    let build = Build {
        versions: mirror.join(ADDRESS),
        digest: digest(&program)?,
        program,
    };
    let (version, target) = match build.installed() {
        Some((version, target)) => (version, target),
        None => build.install()?,
    };
    let release = env!("CARGO_PKG_VERSION");
    let notes: String = notes.iter().map(|note| format!("\n{note}\n")).collect();
    writeln!(
        output,
        "Installed {}\nVersion {version}: each build has its own, so that lock files stay valid. To change to it in a \
         directory that has a lock file, run `terraform init -upgrade`.\n{notes}\nUse it in a configuration:\n\nterraform {{\n  \
         required_providers {{\n    mde = {{\n      source  = \"{ADDRESS}\"\n      version = \"~> {release}\"\n    }}\n  \
         }}\n}}",
        target.display()
    )
    .map_err(|error| error.to_string())
}

impl Build {
    /// Where this very build is, if it was installed last. One that was installed before another gets a new version, so that the
    /// last one is what `terraform init -upgrade` takes up.
    fn installed(&self) -> Option<(String, PathBuf)> {
        let (_, version) = self.newest()?;
        let target = self.target(&version);
        let is_this = version.ends_with(&format!("+{}", self.digest)) && digest(&target).ok()? == self.digest;
        is_this.then_some((version, target))
    }

    /// The version that Terraform takes of those that are installed, and its patch number.
    fn newest(&self) -> Option<(u64, String)> {
        let entries = std::fs::read_dir(&self.versions).ok()?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names
            .filter_map(|name| {
                let (number, _) = name.strip_prefix(SERIES)?.split_once('+')?;
                Some((number.parse().ok()?, name))
            })
            .max()
    }

    fn target(&self, version: &str) -> PathBuf {
        let name = format!("terraform-provider-mde_v{version}{}", std::env::consts::EXE_SUFFIX);
        self.versions.join(version).join(platform()).join(name)
    }

    fn install(&self) -> Result<(String, PathBuf), String> {
        let newest = self.newest().map_or(0, |(number, _)| number);
        let number = now()?.max(newest.saturating_add(1));
        let version = format!("{SERIES}{number}+{}", self.digest);
        let target = self.target(&version);
        let cannot =
            |what: &Path, verb: &str, error: std::io::Error| format!("{} cannot be {verb}: {error}", what.display());
        if let Some(directory) = target.parent() {
            std::fs::create_dir_all(directory).map_err(|error| cannot(directory, "made", error))?;
        }
        // Another run must never find half of a file.
        let fresh = target.with_extension("new");
        std::fs::copy(&self.program, &fresh)
            .and_then(|_| std::fs::rename(&fresh, &target))
            .map_err(|error| cannot(&target, "written", error))?;
        Ok((version, target))
    }
}

/// The time in digits that sort by it.
fn now() -> Result<u64, String> {
    let digits = jiff::Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
    digits
        .parse()
        .map_err(|_| format!("the clock of this machine says {digits}"))
}

fn digest(file: &Path) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(digits.chars().take(DIGITS).collect())
}

/// The host that people with this PATH run.
fn reader(path: Option<OsString>) -> Reader {
    let found = terraform::find(path);
    let is_opentofu = found.is_some_and(|program| program.file_stem().is_some_and(|name| name == "tofu"));
    if is_opentofu {
        Reader::OpenTofu
    } else {
        Reader::Terraform
    }
}

/// The directory to install to, and what else a person should know.
fn destination(reader: Reader, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<(PathBuf, Vec<String>), String> {
    let chosen = configuration::file(reader, variable);
    let (mirror, mut notes) = place(chosen.clone(), variable)?;
    let others = configuration::file(Reader::OpenTofu, variable).filter(|file| Some(file) != chosen.as_ref());
    if let Some(others) = others {
        notes.push(format!(
            "This is for Terraform. OpenTofu reads {} instead; for it, pass `--directory DIR`, a directory that a \
             `filesystem_mirror` there names.",
            others.display()
        ));
    }
    Ok((mirror, notes))
}

/// The directory that a CLI configuration names for this provider, and what a person should know of it.
fn place(file: Option<PathBuf>, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<(PathBuf, Vec<String>), String> {
    let Some(file) = file else {
        return Ok((plugin_directory(variable)?, Vec::new()));
    };
    let named = file.display();
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        // Terraform goes on without it as well.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let note =
                format!("The CLI configuration {named} does not exist, so Terraform looks where it does by default.");
            return Ok((plugin_directory(variable)?, vec![note]));
        }
        Err(error) => {
            return Err(format!(
                "the CLI configuration {named} cannot be read: {error}. Pass `--directory DIR` to install elsewhere."
            ));
        }
    };
    let configuration = Configuration::read(&text).map_err(|line| {
        format!("the CLI configuration {named} is not understood{line}. Pass `--directory DIR`, a directory that a `filesystem_mirror` names.")
    })?;
    let mut notes = Vec::new();
    if let Some(path) = &configuration.overridden {
        notes.push(format!(
            "The CLI configuration {named} has a development override for {ADDRESS}. Terraform runs the build in {path}, not this \
             one, until you remove it."
        ));
    }
    let Some(mirrors) = &configuration.mirrors else {
        return Ok((plugin_directory(variable)?, notes));
    };
    let Some(mirror) = mirrors.first() else {
        return Err(format!(
            "the `provider_installation` block of the CLI configuration {named} has no `filesystem_mirror` for {ADDRESS}, so \
             `terraform init` would not find it. Add one, and keep other sources from being asked for it:\n\n  \
             filesystem_mirror {{\n    path    = \"{}\"\n    include = [\"terraform.local/*/*\"]\n  }}\n  direct {{\n    exclude = \
             [\"terraform.local/*/*\"]\n  }}",
            plugin_directory(variable)?.display()
        ));
    };
    if configuration.others_are_asked {
        notes.push(format!(
            "The CLI configuration {named} lets Terraform ask other sources for {ADDRESS}, too, and fails if they do not answer. \
             Add `exclude = [\"terraform.local/*/*\"]` to its `direct` and `network_mirror` blocks."
        ));
    }
    Ok((PathBuf::from(mirror), notes))
}

fn plugin_directory(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    let (name, below) = if cfg!(windows) {
        ("APPDATA", "terraform.d")
    } else {
        ("HOME", ".terraform.d")
    };
    let home = variable(name).ok_or_else(|| format!("the variable {name} is not set"))?;
    Ok(PathBuf::from(home).join(below).join("plugins"))
}

/// Operating system and processor in the names that Terraform uses.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{processor}")
}
