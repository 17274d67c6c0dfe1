//! Putting the binary where `terraform init` looks for providers that are in no registry.

use super::terraform::ADDRESS;
use std::io::Write;
use std::path::PathBuf;

/// Copies this program into the user's plugin directory.
pub fn run(output: &mut (dyn Write + Send)) -> Result<(), String> {
    let version = env!("CARGO_PKG_VERSION");
    let program = std::env::current_exe().map_err(|error| format!("this program's own path is not known: {error}"))?;
    let directory = plugin_directory()?.join(ADDRESS).join(version).join(platform());
    std::fs::create_dir_all(&directory).map_err(|error| format!("{} cannot be made: {error}", directory.display()))?;
    let target = directory.join(format!(
        "terraform-provider-mde_v{version}{}",
        std::env::consts::EXE_SUFFIX
    ));
    // A running provider keeps its old file: replacing by rename never changes a file that is in use.
    let fresh = target.with_extension("new");
    std::fs::copy(&program, &fresh)
        .and_then(|_| std::fs::rename(&fresh, &target))
        .map_err(|error| format!("{} cannot be written: {error}", target.display()))?;
    writeln!(
        output,
        "Installed {}\n\nUse it in a configuration:\n\nterraform {{\n  required_providers {{\n    mde = {{\n      source  = \
         \"{ADDRESS}\"\n      version = \"{version}\"\n    }}\n  }}\n}}",
        target.display()
    )
    .map_err(|error| error.to_string())
}

fn plugin_directory() -> Result<PathBuf, String> {
    let (variable, below) = if cfg!(windows) {
        ("APPDATA", "terraform.d")
    } else {
        ("HOME", ".terraform.d")
    };
    let home = std::env::var_os(variable).ok_or_else(|| format!("the variable {variable} is not set"))?;
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
