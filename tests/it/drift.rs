//! What others change is found, shown, explained in one warning, and put right with as few calls as possible.

use crate::support::{Host, Tenant};
use serde_json::json;

const SET: &str = "mde_indicator_set.c2";

fn list() -> serde_json::Value {
    json!({
        "action": "Block", "title": "C2", "description": "list", "severity": "High",
        "values": { "a.example": null, "b.example": null, "c.example": null },
        "indicators": { "d.example": {}, "e.example": { "severity": "Low" }, "f.example": {} },
    })
}

async fn applied(tenant: &Tenant) -> Host {
    let mut host = Host::new(tenant);
    host.configure(&[(SET, list())]);
    host.apply().await.ok();
    tenant.simulator.clear_calls();
    host
}

#[tokio::test]
async fn everything_that_others_did_is_one_warning_and_one_import() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant).await;
    tenant.remove(&["a.example"]);
    tenant.rekey("b.example");
    tenant.edit("d.example", |row| row["severity"] = "Low".into());
    tenant.edit("c.example", |row| row["generateAlert"] = true.into());

    let run = host.plan().await.ok();
    assert_eq!(run.changed, [SET]);
    assert_eq!(run.warnings.len(), 1, "{:#?}", run.warnings);
    for words in [
        "a.example",
        "not in the tenant any more",
        "b.example",
        "made anew",
        "eve@contoso.example",
        "d.example: severity",
        "c.example: generate_alert",
    ] {
        assert!(
            run.warnings[0].contains(words),
            "{words} is missing in {}",
            run.warnings[0]
        );
    }

    tenant.simulator.clear_calls();
    host.apply().await.ok();
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (1, 0));
    assert_eq!(tenant.simulator.rows().len(), 6);
    assert_eq!(tenant.row("d.example").unwrap()["severity"], "High");
    assert_eq!(tenant.row("c.example").unwrap()["generateAlert"], false);
    host.plan().await.clean();
}
