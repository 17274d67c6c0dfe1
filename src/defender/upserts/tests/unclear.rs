//! Imports of which the answer does not tell what became of them.

use crate::defender::WriteError;
use crate::defender::testing::{Service, client, cut_off, domain, domains, json, lost_after, refusal};
use crate::indicator::{Action, Indicator, RowId};
use serde_json::json as value;

#[tokio::test(start_paused = true)]
async fn a_call_that_was_done_but_not_answered_is_made_again() {
    for trouble in [lost_after, cut_off] {
        let service = Service::new();
        service.next(trouble);
        let answers = client(&service).upsert(domains(10)).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(service.log(), ["import 10", "import 10"]);
        assert_eq!(service.tenant().rows.len(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_answer_is_completed_by_looking_at_the_rows() {
    let service = Service::new();
    service.next(|tenant, call| {
        drop(tenant.answer(call));
        tenant.rows.remove(&4);
        json(
            200,
            value!({"value": [
                {"id": "2", "indicator": "d1.example", "isFailed": false, "failureReason": null},
                {"id": "1", "indicator": "d0.example", "isFailed": false, "failureReason": null},
            ]}),
        )
    });
    let answers = client(&service).upsert(domains(4)).await;
    let ids: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids, ["1", "2", "3", "5"], "d2 is found, d3 sent again");
    assert_eq!(service.log(), ["import 4", "indicators", "import 1"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_completed_by_looking_at_the_rows() {
    let service = Service::new();
    service.next_times(3, |tenant, call| {
        drop(tenant.answer(call));
        json(200, value!("done"))
    });
    let answers = client(&service).upsert(domains(4)).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(service.log(), ["import 4", "import 4", "import 4", "indicators"]);
}

#[tokio::test(start_paused = true)]
async fn an_item_of_which_nothing_is_ever_known_ends_as_an_error() {
    let service = Service::new();
    service.next_times(3, |_, _| json(200, value!({"value": []})));
    service.next_times(99, |tenant, call| {
        if call.path.ends_with("/import") {
            json(200, value!({"value": []}))
        } else {
            tenant.answer(call)
        }
    });
    let error = client(&service).upsert(domains(1)).await.remove(0).unwrap_err();
    assert!(matches!(&error, WriteError::Failed(_)), "{error}");
    assert!(service.log().len() < 10, "{:?}", service.log());
}

#[tokio::test(start_paused = true)]
async fn what_an_unanswered_call_has_done_is_kept_when_the_service_goes_down() {
    let service = Service::new();
    service.next(|tenant, call| {
        drop(tenant.answer(call));
        tenant.rows.remove(&2);
        refusal(500, "InternalServerError", "")
    });
    service.next_times(7, |_, _| refusal(500, "InternalServerError", ""));
    let answers = client(&service).upsert(domains(3)).await;
    assert_eq!(
        answers.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(service.log().last().unwrap(), "indicators");
}

#[tokio::test(start_paused = true)]
async fn the_row_that_is_found_after_an_unclear_answer_is_the_one_that_was_sent() {
    let service = Service::new();
    let us = "22222222-2222-2222-2222-222222222222";
    // The service lets two spellings of a hash, and two scopes of a value, be two rows.
    let stored = |id: &str, value: &str, author: &str| value!({"id": id, "indicatorValue": value, "indicatorType": "DomainName", "action": "Block", "createdBy": author});
    service.next(|_, _| json(200, value!({"value": []})));
    let rows = [
        stored("1", "D0.example", us),
        stored("2", "d0.example", "somebody"),
        stored("3", "d0.example", us),
        stored("4", "D1.EXAMPLE", "somebody"),
        stored("5", "D1.example", us),
        stored("6", "d2.example", "somebody"),
    ];
    let last = rows[5].clone();
    service.next(move |_, _| json(200, value!({"value": rows})));
    service.next(move |_, _| json(200, value!({"value": [last]})));
    let answers = client(&service).upsert(domains(3)).await;
    let ids: Vec<RowId> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids, ["3", "5", "6"]);
    assert_eq!(service.log(), ["import 3", "indicators"]);
}

#[tokio::test(start_paused = true)]
async fn a_retired_action_is_found_under_the_name_that_it_became() {
    let service = Service::new();
    service.next(|_, _| json(200, value!({"value": []})));
    service.next(|_, _| {
        json(
            200,
            value!({"value": [{"id": "1", "indicatorValue": "d0.example", "indicatorType": "DomainName",
                               "action": "Block", "generateAlert": true}]}),
        )
    });
    let retired = Indicator {
        action: Action::AlertAndBlock,
        ..domain("d0.example")
    };
    let answers = client(&service).upsert(vec![retired]).await;
    assert_eq!(answers[0].as_ref().unwrap(), "1");
}
