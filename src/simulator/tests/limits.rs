//! The limits over HTTPS; their arithmetic is tested where it is written.

use std::time::Duration;

use super::{Tenant, domain, switched};
use crate::simulator::Options;

#[tokio::test(start_paused = true)]
async fn the_thirty_first_import_is_refused_in_the_recorded_words() {
    let tenant = Tenant::start(Options::default()).await;
    for _ in 0..30 {
        assert_eq!(tenant.import(&[domain("a.example")]).await.status, 200);
    }
    let refused = tenant.import(&[domain("a.example")]).await;
    let (status, code, message) = refused.error();
    assert_eq!(
        (status, code.as_str(), refused.header("retry-after")),
        (429, "429", "60")
    );
    assert_eq!(
        message,
        "API calls quota exceeded! Maximum allowed 30 per 00:01:00 for the key Destination+TenantID+AppID. \
         You can send requests again in 60 seconds."
    );
    assert_eq!(
        refused.json()["error"]["target"].as_str().unwrap(),
        tenant.variable("ARM_TENANT_ID")
    );
    assert_eq!(tenant.get("/api/indicators").await.status, 200, "another limit");
    tenant.simulator.advance(Duration::from_secs(60));
    assert_eq!(tenant.import(&[domain("a.example")]).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn each_destination_has_its_own_limit() {
    let tenant = Tenant::start(Options::default()).await;
    for _ in 0..100 {
        tenant.get("/api/indicators").await;
    }
    assert_eq!(
        tenant.get("/api/indicators/1").await.status,
        429,
        "lists and single reads count together"
    );
    for _ in 0..30 {
        tenant.batch_delete(&["1"]).await;
    }
    assert_eq!(tenant.batch_delete(&["1"]).await.status, 429, "refused calls count");
    assert_eq!(tenant.delete("/api/indicators/1").await.status, 404);
    assert_eq!(tenant.submit(&domain("a.example")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn switches_of_the_limits() {
    let tenant = Tenant::start(switched(&["--limits", "off"])).await;
    for _ in 0..31 {
        assert_eq!(tenant.import(&[domain("a.example")]).await.status, 200);
    }
    for (early_retry, after) in [("prolongs", 429), ("ignored", 200)] {
        let tenant = Tenant::start(switched(&["--retry-after", "omitted", "--early-retry", early_retry])).await;
        for _ in 0..30 {
            tenant.import(&[domain("a.example")]).await;
        }
        tenant.simulator.advance(Duration::from_secs(20));
        let refused = tenant.import(&[domain("a.example")]).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, ""));
        tenant.simulator.advance(Duration::from_secs(10));
        assert_eq!(tenant.import(&[domain("a.example")]).await.status, 429);
        tenant.simulator.advance(Duration::from_secs(31));
        assert_eq!(
            tenant.import(&[domain("a.example")]).await.status,
            after,
            "{early_retry}"
        );
    }
}
