//! Long lists with the real terraform and the service's limits on. Only calls are counted; time is not looked at.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;
use std::fmt::Write;

/// As many rows as a tenant can hold.
const FULL: usize = 15_000;

#[tokio::test]
async fn a_full_tenant_in_one_set_takes_the_fewest_calls() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let list = |changed: usize| {
        let mut text = String::from("value,description\n");
        for number in 0..FULL {
            let note = if number == changed { "changed" } else { "case" };
            writeln!(text, "{number:064x},{note} {}", number / 100).unwrap();
        }
        text
    };
    workspace.write("list.csv", &list(FULL));
    workspace.main(
        r#"
resource "mde_indicator_set" "list" {
  action      = "BlockAndRemediate"
  title       = "List"
  description = "Text"
  indicators  = provider::mde::parse_csv(file("list.csv"))
}
"#,
    );
    workspace.apply().await.expect(0);
    assert_eq!(tenant.throttled(), 0);
    // The plan and the apply list an empty tenant: one call each.
    tenant.expect_calls((30, FULL), (0, 0), 2);
    assert_eq!(tenant.simulator.rows().len(), FULL);

    workspace.plan().await.expect(0);
    assert_eq!(tenant.throttled(), 0);
    tenant.expect_calls((0, 0), (0, 0), 2);

    // One row of them all changes: that row is printed, and sent.
    workspace.write("list.csv", &list(7007));
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.list"), @r#"
    # mde_indicator_set.list will be updated in-place
    ~ resource "mde_indicator_set" "list" {
        ~ indicators  = jsonencode(
            ~ {
                ~ "0000000000000000000000000000000000000000000000000000000000001b5f" = {
                    ~ description = "case 70" -> "changed 70"
                  }
                  # (14999 unchanged attributes hidden)
              }
          )
        ~ record      = (sensitive value)
          # (4 unchanged attributes hidden)
      }
    "#);
    tenant.expect_calls((0, 0), (0, 0), 2);
    // The imports of a minute are used up, and another process cannot know.
    tenant.pass_time();
    workspace.apply().await.expect(0);
    tenant.expect_calls((1, 1), (0, 0), 4);

    workspace.destroy().await.expect(0);
    assert_eq!(tenant.throttled(), 0);
    // Terraform makes an ordinary plan first, which lists; what it then destroys needs no look at the tenant.
    tenant.expect_calls((0, 0), (30, FULL), 2);
    assert!(tenant.simulator.rows().is_empty());
}

#[tokio::test]
async fn a_list_in_the_language_takes_the_same_calls() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = |rows: &str| {
        format!(
            r#"
locals {{
  rows = {{ for number in range(1000) : "host-${{number}}.example" => {{ description = "case ${{floor(number / 100)}}" }} }}
}}
resource "mde_indicator_set" "list" {{
  action     = "Block"
  title      = "List"
  indicators = {rows}
}}
"#
        )
    };
    workspace.main(&set("local.rows"));
    workspace.apply().await.expect(0);
    tenant.expect_calls((2, 1000), (0, 0), 2);
    workspace.plan().await.expect(0);
    // The same rows as one text are no change.
    workspace.main(&set("jsonencode(local.rows)"));
    workspace.plan().await.expect(0);
    // A page of 1,000 rows may be one that a server has cut, so each listing asks for the next one, too.
    tenant.expect_calls((0, 0), (0, 0), 4);
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
    workspace.main(&singles(200, "One"));
    let many = ["-auto-approve", "-input=false", "-refresh=false", "-parallelism=200"];
    workspace.run(&[&["apply"], &many[..]].concat()).await.expect(0);
    assert_eq!(tenant.simulator.rows().len(), 200);
    let (imports, lists) = (tenant.imports(), tenant.lists());
    // Ten to a call, as at the host's own pace, would be twenty. How many come together is up to the host and the machine.
    assert!(imports <= 8, "{imports} imports: {:?}", tenant.calls("POST", "/import"));
    assert_eq!(lists, 2, "one for the plan, one for the apply");
    assert_eq!(workspace.recorded().len(), 200);

    workspace.run(&[&["destroy"], &many[..]].concat()).await.expect(0);
    let deletes = tenant.batch_deletes();
    assert!(
        deletes <= 8,
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
    assert_eq!(workspace.recorded().len(), 60);
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
