//! Domains, and the hosts of URLs.

use std::net::IpAddr;

use super::super::IndicatorType;
use super::super::host::{LONGEST_LABEL, LONGEST_NAME, UrlParts, is_plain, labels, valid_host};
use super::super::invisible::{name, shown};
use super::Finding;
use super::of_value::{error, other_type, warning};

/// Endings of files that lists of indicators name, those that are top-level domains as well (`com`, `zip`, `sh`) left out.
const FILE_ENDINGS: [&str; 44] = [
    "7z", "apk", "bat", "bin", "bmp", "cmd", "cpl", "dat", "dll", "dmg", "doc", "docm", "docx", "elf", "exe", "gif",
    "gz", "hta", "html", "img", "iso", "jar", "jpg", "js", "jse", "lnk", "msi", "pdf", "php", "png", "ppt", "pptx",
    "ps1", "rar", "rtf", "scr", "sys", "tmp", "txt", "vbe", "vbs", "wsf", "xls", "xlsx",
];

pub(super) fn check(value: &str, findings: &mut Vec<Finding>) {
    if let Some(finding) = not_a_domain(value) {
        findings.push(finding);
        return;
    }
    let name = match value.strip_suffix('.') {
        Some(name) if !name.is_empty() && !name.ends_with('.') => {
            findings.push(warning(
                "root-dot",
                format!("{} ends with a dot, which the service may refuse", shown(value)),
                format!("Write {}.", shown(name)),
            ));
            name
        }
        _ => value,
    };
    if labels(name).count() < 2 {
        findings.push(warning(
            "single-label",
            format!(
                "{} is a single label, which resolves differently in each network or covers a whole top-level domain",
                shown(value)
            ),
            "Write the full domain, such as `host.example.com`.",
        ));
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    if let Some(ending) = ending.filter(|ending| FILE_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))) {
        findings.push(warning(
            "file-name",
            format!(
                "{} looks like the name of a file: there is no top-level domain `{ending}`",
                shown(value)
            ),
            "Use the hash of the file: Defender knows no indicators for names of files.",
        ));
    }
    check_host(name, findings);
}

/// What is wrong with the name of a host, in a domain or in a URL.
pub(in super::super) fn check_host(host: &str, findings: &mut Vec<Finding>) {
    if valid_host(host, true).is_none() {
        findings.push(diagnose(host));
        return;
    }
    if labels(host)
        .last()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
    {
        findings.push(error(
            "numeric-name",
            format!(
                "{} ends in a number, so it can only be an incomplete IP address",
                shown(host)
            ),
            "Write the full address, or the domain.",
        ));
    }
    if let Some(label) = labels(host).find(|label| label.starts_with('_')) {
        findings.push(warning(
            "underscore",
            format!(
                "label `{label}` of {} begins with an underscore, which Defender is reported not to support",
                shown(host)
            ),
            "Use the domain without this label, which covers its subdomains.",
        ));
    }
    if let Some(label) = labels(host).find(|label| label.starts_with('-') || label.ends_with('-')) {
        findings.push(warning(
            "hyphen",
            format!(
                "label `{label}` of {} begins or ends with a hyphen, which is not valid in a host name",
                shown(host)
            ),
            "Check the spelling against its source.",
        ));
    }
}

/// Whether the text is what nearly all domains are: two labels or more of plain letters, digits and hyphens, which neither begin
/// nor end like an address.
fn is_ordinary(value: &str) -> bool {
    let last = value.rsplit_once('.').map(|(_, last)| last);
    is_plain(value)
        && !value.starts_with(|first: char| first.is_ascii_digit())
        && last.is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What the text is, if it is something else than a domain.
fn not_a_domain(value: &str) -> Option<Finding> {
    if is_ordinary(value) {
        return None;
    }
    let shown_value = shown(value);
    if let Some(parts) = UrlParts::split(value) {
        return Some(error(
            "other-type",
            format!("{shown_value} is a URL, not a value of type DomainName"),
            format!(
                "Set the type to `Url`, or write `{}` for everything on that host.",
                parts.host
            ),
        ));
    }
    let is_address = value.parse::<IpAddr>().is_ok();
    if is_address || (value.contains(['/', '%']) && detects_address(value)) {
        return other_type(&IndicatorType::DomainName, value);
    }
    if let Some(name) = value.strip_prefix("*.").filter(|name| !name.contains('*')) {
        return Some(error(
            "wildcard",
            format!("{shown_value} has a wildcard, which the service does not accept"),
            format!("Write {}: a domain covers its subdomains.", shown(name)),
        ));
    }
    if value.contains('*') {
        return Some(error(
            "wildcard",
            format!("{shown_value} has a wildcard, which the service does not accept"),
            "Write one row per domain.",
        ));
    }
    let host = value.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if host.len() < value.len() {
        return Some(error(
            "path",
            format!("{shown_value} has a path, but a domain has none"),
            format!(
                "Write {}, or set the type to `Url` and write {}.",
                shown(host),
                shown(&format!("http://{value}"))
            ),
        ));
    }
    if let Some((_, domain)) = value.rsplit_once('@') {
        return Some(error(
            "user",
            format!("{shown_value} names a user, as in an e-mail address"),
            format!("Write {} if the whole domain is intended.", shown(domain)),
        ));
    }
    if let Some((host, port)) = value
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Some(error(
            "port",
            format!("{shown_value} has port {port}, but an indicator of type DomainName covers all ports"),
            format!(
                "Write {}, or set the type to `Url` and write `http://{value}/`.",
                shown(host)
            ),
        ));
    }
    if let Some(name) = value.strip_prefix('.').filter(|name| !name.is_empty()) {
        return Some(error(
            "leading-dot",
            format!("{shown_value} begins with a dot"),
            format!("Write {}: a domain covers its subdomains.", shown(name)),
        ));
    }
    other_type(&IndicatorType::DomainName, value)
}

fn detects_address(value: &str) -> bool {
    super::super::detect_type(value) == Some(IndicatorType::IpAddress)
}

/// Why DNS could not serve the name.
fn diagnose(host: &str) -> Finding {
    let source = "Check the spelling against its source.";
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if let Some((index, character)) = host
        .chars()
        .enumerate()
        .find(|(_, character)| character.is_ascii() && !is_allowed(*character))
    {
        return error(
            "domain-character",
            format!(
                "character {} of {} is {}, which is not valid in a domain",
                index + 1,
                shown(host),
                name(character)
            ),
            source,
        );
    }
    if labels(host).any(str::is_empty) {
        return error(
            "empty-label",
            format!("{} has an empty label (one dot too many)", shown(host)),
            source,
        );
    }
    if let Some(label) = labels(host).find(|label| valid_host(label, false).is_none()) {
        return error(
            "international-name",
            format!(
                "label {} of {} is not a valid international name (IDNA)",
                shown(label),
                shown(host)
            ),
            source,
        );
    }
    let length_of = |text: &str| valid_host(text, false).map_or(0, |ascii| ascii.len());
    if let Some(label) = labels(host).find(|label| length_of(label) > LONGEST_LABEL) {
        return error(
            "long-label",
            format!(
                "a label of {} has {} bytes, but DNS allows at most {LONGEST_LABEL}",
                shown(host),
                length_of(label)
            ),
            source,
        );
    }
    if length_of(host) > LONGEST_NAME {
        return error(
            "long-name",
            format!(
                "{} has {} bytes, but DNS allows at most {LONGEST_NAME}",
                shown(host),
                length_of(host)
            ),
            source,
        );
    }
    error("domain", format!("{} is not a domain", shown(host)), source)
}

#[cfg(test)]
mod tests {
    use super::super::super::IndicatorType::DomainName;
    use super::super::value::tests::{assert_findings, assert_table};
    use super::{UrlParts, is_ordinary, other_type};

    #[test]
    fn names_of_files_are_told_unless_a_top_level_domain_is_called_so() {
        assert_table(
            &DomainName,
            "
            setup.exe | warning file-name | `setup.exe` looks like the name of a file | hash of the file
            a.b.PDF | warning file-name | no top-level domain `PDF` | hash
            ",
        );
        for domain in ["evil.zip", "run.sh", "exe.example.com", "setup.exe.example"] {
            assert_findings(&DomainName, domain, &[]);
        }
        for ending in super::FILE_ENDINGS {
            let is_known = psl::suffix(ending.as_bytes()).is_some_and(|suffix| suffix.is_known());
            assert!(!is_known, "{ending} is a top-level domain");
        }
    }

    #[test]
    fn domains_are_taken_in_every_script() {
        for value in [
            "evil.example",
            "EVIL.Example",
            "a.b.c.d.evil.example",
            "r3---sn-abc.evil.example",
            "some_thing.evil.example",
            "bücher.example",
            "xn--bcher-kva.example",
            "例え.テスト",
            "例。中国",
            "نامه\u{200c}ای.example",
            "faß.example",
            "0-0.example",
            "123.example",
            &format!("{}.example", "a".repeat(63)),
        ] {
            assert_findings(&DomainName, value, &[]);
        }
    }

    #[test]
    fn what_is_no_domain_is_told_apart() {
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = format!("{}example", "abcdefgh.".repeat(30));
        assert_table(
            &DomainName,
            "
            http://evil.example/a | error other-type | is a URL | `Url`, or write `evil.example`
            198.51.100.7 | error other-type | is an address | `IpAddress`
            2001:db8::1 | error other-type | is an address | `IpAddress`
            198.51.100.0/24 | error other-type | is an address | `IpAddress`
            d41d8cd98f00b204e9800998ecf8427e | error other-type | is an MD5 | `FileMd5`
            *.evil.example | error wildcard | has a wildcard | Write `evil.example`: a domain covers
            evil*.example | error wildcard | has a wildcard | one row per
            .evil.example | error leading-dot | begins with a dot | Write `evil.example`
            evil.example/path | error path | has a path | Write `evil.example`, or set the type to `Url` and write `http://evil.example/path`
            evil.example?q | error path | has a path | Write `evil.example`
            evil.example:8080 | error port | has port 8080 | Write `evil.example`, or
            someone@evil.example | error user | names a user | Write `evil.example`
            evil.example. | warning root-dot | ends with a dot | Write `evil.example`
            localhost | warning single-label | is a single label | `host.example.com`
            com | warning single-label | is a single label |
            . | error empty-label | has an empty label |
            evil..example | error empty-label | has an empty label |
            evil.example.. | error empty-label | has an empty label |
            1.2.3 | error numeric-name | ends in a number | Write the full address
            evil!.example | error domain-character | character 5 of `evil!.example` is `!` (U+0021) |
            evil,example.com | error domain-character | `,` |
            xn--a.example | error international-name | label `xn--a` |
            \u{300}evil.example | error international-name | IDNA |
            _dmarc.evil.example | warning underscore | label `_dmarc` | covers its subdomains
            -a.evil.example | warning hyphen | label `-a` |
            a-.evil.example | warning hyphen | label `a-` |
            evil[.]example | error defanged | is defanged | Write `evil.example`
            evil(dot)example | error defanged | is defanged | Write `evil.example`
            \u{feff}evil.example | error invisible-character | character 1 of `\\u{feff}evil.example` is a byte order mark (U+FEFF) | Write `evil.example`
            evil\u{200b}.example | error invisible-character | character 5 of | Write `evil.example`
            evil.example other.example | error white-space | character 13 of | one row per
            ",
        );
        assert_findings(&DomainName, &long_label, &[("long-label", true, "has 64 bytes", "")]);
        assert_findings(&DomainName, &long_name, &[("long-name", true, "has 277 bytes", "")]);
    }

    proptest::proptest! {
        /// What is passed over is nothing that any rule names.
        #[test]
        fn an_ordinary_domain_is_no_other_type(value in "([a-zA-Z0-9_-]{1,6}\\.?|xn--|[0-9]{1,3}\\.){1,6}") {
            if is_ordinary(&value) {
                let found = other_type(&DomainName, &value);
                proptest::prop_assert!(found.is_none() && UrlParts::split(&value).is_none(), "{found:?}");
            }
        }
    }

    #[test]
    fn several_faults_are_reported_at_once() {
        assert_findings(
            &DomainName,
            "hxxp://evil[.]example/ ",
            &[
                (
                    "invisible-character",
                    true,
                    "character 23",
                    "Write `hxxp://evil[.]example/`",
                ),
                (
                    "defanged",
                    true,
                    "`hxxp://evil[.]example/` is defanged",
                    "Write `http://evil.example/`",
                ),
                ("other-type", true, "is a URL", "`Url`"),
            ],
        );
    }
}
