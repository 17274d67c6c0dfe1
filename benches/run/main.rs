//! Whole runs of the real terraform against the simulator, measured: `cargo bench --bench run`.
//!
//! One program in four parts. As the *driver* it holds the simulator and runs terraform. Terraform starts it as the
//! *stand-in* of the provider, which starts the real provider, or itself as the *floor*, and records what that took. The
//! floor has the same schema and answers at once: what is left then is the host's own time. And the driver starts
//! terraform through the *gauge*, which records the same of terraform.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../data.rs"]
mod data;

mod floor;
mod gauge;
mod life;
mod report;
mod singles;
mod tenant;
mod ways;
mod workspace;

use clap::{Parser, ValueEnum};
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;
use tenant::Tenant;

/// Measures whole runs of the real terraform and writes tables and the raw figures.
#[derive(Parser)]
struct Arguments {
    /// Numbers of indicators
    #[arg(long, value_delimiter = ',', default_values_t = data::SIZES)]
    sizes: Vec<usize>,
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Part::Life, Part::Ways, Part::Singles])]
    parts: Vec<Part>,
    /// How often a plan is measured; the median counts
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// Leave out what would probably take longer than this many seconds
    #[arg(long, default_value_t = 120.0)]
    longest: f64,
    /// Another build of the provider, to measure the same with it
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// Directory for the results
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/benchmark"))]
    output: PathBuf,
    /// What `cargo bench` passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A set from its creation to its end, beside the host's floor
    Life,
    /// Ways to write a list
    Ways,
    /// One resource for each indicator
    Singles,
}

fn main() -> ExitCode {
    if let Some(code) = floor::run().or_else(gauge::run) {
        return code;
    }
    let Arguments {
        sizes,
        parts,
        repeat,
        longest,
        baseline,
        output,
        ..
    } = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tenant = Tenant::start(&runtime);
    let mut report = Report::begin();
    for part in parts {
        match part {
            Part::Life => life::measure(&mut report, &tenant, &sizes, repeat, baseline.as_deref()),
            Part::Ways => ways::measure(&mut report, &tenant, &sizes, repeat, longest),
            Part::Singles => singles::measure(&mut report, &tenant),
        }
        // What was measured so far is not lost to a later interruption.
        report.write(&output);
    }
    println!("\n{}\nWritten to {}", report.markdown(), output.display());
    ExitCode::SUCCESS
}
