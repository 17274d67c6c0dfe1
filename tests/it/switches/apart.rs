//! Answers of the simulator's switches that the life in [`super`] does not meet.

use crate::support::blocks::{domain, domains, merged, set, single};
use crate::support::{Host, Tenant};
use mde::simulator::{
    EarlyRetry, Fault, FaultKind, FeatureFields, MissingTexts, Order, Paging, Part, Permission, RetryAfter, Toggle,
    UnknownIds, UnseenRows, Verdict,
};
use serde_json::{Value as Json, json};
use std::time::Duration;

const SET: &str = "mde_indicator_set.list";
const SHA1: &str = "AA5EED00AA5EED00AA5EED00AA5EED00AA5EED00";

/// A host whose calls carry one item each.
fn one_by_one(tenant: &Tenant) -> Host {
    Host::new(tenant).provider(json!({ "batch_size": 1 }))
}

#[tokio::test]
pub async fn many_calls_with_the_limits_on_and_off() {
    for limits in [Toggle::On, Toggle::Off] {
        let tenant = Tenant::with(|options| options.limits = limits).await;
        let mut host = one_by_one(&tenant);
        let list = set(json!({ "indicators": domains(0..65) }));
        host.configure(&[(SET, list)]).apply().await.ok();
        assert_eq!((tenant.imports(), tenant.throttled()), (65, 0), "{limits:?}");
        // Nobody told the client that the limits are off.
        assert!(host.clock.skipped() >= Duration::from_secs(119), "{limits:?}");
        host.plan().await.clean();
        host.destroy().await.ok();
        assert_eq!((tenant.values().len(), tenant.throttled()), (0, 0), "{limits:?}");
    }
}

#[tokio::test]
pub async fn a_window_that_others_used_up_is_waited_for() {
    for retry_after in [RetryAfter::Sent, RetryAfter::Omitted] {
        for early_retry in [EarlyRetry::Prolongs, EarlyRetry::Ignored] {
            let context = format!("{retry_after:?} {early_retry:?}");
            let tenant = Tenant::with(|options| {
                options.retry_after = retry_after;
                options.early_retry = early_retry;
            })
            .await;
            let mut other = one_by_one(&tenant);
            other
                .configure(&[(SET, set(json!({ "indicators": domains(100..130) })))])
                .apply()
                .await
                .ok();
            assert_eq!((tenant.imports(), tenant.throttled()), (30, 0), "{context}");
            // Another process with the same application: it cannot know of the calls before.
            let mut host = one_by_one(&tenant);
            let waited = |host: &Host| host.clock.skipped();
            let list = |count| set(json!({ "indicators": domains(0..count), "title": format!("{count}") }));
            host.configure(&[("mde_indicator_set.late", list(35))])
                .apply()
                .await
                .ok();
            assert_eq!(tenant.throttled(), 1, "{context}: asking too early prolongs the wait");
            assert_eq!(tenant.values().len(), 65, "{context}");
            // What is left of the first minute, and then the own limit.
            let took = waited(&host);
            assert!(
                took >= Duration::from_secs(100) && took <= Duration::from_secs(130),
                "{context}: {took:?}"
            );
            host.plan().await.clean();
            // The same for deletes.
            tenant.pass_time();
            other.destroy().await.ok();
            let before = waited(&host);
            host.configure(&[("mde_indicator_set.late", list(35))]);
            host.destroy().await.ok();
            assert_eq!(tenant.values().len(), 0, "{context}");
            assert!(waited(&host) - before >= Duration::from_secs(50), "{context}");
            assert_eq!(tenant.throttled(), 2, "{context}");
        }
    }
}

#[tokio::test]
pub async fn two_actions_where_there_is_one_row() {
    let (block, allow) = (json!({}), json!({ "value": "twice.example", "action": "Allowed" }));
    for (left, action) in [
        (json!({ "twice.example": block }), "Block"),
        (json!({ "again": allow }), "Allowed"),
    ] {
        let tenant = Tenant::with(|options| options.action_in_identity = Part::Ignored).await;
        let mut host = Host::new(&tenant);
        let both = json!({ "twice.example": block, "again": allow });
        let run = host
            .configure(&[(SET, set(json!({ "indicators": both })))])
            .apply()
            .await;
        assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
        assert!(run.errors[0].contains("twice.example"), "{}", run.errors[0]);
        assert_eq!(tenant.values(), ["twice.example"]);
        // Whichever is taken out of the list, the row is what the other one says.
        host.configure(&[(SET, set(json!({ "indicators": left })))])
            .apply()
            .await
            .ok();
        assert_eq!(tenant.held(), [("twice.example".to_owned(), action.to_owned())]);
        host.plan().await.clean();
    }
}

#[tokio::test]
pub async fn another_spelling_of_a_row_that_is_there() {
    for case in [Part::Included, Part::Ignored] {
        for (kind, there, wanted) in [
            ("FileSha1", SHA1.to_lowercase(), SHA1),
            ("DomainName", "spelt.example".to_owned(), "Spelt.Example"),
            ("Url", "https://spelt.example/A".to_owned(), "HTTPS://Spelt.example/A"),
        ] {
            let context = format!("{case:?} {wanted}");
            let tenant = Tenant::with(|options| {
                options.hash_case = case;
                options.host_case = case;
            })
            .await;
            tenant.add_foreign(kind, &there, "Block");
            let list = set(json!({ "indicators": { wanted: null } }));
            let mut host = Host::new(&tenant);
            let run = host.configure(&[(SET, list.clone())]).apply().await;
            assert_eq!(run.errors.len(), 1, "{context}: {:#?}", run.errors);
            assert!(
                run.errors[0].contains("eve@contoso.example"),
                "{context}: {}",
                run.errors[0]
            );
            assert_eq!(tenant.values(), [there.as_str()], "{context}");

            let mut host = Host::new(&tenant).provider(json!({ "on_existing": "adopt" }));
            host.configure(&[(SET, list)]).apply().await.ok();
            host.plan().await.clean();
            // Whether two spellings are one row or two: there is one, in the spelling that the service has.
            assert_eq!(tenant.values(), [there.as_str()], "{context}");
            host.destroy().await.ok();
            assert_eq!(tenant.values(), [""; 0], "{context}");
        }
    }
}

#[tokio::test]
pub async fn fields_that_a_tenant_forgets() {
    let tenant = Tenant::with(|options| options.look_back_fields = FeatureFields::Ignored).await;
    let mut host = Host::new(&tenant);
    let fields = json!({ "historical_detection": true, "look_back_period": 7, "external_id": "case 42" });
    let list = |fields: Json| set(json!({ "indicators": { "back.example": fields } }));
    host.configure(&[(SET, list(fields))]).apply().await.ok();
    // What the tenant does not keep is a change that never ends. Each plan says which field it is, and what to do.
    for _ in 0..2 {
        let run = host.plan().await.ok();
        assert_eq!(run.changed, [SET]);
        let told = run.warnings.join("\n");
        for words in ["back.example", "historical_detection", "Remove it"] {
            assert!(told.contains(words), "no {words} in {told}");
        }
        host.apply().await.ok();
    }
    host.configure(&[(SET, list(json!({ "external_id": "case 42" })))])
        .apply()
        .await
        .ok();
    assert_eq!(tenant.row("back.example").unwrap()["externalId"], "case 42");
    host.plan().await.clean();
}

#[tokio::test]
pub async fn a_row_without_a_title() {
    for missing_texts in [MissingTexts::Refused, MissingTexts::Item, MissingTexts::Accepted] {
        let tenant = Tenant::with(|options| options.missing_texts = missing_texts).await;
        let mut host = Host::new(&tenant);
        let list = |more: Json| {
            let rows = merged(json!({ "titled.example": { "title": "t" } }), more);
            [(SET, set(json!({ "title": null, "indicators": rows })))]
        };
        // An empty text is none.
        for untitled in [Json::Null, json!({ "title": "" })] {
            let run = host
                .configure(&list(json!({ "untitled.example": untitled })))
                .apply()
                .await;
            if missing_texts == MissingTexts::Accepted {
                run.ok();
                assert_eq!(tenant.values(), ["titled.example", "untitled.example"]);
            } else {
                assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
                for words in ["untitled.example", "title is missing"] {
                    assert!(run.errors[0].contains(words), "no {words} in {}", run.errors[0]);
                }
                assert_eq!(tenant.values(), ["titled.example"], "{missing_texts:?}");
                host.configure(&list(json!({}))).apply().await.ok();
            }
            host.plan().await.clean();
        }
    }
}

#[tokio::test]
pub async fn more_rows_than_one_page_can_have() {
    for (paging, order, page_size) in [
        (Paging::NextLink, Order::Ascending, 10_000),
        (Paging::NextLink, Order::Descending, 3_000),
        (Paging::NextLinkToken, Order::Ascending, 10_000),
        (Paging::NextLinkToken, Order::Descending, 3_000),
        (Paging::NextLinkUnlessTop, Order::Ascending, 10_000),
        (Paging::NextLinkUnlessTop, Order::Descending, 3_000),
        (Paging::SkipOnly, Order::Ascending, 10_000),
        (Paging::SkipOnly, Order::Descending, 10_000),
    ] {
        let context = format!("{paging:?} {order:?} {page_size}");
        let tenant = Tenant::with(|options| {
            options.paging = paging;
            options.order = order;
            options.page_size = page_size;
        })
        .await;
        let foreign = |number: usize| json!({ "indicatorType": "FileSha256", "indicatorValue": format!("{number:064x}"), "action": "Block" });
        let mut host = Host::new(&tenant);
        let list = set(json!({ "indicators": domains(0..2) }));
        // One own row at each end of the listing, and more than a page between them.
        host.configure(&[("mde_indicator.first", single("first.example", json!({})))])
            .apply()
            .await
            .ok();
        tenant.portal(|rows| rows.extend((0..10_001).map(foreign)));
        let both = [(SET, list), ("mde_indicator.first", single("first.example", json!({})))];
        host.configure(&both).apply().await.ok();
        tenant.simulator.clear_calls();
        let run = host.plan().await.clean();
        assert_eq!(run.warnings, [""; 0], "{context}");
        assert_eq!(tenant.lists(), 10_004_usize.div_ceil(page_size), "{context}");
        assert_eq!(tenant.throttled(), 0);
    }
}

#[tokio::test]
pub async fn a_row_that_is_gone_before_the_delete() {
    for unknown_ids in [UnknownIds::Refused, UnknownIds::RefusedInPart, UnknownIds::Skipped] {
        let tenant = Tenant::with(|options| options.unknown_ids = unknown_ids).await;
        let mut host = Host::new(&tenant);
        host.configure(&[(SET, set(json!({ "indicators": domains(0..9) })))])
            .apply()
            .await
            .ok();
        let gone = |number| FaultKind::ForeignWrite {
            row: tenant.row(&domain(number)).unwrap(),
            delete: true,
        };
        tenant.fault(Fault::new(gone(1)).on("POST", "/BatchDelete"));
        host.configure(&[(SET, set(json!({ "indicators": domains(6..9) })))])
            .apply()
            .await
            .ok();
        assert_eq!(
            tenant.values(),
            ["d6.example", "d7.example", "d8.example"],
            "{unknown_ids:?}"
        );
        host.plan().await.clean();
        tenant.fault(Fault::new(gone(7)).on("POST", "/BatchDelete"));
        host.destroy().await.ok();
        assert_eq!(tenant.values(), [""; 0], "{unknown_ids:?}");
    }
}

#[tokio::test]
pub async fn rows_that_the_application_does_not_see() {
    for unseen_rows in [UnseenRows::Updated, UnseenRows::Refused] {
        let tenant = Tenant::with(|options| {
            options.permission = Permission::Own;
            options.unseen_rows = unseen_rows;
        })
        .await;
        tenant.add_foreign("DomainName", "foreign.example", "Block");
        tenant.add_foreign("DomainName", "other.example", "Block");
        let foreign = tenant.rows();
        let mut host = Host::new(&tenant);
        let own = json!({ "own.example": null });
        let list = |rows: Json| [(SET, set(json!({ "indicators": rows })))];
        host.configure(&list(own.clone())).apply().await.ok();
        let [warning] = host.plan().await.clean().warnings.try_into().unwrap();
        assert!(
            warning.starts_with("The application sees its own indicators only"),
            "{warning}"
        );

        // A row with the same identity that nobody can see before writing.
        host.configure(&list(merged(own.clone(), json!({ "foreign.example": null }))));
        let run = host.apply().await;
        match unseen_rows {
            UnseenRows::Refused => {
                assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
                for words in ["foreign.example", "does not have access to this indicator"] {
                    assert!(run.errors[0].contains(words), "no {words} in {}", run.errors[0]);
                }
                assert_eq!(
                    tenant.row("foreign.example"),
                    foreign.get("foreign.example Block").cloned()
                );
            }
            UnseenRows::Updated => {
                // The provider cannot know that the row was there. That it never sees the row is told by the next plan.
                let run = host.plan().await.ok();
                assert_eq!(run.changed, [SET]);
                assert!(run.warnings[1].contains("foreign.example"), "{:#?}", run.warnings);
            }
        }
        host.configure(&list(own)).apply().await.ok();
        host.plan().await.clean();
        host.destroy().await.ok();
        // Nothing of others is deleted.
        assert_eq!(tenant.values(), ["foreign.example", "other.example"], "{unseen_rows:?}");
        assert_eq!(tenant.row("other.example"), foreign.get("other.example Block").cloned());
    }
}

#[tokio::test]
pub async fn without_a_permission_nothing_is_written() {
    let tenant = Tenant::with(|options| options.permission = Permission::None).await;
    let mut host = Host::new(&tenant);
    let run = host
        .configure(&[(SET, set(json!({ "indicators": domains(0..2) })))])
        .apply()
        .await;
    assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
    assert!(run.errors[0].contains("Ti.ReadWrite.All"), "{}", run.errors[0]);
    assert!(host.state.is_empty());
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
}

#[tokio::test]
pub async fn an_application_that_may_not_import() {
    for (permission, refused) in [(Permission::Own, true), (Permission::All, false)] {
        let tenant = Tenant::with(|options| {
            options.permission = permission;
            options.own_rows_batches = Verdict::Refused;
        })
        .await;
        let mut host = Host::new(&tenant);
        host.configure(&[(SET, set(json!({ "indicators": domains(0..2) })))]);
        let run = host.apply().await;
        if refused {
            assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
            for words in ["permissions (Ti.ReadWrite.All) to access", "admin consent"] {
                assert!(run.errors[0].contains(words), "no {words} in {}", run.errors[0]);
            }
            assert_eq!(tenant.values(), [""; 0]);
        } else {
            run.ok();
            host.plan().await.clean();
        }
    }
}

#[tokio::test]
pub async fn two_applications_in_one_tenant() {
    for permission in ["all", "own"] {
        let second = format!("display-name=Second,permission={permission}");
        let tenant = Tenant::with(|options| {
            options.display_name = Some("First".to_owned());
            options.applications = vec![second.parse().unwrap()];
        })
        .await;
        let credentials: Json = tenant.simulator.environments()[1]
            .iter()
            .filter_map(|(name, value)| match name.as_str() {
                "ARM_CLIENT_ID" => Some(("client_id".to_owned(), Json::from(value.as_str()))),
                "ARM_CLIENT_SECRET" => Some(("client_secret".to_owned(), Json::from(value.as_str()))),
                _ => None,
            })
            .collect();
        let (mut first, mut second) = (Host::new(&tenant), Host::new(&tenant).provider(credentials));
        let list = |rows: Json| [(SET, set(json!({ "indicators": rows })))];
        first.configure(&list(domains(0..2))).apply().await.ok();
        second.configure(&list(domains(2..4))).apply().await.ok();
        for (host, name, values) in [
            (&mut first, "First", [domain(0), domain(1)]),
            (&mut second, "Second", [domain(2), domain(3)]),
        ] {
            host.plan().await.clean();
            for value in values {
                assert_eq!(tenant.row(&value).unwrap()["createdByDisplayName"], name, "{value}");
            }
        }
        // A row of the other one is foreign to one that sees it.
        let before = tenant.row(&domain(0));
        let run = second.configure(&list(domains(0..4))).plan().await;
        if permission == "all" {
            assert_eq!(run.errors.len(), 1, "{:#?}", run.errors);
            for words in [domain(0).as_str(), "First"] {
                assert!(run.errors[0].contains(words), "no {words} in {}", run.errors[0]);
            }
        } else {
            run.ok();
        }
        assert_eq!(tenant.row(&domain(0)), before);
        second.configure(&list(domains(2..4))).destroy().await.ok();
        assert_eq!(tenant.values(), [domain(0), domain(1)], "{permission}");
        first.plan().await.clean();
    }
}
