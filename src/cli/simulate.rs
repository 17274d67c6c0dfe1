//! Serving the simulator: by itself until it is stopped, or for as long as a command runs.

use super::{DONE, with_causes};
use crate::simulator::{self, Options, Simulator};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::ExitStatus;
use tokio::process::Command;

/// How the simulator behaves, and what to run with it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    options: Options,

    /// Command to run with the variables that lead to the simulator. The simulator ends with it and passes its exit code
    /// on. Standard input and output are the command's own.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Variables that would lead the provider elsewhere, or have it sign in in another way than with the simulator's secret.
const ELSEWHERE: [&str; 2] = ["ARM_ENVIRONMENT", "MDE_REGION"];

/// What the names of further such variables begin with.
const CREDENTIALS: [&str; 5] = ["AZURE_", "ARM_CLIENT_", "ARM_TENANT_", "ARM_OIDC_", "ARM_USE_"];

/// Hosts that are reached without a proxy, in both spellings.
const WITHOUT_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What a shell adds to the number of the signal that has ended a command.
const SIGNALLED: i32 = 128;

impl Arguments {
    /// Says what cannot stand together.
    pub fn check(&self) -> Result<(), simulator::Conflict> {
        self.options.check_command_line()
    }

    /// Serves until the program is stopped, or until the command has ended. Answers the exit code.
    pub async fn run(self, output: &mut (dyn Write + Send)) -> Result<u8, String> {
        let Some((program, arguments)) = self.command.split_first() else {
            let served = simulator::run(self.options, output).await;
            return served.map(|()| DONE).map_err(|error| with_causes(&error));
        };
        let simulator = Simulator::start(self.options)
            .await
            .map_err(|error| with_causes(&error))?;
        let mut command = Command::new(program);
        command.args(arguments);
        lead(&mut command, &simulator.environment(), host(simulator.url()));
        let ended = run(command).await;
        simulator.stop().await;
        let name = program.to_string_lossy();
        ended
            .map(exit_code)
            .map_err(|error| format!("`{name}` cannot be run: {error}"))
    }
}

/// Leads the command to the simulator, and away from any other tenant.
fn lead(command: &mut Command, environment: &[(String, String)], host: &str) {
    for (name, _) in std::env::vars_os() {
        let written = name.to_string_lossy();
        let leads_elsewhere =
            ELSEWHERE.contains(&&*written) || CREDENTIALS.iter().any(|prefix| written.starts_with(prefix));
        if leads_elsewhere {
            command.env_remove(&name);
        }
    }
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    // A proxy of this machine cannot reach the simulator, which listens on this machine only.
    let others = WITHOUT_PROXY.iter().find_map(std::env::var_os);
    let exceptions = with_exception(others.as_deref(), host);
    command.envs(WITHOUT_PROXY.map(|name| (name, exceptions.clone())));
}

/// The address in the simulator's URL, without the brackets of IPv6.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, authority)| authority);
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host.trim_matches(['[', ']'])
}

/// The list of hosts with one more.
fn with_exception(hosts: Option<&OsStr>, host: &str) -> OsString {
    let mut list = hosts.map(OsStr::to_owned).unwrap_or_default();
    if !list.is_empty() {
        list.push(",");
    }
    list.push(host);
    list
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| signal(status).map(|signal| SIGNALLED + signal));
    // A code that does not fit is a failure all the same.
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// Runs the command to its end. Signals to this process go on to the command, which decides what to do about them.
#[cfg(unix)]
async fn run(mut command: Command) -> std::io::Result<ExitStatus> {
    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{SignalKind, signal};

    // Before the command is there, so that no signal ends this process and leaves the command behind.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut child = command.spawn()?;
    let process = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    loop {
        let (signal, is_of_terminal) = tokio::select! {
            ended = child.wait() => return ended,
            _ = interrupt.recv() => (Signal::INT, true),
            _ = quit.recv() => (Signal::QUIT, true),
            _ = hangup.recv() => (Signal::HUP, true),
            _ = terminate.recv() => (Signal::TERM, false),
        };
        // A terminal tells everybody in its foreground, and Terraform takes a second Ctrl-C for an order to die at once.
        let knows = is_of_terminal && is_in_foreground();
        if let (false, Some(process)) = (knows, process) {
            // One that has just ended needs no signal.
            let _ = kill_process(process, signal);
        }
    }
}

/// Whether the terminal of this process, if it has one, sends its signals to this process and its children.
#[cfg(unix)]
fn is_in_foreground() -> bool {
    let terminal = std::fs::File::open("/dev/tty").ok();
    let group = terminal.and_then(|terminal| rustix::termios::tcgetpgrp(terminal).ok());
    group == Some(rustix::process::getpgrp())
}

/// Runs the command to its end. Ctrl-C reaches the command by itself.
#[cfg(not(unix))]
async fn run(mut command: Command) -> std::io::Result<ExitStatus> {
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            ended = child.wait() => return ended,
            // Asked for so that it does not end this process.
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulator_is_reached_without_a_proxy() {
        for (hosts, expected) in [
            (None, "127.0.0.1"),
            (Some(""), "127.0.0.1"),
            (Some("a.example,.b.example"), "a.example,.b.example,127.0.0.1"),
        ] {
            assert_eq!(with_exception(hosts.map(OsStr::new), "127.0.0.1"), expected);
        }
    }

    #[test]
    fn the_address_is_taken_from_the_url() {
        assert_eq!(host("https://127.0.0.1:42969"), "127.0.0.1");
        assert_eq!(host("https://[::1]:42969"), "::1");
    }

    #[cfg(unix)]
    #[test]
    fn codes_are_those_of_a_shell() {
        use std::os::unix::process::ExitStatusExt;
        for (raw, expected) in [(0, 0), (0x0300, 3), (0xff00, 255), (15, 143), (9, 137)] {
            assert_eq!(exit_code(ExitStatus::from_raw(raw)), expected, "{raw:#x}");
        }
    }
}
