//! What the properties of observed objects mean to Defender.

use super::pattern::Path;
use crate::indicator::IndicatorType;

/// A property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Property {
    /// A value that an indicator can have.
    Value(IndicatorType),
    /// The address or name at one end of a connection.
    Peer,
    /// What kind of address that is: the address says so itself.
    PeerType,
    /// A port of a connection.
    Port,
    /// The protocols of a connection.
    Protocols,
    /// An address that a domain resolves to.
    ResolvedAddress,
    /// Anything else.
    Other,
}

impl Property {
    /// What a property of a pattern is.
    pub(super) fn of(path: &Path<'_>) -> Self {
        let keys: Vec<&str> = path.keys.iter().map(AsRef::as_ref).collect();
        match (path.object, keys.as_slice()) {
            ("file", ["hashes", algorithm]) => hash(algorithm).map_or(Self::Other, Self::Value),
            ("x509-certificate", ["hashes", algorithm]) if hash(algorithm) == Some(IndicatorType::FileSha1) => {
                Self::Value(IndicatorType::CertificateThumbprint)
            }
            (object, ["value"]) => value(object).map_or(Self::Other, Self::Value),
            ("network-traffic", ["dst_ref" | "src_ref", "value"]) => Self::Peer,
            ("network-traffic", ["dst_ref" | "src_ref", "type"]) => Self::PeerType,
            ("network-traffic", ["dst_port" | "src_port"]) => Self::Port,
            ("network-traffic", ["protocols", "[*]" | "[0]" | "[1]" | "[2]" | "[3]"] | ["protocols"]) => {
                Self::Protocols
            }
            ("domain-name", ["resolves_to_refs", "[*]" | "[0]", "value"]) => Self::ResolvedAddress,
            _ => Self::Other,
        }
    }
}

/// The type of a hash, by the name of its algorithm in any spelling: a third of all bundles write another one than the
/// standard.
pub(super) fn hash(algorithm: &str) -> Option<IndicatorType> {
    let plain: String = algorithm
        .chars()
        .filter(|letter| !matches!(letter, '-' | '_' | ' '))
        .take(10)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    match plain.as_str() {
        "sha256" => Some(IndicatorType::FileSha256),
        "sha1" => Some(IndicatorType::FileSha1),
        "md5" => Some(IndicatorType::FileMd5),
        _ => None,
    }
}

/// The type of the values of an object that is nothing but a value. `hostname` is an invention of `OpenCTI`.
pub(super) fn value(object: &str) -> Option<IndicatorType> {
    match object {
        "domain-name" | "hostname" => Some(IndicatorType::DomainName),
        "url" => Some(IndicatorType::Url),
        "ipv4-addr" | "ipv6-addr" => Some(IndicatorType::IpAddress),
        _ => None,
    }
}
