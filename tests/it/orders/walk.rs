//! What a host does in a plan walk, one step of one object at a time (reference/host-checks.md, section 6 and the
//! corrections A to E). Steps of different objects mix in any order.

use super::scenario::{PLACES, Scenario, Setting, Want};
use super::translate::{Real, Translator};
use crate::support::{Calls, Process, Schemas, Stored, Tenant, TenantClock, Told};
use mde::provider::MdeProvider;
use mde::simulator::{Fault, FaultKind, Toggle};
use mde::tf::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// What the service says about a row that it refuses.
const REASON: &str = "The indicator is not valid.";

/// A tenant of which many runs are made, one after the other.
pub struct Stage {
    pub tenant: Tenant,
    pub schemas: Arc<Schemas>,
    pub journal: Journal,
}

/// What has happened on a stage, line by line, for whoever wants to make it happen again.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<String>>);

impl Journal {
    /// Notes one thing.
    pub fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// How many lines there are.
    pub fn length(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Forgets what was noted after so many lines.
    pub fn back_to(&self, length: usize) {
        self.0.lock().unwrap().truncate(length);
    }

    /// Everything.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// One scenario on a stage, and how its runs are made.
pub struct Play<'a> {
    pub stage: &'a Stage,
    pub translator: Translator,
    pub scenario: &'a Scenario,
    pub setting: Setting,
    /// The configuration of these runs.
    pub config: Vec<Option<Want>>,
    /// Whether these runs refuse and replace what the scenario says.
    pub first: bool,
}

/// What an apply is to do to one object.
#[derive(Debug, Clone)]
pub struct Change {
    pub kind: Kind,
    /// The value that a deletion is given.
    pub before: Value,
    pub planned: Value,
    /// Planned private data, which only deletions are given.
    pub private: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Create,
    Update,
    Replace,
    Delete,
}

/// What a plan walk came to. After an error there are no changes.
#[derive(Debug, Clone)]
pub struct Planned {
    pub errors: Vec<String>,
    pub states: Vec<Option<Stored>>,
    pub changes: Vec<Option<Change>>,
}

/// One call, or several that nothing can come between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Refresh,
    Destroy,
    Update,
    Create,
}

impl Stage {
    pub async fn new() -> Self {
        let tenant = Tenant::with(|options| options.limits = Toggle::Off).await;
        let clock = Arc::new(TenantClock::new(tenant.simulator.clone()));
        let schemas = Arc::new(Schemas::of(&MdeProvider::new(clock, |_| None)));
        Self {
            tenant,
            schemas,
            journal: Journal::default(),
        }
    }

    /// Puts the rows in place, and forgets everything else.
    pub fn set(&self, rows: &[serde_json::Value]) {
        self.tenant
            .simulator
            .begin_anew(rows, super::scenario::FIRST_NEW_ID)
            .unwrap();
    }
}

impl Play<'_> {
    /// A provider process that is configured; the errors if it cannot be.
    pub async fn process(&self) -> Result<Process, Vec<String>> {
        let environment: BTreeMap<String, String> = self.stage.tenant.environment().into_iter().collect();
        let clock = Arc::new(TenantClock::new(self.stage.tenant.simulator.clone()));
        let provider = MdeProvider::new(clock, move |name| environment.get(name).cloned());
        let process = Process::start(Calls::new(provider, self.stage.schemas.clone()));
        let block = Translator::block(&self.setting);
        let told = process
            .run(|mut calls| async move { calls.configure(&block).await })
            .await;
        if told.failed() { Err(told.errors) } else { Ok(process) }
    }

    /// The private data that a provider gives to an object that it has refreshed.
    pub async fn private(&self, slot: usize, stored: Stored) -> Vec<u8> {
        let address = self.translator.address(slot);
        let process = self.process().await.unwrap_or_else(|errors| panic!("{errors:?}"));
        let answer = process
            .run(|mut calls| async move { calls.read(&address, &stored).await })
            .await;
        assert!(!answer.told.failed(), "{:?}", answer.told.errors);
        answer.private
    }

    /// The configuration of an address as the host has it, unknown parts known if `known`.
    pub fn config(&self, slot: usize, known: bool) -> Value {
        let want = self.config[slot / PLACES].as_ref().expect("the object is configured");
        let want = Want {
            unknown: want.unknown && !known,
            ..want.clone()
        };
        let block = self.translator.config(slot / PLACES, &want);
        self.stage.schemas.config(&self.translator.address(slot), &block)
    }

    /// Makes the service refuse what the scenario says.
    pub fn refuse(&self) {
        let keys = self.scenario.refused.iter().filter(|_| self.first);
        let faults = keys.map(|key| {
            let (value, action) = super::translate::identity(key);
            let kind = FaultKind::FailAction {
                action: action.into(),
                values: vec![value],
                reason: REASON.into(),
            };
            Fault::new(kind).times(u32::MAX)
        });
        self.stage.tenant.simulator.add_faults(faults.collect()).unwrap();
    }

    fn is_replaced(&self, slot: usize) -> bool {
        self.first && slot.is_multiple_of(PLACES) && self.scenario.replaced.contains(&(slot / PLACES))
    }

    /// The steps of one object in a plan walk: `plan_steps` of the model.
    pub fn steps(&self, world: &Real, slot: usize) -> VecDeque<Step> {
        let state = world.states[slot].as_ref();
        let current = slot.is_multiple_of(PLACES);
        let read = (state.is_some() && self.setting.refresh).then_some(Step::Refresh);
        if self.setting.destroy || !current || self.config[slot / PLACES].is_none() {
            let destroy = state.map(|_| Step::Destroy);
            // The orphans of 1.10 and 1.11; deposed objects are read first on all hosts.
            let [first, second] = if self.setting.orphan_first && current {
                [destroy, read]
            } else {
                [read, destroy]
            };
            return first.into_iter().chain(second).collect();
        }
        let plan = match state {
            // A tainted object has this one plan call, with null prior state and empty private data.
            None => vec![Step::Create],
            Some(state) if state.tainted => vec![Step::Create],
            Some(_) if self.is_replaced(slot) => vec![Step::Update, Step::Create],
            Some(_) => vec![Step::Update],
        };
        read.into_iter().chain(plan).collect()
    }

    /// A plan walk in this order of objects: each entry is one step of its object. It ends with the first error.
    pub async fn plan(&self, world: &Real, order: &[usize]) -> Planned {
        self.stage.set(&world.rows);
        let mut walk = PlanWalk {
            play: self,
            todo: (0..world.states.len()).map(|slot| self.steps(world, slot)).collect(),
            carried: vec![Vec::new(); world.states.len()],
            planned: Planned {
                errors: Vec::new(),
                states: world.states.clone(),
                changes: vec![None; world.states.len()],
            },
        };
        let process = match self.process().await {
            Ok(process) => process,
            Err(errors) => {
                walk.planned.errors = errors;
                return walk.planned;
            }
        };
        // A refresh that finds nothing left makes the steps fewer, and a plan that asks for a replacement makes them more.
        let rest = (0..world.states.len()).flat_map(|slot| [slot, slot]);
        for slot in order.iter().copied().chain(rest) {
            let Some(step) = walk.todo[slot].pop_front() else {
                continue;
            };
            self.stage
                .journal
                .note(format!("plan walk: {step:?} {}", Scenario::name(slot)));
            let told = walk.step(&process, slot, step).await;
            for warning in &told.warnings {
                let summary = warning.lines().next().unwrap_or_default();
                self.stage.journal.note(format!("    warning: {summary}"));
            }
            for error in &told.errors {
                self.stage
                    .journal
                    .note(format!("    error: {}", error.replace('\n', " ")));
            }
            walk.planned.errors.extend(told.errors);
            if !walk.planned.errors.is_empty() {
                walk.planned.changes.fill(None);
                return walk.planned;
            }
        }
        assert!(walk.todo.iter().all(VecDeque::is_empty), "an object has steps left");
        walk.planned
    }
}

struct PlanWalk<'a> {
    play: &'a Play<'a>,
    todo: Vec<VecDeque<Step>>,
    /// Private data that the first plan call of a replacement gives to the second.
    carried: Vec<Vec<u8>>,
    planned: Planned,
}

impl PlanWalk<'_> {
    async fn step(&mut self, process: &Process, slot: usize, step: Step) -> Told {
        let address = self.play.translator.address(slot);
        let stored = self.planned.states[slot].clone();
        match step {
            Step::Refresh => {
                self.refresh(process, slot, address, stored.expect("there is an object"))
                    .await
            }
            Step::Destroy => {
                self.destroy(process, slot, address, stored.expect("there is an object"))
                    .await
            }
            Step::Update | Step::Create => self.wish(process, slot, address, step).await,
        }
    }

    async fn refresh(&mut self, process: &Process, slot: usize, address: String, stored: Stored) -> Told {
        let tainted = stored.tainted;
        let answer = process
            .run(|mut calls| async move {
                calls.upgrade(&address, &stored.value).await;
                calls.read(&address, &stored).await
            })
            .await;
        if answer.told.failed() {
            return answer.told;
        }
        let fresh = (!answer.value.is_null()).then_some(Stored {
            value: answer.value,
            private: answer.private,
            tainted,
            identity: answer.identity,
        });
        if fresh.is_none() {
            // Nothing is left to destroy, and what is configured is created.
            self.planned.changes[slot] = None;
            let configured = self.todo[slot].iter().any(|step| *step != Step::Destroy);
            self.todo[slot] = configured.then_some(Step::Create).into_iter().collect();
        }
        self.planned.states[slot] = fresh;
        answer.told
    }

    async fn destroy(&mut self, process: &Process, slot: usize, address: String, stored: Stored) -> Told {
        let before = stored.value.clone();
        let answer = process
            .run(|mut calls| async move {
                calls.upgrade(&address, &stored.value).await;
                calls.plan(&address, &stored.value, &Value::Null, stored.private).await
            })
            .await;
        self.planned.changes[slot] = Some(Change {
            kind: Kind::Delete,
            before,
            planned: Value::Null,
            private: answer.private,
        });
        answer.told
    }

    /// One plan call for a configured object.
    async fn wish(&mut self, process: &Process, slot: usize, address: String, step: Step) -> Told {
        let stored = self.planned.states[slot].clone();
        let config = self.play.config(slot, false);
        let update = step == Step::Update;
        let prior = stored.clone().filter(|_| update);
        let private = match &prior {
            Some(stored) => stored.private.clone(),
            None => std::mem::take(&mut self.carried[slot]),
        };
        let prior = prior.map_or(Value::Null, |stored| stored.value);
        let (given, written) = (prior.clone(), config.clone());
        let whole = stored.clone().map(|stored| stored.value);
        let (checked, answer) = process
            .run(|mut calls| async move {
                if let Some(whole) = whole {
                    calls.upgrade(&address, &whole).await;
                }
                let checked = calls.validate(&address, &written).await;
                let answer = calls.plan(&address, &given, &written, private).await;
                (checked, answer)
            })
            .await;
        if checked.failed() || answer.told.failed() {
            let mut told = checked;
            told.extend(answer.told);
            return told;
        }
        if update && answer.replaces && self.todo[slot].is_empty() {
            self.todo[slot].push_back(Step::Create);
        }
        self.planned.changes[slot] = if update {
            self.carried[slot].clone_from(&answer.private);
            (answer.value != prior).then(|| Change {
                kind: Kind::Update,
                before: prior,
                planned: answer.value,
                private: Vec::new(),
            })
        } else {
            let kind = if stored.is_some() { Kind::Replace } else { Kind::Create };
            Some(Change {
                kind,
                before: stored.map_or(Value::Null, |stored| stored.value),
                planned: answer.value,
                private: answer.private,
            })
        };
        answer.told
    }
}
