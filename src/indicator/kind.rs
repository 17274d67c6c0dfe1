//! The types of indicator.

use std::fmt;

/// What kind of value an indicator holds, in the service's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IndicatorType {
    /// SHA-1 of a file.
    FileSha1,
    /// SHA-256 of a file.
    FileSha256,
    /// MD5 of a file.
    FileMd5,
    /// One IPv4 or IPv6 address.
    IpAddress,
    /// A domain, with its sub-domains.
    DomainName,
    /// A URL.
    Url,
    /// SHA-1 thumbprint of a certificate.
    CertificateThumbprint,
    /// A type that the service knows and this provider does not write, such as `WebCategory`.
    Other(Box<str>),
}

impl IndicatorType {
    /// The types that can be submitted, in the order of the service's documentation.
    pub const WRITABLE: [Self; 7] = [
        Self::FileSha1,
        Self::FileSha256,
        Self::FileMd5,
        Self::IpAddress,
        Self::DomainName,
        Self::Url,
        Self::CertificateThumbprint,
    ];

    /// The service's name of the type.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::FileSha1 => "FileSha1",
            Self::FileSha256 => "FileSha256",
            Self::FileMd5 => "FileMd5",
            Self::IpAddress => "IpAddress",
            Self::DomainName => "DomainName",
            Self::Url => "Url",
            Self::CertificateThumbprint => "CertificateThumbprint",
            Self::Other(name) => name,
        }
    }

    /// The writable type of exactly this name; enum names are case-sensitive at the service.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::WRITABLE.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The type of this name, whatever it is: a listing must survive names that are new.
    #[must_use]
    pub fn from_service(name: &str) -> Self {
        Self::parse(name).unwrap_or_else(|| Self::Other(name.into()))
    }

    /// Whether it is the hash of a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(self, Self::FileSha1 | Self::FileSha256 | Self::FileMd5)
    }

    /// Whether it is something met on the network.
    #[must_use]
    pub fn is_network(&self) -> bool {
        matches!(self, Self::IpAddress | Self::DomainName | Self::Url)
    }
}

impl fmt::Display for IndicatorType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
