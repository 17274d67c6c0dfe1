//! The command `convert`, as a person starts it.

use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// An instant at which the expiries of the cases are past or to come.
const NOW: &str = "2026-01-20T00:00:00Z";

const LIST: &str = "type,value,note\ndomain,evil.example,first\nip,198.51.100.7:443,\nmutex,m,\ndomain,EVIL.example,\n";

/// Runs the program with this standard input.
pub fn convert(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_terraform-provider-mde"))
        .arg("convert")
        .args(arguments)
        .args(["--now", NOW])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A directory with a list in it.
fn directory(list: &[u8]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("feed.csv");
    fs::write(&path, list).unwrap();
    (directory, path)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Standard output, standard error and exit code.
#[track_caller]
fn assert_run(output: &Output, code: i32, result: &str, told: &[&str]) {
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert_eq!(text(&output.stdout), result, "{errors}");
    for part in told {
        assert!(errors.contains(part), "`{part}` is not in:\n{errors}");
    }
}

#[test]
fn the_result_alone_goes_to_the_standard_output_and_the_report_adds_up() {
    let expected = "type,value,title,description\nDomainName,evil.example,feed,first\n";
    let (_directory, path) = directory(LIST.as_bytes());
    let output = convert(&[path.to_str().unwrap(), "--to", "csv"], b"");
    assert_run(
        &output,
        0,
        expected,
        &[
            "values from `value`, types from `type`, `description` from `note`",
            "skipped, port: 1\n    line 3, column `value`: `198.51.100.7:443`",
            "4 in = 1 rows + 3 skipped: port 1, type 1, duplicate 1\n",
        ],
    );
    let output = convert(&["-", "--to", "csv", "--title-is", "feed"], LIST.as_bytes());
    assert_run(
        &output,
        0,
        "type,value,title,description\nDomainName,evil.example,feed,first\n",
        &["-: csv, UTF-8"],
    );
    let output = convert(
        &["-", "--drop-port", "--to", "json", "--action", "Block"],
        LIST.as_bytes(),
    );
    assert_run(
        &output,
        0,
        "{\n\"evil.example\":{\"type\":\"DomainName\",\"action\":\"Block\",\"description\":\"first\"},\n\
         \"198.51.100.7\":{\"type\":\"IpAddress\",\"action\":\"Block\"}\n}\n",
        &["2 rows"],
    );
}

#[test]
fn the_report_for_programs_has_every_item() {
    let (directory, path) = directory(format!("{LIST}domain,##vso[x],\ndomain,b[.]example,\n").as_bytes());
    let report = directory.path().join("report.json");
    let output = convert(
        &[
            path.to_str().unwrap(),
            "--report",
            report.to_str().unwrap(),
            "-o",
            directory.path().join("out.csv").to_str().unwrap(),
        ],
        b"",
    );
    assert_run(&output, 0, "", &["wrote "]);
    let report = fs::read_to_string(report).unwrap();
    assert!(!report.contains("##"), "{report}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let counts = &report["counts"];
    let number = |value: &Value| value.as_u64().unwrap();
    assert_eq!(
        number(&counts["in"]),
        number(&counts["rows"]) + number(&counts["skipped"])
    );
    let by_reason: u64 = counts["by_reason"].as_object().unwrap().values().map(number).sum();
    assert_eq!(number(&counts["skipped"]), by_reason);
    assert_eq!(report["skipped"].as_array().unwrap().len() as u64, by_reason);
    assert_eq!((number(&counts["in"]), number(&counts["rows"])), (6, 2));
    let port = &report["skipped"][0];
    assert_eq!(
        (&port["line"], &port["column"], &port["reason"], &port["value"]),
        (&3.into(), &"value".into(), &"port".into(), &"198.51.100.7:443".into())
    );
    let hostile = report["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["line"] == 6)
        .unwrap();
    assert_eq!(hostile["value"], "##vso[x]");
    assert_eq!(report["rewritten"][0]["to"], "b.example");
    assert_eq!((&report["version"], &report["now"]), (&1.into(), &NOW.into()));
    assert_eq!(report["input"]["format"], "csv");
}

#[test]
fn exit_codes_say_what_happened_and_nothing_is_written_in_vain() {
    let (directory, path) = directory(LIST.as_bytes());
    let input = path.to_str().unwrap();
    let result = directory.path().join("out.csv");
    let result_name = result.to_str().unwrap();
    fs::write(&result, "before").unwrap();
    let broken = directory.path().join("broken.csv");
    fs::write(&broken, "value,note\na.example,x\nb.example,\"y\n").unwrap();
    let empty = directory.path().join("empty.csv");
    fs::write(&empty, "type,value\nmutex,m\nmutex,n\n").unwrap();
    let cases: [(&[&str], i32, &str); 9] = [
        (
            &[input, "--fail-on-skip", "value,type"],
            1,
            "something was skipped for a reason of `--fail-on-skip`",
        ),
        (
            &[input, "--value", "none"],
            2,
            "the table has no column `none`; it has `type`, `value`, `note`",
        ),
        (
            &[input, "--fail-on-skip", "nonsense"],
            2,
            "the reasons are conjunction, ",
        ),
        (&[input, "--encoding", "klingon"], 2, "is not the name of an encoding"),
        (
            &[broken.to_str().unwrap()],
            2,
            "line 3: the cell begins with a quote that is never closed",
        ),
        (
            &[empty.to_str().unwrap(), "--value", "value"],
            1,
            "nothing was taken, so nothing was written",
        ),
        (&["there-is-no-such-file"], 2, "there-is-no-such-file cannot be read"),
        (&[input, "--action", "Block it"], 2, "Write `Block`"),
        (&[input, "--for-portal"], 2, "the portal takes no row without an action"),
    ];
    for (arguments, code, told) in cases {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["-o", result_name]).collect();
        assert_run(&convert(&arguments, b""), code, "", &[told]);
        assert_eq!(fs::read_to_string(&result).unwrap(), "before", "{arguments:?}");
    }
    assert_run(
        &convert(&[input, "--fail-on-skip", "cidr", "-o", result_name], b""),
        0,
        "",
        &[],
    );
    assert_run(
        &convert(&[broken.to_str().unwrap(), "--keep-going", "-o", result_name], b""),
        1,
        "",
        &["line 3: nothing behind this line was read"],
    );
    assert!(fs::read_to_string(&result).unwrap().contains("a.example"));
    assert_run(
        &convert(
            &[
                empty.to_str().unwrap(),
                "--value",
                "value",
                "--allow-empty",
                "--to",
                "csv",
                "-o",
                result_name,
            ],
            b"",
        ),
        0,
        "",
        &["2 in = 0 rows + 2 skipped: type 2"],
    );
    assert_eq!(fs::read_to_string(&result).unwrap(), "type,value\n");
}

#[test]
fn a_list_is_overwritten_only_with_leave() {
    let (directory, path) = directory(LIST.as_bytes());
    let input = path.to_str().unwrap();
    let same = directory.path().join(".").join("feed.csv");
    let told = "is the file that is read; `--in-place` overwrites it";
    assert_run(&convert(&[input, "-o", same.to_str().unwrap()], b""), 2, "", &[told]);
    assert_run(
        &convert(&[input, "--report", input], b""),
        2,
        "",
        &["is the list itself"],
    );
    assert_run(
        &convert(&["-", "--in-place"], LIST.as_bytes()),
        2,
        "",
        &["the standard input is read"],
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), LIST);
    assert_run(&convert(&[input, "--in-place", "--to", "csv"], b""), 0, "", &["wrote "]);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "type,value,title,description\nDomainName,evil.example,feed,first\n"
    );
    assert_run(
        &convert(&[input, "--in-place", "--to", "csv"], b""),
        0,
        "",
        &["1 in = 1 rows + 0 skipped\n"],
    );
    assert_eq!(names(directory.path()), ["feed.csv"]);
}

#[test]
fn an_upload_is_cut_into_files_that_the_portal_takes() {
    let rows: String = (0..1_001).map(|number| format!("h{number}.example\n")).collect();
    let (directory, path) = directory(format!("value\n{rows}").as_bytes());
    let input = path.to_str().unwrap();
    let result = directory.path().join("out.csv");
    fs::write(directory.path().join("out-4.csv"), "old").unwrap();
    let arguments = [input, "--for-portal", "--action", "Block", "--type-is", "DomainName"];
    assert_run(
        &convert(&arguments, b""),
        2,
        "",
        &["which takes 3 files of 500; name the first with `-o`"],
    );
    let arguments: Vec<&str> = arguments.into_iter().chain(["-o", result.to_str().unwrap()]).collect();
    assert_run(
        &convert(&arguments, b""),
        0,
        "",
        &["out-4.csv was there before and is no part of this result"],
    );
    assert_eq!(
        names(directory.path()),
        ["feed.csv", "out-1.csv", "out-2.csv", "out-3.csv", "out-4.csv"]
    );
    let counts = [1, 2, 3].map(|number| {
        let text = fs::read_to_string(directory.path().join(format!("out-{number}.csv"))).unwrap();
        assert!(text.starts_with("\u{feff}IndicatorType,IndicatorValue,ExpirationTime,Action,"));
        text.matches("\r\n").count() - 1
    });
    assert_eq!(counts, [500, 500, 1]);
}

#[test]
fn nothing_that_a_list_says_becomes_a_command() {
    let list = "value,title\n##vso[task.complete],x\na.example,##vso[task.complete]\nb.example,\"x\n::error::y\"\n";
    let output = convert(&["-"], list.as_bytes());
    assert_run(&output, 2, "", &["a build agent would take for a command"]);
    let output = convert(&["-", "--to", "json"], list.as_bytes());
    let (result, errors) = (text(&output.stdout), text(&output.stderr));
    for printed in [&result, &errors] {
        assert!(
            !printed.contains("##vso[") && !printed.lines().any(|line| line.trim_start().starts_with("::")),
            "{printed}"
        );
    }
    let read: Value = serde_json::from_str(&result).unwrap();
    assert_eq!(read["a.example"]["title"], "##vso[task.complete]");
    assert_eq!(read["b.example"]["title"], "x\n::error::y");
}

#[test]
fn utf_16_and_other_encodings_are_read() {
    let list = "\u{feff}type\tvalue\tnote\r\ndomain\tevil.example\tTür\r\n";
    let wide: Vec<u8> = list.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let expected = "type,value,description\nDomainName,evil.example,Tür\n";
    assert_run(
        &convert(&["-", "--to", "csv"], &wide),
        0,
        expected,
        &["csv, UTF-16LE", "separated by tab"],
    );
    let narrow = b"type;value;note\r\ndomain;evil.example;T\xfcr\r\n";
    assert_run(
        &convert(&["-", "--to", "csv"], narrow),
        0,
        expected,
        &["read as windows-1252, which nothing in it says"],
    );
}

#[test]
fn huge_lines_are_read_and_cut_where_they_are_shown() {
    let long = "x".repeat(300_000);
    let list = format!("value,note\na.example,{long}\n{long},b\n\"{long}\n");
    let output = convert(&["-", "--to", "csv", "--keep-going"], list.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stdout),
        format!("type,value,description\nDomainName,a.example,{long}\n")
    );
    assert!(output.stderr.len() < 5_000, "{}", output.stderr.len());
}

/// Real lists, if `MDE_TEST_DATA` names a folder that has them: how many items each has, and how many rows come of them.
#[test]
fn real_lists_become_as_many_rows_as_were_counted_by_others() {
    let Some(folder) = std::env::var_os("MDE_TEST_DATA") else {
        return;
    };
    let folder = Path::new(&folder);
    let report = tempfile::NamedTempFile::new().unwrap();
    let counted = |name: &str, options: &[&str], code: i32| -> Value {
        let path = folder.join(name);
        let mut arguments = vec![
            path.to_str().unwrap(),
            "--to",
            "json",
            "--report",
            report.path().to_str().unwrap(),
        ];
        arguments.extend(options);
        let output = convert(&arguments, b"");
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        let mut counts =
            serde_json::from_str::<Value>(&fs::read_to_string(report.path()).unwrap()).unwrap()["counts"].take();
        let rows: Value = serde_json::from_str(&text(&output.stdout)).unwrap_or_default();
        let mut types = serde_json::Map::new();
        for row in rows.as_object().into_iter().flat_map(serde_json::Map::values) {
            let count = types.entry(row["type"].as_str().unwrap()).or_insert(0.into());
            *count = (count.as_u64().unwrap() + 1).into();
        }
        counts["types"] = types.into();
        counts.as_object_mut().unwrap().remove("rewritten");
        counts
    };
    assert_eq!(
        counted("sophos-mykings-v2.csv", &[], 0),
        json!({"in": 592, "rows": 539, "skipped": 53, "by_reason": {"duplicate": 1, "value": 2, "type": 50},
               "types": {"DomainName": 67, "IpAddress": 79, "FileSha1": 393}})
    );
    assert_eq!(
        counted("sophos-dropper-as-a-service.csv", &[], 0),
        json!({"in": 605, "rows": 592, "skipped": 13, "by_reason": {"duplicate": 10, "value": 2, "type": 1},
               "types": {"DomainName": 75, "IpAddress": 16, "FileSha1": 1, "FileSha256": 500}})
    );
    assert_eq!(
        counted("sophos-files-hosted-on-discord.csv", &[], 0),
        json!({"in": 4863, "rows": 4511, "skipped": 352, "by_reason": {"duplicate": 351, "type": 1}, "types": {"FileSha256": 4511}})
    );
    let machete = counted("eset-machete.misp.json", &[], 1);
    assert_eq!(machete["rows"], 0);
    let machete = counted("eset-machete.misp.json", &["--ignore-to-ids"], 0);
    assert_eq!(
        (&machete["rows"], &machete["by_reason"]["no-scheme"]),
        (&330.into(), &3.into())
    );
    let machete = counted(
        "eset-machete.misp.json",
        &["--ignore-to-ids", "--assume-scheme", "http"],
        0,
    );
    assert_eq!(
        (
            &machete["rows"],
            &machete["types"]["Url"],
            &machete["types"]["IpAddress"]
        ),
        (&333.into(), &15.into(), &6.into())
    );
}
