//! What a plan and an apply say about protection: how many indicators go, are weakened or change hands, and what contradicts
//! what.

use crate::support::blocks::{domains, rows, set, single};
use crate::support::{Host, Run, Tenant, Workspace};
use serde_json::{Value as Json, json};

const A: &str = "mde_indicator_set.a";
const B: &str = "mde_indicator_set.b";
const ONE: &str = "mde_indicator.one";

/// The first lines of the warnings.
fn summaries(run: &Run) -> Vec<&str> {
    run.warnings
        .iter()
        .filter_map(|warning| warning.lines().next())
        .collect()
}

/// The one warning with this summary.
#[track_caller]
fn told<'r>(run: &'r Run, summary: &str) -> &'r str {
    let of: Vec<&String> = run
        .warnings
        .iter()
        .filter(|warning| warning.lines().next() == Some(summary))
        .collect();
    assert_eq!(of.len(), 1, "`{summary}` is not once in {:#?}", run.warnings);
    of[0]
}

#[tokio::test]
async fn deleted_rows_are_counted_and_named_in_plan_and_apply() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = |range| set(json!({ "indicators": domains(range) }));
    host.configure(&[(A, list(0..60))]).apply().await.ok();
    host.configure(&[(A, list(40..60))]);
    let run = host.plan().await.ok();
    let text = told(&run, "list: 40 to delete");
    assert_eq!(
        text.lines().filter(|line| line.starts_with("- d")).count(),
        20,
        "{text}"
    );
    assert!(text.ends_with("and 20 more"), "{text}");
    let run = host.apply().await.ok();
    told(&run, "list: 40 deleted");
    assert!(host.plan().await.clean().warnings.is_empty());
    // The end of the whole set, too; of a single indicator the host's own line says all.
    host.configure(&[(ONE, single("one.example", json!({})))]);
    told(&host.plan().await.ok(), "list: 20 to delete");
    told(&host.apply().await.ok(), "list: 20 deleted");
    let run = host.destroy().await.ok();
    assert!(run.warnings.is_empty(), "{:#?}", run.warnings);
}

#[tokio::test]
async fn weakened_rows_are_told_with_the_direction() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let list = |action: &str| {
        let mut rows = domains(0..5);
        rows["keeps.example"] = json!({ "action": "Block" });
        set(json!({ "action": action, "generate_alert": true, "indicators": rows }))
    };
    host.configure(&[(A, list("Block"))]).apply().await.ok();
    for (after, before) in [("Audit", "Block"), ("Allowed", "Audit")] {
        host.configure(&[(A, list(after))]);
        told(
            &host.plan().await.ok(),
            &format!("list: 5 to weaken from {before} to {after}"),
        );
        told(
            &host.apply().await.ok(),
            &format!("list: 5 weakened from {before} to {after}"),
        );
        host.plan().await.clean();
    }
    // A stronger action is no news.
    host.configure(&[(A, list("Block"))]);
    assert_eq!(summaries(&host.apply().await.ok()), [""; 0]);
    // Several things of one object are one warning.
    host.configure(&[(
        A,
        set(json!({ "generate_alert": true, "indicators": { "d0.example": { "action": "Allowed" }, "d1.example": null } })),
    )]);
    told(
        &host.plan().await.ok(),
        "list: 4 to delete, 1 to weaken from Block to Allowed",
    );
}

#[tokio::test]
async fn an_update_that_writes_nothing_says_so() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let fields = |severity: Json| {
        rows(
            &["a.example", "b.example", "c.example"],
            json!({ "severity": severity }),
        )
    };
    host.configure(&[(A, set(json!({ "severity": "High", "indicators": fields(Json::Null) })))])
        .apply()
        .await
        .ok();
    tenant.simulator.clear_calls();
    host.configure(&[(A, set(json!({ "indicators": fields("High".into()) })))]);
    told(&host.plan().await.ok(), "list: no indicator changes");
    host.apply().await.ok();
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    host.plan().await.clean();
    // The other form, and one row that really differs.
    let mut other = fields("High".into());
    other["b.example"]["severity"] = "Low".into();
    host.configure(&[(A, set(json!({ "indicators": other.to_string() })))]);
    told(&host.plan().await.ok(), "list: 1 of 3 indicators change");
    host.apply().await.ok();
    assert_eq!(tenant.imported(), 1);
}

#[tokio::test]
async fn what_wins_over_a_block_is_told_at_every_plan() {
    let tenant = Tenant::start().await;
    let mut host = Host::new(&tenant);
    let summary = "list: 1 indicator is contradicted by another indicator";
    host.configure(&[(A, set(json!({ "indicators": domains(0..3) })))])
        .apply()
        .await
        .ok();
    tenant.add_foreign("DomainName", "d1.example", "Allowed");
    for _ in 0..2 {
        let run = host.plan().await.clean();
        let text = told(&run, summary);
        assert!(
            text.contains("d1.example (Block): DomainName d1.example with action Allowed"),
            "{text}"
        );
        assert!(text.contains("eve@contoso.example"), "{text}");
    }
    // Another value, a file, or what only audits contradicts nothing.
    tenant.portal(|rows| rows.retain(|row| row["action"] != "Allowed"));
    tenant.add_foreign("DomainName", "d9.example", "Allowed");
    assert!(host.plan().await.clean().warnings.is_empty());
    tenant.add_foreign("Url", "https://d2.example/download", "Allowed");
    let run = host.plan().await.clean();
    assert!(
        told(&run, summary).contains("Allowed within a blocked domain or URL"),
        "{:#?}",
        run.warnings
    );
}

#[tokio::test]
async fn two_resources_that_contradict_each_other_are_told_in_any_order() {
    let tenant = Tenant::start().await;
    let blocked = set(json!({ "title": "blocked", "indicators": domains(0..3) }));
    let allowed = set(json!({ "title": "allowed", "action": "Allowed", "indicators": domains(2..4) }));
    for (first, second) in [(A, B), (B, A)] {
        let mut host = Host::new(&tenant);
        host.one_by_one();
        host.configure(&[(first, blocked.clone()), (second, allowed.clone())]);
        let run = host.plan().await.ok();
        let of: Vec<&String> = run
            .warnings
            .iter()
            .filter(|warning| warning.contains("contradicted"))
            .collect();
        assert_eq!(of.len(), 1, "{:#?}", run.warnings);
        assert!(
            of[0].contains("d2.example") && of[0].contains("with action"),
            "{}",
            of[0]
        );
    }
}

/// A public suffix for each of the sets.
fn suffix(name: &str) -> &'static str {
    match name {
        "One" => "uk",
        "Two" => "jp",
        _ => "nz",
    }
}

#[tokio::test]
async fn terraform_shows_the_warnings_of_every_object() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let set = |name: &str, rows: &str| {
        format!(
            "resource \"mde_indicator_set\" \"{name}\" {{\n  action = \"Block\"\n  title = \"{name}\"\n  description = \"Text\"\n  indicators = {{ {rows} \
             }}\n}}\n"
        )
    };
    let rows = |name: &str| {
        format!(
            "\"{name}-1.example\" = null, \"{name}-2.example\" = {{ severity = \"Low\" }}, \"co.{}\" = null",
            suffix(name)
        )
    };
    let names = ["One", "Two", "Three"];
    let all = |with: &dyn Fn(&str) -> String| names.iter().map(|name| set(name, &with(name))).collect::<String>();
    workspace.main(&all(&rows));
    let checked = workspace.run(&["validate"]).await.expect(0);
    for name in names {
        assert!(
            checked
                .warnings()
                .contains(&format!("{name}: a public suffix covers domains of other owners").as_str()),
            "{}",
            checked.output
        );
    }
    workspace.apply().await.expect(0);
    for name in names {
        tenant.edit(&format!("{name}-2.example"), |row| row["severity"] = "High".into());
    }
    let planned = workspace.plan().await.expect(2);
    for name in names {
        assert!(
            planned.warnings().contains(&format!("{name}: 1 changed").as_str()),
            "{}",
            planned.output
        );
        assert!(
            planned.says(&format!("{name}-2.example: severity changed from \"Low\" to \"High\"")),
            "{}",
            planned.output
        );
    }
    // The summary alone says how many and in which direction.
    workspace.main(&all(&|name| {
        format!("\"{name}-1.example\" = {{ action = \"Allowed\" }}")
    }));
    let planned = workspace.run(&["plan", "-compact-warnings"]).await.expect(0);
    for name in names {
        let told = format!("{name}: 2 to delete, 1 to weaken from Block to Allowed");
        assert!(planned.says(&told), "`{told}` is not in:\n{}", planned.output);
    }
}
