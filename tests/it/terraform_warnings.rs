//! Warnings with the real terraform, which shows only the first of all that have the same summary.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;

/// What is told under this summary, without the place.
pub fn told<'a>(output: &'a str, summary: &str) -> &'a str {
    let (_, rest) = output
        .split_once(&format!("Warning: {summary}\n"))
        .unwrap_or_else(|| panic!("{output}"));
    let ends = [
        "\n\nWarning: ",
        "\n\nError: ",
        "\n\n────",
        "\n\nApply complete!",
        "\nSuccess!",
    ];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    rest[..end].trim().split_once("\n\n").unwrap().1
}

#[tokio::test]
async fn every_doubt_about_a_list_is_shown_once_with_a_few_examples() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(
        r#"
resource "mde_indicator_set" "list" {
  action = "Block"
  title  = "List"
  indicators = merge(
    { for number in range(7) : "10.0.0.${number}" => { description = "Text" } },
    {
      "co.uk"                            = { description = "Text" }
      "a.example"                        = null
      "9e107d9d372bb6826bd81d3542a419d6" = { description = "Text" }
    },
  )
}
"#,
    );
    let checked = workspace.run(&["validate"]).await.expect(0);
    let mut warnings = checked.warnings();
    warnings.sort_unstable();
    assert_eq!(
        warnings,
        [
            "List: MD5 indicators may be refused",
            "List: a public suffix covers domains of other owners",
            "List: an address is not external",
            "List: no `description`",
        ],
        "{}",
        checked.output
    );
    assert_snapshot!(told(&checked.output, "List: an address is not external"), @r"
    7 indicators:
    - `10.0.0.0` is a private address, but Defender documents indicators only for
    external addresses
    - `10.0.0.1` is a private address, but Defender documents indicators only for
    external addresses
    - `10.0.0.2` is a private address, but Defender documents indicators only for
    external addresses
    - `10.0.0.3` is a private address, but Defender documents indicators only for
    external addresses
    - `10.0.0.4` is a private address, but Defender documents indicators only for
    external addresses
    and 2 more

    Check that this is the intended address. The indicator may have no effect on
    internal traffic.
    ");
    assert_snapshot!(told(&checked.output, "List: no `description`"), @r"
    `description` is not set, but Defender documents it as required.

    Affected row: `a.example`.

    Set `description` on the row or on the resource.
    ");
}

#[tokio::test]
async fn what_changed_in_the_portal_is_told_for_every_list_and_healed() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let configuration = r#"
resource "mde_indicator_set" "one" {
  action      = "Block"
  title       = "One"
  description = "Text"
  indicators  = { "a.example" = null, "b.example" = null, "c.example" = null }
}
resource "mde_indicator_set" "two" {
  action      = "Block"
  title       = "Two"
  description = "Text"
  indicators  = jsonencode({ "d.example" = {}, "second" = { value = "e.example" } })
}
resource "mde_indicator" "three" {
  value       = "f.example"
  action      = "Block"
  title       = "Three"
  description = "Text"
}
"#;
    workspace.main(configuration);
    workspace.apply().await.expect(0);
    let id = |value: &str| tenant.row(value).unwrap()["id"].as_str().unwrap().to_owned();
    let (a, f) = (id("a.example"), id("f.example"));
    tenant.portal(|rows| {
        rows.retain(|row| row["indicatorValue"] != "a.example");
        for row in rows {
            let change = match row["indicatorValue"].as_str().unwrap() {
                "b.example" => ("title", "Changed"),
                "d.example" => ("action", "Allowed"),
                "f.example" => ("severity", "High"),
                _ => continue,
            };
            row[change.0] = change.1.into();
            row["lastUpdatedBy"] = "eve@contoso.example".into();
            row["lastUpdateTime"] = "2026-01-02T03:04:05Z".into();
        }
    });
    let planned = workspace.plan().await.expect(2);
    let mut warnings = planned.warnings();
    warnings.sort_unstable();
    // A summary for each object, so that the host folds none of them.
    assert_eq!(
        warnings,
        [
            "One: 1 changed, 1 missing in the tenant",
            "Two: 1 changed",
            "f.example: 1 changed"
        ],
        "{}",
        planned.output
    );
    let shown = told(&planned.output, "One: 1 changed, 1 missing in the tenant");
    assert_snapshot!(shown.replace(&format!("(id {a})"), "(id A)"), @r#"
    Changed in the tenant:
    - b.example: title changed (by eve@contoso.example on 2026-01-02T03:04:05Z)

    Deleted in the tenant (the service does not record who deletes):
    - a.example (id A)
    "#);
    assert_snapshot!(told(&planned.output, "Two: 1 changed"), @r#"
    Changed in the tenant:
    - d.example: action changed from "Block" to "Allowed" (by eve@contoso.example
    on 2026-01-02T03:04:05Z)
    "#);
    assert_snapshot!(told(&planned.output, "f.example: 1 changed"), @r#"
    Changed in the tenant:
    - f.example: severity changed from not set to "High" (by eve@contoso.example
    on 2026-01-02T03:04:05Z)
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.one"), @r#"
    # mde_indicator_set.one will be updated in-place
    ~ resource "mde_indicator_set" "one" {
        ~ indicators  = {
            + "a.example" = null
            ~ "b.example" = {
                - title = "Changed"
              } -> null
              # (1 unchanged attribute hidden)
          }
        ~ record      = (sensitive value)
          # (4 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.two"), @r#"
    # mde_indicator_set.two will be updated in-place
    ~ resource "mde_indicator_set" "two" {
        ~ indicators  = jsonencode(
            ~ {
                ~ "d.example" = {
                    - action = "Allowed"
                  }
                  # (1 unchanged attribute hidden)
              }
          )
        ~ record      = (sensitive value)
          # (4 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator.three").replace(&format!("{f:?}"), "ID"), @r#"
    # mde_indicator.three will be updated in-place
    ~ resource "mde_indicator" "three" {
        ~ id          = ID -> (known after apply)
        ~ record      = (sensitive value)
        - severity    = "High" -> null
          # (4 unchanged attributes hidden)
      }
    "#);

    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    // Two changed titles, a row that is missing, and a row whose action somebody changed, which is another row by now.
    assert_eq!((tenant.simulator.rows().len(), tenant.batch_deletes()), (6, 1));
    for value in [
        "a.example",
        "b.example",
        "c.example",
        "d.example",
        "e.example",
        "f.example",
    ] {
        let row = tenant.row(value).unwrap();
        assert_eq!(
            (&row["action"], &row["severity"]),
            (&"Block".into(), &"Informational".into()),
            "{value}"
        );
    }
    assert_eq!(tenant.row("b.example").unwrap()["title"], "One");
    let planned = workspace.plan().await.expect(0);
    assert_eq!(planned.warnings(), [""; 0], "{}", planned.output);
}
