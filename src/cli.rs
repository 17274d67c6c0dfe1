//! The command line: what the binary does when a person starts it.
//!
//! **Invariant:** it prints through the writer that it is given and never through the standard streams' macros; it
//! imports `provider`, `export`, `simulator`, `docs`, `tf`, `defender` and `indicator`.

pub mod progress;
mod terraform;
mod replace;
mod demo;
mod simulate;
mod export;
mod report;
mod install;
mod check;
mod documentation;
mod convert;
mod lint;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::outgoing;

/// Terraform provider for Microsoft Defender for Endpoint indicators.
///
/// Terraform and OpenTofu start this program themselves. The commands below are for people. With `--debug` it serves
/// the provider for a debugger and prints the setting that Terraform needs to attach to it.
#[derive(Debug, Parser)]
#[command(name = "terraform-provider-mde", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run plan, apply, drift and destroy with the real Terraform against the built-in simulator
    Demo,
    /// Serve the simulator of the Defender API until Ctrl-C, or while a command runs: simulate -- COMMAND
    Simulate(Box<simulate::Arguments>),
    /// Write a live tenant as list files, configuration and import blocks; the environment names the tenant and signs in
    Export(Box<export::Arguments>),
    /// Show a plan: as a comment for a pull request, as text, as JSON, or as a page
    Report(report::Arguments),
    /// Sign in as the environment says, and show who that is, what it may do and how full the tenant is
    ///
    /// Exit codes: 0 nothing is wrong, 1 something is, such as a missing permission or a nearly full tenant, 2 it could not be
    /// found out.
    Check {
        /// How to print the outcome
        #[arg(long, value_enum, default_value_t = check::Format::Text)]
        format: check::Format,
    },
    /// Copy this binary to where `terraform init` finds it as terraform.local/mde/mde
    ///
    /// Each build gets a version of its own, so that lock files stay valid: the time of the installation as its patch number, and a
    /// digest of the build as metadata. `terraform init -upgrade` takes the build that was installed last. The CLI configuration of
    /// Terraform decides where to, as it decides where `terraform init` looks.
    Install {
        /// Directory of a `filesystem_mirror` to install to
        #[arg(long)]
        directory: Option<PathBuf>,
    },
    /// Turn a list of any format into a clean one: STIX, MISP, tables of any dialect, plain lists
    Convert(Box<convert::Convert>),
    /// Look for what is wrong with lists, before anybody plans with them
    Lint(Box<lint::Lint>),
    /// Write the reference documentation, or check that it is up to date
    Docs {
        /// Directory to write to
        #[arg(long, default_value = "docs")]
        directory: PathBuf,
        /// Change nothing, and fail if a page is out of date
        #[arg(long)]
        check: bool,
    },
}

/// Exit code of a command that did what it was asked for and found nothing to object to.
const DONE: u8 = 0;

/// Exit code of a command that did what it was asked for and found something to object to.
const FOUND: u8 = 1;

/// Exit code of a command that could not do what it was asked for; clap uses the same for wrong arguments.
const FAILED: u8 = 2;

/// The error and what led to it, in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The arguments of the process, or what clap has to say instead.
fn arguments() -> Result<Arguments, clap::Error> {
    let arguments = Arguments::try_parse()?;
    if let Command::Simulate(simulate) = &arguments.command {
        let conflict = |conflict| Arguments::command().error(ErrorKind::ArgumentConflict, conflict);
        simulate.check().map_err(conflict)?;
    }
    if let Command::Report(report) = &arguments.command {
        let conflict = |conflict| Arguments::command().error(ErrorKind::ArgumentConflict, conflict);
        report.check().map_err(conflict)?;
    }
    Ok(arguments)
}

/// Runs the command line of the process. Whatever is printed for people goes through [`outgoing::Writer`].
pub async fn run(output: &mut (dyn Write + Send), errors: &mut (dyn Write + Send)) -> ExitCode {
    let errors = &mut outgoing::Writer::new(errors);
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Asking for help is no error, and clap knows which stream each text is for.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let result = match arguments.command {
        Command::Demo => demo::run(&mut for_people(output)).await.map(|()| DONE),
        Command::Simulate(simulate) => simulate.run(&mut for_people(output)).await,
        Command::Export(export) => export.run(&mut for_people(output), errors).await,
        Command::Install { directory } => install::run(directory, &mut for_people(output)).map(|()| DONE),
        // A document, each form of which escapes what it holds in its own way.
        Command::Report(report) => report.run(output),
        // Its result is data for another program.
        Command::Convert(options) => convert::run(&options, output, errors),
        // Its result may be data, or commands of a build service; it escapes what it repeats.
        Command::Lint(options) => lint::run(&options, output, errors),
        // Its result may be data for another program; it escapes what it repeats.
        Command::Check { format } => check::run(format, output).await,
        Command::Docs { directory, check } => {
            documentation::run(&directory, check, &mut for_people(output)).map(|()| DONE)
        }
    };
    ExitCode::from(result.unwrap_or_else(|message| {
        let _ = writeln!(errors, "error: {message}");
        FAILED
    }))
}

/// A writer for what people read.
fn for_people(output: &mut (dyn Write + Send)) -> outgoing::Writer<&mut (dyn Write + Send)> {
    outgoing::Writer::new(output)
}
