//! A long list of the portal, taken over by the real terraform and then kept in a file.

use crate::support::{Tenant, Workspace};
use serde_json::{Value, json};
use std::fmt::Write;

const ROWS: usize = 9_000;

/// Type and value of a numbered row, as the portal has it.
fn value(number: usize) -> (&'static str, String) {
    match number % 4 {
        0 => ("FileSha256", format!("{number:064X}")),
        1 => ("DomainName", format!("host-{number}.example")),
        2 => (
            "IpAddress",
            format!("198.{}.{}.{}", 18 + number / 65536, number / 256 % 256, number % 256),
        ),
        _ => (
            "Url",
            format!("https://host-{number}.example/{}", "a/".repeat(number % 60)),
        ),
    }
}

/// A row of the portal; some fields are set in some rows only.
fn row(number: usize) -> Value {
    let (kind, value) = value(number);
    let severity = ["Informational", "Low", "Medium", "High"][number / 7 % 4];
    json!({
        "indicatorType": kind, "indicatorValue": value, "action": "Allowed", "application": "portal", "severity": severity,
        "title": format!("Case {}", number / 100), "description": format!("Seen \"{number}\" times, once at night"),
        "recommendedActions": number.is_multiple_of(3).then_some("Call the SOC"), "generateAlert": number.is_multiple_of(5),
        "expirationTime": number.is_multiple_of(11).then_some("2041-01-31T00:00:00Z")
    })
}

/// The same rows in the portal's columns, in another order, with other spellings.
fn csv() -> String {
    let mut text = String::from(
        "\u{feff}IndicatorType,IndicatorValue,ExpirationTime,Severity,Title,Description,RecommendedActions,GenerateAlert\r\n",
    );
    for number in (0..ROWS).rev() {
        let row = row(number);
        let cell = |name: &str| row[name].as_str().unwrap_or_default().replace('"', "\"\"");
        let expiry = cell("expirationTime").replace("00:00:00Z", "01:00:00+01:00");
        writeln!(
            text,
            "{},{},{expiry},{},{},\"{}\",{},{}\r",
            cell("indicatorType"),
            cell("indicatorValue").to_lowercase(),
            cell("severity"),
            cell("title"),
            cell("description"),
            cell("recommendedActions"),
            row["generateAlert"]
        )
        .unwrap();
    }
    text
}

#[tokio::test]
async fn nine_thousand_rows_of_the_portal_are_imported_and_then_kept_as_a_csv() {
    let tenant = Tenant::start().await;
    tenant.portal(|rows| rows.extend((0..ROWS).map(row)));
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    workspace.write("list.csv", &csv());
    workspace.main(
        r#"
resource "mde_indicator_set" "list" {
  action      = "Allowed"
  application = "portal"
  indicators  = provider::mde::parse_csv(file("list.csv"))
}
"#,
    );
    workspace
        .run(&["import", "-input=false", "mde_indicator_set.list", "application=portal"])
        .await
        .expect(0);
    assert_eq!(workspace.recorded().len(), ROWS);
    workspace.plan().await.expect(0);
    // A page of so round a number of rows may have been cut, so each listing asks once more.
    tenant.expect_calls((0, 0), (0, 0), 4);
    assert_eq!(tenant.simulator.rows(), before);
}
