//! When the indicators of all lists expire, counted from the plan.

use super::list::{List, Row};
use crate::indicator::Field;
use jiff::{SignedDuration, Timestamp};

/// How many weeks are counted one by one: half a year.
pub const WEEKS: usize = 26;

/// Seconds of a week.
const WEEK: i64 = 7 * 24 * 60 * 60;

/// How soon an expiry is pointed out.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// When indicators expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiries {
    /// How many have expired.
    pub past: usize,
    /// How many expire in each week from the plan on.
    pub weeks: Vec<usize>,
    /// How many expire later than that.
    pub later: usize,
    /// How many have a lifetime, which begins when they are first written.
    pub lifetimes: usize,
    /// How many never expire.
    pub never: usize,
}

/// Whether a row expires soon or has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Near {
    /// It has.
    Past,
    /// It does.
    Soon,
}

/// What the row says of its expiry, if that is known and may be shown.
fn expiry(row: &Row) -> Option<Timestamp> {
    let is_hidden = |set: &crate::indicator::FieldSet| set.contains(Field::ExpirationTime);
    let expiry = row.indicator.fields.expiration_time;
    expiry.filter(|_| !is_hidden(&row.unknown) && !is_hidden(&row.sensitive))
}

/// Whether the row expires soon after this instant.
pub fn near(row: &Row, now: Timestamp) -> Option<Near> {
    let expiry = expiry(row)?;
    if expiry <= now {
        return Some(Near::Past);
    }
    (expiry.duration_since(now) <= SOON).then_some(Near::Soon)
}

/// When the rows of these lists expire.
pub fn of<'l>(lists: impl Iterator<Item = &'l List>, now: Timestamp) -> Expiries {
    let mut expiries = Expiries {
        past: 0,
        weeks: vec![0; WEEKS],
        later: 0,
        lifetimes: 0,
        never: 0,
    };
    for row in lists.flat_map(|list| &list.rows) {
        let counted = match expiry(row) {
            Some(expiry) if expiry <= now => &mut expiries.past,
            Some(expiry) => {
                let week = expiry.duration_since(now).as_secs() / WEEK;
                let week = usize::try_from(week).unwrap_or(usize::MAX);
                match expiries.weeks.get_mut(week) {
                    Some(count) => count,
                    None => &mut expiries.later,
                }
            }
            None if row.indicator.fields.lifetime.is_some() => &mut expiries.lifetimes,
            None => &mut expiries.never,
        };
        *counted += 1;
    }
    expiries
}

impl Expiries {
    /// Whether any indicator expires at a known time.
    pub fn is_empty(&self) -> bool {
        self.past == 0 && self.later == 0 && self.weeks.iter().all(|count| *count == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::list::Marked;
    use serde_json::json;

    #[test]
    fn expiries_are_counted_by_week() {
        let rows = json!({
            "past.example": {"expiration_time": "2026-01-01T00:00:00Z"},
            "now.example": {"expiration_time": "2026-01-02T00:00:00Z"},
            "soon.example": {"expiration_time": "2026-01-02T00:00:01Z"},
            "week.example": {"expiration_time": "2026-01-08T23:59:59Z"},
            "next.example": {"expiration_time": "2026-01-09T00:00:00Z"},
            "fortnight.example": {"expiration_time": "2026-01-16T00:00:00Z"},
            "later.example": {"expiration_time": "2026-07-03T00:00:00Z"},
            "last.example": {"expiration_time": "2026-07-02T23:59:59Z"},
            "end.example": {"expiration_time": "9999-12-31T23:59:59Z"},
            "life.example": {"lifetime": "90d"},
            "never.example": null,
        });
        let set = serde_json::value::to_raw_value(&json!({ "action": "Block", "indicators": rows })).unwrap();
        let marked = Marked {
            value: Some(&set),
            ..Marked::default()
        };
        let list = List::of_set(marked).unwrap();
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let expiries = of(std::iter::once(&list), now);
        let mut weeks = vec![0; WEEKS];
        weeks[0] = 2;
        weeks[1] = 1;
        weeks[2] = 1;
        weeks[25] = 1;
        let expected = Expiries {
            past: 2,
            weeks,
            later: 2,
            lifetimes: 1,
            never: 1,
        };
        assert_eq!(expiries, expected);
        let soon = list.rows.iter().filter(|row| near(row, now) == Some(Near::Soon));
        let soon: Vec<&str> = soon.map(|row| &*row.key).collect();
        assert_eq!(
            soon,
            ["fortnight.example", "next.example", "soon.example", "week.example"]
        );
    }
}
