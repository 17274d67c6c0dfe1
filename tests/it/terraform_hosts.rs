//! What hosts do beside plan and apply, each in its own way: several tenants in one configuration, parts of a plan, objects that
//! leave the state and not the tenant, encrypted states.

use crate::support::{Feature, Tenant, Workspace, has};
use mde::simulator::{Fault, FaultKind};
use std::collections::BTreeMap;

fn set(name: &str, values: &[&str], more: &str) -> String {
    let rows: String = values.iter().map(|value| format!("    {value:?} = null\n")).collect();
    format!(
        "resource \"mde_indicator_set\" {name:?} {{\n  action      = \"Block\"\n  title       = {name:?}\n  description = \"d\"\n  \
         indicators = {{\n{rows}  }}\n  {more}\n}}\n"
    )
}

/// What leads a provider block to a tenant.
fn block_of(tenant: &Tenant) -> String {
    let environment: BTreeMap<String, String> = tenant.environment().into_iter().collect();
    let attributes = [
        ("base_url", "MDE_BASE_URL"),
        ("authority_host", "MDE_AUTHORITY_HOST"),
        ("ca_certificate_path", "MDE_CA_CERTIFICATE_PATH"),
        ("tenant_id", "ARM_TENANT_ID"),
        ("client_id", "ARM_CLIENT_ID"),
        ("client_secret", "ARM_CLIENT_SECRET"),
    ];
    let lines = attributes.map(|(attribute, name)| format!("      {attribute} = {:?}\n", environment[name]));
    format!("{{\n{}    }}", lines.concat())
}

/// One provider block for the tenants, and one set in each of them.
fn each_tenant(tenants: &[(&str, &Tenant)], sets: &str) -> String {
    let tenants: String = tenants
        .iter()
        .map(|(name, tenant)| format!("    {name} = {}\n", block_of(tenant)))
        .collect();
    let names = [
        "base_url",
        "authority_host",
        "ca_certificate_path",
        "tenant_id",
        "client_id",
        "client_secret",
    ];
    let attributes = names.map(|name| format!("  {name} = each.value.{name}\n")).concat();
    format!(
        "locals {{\n  tenants = {{\n{tenants}  }}\n}}\n\nprovider \"mde\" {{\n  alias    = \"each\"\n  for_each = \
         local.tenants\n{attributes}}}\n\n{sets}"
    )
}

#[tokio::test]
async fn one_provider_block_serves_each_tenant() {
    if !has(Feature::ProviderForEach) {
        return;
    }
    let (one, two) = (Tenant::start().await, Tenant::start().await);
    let workspace = Workspace::new(&one);
    let values = &["a.example", "b.example"];
    let sets = set(
        "c2",
        values,
        "for_each = local.tenants\n  provider = mde.each[each.key]",
    );
    workspace.main(&each_tenant(&[("one", &one), ("two", &two)], &sets));
    workspace.run(&["validate"]).await.expect(0);
    workspace.apply().await.expect(0);
    assert_eq!((one.values().len(), two.values().len()), (2, 2));
    workspace.plan().await.expect(0);
    // Each tenant has its own drift, told with its own object.
    two.remove(&["a.example"]);
    let drifted = workspace.plan().await.expect(2);
    assert_eq!(drifted.errors(), [""; 0]);
    workspace.apply().await.expect(0);
    assert_eq!((one.values(), two.values()), (one.values(), one.values()));
    workspace.destroy().await.expect(0);
    assert_eq!((one.values().len(), two.values().len()), (0, 0));
}

/// A provider has to outlive its objects, so a tenant leaves in two steps: first its objects, then its provider block.
#[tokio::test]
async fn a_tenant_leaves_with_its_objects_first_and_its_provider_last() {
    if !has(Feature::ProviderForEach) {
        return;
    }
    let (one, two) = (Tenant::start().await, Tenant::start().await);
    let workspace = Workspace::new(&one);
    let main = |tenants: &[(&str, &Tenant)], leaving: &[&str]| {
        let each = format!(
            "for_each = {{ for name, tenant in local.tenants : name => tenant if !contains({leaving:?}, name) }}\n  provider = \
             mde.each[each.key]"
        );
        workspace.main(&each_tenant(tenants, &set("c2", &["a.example", "b.example"], &each)));
    };
    let both = [("one", &one), ("two", &two)];
    main(&both, &[]);
    workspace.apply().await.expect(0);
    // In one step the host refuses it, and nothing happens.
    main(&both[..1], &[]);
    workspace
        .apply()
        .await
        .expect(1)
        .expect_says("Provider instance not present");
    assert_eq!((one.values().len(), two.values().len()), (2, 2));
    // A plan of the others is possible meanwhile.
    let arguments = [
        "plan",
        "-detailed-exitcode",
        "-input=false",
        "-exclude=mde_indicator_set.c2[\"two\"]",
    ];
    workspace.run(&arguments).await.expect(0);
    main(&both, &["two"]);
    workspace.apply().await.expect(0);
    assert_eq!((one.values().len(), two.values().len()), (2, 0));
    main(&both[..1], &[]);
    workspace.plan().await.expect(0);

    // A tenant that cannot be signed in to any more leaves the state only.
    main(&both, &[]);
    workspace.apply().await.expect(0);
    let before = two.rows();
    main(&both[..1], &[]);
    workspace
        .run(&["state", "rm", "mde_indicator_set.c2[\"two\"]"])
        .await
        .expect(0);
    workspace.plan().await.expect(0);
    assert_eq!((one.values().len(), two.rows()), (2, before));
}

/// The same with one provider block for each tenant, which every host can do.
#[tokio::test]
async fn a_provider_block_is_removed_after_its_objects() {
    let (one, two) = (Tenant::start().await, Tenant::start().await);
    let workspace = Workspace::new(&one);
    let block = |name: &str, tenant: &Tenant| {
        let attributes = block_of(tenant);
        format!(
            "provider \"mde\" {{\n  alias = {name:?}\n{}}}\n",
            &attributes[1..attributes.len() - 1]
        )
    };
    let providers = [block("one", &one), block("two", &two)];
    let sets = ["one", "two"].map(|name| set(name, &["a.example"], &format!("provider = mde.{name}")));
    workspace.main(&[providers.concat(), sets.concat()].concat());
    workspace.apply().await.expect(0);
    assert_eq!((one.values().len(), two.values().len()), (1, 1));
    workspace.main(&[providers[0].as_str(), &sets[0]].concat());
    workspace
        .apply()
        .await
        .expect(1)
        .expect_says("Provider configuration not present");
    assert_eq!((one.values().len(), two.values().len()), (1, 1));
    workspace.main(&[providers.concat(), sets[0].clone()].concat());
    workspace.apply().await.expect(0);
    assert_eq!((one.values().len(), two.values().len()), (1, 0));
    workspace.main(&[providers[0].as_str(), &sets[0]].concat());
    workspace.plan().await.expect(0);
}

/// Two provider configurations are two processes: each keeps to the service's limits by itself, and knows nothing of the other.
#[tokio::test]
async fn two_provider_configurations_may_share_a_tenant_and_its_limits() {
    if !has(Feature::ProviderForEach) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let sets = set("one", &["a.example", "b.example"], "provider = mde.each[\"one\"]")
        + &set("two", &["c.example", "d.example"], "provider = mde.each[\"two\"]");
    workspace.main(&each_tenant(&[("one", &tenant), ("two", &tenant)], &sets));
    workspace.apply().await.expect(0);
    assert_eq!(tenant.values(), ["a.example", "b.example", "c.example", "d.example"]);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.throttled(), 0);
    workspace.destroy().await.expect(0);
    assert_eq!(tenant.values(), [""; 0]);
}

#[tokio::test]
async fn an_object_that_is_not_enabled_is_none() {
    if !has(Feature::Enabled) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let switch = "variable \"on\" { type = bool }\n";
    workspace.main(
        &[
            switch,
            &set("c2", &["a.example"], "lifecycle {\n    enabled = var.on\n  }"),
        ]
        .concat(),
    );
    let apply = async |on: &str| {
        let on = format!("-var=on={on}");
        workspace
            .run(&["apply", "-auto-approve", "-input=false", &on])
            .await
            .expect(0);
        workspace
            .run(&["plan", "-detailed-exitcode", "-input=false", &on])
            .await
            .expect(0);
    };
    apply("false").await;
    assert_eq!(tenant.imports(), 0);
    apply("true").await;
    assert_eq!(tenant.values(), ["a.example"]);
    apply("false").await;
    assert_eq!(tenant.values(), [""; 0]);
}

const ENCRYPTED: &str = r#"
terraform {
  encryption {
    key_provider "pbkdf2" "main" {
      passphrase = "a long passphrase of this test"
    }
    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.main
    }
    state {
      method   = method.aes_gcm.main
      enforced = true
    }
    plan {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}
"#;

#[tokio::test]
async fn an_encrypted_state_tells_no_indicator() {
    if !has(Feature::Encryption) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let main = |values: &[&str]| workspace.main(&[ENCRYPTED, &set("c2", values, "")].concat());
    main(&["a.example"]);
    workspace
        .run(&["plan", "-input=false", "-out=saved.plan"])
        .await
        .expect(0);
    workspace.run(&["apply", "-input=false", "saved.plan"]).await.expect(0);
    for file in ["terraform.tfstate", "saved.plan"] {
        let bytes = std::fs::read(workspace.path().join(file)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains("encrypted_data") && !text.contains("a.example"),
            "{file}: {text}"
        );
    }
    workspace.plan().await.expect(0);
    main(&["a.example", "b.example"]);
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.values(), ["a.example", "b.example"]);
}

/// Two sets that both change.
fn two(workspace: &Workspace, values: [&[&str]; 2]) {
    workspace.main(&[set("one", values[0], ""), set("two", values[1], "")].concat());
}

async fn apply_with(workspace: &Workspace, option: &str) {
    let arguments = ["apply", "-auto-approve", "-input=false", option];
    workspace.run(&arguments).await.expect(0);
}

#[tokio::test]
async fn a_part_of_a_plan_changes_that_part() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    two(&workspace, [&["a.example"], &["b.example"]]);
    apply_with(&workspace, "-target=mde_indicator_set.two").await;
    assert_eq!(tenant.values(), ["b.example"]);
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    // A row that moves out of sight is the other set's until that is planned again.
    two(&workspace, [&["a.example", "b.example"], &["c.example"]]);
    apply_with(&workspace, "-target=mde_indicator_set.one").await;
    assert_eq!(tenant.values(), ["a.example", "b.example"]);
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.values(), ["a.example", "b.example", "c.example"]);
}

#[tokio::test]
async fn what_is_excluded_from_a_plan_stays() {
    if !has(Feature::Exclude) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    two(&workspace, [&["a.example"], &["b.example"]]);
    apply_with(&workspace, "-exclude=mde_indicator_set.two").await;
    assert_eq!(tenant.values(), ["a.example"]);
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.values(), ["a.example", "b.example"]);
    let arguments = [
        "destroy",
        "-auto-approve",
        "-input=false",
        "-exclude=mde_indicator_set.one",
    ];
    workspace.run(&arguments).await.expect(0);
    assert_eq!(tenant.values(), ["a.example"]);
}

#[tokio::test]
async fn what_is_removed_from_the_state_alone_stays_and_can_come_back() {
    if !has(Feature::Removed) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = set("c2", &["a.example", "b.example"], "");
    workspace.main(&set);
    workspace.apply().await.expect(0);
    let before = tenant.rows();
    workspace.main("removed {\n  from = mde_indicator_set.c2\n  lifecycle {\n    destroy = false\n  }\n}\n");
    workspace.apply().await.expect(0);
    assert!(workspace.objects("mde_indicator_set.c2").is_empty());
    assert_eq!((tenant.rows(), tenant.batch_deletes()), (before.clone(), 0));
    workspace.main(&set);
    workspace.apply().await.expect(0).expect_says("2 taken over");
    assert_eq!(tenant.rows(), before);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn a_replacement_that_forgets_the_old_object_takes_its_rows_over() {
    if !has(Feature::Forget) {
        return;
    }
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&set(
        "c2",
        &["a.example", "b.example"],
        "lifecycle {\n    destroy = false\n  }",
    ));
    workspace.apply().await.expect(0);
    let before = tenant.rows();
    workspace.run(&["taint", "mde_indicator_set.c2"]).await.expect(0);
    workspace.apply().await.expect(0);
    assert_eq!((tenant.rows(), tenant.batch_deletes()), (before.clone(), 0));
    assert_eq!(workspace.objects("mde_indicator_set.c2").len(), 1);
    workspace.plan().await.expect(0);
    // Nothing is destroyed either, which some hosts end with an error.
    workspace.destroy().await;
    assert_eq!(tenant.rows(), before);
    assert!(workspace.objects("mde_indicator_set.c2").is_empty());
}

#[tokio::test]
async fn a_creation_that_fails_in_part_does_not_harm_its_neighbour() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let sets = "resource \"mde_indicator_set\" \"each\" {\n  for_each = toset([\"good\", \"bad\"])\n  action = \"Block\"\n  title = \
                each.key\n  description = \"d\"\n  indicators = { \"a.${each.key}.example\" = null, \"b.${each.key}.example\" = null \
                }\n}\n";
    workspace.main(sets);
    let kind = FaultKind::FailItems {
        values: vec!["b.bad.example".into()],
        reason: "The service has a bad day.".into(),
    };
    tenant.fault(Fault::new(kind).on("POST", "/import").times(1000));
    workspace.apply().await.expect(1).expect_says("b.bad.example");
    let objects = workspace.objects("mde_indicator_set.each");
    let tainted = objects.iter().filter(|object| object["status"] == "tainted");
    assert_eq!((objects.len(), tainted.count()), (2, 1));
    let before = tenant.rows();
    assert_eq!(before.len(), 3);
    tenant.simulator.clear_faults();
    tenant.pass_time();
    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    let after = tenant.rows();
    assert_eq!((after.len(), tenant.imported(), tenant.batch_deletes()), (4, 1, 0));
    assert!(
        before.iter().all(|(name, row)| after.get(name) == Some(row)),
        "good rows were touched"
    );
    workspace.plan().await.expect(0);
}
