//! Generated messages and services of the two protocols on the wire.
//!
//! **Invariant:** nothing hand-written but the two inclusions; house lints are off here only.

/// The services that go-plugin expects.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod goplugin {
    tonic::include_proto!("plugin");
}

/// Terraform's plugin protocol, version 6.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}
