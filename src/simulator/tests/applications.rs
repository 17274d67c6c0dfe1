//! Two applications in one tenant.

use std::path::Path;

use serde_json::{Value, json};

use super::sign_in::claims;
use super::{Tenant, domain, switched};

/// A tenant with two applications, the second one with this permission.
async fn two(permission: &str) -> (Tenant, Tenant) {
    let second = format!("display-name=Second,permission={permission}");
    let first = Tenant::start(switched(&["--display-name", "First", "--application", &second])).await;
    let second = first.called_by(1).await;
    (first, second)
}

fn values(page: &Value) -> Vec<&str> {
    let rows = page["value"].as_array().unwrap();
    rows.iter().map(|row| row["indicatorValue"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_row_has_the_name_of_its_application() {
    let (first, second) = two("all").await;
    assert_ne!(first.variable("ARM_CLIENT_ID"), second.variable("ARM_CLIENT_ID"));
    assert_ne!(
        first.variable("ARM_CLIENT_SECRET"),
        second.variable("ARM_CLIENT_SECRET")
    );
    assert_eq!(first.variable("ARM_TENANT_ID"), second.variable("ARM_TENANT_ID"));
    assert_ne!(claims(&first.token)["oid"], claims(&second.token)["oid"]);

    first.submit(&domain("first.example")).await;
    second.results(&[domain("second.example")]).await;
    let rows = first.simulator.rows();
    for (row, tenant, name) in [(&rows[0], &first, "First"), (&rows[1], &second, "Second")] {
        assert_eq!(row["createdBy"], claims(&tenant.token)["appid"]);
        assert_eq!(row["createdBy"].as_str().unwrap(), tenant.variable("ARM_CLIENT_ID"));
        assert_eq!(
            (&row["createdByDisplayName"], &row["createdBySource"]),
            (&json!(name), &json!("PublicApi"))
        );
    }
    // An update by the other one changes who wrote last, and not who made it.
    let updated = second.submit(&domain("first.example")).await.json();
    assert_eq!(updated["createdByDisplayName"], "First");
    assert_eq!(
        updated["lastUpdatedBy"].as_str().unwrap(),
        second.variable("ARM_CLIENT_ID")
    );
}

#[tokio::test]
async fn one_sees_all_rows_and_the_other_its_own() {
    let (all, own) = two("own").await;
    all.submit(&domain("first.example")).await;
    own.results(&[domain("second.example")]).await;
    assert_eq!(
        values(&all.get("/api/indicators").await.json()),
        ["first.example", "second.example"]
    );
    assert_eq!(values(&own.get("/api/indicators").await.json()), ["second.example"]);
    assert_eq!(claims(&own.token)["roles"], json!(["Ti.ReadWrite", "Score.Read.All"]));
    assert_eq!(own.get("/api/indicators/1").await.status, 404);
    assert_eq!(own.batch_delete(&["2", "1"]).await.status, 404);
    assert_eq!(all.batch_delete(&["2", "1"]).await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn each_has_limits_of_its_own() {
    let (first, second) = two("all").await;
    for _ in 0..30 {
        assert_eq!(first.import(&[domain("a.example")]).await.status, 200);
    }
    assert_eq!(first.import(&[domain("a.example")]).await.status, 429);
    assert_eq!(second.import(&[domain("a.example")]).await.status, 200);
}

#[tokio::test]
async fn each_has_a_file_with_its_credentials() {
    let (first, second) = two("own").await;
    for (tenant, name) in [(&first, "environment"), (&second, "environment-2")] {
        let lines = std::fs::read_to_string(Path::new(first.simulator.directory()).join(name)).unwrap();
        let secret = tenant.variable("ARM_CLIENT_SECRET");
        assert!(lines.ends_with(&format!("ARM_CLIENT_SECRET={secret}\n")), "{lines}");
        assert_eq!(lines.lines().count(), 6);
    }
    assert_eq!(first.simulator.environment(), first.simulator.environments()[0]);
}

#[tokio::test]
async fn two_with_one_id_are_refused() {
    let options = switched(&["--client-id", "x", "--application", "client-id=X"]);
    let error = crate::simulator::Simulator::start(options).await.unwrap_err();
    assert!(
        error.to_string().starts_with("two applications have the client id X."),
        "{error}"
    );
}
