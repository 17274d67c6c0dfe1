//! Signing in: discovery, tokens of both versions, and what a token says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Answer, Tenant, domain, switched};
use crate::simulator::Options;

/// What the token says, as a client reads it that does not check its signature.
pub fn claims(token: &str) -> Value {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap()
}

async fn form(tenant: &Tenant, method: &str, path: &str, target: &str, secret: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &tenant.variable("ARM_CLIENT_ID")),
        ("client_secret", secret),
        ("scope", &format!("{target}/.default")),
        ("resource", target),
    ];
    let url = format!("{}/{}{path}", tenant.simulator.url(), tenant.variable("ARM_TENANT_ID"));
    let method: reqwest::Method = method.parse().unwrap();
    let response = tenant.client.request(method, url).form(&form).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer {
        status,
        headers,
        body: response.text().await.unwrap(),
    }
}

#[tokio::test]
async fn discovery_needs_no_token_and_leads_to_one() {
    let mut tenant = Tenant::start(Options::default()).await;
    let id = tenant.variable("ARM_TENANT_ID");
    tenant.token.clear();
    for (path, end, issuer) in [
        (
            "/v2.0",
            "/oauth2/v2.0/token",
            format!("{}/{id}/v2.0", tenant.simulator.url()),
        ),
        ("", "/oauth2/token", format!("https://sts.windows.net/{id}/")),
    ] {
        let document = tenant
            .get(&format!("/{id}{path}/.well-known/openid-configuration"))
            .await;
        assert_eq!(document.status, 200);
        assert!(document.header("strict-transport-security").starts_with("max-age="));
        let document = document.json();
        assert_eq!(document["issuer"], issuer);
        assert_eq!(
            document["token_endpoint"],
            format!("{}/{id}{end}", tenant.simulator.url())
        );
        let keys = document["jwks_uri"].as_str().unwrap();
        let keys = tenant
            .get(keys.strip_prefix(tenant.simulator.url()).unwrap())
            .await
            .json();
        assert_eq!(keys["keys"][0]["kty"], "RSA");
    }
    let unknown = tenant.get("/contoso/v2.0/.well-known/openid-configuration").await;
    assert_eq!(
        (unknown.status, &unknown.json()["error"]),
        (400, &json!("invalid_tenant"))
    );
    let path = format!("/{id}/v2.0/.well-known/openid-configuration");
    let posted = tenant.call("POST", &path, &Value::Null).await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET"));
}

#[tokio::test]
async fn both_versions_give_tokens_that_say_the_same() {
    let tenant = Tenant::start(switched(&["--object-id", "o", "--display-name", "GitOps"])).await;
    let secret = tenant.variable("ARM_CLIENT_SECRET");
    let target = "https://api.securitycenter.microsoft.com";
    for path in ["/oauth2/v2.0/token", "/oauth2/token"] {
        let answer = form(&tenant, "POST", path, target, &secret).await.json();
        let token = answer["access_token"].as_str().unwrap();
        let said = claims(token);
        let tenant_id = tenant.variable("ARM_TENANT_ID");
        let expected = json!({"aud": target, "tid": tenant_id, "iss": format!("https://sts.windows.net/{tenant_id}/"),
            "appid": tenant.variable("ARM_CLIENT_ID"), "oid": "o", "app_displayname": "GitOps",
            "roles": ["Ti.ReadWrite.All", "Score.Read.All"]});
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&said[name], value, "{name}");
        }
        assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 3599);
        let listed = tenant.client.get(format!("{}/api/indicators", tenant.simulator.url()));
        assert_eq!(listed.bearer_auth(token).send().await.unwrap().status(), 200);
    }
    // A token with another signature is nobody's.
    let mut forged = Tenant::start(Options::default()).await;
    forged.token.pop();
    assert_eq!(forged.get("/api/indicators").await.status, 401);
    forged.token.clone_from(&tenant.token);
    assert_eq!(
        forged.get("/api/indicators").await.status,
        401,
        "that of another simulator"
    );
}

#[tokio::test]
async fn the_first_version_by_get_follows_the_switch() {
    for (arguments, first) in [(&[][..], 200), (&["--token-by-get", "refused"], 400)] {
        let tenant = Tenant::start(switched(arguments)).await;
        let secret = tenant.variable("ARM_CLIENT_SECRET");
        for (path, status) in [("/oauth2/token", first), ("/oauth2/v2.0/token", 400)] {
            let answer = form(&tenant, "GET", path, "https://x", &secret).await;
            assert_eq!(answer.status, status, "{path}");
            let codes = &answer.json()["error_codes"];
            assert_eq!(codes, &if status == 200 { Value::Null } else { json!([900_561]) });
        }
        let wrong = form(&tenant, "GET", "/oauth2/token", "https://x", "wrong").await;
        assert_eq!(wrong.status, if first == 200 { 401 } else { 400 });
    }
}

#[tokio::test]
async fn roles_are_those_that_the_application_has() {
    for (arguments, roles) in [
        (&["--score-permission", "missing"][..], json!(["Ti.ReadWrite.All"])),
        (&["--permission", "own"], json!(["Ti.ReadWrite", "Score.Read.All"])),
        (&["--permission", "none"], Value::Null),
    ] {
        let tenant = Tenant::start(switched(arguments)).await;
        assert_eq!(claims(&tenant.token)["roles"], roles, "{arguments:?}");
        let allowed = tenant.submit(&domain("a.example")).await.status;
        assert_eq!(allowed, if roles.is_null() { 403 } else { 200 });
    }
}
