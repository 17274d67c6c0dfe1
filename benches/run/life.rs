//! A set from its creation to its end, step by step, each with the provider and then with the floor.

use super::data::{self, Row};
use super::floor::DRIFT;
use super::report::Report;
use super::tenant::{Calls, Tenant};
use super::workspace::{Run, Workspace, csv};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// How many rows change in the steps that change many, and in the portal.
const MANY: usize = 500;

/// One step of one set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    pub size: usize,
    pub name: String,
    pub provider: Run,
    pub floor: Run,
    /// The same with another build of the provider.
    pub baseline: Option<Run>,
    pub calls: Calls,
}

/// A set in its state file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    pub size: usize,
    pub bytes: u64,
}

/// What the step does in the tenant, apart from the command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Apply,
    Plan { changes: bool },
    Drift,
    Destroy,
}

/// The configuration of a set with this list.
pub fn set(list: &str) -> String {
    format!("resource \"mde_indicator_set\" \"list\" {{\n  action     = \"Block\"\n  indicators = {list}\n}}\n")
}

/// How the list is written: the way that the documentation recommends.
const LIST: &str = "provider::mde::parse_csv(file(\"list.csv\"))";

/// Measures sets of these sizes, beside the floor, and beside another build of the provider if there is a `baseline`.
pub fn measure(report: &mut Report, tenant: &Tenant, sizes: &[usize], repeat: usize, baseline: Option<&Path>) {
    for size in sizes {
        let begin = |workspace: Workspace| {
            workspace.main(&set(LIST));
            workspace
        };
        let life = Life {
            tenant,
            rows: data::rows(*size),
            repeat,
            provider: begin(Workspace::with_provider(tenant.environment())),
            floor: begin(Workspace::with_floor()),
            baseline: baseline.map(|program| begin(Workspace::with_program(program, tenant.environment()))),
            // The rows of each build stand in a tenant of their own.
            others: Vec::new(),
        };
        tenant.empty();
        life.live(report);
    }
}

struct Life<'a> {
    tenant: &'a Tenant,
    rows: Vec<Row>,
    repeat: usize,
    provider: Workspace,
    floor: Workspace,
    baseline: Option<Workspace>,
    /// The tenant's rows of the build that is not measured at the moment.
    others: Vec<Value>,
}

impl Life<'_> {
    fn live(mut self, report: &mut Report) {
        let many = MANY.min(self.rows.len());
        self.write();
        self.step(report, "first apply", Kind::Apply);
        report.states.push(State {
            size: self.rows.len(),
            bytes: self.provider.state_size(),
        });
        self.step(report, "plan without changes", Kind::Plan { changes: false });
        self.change(1, "!");
        self.step(report, "plan, 1 changed", Kind::Plan { changes: true });
        self.step(report, "apply, 1 changed", Kind::Apply);
        self.change(many, "?");
        self.step(report, &format!("plan, {many} changed"), Kind::Plan { changes: true });
        self.step(report, &format!("apply, {many} changed"), Kind::Apply);
        self.step(report, &format!("plan, {many} drifted"), Kind::Drift);
        self.step(report, "destroy", Kind::Destroy);
        assert_eq!(self.tenant.count(), 0, "the tenant is not empty after the end");
    }

    /// Changes the description of the first rows.
    fn change(&mut self, count: usize, mark: &str) {
        for row in self.rows.iter_mut().take(count) {
            row.description.push_str(mark);
        }
        self.write();
    }

    fn write(&self) {
        for workspace in [&self.provider, &self.floor].into_iter().chain(&self.baseline) {
            workspace.write("list.csv", &csv(&self.rows));
        }
    }

    fn step(&mut self, report: &mut Report, name: &str, kind: Kind) {
        let times = if matches!(kind, Kind::Plan { .. } | Kind::Drift) {
            self.repeat
        } else {
            1
        };
        let (mut provider, mut floor, mut baseline, mut calls) = (Vec::new(), Vec::new(), Vec::new(), Calls::new());
        for _ in 0..times {
            let (run, made) = self.in_the_tenant(&self.provider, kind);
            provider.push(run);
            calls = made;
            floor.push(self.with_floor(kind));
            if let Some(workspace) = &self.baseline {
                self.others = self.tenant.exchange(std::mem::take(&mut self.others));
                baseline.push(self.in_the_tenant(workspace, kind).0);
                self.others = self.tenant.exchange(std::mem::take(&mut self.others));
            }
        }
        report.add(Step {
            size: self.rows.len(),
            name: name.to_owned(),
            provider: Run::median(provider),
            floor: Run::median(floor),
            baseline: (!baseline.is_empty()).then(|| Run::median(baseline)),
            calls,
        });
    }

    fn in_the_tenant(&self, workspace: &Workspace, kind: Kind) -> (Run, Calls) {
        let run = || command(workspace, kind);
        match kind {
            Kind::Drift => self.tenant.while_changed(MANY, || self.tenant.during(run)),
            _ => self.tenant.during(run),
        }
    }

    fn with_floor(&mut self, kind: Kind) -> Run {
        let drifted = if kind == Kind::Drift {
            MANY.to_string()
        } else {
            String::new()
        };
        self.floor.set(DRIFT, &drifted);
        command(&self.floor, kind)
    }
}

fn command(workspace: &Workspace, kind: Kind) -> Run {
    match kind {
        Kind::Apply => workspace.apply(),
        Kind::Plan { changes } => workspace.plan(changes),
        Kind::Drift => workspace.plan(true),
        Kind::Destroy => workspace.destroy(),
    }
}
