//! Signing in without a secret: certificates, pipelines, pods and managed identities.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, PKCS_RSA_SHA256};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use std::sync::OnceLock;

use super::sign_in::claims;
use super::{Tenant, client};
use crate::simulator::tls::pem;
use crate::simulator::{Options, SignIn};
use std::time::Duration;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key and its certificate that nobody but the tests knows.
struct Identity {
    key: RsaKeyPair,
    certificate: Vec<u8>,
}

fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        use aws_lc_rs::encoding::AsDer;
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&key).unwrap();
        let der = PrivatePkcs8KeyDer::from(der.as_ref().to_vec());
        let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(Vec::<String>::new())
            .unwrap()
            .self_signed(&pair)
            .unwrap();
        Identity {
            key,
            certificate: certificate.der().to_vec(),
        }
    })
}

fn sign(key: &RsaKeyPair, scheme: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(scheme, &SystemRandom::new(), signed.as_bytes(), &mut signature)
        .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn ask(tenant: &Tenant, client_id: &str, assertion: &str) -> Value {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion),
        ("scope", "https://api.securitycenter.microsoft.com/.default"),
    ];
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        tenant.simulator.url(),
        tenant.variable("ARM_TENANT_ID")
    );
    let response = tenant.client.post(url).form(&form).send().await.unwrap();
    response.text().await.unwrap().parse().unwrap()
}

/// A tenant whose first application has registered the certificate of the tests.
async fn tenant() -> Tenant {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("certificate.pem");
    std::fs::write(&file, pem("CERTIFICATE", &identity().certificate)).unwrap();
    let mut second: crate::simulator::Registration = "client-id=second".parse().unwrap();
    second.client_secret = Some("x".into());
    Tenant::start(Options {
        client_certificates: vec![file],
        applications: vec![second],
        ..Options::default()
    })
    .await
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[tokio::test]
async fn a_registered_certificate_signs_in_and_nothing_that_is_not_right() {
    let tenant = tenant().await;
    let client_id = tenant.variable("ARM_CLIENT_ID");
    let endpoint = format!(
        "{}/{}/oauth2/v2.0/token",
        tenant.simulator.url(),
        tenant.variable("ARM_TENANT_ID")
    );
    let sha256 = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &identity().certificate));
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &identity().certificate);
    let good = json!({"typ": "JWT", "alg": "PS256", "x5t#S256": sha256});
    let old = json!({"typ": "JWT", "alg": "RS256", "x5t": URL_SAFE_NO_PAD.encode(sha1)});
    let claims_of = |changes: Value| {
        let mut claims =
            json!({"aud": endpoint, "iss": client_id, "sub": client_id, "jti": "1", "nbf": now(), "exp": now() + 600});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    let chain = |der: &[u8]| {
        let mut header = good.clone();
        header["x5c"] = json!([base64::engine::general_purpose::STANDARD.encode(der)]);
        header
    };
    let key = &identity().key;
    for (header, scheme, changes, code) in [
        (
            good.clone(),
            &RSA_PSS_SHA256 as &'static dyn RsaEncoding,
            json!({}),
            None,
        ),
        (old, &RSA_PKCS1_SHA256, json!({}), None),
        (chain(&identity().certificate), &RSA_PSS_SHA256, json!({}), None),
        (chain(b"another"), &RSA_PSS_SHA256, json!({}), Some(700_027)),
        (good.clone(), &RSA_PKCS1_SHA256, json!({}), Some(700_027)),
        (
            json!({"alg": "none", "x5t#S256": sha256}),
            &RSA_PSS_SHA256,
            json!({}),
            Some(700_027),
        ),
        (json!({"alg": "PS256"}), &RSA_PSS_SHA256, json!({}), Some(700_027)),
        (
            json!({"alg": "PS256", "x5t#S256": "AAAA"}),
            &RSA_PSS_SHA256,
            json!({}),
            Some(700_027),
        ),
        (
            good.clone(),
            &RSA_PSS_SHA256,
            json!({"aud": "https://elsewhere.example"}),
            Some(700_023),
        ),
        (good.clone(), &RSA_PSS_SHA256, json!({"sub": "somebody"}), Some(700_021)),
        (good.clone(), &RSA_PSS_SHA256, json!({"jti": ""}), Some(50_027)),
        (
            good.clone(),
            &RSA_PSS_SHA256,
            json!({"exp": now() - 400}),
            Some(700_024),
        ),
        (
            good.clone(),
            &RSA_PSS_SHA256,
            json!({"nbf": now() + 400, "exp": now() + 900}),
            Some(700_024),
        ),
        (
            good.clone(),
            &RSA_PSS_SHA256,
            json!({"exp": now() + 200_000}),
            Some(700_024),
        ),
        (good.clone(), &RSA_PSS_SHA256, json!({"exp": null}), Some(700_024)),
    ] {
        let assertion = sign(key, scheme, &header, &claims_of(changes.clone()));
        let answer = ask(&tenant, &client_id, &assertion).await;
        match code {
            None => assert_eq!(claims(answer["access_token"].as_str().unwrap())["appidacr"], "2"),
            Some(code) => assert_eq!(answer["error_codes"], json!([code]), "{header} {changes}: {answer}"),
        }
    }
    let good = sign(key, &RSA_PSS_SHA256, &good, &claims_of(json!({})));
    for damaged in [
        format!("{good}A"),
        good.replacen('.', ".e30", 1),
        "a.b.c".to_owned(),
        "x".to_owned(),
    ] {
        assert!(
            ask(&tenant, &client_id, &damaged).await["access_token"].is_null(),
            "{damaged}"
        );
    }
    // Another application has not registered it.
    assert!(ask(&tenant, "second", &good).await["access_token"].is_null());
}

#[tokio::test]
async fn a_token_of_the_pod_is_checked_for_issuer_subject_audience_signature_and_time() {
    let tenant = tenant().await;
    let client_id = tenant.variable("ARM_CLIENT_ID");
    let token = |subject, audience, life| tenant.simulator.pod_token(subject, audience, life).unwrap();
    let pod = claims(&token(None, None, 60));
    let forged = |changes: Value| {
        let mut claims = pod.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        sign(&identity().key, &RSA_PKCS1_SHA256, &json!({"alg": "RS256"}), &claims)
    };
    for (token, code) in [
        (token(None, None, 60), None),
        (
            token(Some("system:serviceaccount:default:other"), None, 60),
            Some(700_213),
        ),
        (token(None, Some("api://other"), 60), Some(700_212)),
        (token(None, None, -400), Some(700_024)),
        (forged(json!({})), Some(50_013)),
        (forged(json!({"iss": "https://other.example"})), Some(700_211)),
    ] {
        let answer = ask(&tenant, &client_id, &token).await;
        match code {
            None => assert!(answer["access_token"].is_string(), "{answer}"),
            Some(code) => assert_eq!(answer["error_codes"], json!([code]), "{answer}"),
        }
    }
    assert_eq!(
        ask(&tenant, "second", &token(None, None, 60)).await["error_codes"],
        json!([700_213])
    );
    // Time is the simulator's.
    let short = token(None, None, 60);
    tenant.simulator.advance(Duration::from_secs(600));
    assert_eq!(ask(&tenant, &client_id, &short).await["error_codes"], json!([700_024]));
}

/// The variables of a way to sign in.
fn variable(tenant: &Tenant, way: SignIn, name: &str) -> String {
    let variables = tenant.simulator.environment_for(way);
    variables.into_iter().find(|(key, _)| key == name).unwrap().1
}

#[tokio::test]
async fn jobs_get_tokens_for_what_they_know() {
    let tenant = tenant().await;
    let client_id = tenant.variable("ARM_CLIENT_ID");
    let send = async |method: &str, url: &str, token: &str, headers: &[(&str, &str)]| {
        let mut request = tenant.client.request(method.parse().unwrap(), url).bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            response.text().await.unwrap().parse::<Value>().unwrap_or_default(),
        )
    };
    let url = variable(&tenant, SignIn::GitHubActions, "ACTIONS_ID_TOKEN_REQUEST_URL");
    let token = variable(&tenant, SignIn::GitHubActions, "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    let asked = format!("{url}&audience=api%3A%2F%2FAzureADTokenExchange");
    let (status, given) = send("GET", &asked, &token, &[]).await;
    assert_eq!(status, 200);
    assert!(ask(&tenant, &client_id, given["value"].as_str().unwrap()).await["access_token"].is_string());
    let (_, given) = send("GET", &url, &token, &[]).await;
    let answer = ask(&tenant, &client_id, given["value"].as_str().unwrap()).await;
    assert_eq!(
        answer["error_codes"],
        json!([700_212]),
        "by default it is for somebody else"
    );
    assert_eq!(send("GET", &asked, "wrong", &[]).await.0, 401);
    assert_eq!(send("POST", &asked, &token, &[]).await.0, 405);

    let url = variable(&tenant, SignIn::AzureDevOps, "SYSTEM_OIDCREQUESTURI");
    let connection = variable(&tenant, SignIn::AzureDevOps, "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID");
    let asked = format!("{url}?api-version=7.1&serviceConnectionId={connection}");
    let suppress = [("X-TFS-FedAuthRedirect", "Suppress")];
    let (status, given) = send("POST", &asked, &token, &suppress).await;
    assert_eq!(status, 200);
    assert!(ask(&tenant, &client_id, given["oidcToken"].as_str().unwrap()).await["access_token"].is_string());
    assert_eq!(send("POST", &asked, "wrong", &suppress).await.0, 401);
    let unknown = format!("{url}?api-version=7.1&serviceConnectionId=x");
    assert_eq!(send("POST", &unknown, &token, &suppress).await.0, 404);
    let unversioned = format!("{url}?serviceConnectionId={connection}");
    assert_eq!(send("POST", &unversioned, &token, &suppress).await.0, 400);
}

#[tokio::test]
async fn managed_identities_answer_without_tls_and_nothing_else_does() {
    let tenant = tenant().await;
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let secret = variable(&tenant, SignIn::AppService, "IDENTITY_HEADER");
    let near = variable(&tenant, SignIn::ManagedIdentity, "AZURE_POD_IDENTITY_AUTHORITY_HOST");
    assert!(near.starts_with("http://127.0.0.1:"), "{near}");
    let metadata = format!("{near}/metadata/identity/oauth2/token");
    let app_service = variable(&tenant, SignIn::AppService, "IDENTITY_ENDPOINT");
    let learning = variable(&tenant, SignIn::MachineLearning, "MSI_ENDPOINT");
    let resource = "resource=https%3A%2F%2Fx";
    let right = |name: &'static str| (name, secret.clone());
    let yes = || ("Metadata", "true".to_owned());
    for (url, query, header, status) in [
        (&metadata, format!("api-version=2018-02-01&{resource}"), yes(), 200),
        (
            &metadata,
            format!("api-version=2018-02-01&{resource}&client_id=SECOND"),
            yes(),
            200,
        ),
        (
            &metadata,
            format!("api-version=2018-02-01&{resource}&client_id=x"),
            yes(),
            400,
        ),
        (
            &metadata,
            format!("api-version=2018-02-01&{resource}"),
            ("Metadata", "no".to_owned()),
            400,
        ),
        (&metadata, resource.to_owned(), yes(), 400),
        (&metadata, "api-version=2018-02-01".to_owned(), yes(), 400),
        (
            &app_service,
            format!("api-version=2019-08-01&{resource}"),
            right("X-IDENTITY-HEADER"),
            200,
        ),
        (&app_service, format!("api-version=2019-08-01&{resource}"), yes(), 401),
        (
            &learning,
            format!("api-version=2017-09-01&{resource}&clientid=second"),
            right("secret"),
            200,
        ),
        (
            &learning,
            format!("api-version=2017-09-01&{resource}"),
            ("secret", "x".to_owned()),
            401,
        ),
    ] {
        let response = plain
            .get(format!("{url}?{query}"))
            .header(header.0, header.1)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{url} {query}");
        let body: Value = response.text().await.unwrap().parse().unwrap();
        if status == 200 {
            let said = claims(body["access_token"].as_str().unwrap());
            let second = query.to_lowercase().contains("second");
            let expected = if second {
                "second".to_owned()
            } else {
                tenant.variable("ARM_CLIENT_ID")
            };
            assert_eq!((&said["appid"], &said["aud"]), (&json!(expected), &json!("https://x")));
            assert_eq!(body["expires_on"], said["exp"].to_string());
        }
    }
    let shell = variable(&tenant, SignIn::CloudShell, "MSI_ENDPOINT");
    let asked = plain
        .post(&shell)
        .header("Metadata", "true")
        .form(&[("resource", "https://x")])
        .send()
        .await
        .unwrap();
    let (status, body) = (asked.status(), asked.text().await.unwrap());
    assert_eq!(status, 200, "{body}");

    let lists = format!("{near}/api/indicators");
    assert!(plain.get(&lists).bearer_auth(&tenant.token).send().await.is_err());
    let token = format!("{near}/{}/oauth2/v2.0/token", tenant.variable("ARM_TENANT_ID"));
    assert!(
        plain
            .post(&token)
            .body("grant_type=client_credentials")
            .send()
            .await
            .is_err()
    );
    assert!(plain.get(format!("{near}/simulator/rows")).send().await.is_err());
    // With TLS they are there, too.
    let url = format!("{}/metadata/identity/oauth2/token", tenant.simulator.url());
    let query = format!("?api-version=2018-02-01&{resource}");
    let answer = client(&tenant.simulator)
        .get(url + &query)
        .header("Metadata", "true")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn the_directory_has_what_each_way_needs() {
    let tenant = tenant().await;
    let directory = tenant.simulator.directory().to_owned();
    for way in SignIn::ALL {
        let file = std::fs::read_to_string(directory.join("sign-in").join(way.name())).unwrap();
        for (name, value) in tenant.simulator.environment_for(way) {
            assert!(
                file.contains(&format!("{name}=")) && file.contains(&value),
                "{name} in {file}"
            );
        }
    }
    let token = std::fs::read_to_string(directory.join("federated-token")).unwrap();
    let client_id = tenant.variable("ARM_CLIENT_ID");
    assert!(ask(&tenant, &client_id, &token).await["access_token"].is_string());
    let certificate = std::fs::read_to_string(directory.join("client.pem")).unwrap();
    assert!(certificate.contains("-----BEGIN PRIVATE KEY-----") && certificate.contains("-----BEGIN CERTIFICATE-----"));
}
