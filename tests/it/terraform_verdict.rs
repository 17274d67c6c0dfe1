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
  indicators  = {{ {values} }}
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

/// The text of the warnings in the same way, but for the one about how the provider was found.
fn warnings(output: &str) -> String {
    let ends = [
        "\n\nError: ",
        "\n\nmde_",
        "\n\n────",
        "\n\nApply complete!",
        "\n\nTerraform used",
    ];
    let warnings: Vec<String> = output
        .split("\nWarning: ")
        .skip(1)
        .filter(|warning| !warning.starts_with("Provider development overrides"))
        .map(|warning| {
            let end = ends.iter().filter_map(|end| warning.find(end)).min();
            texts(&format!("\nError: {}", &warning[..end.unwrap_or(warning.len())]))
        })
        .collect();
    warnings.join("\n\n")
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
    List: 2 indicators would block a protected name
    `protected` in the provider block lists what must never be blocked:
    - `192.0.2.5` is in the protected network `192.0.2.0/24`
    - `shop.contoso.example` lies under the protected domain `contoso.example`

    Remove the indicator, or remove the entry from `protected` if the block is
    intended. `terraform destroy` plans first and stops at the same error.
    `terraform destroy -refresh=false` skips that plan.

    https://contoso.example/x: 1 indicator would block a protected name
    `protected` in the provider block lists what must never be blocked:
    - `https://contoso.example/x` hits the protected domain `contoso.example`

    Remove the indicator, or remove the entry from `protected` if the block is
    intended. `terraform destroy` plans first and stops at the same error.
    `terraform destroy -refresh=false` skips that plan.
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
    // Another action is another indicator.
    tenant.add_foreign("DomainName", "audited.example", "Audit");
    tenant.portal(|rows| rows[0]["creationTimeDateTimeUtc"] = "2026-01-02T03:04:05Z".into());
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    let values = r#""theirs.example" = null, "audited.example" = null, "own.example" = null"#;
    workspace.main(&configuration("", "Block", values, "one.example"));
    let planned = workspace.plan().await.expect(1);
    assert_snapshot!(texts(&planned.output), @r#"
    List: 1 indicator already exists
    These indicators were not created by this configuration. Another author
    created them, or this application created them under another `application`
    label. Nothing was changed:
    - DomainName theirs.example with action Block, id 1, created by
    eve@contoso.example (Portal) on 2026-01-02T03:04:05Z; it differs in title,
    description

    To take them over, set `on_existing = "adopt"` on this resource or in the
    provider block, or import them. To let indicators of this application move
    between labels, list the labels in `applications` of the provider block.
    `terraform destroy` plans first and stops at the same error. `terraform
    destroy -refresh=false` skips that plan.
    "#);
    workspace.apply().await.expect(1);
    assert_eq!((writes(&tenant), tenant.simulator.rows()), (0, before));

    workspace.main(&configuration(
        r#"on_existing = "adopt""#,
        "Block",
        values,
        "one.example",
    ));
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(warnings(&planned.output), @r"
    List: 1 to adopt
    Adopted, because `on_existing` is `adopt`. Other authors made these:
    - DomainName theirs.example with action Block, id 1, created by
    eve@contoso.example (Portal) on 2026-01-02T03:04:05Z; it differs in title,
    description
    ");
    let applied = workspace.apply().await.expect(0);
    assert_snapshot!(warnings(&applied.output), @r"
    List: 1 to adopt
    Adopted, because `on_existing` is `adopt`. Other authors made these:
    - DomainName theirs.example with action Block, id 1, created by
    eve@contoso.example (Portal) on 2026-01-02T03:04:05Z; it differs in title,
    description

    (and one more similar warning elsewhere)

    List: 1 adopted
    Adopted, because `on_existing` is `adopt`. Other authors made these:
    - DomainName theirs.example with action Block, id 1, created by
    eve@contoso.example (Portal) on 2026-01-02T03:04:05Z; it differs in title,
    description
    ");
    assert_eq!(tenant.row("theirs.example").unwrap()["title"], "List");
    assert_eq!(tenant.simulator.rows().len(), 5);
    let planned = workspace.plan().await.expect(0);
    assert_eq!(planned.warnings(), [""; 0], "{}", planned.output);
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
    The tenant cannot hold all indicators
    This configuration wants 5 indicators that no other author has. Other authors
    have 1 indicator. Together they exceed the capacity of 5 by 1. The service
    would refuse the surplus indicators one by one.

    Remove indicators here or elsewhere (the data source `mde_capacity` counts
    them by source), or set `capacity` in the provider block if the tenant has a
    different limit. `terraform destroy` plans first and stops at the same error.
    `terraform destroy -refresh=false` skips that plan.
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
async fn more_removals_than_are_allowed_are_refused() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
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
    workspace.main(&with("max_removals = 6", &list(0..3)));
    let failed = workspace.plan().await.expect(1);
    assert_snapshot!(texts(&failed.output), @r"
    List: the run removes more indicators than `max_removals` allows
    So far, this run deletes or weakens 7 indicators; `max_removals` allows 6.
    Nothing was changed. Among them:
    - host-3.example
    - host-4.example
    - host-5.example
    - host-6.example
    - host-7.example
    and 2 more

    If this is intended, set the environment variable MDE_MAX_REMOVALS for one
    run, or raise `max_removals` in the provider block. If not, check whether a
    list is shorter than expected.
    ");
    workspace.apply().await.expect(1);

    // Everything taken out of the configuration, and everything destroyed, is counted as well.
    workspace.main("provider \"mde\" {\n  max_removals = 10\n}\n");
    let failed = workspace.plan().await.expect(1);
    // Which of the two orphans is counted last is the host's choice.
    let errors = failed.errors();
    assert_eq!(errors.len(), 1, "{}", failed.output);
    assert!(
        errors[0].ends_with(": the run removes more indicators than `max_removals` allows"),
        "{}",
        failed.output
    );
    workspace.main(&with("max_removals = 10", &list(0..10)));
    for arguments in [
        &["destroy", "-auto-approve"][..],
        &["destroy", "-auto-approve", "-refresh=false"],
    ] {
        let failed = workspace.run(arguments).await.expect(1);
        assert!(
            failed.says("this run deletes or weakens 11 indicators; `max_removals` allows 10"),
            "{}",
            failed.output
        );
    }
    assert_eq!((writes(&tenant), tenant.simulator.rows().len()), (0, 11));

    // A row whose action weakens loses its protection, although another takes its place.
    let warned = with("max_removals = 0", &list(0..10)).replacen("Block", "Warn", 1);
    workspace.main(&warned);
    let failed = workspace.apply().await.expect(1);
    assert!(
        failed.says("this run deletes or weakens 10 indicators; `max_removals` allows 0"),
        "{}",
        failed.output
    );
    assert_eq!((writes(&tenant), tenant.simulator.rows().len()), (0, 11));

    // One run is let through.
    workspace.set("MDE_MAX_REMOVALS", "10");
    workspace.apply().await.expect(0);
    workspace.unset("MDE_MAX_REMOVALS");
    assert_eq!(tenant.row("host-0.example").unwrap()["action"], "Warn");

    // A stronger action takes nothing away.
    workspace.main(&with("max_removals = 0", &list(0..10)));
    workspace.apply().await.expect(0);
    assert_eq!(tenant.row("host-0.example").unwrap()["action"], "Block");
    workspace.main(&with("max_removals = 11", &list(0..10)));
    workspace.destroy().await.expect(0);
    assert!(tenant.simulator.rows().is_empty());
}

#[tokio::test]
async fn a_changed_default_is_one_line_of_the_plan_and_changes_the_rows_that_lean_on_it() {
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
  indicators  = merge(concat(
    [for tens in range(120) : {{ for n in range(10) : "host-${{tens}}${{n}}.example" => null }}],
    [{{ "own.example" = {{ severity = "Low" }} }}],
  )...)
}}
"#
        )
    };
    workspace.main(&set("Medium"));
    workspace.apply().await.expect(0);
    workspace.main(&set("High"));
    let planned = workspace.plan().await.expect(2);
    assert_eq!(planned.warnings(), [""; 0], "{}", planned.output);
    assert_snapshot!(planned.block("mde_indicator_set.list"), @r#"
    # mde_indicator_set.list will be updated in-place
    ~ resource "mde_indicator_set" "list" {
        ~ record      = (sensitive value)
        ~ severity    = "Medium" -> "High"
          # (5 unchanged attributes hidden)
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
    // Which of the two is planned first is the host's choice.
    let text = texts(&failed.output);
    let (summary, detail) = text.split_once('\n').unwrap();
    let (title, line) = match summary.split_once(": ").unwrap() {
        ("List", rest) => (rest, "- a.example, also in \"A.example\" as A.example"),
        ("A.example", rest) => (rest, "- A.example, also in \"List\" as a.example"),
        other => panic!("{other:?}"),
    };
    assert_eq!(title, "another resource manages the same indicator");
    assert!(detail.contains(line), "{text}");
    assert_snapshot!(detail.replace(line, "- NAME, also in OTHER"), @r"
    1 indicator of this resource is also in another resource of this
    configuration. The service keeps one indicator for each value, type and
    action, so the two resources would overwrite each other:
    - NAME, also in OTHER

    Keep each indicator in one resource only. `terraform destroy` plans first and
    stops at the same error. `terraform destroy -refresh=false` skips that plan.
    ");
    assert_eq!(writes(&tenant), 0);
}
