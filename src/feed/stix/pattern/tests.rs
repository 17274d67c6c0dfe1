use super::*;
use proptest::prelude::*;

/// A pattern as its parts: `a:b = x` in brackets, with what binds them.
fn told(text: &str) -> String {
    match parse(text) {
        Ok(observation) => of_observation(&observation),
        Err(fault) => format!("{}: {}", fault.column, fault.text),
    }
}

fn of_observation(observation: &Observation<'_>) -> String {
    match observation {
        Observation::Facts(facts) => format!("[{}]", of_facts(facts)),
        Observation::Or(parts) => {
            let parts: Vec<String> = parts.iter().map(of_observation).collect();
            format!("({})", parts.join(" | "))
        }
        Observation::Group { bond, parts, span } => {
            let parts: Vec<String> = parts.iter().map(of_observation).collect();
            format!("{bond:?}@{}({})", span.column, parts.join(" ; "))
        }
    }
}

fn of_facts(facts: &Facts<'_>) -> String {
    match facts {
        Facts::Comparison(comparison) => {
            let literals: Vec<String> = comparison
                .literals
                .iter()
                .map(|literal| format!("{}@{}", literal.text.as_deref().unwrap_or("?"), literal.span.column))
                .collect();
            format!(
                "{}:{} {}{:?} {}",
                comparison.path.object,
                comparison.path.keys.join("."),
                if comparison.negated { "not " } else { "" },
                comparison.operator,
                literals.join(",")
            )
        }
        Facts::Or(parts) => {
            let parts: Vec<String> = parts.iter().map(of_facts).collect();
            format!("({})", parts.join(" | "))
        }
        Facts::And(parts, _) => {
            let parts: Vec<String> = parts.iter().map(of_facts).collect();
            format!("({})", parts.join(" & "))
        }
    }
}

#[test]
fn patterns_are_read() {
    for (text, expected) in [
        (
            "[domain-name:value='a.example']",
            "[domain-name:value Equal a.example@20]",
        ),
        ("  [ url:value = 'x' ] ", "[url:value Equal x@17]"),
        ("[file:hashes.'SHA-256' == 'x']", "[file:hashes.SHA-256 Equal x@27]"),
        ("[file:hashes.SHA-256 = 'x']", "[file:hashes.SHA-256 Equal x@24]"),
        ("[a:b = 'it\\'s \\\\ C:\\x']", "[a:b Equal it's \\ C:\\x@8]"),
        (
            "[a:b[*].c[0] = 'ü' AND a:b = 'x']",
            "[(a:b.[*].c.[0] Equal ü@16 & a:b Equal x@30)]",
        ),
        (
            "[a:b = '1' OR a:b = '2' AND a:b = '3']",
            "[(a:b Equal 1@8 | (a:b Equal 2@21 & a:b Equal 3@35))]",
        ),
        (
            "[(a:b = '1' OR a:b = '2') AND a:b = '3']",
            "[((a:b Equal 1@9 | a:b Equal 2@22) & a:b Equal 3@37)]",
        ),
        ("[a:b IN ('x', 'y','z')]", "[a:b In x@10,y@15,z@19]"),
        ("[a:b NOT IN('x')]", "[a:b not In x@13]"),
        ("[a:b NOT LIKE 'x']", "[a:b not Like x@15]"),
        ("[a:b != 'x']", "[a:b not Equal x@9]"),
        ("[a:b <> 'x']", "[a:b not Equal x@9]"),
        ("[NOT a:b = 'x']", "[a:b not Equal x@12]"),
        (
            "[NOT (a:b = 'x' OR a:c = 'y')]",
            "[(a:b not Equal x@13 | a:c not Equal y@26)]",
        ),
        ("[NOT (NOT a:b = 'x')]", "[a:b not Equal x@17]"),
        (
            "[a:b >= 5 AND a:c < -1.5]",
            "[(a:b GreaterOrEqual ?@9 & a:c Less ?@21)]",
        ),
        ("[EXISTS a:b.c]", "[a:b.c Exists ]"),
        ("[a:b = true]", "[a:b Equal ?@8]"),
        ("[a:b = t'2020-01-01T00:00:00Z']", "[a:b Equal ?@8]"),
        ("[a:b = h'00' OR a:c = b'AA==']", "[(a:b Equal ?@8 | a:c Equal ?@23)]"),
        ("[a:b ISSUBSET '10.0.0.0/8']", "[a:b IsSubset 10.0.0.0/8@15]"),
        (
            "[a:b = '1'] OR [a:b = '2'] AND [a:b = '3']",
            "([a:b Equal 1@8] | And@16([a:b Equal 2@23] ; [a:b Equal 3@39]))",
        ),
        (
            "[a:b = '1'] FOLLOWEDBY ([a:b = '2'] OR [a:b = '3'])",
            "FollowedBy@1([a:b Equal 1@8] ; ([a:b Equal 2@32] | [a:b Equal 3@47]))",
        ),
        (
            "[a:b = '1'] REPEATS 5 TIMES WITHIN 1.5 SECONDS",
            "Qualified@1([a:b Equal 1@8])",
        ),
        (
            "[a:b = '1'] START t'2020-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'",
            "Qualified@1([a:b Equal 1@8])",
        ),
        (
            "[ORACLE:value = 'x' OR ANDROID:b = 'y']",
            "[(ORACLE:value Equal x@17 | ANDROID:b Equal y@36)]",
        ),
        ("[x\n:\tb\r\n=\n'y']", "[x:b Equal y@11]"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn the_first_fault_has_its_column() {
    for (text, expected) in [
        ("", "1: the pattern is empty"),
        ("  ", "1: the pattern is empty"),
        (
            "file:hashes.MD5 = 'x']",
            "1: an observation begins with `[`, not with `file`",
        ),
        (
            "[domain-name:value = 'a.example]",
            "22: the text is never closed with `'`",
        ),
        ("[domain-name:value = ]", "22: a value is missing"),
        (
            "[domain-name:value = \"a\"]",
            "22: a value stands between single quotes",
        ),
        (
            "[ipv4-addr:value = 198.51.100.7]",
            "20: a value stands between single quotes",
        ),
        ("[domain-name:value 'a']", "20: an operator is missing"),
        ("[domain-name = 'a']", "2: `domain-name` is no property"),
        ("[a:b = 'x'", "11: `]` is missing"),
        ("[a:b = 'x']]", "12: `]` stands after the end"),
        ("[a:b = 'x'] OR", "15: an observation is missing"),
        ("[a:b = 'x' and a:c = 'y']", "12: `]` is missing"),
        ("[a:b IN ()]", "10: the set is empty"),
        ("[a:b IN ('x' 'y')]", "14: `,` is missing"),
        ("[a: = 'x']", "5: the name of a property is missing"),
        ("[a:b[x] = 'x']", "5: an index is a number"),
        ("[a:b = 'x'] WITHIN x SECONDS", "20: a number is missing"),
        ("[ü:b = 'x']", "2: a property is missing"),
        ("[a:b = 'ü' ; a:b = 'x']", "12: `;` has no meaning here"),
    ] {
        let told = told(text);
        assert!(told.starts_with(expected), "{text}: {told}");
    }
    let deep = format!("[{}a:b = 'x'{}]", "(".repeat(100_000), ")".repeat(100_000));
    assert!(told(&deep).contains("too many brackets"));
    let deep = format!("{}[a:b = 'x']", "(".repeat(100_000));
    assert!(told(&deep).contains("too many brackets"));
    let nots = format!("[{} a:b = 'x']", "NOT ".repeat(100_000));
    assert!(told(&nots).contains("too many brackets"));
}

#[test]
fn pieces_are_what_is_written() {
    let Ok(Observation::Facts(Facts::And(parts, span))) = parse("[ a:b = 'x'  AND  a:c  IN ( 'y' ) ]") else {
        panic!("not an AND");
    };
    assert_eq!((span.text, span.column), ("a:b = 'x'  AND  a:c  IN ( 'y' )", 3));
    let Some(Facts::Comparison(second)) = parts.get(1) else {
        panic!("not a comparison");
    };
    assert_eq!((second.span.text, second.span.column), ("a:c  IN ( 'y' )", 19));
    assert_eq!(second.path.text, "a:c");
    assert_eq!(second.literals[0].span.text, "'y'");
}

proptest! {
    #[test]
    fn any_text_is_read(text in prop_oneof![
        any::<String>(),
        "[\\[\\]()' ,.:=!<>a-zANDORTLIKE\\\\0-9ü\u{200b}*-]{0,40}",
        "(\\[a:b (NOT )?(=|!=|IN|LIKE) ?'x'\\]( AND | OR | FOLLOWEDBY |)){0,4}",
    ]) {
        if let Err(fault) = parse(&text) {
            prop_assert!(fault.column <= text.chars().count() + 1);
        }
    }
}
