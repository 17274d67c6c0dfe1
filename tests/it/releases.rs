//! What goes out with a release: archives that a mirror takes, and papers that say what is in them.

use crate::support::{Tenant, Workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code, reason = "the program has a part of its own that only it calls")]
#[path = "../../.ci/package.rs"]
pub mod package;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn platform() -> String {
    let system = if cfg!(target_os = "macos") {
        "darwin"
    } else {
        std::env::consts::OS
    };
    let processor = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "amd64"
    };
    format!("{system}_{processor}")
}

fn packed(directory: &Path) -> package::Package {
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-mde"));
    package::pack(&root(), binary, VERSION, &platform(), directory).unwrap()
}

#[tokio::test]
async fn an_archive_installs_through_a_mirror_and_applies() {
    let mirror = tempfile::tempdir().unwrap();
    let place = mirror.path().join("terraform.local/mde/mde");
    let archive = packed(&place).archive;
    let name = format!("terraform-provider-mde_{VERSION}_{}.zip", platform());
    assert_eq!(archive.file_name().unwrap().to_str(), Some(name.as_str()));

    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    let rc = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
        mirror.path()
    );
    workspace.write("mirror.rc", &rc);
    let rc = workspace.path().join("mirror.rc");
    workspace.set("TF_CLI_CONFIG_FILE", rc.to_str().unwrap());
    workspace.write(
        "main.tf",
        &format!(
            r#"
terraform {{
  required_providers {{
    mde = {{
      source  = "terraform.local/mde/mde"
      version = "{VERSION}"
    }}
  }}
}}

resource "mde_indicator" "one" {{
  value  = "evil.example"
  action = "Block"
  title  = "One"
  description = "Case 1"
}}
"#
        ),
    );
    workspace.run(&["init", "-input=false"]).await.expect(0);
    workspace.apply().await.expect(0);
    assert_eq!(tenant.simulator.rows().len(), 1);
}

#[test]
fn the_same_binary_makes_the_same_files() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let files = [one.path(), other.path()].map(|directory| {
        let package = packed(directory);
        let sums = package::checksums(VERSION, directory).unwrap();
        [package.archive, package.manifest, sums].map(|file| fs::read(file).unwrap())
    });
    assert!(files[0] == files[1], "two archives of one binary differ");
    let sums = String::from_utf8(files[0][2].clone()).unwrap();
    let names: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let archive = format!("terraform-provider-mde_{VERSION}_{}.zip", platform());
    let manifest = format!("terraform-provider-mde_{VERSION}_manifest.json");
    assert_eq!(names, [archive, manifest]);
    assert!(
        sums.lines()
            .all(|line| line.len() > 64 && line[..64].bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
}

#[test]
fn a_path_of_the_machine_in_a_binary_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let binary = directory.path().join("binary");
    fs::write(&binary, b"\0/build/src/lib.rs\0").unwrap();
    assert_eq!(package::path_within(&root(), &binary).unwrap(), None);
    for separator in ['/', '\\'] {
        let path = format!("\0{}{separator}lib.rs\0", root().display());
        fs::write(&binary, path).unwrap();
        assert!(package::path_within(&root(), &binary).unwrap().is_some());
    }
}

/// The crates that are part of the binary, as the lock file has them: name, version, licence and repository.
fn crates() -> BTreeSet<[String; 4]> {
    let output = std::process::Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--locked", "--format-version", "1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let nodes: std::collections::HashMap<String, &serde_json::Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (text(&node["id"]), node))
        .collect();
    // What only builds or tests need is not in the binary; platforms are not told apart.
    let mut reached = BTreeSet::new();
    let mut next = vec![text(&metadata["resolve"]["root"])];
    while let Some(id) = next.pop() {
        if !reached.insert(id.clone()) {
            continue;
        }
        for dependency in nodes[&id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                next.push(text(&dependency["pkg"]));
            }
        }
    }
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| reached.contains(&text(&package["id"])) && package["name"] != "terraform-provider-mde")
        .map(|package| ["name", "version", "license", "repository"].map(|field| text(&package[field])))
        .collect()
}

/// To write it anew: `MDE_WRITE_NOTICES=1 cargo test --test it releases::`.
#[test]
fn the_notices_name_every_crate_of_the_binary() {
    let rows: String = crates()
        .into_iter()
        .map(|[name, version, licence, repository]| {
            assert!(!licence.is_empty(), "{name} says no licence");
            let place = if repository.is_empty() {
                "-".to_owned()
            } else {
                format!("<{repository}>")
            };
            format!("| {name} | {version} | {licence} | {place} |\n")
        })
        .collect();
    let text = format!(
        "# Third-party notices\n\nThe binary contains the following libraries, each under its own licence. This list is made from \
         `Cargo.lock`; a test\nfails when it is out of date.\n\n| library | version | licence (SPDX) | source |\n| --- | --- | --- \
         | --- |\n{rows}"
    );
    let file = root().join("THIRD-PARTY-NOTICES.md");
    if std::env::var_os("MDE_WRITE_NOTICES").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "THIRD-PARTY-NOTICES.md is out of date; run `MDE_WRITE_NOTICES=1 cargo test --test it releases::`"
    );
}
