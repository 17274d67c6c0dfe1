//! Several stacks with one application, each with a share of its call limits.

use crate::support::blocks::set;
use crate::support::{Host, Tenant, TenantClock};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Rows of each stack, and in one call: so many calls that each stack alone uses up the limit of imports twice.
const ROWS: usize = 240;
const BATCH: usize = 4;

const LIST: &str = "mde_indicator_set.list";

/// Two stacks, by one clock.
fn stacks(tenant: &Tenant, share: u8) -> [Host; 2] {
    let clock = Arc::new(TenantClock::shared(tenant.simulator.clone()));
    ["one", "other"].map(|name| {
        let block = json!({ "quota_share": share, "batch_size": BATCH });
        let mut host = Host::new(tenant).provider(block);
        host.clock = clock.clone();
        let row = |number| (format!("{name}{number}.example"), Value::Null);
        let rows: Map<String, Value> = (0..ROWS).map(row).collect();
        host.configure(&[(LIST, set(json!({ "application": name, "indicators": rows })))]);
        host
    })
}

/// Calls and those of them that were throttled, of imports, of deletions and of listings.
type Counts = [(usize, usize); 3];

fn counts(tenant: &Tenant) -> Counts {
    [
        ("POST", "/indicators/import"),
        ("POST", "/indicators/BatchDelete"),
        ("GET", "/indicators"),
    ]
    .map(|(method, end)| {
        let calls = tenant.calls(method, end);
        (calls.len(), calls.iter().filter(|call| call.status == 429).count())
    })
}

/// Both stacks create their rows at the same time, and then delete them.
async fn write(share: u8) -> (Counts, [Duration; 2]) {
    let tenant = Tenant::start().await;
    let [mut one, mut other] = stacks(&tenant, share);
    let clock = one.clock.clone();
    let (first, second) = tokio::join!(one.apply(), other.apply());
    first.ok();
    second.ok();
    assert_eq!(tenant.simulator.rows().len(), 2 * ROWS);
    let created = clock.skipped();
    // A new process knows nothing of the calls of the one before.
    clock.advance(Duration::from_secs(3600));
    let before = clock.skipped();
    one.configure(&[]);
    other.configure(&[]);
    let (first, second) = tokio::join!(one.apply(), other.apply());
    first.ok();
    second.ok();
    assert_eq!(tenant.simulator.rows().len(), 0);
    (counts(&tenant), [created, clock.skipped() - before])
}

/// Both stacks read a tenant whose listing takes many pages.
async fn read(share: u8) -> (Counts, Duration) {
    let tenant = Tenant::with(|options| options.page_size = BATCH).await;
    let rows = (0..2 * ROWS).map(|number| {
        json!({"indicatorValue": format!("theirs{number}.example"), "indicatorType": "DomainName", "action": "Block"})
    });
    tenant.simulator.put_rows(rows.collect()).unwrap();
    let [mut one, mut other] = stacks(&tenant, share);
    let clock = one.clock.clone();
    let (first, second) = tokio::join!(one.plan(), other.plan());
    first.ok();
    second.ok();
    (counts(&tenant), clock.skipped())
}

#[tokio::test]
async fn two_stacks_with_half_of_the_limits_each_never_meet_a_429() {
    let ([imports, deletes, lists], [creating, deleting]) = write(50).await;
    assert_eq!((imports, deletes, lists.1), ((120, 0), (120, 0), 0));
    // 60 calls of each stack, 15 in a minute: three waits, which are a little shorter than a minute by the time that calls take.
    for time in [creating, deleting] {
        assert!(time >= Duration::from_secs(150), "{time:?}");
    }
    let ([_, _, (pages, throttled)], time) = read(50).await;
    assert!(pages >= 240 && time >= Duration::from_secs(100), "{pages} in {time:?}");
    assert_eq!(throttled, 0);
}

/// The contrast, without which the test above could not fail.
#[tokio::test]
async fn two_stacks_that_share_nothing_meet_each_other_and_end_well() {
    let ([imports, deletes, _], _) = write(100).await;
    assert!(imports.1 > 0 && deletes.1 > 0, "{imports:?} {deletes:?}");
    let ([_, _, lists], _) = read(100).await;
    assert!(lists.1 > 0, "{lists:?}");
}
