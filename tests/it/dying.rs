//! Provider or terraform killed after each single call of an apply: the next apply converges, and nothing good is lost.

use crate::support::{Running, Tenant, Workspace};
use mde::simulator::{Fault, FaultKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// Who dies.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Provider,
    Terraform,
}

impl Victim {
    fn kill(self, running: &Running) {
        match self {
            Self::Provider => running.kill_provider(),
            Self::Terraform => running.kill_terraform(),
        }
    }
}

/// A list: these rows, of which the first ones have another description.
#[derive(Debug, Clone)]
struct List {
    rows: Range<usize>,
    described_anew: usize,
    batch: usize,
}

impl List {
    fn configuration(&self) -> String {
        let values: String = self
            .rows
            .clone()
            .map(|number| format!("    {:?} = {:?}\n", name(number), self.description(number)))
            .collect();
        let batch = self.batch;
        format!(
            "provider \"mde\" {{\n  batch_size = {batch}\n}}\n\nresource \"mde_indicator_set\" \"list\" {{\n  action = \
             \"Block\"\n  title  = \"long\"\n  values = {{\n{values}  }}\n}}\n"
        )
    }

    fn description(&self, number: usize) -> &'static str {
        if number < self.described_anew {
            "anew"
        } else {
            "as it was"
        }
    }

    /// What the tenant should say: description by value and action.
    fn wanted(&self) -> BTreeMap<String, &'static str> {
        let row = |number| (format!("{} Block", name(number)), self.description(number));
        self.rows.clone().map(row).collect()
    }

    /// The rows that are already as they should be.
    fn right(&self, rows: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let wanted = self.wanted();
        let is_right = |name: &String, row: &Value| wanted.get(name).is_some_and(|text| row["description"] == *text);
        rows.iter()
            .filter(|(name, row)| is_right(name, row))
            .map(|(name, row)| (name.clone(), row.clone()))
            .collect()
    }
}

fn name(number: usize) -> String {
    format!("d{number}.evil.example")
}

/// What stands before an apply that is to be killed.
struct Before {
    rows: Vec<Value>,
    state: Option<Vec<u8>>,
}

/// Applies `from`, if anything, and then `to` again and again, killing the victim when one call more is done each time.
/// The apply of `to` takes this many calls that write.
async fn killed_at_every_point(victim: Victim, from: Option<List>, to: List, writes: usize) {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let state = workspace.path().join("terraform.tfstate");
    if let Some(from) = from {
        workspace.main(&from.configuration());
        workspace.apply().await.expect(0);
    }
    let before = Before {
        rows: tenant.simulator.rows(),
        state: std::fs::read(&state).ok(),
    };
    workspace.main(&to.configuration());
    // Plan and apply list the tenant once each.
    let total = 2 + writes;
    for done in 0..=total {
        tenant.simulator.put_rows(before.rows.clone()).unwrap();
        match &before.state {
            Some(text) => std::fs::write(&state, text).unwrap(),
            None => drop(std::fs::remove_file(&state)),
        }
        tenant.pass_time();
        tenant.simulator.clear_calls();
        killed_at(victim, &tenant, &workspace, &to, done, total).await;
    }
}

async fn killed_at(victim: Victim, tenant: &Tenant, workspace: &Workspace, to: &List, done: usize, total: usize) {
    let on_call = |kind, number: usize| Fault {
        path: Some("/indicators".into()),
        after: u32::try_from(number).unwrap(),
        ..Fault::new(kind)
    };
    let mut faults = vec![on_call(FaultKind::Hang {}, done).times(1000)];
    if done == total {
        // The last call is carried out and its answer lost; what hangs then is the second attempt.
        faults.push(on_call(FaultKind::DropAfter {}, total - 1));
    }
    tenant.simulator.add_faults(faults).unwrap();
    let mut running = workspace.start_apply();
    let arrived = || {
        let calls = tenant.simulator.calls();
        calls.iter().filter(|call| call.path.contains("/indicators")).count()
    };
    running.until("the call that hangs", || arrived() == done + 1).await;
    if done == total {
        let writes = tenant.imports() + tenant.batch_deletes();
        assert_eq!(
            (tenant.lists(), writes),
            (2, total - 2 + 1),
            "calls of an apply, the last one twice"
        );
    }
    victim.kill(&running);
    assert_ne!(running.end().await.code, 0);

    let left = tenant.rows();
    let right = to.right(&left);
    tenant.simulator.clear_faults();
    tenant.pass_time();
    tenant.simulator.clear_calls();
    workspace.apply().await.expect(0);
    let after = tenant.rows();
    let described: BTreeMap<String, &str> = after
        .iter()
        .map(|(name, row)| (name.clone(), row["description"].as_str().unwrap()))
        .collect();
    assert_eq!(described, to.wanted(), "{victim:?} killed after {done} calls");
    assert_eq!(to.right(&right), right);
    let touched = right.iter().filter(|(name, row)| after[*name] != **row).count();
    assert_eq!(
        touched, 0,
        "good rows touched after {victim:?} was killed after {done} calls"
    );
    workspace.plan().await.expect(0);
}

fn whole(count: usize, batch: usize) -> List {
    List {
        rows: 0..count,
        described_anew: 0,
        batch,
    }
}

/// A list, and the same with a quarter of its rows removed, as many added and more changed: three imports and two deletes.
fn changed(count: usize, batch: usize) -> (List, List) {
    let to = List {
        rows: count / 4..count + count / 4,
        described_anew: count / 2 + batch / 5,
        batch,
    };
    (whole(count, batch), to)
}

#[tokio::test]
async fn a_provider_killed_while_it_creates_a_list() {
    killed_at_every_point(Victim::Provider, None, whole(2500, 500), 5).await;
}

#[tokio::test]
async fn a_provider_killed_while_it_changes_a_list() {
    let (from, to) = changed(2500, 500);
    killed_at_every_point(Victim::Provider, Some(from), to, 5).await;
}

#[tokio::test]
async fn a_terraform_killed_while_it_creates_a_list() {
    killed_at_every_point(Victim::Terraform, None, whole(2500, 500), 5).await;
}

#[tokio::test]
async fn a_terraform_killed_while_it_changes_a_list() {
    let (from, to) = changed(250, 50);
    killed_at_every_point(Victim::Terraform, Some(from), to, 5).await;
}
