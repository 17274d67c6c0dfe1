//! What other authors do to the tenant: rows that tests and faults put there.
//!
//! **Invariant:** unlike a submission, nothing here is checked for sense: a tenant may hold rows that the API no longer
//! takes, of types that no client knows yet.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::columns::{
    ACTION, Access, COLUMNS, CREATED, CREATED_BY, CREATED_BY_DISPLAY_NAME, CREATED_BY_SOURCE, Column, DESCRIPTION, ID,
    Kind, TITLE, TYPE, UPDATED, UPDATED_BY, VALUE, position,
};
use super::options::Options;
use super::row::{Key, Row};
use super::store::{Store, number};
use super::time;

const USER: &str = "analyst@contoso.example";

/// Recorded ids are small numbers that count up. This leaves more room behind it than rows can ever be made.
const LARGEST_ID: u64 = 1_000_000_000_000_000;

/// Replaces every row. On an error, which says what is wrong with which row, nothing is changed.
pub fn replace(store: &mut Store, rows: &[Value], now: Timestamp, options: &Options) -> Result<(), String> {
    let mut replacement = store.emptied();
    for (index, row) in rows.iter().enumerate() {
        let at = |problem: String| format!("row {index}: {problem}");
        let (values, extra) = read(row, None, &replacement, now).map_err(at)?;
        let row = Row::new(values, extra);
        if replacement.get(row.id()).is_some() || replacement.find(&row.key(options)).is_some() {
            let (value, id) = (row.text(VALUE), row.id());
            return Err(at(format!(
                "`{value}` with id {id} has the id or the identity of an earlier row"
            )));
        }
        replacement.put(row, options);
    }
    *store = replacement;
    Ok(())
}

/// Creates a row, or changes the one with the same id or identity. Nothing is changed if another row has that identity.
pub fn save(store: &mut Store, row: &Value, now: Timestamp, options: &Options) -> Result<(), String> {
    let (values, extra) = read(row, find(store, row, options), store, now)?;
    let row = Row::new(values, extra);
    check_identity(store, &row, options)?;
    store.put(row, options);
    Ok(())
}

/// Deletes the row with the same id or identity, if there is one.
pub fn delete(store: &mut Store, row: &Value, now: Timestamp, options: &Options) {
    if let Some(id) = find(store, row, options).map(|row| row.id().to_owned()) {
        store.delete(&id, now, options);
    }
}

/// Deletes the first rows of a listing and adds others, so that the offsets of all rows change.
pub fn move_rows(store: &mut Store, remove: usize, add: usize, now: Timestamp, options: &Options) {
    let gone: Vec<String> = store
        .iter(options.order)
        .take(remove)
        .map(|row| row.id().to_owned())
        .collect();
    for id in gone {
        store.delete(&id, now, options);
    }
    for _ in 0..add {
        let value = format!("moved-{}.example", store.free_id());
        let row = json!({"indicatorValue": value, "indicatorType": "DomainName", "action": "Allowed"});
        // A row that is complete and new cannot be refused.
        let _ = save(store, &row, now, options);
    }
}

/// Says what is wrong with a row that [`save`] would have to take later, as far as it can be known now.
pub fn check(store: &Store, row: &Value, now: Timestamp, options: &Options) -> Result<(), String> {
    let existing = find(store, row, options);
    let has_id = row
        .get("id")
        .is_some_and(|id| id.as_str().is_some_and(|id| number(id).is_some()));
    // A row with an id that nobody has yet may be there by then, with all that this one leaves out.
    let known = Row::new(COLUMNS.iter().map(Column::default_value).collect(), Map::new());
    let (values, extra) = read(row, existing.or(has_id.then_some(&known)), store, now)?;
    check_identity(store, &Row::new(values, extra), options)
}

/// Refuses a row with the identity of another one: a tenant has one row for each.
fn check_identity(store: &Store, row: &Row, options: &Options) -> Result<(), String> {
    match store.find(&row.key(options)) {
        Some(other) if other.id() != row.id() => Err(format!(
            "`{}` with id {} has the identity of the row with id {}",
            row.text(VALUE),
            row.id(),
            other.id()
        )),
        _ => Ok(()),
    }
}

fn find<'a>(store: &'a Store, row: &Value, options: &Options) -> Option<&'a Row> {
    if let Some(id) = row.get("id").and_then(Value::as_str) {
        return store.get(id);
    }
    let values: Vec<Value> = COLUMNS
        .iter()
        .map(|c| row.get(c.name).cloned().unwrap_or(c.default_value()))
        .collect();
    store.find(&Key::of(&values, options))
}

type Read = (Vec<Value>, Map<String, Value>);

fn read(row: &Value, existing: Option<&Row>, store: &Store, now: Timestamp) -> Result<Read, String> {
    let object = row.as_object().ok_or("a row is a JSON object")?;
    let mut values: Vec<Value> = existing.map_or_else(
        || COLUMNS.iter().map(Column::default_value).collect(),
        |row| row.values().to_vec(),
    );
    let mut extra = existing.map(|row| row.extra().clone()).unwrap_or_default();
    if existing.is_some() {
        values[UPDATED] = time::format(now).into();
        values[UPDATED_BY] = USER.into();
    } else {
        values[ID] = store.free_id().into();
        values[TITLE] = "Added in the portal".into();
        values[DESCRIPTION] = "Added in the portal".into();
        values[CREATED] = time::format(now).into();
        values[CREATED_BY] = USER.into();
        values[CREATED_BY_DISPLAY_NAME] = USER.into();
        values[CREATED_BY_SOURCE] = "Portal".into();
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

    fn filled(rows: &[Value]) -> Store {
        let mut store = Store::default();
        replace(&mut store, rows, now(), &Options::default()).unwrap();
        store
    }

    #[test]
    fn ids_go_on_after_a_replacement() {
        let mut store = filled(&[domain("a.example")]);
        replace(&mut store, &[domain("b.example")], now(), &Options::default()).unwrap();
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
    fn wrong_rows_are_refused_and_change_nothing() {
        let mut store = filled(&[domain("a.example")]);
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
            let result = replace(&mut store, rows.as_array().unwrap(), now(), &Options::default());
            assert_eq!(result.unwrap_err(), problem);
            assert_eq!(values(&store), ["a.example"]);
        }
    }

    #[test]
    fn the_portal_creates_changes_and_deletes() {
        let options = Options::default();
        let mut store = filled(&[domain("a.example")]);
        save(&mut store, &domain("b.example"), now(), &options).unwrap();
        assert_eq!(values(&store), ["a.example", "b.example"]);
        save(&mut store, &json!({"id": "1", "title": "changed"}), now(), &options).unwrap();
        let row = store.get("1").unwrap();
        assert_eq!((row.text(TITLE), row.text(UPDATED_BY)), ("changed", USER));
        delete(&mut store, &domain("a.example"), now(), &options);
        delete(&mut store, &json!({"id": "2"}), now(), &options);
        delete(&mut store, &json!({"id": "2"}), now(), &options);
        assert!(values(&store).is_empty());
        let check = |row| check(&store, &row, now(), &options);
        assert!(check(json!({"title": "no identity"})).is_err());
        assert!(check(json!({"id": "1", "title": "x"})).is_ok());
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
            assert_eq!(check(&store, &row, now(), &options), Err(problem.clone()));
            assert_eq!(save(&mut store, &row, now(), &options), Err(problem));
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
        let mut store = Store::default();
        for (id, taken) in [(u64::MAX, false), (LARGEST_ID + 1, false), (LARGEST_ID, true)] {
            let result = replace(&mut store, &[with_id(id)], now(), &Options::default());
            assert_eq!(result.is_ok(), taken, "{id}");
        }
        save(&mut store, &domain("b.example"), now(), &Options::default()).unwrap();
        assert_eq!(values(&store), ["a.example", "b.example"]);
    }

    #[test]
    fn moving_shifts_the_rows() {
        let mut store = filled(&[domain("a.example"), domain("b.example")]);
        move_rows(&mut store, 1, 2, now(), &Options::default());
        assert_eq!(values(&store), ["b.example", "moved-3.example", "moved-4.example"]);
    }
}
