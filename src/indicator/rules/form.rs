//! Values that have no meaning for their field, whatever else the indicator says.

use super::super::field::{Field, FieldKind};
use super::super::invisible::shown;
use super::Finding;

/// The value of the field is of another kind than it takes.
#[must_use]
pub fn wrong_kind(field: Field, found: FieldKind) -> Finding {
    let expected = field.kind().expected();
    Finding::error(
        "wrong-kind",
        field,
        format!("`{field}` must be {expected}, not {}", found.expected()),
        format!("Write {expected}."),
    )
}

/// A number in the field is none that the service can hold: it is out of range, or not whole.
#[must_use]
pub fn not_whole(field: Field) -> Finding {
    Finding::error(
        "whole-number",
        field,
        format!("`{field}` is not a whole number in the range that the service accepts"),
        match field {
            Field::NotificationId => "Write a whole number from 0 to 255.",
            _ => "Write a whole number of at most 2147483647.",
        },
    )
}

/// The text in the field is no instant.
#[must_use]
pub fn no_instant(field: Field, text: &str) -> Finding {
    Finding::error(
        "instant",
        field,
        format!("{} is not an RFC 3339 timestamp", shown(text)),
        "Write date, time and UTC offset, such as `2030-01-31T00:00:00Z` or `2030-01-31T01:00:00+01:00`.",
    )
}

/// The text in the field is no length of time.
#[must_use]
pub fn no_lifetime(field: Field, text: &str) -> Finding {
    Finding::error(
        "lifetime",
        field,
        format!("{} is not a number of days or hours", shown(text)),
        "Write a whole number and its unit, such as `90d` or `36h`, up to `36500d`.",
    )
}

/// Both fields that say when an indicator expires.
#[must_use]
pub fn expiry_twice() -> Finding {
    Finding::error(
        "expiry-twice",
        Field::Lifetime,
        "`expiration_time` and `lifetime` both say when the indicator expires",
        "Remove one of them.",
    )
}
