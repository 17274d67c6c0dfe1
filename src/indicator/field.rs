//! The fields of an indicator, by name. What is known of each stands in `field/table.rs`, once.

mod value;
mod table;
mod set;

pub use set::FieldSet;
pub use table::Field;
pub use value::{FieldKind, FieldValue};

use super::kind::IndicatorType;
use similar::get_close_matches;
use std::fmt;
use table::{Constant, Role};

/// The least likeness of a misspelt name to the right one, from 0 to 1.
const LIKENESS: f32 = 0.7;

/// More letters than any name has; comparing is slow with long texts.
const LONGEST: usize = 40;

impl Field {
    /// The fields that can be the default of a whole list: all but the value.
    pub fn defaults() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|field| *field != Self::Value)
    }

    /// The name that configurations use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The fields that the service knows.
    pub fn of_the_service() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|field| field.wire_name().is_some())
    }

    /// The name in the service's JSON; `None` for what only configurations know.
    #[must_use]
    pub const fn wire_name(self) -> Option<&'static str> {
        self.entry().wire_name
    }

    /// The name of the column in the lists that the Defender portal reads and writes, if they have one.
    #[must_use]
    pub const fn portal_name(self) -> Option<&'static str> {
        self.entry().portal_name
    }

    /// How the value is written.
    #[must_use]
    pub const fn kind(self) -> FieldKind {
        self.entry().kind
    }

    /// What the documentation says of it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        self.entry().description
    }

    /// The types of indicator that the field is documented for; none stands for all.
    #[must_use]
    pub const fn types(self) -> &'static [IndicatorType] {
        self.entry().types
    }

    /// Whether the field is part of what the service tells rows apart by.
    #[must_use]
    pub const fn is_identity(self) -> bool {
        matches!(self.entry().role, Role::Identity)
    }

    /// Whether the service takes the field only when a row is made, so that a change needs a new row.
    #[must_use]
    pub const fn is_create_only(self) -> bool {
        matches!(self.entry().role, Role::CreateOnly)
    }

    /// Whether the field says which devices the indicator applies to. Whether that is part of a row's identity is not
    /// known, so a change of it may come back with another id.
    #[must_use]
    pub const fn is_scope(self) -> bool {
        matches!(self.entry().role, Role::Scope)
    }

    /// Whether a write says something of the field even if the indicator leaves it to the service.
    #[must_use]
    pub const fn is_always_sent(self) -> bool {
        self.entry().is_always_sent
    }

    /// The value that says "the service's default" where leaving the field out would mean something else; `None` where
    /// nothing can say it.
    #[must_use]
    pub fn explicit_default(self) -> Option<FieldValue> {
        self.entry().default.map(|constant| match constant {
            Constant::Text(text) => FieldValue::Text(text.to_owned()),
            Constant::Flag(flag) => FieldValue::Flag(flag),
            Constant::NoTexts => FieldValue::Texts(Vec::new()),
            Constant::NoWholes => FieldValue::Wholes(Vec::new()),
        })
    }

    /// Whether people write what they like in it, and the service does not interpret it.
    #[must_use]
    pub fn is_free_text(self) -> bool {
        self.kind() == FieldKind::Certificate
            || matches!(self.entry().default, Some(Constant::Text(text)) if text.is_empty())
    }

    /// The field of exactly this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// The name of the field that was most likely meant: the same but for case and punctuation, or called so by the
    /// service or the portal, or alike.
    #[must_use]
    pub fn nearest(name: &str) -> Option<&'static str> {
        let written = plain(name);
        if written.len() > LONGEST {
            return None;
        }
        let own = Self::ALL.iter().map(|field| (field.name(), *field));
        let wire = Self::ALL.iter().filter_map(|field| Some((field.wire_name()?, *field)));
        let portal = Self::ALL
            .iter()
            .filter_map(|field| Some((field.portal_name()?, *field)));
        let known: Vec<(String, Self)> = own
            .chain(wire)
            .chain(portal)
            .map(|(name, field)| (plain(name), field))
            .collect();
        let of = |wanted: &str| known.iter().find(|(plain, _)| plain == wanted);
        let alike = || {
            let names: Vec<&str> = known.iter().map(|(plain, _)| plain.as_str()).collect();
            of(get_close_matches(written.as_str(), &names, 1, LIKENESS).first()?)
        };
        of(&written).or_else(alike).map(|(_, field)| field.name())
    }
}

/// The letters and digits in lower case.
fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(LONGEST + 1)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_found() {
        let names: HashSet<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        let wire_names: HashSet<&str> = Field::ALL.iter().filter_map(|field| field.wire_name()).collect();
        assert_eq!(
            (names.len(), wire_names.len()),
            (Field::ALL.len(), Field::of_the_service().count())
        );
        assert!(
            Field::ALL
                .iter()
                .filter(|field| field.wire_name().is_none())
                .eq([&Field::Lifetime])
        );
        for field in Field::ALL {
            assert_eq!(Field::from_name(field.name()), Some(*field));
            assert_eq!(field.to_string(), field.name());
            assert!(field.description().ends_with('.'), "{field}");
        }
        assert_eq!(Field::from_name("Title"), None);
    }

    #[test]
    fn the_table_is_in_the_order_of_the_fields() {
        for (position, field) in Field::ALL.iter().enumerate() {
            assert_eq!(*field as usize, position);
        }
        let identity: Vec<Field> = Field::ALL.iter().copied().filter(|field| field.is_identity()).collect();
        assert_eq!(identity, [Field::Value, Field::Type, Field::Action]);
        let created: Vec<Field> = Field::ALL
            .iter()
            .copied()
            .filter(|field| field.is_create_only())
            .collect();
        assert_eq!(created, [Field::Application, Field::CertificateInfo, Field::Version]);
        let scope: Vec<Field> = Field::ALL.iter().copied().filter(|field| field.is_scope()).collect();
        assert_eq!(scope, [Field::RbacGroupNames, Field::RbacGroupIds]);
        assert!(Field::defaults().eq(Field::ALL[1..].iter().copied()));
    }

    #[test]
    fn defaults_are_written_like_other_values() {
        for field in Field::ALL {
            if let Some(default) = field.explicit_default() {
                assert_eq!(default.kind(), field.kind(), "{field}");
            }
        }
        let silent: Vec<Field> = Field::ALL
            .iter()
            .copied()
            .filter(|field| field.explicit_default().is_none())
            .collect();
        assert_eq!(
            silent,
            [
                Field::Value,
                Field::Type,
                Field::Action,
                Field::ExpirationTime,
                Field::Lifetime,
                Field::Category,
                Field::BypassDurationHours,
                Field::NotificationId,
                Field::CertificateInfo,
                Field::LookBackPeriod,
            ]
        );
    }

    #[test]
    fn the_right_name_is_proposed() {
        for (written, right) in [
            ("acton", "action"),
            ("Title", "title"),
            ("titel", "title"),
            ("generateAlert", "generate_alert"),
            ("generate-alerts", "generate_alert"),
            ("indicatorType", "type"),
            ("indicator_value", "value"),
            ("RbacGroups", "rbac_group_names"),
            ("rbac_group_name", "rbac_group_names"),
            ("mitre_technique", "mitre_techniques"),
            ("expiration", "expiration_time"),
            ("serverity", "severity"),
        ] {
            assert_eq!(Field::nearest(written), Some(right), "{written}");
        }
        for written in ["", "note", "owner", &"title".repeat(100_000)] {
            assert_eq!(Field::nearest(written), None);
        }
    }
}
