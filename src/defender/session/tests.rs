//! Calls through the double of the service, in virtual time.

use crate::defender::error::Kind;
use crate::defender::http::Reply;
use crate::defender::testing::{self, Service, client, client_with, cut_off, json, lost, refusal, settings};
use crate::defender::{Client, Clock, Obstacle, Settings, Wait, WriteError};
use bytes::Bytes;
use futures::StreamExt;
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
async fn an_answer_without_end_is_left() {
    let service = Service::new();
    service.fill(1);
    service.next_times(3, |_, _| {
        let part = || Ok(Bytes::from_static(&[b' '; 1000]));
        Ok(Reply {
            status: 200,
            retry_after: None,
            challenge: None,
            body: futures::stream::repeat_with(part).boxed(),
        })
    });
    let answers = testing::delete(&client(&service), vec!["1".into()]).await;
    let error = answers[0].as_ref().unwrap_err().to_string();
    assert!(error.contains("the answer has more than 64 KiB"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_in_trouble_is_left_with_its_words_and_not_asked_again() {
    let service = Service::new();
    let client = client(&service);
    service.always(|_, _| refusal(500, "InternalServerError", "out of order"));
    let text = client.listing().await.unwrap_err().to_string();
    assert!(
        text.contains("HTTP 500") && text.contains("out of order") && text.contains("the-correlation-id"),
        "{text}"
    );
    let waited = service.clock().elapsed();
    assert!(
        (Duration::from_secs(25)..=Duration::from_secs(60)).contains(&waited),
        "{waited:?}"
    );
    let asked = service.log().len();
    for _ in 0..50 {
        assert_eq!(client.listing().await.unwrap_err().to_string(), text);
        assert_eq!(client.fresh_listing().await.unwrap_err().to_string(), text);
    }
    assert_eq!((service.log().len(), service.clock().elapsed()), (asked, waited));
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_is_refused_is_asked_for_once() {
    let service = Service::new();
    let client = client(&service);
    service.always(|_, _| refusal(401, "Unauthorized", "wrong audience"));
    for _ in 0..50 {
        let error = client.listing().await.unwrap_err();
        assert!(error.to_string().contains("wrong audience"), "{error}");
    }
    assert_eq!(service.log().len(), 2, "and once more with a new token");
}

/// What a host with ten operations at once makes of 50 indicators.
async fn fifty_singles(client: &Client) -> Vec<WriteError> {
    let single = |number: usize| async move {
        client.begins();
        let answers = client
            .upsert(vec![testing::domain(&format!("s{number}.example"))])
            .await;
        client.ends();
        answers.into_iter().next().unwrap().unwrap_err()
    };
    futures::stream::iter(0..50)
        .map(single)
        .buffer_unordered(10)
        .collect()
        .await
}

#[tokio::test(start_paused = true)]
async fn fifty_singles_are_no_more_patient_than_one() {
    for status in [503, 429] {
        let service = Service::new();
        let client = client(&service);
        service.always(move |tenant, call| {
            if call.path.ends_with("/import") {
                let mut reply = refusal(status, "Busy", "try later")?;
                // More than the hour that the service counts.
                reply.retry_after = (status == 429).then_some(Duration::from_secs(65 * 60));
                Ok(reply)
            } else {
                tenant.answer(call)
            }
        });
        let errors = fifty_singles(&client).await;
        let took = service.clock().elapsed();
        assert!(took < Duration::from_secs(80), "{status}: {took:?}");
        assert!(
            errors.iter().all(|error| error.to_string().contains("try later")),
            "{errors:?}"
        );
        assert!(service.count("/import") < 12, "{:?}", service.log());
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_hangs_is_left_and_no_other_is_sent() {
    let service = Service::new();
    service.set_latency(Duration::from_secs(24 * 60 * 60));
    let client = client(&service);
    let errors = fifty_singles(&client).await;
    let took = service.clock().elapsed();
    // Two attempts of three minutes, and as long again to look for what became of it.
    assert!(took < Duration::from_secs(15 * 60), "{took:?}");
    assert!(errors[0].to_string().contains("within 180 s"), "{errors:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_ends_within_the_budget() {
    let service = Service::new();
    let clock = service.clock();
    service.always(move |_, _| {
        let clock = Arc::clone(&clock);
        let trickle = futures::stream::unfold((), move |()| {
            let clock = Arc::clone(&clock);
            async move {
                clock.sleep(Duration::from_secs(1)).await;
                Some((Ok(Bytes::from_static(b" ")), ()))
            }
        });
        Ok(Reply {
            status: 200,
            retry_after: None,
            challenge: None,
            body: trickle.boxed(),
        })
    });
    let error = client(&service).listing().await.unwrap_err();
    assert!(error.to_string().contains("no complete answer within 120 s"), "{error}");
    let took = service.clock().elapsed();
    assert!(took <= Duration::from_secs(120 + 60 + 120), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_listing_has_an_end_whatever_is_in_the_way() {
    let service = Service::new();
    let number = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    // Every other page is put off, and there is always another one.
    service.always(move |_, _| match number.fetch_add(1, Ordering::SeqCst) {
        number if number % 2 == 0 => refusal(429, "429", "You can send requests again in 50 seconds."),
        number => json(
            200,
            value!({"value": [], "@odata.nextLink": format!("/api/indicators?$skiptoken=t{number}")}),
        ),
    });
    let client = client(&service);
    let error = client.listing().await.unwrap_err();
    let took = service.clock().elapsed();
    assert!(took <= Duration::from_secs(15 * 60), "{took:?}: {error}");
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_is_told_once_when_it_is_over() {
    let service = Service::new();
    let client = client(&service);
    service.next(|_, _| refusal(429, "429", "You can send requests again in 57 seconds."));
    client.listing().await.unwrap();
    service.next(|_, _| refusal(503, "Busy", ""));
    client.fresh_listing().await.unwrap();
    assert_eq!(
        client.take_waits(),
        [Wait {
            purpose: "list the indicators",
            obstacle: Obstacle::Limit,
            time: Duration::from_secs(58),
        }],
        "the other one was short"
    );
    assert_eq!(client.take_waits(), []);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_a_listing_in_flight() {
    let service = Service::new();
    service.set_latency(Duration::from_secs(100));
    let client = client(&service);
    let listing = tokio::spawn({
        let client = client.clone();
        async move { client.listing().await }
    });
    service.clock().sleep(Duration::from_secs(5)).await;
    client.stop();
    assert!(listing.await.unwrap().unwrap_err().is_stopped());
    assert_eq!(service.clock().elapsed(), Duration::from_secs(5));
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
async fn a_call_that_is_put_off_again_and_again_is_left() {
    let service = Service::new();
    let client = client(&service);
    service.always(|_, _| refusal(429, "429", "API calls quota exceeded!"));
    let error = client.listing().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has waited 14 min for it, and the service asks for another 61 s"),
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
async fn an_error_names_the_call_whether_or_not_the_service_does() {
    let service = Service::new();
    service.next(|_, _| refusal(403, "Forbidden", "No."));
    let error = client(&service).listing().await.unwrap_err().to_string();
    assert!(error.contains("(correlation id the-correlation-id)"), "{error}");
    // Then it is the id that the call has sent, a GUID.
    service.next(|_, _| json(403, value!({"error": {"code": "Forbidden", "message": "No."}})));
    let error = client(&service).listing().await.unwrap_err().to_string();
    let (_, id) = error.split_once("(correlation id ").unwrap();
    let (id, _) = id.split_once(')').unwrap();
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{error}");
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_a_pause() {
    let service = Service::new();
    let client = client(&service);
    service.next(|_, _| refusal(429, "429", "You can send requests again in 600 seconds."));
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

#[tokio::test(start_paused = true)]
async fn the_user_may_limit_how_often_a_call_is_made_again_and_how_long_it_takes() {
    for (retries, calls) in [(0, 1), (2, 3)] {
        let service = Service::new();
        let settings = Settings {
            max_retries: Some(retries),
            ..settings()
        };
        let client = client_with(&service, &settings);
        service.always(|_, _| refusal(503, "ServiceUnavailable", "busy"));
        assert!(client.listing().await.is_err());
        assert_eq!(service.log().len(), calls);
    }
    // A limit that is used up is waited for all the same.
    let service = Service::new();
    let settings_without_retries = Settings {
        max_retries: Some(0),
        ..settings()
    };
    service.next(|_, _| refusal(429, "429", THROTTLED));
    client_with(&service, &settings_without_retries)
        .listing()
        .await
        .unwrap();

    let service = Service::new();
    service.set_latency(Duration::from_secs(30));
    let settings = Settings {
        request_timeout: Some(Duration::from_secs(20)),
        max_retries: Some(1),
        ..settings()
    };
    let error = client_with(&service, &settings).listing().await.unwrap_err();
    assert!(error.to_string().contains("within 20 s"), "{error}");
    assert_eq!(service.log().len(), 2);
}
