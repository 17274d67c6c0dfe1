//! What the tests stand on: a tenant (the simulator), a host (Terraform's side of the protocol, in process) and a
//! workspace (the real terraform on a temporary directory).

pub mod blocks;
mod clock;
pub mod generate;
mod host;
#[cfg(unix)]
mod running;
mod tenant;
mod values;
mod workspace;

pub use clock::TenantClock;
pub use host::{Host, Run};
#[cfg(unix)]
pub use running::Running;
pub use tenant::Tenant;
pub use workspace::{Ran, Workspace};
