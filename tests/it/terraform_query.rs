//! `terraform query` with the real host, and configuration for what it finds.

use crate::support::{Feature, Tenant, Workspace, has};
use serde_json::{Value, json};

/// A tenant with rows that somebody made in the portal; texts that the language takes for something else among them.
async fn tenant() -> Tenant {
    let tenant = Tenant::start().await;
    tenant.portal(|rows| {
        let row = |kind: &str, value: &str, action: &str, title: &str| {
            json!({
                "indicatorType": kind, "indicatorValue": value, "action": action, "title": title, "description": "by hand",
                "application": "portal"
            })
        };
        rows.extend([
            row("Url", "https://b.example/?q=\"x\"&y=${z}&w=%{v}\\", "Block", "say \"hi\" ${a} %{b}"),
            row("DomainName", "bücher.example", "Warn", "Two"),
            row("DomainName", "a.example", "Block", "One"),
            row("Url", &format!("https://long.example/{}", "x".repeat(700)), "Allowed", "Long"),
        ]);
        rows[0]["severity"] = "High".into();
    });
    tenant
}

fn list(more: &str) -> String {
    format!("list \"mde_indicator\" \"found\" {{\n  provider = mde\n  {more}\n}}\n")
}

#[tokio::test]
async fn a_query_lists_what_the_filters_choose_and_says_when_there_is_more() {
    if !has(Feature::Query) {
        return;
    }
    let tenant = tenant().await;
    let workspace = Workspace::new(&tenant);
    workspace.main("provider \"mde\" {}\n");
    workspace.write(
        "found.tfquery.hcl",
        &list("config {\n    application = \"portal\"\n  }"),
    );
    workspace.run(&["validate", "-query"]).await.expect(0);
    let ran = workspace.run(&["query"]).await.expect(0);
    assert!(ran.warnings().is_empty(), "{}", ran.output);
    assert_eq!(tenant.lists(), 2, "the rows, and the proof that there are no more");
    // One line for each, in order.
    let lines: Vec<&str> = ran
        .output
        .lines()
        .filter(|line| line.starts_with("list.mde_indicator.found"))
        .collect();
    assert_eq!(lines.len(), 4, "{}", ran.output);
    for (line, name) in lines.iter().zip([
        "Block DomainName a.example (One)",
        "Warn DomainName bücher.example (Two)",
        "Block Url https://b.example/",
        "Allowed Url https://long.example/xxx",
    ]) {
        assert!(line.contains(name), "{line}");
    }

    workspace.write("found.tfquery.hcl", &list("limit = 1"));
    let ran = workspace.run(&["query"]).await.expect(0);
    let lines = ran
        .output
        .lines()
        .filter(|line| line.starts_with("list.mde_indicator.found"));
    assert_eq!(lines.count(), 1, "{}", ran.output);
    assert_eq!(
        ran.warnings(),
        ["mde_indicator: 4 indicators match, and the limit is 1"]
    );

    workspace.write("found.tfquery.hcl", &list("config {\n    action = \"block\"\n  }"));
    let ran = workspace.run(&["validate", "-query"]).await.expect(1);
    assert_eq!(ran.errors(), ["mde_indicator: invalid action"]);
    workspace.run(&["query"]).await.expect(1).expect_says("Write `Block`.");

    workspace.write("found.tfquery.hcl", &list("limit = 0"));
    let ran = workspace.run(&["query"]).await.expect(0);
    assert!(!ran.output.contains("a.example"), "{}", ran.output);
}

#[tokio::test]
async fn a_query_in_json_has_identities_and_objects() {
    if !has(Feature::Query) {
        return;
    }
    let tenant = tenant().await;
    let workspace = Workspace::new(&tenant);
    workspace.main("provider \"mde\" {}\n");
    workspace.write("found.tfquery.hcl", &list("include_resource = true"));
    let ran = workspace.run(&["query", "-json"]).await.expect(0);
    let found: Vec<Value> = ran
        .output
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["type"] == "list_resource_found")
        .map(|line| line["list_resource_found"].clone())
        .collect();
    assert_eq!(found.len(), 4, "{}", ran.output);
    assert_eq!(found[0]["identity"]["value"], "a.example");
    assert_eq!(found[0]["identity"]["action"], "Block");
    assert_eq!(found[0]["resource_object"]["title"], "One");
    let row = tenant.row("a.example").unwrap();
    assert_eq!(found[0]["resource_object"]["id"], row["id"]);
}

#[tokio::test]
async fn configuration_that_a_query_generates_imports_without_a_change() {
    if !has(Feature::Query) {
        return;
    }
    let tenant = tenant().await;
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    workspace.main("provider \"mde\" {}\n");
    workspace.write("found.tfquery.hcl", &list(""));
    workspace
        .run(&["query", "-generate-config-out=generated.tf"])
        .await
        .expect(0);
    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).unwrap();
    for computed in [" id ", " record "] {
        assert!(!generated.contains(computed), "{generated}");
    }
    let ran = workspace.plan().await.expect(2);
    assert!(
        ran.says("Plan: 4 to import, 0 to add, 0 to change, 0 to destroy."),
        "{}",
        ran.output
    );
    assert!(ran.warnings().is_empty(), "{}", ran.output);
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.simulator.rows(), before);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
}
