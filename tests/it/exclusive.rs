//! Sets that own a stated scope: what is in it and not in the list is shown, and the next apply deletes it. Nothing else.

use crate::support::blocks::{rows, set, single};
use crate::support::{Held, Host, Run, Tenant};
use serde_json::{Value as Json, json};

const SET: &str = "mde_indicator_set.c2";
const SINGLE: &str = "mde_indicator.own";

fn list(values: &[&str], exclusive: Json) -> Json {
    set(json!({ "application": "gitops", "indicators": rows(values, Json::Null), "exclusive": exclusive }))
}

fn labelled() -> Json {
    json!({ "application": "gitops" })
}

/// A set of one row that is exclusive about its label.
async fn applied(tenant: &Tenant) -> Host {
    let mut host = Host::new(tenant);
    host.configure(&[(SET, list(&["a.example"], labelled()))])
        .apply()
        .await
        .ok();
    host
}

/// A row of somebody else with a label; its id.
fn stray(tenant: &Tenant, value: &str, label: &str) -> String {
    tenant.add_foreign("DomainName", value, "Block");
    tenant.edit(value, |row| row["application"] = label.into());
    tenant.row(value).unwrap()["id"].as_str().unwrap().to_owned()
}

fn warns_of(run: &Run, words: &str) -> bool {
    run.warnings.iter().any(|warning| warning.contains(words))
}

#[tokio::test]
async fn an_exclusive_set_shows_what_is_not_in_its_list_before_it_deletes_it() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let other = single("own.example", json!({ "application": "other" }));
    host.configure(&[(SET, list(&["a.example"], labelled())), (SINGLE, other)]);
    host.apply().await.ok();
    tenant.add_foreign("DomainName", "foreign.example", "Block");
    let id = stray(&tenant, "stray.example", "gitops");

    let run = host.plan().await.ok();
    assert_eq!(run.changed, [SET]);
    assert!(warns_of(&run, "stray.example"), "{:#?}", run.warnings);
    assert!(!warns_of(&run, "foreign.example") && !warns_of(&run, "own.example"));
    let shown = Held::of(&run.refreshed[SET]);
    assert_eq!(shown.keys(), ["a.example", "stray.example"]);
    assert_eq!(
        shown.entries()["stray.example"],
        format!("?{id}"),
        "it is shown and not held"
    );
    assert_eq!(shown.rows()["stray.example"]["title"], "made in the portal");
    assert_eq!(
        run.planned[SET].get("counts").as_map().unwrap()["Block"].as_i64(),
        Some(1)
    );
    assert!(tenant.row("stray.example").is_some(), "a plan deletes nothing");

    host.apply().await.ok();
    assert!(tenant.row("stray.example").is_none());
    assert!(tenant.row("foreign.example").is_some() && tenant.row("own.example").is_some());
    host.plan().await.clean();
}

/// Hosts pad every key of a plan to the longest.
#[tokio::test]
async fn a_long_url_that_is_shown_has_a_short_key() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant).await;
    let long = format!("https://stray.example/{}", "x".repeat(778));
    tenant.add_foreign("Url", &long, "Block");
    tenant.edit(&long, |row| row["application"] = "gitops".into());
    let run = host.plan().await.ok();
    let shown = Held::of(&run.refreshed[SET]);
    let [_, key] = shown.keys().try_into().unwrap();
    assert_eq!(
        (key.chars().count(), &shown.rows()[&key]["value"]),
        (100, &long.clone().into())
    );
    host.apply().await.ok();
    assert!(tenant.row(&long).is_none());
    host.plan().await.clean();
}

#[tokio::test]
async fn a_new_exclusive_set_says_what_it_will_show_and_deletes_it_only_then() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    for value in ["one.example", "two.example"] {
        stray(&tenant, value, "gitops");
    }
    host.configure(&[(SET, list(&["a.example"], labelled()))]);
    let run = host.apply().await.ok();
    assert!(warns_of(&run, "2 "), "{:#?}", run.warnings);
    assert_eq!(tenant.values().len(), 3, "nothing goes that no plan has shown");
    let run = host.plan().await.ok();
    assert_eq!(
        Held::of(&run.refreshed[SET]).keys(),
        ["a.example", "one.example", "two.example"]
    );
    host.apply().await.ok();
    assert_eq!(tenant.values(), ["a.example"]);
    host.plan().await.clean();
}

#[tokio::test]
async fn what_is_no_longer_in_the_scope_is_left_alone() {
    for exclusive in [
        Json::Null,
        json!({ "application": "other" }),
        json!({ "application": "gitops", "created_by_this_application": true }),
    ] {
        let tenant = Tenant::start().await;
        let mut host = applied(&tenant).await;
        stray(&tenant, "stray.example", "gitops");
        let run = host.plan().await.ok();
        assert!(warns_of(&run, "stray.example"), "{:#?}", run.warnings);
        // The user sees it, and decides to keep it.
        host.configure(&[(SET, list(&["a.example"], exclusive.clone()))])
            .apply()
            .await
            .ok();
        assert!(tenant.row("stray.example").is_some(), "{exclusive}");
        assert_eq!(host.held(SET).keys(), ["a.example"]);
        host.plan().await.clean();
        assert_eq!(tenant.batch_deletes(), 0);
    }
}

#[tokio::test]
async fn a_set_that_goes_altogether_takes_only_its_own_rows_with_it() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant).await;
    stray(&tenant, "stray.example", "gitops");
    host.plan().await.ok();
    host.destroy().await.ok();
    assert_eq!(tenant.values(), ["stray.example"]);
}

#[tokio::test]
async fn a_row_of_the_scope_can_come_into_the_list_with_consent() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant).await;
    let id = stray(&tenant, "stray.example", "gitops");
    stray(&tenant, "other.example", "gitops");
    let mut block = list(&["a.example", "stray.example"], labelled());
    let run = host.configure(&[(SET, block.clone())]).plan().await;
    assert!(
        run.errors[0].contains("stray.example") && run.errors[0].contains("eve@contoso.example"),
        "{:#?}",
        run.errors
    );

    block["on_existing"] = "adopt".into();
    host.configure(&[(SET, block)]);
    host.apply().await.ok();
    let row = tenant.row("stray.example").unwrap();
    assert_eq!((&row["id"], &row["title"]), (&json!(id), &json!("list")));
    assert!(tenant.row("other.example").is_none());
    assert_eq!(host.held(SET).id("stray.example"), Some(id));
    host.plan().await.clean();
}

#[tokio::test]
async fn what_a_killed_run_wrote_is_no_stranger() {
    let tenant = Tenant::start().await;
    let mut host = applied(&tenant).await;
    let state = host.state.clone();
    host.configure(&[(SET, list(&["a.example", "b.example", "c.example"], labelled()))])
        .apply()
        .await
        .ok();
    // The provider wrote, and nobody noted it.
    host.state = state;
    tenant.simulator.clear_calls();
    host.apply().await.ok();
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    assert_eq!(tenant.values().len(), 3);
    assert_eq!(host.held(SET).ids().len(), 3);
    host.plan().await.clean();
}

#[tokio::test]
async fn no_other_resource_may_want_a_row_of_the_scope() {
    let of_the_scope = [
        (
            SINGLE,
            single(
                "own.example",
                json!({ "application": "gitops", "on_existing": "adopt" }),
            ),
        ),
        (
            "mde_indicator_set.another",
            set(json!({ "application": "gitops", "on_existing": "adopt", "indicators": { "own.example": null } })),
        ),
    ];
    for other in of_the_scope {
        for turned in [false, true] {
            let tenant = Tenant::start().await;
            let mut resources = [(SET, list(&["a.example"], labelled())), other.clone()];
            if turned {
                resources.reverse();
            }
            // From the start.
            let mut host = Host::new(&tenant);
            let run = host.configure(&resources).apply().await;
            assert!(run.errors.join("\n").contains("exclusive"), "{:#?}", run.errors);
            assert!(tenant.values().is_empty());
            // Beside a set that is there, and a row that it would delete.
            host.configure(&resources[usize::from(turned)..][..1])
                .apply()
                .await
                .ok();
            stray(&tenant, "own.example", "gitops");
            let run = host.configure(&resources).apply().await;
            assert!(run.errors.join("\n").contains("exclusive"), "{:#?}", run.errors);
            assert!(tenant.row("own.example").is_some());
        }
    }
}

#[tokio::test]
async fn rows_of_others_count_as_removals() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant).provider(json!({ "max_removals": 1 }));
    host.configure(&[(SET, list(&["a.example", "b.example"], labelled()))])
        .apply()
        .await
        .ok();
    stray(&tenant, "one.example", "gitops");
    host.plan().await.ok();
    let run = host.configure(&[(SET, list(&["a.example"], labelled()))]).apply().await;
    assert!(run.errors[0].contains("max_removals"), "{:#?}", run.errors);
    assert_eq!(tenant.values().len(), 3);
}
