//! A simulated tenant.

use mde::simulator::{Call, Fault, Options, Simulator};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A simulated tenant with a directory of its own.
pub struct Tenant {
    pub simulator: Arc<Simulator>,
    _directory: TempDir,
}

impl Tenant {
    /// A tenant as the service is documented, limits on.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A tenant with switches set.
    pub async fn with(set: impl FnOnce(&mut Options)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut options = Options {
            directory: Some(directory.path().to_owned()),
            ..Options::default()
        };
        set(&mut options);
        let simulator = Arc::new(Simulator::start(options).await.unwrap());
        Self {
            simulator,
            _directory: directory,
        }
    }

    /// Environment variables that lead a provider here.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.simulator.environment()
    }

    /// The calls of one kind since the log was cleared.
    pub fn calls(&self, method: &str, end: &str) -> Vec<Call> {
        self.simulator
            .calls()
            .into_iter()
            .filter(|call| call.method == method && call.path.ends_with(end))
            .collect()
    }

    pub fn imports(&self) -> usize {
        self.calls("POST", "/indicators/import").len()
    }

    pub fn lists(&self) -> usize {
        self.calls("GET", "/indicators").len()
    }

    pub fn batch_deletes(&self) -> usize {
        self.calls("POST", "/indicators/BatchDelete").len()
    }

    /// Calls that the service throttled.
    pub fn throttled(&self) -> usize {
        self.simulator.calls().iter().filter(|call| call.status == 429).count()
    }

    /// The row of a value; the first if there are several.
    pub fn row(&self, value: &str) -> Option<Value> {
        self.simulator
            .rows()
            .into_iter()
            .find(|row| row["indicatorValue"] == value)
    }

    /// All rows by value and action. A row that is equal before and after was neither deleted and made anew nor written
    /// again: the service gives a new id to the one and notes the author and instant of the other.
    pub fn rows(&self) -> BTreeMap<String, Value> {
        let name = |row: &Value| {
            format!(
                "{} {}",
                row["indicatorValue"].as_str().unwrap(),
                row["action"].as_str().unwrap()
            )
        };
        let rows = self.simulator.rows();
        let count = rows.len();
        let named: BTreeMap<String, Value> = rows.into_iter().map(|row| (name(&row), row)).collect();
        assert_eq!(named.len(), count, "a row is there twice");
        named
    }

    /// Lets more time pass than any of the service's limits looks back.
    pub fn pass_time(&self) {
        self.simulator.advance(Duration::from_secs(2 * 60 * 60));
    }

    /// Items of all imports so far.
    pub fn imported(&self) -> usize {
        self.items("/indicators/import")
    }

    /// Ids in all batch deletes so far.
    pub fn deleted(&self) -> usize {
        self.items("/indicators/BatchDelete")
    }

    fn items(&self, end: &str) -> usize {
        self.calls("POST", end).iter().map(|call| call.items).sum()
    }

    /// Panics unless these are the numbers of imports and of their items, of batch deletes and of their ids, and of lists
    /// since the log was cleared; then clears it.
    #[track_caller]
    pub fn expect_calls(&self, imports: (usize, usize), deletes: (usize, usize), lists: usize) {
        let found = (
            (self.imports(), self.imported()),
            (self.batch_deletes(), self.deleted()),
            self.lists(),
        );
        assert_eq!(
            found,
            (imports, deletes, lists),
            "(imports, items), (deletes, ids), lists"
        );
        self.simulator.clear_calls();
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.simulator.add_faults(vec![fault]).unwrap();
    }

    /// Value and action of every row, sorted.
    pub fn held(&self) -> Vec<(String, String)> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        let mut held: Vec<_> = self
            .simulator
            .rows()
            .iter()
            .map(|row| (text(row, "indicatorValue"), text(row, "action")))
            .collect();
        held.sort();
        held
    }

    /// The values of all rows, sorted.
    pub fn values(&self) -> Vec<String> {
        self.held().into_iter().map(|(value, _)| value).collect()
    }

    /// Changes one row as somebody in the portal would.
    pub fn edit(&self, value: &str, change: impl FnOnce(&mut Value)) {
        self.portal(|rows| {
            let row = rows
                .iter_mut()
                .find(|row| row["indicatorValue"] == value)
                .unwrap_or_else(|| panic!("no row {value}"));
            row["lastUpdatedBy"] = "eve@contoso.example".into();
            row["lastUpdateTime"] = "2026-01-02T03:04:05Z".into();
            change(row);
        });
    }

    /// Takes rows away as somebody in the portal would.
    pub fn remove(&self, values: &[&str]) {
        self.portal(|rows| rows.retain(|row| !values.iter().any(|value| row["indicatorValue"] == *value)));
    }

    /// Deletes a row and makes it anew as somebody in the portal would, with another id.
    pub fn rekey(&self, value: &str) {
        self.portal(|rows| {
            let number = |row: &Value| row["id"].as_str().unwrap().parse::<u64>().unwrap();
            let free = rows.iter().map(number).max().unwrap_or_default() + 1;
            let row = rows
                .iter_mut()
                .find(|row| row["indicatorValue"] == value)
                .unwrap_or_else(|| panic!("no row {value}"));
            row["id"] = free.to_string().into();
            row["createdBy"] = "eve@contoso.example".into();
            row["createdByDisplayName"] = "eve@contoso.example".into();
            row["createdBySource"] = "Portal".into();
            row["lastUpdatedBy"] = Value::Null;
        });
    }

    /// Changes the tenant as somebody in the portal would.
    pub fn portal(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut rows = self.simulator.rows();
        change(&mut rows);
        self.simulator.put_rows(rows).unwrap();
    }

    /// Adds a row as somebody in the portal would.
    pub fn add_foreign(&self, kind: &str, value: &str, action: &str) {
        self.portal(|rows| {
            rows.push(json!({
                "indicatorType": kind, "indicatorValue": value, "action": action, "title": "made in the portal",
                "description": "by hand", "createdBy": "eve@contoso.example", "createdByDisplayName": "eve@contoso.example"
            }));
        });
    }
}
