//! Runs a program and records what it took, its children included.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// The program that the stand-in starts; [`FLOOR`] for the floor.
pub const PROVIDER: &str = "MDE_BENCHMARK_PROVIDER";
/// The provider that answers at once.
pub const FLOOR: &str = "floor";
/// The file that the stand-in appends to.
pub const RECORD: &str = "MDE_BENCHMARK_RECORD";
/// First argument of the gauge.
const GAUGE: &str = "gauge";

/// What one process took.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Taken {
    /// Seconds from its start to its end.
    pub wall: f64,
    /// Seconds of processor time, in the program and in the system for it.
    pub cpu: f64,
    /// The most memory that it, or one of its children, held at once, in MiB.
    pub peak: f64,
    /// Milliseconds from its start to its first line; of a provider only.
    pub ready: f64,
}

/// A command that runs `program` and appends what it took to `record`.
pub fn gauged(record: &Path, program: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(GAUGE).arg(record).arg(program);
    command
}

/// Everything that was recorded in the file.
pub fn recorded(record: &Path) -> Vec<Taken> {
    let text = std::fs::read_to_string(record).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The part of this process, if it is the gauge or the stand-in.
pub fn run() -> Option<ExitCode> {
    if mde::plugin::is_hosted() {
        let provider = std::env::var_os(PROVIDER)?;
        let mut command = if provider == FLOOR {
            Command::new(std::env::current_exe().unwrap())
        } else {
            Command::new(&provider)
        };
        command.env(super::floor::ROLE, if provider == FLOOR { "1" } else { "" });
        return Some(watch(command, std::env::var_os(RECORD)?, true));
    }
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != GAUGE {
        return None;
    }
    let record = arguments.next()?;
    let mut command = Command::new(arguments.next()?);
    command.args(arguments);
    Some(watch(command, record, false))
}

fn watch(mut command: Command, record: OsString, announces: bool) -> ExitCode {
    if announces {
        command.stdout(Stdio::piped());
    }
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut ready = 0.0;
    // The pipe stays open, so that nothing the program still writes is an error to it.
    let mut output = child.stdout.take().map(BufReader::new);
    if let Some(output) = &mut output {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        ready = begun.elapsed().as_secs_f64() * 1e3;
        let mut own = std::io::stdout();
        own.write_all(line.as_bytes()).and_then(|()| own.flush()).unwrap();
    }
    let status = child.wait().unwrap();
    let wall = begun.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let taken = Taken {
        wall,
        cpu: seconds(usage.user_time()) + seconds(usage.system_time()),
        // Linux counts in KiB.
        peak: usage.max_rss() as f64 / 1024.0,
        ready,
    };
    let line = format!("{}\n", serde_json::to_string(&taken).unwrap());
    let mut file = OpenOptions::new().create(true).append(true).open(record).unwrap();
    file.write_all(line.as_bytes()).unwrap();
    ExitCode::from(u8::try_from(status.code().unwrap_or(255)).unwrap_or(255))
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
