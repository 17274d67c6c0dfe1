//! All rows of the tenant as one picture.

use crate::indicator::{Field, Identity, Indicator, Row, RowId};
use foldhash::{HashMap, HashMapExt, HashSet};
use jiff::Timestamp;
use std::sync::{Arc, OnceLock};

/// The active rows of the tenant at one moment, kept current by this process's own writes.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// By id.
    rows: Vec<Arc<Row>>,
    /// Positions in `rows`. Made when it is first needed: a run that changes nothing finds all its rows by id.
    by_identity: OnceLock<HashMap<Identity, Vec<usize>>>,
    /// Ids of rows that the service lists although their expiry has passed.
    expired: HashSet<RowId>,
    /// Ids of rows that cannot be read.
    unreadable: HashSet<RowId>,
    /// How many rows there are of which not even the id can be read.
    nameless: usize,
    /// Rows moved however often they were listed, so that one may be missing.
    incomplete: bool,
}

/// A change that this process made after a listing was asked for.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// A row was made or changed.
    Written(Arc<Row>),
    /// A row was deleted.
    Deleted(RowId),
}

impl Listing {
    /// The listing of these rows at this moment. Rows whose expiry has passed are set apart: the service drops them,
    /// but may go on listing them for a while. `unreadable` are ids of rows that are there but cannot be read.
    pub(crate) fn new(rows: Vec<impl Into<Arc<Row>>>, unreadable: Vec<RowId>, now: Timestamp) -> Self {
        let mut listing = Self {
            unreadable: unreadable.into_iter().collect(),
            ..Self::default()
        };
        for row in rows {
            let row: Arc<Row> = row.into();
            if row.indicator.is_expired(now) {
                listing.expired.insert(row.id.clone());
            } else {
                listing.rows.push(row);
            }
        }
        listing.rows.sort_by(|one, other| one.id.cmp(&other.id));
        listing
    }

    /// The same listing with so many rows beside of which not even the id can be read.
    pub(crate) fn with_nameless(self, nameless: usize) -> Self {
        Self { nameless, ..self }
    }

    /// The same listing, of which it is known that rows may be missing.
    pub(crate) fn incomplete(mut self) -> Self {
        self.incomplete = true;
        self
    }

    /// Whether every row is in it. If not, others wrote all the while it was read, however often that was tried: a row that
    /// is in it is or was there, and one that is not in it may be there all the same.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// Whether a row with this id may be there that [`Listing::get`] does not know: it cannot be read, or may be missing.
    #[must_use]
    pub fn may_hide(&self, id: &RowId) -> bool {
        self.incomplete || self.unreadable.contains(id)
    }

    /// The row with this id.
    #[must_use]
    pub fn get(&self, id: &RowId) -> Option<&Row> {
        let position = self.rows.binary_search_by(|row| row.id.cmp(id)).ok()?;
        self.rows.get(position).map(AsRef::as_ref)
    }

    /// The rows with this identity: usually one at most, several when they differ in device groups.
    pub fn find(&self, identity: &Identity) -> impl Iterator<Item = &Row> + use<'_> {
        let index = self.by_identity.get_or_init(|| {
            let mut index: HashMap<Identity, Vec<usize>> = HashMap::with_capacity(self.rows.len());
            for (position, row) in self.rows.iter().enumerate() {
                index.entry(row.indicator.identity()).or_default().push(position);
            }
            index
        });
        let positions = index.get(identity).map(Vec::as_slice).unwrap_or_default();
        positions
            .iter()
            .filter_map(|position| self.rows.get(*position))
            .map(AsRef::as_ref)
    }

    /// The rows that the service may have made of the indicator.
    pub fn standing_for(&self, indicator: &Indicator) -> impl Iterator<Item = &Row> + use<'_> {
        let identities: Vec<Identity> = indicator.identities().collect();
        identities.into_iter().flat_map(|identity| self.find(&identity))
    }

    /// Every row, oldest id first.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().map(AsRef::as_ref)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many rows are there that cannot be read, and the ids of those of which at least the id can, in order.
    #[must_use]
    pub fn unreadable(&self) -> (usize, Vec<&RowId>) {
        let mut ids: Vec<&RowId> = self.unreadable.iter().collect();
        ids.sort_unstable();
        (ids.len() + self.nameless, ids)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the service lists a row with this id although its expiry has passed.
    pub(crate) fn is_expired(&self, id: &RowId) -> bool {
        self.expired.contains(id)
    }

    /// Whether the service lists a row with this id, be it active, expired or unreadable.
    pub(crate) fn mentions(&self, id: &RowId) -> bool {
        self.get(id).is_some() || self.expired.contains(id) || self.unreadable.contains(id)
    }

    /// Puts changes in, the latest last.
    pub(crate) fn apply(&mut self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        let mut latest: HashMap<&RowId, Option<Arc<Row>>> = HashMap::with_capacity(changes.len());
        for change in changes {
            match change {
                Change::Deleted(id) => {
                    latest.insert(id, None);
                }
                Change::Written(row) => {
                    let before = latest.get(&row.id).cloned();
                    let before = before.unwrap_or_else(|| self.shared(&row.id));
                    latest.insert(&row.id, Some(merged(before.as_deref(), row)));
                }
            }
        }
        self.rows.retain(|row| !latest.contains_key(&row.id));
        for apart in [&mut self.expired, &mut self.unreadable] {
            apart.retain(|id| !latest.contains_key(id));
        }
        self.rows.extend(latest.into_values().flatten());
        self.rows.sort_by(|one, other| one.id.cmp(&other.id));
        self.by_identity = OnceLock::new();
    }

    fn shared(&self, id: &RowId) -> Option<Arc<Row>> {
        let position = self.rows.binary_search_by(|row| row.id.cmp(id)).ok()?;
        self.rows.get(position).cloned()
    }
}

/// What a row says after it was written: what is taken at creation only stays, and so does who made it.
fn merged(before: Option<&Row>, written: &Arc<Row>) -> Arc<Row> {
    let Some(before) = before else {
        return Arc::clone(written);
    };
    let mut row = before.clone();
    row.indicator.fields = written.indicator.fields.clone();
    for field in Field::ALL.iter().filter(|field| field.is_create_only()) {
        field.copy(&before.indicator, &mut row.indicator);
    }
    row.facts.last_updated_by.clone_from(&written.facts.last_updated_by);
    row.facts.last_update_time = written.facts.last_update_time;
    Arc::new(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::testing::{domain, row};
    use crate::indicator::Action;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn ids(listing: &Listing) -> Vec<&str> {
        listing.iter().map(|row| row.id.as_str()).collect()
    }

    #[test]
    fn rows_are_found_by_id_and_by_identity() {
        let mut audit = row("2", "a.example");
        audit.indicator.action = Action::Audit;
        let listing = Listing::new(
            vec![
                row("10", "b.example"),
                row("9", "a.example"),
                audit,
                row("11", "a.example"),
            ],
            vec!["12".into()],
            Timestamp::MIN,
        );
        assert_eq!(ids(&listing), ["2", "9", "10", "11"], "as numbers");
        assert_eq!(listing.get(&"10".into()).unwrap().indicator.value, "b.example");
        assert_eq!(listing.get(&"12".into()), None);
        let found: Vec<_> = listing
            .find(&domain("a.example").identity())
            .map(|row| row.id.as_str())
            .collect();
        assert_eq!(found, ["9", "11"]);
        assert_eq!(listing.find(&domain("c.example").identity()).count(), 0);
        assert!(["2", "12"].iter().all(|id| listing.mentions(&RowId::from(*id))) && !listing.mentions(&"1".into()));
        assert!(listing.may_hide(&"12".into()) && !listing.may_hide(&"1".into()) && listing.is_complete());
        assert!(listing.incomplete().may_hide(&"1".into()));
    }

    #[test]
    fn what_has_expired_is_set_apart_to_the_second() {
        let expiring = |id: &str, time: &str| {
            let mut row = row(id, "a.example");
            row.indicator.fields.expiration_time = Some(at(time));
            row
        };
        let rows = vec![
            expiring("1", "2026-01-01T00:00:00Z"),
            expiring("2", "2026-01-01T00:00:01Z"),
            row("3", "b"),
        ];
        let listing = Listing::new(rows, vec![], at("2026-01-01T00:00:00Z"));
        assert_eq!(ids(&listing), ["2", "3"]);
        assert!(listing.mentions(&"1".into()) && listing.is_expired(&"1".into()) && listing.get(&"1".into()).is_none());
        assert!(!listing.is_expired(&"2".into()));
    }

    #[test]
    fn own_writes_are_put_in() {
        let mut old = row("2", "A.example");
        old.indicator.fields.application = Some("old".to_owned());
        old.facts.created_by = Some("somebody".to_owned());
        let mut listing = Listing::new(vec![row("1", "x.example"), old], vec!["7".into()], Timestamp::MIN);
        assert_eq!(listing.find(&domain("x.example").identity()).count(), 1);

        let mut new = row("2", "a.example");
        new.indicator.fields.application = Some("new".to_owned());
        new.indicator.fields.title = Some("new".to_owned());
        listing.apply(&[
            Change::Written(Arc::new(new)),
            Change::Deleted("1".into()),
            Change::Written(Arc::new(row("3", "y.example"))),
            Change::Written(Arc::new(row("4", "z.example"))),
            Change::Deleted("4".into()),
            Change::Deleted("7".into()),
            Change::Deleted("99".into()),
        ]);
        assert_eq!(ids(&listing), ["2", "3"]);
        assert_eq!(listing.find(&domain("x.example").identity()).count(), 0);
        assert!(!listing.mentions(&"7".into()));
        let changed = listing.get(&"2".into()).unwrap();
        assert_eq!(changed.indicator.value, "A.example", "the first spelling stays");
        assert_eq!(changed.indicator.fields.title.as_deref(), Some("new"));
        assert_eq!(
            changed.indicator.fields.application.as_deref(),
            Some("old"),
            "taken at creation only"
        );
        assert_eq!(changed.facts.created_by.as_deref(), Some("somebody"));
    }
}
