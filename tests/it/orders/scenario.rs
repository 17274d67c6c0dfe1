//! Scenarios: a tenant, the states of two or three objects, and what is configured, with the letters of
//! `model/rows.py`: a key is a value and an action, a content is `a` or `b`, an author is us or somebody else.

use super::chance::Chance;
use std::collections::{BTreeMap, BTreeSet};

/// Places of an address: the current object, then deposed ones.
pub const PLACES: usize = 4;

/// The id of the first row that a run makes, and of rows that are recorded and gone.
pub const FIRST_NEW_ID: u64 = 50;
const FIRST_DEAD_ID: u64 = 990;

/// A value, and its action if there is a second letter.
pub type Key = String;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Us,
    Eve,
}

/// A row of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: u64,
    pub content: String,
    pub author: Author,
    pub label: String,
    /// By whom and when it was written last; empty in a scenario.
    pub written: String,
}

/// A row in the state of an object; without an id it is only shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub key: Key,
    pub id: Option<u64>,
    pub content: String,
    pub label: String,
}

/// The state of one object, and the host's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub rows: Vec<Held>,
    /// Ids that it may take again.
    pub note: BTreeSet<u64>,
    pub label: String,
    pub exclusive: bool,
    pub tainted: bool,
}

/// The configuration of one object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Want {
    pub rows: BTreeMap<Key, String>,
    pub label: String,
    pub exclusive: bool,
    pub adopt: bool,
    /// `create_before_destroy`.
    pub cbd: bool,
    /// The list is unknown at plan.
    pub unknown: bool,
}

/// A tenant, and [`PLACES`] states for each address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    pub tenant: BTreeMap<Key, Row>,
    pub states: Vec<Option<State>>,
}

/// In which form a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Object,
    Text,
}

/// How an address is written down; nothing of it may matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    /// As one `mde_indicator` instead of a set.
    pub single: bool,
    /// The form of the list in the states and in the configuration.
    pub forms: [Form; 2],
    /// Content `a` is the set's default, and stands in no row.
    pub defaults: bool,
}

/// What is explored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub world: World,
    pub config: Vec<Option<Want>>,
    /// Keys that the service refuses in the first run.
    pub refused: BTreeSet<Key>,
    /// Addresses under `-replace`.
    pub replaced: BTreeSet<usize>,
    pub spellings: Vec<Spelling>,
    /// Whether an earlier run has left its private data with the states.
    pub remembered: bool,
}

/// How it is explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Labels whose rows may move.
    pub applications: &'static [&'static str],
    /// `max_removals`.
    pub limit: Option<u64>,
    pub refresh: bool,
    /// Terraform 1.10 and 1.11: a removed object is planned for destruction before its refresh.
    pub orphan_first: bool,
    /// `terraform destroy`.
    pub destroy: bool,
    /// A kill between any two calls.
    pub kills: bool,
    /// Ctrl-C at any moment.
    pub stop: bool,
}

impl Setting {
    /// A run as most are.
    pub const PLAIN: Self = Self {
        applications: &[],
        limit: None,
        refresh: true,
        orphan_first: false,
        destroy: false,
        kills: false,
        stop: false,
    };
}

impl Row {
    /// The same row, whoever wrote it last.
    pub fn is(&self, other: &Row) -> bool {
        (self.id, &self.content, self.author, &self.label) == (other.id, &other.content, other.author, &other.label)
    }
}

impl State {
    /// The rows that the object holds. A second row of one key shows as id 0, which is no id.
    pub fn record(&self) -> BTreeMap<Key, u64> {
        let mut record = BTreeMap::new();
        for row in &self.rows {
            if let Some(id) = row.id {
                record.entry(row.key.clone()).and_modify(|id| *id = 0).or_insert(id);
            }
        }
        record
    }

    /// Whether it records this id.
    pub fn holds(&self, id: u64) -> bool {
        self.rows.iter().any(|row| row.id == Some(id))
    }
}

impl World {
    /// Every id that a state records.
    pub fn recorded(&self) -> BTreeSet<u64> {
        let states = self.states.iter().flatten();
        states.flat_map(|state| state.record().into_values()).collect()
    }

    /// The states of current objects.
    pub fn current(&self) -> impl Iterator<Item = Option<&State>> {
        self.states.iter().step_by(PLACES).map(Option::as_ref)
    }

    /// Whether two states record a row, or one an id that the tenant does not have.
    pub fn holders(&self, key: &str) -> usize {
        let states = self.states.iter().flatten();
        states.filter(|state| state.record().contains_key(key)).count()
    }
}

impl Scenario {
    /// Whether any object is exclusive, before or after. Their scope needs a label that is not empty.
    pub fn has_exclusive(&self) -> bool {
        self.world.states.iter().flatten().any(|state| state.exclusive)
            || self.config.iter().flatten().any(|want| want.exclusive)
    }

    /// The same configuration with all lists known.
    pub fn known(&self) -> Vec<Option<Want>> {
        let known = |want: &Want| Want {
            unknown: false,
            ..want.clone()
        };
        self.config.iter().map(|want| want.as_ref().map(known)).collect()
    }

    /// The name of an object in messages of the tests.
    pub fn name(slot: usize) -> String {
        let address = ["a", "b", "c"][slot / PLACES];
        match slot % PLACES {
            0 => address.to_owned(),
            place => format!("{address} deposed {place}"),
        }
    }
}

/// Probabilities of a family's scenarios.
#[derive(Debug, Clone, Copy)]
pub struct Odds {
    pub labels: &'static [&'static str],
    pub eve: f64,
    pub exclusive: f64,
    pub adopt: f64,
    pub cbd: f64,
    pub deposed: f64,
    pub unknown: f64,
    pub dead: f64,
    pub refuse: f64,
    pub replaced: f64,
    pub tainted: f64,
    pub clash: f64,
    pub hold: f64,
    pub gone: f64,
}

impl Odds {
    /// As the model has them where a family says nothing else.
    pub const USUAL: Self = Self {
        labels: &[""],
        eve: 0.15,
        exclusive: 0.0,
        adopt: 0.0,
        cbd: 0.0,
        deposed: 0.0,
        unknown: 0.0,
        dead: 0.05,
        refuse: 0.1,
        replaced: 0.0,
        tainted: 0.0,
        clash: 0.0,
        hold: 0.5,
        gone: 0.15,
    };
}

/// A scenario by chance: `chance_scenario` of the model.
pub fn by_chance(chance: &mut Chance, odds: &Odds, objects: usize, keys: &[&str]) -> Scenario {
    let mut tenant = BTreeMap::new();
    for key in keys {
        if chance.happens(0.8) {
            let row = Row {
                id: tenant.len() as u64 + 1,
                content: chance.pick(&["a", "b"]).to_owned(),
                author: if chance.happens(odds.eve) {
                    Author::Eve
                } else {
                    Author::Us
                },
                label: chance.pick(odds.labels).to_owned(),
                written: String::new(),
            };
            tenant.insert((*key).to_owned(), row);
        }
    }
    let (mut states, mut config) = (Vec::new(), Vec::new());
    for address in 0..objects {
        let mut current = None;
        if !chance.happens(0.15) {
            current = Some(state_by_chance(chance, odds, &tenant, keys, address, odds.tainted));
        }
        let mut deposed = None;
        if chance.happens(odds.deposed) {
            deposed = Some(state_by_chance(chance, odds, &tenant, keys, address, 0.0));
        }
        let kept = current.as_ref().map(|state| state.label.clone());
        let label = match kept {
            Some(label) if chance.happens(0.5) => label,
            _ => chance.pick(odds.labels).to_owned(),
        };
        let want = Want {
            rows: BTreeMap::new(),
            label,
            exclusive: chance.happens(odds.exclusive),
            adopt: chance.happens(odds.adopt),
            cbd: chance.happens(odds.cbd),
            unknown: chance.happens(odds.unknown),
        };
        config.push((!chance.happens(odds.gone)).then_some(want));
        states.extend([current, deposed]);
        states.extend((2..PLACES).map(|_| None));
    }
    for key in keys {
        for _ in 0..if chance.happens(odds.clash) { 2 } else { 1 } {
            let owner = chance.below(objects + 1);
            if let Some(Some(want)) = config.get_mut(owner) {
                want.rows.insert((*key).to_owned(), chance.pick(&["a", "b"]).to_owned());
            }
        }
    }
    let refused = keys
        .iter()
        .filter(|_| chance.happens(odds.refuse))
        .map(|key| (*key).to_owned())
        .collect();
    let may_be_replaced = |address: &usize| {
        let state: &Option<State> = &states[address * PLACES];
        config[*address].is_some() && state.as_ref().is_some_and(|state| !state.tainted)
    };
    let replaced = (0..objects)
        .filter(may_be_replaced)
        .filter(|_| chance.happens(odds.replaced))
        .collect();
    let mut scenario = Scenario {
        world: World { tenant, states },
        config,
        refused,
        replaced,
        spellings: Vec::new(),
        remembered: chance.happens(0.5),
    };
    scenario.spellings = (0..objects)
        .map(|address| spelling_by_chance(chance, &scenario, address))
        .collect();
    scenario
}

fn state_by_chance(
    chance: &mut Chance,
    odds: &Odds,
    tenant: &BTreeMap<Key, Row>,
    keys: &[&str],
    address: usize,
    tainted: f64,
) -> State {
    let mut rows = Vec::new();
    for (key, row) in tenant {
        if chance.happens(odds.hold) {
            rows.push(Held {
                key: key.clone(),
                id: Some(row.id),
                content: row.content.clone(),
                label: row.label.clone(),
            });
        }
    }
    for key in keys {
        if !rows.iter().any(|row| row.key == **key) && chance.happens(odds.dead) {
            rows.push(Held {
                key: (*key).to_owned(),
                id: Some(FIRST_DEAD_ID + address as u64),
                content: "a".to_owned(),
                label: chance.pick(odds.labels).to_owned(),
            });
        }
    }
    rows.sort_by(|left, right| left.key.cmp(&right.key));
    // One id names one row: two dead rows of one object are two ids.
    for (index, row) in rows.iter_mut().enumerate() {
        row.id = row.id.map(|id| {
            if id >= FIRST_DEAD_ID {
                id + 10 * index as u64
            } else {
                id
            }
        });
    }
    State {
        rows,
        note: BTreeSet::new(),
        label: chance.pick(odds.labels).to_owned(),
        exclusive: chance.happens(odds.exclusive),
        tainted: chance.happens(tainted),
    }
}

/// Half of the addresses that have one row each time are written as single indicators.
fn spelling_by_chance(chance: &mut Chance, scenario: &Scenario, address: usize) -> Spelling {
    let one_row = |state: &State| state.rows.len() == 1 && !state.exclusive && state.rows[0].label == state.label;
    let fits = scenario.world.states[address * PLACES..][..PLACES]
        .iter()
        .flatten()
        .all(one_row)
        && scenario.config[address]
            .as_ref()
            .is_none_or(|want| want.rows.len() == 1 && !want.exclusive);
    let mut form = || *chance.pick(&[&Form::Object, &Form::Object, &Form::Text]);
    let forms = [form(), form()];
    Spelling {
        single: fits && chance.happens(0.5),
        forms,
        defaults: chance.happens(0.3),
    }
}
