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
            "Invalid value",
            "Invalid action",
            "Invalid value",
            "Invalid action",
            "Invalid severity",
            "Invalid expiration_time"
        ],
        "{}",
        failed.output
    );
    assert_snapshot!(failed.output.split_once("\nError").unwrap().1, @r#"
    : Invalid value

      with mde_indicator.network,
      on main.tf line 9, in resource "mde_indicator" "network":
       9:   value       = "198.51.100.0/24"

    `198.51.100.0/24` is a network in CIDR notation, and the service takes none.

    Give each address an element of its own; Defender takes single addresses
    only.

    Error: Invalid action

      with mde_indicator.network,
      on main.tf line 10, in resource "mde_indicator" "network":
      10:   action      = "block"

    `block` is not an action, and the service refuses unknown names.

    Write `Block`.

    Error: Invalid value

      with mde_indicator.hash,
      on main.tf line 15, in resource "mde_indicator" "hash":
      15:   value           = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"

    `2fd4e1c67a2d28fced849ee1bb76e7391b93eb12` has 40 hexadecimal digits, and a
    value of type FileSha256 has 64.

    It is as long as a SHA-1: set the type to `FileSha1`, or to
    `CertificateThumbprint` for a certificate.

    Error: Invalid action

      with mde_indicator.hash,
      on main.tf line 17, in resource "mde_indicator" "hash":
      17:   action          = "Quarantine"

    `Quarantine` is not an action, and the service refuses unknown names.

    Use one of `Allowed`, `Audit`, `Warn`, `Block`, `BlockAndRemediate`.

    Error: Invalid severity

      with mde_indicator.hash,
      on main.tf line 18, in resource "mde_indicator" "hash":
      18:   severity        = "critical"

    `critical` is not a severity, and the service refuses unknown names.

    Use one of `Informational`, `Low`, `Medium`, `High`.

    Error: Invalid expiration_time

      with mde_indicator.hash,
      on main.tf line 19, in resource "mde_indicator" "hash":
      19:   expiration_time = "tomorrow"

    `tomorrow` is not an instant in RFC 3339.

    Write date, time and offset, such as `2030-01-31T00:00:00Z` or
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
  values      = {{ "198.51.100.0/24" = null, "hxxp://evil[.]example/" = null, "abc" = null }}
  indicators = provider::mde::indicators({{
    "evil.example"  = {{ type = "Url" }}
    "audit.example" = {{ action = "Audit" }}
    "{SHA1}"        = {{ severity = "High" }}
    "{}"            = {{ severity = "Low" }}
  }})
}}
"#,
        SHA1.to_uppercase()
    ));
    let failed = workspace.run(&["validate"]).await.expect(1);
    assert_eq!(
        failed.errors(),
        [
            "The same indicator is in the set twice",
            // Once, and not again for each row that leans on it.
            "Invalid severity",
            "Invalid value",
            "Invalid value",
            "Invalid value",
            "Invalid value",
            "Invalid generate_alert",
        ],
        "{}",
        failed.output
    );
    for text in [
        "`critical` is not a severity, and the service refuses unknown names. Use one of",
        "`198.51.100.0/24` is a network in CIDR notation, and the service takes none.",
        "`hxxp://evil[.]example/` is defanged: the service would take it literally. Write `http://evil.example/`.",
        "`abc` has 3 hexadecimal digits",
        "`evil.example` has no scheme",
        "only with generate_alert = true. This is about `audit.example`. Set",
        r#"indicators["2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"] (FileSha1, Block)"#,
    ] {
        assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
    }
    assert!(tenant.simulator.calls().is_empty());
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
  values      = { for number in range(300) : "host-${number}.example" => null }
}
resource "mde_indicator_set" "no_alert" {
  action      = "Audit"
  title       = "List"
  description = "Text"
  values      = { for number in range(300) : "198.51.${floor(number / 256)}.${number % 256}" => null }
}
"#,
    );
    let failed = workspace.run(&["validate"]).await.expect(1);
    let mut errors = failed.errors();
    errors.sort_unstable();
    assert_eq!(
        errors,
        ["Invalid action", "Invalid generate_alert"],
        "{}",
        failed.output
    );
    for text in [
        "Nothing says what to do when `host-0.example` is met. The same holds for 300 indicators in all:",
        "and 100 more Write `action`",
        "and the service takes it only with generate_alert = true. The same holds for 300 indicators in all:",
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
    workspace.main(&set(""));
    let failed = workspace.plan().await.expect(1);
    assert_eq!(failed.errors(), ["The set has no list"], "{}", failed.output);
    for list in ["values = {}", "indicators = provider::mde::indicators([])"] {
        workspace.main(&set(list));
        workspace.apply().await.expect(0);
        workspace.plan().await.expect(0);
    }
    workspace.main(&set(r#"values = { "a.example" = null }"#));
    workspace.apply().await.expect(0);
    workspace.main(&set("values = {}"));
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
  values      = {{ "set-${{terraform_data.later.output}}" = null, "a.example" = null }}
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
        ~ ids         = {
            - "a.example"         = "N"
            - "set-later.example" = "N"
          } -> (known after apply)
        ~ values      = {
            - "a.example"         = null
            - "set-later.example" = null
          } -> (known after apply)
          # (N unchanged attributes hidden)
      }
    "#);
    let failed = workspace.apply().await.expect(1);
    assert_eq!(failed.errors(), ["Invalid value"; 2], "{}", failed.output);
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
  max_deletions = 0
}}
resource "terraform_data" "later" {{
  input            = {{ "a.example" = null, "b.example" = null }}
  triggers_replace = {version}
}}
resource "mde_indicator_set" "list" {{
  action      = "Block"
  title       = "List"
  description = "Text"
  values      = terraform_data.later.output
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
