//! Fields in the cells of a table.

use super::super::csv::field_value;
use super::super::shown;
use crate::indicator::{
    Action, Category, Field, FieldKind, FieldValue, Lifetime, Severity, instant_text, parse_instant,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Whether the field takes few values or one form, so that a column of other texts cannot be meant for it.
#[must_use]
pub const fn has_few_values(field: Field) -> bool {
    matches!(
        field,
        Field::Action | Field::Severity | Field::Category | Field::ExpirationTime | Field::Lifetime
    ) || matches!(field.kind(), FieldKind::Flag | FieldKind::Whole | FieldKind::Wholes)
}

/// Whether a row says the same without the field, but for how its alert looks.
#[must_use]
pub const fn is_decoration(field: Field) -> bool {
    matches!(field, Field::Severity | Field::Category)
}

/// What a cell says of a field; nothing where it says "no value".
///
/// # Errors
///
/// What is wrong with the cell, and what the field takes.
pub fn read(field: Field, text: &str) -> Result<Option<FieldValue>, String> {
    let trimmed = text.trim();
    let named = |name: Option<&str>, what: &str| match name {
        Some(name) => Ok(Some(FieldValue::Text(name.to_owned()))),
        None => Err(format!("{} is not {what}", shown(text))),
    };
    let is = |name: &&str| name.eq_ignore_ascii_case(trimmed);
    match field {
        Field::Action => named(Action::WRITABLE.iter().map(Action::as_str).find(is), "an action"),
        Field::Severity => named(Severity::WRITABLE.iter().map(Severity::as_str).find(is), "a severity"),
        Field::Category => named(Category::names().find(is), "a category"),
        Field::ExpirationTime => match instant(trimmed) {
            // The usual way to say "never".
            Some(instant) if instant == Timestamp::MAX => Ok(None),
            Some(instant) => Ok(Some(FieldValue::Text(instant_text(instant)))),
            None => Err(format!(
                "{} is neither a time nor a date, such as `2030-01-31T00:00:00Z`",
                shown(text)
            )),
        },
        Field::Lifetime => named(
            Lifetime::parse(trimmed).map(|_| trimmed),
            "a number of days or hours, such as `90d`",
        ),
        _ => match field_value(field.kind(), text) {
            Some(value) => Ok(Some(value)),
            None => Err(format!("{} is not {}", shown(text), field.kind().expected())),
        },
    }
}

/// An instant, or a time or date without an offset, which is read as UTC.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let local = || {
        let bare = text.strip_suffix(" UTC").unwrap_or(text);
        let time: DateTime = bare.parse().ok()?;
        if time.year() == 9999 {
            return Some(Timestamp::MAX);
        }
        TimeZone::UTC.to_timestamp(time).ok()
    };
    parse_instant(text).or_else(local)
}

/// Whether a cell says yes.
///
/// # Errors
///
/// The cell says neither yes nor no.
pub fn flag(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "" | "0" | "false" | "no" | "n" => Ok(false),
        "1" | "true" | "yes" | "y" => Ok(true),
        _ => Err(format!("{} is neither yes nor no", shown(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_case_and_times_without_an_offset() {
        let told = |field, text| match read(field, text) {
            Ok(value) => value.map_or("nothing".to_owned(), |value| value.to_string()),
            Err(error) => format!("! {error}"),
        };
        for (field, text, expected) in [
            (Field::Action, "block", "\"Block\""),
            (Field::Severity, " HIGH ", "\"High\""),
            (Field::Severity, "5", "! `5` is not a severity"),
            (Field::Category, "malware", "\"Malware\""),
            (
                Field::ExpirationTime,
                "2030-01-31T01:00:00+01:00",
                "\"2030-01-31T00:00:00Z\"",
            ),
            (Field::ExpirationTime, "2030-01-31 01:00:00", "\"2030-01-31T01:00:00Z\""),
            (
                Field::ExpirationTime,
                "2030-01-31 01:00:00 UTC",
                "\"2030-01-31T01:00:00Z\"",
            ),
            (Field::ExpirationTime, "2030-01-31", "\"2030-01-31T00:00:00Z\""),
            (Field::ExpirationTime, "9999-12-31", "nothing"),
            (Field::ExpirationTime, "9999-12-31T23:59:59Z", "nothing"),
            (Field::GenerateAlert, "TRUE", "true"),
            (Field::MitreTechniques, "T1566, T1071", "[\"T1566\", \"T1071\"]"),
            (Field::Lifetime, "90d", "\"90d\""),
            (Field::Title, " a ", "\" a \""),
        ] {
            assert_eq!(told(field, text), expected, "{text}");
        }
        for (field, text) in [
            (Field::Action, "deny"),
            (Field::ExpirationTime, "soon"),
            (Field::ExpirationTime, "31.01.2030"),
            (Field::GenerateAlert, "perhaps"),
            (Field::BypassDurationHours, "x"),
        ] {
            assert!(told(field, text).starts_with("! `"), "{text}");
        }
        assert_eq!((flag("Yes"), flag(" 0"), flag("")), (Ok(true), Ok(false), Ok(false)));
        assert!(flag("maybe").is_err());
    }
}
