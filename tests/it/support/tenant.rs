//! A simulated tenant.

use mde::simulator::{Call, Options, Simulator};
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
