//! Instants, and what people write for "never".

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;

/// Reads an instant in RFC 3339.
///
/// What lies in the last hours of the year 9999 is read as [`Timestamp::MAX`], which is just before them: the end of that
/// year is the usual way to say "never" in .NET, so it must be read and be equal to itself, and no other instant is near.
#[must_use]
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let pieces = Pieces::parse(text).ok()?;
        let is_instant = pieces.time().is_some() && pieces.to_numeric_offset().is_some();
        (is_instant && pieces.date().year() == 9999).then_some(Timestamp::MAX)
    })
}

/// The instant as a configuration would write it.
#[must_use]
pub fn instant_text(instant: Timestamp) -> String {
    if instant == Timestamp::MAX {
        "9999-12-31T23:59:59Z".to_owned()
    } else {
        instant.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_year_9999_can_be_read_and_written() {
        for text in [
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.9999999Z",
            "9999-12-31T00:00:00+00:00",
            "9999-12-31T23:59:59-12:00",
            "9999-12-30T22:00:01Z",
            "9999-12-30T21:30:00-05:00",
        ] {
            assert_eq!(parse_instant(text), Some(Timestamp::MAX), "{text}");
        }
        let never = instant_text(Timestamp::MAX);
        assert_eq!(parse_instant(&never), Some(Timestamp::MAX));
        let before = parse_instant("9999-12-30T22:00:00Z").unwrap();
        assert!(before < Timestamp::MAX);
        assert_eq!(instant_text(before), "9999-12-30T22:00:00Z");
    }

    #[test]
    fn what_is_no_instant_is_not_read() {
        for text in [
            "",
            "never",
            "9999-12-31",
            "9999-12-31T23:59:59",
            "9999-12-31T23:59:59[UTC]",
            "9999-12-31Z",
            "9999-12-32T00:00:00Z",
            "9999-12-31T24:30:00Z",
            "10000-01-01T00:00:00Z",
            "2030-01-31 00:00",
            "2030-02-30T00:00:00Z",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
        assert_eq!(
            parse_instant("2030-01-31T01:00:00+01:00").map(instant_text).as_deref(),
            Some("2030-01-31T00:00:00Z")
        );
    }
}
