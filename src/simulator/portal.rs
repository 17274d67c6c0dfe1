//! What other authors do to the tenant: rows that tests and faults put there.
//!
//! **Invariant:** unlike a submission, nothing here is checked for sense: a tenant may hold rows that the API no longer
//! takes, of types that no client knows yet.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::application::Applications;
use super::columns::{
    ACTION, Access, COLUMNS, CREATED, CREATED_BY, CREATED_BY_DISPLAY_NAME, CREATED_BY_SOURCE, Column, DESCRIPTION, ID,
    Kind, TITLE, TYPE, UPDATED, UPDATED_BY, VALUE, position,
};
use super::options::Options;
use super::row::{Key, Row};
use super::store::{APPLICATIONS, Store, number};
use super::time;

const USER: &str = "analyst@contoso.example";

/// Recorded ids are small numbers that count up. This leaves more room behind it than rows can ever be made.
const LARGEST_ID: u64 = 1_000_000_000_000_000;

type Read = (Vec<Value>, Map<String, Value>);

/// Somebody who writes rows and is no application of the moment: a person in the portal, or another product.
#[derive(Debug, Clone, Copy)]
pub struct Portal<'a> {
    /// The applications, whose names their rows carry.
    pub applications: &'a Applications,
    /// The switches.
    pub options: &'a Options,
    /// The instant.
    pub now: Timestamp,
}

impl Portal<'_> {
    /// Puts rows into a store that has none. The error says what is wrong with which row.
    pub fn fill(&self, mut store: Store, rows: &[Value]) -> Result<Store, String> {
        for (index, row) in rows.iter().enumerate() {
            let at = |problem: String| format!("row {index}: {problem}");
            let (values, extra) = self.read(row, None, &store).map_err(at)?;
            let row = Row::new(values, extra);
            if store.get(row.id()).is_some() || store.find(&row.key(self.options)).is_some() {
                let (value, id) = (row.text(VALUE), row.id());
                return Err(at(format!(
                    "`{value}` with id {id} has the id or the identity of an earlier row"
                )));
            }
            store.put(row, self.options);
        }
        Ok(store)
    }

    /// Creates a row, or changes the one with the same id or identity. Nothing is changed if another row has that identity.
    pub fn save(&self, store: &mut Store, row: &Value) -> Result<(), String> {
        let (values, extra) = self.read(row, self.find(store, row), store)?;
        let row = Row::new(values, extra);
        self.check_identity(store, &row)?;
        store.put(row, self.options);
        Ok(())
    }

    /// Deletes the row with the same id or identity, if there is one.
    pub fn delete(&self, store: &mut Store, row: &Value) {
        if let Some(id) = self.find(store, row).map(|row| row.id().to_owned()) {
            store.delete(&id, self.now, self.options);
        }
    }

    /// Deletes the first rows of a listing and adds others, so that the offsets of all rows change.
    pub fn move_rows(&self, store: &mut Store, remove: usize, add: usize) {
        let gone: Vec<String> = store
            .iter(self.options.order)
            .take(remove)
            .map(|row| row.id().to_owned())
            .collect();
        for id in gone {
            store.delete(&id, self.now, self.options);
        }
        for _ in 0..add {
            let value = format!("moved-{}.example", store.free_id());
            let row = json!({"indicatorValue": value, "indicatorType": "DomainName", "action": "Allowed"});
            // A row that is complete and new cannot be refused.
            let _ = self.save(store, &row);
        }
    }

    /// Says what is wrong with a row that [`Self::save`] would have to take later, as far as it can be known now.
    pub fn check(&self, store: &Store, row: &Value) -> Result<(), String> {
        let existing = self.find(store, row);
        let has_id = row
            .get("id")
            .is_some_and(|id| id.as_str().is_some_and(|id| number(id).is_some()));
        // A row with an id that nobody has yet may be there by then, with all that this one leaves out.
        let known = Row::new(COLUMNS.iter().map(Column::default_value).collect(), Map::new());
        let (values, extra) = self.read(row, existing.or(has_id.then_some(&known)), store)?;
        self.check_identity(store, &Row::new(values, extra))
    }

    /// Refuses a row with the identity of another one: a tenant has one row for each.
    fn check_identity(&self, store: &Store, row: &Row) -> Result<(), String> {
        match store.find(&row.key(self.options)) {
            Some(other) if other.id() != row.id() => Err(format!(
                "`{}` with id {} has the identity of the row with id {}",
                row.text(VALUE),
                row.id(),
                other.id()
            )),
            _ => Ok(()),
        }
    }

    fn find<'s>(&self, store: &'s Store, row: &Value) -> Option<&'s Row> {
        if let Some(id) = row.get("id").and_then(Value::as_str) {
            return store.get(id);
        }
        let values: Vec<Value> = COLUMNS
            .iter()
            .map(|c| row.get(c.name).cloned().unwrap_or(c.default_value()))
            .collect();
        store.find(&Key::of(&values, self.options))
    }

    fn read(&self, row: &Value, existing: Option<&Row>, store: &Store) -> Result<Read, String> {
        let object = row.as_object().ok_or("a row is a JSON object")?;
        let mut values: Vec<Value> = existing.map_or_else(
            || COLUMNS.iter().map(Column::default_value).collect(),
            |row| row.values().to_vec(),
        );
        let mut extra = existing.map(|row| row.extra().clone()).unwrap_or_default();
        let now = time::format(self.now);
        if existing.is_some() {
            values[UPDATED] = now.into();
            values[UPDATED_BY] = USER.into();
        } else {
            values[ID] = store.free_id().into();
            values[TITLE] = "Added in the portal".into();
            values[DESCRIPTION] = "Added in the portal".into();
            values[CREATED] = now.into();
            values[CREATED_BY] = USER.into();
            values[CREATED_BY_DISPLAY_NAME] = USER.into();
            values[CREATED_BY_SOURCE] = "Portal".into();
        }
        if let Some(author) = object.get("createdBy") {
            self.name_author(author, existing.is_none(), &mut values);
        }
        for (name, value) in object {
            match position(name) {
                Some(position) => values[position] = admit(&COLUMNS[position], value)?,
                None => drop(extra.insert(name.clone(), value.clone())),
            }
        }
        if existing.is_none() && !object.contains_key("lastUpdateTime") {
            values[UPDATED] = values[CREATED].clone();
        }
        for position in [VALUE, TYPE, ACTION] {
            if existing.is_none() && values[position].is_null() {
                return Err(format!("`{}` is missing", COLUMNS[position].name));
            }
        }
        match values[ID].as_str().and_then(number) {
            // What the tenant gives out by itself may lie beyond.
            Some(number) if number <= LARGEST_ID || !object.contains_key("id") => Ok((values, extra)),
            Some(number) => Err(format!("`id` is at most {LARGEST_ID}, not {number}")),
            None => Err("`id` is a whole number written as a string".to_owned()),
        }
    }

    /// The name that goes with an author, where the row itself does not say another: an application has its own, a person
    /// the one by which it is known.
    fn name_author(&self, author: &Value, is_new: bool, values: &mut [Value]) {
        let position = author.as_str().and_then(|id| self.applications.position(id));
        let application = position.and_then(|number| self.applications.get(number));
        values[CREATED_BY_DISPLAY_NAME] =
            application.map_or_else(|| author.clone(), |one| one.display_name.clone().into());
        if application.is_some() && is_new {
            values[CREATED_BY_SOURCE] = APPLICATIONS.into();
        }
    }
}

fn admit(column: &Column, value: &Value) -> Result<Value, String> {
    let fits = match (value, column.kind) {
        (Value::Null, _) => column.nullable && column.access != Access::Identity,
        // Names that today's metadata does not have are what a client will meet tomorrow.
        (Value::String(_), Kind::Choice(_)) => true,
        (value, kind) => kind.admits(value),
    };
    match (value.as_str().and_then(time::parse), column.kind) {
        _ if !fits => Err(format!("`{}` cannot be {value}", column.name)),
        (Some(instant), Kind::Time) => Ok(time::format(instant).into()),
        _ => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::switches::Order;

    fn now() -> Timestamp {
        time::parse("2024-01-01T00:00:00Z").unwrap()
    }

    fn domain(value: &str) -> Value {
        json!({"indicatorValue": value, "indicatorType": "DomainName", "action": "Block"})
    }

    /// A tenant with one application, `app`, and a portal at its side.
    struct Fixture {
        applications: Applications,
        options: Options,
    }

    impl Fixture {
        fn new() -> Self {
            let options = Options {
                client_id: Some("app".into()),
                ..Options::default()
            };
            Self {
                applications: Applications::new(&options).unwrap(),
                options,
            }
        }

        fn portal(&self) -> Portal<'_> {
            Portal {
                applications: &self.applications,
                options: &self.options,
                now: now(),
            }
        }
    }

    fn fill(store: Store, rows: &[Value]) -> Result<Store, String> {
        Fixture::new().portal().fill(store, rows)
    }

    fn save(store: &mut Store, row: &Value) -> Result<(), String> {
        Fixture::new().portal().save(store, row)
    }

    fn check(store: &Store, row: &Value) -> Result<(), String> {
        Fixture::new().portal().check(store, row)
    }

    fn delete(store: &mut Store, row: &Value) {
        Fixture::new().portal().delete(store, row);
    }

    fn filled(rows: &[Value]) -> Store {
        fill(Store::default(), rows).unwrap()
    }

    #[test]
    fn ids_go_on_after_a_replacement() {
        let first = filled(&[domain("a.example")]);
        let store = fill(first.emptied(), &[domain("b.example")]).unwrap();
        assert_eq!(store.get("2").unwrap().text(VALUE), "b.example");
    }

    fn values(store: &Store) -> Vec<&str> {
        store.iter(Order::Ascending).map(|row| row.text(VALUE)).collect()
    }

    #[test]
    fn missing_fields_are_filled_in_as_by_the_portal() {
        let store = filled(&[domain("a.example")]);
        let row: Value = store.get("1").unwrap().json().parse().unwrap();
        assert_eq!(row.as_object().unwrap().len(), 31);
        assert_eq!(row["createdBySource"], "Portal");
        assert_eq!(row["createdBy"], USER);
        assert_eq!(row["severity"], "Informational");
        assert_eq!(row["rbacGroupNames"], json!([]));
        assert_eq!(row["lastUpdateTime"], "2024-01-01T00:00:00Z");
        assert_eq!(row["lastUpdatedBy"], Value::Null);
    }

    #[test]
    fn what_is_given_is_kept_even_if_nobody_knows_it() {
        let store = filled(&[
            json!({"id": "41", "indicatorValue": "x", "indicatorType": "QuantumHash", "action": "Dream",
            "category": null, "createdBySource": "MDI", "newProperty": {"a": 1},
            "creationTimeDateTimeUtc": "2020-01-01T02:00:00.10+02:00"}),
        ]);
        let row: Value = store.get("41").unwrap().json().parse().unwrap();
        assert_eq!(
            (&row["indicatorType"], &row["action"]),
            (&json!("QuantumHash"), &json!("Dream"))
        );
        assert_eq!(
            (&row["category"], &row["createdBySource"]),
            (&json!(null), &json!("MDI"))
        );
        assert_eq!(row["newProperty"], json!({"a": 1}));
        assert_eq!(row["lastUpdateTime"], "2020-01-01T00:00:00.1Z");
        assert_eq!(store.free_id(), "42");
    }

    #[test]
    fn the_name_of_an_author_follows_the_author() {
        let mut row = domain("a.example");
        let stored = |row: &Value| -> [Value; 3] {
            let json: Value = filled(std::slice::from_ref(row))
                .get("1")
                .unwrap()
                .json()
                .parse()
                .unwrap();
            ["createdBy", "createdByDisplayName", "createdBySource"].map(|name| json[name].clone())
        };
        row["createdBy"] = json!("eve@contoso.example");
        assert_eq!(stored(&row), ["eve@contoso.example", "eve@contoso.example", "Portal"]);
        row["createdBy"] = json!("APP");
        assert_eq!(stored(&row), ["APP", "Simulated application", "PublicApi"]);
        row["createdByDisplayName"] = json!("Another name");
        row["createdBySource"] = json!("MDI");
        assert_eq!(stored(&row), ["APP", "Another name", "MDI"]);

        let mut store = filled(&[domain("a.example")]);
        save(&mut store, &json!({"id": "1", "createdBy": "eve@contoso.example"})).unwrap();
        assert_eq!(
            store.get("1").unwrap().text(CREATED_BY_DISPLAY_NAME),
            "eve@contoso.example"
        );
    }

    #[test]
    fn wrong_rows_are_refused() {
        let store = filled(&[domain("a.example")]);
        for (rows, problem) in [
            (json!([1]), "row 0: a row is a JSON object"),
            (json!([{}]), "row 0: `indicatorValue` is missing"),
            (json!([{"id": 1}]), "row 0: `id` cannot be 1"),
            (
                json!([{"expirationTime": "x"}]),
                "row 0: `expirationTime` cannot be \"x\"",
            ),
            (
                json!([domain("b.example"), domain("b.example")]),
                "row 1: `b.example` with id 3 has the id or the identity of an earlier row",
            ),
        ] {
            let result = fill(store.emptied(), rows.as_array().unwrap());
            assert_eq!(result.unwrap_err(), problem);
        }
    }

    #[test]
    fn the_portal_creates_changes_and_deletes() {
        let mut store = filled(&[domain("a.example")]);
        save(&mut store, &domain("b.example")).unwrap();
        assert_eq!(values(&store), ["a.example", "b.example"]);
        save(&mut store, &json!({"id": "1", "title": "changed"})).unwrap();
        let row = store.get("1").unwrap();
        assert_eq!((row.text(TITLE), row.text(UPDATED_BY)), ("changed", USER));
        delete(&mut store, &domain("a.example"));
        delete(&mut store, &json!({"id": "2"}));
        delete(&mut store, &json!({"id": "2"}));
        assert!(values(&store).is_empty());
        assert!(check(&store, &json!({"title": "no identity"})).is_err());
        assert!(check(&store, &json!({"id": "1", "title": "x"})).is_ok());
    }

    #[test]
    fn no_two_rows_get_one_identity() {
        let options = Options::default();
        let mut store = filled(&[domain("a.example"), domain("b.example")]);
        let mut new = domain("a.example");
        new["id"] = "9".into();
        let renamed = json!({"id": "2", "indicatorValue": "a.example"});
        for (row, id) in [(new, "9"), (renamed, "2")] {
            let problem = format!("`a.example` with id {id} has the identity of the row with id 1");
            assert_eq!(check(&store, &row), Err(problem.clone()));
            assert_eq!(save(&mut store, &row), Err(problem));
        }
        assert_eq!(values(&store), ["a.example", "b.example"]);
        assert_eq!(store.find(&store.get("1").unwrap().key(&options)).unwrap().id(), "1");
    }

    #[test]
    fn ids_have_a_bound() {
        let with_id = |id: u64| {
            let mut row = domain("a.example");
            row["id"] = id.to_string().into();
            row
        };
        for (id, taken) in [(u64::MAX, false), (LARGEST_ID + 1, false), (LARGEST_ID, true)] {
            let result = fill(Store::default(), &[with_id(id)]);
            assert_eq!(result.is_ok(), taken, "{id}");
        }
        let mut store = filled(&[with_id(LARGEST_ID)]);
        save(&mut store, &domain("b.example")).unwrap();
        assert_eq!(values(&store), ["a.example", "b.example"]);
    }

    #[test]
    fn moving_shifts_the_rows() {
        let mut store = filled(&[domain("a.example"), domain("b.example")]);
        Fixture::new().portal().move_rows(&mut store, 1, 2);
        assert_eq!(values(&store), ["b.example", "moved-3.example", "moved-4.example"]);
    }
}
