//! Families of scenarios, and the running of one.

use super::chance::Chance;
use super::essence::told;
use super::explore::{Effort, Explorer, Fault};
use super::scenario::{Odds, PLACES, Scenario, Setting, by_chance};
use super::walk::Stage;
use futures::FutureExt;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Threads of one family, each with a tenant of its own.
const THREADS: usize = 2;
/// After so many faulty scenarios it is known well enough that something is wrong.
const ENOUGH: usize = 4;
const EFFORT: Effort = Effort {
    orders: 60,
    applies: 6,
    kills: 6,
};

/// Multiplies the number of scenarios, for long explorations.
const TIMES: &str = "MDE_TEST_SCENARIOS";
/// Explores this one scenario of each family only, ten times as thoroughly.
const ONLY: &str = "MDE_TEST_SCENARIO";

/// A family: what it shows, in which settings, and of how many scenarios.
pub struct Family {
    pub name: &'static str,
    pub odds: Odds,
    pub settings: &'static [Setting],
    pub scenarios: usize,
    /// Keys by the number of values that a scenario has; two keys of one value where actions are the matter.
    pub keys: &'static [&'static str],
}

/// A scenario in which something went wrong.
struct Found {
    number: usize,
    setting: Setting,
    scenario: Scenario,
    faults: Vec<Fault>,
}

#[derive(Default)]
struct Sum {
    found: Vec<Found>,
    scenarios: usize,
    ends: usize,
    walks: usize,
}

impl Family {
    /// Explores the family. Panics with what it has found, if it has.
    pub fn explore(&self) {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<usize>().expect(name));
        let only = number(ONLY);
        let scenarios = self.scenarios * number(TIMES).unwrap_or(1);
        let begun = Instant::now();
        let (next, sum) = (AtomicUsize::new(0), Mutex::new(Sum::default()));
        std::thread::scope(|scope| {
            for _ in 0..if only.is_some() { 1 } else { THREADS } {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .unwrap();
                    runtime.block_on(async {
                        let stage = Stage::new().await;
                        loop {
                            let number = only.unwrap_or_else(|| next.fetch_add(1, Ordering::SeqCst));
                            if number >= scenarios.max(only.map_or(0, |only| only + 1)) {
                                break;
                            }
                            self.one(&stage, number, only.is_some(), &sum).await;
                            if only.is_some() || sum.lock().unwrap().found.len() >= ENOUGH {
                                break;
                            }
                        }
                    });
                });
            }
        });
        let sum = sum.into_inner().unwrap();
        let summary = format!(
            "{}: {} scenarios, {} ends of a first run, {} walks, {:.1} s",
            self.name,
            sum.scenarios,
            sum.ends,
            sum.walks,
            begun.elapsed().as_secs_f64()
        );
        if only.is_some() || number(TIMES).is_some() {
            // Whoever explores at length wants to see how far it came, whether or not the output is captured.
            std::io::stderr().write_all(format!("{summary}\n").as_bytes()).unwrap();
        }
        let tell = |found: &Found| {
            let name = format!("{} {} ({ONLY}={})", self.name, found.number, found.number);
            report(&name, &found.setting, &found.scenario, &found.faults)
        };
        let faults: String = sum.found.iter().map(tell).collect();
        assert!(sum.found.is_empty(), "{summary}\n{faults}");
    }

    /// The scenario of this number: most have two objects and two keys, some have three of one.
    fn scenario(&self, number: usize) -> (Chance, Scenario) {
        let mut chance = Chance::of(self.name, number as u64);
        let (objects, keys) = match number % 8 {
            6 => (2, 3),
            7 => (3, 2),
            _ => (2, 2),
        };
        let scenario = by_chance(&mut chance, &self.odds, objects, &self.keys[..keys]);
        (chance, scenario)
    }

    async fn one(&self, stage: &Stage, number: usize, thorough: bool, sum: &Mutex<Sum>) {
        let (chance, scenario) = self.scenario(number);
        let times = if thorough { 10 } else { 1 };
        let effort = Effort {
            orders: EFFORT.orders * times,
            applies: EFFORT.applies * times,
            kills: EFFORT.kills * times,
        };
        for setting in self.settings {
            let mut explorer = Explorer::new(stage, &scenario, *setting, effort, chance.clone());
            let ran = AssertUnwindSafe(explorer.run()).catch_unwind().await;
            let mut findings = explorer.findings;
            if let Err(panic) = ran {
                let words = panic.downcast_ref::<String>().cloned();
                let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
                findings.faults.push(Fault {
                    text: format!("protocol: {}", words.unwrap_or_default()),
                    story: stage.journal.lines(),
                });
            }
            let mut sum = sum.lock().unwrap();
            sum.ends += findings.ends;
            sum.walks += findings.walks;
            if !findings.faults.is_empty() {
                sum.found.push(Found {
                    number,
                    setting: *setting,
                    scenario: scenario.clone(),
                    faults: findings.faults,
                });
            }
        }
        sum.lock().unwrap().scenarios += 1;
    }
}

/// Everything that one needs to see a fault again.
pub fn report(name: &str, setting: &Setting, scenario: &Scenario, faults: &[Fault]) -> String {
    let mut text = String::new();
    writeln!(text, "\n{name}, {setting:?}").unwrap();
    for line in told(&scenario.world) {
        writeln!(text, "  {line}").unwrap();
    }
    for (address, want) in scenario.config.iter().enumerate() {
        let name = Scenario::name(address * PLACES);
        let spelling = scenario.spellings[address];
        match want {
            Some(want) => writeln!(text, "  {name} -> {want:?} {spelling:?}").unwrap(),
            None => writeln!(text, "  {name} -> nothing").unwrap(),
        }
    }
    let Scenario {
        refused,
        replaced,
        remembered,
        ..
    } = scenario;
    writeln!(
        text,
        "  refused {refused:?}, replaced {replaced:?}, private data {remembered}"
    )
    .unwrap();
    for fault in faults {
        writeln!(text, "  FAULT {}", fault.text).unwrap();
        for line in &fault.story {
            writeln!(text, "    {line}").unwrap();
        }
    }
    text
}
