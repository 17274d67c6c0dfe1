//! Listing: filters, pages, compression.

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use serde_json::Value;

use super::{Tenant, domain, switched};
use crate::simulator::Options;

fn values(page: &Value) -> Vec<&str> {
    page["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["indicatorValue"].as_str().unwrap())
        .collect()
}

async fn five(arguments: &[&str]) -> Tenant {
    let tenant = Tenant::start(switched(arguments)).await;
    tenant
        .simulator
        .put_rows(["a", "b", "c", "d", "e"].iter().map(|value| domain(value)).collect())
        .unwrap();
    tenant
}

/// Follows links to the end; the values of each page.
async fn follow(tenant: &Tenant, path: &str) -> Vec<String> {
    let mut pages = Vec::new();
    let mut next = path.to_owned();
    loop {
        let page = tenant.get(&next).await.json();
        pages.push(values(&page).concat());
        match page["@odata.nextLink"].as_str() {
            Some(link) => next = link.strip_prefix(tenant.simulator.url()).unwrap().to_owned(),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn pages_follow_the_switch() {
    let tenant = five(&["--page-size", "2"]).await;
    assert_eq!(follow(&tenant, "/api/indicators").await, ["ab", "cd", "e"]);
    assert_eq!(follow(&tenant, "/api/v1.0/indicators?$top=4").await, ["ab", "cd", "e"]);
    assert_eq!(follow(&tenant, "/api/indicators?$top=1&$skip=2").await, ["c", "d", "e"]);
    let filter = "/api/indicators?%24filter=indicatorValue%20ne%20%27b%27&%24top=2";
    assert_eq!(follow(&tenant, filter).await, ["ac", "de"]);

    let tenant = five(&["--page-size", "2", "--paging", "next-link-token"]).await;
    assert_eq!(follow(&tenant, "/api/indicators?$top=10000").await, ["ab", "cd", "e"]);
    assert_eq!(tenant.get("/api/indicators?$skiptoken=x").await.error().0, 400);

    let tenant = five(&["--page-size", "2", "--paging", "next-link-unless-top"]).await;
    assert_eq!(follow(&tenant, "/api/indicators").await, ["ab", "cd", "e"]);
    assert_eq!(follow(&tenant, "/api/indicators?$top=3").await, ["ab", "c"]);
    assert_eq!(follow(&tenant, "/api/indicators?$top=2").await, ["ab"]);

    let tenant = five(&["--page-size", "2", "--paging", "skip-only"]).await;
    assert_eq!(follow(&tenant, "/api/indicators").await, ["ab"]);
    assert_eq!(follow(&tenant, "/api/indicators?$skip=4").await, ["e"]);
    assert_eq!(follow(&tenant, "/api/indicators?$skip=9").await, [""]);

    let tenant = five(&["--order", "descending"]).await;
    assert_eq!(follow(&tenant, "/api/indicators").await, ["edcba"]);
}

#[tokio::test]
async fn queries_are_read_as_odata_reads_them() {
    let tenant = five(&[]).await;
    assert_eq!(
        values(
            &tenant
                .get("/api/indicators?filter=indicatorValue%20eq%20'a'")
                .await
                .json()
        )
        .len(),
        5
    );
    assert_eq!(
        values(&tenant.get("/api/indicators?$filter=indicatorValue+eq+'a'").await.json()),
        ["a"]
    );
    let plain = tenant
        .get("/api/indicators?$select=id&$orderby=id&$count=true")
        .await
        .json();
    assert_eq!(plain.as_object().unwrap().len(), 2, "no count, no link");
    assert_eq!(
        plain["@odata.context"],
        format!("{}/api/$metadata#Indicators", tenant.simulator.url())
    );
    for (query, message) in [
        ("$stop=1", "The query parameter '$stop' is not supported."),
        (
            "$top=x",
            "Invalid value 'x' for $top query option found. The $top query option requires a non-negative integer value.",
        ),
        (
            "$skip=-1",
            "Invalid value '-1' for $skip query option found. The $skip query option requires a non-negative integer value.",
        ),
        (
            "$top=10001",
            "The limit of '10000' for Top query has been exceeded. The value from the incoming request is '10001'.",
        ),
        (
            "$filter=indicatorValue%20eq%20'a&b'",
            "There is an unterminated string literal at position 20 in 'indicatorValue eq 'a'.",
        ),
        (
            "$filter=x%20eq%20'a'",
            "Could not find a property named 'x' on type 'microsoft.windowsDefenderATP.api.Indicator'.",
        ),
    ] {
        let error = tenant.get(&format!("/api/indicators?{query}")).await.error();
        assert_eq!(error, (400, "ODataError".to_owned(), message.to_owned()));
    }
    let rows: Vec<usize> = tenant.simulator.calls().iter().map(|call| call.items).collect();
    assert_eq!(rows, [5, 1, 5, 0, 0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn an_application_may_see_its_own_rows_only_or_none() {
    let tenant = five(&["--permission", "own"]).await;
    tenant.results(&[domain("own.example"), domain("own2.example")]).await;
    assert_eq!(
        values(&tenant.get("/api/indicators").await.json()),
        ["own.example", "own2.example"]
    );
    assert_eq!(tenant.get("/api/indicators/1").await.status, 404);
    assert_eq!(tenant.delete("/api/indicators/1").await.status, 404);
    assert_eq!(tenant.batch_delete(&["6", "1"]).await.status, 404);
    assert_eq!(tenant.batch_delete(&["6"]).await.status, 204);

    let tenant = five(&["--permission", "none"]).await;
    let message = "The application does not have any of the required application permissions \
                   (Ti.ReadWrite, Ti.ReadWrite.All) to access the resource.";
    let forbidden = (403, "Forbidden".to_owned(), message.to_owned());
    assert_eq!(tenant.get("/api/indicators").await.error(), forbidden);
    assert_eq!(tenant.import(&[domain("x.example")]).await.error(), forbidden);
}

async fn raw(tenant: &Tenant, accepted: &str) -> (String, Vec<u8>) {
    // A client that does not decode by itself.
    let certificate = reqwest::Certificate::from_pem(tenant.simulator.ca_pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([certificate])
        .no_proxy()
        .no_gzip()
        .no_deflate()
        .build()
        .unwrap();
    let url = format!("{}/api/indicators", tenant.simulator.url());
    let request = client
        .get(url)
        .bearer_auth(&tenant.token)
        .header("accept-encoding", accepted);
    let response = request.send().await.unwrap();
    let encoding = response
        .headers()
        .get("content-encoding")
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    assert!(
        response.headers().get("content-length").is_none(),
        "the size is not announced"
    );
    (encoding, response.bytes().await.unwrap().to_vec())
}

fn decoded(mut reader: impl std::io::Read) -> Value {
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text.parse().unwrap()
}

#[tokio::test]
async fn compression_follows_what_the_client_takes_and_the_switch() {
    let tenant = five(&[]).await;
    let plain = tenant.get("/api/indicators").await.json();
    let (encoding, body) = raw(&tenant, "gzip, deflate").await;
    assert_eq!(
        (encoding.as_str(), decoded(ZlibDecoder::new(&body[..]))),
        ("deflate", plain.clone())
    );
    let (encoding, body) = raw(&tenant, "gzip").await;
    assert_eq!(
        (encoding.as_str(), decoded(GzDecoder::new(&body[..]))),
        ("gzip", plain.clone())
    );
    let (encoding, body) = raw(&tenant, "identity").await;
    assert_eq!((encoding.as_str(), decoded(&body[..])), ("", plain));

    let tenant = five(&["--compression", "raw-deflate"]).await;
    let (encoding, body) = raw(&tenant, "gzip, deflate").await;
    assert_eq!(encoding, "deflate");
    assert_eq!(values(&decoded(DeflateDecoder::new(&body[..]))).len(), 5);
    let tenant = five(&["--compression", "off"]).await;
    assert_eq!(raw(&tenant, "gzip, deflate").await.0, "");
}

#[tokio::test]
async fn fifteen_thousand_rows_go_in_and_come_out() {
    let tenant = Tenant::start(Options::default()).await;
    for call in 0..30 {
        let items: Vec<Value> = (0..500)
            .map(|number| domain(&format!("host-{call}-{number}.example")))
            .collect();
        let answer = tenant.import(&items).await;
        assert!(answer.status == 200 && !answer.body.contains("true"));
    }
    let first = tenant.get("/api/indicators?$top=10000").await.json();
    let second = tenant.get("/api/indicators?$top=10000&$skip=10000").await.json();
    assert_eq!((values(&first).len(), values(&second).len()), (10_000, 5_000));
    assert_eq!(
        (
            first["@odata.nextLink"].is_string(),
            second["@odata.nextLink"].is_string()
        ),
        (true, false)
    );
    let filter = "indicatorValue in ['host-29-499.example','x'] or contains(title,'zz')";
    let found = tenant
        .request("GET", "/api/indicators")
        .query(&[("$filter", filter)])
        .send()
        .await
        .unwrap();
    assert_eq!(found.text().await.unwrap().matches("host-29-499.example").count(), 1);
    let one_more = tenant.submit(&domain("more.example")).await;
    assert!(
        one_more.error().2.contains("Current Total: 15000, Limit: 15000"),
        "{}",
        one_more.body
    );
}
