//! Each kind of fault.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tenant, domain};
use crate::simulator::{Fault, FaultKind, Options};

async fn tenant(faults: Vec<Fault>) -> Tenant {
    let tenant = Tenant::start(Options::default()).await;
    tenant.simulator.add_faults(faults).unwrap();
    tenant
}

fn import_path() -> &'static str {
    "/indicators/import"
}

async fn try_import(tenant: &Tenant, items: &[Value]) -> Result<u16, reqwest::Error> {
    let body = json!({"Indicators": items});
    tenant
        .try_call("POST", "/api/indicators/import", &body)
        .await
        .map(|answer| answer.status)
}

#[tokio::test]
async fn a_status_before_does_nothing_and_a_status_after_has_done_it() {
    let kind = |code, retry_after| FaultKind::Status {
        code,
        message: None,
        retry_after,
    };
    let after = FaultKind::StatusAfter {
        code: 500,
        message: Some("oops".into()),
        retry_after: None,
    };
    let tenant = tenant(vec![
        Fault::new(kind(500, None)).on("POST", import_path()),
        Fault::new(kind(429, Some(5))).on("post", import_path()),
        Fault::new(after).on("POST", import_path()),
    ])
    .await;
    assert_eq!(tenant.get("/api/indicators").await.status, 200, "another path");
    let before = tenant.import(&[domain("a.example")]).await.error();
    assert_eq!(
        before,
        (
            500,
            "InternalServerError".to_owned(),
            "Internal server error.".to_owned()
        )
    );
    let throttled = tenant.import(&[domain("a.example")]).await;
    assert_eq!((throttled.status, throttled.header("retry-after")), (429, "5"));
    assert!(throttled.body.contains("You can send requests again in 5 seconds."));
    assert!(tenant.values().is_empty());
    assert_eq!(tenant.import(&[domain("a.example")]).await.error().2, "oops");
    assert_eq!(tenant.values(), ["a.example"]);
    assert_eq!(tenant.statuses(), [200, 500, 429, 500]);
}

#[tokio::test]
async fn a_dropped_connection_before_or_after() {
    let fault = |kind| Fault::new(kind).on("POST", import_path());
    let tenant = tenant(vec![fault(FaultKind::DropBefore {}), fault(FaultKind::DropAfter {})]).await;
    assert!(try_import(&tenant, &[domain("a.example")]).await.is_err());
    assert!(tenant.values().is_empty());
    assert!(try_import(&tenant, &[domain("a.example")]).await.is_err());
    assert_eq!(tenant.values(), ["a.example"]);
    assert_eq!(try_import(&tenant, &[domain("a.example")]).await.unwrap(), 200);
    assert_eq!(tenant.statuses(), [0, 0, 200]);
    assert_eq!(tenant.simulator.calls()[1].items, 1);
}

#[tokio::test]
async fn a_truncated_body_has_half_of_it() {
    let tenant = tenant(vec![Fault::new(FaultKind::Truncate {}).times(2)]).await;
    let sent = tenant
        .request("POST", "/api/indicators")
        .json(&domain("a.example"))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200, "the head arrives");
    assert!(sent.text().await.is_err());
    assert_eq!(tenant.values(), ["a.example"]);
    assert!(tenant.try_call("GET", "/api/indicators", &Value::Null).await.is_err());
    let whole = tenant.get("/api/indicators").await;
    assert_eq!(whole.status, 200);
    let calls = tenant.simulator.calls();
    assert_eq!(calls[1].sent, calls[2].sent / 2, "the log has what was sent");
}

#[tokio::test]
async fn a_truncated_answer_without_a_body_does_not_arrive() {
    let tenant = tenant(vec![Fault::new(FaultKind::Truncate {}).on("POST", "/BatchDelete")]).await;
    tenant.import(&[domain("a.example")]).await;
    let ids = json!({"IndicatorIds": ["1"]});
    assert!(
        tenant
            .try_call("POST", "/api/indicators/BatchDelete", &ids)
            .await
            .is_err()
    );
    assert!(tenant.values().is_empty(), "and yet it is done");
    assert_eq!(tenant.statuses(), [200, 0]);
}

#[tokio::test]
async fn a_held_call_waits_until_the_faults_are_cleared() {
    let broken = FaultKind::Status {
        code: 503,
        message: None,
        retry_after: None,
    };
    let tenant = tenant(vec![
        Fault::new(FaultKind::Hold {}).times(2),
        Fault::new(broken).after(2).times(9),
    ])
    .await;
    let items = [domain("a.example")];
    let held = async { futures::join!(try_import(&tenant, &items), tenant.get("/api/indicators")) };
    let release = async {
        // Without a timer: the calls have to come through the network first.
        while tenant.statuses().len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(tenant.statuses(), [0, 0]);
        assert!(tenant.values().is_empty());
        tenant.simulator.clear_faults();
    };
    let ((imported, listed), ()) = futures::join!(held, release);
    assert_eq!((imported.unwrap(), listed.status), (200, 200));
    assert_eq!(tenant.values(), ["a.example"]);
    assert_eq!(
        tenant.get("/api/indicators").await.status,
        200,
        "the other fault is gone too"
    );
}

#[tokio::test]
async fn results_may_be_short_or_shuffled() {
    let tenant = tenant(vec![
        Fault::new(FaultKind::ShortResults { missing: 2 }),
        Fault::new(FaultKind::ShuffleResults {}).after(1),
    ])
    .await;
    let items = [domain("a.example"), domain("b.example"), domain("c.example")];
    assert_eq!(tenant.results(&items).await, ["a.example 1"]);
    assert_eq!(tenant.values().len(), 3);
    assert_eq!(
        tenant.results(&items).await,
        ["c.example 3", "b.example 2", "a.example 1"]
    );
    assert_eq!(
        tenant.results(&items).await,
        ["a.example 1", "b.example 2", "c.example 3"]
    );
}

#[tokio::test]
async fn items_fail_or_refuse_the_call() {
    let fail = FaultKind::FailItems {
        values: vec!["b.example".into()],
        reason: "because".into(),
    };
    let refuse = FaultKind::RefuseCall {
        values: vec!["z".into(), "b.example".into()],
        message: "{value} is bad".into(),
    };
    let tenant = tenant(vec![Fault::new(fail).times(2), Fault::new(refuse).times(2).after(2)]).await;
    let items = [domain("a.example"), domain("b.example")];
    assert_eq!(tenant.results(&items).await, ["a.example 1", "b.example: because"]);
    assert_eq!(
        tenant.submit(&items[1]).await.error(),
        (400, "BadRequest".to_owned(), "because".to_owned())
    );
    assert_eq!(
        tenant.import(&items).await.error(),
        (400, "BadRequest".to_owned(), "b.example is bad".to_owned())
    );
    assert_eq!(
        tenant.results(&items[..1]).await,
        ["a.example 1"],
        "without the value it goes through"
    );
    assert_eq!(tenant.submit(&items[1]).await.error().2, "b.example is bad");
    assert_eq!(tenant.results(&items).await, ["a.example 1", "b.example 2"]);
    let ids = FaultKind::RefuseCall {
        values: vec!["2".into()],
        message: "no".into(),
    };
    tenant.simulator.add_faults(vec![Fault::new(ids)]).unwrap();
    assert_eq!(tenant.batch_delete(&["1", "2"]).await.error().2, "no");
}

#[tokio::test]
async fn an_action_fails_and_another_one_of_the_same_value_does_not() {
    let fail = FaultKind::FailAction {
        action: "Allowed".into(),
        values: vec!["a.example".into()],
        reason: "because".into(),
    };
    let tenant = tenant(vec![Fault::new(fail).times(2)]).await;
    let allowed = |value: &str| {
        let mut item = domain(value);
        item["action"] = "Allowed".into();
        item
    };
    let items = [domain("a.example"), allowed("a.example"), allowed("b.example")];
    assert_eq!(
        tenant.results(&items).await,
        ["a.example 1", "a.example: because", "b.example 2"]
    );
    assert_eq!(tenant.submit(&items[1]).await.error().2, "because");
}

#[tokio::test]
async fn rows_move_between_pages() {
    let tenant = tenant(vec![Fault::new(FaultKind::MoveRows { remove: 1, add: 1 })]).await;
    tenant
        .simulator
        .put_rows(["a", "b", "c", "d"].iter().map(|value| domain(value)).collect())
        .unwrap();
    let values = |page: Value| -> Vec<String> {
        page["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["indicatorValue"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(values(tenant.get("/api/indicators?$top=2").await.json()), ["a", "b"]);
    assert_eq!(
        values(tenant.get("/api/indicators?$top=2&$skip=2").await.json()),
        ["d", "moved-5.example"]
    );
}

#[tokio::test]
async fn the_portal_writes_before_a_call() {
    let write = |row: Value, delete| Fault::new(FaultKind::ForeignWrite { row, delete });
    let tenant = tenant(vec![
        write(domain("a.example"), false),
        write(json!({"id": "1", "title": "edited"}), false).after(1),
        write(domain("a.example"), true).after(2),
        write(json!({"id": "1", "title": "too late"}), false).after(3),
    ])
    .await;
    assert_eq!(
        tenant.get("/api/indicators/1").await.json()["createdBySource"],
        "Portal"
    );
    assert_eq!(tenant.get("/api/indicators/1").await.json()["title"], "edited");
    assert_eq!(tenant.get("/api/indicators/1").await.status, 404);
    assert_eq!(tenant.get("/api/indicators/1").await.status, 404);
    let wrong = write(json!({"indicatorValue": 1}), false);
    assert!(tenant.simulator.add_faults(vec![wrong]).is_err());
}

#[tokio::test]
async fn latency_delays_the_answer_and_a_hanging_call_has_none() {
    let tenant = tenant(vec![
        Fault::new(FaultKind::Latency { ms: 90_000 }),
        Fault::new(FaultKind::Hang {}).after(1),
    ])
    .await;
    // From here on the runtime's clock jumps to whatever is waited for.
    tokio::time::pause();
    let begin = tokio::time::Instant::now();
    assert_eq!(tenant.get("/api/indicators").await.status, 200);
    assert!(begin.elapsed() >= Duration::from_secs(90));
    let call = &tenant.simulator.calls()[0];
    assert!(call.end >= call.start + 90_000);
    let patience = Duration::from_secs(300);
    assert!(
        tokio::time::timeout(patience, tenant.get("/api/indicators"))
            .await
            .is_err()
    );
    assert_eq!(tenant.statuses(), [200, 0]);
}

#[tokio::test]
async fn faults_reach_the_token_endpoint_too() {
    let status = FaultKind::Status {
        code: 503,
        message: None,
        retry_after: None,
    };
    let tenant = tenant(vec![Fault::new(status).on("POST", "/oauth2/")]).await;
    assert_eq!(tenant.get("/api/indicators").await.status, 200);
    let path = format!("/{}/oauth2/v2.0/token", tenant.variable("ARM_TENANT_ID"));
    assert_eq!(tenant.call("POST", &path, &Value::Null).await.status, 503);
    assert_eq!(tenant.call("POST", &path, &Value::Null).await.status, 400);
}
