//! The page of `report --html` in a real browser, after its script has run.
//!
//! The tests need Chromium on PATH. Without it they say so and prove nothing; with `MDE_TEST_CHROMIUM=required` they fail.

use crate::support::PROGRAM;
use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// Protection against a browser that hangs; nothing is measured with it.
const PATIENCE: Duration = Duration::from_secs(300);

/// Names of the browser.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The browser; `None` if there is none and none is required.
fn browser(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|directory| NAMES.map(|name| directory.join(name)))
        .find(|candidate| candidate.is_file());
    if found.is_none() {
        let is_required = std::env::var_os("MDE_TEST_CHROMIUM").is_some_and(|value| value == "required");
        assert!(
            !is_required,
            "MDE_TEST_CHROMIUM is `required`, and none of {NAMES:?} is on PATH"
        );
        // Past the harness, which swallows what a test that passes prints.
        let _ = writeln!(
            std::io::stderr(),
            "NOT RUN: report_page::{test}: none of {NAMES:?} is on PATH"
        );
    }
    found
}

/// What the browser makes of a page: its document after all scripts, and a picture.
struct Seen {
    document: String,
    picture: Vec<u8>,
}

async fn look(browser: &Path, page: &Path, fragment: &str, further: &[&str]) -> Seen {
    let directory = tempfile::tempdir().unwrap();
    let (profile, picture) = (directory.path().join("profile"), directory.path().join("page.png"));
    std::fs::create_dir(&profile).unwrap();
    let mut command = Command::new(browser);
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args(["--window-size=1280,1600", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--screenshot={}", picture.display()))
        .args(further)
        .arg(format!("file://{}{fragment}", page.display()))
        .env("HOME", directory.path())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .expect("the browser hangs")
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Seen {
        document: String::from_utf8(output.stdout).unwrap(),
        picture: std::fs::read(picture).unwrap(),
    }
}

impl Seen {
    /// The rows of all tables that can be searched, with whether each is shown.
    fn rows(&self) -> Vec<(bool, &str)> {
        let tables = self.document.split("<table class=\"search\">").skip(1);
        let bodies = tables.map(|table| table.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap());
        bodies
            .flat_map(|body| body.split("<tr").skip(1))
            .map(|row| {
                let (tag, content) = row.split_once('>').unwrap();
                (!tag.contains("hidden"), content)
            })
            .collect()
    }

    /// The rows that are shown, which each hold exactly one of these texts.
    fn shown(&self, texts: &[&str]) -> Vec<String> {
        let shown = self.rows().into_iter().filter(|(is_shown, _)| *is_shown);
        let name = |row: &str| {
            texts
                .iter()
                .find(|text| row.contains(**text))
                .map(|text| (*text).to_owned())
        };
        shown
            .map(|(_, row)| name(row).unwrap_or_else(|| panic!("{row}")))
            .collect()
    }

    /// The text of the element with this id.
    fn text_of(&self, id: &str) -> &str {
        let (_, rest) = self.document.split_once(&format!(" id=\"{id}\"")).unwrap();
        rest.split_once('>').unwrap().1.split('<').next().unwrap()
    }

    /// Width and height of the picture, and how many different bytes it has: an empty page has few.
    fn picture(&self) -> (u32, u32) {
        assert_eq!(&self.picture[..8], b"\x89PNG\r\n\x1a\n");
        let number = |at: usize| u32::from_be_bytes(self.picture[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }
}

/// Writes the page of a plan with everything that a page can show, some of it hostile.
async fn page(directory: &TempDir) -> PathBuf {
    let evil = "</script><script>document.body.id='taken'</script><img src=x onerror=\"document.body.id='taken'\">";
    let set = |severity: &str, rows: Json| {
        json!({
            "action": "Block", "severity": severity, "title": evil, "description": "Text", "record": "{}",
            "indicators": rows.to_string(),
        })
    };
    let before = set(
        "High",
        json!({
            "gone.example": {}, "changed.example": {"description": "Seen in case 42 of the intel team"}, "same.example": {},
        }),
    );
    let after = set(
        "Medium",
        json!({
            "changed.example": {"description": "Seen in case 43 of the intel team"}, "same.example": {"severity": "High"},
            "https://new.example/a?b=c": {"expiration_time": "2026-12-01T00:00:00Z", "title": evil},
            "198.51.100.7": {"expiration_time": "2027-03-01T00:00:00Z", "action": "Allowed"},
        }),
    );
    let change = |before: &Json, after: &Json| {
        json!({
            "actions": ["update"], "before": before, "after": after, "after_unknown": {},
            "before_sensitive": {"record": true}, "after_sensitive": {"record": true},
        })
    };
    let resource = |change: Json| json!({"address": "mde_indicator_set.c2", "mode": "managed", "type": "mde_indicator_set", "name": "c2", "change": change});
    let found = set(
        "High",
        json!({"gone.example": {}, "changed.example": {}, "same.example": {}}),
    );
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "timestamp": "2026-11-26T17:42:15Z", "complete": true,
        "resource_changes": [resource(change(&before, &after))], "resource_drift": [resource(change(&found, &before))],
        "prior_state": {"values": {"root_module": {"resources": [{
            "address": "data.mde_capacity.tenant", "mode": "data", "type": "mde_capacity", "name": "tenant",
            "values": {"used": 14_800, "limit": 15_000, "remaining": 200, "by_source": {"PublicApi": 14_000, "Portal": 800}},
        }]}}},
    });
    let log = json!({
        "@level": "warn", "@message": "x", "type": "diagnostic",
        "diagnostic": {
            "severity": "warning", "summary": format!("{evil}: 1 changed"), "address": "mde_indicator_set.c2",
            "detail": format!("Changed in the tenant:\n- changed.example: description changed (by {evil} on 2026-11-20T01:02:03Z)"),
        },
    });
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("plan.json"), plan.to_string()).unwrap();
    std::fs::write(path("plan.jsonl"), log.to_string()).unwrap();
    let output = Command::new(PROGRAM)
        .args([
            "report",
            "plan.json",
            "--log",
            "plan.jsonl",
            "--html",
            "page.html",
            "--name",
            "prod",
            "--commit",
            "1f0c9d3",
        ])
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path("page.html")
}

/// One text for each row of the page.
const ROWS: [&str; 5] = [
    "gone[.]example",
    "case <del>42",
    "same[.]example",
    "new[.]example",
    "198[.]51[.]100[.]7",
];

#[tokio::test]
async fn the_page_shows_everything_and_obeys_no_data() {
    let Some(browser) = browser("the_page_shows_everything_and_obeys_no_data") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let page = page(&directory).await;
    let seen = look(&browser, &page, "", &[]).await;
    assert!(!seen.document.contains("id=\"taken\""), "a text of others was run");
    assert!(
        seen.document.contains("&lt;/script&gt;&lt;script&gt;"),
        "it is shown as text"
    );
    // The page's own script was let through by its policy, and has brought up the search.
    let bar = seen
        .document
        .split_once("id=\"search\"")
        .unwrap()
        .1
        .split_once('>')
        .unwrap()
        .0;
    assert!(!bar.contains("hidden"), "{bar}");
    assert_eq!(seen.text_of("found"), "");
    let rows = seen.rows();
    assert!(
        rows.len() >= ROWS.len() && rows.iter().all(|(is_shown, _)| *is_shown),
        "{rows:#?}"
    );
    for id in ["actions", "types", "capacity0", "expiries"] {
        let figure = seen
            .document
            .split_once(&format!("<figure id=\"{id}\""))
            .map(|(_, rest)| rest);
        let figure = figure
            .or_else(|| {
                seen.document
                    .split_once(&format!(" id=\"{id}\">"))
                    .map(|(_, rest)| rest)
            })
            .unwrap();
        let figure = figure.split_once("</figure>").unwrap().0;
        assert!(
            figure.contains("role=\"img\" aria-label=") && figure.contains("<rect "),
            "{figure}"
        );
    }
    let (width, height) = seen.picture();
    assert_eq!((width, height), (1_280, 1_600));
    // The same in the dark is another picture of the same document.
    let dark = look(&browser, &page, "", &["--blink-settings=preferredColorScheme=0"]).await;
    assert_eq!(dark.document, seen.document);
    assert_ne!(dark.picture, seen.picture);
}

#[tokio::test]
async fn the_search_narrows_all_tables() {
    let Some(browser) = browser("the_search_narrows_all_tables") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let page = page(&directory).await;
    for (fragment, rows, told) in [
        // Whoever looks for an address need not know how it is written.
        ("#q=https%3A%2F%2Fnew.example", &["new[.]example"][..], "1 of "),
        ("#q=GONE", &["gone[.]example"], "1 of "),
        ("#q=allowed%20198", &["198[.]51[.]100[.]7"], "1 of "),
        ("#q=nothing-like-it", &[], "0 of "),
    ] {
        let seen = look(&browser, &page, fragment, &[]).await;
        assert_eq!(seen.shown(&ROWS), rows, "{fragment}");
        assert!(seen.text_of("found").starts_with(told), "{}", seen.text_of("found"));
    }
    // A fragment that is none of the search changes nothing, and no fragment is run or shown as markup.
    for fragment in [
        "#s1",
        "#q=%E0%A4%A",
        "#q=%3Cimg%20src%3Dx%20onerror%3D%22document.body.id%3D'taken'%22%3E",
    ] {
        let seen = look(&browser, &page, fragment, &[]).await;
        assert!(!seen.document.contains("id=\"taken\""), "{fragment}");
    }
}
