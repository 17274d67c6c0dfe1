//! Bad input with the real terraform: one clear error at the earliest moment, and nothing written.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;

const SHA1: &str = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";

/// Takes the credentials away: what needs none must not ask for them.
fn without_credentials(workspace: &mut Workspace) {
    for name in ["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"] {
        workspace.unset(name);
    }
}

#[tokio::test]
async fn values_that_cannot_be_are_told_all_at_once_without_credentials() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    without_credentials(&mut workspace);
    workspace.main(
        r#"
resource "mde_indicator" "network" {
  value       = "198.51.100.0/24"
  action      = "block"
  title       = "One"
  description = "Text"
}
resource "mde_indicator" "hash" {
  value           = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
  type            = "FileSha256"
  action          = "Quarantine"
  severity        = "critical"
  expiration_time = "tomorrow"
  title           = "One"
  description     = "Text"
}
"#,
    );
    let failed = workspace.run(&["validate"]).await.expect(1);
    assert_eq!(
        failed.errors(),
        [
            "198.51.100.0/24: invalid value",
            "198.51.100.0/24: invalid action",
            "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid value",
            "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid action",
            "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid severity",
            "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid expiration_time"
        ],
        "{}",
        failed.output
    );
    assert_snapshot!(failed.output.split_once("\nError").unwrap().1, @r#"
    : 198.51.100.0/24: invalid value

      with mde_indicator.network,
      on main.tf line 9, in resource "mde_indicator" "network":
       9:   value       = "198.51.100.0/24"

    `198.51.100.0/24` is a network in CIDR notation, which the service does not
    accept.

    Write one row per address. Defender accepts single addresses only.

    Error: 198.51.100.0/24: invalid action

      with mde_indicator.network,
      on main.tf line 10, in resource "mde_indicator" "network":
      10:   action      = "block"

    `block` is not an action; the service refuses unknown names.

    Write `Block`.

    Error: 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid value

      with mde_indicator.hash,
      on main.tf line 15, in resource "mde_indicator" "hash":
      15:   value           = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"

    `2fd4e1c67a2d28fced849ee1bb76e7391b93eb12` has 40 hexadecimal digits, but a
    value of type FileSha256 has 64.

    It has the length of a SHA-1. Set the type to `FileSha1`, or to
    `CertificateThumbprint` for a certificate.

    Error: 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid action

      with mde_indicator.hash,
      on main.tf line 17, in resource "mde_indicator" "hash":
      17:   action          = "Quarantine"

    `Quarantine` is not an action; the service refuses unknown names.

    Use one of `Allowed`, `Audit`, `Warn`, `Block`, `BlockAndRemediate`.

    Error: 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid severity

      with mde_indicator.hash,
      on main.tf line 18, in resource "mde_indicator" "hash":
      18:   severity        = "critical"

    `critical` is not a severity; the service refuses unknown names.

    Use one of `Informational`, `Low`, `Medium`, `High`.

    Error: 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12: invalid expiration_time

      with mde_indicator.hash,
      on main.tf line 19, in resource "mde_indicator" "hash":
      19:   expiration_time = "tomorrow"

    `tomorrow` is not an RFC 3339 timestamp.

    Write date, time and UTC offset, such as `2030-01-31T00:00:00Z` or
    `2030-01-31T01:00:00+01:00`.
    "#);
    assert!(tenant.simulator.calls().is_empty());
}

#[tokio::test]
async fn rows_of_a_set_are_named_wherever_they_come_from() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    without_credentials(&mut workspace);
    workspace.main(&format!(
        r#"
resource "mde_indicator_set" "list" {{
  action      = "Block"
  severity    = "critical"
  title       = "List"
  description = "Text"
  indicators = {{
    "198.51.100.0/24"        = null
    "hxxp://evil[.]example/" = null
    "abc"                    = null
    "evil.example"           = {{ type = "Url" }}
    "audit.example"          = {{ action = "Audit" }}
    "{SHA1}"                 = {{ severity = "High" }}
    "{}"                     = {{ severity = "Low" }}
  }}
}}
"#,
        SHA1.to_uppercase()
    ));
    let failed = workspace.run(&["validate"]).await.expect(1);
    let mut errors = failed.errors();
    errors.sort_unstable();
    assert_eq!(
        errors,
        [
            "List: invalid generate_alert",
            // Once, and not again for each row that inherits it.
            "List: invalid severity",
            "List: invalid value",
            "List: invalid value",
            "List: invalid value",
            "List: invalid value",
            "List: the same indicator is in the set twice",
        ],
        "{}",
        failed.output
    );
    for text in [
        "`critical` is not a severity",
        "`198.51.100.0/24` is a network in CIDR notation",
        "`hxxp://evil[.]example/` is defanged",
        "Write `http://evil.example/`.",
        "`abc` has 3 hexadecimal digits",
        "`evil.example` has no scheme",
        "`generate_alert = true`. Affected row: `audit.example`.",
        "`2fd4e1c67a2d28fced849ee1bb76e7391b93eb12`",
        "`2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12`",
    ] {
        assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
    }
    assert!(tenant.simulator.calls().is_empty());
}

/// A field that does not exist is said to be none, however the list is written: nothing of a row is lost in silence.
#[tokio::test]
async fn a_misspelt_field_is_an_error_in_every_form() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    without_credentials(&mut workspace);
    workspace.write(
        "list.json",
        r#"{ "a.example": null, "b.example": { "acton": "Allowed" } }"#,
    );
    workspace.write("list.yaml", "a.example: null\nb.example:\n  acton: Allowed\n");
    for list in [
        "{\n    \"a.example\" = null\n    \"b.example\" = { acton = \"Allowed\" }\n  }",
        "{ for value in [\"b.example\"] : value => { acton = \"Allowed\" } }",
        "tomap({ \"b.example\" = { acton = \"Allowed\" } })",
        "jsonencode({ \"b.example\" = { acton = \"Allowed\" } })",
        "file(\"list.json\")",
        "jsondecode(file(\"list.json\"))",
        "yamldecode(file(\"list.yaml\"))",
    ] {
        workspace.main(&format!(
            "resource \"mde_indicator_set\" \"list\" {{\n  action      = \"Block\"\n  title       = \"List\"\n  description = \
             \"Text\"\n  indicators  = {list}\n}}\n"
        ));
        let failed = workspace.run(&["validate"]).await.expect(1);
        assert_eq!(failed.errors().len(), 1, "{}", failed.output);
        for text in ["`acton`", "`action`", "b.example"] {
            assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
        }
        // Of a literal the line of the row is shown.
        let line = "\"b.example\" = { acton = \"Allowed\" }";
        assert!(!list.contains('\n') || failed.says(line), "{}", failed.output);
    }
}

#[tokio::test]
async fn what_is_no_list_of_rows_says_how_to_write_one() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    without_credentials(&mut workspace);
    for (list, text) in [
        ("[{ value = \"a.example\" }]", "{ for row in"),
        ("toset([\"a.example\"])", "{ for row in"),
        ("jsonencode([\"a.example\"])", "{ for row in"),
        ("\"a.example\"", "jsonencode"),
        ("\"{\"", "JSON"),
        ("7", "a number"),
        ("{ \"a.example\" = \"text\" }", "a.example"),
        // A key that is twice in a text is one row too few.
        (
            r#""{ \"a.example\": null, \"a.example\": { \"action\": \"Allowed\" } }""#,
            "`a.example`",
        ),
        // A literal key that is a number must not be pointed at: all hosts crash over it.
        ("{ 10 = null, \"a.example\" = { acton = \"Allowed\" } }", "`acton`"),
    ] {
        workspace.main(&format!(
            "resource \"mde_indicator_set\" \"list\" {{\n  action      = \"Block\"\n  title       = \"List\"\n  description = \
             \"Text\"\n  indicators  = {list}\n}}\n"
        ));
        let failed = workspace.run(&["validate"]).await.expect(1);
        assert!(!failed.errors().is_empty(), "{}", failed.output);
        assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
        assert!(!failed.output.contains("panic"), "{}", failed.output);
    }
}

#[tokio::test]
async fn one_cause_in_many_rows_is_one_error() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(
        r#"
resource "mde_indicator_set" "no_action" {
  title       = "List"
  description = "Text"
  indicators  = { for number in range(300) : "host-${number}.example" => null }
}
resource "mde_indicator_set" "no_alert" {
  action      = "Audit"
  title       = "List"
  description = "Text"
  indicators  = { for number in range(300) : "198.51.${floor(number / 256)}.${number % 256}" => null }
}
"#,
    );
    let failed = workspace.run(&["validate"]).await.expect(1);
    let mut errors = failed.errors();
    errors.sort_unstable();
    assert_eq!(
        errors,
        ["List: invalid action", "List: invalid generate_alert"],
        "{}",
        failed.output
    );
    for text in [
        "`host-0.example`",
        "300 indicators:",
        "and 100 more",
        "Write `action`",
        "`generate_alert = true`. 300 indicators are affected:",
    ] {
        assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
    }
}

#[tokio::test]
async fn a_set_needs_a_list_and_an_empty_one_is_a_list() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = |list: &str| {
        format!(
            "resource \"mde_indicator_set\" \"list\" {{\n  action = \"Block\"\n  title = \"List\"\n  description = \"Text\"\n  \
             {list}\n}}\n"
        )
    };
    // The host sees to the one, the provider to the other.
    for (none, summary) in [
        ("", "Missing required argument"),
        ("indicators = null", "List: `indicators` is null"),
    ] {
        workspace.main(&set(none));
        let failed = workspace.plan().await.expect(1);
        assert_eq!(failed.errors(), [summary], "{}", failed.output);
    }
    for list in [
        "indicators = {}",
        "indicators = jsonencode({})",
        "indicators = provider::mde::parse_csv(\"value\")",
    ] {
        workspace.main(&set(list));
        workspace.apply().await.expect(0);
        workspace.plan().await.expect(0);
    }
    workspace.main(&set(r#"indicators = { "a.example" = null }"#));
    workspace.apply().await.expect(0);
    workspace.main(&set("indicators = {}"));
    workspace.apply().await.expect(0);
    assert!(tenant.simulator.rows().is_empty());
    workspace.plan().await.expect(0);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (1, 1));
}

#[tokio::test]
async fn a_value_that_is_known_late_is_checked_before_it_is_written() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let configuration = |value: &str| {
        format!(
            r#"
resource "terraform_data" "later" {{
  input = "{value}"
}}
resource "mde_indicator" "one" {{
  value       = terraform_data.later.output
  action      = "Block"
  title       = "One"
  description = "Text"
}}
resource "mde_indicator_set" "list" {{
  action      = "Block"
  title       = "List"
  description = "Text"
  indicators  = {{ "set-${{terraform_data.later.output}}" = null, "a.example" = null }}
}}
"#
        )
    };
    workspace.main(&configuration("later.example"));
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.simulator.rows().len(), 3);

    let before = tenant.simulator.rows();
    tenant.simulator.clear_calls();
    workspace.main(&configuration("not a name"));
    let planned = workspace.plan().await.expect(2);
    let shown = planned.block("mde_indicator_set.list").replace(char::is_numeric, "N");
    assert_snapshot!(shown, @r#"
    # mde_indicator_set.list will be updated in-place
    ~ resource "mde_indicator_set" "list" {
        ~ counts      = {
            - "Block" = N
          } -> (known after apply)
        ~ indicators  = {
            - "a.example"         = null
            - "set-later.example" = null
          } -> (known after apply)
        ~ record      = (sensitive value)
          # (N unchanged attributes hidden)
      }
    "#);
    let failed = workspace.apply().await.expect(1);
    let mut errors = failed.errors();
    errors.sort_unstable();
    assert_eq!(
        errors,
        ["List: invalid value", "not a name: invalid value"],
        "{}",
        failed.output
    );
    assert!(
        failed.says("`not a name`") && failed.says("`set-not a name`"),
        "{}",
        failed.output
    );
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    assert_eq!(tenant.simulator.rows(), before);
}

#[tokio::test]
async fn a_list_that_is_not_known_yet_is_no_deletion() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let configuration = |version: u8| {
        format!(
            r#"
provider "mde" {{
  max_removals = 0
}}
resource "terraform_data" "later" {{
  input            = {{ "a.example" = null, "b.example" = null }}
  triggers_replace = {version}
}}
resource "mde_indicator_set" "list" {{
  action      = "Block"
  title       = "List"
  description = "Text"
  indicators  = terraform_data.later.output
}}
"#
        )
    };
    workspace.main(&configuration(1));
    workspace.apply().await.expect(0);
    let before = tenant.simulator.rows();
    tenant.simulator.clear_calls();
    workspace.main(&configuration(2));
    workspace.apply().await.expect(0);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    assert_eq!(tenant.simulator.rows(), before);
}
