//! The client secret and the access tokens stay where they belong, with the real terraform at its most talkative.

use crate::support::{Tenant, Workspace};
use flate2::read::DeflateDecoder;
use mde::simulator::{Fault, FaultKind, SignIn, Verdict};
use std::io::Read;
use std::path::Path;

const WRONG: &str = "wrong-secret-4711";

/// All that a run leaves behind: what it prints, and every file below its directory.
fn traces(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            traces(&path, found);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if bytes.starts_with(b"PK\x03\x04") {
            found.push((format!("{name}, unpacked"), unpacked(&bytes)));
        }
        found.push((name, String::from_utf8_lossy(&bytes).into_owned()));
    }
}

/// Everything in a zip file, which is what a saved plan is.
fn unpacked(archive: &[u8]) -> String {
    let mut text = String::new();
    for (start, _) in archive
        .windows(4)
        .enumerate()
        .filter(|(_, window)| window == b"PK\x03\x04")
    {
        let header = &archive[start..];
        let length = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let data = &header[30 + length(26) + length(28)..];
        let mut content = Vec::new();
        assert_eq!(length(8), 8, "Terraform compresses all parts of a plan");
        DeflateDecoder::new(data).read_to_end(&mut content).unwrap();
        text.push_str(&String::from_utf8_lossy(&content));
    }
    text
}

#[tokio::test]
async fn secret_and_tokens_appear_nowhere() {
    let tenant = Tenant::with(|options| options.file_md5 = Verdict::Refused).await;
    let secret = tenant
        .environment()
        .into_iter()
        .find(|(name, _)| name == "ARM_CLIENT_SECRET")
        .unwrap()
        .1;
    tenant.add_foreign("DomainName", "theirs.example", "Block");
    let mut workspace = Workspace::new(&tenant);
    let configuration = r#"
resource "mde_indicator_set" "list" {
  action      = "Block"
  title       = "List"
  description = "Text"
  indicators  = { "a.example" = null, "b.example" = null }
}
resource "mde_indicator" "theirs" {
  value       = "theirs.example"
  action      = "Block"
  title       = "made in the portal"
  description = "by hand"
}
data "mde_capacity" "tenant" {}
"#;
    let refused = r#"
resource "mde_indicator" "md5" {
  value       = "9e107d9d372bb6826bd81d3542a419d6"
  action      = "Block"
  title       = "One"
  description = "Text"
}
"#;
    let auto = ["-auto-approve", "-input=false"];
    let mut printed = Vec::new();
    // Once with the log on standard error, once in a file.
    for to_file in [false, true] {
        workspace.set("TF_LOG", "TRACE");
        if to_file {
            let log = workspace.path().join("trace.log").display().to_string();
            workspace.set("TF_LOG_PATH", &log);
        }
        workspace.main(configuration);
        let import = ["import", "-input=false", "mde_indicator.theirs", "theirs.example"];
        for (arguments, code) in [
            (&["validate"][..], 0),
            (&import, 0),
            (&["plan", "-input=false", "-out=saved.plan"], 0),
            (&["show", "-json", "saved.plan"], 0),
            (&["apply", "-input=false", "saved.plan"], 0),
            (&["show", "-json"], 0),
        ] {
            printed.push(workspace.run(arguments).await.expect(code).output);
        }
        tenant.portal(|rows| rows.retain(|row| row["indicatorValue"] != "a.example"));
        printed.push(workspace.plan().await.expect(2).output);
        workspace.main(&[configuration, refused].concat());
        printed.push(workspace.run(&[&["apply"], &auto[..]].concat()).await.expect(1).output);
        workspace.set("ARM_CLIENT_SECRET", WRONG);
        printed.push(workspace.plan().await.expect(1).output);
        workspace.set("ARM_CLIENT_SECRET", &secret);
        printed.push(workspace.destroy().await.expect(0).output);
        tenant.add_foreign("DomainName", "theirs.example", "Block");
    }

    let mut found: Vec<_> = printed.into_iter().map(|text| ("output".to_owned(), text)).collect();
    traces(workspace.path(), &mut found);
    // What is looked through is really what is meant.
    let has = |name: &str, text: &str| {
        found
            .iter()
            .any(|(other, content)| other == name && content.contains(text))
    };
    for (name, text) in [
        ("output", "the service answered"),
        ("output", "AADSTS7000215"),
        ("trace.log", "the service answered"),
        ("trace.log", "AADSTS7000215"),
        ("terraform.tfstate.backup", "b.example"),
        ("saved.plan, unpacked", "b.example"),
    ] {
        assert!(has(name, text), "{name} should contain {text}");
    }

    let tokens = tenant.simulator.tokens();
    assert!(tokens.len() >= 14, "{} tokens", tokens.len());
    let needles = tokens.iter().map(String::as_str).chain([secret.as_str(), WRONG]);
    are_nowhere(needles, &found);
}

/// Panics if one of them is in one of the texts.
fn are_nowhere<'a>(needles: impl IntoIterator<Item = &'a str>, found: &[(String, String)]) {
    for needle in needles {
        for (name, text) in found {
            if let Some(position) = text.find(needle) {
                let line = text[..position].rfind('\n').map_or(0, |end| end + 1);
                panic!("a secret is in {name}, after: {}", &text[line..position]);
            }
        }
    }
}

/// The variables whose value is a secret, in any way to sign in.
const SECRETS: [&str; 4] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "IDENTITY_HEADER",
    "MSI_SECRET",
];

/// What the application shows in some way to sign in, from variables and files.
fn proofs(tenant: &Tenant, variables: &[(String, String)]) -> Vec<String> {
    let mut proofs: Vec<String> = variables
        .iter()
        .filter(|(name, _)| SECRETS.contains(&name.as_str()))
        .map(|(_, value)| value.clone())
        .collect();
    let directory = tenant.simulator.directory();
    let file = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
    proofs.push(file("federated-token").trim().to_owned());
    proofs.push(file("AzureConnectedMachineAgent/Tokens/simulator.key"));
    let pem = file("client.pem");
    let (_, key) = pem.split_once("PRIVATE KEY-----\n").unwrap();
    proofs.push(key.lines().nth(1).unwrap().to_owned());
    assert!(proofs.iter().all(|proof| proof.len() > 15), "{proofs:?}");
    proofs
}

#[tokio::test]
async fn no_way_to_sign_in_leaves_a_secret_behind() {
    let tenant = Tenant::start().await;
    let configuration = r#"
resource "mde_indicator" "one" {
  value       = "one.example"
  action      = "Block"
  title       = "One"
  description = "Text"
}
"#;
    for way in SignIn::ALL {
        let variables = tenant.simulator.environment_for(way);
        let mut workspace = Workspace::new(&tenant);
        ["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"]
            .iter()
            .for_each(|name| workspace.unset(name));
        variables.iter().for_each(|(name, value)| workspace.set(name, value));
        workspace.set("TF_LOG", "TRACE");
        workspace.main(configuration);
        let saved = ["plan", "-input=false", "-out=saved.plan"];
        let mut printed = vec![
            workspace.run(&saved).await.expect(0).output,
            workspace
                .run(&["apply", "-input=false", "saved.plan"])
                .await
                .expect(0)
                .output,
        ];
        // What somebody says who repeats what he was asked is an error, too.
        let refused = FaultKind::Status {
            code: 400,
            message: None,
            retry_after: None,
        };
        tenant.fault(Fault::new(refused));
        printed.push(workspace.plan().await.expect(1).output);
        printed.push(workspace.destroy().await.expect(0).output);

        let mut found: Vec<_> = printed.into_iter().map(|text| ("output".to_owned(), text)).collect();
        traces(workspace.path(), &mut found);
        for (name, text) in [
            ("output", "the service answered"),
            ("terraform.tfstate.backup", "one.example"),
            ("saved.plan, unpacked", "one.example"),
        ] {
            let has = |(other, content): &(String, String)| other == name && content.contains(text);
            assert!(found.iter().any(has), "{way:?}: {name} should contain {text}");
        }
        let (proofs, tokens) = (proofs(&tenant, &variables), tenant.simulator.tokens());
        let needles = proofs.iter().chain(&tokens).map(String::as_str);
        are_nowhere(needles.chain(["client_assertion="]), &found);
    }
}
