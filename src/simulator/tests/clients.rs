//! Public clients of the API, written again by hand as far as they talk to it. Each does what its authors took for right
//! and runs in production, so that all of them have to live with the defaults.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tenant, domain, switched, with};
use crate::simulator::Options;

const SCOPE: &str = "https://api.securitycenter.microsoft.com/.default";

impl Tenant {
    /// A tenant whose client has still to sign in, and the fields that every sign-in needs.
    async fn before_sign_in(arguments: &[&str]) -> (Self, [(&'static str, String); 3]) {
        let mut tenant = Self::start(switched(arguments)).await;
        tenant.token.clear();
        let fields = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", tenant.variable("ARM_CLIENT_ID")),
            ("client_secret", tenant.variable("ARM_CLIENT_SECRET")),
        ];
        (tenant, fields)
    }

    /// Takes the token that a form gets at an address.
    async fn take_token(&mut self, method: &str, url: &str, fields: &[(&str, String)], more: (&str, &str)) -> Value {
        let mut form: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.push(more);
        let request = self.client.request(method.parse().unwrap(), url).form(&form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        self.token = answer["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned();
        answer
    }

    /// `address` with a query that the client has encoded.
    async fn query(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let answer = self.request("GET", path).query(parameters).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path} {parameters:?}");
        assert!(
            answer.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("application/json")
        );
        answer.json().await.unwrap()
    }
}

fn count(page: &Value) -> usize {
    page["value"].as_array().unwrap().len()
}

/// MSAL, in Python and .NET alike: it asks whether it may trust the host, then for the tenant's endpoints, and looks at
/// what it finds there.
#[tokio::test]
async fn msal_signs_in_through_discovery() {
    let (mut tenant, fields) = Tenant::before_sign_in(&["--page-size", "2"]).await;
    let (url, id) = (tenant.simulator.url().to_owned(), tenant.variable("ARM_TENANT_ID"));
    let authorize = format!("{url}/{id}/oauth2/v2.0/authorize");
    let parameters = [("api-version", "1.1"), ("authorization_endpoint", &authorize)];
    let instance = tenant.query("/common/discovery/instance", &parameters).await;
    let document = instance["tenant_discovery_endpoint"].as_str().unwrap();
    let host = url.strip_prefix("https://").unwrap();
    assert_eq!(instance["metadata"][0]["preferred_network"], host);
    let document = tenant.query(document.strip_prefix(&url).unwrap(), &[]).await;
    assert!(document["issuer"].as_str().unwrap().starts_with(&url));
    assert!(document["authorization_endpoint"].is_string());
    let endpoint = document["token_endpoint"].as_str().unwrap();
    let answer = tenant.take_token("POST", endpoint, &fields, ("scope", SCOPE)).await;
    assert_eq!(
        (&answer["token_type"], answer["expires_in"].as_u64()),
        (&json!("Bearer"), Some(3599))
    );

    tenant
        .results(&["a.example", "b.example", "c.example"].map(domain))
        .await;
    let (mut next, mut seen) = ("/api/indicators".to_owned(), 0);
    loop {
        let page = tenant.get(&next).await.json();
        seen += count(&page);
        match page["@odata.nextLink"].as_str() {
            Some(link) => next = link.strip_prefix(&url).unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, 3);
}

/// A security automation platform: the first version by GET, a list of values in square brackets, and imports of which it
/// reads the failures inside of the 200.
#[tokio::test]
async fn one_that_signs_in_by_get_and_filters_by_lists() {
    let (mut tenant, fields) = Tenant::before_sign_in(&[]).await;
    let url = format!(
        "{}/{}/oauth2/token",
        tenant.simulator.url(),
        tenant.variable("ARM_TENANT_ID")
    );
    let resource = ("resource", "https://api.securitycenter.microsoft.com");
    let answer = tenant.take_token("GET", &url, &fields, resource).await;
    // It makes a number of a text.
    assert_eq!(answer["expires_in"].as_str().unwrap().parse::<u64>(), Ok(3599));

    let items = [
        domain("a.example"),
        json!({"indicatorValue": "2001:db8::17", "indicatorType": "IpAddress", "action": "Audit", "title": "t",
            "description": "d", "generateAlert": true}),
    ];
    assert_eq!(tenant.results(&items).await, ["a.example 1", "2001:db8::17 2"]);
    let filter = "indicatorValue in ['a.example','2001:db8::17']";
    let found = tenant.query("/api/indicators", &[("$filter", filter)]).await;
    assert_eq!(count(&found), 2);
    for row in found["value"].as_array().unwrap() {
        let path = format!("/api/indicators/{}", row["id"].as_str().unwrap());
        // It takes 200 and 204.
        assert!(matches!(tenant.delete(&path).await.status, 200 | 204));
    }
    assert!(tenant.values().is_empty());
}

/// A synchroniser: the audience is the host that it calls; it tries out what it may, resolves the names of device groups,
/// and sends names and ids, an external id and the time of its own last update.
#[tokio::test]
async fn one_that_tries_out_its_permissions_and_resolves_device_groups() {
    let (mut tenant, fields) = Tenant::before_sign_in(&["--rbac-groups", "Clients,Servers"]).await;
    let base = tenant.simulator.url().to_owned();
    let url = format!("{base}/{}/oauth2/v2.0/token", tenant.variable("ARM_TENANT_ID"));
    let scope = format!("{base}/.default");
    tenant.take_token("POST", &url, &fields, ("scope", &scope)).await;
    assert_eq!(count(&tenant.query("/api/indicators", &[("$top", "1")]).await), 0);
    // That the body is refused shows that the application may import.
    assert!(matches!(tenant.import(&[]).await.status, 200 | 202 | 400));

    let pages = [("$top", "1000"), ("$skip", "0")];
    let groups = tenant.query("/api/exposureScore/ByMachineGroups", &pages).await;
    let groups = groups["value"].as_array().unwrap();
    let (id, name) = (groups[1]["rbacGroupId"].as_i64().unwrap(), &groups[1]["rbacGroupName"]);
    assert_eq!((id, name), (2, &json!("Servers")));
    assert!(groups[1]["score"].is_number() && groups[1]["time"].is_string());
    let beyond = [("$top", "1000"), ("$skip", "2")];
    assert_eq!(
        count(&tenant.query("/api/exposureScore/ByMachineGroups", &beyond).await),
        0
    );

    let more = json!({"application": "sync", "externalId": "indicator--1", "lastUpdateTime": "2026-01-01T00:00:00.000Z",
        "generateAlert": true, "expirationTime": "2099-01-01T00:00:00Z"});
    let scoped = with(more.clone(), &json!({"rbacGroupNames": [name], "rbacGroupIds": [id]}));
    let everywhere = with(domain("a.example"), &more);
    // It takes type, value and groups for the key, so that it expects two rows.
    let items = [everywhere, with(domain("a.example"), &scoped)];
    assert_eq!(tenant.results(&items).await, ["a.example 1", "a.example 2"]);
    let listed = tenant.query("/api/indicators", &[("$top", "10000")]).await;
    let ids: Vec<&str> = listed["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(tenant.batch_delete(&ids).await.status, 204);
}

/// A cloud exchange plug-in: pages by number until one is short, asks for twenty values at once, and deletes the oldest.
#[tokio::test]
async fn one_that_pages_by_number() {
    let (mut tenant, fields) = Tenant::before_sign_in(&[]).await;
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        tenant.simulator.url(),
        tenant.variable("ARM_TENANT_ID")
    );
    tenant.take_token("POST", &url, &fields, ("scope", SCOPE)).await;
    let rows = (0..10_001)
        .map(|number| domain(&format!("h{number}.example")))
        .collect();
    tenant.simulator.put_rows(rows).unwrap();
    let (mut skip, mut seen) = (0, 0);
    loop {
        let page = tenant
            .query("/api/indicators", &[("$top", "10000"), ("$skip", &skip.to_string())])
            .await;
        seen += count(&page);
        skip += 10_000;
        if count(&page) < 10_000 {
            break;
        }
    }
    assert_eq!(seen, 10_001);
    let clauses: Vec<String> = (0..20)
        .map(|number| format!("indicatorValue eq 'h{number}.example'"))
        .collect();
    let found = tenant
        .query("/api/indicators", &[("$filter", &clauses.join(" or "))])
        .await;
    assert_eq!(count(&found), 20);
}

/// A playbook platform: single calls only, on the older prefix of the paths, and a deletion that has to answer 204.
#[tokio::test]
async fn one_that_calls_for_each_indicator() {
    let (mut tenant, fields) = Tenant::before_sign_in(&[]).await;
    let url = format!(
        "{}/{}/oauth2/token",
        tenant.simulator.url(),
        tenant.variable("ARM_TENANT_ID")
    );
    let resource = ("resource", "https://api.securitycenter.windows.com");
    tenant.take_token("POST", &url, &fields, resource).await;
    let path = "/api/v1.0/indicators";
    let sent = with(
        domain("a.example"),
        &json!({"action": "Alert", "severity": "Informational"}),
    );
    let made = tenant.call("POST", path, &sent).await.json();
    let again = tenant
        .call("POST", path, &with(sent, &json!({"severity": "Low"})))
        .await
        .json();
    assert_eq!((&made["id"], &again["severity"]), (&again["id"], &json!("Low")));
    let found = tenant
        .query(path, &[("$filter", "contains(indicatorValue,'a.ex')"), ("$top", "50")])
        .await;
    assert_eq!(count(&found), 1);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(tenant.get(&one).await.json()["indicatorValue"], "a.example");
    assert_eq!(tenant.delete(&one).await.status, 204);
    assert_eq!(tenant.get(&one).await.error().1, "ResourceNotFound");
}

/// Two that send what no page of the documents has: a boolean as text, and one empty name for all devices.
#[tokio::test]
async fn those_that_take_liberties() {
    let tenant = Tenant::start(Options::default()).await;
    let alert = tenant
        .submit(&with(domain("a.example"), &json!({"generateAlert": "True"})))
        .await
        .json();
    assert_eq!(alert["generateAlert"], true);
    let all = with(domain("b.example"), &json!({"rbacGroupNames": [""], "action": "Alert"}));
    let all = tenant.submit(&all).await.json();
    assert_eq!(all["rbacGroupNames"], json!([]));
    // What it reads it sends back, with what only the service writes.
    let back = tenant.submit(&all).await.json();
    assert_eq!(
        (back["id"].as_str(), back["createdBy"].as_str()),
        (all["id"].as_str(), all["createdBy"].as_str())
    );
}

/// When each of two obedient clients of one application has made its imports, in seconds; nothing if it is not done within
/// an hour. Each makes a call a second, and waits as long as a 429 tells it.
async fn obedient(arguments: &[&str], imports: usize) -> Option<[Duration; 2]> {
    let tenant = Tenant::start(switched(arguments)).await;
    let begin = tenant.simulator.elapsed();
    let mut next = [Duration::ZERO, Duration::from_millis(500)];
    let mut left = [imports; 2];
    while let Some(client) = (0..2)
        .filter(|client| left[*client] > 0)
        .min_by_key(|client| next[*client])
    {
        if next[client] > Duration::from_secs(3600) {
            return None;
        }
        let now = tenant.simulator.elapsed() - begin;
        tenant.simulator.advance(next[client].saturating_sub(now));
        let answer = tenant.import(&[domain("a.example")]).await;
        let wait = match answer.status {
            200 => {
                left[client] -= 1;
                1
            }
            429 => answer.header("retry-after").parse().unwrap(),
            other => panic!("{other}"),
        };
        next[client] += Duration::from_secs(wait);
    }
    Some(next)
}

#[tokio::test(start_paused = true)]
async fn two_obedient_clients_come_to_an_end() {
    let ends = obedient(&[], 60).await.unwrap();
    // 120 imports at 30 a minute.
    assert!(ends.iter().all(|end| *end < Duration::from_secs(300)), "{ends:?}");
    assert_eq!(obedient(&["--early-retry", "prolongs"], 60).await, None);
}
