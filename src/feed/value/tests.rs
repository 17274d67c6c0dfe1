use super::*;
use IndicatorType::{CertificateThumbprint, DomainName, FileMd5, FileSha1, IpAddress, Url};
use proptest::prelude::*;

const SHA1: &str = "0fe1d2c3b4a5968778695a4b3c2d1e0f11223344";

/// What a value becomes: `type value (whys)`, or `reason`.
fn told(text: &str, expected: Option<&IndicatorType>, options: &Options) -> String {
    let taken = take(text, expected, options);
    match taken.outcome {
        Err((reason, _)) => reason.name().to_owned(),
        Ok(values) => {
            let values: Vec<String> = values.iter().map(|(kind, value)| format!("{kind} {value}")).collect();
            let whys = taken.whys.join(", ");
            if whys.is_empty() {
                values.join("; ")
            } else {
                format!("{} ({whys})", values.join("; "))
            }
        }
    }
}

fn assert_table(options: &Options, table: &[(Option<IndicatorType>, &str, &str)]) {
    for (expected, text, becomes) in table {
        assert_eq!(told(text, expected.as_ref(), options), *becomes, "{text:?}");
    }
}

#[test]
fn the_form_decides_where_no_type_is_said() {
    assert_table(
        &Options::default(),
        &[
            (None, "evil.example", "DomainName evil.example"),
            (None, "198.51.100.7", "IpAddress 198.51.100.7"),
            (None, "http://evil.example/a#b", "Url http://evil.example/a#b"),
            (None, SHA1, "FileSha1 0fe1d2c3b4a5968778695a4b3c2d1e0f11223344"),
            (None, "", "value"),
            (None, "  \u{200b}", "value"),
            (None, "a b", "value"),
            (None, "a,b,c.example", "value"),
            (None, "address=/evil.example/0.0.0.0", "value"),
            (None, "198.51.100.080", "value"),
            (None, "1.2.3", "value"),
        ],
    );
}

#[test]
fn dirt_is_taken_off_and_told() {
    assert_table(
        &Options::default(),
        &[
            (None, " evil.example\t", "DomainName evil.example (blanks)"),
            (None, "\u{a0}evil.example", "DomainName evil.example (blanks)"),
            (None, "evil\u{200b}.example", "DomainName evil.example (invisible)"),
            (
                None,
                "\u{feff}198.51.100.7\u{200e}",
                "IpAddress 198.51.100.7 (invisible)",
            ),
            (None, "`evil.example`", "DomainName evil.example (quotes)"),
            (None, "`evil[.]example`", "DomainName evil.example (quotes, defanged)"),
            (
                None,
                "<hxxp://evil[.]example/a>",
                "Url http://evil.example/a (quotes, defanged)",
            ),
            (
                Some(FileMd5),
                "'d41d8cd98f00b204e9800998ecf8427e'",
                "FileMd5 d41d8cd98f00b204e9800998ecf8427e (quotes)",
            ),
            (None, "evil[.example", "DomainName evil.example (defanged)"),
            (
                Some(Url),
                "hxxp:[//]evil.]example",
                "Url http://evil.example (defanged)",
            ),
            (None, "http://evil.example/?a[.]b=1", "Url http://evil.example/?a[.]b=1"),
            (None, "Evil.Example.", "DomainName Evil.Example (root dot)"),
            (
                Some(DomainName),
                ".evil.example",
                "DomainName evil.example (leading dot)",
            ),
            (
                None,
                "*.evil.example",
                "DomainName evil.example (a domain covers its sub-domains)",
            ),
            (None, "||evil.example^", "DomainName evil.example (filter syntax)"),
            (None, "[2001:db8::7]", "IpAddress 2001:db8::7 (brackets)"),
            (
                Some(DomainName),
                "198.51.100.7",
                "IpAddress 198.51.100.7 (an address where a domain name is expected)",
            ),
        ],
    );
}

#[test]
fn what_is_wider_or_narrower_has_its_own_reason() {
    assert_table(
        &Options::default(),
        &[
            (None, "203.0.113.0/30", "cidr"),
            (Some(IpAddress), "2001:db8::/32", "cidr"),
            (Some(IpAddress), "::/0", "cidr"),
            (Some(IpAddress), "0.0.0.0/0", "cidr"),
            (Some(DomainName), "203.0.113.0/24", "cidr"),
            (None, "203.0.113.9/32", "IpAddress 203.0.113.9 (network of one)"),
            (
                None,
                "203.0.113.9/255.255.255.255",
                "IpAddress 203.0.113.9 (network of one)",
            ),
            (None, "203.0.113.9/255.0.255.0", "value"),
            (None, "203.0.113.1-203.0.113.9", "range"),
            (None, "203.0.113.1-9", "range"),
            (None, "203.0.113.*", "wildcard"),
            (None, "a.*.example", "value"),
            (Some(DomainName), "a.*.example", "wildcard"),
            (None, "http://*.evil.example/a", "wildcard"),
            (None, "http://evil.example/a/*", "wildcard"),
            (None, "198.51.100.7:443", "port"),
            (None, "[2001:db8::7]:443", "port"),
            (None, "evil.example:8080", "port"),
            (Some(IpAddress), "198.51.100.7:443", "port"),
            (None, "evil.example/a", "no-scheme"),
            (None, "evil.example:8080/a", "no-scheme"),
            (None, "198.51.100.7/a.sh", "no-scheme"),
            (Some(Url), "evil.example", "no-scheme"),
            (Some(Url), "198.51.100.7", "no-scheme"),
            (Some(Url), "198.51.100.7:81", "no-scheme"),
            (Some(Url), "/only/a/path", "no-scheme"),
            (Some(Url), "//evil.example/a", "no-scheme"),
            (Some(Url), "mailto:a@evil.example", "value"),
            (Some(Url), "no-url", "value"),
            (Some(DomainName), "evil.example/a", "value"),
            (Some(IpAddress), "evil.example", "value"),
            (None, "hxxps:/evil.example/a", "value"),
            (None, "https[:]///evil.example/a", "value"),
            (None, "xxps://evil.example", "value"),
            (Some(Url), "meow://evil.example", "value"),
            (Some(Url), "tcp://198.51.100.7:443/", "Url tcp://198.51.100.7:443/"),
            (
                Some(Url),
                "stratum+tcp://pool.example:3333",
                "Url stratum+tcp://pool.example:3333",
            ),
            (None, "http://evil.example/pass.php…", "truncated"),
            (None, "evil.exa...", "truncated"),
            (None, "0fe1d2c3…11223344", "truncated"),
        ],
    );
}

#[test]
fn options_take_more() {
    let options = Options {
        drop_port: true,
        assume_scheme: Some("http".into()),
        expand_cidr: 4,
        ..Options::default()
    };
    assert_table(
        &options,
        &[
            (None, "198.51.100.7:443", "IpAddress 198.51.100.7 (without its port)"),
            (None, "[2001:db8::7]:443", "IpAddress 2001:db8::7 (without its port)"),
            (None, "evil.example:8080", "DomainName evil.example (without its port)"),
            (
                None,
                "evil.example:8080/a",
                "Url http://evil.example:8080/a (scheme assumed)",
            ),
            (Some(Url), "198.51.100.7", "Url http://198.51.100.7 (scheme assumed)"),
            (
                Some(Url),
                "//evil.example/a",
                "Url http://evil.example/a (scheme assumed)",
            ),
            (Some(Url), "/only/a/path", "no-scheme"),
            (
                None,
                "203.0.113.2/30",
                "IpAddress 203.0.113.0; IpAddress 203.0.113.1; IpAddress 203.0.113.2; IpAddress 203.0.113.3 (network)",
            ),
            (
                None,
                "2001:db8::2/127",
                "IpAddress 2001:db8::2; IpAddress 2001:db8::3 (network)",
            ),
            (None, "203.0.113.0/29", "cidr"),
            (None, "::/0", "cidr"),
        ],
    );
    let strict = Options {
        refuse_defanged: true,
        type_is: Some(CertificateThumbprint),
        ..Options::default()
    };
    assert_table(
        &strict,
        &[
            (Some(DomainName), "evil[.]example", "defanged"),
            (Some(DomainName), "'evil.example'", "DomainName evil.example (quotes)"),
            (
                None,
                SHA1,
                "CertificateThumbprint 0fe1d2c3b4a5968778695a4b3c2d1e0f11223344",
            ),
            (
                Some(FileSha1),
                SHA1,
                "FileSha1 0fe1d2c3b4a5968778695a4b3c2d1e0f11223344",
            ),
            (None, "evil.example", "value"),
        ],
    );
}

#[test]
fn one_separator_at_the_end_of_a_line_goes() {
    let options = Options::default();
    for (line, expected) in [
        ("\"evil[.]example\",", Some("evil.example")),
        ("http://evil.example/a; ", Some("http://evil.example/a")),
        ("evil.example", Some("evil.example")),
        ("evil.example,,", None),
    ] {
        let values = take_line(line, &options).outcome.ok();
        assert_eq!(values.as_ref().map(|values| values[0].1.as_str()), expected, "{line}");
    }
}

proptest! {
    #[test]
    fn what_is_taken_is_right_and_stays(text in crate::indicator::samples::messy(), expected in prop::option::of(crate::indicator::samples::any_type())) {
        let options = Options::default();
        if let Ok(values) = take(&text, expected.as_ref(), &options).outcome {
            prop_assert_eq!(values.len(), 1);
            for (kind, value) in values {
                prop_assert!(!check_value(&kind, &value).iter().any(|finding| finding.is_error()), "{value:?}");
                prop_assert_eq!(take(&value, Some(&kind), &options), Taken { outcome: Ok(vec![(kind, value)]), whys: vec![] });
            }
        }
    }

    #[test]
    fn a_valid_value_is_taken_as_it_is((kind, value) in crate::indicator::samples::valid()) {
        let taken = take(&value, Some(&kind), &Options::default());
        if let Ok(values) = taken.outcome {
            prop_assert_eq!(values, vec![(kind, value)]);
        }
    }
}
