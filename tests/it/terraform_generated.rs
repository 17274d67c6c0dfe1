//! Configuration that the real terraform generates from an import, and what a refresh leaves of a list: texts that the language,
//! JSON or a terminal takes for something else must come through both.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;
use serde_json::{Value, json};

const SINGLE: &str = r#"https://a.example/?q="x"&y=${z}&w=%{v}\path"#;
const IN_LIST: &str = r#"https://b.example/?q="x"&y=$${z}&w=%%{v}\"#;
const HEBREW: &str = "\u{5db}\u{5d5}\u{5ea}\u{5e8}\u{5ea} \u{5d1}\u{5e2}\u{5d1}\u{5e8}\u{5d9}\u{5ea}";

/// A plan that tells by its exit code whether the tenant has changed.
const REFRESH_ONLY: [&str; 4] = ["plan", "-refresh-only", "-detailed-exitcode", "-input=false"];

/// What people have put into the portal under the label `odd`, and one indicator beside.
async fn tenant() -> Tenant {
    let tenant = Tenant::start().await;
    let row = |kind: &str, value: &str, more: Value| {
        let mut row = json!({
            "indicatorType": kind, "indicatorValue": value, "action": "Block", "title": "Portal", "description": "by hand",
            "application": "odd"
        });
        row.as_object_mut()
            .unwrap()
            .append(&mut more.as_object().unwrap().clone());
        row
    };
    let quoted = r#"say "hi" ${a} %{b} \n $${c} %%{d} <b>&amp;"#;
    tenant.portal(|rows| {
        rows.extend([
            row(
                "Url",
                SINGLE,
                json!({ "application": "one", "title": quoted, "description": "one\r\n\ttwo\n" }),
            ),
            row("Url", IN_LIST, json!({ "title": quoted, "generateAlert": true })),
            row(
                "DomainName",
                "lines.example",
                json!({ "description": "one\ntwo\r\n\n\tfour\n", "recommendedActions": "ends in \\" }),
            ),
            row(
                "DomainName",
                "b\u{fc}cher.example",
                json!({ "title": HEBREW, "externalId": "\u{1}\u{1f6e1}" }),
            ),
            row(
                "DomainName",
                "xn--80ak6aa92e.example",
                json!({ "severity": "High", "mitreTechniques": ["T1566"] }),
            ),
            row("Url", &format!("https://long.example/{}", "x".repeat(779)), json!({})),
            row("DomainName", "twice.example", json!({})),
            row("DomainName", "twice.example", json!({ "action": "Allowed" })),
        ]);
    });
    tenant
}

#[tokio::test]
async fn generated_configuration_holds_every_text_and_plans_clean() {
    let tenant = tenant().await;
    let before = tenant.simulator.rows();
    let workspace = Workspace::new(&tenant);
    let escaped = SINGLE
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace("${", "$${")
        .replace("%{", "%%{");
    let imports = format!(
        "import {{\n  to = mde_indicator_set.odd\n  id = \"application=odd\"\n}}\nimport {{\n  to = mde_indicator.one\n  id = \
         \"{escaped}\"\n}}\n"
    );
    let planned = workspace
        .generate(&imports)
        .await
        .expect(0)
        .expect_says("Plan: 2 to import, 0 to add, 0 to change, 0 to destroy.");
    // The host pads every key to the longest: that of a long URL is cut.
    let widest = planned
        .output
        .lines()
        .filter(|line| line.contains("= {"))
        .map(|line| line.chars().count())
        .max();
    assert!(widest < Some(130), "{}", planned.output);

    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).unwrap();
    let list = generated.split_once("  indicators = ").unwrap().1;
    let list = &list[..list.find("\n  })").unwrap() + 5];
    let long = format!("https://long.example/{}", "x".repeat(779));
    assert_snapshot!(list.replace(&long, "LONG"), @r#"
    jsonencode({
        "bücher.example" = {
          action      = "Block"
          description = "by hand"
          external_id = "\u0001🛡"
          title       = "כותרת בעברית"
        }
        "https://b.example/?q=\"x\"&y=$$${z}&w=%%%{v}\\" = {
          action         = "Block"
          description    = "by hand"
          generate_alert = true
          title          = "say \"hi\" $${a} %%{b} \\n $$${c} %%%{d} <b>&amp;"
        }
        "https://long.example/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx~c99ab9246c3f52536f14650ece705ec3" = {
          action      = "Block"
          description = "by hand"
          title       = "Portal"
          value       = "LONG"
        }
        "lines.example" = {
          action              = "Block"
          description         = "one\ntwo\r\n\n\tfour\n"
          recommended_actions = "ends in \\"
          title               = "Portal"
        }
        "twice.example" = {
          action      = "Block"
          description = "by hand"
          title       = "Portal"
        }
        "twice.example Allowed 8" = {
          action      = "Allowed"
          description = "by hand"
          title       = "Portal"
          value       = "twice.example"
        }
        "xn--80ak6aa92e.example" = {
          action           = "Block"
          description      = "by hand"
          mitre_techniques = ["T1566"]
          severity         = "High"
          title            = "Portal"
        }
      })
    "#);
    let single = generated.split_once("resource \"mde_indicator\" \"one\" {").unwrap().1;
    let said: Vec<&str> = single
        .lines()
        .skip(1)
        .take_while(|line| *line != "}")
        .filter(|line| !line.ends_with("= null"))
        .collect();
    assert_snapshot!(said.join("\n"), @r#"
    action                = "Block"
    application           = "one"
    description           = "one\r\n\ttwo\n"
    title                 = "say \"hi\" $${a} %%{b} \\n $$${c} %%%{d} <b>&amp;"
    value                 = "https://a.example/?q=\"x\"&y=$${z}&w=%%{v}\\path"
    "#);

    workspace
        .apply()
        .await
        .expect(0)
        .expect_says("Resources: 2 imported, 0 added, 0 changed, 0 destroyed.");
    workspace.plan().await.expect(0);
    workspace.run(&REFRESH_ONLY).await.expect(0);
    // Without `jsonencode`, as an object, it means the same.
    let as_object = generated.replace("jsonencode({", "{").replace("\n  })", "\n  }");
    assert_ne!(as_object, generated);
    workspace.write("generated.tf", &as_object);
    workspace.plan().await.expect(0);
    assert_eq!((tenant.imports(), tenant.batch_deletes()), (0, 0));
    assert_eq!(tenant.simulator.rows(), before);
}

/// The attribute `indicators` of each set of the state file, to the byte.
fn lists(workspace: &Workspace) -> Vec<Value> {
    let list =
        |name: &str| workspace.objects(&format!("mde_indicator_set.{name}"))[0]["attributes"]["indicators"].clone();
    ["text", "object", "computed"].map(list).to_vec()
}

/// A list with white space, escapes and an order of its own.
const TEXT: &str = "{\n  \"z.example\" :null ,\n\t\"a.example\": { \"title\" : \"Own\",   \"severity\":\"High\", \"description\": \"caf\\u00e9 \\u003c \\/ \\\"q\\\"\" },\n\n  \"m.example\": {},  \"k\": {\"value\":\"n.example\"}\n}\n\n";

#[tokio::test]
async fn a_refresh_keeps_every_byte_of_a_list_and_edits_only_rows_that_drifted() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.write("list.json", TEXT);
    let set = |name: &str, list: &str| {
        format!(
            "resource \"mde_indicator_set\" \"{name}\" {{\n  action = \"Block\"\n  title = \"{name}\"\n  description = \
             \"Text\"\n  indicators = {list}\n}}\n"
        )
    };
    let sets = [
        set("text", "file(\"list.json\")"),
        set(
            "object",
            r#"{ "o1.example" = null, "O2.EXAMPLE" = { title = "", severity = null, generate_alert = "true" }, "o3.example" = {} }"#,
        ),
        set(
            "computed",
            r#"{ for value, severity in { "p.example" = "High", "q.example" = null } : value => { severity = severity, title = null } }"#,
        ),
    ];
    workspace.main(&sets.concat());
    workspace.apply().await.expect(0);
    let written = lists(&workspace);
    assert_eq!(written[0]["value"], TEXT);
    workspace.run(&REFRESH_ONLY).await.expect(0);

    for value in ["m.example", "o1.example", "q.example"] {
        tenant.edit(value, |row| row["severity"] = "Medium".into());
    }
    let planned = workspace.run(&REFRESH_ONLY).await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.text"), @r#"
    # mde_indicator_set.text has changed
    ~ resource "mde_indicator_set" "text" {
        ~ indicators  = jsonencode(
            ~ {
                ~ "m.example" = {
                    + severity = "Medium"
                  }
                  # (3 unchanged attributes hidden)
              }
          )
          # (5 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.object"), @r#"
    # mde_indicator_set.object has changed
    ~ resource "mde_indicator_set" "object" {
        ~ indicators  = {
            ~ "o1.example" = null -> {
                + severity = "Medium"
              }
              # (2 unchanged attributes hidden)
          }
          # (5 unchanged attributes hidden)
      }
    "#);
    assert_snapshot!(planned.block("mde_indicator_set.computed"), @r#"
    # mde_indicator_set.computed has changed
    ~ resource "mde_indicator_set" "computed" {
        ~ indicators  = {
            ~ "q.example" = {
                ~ severity = null -> "Medium"
                  # (1 unchanged attribute hidden)
              }
              # (1 unchanged attribute hidden)
          }
          # (5 unchanged attributes hidden)
      }
    "#);
    workspace
        .run(&["apply", "-refresh-only", "-auto-approve", "-input=false"])
        .await
        .expect(0);
    let refreshed = lists(&workspace);
    assert_eq!(refreshed[0]["value"], TEXT.replace("{}", "{\"severity\":\"Medium\"}"));
    let mut object = written[1].clone();
    object["value"]["o1.example"] = json!({ "severity": "Medium" });
    object["type"][1]["o1.example"] = json!(["object", { "severity": "string" }]);
    assert_eq!(refreshed[1], object);
    let mut computed = written[2].clone();
    computed["value"]["q.example"]["severity"] = "Medium".into();
    computed["type"][1]["q.example"][1]["severity"] = "string".into();
    assert_eq!(refreshed[2], computed);

    // What is put right stands as it stood.
    workspace.apply().await.expect(0);
    assert_eq!(lists(&workspace), written);
    workspace.run(&REFRESH_ONLY).await.expect(0);
}
