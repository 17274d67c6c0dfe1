//! Listings of several pages, with rows that come and go between them.

use crate::defender::Clock;
use crate::defender::testing::{Service, client, json, lost};
use crate::indicator::RowId;
use serde_json::{Value, json as value};
use std::time::Duration;

fn row(id: u64) -> Value {
    value!({"id": id.to_string(), "indicatorValue": format!("d{id}.example"), "indicatorType": "DomainName",
            "action": "Block"})
}

fn skips(service: &Service) -> Vec<String> {
    let skip = |(name, value): &(String, String)| (name == "$skip").then(|| value.clone());
    service
        .calls()
        .iter()
        .map(|call| call.query.iter().find_map(skip).unwrap_or_default())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn pages_share_a_row_with_links_and_without() {
    for links in [true, false] {
        let service = Service::new();
        service.tenant().links = links;
        service.fill(15_000);
        let listing = client(&service).listing().await.unwrap();
        assert_eq!(listing.len(), 15_000);
        assert_eq!(skips(&service), ["", "9999"], "the pages share a row");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_breaks_off_is_read_again_by_itself() {
    let service = Service::new();
    service.tenant().links = true;
    service.fill(10_001);
    service.next(|tenant, call| tenant.answer(call));
    service.next(lost);
    assert_eq!(client(&service).listing().await.unwrap().len(), 10_001);
    assert_eq!(skips(&service), ["", "9999", "9999"]);
}

#[tokio::test(start_paused = true)]
async fn links_that_are_more_than_a_number_are_followed() {
    let service = Service::new();
    service.next(|_, _| {
        json(
            200,
            value!({"value": [row(1), row(2)], "@odata.nextLink": "/api/indicators?$skip=2&$skiptoken=x"}),
        )
    });
    service.next(|_, call| {
        assert!(call.query.contains(&("$skiptoken".to_owned(), "x".to_owned())));
        json(200, value!({"value": [row(3)]}))
    });
    assert_eq!(client(&service).listing().await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_page_is_asked_for_when_the_service_has_told_that_there_is_none() {
    // What the service answers call by call: how many rows, and whether a link follows that is more than a number.
    for (rows, pages) in [
        (15_000, &[(10_000, true), (5_000, false)][..]),
        (20_000, &[(10_000, true), (10_000, false)]),
        (10_000, &[(4_000, true), (4_000, true), (2_000, false), (1, false)]),
        (12_000, &[(12_000, false), (1, false)]),
        (10_000, &[(10_000, false), (1, false)]),
        (9_999, &[(9_999, false), (1, false)]),
        (0, &[(0, false)]),
    ] {
        let service = Service::new();
        let mut next = 1;
        for (number, (length, link)) in pages.iter().enumerate() {
            // The last row may be followed by more rows only as far as anybody knows: the next page repeats it.
            let start = if *length == 1 { rows } else { next };
            next = start + length;
            let page: Vec<Value> = (start..next).map(row).collect();
            let mut body = value!({"value": page});
            if *link {
                body["@odata.nextLink"] = format!("/api/indicators?$top=10000&$skiptoken=t{number}").into();
            }
            service.next(move |_, _| json(200, body));
        }
        let listing = client(&service).listing().await.unwrap();
        assert_eq!((listing.len() as u64, listing.is_complete()), (rows, true));
        assert_eq!(service.calls().len(), pages.len(), "{rows} {pages:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cuts_pages_in_silence_is_asked_for_the_rest() {
    for (cap, rows, calls) in [
        (500, 600, 2),
        (500, 1_300, 3),
        (1_000, 1_000, 2),
        (256, 600, 3),
        (4_096, 9_000, 3),
        (777, 1_000, 2),
        (3, 7, 4),
        (1, 3, 4),
        (10_000, 1_234, 2),
        (10_000, 64, 2),
        (10_000, 1, 2),
        (10_000, 0, 1),
    ] {
        let service = Service::new();
        service.fill(rows);
        service.always(move |tenant, call| {
            let mut cut = call.clone();
            cut.query
                .iter_mut()
                .filter(|(name, _)| name == "$top")
                .for_each(|(_, top)| *top = cap.to_string());
            tenant.answer(&cut)
        });
        let listing = client(&service).listing().await.unwrap();
        assert_eq!((listing.len(), listing.is_complete()), (rows, true));
        assert_eq!(service.calls().len(), calls, "{rows} rows in pages of {cap}");
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_go_meanwhile_make_it_list_again() {
    let service = Service::new();
    service.tenant().links = true;
    service.fill(10_002);
    service.next(|tenant, call| {
        let answer = tenant.answer(call);
        tenant.rows.remove(&5);
        answer
    });
    let listing = client(&service).listing().await.unwrap();
    assert_eq!(listing.len(), 10_001);
    assert!(listing.is_complete());
    assert!(listing.get(&"10001".into()).is_some(), "the row that moved up");
    assert_eq!(skips(&service), ["", "9999", "", "9999"]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_come_twice_count_once_and_make_it_list_again() {
    let service = Service::new();
    service.next(|_, _| {
        json(
            200,
            value!({"value": [row(2), row(3)], "@odata.nextLink": "/api/indicators?$top=9"}),
        )
    });
    service.next(|_, _| json(200, value!({"value": [row(3), row(4)]})));
    for id in 1..=4 {
        service.tenant().rows.insert(id, row(id));
    }
    let listing = client(&service).listing().await.unwrap();
    assert_eq!(listing.len(), 4);
    assert_eq!(service.calls().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_never_holds_still_has_what_any_pass_has_seen() {
    let service = Service::new();
    let titled = |id: u64, title: &str| {
        let mut row = row(id);
        row["title"] = title.into();
        row
    };
    for pass in [
        [vec![titled(1, "old"), row(2)], vec![row(2), row(3)]],
        [vec![titled(1, "new"), row(3)], vec![row(3), value!({"id": "4"})]],
        [vec![row(3), row(5)], vec![row(5), row(6)]],
    ] {
        let [first, second] = pass;
        service.next(move |_, _| json(200, value!({"value": first, "@odata.nextLink": "/next"})));
        service.next(move |_, _| json(200, value!({"value": second})));
    }
    let listing = client(&service).listing().await.unwrap();
    let ids: Vec<&str> = listing.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "5", "6"]);
    assert!(listing.mentions(&"4".into()));
    let title = |id: &RowId| listing.get(id).unwrap().indicator.fields.title.as_deref();
    assert_eq!(title(&"1".into()), Some("new"), "the newest pass that has it");
    assert!(!listing.is_complete());
    assert_eq!(service.calls().len(), 6);
    let begun: Vec<u64> = service
        .calls()
        .iter()
        .step_by(2)
        .map(|call| call.at.as_secs())
        .collect();
    assert_eq!(begun, [0, 2, 7], "whoever writes gets time to end");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_pause_between_two_passes() {
    let service = Service::new();
    service.next(|_, _| json(200, value!({"value": [row(1), row(2)], "@odata.nextLink": "/next"})));
    service.next(|_, _| json(200, value!({"value": [row(2), row(3)]})));
    let client = client(&service);
    let listing = tokio::spawn({
        let client = client.clone();
        async move { client.listing().await }
    });
    service.clock().sleep(Duration::from_secs(1)).await;
    client.stop();
    assert!(listing.await.unwrap().unwrap_err().is_stopped());
    assert_eq!(service.clock().elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_listing_without_end_is_an_error() {
    let service = Service::new();
    service.next_times(2, |_, _| {
        json(200, value!({"value": [row(1)], "@odata.nextLink": "/next"}))
    });
    let error = client(&service).listing().await.unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn pages_that_bring_nothing_new_are_an_error() {
    let service = Service::new();
    for number in 0..2 {
        let link = format!("/api/indicators?$skiptoken=t{number}");
        let body = value!({"value": [row(1), row(2)], "@odata.nextLink": link});
        service.next(move |_, _| json(200, body));
    }
    let error = client(&service).listing().await.unwrap_err();
    assert!(error.to_string().contains("the same rows again and again"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_listing_of_more_rows_than_any_tenant_holds_is_an_error() {
    let service = Service::new();
    for number in 0..6 {
        let link = format!("/api/indicators?$skiptoken=t{number}");
        let body = value!({"value": vec![Value::Null; 9_000], "@odata.nextLink": link});
        service.next(move |_, _| json(200, body));
    }
    let error = client(&service).listing().await.unwrap_err();
    assert!(error.to_string().contains("it has more than 50000 rows"), "{error}");
    assert_eq!(service.calls().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn links_without_end_are_an_error() {
    let service = Service::new();
    for number in 0..300 {
        service.next(move |_, _| {
            json(
                200,
                value!({"value": [], "@odata.nextLink": format!("/api/indicators?$skiptoken=t{number}")}),
            )
        });
    }
    let error = client(&service).listing().await.unwrap_err();
    assert!(error.to_string().contains("it has more than 300 pages"), "{error}");
    assert!(
        service.clock().elapsed() < Duration::from_secs(181),
        "100 pages a minute"
    );
}

#[tokio::test(start_paused = true)]
async fn the_token_is_not_sent_to_another_host() {
    let service = Service::new();
    service.next(|_, _| {
        json(
            200,
            value!({"value": [row(1)], "@odata.nextLink": "https://evil.test/api/indicators"}),
        )
    });
    let error = client(&service).listing().await.unwrap_err();
    assert!(
        error.to_string().contains("https://evil.test/api/indicators"),
        "{error}"
    );
    assert_eq!(service.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn odd_rows_do_not_break_a_listing() {
    let service = Service::new();
    service.next(|_, _| {
        json(
            200,
            value!({"value": [{"id": "1"}, null, row(2), {"id": [], "title": 5}]}),
        )
    });
    let listing = client(&service).listing().await.unwrap();
    assert_eq!(listing.len(), 1);
    assert_eq!(listing.unreadable(), (3, vec![&"1".into()]));
}
