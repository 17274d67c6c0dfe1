//! What a host does in an apply walk: changes of objects that run at the same time, while each call to the service waits at
//! a gate until it is chosen.

use super::carry::{Done, delete, write};
use super::choice::{Choice, Held};
use super::choices::Choices;
use super::scenario::{Key, PLACES, Scenario};
use super::translate::{Real, identity};
use super::walk::{Change, Kind, Planned, Play};
use crate::support::Process;
use mde::simulator::{HeldCall, Hold};
use mde::tf::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::sleep;

/// How long nothing may happen before a choice is made; a busy machine that needs longer only covers other orders.
const CALM: Duration = Duration::from_micros(300);
/// The same for a process that looks for news all the time.
const RESTLESS: Duration = Duration::from_millis(5);
/// How often is looked if nothing is told.
const LOOK: Duration = Duration::from_millis(1);
/// After how many looks in vain an object waits for ever. Looks and not time, since a machine may stand still for a while.
const PATIENCE: usize = 20_000;

/// What is left to do with one object.
#[derive(Debug, Clone)]
enum Task {
    /// The end of an object, planned in the plan walk.
    Delete(Change),
    /// The delete half of a replacement; after an error there is no other half.
    Half(Change),
    /// The end of a deposed object, planned anew here.
    Deposed,
    /// A creation, or an update.
    Write { planned: Value, update: bool },
    /// The old object is put aside; then the new one is made.
    Depose { planned: Value },
}

/// How an apply walk ended.
#[derive(Debug, Clone)]
pub struct Run {
    pub world: Real,
    /// The objects whose change ended with an error, and the errors.
    pub failed: BTreeMap<usize, Vec<String>>,
    pub stopped: bool,
    pub killed: bool,
    /// Whether the host had written its state file before it was killed.
    pub ended: bool,
    /// The objects whose creation or update came to the provider: others were refused before, by the repetition of their
    /// plan.
    pub called: BTreeSet<usize>,
    /// Who has claimed a key, in order.
    pub claims: BTreeMap<Key, Vec<usize>>,
    /// Writes that waited for a deletion when Ctrl-C came.
    pub owed: BTreeSet<(usize, Key)>,
    /// An object that waited for ever.
    pub stuck: bool,
}

struct Walk<'a> {
    play: &'a Play<'a>,
    process: Process,
    hold: Hold,
    todo: Vec<VecDeque<Task>>,
    running: Vec<Option<JoinHandle<Done>>>,
    /// Whether the change of an object has come to the provider.
    calling: Vec<Arc<AtomicBool>>,
    /// The place of the deposed object of a slot whose new object is being made.
    aside: BTreeMap<usize, usize>,
    run: Run,
}

fn tasks(change: &Change, play: &Play<'_>, slot: usize) -> VecDeque<Task> {
    let planned = change.planned.clone();
    let list = match change.kind {
        Kind::Delete if !slot.is_multiple_of(PLACES) => vec![Task::Deposed],
        Kind::Delete => vec![Task::Delete(change.clone())],
        Kind::Replace if play.config[slot / PLACES].as_ref().is_some_and(|want| want.cbd) => {
            vec![Task::Depose { planned }]
        }
        Kind::Replace => vec![Task::Half(change.clone()), Task::Write { planned, update: false }],
        Kind::Create => vec![Task::Write { planned, update: false }],
        Kind::Update => vec![Task::Write { planned, update: true }],
    };
    list.into()
}

impl Play<'_> {
    /// An apply walk whose order is chosen at every step.
    pub async fn apply(&self, world: &Real, planned: &Planned, choices: &mut Choices) -> Run {
        self.stage.set(&world.rows);
        self.refuse();
        let tasks = planned.changes.iter().enumerate().map(|(slot, change)| {
            let change = change.as_ref();
            change.map_or_else(VecDeque::new, |change| tasks(change, self, slot))
        });
        let process = match self.process().await {
            Ok(process) => process,
            Err(errors) => panic!("the provider was configured for the plan: {errors:?}"),
        };
        let walk = Walk {
            play: self,
            process,
            hold: self.stage.tenant.simulator.hold(),
            todo: tasks.collect(),
            running: world.states.iter().map(|_| None).collect(),
            calling: world.states.iter().map(|_| Arc::default()).collect(),
            aside: BTreeMap::new(),
            run: Run {
                world: Real {
                    rows: Vec::new(),
                    states: planned.states.clone(),
                },
                failed: BTreeMap::new(),
                stopped: false,
                killed: false,
                ended: false,
                called: BTreeSet::new(),
                claims: BTreeMap::new(),
                owed: BTreeSet::new(),
                stuck: false,
            },
        };
        let (mut run, hold) = walk.walk(choices).await;
        // Whatever was sent by a process that is dead now is never carried out.
        hold.close_all();
        while hold.passing() > 0 {
            hold.changed().await;
        }
        run.world.rows = self.stage.tenant.simulator.rows();
        run
    }
}

impl Walk<'_> {
    async fn walk(mut self, choices: &mut Choices) -> (Run, Hold) {
        loop {
            if !self.quiet().await {
                self.run.stuck = true;
                self.note("an object waits for ever".to_owned());
                return (self.run, self.hold);
            }
            let open = self.open();
            if open.is_empty() {
                return (self.run, self.hold);
            }
            let weights: Vec<u32> = open.iter().map(Choice::weight).collect();
            let choice = open
                .into_iter()
                .nth(choices.choose(&weights))
                .expect("a choice that there is");
            self.note(choice.name());
            match choice {
                Choice::Start(slot) => self.start(slot),
                Choice::Release(call) => {
                    self.hold.release(call.number);
                    self.carried_out().await;
                }
                Choice::Stop => self.stop().await,
                Choice::Kill(call) => {
                    if let Some(call) = call {
                        self.hold.commit(call.number);
                        self.carried_out().await;
                    }
                    self.run.killed = true;
                    return (self.run, self.hold);
                }
            }
        }
    }

    fn note(&self, text: String) {
        self.play.stage.journal.note(text);
    }

    /// What can happen next.
    fn open(&self) -> Vec<Choice> {
        let mut open = Vec::new();
        let held = self.hold.held();
        let running = self.running.iter().any(Option::is_some);
        for (slot, todo) in self.todo.iter().enumerate() {
            if self.running[slot].is_none() && !todo.is_empty() && !self.run.stopped {
                open.push(Choice::Start(slot));
            }
        }
        if !running && open.is_empty() {
            return open;
        }
        open.extend(held.iter().cloned().map(Choice::Release));
        let begun = self.run.ended || running;
        if self.play.setting.stop && !self.run.stopped && begun {
            open.push(Choice::Stop);
        }
        if self.play.setting.kills && self.play.first && begun {
            open.push(Choice::Kill(None));
            open.extend(
                held.into_iter()
                    .filter(HeldCall::writes)
                    .map(|call| Choice::Kill(Some(call))),
            );
        }
        open
    }

    /// Waits until every task has ended or waits at the gate. Whether it came to that.
    async fn quiet(&mut self) -> bool {
        let mut looks = 0;
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            self.harvest().await;
            let running = self.running.iter().filter(|task| task.is_some()).count();
            if running == 0 {
                return true;
            }
            let (waiting, idle) = (self.hold.waiting(), self.process.is_idle());
            // A process that looks for news all the time is never idle; then only what it does counts.
            let wakes = if idle { self.process.wakes() } else { 0 };
            let now = Some((running, waiting, self.hold.arrived(), idle, wakes));
            if seen != now {
                (seen, since) = (now, Instant::now());
            }
            let ready = waiting > 0 && self.hold.passing() == 0;
            if ready && since.elapsed() >= if idle { CALM } else { RESTLESS } {
                return true;
            }
            if looks > PATIENCE {
                return false;
            }
            if ready && idle {
                yield_now().await;
            } else {
                tokio::select! {
                    () = self.process.rests() => {}
                    () = self.hold.changed() => {}
                    () = sleep(LOOK) => looks += 1,
                }
            }
        }
    }

    async fn carried_out(&self) {
        while self.hold.passing() > 0 {
            tokio::select! {
                () = self.hold.changed() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    /// Ctrl-C: what has not begun never begins.
    async fn stop(&mut self) {
        self.run.stopped = true;
        self.owe();
        self.process.run(|mut calls| async move { calls.stop().await }).await;
        for (slot, todo) in self.todo.iter_mut().enumerate() {
            if self.running[slot].is_none() {
                todo.clear();
            } else {
                todo.truncate(1);
            }
        }
    }

    /// Notes the writes that wait for a deletion which is under way.
    fn owe(&mut self) {
        let held = self.hold.held();
        if !held.iter().all(HeldCall::writes) {
            return;
        }
        let rows = self.play.stage.tenant.simulator.rows();
        let deleted = held.iter().flat_map(HeldCall::ids).collect::<BTreeSet<_>>();
        for (key, slots) in &self.run.claims {
            let Some(slot) = slots.first() else { continue };
            let (value, action) = identity(key);
            let mut standing = rows
                .iter()
                .filter(|row| row["indicatorValue"] == value && row["action"] == action);
            let is_deleted = standing.any(|row| deleted.contains(row["id"].as_str().unwrap()));
            let waits = self.running[*slot].is_some() && self.calling[*slot].load(Ordering::SeqCst);
            if is_deleted && waits && !self.play.scenario.refused.contains(key) {
                self.run.owed.insert((*slot, key.clone()));
            }
        }
    }

    fn start(&mut self, slot: usize) {
        let address = self.play.translator.address(slot);
        let stored = self.run.world.states[slot].clone();
        let task = self.todo[slot].front().expect("there is something to do").clone();
        let task = match task {
            Task::Depose { planned } => {
                let aside = (slot + 1..slot + PLACES).find(|place| self.run.world.states[*place].is_none());
                let place = aside.expect("there is a place for a deposed object");
                self.run.world.states[place] = self.run.world.states[slot].take();
                self.aside.insert(slot, place);
                let write = Task::Write { planned, update: false };
                self.todo[slot] = VecDeque::from([write.clone()]);
                write
            }
            other => other,
        };
        let handle = match task {
            Task::Delete(change) | Task::Half(change) => self.process.spawn(|mut calls| async move {
                if let Some(stored) = &stored {
                    calls.upgrade(&address, &stored.value).await;
                }
                delete(&mut calls, &address, stored, change.before, change.private).await
            }),
            Task::Deposed => self.process.spawn(|mut calls| async move {
                let stored = stored.expect("there is a deposed object");
                let (before, private) = (stored.value.clone(), stored.private.clone());
                calls.upgrade(&address, &before).await;
                let plan = calls.plan(&address, &before, &Value::Null, private).await;
                if plan.told.failed() {
                    return Done::not_called(plan.told.errors, Some(stored));
                }
                delete(&mut calls, &address, Some(stored), before, plan.private).await
            }),
            Task::Write { planned, update } => {
                let config = self.play.config(slot, true);
                self.claim(slot);
                let prior = stored.filter(|_| update);
                let calling = Arc::new(AtomicBool::new(false));
                self.calling[slot] = calling.clone();
                self.process.spawn(|mut calls| async move {
                    write(&mut calls, &address, prior, planned, config, &calling).await
                })
            }
            Task::Depose { .. } => unreachable!("it has become a write"),
        };
        self.running[slot] = Some(handle);
    }

    fn claim(&mut self, slot: usize) {
        let want = self.play.config[slot / PLACES]
            .as_ref()
            .expect("the object is configured");
        for key in want.rows.keys() {
            self.run.claims.entry(key.clone()).or_default().push(slot);
        }
    }

    /// Takes in what has ended.
    async fn harvest(&mut self) {
        for slot in 0..self.running.len() {
            if !self.running[slot].as_ref().is_some_and(JoinHandle::is_finished) {
                continue;
            }
            let handle = self.running[slot].take().expect("it is running");
            let done = match handle.await {
                Ok(done) => done,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            };
            self.take_in(slot, done);
        }
    }

    fn take_in(&mut self, slot: usize, done: Done) {
        let name = Scenario::name(slot);
        let failed = !done.errors.is_empty();
        self.note(match done.errors.first() {
            Some(error) => format!("    {name} ends with an error: {}", error.replace('\n', " ")),
            None => format!("    {name} ends"),
        });
        let task = self.todo[slot].pop_front().expect("it was running");
        self.run.ended = true;
        self.run.world.states[slot] = done.stored;
        if matches!(task, Task::Write { .. }) {
            if done.called {
                self.run.called.insert(slot);
            } else {
                let claims = self.run.claims.values_mut();
                claims.for_each(|slots| slots.retain(|other| *other != slot));
            }
        }
        if failed {
            self.run.failed.entry(slot).or_default().extend(done.errors);
            self.todo[slot].clear();
        }
        if let Some(place) = self.aside.remove(&slot) {
            if !failed {
                if !self.run.stopped {
                    self.todo[place].push_back(Task::Deposed);
                }
            } else if self.run.world.states[slot].is_none() {
                // It answered a null state: the old object is restored.
                self.run.world.states[slot] = self.run.world.states[place].take();
            }
        }
    }
}
