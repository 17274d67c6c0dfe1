//! Provider or terraform killed after each single call of a run: the next run converges, and nothing good is lost.

use crate::support::{Running, Tenant, Workspace};
use mde::simulator::{Fault, FaultKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
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
        let line = |number| {
            format!(
                "    {:?} = {{ description = {:?} }}\n",
                name(number),
                self.description(number)
            )
        };
        let rows: String = self.rows.clone().map(line).collect();
        format!(
            "provider \"mde\" {{\n  batch_size = {}\n}}\n\nresource \"mde_indicator_set\" \"list\" {{\n  action = \"Block\"\n  \
             title  = \"long\"\n  indicators = {{\n{rows}  }}\n}}\n",
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

/// Thirty rows, ten to a call, all with this action, and all with this label, which is their description, too.
fn set_of_thirty(action: &str, label: &str) -> String {
    format!(
        "provider \"mde\" {{\n  batch_size = 10\n}}\n\nresource \"mde_indicator_set\" \
         \"list\" {{\n  action      = {action:?}\n  application = {label:?}\n  title       = \"thirty\"\n  description = {label:?}\n  indicators  = {{ for number in range(30) : \"d${{number}}.evil.example\" => null }}\n}}\n"
    )
}

/// What the tenant should say of the thirty.
fn thirty(action: &str, label: &'static str) -> BTreeMap<String, &'static str> {
    (0..30)
        .map(|number| (format!("{} {action}", name(number)), label))
        .collect()
}

/// Two sets of twenty rows, five to a call. Once `swapped`, each has ten rows of the other, and every row another description.
fn two_sets(swapped: bool) -> String {
    let description = if swapped { "anew" } else { "as it was" };
    let set = |name: &str, rows: [Range<usize>; 2]| {
        let lines: String = rows
            .into_iter()
            .flatten()
            .map(|number| format!("    {:?} = null\n", self::name(number)))
            .collect();
        format!(
            "resource \"mde_indicator_set\" {name:?} {{\n  action = \"Block\"\n  title  = \"moving\"\n  description = \
             {description:?}\n  indicators = {{\n{lines}  }}\n}}\n"
        )
    };
    let (one, two) = if swapped {
        ([0..10, 20..30], [10..20, 30..40])
    } else {
        ([0..10, 10..20], [20..30, 30..40])
    };
    format!(
        "provider \"mde\" {{\n  batch_size = 5\n}}\n\n{}{}",
        set("one", one),
        set("two", two)
    )
}

/// What is to be interrupted.
struct Scene {
    tenant: Tenant,
    workspace: Workspace,
    command: [&'static str; 3],
    wanted: BTreeMap<String, &'static str>,
    rows: Vec<Value>,
    state: Option<Vec<u8>>,
    /// Whether rows are deleted and made anew, so that they are not there for a moment.
    gaps: bool,
    /// Rows that change hands: an object that lets go of one and has nothing to write deletes it before the other one can say
    /// that it wants it, which then makes it anew.
    moving: BTreeSet<String>,
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
            gaps: false,
            moving: BTreeSet::new(),
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

    /// The next run ends well, and touches no row that is right already. What is wanted before and after was there all the
    /// time, with one action or the other.
    async fn assert_converges(&self, what: &str) {
        let left = self.tenant.rows();
        if !self.gaps {
            let values = |names: Vec<&String>| -> BTreeSet<String> {
                let value = |name: &String| name.split(' ').next().unwrap().to_owned();
                names.into_iter().map(value).collect()
            };
            let text = |row: &Value| row["indicatorValue"].as_str().unwrap().to_owned();
            let before: BTreeSet<String> = self.rows.iter().map(text).collect();
            let (wanted, standing) = (values(self.wanted.keys().collect()), values(left.keys().collect()));
            let missing: Vec<&String> = before
                .intersection(&wanted)
                .filter(|value| !standing.contains(*value))
                .collect();
            assert!(missing.is_empty(), "{what}: a gap in the protection of {missing:?}");
        }
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
            .filter(|(name, row)| after[*name] != **row && !self.moving.contains(*name))
            .map(|(name, _)| name)
            .collect();
        assert!(touched.is_empty(), "{what}: good rows were touched: {touched:?}");
        if self.command == APPLY {
            self.workspace.plan().await.expect(0);
        }
        let mut ids: Vec<String> = after
            .values()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        assert_eq!(self.workspace.recorded(), ids, "{what}: every row is in one record");
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

/// Plan and apply list the tenant with two calls each, then three imports and two batch deletes.
async fn change(victim: Victim, list: List) {
    let (from, to) = (list.set(), list.changed());
    let scene = Scene::new(Some(&from), &to.set(), APPLY, to.wanted()).await;
    let calls = scene.kill_after_each_call(victim).await;
    assert_eq!((calls, scene.tenant.imports(), scene.tenant.batch_deletes()), (9, 3, 2));
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
        // The refresh lists the tenant: the rows, and the proof that there are no more.
        assert_eq!((calls, scene.tenant.lists(), scene.tenant.batch_deletes()), (5, 2, 3));
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

/// The kinds of the calls of the last run, in order.
fn kinds(tenant: &Tenant) -> Vec<String> {
    let calls = tenant.simulator.calls().into_iter();
    calls
        .filter(|call| call.path.contains("/indicators"))
        .map(|call| call.path.rsplit('/').next().unwrap().to_owned())
        .collect()
}

/// New rows take the place of others of the same values: each batch of the old ones goes as soon as its own is there.
#[tokio::test]
async fn either_killed_while_the_action_of_a_list_changes() {
    for victim in [Victim::Provider, Victim::Terraform] {
        let (from, to) = (set_of_thirty("Block", "old"), set_of_thirty("Warn", "old"));
        let scene = Scene::new(Some(&from), &to, APPLY, thirty("Warn", "old")).await;
        let calls = scene.kill_after_each_call(victim).await;
        let expected = [
            "indicators",
            "indicators",
            "indicators",
            "indicators",
            "import",
            "BatchDelete",
            "import",
            "BatchDelete",
            "import",
            "BatchDelete",
        ];
        assert_eq!(kinds(&scene.tenant), expected);
        assert_eq!((calls, scene.tenant.imported(), scene.tenant.deleted()), (10, 30, 30));
        scene.kill_after_all(victim, calls).await;
    }
}

/// A label is taken at creation only, so that rows are deleted and made anew, batch by batch.
#[tokio::test]
async fn either_killed_while_the_label_of_a_list_changes() {
    for victim in [Victim::Provider, Victim::Terraform] {
        let (from, to) = (set_of_thirty("Block", "old"), set_of_thirty("Block", "new"));
        let mut scene = Scene::new(Some(&from), &to, APPLY, thirty("Block", "new")).await;
        scene.gaps = true;
        let calls = scene.kill_after_each_call(victim).await;
        let expected = [
            "indicators",
            "indicators",
            "indicators",
            "indicators",
            "BatchDelete",
            "import",
            "BatchDelete",
            "import",
            "BatchDelete",
            "import",
        ];
        assert_eq!(kinds(&scene.tenant), expected);
        assert_eq!((calls, scene.tenant.imported(), scene.tenant.deleted()), (10, 30, 30));
        scene.kill_after_all(victim, calls).await;
    }
}

#[tokio::test]
async fn either_killed_while_rows_move_between_lists() {
    for victim in [Victim::Provider, Victim::Terraform] {
        let block = |number| format!("{} Block", name(number));
        let wanted = (0..40).map(|number| (block(number), "anew")).collect();
        let mut scene = Scene::new(Some(&two_sets(false)), &two_sets(true), APPLY, wanted).await;
        scene.moving = (10..30).map(block).collect();
        scene.gaps = true;
        let calls = scene.kill_after_each_call(victim).await;
        // Two lists, and forty rows by five; how those of the two sets come together is not always the same.
        assert!((10..=14).contains(&calls), "{calls}");
        assert_eq!(scene.tenant.imported(), 40);
    }
}
