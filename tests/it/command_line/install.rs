//! `install`: where it puts a build, and which build `terraform init` takes.

use super::{PROGRAM, program, text, within};
use crate::support::{Tenant, Workspace};
use std::path::Path;
use tokio::process::Command;

#[tokio::test]
async fn what_is_installed_is_found_by_init() {
    let (temporary, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = within(program(&["install"], &temporary).env("HOME", home.path()).output())
        .await
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let block = text(&output.stdout).split_once("terraform {").unwrap().1.to_owned();

    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.unset("TF_CLI_CONFIG_FILE");
    workspace.set("HOME", home.path().to_str().unwrap());
    // The block that it prints is one that works.
    workspace.write(
        "main.tf",
        &format!("terraform {{{block}\ndata \"mde_capacity\" \"tenant\" {{}}\noutput \"used\" {{\n  value = data.mde_capacity.tenant.used\n}}\n"),
    );
    workspace.run(&["init", "-input=false"]).await.expect(0);
    let applied = workspace.apply().await.expect(0);
    assert!(applied.says("used = 0"), "{}", applied.output);
}

/// Another build: the same program with a byte behind its end.
fn write_another_build(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mut bytes = std::fs::read(PROGRAM).unwrap();
    bytes.push(0);
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Where several places are asked for a provider, as by default, Terraform takes any of the versions that differ in nothing but
/// their metadata.
#[tokio::test]
async fn the_build_that_was_installed_last_is_what_init_takes() {
    let (temporary, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let other = home.path().join("other");
    write_another_build(&other);
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.unset("TF_CLI_CONFIG_FILE");
    workspace.set("HOME", home.path().to_str().unwrap());
    // The third time is the way back to the first.
    for build in [Path::new(PROGRAM), &other, Path::new(PROGRAM)] {
        let mut install = Command::new(build);
        install
            .arg("install")
            .env_remove("TF_CLI_CONFIG_FILE")
            .env("TMPDIR", temporary.path());
        let output = within(install.env("HOME", home.path()).output()).await.unwrap();
        let told = text(&output.stdout);
        let (_, version) = told.split_once("\nVersion ").unwrap_or_else(|| panic!("{told}"));
        let (version, _) = version.split_once(": ").unwrap();
        let (_, block) = told.split_once("terraform {").unwrap();
        workspace.write("main.tf", &format!("terraform {{{block}"));
        for _ in 0..3 {
            let _ = std::fs::remove_file(workspace.path().join(".terraform.lock.hcl"));
            let ran = workspace.run(&["init", "-input=false"]).await.expect(0);
            assert!(
                ran.output.contains(&format!("v{version}")),
                "not {version}:\n{}",
                ran.output
            );
        }
    }
}

/// Another build under the same version would break every lock file.
#[tokio::test]
async fn each_build_is_a_version_of_its_own_and_goes_where_the_configuration_says() {
    let (temporary, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mirror = place.path().join("mirror");
    let rc = place.path().join("cli.rc");
    let installation = |mirrors: &str| {
        format!("provider_installation {{\n{mirrors}  direct {{\n    exclude = [\"terraform.local/*/*\"]\n  }}\n}}\n")
    };
    std::fs::write(
        &rc,
        installation(&format!("  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n")),
    )
    .unwrap();
    let versions = || {
        let found = std::fs::read_dir(mirror.join("terraform.local/mde/mde")).unwrap();
        let mut found: Vec<String> = found
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        found
    };

    let first = within(
        program(&["install"], &temporary)
            .env("TF_CLI_CONFIG_FILE", &rc)
            .output(),
    )
    .await
    .unwrap();
    assert!(first.status.success(), "{}", text(&first.stderr));
    let block = text(&first.stdout).split_once("terraform {").unwrap().1.to_owned();
    let installed = versions();
    assert_eq!(installed.len(), 1);
    let series = concat!(
        env!("CARGO_PKG_VERSION_MAJOR"),
        ".",
        env!("CARGO_PKG_VERSION_MINOR"),
        "."
    );
    assert!(installed[0].starts_with(series), "{installed:?}");
    let again = within(
        program(&["install"], &temporary)
            .env("TF_CLI_CONFIG_FILE", &rc)
            .output(),
    )
    .await
    .unwrap();
    assert!(again.status.success());
    assert_eq!(versions(), installed, "the same build is there once");

    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.set("TF_CLI_CONFIG_FILE", rc.to_str().unwrap());
    workspace.write(
        "main.tf",
        &format!("terraform {{{block}\ndata \"mde_capacity\" \"tenant\" {{}}\n"),
    );
    workspace.run(&["init", "-input=false"]).await.expect(0);

    let other = place.path().join("other");
    write_another_build(&other);
    let mut install = Command::new(&other);
    install.arg("install").env("TF_CLI_CONFIG_FILE", &rc);
    assert!(within(install.output()).await.unwrap().status.success());
    assert_eq!(versions().len(), 2);
    workspace.run(&["init", "-input=false"]).await.expect(0);
    workspace.run(&["plan", "-input=false"]).await.expect(0);
    workspace.run(&["init", "-input=false", "-upgrade"]).await.expect(0);
    workspace.run(&["plan", "-input=false"]).await.expect(0);
    let lock = std::fs::read_to_string(workspace.path().join(".terraform.lock.hcl")).unwrap();
    let newest = versions()
        .into_iter()
        .find(|version| !installed.contains(version))
        .unwrap();
    assert!(lock.contains(&newest), "{lock}");

    // A configuration under which `terraform init` would not find it.
    std::fs::write(&rc, installation("")).unwrap();
    let refused = within(
        program(&["install"], &temporary)
            .env("TF_CLI_CONFIG_FILE", &rc)
            .env("HOME", place.path())
            .output(),
    );
    let refused = refused.await.unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("has no `filesystem_mirror` for terraform.local/mde/mde"));
}
