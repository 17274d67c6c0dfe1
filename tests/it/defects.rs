//! Losses that were found once, each with the smallest case (the letters and numbers are those of the list of defects). Where
//! the order of calls is the point, the case is explored in every order, with Ctrl-C and kills, by `orders`.

use crate::orders::{Setting, Story, want};
use crate::support::blocks::{domain, domains, merged, rows, set, single};
use crate::support::{Host, Tenant};
use mde::simulator::{Fault, FaultKind};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const PLAIN: Setting = Setting::PLAIN;
const BY_MOVING: Setting = Setting {
    applications: &["g", "h"],
    ..PLAIN
};
const WITHOUT_REFRESH: Setting = Setting {
    refresh: false,
    ..PLAIN
};
const TERRAFORM_1_11: Setting = Setting {
    orphan_first: true,
    ..PLAIN
};
const STOPPED: Setting = Setting { stop: true, ..PLAIN };

/// How often a fault fires that never ends.
const FOR_EVER: u32 = u32::MAX;

/// Panics unless every row of the tenant stands in exactly one record, and nothing is to be done.
async fn assert_settled(tenant: &Tenant, host: &mut Host) {
    let mut recorded: Vec<String> = host.state.keys().flat_map(|address| host.held(address).all()).collect();
    recorded.sort();
    assert_eq!(recorded, ids(tenant), "recorded, and in the tenant");
    host.plan().await.clean();
}

/// The ids of the tenant's rows, sorted.
fn ids(tenant: &Tenant) -> Vec<String> {
    let rows = tenant.simulator.rows();
    let mut ids: Vec<String> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn application(tenant: &Tenant) -> String {
    let environment: BTreeMap<String, String> = tenant.environment().into_iter().collect();
    environment["ARM_CLIENT_ID"].clone()
}

/// A row that this application made.
fn own_row(tenant: &Tenant, value: &str, title: &str) -> Json {
    json!({
        "indicatorType": "DomainName", "indicatorValue": value, "action": "Block", "title": title, "description": "D",
        "createdBy": application(tenant), "createdBySource": "PublicApi"
    })
}

#[tokio::test]
async fn a1_a_row_of_two_imports_stays_with_the_one_that_wants_it() {
    for import_the_set_first in [true, false] {
        for [first, second] in [
            ["mde_indicator_set.s", "mde_indicator.i"],
            ["mde_indicator.i", "mde_indicator_set.s"],
        ] {
            let tenant = Tenant::start().await;
            tenant.portal(|rows| {
                for (value, id) in [("a.example", "901"), ("i.example", "902")] {
                    rows.push(json!({
                        "id": id, "indicatorType": "DomainName", "indicatorValue": value, "action": "Block", "title": "T",
                        "description": "D"
                    }));
                }
            });
            let mut host = Host::new(&tenant);
            let mut imports = [("mde_indicator_set.s", "title=T"), ("mde_indicator.i", "i.example")];
            if !import_the_set_first {
                imports.reverse();
            }
            for (address, id) in imports {
                host.import(address, id).await.ok();
            }
            let texts = json!({ "title": "T", "description": "D" });
            let blocks = BTreeMap::from([
                (
                    "mde_indicator_set.s",
                    set(merged(texts.clone(), json!({ "indicators": { "a.example": {} } }))),
                ),
                ("mde_indicator.i", single("i.example", texts)),
            ]);
            host.configure(&[(first, blocks[first].clone()), (second, blocks[second].clone())])
                .one_by_one();
            // Whoever was shown first has the row; a second run gives it to the one that wants it.
            host.apply().await.ok();
            assert_eq!(ids(&tenant), ["901", "902"], "{first} is shown first");
            host.apply().await.ok();
            assert_eq!(host.held("mde_indicator_set.s").all(), ["901"]);
            assert_eq!(host.held("mde_indicator.i").all(), ["902"]);
            assert_settled(&tenant, &mut host).await;
        }
    }
}

#[tokio::test]
async fn a1_a_row_in_two_records_in_every_order() {
    let story = || Story::new().ours("x", "a", "").ours("y", "a", "");
    for setting in [PLAIN, STOPPED, TERRAFORM_1_11] {
        let both = story().object(Some(&["x", "y"]), Some(want(&[("x", "a")])));
        both.object(Some(&["y"]), Some(want(&[("y", "a")])))
            .single()
            .must_go_well(setting)
            .await;
    }
}

#[tokio::test]
async fn a1_a_list_of_singles_that_is_shifted_loses_nothing() {
    const COUNT: usize = 30;
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let addresses: Vec<String> = (0..=COUNT).map(|index| format!("mde_indicator.i{index:02}")).collect();
    let list = |values: Vec<usize>| -> Vec<(&str, Json)> {
        let blocks = values.into_iter().map(|number| single(&domain(number), json!({})));
        addresses.iter().map(String::as_str).zip(blocks).collect()
    };
    host.configure(&list((0..COUNT).collect())).apply().await.ok();
    // A new one at the head, and every row moves to the next address. Some are refused, so that their neighbours wait.
    let shifted: Vec<usize> = [99].into_iter().chain(0..COUNT).collect();
    let refused = [3, 4, 17].map(domain).to_vec();
    let fault = FaultKind::FailItems {
        values: refused.clone(),
        reason: "not now".into(),
    };
    tenant.fault(Fault::new(fault).on("POST", "/import").times(FOR_EVER));
    host.configure(&list(shifted)).apply().await;
    let missing = |tenant: &Tenant| {
        let values: BTreeSet<String> = tenant.values().into_iter().collect();
        (0..COUNT)
            .map(domain)
            .filter(|value| !values.contains(value))
            .collect::<Vec<_>>()
    };
    assert!(
        missing(&tenant).iter().all(|value| refused.contains(value)),
        "{:?}",
        missing(&tenant)
    );
    tenant.simulator.clear_faults();
    tenant.pass_time();
    host.apply().await.ok();
    assert_eq!(missing(&tenant), Vec::<String>::new());
    assert_settled(&tenant, &mut host).await;
}

#[tokio::test]
async fn a2_a_row_of_an_exclusive_scope_is_refused_in_every_order() {
    let exclusive = || {
        let mut list = want(&[("x", "a")]);
        list.exclusive = true;
        list
    };
    // Both are new, the set is there already, and both are.
    let new = Story::new().object(None, Some(exclusive()));
    new.object(None, Some(want(&[("y", "a")])))
        .must_be_refused(PLAIN, "exclusive")
        .await;
    let there = || {
        let story = Story::new().ours("x", "a", "").ours("y", "a", "");
        story
            .object(Some(&["x"]), Some(exclusive()))
            .with(|state| state.exclusive = true)
    };
    there()
        .object(None, Some(want(&[("y", "a")])))
        .must_be_refused(PLAIN, "exclusive")
        .await;
    there()
        .object(Some(&["y"]), Some(want(&[("y", "a")])))
        .must_be_refused(PLAIN, "exclusive")
        .await;
}

#[tokio::test]
async fn a2_renamed_lists_keep_every_row_and_count_for_the_limit_in_every_order() {
    const LISTS: usize = 20;
    let names = |directory: &str| {
        (0..LISTS)
            .map(|index| format!("mde_indicator_set.{directory}{index}"))
            .collect::<Vec<_>>()
    };
    let (old, new) = (names("lists"), names("feeds"));
    let configuration = |names: &[String]| -> Vec<(String, Json)> {
        let block = |(index, name): (usize, &String)| {
            (
                name.clone(),
                set(json!({ "title": name, "indicators": { domain(index): null } })),
            )
        };
        names.iter().enumerate().map(block).collect()
    };
    for (limit, backwards) in [
        (Some(0), false),
        (Some(0), true),
        (Some(LISTS), false),
        (None, false),
        (None, true),
    ] {
        let tenant = Tenant::start().await;
        let block = limit.map_or(json!({}), |limit| json!({ "max_removals": limit }));
        let mut host = Host::new(&tenant).provider(block);
        let blocks = configuration(&old);
        let blocks: Vec<(&str, Json)> = blocks
            .iter()
            .map(|(name, block)| (name.as_str(), block.clone()))
            .collect();
        host.configure(&blocks).apply().await.ok();
        let before = tenant.values();
        let blocks = configuration(&new);
        let mut blocks: Vec<(&str, Json)> = blocks
            .iter()
            .map(|(name, block)| (name.as_str(), block.clone()))
            .collect();
        if backwards {
            blocks.reverse();
        }
        tenant.pass_time();
        let run = host.configure(&blocks).one_by_one().apply().await;
        if limit == Some(0) {
            assert!(
                run.errors.iter().any(|error| error.contains("max_removals")),
                "{:#?}",
                run.errors
            );
            assert_eq!(tenant.values(), before, "nothing is done");
            continue;
        }
        run.ok();
        assert_eq!(tenant.values(), before, "every row is in its place");
        assert_settled(&tenant, &mut host).await;
    }
}

#[tokio::test]
async fn a3_a_row_that_somebody_made_in_place_of_an_expired_one_is_theirs() {
    for address in ["mde_indicator_set.s", "mde_indicator.i"] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        let instant = |host: &Host, days: u64| {
            let now = jiff::Timestamp::now() + host.clock.skipped() + Duration::from_secs(days * 86_400);
            Json::from(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        };
        let block = |expiry: Json| {
            if address.starts_with("mde_indicator.") {
                single("x.example", json!({ "expiration_time": expiry }))
            } else {
                set(json!({ "indicators": { "x.example": { "expiration_time": expiry }, "y.example": null } }))
            }
        };
        let soon = instant(&host, 1);
        host.configure(&[(address, block(soon))]).apply().await.ok();
        host.clock.advance(Duration::from_secs(2 * 86_400));
        tenant.portal(|rows| {
            rows.push(json!({
                "indicatorType": "DomainName", "indicatorValue": "x.example", "action": "Block", "title": "hers",
                "expirationTime": instant(&host, 30), "createdBy": "eve@contoso.example",
                "createdByDisplayName": "eve@contoso.example"
            }));
        });
        let hers = tenant.row("x.example");
        // The plan stays clean, and nothing that follows touches her row.
        host.plan().await.clean();
        host.apply().await.ok();
        let later = instant(&host, 60);
        let run = host.configure(&[(address, block(later))]).apply().await;
        assert!(
            run.errors.iter().any(|error| error.contains("eve@contoso.example")),
            "{:#?}",
            run.errors
        );
        assert_eq!(tenant.row("x.example"), hers);
        host.destroy().await.ok();
        assert_eq!(tenant.values(), ["x.example"]);
        assert_eq!(tenant.row("x.example"), hers);
    }
}

#[tokio::test]
async fn a4_rows_that_another_state_makes_after_the_plan_are_all_taken_over_and_told() {
    const COUNT: usize = 9;
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let addresses: Vec<String> = (0..COUNT).map(|index| format!("mde_indicator.i{index}")).collect();
    let blocks: Vec<(&str, Json)> = addresses
        .iter()
        .enumerate()
        .map(|(index, address)| (address.as_str(), single(&domain(index), json!({}))))
        .collect();
    for index in 0..COUNT {
        let row = own_row(&tenant, &domain(index), "of another state");
        let write = FaultKind::ForeignWrite { row, delete: false };
        // Before the listing of the apply walk.
        tenant.fault(Fault::new(write).on("GET", "/indicators").after(1));
    }
    let run = host.configure(&blocks).apply().await.ok();
    assert!(
        run.warnings.iter().any(|warning| warning.contains("taken over")),
        "{:#?}",
        run.warnings
    );
    assert_eq!(tenant.values().len(), COUNT);
    let titles: BTreeSet<String> = tenant
        .simulator
        .rows()
        .iter()
        .map(|row| row["title"].to_string())
        .collect();
    assert_eq!(titles, BTreeSet::from(["\"one\"".to_owned()]));
    assert_settled(&tenant, &mut host).await;
}

#[tokio::test]
async fn a5_a_row_that_could_not_be_deleted_is_destroyed_without_a_listing() {
    for address in ["mde_indicator_set.s", "mde_indicator.i"] {
        let tenant = Tenant::start().await;
        let mut host = Host::new(&tenant);
        let block = |action: &str| {
            if address.starts_with("mde_indicator.") {
                single("x.example", json!({ "action": action }))
            } else {
                set(json!({ "action": action, "indicators": { "x.example": null } }))
            }
        };
        host.configure(&[(address, block("Block"))]).apply().await.ok();
        let status = |code| FaultKind::Status {
            code,
            message: None,
            retry_after: None,
        };
        tenant.fault(Fault::new(status(403)).on("POST", "/BatchDelete").times(FOR_EVER));
        tenant.fault(Fault::new(status(403)).on("DELETE", "/indicators").times(FOR_EVER));
        let run = host.configure(&[(address, block("Allowed"))]).apply().await;
        assert!(!run.errors.is_empty());
        assert_eq!(tenant.held().len(), 2, "the new row stands beside the old one");
        assert_eq!(host.held(address).all(), ids(&tenant), "and both are in the record");
        tenant.simulator.clear_faults();
        tenant.fault(Fault::new(status(403)).on("GET", "/indicators").times(FOR_EVER));
        let run = host.without_refresh().destroy().await;
        let recorded: Vec<String> = host.state.keys().flat_map(|address| host.held(address).all()).collect();
        assert_eq!(
            recorded,
            ids(&tenant),
            "what is left is in the record: {:#?}",
            run.errors
        );
        assert!(!run.errors.is_empty() || tenant.values().is_empty());
    }
}

#[tokio::test]
async fn a6_rows_that_move_while_the_listing_fails_stand_in_a_record() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let (a, b) = ("mde_indicator_set.a", "mde_indicator_set.b");
    let block = |range| set(json!({ "indicators": domains(range) }));
    host.configure(&[(a, block(0..6)), (b, block(6..8))]).apply().await.ok();
    let before = tenant.rows();
    // The listing of the plan comes, that of the apply does not.
    let status = FaultKind::Status {
        code: 403,
        message: None,
        retry_after: None,
    };
    tenant.fault(Fault::new(status).on("GET", "/indicators").after(1).times(FOR_EVER));
    host.configure(&[(a, block(0..2)), (b, block(2..8))]).apply().await;
    let recorded: BTreeSet<String> = host.state.keys().flat_map(|address| host.held(address).all()).collect();
    assert!(ids(&tenant).iter().all(|id| recorded.contains(id)), "{recorded:?}");
    tenant.simulator.clear_faults();
    host.apply().await.ok();
    assert_eq!(tenant.rows(), before, "and nothing was made anew");
    assert_settled(&tenant, &mut host).await;
}

#[tokio::test]
async fn a7_a_creation_in_part_is_completed_with_other_content_and_before_the_old_one_ends() {
    // The first row was made; the creation is marked, and its content has changed since.
    let tainted = |cbd| {
        let mut list = want(&[("x", "b"), ("y", "b")]);
        list.cbd = cbd;
        let story = Story::new().ours("x", "a", "").object(Some(&["x"]), Some(list));
        story.with(|state| state.tainted = true)
    };
    for setting in [PLAIN, STOPPED] {
        tainted(true).must_go_well(setting).await;
        tainted(false).must_go_well(setting).await;
    }
}

#[tokio::test]
async fn a9_an_expired_indicator_is_created_anew_once_its_expiry_is_extended() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let address = "mde_indicator.i";
    let block = |host: &Host, days: u64| {
        let instant = jiff::Timestamp::now() + host.clock.skipped() + Duration::from_secs(days * 86_400);
        let expiry = instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        single("x.example", json!({ "expiration_time": expiry }))
    };
    let soon = block(&host, 1);
    host.configure(&[(address, soon)]).apply().await.ok();
    host.clock.advance(Duration::from_secs(2 * 86_400));
    assert!(tenant.values().is_empty());
    host.apply().await.ok();
    tenant.simulator.clear_calls();
    let later = block(&host, 30);
    host.configure(&[(address, later)]).apply().await.ok();
    assert_eq!(
        (tenant.imports(), tenant.batch_deletes()),
        (1, 0),
        "nothing is deleted that is gone"
    );
    assert_settled(&tenant, &mut host).await;
}

#[tokio::test]
async fn a10_two_objects_that_want_one_row_are_refused_in_every_order_and_write_nothing() {
    let list = |other: &str| want(&[("x", "a"), (other, "a")]);
    let new = Story::new().object(None, Some(list("y"))).object(None, Some(list("z")));
    new.must_be_refused(PLAIN, "same indicator").await;
    // The first holds the row already, or both do.
    let there = || {
        Story::new()
            .ours("x", "a", "")
            .ours("y", "a", "")
            .object(Some(&["x", "y"]), Some(list("y")))
    };
    there()
        .object(None, Some(list("z")))
        .must_be_refused(PLAIN, "same indicator")
        .await;
    there()
        .object(Some(&["x"]), Some(list("z")))
        .must_be_refused(PLAIN, "same indicator")
        .await;
}

#[tokio::test]
async fn a10_the_error_names_the_other_object() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let block = |title: &str, other: &str| {
        set(json!({ "title": title, "indicators": rows(&["x.example", other], Json::Null) }))
    };
    let blocks = [
        ("mde_indicator_set.one", block("first", "y.example")),
        ("mde_indicator_set.two", block("second", "z.example")),
    ];
    let run = host.configure(&blocks).one_by_one().plan().await;
    let [error] = run.errors.as_slice() else {
        panic!("{:#?}", run.errors);
    };
    assert!(error.contains("x.example") && error.contains("first"), "{error}");
    assert!(!error.contains("z.example"), "{error}");
}

#[tokio::test]
async fn a12_the_end_of_an_exclusive_set_deletes_no_row_of_others() {
    let exclusive = |want| {
        let story = Story::new()
            .ours("x", "a", "g")
            .foreign("y", "a", "g")
            .object(Some(&["x"]), want);
        story.with(|state| state.exclusive = true)
    };
    let mut list = want(&[("x", "a")]);
    list.label = "g".to_owned();
    for setting in [PLAIN, TERRAFORM_1_11, STOPPED] {
        // Removed, switched off, and with another scope.
        exclusive(None).must_go_well(setting).await;
        exclusive(Some(list.clone())).must_go_well(setting).await;
    }
    list.label = "h".to_owned();
    list.exclusive = true;
    exclusive(Some(list)).explore(BY_MOVING).await;
}

#[tokio::test]
async fn a12_without_a_refresh_a_row_in_two_records_asks_for_one() {
    let story = |id_of_both: bool| {
        let story = Story::new()
            .ours("x", "a", "")
            .object(Some(&["x"]), None)
            .object(Some(&["x"]), Some(want(&[("x", "a")])));
        if id_of_both { story } else { story.dead("x") }
    };
    story(true).must_be_refused(WITHOUT_REFRESH, "refresh").await;
    // The second records the same indicator by an id that is gone.
    story(false).must_be_refused(WITHOUT_REFRESH, "refresh").await;
}

#[tokio::test]
async fn a12_without_a_refresh_a_tainted_object_deletes_nothing_that_another_one_may_hold() {
    // Its one plan call shows nobody its state, and the other object does not change.
    let story = |cbd| {
        let mut nothing = want(&[]);
        nothing.cbd = cbd;
        let story = Story::new().ours("x", "a", "").object(Some(&["x"]), Some(nothing));
        story
            .with(|state| state.tainted = true)
            .object(Some(&["x"]), Some(want(&[("x", "a")])))
    };
    story(false).must_go_well(WITHOUT_REFRESH).await;
    // EXCLUDED by the rules: under create_before_destroy nothing tells the deletion that the plan saw no refresh.
    story(true).explore(WITHOUT_REFRESH).await;
}

#[tokio::test]
async fn a12_a_removed_object_that_is_planned_before_its_refresh_takes_nothing_along() {
    // A renamed set, killed before its delete half: both hold the row, and the new one does not change.
    let story = Story::new().ours("x", "a", "").ours("y", "a", "");
    let story = story
        .object(Some(&["x", "y"]), None)
        .object(Some(&["x", "y"]), Some(want(&[("x", "a"), ("y", "a")])));
    story.must_go_well(TERRAFORM_1_11).await;
}

#[tokio::test]
async fn a12_a_row_that_moves_to_an_object_which_is_refused_stays_in_a_record() {
    let story = Story::new().ours("x", "a", "").ours("y", "a", "");
    let story = story
        .object(Some(&["x", "y"]), Some(want(&[("y", "a")])))
        .object(Some(&[]), Some(want(&[("x", "b")])));
    story.refused("x").must_go_well(PLAIN).await;
}

#[tokio::test]
async fn a12_a_row_that_is_always_refused_keeps_nothing_that_was_withdrawn() {
    let story = Story::new().ours("xb", "a", "").ours("ya", "a", "");
    let story = story.object(Some(&["xb", "ya"]), Some(want(&[("ya", "a"), ("za", "a")])));
    story.refused("za").must_go_well(PLAIN).await;
}

#[tokio::test]
async fn a12_a_deletion_overtakes_no_claim() {
    // Rows that change places, and one that goes.
    let story = Story::new().ours("x", "a", "").ours("y", "a", "").ours("z", "a", "");
    let story = story
        .object(Some(&["x", "z"]), Some(want(&[("y", "a")])))
        .object(Some(&["y"]), Some(want(&[("x", "b")])));
    story.must_go_well(PLAIN).await;
}

#[tokio::test]
async fn a12_a_row_that_changes_its_label_plans_clean() {
    let story = || {
        let mut list = want(&[("x", "a"), ("y", "a")]);
        list.label = "h".to_owned();
        let story = Story::new().ours("x", "a", "g").ours("y", "a", "g");
        story
            .object(Some(&["x"]), Some(want(&[])))
            .object(Some(&["y"]), Some(list))
    };
    // The second set's own row is made anew under the label; the other one may move only if its label is listed.
    story().must_go_well(BY_MOVING).await;
    story().must_be_refused(PLAIN, "applications").await;
}

#[tokio::test]
async fn f2_a_replacement_with_other_content_that_is_killed_converges() {
    let story = |cbd, single: bool| {
        let mut list = want(&[("x", "b")]);
        list.cbd = cbd;
        let story = Story::new()
            .ours("x", "a", "")
            .object(Some(&["x"]), Some(list))
            .replaced();
        if single { story.single() } else { story }
    };
    for setting in [PLAIN, STOPPED] {
        for (cbd, single) in [(false, false), (false, true), (true, false), (true, true)] {
            story(cbd, single).must_go_well(setting).await;
        }
    }
}
