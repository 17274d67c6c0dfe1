//! A scenario that is written down by hand, explored in every order.

use super::chance::Chance;
use super::explore::{Effort, Explorer, Findings};
use super::family::report;
use super::scenario::{Author, Form, Held, PLACES, Row, Scenario, Setting, Spelling, State, Want, World};
use super::walk::Stage;
use std::collections::{BTreeMap, BTreeSet};

/// More than a story with two or three objects has.
const EFFORT: Effort = Effort {
    orders: 100,
    applies: 60,
    kills: 60,
};

/// A tenant, and objects as they are and as they are wanted.
#[derive(Debug, Clone)]
pub struct Story {
    scenario: Scenario,
    /// Rows of the tenant by key, to hold in a state.
    ids: BTreeMap<String, u64>,
}

/// An object as it is wanted.
pub fn want(rows: &[(&str, &str)]) -> Want {
    Want {
        rows: rows
            .iter()
            .map(|(key, content)| ((*key).to_owned(), (*content).to_owned()))
            .collect(),
        ..Want::default()
    }
}

impl Story {
    /// No rows and no objects.
    pub fn new() -> Self {
        Self {
            scenario: Scenario {
                world: World {
                    tenant: BTreeMap::new(),
                    states: Vec::new(),
                },
                config: Vec::new(),
                refused: BTreeSet::new(),
                replaced: BTreeSet::new(),
                spellings: Vec::new(),
                remembered: true,
            },
            ids: BTreeMap::new(),
        }
    }

    fn row(mut self, key: &str, content: &str, label: &str, author: Author) -> Self {
        let id = self.ids.len() as u64 + 1;
        self.ids.insert(key.to_owned(), id);
        let row = Row {
            id,
            content: content.to_owned(),
            author,
            label: label.to_owned(),
            written: String::new(),
        };
        self.scenario.world.tenant.insert(key.to_owned(), row);
        self
    }

    /// A row that this application made.
    pub fn ours(self, key: &str, content: &str, label: &str) -> Self {
        self.row(key, content, label, Author::Us)
    }

    /// A row that somebody else made.
    pub fn foreign(self, key: &str, content: &str, label: &str) -> Self {
        self.row(key, content, label, Author::Eve)
    }

    /// One more address: an object that holds these rows of the tenant, or none yet, and what is wanted of it.
    pub fn object(mut self, holds: Option<&[&str]>, want: Option<Want>) -> Self {
        let state = holds.map(|keys| self.state(keys));
        self.scenario.world.states.push(state);
        self.scenario.world.states.extend((1..PLACES).map(|_| None));
        self.scenario.config.push(want);
        self.scenario.spellings.push(Spelling {
            single: false,
            forms: [Form::Object; 2],
            defaults: false,
        });
        self
    }

    /// A key that the tenant does not have stands for a row that is gone.
    fn state(&self, keys: &[&str]) -> State {
        let held = |(index, key): (usize, &&str)| {
            let row = self.scenario.world.tenant.get(*key);
            Held {
                key: (*key).to_owned(),
                id: Some(row.map_or(990 + index as u64, |row| row.id)),
                content: row.map_or("a", |row| &row.content).to_owned(),
                label: row.map_or("", |row| &row.label).to_owned(),
            }
        };
        let rows: Vec<Held> = keys.iter().enumerate().map(held).collect();
        State {
            label: rows.first().map_or(String::new(), |row| row.label.clone()),
            rows,
            note: BTreeSet::new(),
            exclusive: false,
            tainted: false,
        }
    }

    /// Changes the state of the object that was added last.
    pub fn with(mut self, change: impl FnOnce(&mut State)) -> Self {
        let slot = self.scenario.world.states.len() - PLACES;
        change(
            self.scenario.world.states[slot]
                .as_mut()
                .expect("the object has a state"),
        );
        self
    }

    /// In the state of the object that was added last this row has an id that nothing has any more.
    pub fn dead(self, key: &str) -> Self {
        self.with(|state| {
            let row = state.rows.iter_mut().find(|row| row.key == key);
            row.expect("the object holds it").id = Some(999);
        })
    }

    /// Writes the object that was added last as one `mde_indicator`.
    pub fn single(mut self) -> Self {
        self.scenario.spellings.last_mut().expect("there is an object").single = true;
        self
    }

    /// Replaces the object that was added last, as `-replace` does.
    pub fn replaced(mut self) -> Self {
        self.scenario.replaced.insert(self.scenario.config.len() - 1);
        self
    }

    /// The service refuses this row in the first run.
    pub fn refused(mut self, key: &str) -> Self {
        self.scenario.refused.insert(key.to_owned());
        self
    }

    /// Explores it in every order. Panics with what went wrong.
    pub async fn explore(self, setting: Setting) -> Findings {
        let stage = Stage::new().await;
        let mut explorer = Explorer::new(&stage, &self.scenario, setting, EFFORT, Chance::of("story", 0));
        explorer.run().await;
        let findings = explorer.findings;
        let faults = report("story", &setting, &self.scenario, &findings.faults);
        assert!(findings.faults.is_empty(), "{faults}");
        findings
    }

    /// Explores it: its plan must be refused in every order, in these words.
    pub async fn must_be_refused(self, setting: Setting, words: &str) {
        let findings = self.explore(setting).await;
        assert_eq!(findings.ends, 0, "it was refused in no order");
        assert!(!findings.refusals.is_empty());
        for error in &findings.refusals {
            assert!(error.contains(words), "{words:?} is not in {error}");
        }
    }

    /// Explores it: its plan must be refused in no order.
    pub async fn must_go_well(self, setting: Setting) {
        let findings = self.explore(setting).await;
        assert!(findings.refusals.is_empty(), "{:?}", findings.refusals);
        assert!(findings.ends > 0);
    }
}
