//! Each example of the guide to signing in signs in.

use crate::support::{Tenant, Workspace};
use mde::simulator::SignIn;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const GUIDE: &str = include_str!("../../docs/guides/authentication.md");
const NOTHING: &str = "00000000-0000-0000-0000-000000000000";
const READ: &str = "\ndata \"mde_capacity\" \"tenant\" {}\n";

/// The blocks of this language in a page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let blocks = page.split(&start).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// What stands under a heading of the guide, up to the next one.
fn section(heading: &str) -> &'static str {
    let (_, rest) = GUIDE
        .split_once(&format!("# {heading}\n"))
        .unwrap_or_else(|| panic!("no {heading}"));
    // A comment in a block begins with one mark and no empty line before it.
    rest.split("\n\n#").next().unwrap()
}

/// A workspace with nothing to sign in with but what a platform gives by itself.
fn on_platform(tenant: &Tenant, way: Option<SignIn>) -> Workspace {
    let mut workspace = Workspace::new(tenant);
    for name in ["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"] {
        workspace.unset(name);
    }
    let given = way.map(|way| tenant.simulator.environment_for(way)).unwrap_or_default();
    for (name, value) in given.iter().filter(|(name, _)| !name.starts_with("ARM_")) {
        workspace.set(name, value);
    }
    workspace
}

fn variable(variables: &[(String, String)], name: &str) -> String {
    let found = variables.iter().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name}")).1.clone()
}

/// The text with the names of this tenant in the places that the reader fills.
fn filled(tenant: &Tenant, text: &str) -> String {
    let own = tenant.environment();
    let devops = tenant.simulator.environment_for(SignIn::AzureDevOps);
    let pfx = Path::new(ROOT)
        .join("tests/certificates/modern.pfx")
        .display()
        .to_string();
    let token = tenant
        .simulator
        .directory()
        .join("federated-token")
        .display()
        .to_string();
    let line = |line: &str| {
        let name = match line {
            _ if line.contains("tenant") => variable(&own, "ARM_TENANT_ID"),
            _ if line.contains("connection") => variable(&devops, "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"),
            _ => variable(&own, "ARM_CLIENT_ID"),
        };
        line.replace(NOTHING, &name)
            .replace("/etc/terraform/defender.pfx", &pfx)
            .replace("/run/secrets/oidc-token", &token)
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

#[tokio::test]
async fn each_provider_block_of_the_guide_signs_in() {
    let certificates = vec![Path::new(ROOT).join("tests/certificates/plain.pem")];
    let tenant = Tenant::with(|options| options.client_certificates = certificates).await;
    let cases = [
        ("Client certificate", None),
        ("Client secret", None),
        ("OpenID Connect", None),
        ("GitHub Actions", Some(SignIn::GitHubActions)),
        ("Azure DevOps", Some(SignIn::AzureDevOps)),
        ("Workload identity in AKS", Some(SignIn::AksWorkloadIdentity)),
        ("Managed identity", Some(SignIn::ManagedIdentity)),
        ("Managed identity", Some(SignIn::AppService)),
        ("Managed identity", Some(SignIn::MachineLearning)),
        ("Managed identity", Some(SignIn::CloudShell)),
        ("Managed identity", Some(SignIn::AzureArc)),
    ];
    for (heading, way) in cases {
        let mut workspace = on_platform(&tenant, way);
        let found = blocks(section(heading), "terraform");
        let [block] = found.as_slice() else {
            panic!("{heading}: {found:?}");
        };
        let mut text = filled(&tenant, block) + READ;
        for (name, value) in [
            ("certificate_password", "correct-horse".to_owned()),
            ("client_secret", variable(&tenant.environment(), "ARM_CLIENT_SECRET")),
        ] {
            if block.contains(&format!("var.{name}")) {
                text.push_str(&format!("\nvariable \"{name}\" {{\n  sensitive = true\n}}\n"));
                workspace.set(&format!("TF_VAR_{name}"), &value);
            }
        }
        workspace.main(&text);
        tenant.simulator.clear_calls();
        let ran = workspace.plan().await;
        assert_eq!(
            (ran.code, ran.warnings()),
            (0, Vec::new()),
            "{heading} {way:?}:\n{}",
            ran.output
        );
        assert_eq!(tenant.lists(), 1, "{heading} {way:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_provider_block_for_the_azure_cli_signs_in() {
    use crate::support::AzureCli;
    let tenant = Tenant::start().await;
    let first = Workspace::new(&tenant);
    first.main(READ);
    first.plan().await.expect(0);
    let az = AzureCli::with_token(&tenant.simulator.tokens()[0], jiff::Timestamp::now().as_second() + 3000);
    let mut workspace = on_platform(&tenant, None);
    workspace.unset("ARM_USE_CLI");
    workspace.set("PATH", &az.search_path());
    let found = blocks(section("Azure CLI"), "terraform");
    let [block] = found.as_slice() else { panic!("{found:?}") };
    workspace.main(&(filled(&tenant, block) + READ));
    workspace.plan().await.expect(0);
    assert!(!az.asked().is_empty());
}

/// The variables that a pipeline, a pod or a shell sets in the blocks of this language.
fn set_in(heading: &str, language: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut name = None;
    for line in blocks(section(heading), language).concat().lines().map(str::trim) {
        let pair = match language {
            "sh" => line.strip_prefix("export ").and_then(|rest| rest.split_once('=')),
            _ => line.split_once(": "),
        };
        match pair {
            // A pod has the name and the value in two lines.
            Some(("- name", text)) => name = Some(text.to_owned()),
            Some(("value", text)) => found.extend(name.take().map(|name| (name, text.to_owned()))),
            Some((key, text)) if key.starts_with("ARM_") || key.starts_with("SYSTEM_") => {
                found.push((key.to_owned(), text.to_owned()));
            }
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn the_variables_of_each_pipeline_pod_and_shell_of_the_guide_sign_in() {
    let tenant = Tenant::start().await;
    let own = tenant.environment();
    for (heading, language, way, count) in [
        ("Client secret", "sh", None, 3),
        ("GitHub Actions", "yaml", Some(SignIn::GitHubActions), 3),
        ("Azure DevOps", "yaml", Some(SignIn::AzureDevOps), 5),
        ("Workload identity in AKS", "yaml", Some(SignIn::AksWorkloadIdentity), 1),
    ] {
        let mut workspace = on_platform(&tenant, way);
        // The pipeline hands it over only if it is mapped.
        workspace.unset("SYSTEM_ACCESSTOKEN");
        let variables = set_in(heading, language);
        assert_eq!(variables.len(), count, "{variables:?}");
        let devops = tenant.simulator.environment_for(SignIn::AzureDevOps);
        for (name, written) in variables {
            let value = match name.as_str() {
                "ARM_TENANT_ID" | "ARM_CLIENT_ID" | "ARM_CLIENT_SECRET" => variable(&own, &name),
                "SYSTEM_ACCESSTOKEN" | "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID" => variable(&devops, &name),
                _ => written.trim_matches('"').to_owned(),
            };
            workspace.set(&name, &value);
        }
        workspace.main(READ);
        tenant.simulator.clear_calls();
        workspace.plan().await.expect(0);
        assert_eq!(tenant.lists(), 1, "{heading}");
    }
}
