//! What was measured: as JSON and as tables.

use super::life::{State, Step};
use super::singles::Single;
use super::tenant::{Calls, Endpoint};
use super::ways::Way;
use super::workspace::{Run, terraform_version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Everything that was measured.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    pub terraform: String,
    pub provider: String,
    pub cores: usize,
    /// Load average over a minute at each step: other work on the machine makes wall times worthless.
    pub loads: Vec<f64>,
    pub steps: Vec<Step>,
    pub states: Vec<State>,
    pub ways: Vec<Way>,
    pub singles: Vec<Single>,
}

impl Report {
    pub fn begin() -> Self {
        Self {
            terraform: terraform_version(),
            provider: env!("CARGO_PKG_VERSION").to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            ..Self::default()
        }
    }

    pub fn add(&mut self, step: Step) {
        self.note(format_args!(
            "{} {}: {:.2} s, floor {:.2} s, provider {:.2} s CPU {:.0} MiB",
            step.size,
            step.name,
            step.provider.wall,
            step.floor.wall,
            step.provider.provider_cpu,
            step.provider.provider_peak
        ));
        self.steps.push(step);
    }

    pub fn add_way(&mut self, way: Way) {
        let seconds = way
            .run
            .as_ref()
            .map_or("left out".to_owned(), |run| format!("{:.2} s", run.wall));
        self.note(format_args!("{} {}: {seconds}", way.size, way.name));
        self.ways.push(way);
    }

    pub fn add_single(&mut self, single: Single) {
        self.note(format_args!(
            "{} singles, parallelism {}, batch {}, {}: {:.2} s",
            single.size, single.parallelism, single.batch_size, single.name, single.run.wall
        ));
        self.singles.push(single);
    }

    fn note(&mut self, line: std::fmt::Arguments<'_>) {
        self.loads.push(load());
        println!("{line}");
    }

    /// Writes `benchmark.json` and `benchmark.md`.
    pub fn write(&self, directory: &Path) {
        std::fs::create_dir_all(directory).unwrap();
        let write = |name: &str, text: String| std::fs::write(directory.join(name), text).unwrap();
        write("benchmark.json", serde_json::to_string_pretty(self).unwrap());
        write("benchmark.md", self.markdown());
    }

    pub fn markdown(&self) -> String {
        let mut text = format!(
            "{}, provider {}, {} cores, load average {:.1} to {:.1}.\n",
            self.terraform,
            self.provider,
            self.cores,
            self.loads.iter().copied().fold(f64::INFINITY, f64::min),
            self.loads.iter().copied().fold(0.0, f64::max)
        );
        self.life(&mut text);
        self.state_sizes(&mut text);
        self.way_table(&mut text);
        self.single_table(&mut text);
        text
    }

    fn life(&self, text: &mut String) {
        let steps = &self.steps;
        if steps.is_empty() {
            return;
        }
        text.push_str(
            "\n### A set\n\n\
             | indicators | step | wall, s | floor, s | ratio | baseline, s | provider CPU, s | provider peak, MiB | ready, ms | calls |\n\
             | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
        );
        for step in steps {
            let Run {
                wall,
                provider_cpu,
                provider_peak,
                ready,
                ..
            } = &step.provider;
            let baseline = step.baseline.as_ref();
            let _ = writeln!(
                text,
                "| {} | {} | {wall:.2} | {:.2} | {:.2} | {} | {provider_cpu:.2} | {provider_peak:.0} | {ready:.0} | {} |",
                step.size,
                step.name,
                step.floor.wall,
                wall / step.floor.wall,
                baseline.map_or("-".to_owned(), |run| format!("{:.2}", run.wall)),
                counted(&step.calls)
            );
        }
        let most = steps.iter().map(|step| step.size).max().unwrap_or_default();
        let _ = writeln!(
            text,
            "\nCalls and bytes at {most} indicators:\n\n\
             | step | endpoint | calls | indicators | sent, KiB | received, KiB (gzip) | throttled |\n\
             | --- | --- | ---: | ---: | ---: | ---: | ---: |"
        );
        for step in steps.iter().filter(|step| step.size == most) {
            for (
                endpoint,
                Endpoint {
                    calls,
                    items,
                    sent,
                    received,
                    throttled,
                },
            ) in &step.calls
            {
                let _ = writeln!(
                    text,
                    "| {} | {endpoint} | {calls} | {items} | {} | {} | {throttled} |",
                    step.name,
                    sent.div_ceil(1024),
                    received.div_ceil(1024)
                );
            }
        }
    }

    fn state_sizes(&self, text: &mut String) {
        if self.states.is_empty() {
            return;
        }
        text.push_str("\n### State file\n\n| indicators | KiB | bytes for each |\n| ---: | ---: | ---: |\n");
        for State { size, bytes } in &self.states {
            let _ = writeln!(text, "| {size} | {} | {} |", bytes / 1024, bytes / *size as u64);
        }
    }

    fn way_table(&self, text: &mut String) {
        if self.ways.is_empty() {
            return;
        }
        let mut sizes: Vec<usize> = self.ways.iter().map(|way| way.size).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let heads: Vec<String> = sizes.iter().map(|size| format!("{size}, s (floor)")).collect();
        let _ = writeln!(
            text,
            "\n### Ways to write a list: a plan without changes\n\n| written as | {} | terraform's peak, MiB |\n| --- |{} ---: |",
            heads.join(" | "),
            " ---: |".repeat(sizes.len())
        );
        let mut seen: Vec<&str> = Vec::new();
        for way in &self.ways {
            let name = way.name.as_str();
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let same: BTreeMap<usize, &Way> = self
                .ways
                .iter()
                .filter(|other| other.name == name)
                .map(|other| (other.size, other))
                .collect();
            let cell = |size: &usize| {
                let runs = same.get(size).and_then(|way| way.run.as_ref().zip(way.floor.as_ref()));
                runs.map_or("left out".to_owned(), |(run, floor)| {
                    format!("{:.2} ({:.2})", run.wall, floor.wall)
                })
            };
            let cells: Vec<String> = sizes.iter().map(cell).collect();
            let last = same.values().filter_map(|way| way.run.as_ref()).next_back();
            let peak = last.map_or(0.0, |run| run.host_peak);
            let _ = writeln!(text, "| {name} | {} | {peak:.0} |", cells.join(" | "));
        }
    }

    fn single_table(&self, text: &mut String) {
        if self.singles.is_empty() {
            return;
        }
        text.push_str(
            "\n### One resource for each indicator\n\n\
             | indicators | `-parallelism` | `batch_size` | step | wall, s | provider CPU, s | calls |\n\
             | ---: | ---: | ---: | --- | ---: | ---: | --- |\n",
        );
        for Single {
            size,
            parallelism,
            batch_size,
            name,
            run,
            calls,
        } in &self.singles
        {
            let _ = writeln!(
                text,
                "| {size} | {parallelism} | {batch_size} | {name} | {:.2} | {:.2} | {} |",
                run.wall,
                run.provider_cpu,
                counted(calls)
            );
        }
    }
}

fn counted(calls: &Calls) -> String {
    let words: Vec<String> = calls
        .iter()
        .map(|(endpoint, made)| {
            let throttled = match made.throttled {
                0 => String::new(),
                count => format!(" ({count} throttled)"),
            };
            format!("{} {endpoint}{throttled}", made.calls)
        })
        .collect();
    words.join(", ")
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split_whitespace().next();
    first.and_then(|number| number.parse().ok()).unwrap_or(0.0)
}
