//! Lists with all that can be wrong, and what is found.

use super::output::{self, Style};
use super::*;
use crate::indicator::{Lifetime, Protected};
use crate::outgoing::holds_command;
use proptest::prelude::*;

fn settings() -> Settings {
    Settings {
        standards: Standards {
            protected: Protected::default(),
            allow_lists: Vec::new(),
            now: "2026-01-20T00:00:00Z".parse().unwrap(),
            expires_within: Lifetime::parse("14d"),
            capacity: 15_000,
        },
        allowed: Vec::new(),
        baseline: Baseline::default(),
    }
}

fn of(files: &[(&str, &str)]) -> Report {
    let inputs = files.iter().map(|(name, text)| Input {
        name: (*name).to_owned(),
        path: (*name).to_owned(),
        bytes: text.as_bytes().to_vec(),
    });
    lint(inputs.collect(), &settings())
}

fn told(report: &Report) -> Vec<(&'static str, usize, &str)> {
    let each = report.findings.iter().map(|finding| {
        let source = &report.sources[finding.file];
        let line = source.position(finding.at.start).line;
        (finding.code.name(), line, source.slice(&finding.at))
    });
    each.collect()
}

fn written(write: impl Fn(&Report, &mut dyn std::io::Write) -> std::io::Result<()>, report: &Report) -> String {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_the_provider_refuses_is_found_with_its_cell() {
    let report = of(&[(
        "a.csv",
        "IndicatorType,IndicatorValue,Acton,GenerateAlert\nDomainName,hxxp://a[.]example,,\nDomainName,\"b.example\",,maybe\nIpAddress,203.0.113.0/24,,\nDomain,c.example,,\n",
    )]);
    let found = told(&report);
    for expected in [
        ("unknown-column", 1, "Acton"),
        ("invalid-value", 2, "hxxp://a[.]example"),
        ("invalid-field", 3, "maybe"),
        ("invalid-value", 4, "203.0.113.0/24"),
        ("invalid-field", 5, "Domain"),
    ] {
        assert!(found.contains(&expected), "{expected:?} is not in {found:#?}");
    }
    assert!(
        report.findings[0].message.contains("`Action` may be meant"),
        "{}",
        report.findings[0].message
    );
}

#[test]
fn what_no_field_can_hold_is_told_once() {
    for (field, written) in [
        ("action", "Blok"),
        ("severity", "Hihg"),
        ("type", "Domain"),
        ("expiration_time", "tomorrow"),
    ] {
        for (name, text) in [
            ("a.csv", format!("value,{field}\na.test,{written}\n")),
            ("a.yaml", format!("a.test: {{{field}: \"{written}\"}}\n")),
            ("a.json", format!("{{\"a.test\": {{\"{field}\": \"{written}\"}}}}")),
        ] {
            let report = of(&[(name, &text)]);
            let of_field = report
                .findings
                .iter()
                .filter(|finding| finding.message.contains(written));
            assert_eq!(of_field.count(), 1, "{text} {:#?}", report.findings);
        }
    }
}

#[test]
fn rows_of_several_files_are_compared() {
    let report = of(&[
        (
            "a.csv",
            "value,action,title\nwide.example,Block,t\none.example,Block,t\n",
        ),
        ("b.txt", "x.wide.example\nother.example\n"),
        (
            "c.json",
            r#"{"ONE.example": {"action": "Allowed", "title": "t"}, "wide.example": {"action": "Block", "title": "t"}}"#,
        ),
        ("d.yaml", "wide.example: {action: Block, title: u}\n"),
    ]);
    let found: Vec<(usize, &str)> = report
        .findings
        .iter()
        .map(|finding| (finding.file, finding.code.name()))
        .collect();
    assert_eq!(
        found,
        [
            (1, "covered"),
            (2, "two-actions"),
            (2, "duplicate"),
            (3, "differing-duplicate")
        ]
    );
    let related = &report.findings[3].related[0];
    assert_eq!(
        (related.file, report.sources[0].slice(&related.at)),
        (0, "wide.example")
    );
}

#[test]
fn a_baseline_knows_findings_when_lines_move() {
    let list = "value,action,title,description\nco.uk,Block,t,d\n10.0.0.1,Block,t,d\n";
    let first = of(&[("a.csv", list)]);
    assert_eq!(first.findings.len(), 2, "{:#?}", first.findings);
    let baseline = Baseline::parse(&written(output::json, &first)).unwrap();
    let moved =
        "value,action,title,description\nnew.test,Block,t,d\n10.0.0.1,Block,t,d\nco.uk,Block,t,d\n10.0.0.2,Block,t,d\n";
    let with = Settings { baseline, ..settings() };
    let report = lint(
        vec![Input {
            name: "a.csv".into(),
            path: "a.csv".into(),
            bytes: moved.into(),
        }],
        &with,
    );
    assert_eq!(told(&report), [("not-external", 5, "10.0.0.2")]);
    assert_eq!(report.known, 2);
    assert!(Baseline::parse("{}").is_err());
}

#[test]
fn allowed_codes_are_not_told() {
    let with = Settings {
        allowed: vec![Code::NotExternal],
        ..settings()
    };
    let input = Input {
        name: "a.txt".into(),
        path: "a.txt".into(),
        bytes: b"10.0.0.1\n".to_vec(),
    };
    assert!(lint(vec![input], &with).findings.is_empty());
}

#[test]
fn what_is_no_list_is_told_apart() {
    let report = of(&[
        ("README.md", "# A title\n\nSome words about lists.\n"),
        ("package.json", r#"{"name": {"a": 1}, "scripts": {"b": "c"}}"#),
        ("ci.yaml", "jobs:\n  build: {steps: []}\n"),
        ("bytes.txt", "a\0b"),
        ("requirements.txt", "abc==1.2.3\ndef==4.5.6\n"),
        ("list.txt", "evil.test\n"),
    ]);
    let names: Vec<&str> = report.no_lists.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["README.md", "package.json", "ci.yaml", "bytes.txt", "requirements.txt"]
    );
    assert_eq!(report.sources.len(), 1);
}

#[test]
fn broken_lists_are_errors_and_not_passed_over() {
    for (name, text) in [
        ("a.json", "{\"a.example\": {},}"),
        ("a.yaml", "a.example: {title: \"x\n"),
        ("a.csv", "value,action\na.example,\"Block\nb.example,Block\n"),
        (
            "b.csv",
            "type,indicator,note\ndomain,a.example,\"x\ndomain,b.example,y\n",
        ),
    ] {
        let report = of(&[(name, text)]);
        assert_eq!(report.worst(), Some(Severity::Error), "{name}: {:?}", report.no_lists);
    }
}

#[test]
fn hashes_of_one_file_and_capacity_are_told() {
    let sha256 = "5b3c0f5b6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4f5e6d7c8b9a0f1e2d3c";
    let sha1 = "5b3c0f5b6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c";
    let report = of(&[("a.csv", &format!("name,sha256,sha1\nx.exe,{sha256},{sha1}\n"))]);
    assert!(
        told(&report).contains(&("several-hashes", 2, sha1)),
        "{:#?}",
        told(&report)
    );
    let mut small = settings();
    small.standards.capacity = 2;
    let input = Input {
        name: "a.txt".into(),
        path: "a.txt".into(),
        bytes: b"a.test\nb.test\na.test\nc.test\n".to_vec(),
    };
    let report = lint(vec![input], &small);
    assert!(
        told(&report).contains(&("capacity", 4, "c.test")),
        "{:#?}",
        told(&report)
    );
}

/// A list whose every text is a command of a build agent.
fn hostile() -> Report {
    let order = "##vso[task.setvariable variable=a]b";
    let csv = format!(
        "IndicatorValue,Action,Title,Description,::error::{order}\n{order},Block,{order},=::error::x {order},\n\
         \"::error file=a::b\",Block,##[group]x,\"\n::warning::x\",\n10.0.0.1,Block,\u{202e}\u{1b}[31m,d,\n"
    );
    let json = format!("{{\"a.example\":{{\"title\":\"{order}\",\"{order}\":1}},\"::error::b.example\":{{}}}}");
    of(&[(&format!("::error::{order}, ]; %.csv"), &csv), ("b.json", &json)])
}

fn outputs(report: &Report) -> Vec<(&'static str, String)> {
    let azure = |report: &Report, out: &mut dyn std::io::Write| output::azure(report, true, out);
    let people = |report: &Report, out: &mut dyn std::io::Write| output::people(report, Style::Plain, out);
    vec![
        ("people", written(people, report)),
        ("json", written(output::json, report)),
        ("sarif", written(output::sarif, report)),
        ("github", written(output::github, report)),
        ("azure", written(azure, report)),
        ("gitlab", written(output::gitlab, report)),
    ]
}

fn assert_safe(report: &Report) {
    for (name, text) in outputs(report) {
        for line in text.lines() {
            // The commands of ours, and nothing in what follows them.
            let rest = match name {
                "github" => ["::error ", "::warning ", "::notice "]
                    .iter()
                    .find_map(|start| line.strip_prefix(start)),
                "azure" => ["##vso[task.logissue ", "##vso[task.complete "]
                    .iter()
                    .find_map(|start| line.strip_prefix(start)),
                _ => None,
            };
            let rest = rest.unwrap_or(line);
            assert!(!holds_command(rest), "{name}: {line}");
            assert!(!rest.contains(['\u{1b}', '\u{202e}', '\r']), "{name}: {line:?}");
        }
    }
}

#[test]
fn no_text_of_a_list_gives_an_order() {
    let report = hostile();
    assert!(report.findings.len() > 4, "{:#?}", told(&report));
    assert_safe(&report);
    // Nothing is lost in what programs read.
    let (_, json) = outputs(&report).swap_remove(1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let values: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["value"].as_str())
        .collect();
    assert!(values.contains(&"##vso[task.setvariable variable=a]b"), "{values:?}");
    let (_, github) = outputs(&report).swap_remove(3);
    assert!(
        github.contains("file=%3A\\u{3a}error%3A%3A##vso\\u{5b}task.setvariable variable=a]b%2C ]; %25.csv,"),
        "{github}"
    );
}

#[test]
fn github_gets_ten_of_each_and_a_count() {
    let rows: String = (0..25)
        .map(|number| format!("203.0.113.{number}/24\n10.0.0.{number}\n"))
        .collect();
    let github = written(output::github, &of(&[("a.txt", &rows)]));
    for command in ["::error ", "::warning "] {
        let lines: Vec<&str> = github.lines().filter(|line| line.starts_with(command)).collect();
        assert_eq!(lines.len(), 10, "{github}");
        assert!(lines[9].contains("16 more findings"), "{}", lines[9]);
    }
    assert!(
        github.contains("::error file=a.txt,line=1,endLine=1,col=1,endColumn=15,title=invalid-value::"),
        "{github}"
    );
    // All of them are in the text.
    assert_eq!(github.matches("error[invalid-value]").count(), 25);
}

#[test]
fn azure_is_told_of_warnings_that_fail_nothing() {
    let report = of(&[("a;b].txt", "10.0.0.1\n")]);
    let azure = |is_failed| {
        written(
            move |report: &Report, out: &mut dyn std::io::Write| output::azure(report, is_failed, out),
            &report,
        )
    };
    let text = azure(false);
    assert!(
        text.contains(
            "##vso[task.logissue type=warning;sourcepath=a%3Bb%5D.txt;linenumber=1;columnnumber=1;code=not-external;]"
        ),
        "{text}"
    );
    assert!(text.contains("##vso[task.complete result=SucceededWithIssues;]"));
    assert!(!azure(true).contains("task.complete"));
}

#[test]
fn gitlab_gets_fingerprints_that_differ() {
    let report = of(&[("./a.txt", "10.0.0.1\n10.0.0.2\ncom\n")]);
    let json: serde_json::Value = serde_json::from_str(&written(output::gitlab, &report)).unwrap();
    let issues = json.as_array().unwrap();
    let prints: std::collections::HashSet<&str> =
        issues.iter().map(|one| one["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), issues.len());
    assert!(issues.iter().all(|one| one["location"]["path"] == "a.txt"));
}

#[test]
fn sarif_holds_five_thousand_results_and_says_what_it_leaves_out() {
    let rows: String = (0..6_000)
        .map(|number| format!("10.0.{}.{}\n", number / 250, number % 250))
        .collect();
    let report = of(&[("a.txt", &rows)]);
    assert_eq!(report.findings.len(), 6_000);
    let sarif: serde_json::Value = serde_json::from_str(&written(output::sarif, &report)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 5_000);
    assert!(
        results[4_999]["message"]["text"]
            .as_str()
            .unwrap()
            .starts_with("1001 more findings")
    );
}

#[test]
fn many_notes_of_one_rule_are_one() {
    let rows: String = (0..9).map(|number| format!("https://a.test/{number}\n")).collect();
    let people = written(
        |report: &Report, out: &mut dyn std::io::Write| output::people(report, Style::Plain, out),
        &of(&[("a.txt", &rows)]),
    );
    assert_eq!(people.matches("note[edge-only]").count(), 1, "{people}");
    assert!(
        people.contains("In 9 places: `https://a.test/0` (line 1)") && people.contains(" and 4 more."),
        "{people}"
    );
    let json = written(output::json, &of(&[("a.txt", &rows)]));
    assert_eq!(json.matches("\"edge-only\"").count(), 9);
}

#[test]
fn excerpts_mark_what_is_to_blame() {
    let long = format!("IndicatorValue,Title,Description\n10.0.0.1,{},d\n", "x".repeat(9_000));
    let report = of(&[
        ("a.csv", "value,title,description\nok.test,é\u{202e},10.0.0.1/24,d\n"),
        ("b.csv", &long),
    ]);
    let people = written(
        |report: &Report, out: &mut dyn std::io::Write| output::people(report, Style::Plain, out),
        &report,
    );
    assert!(people.contains("b.csv:2:1") && people.contains("^^^^^^^^"), "{people}");
    assert!(people.lines().all(|line| line.chars().count() < 400), "{people}");
    assert!(!people.contains('\u{1b}'));
    let coloured = written(
        |report: &Report, out: &mut dyn std::io::Write| output::people(report, Style::Coloured, out),
        &report,
    );
    assert!(coloured.contains('\u{1b}'));
}

/// Lists in which all rows have to do with each other.
fn dense(rows: usize) -> Vec<String> {
    let one_value = |_: usize| "same.test,Block,".to_owned();
    let two_actions = |number: usize| {
        format!(
            "same.test,{},",
            if number.is_multiple_of(2) { "Block" } else { "Allowed" }
        )
    };
    let one_host = |number: usize| {
        format!(
            "http://same.test/{number},{},",
            if number == 0 { "Allowed" } else { "Block" }
        )
    };
    let groups = |number: usize| format!("same.test,Block,g{number}");
    let table = |row: &dyn Fn(usize) -> String| {
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!("value,action,rbac_group_names\nsame.test,Block,\n{}\n", rows.join("\n"))
    };
    vec![table(&one_value), table(&two_actions), table(&one_host), table(&groups)]
}

#[test]
fn the_work_grows_with_the_rows() {
    let steps = |rows: usize| -> Vec<usize> {
        let each = dense(rows);
        each.iter().map(|list| of(&[("a.csv", list)]).steps).collect()
    };
    for (few, many) in steps(150).into_iter().zip(steps(15_000)) {
        assert!(many <= few * 101, "{few} steps for 150 rows, {many} for 15,000");
    }
}

proptest! {
    #[test]
    fn no_text_is_a_panic_or_an_order(
        text in "(value|IndicatorValue|,|;|\n|\r|\"|a\\.test|b\\.a\\.test|https://a\\.test/x|10\\.0\\.0\\.1|##vso\\[|::|\\{|\\}|\\[|\\]|:|: | |-|null|<<<<<<< |=======|>>>>>>> |\\PC|\u{202e}){0,40}",
        ending in prop::sample::select(vec!["csv", "yaml", "json", "txt"]),
    ) {
        let report = of(&[(&format!("a.{ending}"), &text)]);
        for finding in &report.findings {
            let source = &report.sources[finding.file];
            prop_assert!(source.text.get(finding.at.clone()).is_some(), "{:?}", finding);
        }
        assert_safe(&report);
    }
}
