//! Hashes of files and thumbprints of certificates.

use super::super::invisible::{name, shown};
use super::super::{IndicatorType, detect::hash_type};
use super::Finding;
use super::of_value::{error, other_type};

/// What people put between the digits.
const SEPARATORS: [char; 3] = [':', '-', ' '];

pub(super) fn check(indicator_type: &IndicatorType, value: &str, findings: &mut Vec<Finding>) {
    let digits = match indicator_type {
        IndicatorType::FileSha256 => 64,
        IndicatorType::FileMd5 => 32,
        _ => 40,
    };
    let stray = value
        .chars()
        .enumerate()
        .find(|(_, character)| !character.is_ascii_hexdigit());
    let Some((index, character)) = stray else {
        if value.len() != digits {
            findings.push(wrong_length(indicator_type, digits, value));
        }
        return;
    };
    let joined = value.replace(SEPARATORS, "");
    if joined.len() == digits && joined.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        findings.push(error(
            "hash",
            format!("{} has {} between its digits", shown(value), name(character)),
            format!("Write {}.", shown(&joined)),
        ));
        return;
    }
    findings.push(other_type(indicator_type, value).unwrap_or_else(|| {
        error(
            "hash",
            format!(
                "character {} of {} is {}, but a value of type {indicator_type} consists of {digits} hexadecimal \
                 digits",
                index + 1,
                shown(value),
                name(character)
            ),
            "Copy the value from its source again.",
        )
    }));
}

fn wrong_length(indicator_type: &IndicatorType, digits: usize, value: &str) -> Finding {
    let rule = format!(
        "{} has {} hexadecimal digits, but a value of type {indicator_type} has {digits}",
        shown(value),
        value.len()
    );
    let remedy = match (hash_type(value), value.len()) {
        (Some(IndicatorType::FileSha1), _) => {
            "It has the length of a SHA-1. Set the type to `FileSha1`, or to `CertificateThumbprint` for a \
             certificate."
                .to_owned()
        }
        (Some(other), _) => format!(
            "It has the length of a value of type `{other}`. Set that type, or correct the \
                                     value."
        ),
        (None, 128) => {
            "It has the length of a SHA-512, which Defender does not accept. Use the SHA-256 of the file.".to_owned()
        }
        (None, _) => "Copy the value from its source again.".to_owned(),
    };
    error("hash", rule, remedy)
}

#[cfg(test)]
mod tests {
    use super::super::super::IndicatorType::{CertificateThumbprint, FileMd5, FileSha1, FileSha256};
    use super::super::value::tests::{assert_findings, assert_table};

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
    const SHA1: &str = "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709";
    const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn whole_hashes_are_taken_in_either_case() {
        for (indicator_type, value) in [
            (FileMd5, MD5),
            (FileSha1, SHA1),
            (FileSha256, SHA256),
            (CertificateThumbprint, SHA1),
        ] {
            assert_findings(&indicator_type, value, &[]);
        }
    }

    #[test]
    fn malformed_hashes_say_what_they_are() {
        assert_table(
            &FileSha256,
            "
            d41d8cd98f00b204e9800998ecf8427e | error hash | has 32 hexadecimal digits | length of a value of type `FileMd5`
            da39a3ee5e6b4b0d3255bfef95601890afd80709 | error hash | has 40 | `FileSha1`, or to `CertificateThumbprint`
            3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 | error hash | has 63 | source again
            ",
        );
        assert_table(
            &FileSha1,
            "
            evil.example | error other-type | is a domain | `DomainName`
            198.51.100.7 | error other-type | is an address | `IpAddress`
            http://evil.example | error other-type | is a URL | `Url`
            no hash | error hash | character 1 of `no hash` is `n` (U+006E) | source again
            da39a3ee5e6b4b0d3255bfef95601890afd8070g | error hash | character 40 of | source again
            0xda39a3ee5e6b4b0d3255bfef95601890afd80709 | error hash | character 2 of | source again
            ",
        );
        assert_table(
            &CertificateThumbprint,
            "
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 | error hash | CertificateThumbprint has 40 | `FileSha256`
            DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09 | error hash | `:` (U+003A) between | Write `DA39A3EE5E
            da 39 a3 ee 5e 6b 4b 0d 32 55 bf ef 95 60 18 90 af d8 07 09 | error hash | a space | Write `da39a3ee5e
            ",
        );
        let sha512 = SHA256.repeat(2);
        assert_findings(&FileSha256, &sha512, &[("hash", true, "has 128", "SHA-512")]);
        for empty in ["", " \u{200b}\t"] {
            assert_findings(&FileSha1, empty, &[("empty-value", true, "is empty", "Remove")]);
        }
        for value in [format!("\u{feff}{SHA1}"), format!("{SHA1} ")] {
            assert_findings(&FileSha1, &value, &[("invisible-character", true, "is a ", SHA1)]);
        }
    }

    #[test]
    fn what_stands_behind_an_invisible_character_is_checked_too() {
        assert_findings(
            &FileSha256,
            "\u{feff}d41d8cd98f00b204e9800998ecf8427e",
            &[
                ("invisible-character", true, "a byte order mark (U+FEFF)", "Write `d41d"),
                ("hash", true, "has 32", "FileMd5"),
            ],
        );
    }
}
