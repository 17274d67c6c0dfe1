//! What the tests stand on: a tenant (the simulator), a host (Terraform's side of the protocol, in process) and a
//! workspace (the real terraform on a temporary directory).

#[cfg(unix)]
mod azure_cli;
pub mod blocks;
mod calls;
mod clock;
pub mod generate;
mod held;
mod host;
pub mod peer;
pub mod plugin;
mod process;
mod program;
#[cfg(unix)]
mod running;
mod tenant;
mod values;
mod workspace;

#[cfg(unix)]
pub use azure_cli::AzureCli;
pub use calls::{Calls, Listed, Schemas, Stored, Told};
pub use clock::TenantClock;
pub use held::Held;
pub use host::{Host, Run};
pub use process::Process;
pub use program::{Feature, Program, has, unrun};
#[cfg(unix)]
pub use running::Running;
pub use tenant::Tenant;
pub use values::{assert_consistent, complete, plain};
pub use workspace::{PROGRAM, Ran, Workspace};
