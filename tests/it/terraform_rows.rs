//! What is wrong with a row is told at its line, whatever stands beside it, and without what may be secret.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;

/// The errors of a run, without what terraform says before them.
fn errors(output: &str) -> &str {
    output.split_once("\nError: ").map_or(output, |(_, errors)| errors)
}

#[tokio::test]
async fn an_error_of_a_row_shows_the_line_of_the_row_or_names_it() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.write(
        "list.json",
        r#"{ "a.example": null, "b.example": { "severty": "High" }, "a.example": { "action": "Allowed" } }"#,
    );
    workspace.main(
        r#"
resource "mde_indicator_set" "lines" {
  action = "Block"
  title = "Lines"
  description = "Text"
  indicators = {
    "a.example" = null
    "b.example" = { acton = "Allowed" }
    "c.example" = { severity = "critical" }
    "d.example" = "text"
    "e.example" = { mitre_techniques = { a = 1 } }
  }
}
resource "mde_indicator_set" "number" {
  action = "Block"
  title = "Number"
  description = "Text"
  indicators = { 10 = { value = "f.example" }, "g.example" = { colour = "red" } }
}
resource "mde_indicator_set" "computed" {
  action = "Block"
  title = "Computed"
  description = "Text"
  indicators = { for name in ["h"] : "${name}.example" => { expiry = "2041-01-01" } }
}
resource "mde_indicator_set" "text" {
  action = "Block"
  title = "Text"
  description = "Text"
  indicators = file("list.json")
}
"#,
    );
    let failed = workspace.run(&["validate"]).await.expect(1);
    assert_snapshot!(errors(&failed.output), @r#"
    Lines: invalid row

      with mde_indicator_set.lines,
      on main.tf line 14, in resource "mde_indicator_set" "lines":
      14:     "b.example" = { acton = "Allowed" }

    `acton` is not a field of an indicator; did you mean `action`?

    Affected row: `b.example`.

    Error: Lines: invalid severity

      with mde_indicator_set.lines,
      on main.tf line 15, in resource "mde_indicator_set" "lines":
      15:     "c.example" = { severity = "critical" }

    `critical` is not a severity; the service refuses unknown names.

    Affected row: `c.example`.

    Use one of `Informational`, `Low`, `Medium`, `High`.

    Error: Lines: invalid row

      with mde_indicator_set.lines,
      on main.tf line 16, in resource "mde_indicator_set" "lines":
      16:     "d.example" = "text"

    The row is a string, not an object of fields; write `{ description = "..."
    }`, or `null` for a row that sets no fields.

    Affected row: `d.example`.

    Error: Lines: invalid mitre_techniques

      with mde_indicator_set.lines,
      on main.tf line 17, in resource "mde_indicator_set" "lines":
      17:     "e.example" = { mitre_techniques = { a = 1 } }

    `mitre_techniques` is an object, not a list of strings.

    Affected row: `e.example`.

    Error: Number: invalid row

      with mde_indicator_set.number,
      on main.tf line 24, in resource "mde_indicator_set" "number":
      24:   indicators = { 10 = { value = "f.example" }, "g.example" = { colour = "red" } }

    `colour` is not a field of an indicator.

    Affected row: `g.example`.

    Error: Computed: invalid row

      with mde_indicator_set.computed,
      on main.tf line 30, in resource "mde_indicator_set" "computed":
      30:   indicators = { for name in ["h"] : "${name}.example" => { expiry = "2041-01-01" } }

    `expiry` is not a field of an indicator.

    Affected row: `h.example`.

    Error: Text: `indicators` cannot be read

      with mde_indicator_set.text,
      on main.tf line 36, in resource "mde_indicator_set" "text":
      36:   indicators = file("list.json")

    `indicators` cannot be read: the key `a.example` occurs twice, so one of the
    two rows would be lost. Remove one, or give it another key and set its
    `value`.

    Error: Text: invalid row

      with mde_indicator_set.text,
      on main.tf line 36, in resource "mde_indicator_set" "text":
      36:   indicators = file("list.json")

    `severty` is not a field of an indicator; did you mean `severity`?

    Affected row: `b.example`.
    "#);
}

/// The provider is not told what is marked as sensitive. So it repeats no text that has no rule, and no list that it cannot read.
#[tokio::test]
async fn what_is_sensitive_is_in_no_message() {
    const SECRET: &str = "hunter2";
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "theirs.example", "Block");
    let workspace = Workspace::new(&tenant);
    workspace.write("secret.txt", SECRET);
    let set = |name: &str, list: &str| {
        format!(
            "resource \"mde_indicator_set\" \"{name}\" {{\n  action = \"Block\"\n  title = \"{name}\"\n  description = \
             local.secret\n  indicators = {list}\n}}\n"
        )
    };
    let locals = "locals {\n  secret = sensitive(file(\"secret.txt\"))\n}\n";
    let wrong = [
        locals,
        &set("text", "local.secret"),
        &set("row", "{ \"a.example\" = local.secret }"),
        &set(
            "fields",
            "{ \"b.example\" = { acton = local.secret, generate_alert = local.secret, certificate_info = local.secret, \
             mitre_techniques = local.secret, bypass_duration_hours = local.secret } }",
        ),
        &set("json", "jsonencode({ \"c.example\" = { acton = local.secret } })"),
    ];
    workspace.main(&wrong.concat());
    let failed = workspace.plan().await.expect(1);
    assert_eq!(failed.errors().len(), 7, "{}", failed.output);
    assert!(!failed.output.contains(SECRET), "{}", failed.output);

    // Nor is it in what a plan says of rows that are there already.
    let row = "{ description = local.secret, recommended_actions = local.secret, additional_info = local.secret }";
    let taken = [locals, &set("taken", &format!("{{ \"theirs.example\" = {row} }}"))].concat();
    workspace.main(&taken);
    let failed = workspace.plan().await.expect(1);
    assert_eq!(
        failed.errors(),
        ["taken: 1 indicator already exists"],
        "{}",
        failed.output
    );
    assert!(!failed.output.contains(SECRET), "{}", failed.output);
    workspace.main(&taken.replace("title =", "on_existing = \"adopt\"\n  title ="));
    let applied = workspace.apply().await.expect(0);
    assert_snapshot!(applied.block("mde_indicator_set.taken"), @r#"
    # mde_indicator_set.taken will be created
    + resource "mde_indicator_set" "taken" {
        + action      = "Block"
        + counts      = {
            + "Block" = 1
          }
        + description = (sensitive value)
        + indicators  = {
            + "theirs.example" = {
                + additional_info     = (sensitive value)
                + description         = (sensitive value)
                + recommended_actions = (sensitive value)
              }
          }
        + on_existing = "adopt"
        + record      = (sensitive value)
        + title       = "taken"
      }
    "#);
    assert!(!applied.output.contains(SECRET), "{}", applied.output);
}
