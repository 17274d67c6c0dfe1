//! What a plan refuses before anything is written, with the real terraform.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;
use std::collections::BTreeSet;

/// A provider block, a set of these values, and one more indicator.
fn configuration(provider: &str, action: &str, values: &str, one: &str) -> String {
    format!(
        r#"
provider "mde" {{
  {provider}
}}
resource "mde_indicator_set" "list" {{
  action      = "{action}"
  title       = "List"
  description = "Text"
  values      = {{ {values} }}
}}
resource "mde_indicator" "one" {{
  value       = "{one}"
  action      = "Block"
  title       = "One"
  description = "Text"
}}
"#
    )
}

/// The text of the errors, each with the place and the line breaks of the host taken out.
fn texts(output: &str) -> String {
    let errors: Vec<String> = output
        .split("\nError: ")
        .skip(1)
        .map(|error| {
            let (summary, rest) = error.split_once("\n\n").unwrap();
            let place_ends = rest.starts_with("  with ").then(|| rest.find("\n\n").unwrap() + 2);
            format!("{summary}\n{}", rest[place_ends.unwrap_or(0)..].trim())
        })
        .collect();
    errors.join("\n\n")
}

fn writes(tenant: &Tenant) -> usize {
    tenant.imports() + tenant.batch_deletes()
}

#[tokio::test]
async fn a_block_on_a_protected_name_is_refused() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let values = r#""shop.contoso.example" = null, "192.0.2.5" = null, "evil.example" = null"#;
    let protected = r#"protected = ["contoso.example", "192.0.2.0/24"]"#;
    workspace.main(&configuration(protected, "Block", values, "https://contoso.example/x"));
    let failed = workspace.apply().await.expect(1);
    assert_snapshot!(texts(&failed.output), @r"
    A protected name would be blocked
    2 indicators would block what `protected` in the provider block names as
    never to be blocked:
    - `192.0.2.5` lies in the protected network `192.0.2.0/24`
    - `shop.contoso.example` lies under the protected domain `contoso.example`

    Remove the indicator, or the entry of `protected` if the block is meant.

    A protected name would be blocked
    1 indicator would block what `protected` in the provider block names as never
    to be blocked:
    - `https://contoso.example/x` hits the protected domain `contoso.example`

    Remove the indicator, or the entry of `protected` if the block is meant.
    ");
    assert_eq!(writes(&tenant), 0);

    // Only blocks are meant.
    workspace.main(&configuration(
        protected,
        "Audit\"\n  generate_alert = \"true",
        values,
        "evil.example",
    ));
    workspace.apply().await.expect(0);
}

#[tokio::test]
async fn what_somebody_else_made_is_left_alone_unless_it_is_adopted() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "theirs.example", "Block");
    tenant.add_foreign("DomainName", "allowed.example", "Allowed");
    tenant.portal(|rows| rows[0]["creationTimeDateTimeUtc"] = "2026-01-02T03:04:05Z".into());
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    let values = r#""theirs.example" = null, "allowed.example" = null, "own.example" = null"#;
    workspace.main(&configuration("", "Block", values, "one.example"));
    let planned = workspace.plan().await.expect(1);
    assert_snapshot!(texts(&planned.output), @r#"
    1 indicator is already in the tenant
    Importing an indicator takes over a row of the same value, type and action
    without a word, so what this configuration did not make was left alone:
    - DomainName theirs.example with action Block, id 1, made by
    eve@contoso.example (Portal) on 2026-01-02T03:04:05Z; it differs in title,
    description

    To manage them here, import them (`terraform import ADDRESS ID`, or an
    `import` block; a set is imported by a filter such as `application=NAME`), or
    set `on_existing = "adopt"` in the provider block to make them as configured.
    The latter, for one run, is also the way on if they are this configuration's
    own after all: Terraform does not show the old object when it is replaced
    with `create_before_destroy`, nor after a replacement that was killed between
    its halves, and too late if it depends on the new one or if `-parallelism` is
    small.
    "#);
    workspace.apply().await.expect(1);
    assert_eq!((writes(&tenant), tenant.simulator.rows()), (0, before));

    workspace.main(&configuration(
        r#"on_existing = "adopt""#,
        "Block",
        values,
        "one.example",
    ));
    workspace.apply().await.expect(0);
    assert_eq!(tenant.row("theirs.example").unwrap()["title"], "List");
    assert_eq!(tenant.simulator.rows().len(), 5);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn more_than_the_tenant_can_hold_is_refused() {
    let tenant = Tenant::with(|options| options.capacity = 5).await;
    tenant.add_foreign("DomainName", "theirs.example", "Block");
    let workspace = Workspace::new(&tenant);
    let values = r#""a.example" = null, "b.example" = null, "c.example" = null, "d.example" = null"#;
    workspace.main(&configuration("capacity = 5", "Block", values, "one.example"));
    let failed = workspace.apply().await.expect(1);
    assert_snapshot!(texts(&failed.output), @r"
    More indicators than the tenant can hold
    The tenant holds 1 indicator of all authors. With 5 to be created and 0 to be
    deleted it would hold 6, 1 more than its capacity of 5. The service would
    refuse the surplus one by one.

    Remove indicators, here or elsewhere (the data source `mde_capacity` tells
    who made them), or set `capacity` in the provider block if the tenant's limit
    is another one.
    ");
    assert_eq!(writes(&tenant), 0);

    // Full to the last place. While it applies, the host plans what is left again, and must not count twice.
    let values = r#""a.example" = null, "b.example" = null, "c.example" = null"#;
    let full = configuration("capacity = 5", "Block", values, "one.example");
    let ordered = full.replace(
        "\"one.example\"\n",
        "\"one.example\"\n  depends_on = [mde_indicator_set.list]\n",
    );
    workspace.main(&ordered);
    workspace.apply().await.expect(0);
    assert_eq!(tenant.simulator.rows().len(), 5);

    // A full tenant takes other rows in exchange.
    workspace.main(&ordered.replace("b.example", "d.example"));
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn more_deletions_than_are_allowed_are_refused() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let list = |numbers: std::ops::Range<usize>| {
        let rows: Vec<String> = numbers
            .map(|number| format!("\"host-{number}.example\" = null"))
            .collect();
        rows.join(", ")
    };
    let with = |limit: &str, values: &str| configuration(limit, "Block", values, "one.example");
    workspace.main(&with("", &list(0..10)));
    workspace.apply().await.expect(0);
    tenant.simulator.clear_calls();

    // A list that came out short.
    workspace.main(&with("max_deletions = 6", &list(0..3)));
    let failed = workspace.plan().await.expect(1);
    assert_snapshot!(texts(&failed.output), @r"
    The plan deletes more than is allowed
    The plan deletes 7 indicators so far, and `max_deletions` in the provider
    block allows 6. Nothing of this resource was deleted. Among them:
    - host-3.example
    - host-4.example
    - host-5.example
    - host-6.example
    - host-7.example
    and 2 more

    If the deletions are meant, raise `max_deletions` for this run; if not, look
    for a list that came out short.
    ");
    workspace.apply().await.expect(1);

    // Everything taken out of the configuration, and everything destroyed, is counted as well.
    workspace.main("provider \"mde\" {\n  max_deletions = 10\n}\n");
    let failed = workspace.plan().await.expect(1);
    assert_eq!(
        failed.errors(),
        ["The plan deletes more than is allowed"],
        "{}",
        failed.output
    );
    workspace.main(&with("max_deletions = 10", &list(0..10)));
    workspace.destroy().await.expect(1);
    assert_eq!((writes(&tenant), tenant.simulator.rows().len()), (0, 11));

    // A changed action makes way for its own successor: nothing loses its protection.
    workspace.main(&with("max_deletions = 0", &list(0..10)).replacen("Block", "Warn", 1));
    workspace.apply().await.expect(0);
    workspace.main(&with("max_deletions = 11", &list(0..10)));
    workspace.destroy().await.expect(0);
    assert!(tenant.simulator.rows().is_empty());
}

#[tokio::test]
async fn a_changed_default_says_how_many_rows_it_changes() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = |severity: &str| {
        format!(
            r#"
resource "mde_indicator_set" "list" {{
  action      = "Block"
  severity    = "{severity}"
  title       = "List"
  description = "Text"
  values      = merge([for tens in range(120) : {{ for n in range(10) : "host-${{tens}}${{n}}.example" => null }}]...)
  indicators  = provider::mde::indicators({{ "own.example" = {{ severity = "Low" }} }})
}}
"#
        )
    };
    workspace.main(&set("Medium"));
    workspace.apply().await.expect(0);
    workspace.main(&set("High"));
    let planned = workspace.plan().await.expect(2).expect_says(
        "`severity` of the set changed, and 1200 of its 1201 rows lean on it. Updating them takes 3 import calls.",
    );
    assert_eq!(planned.warnings(), ["A changed default changes 1200 rows"]);
    assert_snapshot!(planned.block("mde_indicator_set.list"), @r#"
    # mde_indicator_set.list will be updated in-place
    ~ resource "mde_indicator_set" "list" {
        ~ severity    = "Medium" -> "High"
          # (6 unchanged attributes hidden)
      }
    "#);
    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (3, 0));
    let severities: BTreeSet<String> = tenant
        .simulator
        .rows()
        .iter()
        .map(|row| row["severity"].to_string())
        .collect();
    assert_eq!(
        severities,
        BTreeSet::from(["\"High\"".to_owned(), "\"Low\"".to_owned()])
    );
}

#[tokio::test]
async fn two_resources_do_not_manage_one_indicator() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let values = r#""a.example" = null, "b.example" = null"#;
    workspace.main(&configuration("", "Block", values, "A.example"));
    let failed = workspace.apply().await.expect(1);
    assert_eq!(
        failed.errors(),
        ["Two resources manage the same indicator"],
        "{}",
        failed.output
    );
    assert!(failed.says("1 indicator of this resource is also in another resource of this configuration."));
    assert_eq!(writes(&tenant), 0);
}
