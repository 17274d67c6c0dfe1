//! What must hold after the runs of a scenario, as `model/rows.py` has it; each case that no provider can settle is excluded
//! where it is checked, as there.

use super::apply::Run;
use super::scenario::{Author, Key, PLACES, Scenario, Setting, State, Want, World};
use std::collections::{BTreeMap, BTreeSet};

/// Every wanted row and its content.
pub fn wanted(config: &[Option<Want>]) -> BTreeMap<&Key, &String> {
    config.iter().flatten().flat_map(|want| &want.rows).collect()
}

/// Whether two objects want one row, or one wants a row of the scope of another's exclusive set.
pub fn clash(config: &[Option<Want>]) -> bool {
    let wants: Vec<&Want> = config.iter().flatten().collect();
    let both = |left: &Want, right: &Want| {
        let same_row = left.rows.keys().any(|key| right.rows.contains_key(key));
        let scope = left.exclusive && left.label == right.label && (right.exclusive || !right.rows.is_empty());
        same_row || scope
    };
    let mut pairs = wants.iter().enumerate().flat_map(|(index, left)| {
        wants
            .iter()
            .enumerate()
            .map(move |(other, right)| (index != other, left, right))
    });
    pairs.any(|(differ, left, right)| differ && both(left, right))
}

/// EXCLUDED: a tainted object under `create_before_destroy` that records what another object records, without a refresh. Its
/// one plan call shows nobody its state, and its deposed half is planned in apply, which cannot know of the plan walk.
pub fn blind_deposed(world: &World, config: &[Option<Want>]) -> bool {
    let names = |state: &State| {
        let record = state.record();
        let ids = record.values().map(u64::to_string);
        record.keys().cloned().chain(ids).collect::<BTreeSet<String>>()
    };
    config.iter().zip(world.current()).any(|(want, state)| {
        let Some(state) = state.filter(|state| state.tainted && want.as_ref().is_some_and(|want| want.cbd)) else {
            return false;
        };
        let others = world
            .states
            .iter()
            .flatten()
            .filter(|other| !std::ptr::eq(*other, state));
        others.into_iter().any(|other| !names(state).is_disjoint(&names(other)))
    })
}

/// EXCLUDED: a new exclusive set, or one whose scope has changed, shows the strangers of its scope in the next plan only.
pub fn has_new_scope(scenario: &Scenario) -> bool {
    let both = scenario.config.iter().zip(scenario.world.current());
    both.enumerate().any(|(address, (want, state))| {
        let Some(want) = want.as_ref().filter(|want| want.exclusive) else {
            return false;
        };
        let shown = state.is_some_and(|state| state.exclusive && state.label == want.label && !state.tainted);
        !shown || scenario.replaced.contains(&address)
    })
}

/// A stranger's row that was written or deleted without consent. In one run a set must have been exclusive before, too.
pub fn touched(before: &World, after: &World, config: &[Option<Want>], first: bool) -> Option<String> {
    let held = before.recorded();
    let consents = |key: &Key, label: &str, want: &Want, state: Option<&State>| {
        if want.rows.contains_key(key) {
            return want.adopt;
        }
        let exclusive = |state: &State| state.exclusive && state.label == label;
        want.exclusive && want.label == label && (!first || state.is_some_and(exclusive))
    };
    before.tenant.iter().find_map(|(key, row)| {
        let mut objects = config.iter().zip(before.current());
        let consent =
            objects.any(|(want, state)| want.as_ref().is_some_and(|want| consents(key, &row.label, want, state)));
        let foreign = row.author == Author::Eve && !held.contains(&row.id) && !consent;
        (foreign && after.tenant.get(key) != Some(row)).then(|| format!("safe: the foreign row {key} was touched"))
    })
}

/// What is wrong with a world whose plan is empty.
pub fn settled(before: &World, world: &World, config: &[Option<Want>], killed: bool) -> Option<String> {
    let all = wanted(config);
    for (key, content) in &all {
        if world.tenant.get(*key).is_none_or(|row| row.content != **content) {
            return Some(format!("complete: {key} is lost or has the wrong content"));
        }
    }
    for (slot, state) in world.states.iter().enumerate() {
        let want = if slot.is_multiple_of(PLACES) {
            config[slot / PLACES].as_ref()
        } else {
            None
        };
        let name = Scenario::name(slot);
        match (state, want) {
            (None, None) => {}
            (Some(state), Some(want)) => {
                let held: BTreeMap<Key, u64> = want
                    .rows
                    .keys()
                    .map(|key| (key.clone(), world.tenant[key].id))
                    .collect();
                if state.record() != held {
                    return Some(format!("single: {name} records {:?} and not {held:?}", state.record()));
                }
                if let Some(key) = want.rows.keys().find(|key| world.tenant[*key].label != want.label) {
                    return Some(format!("complete: {key} has the wrong label"));
                }
            }
            (Some(_), None) => return Some(format!("single: the object {name} is left")),
            (None, Some(_)) => return Some(format!("single: the object {name} is missing")),
        }
    }
    let held = before.recorded();
    // EXCLUDED: rows of a killed run whose state was not saved, when nobody wants them any more.
    let left = world
        .tenant
        .iter()
        .find(|(key, row)| !all.contains_key(key) && held.contains(&row.id));
    if let Some((key, _)) = left.filter(|_| !killed) {
        return Some(format!("clean: {key} is left behind"));
    }
    touched(before, world, config, false)
}

/// Faults at the end of the first run itself, if it was not killed.
pub fn after_run(setting: &Setting, scenario: &Scenario, first_new_id: u64, run: &Run, after: &World) -> Vec<String> {
    let end = End {
        setting,
        scenario,
        run,
        after,
        how: if run.stopped {
            "stopped"
        } else if run.failed.is_empty() {
            "whole"
        } else {
            "failed"
        },
    };
    let mut faults = end.orphans(first_new_id);
    for (address, want) in scenario.config.iter().enumerate() {
        if let Some(want) = want {
            faults.extend(end.object(address, want));
        }
    }
    faults.extend(end.limit());
    faults
}

struct End<'a> {
    setting: &'a Setting,
    scenario: &'a Scenario,
    run: &'a Run,
    after: &'a World,
    how: &'static str,
}

impl End<'_> {
    /// Whether the object was refused before it came to write, because a list has become known in apply.
    fn is_surprised(&self, slot: usize) -> bool {
        let is_unknown = |want: &Want| want.unknown;
        let refused = self.run.failed.contains_key(&slot) && !self.run.called.contains(&slot);
        refused && self.scenario.config.iter().flatten().any(is_unknown)
    }

    fn first_claim(&self, key: &Key) -> Option<usize> {
        self.run.claims.get(key)?.first().copied()
    }

    /// Rows of a record, or made by this run, that stand in no record.
    fn orphans(&self, first_new_id: u64) -> Vec<String> {
        let (held, records) = (self.scenario.world.recorded(), self.after.recorded());
        let mut faults = Vec::new();
        for (key, row) in &self.after.tenant {
            // EXCLUDED: a replacement that was stopped between its halves, or whose second half was refused in apply because a
            // list has become known.
            let mut wants = self.scenario.config.iter().enumerate();
            let between = wants.any(|(address, want)| {
                let slot = address * PLACES;
                let wanted = want.as_ref().is_some_and(|want| want.rows.contains_key(key));
                wanted && self.first_claim(key) != Some(slot) && (self.run.stopped || self.is_surprised(slot))
            });
            let ours = held.contains(&row.id) || row.id >= first_new_id;
            if ours && !records.contains(&row.id) && !between {
                faults.push(format!("orphan: {key} stands in no record ({} run)", self.how));
            }
        }
        faults
    }

    fn object(&self, address: usize, want: &Want) -> Vec<String> {
        let slot = address * PLACES;
        let (before, after) = (&self.scenario.world.tenant, &self.after.tenant);
        let Run {
            failed, stopped, owed, ..
        } = self.run;
        let prior = self.scenario.world.states[slot].as_ref();
        let replaced = self.scenario.replaced.contains(&address);
        let mut faults = Vec::new();
        for key in want.rows.keys() {
            // EXCLUDED: an object that never came to write, as its delete half ended in an error.
            let begun = self.first_claim(key) == Some(slot);
            let gone = before.contains_key(key) && !after.contains_key(key);
            if gone && !self.scenario.refused.contains(key) && !stopped && (begun || failed.is_empty()) {
                faults.push(format!(
                    "complete: {key} is missing at the end of the run ({})",
                    self.how
                ));
            }
            if owed.contains(&(slot, key.clone())) && !after.contains_key(key) {
                faults.push(format!(
                    "complete: {key}, which waited for a deletion at the Ctrl-C, is missing"
                ));
            }
        }
        // EXCLUDED: with a list that is unknown at plan, the delete half cannot know what to spare.
        if replaced && !want.unknown && failed.is_empty() && !stopped {
            for (key, id) in prior.map(State::record).unwrap_or_default() {
                let stood = before
                    .get(&key)
                    .is_some_and(|row| row.id == id && row.label == want.label);
                let once = self.scenario.world.holders(&key) == 1;
                let kept = after.get(&key).is_some_and(|row| row.id == id);
                if once && want.rows.contains_key(&key) && stood && !kept {
                    faults.push(format!("kept: the replacement made {key} anew"));
                }
            }
        }
        // EXCLUDED: an object whose second plan is refused in apply because a list has become known.
        let partly = failed.contains_key(&slot)
            && !self.is_surprised(slot)
            && !stopped
            && self.setting.limit.is_none()
            && !replaced;
        if let Some(prior) = prior.filter(|prior| partly && !prior.tainted) {
            faults.extend(self.failure(want, prior));
        }
        faults
    }

    /// A refused row neither keeps what nobody wants nor takes the old row of its value away.
    fn failure(&self, want: &Want, prior: &State) -> Vec<String> {
        let (before, after, records) = (&self.scenario.world.tenant, &self.after.tenant, self.after.recorded());
        let all = wanted(&self.scenario.config);
        let mut faults = Vec::new();
        for (key, id) in prior.record() {
            let stood = before.get(&key).is_some_and(|row| row.id == id);
            let holders = self
                .scenario
                .world
                .states
                .iter()
                .flatten()
                .filter(|state| state.holds(id))
                .count();
            if all.contains_key(&key) || !stood || holders > 1 {
                continue;
            }
            let same_value = |other: &&Key| other[..1] == key[..1] && self.scenario.refused.contains(*other);
            let stands = after.contains_key(&key);
            if want.rows.keys().any(|other| same_value(&other)) {
                if !stands || !records.contains(&id) {
                    faults.push(format!("failure: {key} went, though its successor was refused"));
                }
            } else if stands {
                faults.push(format!("failure: {key} stays as long as another row is refused"));
            }
        }
        faults
    }

    fn limit(&self) -> Option<String> {
        let limit = self.setting.limit?;
        let all = wanted(&self.scenario.config);
        let gone = self.scenario.world.tenant.iter().filter(|(key, row)| {
            !all.contains_key(key) && self.after.tenant.get(*key).is_none_or(|after| after.id != row.id)
        });
        (gone.count() as u64 > limit)
            .then(|| "limit: more rows went than allowed, and the plan did not say so".to_owned())
    }
}
