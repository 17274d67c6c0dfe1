//! `moved` and `removed` blocks with the real host: objects of another provider become this one's.

use crate::support::peer::{Peer, SOURCE};
use crate::support::{Feature, PROGRAM, Tenant, Workspace, has};
use serde_json::{Value as Json, json};
use std::path::Path;

const VALUE: &str = "https://evil.example/a";
const ONE: &str = "mde_indicator.one";
const OLD: &str = "microsoftdefender_indicator.one";

/// A tenant with a row of another application, and the other provider's state of it.
async fn tenant() -> (Tenant, Json) {
    let tenant = Tenant::start().await;
    tenant.portal(|rows| {
        rows.push(json!({
            "indicatorType": "Url", "indicatorValue": VALUE, "action": "Block", "title": "C2", "description": "case 7",
            "severity": "High", "createdBy": "aaaabbbb-0000-cccc-1111-dddd2222eeee"
        }));
    });
    let id = tenant.row(VALUE).unwrap()["id"].clone();
    let attributes = json!({
        "id": id, "indicator_value": VALUE, "indicator_type": "Url", "action": "Block", "title": "C2", "description": "case 7",
        "severity": "High", "application": null, "generate_alert": false, "rbac_group_names": [], "expiration_time": null,
        "recommended_actions": null, "educate_url": null, "external_id": null, "source_type": "AadApp", "created_by": "x"
    });
    (tenant, attributes)
}

/// A workspace that knows both providers.
fn workspace(tenant: &Tenant, peer: &Peer, state: &str) -> Workspace {
    let mut workspace = Workspace::new(tenant);
    let (name, value) = peer.variable();
    workspace.set(name, &value);
    workspace.write("terraform.tfstate", state);
    workspace
}

fn main(workspace: &Workspace, body: &str) {
    workspace.write(
        "main.tf",
        &format!(
            "terraform {{\n  required_providers {{\n    mde = {{ source = \"terraform.local/mde/mde\" }}\n    microsoftdefender = \
             {{ source = {SOURCE:?} }}\n  }}\n}}\n\n{body}"
        ),
    );
}

const MOVED: &str = "moved {\n  from = microsoftdefender_indicator.one\n  to   = mde_indicator.one\n}\n";

fn single(more: &str) -> String {
    format!(
        "resource \"mde_indicator\" \"one\" {{\n  value       = {VALUE:?}\n  type        = \"Url\"\n  action      = \"Block\"\n  \
         title       = \"C2\"\n  description = \"case 7\"\n  severity    = \"High\"\n  {more}\n}}\n"
    )
}

#[tokio::test]
async fn an_indicator_of_the_other_provider_moves_without_a_change() {
    let (tenant, attributes) = tenant().await;
    let before = tenant.simulator.rows();
    let peer = Peer::serve().await;
    let workspace = workspace(&tenant, &peer, &Peer::state(&attributes, false));
    main(&workspace, &[MOVED, single("").as_str()].concat());
    let planned = workspace.run(&["plan", "-input=false"]).await.expect(0);
    assert!(
        planned.says("0 to add, 0 to change, 0 to destroy"),
        "{}",
        planned.output
    );
    assert!(planned.warnings().is_empty(), "{}", planned.output);
    workspace.apply().await.expect(0);
    assert_eq!(
        (tenant.imports(), tenant.batch_deletes(), tenant.simulator.rows()),
        (0, 0, before.clone())
    );
    assert!(workspace.objects(OLD).is_empty());
    assert_eq!(workspace.objects(ONE)[0]["attributes"]["id"], attributes["id"]);
    // The block may stay.
    workspace.plan().await.expect(0);
    workspace.destroy().await.expect(0);
    assert!(tenant.simulator.rows().is_empty());
}

#[tokio::test]
async fn a_tainted_one_asks_for_consent_and_is_kept() {
    let (tenant, attributes) = tenant().await;
    let before = tenant.simulator.rows();
    let peer = Peer::serve().await;
    let workspace = workspace(&tenant, &peer, &Peer::state(&attributes, true));
    main(&workspace, &[MOVED, single("").as_str()].concat());
    workspace
        .apply()
        .await
        .expect(1)
        .expect_says("1 indicator already exists");
    assert_eq!(tenant.simulator.rows(), before);
    main(
        &workspace,
        &[MOVED, single("on_existing = \"adopt\"").as_str()].concat(),
    );
    workspace.apply().await.expect(0);
    assert_eq!(tenant.simulator.rows(), before, "the indicator stays as it is");
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn what_cannot_move_is_refused_with_the_other_way() {
    let (tenant, attributes) = tenant().await;
    let before = tenant.simulator.rows();
    let peer = Peer::serve().await;
    let workspace = workspace(&tenant, &peer, &Peer::state(&attributes, false));
    let moved = "moved {\n  from = microsoftdefender_indicator.one\n  to   = mde_indicator_set.one\n}\n";
    let set = format!(
        "resource \"mde_indicator_set\" \"one\" {{\n  action = \"Block\"\n  title  = \"C2\"\n  indicators = {{ {VALUE:?} = null }}\n}}\n"
    );
    main(&workspace, &[moved, set.as_str()].concat());
    let failed = workspace.plan().await.expect(1);
    assert_eq!(
        failed.errors(),
        ["The resource cannot be moved to this type"],
        "{}",
        failed.output
    );
    assert!(failed.says("on_existing = \"adopt\""), "{}", failed.output);
    assert_eq!(tenant.simulator.rows(), before);
}

#[tokio::test]
async fn many_of_them_become_one_set_in_one_apply() {
    if !has(Feature::Removed) {
        return;
    }
    let (tenant, attributes) = tenant().await;
    let before = tenant.simulator.rows();
    let peer = Peer::serve().await;
    let workspace = workspace(&tenant, &peer, &Peer::state(&attributes, false));
    let removed = "removed {\n  from = microsoftdefender_indicator.one\n  lifecycle {\n    destroy = false\n  }\n}\n";
    let set = format!(
        "resource \"mde_indicator_set\" \"c2\" {{\n  action      = \"Block\"\n  title       = \"C2\"\n  severity    = \"High\"\n  \
         on_existing = \"adopt\"\n  indicators  = {{ {VALUE:?} = {{ description = \"case 7\" }} }}\n}}\n"
    );
    main(&workspace, &[removed, set.as_str()].concat());
    workspace.apply().await.expect(0).expect_says("1 adopted");
    assert!(workspace.objects(OLD).is_empty());
    assert_eq!(
        (tenant.imports(), tenant.batch_deletes(), tenant.simulator.rows()),
        (0, 0, before)
    );
    assert_eq!(workspace.recorded(), [attributes["id"].as_str().unwrap()]);
    main(&workspace, &set.replace("  on_existing = \"adopt\"\n", ""));
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn an_own_object_that_was_stored_under_another_address_stays() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&single(""));
    workspace.apply().await.expect(0);
    let before = tenant.simulator.rows();
    tenant.simulator.clear_calls();
    // `state replace-provider` is how an address changes; hosts take it over as it is, or ask the provider to.
    let path = workspace.path().join("terraform.tfstate");
    let state = std::fs::read_to_string(&path).unwrap();
    let old = state.replace("terraform.local/mde/mde", "registry.terraform.io/somebody/mde");
    assert_ne!(old, state);
    std::fs::write(&path, old).unwrap();
    workspace
        .run(&[
            "state",
            "replace-provider",
            "-auto-approve",
            "registry.terraform.io/somebody/mde",
            "terraform.local/mde/mde",
        ])
        .await
        .expect(0);
    workspace.plan().await.expect(0);
    workspace.apply().await.expect(0);
    assert_eq!((tenant.imports(), tenant.simulator.rows()), (0, before));
}

/// The same with a `moved` block, for which the host asks the provider: Terraform one that it has not configured, OpenTofu the one
/// of its plan.
#[tokio::test]
async fn an_own_object_moves_from_another_address_of_the_provider() {
    // A host of its own: OpenTofu takes that of Terraform's registry for its own one.
    const OTHER: &str = "mirror.example/somebody/mde";
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let home = Path::new(PROGRAM).parent().unwrap().display().to_string();
    let overrides = format!("    \"terraform.local/mde/mde\" = {home:?}\n    {OTHER:?} = {home:?}\n");
    workspace.write(
        "terraform.rc",
        &format!("provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n"),
    );
    let set = |name: &str| {
        format!(
            "resource \"mde_indicator_set\" {name:?} {{\n  action = \"Block\"\n  title = \"t\"\n  description = \"d\"\n  \
             indicators = {{ \"a.example\" = null }}\n}}\n"
        )
    };
    workspace.main(&[single(""), set("one")].concat());
    workspace.apply().await.expect(0);
    let before = tenant.rows();
    tenant.simulator.clear_calls();
    let path = workspace.path().join("terraform.tfstate");
    let state = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, state.replace("terraform.local/mde/mde", OTHER)).unwrap();
    let moved = |kind: &str| format!("moved {{\n  from = {kind}.one\n  to   = {kind}.two\n}}\n");
    let renamed = single("").replace("\"one\" {", "\"two\" {");
    workspace.main(
        &[
            &moved("mde_indicator"),
            &moved("mde_indicator_set"),
            renamed.as_str(),
            &set("two"),
        ]
        .concat(),
    );
    workspace
        .apply()
        .await
        .expect(0)
        .expect_says("0 added, 0 changed, 0 destroyed");
    assert!(!std::fs::read_to_string(&path).unwrap().contains(OTHER));
    assert_eq!(workspace.objects("mde_indicator.two").len(), 1);
    assert_eq!(workspace.objects("mde_indicator_set.two").len(), 1);
    workspace.plan().await.expect(0);
    assert_eq!(
        (tenant.imports(), tenant.batch_deletes(), tenant.rows()),
        (0, 0, before)
    );
}

/// A `moved` block does nothing if its target is there already: the plan then ends the old object, and with it the indicator of
/// both. A `removed` block keeps it.
#[tokio::test]
async fn an_indicator_that_both_providers_have_in_the_state_stays_with_a_removed_block() {
    if !has(Feature::Removed) {
        return;
    }
    let (tenant, attributes) = tenant().await;
    let before = tenant.simulator.rows();
    let peer = Peer::serve().await;
    let workspace = workspace(&tenant, &peer, &Peer::state(&attributes, false));
    let removed = "removed {\n  from = microsoftdefender_indicator.one\n  lifecycle {\n    destroy = false\n  }\n}\n";
    let import = format!("import {{\n  to = mde_indicator.one\n  id = {VALUE:?}\n}}\n");
    let path = workspace.path().join("terraform.tfstate");
    main(&workspace, &[removed, &import, &single("")].concat());
    workspace.apply().await.expect(0);
    let mut state: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let old: Json = serde_json::from_str(&Peer::state(&attributes, false)).unwrap();
    let resources = state["resources"].as_array_mut().unwrap();
    resources.push(old["resources"][0].clone());
    std::fs::write(&path, state.to_string()).unwrap();

    main(&workspace, &[MOVED, &single("")].concat());
    let planned = workspace.run(&["plan", "-input=false"]).await.expect(0);
    assert!(
        planned.says("0 to add, 0 to change, 1 to destroy"),
        "{}",
        planned.output
    );
    planned.block(OLD);
    main(&workspace, &[removed, &single("")].concat());
    workspace.apply().await.expect(0);
    assert!(workspace.objects(OLD).is_empty());
    workspace.plan().await.expect(0);
    assert_eq!(tenant.simulator.rows(), before);
}
