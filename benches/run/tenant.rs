//! The tenant: the simulator, its limits on, and what was asked of it.

use mde::simulator::{Options, Simulator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Longer than the windows of a minute that the service counts calls in. Commands of a benchmark follow each other
/// faster than those of people; so the simulator's clock moves on between them.
const PAUSE: Duration = Duration::from_secs(61);

/// The simulator.
pub struct Tenant(Simulator);

/// Calls of one endpoint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Endpoint {
    pub calls: usize,
    /// Indicators in requests or answers.
    pub items: usize,
    /// Bytes of the requests' bodies.
    pub sent: usize,
    /// Bytes of the answers' bodies, compressed.
    pub received: usize,
    /// Calls that the service throttled.
    pub throttled: usize,
}

/// Calls by endpoint.
pub type Calls = BTreeMap<String, Endpoint>;

impl Tenant {
    pub fn start(runtime: &Runtime) -> Self {
        Self(runtime.block_on(Simulator::start(Options::default())).unwrap())
    }

    pub fn environment(&self) -> Vec<(String, String)> {
        self.0.environment()
    }

    /// What `command` answers, and the calls that it made.
    pub fn during<T>(&self, command: impl FnOnce() -> T) -> (T, Calls) {
        self.0.advance(PAUSE);
        self.0.clear_calls();
        let result = command();
        let mut calls = Calls::new();
        for call in self.0.calls() {
            let name = call.path.rsplit('/').next().unwrap_or_default();
            let name = if name == "indicators" { "list" } else { name };
            let endpoint = calls.entry(name.to_owned()).or_default();
            endpoint.calls += 1;
            endpoint.items += call.items;
            endpoint.sent += call.received;
            endpoint.received += call.sent;
            endpoint.throttled += usize::from(call.status == 429);
        }
        (result, calls)
    }

    /// Somebody changes the descriptions of the first `count` rows in the portal, and puts them back afterwards.
    pub fn while_changed<T>(&self, count: usize, work: impl FnOnce() -> T) -> T {
        let before = self.0.rows();
        let mut rows = before.clone();
        for row in rows.iter_mut().take(count) {
            row["description"] = json!("changed in the portal");
            row["lastUpdatedBy"] = json!("eve@contoso.example");
        }
        self.put(rows);
        let result = work();
        self.put(before);
        result
    }

    /// Puts these rows in the place of those that are there, and answers those.
    pub fn exchange(&self, rows: Vec<Value>) -> Vec<Value> {
        let before = self.0.rows();
        self.put(rows);
        before
    }

    /// Takes all rows away.
    pub fn empty(&self) {
        self.put(Vec::new());
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.0.rows().len()
    }

    fn put(&self, rows: Vec<Value>) {
        self.0.put_rows(rows).unwrap();
    }
}
