//! Imports that go wrong in every way that is known, and what is left of each.

mod unclear;

use crate::defender::error::Kind;
use crate::defender::testing::{Service, client, client_with, domain, domains, json, refusal, settings};
use crate::defender::{Clock, Settings, WriteError};
use crate::indicator::{Action, Indicator, RowId};
use serde_json::{Value, json as value};
use std::collections::HashSet;
use std::time::Duration;

/// The values that a call carries.
fn values(body: &Value) -> Vec<String> {
    let items = body["Indicators"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["indicatorValue"].as_str().unwrap().to_owned())
        .collect()
}

/// From now on, a call with any of these values is refused as a whole.
fn refuse(service: &Service, calls: usize, bad: &[&str], message: fn(&str) -> String) {
    let bad: HashSet<String> = bad.iter().map(|value| (*value).to_owned()).collect();
    service.next_times(calls, move |tenant, call| {
        match values(&call.body).iter().find(|value| bad.contains(*value)) {
            Some(value) if call.path.ends_with("/import") => refusal(400, "BadRequest", &message(value)),
            _ => tenant.answer(call),
        }
    });
}

fn inactive(value: &str) -> String {
    format!("Indicator {value} is inactive. (Expiration time should be set to a future date time)")
}

fn nameless(_: &str) -> String {
    "Request body is incorrect".to_owned()
}

fn reason(answer: &Result<RowId, WriteError>) -> &str {
    match answer {
        Err(WriteError::Refused { reason } | WriteError::RefusedWithOthers { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn failures_inside_a_successful_answer_fail_those_items_only() {
    let service = Service::new();
    service.next(|_, _| {
        json(
            200,
            value!({"value": [
                {"id": "1", "indicator": "d0.example", "isFailed": false, "failureReason": null},
                {"id": null, "indicator": "d1.example", "isFailed": true, "failureReason": "Invalid value"},
                {"id": null, "indicator": "d2.example", "isFailed": true,
                 "failureReason": "Max capacity exceeded. Current Total: 15000, Limit: 15000"},
            ]}),
        )
    });
    let answers = client(&service).upsert(domains(3)).await;
    assert_eq!(answers[0].as_ref().unwrap(), "1");
    assert_eq!(reason(&answers[1]), "Invalid value");
    assert!(answers[2].as_ref().unwrap_err().is_capacity());
    assert_eq!(service.log(), ["import 3"]);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_the_refusal_names_is_left_out() {
    let service = Service::new();
    refuse(&service, 9, &["d7.example", "d42.example"], inactive);
    let answers = client(&service).upsert(domains(100)).await;
    for (position, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_err(), [7, 42].contains(&position), "{position}");
    }
    assert!(
        reason(&answers[7]).contains("d7.example is inactive") && reason(&answers[7]).contains("the-correlation-id")
    );
    assert_eq!(service.log(), ["import 100", "import 99", "import 98"]);
}

#[tokio::test(start_paused = true)]
async fn a_nameless_refusal_is_narrowed_down_by_halves() {
    let service = Service::new();
    refuse(&service, 99, &["d123.example"], nameless);
    let answers = client(&service).upsert(domains(500)).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 499);
    assert!(reason(&answers[123]).contains("Request body is incorrect"));
    assert_eq!(service.log().len(), 19);
    assert_eq!(service.tenant().rows.len(), 499);
}

#[tokio::test(start_paused = true)]
async fn many_bad_items_cost_a_bounded_number_of_calls() {
    let service = Service::new();
    let bad: Vec<String> = (0..50).map(|number| format!("d{}.example", number * 10)).collect();
    refuse(
        &service,
        999,
        &bad.iter().map(String::as_str).collect::<Vec<_>>(),
        nameless,
    );
    let answers = client(&service).upsert(domains(500)).await;
    assert_eq!(service.log().len(), 65);
    assert!(
        answers
            .iter()
            .all(|answer| answer.is_ok() || reason(answer).contains("Request body is incorrect"))
    );
    let kept = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(kept, service.tenant().rows.len());
    assert!((1..500).contains(&kept));
}

#[tokio::test(start_paused = true)]
async fn of_many_expired_items_the_good_ones_do_not_wait() {
    let service = Service::new();
    let past = service.clock().now() - Duration::from_secs(60);
    let mut items = domains(300);
    let mut bad = Vec::new();
    for position in 0..100 {
        items[position * 3].fields.expiration_time = Some(past);
        bad.push(items[position * 3].value.clone());
    }
    refuse(
        &service,
        999,
        &bad.iter().map(String::as_str).collect::<Vec<_>>(),
        inactive,
    );
    let answers = client(&service).upsert(items).await;
    for (position, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_ok(), position % 3 != 0, "{position}");
    }
    assert_eq!(
        service.log(),
        ["import 300", "import 200"],
        "what is known to be expired is not sent again"
    );
    assert!(reason(&answers[297]).contains("is inactive"));
}

#[tokio::test(start_paused = true)]
async fn two_items_of_one_value_are_told_apart() {
    let service = Service::new();
    let items = vec![
        domain("a.example"),
        Indicator {
            action: Action::Audit,
            ..domain("a.example")
        },
        domain("b.example"),
    ];
    service.next_times(9, |tenant, call| {
        let audit = call.body["Indicators"]
            .as_array()
            .unwrap()
            .iter()
            .any(|item| item["action"] == "Audit");
        if audit {
            refusal(400, "BadRequest", "a.example needs an alert")
        } else {
            tenant.answer(call)
        }
    });
    let answers = client(&service).upsert(items).await;
    assert_eq!(
        answers.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(service.log(), ["import 2", "import 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_not_asked_once_per_batch() {
    let service = Service::new();
    let settings = Settings {
        batch_size: 10,
        ..settings()
    };
    service.always(|tenant, call| match call.path.ends_with("/import") {
        true => refusal(503, "ServiceUnavailable", "down"),
        false => tenant.answer(call),
    });
    let answers = client_with(&service, &settings).upsert(domains(100)).await;
    let first = service.calls()[0].body.clone();
    let imports = service
        .calls()
        .into_iter()
        .filter(|call| call.path.ends_with("/import"));
    assert!(imports.clone().count() > 4 && imports.clone().all(|call| call.body == first));
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(WriteError::Failed(_))))
    );
    let text = answers[99].as_ref().unwrap_err().to_string();
    assert!(text.contains("HTTP 503") && text.contains("down"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_fails_everything_at_once() {
    let service = Service::new();
    service.next_times(9, |_, _| refusal(403, "Forbidden", "Missing application roles."));
    let answers = client(&service).upsert(domains(1200)).await;
    assert_eq!(service.log(), ["import 500"]);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(WriteError::Failed(error)) if error.kind() == Kind::Forbidden))
    );
}

#[tokio::test(start_paused = true)]
async fn device_groups_that_are_out_of_reach_fail_their_items_only() {
    let service = Service::new();
    service.next_times(99, |tenant, call| {
        if values(&call.body).contains(&"d3.example".to_owned()) {
            refusal(403, "Forbidden", "No access to the indicator's device groups")
        } else {
            tenant.answer(call)
        }
    });
    let answers = client(&service).upsert(domains(8)).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 7);
    assert!(reason(&answers[3]).contains("device groups"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_not_about_items_is_taken_apart_once() {
    let service = Service::new();
    service.next_times(65 + 3 * 11, |_, _| {
        refusal(400, "InvalidRequestBody", "Request body is incorrect")
    });
    let client = client(&service);
    let answers = client.upsert(domains(2000)).await;
    assert!(
        answers
            .iter()
            .all(|answer| reason(answer).contains("Request body is incorrect"))
    );
    assert_eq!(
        service.log().len(),
        65 + 3 * 11,
        "one batch in pieces, a few calls for the other three"
    );
    assert!(client.upsert(domains(3)).await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn a_batch_after_one_that_was_hopeless_still_saves_its_good_items() {
    let service = Service::new();
    let hopeless: Vec<String> = (0..500).map(|number| format!("d{number}.example")).collect();
    let mut bad: Vec<&str> = hopeless.iter().map(String::as_str).collect();
    bad.push("d700.example");
    refuse(&service, 999, &bad, nameless);
    let answers = client(&service).upsert(domains(1000)).await;
    let kept = answers[500..].iter().filter(|answer| answer.is_ok()).count();
    assert!(kept >= 480, "{kept}");
    let Err(error @ WriteError::RefusedWithOthers { .. }) = &answers[701] else {
        panic!("{:?}", answers[701]);
    };
    assert!(error.to_string().contains("several indicators"), "{error}");
    assert!(!error.hint().starts_with("Correct the indicator"), "{}", error.hint());
}

#[tokio::test(start_paused = true)]
async fn a_hundred_named_items_do_not_shut_the_others_out() {
    let domain = |number: usize| format!("d{number}.example");
    // A list that was appended to, and one that is bad all over, of which one call can find one item only.
    for (bad, least) in [
        ((300..400).map(domain).collect::<Vec<String>>(), 340),
        ((0..100).map(|number| domain(number * 5)).collect(), 130),
    ] {
        let service = Service::new();
        let client = client(&service);
        let begun = service.clock().elapsed();
        let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
        refuse(&service, 65 + 65, &bad, inactive);
        let answers = client.upsert(domains(500)).await;
        let kept = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!(kept >= least, "{kept}");
        assert_eq!((service.log().len(), service.tenant().rows.len()), (65, kept));
        assert!(service.clock().elapsed() - begun < Duration::from_secs(3 * 60));

        // Whoever takes out what is named gets the others with the next apply.
        let is_found = |answer: &Result<RowId, WriteError>| !matches!(answer, Err(WriteError::Refused { .. }));
        let left = domains(500).into_iter().zip(&answers);
        let left: Vec<Indicator> = left
            .filter(|(_, answer)| is_found(answer))
            .map(|(item, _)| item)
            .collect();
        for (item, answer) in left.clone().into_iter().zip(client.upsert(left).await) {
            assert_eq!(answer.is_err(), bad.contains(&item.value.as_str()), "{}", item.value);
        }
        assert_eq!(service.tenant().rows.len(), 400);
    }
}

#[tokio::test(start_paused = true)]
async fn a_smaller_share_of_the_limits_makes_for_a_smaller_search() {
    let service = Service::new();
    let settings = Settings {
        quota_share: 50,
        ..settings()
    };
    service.next_times(99, |_, _| refusal(400, "BadRequest", "Request body is incorrect"));
    let begun = service.clock().elapsed();
    client_with(&service, &settings).upsert(domains(500)).await;
    assert_eq!(service.log().len(), 33);
    assert!(service.clock().elapsed() - begun < Duration::from_secs(3 * 60));
}
