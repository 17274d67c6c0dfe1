//! Provider or terraform killed after each single call of a run: the next run converges, and nothing good is lost.

use crate::support::{Running, Tenant, Workspace};
use mde::simulator::{Fault, FaultKind};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

const APPLY: [&str; 3] = ["apply", "-auto-approve", "-input=false"];
const DESTROY: [&str; 3] = ["destroy", "-auto-approve", "-input=false"];

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
    fn plain(count: usize, batch: usize) -> Self {
        Self {
            rows: 0..count,
            described_anew: 0,
            batch,
        }
    }

    /// The same with a quarter of its rows removed, as many added, and some more than a quarter changed: three imports and
    /// two deletes where the whole list takes five.
    fn changed(&self) -> Self {
        let Range { end, .. } = self.rows;
        Self {
            rows: end / 4..end + end / 4,
            described_anew: end / 2 + self.batch / 5,
            batch: self.batch,
        }
    }

    /// The list as one set.
    fn set(&self) -> String {
        let line = |number| format!("    {:?} = {:?}\n", name(number), self.description(number));
        let values: String = self.rows.clone().map(line).collect();
        format!(
            "provider \"mde\" {{\n  batch_size = {}\n}}\n\nresource \"mde_indicator_set\" \"list\" {{\n  action = \"Block\"\n  \
             title  = \"long\"\n  values = {{\n{values}  }}\n}}\n",
            self.batch
        )
    }

    /// The list as one resource for each row.
    fn singles(&self) -> String {
        let line = |number| format!("    {:?} = {:?}\n", name(number), self.description(number));
        let values: String = self.rows.clone().map(line).collect();
        format!(
            "provider \"mde\" {{\n  batch_size = {}\n}}\n\nresource \"mde_indicator\" \"list\" {{\n  for_each    = \
             {{\n{values}  }}\n  value       = each.key\n  description = each.value\n  action      = \"Block\"\n  title       = \
             \"long\"\n}}\n",
            self.batch
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
}

fn name(number: usize) -> String {
    format!("d{number}.evil.example")
}

/// What is to be interrupted.
struct Scene {
    tenant: Tenant,
    workspace: Workspace,
    command: [&'static str; 3],
    wanted: BTreeMap<String, &'static str>,
    rows: Vec<Value>,
    state: Option<Vec<u8>>,
}

impl Scene {
    /// A tenant and a state in which `from` has been applied, if anything, and the configuration `to`.
    async fn new(
        from: Option<&str>,
        to: &str,
        command: [&'static str; 3],
        wanted: BTreeMap<String, &'static str>,
    ) -> Self {
        let tenant = Tenant::start().await;
        let workspace = Workspace::new(&tenant);
        if let Some(from) = from {
            workspace.main(from);
            workspace.apply().await.expect(0);
        }
        workspace.main(to);
        Self {
            rows: tenant.simulator.rows(),
            state: std::fs::read(workspace.path().join("terraform.tfstate")).ok(),
            tenant,
            workspace,
            command,
            wanted,
        }
    }

    /// Back to the beginning, with another run ahead in which these faults happen.
    fn reset(&self, faults: Vec<Fault>) {
        self.tenant.simulator.put_rows(self.rows.clone()).unwrap();
        let state = self.workspace.path().join("terraform.tfstate");
        match &self.state {
            Some(text) => std::fs::write(state, text).unwrap(),
            None => drop(std::fs::remove_file(state)),
        }
        self.tenant.pass_time();
        self.tenant.simulator.clear_calls();
        self.tenant.simulator.clear_faults();
        self.tenant.simulator.add_faults(faults).unwrap();
    }

    /// Kills the victim in one run after the other, each time when one call more is done, until a run needs no more calls.
    /// Answers how many calls that is.
    async fn kill_after_each_call(&self, victim: Victim) -> usize {
        let mut done = 0;
        loop {
            self.reset(vec![on_call(FaultKind::Hang {}, done).times(1000)]);
            if !self.kill_after(victim, done).await {
                return done;
            }
            self.assert_converges(&format!("{victim:?} killed after {done} calls"))
                .await;
            done += 1;
        }
    }

    /// Kills the victim when the last of so many calls is done, but its answer did not arrive: what hangs then is the
    /// second attempt.
    async fn kill_after_all(&self, victim: Victim, calls: usize) {
        let hang = on_call(FaultKind::Hang {}, calls).times(1000);
        self.reset(vec![on_call(FaultKind::DropAfter {}, calls - 1), hang]);
        assert!(self.kill_after(victim, calls).await);
        self.assert_converges(&format!("{victim:?} killed at the end")).await;
    }

    /// Kills the victim while the call after so many is hanging. Answers whether it came to that.
    async fn kill_after(&self, victim: Victim, done: usize) -> bool {
        let mut running = self.workspace.start(&self.command);
        let arrived = || {
            let calls = self.tenant.simulator.calls();
            calls.iter().filter(|call| call.path.contains("/indicators")).count()
        };
        let hangs = running
            .until_or_end("a call that hangs", || arrived() == done + 1)
            .await;
        if hangs {
            victim.kill(&running);
        }
        let ran = running.end().await;
        assert_eq!(ran.code == 0, !hangs, "{}", ran.output);
        hangs
    }

    /// The next run ends well, and touches no row that is right already.
    async fn assert_converges(&self, what: &str) {
        let left = self.tenant.rows();
        self.tenant.simulator.clear_faults();
        self.tenant.pass_time();
        self.tenant.simulator.clear_calls();
        self.workspace.run(&self.command).await.expect(0);
        let after = self.tenant.rows();
        let describe = |(name, row): (&String, &Value)| (name.clone(), row["description"].as_str().unwrap().to_owned());
        let described: BTreeMap<String, String> = after.iter().map(describe).collect();
        let wanted: BTreeMap<String, String> = self
            .wanted
            .iter()
            .map(|(name, text)| (name.clone(), (*text).to_owned()))
            .collect();
        assert_eq!(described, wanted, "{what}");
        let right =
            |(name, row): &(&String, &Value)| self.wanted.get(*name).is_some_and(|text| row["description"] == *text);
        let touched: Vec<&String> = left
            .iter()
            .filter(right)
            .filter(|(name, row)| after[*name] != **row)
            .map(|(name, _)| name)
            .collect();
        assert!(touched.is_empty(), "{what}: good rows were touched: {touched:?}");
        if self.command == APPLY {
            self.workspace.plan().await.expect(0);
        }
    }
}

fn on_call(kind: FaultKind, number: usize) -> Fault {
    Fault {
        path: Some("/indicators".into()),
        after: u32::try_from(number).unwrap(),
        ..Fault::new(kind)
    }
}

/// Plan and apply list the tenant, then five imports.
async fn creation(victim: Victim, list: List) {
    let scene = Scene::new(None, &list.set(), APPLY, list.wanted()).await;
    let calls = scene.kill_after_each_call(victim).await;
    assert_eq!((calls, scene.tenant.lists(), scene.tenant.imports()), (7, 2, 5));
    scene.kill_after_all(victim, calls).await;
}

/// Plan and apply list the tenant, then three imports and two batch deletes.
async fn change(victim: Victim, list: List) {
    let (from, to) = (list.set(), list.changed());
    let scene = Scene::new(Some(&from), &to.set(), APPLY, to.wanted()).await;
    let calls = scene.kill_after_each_call(victim).await;
    assert_eq!((calls, scene.tenant.imports(), scene.tenant.batch_deletes()), (7, 3, 2));
    scene.kill_after_all(victim, calls).await;
}

#[tokio::test]
async fn a_provider_killed_while_it_creates_a_list() {
    creation(Victim::Provider, List::plain(2500, 500)).await;
}

#[tokio::test]
async fn a_terraform_killed_while_it_creates_a_list() {
    creation(Victim::Terraform, List::plain(2500, 500)).await;
}

#[tokio::test]
async fn a_provider_killed_while_it_changes_a_list() {
    change(Victim::Provider, List::plain(250, 50)).await;
}

#[tokio::test]
async fn a_terraform_killed_while_it_changes_a_list() {
    change(Victim::Terraform, List::plain(250, 50)).await;
}

#[tokio::test]
async fn either_killed_while_a_list_is_destroyed() {
    for victim in [Victim::Provider, Victim::Terraform] {
        let list = List::plain(150, 50).set();
        let scene = Scene::new(Some(&list), &list, DESTROY, BTreeMap::new()).await;
        let calls = scene.kill_after_each_call(victim).await;
        // The refresh lists the tenant.
        assert_eq!((calls, scene.tenant.lists(), scene.tenant.batch_deletes()), (4, 1, 3));
        scene.kill_after_all(victim, calls).await;
    }
}

#[tokio::test]
async fn either_killed_while_single_indicators_are_made() {
    for victim in [Victim::Provider, Victim::Terraform] {
        let list = List::plain(30, 10);
        let scene = Scene::new(None, &list.singles(), APPLY, list.wanted()).await;
        // How the host's operations come together is not always the same.
        let calls = scene.kill_after_each_call(victim).await;
        assert!((4..=8).contains(&calls), "{calls}");
    }
}
