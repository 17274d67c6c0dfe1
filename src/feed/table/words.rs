//! Words that lists use for types and for columns.

use super::super::csv::{self, Meaning};
use crate::indicator::{Field, IndicatorType};

/// What a word in a column of types says of the value beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It is of this type.
    Type(IndicatorType),
    /// It is an indicator, of the type that its form shows.
    Any,
    /// It is something that Defender has no indicators for.
    Other,
}

/// Words for types, in lower case without punctuation. What stands for a hash is found by [`hash`].
const TYPES: [(&str, IndicatorType); 33] = [
    ("domain", IndicatorType::DomainName),
    ("domainname", IndicatorType::DomainName),
    ("domainport", IndicatorType::DomainName),
    ("host", IndicatorType::DomainName),
    ("hostname", IndicatorType::DomainName),
    ("hostnameport", IndicatorType::DomainName),
    ("fqdn", IndicatorType::DomainName),
    ("ip", IndicatorType::IpAddress),
    ("ipv4", IndicatorType::IpAddress),
    ("ipv6", IndicatorType::IpAddress),
    ("ipaddr", IndicatorType::IpAddress),
    ("ipaddress", IndicatorType::IpAddress),
    ("ipv4addr", IndicatorType::IpAddress),
    ("ipv6addr", IndicatorType::IpAddress),
    ("ipv4address", IndicatorType::IpAddress),
    ("ipv6address", IndicatorType::IpAddress),
    ("ipsrc", IndicatorType::IpAddress),
    ("ipdst", IndicatorType::IpAddress),
    ("srcip", IndicatorType::IpAddress),
    ("dstip", IndicatorType::IpAddress),
    ("sourceip", IndicatorType::IpAddress),
    ("destinationip", IndicatorType::IpAddress),
    ("ipport", IndicatorType::IpAddress),
    ("cidr", IndicatorType::IpAddress),
    ("url", IndicatorType::Url),
    ("uri", IndicatorType::Url),
    ("urlpath", IndicatorType::Url),
    ("certsha1", IndicatorType::CertificateThumbprint),
    ("certificatesha1", IndicatorType::CertificateThumbprint),
    ("certificatethumbprint", IndicatorType::CertificateThumbprint),
    ("certthumbprint", IndicatorType::CertificateThumbprint),
    ("thumbprint", IndicatorType::CertificateThumbprint),
    ("x509fingerprintsha1", IndicatorType::CertificateThumbprint),
];

/// Words for indicators of any type.
const ANY: [&str; 5] = ["hash", "filehash", "ioc", "indicator", "observable"];

/// Words for what Defender has no indicators for. They show that a column is one of types; any other word is skipped all
/// the same.
const OTHERS: [&str; 40] = [
    "asn",
    "bitcoinaddress",
    "btc",
    "campaign",
    "commandline",
    "comment",
    "cve",
    "description",
    "directory",
    "email",
    "emailaddr",
    "emailaddress",
    "emailsrc",
    "emailsubject",
    "file",
    "filename",
    "filepath",
    "filepathname",
    "imphash",
    "information",
    "ja3",
    "link",
    "macaddr",
    "mutex",
    "namedpipe",
    "path",
    "pdb",
    "pehash",
    "process",
    "processname",
    "regkey",
    "registry",
    "registrykey",
    "sha512",
    "ssdeep",
    "text",
    "useraccount",
    "useragent",
    "vulnerability",
    "yara",
];

/// Words for types, with those of the user.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words<'o> {
    /// What a user says that words mean.
    pub own: &'o [(String, IndicatorType)],
}

impl Words<'_> {
    /// What a word in a column of types says; nothing for a word that is not known.
    #[must_use]
    pub fn meaning(&self, word: &str) -> Option<Word> {
        let word = plain(word);
        if word.is_empty() {
            return None;
        }
        let own = self.own.iter().find(|(own, _)| plain(own) == word);
        if let Some((_, kind)) = own {
            return Some(Word::Type(kind.clone()));
        }
        if ANY.contains(&word.as_str()) {
            return Some(Word::Any);
        }
        if let Some(kind) = known(&word) {
            return Some(Word::Type(kind));
        }
        let bare = word.strip_prefix("file").unwrap_or(&word);
        let bare = bare.strip_prefix("hash").unwrap_or(bare);
        let is_other = |word: &str| OTHERS.contains(&word);
        (is_other(&word) || is_other(bare)).then_some(Word::Other)
    }
}

/// The type of a word, also in the plural and as a path of STIX has it.
fn known(word: &str) -> Option<IndicatorType> {
    let singular = word.strip_suffix("value").unwrap_or(word);
    let forms = [word, singular, singular.strip_suffix('s').unwrap_or(singular)];
    let of = |form: &str| {
        TYPES
            .iter()
            .find(|(known, _)| *known == form)
            .map(|(_, kind)| kind.clone())
    };
    forms.into_iter().find_map(|form| hash(form).or_else(|| of(form)))
}

/// The type of hash, with words such as `file` and `hash` around it.
fn hash(word: &str) -> Option<IndicatorType> {
    let mut word = word;
    while let Some(rest) = ["file", "hashes", "hash", "x"]
        .iter()
        .find_map(|start| word.strip_prefix(start))
    {
        word = rest;
    }
    let word = word.strip_suffix("hash").unwrap_or(word);
    match word {
        "sha256" => Some(IndicatorType::FileSha256),
        "sha1" => Some(IndicatorType::FileSha1),
        "md5" => Some(IndicatorType::FileMd5),
        _ => None,
    }
}

/// The letters and digits in lower case, as many as the longest word could have.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .take(60)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The words that a name is made of, in lower case: `lastSeen_utc` is `last`, `seen` and `utc`.
pub fn parts(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in name.chars().take(200) {
        let begins = letter.is_uppercase() && before.is_lowercase();
        if letter.is_alphanumeric() {
            match parts.last_mut() {
                Some(part) if before.is_alphanumeric() && !begins => part.extend(letter.to_lowercase()),
                _ => parts.push(letter.to_lowercase().collect()),
            }
        }
        before = letter;
    }
    parts
}

/// How likely a column of this name holds the values: 4 for the portal's own name, 3 for names of values, 2 for names of
/// types, 1 for any other name, and 0 for references, which lists give beside what they refer to.
#[must_use]
pub fn value_rank(name: &str) -> u8 {
    const VALUES: [&str; 12] = [
        "value",
        "ioc",
        "iocs",
        "iocvalue",
        "indicator",
        "indicators",
        "indicatordata",
        "data",
        "observable",
        "observablevalue",
        "artifact",
        "artefact",
    ];
    const REFERENCES: [&str; 19] = [
        "analysis",
        "article",
        "blog",
        "contact",
        "detail",
        "details",
        "image",
        "link",
        "links",
        "permalink",
        "post",
        "ref",
        "reference",
        "references",
        "report",
        "reporter",
        "screenshot",
        "source",
        "tweet",
    ];
    let word = plain(name);
    if word == "indicatorvalue" {
        4
    } else if VALUES.contains(&word.as_str()) {
        3
    } else if known(&word).is_some() || ANY.contains(&word.as_str()) {
        2
    } else if parts(name).iter().any(|part| REFERENCES.contains(&part.as_str())) {
        0
    } else {
        1
    }
}

/// The type that a column of URLs says in its name: without a scheme, what stands there is none.
#[must_use]
pub fn is_url_column(name: &str) -> bool {
    known(&plain(name)) == Some(IndicatorType::Url)
}

/// Whether a column of this name holds types. The portal's own name says so for certain.
#[must_use]
pub fn type_rank(name: &str) -> u8 {
    match plain(name).as_str() {
        "indicatortype" => 2,
        "type" | "kind" | "ioctype" | "iockind" | "observabletype" | "datatype" | "valuetype" | "entitytype"
        | "attributetype" | "artifacttype" | "artefacttype" => 1,
        _ => 0,
    }
}

/// What else a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A field of the indicator.
    Field(Field),
    /// A fact of the certificate, by its name.
    Fact(&'static str),
    /// Whether the author has withdrawn the row.
    Revoked,
    /// For how many readers the row is.
    Tlp,
    /// When it was seen last; a lower rank is nearer to that.
    Seen(u8),
}

/// What a column of this name holds beside values and types, and how well the name fits: lower is better.
#[must_use]
pub fn role(name: &str) -> Option<(Role, u8)> {
    let ranked = |field: Field, rank: u8| Some((Role::Field(field), rank));
    match csv::meaning(name) {
        Meaning::Field(Field::Value | Field::Type) => return None,
        Meaning::Field(field) => return ranked(field, 0),
        Meaning::Certificate(fact) => return Some((Role::Fact(fact), 0)),
        Meaning::ReadOnly | Meaning::Nameless | Meaning::Unknown => {}
    }
    match plain(name).as_str() {
        "name" | "indicatorname" => ranked(Field::Title, 1),
        "desc" | "indicatordescription" => ranked(Field::Description, 1),
        "note" | "notes" => ranked(Field::Description, 2),
        "comment" | "comments" => ranked(Field::Description, 3),
        "expires" | "expiry" | "expiration" | "expiresat" | "expirydate" | "expirationdate" | "validuntil"
        | "validto" => ranked(Field::ExpirationTime, 1),
        "revoked" | "isrevoked" => Some((Role::Revoked, 0)),
        "tlp" | "tlplevel" | "tlpcolor" | "tlpcolour" => Some((Role::Tlp, 0)),
        "lastseen" | "lastseenutc" | "lastonline" => Some((Role::Seen(0), 0)),
        "lastupdated" | "lastmodified" | "modified" | "updated" => Some((Role::Seen(1), 0)),
        "date" | "dateadded" | "dateaddedutc" | "firstseen" | "firstseenutc" | "listingdate" | "created"
        | "published" | "timestamp" => Some((Role::Seen(2), 0)),
        _ => None,
    }
}

/// Words that names of columns are made of, for telling `file.name` from a domain.
const COLUMN_WORDS: [&str; 74] = [
    "action",
    "added",
    "address",
    "attribute",
    "category",
    "cert",
    "certificate",
    "comment",
    "confidence",
    "count",
    "country",
    "created",
    "data",
    "date",
    "description",
    "destination",
    "domain",
    "dst",
    "event",
    "expiration",
    "expires",
    "family",
    "file",
    "first",
    "fqdn",
    "hash",
    "host",
    "hostname",
    "id",
    "indicator",
    "info",
    "ioc",
    "ip",
    "ipv4",
    "ipv6",
    "kind",
    "last",
    "level",
    "link",
    "malware",
    "md5",
    "modified",
    "name",
    "note",
    "notes",
    "number",
    "observable",
    "path",
    "port",
    "reference",
    "registered",
    "report",
    "reporter",
    "score",
    "seen",
    "severity",
    "sha1",
    "sha256",
    "source",
    "src",
    "status",
    "tag",
    "tags",
    "threat",
    "time",
    "timestamp",
    "title",
    "tlp",
    "type",
    "updated",
    "uri",
    "url",
    "utc",
    "value",
];

/// Whether a text is made of words that names of columns are made of.
#[must_use]
pub fn is_column_name(text: &str) -> bool {
    let parts = parts(text);
    !parts.is_empty()
        && (parts.iter().all(|part| COLUMN_WORDS.contains(&part.as_str()))
            || csv::meaning(text).is_known()
            || role(text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use IndicatorType::{CertificateThumbprint, DomainName, FileMd5, FileSha1, FileSha256, IpAddress, Url};

    #[test]
    fn words_for_types_are_read_in_many_spellings() {
        let words = Words::default();
        let table: [(IndicatorType, &[&str]); 7] = [
            (
                DomainName,
                &[
                    "domain",
                    "Domains",
                    "domain name",
                    "domain-name:value",
                    "hostname",
                    "FQDN",
                    "DomainName",
                ],
            ),
            (
                IpAddress,
                &[
                    "IP",
                    "ips",
                    "ipv4-addr",
                    "ip-dst",
                    "ip:port",
                    "ip_address",
                    "dst_ip",
                    "CIDR",
                    "IpAddress",
                ],
            ),
            (Url, &["url", "URLs", "URI", "url_path", "Url"]),
            (
                FileSha256,
                &[
                    "sha256",
                    "SHA-256",
                    "file_sha256",
                    "x_sha256",
                    "sha256_hash",
                    "FileHash-SHA256",
                    "file:hashes.'SHA-256'",
                ],
            ),
            (FileSha1, &["sha1", "FileSha1", "sha-1 hash"]),
            (FileMd5, &["md5", "FileHash-MD5", "md5_hash"]),
            (
                CertificateThumbprint,
                &["cert_sha1", "x509-fingerprint-sha1", "CertificateThumbprint"],
            ),
        ];
        for (kind, spellings) in table {
            for word in spellings {
                assert_eq!(words.meaning(word), Some(Word::Type(kind.clone())), "{word}");
            }
        }
        for word in [
            "email",
            "FileHash-PEHASH",
            "file_path_name",
            "CVE",
            "user-account",
            "SHA-512",
            "Description",
        ] {
            assert_eq!(words.meaning(word), Some(Word::Other), "{word}");
        }
        for word in ["monero_address", "", "botnet_cc", "-"] {
            assert_eq!(words.meaning(word), None, "{word}");
        }
        assert_eq!(words.meaning("hash"), Some(Word::Any));
        let own = [("C2 server".to_owned(), DomainName), ("link".to_owned(), Url)];
        let words = Words { own: &own };
        assert_eq!(words.meaning("c2-server"), Some(Word::Type(DomainName)));
        assert_eq!(words.meaning("Link"), Some(Word::Type(Url)));
    }

    #[test]
    fn names_of_columns_have_their_ranks() {
        for (name, rank) in [
            ("IndicatorValue", 4),
            ("Indicator Value", 4),
            ("ioc_value", 3),
            ("Data", 3),
            ("dst_ip", 2),
            ("SHA256", 2),
            ("source_ip", 2),
            ("source_url", 0),
            ("urlhaus_link", 0),
            ("phishDetailUrl", 0),
            ("foo", 1),
            ("", 1),
        ] {
            assert_eq!(value_rank(name), rank, "{name}");
        }
        assert_eq!(
            (
                type_rank("Indicator_type"),
                type_rank("ioc_type"),
                type_rank("threat_type")
            ),
            (2, 1, 0)
        );
        assert_eq!(role("validUntil"), Some((Role::Field(Field::ExpirationTime), 1)));
        assert_eq!(role("Notes"), Some((Role::Field(Field::Description), 2)));
        assert_eq!(role("RbacGroups"), Some((Role::Field(Field::RbacGroupNames), 0)));
        assert_eq!(role("reporter"), None);
        for name in [
            "file.hash.sha256",
            "threat.indicator.ip",
            "First seen (UTC)",
            "Title",
            "dateadded",
            "RbacGroups",
        ] {
            assert!(is_column_name(name), "{name}");
        }
        for name in ["evil.example", "198.51.100.7", "", "foo", "files.name"] {
            assert!(!is_column_name(name), "{name}");
        }
    }
}
