//! The listing and the process's own writes.

use crate::defender::Clock;
use crate::defender::testing::{Service, client, domain, domains};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn own_writes_show_without_asking_again() {
    let service = Service::new();
    service.fill(3);
    let client = client(&service);
    let before = client.listing().await.unwrap();
    client.delete(vec!["2".to_owned()]).await.remove(0).unwrap();
    let id = client.upsert(vec![domain("new.example")]).await.remove(0).unwrap();
    let after = client.listing().await.unwrap();
    assert_eq!(before.len(), 3, "what somebody holds does not change in their hands");
    assert_eq!(
        after.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["1", "3", "4"]
    );
    let row = after.get(&id).unwrap();
    assert_eq!(row.facts.created_by.as_deref(), Some(client.application_id()));
    assert_eq!(service.count("/indicators"), 1);
    assert!(Arc::ptr_eq(&after, &client.listing().await.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn writes_made_while_a_listing_is_under_way_are_in_it() {
    let service = Service::new();
    service.fill(2);
    let client = client(&service);
    // The rows of the answer are those of the moment in the middle of the call.
    service.set_latency(Duration::from_secs(10));
    let listing = tokio::spawn({
        let client = client.clone();
        async move { client.listing().await }
    });
    service.clock().sleep(Duration::from_secs(6)).await;
    service.set_latency(Duration::ZERO);
    client.upsert(domains(3)).await;
    client.delete(vec!["1".to_owned()]).await;
    let listing = listing.await.unwrap().unwrap();
    assert_eq!(
        listing.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["2", "3"]
    );
    assert_eq!(client.listing().await.unwrap().len(), 2);
    assert_eq!(service.count("/indicators"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_listing_replaces_the_one_that_is_kept() {
    let service = Service::new();
    service.fill(1);
    let client = client(&service);
    client.listing().await.unwrap();
    service.tenant().rows.clear();
    assert_eq!(client.listing().await.unwrap().len(), 1);
    assert_eq!(client.fresh_listing().await.unwrap().len(), 0);
    assert_eq!(client.listing().await.unwrap().len(), 0);
}
