//! Ways to sign in with the real terraform.

use crate::support::{Tenant, Workspace};
use mde::simulator::SignIn;
use std::path::Path;

const ONE: &str = r#"
resource "mde_indicator" "one" {
  value       = "one.example"
  action      = "Block"
  title       = "One"
  description = "Text"
}
"#;

const CREDENTIALS: [&str; 3] = ["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"];

/// A workspace without anything to sign in with.
fn workspace(tenant: &Tenant) -> Workspace {
    let mut workspace = Workspace::new(tenant);
    CREDENTIALS.iter().for_each(|name| workspace.unset(name));
    workspace
}

fn variable(tenant: &Tenant, name: &str) -> String {
    let found = tenant.environment().into_iter().find(|(key, _)| key == name);
    found.unwrap().1
}

/// Applies, and finds nothing to do after that.
async fn works(tenant: &Tenant, workspace: &Workspace) {
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(
        tenant.row("one.example").unwrap()["createdBy"],
        variable(tenant, "ARM_CLIENT_ID")
    );
}

#[tokio::test]
async fn a_certificate_in_the_block_with_a_password_that_appears_nowhere() {
    let certificates = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates");
    let tenant = Tenant::with(|options| options.client_certificates = vec![certificates.join("plain.pem")]).await;
    let mut workspace = workspace(&tenant);
    workspace.set("TF_VAR_password", "correct-horse");
    workspace.set("TF_LOG", "TRACE");
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG_PATH", &log.display().to_string());
    workspace.main(&format!(
        r#"
variable "password" {{
  sensitive = true
}}
provider "mde" {{
  tenant_id                   = "{}"
  client_id                   = "{}"
  client_certificate_path     = "{}"
  client_certificate_password = var.password
}}
{ONE}"#,
        variable(&tenant, "ARM_TENANT_ID"),
        variable(&tenant, "ARM_CLIENT_ID"),
        certificates.join("modern.pfx").display(),
    ));
    works(&tenant, &workspace).await;
    let log = std::fs::read_to_string(log).unwrap();
    let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    // Terraform itself writes its command line and variables nowhere.
    assert!(log.contains("the service answered") && state.contains("one.example"));
    for needle in ["correct-horse", "client_assertion", "PRIVATE KEY"] {
        assert!(!log.contains(needle) && !state.contains(needle), "{needle}");
    }
    for token in tenant.simulator.tokens() {
        assert!(!log.contains(&token) && !state.contains(&token));
    }
}

#[tokio::test]
async fn a_token_in_a_file_and_what_the_calls_say_of_their_caller() {
    let tenant = Tenant::start().await;
    let mut workspace = workspace(&tenant);
    for (name, value) in tenant.simulator.environment_for(SignIn::TokenFile) {
        workspace.set(&name, &value);
    }
    workspace.set("TF_APPEND_USER_AGENT", "pipeline/7");
    workspace.main(ONE);
    works(&tenant, &workspace).await;
    let calls = tenant.simulator.calls();
    let start = format!("terraform-provider-mde/{} Terraform/", env!("CARGO_PKG_VERSION"));
    for call in &calls {
        let agent = &call.user_agent;
        assert!(agent.starts_with(&start) && agent.ends_with(" pipeline/7"), "{call:?}");
        assert!(call.request_id.len() == 36 || call.path.ends_with("/token"), "{call:?}");
    }
    let mut ids: Vec<&str> = calls
        .iter()
        .map(|call| call.request_id.as_str())
        .filter(|id| !id.is_empty())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(all > 2 && ids.len() == all, "each call has an id of its own: {ids:?}");
}

#[tokio::test]
async fn nothing_to_sign_in_with_is_one_error_that_names_every_method() {
    let tenant = Tenant::start().await;
    let mut workspace = workspace(&tenant);
    workspace.set("ARM_TENANT_ID", "11111111-1111-4111-8111-111111111111");
    workspace.main(&["provider \"mde\" {\n  use_oidc = true\n}\n", ONE].concat());
    let failed = workspace.plan().await.expect(1);
    assert_eq!(failed.errors(), ["No complete credential"], "{}", failed.output);
    for words in [
        "Client certificate: - tenant_id: found in ARM_TENANT_ID - client_id: missing; write `client_id` or set ARM_CLIENT_ID or \
         AZURE_CLIENT_ID - client_certificate_path: missing; write",
        "Client secret: - tenant_id: found in ARM_TENANT_ID",
        "OpenID Connect: - use_oidc: found in `use_oidc` of the provider block",
        "- oidc_token: missing; write `oidc_token` or set ARM_OIDC_TOKEN",
        "Managed identity: - use_msi: missing; write `use_msi = true` or set ARM_USE_MSI=true",
        "Azure CLI: - use_cli: false in ARM_USE_CLI",
        "The provider did not contact the service.",
    ] {
        assert!(failed.says(words), "`{words}` is not in:\n{}", failed.output);
    }
    assert!(tenant.simulator.calls().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn whoever_is_signed_in_with_the_azure_cli() {
    use crate::support::AzureCli;
    let tenant = Tenant::start().await;
    // Any way gives the token that the script then hands out.
    let signed_in = Workspace::new(&tenant);
    signed_in.main("data \"mde_capacity\" \"tenant\" {}\n");
    signed_in.plan().await.expect(0);
    let token = tenant.simulator.tokens().remove(0);
    let az = AzureCli::with_token(&token, jiff::Timestamp::now().as_second() + 3000);

    let mut workspace = workspace(&tenant);
    workspace.unset("ARM_USE_CLI");
    workspace.set("PATH", &az.search_path());
    workspace.main(&["provider \"mde\" {}\n", ONE].concat());
    works(&tenant, &workspace).await;
    assert!(
        az.asked()
            .iter()
            .all(|line| line.starts_with("account get-access-token -o json --scope https://api."))
    );

    let az = AzureCli::saying("echo \"AADSTS700082: The refresh token has expired.\" >&2; exit 1");
    workspace.set("PATH", &az.search_path());
    let failed = workspace.plan().await.expect(1);
    assert!(
        failed.says("The Azure CLI gave no access token: AADSTS700082: The refresh token has expired."),
        "{}",
        failed.output
    );
    assert!(
        failed.says("The sign-in of the Azure CLI is over. Run `az login` again."),
        "{}",
        failed.output
    );

    // A half-configured application is not replaced by whoever is signed in.
    workspace.set("ARM_CLIENT_SECRET", "a-lonely-secret");
    let failed = workspace.plan().await.expect(1);
    assert_eq!(failed.errors(), ["No complete credential"], "{}", failed.output);
    assert!(!failed.output.contains("a-lonely-secret"));
}
