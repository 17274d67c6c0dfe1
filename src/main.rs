//! Decides who started the program: Terraform, or a person.

use std::io::{self, Write};
use std::process::ExitCode;

use mde::plugin::{self, Services};
use tonic::service::Routes;

/// Where Terraform finds the provider; `--debug` prints it.
const SOURCE_ADDRESS: &str = "terraform.local/mde/mde";

fn main() -> ExitCode {
    let served = if plugin::is_hosted() {
        plugin::serve(services)
    } else if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "--debug" || argument == "-debug")
    {
        plugin::serve_for_debugging(SOURCE_ADDRESS, services, &mut io::stdout())
    } else {
        return command_line();
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if even this cannot be written.
            let _ = writeln!(io::stderr(), "terraform-provider-mde: {}", error.on_one_line());
            ExitCode::FAILURE
        }
    }
}

/// What Terraform calls.
fn services() -> Services {
    let (service, stop) = mde::tf::grpc::stoppable(mde::provider::MdeProvider::default());
    Services {
        routes: Routes::new(service),
        stop: Box::new(stop),
    }
}

/// What a person calls.
fn command_line() -> ExitCode {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(mde::cli::run(&mut io::stdout(), &mut io::stderr())),
        Err(error) => {
            // Nobody is left to tell if even this cannot be written.
            let _ = writeln!(
                io::stderr(),
                "terraform-provider-mde: no runtime can be started: {error}"
            );
            ExitCode::FAILURE
        }
    }
}
