//! The body of a listing, read as it arrives.

use super::at_every_size;
use super::data::Row;
use super::time::PerIndicator;
use criterion::Criterion;
use mde::bench;
use serde_json::json;

pub fn all(criterion: &mut Criterion<PerIndicator>) {
    at_every_size(criterion, "read a listing", body, |body| {
        bench::read_page(body.as_bytes())
    });
    at_every_size(criterion, "read a listing and index it", body, |body| {
        bench::listing(body.as_bytes())
    });
}

/// The shape of the service's answers, with every field that it sends.
fn body(rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(number, row)| {
            json!({
                "id": (5_000_000 + number).to_string(), "indicatorValue": row.value, "indicatorType": "DomainName",
                "action": "Block", "createdBy": "11111111-2222-3333-4444-555555555555", "severity": row.severity,
                "category": 1, "application": null, "educateUrl": null, "bypassDurationHours": null, "title": "C2",
                "description": row.description, "recommendedActions": null,
                "creationTimeDateTimeUtc": "2023-04-25T18:02:06.322598Z", "expirationTime": null,
                "lastUpdateTime": "2023-04-25T18:02:06.322598Z", "lastUpdatedBy": null, "rbacGroupNames": [],
                "rbacGroupIds": [], "notificationId": null, "notificationBody": null, "version": null,
                "mitreTechniques": [], "historicalDetection": false, "lookBackPeriod": null, "generateAlert": true,
                "additionalInfo": null, "createdByDisplayName": "app", "externalId": null,
                "createdBySource": "PublicApi", "certificateInfo": null
            })
        })
        .collect();
    json!({ "@odata.context": "https://api.securitycenter.microsoft.com/api/$metadata#Indicators", "value": rows })
        .to_string()
}
