//! No text of others breaks out of its place, whatever it is, and no report is longer than it may be.

use super::samples::{Sample, set, single};
use crate::outgoing::holds_command;
use crate::report::{Dialect, Report, Style};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// Stands in every text of others, and nowhere in the report's own words.
const MARK: char = 'Ж';

/// Texts that mean something to somebody.
const TRICKS: [&str; 24] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "--> <b>",
    "</code></td></tr></table>",
    "\" onmouseover=\"alert(1)",
    "a | b | c",
    "a \\| b",
    "\\",
    "`",
    "``` \n# x",
    "``a`b```",
    "[link](https://evil.example/)",
    "![x](https://evil.example/x.png)",
    "@everyone #123",
    "\n\n# Title\n| a |\n",
    "\r\n::error::x",
    "##vso[task.complete]",
    "##[error]x",
    "::set-output name=a::b",
    "\u{202e}moc.\u{200b}\u{feff}",
    "\u{1b}[2J\u{7}",
    "&lt;b&gt; &#60;",
    "</details></section>",
    "${jndi:x} {{x}} %0a",
];

fn text() -> impl Strategy<Value = String> {
    let trick = prop::sample::select(TRICKS.to_vec()).prop_map(str::to_owned);
    let any = prop_oneof![
        "\\PC{0,20}",
        "[`|\\\\<>&\"' \n#:\\[\\]*_~-]{0,20}",
        "(\\pC|[a-z]){0,10}"
    ];
    prop::collection::vec(prop_oneof![trick, any], 1..4)
        .prop_map(|parts| format!("{MARK}{}{MARK}", parts.join(&MARK.to_string())))
}

/// A plan of which every text is hostile, and its log.
fn sample() -> impl Strategy<Value = Sample> {
    let rows = prop::collection::vec((text(), text(), text()), 0..8);
    (rows, prop::collection::vec(text(), 12)).prop_map(|(rows, texts)| {
        let [title, description, module, who, summary, detail, place, problem, id, name, field, key] = &texts[..] else {
            unreachable!()
        };
        let list = |shift: usize| {
            let rows = rows.iter().skip(shift).enumerate().map(|(place, (key, title, value))| {
                let fields = match (place + shift) % 3 {
                    0 => json!({"title": title, "description": value}),
                    1 => json!({"value": value, "severity": title, "type": "Url", field.as_str(): title}),
                    _ => json!({"description": format!("the same long words around {title} that change"), "action": "Warn"}),
                };
                (key.clone(), fields)
            });
            let rows: Map<String, Json> = rows.collect();
            set(json!({"title": title, "description": description, "application": name, "indicators": Json::from(rows).to_string()}))
        };
        let address = format!("mde_indicator_set.c2[\"{module}\"]");
        Sample::default()
            .resource(&address, &["update"], Some(&list(0)), Some(&list(1)))
            .moved_from(module)
            .imported(id)
            .resource(&format!("mde_indicator.one[\"{module}\"]"), &["create"], None, Some(&single(key, json!({"title": title}))))
            .drift(&address, Some(&list(1)), Some(&list(0)))
            .deferred(&address, problem)
            .check(place, problem)
            .warning(&address, summary, &format!("Changed in the tenant:\n- {key}: title changed (by {who} on 2026-11-20T01:02:03Z)\n\n{detail}"))
            .error(&address, summary, detail)
            .capacity(5, 10)
    })
}

/// The text without code spans and code blocks, as CommonMark has them.
fn without_code(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.split_inclusive('\n') {
        let ticks: String = line.chars().take_while(|letter| *letter == '`').collect();
        match &fence {
            Some(open) => {
                if ticks.len() >= open.len() && line[ticks.len()..].trim().is_empty() {
                    fence = None;
                }
            }
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fence = Some(ticks),
            None => out.push_str(&without_spans(line)),
        }
    }
    assert!(fence.is_none(), "a code block is not closed:\n{markdown}");
    out
}

fn without_spans(line: &str) -> String {
    let letters: Vec<char> = line.chars().collect();
    let run = |at: usize| letters[at..].iter().take_while(|letter| **letter == '`').count();
    let (mut out, mut at) = (String::new(), 0);
    while at < letters.len() {
        let open = run(at);
        if open == 0 {
            out.push(letters[at]);
            at += 1;
            continue;
        }
        let mut end = at + open;
        let closed = loop {
            if end >= letters.len() {
                break false;
            }
            match run(end) {
                0 => end += 1,
                close if close == open => break true,
                close => end += close,
            }
        };
        assert!(closed, "a code span is not closed: {line}");
        at = end + open;
    }
    out
}

/// The number of cells of a row, where a bar behind a backslash is none.
fn cells(row: &str) -> usize {
    let mut count = 0;
    let mut is_escaped = false;
    for letter in row.trim().chars() {
        if letter == '|' && !is_escaped {
            count += 1;
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    count - 1
}

/// The same where each backslash before a bar counts, whatever stands before it.
fn cells_simply(row: &str) -> usize {
    row.trim().replace("\\|", "").matches('|').count() - 1
}

pub(super) fn assert_is_intact(markdown: &str) {
    let mut columns = None;
    let mut is_code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if line.starts_with("| ") && !is_code {
            let columns = *columns.get_or_insert_with(|| cells(line));
            assert_eq!((cells(line), cells_simply(line)), (columns, columns), "{line}");
        } else {
            columns = None;
        }
    }
    let own = without_code(markdown);
    assert!(!own.contains(MARK), "text of others outside of code:\n{own}");
    let own = [
        "<!-- mde-report default -->",
        "<details>",
        "<details open>",
        "<summary>",
        "</summary>",
        "</details>",
    ]
    .iter()
    .fold(own, |own, tag| own.replace(tag, ""));
    assert!(!own.contains('<') && !own.contains('>'), "{own}");
    assert!(!own.contains('@') && !own.contains("]("), "{own}");
}

/// Every element of the page, with what would be a fault of it.
fn assert_is_page(html: &str) {
    const EMPTY: [&str; 3] = ["meta", "input", "!doctype"];
    const KNOWN: [&str; 47] = [
        "html",
        "head",
        "title",
        "style",
        "script",
        "body",
        "a",
        "header",
        "h1",
        "h2",
        "h3",
        "p",
        "div",
        "label",
        "output",
        "main",
        "section",
        "ul",
        "li",
        "b",
        "span",
        "nav",
        "figure",
        "figcaption",
        "svg",
        "text",
        "details",
        "summary",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "del",
        "ins",
        "strong",
        "pre",
        "footer",
        "meta",
        "input",
        "rect",
        "line",
        "!doctype",
        "script",
    ];
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    let mut scripts = 0;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let mut quoted = false;
        let end = rest
            .char_indices()
            .find(|(_, letter)| {
                quoted ^= *letter == '"';
                *letter == '>' && !quoted
            })
            .map(|(at, _)| at)
            .expect("a tag ends");
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '\n', '/']).next().unwrap();
        assert!(KNOWN.contains(&name), "<{tag}>");
        let links = tag.split(" href=\"").skip(1);
        assert!(links.into_iter().all(|link| link.starts_with('#')), "<{tag}>");
        for attribute in tag.split('"').step_by(2) {
            assert!(!attribute.contains(MARK) && !attribute.contains("src"), "<{tag}>");
            assert!(
                !attribute.trim_start().starts_with("on") && !attribute.contains("style="),
                "<{tag}>"
            );
        }

        if name == "script" || name == "style" {
            scripts += 1;
            let close = format!("</{name}>");
            let text = &rest[..rest.find(&close).unwrap()];
            assert!(!text.contains(MARK) && !text.contains('<'), "{text}");
            rest = &rest[text.len() + close.len()..];
        } else if !EMPTY.contains(&name) && !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(scripts, 2);
}

fn report(sample: &Sample, keeps_addresses: bool) -> Report {
    sample.report(Style {
        keeps_addresses,
        ..Style::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_breaks_out_of_markdown(sample in sample(), keeps_addresses: bool) {
        let report = report(&sample, keeps_addresses);
        for limit in [1_000, 5_000, 60_000] {
            let markdown = report.markdown(Dialect::WithHtml, limit);
            assert_is_intact(&markdown);
            prop_assert!(markdown.len() <= limit && !markdown.is_empty());
            prop_assert!(!holds_command(&markdown), "{markdown}");
        }
        let plain = report.markdown(Dialect::Plain, 60_000);
        prop_assert!(!without_code(&plain).contains(['<', '>', MARK]));
    }

    #[test]
    fn no_text_breaks_out_of_a_page(sample in sample(), keeps_addresses: bool) {
        assert_is_page(&report(&sample, keeps_addresses).html());
    }

    #[test]
    fn no_text_breaks_out_of_a_log(sample in sample(), keeps_addresses: bool, limit in prop::option::of(1_000_usize..9_000)) {
        let report = report(&sample, keeps_addresses);
        let text = report.text(limit);
        prop_assert!(limit.is_none_or(|limit| text.len() <= limit));
        let json = report.json();
        for text in [&text, &json] {
            prop_assert!(!holds_command(text), "{text}");
            let harmful = |letter: char| (letter.is_control() && letter != '\n') || crate::outgoing::is_format(letter);
            prop_assert!(!text.contains(harmful), "{text:?}");
        }
        prop_assert!(serde_json::from_str::<Json>(&json).is_ok());
    }

    #[test]
    fn a_comment_that_is_cut_has_whole_rows_and_says_so(count in 1_usize..400, limit in 1_000_usize..20_000) {
        let rows: Map<String, Json> = (0..count)
            .map(|number| (format!("d{number}.example"), json!({"title": "t".repeat(number % 90)})))
            .collect();
        let list = set(json!({"title": "List", "indicators": Json::from(rows).to_string()}));
        let sample = Sample::default()
            .resource("mde_indicator_set.c2", &["create"], None, Some(&list))
            .warning("mde_indicator_set.c2", "List: something", &"detail ".repeat(200));
        let report = report(&sample, false);
        let (whole, cut) = (report.markdown(Dialect::WithHtml, 1 << 20), report.markdown(Dialect::WithHtml, limit));
        prop_assert!(cut.len() <= limit && cut.chars().count() <= limit);
        assert_is_intact(&cut);
        let known: Vec<&str> = whole.lines().collect();
        let is_note = |line: &str| line.contains(" more") || line.contains("left out");
        for line in cut.lines() {
            prop_assert!(known.contains(&line) || is_note(line), "{line}");
        }
        prop_assert!(cut == whole || cut.lines().any(is_note) , "{cut}");
    }
}
