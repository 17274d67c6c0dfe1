//! What is known of a certificate beside its thumbprint.

/// Facts of a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Distinguished name of the issuer.
    pub issuer: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Distinguished name of the subject.
    pub subject: Option<String>,
    /// SHA-256 of the certificate.
    pub sha256: Option<String>,
}

/// One of the facts in a [`CertificateInfo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateFact {
    /// Who signed it.
    Issuer,
    /// Its serial number.
    Serial,
    /// Whose it is.
    Subject,
    /// Its SHA-256.
    Sha256,
}

impl CertificateFact {
    /// Every fact, in the order of the service's documentation.
    pub const ALL: [Self; 4] = [Self::Issuer, Self::Serial, Self::Subject, Self::Sha256];

    /// The name that configurations use. The service uses the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Serial => "serial",
            Self::Subject => "subject",
            Self::Sha256 => "sha256",
        }
    }

    /// The fact of exactly this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.name() == name)
    }

    /// What the documentation says of it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Issuer => "Distinguished name of the issuer.",
            Self::Serial => "Serial number.",
            Self::Subject => "Distinguished name of the subject.",
            Self::Sha256 => "SHA-256 of the certificate, in hexadecimal.",
        }
    }

    /// Whether it is hexadecimal text, whose case does not count.
    #[must_use]
    pub const fn is_hexadecimal(self) -> bool {
        matches!(self, Self::Serial | Self::Sha256)
    }

    /// What `info` says of it.
    #[must_use]
    pub fn of(self, info: &CertificateInfo) -> Option<&str> {
        let CertificateInfo {
            issuer,
            serial,
            subject,
            sha256,
        } = info;
        match self {
            Self::Issuer => issuer,
            Self::Serial => serial,
            Self::Subject => subject,
            Self::Sha256 => sha256,
        }
        .as_deref()
    }

    /// Where `info` holds it, for filling in.
    pub const fn place(self, info: &mut CertificateInfo) -> &mut Option<String> {
        match self {
            Self::Issuer => &mut info.issuer,
            Self::Serial => &mut info.serial,
            Self::Subject => &mut info.subject,
            Self::Sha256 => &mut info.sha256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_own_name_and_place() {
        let mut info = CertificateInfo::default();
        for fact in CertificateFact::ALL {
            assert_eq!(CertificateFact::from_name(fact.name()), Some(fact));
            *fact.place(&mut info) = Some(fact.name().to_owned());
        }
        for fact in CertificateFact::ALL {
            assert_eq!(fact.of(&info), Some(fact.name()));
        }
        assert_eq!(CertificateFact::from_name("Issuer"), None);
    }
}
