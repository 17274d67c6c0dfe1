//! A list that is written in another form and has a field that is known only during apply: the one case that the host does not
//! let through, and the way out of it.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;

#[tokio::test]
async fn another_form_with_a_field_that_is_known_late_and_did_not_change_ends_in_the_hosts_error() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    // With another version, the output is not known before apply, and then it is what it was.
    let configuration = |version: u8, before: &str, severity: &str, after: &str| {
        format!(
            r#"
resource "terraform_data" "later" {{
  input            = "seen by the sensor"
  triggers_replace = {version}
}}
resource "mde_indicator_set" "list" {{
  action      = "Block"
  title       = "List"
  description = "Text"
  indicators  = {before}{{
    "a.example" = {{ description = terraform_data.later.output }}
    "b.example" = {{ severity = "{severity}" }}
  }}{after}
}}
"#
        )
    };
    workspace.main(&configuration(1, "", "Low", ""));
    workspace.apply().await.expect(0);
    let rows = tenant.simulator.rows();

    workspace.main(&configuration(2, "jsonencode(", "Low", ")"));
    let failed = workspace.apply().await.expect(1);
    assert_eq!(
        failed.errors(),
        ["Provider produced inconsistent final plan"],
        "{}",
        failed.output
    );
    assert!(
        failed.says("invalid new value for .indicators: wrong final value type: string required"),
        "{}",
        failed.output
    );
    assert_eq!((tenant.simulator.rows(), tenant.imported()), (rows, 2));
    // What was late is known now.
    workspace.plan().await.expect(0);

    // A change of the list brings the new form into the state: all of it is printed, once. Then a late field is no trouble.
    workspace.main(&configuration(2, "jsonencode(", "High", ")"));
    let applied = workspace.apply().await.expect(0);
    assert_snapshot!(applied.block("mde_indicator_set.list"), @r#"
    # mde_indicator_set.list will be updated in-place
    ~ resource "mde_indicator_set" "list" {
        ~ indicators  = {
            - "a.example" = {
                - description = "seen by the sensor"
              }
            - "b.example" = {
                - severity = "Low"
              }
          } -> jsonencode(
              {
                + "a.example" = {
                    + description = "seen by the sensor"
                  }
                + "b.example" = {
                    + severity = "High"
                  }
              }
          )
        ~ record      = (sensitive value)
          # (4 unchanged attributes hidden)
      }
    "#);
    workspace.main(&configuration(3, "jsonencode(", "High", ")"));
    workspace.apply().await.expect(0);
    assert_eq!(tenant.imported(), 3);
    workspace.plan().await.expect(0);
}
