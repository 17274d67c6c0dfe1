//! The control paths.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tenant, domain};
use crate::simulator::{Call, Options};

/// A control call, which needs no token.
async fn control(tenant: &Tenant, method: &str, path: &str, body: &str) -> (u16, Value) {
    let url = format!("{}/simulator/{path}", tenant.simulator.url());
    let response = tenant
        .client
        .request(method.parse().unwrap(), url)
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    let status = response.status().as_u16();
    (status, response.text().await.unwrap().parse().unwrap_or(Value::Null))
}

#[tokio::test]
async fn calls_are_logged_in_order() {
    let mut tenant = Tenant::start(Options::default()).await;
    tenant.renew_token().await;
    tenant.import(&[domain("a.example"), domain("b.example")]).await;
    tenant.simulator.advance(Duration::from_secs(60));
    tenant.get("/api/indicators?$top=1").await;
    tenant.batch_delete(&["1", "9"]).await;
    tenant.submit(&domain("c.example")).await;
    tenant.delete("/api/indicators/3").await;
    control(&tenant, "GET", "rows", "").await;

    let (status, log) = control(&tenant, "GET", "calls", "").await;
    assert_eq!(status, 200);
    let calls: Vec<Call> = serde_json::from_value(log).unwrap();
    assert_eq!(calls, tenant.simulator.calls());
    let seen: Vec<_> = calls
        .iter()
        .map(|c| (c.method.as_str(), c.path.as_str(), c.query.as_str(), c.status, c.items))
        .collect();
    let token = format!("/{}/oauth2/v2.0/token", tenant.variable("ARM_TENANT_ID"));
    let expected = [
        ("POST", token.as_str(), "", 200, 0),
        ("POST", "/api/indicators/import", "", 200, 2),
        ("GET", "/api/indicators", "$top=1", 200, 1),
        ("POST", "/api/indicators/BatchDelete", "", 404, 2),
        ("POST", "/api/indicators", "", 200, 1),
        ("DELETE", "/api/indicators/3", "", 204, 1),
    ];
    assert_eq!(seen, expected);
    assert!(calls.iter().all(|call| call.start <= call.end));
    assert!(
        calls[2].start >= calls[1].end + 60_000,
        "the log runs by the simulator's clock"
    );

    assert_eq!(control(&tenant, "DELETE", "calls", "").await.0, 204);
    assert!(tenant.simulator.calls().is_empty());
}

#[tokio::test]
async fn rows_can_be_read_and_replaced() {
    let tenant = Tenant::start(Options::default()).await;
    tenant.submit(&domain("a.example")).await;
    let (_, rows) = control(&tenant, "GET", "rows", "").await;
    assert_eq!(rows, json!(tenant.simulator.rows()));
    let mut row = rows[0].clone();
    row["id"] = json!("41");
    row["title"] = json!("changed");
    let other = json!({"indicatorValue": "b.example", "indicatorType": "DomainName", "action": "Allowed"});
    assert_eq!(
        control(&tenant, "PUT", "rows", &json!([row, other]).to_string())
            .await
            .0,
        204
    );
    assert_eq!(tenant.get("/api/indicators/41").await.json()["title"], "changed");
    assert_eq!(
        tenant.get("/api/indicators/42").await.json()["createdBySource"],
        "Portal"
    );
    assert_eq!(tenant.get("/api/indicators/1").await.status, 404);

    let (status, error) = control(&tenant, "PUT", "rows", "[{}]").await;
    assert_eq!(
        (status, &error["error"]["message"]),
        (400, &json!("row 0: `indicatorValue` is missing"))
    );
    assert_eq!(control(&tenant, "PUT", "rows", "{}").await.0, 400);
    assert_eq!(tenant.values().len(), 2);
}

#[tokio::test]
async fn the_clock_can_be_put_forward() {
    let tenant = Tenant::start(Options::default()).await;
    let expiry: jiff::Timestamp = jiff::Timestamp::now() + Duration::from_secs(3600);
    let mut row = domain("a.example");
    row["expirationTime"] = json!(expiry.to_string());
    assert_eq!(tenant.submit(&row).await.status, 200);
    let (status, answer) = control(&tenant, "POST", "clock", r#"{"advance_seconds": 3599.5}"#).await;
    assert_eq!(status, 200);
    assert!(answer["now"].as_str().unwrap().ends_with('Z'));
    tenant.simulator.advance(Duration::from_secs(1));
    assert!(tenant.values().is_empty());
    for wrong in ["", "{}", r#"{"advance_seconds": -1}"#, r#"{"advance_seconds": "1"}"#] {
        assert_eq!(control(&tenant, "POST", "clock", wrong).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn faults_are_checked_when_they_are_added() {
    let tenant = Tenant::start(Options::default()).await;
    assert_eq!(
        control(&tenant, "POST", "faults", r#"[{"kind": "status", "code": 503}]"#)
            .await
            .0,
        204
    );
    assert_eq!(
        tenant.get("/api/indicators").await.error(),
        (503, "503".to_owned(), "Service Unavailable".to_owned())
    );
    let (status, error) = control(
        &tenant,
        "POST",
        "faults",
        r#"[{"kind": "status", "code": 500}, {"kind": "earthquake"}]"#,
    )
    .await;
    let message = error["error"]["message"].as_str().unwrap();
    assert_eq!(status, 400);
    for known in [
        "earthquake",
        "latency",
        "status_after",
        "drop_before",
        "refuse_call",
        "foreign_write",
    ] {
        assert!(message.contains(known), "{message}");
    }
    let (_, error) = control(&tenant, "POST", "faults", r#"[{"kind": "foreign_write", "row": {}}]"#).await;
    assert_eq!(error["error"]["message"], "`indicatorValue` is missing");
    assert_eq!(tenant.get("/api/indicators").await.status, 200, "all or none");
    tenant.simulator.put_rows(vec![domain("a.example")]).unwrap();
    let mut same = domain("a.example");
    same["id"] = json!("99");
    let fault = json!([{"kind": "foreign_write", "row": same}]).to_string();
    let (_, error) = control(&tenant, "POST", "faults", &fault).await;
    let message = "`a.example` with id 99 has the identity of the row with id 1";
    assert_eq!(error["error"]["message"], message);
}

#[tokio::test]
async fn faults_that_are_still_to_come_can_be_taken_back() {
    let tenant = Tenant::start(Options::default()).await;
    let faults = r#"[{"kind": "status", "code": 503, "times": 9}]"#;
    assert_eq!(control(&tenant, "POST", "faults", faults).await.0, 204);
    assert_eq!(tenant.get("/api/indicators").await.status, 503);
    assert_eq!(control(&tenant, "DELETE", "faults", "").await.0, 204);
    assert_eq!(tenant.get("/api/indicators").await.status, 200);
}

#[tokio::test]
async fn other_control_paths() {
    let tenant = Tenant::start(Options::default()).await;
    for (method, path, status) in [
        ("POST", "calls", 405),
        ("POST", "rows", 405),
        ("GET", "faults", 405),
        ("GET", "clock", 405),
        ("GET", "nothing", 404),
    ] {
        assert_eq!(control(&tenant, method, path, "").await.0, status, "{method} {path}");
    }
    assert!(tenant.simulator.calls().is_empty());
}
