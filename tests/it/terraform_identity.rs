//! Identities with the real host: in states, plans and imports.

use crate::support::{Feature, Program, Tenant, Workspace, has};
use mde::simulator::{Fault, FaultKind};
use serde_json::{Value, json};

const ONE: &str = "mde_indicator.one";

/// A plan that tells by its exit code whether a state would change.
const REFRESH_ONLY: [&str; 4] = ["plan", "-refresh-only", "-detailed-exitcode", "-input=false"];

fn single(value: &str, action: &str) -> String {
    format!(
        "resource \"mde_indicator\" \"one\" {{\n  value       = {value}\n  action      = {action:?}\n  title       = \"one\"\n  \
         description = \"d\"\n}}\n"
    )
}

/// The identity of the object in the state file.
fn stored(workspace: &Workspace) -> Value {
    workspace.objects(ONE)[0]["identity"].clone()
}

fn identity(tenant: &Tenant, value: &str, kind: &str, action: &str) -> Value {
    let environment = tenant.environment();
    let (_, id) = environment.iter().find(|(name, _)| name == "ARM_TENANT_ID").unwrap();
    json!({ "value": value, "type": kind, "action": action, "tenant_id": id.to_ascii_lowercase() })
}

fn fails(value: &str) -> Fault {
    let kind = FaultKind::FailItems {
        values: vec![value.into()],
        reason: "The service has a bad day.".into(),
    };
    Fault::new(kind).on("POST", "/import").times(1000)
}

#[tokio::test]
async fn a_state_without_an_identity_gets_one_with_the_next_apply() {
    if !has(Feature::Identity) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&single("\"EVIL.example\"", "Block"));
    workspace.apply().await.expect(0);
    let expected = identity(&tenant, "evil.example", "DomainName", "Block");
    assert_eq!(stored(&workspace), expected);
    workspace.run(&REFRESH_ONLY).await.expect(0);

    // As an older host has left it.
    let path = workspace.path().join("terraform.tfstate");
    let mut state: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let object = state["resources"][0]["instances"][0].as_object_mut().unwrap();
    object.remove("identity").expect("an identity was stored");
    object.remove("identity_schema_version");
    std::fs::write(&path, state.to_string()).unwrap();
    workspace.plan().await.expect(0);
    workspace.run(&REFRESH_ONLY).await.expect(2);
    assert_eq!(stored(&workspace), Value::Null);
    workspace.apply().await.expect(0);
    assert_eq!(stored(&workspace), expected);
    workspace.run(&REFRESH_ONLY).await.expect(0);
    assert_eq!(tenant.imports(), 1);
}

#[tokio::test]
async fn a_plan_whose_identity_is_not_known_can_be_printed() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let name = "resource \"terraform_data\" \"name\" { input = \"evil\" }\n";
    workspace.main(&[name, &single("\"${terraform_data.name.output}.example\"", "Block")].concat());
    let plan = workspace.plan_json().await;
    let changes = plan["resource_changes"].as_array().unwrap();
    let change = &changes.iter().find(|change| change["address"] == ONE).unwrap()["change"];
    assert_eq!(
        (&change["after_unknown"]["value"], &change["after_identity"]),
        (&true.into(), &Value::Null)
    );
    workspace.apply().await.expect(0);
    if Program::of_this_run().has(Feature::Identity) {
        assert_eq!(stored(&workspace)["value"], "evil.example");
    }
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn the_identity_changes_with_the_action_and_stays_when_a_change_fails() {
    if !has(Feature::Identity) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&single("\"evil.example\"", "Block"));
    workspace.apply().await.expect(0);
    workspace.main(&single("\"evil.example\"", "Warn"));
    let plan = workspace.plan_json().await;
    let change = &plan["resource_changes"][0]["change"];
    let [block, warn] = ["Block", "Warn"].map(|action| identity(&tenant, "evil.example", "DomainName", action));
    assert_eq!((&change["before_identity"], &change["after_identity"]), (&block, &warn));

    tenant.fault(fails("evil.example"));
    workspace.apply().await.expect(1);
    assert_eq!(stored(&workspace), block);
    tenant.simulator.clear_faults();
    tenant.pass_time();
    workspace.apply().await.expect(0);
    assert_eq!(stored(&workspace), warn);
    workspace.plan().await.expect(0);
}

const HASH: &str = "aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00aa5eed00";

fn import(identity: &str) -> String {
    format!("import {{\n  to = mde_indicator.one\n  identity = {{ {identity} }}\n}}\n")
}

#[tokio::test]
async fn an_import_block_names_an_indicator_by_its_identity() {
    if !has(Feature::Identity) {
        return;
    }
    let tenant = Tenant::start().await;
    tenant.add_foreign("FileSha256", HASH, "Block");
    let before = tenant.simulator.rows();
    let configuration = format!(
        "resource \"mde_indicator\" \"one\" {{\n  value       = {HASH:?}\n  action      = \"Block\"\n  title       = \"made in the \
         portal\"\n  description = \"by hand\"\n}}\n"
    );
    let upper = HASH.to_ascii_uppercase();
    for more in ["", ", tenant_id = null"] {
        let workspace = Workspace::new(&tenant);
        let block = import(&format!(
            "value = {upper:?}, type = \"FileSha256\", action = \"Block\"{more}"
        ));
        workspace.main(&[&block, configuration.as_str()].concat());
        workspace
            .apply()
            .await
            .expect(0)
            .expect_says("Resources: 1 imported, 0 added, 0 changed, 0 destroyed.");
        assert_eq!(stored(&workspace), identity(&tenant, HASH, "FileSha256", "Block"));
        // The block may stay.
        workspace.plan().await.expect(0);
    }
    let workspace = Workspace::new(&tenant);
    let block = import(&format!("value = {upper:?}, type = \"FileSha256\", action = \"Block\""));
    workspace
        .generate(&block)
        .await
        .expect(0)
        .expect_says("1 to import, 0 to add, 0 to change, 0 to destroy.");
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    for (identity, words) in [
        (
            "value = \"x.example\", type = \"DomainName\", action = \"Block\"",
            "No such indicator",
        ),
        (
            "value = \"x.example\", type = \"DomainName\", action = \"Block\", tenant_id = \"other\"",
            "The import identity is of another tenant",
        ),
        (
            "value = \"x.example\", type = \"DomainName\", action = null",
            "The import identity is incomplete",
        ),
        (
            "value = \"x.example\", type = \"domain\", action = \"Block\"",
            "Write `DomainName`.",
        ),
    ] {
        let workspace = Workspace::new(&tenant);
        workspace.main(&[&import(identity), configuration.as_str()].concat());
        workspace.plan().await.expect(1).expect_says(words);
    }
    assert_eq!(tenant.simulator.rows(), before);
}
