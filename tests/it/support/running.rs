//! A command of the real terraform that is under way, to be stopped or killed from outside.

use super::Workspace;
use super::workspace::Ran;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How often is looked, and when a condition will not come any more.
const LOOK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(120);

/// A terraform under way, in a process group of its own as on a terminal.
pub struct Running {
    id: u32,
    output: JoinHandle<Output>,
}

impl Workspace {
    /// Starts a command without waiting for its end.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Running {
            id: child.id(),
            output: tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()),
        }
    }

    /// Starts an apply without waiting for its end.
    pub fn start_apply(&self) -> Running {
        self.start(&["apply", "-auto-approve", "-input=false"])
    }
}

impl Running {
    /// Waits until the condition holds; panics if the command ends before that.
    pub async fn until(&mut self, what: &str, condition: impl FnMut() -> bool) {
        if !self.until_or_end(what, condition).await {
            let output = Ran::new((&mut self.output).await.unwrap()).output;
            panic!("terraform ended before this: {what}\n{output}");
        }
    }

    /// Waits until the condition holds or the command ends; whether it is the former.
    pub async fn until_or_end(&mut self, what: &str, mut condition: impl FnMut() -> bool) -> bool {
        let begun = Instant::now();
        while !condition() {
            if self.output.is_finished() {
                return condition();
            }
            assert!(begun.elapsed() < PATIENCE, "it did not come to this: {what}");
            tokio::time::sleep(LOOK).await;
        }
        true
    }

    /// Sends a signal to everything that the command started, as a terminal does.
    pub fn signal_all(&self, name: &str) {
        signal(name, &format!("-{}", self.id));
    }

    /// Kills terraform itself, and nothing else.
    pub fn kill_terraform(&self) {
        signal("KILL", &self.id.to_string());
    }

    /// Kills the provider's process, and nothing else.
    pub fn kill_provider(&self) {
        let children = children(self.id);
        assert!(!children.is_empty(), "no provider is running");
        for child in children {
            signal("KILL", &child.to_string());
        }
    }

    /// Waits for the end.
    pub async fn end(self) -> Ran {
        Ran::new(self.output.await.unwrap())
    }
}

fn signal(name: &str, process: &str) {
    let status = Command::new("kill").args(["-s", name, "--", process]).status().unwrap();
    assert!(status.success(), "kill -s {name} {process}");
}

fn children(parent: u32) -> Vec<u32> {
    let table = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
    String::from_utf8(table.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(|number| number.parse::<u32>().unwrap());
            let (process, its_parent) = (numbers.next()?, numbers.next()?);
            (its_parent == parent).then_some(process)
        })
        .collect()
}
