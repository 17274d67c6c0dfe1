//! scratch
use crate::support::{Tenant, Workspace};

fn set(name: &str, title: &str, rows: impl IntoIterator<Item = usize>) -> String {
    let values: String = rows
        .into_iter()
        .map(|n| format!("    \"198.51.100.{n}\" = \"d\"\n"))
        .collect();
    format!(
        "resource \"mde_indicator_set\" \"{name}\" {{\n  action = \"Block\"\n  title = \"{title}\"\n  values = {{\n{values}  }}\n}}\n"
    )
}

fn single(name: &str, title: &str, n: usize) -> String {
    format!(
        "resource \"mde_indicator\" \"{name}\" {{\n  action = \"Block\"\n  title = \"{title}\"\n  description = \"d\"\n  value = \"198.51.100.{n}\"\n}}\n"
    )
}

#[tokio::test]
async fn explore() {
    let cases: Vec<(&str, String, String)> = vec![
        ("rename set", set("a", "t", 0..25), set("b", "t", 0..25)),
        ("rename set back", set("b", "t", 0..25), set("a", "t", 0..25)),
        ("rename set changed", set("a", "t", 0..25), set("b", "u", 0..25)),
        ("rename single", single("a", "t", 1), single("b", "t", 1)),
        ("rename single changed", single("b", "t", 1), single("a", "u", 1)),
        (
            "move a to b",
            set("a", "t", 0..20) + &set("b", "t", 20..25),
            set("a", "t", 0..15) + &set("b", "t", 15..25),
        ),
        (
            "move b to a",
            set("a", "t", 0..20) + &set("b", "t", 20..25),
            set("a", "t", 0..23) + &set("b", "t", 23..25),
        ),
        (
            "move changed",
            set("a", "t", 0..20) + &set("b", "u", 20..25),
            set("a", "t", 0..15) + &set("b", "u", 15..25),
        ),
        (
            "single to set",
            single("x", "t", 9) + &set("b", "t", 20..25),
            set("b", "t", [9, 20, 21, 22, 23, 24]),
        ),
        (
            "set to single",
            set("b", "t", [9, 20, 21, 22, 23, 24]),
            single("x", "t", 9) + &set("b", "t", 20..25),
        ),
        (
            "split",
            set("a", "t", 0..20),
            set("a", "t", 0..10) + &set("b", "t", 10..20),
        ),
        (
            "split away",
            set("a", "t", 0..20),
            set("c", "t", 0..10) + &set("b", "t", 10..20),
        ),
        (
            "merge",
            set("a", "t", 0..10) + &set("b", "t", 10..20),
            set("c", "t", 0..20),
        ),
        (
            "merge into",
            set("a", "t", 0..10) + &set("b", "t", 10..20),
            set("b", "t", 0..20),
        ),
    ];
    for (name, from, to) in cases {
        let (mut errors, mut moved, mut second, mut said) = (0, 0, 0, String::new());
        let runs = 6;
        for _ in 0..runs {
            let tenant = Tenant::start().await;
            let workspace = Workspace::new(&tenant);
            workspace.main(&from);
            workspace.apply().await.expect(0);
            let before = tenant.rows();
            workspace.main(&to);
            let ran = workspace.apply().await;
            if ran.code != 0 {
                errors += 1;
                said = ran.output;
            }
            let after = tenant.rows();
            let lost = before
                .iter()
                .filter(|(n, r)| after.get(*n).is_none_or(|s| s["id"] != r["id"]))
                .count();
            if lost > 0 {
                moved += 1;
            }
            if workspace.plan().await.code != 0 {
                second += 1;
                workspace.apply().await.expect(0);
                workspace.plan().await.expect(0);
            }
            assert_eq!(tenant.rows().len(), 25.min(tenant.rows().len().max(before.len())));
        }
        println!(
            "{name}: of {runs}: {errors} errors, {moved} with rows made anew, {second} needed a second apply\n{said}"
        );
    }
}
