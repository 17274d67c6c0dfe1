//! Calls through the double of the service, in virtual time.

use crate::defender::error::Kind;
use crate::defender::testing::{self, Service, client, client_with, cut_off, json, lost, refusal, settings};
use crate::defender::{Clock, WriteError};
use serde_json::json as value;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const THROTTLED: &str = "API calls quota exceeded! Maximum allowed 30 per 00:01:00 for the key \
                         Destination+TenantID+AppID. You can send requests again in 8 seconds.";

#[tokio::test(start_paused = true)]
async fn calls_carry_the_token_and_it_is_asked_for_once() {
    let service = Service::new();
    let client = client(&service);
    client.authenticate().await.unwrap();
    for _ in 0..3 {
        client.fresh_listing().await.unwrap();
    }
    assert!(
        service
            .calls()
            .iter()
            .all(|call| call.authorization == "Bearer token-1")
    );
    assert_eq!(service.tokens.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn trouble_is_overcome_with_patience() {
    let service = Service::new();
    let client = client(&service);
    service.next(|_, _| refusal(503, "ServiceUnavailable", "busy"));
    service.next(lost);
    service.next(cut_off);
    service.next(|_, _| json(200, value!({"no": "list"})));
    assert!(client.listing().await.unwrap().is_empty());
    assert_eq!(service.log().len(), 5);
    let waited = service.clock().elapsed().as_secs_f64();
    assert!(
        (4.0..=8.0).contains(&waited),
        "1, 2, 4 and again 1 second less up to a half: {waited}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_in_trouble_is_given_up_with_its_words() {
    let service = Service::new();
    let client = client(&service);
    service.next_times(8, |_, _| refusal(500, "InternalServerError", "out of order"));
    let error = client.listing().await.unwrap_err();
    assert_eq!(service.log().len(), 8);
    let text = error.to_string();
    assert!(
        text.contains("HTTP 500") && text.contains("out of order") && text.contains("the-correlation-id"),
        "{text}"
    );
    assert!(client.listing().await.is_ok(), "a failure is not kept");
}

#[tokio::test(start_paused = true)]
async fn after_a_429_nothing_is_sent_for_as_long_as_the_service_asks() {
    let service = Service::new();
    let client = client(&service);
    service.next(|_, _| refusal(429, "429", THROTTLED));
    service.next(|_, _| {
        let mut reply = refusal(429, "TooManyRequests", "")?;
        reply.retry_after = Some(Duration::from_secs(20));
        Ok(reply)
    });
    client.listing().await.unwrap();
    let times: Vec<_> = service.calls().iter().map(|call| call.at.as_secs()).collect();
    assert_eq!(times, [0, 9, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_put_off_for_more_than_an_hour_is_given_up() {
    let service = Service::new();
    let client = client(&service);
    service.next_times(100, |_, _| refusal(429, "429", "API calls quota exceeded!"));
    let error = client.listing().await.unwrap_err();
    assert!(
        error.to_string().contains("throttled the call for 74 minutes"),
        "{error}"
    );
    assert!(error.hint().contains("quota_share"));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_accepted_is_renewed_once() {
    let service = Service::new();
    let client = client(&service);
    service.next(|_, _| refusal(401, "Unauthorized", "expired"));
    client.listing().await.unwrap();
    let tokens: Vec<_> = service.calls().into_iter().map(|call| call.authorization).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"]);

    service.next_times(2, |_, _| refusal(401, "Unauthorized", "wrong audience"));
    let error = client.fresh_listing().await.unwrap_err();
    assert!(
        error.kind() == Kind::Unauthorized && error.to_string().contains("wrong audience"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends() {
    let service = Service::new();
    let client = client(&service);
    client.fresh_listing().await.unwrap();
    service.clock().sleep(Duration::from_secs(3600 - 301)).await;
    client.fresh_listing().await.unwrap();
    service.clock().sleep(Duration::from_secs(1)).await;
    client.fresh_listing().await.unwrap();
    let tokens: Vec<_> = service.calls().into_iter().map(|call| call.authorization).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_403_is_told_at_once() {
    let service = Service::new();
    let client = client(&service);
    service.next(|_, _| {
        refusal(
            403,
            "Forbidden",
            "Missing application roles. API required roles: Ti.ReadWrite.All",
        )
    });
    let error = client.listing().await.unwrap_err();
    assert!(
        error.kind() == Kind::Forbidden && error.hint().contains("WindowsDefenderATP"),
        "{error}"
    );
    assert_eq!(service.log().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_a_pause() {
    let service = Service::new();
    let client = client(&service);
    service.next(|_, _| refusal(429, "429", "You can send requests again in 3000 seconds."));
    let listing = tokio::spawn({
        let client = client.clone();
        async move { client.listing().await }
    });
    service.clock().sleep(Duration::from_secs(5)).await;
    client.stop();
    assert!(listing.await.unwrap().unwrap_err().is_stopped());
    assert_eq!(service.clock().elapsed(), Duration::from_secs(5));
    assert!(client.listing().await.unwrap_err().is_stopped());
    assert_eq!(service.log().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_the_call_in_flight_end() {
    let service = Service::new();
    service.set_latency(Duration::from_secs(10));
    let client = client(&service);
    let writing = tokio::spawn({
        let client = client.clone();
        async move { client.upsert(testing::domains(1200)).await }
    });
    service.clock().sleep(Duration::from_secs(13)).await;
    client.stop();
    let answers = writing.await.unwrap();
    assert_eq!(service.log(), ["import 500", "import 500"]);
    assert!(answers[..1000].iter().all(Result::is_ok));
    assert!(
        answers[1000..]
            .iter()
            .all(|answer| matches!(answer, Err(WriteError::Stopped)))
    );
    assert_eq!(service.clock().elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn stopping_while_the_outcome_is_not_known_says_so() {
    let service = Service::new();
    let client = client(&service);
    service.next(testing::lost_after);
    let writing = tokio::spawn({
        let client = client.clone();
        async move { client.upsert(testing::domains(700)).await }
    });
    service.clock().sleep(Duration::from_millis(100)).await;
    client.stop();
    let answers = writing.await.unwrap();
    assert_eq!(service.log(), ["import 500"]);
    for answer in &answers[..500] {
        let error = answer.as_ref().unwrap_err();
        assert!(error.is_stopped() && matches!(error, WriteError::Failed(_)), "{error}");
    }
    assert!(
        answers[500..]
            .iter()
            .all(|answer| matches!(answer, Err(WriteError::Stopped)))
    );
}

#[tokio::test(start_paused = true)]
async fn a_share_of_the_limits_leaves_room_for_others() {
    let service = Service::new();
    let settings = crate::defender::Settings {
        quota_share: 10,
        batch_size: 1,
        ..settings()
    };
    let client = client_with(&service, &settings);
    let answers = client.upsert(testing::domains(7)).await;
    assert!(answers.iter().all(Result::is_ok));
    let minutes: Vec<_> = service.calls().iter().map(|call| call.at.as_secs() / 60).collect();
    assert_eq!(minutes, [0, 0, 0, 1, 1, 1, 2], "three a minute");
}

#[tokio::test(start_paused = true)]
async fn thirty_imports_run_through_and_the_next_waits() {
    let service = Service::new();
    service.set_latency(Duration::from_millis(900));
    let client = client(&service);
    let answers = client.upsert(testing::domains(31 * 500)).await;
    assert!(answers.iter().all(Result::is_ok));
    let calls = service.calls();
    assert_eq!(calls.len(), 31);
    assert_eq!(calls[29].at, Duration::from_millis(29 * 900 + 450));
    assert!(calls[30].at - calls[0].at > Duration::from_secs(60));
    assert!(calls[30].at - calls[0].at < Duration::from_secs(62));
}

#[tokio::test(start_paused = true)]
async fn waiters_share_one_listing() {
    let service = Service::new();
    service.set_latency(Duration::from_secs(1));
    let client = client(&service);
    let listings = futures::future::join_all((0..20).map(|_| client.listing())).await;
    assert!(
        listings
            .iter()
            .all(|listing| Arc::ptr_eq(listing.as_ref().unwrap(), listings[0].as_ref().unwrap()))
    );
    assert_eq!(service.log(), ["indicators"]);
}
