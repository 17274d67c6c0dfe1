//! Batch deletes that go wrong in every way that is known, and what is left of each.

use crate::defender::WriteError;
use crate::defender::error::Kind;
use crate::defender::testing::{Service, Tenant, client, delete, json, lost_after, page_of_html, refusal};
use crate::indicator::RowId;
use serde_json::{Value, json as value};

fn ids(ids: impl IntoIterator<Item = u64>) -> Vec<RowId> {
    ids.into_iter().map(|id| RowId::from(id.to_string())).collect()
}

#[tokio::test(start_paused = true)]
async fn five_hundred_a_call() {
    let service = Service::new();
    service.fill(1200);
    let answers = delete(&client(&service), ids(1..=1200)).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(service.log(), ["BatchDelete 500", "BatchDelete 500", "BatchDelete 200"]);
    assert!(service.tenant().rows.is_empty());
}

#[tokio::test(start_paused = true)]
async fn ids_that_are_gone_count_as_deleted() {
    let service = Service::new();
    service.fill(10);
    service.tenant().rows.remove(&3);
    let answers = delete(&client(&service), ids([1, 2, 3, 4, 99])).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(service.log(), ["BatchDelete 5", "indicators", "BatchDelete 3"]);
    assert_eq!(service.tenant().rows.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_expired_row_that_is_still_listed_is_deleted() {
    let service = Service::new();
    service.fill(2);
    service.tenant().rows.get_mut(&1).unwrap()["expirationTime"] = "2020-01-01T00:00:00Z".into();
    let answers = delete(&client(&service), ids([1, 7])).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(service.tenant().rows.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_goes_while_the_rows_are_looked_at_does_not_matter() {
    let service = Service::new();
    service.fill(4);
    service.next(|tenant, call| tenant.answer(call));
    service.next(|tenant, call| tenant.answer(call));
    service.next(|tenant, call| {
        let answer = tenant.answer(call);
        tenant.rows.remove(&2);
        answer
    });
    let answers = delete(&client(&service), ids([1, 2, 3, 4, 99])).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(service.tenant().rows.is_empty());
    assert_eq!(service.log()[..3], ["BatchDelete 5", "indicators", "BatchDelete 4"]);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_id_fails_alone() {
    let service = Service::new();
    service.fill(20);
    let mut ids = ids(1..=20);
    ids[6] = "seven".into();
    let answers = delete(&client(&service), ids).await;
    for (position, answer) in answers.iter().enumerate() {
        match answer {
            Err(WriteError::Refused { reason }) => {
                assert!(position == 6 && reason.contains("An id is malformed."), "{reason}");
            }
            other => assert!(position != 6 && other.is_ok(), "{position}"),
        }
    }
    assert_eq!(service.tenant().rows.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn rows_of_other_device_groups_fail_alone() {
    let service = Service::new();
    service.fill(8);
    service.next_times(99, |tenant, call| {
        let ids = call.body["IndicatorIds"].as_array().unwrap();
        if ids.iter().any(|id| id == "5") {
            refusal(403, "Forbidden", "No access to the device groups of an indicator")
        } else {
            tenant.answer(call)
        }
    });
    let answers = delete(&client(&service), ids(1..=8)).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 7);
    let Err(WriteError::Failed(error)) = &answers[4] else {
        panic!()
    };
    assert!(
        error.kind() == Kind::Forbidden && error.to_string().contains("device groups"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_was_done_but_not_answered_is_recognised() {
    let service = Service::new();
    service.fill(5);
    service.next(lost_after);
    let answers = delete(&client(&service), ids([1, 2])).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(service.log(), ["BatchDelete 2", "BatchDelete 2", "indicators"]);
    assert_eq!(service.tenant().rows.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_an_unanswered_delete_has_done_is_kept_when_the_service_goes_down() {
    let service = Service::new();
    service.fill(3);
    service.next(|tenant, _| {
        tenant.rows.remove(&1);
        refusal(500, "InternalServerError", "")
    });
    service.next_times(7, |_, _| refusal(500, "InternalServerError", ""));
    let answers = delete(&client(&service), ids([1, 2])).await;
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_404_of_something_else_than_the_api_deletes_nothing() {
    let service = Service::new();
    service.next_times(2, |_, _| refusal(404, "", "no such page"));
    let answers = delete(&client(&service), ids([1])).await;
    let error = answers[0].as_ref().unwrap_err();
    assert!(
        error.to_string().contains("no such page") && error.hint().contains("base_url"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_listed_but_said_not_to_exist_are_not_taken_for_deleted() {
    let service = Service::new();
    service.fill(3);
    service.next_times(20, |tenant, call| {
        if call.path.ends_with("BatchDelete") {
            refusal(404, "NotFound", "no")
        } else {
            tenant.answer(call)
        }
    });
    let answers = delete(&client(&service), ids([1, 2, 3])).await;
    for answer in answers {
        let error = answer.unwrap_err();
        assert!(error.to_string().contains("still lists it"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_answers_what_was_not_sent() {
    let service = Service::new();
    service.fill(10);
    let client = client(&service);
    client.stop();
    let answers = delete(&client, ids(1..=10)).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(WriteError::Stopped))));
    assert!(service.log().is_empty());
}

/// Makes the rows with these ids expired ones that are listed and yet do not exist.
fn haunt(service: &Service, ids: &'static [u64]) {
    for id in ids {
        service.tenant().rows.get_mut(id).unwrap()["expirationTime"] = "2020-01-01T00:00:00Z".into();
    }
    service.next_times(99, move |tenant, call| {
        let asked = call.body["IndicatorIds"].as_array();
        let is_ghost = |id: &Value| {
            id.as_str()
                .and_then(|id| id.parse().ok())
                .is_some_and(|id| ids.contains(&id))
        };
        if asked.is_some_and(|asked| asked.iter().any(is_ghost)) {
            refusal(404, "NotFound", "An indicator does not exist.")
        } else {
            tenant.answer(call)
        }
    });
}

#[tokio::test(start_paused = true)]
async fn an_expired_row_that_is_listed_but_said_not_to_exist_is_gone() {
    for asked in [ids([2]), ids([1, 2, 3, 4, 5, 6])] {
        let service = Service::new();
        service.fill(6);
        haunt(&service, &[2, 5]);
        let answers = delete(&client(&service), asked.clone()).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let others = asked.len().saturating_sub(2);
        assert_eq!(service.tenant().rows.len(), 6 - others, "the others are really deleted");
        assert!(service.log().len() <= 4, "{:?}", service.log());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_before_the_first_404_does_not_keep_the_others_from_being_looked_up() {
    let service = Service::new();
    service.fill(8);
    for id in [1, 3, 6, 8] {
        service.tenant().rows.remove(&id);
    }
    service.next(|_, _| refusal(403, "Forbidden", "No access to the device groups of an indicator"));
    let answers = delete(&client(&service), ids(1..=8)).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(
        service.log(),
        [
            "BatchDelete 8",
            "BatchDelete 4",
            "indicators",
            "BatchDelete 2",
            "BatchDelete 2"
        ]
    );
}

/// A listing of two pages between which everything moves; it has these rows only.
fn restless(service: &Service, seen: &'static [u64]) {
    for _ in 0..3 {
        let page = |tenant: &Tenant, ids: &[u64]| -> Vec<Value> {
            ids.iter().filter_map(|id| tenant.rows.get(id)).cloned().collect()
        };
        service.next(move |tenant, _| json(200, value!({"value": page(tenant, seen), "@odata.nextLink": "/next"})));
        service.next(move |tenant, _| json(200, value!({"value": page(tenant, &seen[..1])})));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_concluded_from_an_incomplete_listing() {
    let service = Service::new();
    service.fill(6);
    service.tenant().rows.remove(&2);
    service.next(|tenant, call| tenant.answer(call));
    restless(&service, &[1, 3, 4]);
    let answers = delete(&client(&service), ids(1..=6)).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(
        service.tenant().rows.is_empty(),
        "5 and 6 were not in the listing, but there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_of_unknown_fate_and_an_incomplete_listing_leave_it_open() {
    let service = Service::new();
    service.fill(3);
    service.next_times(8, lost_after);
    restless(&service, &[3, 1]);
    let answers = delete(&client(&service), ids([1, 2])).await;
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_of_something_in_between_is_no_success() {
    let service = Service::new();
    service.fill(4);
    service.next_times(3, page_of_html);
    let answers = delete(&client(&service), ids([1, 2])).await;
    for answer in answers {
        let error = answer.unwrap_err();
        assert!(
            error.to_string().contains("Sign in") && error.hint().contains("proxy"),
            "{error}"
        );
    }
    assert_eq!(
        service.log(),
        ["BatchDelete 2", "BatchDelete 2", "BatchDelete 2", "indicators"]
    );

    // What was done all the same is seen.
    service.next_times(3, |tenant, call| {
        drop(tenant.answer(call));
        page_of_html(tenant, call)
    });
    let answers = delete(&client(&service), ids([1, 2])).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(service.tenant().rows.len(), 2);
}
