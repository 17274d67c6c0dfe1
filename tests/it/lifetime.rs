//! Rows that say how long they live: the expiry is chosen once, stays without a clock in the configuration, and ends.

use crate::support::blocks::{merged, set, single};
use crate::support::{Host, Run, Tenant};
use jiff::{SignedDuration, Timestamp};
use mde::simulator::ExpiredRows;
use serde_json::{Value as Json, json};
use std::time::Duration;

const SET: &str = "mde_indicator_set.a";
const ONE: &str = "mde_indicator.one";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn list(attributes: Json) -> Json {
    let rows = json!({
        "short.example": { "lifetime": "90d" },
        "long.example": null,
        "fixed.example": { "expiration_time": "2199-01-01T00:00:00Z" },
    });
    set(merged(
        json!({ "lifetime": "200d", "indicators": rows.to_string() }),
        attributes,
    ))
}

fn expiry(row: &Json) -> Timestamp {
    row["expirationTime"].as_str().unwrap().parse().unwrap()
}

/// The days from the creation of a row to its expiry.
fn days(tenant: &Tenant, value: &str) -> i64 {
    let row = tenant.row(value).unwrap_or_else(|| panic!("no row {value}"));
    let made: Timestamp = row["creationTimeDateTimeUtc"].as_str().unwrap().parse().unwrap();
    // The provider's clock and the simulator's are not read in the same instant.
    (expiry(&row).duration_since(made) + SignedDuration::from_mins(10)).as_hours() / 24
}

fn expired(run: &Run) -> Vec<&String> {
    run.warnings
        .iter()
        .filter(|warning| warning.contains("expired"))
        .collect()
}

#[tokio::test]
async fn a_year_of_nightly_plans_is_clean_and_tells_once_a_night_what_has_run_out() {
    for answer in [ExpiredRows::Removed, ExpiredRows::Listed] {
        let tenant = Tenant::with(|options| options.expired_rows = answer).await;
        let mut host = Host::new(&tenant);
        host.configure(&[
            (SET, list(json!({}))),
            (ONE, single("one.example", json!({ "lifetime": "2160h" }))),
        ])
        .apply()
        .await
        .ok();
        assert_eq!(
            (days(&tenant, "short.example"), days(&tenant, "long.example")),
            (90, 200)
        );
        assert_eq!(days(&tenant, "one.example"), 90);
        tenant.simulator.clear_calls();
        for night in 1..=365 {
            host.clock.advance(DAY);
            let run = host.plan().await.clean();
            // The last night is a little after the end: expiries are whole seconds.
            let ended = |lifetime| night >= lifetime;
            let told = expired(&run);
            assert_eq!(told.len(), usize::from(ended(90)) * 2, "night {night}: {told:#?}");
            assert_eq!(run.warnings.len(), told.len(), "{:#?}", run.warnings);
            let names = |value: &str| told.iter().any(|warning| warning.contains(value));
            assert_eq!(names("short.example"), ended(90), "night {night}");
            assert_eq!(names("one.example"), ended(90), "night {night}");
            assert_eq!(names("long.example"), ended(200), "night {night}");
            assert!(!names("fixed.example"));
        }
        host.apply().await.ok();
        assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0), "{answer:?}");
        host.destroy().await.ok();
        if answer == ExpiredRows::Removed {
            assert!(tenant.values().is_empty(), "{:?}", tenant.values());
        }
    }
}

#[tokio::test]
async fn renewed_rows_are_written_each_time_that_they_run_out() {
    for answer in [ExpiredRows::Removed, ExpiredRows::Listed] {
        let tenant = Tenant::with(|options| options.expired_rows = answer).await;
        let mut host = Host::new(&tenant);
        let one = single("one.example", json!({ "lifetime": "90d", "renew": true }));
        host.configure(&[(SET, list(json!({ "renew": true }))), (ONE, one)])
            .apply()
            .await
            .ok();
        tenant.simulator.clear_calls();
        let mut renewed = Vec::new();
        for night in 1..=365 {
            host.clock.advance(DAY);
            let run = host.plan().await.ok();
            assert!(run.warnings.is_empty(), "night {night}: {:#?}", run.warnings);
            if !run.changed.is_empty() {
                host.apply().await.ok();
                host.plan().await.clean();
                renewed.push((night, tenant.imported()));
                tenant.simulator.clear_calls();
            }
        }
        assert_eq!(renewed, [(90, 2), (180, 2), (200, 1), (270, 2), (360, 2)], "{answer:?}");
        if answer == ExpiredRows::Listed {
            // The same row was written again, so that it still has the day of its creation.
            assert_eq!(
                (days(&tenant, "short.example"), days(&tenant, "long.example")),
                (450, 400)
            );
            continue;
        }
        assert_eq!(
            (days(&tenant, "short.example"), days(&tenant, "long.example")),
            (90, 200)
        );
    }
}

#[tokio::test]
async fn a_changed_lifetime_counts_from_the_beginning_of_each_row() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = |lifetime: &str, rows: Json| set(json!({ "lifetime": lifetime, "indicators": rows }));
    let early = json!({ "early.example": null });
    let both = json!({ "early.example": null, "late.example": null });
    host.configure(&[(SET, list("90d", early))]).apply().await.ok();
    host.clock.advance(30 * DAY);
    host.configure(&[(SET, list("90d", both.clone()))]).apply().await.ok();
    assert_eq!(
        (days(&tenant, "early.example"), days(&tenant, "late.example")),
        (90, 90)
    );
    host.configure(&[(SET, list("60d", both.clone()))]).apply().await.ok();
    assert_eq!(
        (days(&tenant, "early.example"), days(&tenant, "late.example")),
        (60, 60)
    );
    host.plan().await.clean();

    // By this one the early row has run out, so it goes.
    host.configure(&[(SET, list("20d", both.clone()))]);
    assert_eq!(host.plan().await.ok().changed, [SET]);
    host.apply().await.ok();
    assert_eq!(tenant.values(), ["late.example"]);
    assert!(expired(&host.plan().await.clean())[0].contains("early.example"));
    // By this one it has not, so it is created again, with the rest of its time.
    host.configure(&[(SET, list("60d", both.clone()))]).apply().await.ok();
    assert_eq!(days(&tenant, "early.example"), 30);
    host.plan().await.clean();
    // Without one it never expires.
    host.configure(&[(SET, set(json!({ "indicators": both })))])
        .apply()
        .await
        .ok();
    assert!(tenant.row("late.example").unwrap()["expirationTime"].is_null());
    host.plan().await.clean();
}

#[tokio::test]
async fn a_row_that_is_taken_over_keeps_its_own_beginning() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let ours = set(json!({ "indicators": { "ours.example": { "lifetime": "90d" } } }));
    host.configure(&[(SET, ours.clone())]).apply().await.ok();
    // The state is lost, as after a kill.
    host.state.clear();
    host.clock.advance(10 * DAY);
    tenant.simulator.clear_calls();
    host.configure(&[(SET, ours)]).apply().await.ok();
    assert_eq!(
        (tenant.imports(), days(&tenant, "ours.example")),
        (0, 90),
        "it is right already"
    );
    host.plan().await.clean();

    // A row without an expiry gets one from its creation; one that would have run out by that begins now.
    host.clock.advance(10 * DAY);
    tenant.add_foreign("DomainName", "others.example", "Block");
    host.clock.advance(10 * DAY);
    let adopted = |lifetime: &str| {
        single(
            "others.example",
            json!({ "lifetime": lifetime, "on_existing": "adopt" }),
        )
    };
    host.configure(&[(ONE, adopted("30d"))]).apply().await.ok();
    assert_eq!(days(&tenant, "others.example"), 30);
    host.plan().await.clean();
    host.state.remove(ONE);
    host.configure(&[(ONE, adopted("5d"))]).apply().await.ok();
    assert_eq!(days(&tenant, "others.example"), 15);
    host.plan().await.clean();
}

#[tokio::test]
async fn a_row_that_moves_keeps_its_beginning() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let row = json!({ "indicators": { "moves.example": { "lifetime": "90d" } } });
    host.configure(&[(SET, set(row.clone()))]).apply().await.ok();
    let before = tenant.rows();
    host.clock.advance(10 * DAY);
    host.configure(&[("mde_indicator_set.b", set(row))]).apply().await.ok();
    host.plan().await.clean();
    assert_eq!(
        expiry(&tenant.rows()["moves.example Block"]),
        expiry(&before["moves.example Block"])
    );
}

#[tokio::test]
async fn another_expiry_in_the_tenant_is_drift() {
    for object in [
        (SET, list(json!({}))),
        (ONE, single("short.example", json!({ "lifetime": "90d" }))),
    ] {
        for found in [json!("2100-01-01T00:00:00Z"), Json::Null] {
            let tenant = Tenant::start().await;
            let mut host = Host::new(&tenant);
            host.configure(std::slice::from_ref(&object)).apply().await.ok();
            let wanted = expiry(&tenant.row("short.example").unwrap());
            host.clock.advance(DAY);
            tenant.edit("short.example", |row| row["expirationTime"] = found.clone());
            let run = host.plan().await.ok();
            assert_eq!(run.changed, [object.0]);
            assert!(run.warnings[0].contains("expiration_time"), "{:#?}", run.warnings);
            assert_ne!(run.refreshed[object.0], host.state[object.0].value, "the plan shows it");
            host.apply().await.ok();
            assert_eq!(expiry(&tenant.row("short.example").unwrap()), wanted, "{found}");
            host.plan().await.clean();
        }
    }
}

#[tokio::test]
async fn the_nearest_of_both_fields_counts_and_both_in_one_place_are_an_error() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let fixed = "2199-01-01T00:00:00Z";
    let rows = |row: Json| json!({ "a.example": row });
    let expires = || {
        tenant.row("a.example").unwrap()["expirationTime"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    host.configure(&[(
        SET,
        set(json!({ "lifetime": "9d", "indicators": rows(json!({ "expiration_time": fixed })) })),
    )])
    .apply()
    .await
    .ok();
    assert_eq!(expires(), fixed);
    host.configure(&[(
        SET,
        set(json!({ "expiration_time": fixed, "indicators": rows(json!({ "lifetime": "9d" })) })),
    )])
    .apply()
    .await
    .ok();
    assert_eq!(days(&tenant, "a.example"), 9);
    host.plan().await.clean();
    // Another spelling of the same length is no change.
    host.configure(&[(
        SET,
        set(json!({ "expiration_time": fixed, "indicators": rows(json!({ "lifetime": "216h" })) })),
    )]);
    host.plan().await.clean();
    let both = json!({ "lifetime": "9d", "expiration_time": fixed });
    for block in [
        (SET, set(json!({ "indicators": rows(both.clone()) }))),
        (SET, set(merged(both.clone(), json!({ "indicators": "{}" })))),
        (ONE, single("b.example", both)),
        (ONE, single("b.example", json!({ "lifetime": "90" }))),
    ] {
        host.configure(&[block]);
        let run = host.validate().await;
        assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
        assert!(run.errors[0].contains("lifetime"), "{:#?}", run.errors);
    }
}
