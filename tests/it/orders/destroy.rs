//! `terraform destroy` in every order: `destroy` of the model.

use super::choices::Choices;
use super::essence::essence;
use super::explore::Explorer;
use super::oracle;
use super::scenario::{Setting, Want};
use super::translate::Real;
use super::walk::Planned;
use std::collections::BTreeMap;

impl Explorer<'_> {
    /// `terraform destroy`: an ordinary plan (skipped without a refresh), then a plan of destructions in another process,
    /// without reads.
    pub(super) async fn destroy(&mut self) {
        let begin = self.begin.clone();
        let mut starts = BTreeMap::new();
        if self.setting.refresh {
            let ordinary = Setting {
                destroy: false,
                ..self.setting
            };
            let play = self.play(ordinary, self.scenario.config.clone(), false);
            for (story, planned) in self.plans(&play, &begin).await {
                // EXCLUDED: errors of the ordinary plan block the destroy; the way out is `-refresh=false`.
                if planned.errors.is_empty() {
                    let world = Real {
                        rows: begin.rows.clone(),
                        states: planned.states,
                    };
                    starts.insert(essence(&world), (story, world));
                }
            }
        } else {
            starts.insert(String::new(), (Vec::new(), begin.clone()));
        }
        let walk = Setting {
            refresh: false,
            ..self.setting
        };
        for (story, world) in starts.into_values() {
            let play = self.play(walk, self.scenario.config.clone(), true);
            for (further, planned) in self.plans(&play, &world).await {
                self.retell(&story);
                further.into_iter().for_each(|line| self.stage.journal.note(line));
                if let Some(error) = planned.errors.first() {
                    let words = error.lines().next().unwrap_or_default();
                    self.fault(format!("verdict: a destroy is refused, {words}"));
                    continue;
                }
                self.destroy_with(walk, &world, &planned).await;
            }
        }
    }

    async fn destroy_with(&mut self, walk: Setting, world: &Real, planned: &Planned) {
        let length = self.stage.journal.length();
        let nothing: Vec<Option<Want>> = self.scenario.config.iter().map(|_| None).collect();
        let held = self.scenario.world.recorded();
        for (number, kills) in [(self.effort.applies, false), (self.effort.kills, true)] {
            let play = self.play(Setting { kills, ..walk }, self.scenario.config.clone(), true);
            let mut choices = Choices::new(self.chance.clone());
            for _ in 0..number {
                self.stage.journal.back_to(length);
                let run = self.apply(&play, world, planned, &mut choices).await;
                self.findings.ends += 1;
                if run.stuck {
                    self.fault("deadlock: an object waits for ever".to_owned());
                    continue;
                }
                let unsaved = Real {
                    rows: run.world.rows.clone(),
                    states: world.states.clone(),
                };
                let saved = (!run.killed || run.ended).then_some(&run.world);
                for real in saved.into_iter().chain(run.killed.then_some(&unsaved)) {
                    let after = self.translator.read(real);
                    if let Some(fault) = oracle::touched(&self.start, &after, &nothing, false) {
                        self.fault(fault);
                    }
                    if run.killed {
                        let setting = Setting {
                            refresh: true,
                            kills: false,
                            destroy: false,
                            ..walk
                        };
                        let play = self.play(setting, nothing.clone(), false);
                        if let Some(fault) = self.converge(&play, real, 1, true).await {
                            self.fault(format!("{fault} (killed destroy)"));
                        }
                    } else if !run.failed.is_empty()
                        || after.states.iter().any(Option::is_some)
                        || after.tenant.values().any(|row| held.contains(&row.id))
                    {
                        self.fault("clean: a destroy failed or left something".to_owned());
                    }
                }
                if !choices.end() {
                    break;
                }
            }
        }
    }
}
