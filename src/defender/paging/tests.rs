//! Listings of several pages, with rows that come and go between them.

use crate::defender::testing::{Service, client, json, lost};
use serde_json::{Value, json as value};

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
    assert!(listing.get("10001").is_some(), "the row that moved up");
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
    assert_eq!(service.log().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_never_holds_still_is_taken_as_it_is() {
    let service = Service::new();
    for _ in 0..3 {
        service.next(|_, _| json(200, value!({"value": [row(1), row(2)], "@odata.nextLink": "/next"})));
        service.next(|_, _| json(200, value!({"value": [row(2), row(3)]})));
    }
    assert_eq!(client(&service).listing().await.unwrap().len(), 3);
    assert_eq!(service.log().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_listing_without_end_is_an_error() {
    let service = Service::new();
    service.next_times(2, |_, _| {
        json(200, value!({"value": [row(1)], "@odata.nextLink": "/next"}))
    });
    let error = client(&service).listing().await.unwrap_err();
    assert!(error.to_string().contains("does not come to an end"), "{error}");
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
    assert_eq!(service.log().len(), 1);
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
    assert_eq!(client(&service).listing().await.unwrap().len(), 1);
}
