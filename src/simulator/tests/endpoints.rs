//! Each endpoint once, with what it refuses.

use serde_json::{Value, json};

use super::{Tenant, domain, switched, with};
use crate::simulator::Options;

#[tokio::test]
async fn submitting_creates_and_updates_with_the_recorded_shape() {
    let tenant = Tenant::start(Options::default()).await;
    let created = tenant
        .submit(&with(
            domain("a.example"),
            &json!({"expirationTime": "2099-01-01T01:00:00+01:00"}),
        ))
        .await;
    assert_eq!(created.status, 200);
    assert_eq!(
        created.header("content-type"),
        "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8"
    );
    assert_eq!(created.header("odata-version"), "4.0");
    let first = created.json();
    assert_eq!(
        first["@odata.context"],
        format!("{}/api/$metadata#Indicators/$entity", tenant.simulator.url())
    );
    let unset = [
        "application",
        "educateUrl",
        "bypassDurationHours",
        "recommendedActions",
        "lastUpdatedBy",
        "certificateInfo",
        "notificationId",
        "notificationBody",
        "version",
        "lookBackPeriod",
        "additionalInfo",
        "externalId",
    ];
    for name in unset {
        assert!(
            first.as_object().unwrap().contains_key(name) && first[name].is_null(),
            "{name}"
        );
    }
    let set = json!({"id": "1", "indicatorValue": "a.example", "indicatorType": "DomainName", "action": "Block",
        "createdBy": tenant.variable("ARM_CLIENT_ID"), "severity": "Informational", "category": 1, "title": "t",
        "description": "d", "creationTimeDateTimeUtc": first["lastUpdateTime"], "expirationTime": "2099-01-01T00:00:00Z",
        "rbacGroupNames": [], "rbacGroupIds": [], "mitreTechniques": [], "historicalDetection": false,
        "generateAlert": false, "createdByDisplayName": "Simulated application", "createdBySource": "PublicApi"});
    for (name, value) in set.as_object().unwrap() {
        assert_eq!(&first[name], value, "{name}");
    }
    assert_eq!(first.as_object().unwrap().len(), 32, "31 properties and the context");

    tenant.simulator.advance(std::time::Duration::from_secs(5));
    let second = tenant
        .submit(&with(domain("a.example"), &json!({"severity": "High"})))
        .await
        .json();
    assert_eq!((&second["id"], &second["severity"]), (&json!("1"), &json!("High")));
    assert_eq!(second["creationTimeDateTimeUtc"], first["creationTimeDateTimeUtc"]);
    assert_ne!(second["lastUpdateTime"], first["lastUpdateTime"]);
    assert_eq!(
        second["lastUpdatedBy"].as_str().unwrap(),
        tenant.variable("ARM_CLIENT_ID")
    );
    let third = tenant
        .submit(&with(domain("a.example"), &json!({"action": "Allowed"})))
        .await
        .json();
    assert_eq!(third["id"], "2", "another action is another row");
}

#[tokio::test]
async fn submitting_takes_over_what_the_portal_made() {
    let tenant = Tenant::start(Options::default()).await;
    tenant
        .simulator
        .put_rows(vec![
            json!({"id": "7", "indicatorValue": "a.example", "indicatorType": "DomainName", "action": "Block"}),
        ])
        .unwrap();
    let taken = tenant.submit(&domain("a.example")).await.json();
    assert_eq!(
        (&taken["id"], &taken["createdBySource"], &taken["title"]),
        (&json!("7"), &json!("Portal"), &json!("t"))
    );
}

#[tokio::test]
async fn bodies_are_refused_in_the_recorded_words() {
    let tenant = Tenant::start(Options::default()).await;
    let incorrect = (400, "InvalidInput", "Request body is incorrect");
    let cases = [
        (json!({"action": "block"}), incorrect),
        (json!({"generateAlert": "yes"}), incorrect),
        (json!({"category": "Malware"}), incorrect),
        (
            json!({"title": null}),
            (400, "MissingRequiredParameter", "Parameter title is missing."),
        ),
        (
            json!({"indicatorValue": ""}),
            (400, "InvalidInput", "Recieved an empty indicator value."),
        ),
        (
            json!({"indicatorValue": "a b"}),
            (400, "InvalidDomainName", "Domain name a b is invalid."),
        ),
        (
            json!({"expirationTime": "2020-01-01T00:00:00Z"}),
            (
                400,
                "BadRequest",
                "Indicator a.example is inactive. (Expiration time should be set to a future date time)",
            ),
        ),
    ];
    for (changes, (status, code, message)) in cases {
        let answer = tenant.submit(&with(domain("a.example"), &changes)).await;
        assert_eq!(
            answer.error(),
            (status, code.to_owned(), message.to_owned()),
            "{changes}"
        );
    }
    assert!(tenant.values().is_empty());
    let past = tenant
        .submit(&with(
            domain("a.example"),
            &json!({"expirationTime": "2020-01-01T00:00:00Z"}),
        ))
        .await;
    assert_eq!(
        past.json()["error"]["target"].as_str().unwrap(),
        tenant.variable("ARM_TENANT_ID")
    );
    let unknown = tenant
        .submit(&with(domain("a.example"), &json!({"source": "x", "sourceType": "y"})))
        .await;
    assert_eq!(unknown.status, 200, "unknown fields are ignored");
}

#[tokio::test]
async fn import_fails_items_by_position_inside_of_a_success() {
    let tenant = Tenant::start(switched(&["--capacity", "3"])).await;
    let audit = with(domain("audit.example"), &json!({"action": "Audit"}));
    let items = [
        domain("a.example"),
        domain("b..example"),
        audit,
        domain("a.example"),
        domain("c.example"),
        domain("ü.example"),
        domain("d.example"),
    ];
    assert_eq!(
        tenant.results(&items).await,
        [
            "a.example 1",
            "b..example: Domain name b..example is invalid.",
            "audit.example: Action Audit requires generateAlert to be true. (Parameter 'GenerateAlert')",
            "a.example 1",
            "c.example 2",
            "ü.example 3",
            "d.example: Max capacity exceeded. Current Total: 3, Limit: 3 (Parameter 'Capacity: 3/3')",
        ]
    );
    let context = tenant.import(&[domain("a.example")]).await.json()["@odata.context"].clone();
    let about = "$metadata#Collection(microsoft.windowsDefenderATP.api.ImportIndicatorResult)";
    assert_eq!(context, format!("{}/api/{about}", tenant.simulator.url()));
    let single = tenant.submit(&domain("d.example")).await.error();
    let words = "Max capacity exceeded. Current Total: 3, Limit: 3 (Parameter 'Capacity: 3/3')";
    assert_eq!(single, (400, "BadRequest".to_owned(), words.to_owned()));
}

#[tokio::test]
async fn import_refuses_whole_calls() {
    let tenant = Tenant::start(Options::default()).await;
    let path = "/api/indicators/import";
    let past = with(
        domain("past.example"),
        &json!({"expirationTime": "2020-01-01T00:00:00Z"}),
    );
    let wrong_case = with(domain("b.example"), &json!({"severity": "high"}));
    let many: Vec<Value> = (0..501).map(|number| domain(&format!("{number}.example"))).collect();
    let cases = [
        (
            json!({"Indicators": [domain("a.example"), past]}),
            "BadRequest",
            "Indicator past.example is inactive. (Expiration time should be set to a future date time)",
        ),
        (
            json!({"Indicators": [domain("a.example"), wrong_case]}),
            "InvalidInput",
            "Request body is incorrect",
        ),
        (
            json!({"Indicators": [domain("a.example"), {"indicatorValue": "b.example"}]}),
            "MissingRequiredParameter",
            "Parameter indicatorType is missing.",
        ),
        (
            json!({"Indicators": many}),
            "MaximumBatchSizeExceeded",
            "Maximum batch size exceeded. Received: 501, allowed: 500.",
        ),
        (
            json!({"indicators": [domain("a.example")]}),
            "MissingRequiredParameter",
            "Parameter Indicators is missing.",
        ),
        (json!({"Indicators": 1}), "InvalidInput", "Request body is incorrect"),
        (json!([]), "InvalidInput", "Request body is incorrect"),
        (json!({"Indicators": []}), "InvalidRequestBody", "Invalid request body."),
    ];
    for (body, code, message) in cases {
        let answer = tenant.call("POST", path, &body).await;
        assert_eq!(answer.error(), (400, code.to_owned(), message.to_owned()));
    }
    assert!(tenant.values().is_empty());
    let not_json = tenant.request("POST", path).body("{").send().await.unwrap();
    assert_eq!(not_json.status(), 400);
}

#[tokio::test]
async fn reading_and_deleting_by_id() {
    let tenant = Tenant::start(Options::default()).await;
    tenant.results(&[domain("a.example"), domain("b.example")]).await;
    let one = tenant.get("/api/v1.0/indicators/2").await.json();
    assert_eq!(one["indicatorValue"], "b.example");
    assert_eq!(
        one["@odata.context"],
        format!("{}/api/v1.0/$metadata#Indicators/$entity", tenant.simulator.url())
    );
    assert_eq!(tenant.delete("/api/indicators/2").await.status, 204);
    let gone = (
        404,
        "ResourceNotFound".to_owned(),
        "Resource 2 was not found.".to_owned(),
    );
    assert_eq!(tenant.get("/api/indicators/2").await.error(), gone);
    assert_eq!(tenant.delete("/api/indicators/2").await.error(), gone);
    assert_eq!(tenant.get("/api/indicators/x").await.status, 404);
}

#[tokio::test]
async fn batch_delete_takes_all_or_nothing() {
    let tenant = Tenant::start(Options::default()).await;
    tenant
        .results(&[domain("a.example"), domain("b.example"), domain("c.example")])
        .await;
    let many = vec!["1"; 501];
    let cases: [(&[&str], u16, &str, &str); 4] = [
        (&["1", "9"], 404, "ResourceNotFound", "Resource 9 was not found."),
        (&["1", "x"], 400, "InvalidInput", "Invalid input x."),
        (&[], 400, "InvalidRequestBody", "Invalid request body."),
        (
            &many,
            400,
            "MaximumBatchSizeExceeded",
            "Maximum batch size exceeded. Received: 501, allowed: 500.",
        ),
    ];
    for (ids, status, code, message) in cases {
        assert_eq!(
            tenant.batch_delete(ids).await.error(),
            (status, code.to_owned(), message.to_owned())
        );
    }
    for (body, code) in [
        (json!({"ids": ["1"]}), "MissingRequiredParameter"),
        (json!({"IndicatorIds": [1]}), "InvalidInput"),
        (json!({"IndicatorIds": "1"}), "InvalidInput"),
    ] {
        assert_eq!(
            tenant
                .call("POST", "/api/indicators/BatchDelete", &body)
                .await
                .error()
                .1,
            code,
            "{body}"
        );
    }
    assert_eq!(tenant.values().len(), 3);
    let deleted = tenant.batch_delete(&["1", "3"]).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    assert_eq!(tenant.values(), ["b.example"]);
}

#[tokio::test]
async fn other_paths_and_methods() {
    let tenant = Tenant::start(Options::default()).await;
    for (method, path, status, allow) in [
        ("PATCH", "/api/indicators", 405, "GET, POST"),
        ("GET", "/api/indicators/import", 405, "POST"),
        ("GET", "/api/indicators/BatchDelete", 405, "POST"),
        ("PATCH", "/api/indicators/1", 405, "GET, DELETE"),
        ("POST", "/api/indicators/BatchUpdate", 404, ""),
        ("GET", "/api/machines", 404, ""),
    ] {
        let answer = tenant.call(method, path, &Value::Null).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (status, allow),
            "{method} {path}"
        );
        assert_eq!(answer.body.is_empty(), status == 405);
        let strict = "max-age=31536000; includeSubDomains";
        assert_eq!(answer.header("strict-transport-security"), strict, "{method} {path}");
    }
}

#[tokio::test]
async fn tokens_are_needed_and_end() {
    let mut tenant = Tenant::start(Options::default()).await;
    assert_eq!(tenant.get("/api/indicators").await.status, 200);
    tenant.simulator.advance(std::time::Duration::from_secs(3599));
    assert_eq!(tenant.get("/api/indicators").await.error().0, 401);
    tenant.renew_token().await;
    assert_eq!(tenant.get("/api/indicators").await.status, 200);
    tenant.token = "made-up".to_owned();
    assert_eq!(tenant.get("/api/indicators").await.error().1, "Unauthorized");
    let bare = tenant
        .client
        .get(format!("{}/api/indicators", tenant.simulator.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 401);
}

#[tokio::test]
async fn wrong_credentials_are_refused_as_by_the_vendor() {
    let tenant = Tenant::start(Options::default()).await;
    let (right_tenant, right_client) = (tenant.variable("ARM_TENANT_ID"), tenant.variable("ARM_CLIENT_ID"));
    for (tenant_id, client_id, status, number) in [
        (&right_tenant, &right_client, 401, 7_000_215),
        (&right_tenant, &right_tenant, 400, 700_016),
        (&right_client, &right_client, 400, 90_002),
    ] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", "x"),
            ("scope", "x/.default"),
        ];
        let url = format!("{}/{tenant_id}/oauth2/v2.0/token", tenant.simulator.url());
        let response = tenant.client.post(url).form(&form).send().await.unwrap();
        assert_eq!(response.status(), status);
        let body: Value = response.text().await.unwrap().parse().unwrap();
        assert_eq!(body["error_codes"], json!([number]));
    }
}
