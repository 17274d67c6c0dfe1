//! `report` reads what the real terraform writes, and the words of the provider that stand in its log: both ends are pinned
//! here, so that neither can change alone.

use crate::support::{PROGRAM, Ran, Tenant, Workspace};
use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use std::process::Stdio;

const LIST: &str = r#"
resource "mde_indicator_set" "list" {
  action      = "Block"
  severity    = "High"
  title       = "List"
  description = "Text"
  indicators  = jsonencode({
    "a.example" = {}
    "b.example" = { severity = "Low" }
    "c.example" = { title = "Own" }
    "k"         = { value = "https://d.example/x", lifetime = "90d" }
  })
}
"#;

const SINGLES: &str = r#"
resource "mde_indicator" "one" {
  for_each    = toset(["198.51.100.7", "198.51.100.8"])
  value       = each.key
  action      = "Block"
  title       = "One"
  description = "Text"
}
"#;

/// Plans into a file and a log beside it.
async fn plan(workspace: &Workspace, arguments: &[&str]) -> Ran {
    let _ = std::fs::remove_file(workspace.path().join("saved.plan"));
    let command = [&["plan", "-json", "-input=false", "-out=saved.plan"], arguments].concat();
    let ran = workspace.run(&command).await;
    workspace.write("plan.jsonl", &ran.output);
    let shown = workspace.run(&["show", "-json", "saved.plan"]).await;
    workspace.write("plan.json", if shown.code == 0 { &shown.output } else { "" });
    ran
}

/// The report of the last plan.
async fn report(workspace: &Workspace, arguments: &[&str]) -> Ran {
    let mut command = tokio::process::Command::new(PROGRAM);
    command
        .args(["report", "plan.json", "--log", "plan.jsonl"])
        .args(arguments)
        .current_dir(workspace.path())
        .stdin(Stdio::null());
    let output = command.output().await.unwrap();
    Ran {
        code: output.status.code().unwrap(),
        output: [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .concat(),
    }
}

/// The report of the last plan for machines.
async fn json_of(workspace: &Workspace) -> Json {
    let ran = report(workspace, &["--format", "json", "--no-defang"]).await.expect(0);
    serde_json::from_str(&ran.output).unwrap()
}

/// How many rows change in which way, without those that do not.
fn totals(report: &Json) -> Json {
    let totals = report["totals"].as_object().unwrap().clone();
    totals.into_iter().filter(|(_, count)| *count != json!(0)).collect()
}

/// The sections of a comment up to the warnings, of which the one about development overrides differs between machines.
fn without_warnings(markdown: &str) -> &str {
    markdown
        .split("\n### Warnings\n")
        .next()
        .unwrap()
        .split("\n---\n")
        .next()
        .unwrap()
}

#[tokio::test]
async fn lists_and_single_indicators_come_change_and_go() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let capacity = "data \"mde_capacity\" \"tenant\" {}\n";
    workspace.main(&format!("{capacity}{LIST}{SINGLES}"));
    plan(&workspace, &[]).await.expect(0);
    let told = report(&workspace, &["--exit-code"]).await.expect(1);
    assert_snapshot!(without_warnings(&told.output), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 6 changes

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` | 6 |  |  |  |  |

    | Type | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `IpAddress` | 2 |  |  |  |  |
    | `DomainName` | 3 |  |  |  |  |
    | `Url` | 1 |  |  |  |  |
    | **All** | 6 |  |  |  |  |

    **Capacity**: 0 → 6 of 15,000 indicators.

    ### `mde_indicator.one`

    2 added.

    <details open><summary>2 rows</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | added | `198[.]51[.]100[.]7` | `IpAddress` | `Block` | title `One`; description `Text` |
    | added | `198[.]51[.]100[.]8` | `IpAddress` | `Block` | title `One`; description `Text` |

    </details>

    ### `mde_indicator_set.list` `List`

    4 added.

    Rows inherit: severity `High`; description `Text`.

    <details open><summary>4 rows</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | added | `a[.]example` | `DomainName` | `Block` |  |
    | added | `b[.]example` | `DomainName` | `Block` | severity `Low` |
    | added | `c[.]example` | `DomainName` | `Block` | title `Own` |
    | added | `hxxps://d[.]example/x` (`k`) | `Url` | `Block` | lifetime `90d` |

    </details>
    "##);

    workspace.apply().await.expect(0);
    plan(&workspace, &[]).await.expect(0);
    let told = report(&workspace, &["--exit-code"]).await.expect(0);
    assert_snapshot!(without_warnings(&told.output), @r##"
    <!-- mde-report default -->
    ## Defender indicators: no changes

    **Capacity**: 6 of 15,000 indicators.
    "##);

    let changed = LIST
        .replace("severity    = \"High\"", "severity    = \"Medium\"")
        .replace("\"a.example\" = {}", "\"n.example\" = {}")
        .replace("title = \"Own\"", "action = \"Warn\"");
    workspace.main(&format!(
        "{capacity}{changed}{}",
        SINGLES.replace(", \"198.51.100.8\"", "")
    ));
    plan(&workspace, &[]).await.expect(0);
    let told = report(&workspace, &[]).await.expect(0);
    assert_snapshot!(without_warnings(&told.output), @r##"
    <!-- mde-report default -->
    ## Defender indicators: 5 changes

    | Action | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `Block` | 1 | 1 |  | 2 |  |
    | `Warn` |  |  | 1 |  |  |
    | **All** | 1 | 1 | 1 | 2 |  |

    | Type | Added | Changed | Made anew | Removed | Restored |
    | :-- | --: | --: | --: | --: | --: |
    | `IpAddress` |  |  |  | 1 |  |
    | `DomainName` | 1 |  | 1 | 1 |  |
    | `Url` |  | 1 |  |  |  |
    | **All** | 1 | 1 | 1 | 2 |  |

    **Capacity**: 6 → 5 of 15,000 indicators.

    ### Look here first

    - **1 indicator protects less**, `Block` → `Warn`: `c[.]example`
    - **2 blocking indicators are removed**: `198[.]51[.]100[.]8`, `a[.]example`
    - **2 rows inherit a change** of `mde_indicator_set.list`: severity: `High` → `Medium`

    ### `mde_indicator.one`

    1 removed, 1 unchanged.

    <details open><summary>1 row</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | removed | `198[.]51[.]100[.]8` | `IpAddress` | `Block` | title `One`; description `Text` |

    </details>

    ### `mde_indicator_set.list` `List`

    1 added, 1 changed, 1 made anew, 1 removed, 1 unchanged.

    Rows inherit: severity `Medium`; description `Text`.

    Of the set, severity: `High` → `Medium` for 2 rows that inherit it.

    1 row changes in nothing else and is not listed.

    <details open><summary>3 rows</summary>

    | Change | Indicator | Type | Action | Details |
    | :-- | :-- | :-- | :-- | :-- |
    | removed | `a[.]example` | `DomainName` | `Block` |  |
    | made anew | `c[.]example` | `DomainName` | `Warn` | action: `Block` (the set's) → `Warn`; severity: `High` → `Medium`; title: `Own` → `List` (the set's) |
    | added | `n[.]example` | `DomainName` | `Block` |  |

    </details>
    "##);
    assert!(
        told.output
            .contains("`List: 1 to delete, 1 to weaken from Block to Warn`"),
        "{}",
        told.output
    );

    // The same from standard input, as pipelines have it.
    let plan = std::fs::read(workspace.path().join("plan.json")).unwrap();
    let mut command = tokio::process::Command::new(PROGRAM);
    command
        .args(["report", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut input, &plan).await.unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let piped = String::from_utf8(output.stdout).unwrap();
    assert_eq!(without_warnings(&piped), without_warnings(&told.output));
}

#[tokio::test]
async fn the_log_says_who_changed_what_and_when() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let exclusive = r#"
resource "mde_indicator_set" "portal" {
  action      = "Warn"
  title       = "Portal"
  description = "Text"
  application = "portal"
  exclusive   = { application = "portal" }
  indicators  = { "kept.example" = null }
}
"#;
    workspace.main(&format!("{LIST}{SINGLES}{exclusive}"));
    workspace.apply().await.expect(0);
    // What a row has from its set is cleared, which no value of the plan shows.
    tenant.edit("a.example", |row| row["severity"] = "Informational".into());
    tenant.edit("b.example", |row| {
        row["action"] = "Allowed".into();
        row["title"] = "Theirs".into();
    });
    tenant.edit("198.51.100.7", |row| row["severity"] = "High".into());
    tenant.edit("https://d.example/x", |row| {
        row["description"] = "Theirs".into();
        row["lastUpdatedBy"] = Json::Null;
    });
    tenant.remove(&["c.example"]);
    tenant.portal(|rows| {
        rows.push(json!({
            "indicatorType": "DomainName", "indicatorValue": "x.example", "action": "Warn", "title": "t", "description": "d",
            "application": "portal", "createdBy": "ann@contoso.example", "createdByDisplayName": "ann@contoso.example",
        }));
    });
    plan(&workspace, &[]).await.expect(0);
    let told = json_of(&workspace).await;
    let drift: Vec<String> = told["drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |value: &Json| value.as_str().unwrap_or("-").to_owned();
            let when = text(&row["when"]);
            let created = row["event"] == "not_in_the_list";
            [
                text(&row["indicator"]["value"]),
                text(&row["event"]),
                text(&row["who"]),
                // The simulator notes by its own clock when a row is made.
                if created { "then".to_owned() } else { when },
            ]
            .join(" ")
        })
        .collect();
    assert_eq!(
        drift,
        [
            "198.51.100.7 changed eve@contoso.example 2026-01-02T03:04:05Z",
            "a.example changed eve@contoso.example 2026-01-02T03:04:05Z",
            "b.example changed eve@contoso.example 2026-01-02T03:04:05Z",
            "https://d.example/x changed - 2026-01-02T03:04:05Z",
            "c.example deleted - -",
            "x.example not_in_the_list ann@contoso.example (Portal) then",
        ]
    );
    // Nothing of what the log says is left over as a bare line but what the plan cannot show.
    let texts: Vec<&Json> = told["drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["text"])
        .collect();
    assert!(texts.iter().filter(|text| text.is_string()).count() <= 1, "{texts:?}");
    assert_eq!(totals(&told), json!({"restored": 5, "removed": 1}));
    let subjects: Vec<&Json> = told["look_here_first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| &alert["subject"])
        .collect();
    assert_eq!(subjects, ["weakened_outside", "strangers_removed"]);

    // A plan that only looks shows the same, and says that it writes nothing.
    plan(&workspace, &["-refresh-only"]).await.expect(0);
    let looked = json_of(&workspace).await;
    assert_eq!(
        (&looked["verdict"], &looked["refresh_only"]),
        (&json!("drift"), &json!(true))
    );
    assert_eq!(looked["drift"], told["drift"]);
    report(&workspace, &["--exit-code"]).await.expect(1);

    // Without the log there are the same rows, and nobody is named.
    workspace.write(
        "plan.jsonl",
        "{\"@level\":\"info\",\"type\":\"version\",\"@message\":\"Terraform 1\"}\n",
    );
    let silent = json_of(&workspace).await;
    let who: Vec<&Json> = silent["drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["who"])
        .collect();
    assert!(who.iter().all(|who| who.is_null()), "{who:?}");
}

#[tokio::test]
async fn plans_that_fail_say_so_first() {
    let tenant = Tenant::start().await;
    let mut workspace = Workspace::new(&tenant);
    workspace.main(LIST);
    for (variable, value, summary) in [
        ("MDE_CAPACITY", "3", "The tenant cannot hold all indicators"),
        (
            "MDE_PROTECTED",
            "a.example",
            "List: 1 indicator would block a protected name",
        ),
    ] {
        workspace.set(variable, value);
        plan(&workspace, &[]).await.expect(1);
        workspace.unset(variable);
        let told = report(&workspace, &["--exit-code"]).await.expect(1);
        assert!(
            told.output.contains("## Defender indicators: **FAILED**\n"),
            "{}",
            told.output
        );
        assert!(
            told.output.contains(&format!("### Errors\n\n`{summary}`")),
            "{}",
            told.output
        );
        let json = json_of(&workspace).await;
        assert_eq!(json["errors"][0]["summary"], summary);
        assert_eq!(json["errors"][0]["address"], "mde_indicator_set.list");
    }
    // An error of the configuration leaves no plan at all.
    workspace.write("broken.tf", "nonsense");
    plan(&workspace, &[]).await.expect(1);
    assert_eq!(std::fs::read(workspace.path().join("plan.json")).unwrap(), b"");
    let told = report(&workspace, &[]).await.expect(0);
    assert!(
        told.output.contains("**FAILED**") && told.output.contains("`broken.tf:1`"),
        "{}",
        told.output
    );
}

#[tokio::test]
async fn what_terraform_keeps_is_not_told_as_removed() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    workspace.main(&format!("{LIST}{SINGLES}"));
    workspace.apply().await.expect(0);
    // One row moves to a list of its own, and the single indicators are forgotten.
    let moved = LIST.replace("\"a.example\" = {}\n", "");
    let other = r#"
resource "mde_indicator_set" "other" {
  action      = "Block"
  severity    = "High"
  title       = "List"
  description = "Text"
  indicators  = { "a.example" = null }
}
removed {
  from = mde_indicator.one
  lifecycle {
    destroy = false
  }
}
"#;
    workspace.main(&format!("{moved}{other}"));
    plan(&workspace, &[]).await.expect(0);
    let told = json_of(&workspace).await;
    assert_eq!(totals(&told), json!({"moved": 1}));
    let events: Vec<(&Json, &Json)> = told["resources"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|resource| {
            let events = resource["events"].as_array().unwrap();
            events.iter().map(move |event| (&resource["address"], &event["event"]))
        })
        .collect();
    assert_eq!(
        events,
        [
            (&json!("mde_indicator.one"), &json!("forgotten")),
            (&json!("mde_indicator_set.list"), &json!("moved_away")),
        ]
    );

    // A replacement writes what differs, and nothing else.
    workspace.main(&format!("{LIST}{SINGLES}"));
    plan(&workspace, &["-replace=mde_indicator_set.list"]).await.expect(0);
    let told = json_of(&workspace).await;
    assert_eq!(totals(&told), json!({}));
    assert_eq!(told["resources"][0]["events"][0]["event"], "replaced");

    // The end of everything.
    plan(&workspace, &["-destroy"]).await.expect(0);
    let told = json_of(&workspace).await;
    assert_eq!(totals(&told), json!({"removed": 6}));
}

#[tokio::test]
async fn sensitive_values_and_the_record_stay_hidden() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let body = |first: &str, title: &str| {
        format!(
            r#"
variable "hidden" {{
  sensitive = true
  default   = "{first}"
}}
variable "title" {{
  sensitive = true
  default   = "{title}"
}}
resource "mde_indicator_set" "text" {{
  action      = "Block"
  title       = "Wholly"
  description = "Text"
  indicators  = jsonencode({{ (var.hidden) = {{}}, "other-text.example" = {{}} }})
}}
resource "mde_indicator_set" "rows" {{
  action      = "Block"
  title       = "Partly"
  description = "Text"
  indicators  = {{ "open.example" = {{ title = var.title }} }}
}}
"#
        )
    };
    workspace.main(&body("first-secret.example", "Secret title one"));
    plan(&workspace, &[]).await.expect(0);
    let created = report(&workspace, &[]).await.expect(0);
    workspace.apply().await.expect(0);
    let id = tenant.row("open.example").unwrap()["id"].as_str().unwrap().to_owned();
    let record = workspace.objects("mde_indicator_set.rows")[0]["attributes"]["record"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(record.contains(&id), "{record}");
    workspace.main(&body("second-secret.example", "Secret title two"));
    plan(&workspace, &[]).await.expect(0);
    // The file has it all in plain text, so there is something to hide.
    let plan = std::fs::read_to_string(workspace.path().join("plan.json")).unwrap();
    assert!(plan.contains("first-secret") && plan.contains("Secret title two") && plan.contains("ids"));
    let mut texts = vec![created.output];
    for format in ["markdown", "text", "json"] {
        texts.push(
            report(&workspace, &["--format", format, "--html", "page.html"])
                .await
                .expect(0)
                .output,
        );
    }
    texts.push(std::fs::read_to_string(workspace.path().join("page.html")).unwrap());
    for text in texts {
        for hidden in ["-secret", "Secret title", "other-text", "\"ids\"", "ids\\\""] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    let told = json_of(&workspace).await;
    assert_eq!(totals(&told), json!({"added": 1, "changed": 1, "removed": 1}));
    let rows = &told["resources"][0]["rows"];
    assert_eq!(rows[0]["value"], "open.example");
    assert_eq!(rows[0]["fields"][0]["new"], json!({"value": null, "from": "sensitive"}));
}
