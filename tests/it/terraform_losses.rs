//! Losses that were found once, as far as only the real terraform can show them (the others are in `defects`): what is imported,
//! has expired, was made in part or was killed half-way, and what is taken over.

use crate::support::{Tenant, Workspace};
use crate::terraform_orders::{APPLY, apply, assert_settled, doctor, hosts, ids, set, single, start};
use mde::simulator::{Fault, FaultKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[tokio::test]
async fn the_import_of_a_single_certificate_keeps_its_facts() {
    let thumbprint = "3a1f0c67a2d28fced849ee1bb76e7391b93eb99a";
    let (tenant, workspace) = start().await;
    tenant.portal(|rows| {
        rows.push(json!({
            "indicatorType": "CertificateThumbprint", "indicatorValue": thumbprint, "action": "Block", "title": "one",
            "description": "D",
            "certificateInfo": { "issuer": "CN=issuer", "serial": "01", "subject": "CN=subject", "sha256": "ab".repeat(32) }
        }));
    });
    let before = tenant.simulator.rows();
    let facts = format!(
        "type = \"CertificateThumbprint\"\n  certificate_info = {{ issuer = \"CN=issuer\", serial = \"01\", subject = \
         \"CN=subject\", sha256 = \"{}\" }}",
        "ab".repeat(32)
    );
    workspace.main(&single("signer", thumbprint, &facts));
    workspace
        .run(&["import", "-input=false", "mde_indicator.signer", thumbprint])
        .await
        .expect(0);
    workspace.plan().await.expect(0);
    let state = workspace.objects("mde_indicator.signer");
    assert_eq!(state[0]["attributes"]["certificate_info"]["issuer"], "CN=issuer");
    assert_eq!(tenant.simulator.rows(), before);
    // Another certificate would be another row.
    workspace.main(&single("signer", thumbprint, &facts.replace("CN=issuer", "CN=other")));
    workspace.plan().await.expect(2).expect_says("1 to re-create");
}

/// Applies one indicator with an expiry, and lets the expiry pass in state and tenant.
async fn expired(tenant: &Tenant, workspace: &Workspace) {
    workspace.main(&single("i", "h0.example", "expiration_time = \"2041-01-01T00:00:00Z\""));
    workspace.apply().await.expect(0);
    doctor(workspace, |state| {
        state["resources"][0]["instances"][0]["attributes"]["expiration_time"] = "2024-01-01T00:00:00Z".into();
    });
    tenant.remove(&["h0.example"]);
    workspace.main(&single("i", "h0.example", "expiration_time = \"2024-01-01T00:00:00Z\""));
}

#[tokio::test]
async fn an_expired_single_is_made_anew_by_one_apply() {
    let (tenant, workspace) = start().await;
    expired(&tenant, &workspace).await;
    workspace.plan().await.expect(0).expect_says("expired");
    tenant.simulator.clear_calls();
    workspace.main(&single("i", "h0.example", "expiration_time = \"2042-01-01T00:00:00Z\""));
    workspace.apply().await.expect(0);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (1, 0));
    assert_settled(&tenant, &workspace, hosts(0..1), &[], "extended").await;
}

#[tokio::test]
async fn a_row_that_eve_made_in_place_of_an_expired_one_stays_hers() {
    let (tenant, workspace) = start().await;
    expired(&tenant, &workspace).await;
    tenant.add_foreign("DomainName", "h0.example", "Block");
    let before = tenant.simulator.rows();
    workspace.plan().await.expect(0);
    for more in [&[][..], &["-refresh=false"]] {
        workspace.main(&single("i", "h0.example", "expiration_time = \"2042-01-01T00:00:00Z\""));
        let plan = workspace
            .run(&[&["plan", "-input=false"], more].concat())
            .await
            .expect(1);
        assert!(
            plan.says("already exist") && plan.says("eve@contoso.example"),
            "{}",
            plan.output
        );
        apply(&workspace, more).await.expect(1);
        assert_eq!(tenant.simulator.rows(), before);
    }
    workspace.main("");
    apply(&workspace, &[]).await.expect(0);
    assert_eq!(tenant.simulator.rows(), before);
}

#[tokio::test]
async fn a_creation_in_part_goes_on_with_another_title_and_before_the_old_one_ends() {
    for order in ["", "lifecycle {\n    create_before_destroy = true\n  }"] {
        let (tenant, workspace) = start().await;
        workspace.main(&set("a", 0..4, order));
        let fails = FaultKind::FailItems {
            values: hosts(2..4),
            reason: "not now".into(),
        };
        tenant.fault(Fault::new(fails).on("POST", "/import").times(1000));
        workspace.apply().await.expect(1);
        let before = ids(&tenant);
        assert_eq!(before.len(), 2);
        tenant.simulator.clear_faults();
        workspace.main(&set("a", 0..4, order).replace("\"T\"", "\"other\""));
        workspace.apply().await.expect(0);
        assert_settled(&tenant, &workspace, hosts(0..4), &[], order).await;
        assert!(
            before.iter().all(|id| ids(&tenant).contains(id)),
            "made anew: {order:?}"
        );
        assert!(tenant.simulator.rows().iter().all(|row| row["title"] == "other"));
    }
}

#[tokio::test]
async fn a_change_of_action_that_is_killed_leaves_few_twins() {
    const BATCH: usize = 20;
    let (tenant, workspace) = start().await;
    let list = |action: &str, more: &str| {
        let list = set("a", 0..200, &format!("application = \"g\"\n  {more}"));
        format!("provider \"mde\" {{\n  batch_size = {BATCH}\n}}\n{list}").replace("Block", action)
    };
    let actions = |action: &str| tenant.held().iter().filter(|(_, other)| other == action).count();
    workspace.main(&list("Block", ""));
    workspace.apply().await.expect(0);
    for taken_back in [false, true] {
        workspace.main(&list("Allowed", ""));
        tenant.pass_time();
        tenant.simulator.clear_calls();
        tenant.fault(
            Fault::new(FaultKind::Hang {})
                .on("POST", "/import")
                .after(5)
                .times(1000),
        );
        let mut running = workspace.start(&APPLY);
        running.until("the sixth import", || tenant.imports() == 6).await;
        running.kill_provider();
        assert_ne!(running.end().await.code, 0);
        let held = tenant.held();
        let mut values = tenant.values();
        values.dedup();
        assert_eq!(values.len(), 200, "every value is in the tenant");
        assert_eq!(actions("Allowed"), 5 * BATCH);
        assert!(
            held.len() - values.len() <= BATCH,
            "{} twins",
            held.len() - values.len()
        );
        tenant.simulator.clear_faults();
        tenant.pass_time();
        if !taken_back {
            // The change goes on, and then back.
            workspace.apply().await.expect(0);
            assert_settled(&tenant, &workspace, hosts(0..200), &[], "on").await;
        }
        workspace.main(&list("Block", ""));
        tenant.pass_time();
        workspace.apply().await.expect(0);
        assert_eq!(actions("Block"), 200);
        workspace.plan().await.expect(0);
        // What a killed run has made and nobody records may be another workspace's: it stays.
        assert_eq!(actions("Allowed"), if taken_back { 5 * BATCH } else { 0 });
    }
    // The way to get rid of it: the plan of a set that becomes exclusive tells of it, the next one shows it.
    workspace.main(&list("Block", "exclusive = { application = \"g\" }"));
    tenant.pass_time();
    workspace
        .apply()
        .await
        .expect(0)
        .expect_says("100 indicators of the scope will be deleted later");
    assert_eq!(actions("Allowed"), 5 * BATCH);
    workspace.apply().await.expect(0);
    assert_settled(&tenant, &workspace, hosts(0..200), &[], "exclusive").await;
}

#[tokio::test]
async fn a_replacement_with_other_content_that_is_killed_in_its_create_half_converges() {
    for (order, body, address) in [
        ("", set("a", 0..4, ""), "mde_indicator_set.a"),
        (
            "lifecycle {\n    create_before_destroy = true\n  }",
            set("a", 0..4, "ORDER"),
            "mde_indicator_set.a",
        ),
        ("", single("i", "h0.example", ""), "mde_indicator.i"),
    ] {
        let (tenant, workspace) = start().await;
        let text = |title: &str| {
            let text = body.replace("ORDER", order);
            text.replace("\"T\"", title).replace("\"one\"", title)
        };
        workspace.main(&text("\"before\""));
        workspace.apply().await.expect(0);
        let before = ids(&tenant);
        workspace.main(&text("\"after\""));
        tenant.simulator.clear_calls();
        tenant.fault(Fault::new(FaultKind::Hang {}).on("POST", "/import").times(1000));
        let mut running = workspace.start(&[&APPLY[..], &[&format!("-replace={address}")]].concat());
        running.until("the create half", || tenant.imports() == 1).await;
        running.kill_provider();
        assert_ne!(running.end().await.code, 0);
        assert_eq!(
            ids(&tenant),
            before,
            "the delete half spares what the plan wants: {address}"
        );
        tenant.simulator.clear_faults();
        workspace.apply().await.expect(0);
        assert_eq!(ids(&tenant), before, "{address}");
        assert!(tenant.simulator.rows().iter().all(|row| row["title"] == "after"));
        let values = tenant.values();
        assert_settled(&tenant, &workspace, values, &[], address).await;
    }
}

#[tokio::test]
async fn another_label_makes_the_rows_of_a_set_anew() {
    let (tenant, workspace) = start().await;
    workspace.main(&set("a", 0..4, "application = \"g\""));
    workspace.apply().await.expect(0);
    let before = ids(&tenant);
    workspace.main(&set("a", 0..4, "application = \"h\""));
    let planned = workspace.plan().await.expect(2);
    assert!(planned.says("T: 4 to re-create"), "{}", planned.output);
    assert!(planned.says("will be updated in-place"), "{}", planned.output);
    workspace.apply().await.expect(0).expect_says("T: 4 re-created");
    assert!(!ids(&tenant).iter().any(|id| before.contains(id)));
    assert!(tenant.simulator.rows().iter().all(|row| row["application"] == "h"));
    assert_settled(&tenant, &workspace, hosts(0..4), &[], "label").await;
}

#[tokio::test]
async fn adoption_is_told_in_plan_and_apply_and_a_replacement_asks_again() {
    let on_provider = "provider \"mde\" {\n  on_existing = \"adopt\"\n}\n";
    let on_resource = "on_existing = \"adopt\"";
    for (provider, resource) in [("", on_resource), (on_provider, "")] {
        let (tenant, workspace) = start().await;
        tenant.add_foreign("DomainName", "h0.example", "Block");
        tenant.add_foreign("DomainName", "h1.example", "Block");
        let before = ids(&tenant);
        workspace.main(&set("a", 0..4, ""));
        workspace
            .plan()
            .await
            .expect(1)
            .expect_says("T: 2 indicators already exist");
        workspace.main(&(provider.to_owned() + &set("a", 0..4, resource)));
        let planned = workspace.plan().await.expect(2);
        assert_eq!(planned.warnings(), ["T: 2 to adopt"], "{}", planned.output);
        let applied = workspace.apply().await.expect(0);
        assert!(applied.says("T: 2 adopted"), "{}", applied.output);
        assert!(
            before.iter().all(|id| ids(&tenant).contains(id)),
            "they were not made anew"
        );
        assert_settled(&tenant, &workspace, hosts(0..4), &[], "adopted").await;

        // This application has written them since, so they are ours; what eve writes again is not, for a replacement.
        tenant.edit("h1.example", |row| row["title"] = "hers again".into());
        let rows = tenant.simulator.rows();
        workspace.main(&set("a", 0..4, ""));
        let refused = apply(&workspace, &["-replace=mde_indicator_set.a"]).await.expect(1);
        assert!(
            refused.says("already exist") && refused.says("h1.example"),
            "{}",
            refused.output
        );
        assert_eq!(tenant.simulator.rows(), rows);
        workspace.main(&(provider.to_owned() + &set("a", 0..4, resource)));
        apply(&workspace, &["-replace=mde_indicator_set.a"]).await.expect(0);
        assert_settled(&tenant, &workspace, hosts(0..4), &[], "replaced").await;
        let titles: BTreeMap<String, Value> = tenant
            .rows()
            .into_iter()
            .map(|(name, row)| (name, row["title"].clone()))
            .collect();
        assert!(titles.values().all(|title| title == "T"), "{titles:?}");
    }
}
