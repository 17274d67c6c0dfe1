//! What the provider says when a list is written as single resources.

use super::support::{Host, Tenant};
use serde_json::{Value, json};

fn singles(count: usize) -> Vec<(String, Value)> {
    (0..count)
        .map(|number| {
            let value = format!("c2-{number}.example.net");
            let block = json!({ "value": value, "action": "Block", "title": "C2", "description": "case 42" });
            (format!("mde_indicator.single_{number:03}"), block)
        })
        .collect()
}

fn configure(host: &mut Host, blocks: &[(String, Value)]) {
    let blocks: Vec<_> = blocks
        .iter()
        .map(|(address, block)| (address.as_str(), block.clone()))
        .collect();
    host.configure(&blocks);
}

fn advice(warnings: &[String]) -> Vec<&String> {
    warnings
        .iter()
        .filter(|warning| warning.starts_with("Many single indicators"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_many_singles_says_once_that_a_set_is_quicker() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    configure(&mut host, &singles(200));
    host.apply().await.ok();
    assert!(
        advice(&host.plan().await.clean().warnings).is_empty(),
        "200 are not many"
    );

    configure(&mut host, &singles(203));
    let applied = host.apply().await.ok();
    assert!(advice(&applied.warnings).is_empty(), "nothing of them was refreshed");
    let warnings = host.plan().await.clean().warnings;
    let [only] = advice(&warnings)[..] else {
        panic!("{warnings:#?}")
    };
    assert!(only.contains("mde_indicator_set") && only.contains("removed"), "{only}");

    // The apply plans everything that changes again, before its first change or not: it refreshes nothing.
    configure(&mut host, &singles(210));
    let applied = host.apply().await.ok();
    assert_eq!(advice(&applied.warnings).len(), 1);
    assert_eq!(tenant.simulator.rows().len(), 210);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_takes_over_the_rows_of_singles_that_left_the_state() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    configure(&mut host, &singles(3));
    host.apply().await.ok();
    let before = tenant.row("c2-1.example.net").unwrap()["id"].clone();

    host.state.clear();
    let values: serde_json::Map<_, _> = (0..3)
        .map(|number| (format!("c2-{number}.example.net"), json!({ "description": "case 42" })))
        .collect();
    let block = json!({ "action": "Block", "title": "C2", "indicators": values });
    host.configure(&[("mde_indicator_set.all", block)]);
    tenant.simulator.clear_calls();
    let run = host.apply().await.ok();
    assert!(run.warnings.join("\n").contains("taken over"), "{:#?}", run.warnings);
    assert_eq!(
        (tenant.imports(), tenant.batch_deletes()),
        (0, 0),
        "nothing is written again"
    );
    assert_eq!(tenant.row("c2-1.example.net").unwrap()["id"], before);
    host.plan().await.clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_waits_for_nobody_else_before_it_is_written() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    for description in ["case 42", "case 43"] {
        let row = json!({ "description": description });
        let block = json!({ "action": "Block", "title": "C2", "indicators": { "c2.example.net": row } });
        host.configure(&[("mde_indicator_set.all", block)]);
        host.apply().await.ok();
    }
    assert_eq!(tenant.imports(), 2);
    let waited = host.clock.skipped();
    assert!(waited.as_millis() < 100, "the two applies waited {waited:?}");
}
