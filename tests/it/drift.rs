//! What others change is found, shown, explained in one warning, and put right with as few calls as possible.

use crate::support::{Held, Host, Tenant};
use serde_json::{Value as Json, json};

const SET: &str = "mde_indicator_set.c2";
const SINGLE: &str = "mde_indicator.one";

fn list() -> Json {
    json!({
        "action": "Block", "title": "C2", "description": "list", "severity": "High",
        "indicators": {
            "a.example": null, "b.example": null, "c.example": null, "d.example": {}, "e.example": { "severity": "Low" },
            "f.example": {},
        },
    })
}

fn as_text() -> Json {
    let mut list = list();
    list["indicators"] = list["indicators"].to_string().into();
    list
}

async fn applied(tenant: &Tenant, list: Json) -> Host {
    let mut host = Host::new(tenant);
    host.configure(&[(SET, list)]);
    host.apply().await.ok();
    tenant.simulator.clear_calls();
    host
}

#[tokio::test]
async fn everything_that_others_did_is_one_warning_and_one_import() {
    for list in [list(), as_text()] {
        let tenant = Tenant::start().await;
        let mut host = applied(&tenant, list).await;
        tenant.remove(&["a.example"]);
        tenant.edit("d.example", |row| row["severity"] = "Low".into());
        tenant.edit("c.example", |row| row["generateAlert"] = true.into());

        let run = host.plan().await.ok();
        assert_eq!(run.changed, [SET]);
        assert_eq!(run.warnings.len(), 1, "{:#?}", run.warnings);
        for words in [
            "C2",
            "a.example",
            "eve@contoso.example",
            "d.example",
            "severity",
            "c.example",
            "generate_alert",
        ] {
            assert!(
                run.warnings[0].contains(words),
                "{words} is missing in {}",
                run.warnings[0]
            );
        }
        // The rows themselves say what they are now, so that a plan shows what becomes of them.
        let found = Held::of(&run.refreshed[SET]);
        let others = ["b.example", "c.example", "d.example", "e.example", "f.example"];
        assert_eq!(found.keys(), others);
        assert_eq!(found.rows()["c.example"], json!({ "generate_alert": true }));
        assert_eq!(found.rows()["d.example"], json!({ "severity": "Low" }));
        assert_eq!(found.rows()["e.example"], json!({ "severity": "Low" }));
        assert_eq!(found.ids().len(), 5);

        tenant.simulator.clear_calls();
        host.apply().await.ok();
        tenant.expect_calls((1, 3), (0, 0), 4);
        assert_eq!(tenant.simulator.rows().len(), 6);
        assert_eq!(tenant.row("d.example").unwrap()["severity"], "High");
        assert_eq!(tenant.row("c.example").unwrap()["generateAlert"], false);
        host.plan().await.clean();
    }
}

/// A row that somebody deletes and makes anew is not ours any more: only the id says that it is the same one.
#[tokio::test]
async fn a_row_that_somebody_made_anew_is_somebody_elses() {
    let one =
        json!({ "value": "b.example", "action": "Block", "title": "C2", "description": "list", "severity": "High" });
    for (address, block) in [(SET, list()), (SINGLE, one)] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        host.configure(&[(address, block.clone())]).apply().await.ok();
        tenant.rekey("b.example");
        let before = tenant.rows();
        let run = host.plan().await;
        let said = run.errors.join("\n");
        for words in ["b.example", "eve@contoso.example", "on_existing"] {
            assert!(said.contains(words), "{words} is missing in {said}");
        }
        assert_eq!(tenant.rows(), before);
        let mut consents = block.clone();
        consents["on_existing"] = "adopt".into();
        host.configure(&[(address, consents)]);
        let run = host.plan().await.ok();
        assert_eq!(run.changed, [address]);
        assert!(run.warnings.join("\n").contains("b.example"), "{:#?}", run.warnings);
        host.apply().await.ok();
        let id = tenant.row("b.example").unwrap()["id"].clone();
        assert_eq!(id, before["b.example Block"]["id"], "it was deleted");
        assert!(host.held(address).all().contains(&id.as_str().unwrap().to_owned()));
        host.plan().await.clean();
    }
}

/// What nobody but this application has made may be taken again, with a word about it.
#[tokio::test]
async fn an_own_row_under_another_id_is_planned_and_taken_over() {
    for (address, block) in [
        (SET, list()),
        (
            SINGLE,
            json!({ "value": "b.example", "action": "Block", "title": "C2", "description": "list", "severity": "High" }),
        ),
    ] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        host.configure(&[(address, block)]).apply().await.ok();
        tenant.portal(|rows| {
            let row = rows
                .iter_mut()
                .find(|row| row["indicatorValue"] == "b.example")
                .unwrap();
            row["id"] = "90000".into();
        });
        let run = host.plan().await.ok();
        assert_eq!(
            run.changed,
            [address],
            "a row that is not in the record is always a change"
        );
        assert!(run.warnings.join("\n").contains("b.example"), "{:#?}", run.warnings);
        tenant.simulator.clear_calls();
        host.apply().await.ok();
        assert_eq!(
            (tenant.imports(), tenant.batch_deletes()),
            (0, 0),
            "it is right as it is"
        );
        assert!(host.held(address).all().contains(&"90000".to_owned()));
        host.plan().await.clean();
    }
}
