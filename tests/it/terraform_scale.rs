//! Long lists with the real terraform and the service's limits on. Only calls are counted; time is not looked at.

use crate::support::{Tenant, Workspace};
use std::fmt::Write;

/// As many rows as a tenant can hold.
const FULL: usize = 15_000;

#[tokio::test]
async fn a_full_tenant_in_one_set_takes_the_fewest_calls() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let mut list = String::from("value,description\n");
    for number in 0..FULL {
        writeln!(list, "{number:064x},case {}", number / 100).unwrap();
    }
    workspace.write("list.csv", &list);
    workspace.main(
        r#"
locals {
  rows = csvdecode(file("list.csv"))
}
resource "mde_indicator_set" "list" {
  action      = "BlockAndRemediate"
  title       = "List"
  description = "Text"
  values      = zipmap(local.rows[*].value, local.rows[*].description)
}
"#,
    );
    workspace.apply().await.expect(0);
    assert_eq!(
        (tenant.imports(), tenant.batch_deletes(), tenant.throttled()),
        (30, 0, 0)
    );
    assert_eq!(tenant.simulator.rows().len(), FULL);

    tenant.simulator.clear_calls();
    workspace.plan().await.expect(0);
    assert_eq!((tenant.lists(), tenant.imports(), tenant.throttled()), (2, 0, 0));

    tenant.simulator.clear_calls();
    workspace.destroy().await.expect(0);
    assert_eq!(
        (tenant.batch_deletes(), tenant.imports(), tenant.throttled()),
        (30, 0, 0)
    );
    assert!(tenant.simulator.rows().is_empty());
}

fn singles(count: usize, title: &str) -> String {
    format!(
        r#"
resource "mde_indicator" "all" {{
  for_each    = toset([for number in range({count}) : "host-${{number}}.example.net"])
  value       = each.value
  action      = "Block"
  title       = "{title}"
  description = "Text"
}}
"#
    )
}

#[tokio::test]
async fn hundreds_of_single_indicators_share_calls() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&singles(400, "One"));
    let many = ["-auto-approve", "-input=false", "-refresh=false", "-parallelism=400"];
    workspace.run(&[&["apply"], &many[..]].concat()).await.expect(0);
    assert_eq!(tenant.simulator.rows().len(), 400);
    let (imports, lists) = (tenant.imports(), tenant.lists());
    assert!(imports <= 5, "{imports} imports: {:?}", tenant.calls("POST", "/import"));
    assert_eq!(lists, 2, "one for the plan, one for the apply");

    workspace.run(&[&["destroy"], &many[..]].concat()).await.expect(0);
    let deletes = tenant.batch_deletes();
    assert!(
        deletes <= 5,
        "{deletes} deletes: {:?}",
        tenant.calls("POST", "/BatchDelete")
    );
    assert!(tenant.simulator.rows().is_empty());
    assert_eq!(tenant.throttled(), 0);
}

#[tokio::test]
async fn at_the_hosts_own_pace_ten_operations_share_a_call() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&singles(60, "One"));
    workspace.apply().await.expect(0);
    // Six are the fewest for ten at once; a slow machine may need a few more.
    let (imports, lists) = (tenant.imports(), tenant.lists());
    assert!(
        (6..=9).contains(&imports),
        "{imports} imports: {:?}",
        tenant.calls("POST", "/import")
    );
    assert_eq!(lists, 2, "one for the plan, one for the apply");
    tenant.simulator.clear_calls();
    workspace.destroy().await.expect(0);
    let deletes = tenant.batch_deletes();
    assert!(
        (6..=12).contains(&deletes),
        "{deletes} deletes: {:?}",
        tenant.calls("POST", "/BatchDelete")
    );
    assert_eq!(tenant.throttled(), 0);
}
