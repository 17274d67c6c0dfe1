use super::super::pattern::parse;
use super::*;

/// What a pattern means: its values, and the reasons of the rest.
fn told(pattern: &str, options: &Options) -> String {
    let pattern = parse(pattern).unwrap();
    let parts: Vec<String> = of(&pattern, options)
        .found
        .into_iter()
        .map(|found| match found {
            Found::Value { text, kind, file, .. } => {
                let file = file.map(|file| format!("#{file}")).unwrap_or_default();
                format!("{kind}{file} {text}")
            }
            Found::Skipped { reason, span, .. } => format!("{} {}", reason.name(), span.text),
        })
        .collect();
    parts.join("; ")
}

#[test]
fn branches_stand_alone_and_facts_of_one_object_together() {
    let options = Options::default();
    for (pattern, expected) in [
        (
            "[file:hashes.MD5 = 'a' OR domain-name:value = 'b'] OR [file:hashes.'SHA-1' = 'c']",
            "FileMd5#1 a; DomainName b; FileSha1#2 c",
        ),
        (
            "[(domain-name:value = 'a' OR domain-name:value = 'b') AND url:value = 'c']",
            "conjunction (domain-name:value = 'a' OR domain-name:value = 'b') AND url:value = 'c'",
        ),
        (
            "[file:hashes.MD5 IN ('a','b') AND file:name = 'c']",
            "FileMd5#1 a; FileMd5#1 b",
        ),
        (
            "[(file:hashes.MD5 = 'a' OR file:name = 'b') AND file:size = 1]",
            "FileMd5#1 a; conjunction (file:hashes.MD5 = 'a' OR file:name = 'b') AND file:size = 1",
        ),
        (
            "[file:hashes.MD5 = 'a' AND (file:hashes.'SHA-256' = 'b' AND file:size > 1)]",
            "FileSha256#1 b",
        ),
        ("[url:value = 'a' AND url:value = 'a']", "Url a"),
        (
            "[url:value = 'a' AND url:value LIKE 'b%']",
            "conjunction url:value = 'a' AND url:value LIKE 'b%'",
        ),
        (
            "[file:hashes.MD5 LIKE 'a%' AND file:name = 'b']",
            "conjunction file:hashes.MD5 LIKE 'a%' AND file:name = 'b'",
        ),
        (
            "[file:hashes.MD5 = 'a' AND process:name = 'b']",
            "conjunction file:hashes.MD5 = 'a' AND process:name = 'b'",
        ),
        (
            "[file:content_ref.hashes.MD5 = 'a']",
            "path file:content_ref.hashes.MD5 = 'a'",
        ),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr']",
            "path network-traffic:dst_ref.type = 'ipv4-addr'",
        ),
        (
            "[network-traffic:dst_ref.value = 'http://a.example/']",
            "DomainName http://a.example/",
        ),
    ] {
        assert_eq!(told(pattern, &options), expected, "{pattern}");
    }
}

#[test]
fn widening_takes_each_value_but_no_address_and_no_exception() {
    let options = Options {
        widen: true,
        ..Options::default()
    };
    for (pattern, expected) in [
        ("[url:value = 'a' AND file:name = 'b']", "Url a"),
        (
            "[domain-name:value = 'a' AND domain-name:resolves_to_refs[0].value = 'b']",
            "DomainName a; resolved-address 'b'",
        ),
        (
            "[file:name = 'a' AND process:name = 'b']",
            "conjunction file:name = 'a' AND process:name = 'b'",
        ),
        (
            "[url:value = 'a' AND url:value != 'b']",
            "negation url:value = 'a' AND url:value != 'b'",
        ),
        (
            "[url:value != 'a'] FOLLOWEDBY [url:value = 'b']",
            "negation url:value != 'a'; Url b",
        ),
        (
            "[domain-name:value LIKE '%.a.%']",
            "operator domain-name:value LIKE '%.a.%'",
        ),
        ("[url:value LIKE 'http://%']", "operator url:value LIKE 'http://%'"),
    ] {
        assert_eq!(told(pattern, &options), expected, "{pattern}");
    }
}
