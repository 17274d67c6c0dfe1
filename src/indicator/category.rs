//! Alert categories.

use std::fmt;

/// Category of the alert that a match raises: a number on the wire, a name everywhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category(i32);

impl Category {
    /// The category `None`: no category at all.
    pub const NONE: Self = Self(0);

    /// The category that the service gives to an indicator without one.
    pub const SUSPICIOUS_ACTIVITY: Self = Self(1);

    /// The category of this number, known or not.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// The category of exactly this name, in the service's spelling, which is also the one of the portal's lists.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, number)| Self(*number))
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The service's name, if the number is a known one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .binary_search_by_key(&self.0, |(_, number)| *number)
            .ok()
            .map(|index| NAMES[index].0)
    }

    /// Every name that the service knows, by number.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        NAMES.iter().map(|(name, _)| *name)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => self.0.fmt(formatter),
        }
    }
}

/// The members of the enumeration `IOACategory` in the service's metadata (`GET /api/$metadata`), sorted by number.
const NAMES: [(&str, i32); 39] = [
    ("None", 0),
    ("SuspiciousActivity", 1),
    ("Malware", 2),
    ("CredentialTheft", 4),
    ("Exploit", 8),
    ("WebExploit", 16),
    ("DocumentExploit", 32),
    ("PrivilegeEscalation", 64),
    ("Persistence", 128),
    ("RemoteAccessTool", 256),
    ("CommandAndControl", 512),
    ("SuspiciousNetworkTraffic", 1_024),
    ("Ransomware", 2_048),
    ("MalwareDownload", 4_096),
    ("Reconnaissance", 8_192),
    ("WebFingerprinting", 16_384),
    ("Weaponization", 32_768),
    ("Delivery", 65_536),
    ("SocialEngineering", 131_072),
    ("CredentialStealing", 262_144),
    ("UnwantedSoftware", 524_288),
    ("Installation", 1_048_576),
    ("Backdoor", 2_097_152),
    ("Trojan", 4_194_304),
    ("PWS", 8_388_608),
    ("TrojanDownloader", 16_777_216),
    ("LateralMovement", 33_554_432),
    ("ExplorationEnumeration", 67_108_864),
    ("NetworkPropagation", 134_217_728),
    ("Exfiltration", 268_435_456),
    ("Impact", 300_000_000),
    ("InitialAccess", 400_000_000),
    ("Execution", 500_000_000),
    ("NotApplicable", 536_870_912),
    ("Collection", 600_000_000),
    ("CredentialAccess", 700_000_000),
    ("DefenseEvasion", 800_000_000),
    ("Discovery", 900_000_000),
    ("General", 1_073_741_824),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_by_its_number_and_the_other_way_round() {
        assert!(NAMES.is_sorted_by(|(_, one), (_, other)| one < other));
        for name in Category::names() {
            let category = Category::parse(name).unwrap();
            assert_eq!(category.name(), Some(name));
            assert_eq!(category.to_string(), name);
        }
        assert_eq!(Category::names().count(), 39);
    }

    #[test]
    fn unknown_numbers_show_as_numbers() {
        assert_eq!(Category::from_number(3).name(), None);
        assert_eq!(Category::from_number(3).to_string(), "3");
        assert_eq!(Category::from_number(-1).to_string(), "-1");
    }

    #[test]
    fn names_are_exact() {
        assert_eq!(Category::parse("Impact").map(Category::number), Some(300_000_000));
        assert_eq!(Category::parse("None"), Some(Category::NONE));
        assert_eq!(
            Category::parse("SuspiciousActivity"),
            Some(Category::SUSPICIOUS_ACTIVITY)
        );
        assert_eq!(Category::parse("impact"), None);
        assert_eq!(Category::parse(""), None);
    }
}
