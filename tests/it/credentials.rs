//! Every way to sign in, from the provider block to a row of the tenant.

use crate::support::blocks::single;
use crate::support::{Host, Tenant};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mde::simulator::{Call, Fault, FaultKind, SignIn, Toggle};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

type Variables = Vec<(String, String)>;

const ADDRESS: &str = "mde_indicator.one";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/certificates")
        .join(name)
}

/// A tenant that knows the certificate of the tests, and has a second application that trusts nobody.
async fn tenant() -> Tenant {
    Tenant::with(|options| {
        options.limits = Toggle::Off;
        options.client_certificates = vec![fixture("plain.pem"), fixture("version-1.pem")];
        options.applications = vec!["client-id=22222222-2222-4222-8222-222222222222".parse().unwrap()];
    })
    .await
}

fn variable<'a>(variables: &'a Variables, name: &str) -> &'a str {
    &variables
        .iter()
        .find(|(key, _)| key == name)
        .unwrap_or_else(|| panic!("no {name}"))
        .1
}

/// The variables of a way to sign in, with changes: a text sets one, and nothing takes it away.
fn changed(mut variables: Variables, changes: &[(&str, Option<&str>)]) -> Variables {
    for (name, value) in changes {
        variables.retain(|(key, _)| key != name);
        variables.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
    }
    variables
}

/// The variables of the hosts, the tenant and the application, and nothing to sign in with.
fn application(tenant: &Tenant) -> Variables {
    changed(tenant.environment(), &[("ARM_CLIENT_SECRET", None)])
}

fn host(tenant: &Tenant, variables: Variables) -> Host {
    let mut host = Host::new(tenant).with_environment(variables);
    host.configure(&[(ADDRESS, single("one.example", json!({})))]);
    host
}

/// Who made the row.
fn author(tenant: &Tenant) -> String {
    tenant.row("one.example").unwrap()["createdBy"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Applies with these variables and this block, and checks what everybody expects of a sign-in: the row is the application's,
/// and the next run finds that out.
async fn works(tenant: &Tenant, variables: Variables, block: Value) -> Vec<Call> {
    tenant.simulator.put_rows(Vec::new()).unwrap();
    tenant.simulator.clear_calls();
    let mut host = host(tenant, variables.clone()).provider(block.clone());
    let run = host.apply().await.ok();
    assert_eq!(run.warnings, [""; 0]);
    assert_eq!(author(tenant), variable(&tenant.environment(), "ARM_CLIENT_ID"));
    host.plan().await.clean();
    let calls = tenant.simulator.calls();
    // Another state knows nothing of the row, and that it is the application's own is known from the token alone.
    let mut other = self::host(tenant, variables).provider(block);
    let run = other.apply().await.ok();
    assert!(
        run.warnings.iter().any(|warning| warning.contains("to take over")),
        "{:?}",
        run.warnings
    );
    calls
}

/// How many calls went to paths with this end.
fn count(calls: &[Call], end: &str) -> usize {
    calls.iter().filter(|call| call.path.ends_with(end)).count()
}

#[tokio::test]
async fn every_way_signs_in_once_for_each_process() {
    let tenant = tenant().await;
    for way in SignIn::ALL {
        let calls = works(&tenant, tenant.simulator.environment_for(way), json!({})).await;
        let (tokens, asked) = match way {
            SignIn::ClientCertificate | SignIn::TokenFile | SignIn::AksWorkloadIdentity => ("/oauth2/v2.0/token", None),
            SignIn::GitHubActions => ("/oauth2/v2.0/token", Some("/pipelines/github/token")),
            SignIn::AzureDevOps => ("/oauth2/v2.0/token", Some("/pipelines/azure-devops/token")),
            SignIn::ManagedIdentity => ("/metadata/identity/oauth2/token", None),
            SignIn::AppService | SignIn::MachineLearning | SignIn::CloudShell => ("/msi/token", None),
            SignIn::AzureArc => ("/azure-arc/metadata/identity/oauth2/token", None),
        };
        let (challenges, calls): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(is_challenge);
        let expected = if way == SignIn::AzureArc { 3 } else { 0 };
        assert_eq!(challenges.len(), expected, "{way:?}: {challenges:?}");
        // An apply is two processes, and the plan behind it a third one.
        assert_eq!(count(&calls, tokens), 3, "{way:?}: {calls:?}");
        assert_eq!(
            asked.map(|path| count(&calls, path)),
            asked.map(|_| 3),
            "{way:?}: {calls:?}"
        );
        assert!(
            calls.iter().all(|call| call.status == 200 || call.status == 204),
            "{way:?}: {calls:?}"
        );
    }
}

#[tokio::test]
pub async fn certificates_tokens_and_ids_may_stand_in_the_block_in_variables_and_in_files() {
    let tenant = tenant().await;
    let own = application(&tenant);
    let client_id = variable(&own, "ARM_CLIENT_ID").to_owned();
    let pfx = STANDARD.encode(std::fs::read(fixture("modern.pfx")).unwrap());
    let directory = tempfile::tempdir().unwrap();
    let id = directory.path().join("id");
    std::fs::write(&id, format!("{client_id}\n")).unwrap();
    let secret = directory.path().join("secret");
    std::fs::write(
        &secret,
        format!("{}\n", variable(&tenant.environment(), "ARM_CLIENT_SECRET")),
    )
    .unwrap();
    let token = tenant.simulator.pod_token(None, None, 24 * 3600).unwrap();
    let at = |name: &str| fixture(name).display().to_string();
    let password = "correct-horse";
    for block in [
        json!({ "client_certificate_path": at("plain.pem") }),
        json!({ "client_certificate_path": at("modern.pfx"), "client_certificate_password": password }),
        json!({ "client_certificate_path": at("legacy.pfx"), "client_certificate_password": password }),
        json!({ "client_certificate_path": at("encrypted.pem"), "client_certificate_password": password }),
        json!({ "client_certificate_path": at("version-1.pem") }),
        json!({ "client_certificate": pfx, "client_certificate_password": password }),
        json!({ "client_certificate_path": at("plain.pem"), "client_certificate_send_chain": true }),
        json!({ "client_secret_file_path": secret.display().to_string() }),
        json!({ "client_secret_file_path": secret.display().to_string(), "client_id_file_path": id.display().to_string() }),
        json!({ "use_oidc": true, "oidc_token": token }),
    ] {
        works(&tenant, own.clone(), block).await;
    }
    let without_id = changed(own, &[("ARM_CLIENT_ID", None)]);
    let block = json!({
        "client_id_file_path": id.display().to_string(), "client_certificate_path": at("plain.pem")
    });
    works(&tenant, without_id, block).await;
}

#[tokio::test]
async fn a_user_assigned_identity_is_another_application() {
    let tenant = tenant().await;
    let second = "22222222-2222-4222-8222-222222222222";
    for way in [SignIn::ManagedIdentity, SignIn::AppService, SignIn::MachineLearning] {
        tenant.simulator.put_rows(Vec::new()).unwrap();
        let variables = changed(
            tenant.simulator.environment_for(way),
            &[("ARM_CLIENT_ID", Some(second))],
        );
        host(&tenant, variables).apply().await.ok();
        assert_eq!(author(&tenant), second, "{way:?}");
    }
}

#[tokio::test]
async fn a_row_of_somebody_else_stays_so_whichever_way_one_signs_in() {
    let tenant = tenant().await;
    tenant.add_foreign("DomainName", "one.example", "Block");
    for way in SignIn::ALL {
        let run = host(&tenant, tenant.simulator.environment_for(way)).plan().await;
        assert!(run.errors[0].contains("already exist"), "{way:?}: {:?}", run.errors);
    }
}

#[tokio::test]
async fn a_token_that_the_service_rejects_is_renewed_once_in_every_way() {
    let tenant = tenant().await;
    for way in SignIn::ALL {
        let rejected = FaultKind::Status {
            code: 401,
            message: None,
            retry_after: None,
        };
        tenant.simulator.clear_calls();
        tenant.fault(Fault::new(rejected.clone()).on("GET", "/indicators"));
        host(&tenant, tenant.simulator.environment_for(way)).plan().await.ok();
        let calls = tenant.simulator.calls();
        assert_eq!(tokens(&calls), 2, "{way:?}: {calls:?}");
        tenant.fault(Fault::new(rejected).on("GET", "/indicators").times(2));
        let run = host(&tenant, tenant.simulator.environment_for(way)).plan().await;
        assert!(run.errors[0].contains("HTTP 401"), "{way:?}: {:?}", run.errors);
        tenant.simulator.clear_faults();
    }
}

/// Whether the agent of Azure Arc has asked for its key, which is the first half of getting a token.
fn is_challenge(call: &Call) -> bool {
    call.path.starts_with("/azure-arc/") && call.status == 401
}

/// The calls for access tokens.
fn tokens(calls: &[Call]) -> usize {
    let is_token = |call: &&Call| call.path.ends_with("token") && !call.path.starts_with("/pipelines");
    calls.iter().filter(is_token).filter(|call| !is_challenge(call)).count()
}

#[tokio::test]
pub async fn a_token_is_renewed_ahead_of_its_end_in_every_way() {
    for way in SignIn::ALL {
        // With more than 300 seconds to live after the wait it is used on, with less it is not.
        for (life, expected) in [(1200, 1), (1180, 2)] {
            let tenant = Tenant::with(|options| options.token_life_seconds = life).await;
            let busy = FaultKind::Status {
                code: 429,
                message: None,
                retry_after: Some(890),
            };
            tenant.fault(Fault::new(busy).on("GET", "/indicators"));
            let mut host = host(&tenant, tenant.simulator.environment_for(way));
            host.plan().await.ok();
            assert!(host.clock.skipped() >= Duration::from_secs(890), "{way:?}");
            let calls = tenant.simulator.calls();
            assert_eq!(tokens(&calls), expected, "{way:?}: {calls:?}");
            let rejected = |call: &Call| call.status == 401 && !is_challenge(call);
            assert!(!calls.iter().any(rejected), "{way:?}: {calls:?}");
        }
    }
}

/// A way to sign in, what of its variables is changed, and what the one error says.
type Unhappy<'a> = (SignIn, &'a [(&'a str, Option<&'a str>)], &'a [&'a str]);

#[tokio::test]
async fn what_is_refused_is_told_in_the_words_of_whoever_refuses_with_what_to_do() {
    let tenant = tenant().await;
    let second = "22222222-2222-4222-8222-222222222222";
    let pod = |subject, audience, life| tenant.simulator.pod_token(subject, audience, life).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let subject = file("subject", &pod(Some("system:serviceaccount:other:other"), None, 3600));
    let audience = file("audience", &pod(None, Some("api://other"), 3600));
    let over = file("over", &pod(None, None, -1000));
    let nonsense = file("nonsense", "no-token-at-all");
    let good = pod(None, None, 3600);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let forged = file("forged", &format!("{signed}.{other}{}", &signature[1..]));
    let missing = directory.path().join("missing").display().to_string();
    let path = "ARM_OIDC_TOKEN_FILE_PATH";
    let cases: &[Unhappy<'_>] = &[
        (
            SignIn::ClientCertificate,
            &[("ARM_CLIENT_ID", Some(second))],
            &[
                "AADSTS700027",
                "is not registered on application",
                "Upload the certificate",
            ],
        ),
        (
            SignIn::ClientCertificate,
            &[("ARM_TENANT_ID", Some("11111111-1111-4111-8111-111111111111"))],
            &["AADSTS90002", "Check tenant_id"],
        ),
        (
            SignIn::ClientCertificate,
            &[("ARM_CLIENT_ID", Some("nobody"))],
            &["AADSTS700016", "Check client_id"],
        ),
        (
            SignIn::TokenFile,
            &[(path, Some(&subject))],
            &["AADSTS700213", "assertion subject", "federated credential"],
        ),
        (
            SignIn::TokenFile,
            &[(path, Some(&audience))],
            &["AADSTS700212", "api://other", "api://AzureADTokenExchange"],
        ),
        (
            SignIn::TokenFile,
            &[(path, Some(&over))],
            &["AADSTS700024", "the OIDC token has expired"],
        ),
        (
            SignIn::TokenFile,
            &[(path, Some(&nonsense))],
            &["AADSTS50027", "Check tenant_id, client_id"],
        ),
        (
            SignIn::TokenFile,
            &[(path, Some(&forged))],
            &["AADSTS50013", "is not signed by the issuer that it names"],
        ),
        (
            SignIn::TokenFile,
            &[(path, Some(&missing))],
            &["The file in oidc_token_file_path cannot be used", "No such file"],
        ),
        (
            SignIn::TokenFile,
            &[("ARM_OIDC_TOKEN", Some("another-token"))],
            &["Two different values of oidc_token"],
        ),
        (
            SignIn::AzureArc,
            &[("ProgramData", None)],
            &["which is no key in /var/opt/azcmagent/tokens", "group himds"],
        ),
        (
            SignIn::AksWorkloadIdentity,
            &[("AZURE_CLIENT_ID", Some(second))],
            &["AADSTS700213"],
        ),
        (
            SignIn::GitHubActions,
            &[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", Some("wrong-request-token"))],
            &["GitHub Actions gave no OIDC token: HTTP 401", "id-token: write"],
        ),
        (
            SignIn::GitHubActions,
            &[("ARM_CLIENT_ID", Some(second))],
            &["AADSTS700213", "repo:contoso/intel"],
        ),
        (
            SignIn::AzureDevOps,
            &[("SYSTEM_ACCESSTOKEN", Some("wrong-request-token"))],
            &[
                "Azure DevOps gave no OIDC token: HTTP 401",
                "SYSTEM_ACCESSTOKEN: $(System.AccessToken)",
            ],
        ),
        (
            SignIn::AzureDevOps,
            &[("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", Some("another"))],
            &[
                "Azure DevOps gave no OIDC token: HTTP 404",
                "ado_pipeline_service_connection_id",
            ],
        ),
        (
            SignIn::ManagedIdentity,
            &[("ARM_CLIENT_ID", Some("nobody"))],
            &[
                "HTTP 400: Identity not found",
                "set client_id (ARM_CLIENT_ID) to its client id",
            ],
        ),
        (
            SignIn::AppService,
            &[("IDENTITY_HEADER", Some("wrong-header-1"))],
            &["HTTP 401: Unauthorized", "exists only on a machine or service in Azure"],
        ),
        (
            SignIn::MachineLearning,
            &[("MSI_SECRET", Some("wrong-secret-1"))],
            &["HTTP 401"],
        ),
    ];
    for (way, changes, words) in cases {
        let variables = changed(tenant.simulator.environment_for(*way), changes);
        let run = host(&tenant, variables).plan().await;
        let [error] = run.errors.as_slice() else {
            panic!("{way:?} {changes:?}: {:?}", run.errors);
        };
        for text in *words {
            assert!(error.contains(text), "`{text}` is not in: {error}");
        }
        for secret in [
            "another-token",
            signature,
            "wrong-request-token",
            "wrong-header-1",
            "wrong-secret-1",
        ] {
            assert!(!error.contains(secret), "{error}");
        }
    }
    assert_eq!(tenant.lists(), 0);
}

#[tokio::test]
pub async fn a_secret_that_has_expired_and_a_clock_that_is_wrong_are_told_apart_from_wrong_ones() {
    let expired = Tenant::with(|options| {
        options.client_secret_expires = Some("2020-01-31T00:00:00Z".parse().unwrap());
    })
    .await;
    let run = host(&expired, expired.environment()).plan().await;
    let [error] = run.errors.as_slice() else {
        panic!("{:?}", run.errors);
    };
    for words in ["AADSTS7000222", "are expired", "Create a new one"] {
        assert!(error.contains(words), "{error}");
    }
    // The other ways do not need the secret.
    let certificate = expired.simulator.environment_for(SignIn::ClientCertificate);
    host(&expired, certificate).plan().await.ok();

    let tenant = tenant().await;
    let variables = tenant.simulator.environment_for(SignIn::ClientCertificate);
    // From here on the clock of this machine is two hours slow.
    tenant.simulator.advance(Duration::from_secs(2 * 3600));
    let run = host(&tenant, variables).plan().await;
    let [error] = run.errors.as_slice() else {
        panic!("{:?}", run.errors);
    };
    for words in ["AADSTS700024", "Check the clock of this machine."] {
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn calls_name_the_partner_and_the_run() {
    let tenant = tenant().await;
    let partner = "222c6c49-1b0a-5959-a213-6608f9eb8820";
    let more = [
        ("ARM_PARTNER_ID", Some(partner)),
        ("ARM_CORRELATION_REQUEST_ID", Some("run-4711")),
        ("TF_APPEND_USER_AGENT", Some("pipeline/7")),
    ];
    host(&tenant, changed(tenant.environment(), &more)).apply().await.ok();
    let calls = tenant.simulator.calls();
    assert!(calls.len() > 3);
    for call in &calls {
        assert!(
            call.user_agent.ends_with(&format!(" pipeline/7 pid-{partner}")),
            "{call:?}"
        );
        // Entra has no use for it.
        let expected = if call.path.ends_with("/token") { "" } else { "run-4711" };
        assert_eq!(call.correlation_id, expected, "{call:?}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_given_up_with_what_that_means() {
    let tenant = tenant().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("127.0.0.1:{}", listener.local_addr().unwrap().port())
    };
    let near = format!("http://{closed}");
    let variables = changed(
        tenant.simulator.environment_for(SignIn::ManagedIdentity),
        &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", Some(&near))],
    );
    let run = host(&tenant, variables).plan().await;
    let error = &run.errors[0];
    assert!(
        error.contains(&closed) && error.contains("exists only on a machine or service in Azure"),
        "{error}"
    );

    let far = format!("https://{closed}/token");
    let variables = changed(
        tenant.simulator.environment_for(SignIn::GitHubActions),
        &[("ACTIONS_ID_TOKEN_REQUEST_URL", Some(&far))],
    );
    let run = host(&tenant, variables).plan().await;
    let error = &run.errors[0];
    assert!(error.contains(&closed) && error.contains("id-token: write"), "{error}");
}

#[tokio::test]
async fn trouble_and_throttling_of_every_endpoint_is_overcome() {
    let tenant = tenant().await;
    for way in SignIn::ALL {
        let busy = |code| FaultKind::Status {
            code,
            message: None,
            retry_after: None,
        };
        tenant
            .simulator
            .add_faults(vec![Fault::new(busy(503)), Fault::new(busy(429))])
            .unwrap();
        host(&tenant, tenant.simulator.environment_for(way)).plan().await.ok();
    }
}

#[cfg(unix)]
mod azure_cli {
    use super::*;
    use crate::support::AzureCli;

    /// A token of the first application, as whoever has signed in with it gets it.
    async fn token(tenant: &Tenant) -> String {
        let variables = tenant.environment();
        let of = |name: &str| variable(&variables, name).to_owned();
        let certificate = std::fs::read(of("MDE_CA_CERTIFICATE_PATH")).unwrap();
        let certificate = reqwest::Certificate::from_pem(&certificate).unwrap();
        let client = reqwest::Client::builder()
            .tls_certs_only([certificate])
            .no_proxy()
            .build()
            .unwrap();
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", of("ARM_CLIENT_ID")),
            ("client_secret", of("ARM_CLIENT_SECRET")),
            ("scope", "https://api.securitycenter.microsoft.com/.default".to_owned()),
        ];
        let url = format!("{}/{}/oauth2/v2.0/token", of("MDE_AUTHORITY_HOST"), of("ARM_TENANT_ID"));
        let answer: Value = client.post(url).form(&form).send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn whoever_is_signed_in_is_asked_for_a_token_once_for_each_process() {
        let tenant = tenant().await;
        let az = AzureCli::with_token(&token(&tenant).await, jiff::Timestamp::now().as_second() + 3599);
        tenant.simulator.clear_calls();
        let path = az.search_path();
        let variables = changed(application(&tenant), &[("ARM_CLIENT_ID", None), ("PATH", Some(&path))]);
        let tenant_id = variable(&variables, "ARM_TENANT_ID").to_owned();
        let mut host = host(&tenant, variables);
        host.apply().await.ok();
        host.plan().await.clean();
        assert_eq!(author(&tenant), variable(&tenant.environment(), "ARM_CLIENT_ID"));
        let line = format!(
            "account get-access-token -o json --scope https://api.securitycenter.microsoft.com/.default --tenant {tenant_id}"
        );
        assert_eq!(az.asked(), [line.as_str(); 3]);
        assert_eq!(count(&tenant.simulator.calls(), "token"), 0);
    }

    #[tokio::test]
    async fn nobody_is_signed_in() {
        let tenant = tenant().await;
        let az = AzureCli::saying("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
        let path = az.search_path();
        let variables = changed(application(&tenant), &[("ARM_CLIENT_ID", None), ("PATH", Some(&path))]);
        let run = host(&tenant, variables).plan().await;
        let error = &run.errors[0];
        assert!(
            error.contains("The Azure CLI gave no access token: ERROR: Please run 'az login'"),
            "{error}"
        );
        assert!(error.contains("`az account show`"), "{error}");
    }
}

#[tokio::test]
async fn no_token_and_no_secret_follows_a_redirect() {
    let tenant = Tenant::start().await;
    let moved = || FaultKind::Status {
        code: 302,
        message: None,
        retry_after: None,
    };
    let secret = tenant.environment();
    let mut cases = vec![
        (secret.clone(), Fault::new(moved()).on("POST", "/oauth2/v2.0/token")),
        (secret, Fault::new(moved()).on("GET", "/api/indicators")),
    ];
    // Whoever is asked first in each way.
    cases.extend(SignIn::ALL.map(|way| (tenant.simulator.environment_for(way), Fault::new(moved()))));
    for (variables, fault) in cases {
        tenant.simulator.clear_calls();
        tenant.fault(fault);
        let run = host(&tenant, variables).plan().await;
        assert!(run.errors[0].contains("HTTP 302"), "{:?}", run.errors);
        let calls = tenant.simulator.calls();
        assert_eq!(calls.iter().filter(|call| call.status == 302).count(), 1, "{calls:?}");
        assert_eq!(
            calls.last().map(|call| call.status),
            Some(302),
            "nothing follows: {calls:?}"
        );
    }
}
