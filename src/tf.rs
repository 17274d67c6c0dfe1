//! The Terraform framework: what the author of a provider writes against, and the server that runs it.
//!
//! An author implements [`Provider`], [`Resource`], [`DataSource`], [`ListResource`] and [`Function`] on plain [`Value`]s and describes
//! each block once, as a [`Schema`]. The protocol's schema, the checks, the types of values and the documentation all
//! come from that description. [`grpc::service`] makes a gRPC service of a provider.
//!
//! **Invariant:** only `wire` and `grpc` know protobuf messages; everything else is written in framework types. Of this
//! crate it uses nothing but the generated messages in `proto::tfplugin6`.

mod path;
mod number;
mod value_type;
mod value_error;
mod value;
mod diagnostic;
pub(crate) mod faults;
mod schema;
mod identity;
mod moved;
mod resource;
mod data_source;
mod list_resource;
mod function;
mod provider;
mod composed;
pub mod msgpack;
pub mod json;
mod conform;
pub mod server;
mod wire;
pub mod grpc;

#[cfg(test)]
mod testing;

pub use data_source::DataSource;
pub use diagnostic::{Diagnostic, Diagnostics, Level};
pub use function::{Function, FunctionError, Parameter};
pub use identity::{IdentityAttribute, IdentitySchema};
pub use list_resource::{ListResource, Listed};
pub use moved::{MoveSource, Moved};
pub use number::Number;
pub use path::{Path, Step};
pub use provider::{Activity, Provider};
pub use resource::{
    ApplyResponse, CreateRequest, DeleteRequest, Imported, PlanRequest, PlanResponse, ReadRequest, ReadResponse,
    Resource, UpdateRequest,
};
pub use schema::{Attribute, AttributeKind, Nesting, Presence, Schema};
pub use value::{Object, Typed, Value};
pub use value_error::ValueError;
pub use value_type::{ObjectType, TypeError, ValueType};
