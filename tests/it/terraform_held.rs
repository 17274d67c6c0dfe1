//! What the command `check` says of states that the real terraform prints.

use crate::support::{PROGRAM, Tenant, Workspace};
use serde_json::{Value, json};

const LISTS: &str = r#"
resource "mde_indicator_set" "c2" {
  action      = "Block"
  title       = "C2"
  description = "Text"
  indicators  = jsonencode({ "a.example" = {}, "b.example" = { expiration_time = "2020-01-01T00:00:00Z" } })
}
resource "mde_indicator" "one" {
  value       = "198.51.100.7"
  action      = "Allowed"
  title       = "One"
  description = "Text"
}
"#;

/// The command with the state of the workspace.
async fn check(tenant: &Tenant, workspace: &Workspace, arguments: &[&str]) -> (i32, String) {
    let shown = workspace.run(&["show", "-json"]).await.expect(0);
    workspace.write("state.json", &shown.output);
    let output = tokio::process::Command::new(PROGRAM)
        .args(["check", "--state", "state.json"])
        .args(arguments)
        .current_dir(workspace.path())
        .envs(tenant.environment())
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn what_no_state_holds_is_named() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "theirs.example", "Block");
    let workspace = Workspace::new(&tenant);
    workspace.main(LISTS);
    workspace.run(&["apply", "-auto-approve"]).await.expect(0);
    let (code, text) = check(&tenant, &workspace, &[]).await;
    assert!(code == 0 && text.contains("In none of the states: 0.\n"), "{text}");

    workspace.run(&["state", "rm", "mde_indicator_set.c2"]).await.expect(0);
    let (code, text) = check(&tenant, &workspace, &[]).await;
    assert!(
        code == 1 && text.contains("In none of the states: 1.\n  `a.example` (DomainName, Block, id "),
        "{text}"
    );
    let (code, text) = check(&tenant, &workspace, &["--format", "json"]).await;
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (
            code,
            found["unheld"].as_array().unwrap().len(),
            &found["problems"][0]["problem"]
        ),
        (1, 1, &json!("unheld"))
    );
    assert_eq!(found["unheld"][0]["value"], "a.example");

    workspace.run(&["plan", "-out=saved.plan"]).await.expect(0);
    let plan = workspace.run(&["show", "-json", "saved.plan"]).await.expect(0);
    workspace.write("plan.json", &plan.output);
    let (code, text) = check(&tenant, &workspace, &["--state", "plan.json"]).await;
    assert!(code == 2 && text.contains("plan.json: it is a plan"), "{text}");
}
