//! The example of a whole repository: every command of its pipelines, hooks and README runs here against the simulator.

pub mod yaml;
mod pipeline;
mod runner;

use crate::support::Tenant;
use pipeline::Job;
use runner::{Ran, Runner};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Rows of all lists of the example.
const ROWS: usize = 8;

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitops").join(path)
}

fn jobs(name: &str, is_azure: bool) -> Vec<Job> {
    if is_azure {
        pipeline::azure(&example(&format!(".azure-pipelines/{name}.yml")))
    } else {
        pipeline::github(&example(&format!(".github/workflows/{name}.yml")))
    }
}

/// Runs the jobs of a pipeline one after the other.
async fn run(runner: &mut Runner, name: &str, is_azure: bool) -> Vec<Ran> {
    let mut all = Vec::new();
    for job in jobs(name, is_azure) {
        all.extend(runner.job(&job).await);
    }
    all
}

#[track_caller]
fn expect_all_well(all: &[Ran]) {
    let bad: Vec<&Ran> = all.iter().filter(|ran| ran.code != 0).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// Panics unless exactly the last step failed, and has this name.
#[track_caller]
fn expect_failure(all: &[Ran], step: &str) {
    let (last, before) = all.split_last().unwrap();
    expect_all_well(before);
    assert!(last.step == step && last.code == 1, "{last:#?}");
}

fn marker(name: &str) -> String {
    format!("<!-- mde-report {name} -->")
}

#[tokio::test]
async fn a_pull_request_on_github_has_one_comment() {
    let tenant = Tenant::start().await;
    let mut runner = Runner::new(&tenant, false);
    let all = run(&mut runner, "pull-request", false).await;
    expect_all_well(&all);
    assert_eq!(all.len(), 9, "{all:#?}");
    let sarif: Value = serde_json::from_str(&runner.file("lint.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let report = runner.file("report.md");
    assert!(
        report.starts_with(&marker("indicators")) && report.contains("beacon[.]c2[.]example[.]net"),
        "{report}"
    );
    assert_eq!(runner.note("body"), report);
    let calls = runner.calls("gh");
    let comments = "repos/contoso/indicators/issues/17/comments";
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(
        calls[1],
        [
            "api",
            "--method",
            "POST",
            comments,
            "--field",
            "body=@report.md",
            "--silent"
        ]
    );

    // Another push updates it: the comment of this report by a bot, and no other.
    let comment = |id: u64, kind: &str, body: String| json!({"id": id, "user": {"type": kind}, "body": body});
    let answer = json!([
        comment(1, "User", format!("{}\nquoted", marker("indicators"))),
        comment(2, "Bot", format!("{}\nother", marker("other"))),
        comment(3, "Bot", format!("{}\r\nold", marker("indicators"))),
    ]);
    runner.answer(&answer.to_string());
    expect_all_well(&run(&mut runner, "pull-request", false).await);
    let calls = runner.calls("gh");
    assert_eq!(
        calls[1][..4],
        ["api", "--method", "PATCH", "repos/contoso/indicators/issues/comments/3"]
    );
    assert!(tenant.rows().is_empty(), "a plan writes nothing");
}

#[tokio::test]
async fn a_failed_plan_has_a_comment_and_fails_the_job() {
    for is_azure in [false, true] {
        let tenant = Tenant::start().await;
        // Somebody else has a row that the list wants.
        tenant.add_foreign("IpAddress", "198.51.100.23", "Block");
        let mut runner = Runner::new(&tenant, is_azure);
        expect_failure(&run(&mut runner, "pull-request", is_azure).await, "Result");
        let report = runner.file("report.md");
        assert!(
            report.to_lowercase().contains("failed") && report.contains("eve@"),
            "{report}"
        );
        if is_azure {
            assert!(runner.note("bodies").contains("\"status\": 1"), "the thread is open");
        } else {
            assert_eq!(runner.note("body"), report);
        }
    }
}

#[tokio::test]
async fn a_pull_request_on_azure_has_one_thread() {
    let tenant = Tenant::start().await;
    let mut runner = Runner::new(&tenant, true);
    let all = run(&mut runner, "pull-request", true).await;
    expect_all_well(&all);
    let report = runner.file("report.md");
    let threads = "https://dev.azure.example/contoso/project/_apis/git/repositories/repository/pullRequests/17/threads";
    let url = |path: &str| format!("{threads}{path}?api-version=7.0");
    let calls = runner.calls("curl");
    let urls = |calls: &[Vec<String>]| {
        calls
            .iter()
            .map(|call| call.last().unwrap().clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(urls(&calls), [url(""), url("")]);
    assert!(
        !format!("{calls:?}").contains("token-of-the-run"),
        "arguments are public: {calls:?}"
    );
    assert!(
        runner
            .note("curl-settings")
            .contains("Authorization: Bearer token-of-the-run")
    );
    let body: Value = serde_json::from_str(&runner.note("bodies")).unwrap();
    assert_eq!(
        body,
        json!({"comments": [{"parentCommentId": 0, "content": report, "commentType": 1}], "status": 4})
    );
    let planned = all.iter().find(|ran| ran.step == "Plan").unwrap();
    assert!(planned.output.contains("##vso[task.uploadsummary]"), "{planned:?}");

    let thread = |id: u64, is_deleted: bool, content: String| json!({"id": id, "isDeleted": is_deleted, "comments": [{"id": 1, "content": content}]});
    let answer = json!({"value": [
        thread(4, false, "a discussion".into()),
        thread(5, true, format!("{}\nold", marker("indicators"))),
        thread(6, false, format!("{}\nold", marker("indicators"))),
    ]});
    runner.answer(&answer.to_string());
    expect_all_well(&run(&mut runner, "pull-request", true).await);
    assert_eq!(urls(&runner.calls("curl")), [url(""), url("/6/comments/1"), url("/6")]);
}

#[tokio::test]
async fn a_merge_applies_and_the_night_finds_drift() {
    for is_azure in [false, true] {
        let tenant = Tenant::start().await;
        let mut runner = Runner::new(&tenant, is_azure);
        expect_all_well(&run(&mut runner, "apply", is_azure).await);
        assert_eq!(tenant.rows().len(), ROWS);
        expect_all_well(&run(&mut runner, "drift", is_azure).await);
        let calls = runner.calls("gh");
        assert_eq!(
            calls.len(),
            usize::from(!is_azure),
            "it looks for an open issue: {calls:?}"
        );

        tenant.edit("beacon.c2.example.net", |row| row["severity"] = "Low".into());
        tenant.remove(&["198.51.100.23"]);
        expect_failure(&run(&mut runner, "drift", is_azure).await, "Result");
        let report = runner.file("report.md");
        assert!(
            report.starts_with(&marker("drift")) && report.contains("eve@"),
            "{report}"
        );
        if is_azure {
            continue;
        }
        let calls = runner.calls("gh");
        assert_eq!(calls[1][..2], ["label", "create"]);
        assert_eq!(calls[2][..2], ["issue", "create"]);
        assert_eq!(runner.note("body"), report);
        // The next night updates the issue, and the one after the repair closes it.
        runner.answer("[{\"number\": 8}]");
        expect_failure(&run(&mut runner, "drift", is_azure).await, "Result");
        assert_eq!(
            runner.calls("gh")[1],
            ["issue", "edit", "8", "--body-file", "report.md"]
        );
        expect_all_well(&run(&mut runner, "apply", is_azure).await);
        expect_all_well(&run(&mut runner, "drift", is_azure).await);
        let calls = runner.calls("gh");
        assert_eq!(calls.last().unwrap()[..3], ["issue", "close", "8"]);
        assert!(calls.last().unwrap()[4].ends_with("https://github.example/contoso/indicators/actions/runs/99"));
    }
}

#[tokio::test]
async fn the_workflow_of_the_guide_to_drift_runs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/drift-in-ci.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once("```yaml\n").unwrap();
    let workflow = yaml::read(block.split_once("```").unwrap().0);
    let steps = workflow["jobs"]["drift"]["steps"].as_array().unwrap();
    let scripts: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let [init, plan, tell] = scripts[..] else {
        panic!("{scripts:?}")
    };
    let tenant = Tenant::start().await;
    let runner = Runner::new(&tenant, false);
    let planned = async || {
        let script = format!("GITHUB_OUTPUT=$NOTES/output\n{plan}");
        let ran = runner.script("plan", &script).await;
        assert_eq!(ran.code, 0, "{ran:#?}");
        let noted = runner.note("output");
        noted.lines().last().unwrap_or_default().to_owned()
    };
    for script in [init, "terraform apply -input=false -auto-approve"] {
        let ran = runner.script("guide", script).await;
        assert_eq!(ran.code, 0, "{ran:#?}");
    }
    assert_eq!(planned().await, "code=0");
    tenant.remove(&["198.51.100.23"]);
    assert_eq!(planned().await, "code=2");
    for (answer, expected) in [("[]", "create"), ("[{\"number\": 8}]", "edit")] {
        runner.answer(answer);
        let ran = runner.script("tell", tell).await;
        assert_eq!(ran.code, 0, "{ran:#?}");
        assert_eq!(runner.calls("gh").last().unwrap()[..2], ["issue", expected]);
        assert!(
            runner.note("body").contains("198[.]51[.]100[.]23"),
            "{}",
            runner.note("body")
        );
    }
}

#[tokio::test]
async fn the_commands_of_the_readme_and_the_hooks_run() {
    let tenant = Tenant::start().await;
    let runner = Runner::new(&tenant, false);
    let readme = runner.file("README.md");
    let blocks: Vec<&str> = readme
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let ran = runner.script("README", block).await;
        assert_eq!(ran.code, 0, "{ran:#?}");
    }
    let hooks = yaml::read(&runner.file(".pre-commit-config.yaml"));
    let hooks = hooks["repos"][0]["hooks"].as_array().unwrap().clone();
    let shipped =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    let shipped = yaml::read(&shipped).as_array().unwrap().clone();
    assert_eq!((hooks.len(), shipped.len()), (2, 1));
    for hook in hooks.iter().chain(&shipped) {
        // All files in one process: what two lists say of one value is found only so.
        assert_eq!(
            (&hook["language"], &hook["require_serial"]),
            (&json!("system"), &json!("true"))
        );
        let entry = hook["entry"].as_str().unwrap();
        let files = if entry.ends_with("lint") {
            "lists/*"
        } else {
            "*.tf tests/*.tftest.hcl"
        };
        let ran = runner.script("hook", &format!("{entry} {files}")).await;
        assert_eq!(ran.code, 0, "{ran:#?}");
    }
    // A mistake is found by the hook.
    std::fs::write(
        runner.path().join("lists/exceptions.yaml"),
        "beacon.c2.example.net:\n  action: Allowd\n",
    )
    .unwrap();
    let ran = runner.script("hook", "terraform-provider-mde lint lists/*").await;
    assert_eq!(ran.code, 1, "{ran:#?}");
}

#[test]
fn the_pipelines_give_no_more_than_they_must() {
    let workflow = |name: &str| {
        let path = example(&format!(".github/workflows/{name}.yml"));
        yaml::read(&std::fs::read_to_string(path).unwrap())
    };
    let pull = workflow("pull-request");
    // A token of the target repository beside code of a fork would be the fork's.
    assert!(!pull["on"].to_string().contains("target"));
    assert_eq!(pull["permissions"], json!({"contents": "read"}));
    assert!(pull["jobs"]["lint"]["if"].is_null() && pull["jobs"]["lint"]["permissions"]["id-token"].is_null());
    assert!(
        pull["jobs"]["plan"]["if"]
            .as_str()
            .unwrap()
            .contains("head.repo.full_name")
    );
    // A run of another kind in the group of the applies would push a waiting apply out.
    for (name, group) in [("apply", "mde-state"), ("drift", "mde-drift")] {
        let expected = json!({"group": group, "cancel-in-progress": "false"});
        assert_eq!(workflow(name)["concurrency"], expected);
    }
    for name in ["pull-request", "apply", "drift"] {
        for job in workflow(name)["jobs"].as_object().unwrap().values() {
            let steps = job["steps"].as_array().unwrap();
            for step in steps.iter().filter(|step| step["uses"].is_string()) {
                let uses = step["uses"].as_str().unwrap();
                let with = &step["with"];
                assert!(
                    !uses.starts_with("actions/checkout") || with["persist-credentials"] == "false",
                    "{uses}"
                );
                assert!(
                    !uses.contains("setup-terraform") || with["terraform_wrapper"] == "false",
                    "{uses}"
                );
            }
            // `check` comes before the first call of the service.
            let scripts: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
            let at = |word: &str| scripts.iter().position(|script| script.contains(word));
            assert!(
                at("ci/plan.sh").is_none() || at("\"$MDE\" check") < at("ci/plan.sh"),
                "{scripts:?}"
            );
        }
    }
}
