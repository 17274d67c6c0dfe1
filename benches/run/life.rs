//! A set from its creation to its end, step by step, each with the provider and then with the floor.

use super::data::{self, Row};
use super::floor::DRIFT;
use super::report::Report;
use super::tenant::{Calls, Tenant};
use super::workspace::{Run, Workspace, csv};
use serde::{Deserialize, Serialize};

/// How many rows change in the steps that change many, and in the portal.
const MANY: usize = 500;

/// One set, by the way its list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One JSON text, by `parse_csv` over a CSV table.
    Text,
    /// An object, by `for` over a CSV table.
    Object,
}

impl Form {
    pub const ALL: [Self; 2] = [Self::Text, Self::Object];

    /// What it is called in the results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "parse_csv",
            Self::Object => "for",
        }
    }
}

/// One step of one set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    pub form: Form,
    pub size: usize,
    pub name: String,
    pub provider: Run,
    pub floor: Run,
    pub calls: Calls,
}

/// A set in its state file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    pub form: Form,
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

/// The configuration of a set of this form.
pub fn configuration(form: Form) -> String {
    let list = match form {
        Form::Text => "provider::mde::parse_csv(file(\"list.csv\"))",
        Form::Object => "{ for row in csvdecode(file(\"list.csv\")) : row.value => row }",
    };
    set(list)
}

/// The configuration of a set with this list.
pub fn set(list: &str) -> String {
    format!(
        "resource \"mde_indicator_set\" \"list\" {{\n  action     = \"Block\"\n  title      = \"C2\"\n  indicators = {list}\n}}\n"
    )
}

pub fn measure(report: &mut Report, tenant: &Tenant, sizes: &[usize], repeat: usize) {
    for form in Form::ALL {
        for size in sizes {
            Life::begin(tenant, form, *size, repeat).live(report);
        }
    }
}

struct Life<'a> {
    tenant: &'a Tenant,
    form: Form,
    rows: Vec<Row>,
    repeat: usize,
    provider: Workspace,
    floor: Workspace,
}

impl<'a> Life<'a> {
    fn begin(tenant: &'a Tenant, form: Form, size: usize, repeat: usize) -> Self {
        tenant.empty();
        let life = Self {
            tenant,
            form,
            rows: data::rows(size),
            repeat,
            provider: Workspace::with_provider(tenant.environment()),
            floor: Workspace::with_floor(),
        };
        for workspace in [&life.provider, &life.floor] {
            workspace.main(&configuration(form));
        }
        life
    }

    fn live(mut self, report: &mut Report) {
        let many = MANY.min(self.rows.len());
        self.write();
        self.step(report, "first apply", Kind::Apply);
        report.states.push(State {
            form: self.form,
            size: self.rows.len(),
            bytes: self.provider.state_size(),
        });
        self.step(report, "plan without changes", Kind::Plan { changes: false });
        self.change(1, "!");
        self.step(report, "plan, 1 changed", Kind::Plan { changes: true });
        self.step(report, "apply, 1 changed", Kind::Apply);
        self.change(many, "?");
        let changed = if many == MANY {
            MANY.to_string()
        } else {
            "all".to_owned()
        };
        self.step(
            report,
            &format!("plan, {changed} changed"),
            Kind::Plan { changes: true },
        );
        self.step(report, &format!("apply, {changed} changed"), Kind::Apply);
        self.step(report, &format!("plan, {changed} drifted"), Kind::Drift);
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
        for workspace in [&self.provider, &self.floor] {
            workspace.write("list.csv", &csv(&self.rows));
        }
    }

    fn step(&mut self, report: &mut Report, name: &str, kind: Kind) {
        let times = if matches!(kind, Kind::Plan { .. } | Kind::Drift) {
            self.repeat
        } else {
            1
        };
        let (mut provider, mut floor, mut calls) = (Vec::new(), Vec::new(), Calls::new());
        for _ in 0..times {
            let (run, made) = self.with_provider(kind);
            provider.push(run);
            calls = made;
            floor.push(self.with_floor(kind));
        }
        report.add(Step {
            form: self.form,
            size: self.rows.len(),
            name: name.to_owned(),
            provider: Run::median(provider),
            floor: Run::median(floor),
            calls,
        });
    }

    fn with_provider(&self, kind: Kind) -> (Run, Calls) {
        let run = || command(&self.provider, kind);
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
