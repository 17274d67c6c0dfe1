//! A provider that cannot be used as configured: one clear error, and nothing written.

use crate::support::{Host, Tenant, Workspace};
use mde::simulator::Permission;
use serde_json::json;

const ONE: &str = r#"
resource "mde_indicator" "one" {
  value       = "one.example"
  action      = "Block"
  title       = "One"
  description = "Text"
}
"#;

/// What is done to the environment, by variable; nothing takes it away.
type Environment<'a> = &'a [(&'a str, Option<&'a str>)];

#[tokio::test]
async fn what_is_wrong_with_the_configuration_is_one_error() {
    let tenant = Tenant::start().await;
    let client_id = &tenant
        .environment()
        .into_iter()
        .find(|(name, _)| name == "ARM_CLIENT_ID")
        .unwrap()
        .1;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("not-a-certificate.pem");
    std::fs::write(&file, "hello").unwrap();
    let file = file.display().to_string();
    let cases: &[(Environment<'_>, &str, &str, &[&str])] = &[
        (
            &[("ARM_CLIENT_SECRET", None)],
            "",
            "No complete credential",
            &[
                "- tenant_id: found in ARM_TENANT_ID - client_id: found in ARM_CLIENT_ID - client_secret: missing; write \
                 `client_secret` or set ARM_CLIENT_SECRET or AZURE_CLIENT_SECRET",
                "The provider did not contact the service.",
            ],
        ),
        (
            &[("ARM_CLIENT_SECRET", None), ("ARM_CLIENT_ID", None)],
            r#"client_id = "some""#,
            "No complete credential",
            &["- client_id: found in `client_id` of the provider block - client_secret: missing"],
        ),
        (
            &[("ARM_CLIENT_SECRET", Some("wrong-secret"))],
            "",
            "The provider cannot be used as configured",
            &[
                "Microsoft Entra ID gave no access token: AADSTS7000215: Invalid client secret provided.",
                &format!("for a secret added to app '{client_id}'"),
                "The client secret is wrong.",
                "Set client_secret (ARM_CLIENT_SECRET)",
            ],
        ),
        (
            &[("ARM_TENANT_ID", Some("11111111-1111-4111-8111-111111111111"))],
            "",
            "The provider cannot be used as configured",
            &[
                "AADSTS90002: Tenant '11111111-1111-4111-8111-111111111111' not found.",
                "Check tenant_id (ARM_TENANT_ID)",
            ],
        ),
        (
            &[("ARM_CLIENT_ID", Some("11111111-1111-4111-8111-111111111111"))],
            "",
            "The provider cannot be used as configured",
            &[
                "AADSTS700016: Application with identifier",
                "Check client_id (ARM_CLIENT_ID) and tenant_id",
            ],
        ),
        (
            &[("MDE_CA_CERTIFICATE_PATH", None)],
            "",
            "The provider cannot be used as configured",
            &[
                "Could not get an access token: the certificate of 127.0.0.1:",
                "is signed by an authority that this machine does not trust",
                "name the file with the certificate of its authority in ca_certificate_path (MDE_CA_CERTIFICATE_PATH).",
            ],
        ),
        (
            &[("MDE_CA_CERTIFICATE_PATH", Some("/does/not/exist.pem"))],
            "",
            "The certificate file cannot be used",
            &[
                "MDE_CA_CERTIFICATE_PATH names the file `/does/not/exist.pem`: No such file or directory (os error 2). Name a",
            ],
        ),
        (
            &[],
            &format!("ca_certificate_path = {file:?}"),
            "The certificate file cannot be used",
            &[
                "`ca_certificate_path` of the provider block names the file",
                "it holds no certificate in PEM",
            ],
        ),
        (
            &[("MDE_BASE_URL", Some("http://127.0.0.1:80"))],
            "",
            "Invalid base_url",
            &[
                "MDE_BASE_URL is `http://127.0.0.1:80`, which does not start with `https://`.",
                "are sent over HTTPS only.",
            ],
        ),
        (
            &[],
            r#"authority_host = "http://user:hidden-password@login.example""#,
            "Invalid authority_host",
            &["`authority_host` of the provider block is `http://user:...@login.example/`, which does not start with"],
        ),
        (
            &[("ARM_ENVIRONMENT", Some("china"))],
            "",
            "Defender for Endpoint has no API in this cloud",
            &["ARM_ENVIRONMENT is `china`."],
        ),
    ];
    for (environment, attributes, summary, texts) in cases {
        let mut workspace = Workspace::new(&tenant);
        for (name, value) in *environment {
            match value {
                Some(value) => workspace.set(name, value),
                None => workspace.unset(name),
            }
        }
        workspace.main(&format!("provider \"mde\" {{\n  {attributes}\n}}\n{ONE}"));
        let failed = workspace.plan().await.expect(1);
        assert_eq!(failed.errors(), [*summary], "{}", failed.output);
        for text in *texts {
            assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
        }
        let secrets = ["wrong-secret", "hidden-password"];
        // Terraform itself shows the line of the block that an error is about.
        let told = failed.output.replace(attributes, "");
        assert!(secrets.iter().all(|secret| !told.contains(secret)), "{}", failed.output);
    }
    assert_eq!(tenant.lists(), 0);
    assert!(tenant.simulator.rows().is_empty());
}

#[tokio::test]
async fn stray_blanks_and_dead_proxies_are_named_by_their_variables() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.set("ARM_CLIENT_SECRET", "a-secret\n");
    workspace.main(&["provider \"mde\" {}\n", ONE].concat());
    let failed = workspace.plan().await.expect(1);
    assert_eq!(failed.errors(), ["Invalid client_secret"], "{}", failed.output);
    assert!(
        failed.says("ARM_CLIENT_SECRET ends with a line feed"),
        "{}",
        failed.output
    );
    assert!(!failed.output.contains("a-secret"), "{}", failed.output);

    let mut workspace = Workspace::new(&tenant);
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in proxy.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
        }
    });
    workspace.set("HTTPS_PROXY", &format!("http://user:hidden-password@{address}"));
    workspace.set("MDE_AUTHORITY_HOST", "https://login.example");
    workspace.main(&["provider \"mde\" {}\n", ONE].concat());
    let failed = workspace.plan().await.expect(1);
    let words = format!("the proxy http://{address} (from HTTPS_PROXY) asks for a user name and a password (HTTP 407)");
    assert!(failed.says(&words), "{}", failed.output);
    assert!(!failed.output.contains("hidden-password"), "{}", failed.output);
    assert_eq!(tenant.lists(), 0);
}

#[tokio::test]
async fn all_that_is_wrong_with_the_block_is_told_at_once_without_credentials() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.unset("ARM_CLIENT_SECRET");
    let block = r#"
provider "mde" {
  on_existing    = "take"
  max_removals   = -2
  capacity       = 1.5
  batch_size     = 501
  quota_share    = 0
  protected      = ["10.0.0.0/33", "a b"]
  base_url       = "http://api.example"
  authority_host = "ftp:login"
  environment    = "venus"
  region         = "mars"
}
"#;
    workspace.main(&[block, ONE].concat());
    let failed = workspace.run(&["validate"]).await.expect(1);
    assert_eq!(
        failed.errors(),
        [
            "Invalid on_existing",
            "Invalid max_removals",
            "Invalid capacity",
            "Invalid batch_size",
            "Invalid quota_share",
            "Invalid protected",
            "Invalid base_url",
            "Invalid authority_host",
            "Unknown environment",
            "Unknown region",
        ],
        "{}",
        failed.output
    );
    assert!(
        failed.says("`10.0.0.0/33`") && failed.says("`a b`"),
        "{}",
        failed.output
    );
    assert!(tenant.simulator.calls().is_empty());
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let tenant = Tenant::with(|options| options.permission = Permission::None).await;
    let workspace = Workspace::new(&tenant);
    workspace.main(ONE);
    for failed in [workspace.plan().await, workspace.apply().await] {
        let failed = failed.expect(1);
        assert_eq!(failed.errors(), ["The tenant's indicators could not be listed"]);
        for text in [
            "Could not list the indicators: the service answered HTTP 403: Forbidden: The application does not have any of \
             the required application permissions (Ti.ReadWrite, Ti.ReadWrite.All) to access the resource.",
            "The application needs the application permission Ti.ReadWrite.All of WindowsDefenderATP, with admin consent",
        ] {
            assert!(failed.says(text), "`{text}` is not in:\n{}", failed.output);
        }
    }
    assert_eq!(tenant.imports(), 0);
}

/// A port of this machine that nothing listens on.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// In process, where the pauses between the attempts take no time.
#[tokio::test]
async fn a_host_that_cannot_be_reached_is_named() {
    let tenant = Tenant::start().await;
    let one = json!({"value": "one.example", "action": "Block", "title": "One", "description": "Text"});
    let closed = format!("127.0.0.1:{}", closed_port());
    // Never a name: asking for one leaves the machine.
    let cases = [
        (
            json!({"base_url": format!("https://{closed}")}),
            "The tenant's indicators could not be listed",
            format!("Could not list the indicators: no connection to {closed} ("),
        ),
        (
            json!({"authority_host": format!("https://{closed}")}),
            "The provider cannot be used as configured",
            format!("Could not get an access token: no connection to {closed} ("),
        ),
    ];
    for (block, summary, text) in cases {
        let mut host = Host::new(&tenant).provider(block);
        let run = host.configure(&[("mde_indicator.one", one.clone())]).plan().await;
        let [error] = run.errors.as_slice() else {
            panic!("not one error: {:#?}", run.errors);
        };
        assert!(error.starts_with(&format!("{summary}\n{text}")), "{error}");
        assert!(error.contains("Check "), "{error}");
    }
    assert_eq!((tenant.lists(), tenant.imports()), (0, 0));
}

#[tokio::test]
async fn a_provider_that_is_configured_late_works_with_what_it_has() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.unset("ARM_CLIENT_SECRET");
    let secret = tenant
        .environment()
        .into_iter()
        .find(|(name, _)| name == "ARM_CLIENT_SECRET")
        .unwrap()
        .1;
    workspace.set("TF_VAR_secret", &secret);
    let configuration = |trigger: u8, title: &str| {
        format!(
            r#"
variable "secret" {{
  sensitive = true
}}
resource "terraform_data" "vault" {{
  input            = var.secret
  triggers_replace = {trigger}
}}
provider "mde" {{
  client_secret = terraform_data.vault.output
}}
{}"#,
            ONE.replace(r#""One""#, &format!("{title:?}"))
        )
    };
    workspace.main(&configuration(1, "One"));
    workspace.plan().await.expect(2);
    assert!(tenant.simulator.calls().is_empty(), "nothing can be asked yet");
    workspace.apply().await.expect(0);
    assert_eq!(tenant.imports(), 1);
    workspace.plan().await.expect(0);

    tenant.simulator.clear_calls();
    workspace.main(&configuration(2, "Other"));
    let planned = workspace.plan().await.expect(2);
    assert_eq!(
        planned.warnings(),
        ["Resources were not refreshed"],
        "{}",
        planned.output
    );
    assert!(tenant.simulator.calls().is_empty());
    workspace.apply().await.expect(0);
    assert_eq!(tenant.row("one.example").unwrap()["title"], "Other");

    // What has to be read now cannot wait.
    workspace.main(&[&configuration(3, "Other"), "data \"mde_capacity\" \"tenant\" {}\n"].concat());
    let failed = workspace.plan().await.expect(1);
    assert_eq!(
        failed.errors(),
        ["The provider is not configured yet"],
        "{}",
        failed.output
    );
}
