//! A tenant as files with the real terraform: the first plan only imports, and the plan after the apply is empty.

use crate::support::{PROGRAM, Tenant, Workspace};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Rows as people, scripts and products leave them in a tenant, with all that is awkward in files.
fn mixed(count: usize) -> Vec<Value> {
    let severities = ["Informational", "Low", "High"];
    let actions = ["Block", "Allowed", "Audit", "Warn"];
    let labels = [
        None,
        Some("gitops-c2"),
        Some("C2, phase 1"),
        Some("צוות"),
        Some("../up"),
    ];
    let titles = [
        "Portal".to_owned(),
        "say \"no\"".to_owned(),
        "${path.root} %{ if true }x%{ endif }".to_owned(),
        "שלום עולם".to_owned(),
        "two\nlines, and\r\nmore".to_owned(),
        "x".repeat(4000),
        " blanks ".to_owned(),
        "\u{feff}mark".to_owned(),
        "=1+1".to_owned(),
        "##vso[task.complete result=Failed;]".to_owned(),
    ];
    (0..count)
        .map(|number| {
            let (kind, value) = match number % 5 {
                0 => ("DomainName", format!("h{number}.example")),
                1 => ("IpAddress", format!("198.51.{}.{}", 100 + number / 250, number % 250)),
                2 => ("Url", format!("https://h{number}.example/a,b?q=\"${{x}}\"")),
                3 => ("FileSha256", format!("{number:064x}")),
                _ => ("FileSha1", format!("{number:040X}")),
            };
            let action = match (number / 5) % 5 {
                4 if number % 5 > 2 => "BlockAndRemediate",
                other => actions[other % 4],
            };
            let mut row = json!({
                "indicatorType": kind, "indicatorValue": value, "action": action,
                "title": titles[number % titles.len()], "description": format!("row {number}"),
                "createdBy": format!("ann{}@contoso.example", number % 2), "createdBySource": "Portal",
                "generateAlert": action == "Audit" || number.is_multiple_of(7),
                "severity": severities[number % 3],
            });
            let set = |row: &mut Value, name: &str, value: Value| row[name] = value;
            if let Some(label) = labels[(number / 3) % labels.len()] {
                set(&mut row, "application", label.into());
            }
            if number.is_multiple_of(4) {
                set(&mut row, "expirationTime", "2041-01-01T00:00:00.1234567Z".into());
            }
            if number.is_multiple_of(6) {
                set(&mut row, "rbacGroupNames", json!(["Clients", "Servers"]));
                set(&mut row, "mitreTechniques", json!(["T1566", "T1071.001"]));
                set(&mut row, "recommendedActions", "Isolate; then \"ask\"".into());
            }
            if number.is_multiple_of(9) {
                set(&mut row, "externalId", format!("x-{number}").into());
                set(&mut row, "category", 2048.into());
            }
            row
        })
        .collect()
}

/// What is in every tenant beside that: one value with two actions, products, and what only others can make.
fn beside() -> Vec<Value> {
    let row = |kind: &str, value: &str, action: &str, source: &str| {
        json!({
            "indicatorType": kind, "indicatorValue": value, "action": action, "title": "Portal", "description": "by hand",
            "createdBy": "ann0@contoso.example", "createdBySource": source
        })
    };
    vec![
        row("DomainName", "twice.example", "Block", "Portal"),
        row("DomainName", "twice.example", "Allowed", "Portal"),
        row("DomainName", "unsanctioned.example", "Block", "MCAS"),
        row("FileSha1", "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a", "Block", "TVM"),
        row(
            "CertificateThumbprint",
            "4a1f0c67a2d28fced849ee1bb76e7391b93eb99a",
            "Allowed",
            "Portal",
        ),
        row("DomainName", "retired.example", "AlertAndBlock", "Portal"),
    ]
}

async fn tenant(rows: Vec<Value>) -> Tenant {
    let tenant = Tenant::start().await;
    tenant.portal(|all| all.extend(rows));
    tenant
}

/// Runs the command in the directory; answers its exit code and all that it printed.
async fn export(tenant: &Tenant, directory: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(PROGRAM);
    command
        .arg("export")
        .args(arguments)
        .current_dir(directory)
        .envs(tenant.environment());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap_or(-1), text.concat())
}

/// Plans, applies and plans again what was exported.
async fn round_trip(tenant: &Tenant, arguments: &[&str]) -> (Workspace, String) {
    let before = tenant.rows();
    let workspace = Workspace::new(tenant);
    let (code, told) = export(tenant, workspace.path(), arguments).await;
    assert_eq!(code, 0, "{told}");
    workspace.run(&["fmt", "-check", "-diff"]).await.expect(0);
    let imports = std::fs::read_to_string(workspace.path().join("imports.tf")).unwrap();
    let count = imports.matches("import {").count();
    let planned = workspace.plan().await.expect(2);
    assert!(
        planned.says(&format!(
            "Plan: {count} to import, 0 to add, 0 to change, 0 to destroy."
        )),
        "{}",
        planned.output
    );
    workspace.apply().await.expect(0).expect_says(&format!(
        "Resources: {count} imported, 0 added, 0 changed, 0 destroyed."
    ));
    workspace.plan().await.expect(0);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    assert_eq!(tenant.rows(), before, "nothing was written");
    (workspace, told)
}

#[tokio::test]
async fn sets_of_two_thousand_mixed_rows_only_import_and_then_plan_clean() {
    let tenant = tenant([mixed(2_000), beside()].concat()).await;
    let (workspace, told) = round_trip(&tenant, &[]).await;
    for words in [
        "2003 indicators in",
        "Not written: 1 indicator.",
        "`retired.example` (DomainName, AlertAndBlock, id",
        "`MCAS` 1, `TVM` 1.",
    ] {
        assert!(told.contains(words), "`{words}` is not in:\n{told}");
    }
    assert_eq!(workspace.recorded().len(), 2_003);
    // The same tenant makes the same files, and none is overwritten unasked.
    let (code, again) = export(&tenant, workspace.path(), &[]).await;
    assert_eq!(code, 2, "{again}");
    assert!(again.contains("exists already, so nothing was written"), "{again}");
    let read = || std::fs::read_to_string(workspace.path().join("indicators.tf")).unwrap();
    let before = read();
    let (code, again) = export(&tenant, workspace.path(), &["--force"]).await;
    assert_eq!((code, read()), (0, before), "{again}");
}

#[tokio::test]
async fn singles_only_import_and_then_plan_clean() {
    let tenant = tenant([mixed(60), beside()].concat()).await;
    let (workspace, told) = round_trip(&tenant, &["--singles"]).await;
    assert!(told.contains("63 indicators in 63 resources"), "{told}");
    assert_eq!(workspace.recorded().len(), 63);
}

#[tokio::test]
async fn a_part_of_a_tenant_only_imports_that_part() {
    let tenant = tenant([mixed(200), beside()].concat()).await;
    let (_, told) = round_trip(
        &tenant,
        &[
            "--type",
            "Url",
            "--action",
            "Block",
            "--created-by",
            "ANN0@contoso.example",
        ],
    )
    .await;
    assert!(told.contains("created by other authors"), "{told}");
    let (_, told) = round_trip(&tenant, &["--source", "MCAS"]).await;
    assert!(told.contains("1 indicator in 1 resource"), "{told}");
    let (_, told) = round_trip(&tenant, &["--application", "", "--source", "*"]).await;
    assert!(told.contains("-block.csv"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_exported_is_said() {
    let tenant = tenant(beside()).await;
    let directory = tempfile::tempdir().unwrap();
    let (code, told) = export(&tenant, directory.path(), &["--application", "nobody"]).await;
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("Nothing was written"), "{told}");
    let (code, told) = export(&tenant, directory.path(), &["--type", "domain"]).await;
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("Write `DomainName`"), "{told}");
    let mut command = Command::new(PROGRAM);
    command
        .arg("export")
        .current_dir(directory.path())
        .env_remove("ARM_CLIENT_SECRET");
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("client_id: missing"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
