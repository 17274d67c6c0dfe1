//! Text that is not in Unicode's composed form (NFC): the host composes every text that it is given, so that a state can
//! never hold what the service does.

use crate::support::{Tenant, Workspace};

const COMPOSED: &str = "Caf\u{e9}";
const DECOMPOSED: &str = "Cafe\u{301}";

#[tokio::test]
async fn text_that_the_host_cannot_tell_apart_is_no_drift() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&format!(
        r#"
resource "mde_indicator_set" "set" {{
  action      = "Block"
  title       = "{COMPOSED}"
  description = "Text"
  indicators  = {{ "a.example" = null }}
}}
resource "mde_indicator" "single" {{
  value            = "b.example"
  action           = "Block"
  title            = "{DECOMPOSED}"
  description      = "Text"
  rbac_group_names = ["{DECOMPOSED}"]
}}
"#
    ));
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.row("b.example").unwrap()["title"], COMPOSED);

    for value in ["a.example", "b.example"] {
        tenant.edit(value, |row| row["title"] = DECOMPOSED.into());
    }
    tenant.edit("b.example", |row| {
        row["rbacGroupNames"] = serde_json::json!([DECOMPOSED])
    });
    let planned = workspace.plan().await.expect(0);
    assert!(planned.warnings().is_empty(), "{}", planned.output);

    tenant.edit("a.example", |row| row["title"] = format!("{DECOMPOSED}s").into());
    let planned = workspace.plan().await.expect(2);
    assert_eq!(planned.warnings().len(), 1, "{}", planned.output);
    assert!(planned.says("1 to change"), "{}", planned.output);
    workspace.apply().await.expect(0);
    let planned = workspace.plan().await.expect(0);
    assert!(planned.warnings().is_empty(), "{}", planned.output);
    assert_eq!(tenant.row("a.example").unwrap()["title"], COMPOSED);
    assert_eq!(
        tenant.row("b.example").unwrap()["title"],
        DECOMPOSED,
        "it was left alone"
    );
}

#[tokio::test]
async fn rows_of_the_tenant_are_shown_as_the_host_would_write_them() {
    let tenant = Tenant::start().await;
    tenant.add_foreign("DomainName", "a.example", "Block");
    tenant.edit("a.example", |row| row["title"] = DECOMPOSED.into());
    let workspace = Workspace::new(&tenant);
    workspace.main(&format!(
        "data \"mde_indicators\" \"all\" {{\n  title = \"{COMPOSED}\"\n}}\noutput \"titles\" {{\n  value = \
         data.mde_indicators.all.indicators[*].title\n}}\n"
    ));
    workspace.apply().await.expect(0);
    let state = workspace.show(&[]).await;
    assert_eq!(
        state["values"]["outputs"]["titles"]["value"],
        serde_json::json!([COMPOSED])
    );
}

#[tokio::test]
async fn a_value_in_another_form_can_be_imported() {
    let tenant = Tenant::start().await;
    let path = "https://a.example/";
    tenant.add_foreign("Url", &format!("{path}{DECOMPOSED}"), "Block");
    let workspace = Workspace::new(&tenant);
    workspace.main(&format!(
        r#"
resource "mde_indicator" "single" {{
  value       = "{path}{COMPOSED}"
  action      = "Block"
  title       = "made in the portal"
  description = "by hand"
}}
"#
    ));
    let id = tenant.row(&format!("{path}{DECOMPOSED}")).unwrap()["id"].clone();
    workspace
        .run(&["import", "mde_indicator.single", id.as_str().unwrap()])
        .await
        .expect(0);
    let planned = workspace.plan().await;
    assert!(planned.warnings().is_empty(), "{}", planned.output);
    workspace.apply().await.expect(0);
    let planned = workspace.plan().await.expect(0);
    assert!(planned.warnings().is_empty(), "{}", planned.output);
    workspace.destroy().await.expect(0);
    assert!(tenant.values().is_empty());
}
