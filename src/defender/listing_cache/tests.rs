//! The listing and the process's own writes.

use crate::defender::Clock;
use crate::defender::testing::{Service, client, delete, domain, domains};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn own_writes_show_without_asking_again() {
    let service = Service::new();
    service.fill(3);
    let client = client(&service);
    let before = client.listing().await.unwrap();
    delete(&client, vec!["2".into()]).await.remove(0).unwrap();
    let id = client.upsert(vec![domain("new.example")]).await.remove(0).unwrap();
    let after = client.listing().await.unwrap();
    assert_eq!(before.len(), 3, "what somebody holds does not change in their hands");
    assert_eq!(
        after.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["1", "3", "4"]
    );
    let row = after.get(&id).unwrap();
    assert_eq!(row.facts.created_by.as_deref(), client.principal().author());
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
    delete(&client, vec!["1".into()]).await;
    let listing = listing.await.unwrap().unwrap();
    assert_eq!(
        listing.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["2", "3"]
    );
    assert_eq!(client.listing().await.unwrap().len(), 2);
    // A row that goes between two pages is a sign that rows move, whoever has deleted it.
    assert_eq!(service.count("/indicators"), 2);
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

#[tokio::test(start_paused = true)]
async fn those_who_ask_anew_at_the_same_time_share_a_listing_that_is_newer_than_their_writes() {
    let service = Service::new();
    let client = client(&service);
    service.set_latency(Duration::from_secs(10));
    let ask = |number: usize| {
        let client = client.clone();
        async move {
            client.upsert(vec![domain(&format!("d{number}.example"))]).await;
            let listing = client.fresh_listing().await.unwrap();
            let value = format!("d{number}.example");
            assert!(listing.iter().any(|row| row.indicator.value == value), "{value}");
        }
    };
    futures::future::join_all((0..40).map(ask)).await;
    assert!(service.count("/indicators") <= 2, "{:?}", service.log());
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_is_under_way_is_too_old_to_be_shared() {
    let service = Service::new();
    let client = client(&service);
    service.set_latency(Duration::from_secs(10));
    let ask = |after: u64| {
        let (client, clock) = (client.clone(), service.clock());
        async move {
            clock.sleep(Duration::from_secs(after)).await;
            client.fresh_listing().await.unwrap().len()
        }
    };
    let portal = async {
        service.clock().sleep(Duration::from_secs(6)).await;
        service.fill(3);
    };
    let (first, second, third, ()) = tokio::join!(ask(0), ask(7), ask(8), portal);
    assert_eq!((first, second, third), (0, 3, 3));
    assert_eq!(service.count("/indicators"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_older_listing_that_ends_later_does_not_replace_a_newer_one() {
    let service = Service::new();
    let client = client(&service);
    service.fill(1);
    // The rows of the first answer are those of its middle, and it ends after all of the second one.
    service.set_latency(Duration::from_secs(100));
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.listing().await }
    });
    service.clock().sleep(Duration::from_secs(60)).await;
    service.set_latency(Duration::ZERO);
    service.tenant().rows.clear();
    let second = client.fresh_listing().await.unwrap();
    assert!(second.is_empty());
    let first = first.await.unwrap().unwrap();
    assert!(first.is_empty(), "the newer one, since there is one");
    assert!(client.listing().await.unwrap().is_empty());
    assert_eq!(service.count("/indicators"), 2);
}
