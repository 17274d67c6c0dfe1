//! Objects of another provider and of this one under another address, and configuration for objects that have none.

use crate::support::blocks::{domains, set};
use crate::support::{Host, Stored, Tenant, plain};
use mde::tf::Value;
use serde_json::{Value as Json, json};

const ONE: &str = "mde_indicator.one";
const SET: &str = "mde_indicator_set.a";
const PEER: &str = "microsoftdefender_indicator";

/// A row of the tenant, and the state that the other provider has of it.
async fn made_by_the_peer() -> (Tenant, Json) {
    let tenant = Tenant::start().await;
    tenant.portal(|rows| {
        rows.push(json!({
            "indicatorType": "Url", "indicatorValue": "https://evil.example/a", "action": "Block", "title": "C2",
            "description": "case 7", "severity": "High", "application": "soc", "createdBy": "aaaabbbb-0000-cccc-1111-dddd2222eeee"
        }));
    });
    let id = tenant.row("https://evil.example/a").unwrap()["id"].clone();
    let stored = json!({
        "id": id, "indicator_value": "https://evil.example/a", "indicator_type": "Url", "action": "Block", "title": "C2",
        "description": "case 7", "severity": "High", "application": "soc", "generate_alert": false, "rbac_group_names": [],
        "expiration_time": null, "recommended_actions": null, "educate_url": null, "external_id": null, "created_by": "somebody",
        "source_type": "AadApp", "rbac_group_ids": [], "creation_time_date_time_utc": "2026-01-01T00:00:00Z"
    });
    (tenant, stored)
}

/// What its user writes after the move.
fn block() -> Json {
    json!({
        "value": "https://evil.example/a", "type": "Url", "action": "Block", "title": "C2", "description": "case 7",
        "severity": "High", "application": "soc"
    })
}

/// Puts what was taken over into the state, as a host does.
fn put(host: &mut Host, address: &str, value: Value, tainted: bool) {
    let stored = Stored {
        value,
        private: Vec::new(),
        tainted,
        identity: Value::Null,
    };
    host.state.insert(address.to_owned(), stored);
}

#[tokio::test]
async fn an_indicator_of_the_other_provider_is_taken_over_without_a_call_and_plans_clean() {
    let (tenant, stored) = made_by_the_peer().await;
    let before = tenant.simulator.rows();
    let mut host = Host::new(&tenant);
    // Terraform sends the whole address, to a process that is never configured. OpenTofu has a registry of its own, and older ones
    // send the last part alone.
    for provider in [
        "registry.terraform.io/folio-sec/microsoftdefender",
        "registry.opentofu.org/folio-sec/microsoftdefender",
        "microsoftdefender",
    ] {
        tenant.simulator.clear_calls();
        let moved = host.unconfigured().take_over(ONE, provider, (PEER, 0), &stored).await;
        assert!(
            !moved.told.failed() && moved.told.warnings.is_empty(),
            "{:?}",
            moved.told
        );
        assert!(tenant.simulator.calls().is_empty());
        assert_eq!(moved.identity.get("value").as_str(), Some("https://evil.example/a"));
        put(&mut host, ONE, moved.value, false);
        let run = host.configure(&[(ONE, block())]).plan().await.clean();
        assert!(run.warnings.is_empty(), "{:?}", run.warnings);
    }
    // OpenTofu asks the process that it has configured.
    let mut calls = host.walk(&mut Default::default()).await.unwrap();
    let moved = calls.take_over(ONE, "microsoftdefender", (PEER, 0), &stored).await;
    assert!(moved.identity.get("tenant_id").as_str().is_some());

    // From now on it is this provider's, although another application made it.
    let mut changed = block();
    changed["severity"] = "Low".into();
    host.configure(&[(ONE, changed)]).apply().await.ok();
    assert_eq!(tenant.simulator.rows().len(), before.len());
    assert_eq!(tenant.row("https://evil.example/a").unwrap()["severity"], "Low");
    host.destroy().await.ok();
    assert!(tenant.simulator.rows().is_empty());
}

#[tokio::test]
async fn a_tainted_indicator_of_the_other_provider_is_replaced_only_with_consent() {
    let (tenant, stored) = made_by_the_peer().await;
    let mut host = Host::new(&tenant);
    let moved = host
        .unconfigured()
        .take_over(ONE, "microsoftdefender", (PEER, 0), &stored)
        .await;
    put(&mut host, ONE, moved.value, true);
    // A replacement asks for its rows like a creation.
    let run = host.configure(&[(ONE, block())]).apply().await;
    assert!(run.errors[0].contains("already exists"), "{:?}", run.errors);
    let id = tenant.row("https://evil.example/a").unwrap()["id"].clone();
    let mut adopting = block();
    adopting["on_existing"] = "adopt".into();
    host.configure(&[(ONE, adopting)]).apply().await.ok();
    assert_eq!(
        tenant.row("https://evil.example/a").unwrap()["id"],
        id,
        "nothing was deleted"
    );
    host.plan().await.clean();
}

#[tokio::test]
async fn what_cannot_be_taken_over_is_an_error_with_the_other_way() {
    let (tenant, stored) = made_by_the_peer().await;
    let host = Host::new(&tenant);
    let mut calls = host.unconfigured();
    let mut error = async |address: &str, provider: &str, type_name: &str, stored: &Json| {
        let answer = calls.take_over(address, provider, (type_name, 0), stored).await;
        assert!(answer.value.is_null());
        answer.told.errors.join("\n")
    };
    let told = error(ONE, "registry.terraform.io/hashicorp/azurerm", "azurerm_thing", &stored).await;
    assert!(
        told.contains("`azurerm_thing`") && told.contains("`removed` block"),
        "{told}"
    );
    let told = error(ONE, "terraform.local/mde/mde", "mde_indicator_set", &json!({})).await;
    assert!(
        told.starts_with("The resource cannot be moved to this type\n"),
        "{told}"
    );
    let told = error(SET, "microsoftdefender", PEER, &stored).await;
    assert!(told.contains("on_existing = \"adopt\""), "{told}");
    let told = error(
        ONE,
        "microsoftdefender",
        PEER,
        &json!({ "indicator_value": "evil.example" }),
    )
    .await;
    assert!(told.contains("has no `id`"), "{told}");
    let told = error(ONE, "microsoftdefender", PEER, &json!("nothing")).await;
    assert!(told.contains("has no `id`"), "{told}");
}

#[tokio::test]
async fn objects_of_this_provider_under_another_address_stay_what_they_are() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let blocks = [(ONE, block()), (SET, set(json!({ "indicators": domains(0..3) })))];
    host.configure(&blocks).apply().await.ok();
    for (address, _) in &blocks {
        let value = host.state[*address].value.clone();
        let value_type = mde::tf::ValueType::Object(value.as_object().unwrap().object_type().clone());
        let stored = serde_json::from_str(&mde::tf::json::encode(&value_type, &value).unwrap()).unwrap();
        let type_name = address.split('.').next().unwrap();
        for provider in ["terraform.local/mde/mde", "registry.opentofu.org/somebody/mde", "mde"] {
            let moved = host
                .unconfigured()
                .take_over(address, provider, (type_name, 1), &stored)
                .await;
            assert!(!moved.told.failed(), "{:?}", moved.told);
            put(&mut host, address, moved.value, false);
            host.plan().await.clean();
        }
        // Of a version before, as an upgrade would have it; of a later one not at all.
        let newer = host
            .unconfigured()
            .take_over(address, "mde", (type_name, 9), &stored)
            .await;
        assert!(newer.told.errors[0].contains("version 9"), "{:?}", newer.told);
    }
    let old = json!({ "id": "901", "value": "evil.example", "action": "Block", "title": "t" });
    let moved = host
        .unconfigured()
        .take_over(ONE, "mde", ("mde_indicator", 0), &old)
        .await;
    assert_eq!(moved.value.get("record").as_str(), Some("{\"ids\":\"901\"}"));
}

#[tokio::test]
async fn generated_configuration_of_an_import_plans_clean() {
    let tenant = Tenant::start().await;
    tenant.portal(|rows| {
        for (value, severity) in [("a.example", "High"), ("b.example", "High"), ("c.example", "Low")] {
            rows.push(json!({
                "indicatorType": "DomainName", "indicatorValue": value, "action": "Block", "title": "say \"hi\" ${a} %{b} \\",
                "description": "d", "severity": severity, "application": "soc"
            }));
        }
        let long = format!("https://long.example/{}", "y".repeat(780));
        rows.push(json!({
            "indicatorType": "Url", "indicatorValue": long, "action": "Allowed", "title": "t", "description": "d",
            "application": "soc"
        }));
    });
    let mut host = Host::new(&tenant);
    host.import(SET, "application=soc").await.ok();
    host.import(ONE, "a.example").await.ok();
    let mut blocks = Vec::new();
    for address in [SET, ONE] {
        let state = host.state[address].value.clone();
        let config = host.unconfigured().generate(address, &state).await;
        for computed in ["id", "record", "counts"] {
            assert!(config.get(computed).is_null(), "{computed}");
        }
        blocks.push((address, plain(&config)));
    }
    // A text, which hosts write as `jsonencode({ ... })`.
    let text = blocks[0].1["indicators"].as_str().expect("the list is a text");
    assert!(serde_json::from_str::<Json>(text).unwrap().is_object());
    for (address, block) in blocks {
        let kept = host.state.clone();
        host.state.retain(|other, _| other == address);
        host.configure(&[(address, block)]).plan().await.clean();
        host.state = kept;
    }
    // Terraform 1.14.0 sends no state.
    for address in [SET, ONE] {
        assert!(host.unconfigured().generate(address, &Value::Null).await.is_null());
    }
}
