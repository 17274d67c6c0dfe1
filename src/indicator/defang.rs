//! Writing values as reports print them, so that nobody follows them by accident: `hxxp://evil[.]example`.

use std::net::IpAddr;

use super::IndicatorType;
use super::detect::detect_type;
use super::host::UrlParts;
use super::refang::{SCHEMES, without_marks};

/// The value made harmless: `http` becomes `hxxp`, and the dots of the host stand in brackets. Hashes stay as they are.
/// Without a type, the form decides.
#[must_use]
pub fn defang(indicator_type: Option<&IndicatorType>, value: &str) -> String {
    match indicator_type.cloned().or_else(|| detect_type(value)) {
        Some(IndicatorType::IpAddress | IndicatorType::DomainName) => defanged_host(value),
        Some(IndicatorType::Url) => defanged_url(value),
        _ => value.to_owned(),
    }
}

fn defanged_url(value: &str) -> String {
    let Some(UrlParts {
        scheme,
        user,
        host,
        port,
        rest,
    }) = UrlParts::split(value)
    else {
        return value.to_owned();
    };
    let fake = SCHEMES
        .iter()
        .find(|(_, real)| real.eq_ignore_ascii_case(scheme))
        .map(|(fake, _)| *fake);
    format!("{}://{user}{}{port}{rest}", fake.unwrap_or(scheme), defanged_host(host))
}

/// Dots in brackets; an IPv6 address has colons instead. What is defanged already stays so.
fn defanged_host(host: &str) -> String {
    let plain = without_marks(host);
    match plain.parse() {
        Ok(IpAddr::V6(_)) => plain.replace(':', "[:]").replace('.', "[.]"),
        _ => plain.replace('.', "[.]"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{canonical, refang, samples};
    use super::*;

    #[test]
    fn values_are_defanged_by_type_or_form() {
        let table = [
            (None, "http://evil.example/a.b", "hxxp://evil[.]example/a.b"),
            (
                None,
                "HTTPS://me@198.51.100.7:8443",
                "hxxps://me@198[.]51[.]100[.]7:8443",
            ),
            (None, "evil.example", "evil[.]example"),
            (None, "evil[.]example", "evil[.]example"),
            (None, "198.51.100.7", "198[.]51[.]100[.]7"),
            (None, "2001:db8::1", "2001[:]db8[:][:]1"),
            (
                None,
                "d41d8cd98f00b204e9800998ecf8427e",
                "d41d8cd98f00b204e9800998ecf8427e",
            ),
            (None, "no value at all", "no value at all"),
            (Some(IndicatorType::DomainName), "localhost.", "localhost[.]"),
            (Some(IndicatorType::Url), "evil.example", "evil.example"),
            (Some(IndicatorType::FileSha1), "a.b", "a.b"),
        ];
        for (indicator_type, value, expected) in table {
            assert_eq!(defang(indicator_type.as_ref(), value), expected);
        }
    }

    proptest! {
        #[test]
        fn what_was_defanged_can_be_refanged((indicator_type, value) in samples::valid()) {
            prop_assert_eq!(refang(&defang(Some(&indicator_type), &value)), value);
        }

        #[test]
        fn both_are_idempotent_on_values((indicator_type, value) in samples::valid()) {
            let defanged = defang(Some(&indicator_type), &value);
            prop_assert_eq!(&refang(&value), &value);
            prop_assert_eq!(canonical(&indicator_type, &refang(&defanged)), canonical(&indicator_type, &value));
        }

        #[test]
        fn any_text_is_taken(value in samples::messy()) {
            let _ = defang(None, &value);
        }
    }
}
