//! The first run of a scenario in every order, then further runs without faults: `explore` and `converge` of the
//! model.

use super::apply::Run;
use super::chance::Chance;
use super::choices::Choices;
use super::essence::{essence, outcome};
use super::oracle;
use super::scenario::{FIRST_NEW_ID, PLACES, Scenario, Setting, Want, World};
use super::sequence::{all_orders, next_order};
use super::translate::{Real, Translator};
use super::walk::{Planned, Play, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// How much is explored of one scenario.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Orders of a plan walk; all of them if there are no more.
    pub orders: usize,
    /// Apply walks of each outcome of a plan walk.
    pub applies: usize,
    /// Apply walks of each outcome that may be killed.
    pub kills: usize,
}

/// A fault, and how it came about.
#[derive(Debug, Clone)]
pub struct Fault {
    pub text: String,
    pub story: Vec<String>,
}

/// What was found out about one scenario.
#[derive(Debug, Default)]
pub struct Findings {
    pub faults: Vec<Fault>,
    /// Ends of a first run.
    pub ends: usize,
    /// Plan walks and apply walks.
    pub walks: usize,
    /// Errors of plan walks that were refused.
    pub refusals: BTreeSet<String>,
}

/// Explores one scenario under one setting.
pub struct Explorer<'a> {
    pub(super) stage: &'a Stage,
    pub(super) scenario: &'a Scenario,
    pub(super) setting: Setting,
    pub(super) effort: Effort,
    pub(super) chance: Chance,
    pub(super) translator: Translator,
    /// The world with which everything begins.
    pub(super) start: World,
    /// The same as it really is.
    pub(super) begin: Real,
    /// What further runs from a world have come to.
    memory: BTreeMap<String, Option<String>>,
    pub findings: Findings,
}

impl<'a> Explorer<'a> {
    pub fn new(stage: &'a Stage, scenario: &'a Scenario, setting: Setting, effort: Effort, chance: Chance) -> Self {
        let translator = Translator::new(stage.schemas.clone(), &stage.tenant, scenario);
        Self {
            stage,
            scenario,
            setting,
            effort,
            chance,
            start: scenario.world.clone(),
            begin: translator.begin(),
            translator,
            memory: BTreeMap::new(),
            findings: Findings::default(),
        }
    }

    pub(super) fn play(&self, setting: Setting, config: Vec<Option<Want>>, first: bool) -> Play<'a> {
        Play {
            stage: self.stage,
            translator: self.translator.clone(),
            scenario: self.scenario,
            setting,
            config,
            first,
        }
    }

    pub(super) fn fault(&mut self, text: String) {
        // One story of each is enough.
        if !self.findings.faults.iter().any(|fault| fault.text == text) {
            let story = self.stage.journal.lines();
            self.findings.faults.push(Fault { text, story });
        }
    }

    /// Explores everything.
    pub async fn run(&mut self) {
        self.stage.journal.back_to(0);
        self.prepare().await;
        if self.setting.destroy {
            self.destroy().await;
        } else if self.setting.refresh || !oracle::blind_deposed(&self.scenario.world, &self.scenario.config) {
            self.explore().await;
        }
    }

    /// The world of the scenario with what only a tenant and a provider know: when a row was written, and private data.
    async fn prepare(&mut self) {
        let mut real = self.translator.begin();
        self.stage.set(&real.rows);
        real.rows = self.stage.tenant.simulator.rows();
        let world = self.translator.read(&real);
        let meant = &self.scenario.world;
        let mut both = world.tenant.iter().zip(&meant.tenant);
        assert!(
            both.all(|(read, meant)| read.0 == meant.0 && read.1.is(meant.1)) && world.states == meant.states,
            "the scenario is written as it is read: {meant:#?} and {world:#?}",
        );
        // EXCLUDED: without private data the destroy plan and the refresh of an orphan of 1.11 are those of two objects.
        if self.scenario.remembered || self.setting.orphan_first {
            let play = self.play(Setting::PLAIN, self.scenario.known(), false);
            for slot in 0..real.states.len() {
                if let Some(stored) = &mut real.states[slot] {
                    // Each object by itself, as if the others had not been there yet.
                    stored.private = play.private(slot, stored.clone()).await;
                }
            }
        }
        self.start = world;
        self.begin = real;
    }

    async fn explore(&mut self) {
        let begin = self.begin.clone();
        let play = self.play(self.setting, self.scenario.config.clone(), true);
        let (mut refused, mut empty) = (BTreeSet::new(), BTreeSet::new());
        for (story, planned) in self.plans(&play, &begin).await {
            self.retell(&story);
            refused.insert(!planned.errors.is_empty());
            if refused.len() > 1 {
                self.fault("verdict: refused in some orders and not in others".to_owned());
            }
            if !planned.errors.is_empty() {
                self.findings.refusals.extend(planned.errors);
                continue;
            }
            empty.insert(planned.changes.iter().all(Option::is_none));
            if empty.len() > 1 {
                self.fault("verdict: the plan is empty in some orders and not in others".to_owned());
            }
            let length = self.stage.journal.length();
            let all_change = planned.changes.iter().step_by(PLACES).all(Option::is_some);
            for (number, kills) in [(self.effort.applies, false), (self.effort.kills, true)] {
                if kills && self.setting.stop {
                    continue;
                }
                let setting = Setting { kills, ..self.setting };
                let play = self.play(setting, self.scenario.config.clone(), true);
                let mut choices = Choices::new(self.chance.clone());
                for _ in 0..number {
                    self.stage.journal.back_to(length);
                    let run = self.apply(&play, &begin, &planned, &mut choices).await;
                    self.judge(&begin, &run, all_change).await;
                    if !choices.end() {
                        break;
                    }
                }
            }
        }
    }

    /// What must hold at one end of the first run, and after further runs.
    async fn judge(&mut self, begin: &Real, run: &Run, all_change: bool) {
        let scenario = self.scenario;
        self.findings.ends += 1;
        if run.stuck {
            self.fault("deadlock: an object waits for ever".to_owned());
            return;
        }
        let unsaved = Real {
            rows: run.world.rows.clone(),
            states: begin.states.clone(),
        };
        // OpenTofu, or before the first write of the file.
        let saved = (!run.killed || run.ended).then_some(&run.world);
        let clash = oracle::clash(&self.play(self.setting, scenario.known(), false).config);
        let unknown = scenario.config.iter().flatten().any(|want| want.unknown);
        let broken = run.killed || run.stopped || !run.failed.is_empty();
        if clash && !unknown {
            self.fault("verdict: a conflict of the configuration was not refused".to_owned());
        }
        for real in saved.into_iter().chain(run.killed.then_some(&unsaved)) {
            let after = self.translator.read(real);
            if let Some(fault) = oracle::touched(&self.start, &after, &scenario.config, true) {
                self.fault(fault);
            }
            if !run.killed {
                for fault in oracle::after_run(&self.setting, scenario, FIRST_NEW_ID, run, &after) {
                    self.fault(fault);
                }
            }
            // EXCLUDED: a list that was unknown at plan wants the row, or a row of the scope, of an unchanged object; the
            // next plan says so.
            let records: usize = after.states.iter().flatten().map(|state| state.record().len()).sum();
            if !broken && all_change && after.recorded().len() < records {
                self.fault("single: two objects took one row".to_owned());
            }
            if clash {
                continue;
            }
            let runs =
                usize::from(broken) + usize::from(!self.setting.refresh) + usize::from(oracle::has_new_scope(scenario));
            let how = match (run.killed, run.stopped, broken) {
                (true, ..) => "killed",
                (_, true, _) => "stopped",
                (_, _, true) => "failed",
                _ => "whole",
            };
            let setting = Setting {
                refresh: true,
                kills: false,
                stop: false,
                limit: None,
                destroy: false,
                ..self.setting
            };
            let play = self.play(setting, scenario.known(), false);
            let length = self.stage.journal.length();
            if let Some(fault) = self.converge(&play, real, runs, run.killed).await {
                self.fault(format!("{fault} ({how} run)"));
            }
            self.stage.journal.back_to(length);
        }
    }

    /// Further runs without faults must end well.
    pub(super) async fn converge(
        &mut self,
        play: &Play<'a>,
        world: &Real,
        runs: usize,
        killed: bool,
    ) -> Option<String> {
        let memo = format!("{runs} {killed} {}", essence(world));
        if let Some(known) = self.memory.get(&memo) {
            return known.clone();
        }
        let fault = Box::pin(self.converge_from(play, world, runs, killed)).await;
        self.memory.insert(memo, fault.clone());
        fault
    }

    async fn converge_from(&mut self, play: &Play<'a>, world: &Real, runs: usize, killed: bool) -> Option<String> {
        let order = self.order(play, world);
        self.stage.journal.note("a further run".to_owned());
        self.findings.walks += 1;
        let planned = play.plan(world, &order).await;
        if let Some(error) = planned.errors.first() {
            return Some(format!(
                "clean: a later plan is refused, {}",
                error.lines().next().unwrap_or_default()
            ));
        }
        if planned.changes.iter().all(Option::is_none) {
            let settled = Real {
                rows: world.rows.clone(),
                states: planned.states,
            };
            let settled = self.translator.read(&settled);
            return oracle::settled(&self.start, &settled, &play.config, killed);
        }
        if runs == 0 {
            return Some("clean: the plan is still not empty".to_owned());
        }
        let mut choices = Choices::new(self.chance.clone());
        let run = self.apply(play, world, &planned, &mut choices).await;
        if run.stuck {
            return Some("deadlock: an object waits for ever in a later run".to_owned());
        }
        if let Some(errors) = run.failed.values().next() {
            let words = errors
                .first()
                .and_then(|error| error.lines().next())
                .unwrap_or_default();
            return Some(format!("clean: a later apply failed, {words}"));
        }
        self.converge(play, &run.world, runs - 1, killed).await
    }

    pub(super) fn retell(&self, story: &[String]) {
        self.stage.journal.back_to(0);
        story.iter().cloned().for_each(|line| self.stage.journal.note(line));
    }

    pub(super) async fn apply(
        &mut self,
        play: &Play<'a>,
        world: &Real,
        planned: &Planned,
        choices: &mut Choices,
    ) -> Run {
        self.findings.walks += 1;
        play.apply(world, planned, choices).await
    }

    /// The different outcomes of a plan walk in all orders, or in some if there are too many; each with its story.
    pub(super) async fn plans(&mut self, play: &Play<'a>, world: &Real) -> Vec<(Vec<String>, Planned)> {
        let mut outcomes = BTreeMap::new();
        for order in self.orders(play, world) {
            self.stage.journal.back_to(0);
            self.findings.walks += 1;
            let planned = play.plan(world, &order).await;
            let key = if planned.errors.is_empty() {
                outcome(&planned)
            } else {
                String::new()
            };
            outcomes
                .entry(key)
                .or_insert_with(|| (self.stage.journal.lines(), planned));
        }
        outcomes.into_values().collect()
    }

    /// The objects of all steps of a plan walk.
    fn places(play: &Play<'_>, world: &Real) -> Vec<usize> {
        let slots = 0..world.states.len();
        slots
            .flat_map(|slot| vec![slot; play.steps(world, slot).len()])
            .collect()
    }

    /// One order by chance.
    fn order(&mut self, play: &Play<'_>, world: &Real) -> Vec<usize> {
        let mut places = Self::places(play, world);
        self.chance.shuffle(&mut places);
        places
    }

    fn orders(&mut self, play: &Play<'_>, world: &Real) -> Vec<Vec<usize>> {
        let mut places = Self::places(play, world);
        let mut orders = BTreeSet::new();
        if all_orders(&places) <= self.effort.orders {
            // `places` is sorted: the first of all orders.
            orders.insert(places.clone());
            while next_order(&mut places) {
                orders.insert(places.clone());
            }
        } else {
            while orders.len() < self.effort.orders {
                self.chance.shuffle(&mut places);
                orders.insert(places.clone());
            }
        }
        orders.into_iter().collect()
    }
}
