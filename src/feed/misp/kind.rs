//! Types of attributes, and parts of objects that are not the attacker's.

use crate::indicator::IndicatorType;

/// What an attribute of a type holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// One value.
    Value(IndicatorType),
    /// The name of a file and its hash, with `|` between them.
    NamedFile(IndicatorType),
    /// A domain and an address that it resolves to, with `|` between them.
    Resolved,
    /// An address or a name, and a port.
    WithPort(IndicatorType),
}

impl Kind {
    /// What an attribute of this type holds; nothing if Defender has no such type.
    pub(super) fn of(name: &str) -> Option<Self> {
        use IndicatorType::{CertificateThumbprint, DomainName, FileMd5, FileSha1, FileSha256, IpAddress, Url};
        Some(match name {
            "md5" => Self::Value(FileMd5),
            "sha1" => Self::Value(FileSha1),
            "sha256" => Self::Value(FileSha256),
            "domain" | "hostname" => Self::Value(DomainName),
            "url" | "uri" => Self::Value(Url),
            "ip-src" | "ip-dst" => Self::Value(IpAddress),
            "x509-fingerprint-sha1" => Self::Value(CertificateThumbprint),
            "filename|md5" | "malware-sample" => Self::NamedFile(FileMd5),
            "filename|sha1" => Self::NamedFile(FileSha1),
            "filename|sha256" => Self::NamedFile(FileSha256),
            "domain|ip" => Self::Resolved,
            "ip-src|port" | "ip-dst|port" => Self::WithPort(IpAddress),
            "hostname|port" => Self::WithPort(DomainName),
            _ => return None,
        })
    }
}

/// Parts of objects that describe something else than what the attacker uses, by object and relation. A `*` stands for
/// any text: sections of a file have hashes of their own, apps name their signing certificates, URLs their hosts.
const NOT_THE_ATTACKERS: [(&str, &str); 20] = [
    ("*-section", "*"),
    ("pe", "richpe"),
    ("pe", "imphash"),
    ("android-app", "certificate*"),
    ("hashlookup", "*"),
    ("victim", "*"),
    ("target-system", "*"),
    ("corporate-asset", "*"),
    ("url", "domain"),
    ("url", "domain-without-tld"),
    ("url", "host"),
    ("url", "ip"),
    ("passive-dns", "*"),
    ("asn", "*"),
    ("bgp-*", "*"),
    ("whois", "nameserver"),
    // Addresses of the authority that issued the certificate.
    ("x509", "ip"),
    ("x509", "uri"),
    ("x509", "url"),
    ("x509", "email"),
];

/// Whether a part of an object is not the attacker's.
pub(super) fn is_not_the_attackers(object: &str, relation: &str) -> bool {
    NOT_THE_ATTACKERS
        .iter()
        .any(|(objects, relations)| fits(objects, object) && fits(relations, relation))
}

/// Whether a text fits, whatever the case of its letters.
fn fits(wanted: &str, text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(ending), _) => text.ends_with(ending),
        (_, Some(beginning)) => text.starts_with(beginning),
        _ => text == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_not_the_attackers_are_known() {
        for (object, relation) in [
            ("pe-section", "md5"),
            ("elf-section", "sha256"),
            ("android-app", "certificate"),
            ("Victim", "Domain"),
            ("bgp-hijack", "subnet-announced"),
            ("url", "host"),
            ("corporate-asset", "IP"),
        ] {
            assert!(is_not_the_attackers(object, relation), "{object}.{relation}");
        }
        for (object, relation) in [
            ("file", "sha256"),
            ("pe", "md5"),
            ("android-app", "sha256"),
            ("url", "url"),
            ("section", "md5"),
            ("whois", "domain"),
            ("", ""),
        ] {
            assert!(!is_not_the_attackers(object, relation), "{object}.{relation}");
        }
    }
}
