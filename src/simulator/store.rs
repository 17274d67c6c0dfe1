//! The rows of the tenant.
//!
//! **Invariant:** one row for each key and each id; ids are small numbers that are never given out twice.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Map;

use super::answer::Refusal;
use super::application::Application;
use super::columns::{CREATED, CREATED_BY, CREATED_BY_DISPLAY_NAME, CREATED_BY_SOURCE, ID, UPDATED, UPDATED_BY};
use super::draft::Draft;
use super::options::Options;
use super::row::{Key, Row};
use super::switches::{ExpiredRows, Order, UnseenRows};
use super::time;

/// The `createdBySource` of what applications make.
pub const APPLICATIONS: &str = "PublicApi";

/// How much of the capacity is taken during one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    used: usize,
    limit: usize,
}

impl Capacity {
    fn take(&mut self) -> Result<(), Refusal> {
        let Self { used, limit } = *self;
        if used >= limit {
            let message = format!(
                "Max capacity exceeded. Current Total: {used}, Limit: {limit} (Parameter 'Capacity: {used}/{limit}')"
            );
            return Err(Refusal::new(400, "BadRequest", message));
        }
        self.used += 1;
        Ok(())
    }
}

/// The rows.
#[derive(Debug, Default)]
pub struct Store {
    rows: BTreeMap<u64, Row>,
    by_key: HashMap<Key, u64>,
    last_id: u64,
    next_expiry: Option<Timestamp>,
    freed: VecDeque<Timestamp>,
}

impl Store {
    /// Removes what has expired, if the service does so. To be called before every call is answered.
    pub fn tidy(&mut self, now: Timestamp, options: &Options) {
        if options.expired_rows == ExpiredRows::Listed || self.next_expiry.is_none_or(|next| next > now) {
            return;
        }
        let expired: Vec<u64> = self
            .rows
            .iter()
            .filter(|(_, row)| row.is_expired(now))
            .map(|(number, _)| *number)
            .collect();
        for number in expired {
            self.take_out(number, options);
        }
        self.next_expiry = self.rows.values().filter_map(Row::expiry).min();
    }

    /// How much room there is now. Expired rows take none; deleted ones do until their room is seen to be free.
    pub fn capacity(&mut self, now: Timestamp, options: &Options) -> Capacity {
        let delay = Duration::from_secs(options.freed_capacity_delay_seconds);
        while self
            .freed
            .front()
            .is_some_and(|at| now.duration_since(*at).unsigned_abs() >= delay)
        {
            self.freed.pop_front();
        }
        let active = self.rows.values().filter(|row| !row.is_expired(now)).count();
        Capacity {
            used: active + self.freed.len(),
            limit: options.capacity,
        }
    }

    /// Writes a draft: updates the row with the same key, whoever made it, or creates one.
    pub fn submit(
        &mut self,
        draft: &Draft,
        author: &Application,
        capacity: &mut Capacity,
        now: Timestamp,
        options: &Options,
    ) -> Result<&Row, Refusal> {
        let mut fresh = draft.merged(None, options);
        let existing = self
            .by_key
            .get(&Key::of(&fresh, options))
            .and_then(|number| self.rows.get(number));
        let unseen = existing.is_some_and(|row| !author.sees(row.text(CREATED_BY)));
        if unseen && options.unseen_rows == UnseenRows::Refused {
            return Err(Refusal::new(
                403,
                "Forbidden",
                "The application does not have access to this indicator.",
            ));
        }
        let (values, extra) = if let Some(row) = existing {
            if row.is_expired(now) {
                capacity.take()?;
            }
            let mut values = draft.merged(Some(row), options);
            values[UPDATED] = time::format(now).into();
            values[UPDATED_BY] = author.client_id.clone().into();
            (values, row.extra().clone())
        } else {
            capacity.take()?;
            fresh[ID] = self.free_id().into();
            fresh[CREATED] = time::format(now).into();
            fresh[UPDATED] = time::format(now).into();
            fresh[CREATED_BY] = author.client_id.clone().into();
            fresh[CREATED_BY_DISPLAY_NAME] = author.display_name.clone().into();
            fresh[CREATED_BY_SOURCE] = APPLICATIONS.into();
            (fresh, Map::new())
        };
        Ok(self.put(Row::new(values, extra), options))
    }

    /// The id that the next new row gets.
    pub fn free_id(&self) -> String {
        (self.last_id + 1).to_string()
    }

    /// Puts a row in its place, instead of the one with the same id if there is one. A row whose id is not a number
    /// gets the next free place.
    pub fn put(&mut self, row: Row, options: &Options) -> &Row {
        let number = number(row.id()).unwrap_or(self.last_id + 1);
        self.take_out(number, options);
        self.last_id = self.last_id.max(number);
        self.by_key.insert(row.key(options), number);
        if let Some(expiry) = row.expiry() {
            self.next_expiry = Some(self.next_expiry.map_or(expiry, |next| next.min(expiry)));
        }
        self.rows.entry(number).or_insert(row)
    }

    /// Deletes a row; whether there was one.
    pub fn delete(&mut self, id: &str, now: Timestamp, options: &Options) -> bool {
        let Some(row) = number(id).and_then(|number| self.take_out(number, options)) else {
            return false;
        };
        if options.freed_capacity_delay_seconds > 0 && !row.is_expired(now) {
            self.freed.push_back(now);
        }
        true
    }

    /// A store without rows that gives out ids from this one on.
    pub fn counting_from(first_id: u64) -> Self {
        Self {
            last_id: first_id.saturating_sub(1),
            ..Self::default()
        }
    }

    /// A store without rows that goes on counting ids where this one is.
    pub fn emptied(&self) -> Self {
        Self {
            last_id: self.last_id,
            ..Self::default()
        }
    }

    fn take_out(&mut self, number: u64, options: &Options) -> Option<Row> {
        let row = self.rows.remove(&number)?;
        self.by_key.remove(&row.key(options));
        Some(row)
    }

    /// The row with this id.
    pub fn get(&self, id: &str) -> Option<&Row> {
        self.rows.get(&number(id)?)
    }

    /// The row with this key.
    pub fn find(&self, key: &Key) -> Option<&Row> {
        self.rows.get(self.by_key.get(key)?)
    }

    /// Every row in the order of listings.
    pub fn iter(&self, order: Order) -> Box<dyn Iterator<Item = &Row> + '_> {
        match order {
            Order::Ascending => Box::new(self.rows.values()),
            Order::Descending => Box::new(self.rows.values().rev()),
        }
    }
}

/// The number that an id is, if it is one in the service's own spelling.
pub fn number(id: &str) -> Option<u64> {
    id.parse().ok().filter(|number: &u64| number.to_string() == id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::simulator::application::Applications;
    use crate::simulator::columns::{ACTION, EXPIRATION, VALUE};

    struct Tenant {
        store: Store,
        applications: Applications,
        options: Options,
        now: Timestamp,
    }

    impl Tenant {
        fn new(options: Options) -> Self {
            Self {
                store: Store::default(),
                applications: Applications::new(&options).unwrap(),
                options,
                now: time::parse("2024-01-01T00:00:00Z").unwrap(),
            }
        }

        fn submit(&mut self, body: &Value) -> Result<Vec<Value>, String> {
            let draft = Draft::read(body, &self.options).unwrap();
            let author = self.applications.get(0).unwrap();
            self.store.tidy(self.now, &self.options);
            let mut capacity = self.store.capacity(self.now, &self.options);
            self.store
                .submit(&draft, author, &mut capacity, self.now, &self.options)
                .map(|row| row.values().to_vec())
                .map_err(|refusal| refusal.message)
        }

        fn pass(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }

        fn count(&mut self) -> usize {
            self.store.tidy(self.now, &self.options);
            self.store.iter(Order::Ascending).count()
        }
    }

    fn body(value: &str, action: &str) -> Value {
        json!({"indicatorValue": value, "indicatorType": "DomainName", "action": action, "title": "t", "description": "d"})
    }

    #[test]
    fn the_same_key_updates_and_another_action_adds() {
        let mut tenant = Tenant::new(Options {
            client_id: Some("app".into()),
            ..Options::default()
        });
        let first = tenant.submit(&body("a.example", "Block")).unwrap();
        assert_eq!(first[UPDATED], first[CREATED]);
        assert_eq!(first[UPDATED_BY], Value::Null);
        tenant.pass(10);
        let mut again = body("a.example", "Block");
        again["title"] = json!("new");
        let second = tenant.submit(&again).unwrap();
        assert_eq!((&second[ID], &second[CREATED]), (&first[ID], &first[CREATED]));
        assert_eq!(second[UPDATED], json!("2024-01-01T00:00:10Z"));
        assert_eq!(second[UPDATED_BY], json!("app"));
        let third = tenant.submit(&body("a.example", "Allowed")).unwrap();
        assert_ne!(third[ID], first[ID]);
        assert_eq!(tenant.count(), 2);
    }

    #[test]
    fn without_the_action_in_the_key_it_changes_in_place() {
        let mut tenant = Tenant::new(Options {
            action_in_identity: super::super::switches::Part::Ignored,
            ..Options::default()
        });
        let first = tenant.submit(&body("a.example", "Block")).unwrap();
        let second = tenant.submit(&body("a.example", "Allowed")).unwrap();
        assert_eq!(second[ID], first[ID]);
        assert_eq!(second[ACTION], json!("Allowed"));
        assert_eq!(tenant.count(), 1);
    }

    #[test]
    fn ids_are_not_given_out_twice() {
        let mut tenant = Tenant::new(Options::default());
        let first = tenant.submit(&body("a.example", "Block")).unwrap();
        assert_eq!(first[ID], json!("1"));
        assert!(tenant.store.delete("1", tenant.now, &tenant.options));
        assert!(!tenant.store.delete("1", tenant.now, &tenant.options));
        let second = tenant.submit(&body("a.example", "Block")).unwrap();
        assert_eq!(second[ID], json!("2"));
        assert_eq!(
            (number("2"), number("02"), number("+2"), number("x")),
            (Some(2), None, None, None)
        );
    }

    #[test]
    fn rows_expire_at_the_second() {
        for (expired_rows, left) in [(ExpiredRows::Removed, 0), (ExpiredRows::Listed, 1)] {
            let mut tenant = Tenant::new(Options {
                expired_rows,
                capacity: 1,
                ..Options::default()
            });
            let mut short = body("a.example", "Block");
            short["expirationTime"] = json!("2024-01-01T00:01:00Z");
            tenant.submit(&short).unwrap();
            tenant.pass(59);
            assert_eq!(tenant.count(), 1);
            assert!(
                tenant.submit(&body("b.example", "Block")).is_err(),
                "it still takes room"
            );
            tenant.pass(1);
            assert_eq!(tenant.count(), left);
            let second = tenant.submit(&body("b.example", "Block")).unwrap();
            assert_eq!(second[VALUE], json!("b.example"));
            short["expirationTime"] = json!(null);
            assert!(tenant.submit(&short).is_err(), "coming back to life takes room too");
            assert_eq!(second[EXPIRATION], Value::Null);
        }
    }

    #[test]
    fn capacity_is_refused_in_the_recorded_words() {
        let mut tenant = Tenant::new(Options {
            capacity: 1,
            freed_capacity_delay_seconds: 20,
            ..Options::default()
        });
        tenant.submit(&body("a.example", "Block")).unwrap();
        tenant.submit(&body("a.example", "Block")).unwrap();
        let words = "Max capacity exceeded. Current Total: 1, Limit: 1 (Parameter 'Capacity: 1/1')";
        assert_eq!(tenant.submit(&body("b.example", "Block")).unwrap_err(), words);
        assert!(tenant.store.delete("1", tenant.now, &tenant.options));
        tenant.pass(19);
        assert!(
            tenant.submit(&body("b.example", "Block")).is_err(),
            "freed room is seen late"
        );
        tenant.pass(1);
        assert!(tenant.submit(&body("b.example", "Block")).is_ok());
    }
}
